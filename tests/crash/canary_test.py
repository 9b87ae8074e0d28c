"""Canaries: a random mark in every personal field must stand in clear in no file - record, WAL, snapshot, vault,
log, backup - and after erasure it can be opened by nobody, while the chain verifies."""
import base64
import os
import secrets
import shutil
import signal
import sqlite3
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
from desk import Desk, PASSWORD  # noqa: E402


def forms(mark):
    """The mark as it might stand in a file: as it is, in UTF-16, in base64 at each of the three offsets, in hex."""
    raw = mark.encode()
    yield raw
    yield mark.encode("utf-16-le")
    yield mark.encode("utf-16-be")
    yield raw.hex().encode()
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw)
        yield text[4 if shift else 0:][:len(text) - 8]


def search(paths, marks, where):
    found = []
    for path in paths:
        with open(path, "rb") as file:
            data = file.read()
        for name, mark in marks.items():
            if any(form in data for form in forms(mark)):
                found.append("%s stands in clear in %s (%s)" % (name, os.path.basename(path), where))
    if found:
        raise AssertionError("; ".join(found))


def files_of(*folders):
    return [os.path.join(base, name) for folder in folders for base, _, names in os.walk(folder) for name in names]


BLOCK_KEYS, PAD, SLOT = 512, 4096, 32 + 24 + 16  # vault_private.h: keys of a block, its padding, one wrapped key


