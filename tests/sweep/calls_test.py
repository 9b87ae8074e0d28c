"""Fail the first, the second, ... call that the program makes to the system, once and from then on: on its files (EIO, ENOSPC;
EINTR), its sockets (EINTR, ECONNRESET), its memory.  What is asked again until it goes well fails twenty times at most.

    calls_test.py build/.../bellman .../libfail_calls.so           a few of each, drawn from SEED, as make test does
    CASES=50 calls_test.py ...                                     so many of each
    SOME=1 calls_test.py ...                                       the desk, and so many of the other operations, drawn
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
import time

from house import ENDED, OPTIONS, Gone, House, Serve, command, need, sound
from acknowledged import Failed

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARY = next(os.path.abspath(a) for a in sys.argv[1:] if a.endswith(".so"))
GOLDEN = os.path.join(HERE, "..", "golden", "folders", "format-1")
DISK, MEMORY, SOCKET = 1, 2, 3
FOR_EVER = 1 << 40
OUT_OF_MEMORY = ("event=out_of_memory", 'condition="memory for ', 'condition="pthread_create(', 'condition="curl_', 'condition="outbox->multi"', 'condition="flight->easy"')


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


class Desk:
    def run(self, house, control, kind):
        Serve().run(house, control.env(house.room), control.heal, lambda code, text: for_memory(kind, code, text))


# --- commands ------------------------------------------------------------------------------------------


class Command:
    """A command that fails is told so by a sentence, harms nothing, and succeeds when it is given again."""

    def run(self, house, control, kind):
        house.fresh()
        self.prepare(house)
        code, out, err = command(*self.words(house, 1), env=control.env(house.room))
        control.heal()
        if not for_memory(kind, code, err):
            need(code in (0, 1), "it ended with %d\n%s%s" % (code, out, err))
            need(code == 0 or err.strip() or out.strip(), "it failed without a word")
        self.without_outbox = "event=copied_without_outbox" in err  # told, and a copy without it is better than none
        if code == 0:
            self.look(house, 1)
        self.without_outbox = False
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
        need(set(os.listdir(house.before)) - set(os.listdir(copy)) <= {"lock", "running", "outbox.running", "clock.running", "ballast", "journal.db-shm", "journal.db-wal"} |
             {name for name in os.listdir(house.before) if name.startswith("snapshot-") or (self.without_outbox and name.startswith("outbox."))}, "the copy has %s, of %s" % (sorted(os.listdir(copy)), sorted(os.listdir(house.before))))


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


OPERATIONS = {"serve": Desk, "backup": Backup, "restore": Restore, "verify": Verify, "rebuild": Rebuild, "upgrade": Upgrade, "rollback": Rollback}
FAULTS = {"disk": (DISK, ("EIO", "ENOSPC", "EINTR")), "socket": (SOCKET, ("EINTR", "ECONNRESET")), "memory": (MEMORY, ("ENOMEM",))}


def main():
    chance = random.Random(int(os.environ.get("SEED", "1")))
    cases, every, one = int(os.environ.get("CASES", "1")), os.environ.get("SWEEP") == "all", os.environ.get("ONE")
    only, began, failed, done, failures, calls_of = os.environ.get("ONLY", ""), time.monotonic(), 0, 0, 0, []
    house = House()
    control = Control(house.base)
    try:
        some = ["serve"] + chance.sample(list(OPERATIONS)[1:], int(os.environ.get("SOME", "6")))
        for name, operation in OPERATIONS.items():
            if name not in some:
                continue
            for what, (kind, errors) in FAULTS.items():
                if (what == "socket" and name != "serve") or only not in name + ":" + what or (one and not one.startswith("%s:%s:" % (name, what))):
                    continue
                control.arm(kind)
                operation().run(house, control, kind)
                calls = control.counted()[0]
                calls_of.append("%s %s %d" % (name, what, calls))
                need(calls > 0, "%s makes no call of %s" % (name, what))
                wanted = [(error, times, at) for error in errors for times in (1, 20 if error == "EINTR" or kind == SOCKET else FOR_EVER) for at in range(1, calls + 1)]
                if not every:
                    wanted = chance.sample(wanted, min(len(wanted), cases))
                if one:
                    error, times, at = one.split(":")[2:]
                    wanted = [(error, int(times), int(at))]
                for error, times, at in wanted:
                    control.arm(kind, getattr(errno, error), times, at)
                    try:
                        operation().run(house, control, kind)
                    except (Failed, AssertionError, Gone, OSError, KeyError, subprocess.TimeoutExpired) as wrong:
                        failed += 1
                        print("FAILED: %s\n  the call: %s\n  again: ONE='%s:%s:%s:%d:%d'" % (wrong, control.counted()[2], name, what, error, times, at))
                    done += 1
                    failures += control.counted()[1]
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
