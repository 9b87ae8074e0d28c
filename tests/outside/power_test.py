"""Power cuts of the real server under load (tests/upgrade/power_cut.c is preloaded).

Each round the server loses its power at a drawn call on the disk - while it opens, in a commit, in a checkpoint, at rest -
and of what was not synced nothing is left, or torn sectors, or some writes without those before them.  Started on what is
left, everything acknowledged is there, keys answer the same, and no stream had seen what is lost."""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from acknowledged import Failed, House, need
from desk import Desk, Gone

PATTERNS = ("power", "torn", "reordered")
CONNECTIONS, ROUNDS_OF_A_FOLDER = 6, 12
OPENING_IN_100 = 15  # cuts that fall into the opening of the folder
ANSWERS_MOST = 40


class Power:
    """The rounds of one folder."""

    def __init__(self, desk, libraries, chance, figures, lowered=None):
        self.desk, self.libraries, self.chance, self.figures, self.lowered = desk, libraries, chance, figures, lowered
        desk.start()
        self.house = House(desk, CONNECTIONS)
        self.house.watch(1)
        desk.kill()

    def environment(self, pattern, **more):
        loaded = self.libraries["power_cut"] + (" " + self.libraries["lower_sync"] if self.lowered else "")
        return dict({"LD_PRELOAD": loaded, "LOWER_SYNC": self.lowered or "", "CUT_UNDER": self.desk.data, "CUT_MODE": pattern,
                     "CUT_SEED": str(self.chance.randrange(1 << 30)),
                     "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:exitcode=99"}, **more)

    def dies(self):
        self.desk.process.stdout.read()  # its end: who took the power away is gone, too
        code = self.desk.wait()
        need(code == -signal.SIGKILL, "it ended with %s instead of losing power\n%s" % (code, self.desk.log_tail()))

    def opening(self, pattern):
        """Power goes while the folder is opened, or right after."""
        try:
            self.desk.start(env=self.environment(pattern, CUT_CALL=str(self.chance.randint(1, 60))))
        except Gone:
            need(self.desk.process.returncode == -signal.SIGKILL, "it does not open\n" + self.desk.log_tail())
            return True
        return False  # it opened with fewer calls: the cut waits in the load

    def round(self, pattern):
        """One life: what was acknowledged in the life before is looked at, then load until the power goes."""
        if self.chance.randrange(100) < OPENING_IN_100 and self.opening(pattern):
            self.figures["cuts while opening"] += 1
            return
        if self.desk.process.returncode is None:  # it counts already
            self.house.reconnect()
            self.house.begin()
        else:
            calls = int(2 ** (self.chance.random() * 9))
            self.desk.start(env=self.environment(pattern, CUT_CALL=str(calls), CUT_ARMED="by-signal"))
            self.house.reconnect()
            self.house.look(self.chance, 2)
            self.house.begin()
            self.house.until_answered(self.chance.randint(1, ANSWERS_MOST))
            os.kill(self.desk.process.pid, signal.SIGUSR1)
        self.house.join()
        self.dies()
        self.figures["cuts under load"] += 1

    def close(self):
        self.desk.start()
        self.house.reconnect()
        self.house.look(self.chance)
        events, rows = self.house.close(self.chance)
        for name, more in (("acknowledged", self.house.acknowledged), ("in doubt", self.house.in_flight),
                           ("of those kept", self.house.had_happened), ("events verified", events), ("rows rebuilt", rows)):
            self.figures[name] += more


def run(rounds, chance, libraries, figures):
    """Honest rounds: nothing may be lost."""
    while rounds > 0:
        with Desk() as desk:
            power = Power(desk, libraries, chance, figures)
            for number in range(min(rounds, ROUNDS_OF_A_FOLDER)):
                pattern = PATTERNS[figures["cuts"] % 3]
                figures["cuts"] += 1
                figures[pattern] += 1
                power.round(pattern)
            power.close()
        rounds -= ROUNDS_OF_A_FOLDER


def must_lose(chance, libraries, figures, lives=8):
    """A desk with PRAGMA synchronous=NORMAL loses what it acknowledged, and this test must find that out."""
    for life in range(lives):
        with Desk() as desk:
            power = Power(desk, libraries, chance, figures, lowered="NORMAL")
            try:
                for _ in range(3):
                    desk.start(env=power.environment("power", CUT_CALL="100", CUT_ARMED="by-signal"))
                    power.house.reconnect()
                    power.house.look(chance, 2)
                    power.house.begin()
                    power.house.until_answered(60)
                    os.kill(desk.process.pid, signal.SIGUSR1)
                    power.house.join()
                    power.dies()
                desk.start()
                power.house.reconnect()
                power.house.look(chance)
            except (Failed, Gone, AssertionError) as error:
                text = str(error)
                if any(word in text for word in ("the seq went back", "lost", "tail was cut")):
                    figures["found: synchronous=NORMAL loses"] += 1
                    desk.kill()
                    for watch in power.house.watches:
                        watch.stop()
                    return text.strip().split("\n")[-1]
                raise
            finally:
                desk.kill()
    raise Failed("a desk with synchronous=NORMAL lost nothing in %d lives: this test cannot fail" % lives)
