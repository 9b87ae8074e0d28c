"""Fail the first, the second, ... call that the program makes to the system, once and from then on: on its files (EIO, ENOSPC,
EINTR), its sockets (EINTR, ECONNRESET), its memory.

    calls_test.py build/.../bellman .../libfail_calls.so           a few of each, drawn from SEED, as make test does
    CASES=50 calls_test.py ...                                     so many of each
    SWEEP=all calls_test.py ...                                    every call; hours
    ONE='serve:disk:EIO:1:17' calls_test.py ...                    a single one, as a failure prints it (times, call)

It may refuse, or stop with its sentence; what it acknowledged is there after the fault, the same request under the same
key is taken, and the same command succeeds.  A program built with the address sanitizer looks for memory errors on the way;
it and the preloaded library do not agree on who comes first, so that check of its is switched off (verify_asan_link_order=0)."""
import errno
import mmap
import os
import random
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
from desk import Client, Desk, Gone, program
from kill_test import Act, Failed, need

LIBRARY = next(os.path.abspath(a) for a in sys.argv[1:] if a.endswith(".so"))
GOLDEN = os.path.join(HERE, "..", "golden", "folders", "format-1")
DISK, MEMORY, SOCKET = 1, 2, 3
FOR_EVER = 1 << 40
OPTIONS = {"ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:exitcode=99:allocator_may_return_null=1"}
OUT_OF_MEMORY = ("event=out_of_memory", "memory for SQLite")
ENDED = {"for memory": 0, "refused to start": 0, "stopped": 0}


