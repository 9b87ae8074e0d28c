"""The server is stopped (SIGSTOP) for seconds under load and goes on.

Safety timers come due before, in and after the pause: each rings once, those that were due meanwhile in the order in which
they were due.  No jump of the clock is declared, consoles get their answers or send again under their keys, streams go on."""
import contextlib
import json
import os
import signal
import sqlite3
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from acknowledged import House, need
from desk import Desk, WAIT_S

CONNECTIONS, TIMERS, EVERY_S = 5, 4, 5
IMPATIENT_S = 1.5  # some consoles give an answer up after so long, and ask again


def rang(desk):
    """[(seq, unit, due)] of safety timers, and [(seq, clock, rung, due)] of clocks, as the record has them."""
    with contextlib.closing(sqlite3.connect("file:%s/journal.db?mode=ro" % desk.data, uri=True)) as record:
        rows = [(seq, kind, json.loads(body)) for seq, kind, body in record.execute(
            "SELECT seq, kind, body FROM journal WHERE kind IN ('check_in_rang', 'clock_rung') ORDER BY seq")]
    return ([(seq, body["unit"], body["was_due_at_ms"]) for seq, kind, body in rows if kind == "check_in_rang"],
            [(seq, body["clock"], body["rung"], body["was_due_at_ms"]) for seq, kind, body in rows if kind == "clock_rung"])


def rungs_are_sound(clocks):
    last = {}
    for seq, clock, rung, due in clocks:
        before = last.get(clock, (0, 0))
        need(rung > before[0], "clock %s rang rung %s after rung %s at seq %s" % (clock, rung, before[0], seq))
        last[clock] = (rung, due)


class Timers:
    """Units of nobody's with a safety timer each, set in turn."""

    def __init__(self, house):
        self.house = house
        self.units = [house.desk.unit("T-%d" % number) for number in range(TIMERS)]
        self.set_count = 0

    def set(self, gap_s):
        self.due = {}
        for unit in self.units:
            answer = self.house.boss.ok("PUT", "/v1/units/%s/check-in" % unit, {"every_s": EVERY_S}, key=True)
            self.due[unit] = answer["seq"]
            self.set_count += 1
            threading.Event().wait(gap_s)  # so that they come due one after another

    def until_rung(self):
        """All have rung; the stream of a console says so."""
        end = threading.Event()
        for _ in range(WAIT_S * 20):
            rows = {row["id"]: row for row in self.house.boss.ok("GET", "/v1/check-ins")["rows"]}
            if all(rows.get(unit) and rows[unit]["rang_at_ms"] for unit in self.units):
                break
            end.wait(0.05)
        else:
            need(False, "a safety timer did not ring: %s" % rows)
        for unit in self.units:
            self.house.boss.ok("DELETE", "/v1/units/%s/check-in" % unit, key=True)


def pause(house, seconds):
    process = house.desk.process
    os.kill(process.pid, signal.SIGSTOP)
    try:
        need(os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT).si_code == os.CLD_STOPPED, "it did not stop")
        before = house.answered()
        threading.Event().wait(seconds)
        return house.answered() - before
    finally:
        os.kill(process.pid, signal.SIGCONT)


def run(rounds, chance, libraries, figures):
    with Desk() as desk:
        desk.start()
        house = House(desk, CONNECTIONS, patient=True)
        for worker in house.workers[::2]:
            worker.client.wait_s = IMPATIENT_S
        house.watch(2)
        timers = Timers(house)
        for _ in range(rounds):
            house.begin()
            house.until_answered(10)
            timers.set(chance.uniform(0, 0.5))
            # Two of three pauses go over the time when the timers are due.
            seconds = chance.uniform(4.5, 7.5) if chance.randrange(3) else chance.uniform(0.5, 3)
            pause(house, seconds)
            figures["seconds stopped"] += round(seconds, 1)
            answered = house.answered()
            house.until_answered(answered + 10)
            timers.until_rung()
            house.tell_to_stop()
            house.join()
            ready = house.boss.get("/readyz")
            need((ready.status, ready["time_held"]) == (200, False), "after a pause of %.1f s: %r" % (seconds, ready))
            need("clock_jump" not in desk.log_tail(1 << 20), "a jump was declared")
            house.look(chance)
            figures["pauses"] += 1
        figures["sent again"] += sum(worker.retries for worker in house.workers)
        figures["frames compared"] += house.compare_streams()
        figures["acknowledged"] += house.acknowledged
        house.close(chance)
        check_ins, clocks = rang(desk)
        need(len(check_ins) == timers.set_count, "%d timers were set, %d rang" % (timers.set_count, len(check_ins)))
        dues = [due for _, _, due in check_ins]
        need(dues == sorted(dues), "timers rang out of order: %s" % check_ins)
        rungs_are_sound(clocks)
        figures["timers rung"] += len(check_ins)
        figures["rungs of clocks"] += len(clocks)