def wrapped_keys(desk, table, id, columns="narrative_key, identity_key"):
    """The wrapped sealing keys of one case or contact, read from copies of record and vault."""
    with tempfile.TemporaryDirectory(prefix="bellman-test-") as folder:
        code, out, err = desk.run("backup", desk.data, os.path.join(folder, "copy"))
        if code:
            raise AssertionError("backup: %s %s" % (out, err))
        with sqlite3.connect(os.path.join(folder, "copy", "journal.db")) as record:
            keys = record.execute('select %s from "%s" where id = ?' % (columns, table), (int(id),)).fetchone()
    wrapped = []
    shutil.copy(os.path.join(desk.data, "vault.db"), desk.data + ".vault")
    with sqlite3.connect(desk.data + ".vault") as vault:
        for key in keys:
            [slots] = vault.execute("select slots from key_block where number = ?", ((int(key) - 1) // BLOCK_KEYS,)).fetchone()
            at = PAD + (int(key) - 1) % BLOCK_KEYS * SLOT
            # In pieces: a database page may end inside of a key.
            wrapped.append([bytes(slots[at + piece:at + piece + SLOT // 3]) for piece in range(0, SLOT, SLOT // 3)])
    os.unlink(desk.data + ".vault")
    return wrapped


def stands(data, pieces):
    """How many of these pieces stand in a file of the folder, as they are."""
    found = set()
    for path in files_of(data):
        with open(path, "rb") as file:
            content = file.read()
        found |= {piece for piece in pieces if piece in content}
    return len(found)


def run(desk):
    desk.start()
    boss = desk.set_up()
    marks = {name: "canary-%s-%s" % (name.replace("_", "-"), secrets.token_hex(16)) for name in (
        "number", "name", "text", "address", "description", "caller_name", "caller_number", "entry", "operator_name",
        "changed", "split", "alone", "alone_number", "found", "handed_over")}
    for name in ("number", "caller_number", "alone_number"):  # what is no number is refused
        marks[name] = "+99" + "".join(str(secrets.randbelow(10)) for _ in range(32))
    secret = {"token": boss.token, "password": PASSWORD, "set-up link": desk.link}
    desk.operator("7001", ["dispatcher"], name=marks["operator_name"])
    contact = boss.ok("POST", "/v1/contacts", {"channel": "call", "number": marks["number"], "name": marks["name"],
                                               "text": marks["text"]}, key=True)["contact"]["id"]
    case = boss.ok("POST", "/v1/cases", {"class": "fire", "contact": contact, "address": marks["address"],
                                         "description": marks["description"], "caller_name": marks["caller_name"],
                                         "caller_number": marks["caller_number"]}, key=True)["case"]["id"]
    boss.ok("POST", "/v1/cases/%s/entries" % case, {"text": marks["entry"]}, key=True)
    alone = boss.ok("POST", "/v1/contacts", {"channel": "text", "text": marks["alone"], "number": marks["alone_number"]}, key=True)["contact"]["id"]
    found, handed = [boss.ok("POST", "/v1/duress", {"unit": desk.unit("U-1")}, key=True)["duress"]["id"],
                     boss.ok("POST", "/v1/handover-notes", {"text": marks["handed_over"]}, key=True)["handover"]["id"]]
    boss.ok("POST", "/v1/duress/%s/acknowledge" % found, {"note": marks["found"]}, key=True)
    boss.ok("PATCH", "/v1/cases/" + case, {"description": marks["changed"]}, key=True, match=1)
    # A refused request with personal text must leave nothing either.
    boss.call("POST", "/v1/cases", {"class": "no-such-class", "description": marks["split"]}, key=True)
    everything = dict(marks, **secret)
    search(files_of(desk.data) + [desk.log], everything, "while it runs")
    code, out, err = desk.run("backup", desk.data, desk.data + "-backup")
    if code:
        raise AssertionError("backup: %s %s" % (out, err))
    search(files_of(desk.data + "-backup"), everything, "backup")

    sheet = boss.ok("GET", "/v1/cases/" + case)
    shown = str(sheet) + str(boss.ok("GET", "/v1/contacts/" + alone)) + str(boss.ok("GET", "/v1/cases/%s/timeline" % case)) + str(boss.ok("GET", "/v1/operators"))
    shown += str(boss.ok("GET", "/v1/duress/" + found)) + str(boss.ok("GET", "/v1/handover"))
    for name, mark in marks.items():
        if name not in ("split",) and mark not in shown:
            raise AssertionError("%s is not shown to who may see it" % name)

    desk.stop()
    search(files_of(desk.data) + [desk.log], everything, "after a clean stop, with its snapshot")
    if not any(name.startswith("snapshot-") for name in os.listdir(desk.data)):
        raise AssertionError("there is no snapshot to search")
    desk.start()
    boss.close()

    # Erase: close, erase, and nobody opens it any more.
    version = boss.ok("GET", "/v1/cases/" + case)["case"]["version"]
    boss.ok("POST", "/v1/cases/%s/events" % case, {"event": "close", "fields": {"outcome": "solved"}}, key=True, match=version)
    boss.ok("POST", "/v1/contacts/%s/end" % contact, {"result": "case"}, key=True)
    boss.ok("POST", "/v1/contacts/%s/end" % alone, {"result": "advice"}, key=True)
    wrapped = wrapped_keys(desk, "case", case) + wrapped_keys(desk, "contact", contact) + wrapped_keys(desk, "contact", alone)
    other = desk.login("7001")
    other.ok("POST", "/v1/handover-notes/%s/take" % handed, key=True)
    wrapped += wrapped_keys(desk, "duress", found, "narrative_key") + wrapped_keys(desk, "handover", handed, "narrative_key")
    if len(wrapped) != 8 or any(stands(desk.data, pieces) < 2 for pieces in wrapped):
        raise AssertionError("the eight wrapped keys are not where this test looks for them")
    boss.ok("POST", "/v1/cases/%s/erase" % case, {"basis": "retention period over"}, key=True)
    boss.ok("POST", "/v1/contacts/%s/erase" % alone, {"basis": "asked for"}, key=True)
    boss.ok("POST", "/v1/duress/%s/erase" % found, {"basis": "asked for"}, key=True)
    boss.ok("POST", "/v1/handover-notes/%s/erase" % handed, {"basis": "asked for"}, key=True)
    left = sum(stands(desk.data, key) for key in wrapped)
    if left:
        raise AssertionError("%d pieces of 8 wrapped keys still stand in the folder after erasure" % left)
    if boss.ok("GET", "/v1/contacts/" + alone)["contact"]["personal"] is not None:
        raise AssertionError("an erased contact is still opened")
    if boss.ok("GET", "/v1/duress/" + found)["duress"]["personal"] is not None:
        raise AssertionError("an erased note is still opened")
    sheet = boss.ok("GET", "/v1/cases/" + case)
    if sheet["case"]["personal"] is not None or sheet["contacts"][0]["personal"] is not None:
        raise AssertionError("an erased case is still opened: %s" % sheet)
    timeline = boss.ok("GET", "/v1/cases/%s/timeline" % case)
    if any(event["personal"] for event in timeline["events"]):
        raise AssertionError("an erased case's timeline is still opened")
    answer = boss.post("/v1/cases/%s/entries" % case, {"text": "more"}, key=True)
    if answer.status != 409:
        raise AssertionError("an erased case takes text: %r" % answer)
    if str(timeline).find("erased") < 0:
        raise AssertionError("the erasure is not in the record")
    desk.process.send_signal(signal.SIGKILL)
    desk.wait()
    code, out, err = desk.run("journal", "verify", desk.data)
    if code:
        raise AssertionError("the chain does not verify after erasure: %s %s" % (out, err))
    desk.start()
    boss.close()
    sheet = boss.ok("GET", "/v1/cases/" + case)
    if sheet["case"]["personal"] is not None:
        raise AssertionError("erasure did not survive a crash")
    desk.stop()
    search(files_of(desk.data) + [desk.log], everything, "after erasure")
    if sum(stands(desk.data, key) for key in wrapped):
        raise AssertionError("a wrapped key came back with the restart")
    if not stands(desk.data, [b"retention period over"]):
        raise AssertionError("the search finds nothing at all, not even what must be there")
    print("%d marks in %d personal fields and secrets, searched in seven forms in %d files: none in clear; erased ones open for nobody"
          % (len(everything), len(marks), len(files_of(desk.data, desk.data + "-backup")) + 1))


if __name__ == "__main__":
    server = Desk()
    try:
        run(server)
    except AssertionError as error:
        print("FAILED: %s" % error)
        print("0 passed, 1 failed, 0 skipped")
        sys.exit(1)
    finally:
        server.close()
    print("1 passed, 0 failed, 0 skipped")
