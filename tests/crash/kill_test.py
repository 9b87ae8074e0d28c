"""kill -9 under load: nothing acknowledged is missing, nothing is there twice.   ROUNDS=1000 SECONDS=600 python3 kill_test.py build/.../bellman

Each round: eight connections take calls, open cases, send units, report statuses and write entries, each change
with an Idempotency-Key; at a random moment the server is killed; it is started again, and everything that was
acknowledged must be there by id and content; what was under way is sent again with the same key and must be
accepted exactly once.  At the end the record is verified, rebuilt and compared, and a clean stop and start must
give the same state."""
import collections
import os
import random
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from acknowledged import Failed, House, need, state, verify
from desk import Desk, Gone

CONNECTIONS = 8
CLEAN_STOP_EVERY = 4  # leaves a snapshot, so that replay stays short; between them the journal alone must do
ROUNDS_OF_A_FOLDER = 15  # then a fresh one, so that starting and checking stay short


def run_round(house, chance, counts):
    house.begin()
    moment = 0.05 + 0.35 * chance.random() ** 3  # 50 to 400 ms, more often early, so that 200 rounds stay short
    threading.Event().wait(moment)  # the one wait that is meant
    house.desk.kill()
    house.join()
    counts["in flight"] += any(worker.pending for worker in house.workers)
    house.desk.start()
    house.reconnect()
    house.look(chance)


def run(desk, rounds, chance, counts):
    """The rounds of one folder, and its end."""
    desk.start()
    house = House(desk, CONNECTIONS)
    house.watch(1)
    for number in range(1, rounds + 1):
        run_round(house, chance, counts)
        if number % CLEAN_STOP_EVERY == 0 or number % 10 == 0:
            counts["frames compared"] += house.compare_streams()
            desk.stop() if number % CLEAN_STOP_EVERY == 0 else desk.kill()
            if number % 10 == 0:
                verify(desk)
            desk.start()
            house.reconnect()
            house.watch(1)
    counts["frames compared"] += house.compare_streams()
    before = state(house.boss)
    events, rows = house.close(chance)
    desk.start()
    house.reconnect()
    after = state(house.boss)
    need(before == after, "a clean stop and start changed %s" % [table for table in before if before[table] != after[table]])
    for name, more in (("unanswered", house.in_flight), ("had been committed", house.had_happened), ("acknowledged", house.acknowledged),
                       ("cases", len(house.check.cases)), ("contacts", len(house.check.contacts)), ("events verified", events),
                       ("rows rebuilt and compared", rows)):
        counts[name] += more


def run_rounds(rounds, chance, counts, seconds=None):
    """So many rounds; or whole folders until so many seconds have passed."""
    began = time.monotonic()
    while rounds > 0 and (seconds is None or time.monotonic() - began < seconds):
        now = min(ROUNDS_OF_A_FOLDER, rounds)
        with Desk() as desk:
            run(desk, now, chance, counts)
        counts["rounds"] += now
        rounds -= now
    need(counts["in flight"], "nothing was ever killed in mid-flight")


def main():
    rounds, seed, most_s = int(os.environ.get("ROUNDS", "30")), int(os.environ.get("SEED", "1")), os.environ.get("SECONDS")
    counts, began, failed = collections.Counter(), time.monotonic(), 0
    try:
        run_rounds(rounds, random.Random(seed), counts, most_s and int(most_s))
    except (Failed, Gone, AssertionError) as error:
        print("FAILED: %s\nagain: SEED=%d ROUNDS=%d python3 %s" % (error, seed, rounds, " ".join(sys.argv)))
        failed = 1
    seconds = time.monotonic() - began
    print("torture: kill %s lost=%s seconds=%.0f rounds-a-minute=%.0f" % (
        " ".join("%s=%d" % (name.replace(" ", "-"), value) for name, value in counts.items()), "?" if failed else 0, seconds,
        counts["rounds"] * 60 / seconds))
    print("%d passed, %d failed, 0 skipped" % (1 - failed, failed))
    return failed


if __name__ == "__main__":
    sys.exit(main())
