"""The program dies at each named step of what must survive that (base/failpoint.h), and nothing acknowledged is lost.

    EACH=3 failpoint_test.py build/.../bellman [NAME...]      each step so many times (once unless told)
    EVERY=4 failpoint_test.py build/.../bellman               only every fourth step, as make test does
    FROM=100 failpoint_test.py ...                            begins with the hundredth death, as a failure prints it
    SECONDS=300 failpoint_test.py ...                         no further death after so long
    SHARE=1/4 failpoint_test.py ...                           this fourth of the deaths, where four run side by side

A round is one life of the real server: what was acknowledged before is there, what was under way is taken when it is sent
again, what was erased is opened by nobody; then the load of acknowledged.py, somebody at a stream, people who log in and out, an
erasure, a clean stop; somewhere in all that the step at which it is to die.  The next life looks at what became of it, and is to
die in its turn.  Steps of other commands (backup, rebuild, rollback) die there, and the command is given again.

A step counts as reached whenever a life passes it, and as died at once for each death: both are told at the end."""
import os
import random
import re
import shutil
import sqlite3
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
from desk import PASSWORD, Client, Desk, Gone, Stream
from acknowledged import Act, Check, Failed, Worker, need, verify
from peers import Web

CONNECTIONS, LOAD_S, ROUNDS_OF_A_FOLDER, ROUNDS_OF_A_LONG_ONE = 4, 0.25, 12, 40
BY_CLOCK, OF_COPY, OF_REBUILD, OF_BACK, OF_NEW = ("timer_fired", "timer_decided"), "copy_", "rebuild_", "back_", ("journal_created", "keys_begun", "keys_inserted", "keys_committed")
IN_COMMAND = ("command_guarded", "command_decided", "command_applied")  # a command in which it dies twice is refused, rightly
KILLED = -9


def step_names():
    header = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "base", "failpoint.h")
    with open(header, encoding="utf-8") as file:
        return re.findall(r"\bF\((\w+)\)", re.search(r"BM_FAILPOINTS\(F\).*?\n\n", file.read(), re.S).group(0))


class Counts:
    """How often each step was reached, in all runs with this file."""

    def __init__(self, names):
        self.names, self.path = names, tempfile.mktemp(prefix="bellman-steps-")

    def read(self):
        try:
            with open(self.path, "rb") as file:
                return dict(zip(self.names, struct.unpack("<%dQ" % len(self.names), file.read(8 * len(self.names)))))
        except FileNotFoundError:
            return dict.fromkeys(self.names, 0)

    def since(self, before):
        return {name: count - before[name] for name, count in self.read().items()}


class Eraser(Worker):
    """Erases a contact of its own; told, it is gone for good."""

    def __init__(self, boss, number):
        super().__init__(boss, number)
        self.contact, self.gone = None, []

    def erase_one(self):
        made = self.act(Act("contact", "/v1/contacts", {"channel": "text", "text": "to be erased", "number": "+8612345678"}))
        self.contact = made["contact"]["id"]
        self.act(Act("end", "/v1/contacts/%s/end" % self.contact, {"result": "advice"}))
        self.act(Act("erase", "/v1/contacts/%s/erase" % self.contact, {"basis": "asked for"}))

    def learn(self):
        self.gone += [act.path.split("/")[3] for act in self.done if act.kind == "erase"]

    def look(self, client):
        for contact in self.gone:
            need(client.ok("GET", "/v1/contacts/" + contact)["contact"]["personal"] is None, "contact %s was erased, and is opened" % contact)


class People:
    """One who gets a new password, logs in and logs out; told, each of it lasts."""

    def __init__(self, boss):
        self.desk, self.boss = boss.desk, boss
        self.id = boss.ok("POST", "/v1/operators", {"number": "P-1", "roles": ["call_taker"], "jurisdiction": "1", "name": "Somebody"}, key=True)["operator"]["id"]
        self.password, self.wanted, self.open, self.ended = None, None, None, []
        self.act()

    def act(self):
        self.open = None  # a new password ends it, whatever becomes of the answer
        self.wanted = "a password that is long %d" % len(self.ended)
        self.boss.ok("POST", "/v1/operators/%s/account" % self.id, {"login": "p-1", "password": self.wanted}, key=True)
        self.password = self.wanted
        self.open = self.desk.client().ok("POST", "/v1/sessions", {"login": "p-1", "password": self.password})["token"]
        ends, self.open = self.open, None
        answer = Client(self.desk, ends).call("DELETE", "/v1/sessions/current", {})
        need(answer.status in (200, 204), "logging out: %r" % answer)
        self.ended.append(ends)
        self.open = self.desk.client().ok("POST", "/v1/sessions", {"login": "p-1", "password": self.password})["token"]

    def look(self):
        for token in self.ended[-2:]:
            need(Client(self.desk, token).get("/v1/agencies").status == 401, "a session that was ended goes on")
        if self.open:
            need(Client(self.desk, self.open).get("/v1/agencies").status != 401, "a session that was opened is gone")
        if self.password and self.password == self.wanted:
            answer = self.desk.client().post("/v1/sessions", {"login": "p-1", "password": self.password})
            need(answer.status == 201, "the password that was set: %r" % answer)


