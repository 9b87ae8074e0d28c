"""Operations report a fault at each named place where one can come up (BM_FAULTPOINTS of base/failpoint.h), once and from then on.

    named_faults_test.py build/.../bellman [NAME...]     each at its first, at a drawn one, and from the first on
    EVERY=4 named_faults_test.py build/.../bellman       every fourth of them, as make test does
    EACH=20 SEED=7 named_faults_test.py ...              so many drawn ones each

The fault is told (in the log, by a refusal with words, or by the sentence with which the program stops); nothing acknowledged is
lost; the same request under the same key is taken; and without the fault all goes on."""
import os
import random
import re
import struct
import sys
import tarfile
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "sweep"))
from house import ENDED, OPTIONS, Desk, Gone, House, Serve, command, need, sound
from acknowledged import Failed

GOLDEN = os.path.join(HERE, "..", "golden", "folders", "format-1.tar.xz")
OF_COPY, OF_REBUILD, OF_NEW, OF_LIVE_START = "copy_", "rebuild_", ("keys_full",), ("snapshot_read_io",)
STOPS = ("append_", "change_", "commit_")  # the program stops: nobody may be answered
NOT_TOLD = ("fault_injected", "built_for_tests", "event=clock ")


def names():
    with open(os.path.join(HERE, "..", "..", "src", "base", "failpoint.h"), encoding="utf-8") as file:
        return re.findall(r"\bF\((\w+)\)", re.search(r"BM_FAULTPOINTS\(F\).*?\n\n", file.read(), re.S).group(0))


class Counts:
    """How often each could have failed, and how often it did."""

    def __init__(self, all_names):
        self.names, self.path = all_names, tempfile.mktemp(prefix="bellman-fault-counts-")

    def read(self):
        try:
            with open(self.path, "rb") as file:
                both = struct.unpack("<%dQ" % (2 * len(self.names)), file.read(16 * len(self.names)))
        except FileNotFoundError:
            both = (0,) * (2 * len(self.names))
        return {name: both[2 * at:2 * at + 2] for at, name in enumerate(self.names)}

    def env(self, fails_at=None):
        return dict(OPTIONS, BELLMAN_FAULTS=self.path, **({"BELLMAN_FAILS_AT": fails_at} if fails_at else {}))


def told(serve):
    lines = [line for line in serve.text.splitlines() if re.match(r"level=(warning|error|fatal) ", line) and not any(words in line for words in NOT_TOLD)]
    return lines or serve.refused or serve.code != 0


def in_a_life(house, counts, name, where):
    serve = Serve()
    serve.run(house, counts.env("%s:%s" % (name, where)))
    need("event=fault_injected name=%s" % name in serve.text, "%s did not come up\n%s" % (name, serve.text))
    need(told(serve), "nobody was told\n%s" % serve.text)
    if name.startswith(STOPS):
        need(serve.code != 0, "it goes on after a commit that failed\n%s" % serve.text)


def when_new(counts, name, where):
    with Desk() as desk:
        try:
            desk.start(env=counts.env("%s:%s" % (name, where)))
            raise Failed("a new folder opens all the same")
        except Gone as gone:
            need(desk.process.returncode == 1 and "cannot start: " in str(gone), "a new folder: %s" % gone)
        desk.start()
        desk.set_up()
        desk.stop()
        sound(desk.data)


def in_a_command(house, counts, name, where):
    house.fresh()
    if name.startswith(OF_REBUILD):
        for file in os.listdir(house.data):
            os.unlink(os.path.join(house.data, file))
        with tarfile.open(GOLDEN) as tar:
            tar.extractall(house.data)
        first = again = ("upgrade", house.data)
    else:
        first, again = (("backup", house.data, os.path.join(house.room, name)) for name in ("first", "again"))
    code, out, err = command(*first, env=counts.env("%s:%s" % (name, where)))
    need(code == 1 and "bellman: " in err, "%s: %d %s %s" % (first[0], code, out, err))
    sound(house.data)
    code, out, err = command(*again)
    need(code == 0, "%s again: %d %s %s" % (again[0], code, out, err))
    sound(again[-1])


def once(house, counts, name, where):
    if name in OF_NEW:
        when_new(counts, name, where)
    elif name.startswith((OF_COPY, OF_REBUILD)):
        in_a_command(house, counts, name, where)
    else:
        in_a_life(house, counts, name, where)


def main():
    chance, each = random.Random(int(os.environ.get("SEED", "1"))), int(os.environ.get("EACH", "1"))
    known = names()
    wanted = sys.argv[2:] or known[::int(os.environ.get("EVERY", "1"))]
    counts, began, done, failed = Counts(known), time.monotonic(), 0, 0
    house = House()
    Serve().run(house, counts.env())
    often = {name: could for name, (could, _) in counts.read().items()}
    try:
        for name in wanted:
            anywhere = [chance.randint(1, max(1, often[name] * 2 // 3)) for _ in range(each)]
            for where in ["1"] + [str(at) for at in anywhere if at > 1] + ["1+3", "1+"]:
                if os.environ.get("VERBOSE"):
                    print("%6.1f s  %s:%s" % (time.monotonic() - began, name, where), flush=True)
                done += 1
                try:
                    once(house, counts, name, where)
                except (Failed, Gone, AssertionError, KeyError) as error:
                    failed += 1
                    print("FAILED: %s:%s: %s\n" % (name, where, error))
    finally:
        house.close()
    found = counts.read()
    print("could have failed, failed: " + ", ".join("%s %d %d" % (name, *found[name]) for name in known))
    print("torture: named-faults faults=%d rounds=%d failed_calls=%d refused_to_start=%d stopped=%d wrong=%d seconds=%d seed=%s" % (
        len(wanted), done, sum(count for _, count in found.values()), ENDED["refused to start"], ENDED["stopped"], failed, time.monotonic() - began,
        os.environ.get("SEED", "1")))
    print("%d passed, %d failed, 0 skipped" % (done - failed, failed))
    if os.path.exists(counts.path):
        os.unlink(counts.path)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
