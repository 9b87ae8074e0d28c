"""The program dies at each named step of what must survive that (base/failpoint.h), and nothing acknowledged is lost.

    EACH=3 failpoint_test.py build/.../bellman [NAME...]      each step so many times (once unless told)
    EVERY=4 failpoint_test.py build/.../bellman               only every fourth step, as make test does

A round: the real server with the load of kill_test.py, an erasure, a clean stop; somewhere in it the step at which it is
to die.  It is started again; what was acknowledged is there, what was under way is taken when it is sent again, what was
erased is opened by nobody.  Steps of other commands (backup, rebuild) die there, and the command is given again."""
import os
import random
import re
import sqlite3
import struct
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
from desk import Desk, Gone
from kill_test import Act, Check, Failed, Worker, need, verify
from peers import Web

CONNECTIONS, LOAD_S, ROUNDS_OF_A_FOLDER = 4, 0.25, 12
BY_CLOCK, OF_COPY, OF_REBUILD, OF_NEW = "timer_fired", "copy_", "rebuild_", ("journal_created", "keys_begun", "keys_inserted", "keys_committed")
KILLED = -9


def step_names():
    header = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "src", "base", "failpoint.h")
    with open(header, encoding="utf-8") as file:
        return re.findall(r"\bF\((\w+)\)", file.read())


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


class Folder:
    """A desk and what it has acknowledged."""

    def __init__(self, counts):
        self.counts, self.desk, self.check = counts, Desk(), Check()
        self.start()
        self.boss = self.desk.set_up()
        self.workers = [Worker(self.boss, number) for number in range(CONNECTIONS)]
        self.eraser = Eraser(self.boss, CONNECTIONS)
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
        """One life; says whether it ended by the step."""
        for worker in self.everyone():
            worker.client.close()  # of the life before
        try:
            self.start(dies_at)
            self.load()
            self.eraser.erase_one()
            self.desk.stop()
        except Gone:
            pass
        except AssertionError:
            need(self.desk.process.returncode == KILLED, "it ended with %s\n%s" % (self.desk.process.returncode, self.desk.log_tail()))
        self.desk.process.wait()
        return self.desk.process.returncode == KILLED

    def look(self):
        """Started again: everything is as it was told."""
        self.start()
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

    def close(self):
        self.desk.stop()
        self.partner.close()
        verify(self.desk)
        code, out, err = self.desk.run("journal", "rebuild", self.desk.data, "--check")
        need(code == 0 and " 0 differed" in out, "rebuild --check: %d %s %s" % (code, out, err))
        self.desk.close()


def dies_in_life(folder, name, often, chance):
    need(folder.live("%s:%d" % (name, chance.randint(1, often))), "%s was not reached" % name)
    folder.look()
    folder.desk.stop()


def dies_by_the_clock(folder, name):
    """A safety timer that nobody answers rings in that very moment; after the restart it has rung once."""
    desk, unit = folder.desk, folder.eraser.unit
    folder.start(name)
    folder.boss.close()
    folder.boss.ok("PUT", "/v1/units/%s/check-in" % unit, {"every_s": 5}, key=True)
    need(desk.wait(30) == KILLED, "%s was not reached" % name)
    folder.start()
    for client in (folder.boss, folder.eraser.client):
        client.close()
    # What is due is done before any command: once this is answered, it has rung.
    folder.eraser.act(Act("contact", "/v1/contacts", {"channel": "text", "text": "after it", "number": "+861"}))
    timer = [row for row in folder.boss.ok("GET", "/v1/check-ins")["rows"] if row["id"] == unit]
    need(timer and timer[0]["rang_at_ms"], "the timer did not ring after the restart: %s" % timer)
    folder.boss.ok("DELETE", "/v1/units/%s/check-in" % unit, key=True)
    desk.stop()
    with sqlite3.connect("file:%s/journal.db?mode=ro" % desk.data, uri=True) as record:
        rang = record.execute("SELECT count(*) FROM journal WHERE kind = 'check_in_rang'").fetchone()[0]
    need(rang == 1, "it rang %d times" % rang)
    folder.look()
    desk.stop()


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
    """Backup or rebuild, of a desk that is stopped."""
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


def main():
    each, chance = int(os.environ.get("EACH", "1")), random.Random(int(os.environ.get("SEED", "1")))
    names = step_names()
    wanted = sys.argv[2:] or names[::int(os.environ.get("EVERY", "1"))]
    counts, began, died, folder, left = Counts(names), time.monotonic(), 0, None, 0
    try:
        for number, name in enumerate(wanted * each):
            if os.environ.get("VERBOSE"):
                print("%6.1f s  %s" % (time.monotonic() - began, name), flush=True)
            if name in OF_NEW:
                dies_when_new(name, counts)
                died += 1
                continue
            if not left:
                if folder:
                    folder.close()
                folder, left = Folder(counts), ROUNDS_OF_A_FOLDER
                folder.desk.stop()
                before = counts.read()
                need(not folder.live(None), "it died of nothing")  # what one life reaches, and how often
                often = counts.since(before)
                folder.look()
                folder.desk.stop()
            left -= 1
            if name.startswith((OF_COPY, OF_REBUILD)):
                dies_in_command(folder, name, counts, number)
            elif name == BY_CLOCK:
                dies_by_the_clock(folder, name)
            else:
                need(often[name], "%s is reached in no life" % name)
                dies_in_life(folder, name, max(1, often[name] // 2), chance)
            died += 1
        if folder:
            folder.close()
        failed = 0
    except (Failed, Gone, AssertionError) as error:
        print("FAILED: %s: %s\n%s" % (name, error, folder.desk.log_tail() if folder else ""))
        if folder:
            folder.desk.close()
        failed = 1
    reached = counts.read()
    print("%d steps, %d deaths, %.1f s; reached: %s" % (len(set(wanted)), died, time.monotonic() - began,
                                                     ", ".join("%s %d" % pair for pair in sorted(reached.items(), key=lambda pair: pair[1]))))
    print("%d passed, %d failed, 0 skipped" % (died, failed))
    if os.path.exists(counts.path):
        os.unlink(counts.path)
    return failed


if __name__ == "__main__":
    sys.exit(main())