class Folder:
    """A desk and what it has acknowledged."""

    def __init__(self, counts):
        self.counts, self.desk, self.check = counts, Desk(), Check()
        self.start()
        self.boss = self.desk.set_up()
        self.workers = [Worker(self.boss, number) for number in range(CONNECTIONS)]
        self.eraser, self.people = Eraser(self.boss, CONNECTIONS), People(self.boss)
        self.partner = Web()  # who is told of each incident, so that the outbox has something to do
        self.boss.ok("POST", "/v1/alert-channels", {
            "name": "A partner", "kind": "webhook", "jurisdiction": "1", "url": self.partner.url, "allowed_host": self.partner.host,
            "events": "case_opened", "no_handshake": True}, key=True)

    def everyone(self):
        return self.workers + [self.eraser]

    def start(self, dies_at=None):
        self.desk.start(env=dict({"BELLMAN_STEPS": self.counts.path}, **({"BELLMAN_DIES_AT": dies_at} if dies_at else {})))

    def load(self):
        stop = threading.Event()

        def work(worker):
            try:
                while not stop.is_set():
                    worker.one_case()
            except Gone:
                worker.client.close()

        threads = [threading.Thread(target=work, args=(worker,)) for worker in self.workers]
        for thread in threads:
            thread.start()
        try:
            self.desk.process.wait(LOAD_S)  # the end of it, or of the time for load
        except Exception:  # it goes on
            pass
        stop.set()
        for thread in threads:
            thread.join()

    def live(self, dies_at):
        """One life, which begins with looking at what the one before has told; says whether it ended by the step."""
        try:
            self.start(dies_at)
            self.look()
            Stream(self.boss, self.boss.ok("GET", "/readyz")["seq"])
            self.load()
            self.eraser.erase_one()
            self.people.act()
            self.desk.stop()
        except Gone:
            pass
        except AssertionError:
            if self.desk.alive():
                raise
            need(self.desk.process.returncode == KILLED, "it ended with %s\n%s" % (self.desk.process.returncode, self.desk.log_tail()))
        self.desk.process.wait()
        return self.desk.process.returncode == KILLED

    def look(self):
        """Everything is as it was told."""
        self.boss.close()
        for worker in self.everyone():
            worker.client.close()
            act = worker.pending
            if act:
                answer = worker.client.call("POST", act.path, act.body, match=act.match, headers={"Idempotency-Key": act.key})
                worker.take(act, answer)
                again = worker.client.call("POST", act.path, act.body, match=act.match, headers={"Idempotency-Key": act.key})
                need(again.status in (200, 201) and again["replayed"], "sent a third time: %r" % again)
        self.eraser.learn()
        fresh = []
        for worker in self.everyone():
            self.check.learn([act for act in worker.done if act.kind not in ("end", "erase")])
            fresh += [act.answer["case"]["id"] for act in worker.done if act.kind == "case"]
            worker.done = []
        need(self.boss.ok("GET", "/readyz")["seq"] >= self.check.most_seq, "the seq went back")
        self.check.rows(self.boss, "contacts")
        self.check.rows(self.boss, "cases")
        for id in fresh[-3:]:
            self.check.sheet(self.boss, id)
        self.eraser.look(self.boss)
        self.people.look()

    def close(self):
        self.desk.start()
        self.look()
        self.desk.stop()
        self.partner.close()
        verify(self.desk)
        code, out, err = self.desk.run("journal", "rebuild", self.desk.data, "--check")
        need(code == 0 and " 0 differed" in out, "rebuild --check: %d %s %s" % (code, out, err))
        self.desk.close()


