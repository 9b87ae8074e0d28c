"""The wall clock of the server goes wrong under load (tests/crash/shift_clock.c is preloaded).

An hour forward and back, 24 years forward, ten times too fast, back in the middle of a commit: the desk holds its timers until
the clock is confirmed over the API, and nobody is logged out by it.  So it does when it is killed and started again by a clock that was moved
meanwhile: by an hour, where the machine ran on and knows better; by years, where it did not.  A month off is no jump.  Over the end of a year, a leap day and the end of 32-bit time it just goes on.  Held up
between the readings of its two clocks it takes that for no jump.  In all of them: instants in the record never go back, ids
are given once, each timer rings once and in order.

libfaketime is not used: it also moves what condition variables wait for, and this is about the wall clock alone."""
import calendar
import contextlib
import os
import sqlite3
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from acknowledged import House, need
from desk import Desk, WAIT_S
from pause_test import rang, rungs_are_sound

HOUR_MS = 3600 * 1000
YEARS_24_MS = 24 * 365 * 24 * HOUR_MS
CONNECTIONS, EVERY_S, JUMP_MS = 4, 5, 5000


def at(year, month, day, hour=0, minute=0, second=0):
    return calendar.timegm((year, month, day, hour, minute, second)) * 1000


EDGES = {  # instants that the clock passes; those of China are 16:00 UTC
    "2038-01-19": at(2038, 1, 19, 3, 14, 8),
    "leap day": at(2028, 2, 29),
    "after the leap day": at(2028, 3, 1),
    "no leap day": at(2100, 3, 1),
    "year's end": at(2027, 1, 1),
    "year's end in China": at(2026, 12, 31, 16),
}


class Moved:
    """A desk whose clock can be moved, under load."""

    def __init__(self, desk, library, shift_ms=0, patient=True):
        self.desk = desk
        self.file, self.sync, self.stall = (os.path.join(desk.base, name) for name in ("clock", "clock-at-sync", "stall"))
        self.put(self.file, shift_ms)
        self.env = {"LD_PRELOAD": library, "SHIFT_CLOCK_FILE": self.file, "SHIFT_SYNC_FILE": self.sync, "SHIFT_STALL_FILE": self.stall,
                    "BELLMAN_BOOT_ID": "one", "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1:exitcode=99"}
        desk.start(env=self.env)
        self.house = House(desk, CONNECTIONS, patient=patient)
        self.boss = self.house.boss
        self.unit = desk.unit("T-1")
        self.confirmed = 0

    @staticmethod
    def put(path, text):
        with open(path + ".new", "w") as file:
            file.write(str(text))
        os.rename(path + ".new", path)

    def timer(self):
        self.boss.ok("PUT", "/v1/units/%s/check-in" % self.unit, {"every_s": EVERY_S}, key=True)

    def rung(self):
        return [row["rang_at_ms"] for row in self.boss.ok("GET", "/v1/check-ins")["rows"] if row["id"] == self.unit] + [None]

    def until(self, true, what, seconds=WAIT_S):
        end = time.monotonic() + seconds
        while not true():
            need(time.monotonic() < end, "it did not come to pass: %s\n%s" % (what, self.desk.log_tail(2000)))
            threading.Event().wait(0.02)

    def held(self):
        return self.boss.get("/readyz")["time_held"]

    def log_in_again(self):
        """The desk was away for longer than a shift."""
        self.boss.token = self.desk.login("boss").token
        for worker in self.house.workers:
            worker.client.token = self.boss.token

    def confirm(self):
        self.boss.ok("POST", "/v1/clock/confirm", key=True)
        self.confirmed += 1
        self.until(lambda: self.boss.get("/readyz").status == 200, "the desk is ready after the confirmation")

    def finish(self, chance, figures, jumps):
        house, desk = self.house, self.desk
        answered = house.answered()
        if not house.threads:
            house.begin()
        house.until_answered(answered + 10)
        house.tell_to_stop()
        house.join()
        house.look(chance)
        figures["acknowledged"] += house.acknowledged
        house.close(chance)
        with contextlib.closing(sqlite3.connect("file:%s/journal.db?mode=ro" % desk.data, uri=True)) as record:
            instants = record.execute("SELECT seq, at_ms FROM journal ORDER BY seq").fetchall()
            told = [record.execute("SELECT count(*) FROM journal WHERE kind = ?", (kind,)).fetchone()[0] for kind in ("time_jumped", "time_confirmed")]
        need([row[0] for row in instants] == list(range(1, len(instants) + 1)), "seqs are missing or there twice")
        for before, after in zip(instants, instants[1:]):
            need(before[1] <= after[1], "the record goes back: %s, %s" % (before, after))
        need(told == [jumps, self.confirmed], "%d jumps recorded and %d confirmed, not %d and %d" % (*told, jumps, self.confirmed))
        check_ins, clocks = rang(desk)
        rungs_are_sound(clocks)
        need(len(check_ins) <= 1, "the safety timer rang %d times" % len(check_ins))
        figures["events in order"] += len(instants)
        figures["timers rung"] += len(check_ins)
        return instants


def jump(moved, change, rings):
    """The clock is held until it is confirmed; work goes on meanwhile, and no timer rings."""
    moved.timer()
    moved.house.begin()
    moved.house.until_answered(5)
    begun = time.monotonic()
    change()
    moved.until(lambda: moved.held(), "the jump is noticed")
    answered = moved.house.answered()
    moved.house.until_answered(answered + 5)  # work goes on, and nobody is logged out
    need(moved.rung()[0] is None or time.monotonic() - begun > 4, "a timer rang before its time")
    moved.confirm()
    if rings:
        moved.until(lambda: moved.rung()[0] is not None, "what is overdue by the confirmed clock rings")


