"""Upgrade, rollback and restore, as drills on the real binary:   python3 upgrade_test.py build/.../bellman power_cut.so

SWEEP=all cuts the power at every step; without it at every third of an upgrade and every sixth of a rollback, by turns
as a kill, as a power cut, and as cuts that let sectors or some of the unsynced writes through."""
import glob
import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))
from desk import Client, Desk, Gone, program

GOLDEN = sorted(glob.glob(os.path.join(HERE, "..", "golden", "folders", "*.tar.xz")))
CUT = next(os.path.abspath(a) for a in sys.argv[1:] if a.endswith(".so"))
SWEEP_ALL = os.environ.get("SWEEP") == "all"
MODES = ("power", "torn", "reordered", "kill")


def need(true, text):
    if not true:
        raise AssertionError(text)


def same(found, expected, what):
    need(found == expected, "%s: %r, not %r" % (what, found, expected))


class Folder:
    """A golden folder, unpacked, with what it must still say."""

    def __init__(self, archive=GOLDEN[0]):
        self.base = tempfile.mkdtemp(prefix="bellman-upgrade-")
        self.room = os.path.join(self.base, "room")  # what is written lands below it
        self.data = os.path.join(self.room, "desk")
        os.makedirs(self.data)
        with tarfile.open(archive) as tar:
            tar.extractall(self.data)
        with open(archive[:-len(".tar.xz")] + ".json") as file:
            self.told = json.load(file)
        self.format = int(archive.rsplit("format-", 1)[1].split(".")[0])

    def __enter__(self):
        return self

    def __exit__(self, *error):
        shutil.rmtree(self.base, ignore_errors=True)

    def run(self, *arguments, env=None):
        """A subcommand; (code, out, err)."""
        environment = dict(os.environ)
        environment["ASAN_OPTIONS"] = "verify_asan_link_order=0:detect_leaks=%d:exitcode=99" % (env is None)
        environment.update(env or {})
        done = subprocess.run([program(), *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=300, env=environment)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def good(self, *arguments):
        code, out, err = self.run(*arguments)
        need(code == 0, "%s: %d %s%s" % (arguments, code, out, err))
        return out

    def cut(self, at, mode, *arguments):
        """A subcommand whose power fails before its step `at`; whether it failed."""
        code, out, err = self.run(*arguments, env={"LD_PRELOAD": CUT, "CUT_UNDER": self.room, "CUT_AT": str(at), "CUT_MODE": mode,
                                                   "CUT_SEED": str(at)})
        need(code in (0, -9), "cut %d %s: ended with %d %s%s" % (at, mode, code, out, err))
        return code == -9

    def steps(self, *arguments):
        count = os.path.join(self.base, "count")
        code, out, err = self.run(*arguments, env={"LD_PRELOAD": CUT, "CUT_UNDER": self.room, "CUT_COUNT": count})
        need(code == 0, out + err)
        with open(count) as file:
            return int(file.read())

    def others(self):
        """The folders and files beside the data."""
        return sorted(set(os.listdir(self.room)) - {"desk"})


def tables(folder):
    """All rows of a data folder by SQLite alone, from a copy: {table: (columns, rows by id)}."""
    with tempfile.TemporaryDirectory() as copy:
        for name in ("journal.db", "journal.db-wal"):
            if os.path.exists(os.path.join(folder, name)):
                shutil.copy(os.path.join(folder, name), copy)
        db = sqlite3.connect(os.path.join(copy, "journal.db"))
        found = {}
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'").fetchall():
            rows = db.execute('SELECT * FROM "%s"' % name)
            columns = [column[0] for column in rows.description]
            found[name] = {row[columns.index("seq" if name == "journal" else "one" if name == "meta" else "id")]: dict(zip(columns, row))
                           for row in rows}
        db.close()
        return found


def state_of(folder):
    """(format, tables' schema, head) as journal.db says them: what a program of that format looks at first."""
    found = tables(folder)
    meta = found["meta"][1]
    last = max(found["journal"])
    return meta["format"], meta["projections"].hex(), (last, found["journal"][last]["hash"].hex())


def fingerprint(folder):
    """The bytes of every file that lasts."""
    return {name: hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest()
            for name in os.listdir(folder) if not name.endswith(("-shm", "-wal", "lock"))}


def start(folder):
    desk = Desk(folder=folder)
    desk.start()
    return desk


def take_a_call(desk, words):
    contact = desk.boss.ok("POST", "/v1/contacts", {"channel": "call", "text": words, "number": "5550199"}, key=True)["contact"]["id"]
    case = desk.boss.ok("POST", "/v1/cases", {"class": desk.boss.ok("GET", "/v1/classes")["rows"][0]["code"], "contact": contact,
                                              "address": words}, key=True)["case"]
    return contact, case["id"]


# --- upgrade ----------------------------------------------------------------------------------------------


def look_at_golden(desk, told):
    desk.boss = desk.login("boss")
    desk.login(told["login"], told["password"])
    for case, address in told["open_address"].items():
        same(desk.boss.ok("GET", "/v1/cases/" + case)["case"]["personal"]["address"], address, "the address of case " + case)
    erased = desk.boss.ok("GET", "/v1/cases/" + told["erased"])["case"]
    need(erased["erased_at_ms"] and not (erased["personal"] or {}).get("address"), "what was erased came back: %s" % erased)
    same(desk.boss.ok("GET", "/v1/cases/" + told["merged"])["case"]["state"], "merged", "the merged case")
    need(desk.client().ok("GET", "/public/cases/" + told["receipt"])["case"]["reference"], "the citizen's receipt leads nowhere")


def test_golden_folders_open():
    """Each folder that an earlier release left is opened by serve, backed up first, and says what it said."""
    need(GOLDEN, "there are no golden folders")
    for archive in GOLDEN:
        with Folder(archive) as folder:
            before, told = tables(folder.data), folder.told
            digest = folder.good("journal", "digest", folder.data)
            out = folder.good("upgrade", "--check", folder.data)
            need("format %d" % folder.format in out and ".before-" in out, out)
            same(state_of(folder.data)[0], folder.format, "the format after --check")
            desk = start(folder.data)
            try:
                look_at_golden(desk, told)
                take_a_call(desk, "after the upgrade")
                desk.stop()
            finally:
                desk.kill()
            same(folder.good("journal", "digest", folder.data, "--at", str(told["seq"])), digest, "the digest at seq %d" % told["seq"])
            folder.good("journal", "verify", folder.data)
            need(" 0 differed" in folder.good("journal", "rebuild", folder.data, "--check"), "the tables differ from the record")
            after = tables(folder.data)
            for seq, row in before["journal"].items():
                same(after["journal"][seq], row, "event %d" % seq)
            same("%d %s" % (told["events"], before["journal"][told["events"]]["hash"].hex()), told["head"], "the golden head")
            backup = os.path.join(folder.room, [name for name in folder.others() if ".before-" in name][0])
            same(tables(backup), before, "the backup")
            with open(os.path.join(folder.data, "format")) as file:
                text = file.read()
            need(text.startswith("bellman-data ") and "backup " + os.path.realpath(backup) in text, text)


def test_tables_say_what_they_said():
    """Every column that both formats have holds what it held."""
    for archive in GOLDEN:
        with Folder(archive) as folder:
            before = tables(folder.data)
            folder.good("upgrade", folder.data)
            after = tables(folder.data)
            compared = 0
            for name, rows in before.items():
                if name == "meta":
                    continue
                need(name in after, "the table %s is gone" % name)
                same(set(after[name]), set(rows), "the ids of " + name)
                for id, row in rows.items():
                    for column, value in row.items():
                        same(after[name][id][column], value, "%s %s %s" % (name, id, column))
                        compared += 1
            need(compared > 1000, "only %d values were compared" % compared)


def test_a_newer_format_is_refused():
    with Folder() as folder:
        folder.good("upgrade", folder.data)
        with open(os.path.join(folder.data, "format"), "w") as file:
            file.write("bellman-data 7\nversion 9.1.0\nsomething new\n")
        before = fingerprint(folder.data)
        for arguments in (("serve", "--data", folder.data, "--listen", "127.0.0.1:0"), ("upgrade", folder.data),
                          ("upgrade", "--check", folder.data), ("backup", folder.data, os.path.join(folder.base, "copy"))):
            code, out, err = folder.run(*arguments)
            need(code == 1 and "format 7" in err and "9.1.0" in err, "%s: %d %s%s" % (arguments, code, out, err))
        need("rollback" in folder.run("upgrade", folder.data)[2], "the mend is not named")
        same(fingerprint(folder.data), before, "the folder after refusals")
        os.remove(os.path.join(folder.data, "format"))  # the record knows it too
        db = sqlite3.connect(os.path.join(folder.base, "none.db"))
        db.close()
        same(folder.run("upgrade", "--check", folder.data)[0], 0, "without the file")


def test_a_damaged_statement_does_not_stop_a_desk():
    with Folder() as folder:
        folder.good("upgrade", folder.data)
        with open(os.path.join(folder.data, "format"), "wb") as file:
            file.write(b"bellman-data \xff\x00\n")
        code, out, err = folder.run("upgrade", folder.data)
        need(code == 0 and "format_unreadable" in err, out + err)
        with open(os.path.join(folder.data, "format")) as file:
            need(file.read().startswith("bellman-data 2\n"), "it was not made again")


def test_no_room_is_said_in_bytes():
    with Folder() as folder:
        before = fingerprint(folder.data)
        wanted = folder.good("upgrade", "--check", folder.data)
        bytes_wanted = int(wanted.split("verifies the copy: ")[1].split(" bytes")[0]) + int(wanted.split("up to ")[1].split(" bytes")[0])
        code, out, err = folder.run("upgrade", folder.data, env={"LD_PRELOAD": CUT, "CUT_FREE": "1048576"})
        need(code == 1 and str(bytes_wanted) in err and "1048576 are free" in err and "--backups" in err, out + err)
        same((fingerprint(folder.data), folder.others()), (before, []), "the folder after the refusal")


def test_the_backup_goes_where_it_is_told():
    with Folder() as folder:
        elsewhere = os.path.join(folder.base, "safe")
        os.mkdir(elsewhere)
        folder.good("upgrade", folder.data, "--backups", elsewhere)
        same(os.listdir(elsewhere), ["desk.before-2-%d" % folder.told["seq"]], "the backups")
        same(folder.others(), [], "beside the data")
        code, _, err = folder.run("upgrade", folder.data, "--backups", "/nowhere/at/all")
        same(code, 0, "nothing to do, so no backup: " + err)


def test_the_rest_of_a_backup_that_was_cut_off_goes():
    """Whatever of a desk's files it had come to, and the names that they have until they are whole; nothing else."""
    with Folder() as folder:
        partial = os.path.join(folder.room, "desk.before-2-%d.partial" % folder.told["seq"])
        os.mkdir(partial)
        for name in ("format", "head.checkpoint.77.part", "own-addresses.csv", "own-divisions.csv.4711.part", "outbox.db", "outbox.db-journal",
                     "journal.db.part", "journal.db.part-journal", "vault.db.new", "vault.key.new"):
            open(os.path.join(partial, name), "wb").close()
        open(os.path.join(partial, "letters.txt"), "wb").close()
        code, _, err = folder.run("upgrade", folder.data)
        need(code == 1 and "an earlier try" in err and os.listdir(partial) == ["letters.txt"], "a file of somebody else's: %d %s" % (code, err))
        os.unlink(os.path.join(partial, "letters.txt"))
        os.rmdir(partial)
        os.mkdir(partial)
        open(os.path.join(partial, "outbox.db"), "wb").close()
        folder.good("upgrade", folder.data)
        same(folder.others(), ["desk.before-2-%d" % folder.told["seq"]], "beside the data")


def test_a_damaged_record_is_not_upgraded():
    with Folder() as folder:
        path = os.path.join(folder.data, "journal.db")
        with open(path, "r+b") as file:
            file.seek(4096 * 20 + 1000)
            byte = file.read(1)
            file.seek(-1, 1)
            file.write(bytes([byte[0] ^ 1]))
        before = fingerprint(folder.data)
        code, out, err = folder.run("upgrade", folder.data)
        need(code == 1 and "page 21" in err.lower(), out + err)
        same((fingerprint(folder.data), folder.others()), (before, []), "the folder after the refusal")


def test_power_cuts_in_an_upgrade():
    """Before the transaction the former program opens the folder, after it this one; then the upgrade ends as if nothing had been."""
    with Folder() as folder:
        old = state_of(folder.data)
        digest = folder.good("journal", "digest", folder.data)
        count = folder.steps("upgrade", folder.data)
        new = state_of(folder.data)
        need(old[:2] != new[:2] and old[2] == new[2], "the upgrade changed the wrong things: %s %s" % (old, new))
    seen = {"old": 0, "new": 0}
    for at in range(1, count + 1, 1 if SWEEP_ALL else 3):
        for mode in MODES if SWEEP_ALL else (MODES[at // 3 % len(MODES)],):
            with Folder() as folder:
                need(folder.cut(at, mode, "upgrade", folder.data), "step %d never came" % at)
                found = state_of(folder.data)
                need(found in (old, new), "cut %d %s: neither old nor new: %s" % (at, mode, found))
                seen["old" if found == old else "new"] += 1
                folder.good("upgrade", folder.data)
                same(state_of(folder.data), new, "cut %d %s, then upgraded" % (at, mode))
                need(" 0 differed" in folder.good("journal", "rebuild", folder.data, "--check"), "cut %d %s: tables" % (at, mode))
                same(folder.good("journal", "digest", folder.data), digest, "cut %d %s: the digest" % (at, mode))
                backups = folder.others()
                same(len(backups), 1, "cut %d %s: backups %s" % (at, mode, backups))
                same(state_of(os.path.join(folder.room, backups[0])), old, "cut %d %s: the backup" % (at, mode))
                with open(os.path.join(folder.data, "format")) as file:
                    need(os.path.realpath(os.path.join(folder.room, backups[0])) in file.read(), "cut %d %s: the backup is not named" % (at, mode))
    need(seen["old"] and seen["new"], "all cuts fell on one side: %s" % seen)
    print("upgrade: %d steps, cut before: %s" % (count, seen))


# --- rollback ---------------------------------------------------------------------------------------------


def upgraded_and_used(folder):
    """Upgrades, takes two calls, erases one of before; gives the head then and how many events came since."""
    desk = start(folder.data)
    try:
        desk.boss = desk.login("boss")
        for words in ("after one", "after two"):
            take_a_call(desk, words)
        open_case = next(iter(folder.told["open_address"]))
        closed = [row["id"] for row in desk.boss.ok("GET", "/v1/cases")["rows"] if row["state"] == "closed" and row["id"] != folder.told["erased"]][0]
        desk.boss.ok("POST", "/v1/cases/%s/erase" % closed, {"basis": "request"}, key=True)
        desk.stop()
    finally:
        desk.kill()
    return closed, open_case, state_of(folder.data)


def key_is_there(folder, case):
    """Whether the vault still holds the narrative key of a case: its slot is not blank."""
    key = tables(folder)["case"][int(case)]["narrative_key"]
    db = sqlite3.connect("file:%s?mode=ro&immutable=1" % os.path.join(folder, "vault.db"), uri=True)
    block, slot = (key - 1) // 512, (key - 1) % 512
    (slots,) = db.execute("SELECT slots FROM key_block WHERE number=?", (block,)).fetchone()
    db.close()
    bytes_per_slot = (len(slots) - 4096) // 512
    return any(slots[4096 + slot * bytes_per_slot:4096 + (slot + 1) * bytes_per_slot])


def test_rollback():
    with Folder() as folder:
        old = state_of(folder.data)
        digest = folder.good("journal", "digest", folder.data)
        erased, kept, new = upgraded_and_used(folder)
        lost = new[2][0] - old[2][0]
        need(key_is_there(folder.data, kept) and not key_is_there(folder.data, erased), "keys before going back")
        out = folder.good("rollback", "--check", folder.data)
        need("%d events" % lost in out and "nothing was done" in out, out)
        same(state_of(folder.data), new, "after --check")
        out = folder.good("rollback", folder.data)
        need("%d events" % lost in out and ".after-%d" % new[2][0] in out, out)
        same(state_of(folder.data), old, "gone back")
        same(folder.good("journal", "digest", folder.data), digest, "the digest")
        after = os.path.join(folder.room, "desk.after-%d" % new[2][0])
        same(state_of(after), new, "what was kept")
        with open(os.path.join(after, "since.jsonl")) as file:
            lines = [json.loads(line) for line in file]
        same([line["seq"] for line in lines], list(range(old[2][0] + 1, new[2][0] + 1)), "the events since")
        same((lines[-1]["hash"], lines[-1]["kind"] != ""), (new[2][1], True), "the last of them")
        need(key_is_there(folder.data, kept), "a key is missing")
        need(not key_is_there(folder.data, erased), "going back brought an erased key back")
        # And forward again: the desk works, and the old backup is in nobody's way.
        desk = start(folder.data)
        try:
            look_at_golden(desk, folder.told)
            take_a_call(desk, "forward again")
            desk.stop()
        finally:
            desk.kill()
        folder.good("journal", "verify", folder.data)


def test_rollback_refuses_what_is_no_backup():
    with Folder() as folder, Folder() as other:
        folder.good("upgrade", folder.data)
        code, _, err = folder.run("rollback", folder.data, "--backup", os.path.join(folder.base, "nothing"))
        need(code == 1 and "nothing" in err, err)
        with Desk() as desk:
            desk.start()
            desk.set_up()
            desk.stop()
            code, _, err = folder.run("rollback", folder.data, "--backup", desk.data)
            need(code == 1 and "no backup of this record" in err, err)
        code, _, err = other.run("rollback", other.data)
        need(code == 1 and "was not upgraded" in err, err)
        desk = start(folder.data)
        try:
            code, _, err = folder.run("rollback", folder.data)
            need(code == 1 and "Stop it first" in err, err)
        finally:
            desk.stop()


def test_power_cuts_in_a_rollback():
    with Folder() as source:
        old = state_of(source.data)
        erased, _, new = upgraded_and_used(source)
        kept = os.path.join(source.base, "kept")
        shutil.copytree(source.room, kept)

        def again():
            shutil.rmtree(source.room)
            shutil.copytree(kept, source.room)

        count = source.steps("rollback", source.data)
        same(state_of(source.data), old, "gone back")
        seen = {"old": 0, "new": 0}
        for at in range(1, count + 1, 1 if SWEEP_ALL else 6):
            for mode in MODES if SWEEP_ALL else (MODES[at // 6 % len(MODES)],):
                again()
                need(source.cut(at, mode, "rollback", source.data), "step %d never came" % at)
                found = state_of(source.data)
                need(found in (old, new), "cut %d %s: neither back nor not: %s" % (at, mode, found))
                seen["old" if found == old else "new"] += 1
                if found == new:
                    source.good("rollback", source.data)
                same(state_of(source.data), old, "cut %d %s, then gone back" % (at, mode))
                same(state_of(os.path.join(source.room, "desk.after-%d" % new[2][0])), new, "cut %d %s: what was kept" % (at, mode))
                need(not key_is_there(source.data, erased), "cut %d %s: an erased key is back" % (at, mode))
                source.good("journal", "verify", source.data)
        need(seen["new"], "no cut fell before the exchange: %s" % seen)
        print("rollback: %d steps, cut before: %s" % (count, seen))


# --- restore ----------------------------------------------------------------------------------------------


def check_outbox_of(copy):
    """The outbox of a copy knows of no event that the record beside it does not have: a desk on the copy would take it for another
    record's, and forget what waits."""
    with sqlite3.connect(os.path.join(copy, "journal.db")) as record, sqlite3.connect(os.path.join(copy, "outbox.db")) as outbox:
        head = record.execute("SELECT max(seq) FROM journal").fetchone()[0]
        cursor = outbox.execute("SELECT value FROM meta WHERE name='cursor'").fetchone()[0]
        last, count = outbox.execute("SELECT max(event_seq), count(*) FROM delivery").fetchone()
    need(count > 0, "nothing waits in the copied outbox: it was no test")
    need(max(last, cursor) <= head, "the copied outbox has met event %d, and the copied record ends at %d" % (max(last, cursor), head))


def test_restore_drill():
    """A backup of a running desk under load, restored elsewhere: verified, the same digest, and the desk takes a call."""
    with Desk() as desk:
        desk.start()
        desk.set_up()
        desk.boss.ok("POST", "/v1/classes", json.load(open(os.path.join(HERE, "..", "..", "classes", "110.json"))), key=True)
        code = desk.boss.ok("GET", "/v1/classes")["rows"][0]["code"]
        desk.boss.ok("POST", "/v1/alert-channels", {  # nobody listens there: what is to be sent waits in the outbox
            "name": "A partner", "kind": "webhook", "jurisdiction": "1", "url": "http://127.0.0.1:9/", "allowed_host": "127.0.0.1:9",
            "no_handshake": True, "events": "case_opened"}, key=True)
        done, stop, busy = [], threading.Event(), threading.Semaphore(0)

        def load(number):
            client = Client(desk, desk.boss.token)
            n = 0
            while not stop.is_set():
                case = client.ok("POST", "/v1/cases", {"class": code, "address": "Load %d/%d" % (number, n)}, key=True)
                done.append((case["seq"], case["case"]["id"], "Load %d/%d" % (number, n)))
                n += 1
                busy.release()
            client.close()

        threads = [threading.Thread(target=load, args=(n,)) for n in range(4)]
        for thread in threads:
            thread.start()
        for _ in range(40):
            busy.acquire()
        before = list(done)
        copy, elsewhere = os.path.join(desk.base, "copy"), os.path.join(desk.base, "elsewhere")
        status, out, err = desk.run("backup", desk.data, copy)
        need(status == 0, out + err)
        after = len(done)
        stop.set()
        for thread in threads:
            thread.join()
        need(after > len(before), "nothing happened while the backup was made: it was no load")
        check_outbox_of(copy)
        status, out, err = desk.run("restore", copy, elsewhere)
        need(status == 0, out + err)
        status, out, err = desk.run("journal", "verify", elsewhere)
        need(status == 0, out + err)
        seq, digest = desk.run("journal", "digest", elsewhere)[1].split()
        need(int(seq) >= max(row[0] for row in before), "the copy ends before what was acknowledged when it began")
        same(desk.run("journal", "digest", desk.data, "--at", seq)[1].split(), [seq, digest], "the digest at seq " + seq)
        restored = start(elsewhere)
        try:
            restored.boss = restored.login("boss")
            rows = {row["id"]: row for row in restored.boss.ok("GET", "/v1/board")["rows"]["case"]}
            for at, id, address in before:
                same(rows[id]["personal"]["address"], address, "case " + id)
            contact, case = take_a_call(restored, "after the restore")
            same(restored.boss.ok("GET", "/v1/cases/" + case)["case"]["personal"]["address"], "after the restore", "the new call")
            restored.stop()
        finally:
            restored.kill()
        need(" 0 differed" in desk.run("journal", "rebuild", elsewhere, "--check")[1], "the restored tables")


def main():
    only = [a for a in sys.argv[1:] if not os.path.isfile(a)]
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_") and all(o in name for o in only)]
    failed = 0
    for name, test in tests:
        begin = time.monotonic()
        try:
            test()
            print("ok    %-48s %5.1f s" % (name, time.monotonic() - begin))
        except (AssertionError, Gone, OSError, KeyError, IndexError, ValueError, sqlite3.Error, subprocess.SubprocessError):
            failed += 1
            traceback.print_exc()
            print("FAIL  " + name)
        sys.stdout.flush()
    print("%d passed, %d failed" % (len(tests) - failed, failed))
    sys.exit(1 if failed else 0)


main()