def dies_in_life(folder, name, often, chance):
    # On a busy machine a life does less than the one that was counted.
    at = chance.randint(1, often)
    while not folder.live("%s:%d" % (name, at)):
        need(at > 1, "%s was not reached" % name)
        at //= 2
    if name in IN_COMMAND:
        folder.start()
        folder.look()
        folder.desk.stop()


def rung(desk):
    with sqlite3.connect("file:%s/journal.db?mode=ro" % desk.data, uri=True) as record:
        return record.execute("SELECT count(*) FROM journal WHERE kind = 'check_in_rang'").fetchone()[0]


def dies_by_the_clock(folder, name):
    """A safety timer that nobody answers rings in that very moment; after the restart it has rung once."""
    desk, unit = folder.desk, folder.eraser.unit
    before = rung(desk)

    def waits():
        return [row for row in folder.boss.ok("GET", "/v1/check-ins")["rows"] if row["id"] == unit]

    def begins():
        folder.boss.ok("PUT", "/v1/units/%s/check-in" % unit, {"every_s": 5}, key=True)

    try:
        folder.start(name)
        folder.boss.close()
        begins()
    except Gone:  # of another timer, of a case of an earlier life, that was due at once
        pass
    need(desk.wait(30) == KILLED, "%s was not reached" % name)
    folder.start()
    folder.look()
    if not waits():
        begins()
    time.sleep(max(0, waits()[0]["due_at_ms"] / 1000 - time.time()))
    # What is due is done before any command: once this is answered, it has rung.
    folder.eraser.act(Act("contact", "/v1/contacts", {"channel": "text", "text": "after it", "number": "+861"}))
    timer = waits()
    need(timer and timer[0]["rang_at_ms"], "the timer did not ring after the restart: %s" % timer)
    folder.boss.ok("DELETE", "/v1/units/%s/check-in" % unit, key=True)
    desk.stop()
    need(rung(desk) == before + 1, "it rang %d times" % (rung(desk) - before))


def dies_when_new(name, counts):
    with Desk() as desk:
        try:
            desk.start(env={"BELLMAN_STEPS": counts.path, "BELLMAN_DIES_AT": name})
            raise Failed("%s was not reached in a new folder" % name)
        except Gone:
            need(desk.process.returncode == KILLED, "it ended with %s\n%s" % (desk.process.returncode, desk.log_tail()))
        desk.start()
        desk.set_up()
        desk.unit("N-1")
        desk.stop()
        verify(desk)


def dies_in_command(folder, name, counts, number):
    """Backup or rebuild, of a desk that is not running."""
    desk, out = folder.desk, folder.desk.base + "/copy-%d" % number
    words = ["backup", desk.data, out] if name.startswith(OF_COPY) else ["journal", "rebuild", desk.data]
    os.environ.update({"BELLMAN_STEPS": counts.path, "BELLMAN_DIES_AT": name})
    try:
        code, said, err = desk.run(*words)
    finally:
        del os.environ["BELLMAN_DIES_AT"], os.environ["BELLMAN_STEPS"]
    need(code == KILLED, "%s was not reached: %d %s %s" % (name, code, said, err))
    verify(desk)
    if name.startswith(OF_COPY) and os.listdir(out):
        code, said, err = desk.run("backup", desk.data, out)
        need(code != 0 and "not empty" in err, "a backup into half a backup: %d %s %s" % (code, said, err))
        words[2] = out + "-again"
    code, said, err = desk.run(*words)
    need(code == 0, "%s again: %d %s %s" % (words[0], code, said, err))
    if name.startswith(OF_COPY):
        code, said, err = desk.run("journal", "verify", words[2])
        need(code == 0, "the backup: %s %s" % (said, err))