class Control:
    """What the library reads and writes (struct control of fail_calls.c)."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "control")
        with open(self.path, "wb") as file:
            file.write(bytes(4096))
        self.file = open(self.path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 4096)

    def arm(self, kind, error=0, times=0, at=0):
        self.map[:112] = bytes(112)
        self.map[8:32] = struct.pack("<3Q", at, times, error)
        self.map[:8] = struct.pack("<Q", kind)

    def heal(self):
        self.map[:16] = bytes(16)

    def counted(self):
        calls, failed = struct.unpack("<2Q", self.map[32:48])
        return calls, failed, self.map[48:112].split(b"\0")[0].decode()

    def env(self, under):
        return dict(OPTIONS, LD_PRELOAD=LIBRARY, FAIL_CONTROL=self.path, FAIL_UNDER=under)


def for_memory(kind, code, text):
    """Our own end for want of memory: on purpose, with a line."""
    well = kind == MEMORY and code == -6 and any(words in text for words in OUT_OF_MEMORY)
    ENDED["for memory"] += well
    return well


# --- the desk -----------------------------------------------------------------------------------------


class House:
    """A data folder with a boss, calls and cases, made once; each case of a sweep gets a copy of it."""

    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="bellman-calls-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.before, self.room = os.path.join(self.base, "before"), os.path.join(self.base, "room")
        self.control = Control(self.base)
        desk = Desk(folder=self.before)
        desk.start()
        boss = desk.set_up()
        self.token = boss.token
        self.words = {}
        for number in range(3):
            made = boss.ok("POST", "/v1/cases", {"class": "fire", "address": "street %d" % number}, key=True)["case"]
            self.words[made["id"]] = "street %d" % number
        desk.stop()

    def fresh(self):
        shutil.rmtree(self.room, ignore_errors=True)
        os.mkdir(self.room)
        self.data = os.path.join(self.room, "desk")
        shutil.copytree(self.before, self.data)

    def close(self):
        shutil.rmtree(self.base, ignore_errors=True)


class Serve:
    """Start, commands of all kinds, stop; then again without a fault."""

    def run(self, house, kind):
        house.fresh()
        self.desk, self.acts, self.words, self.house = Desk(folder=house.data), [], dict(house.words), house
        self.boss = Client(self.desk, house.token, "1")
        try:
            self.life(kind)
        finally:
            house.control.heal()
        self.again()

    def life(self, kind):
        log = self.desk.log
        try:
            self.desk.start(env=self.house.control.env(self.house.room))
            for number in range(3):
                self.ask(Act("contact", "/v1/contacts", {"channel": "call", "text": "call %d" % number, "number": "+861"}))
                self.ask(Act("case", "/v1/cases", {"class": "fire", "address": "new %d" % number}))
            self.look("/v1/cases/" + sorted(self.words)[0])
            self.look("/v1/board")
            self.ask(Act("end", "/v1/contacts/1/end", {"result": "advice"}))
            self.ask(Act("erase", "/v1/contacts/1/erase", {"basis": "asked for"}))
            answer = self.desk.client().call("POST", "/v1/sessions", {"login": "boss", "password": "correct horse battery"})
            need(answer.status in (201, 429, 500, 503, 507), "a login: %r" % answer)
            self.desk.process.terminate()
            code = self.desk.wait()
        except Gone:
            self.desk.process.wait()
            code = self.desk.process.returncode
        text = self.desk.log_tail()
        if code == 0 or for_memory(kind, code, text):
            return
        refused, stopped = code == 1 and "cannot start: " in text, code == 70 and "stopped: " in text
        ENDED["refused to start"] += refused
        ENDED["stopped"] += stopped
        need(refused or stopped, "it ended with %s\n%s" % (code, text))

    def ask(self, act):
        """Acknowledged, or refused with a fault of ours; a connection that is cut gets the same request again."""
        self.acts.append(act)
        for _ in range(3):
            try:
                answer = self.boss.call("POST", act.path, act.body, headers={"Idempotency-Key": act.key})
            except Gone:
                self.boss.close()
                if not self.desk.alive():
                    raise
                continue
            if answer.status in (200, 201):
                act.answer = answer.json()
            else:
                need(answer.status in (429, 500, 503, 507) and answer["detail"], "refused: %r" % answer)
            return

    def look(self, path):
        try:
            answer = self.boss.get(path)
            need(answer.status in (200, 429, 500, 503, 507), "%r" % answer)
        except Gone:
            self.boss.close()
            if not self.desk.alive():
                raise

    def again(self):
        self.boss.close()
        told = [act.answer for act in self.acts]
        self.desk.start(env=OPTIONS)
        for act, before in zip(self.acts, told):
            if act.path == "/v1/contacts/1/erase":
                continue
            answer = self.boss.call("POST", act.path, act.body, headers={"Idempotency-Key": act.key})
            need(answer.status in (200, 201), "the same request again: %r" % answer)
            if before:
                need(answer["replayed"], "acknowledged, and lost: %s %r" % (act.kind, answer))
                for what in ("contact", "case"):
                    if what in before:
                        need(answer[what]["id"] == before[what]["id"], "another %s than was acknowledged" % what)
            if act.kind == "case":
                self.words[answer["case"]["id"]] = act.body["address"]
        rows = self.boss.ok("GET", "/v1/cases?limit=1000")["rows"]
        need({row["id"] for row in rows} == set(self.words), "cases %s, not %s" % ([row["id"] for row in rows], sorted(self.words)))
        for id, word in self.words.items():
            need(self.boss.ok("GET", "/v1/cases/" + id)["case"]["personal"]["address"] == word, "case %s has another address" % id)
        erased = [act for act in self.acts if act.kind == "erase" and act.answer]
        if erased:
            need(self.boss.ok("GET", "/v1/contacts/1")["contact"]["personal"] is None, "what was erased is opened")
        self.desk.stop()
        sound(self.desk.data)


# --- commands ------------------------------------------------------------------------------------------


def command(*words, env=None):
    done = subprocess.run([program(), *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=300, env=dict(os.environ, **(env or OPTIONS)))
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def sound(data):
    code, out, err = command("journal", "verify", data)
    need(code == 0 and "the record is sound" in out, "verify: %d %s %s" % (code, out, err))


class Command:
    """A command that fails is told so by a sentence, harms nothing, and succeeds when it is given again."""

    def run(self, house, kind):
        house.fresh()
        self.prepare(house)
        code, out, err = command(*self.words(house, 1), env=house.control.env(house.room))
        house.control.heal()
        if not for_memory(kind, code, err):
            need(code in (0, 1), "it ended with %d\n%s%s" % (code, out, err))
            need(code == 0 or err.strip() or out.strip(), "it failed without a word")
        if code == 0:
            self.look(house, 1)
        code, out, err = command(*self.words(house, 2))
        need(code == 0, "given again: %d %s %s" % (code, out, err))
        self.look(house, 2)

    def prepare(self, house):
        pass


class Backup(Command):
    def words(self, house, turn):
        return "backup", house.data, os.path.join(house.room, "copy-%d" % turn)

    def look(self, house, turn):
        copy = os.path.join(house.room, "copy-%d" % turn)
        sound(copy)
        sound(house.data)
        need(set(os.listdir(house.before)) - set(os.listdir(copy)) <= {"lock", "running", "ballast", "journal.db-shm", "journal.db-wal"} |
             {name for name in os.listdir(house.before) if name.startswith("snapshot-")}, "the copy has %s only" % os.listdir(copy))


class Restore(Backup):
    def prepare(self, house):
        code, out, err = command("backup", house.data, os.path.join(house.room, "kept"))
        need(code == 0, out + err)

    def words(self, house, turn):
        return "restore", os.path.join(house.room, "kept"), os.path.join(house.room, "copy-%d" % turn)


class Verify(Command):
    def words(self, house, turn):
        return "journal", "verify", house.data

    def look(self, house, turn):
        sound(house.data)


class Rebuild(Command):
    def words(self, house, turn):
        return "journal", "rebuild", house.data

    def look(self, house, turn):
        code, out, err = command("journal", "rebuild", house.data, "--check")
        need(code == 0 and " 0 differed" in out, "rebuild --check: %d %s %s" % (code, out, err))
        sound(house.data)


class Upgrade(Command):
    def prepare(self, house):
        shutil.rmtree(house.data)
        os.mkdir(house.data)
        with tarfile.open(GOLDEN + ".tar.xz") as tar:
            tar.extractall(house.data)

    def words(self, house, turn):
        return "upgrade", house.data

    def look(self, house, turn):
        code, out, err = command("upgrade", house.data, "--check")
        need(code == 0 and "nothing to do" in out, "upgrade --check: %d %s %s" % (code, out, err))
        Rebuild.look(self, house, turn)
        (backup,) = [name for name in os.listdir(house.room) if name != "desk"]
        need(backup.startswith("desk.before-") and not backup.endswith(".partial"), "beside the data: %s" % backup)
        sound(os.path.join(house.room, backup))


class Rollback(Upgrade):
    def prepare(self, house):
        Upgrade.prepare(self, house)
        code, out, err = command("upgrade", house.data)
        need(code == 0, out + err)
        (self.backup,) = [name for name in os.listdir(house.room) if name != "desk"]

    def words(self, house, turn):
        # Done already, it cannot be done again: what is there is no upgraded folder any more.
        return ("rollback", house.data, "--backup", os.path.join(house.room, self.backup)) if self.forward(house) else ("journal", "verify", house.data)

    def forward(self, house):
        code, out, _ = command("upgrade", house.data, "--check")
        return code == 0 and "nothing to do" in out

    def look(self, house, turn):
        need(not self.forward(house), "it is not back")
        sound(house.data)


OPERATIONS = {"serve": Serve, "backup": Backup, "restore": Restore, "verify": Verify, "rebuild": Rebuild, "upgrade": Upgrade, "rollback": Rollback}
FAULTS = {"disk": (DISK, ("EIO", "ENOSPC", "EINTR")), "socket": (SOCKET, ("EINTR", "ECONNRESET")), "memory": (MEMORY, ("ENOMEM",))}


def main():
    chance = random.Random(int(os.environ.get("SEED", "1")))
    cases, every, one = int(os.environ.get("CASES", "1")), os.environ.get("SWEEP") == "all", os.environ.get("ONE")
    only, began, failed, done, failures, calls_of = os.environ.get("ONLY", ""), time.monotonic(), 0, 0, 0, []
    house = House()
    try:
        for name, operation in OPERATIONS.items():
            for what, (kind, errors) in FAULTS.items():
                if (what == "socket" and name != "serve") or only not in name + ":" + what or (one and not one.startswith("%s:%s:" % (name, what))):
                    continue
                house.control.arm(kind)
                operation().run(house, kind)
                calls = house.control.counted()[0]
                calls_of.append("%s %s %d" % (name, what, calls))
                need(calls > 0, "%s makes no call of %s" % (name, what))
                wanted = [(error, times, at) for error in errors for times in (1, FOR_EVER) for at in range(1, calls + 1)]
                if not every:
                    wanted = chance.sample(wanted, min(len(wanted), cases * len(errors)))
                if one:
                    error, times, at = one.split(":")[2:]
                    wanted = [(error, int(times), int(at))]
                for error, times, at in wanted:
                    house.control.arm(kind, getattr(errno, error), times, at)
                    try:
                        operation().run(house, kind)
                    except (Failed, AssertionError, Gone, OSError, KeyError, subprocess.TimeoutExpired) as wrong:
                        failed += 1
                        print("FAILED: %s\n  the call: %s\n  again: ONE='%s:%s:%s:%d:%d'" % (wrong, house.control.counted()[2], name, what, error, times, at))
                    done += 1
                    failures += house.control.counted()[1]
                    sys.stdout.flush()
    finally:
        house.close()
    print("calls: " + ", ".join(calls_of))
    print("torture: sweep-calls cases=%d failed_calls=%d ended_for_memory=%d refused_to_start=%d stopped=%d wrong=%d seconds=%d seed=%s" % (
        done, failures, ENDED["for memory"], ENDED["refused to start"], ENDED["stopped"], failed, time.monotonic() - began, os.environ.get("SEED", "1")))
    print("%d passed, %d failed, 0 skipped" % (done - failed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