def by(shift_ms, rings):
    def test(desk, library, chance, figures):
        moved = Moved(desk, library)
        jump(moved, lambda: moved.put(moved.file, shift_ms), rings)
        moved.finish(chance, figures, 1)
    return test


def started(shift_ms, boot, jumps):
    """Killed under load, and started again by a clock that is so far ahead; `boot`: which running of the machine it is then."""
    def test(desk, library, chance, figures):
        moved = Moved(desk, library, patient=False)
        house = moved.house
        moved.timer()
        house.begin()
        house.until_answered(20)
        if not jumps:
            house.tell_to_stop()  # after a month nobody knows a key any more, so nothing may be under way
            house.join()
        desk.kill()
        house.join()
        moved.put(moved.file, shift_ms)
        desk.start(env=dict(moved.env, BELLMAN_BOOT_ID=boot))
        house.reconnect()
        if jumps:
            moved.until(moved.held, "the clock is in doubt")
            need(moved.boss.get("/v1/me").status == 200, "started with a wrong clock it logs everybody out")
            house.begin()
            house.until_answered(house.answered() + 10)  # work goes on
            if boot != "one":
                moved.put(moved.file, 0)  # confirmed as it is it would say that the desk was away for years, and end the log-ins of before
            moved.confirm()
            need(moved.boss.get("/v1/me").status == 200, "the confirmed clock logs everybody out")
        else:
            moved.log_in_again()
            house.begin()
        moved.until(lambda: moved.rung()[0] is not None, "what is overdue rings")
        moved.finish(chance, figures, jumps)
    return test


def in_a_commit(desk, library, chance, figures):
    moved = Moved(desk, library)
    jump(moved, lambda: moved.put(moved.sync, -HOUR_MS), False)
    moved.finish(chance, figures, 1)


def ten_times(desk, library, chance, figures):
    """Each reading is but a little off; together they are a jump."""
    moved = Moved(desk, library)
    moved.house.begin()
    moved.house.until_answered(20)
    begun, wall_ms = time.monotonic(), time.time() * 1000
    moved.put(moved.file, "0 10 %d" % time.monotonic_ns())
    moved.until(moved.held, "a clock that runs ten times too fast is noticed", 15)
    told = moved.boss.ok("POST", "/v1/contacts", {"channel": "text", "text": "ten times"}, key=True)
    elapsed_ms = (time.monotonic() - begun) * 1000
    moved.house.check.contacts[told["contact"]["id"]] = "ten times"
    moved.house.tell_to_stop()
    moved.house.join()
    moved.put(moved.file, 0)  # somebody puts it right
    moved.confirm()
    instants = moved.finish(chance, figures, 1)
    lead_ms = instants[told["seq"] - 1][1] - wall_ms - elapsed_ms
    need(lead_ms <= JUMP_MS + 500, "the desk followed a wrong clock for %d ms" % lead_ms)


def stalled(desk, library, chance, figures):
    """Stopped for six seconds between the readings of its two clocks: late, and no jump."""
    moved = Moved(desk, library)
    moved.put(moved.stall, 6000)
    moved.house.begin()
    moved.until(lambda: not os.path.exists(moved.stall), "the thread is held up")
    moved.house.until_answered(moved.house.answered() + 10)
    need(not moved.held(), "held up between two readings, the desk declares a jump of the clock")
    moved.finish(chance, figures, 0)


def over(instant_ms):
    def test(desk, library, chance, figures):
        moved = Moved(desk, library, instant_ms - 3000 - int(time.time() * 1000))
        moved.timer()
        moved.house.begin()
        moved.until(lambda: moved.rung()[0] is not None, "the timer rings behind the edge")
        need(moved.boss.get("/readyz").status == 200, "it is not ready: %r" % moved.boss.get("/readyz"))
        instants = moved.finish(chance, figures, 0)
        need(instants[0][1] < instant_ms <= instants[-1][1], "the edge was not passed: %s to %s" % (instants[0], instants[-1]))
    return test


TESTS = {"an hour forward": by(HOUR_MS, True), "an hour back": by(-HOUR_MS, False), "24 years forward": by(YEARS_24_MS, True),
         "back in a commit": in_a_commit, "ten times too fast": ten_times, "stalled": stalled,
         "started an hour ahead": started(HOUR_MS, "one", 1), "started an hour back": started(-HOUR_MS, "one", 1),
         "started 24 years ahead": started(YEARS_24_MS, "another", 1), "started a month later": started(30 * 24 * HOUR_MS, "another", 0)}
TESTS.update({name: over(instant) for name, instant in EDGES.items()})


def run(rounds, chance, libraries, figures):
    """`rounds` of them, drawn; all when there are as many.  CLOCK=stalled: those with this in their names."""
    names = [name for name in TESTS if os.environ.get("CLOCK", "") in name]
    chance.shuffle(names)
    for number in range(rounds):
        name = names[number % len(names)]
        with Desk() as desk:
            try:
                TESTS[name](desk, libraries["shift_clock"], chance, figures)
            except Exception as error:
                error.args = ("%s: %s" % (name, error),)
                raise
        figures["clocks moved"] += 1