def dies_on_the_way_back(folder, name, counts, number):
    """A copy of the folder goes back to a backup of itself, after an erasure that the backup does not have."""
    desk, base = folder.desk, "%s/back-%d" % (folder.desk.base, number)
    os.mkdir(base)
    gone = Desk(folder=base + "/desk")
    for words in (["backup", desk.data, base + "/desk"], ["backup", desk.data, base + "/kept"]):
        code, said, err = desk.run(*words)
        need(code == 0, "%s: %d %s %s" % (words[0], code, said, err))
    gone.start()
    client = Client(gone, folder.boss.token)
    client.token = gone.client().ok("POST", "/v1/sessions", {"login": "boss", "password": PASSWORD})["token"]
    contact = client.ok("POST", "/v1/contacts", {"channel": "text", "text": "since the backup"}, key=True)["contact"]["id"]
    client.ok("POST", "/v1/contacts/%s/end" % contact, {"result": "advice"}, key=True)
    client.ok("POST", "/v1/contacts/%s/erase" % contact, {"basis": "asked for"}, key=True)
    gone.stop()
    back = ["rollback", gone.data, "--backup", base + "/kept"]
    os.environ.update({"BELLMAN_STEPS": counts.path, "BELLMAN_DIES_AT": name})
    try:
        code, said, err = desk.run(*back)
    finally:
        del os.environ["BELLMAN_DIES_AT"], os.environ["BELLMAN_STEPS"]
    need(code == KILLED, "%s was not reached: %d %s %s" % (name, code, said, err))
    verify(gone)
    if name != "back_exchanged":  # from then on it is back
        code, said, err = desk.run(*back)
        need(code == 0, "rollback again: %d %s %s" % (code, said, err))
    code, said, err = desk.run("journal", "rebuild", gone.data, "--check")
    need(code == 0 and " 0 differed" in said, "rebuild --check: %d %s %s" % (code, said, err))
    gone.start()
    rows = Client(gone, gone.client().ok("POST", "/v1/sessions", {"login": "boss", "password": PASSWORD})["token"]).ok("GET", "/v1/contacts?limit=1&after=%d" % (int(contact) - 1))["rows"]
    need(not rows, "what came after the backup is there: %s" % rows)
    gone.stop()
    shutil.rmtree(base)


def main():
    each, chance = int(os.environ.get("EACH", "1")), random.Random(int(os.environ.get("SEED", "1")))
    names = step_names()
    wanted = sys.argv[2:] or names[::int(os.environ.get("EVERY", "1"))]
    counts, began, died, folder, left, began_at = Counts(names), time.monotonic(), dict.fromkeys(wanted, 0), None, 0, 0
    # A folder that only ever dies at one and the same step would hide what two have to do with each other.
    order = wanted * each
    if each > 1:
        chance.shuffle(order)
    try:
        mine, of = map(int, os.environ.get("SHARE", "1/1").split("/"))
        for number, name in list(enumerate(order))[mine - 1::of]:
            if number < int(os.environ.get("FROM", "0")):
                continue
            if time.monotonic() - began > float(os.environ.get("SECONDS", "inf")):
                break
            if os.environ.get("VERBOSE"):
                print("%6.1f s  %s" % (time.monotonic() - began, name), flush=True)
            if name in OF_NEW:
                dies_when_new(name, counts)
                died[name] += 1
                continue
            if not left:
                if folder:
                    folder.close()
                began_at = number
                folder, left = Folder(counts), ROUNDS_OF_A_FOLDER if each == 1 else ROUNDS_OF_A_LONG_ONE
                folder.desk.stop()
                before = counts.read()
                need(not folder.live(None), "it died of nothing")  # what one life reaches, and how often
                often = counts.since(before)
            left -= 1
            if name.startswith((OF_COPY, OF_REBUILD)):
                dies_in_command(folder, name, counts, number)
            elif name.startswith(OF_BACK):
                dies_on_the_way_back(folder, name, counts, number)
            elif name in BY_CLOCK:
                dies_by_the_clock(folder, name)
            else:
                need(often[name], "%s is reached in no life" % name)
                dies_in_life(folder, name, max(1, often[name] // 2), chance)
            died[name] += 1
        if folder:
            folder.close()
        failed = 0
    except (Failed, Gone, AssertionError) as error:
        print("FAILED: %s: %s\n%s" % (name, error, folder.desk.log_tail() if folder else ""))
        print("again: EACH=%d SEED=%s SHARE=%s FROM=%d python3 %s" % (each, os.environ.get("SEED", "1"), os.environ.get("SHARE", "1/1"), began_at, " ".join(sys.argv)))
        if folder:
            folder.desk.close()
        failed = 1
    reached, deaths = counts.read(), sum(died.values())
    print("reached, died at: " + ", ".join("%s %d %d" % (name, reached[name], died.get(name, 0)) for name in sorted(names, key=lambda name: reached[name])))
    print("torture: named-steps steps=%d deaths=%d least_deaths=%d least_reached=%d seconds=%d seed=%s" % (
        len(set(wanted)), deaths, min(died.values()), min(reached[name] for name in wanted), time.monotonic() - began, os.environ.get("SEED", "1")))
    print("%d passed, %d failed, 0 skipped" % (deaths, failed))
    if os.path.exists(counts.path):
        os.unlink(counts.path)
    return failed


if __name__ == "__main__":
    sys.exit(main())
