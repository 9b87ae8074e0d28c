"""Trouble from outside on the real server: killed, without power, stopped, out of space, with a wrong clock, behind a bad network.

    outside_test.py build/.../bellman LIBRARY.so...          power and two others, drawn by SEED (printed), shortly
    ONLY=power,clock ROUNDS=200 SEED=7 outside_test.py ...   some of them, at length; ONLY=all: each, and kill -9

Each part prints one line of figures and fails at the first thing that is wrong, with the command that repeats it."""
import collections
import importlib
import os
import random
import sys
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
import acknowledged  # noqa: E402,F401  (it finds tests/api)
import kill_test  # noqa: E402

SHORT = {"power": 6, "pause": 1, "full": 1, "clock": 1, "network": 1}  # rounds in make test; kill_test.py is a test of its own
DRAWN = 2  # of those besides power, in make test
LIBRARIES = ("power_cut", "lower_sync", "shift_clock")


def libraries():
    """The preloaded libraries that were named on the command line, by name."""
    found = {}
    for argument in sys.argv[1:]:
        name = os.path.basename(argument)
        if name.endswith(".so"):
            found[name[3:-3]] = os.path.abspath(argument)
    missing = [name for name in LIBRARIES if name not in found]
    if missing:
        sys.exit("name the libraries, too: %s" % ", ".join("lib%s.so" % name for name in missing))
    return found


def run(part, rounds, seed, preloaded, figures):
    """None, or why it was skipped."""
    chance = random.Random("%s %d" % (part, seed))
    if part == "kill":
        kill_test.run_rounds(rounds, chance, figures)
        return None
    module = importlib.import_module(part + "_test")
    if part == "power":
        print("  synchronous=NORMAL: " + module.must_lose(chance, preloaded, figures))
    return module.run(rounds, chance, preloaded, figures)


def main():
    seed = int(os.environ.get("SEED", "0")) or random.SystemRandom().randrange(1, 1 << 30)
    others = [part for part in SHORT if part != "power"]
    only = [part for part in os.environ.get("ONLY", "").split(",") if part] or ["power"] + random.Random(seed).sample(others, DRAWN)
    if only == ["all"]:
        only = ["kill"] + list(SHORT)
    preloaded, passed, failed, skipped = libraries(), 0, 0, 0
    print("SEED=%d" % seed, flush=True)
    for part in only:
        rounds = int(os.environ.get("ROUNDS", SHORT.get(part, 15)))
        figures, begun = collections.Counter(), time.monotonic()
        try:
            why = run(part, rounds, seed, preloaded, figures)
        except Exception as error:
            traceback.print_exc()
            print("FAILED: %s: %s\nagain: SEED=%d ONLY=%s ROUNDS=%d python3 %s" % (part, error, seed, part, rounds, " ".join(sys.argv)))
            failed += 1
            continue
        if why:
            print("skipped: %s: %s" % (part, why))
            skipped += 1
            continue
        passed += 1
        figures["rounds"] = rounds
        print("torture: %s %s lost=0 seconds=%.0f" % (part, " ".join(
            "%s=%s" % (name.replace(" ", "-"), round(value, 1)) for name, value in figures.items()), time.monotonic() - begun), flush=True)
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
