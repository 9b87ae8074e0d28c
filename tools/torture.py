#!/usr/bin/env python3
"""A bounded mix of everything that tries to make the desk lose something, and a table of what was tried.

    torture.py BUILD [NAME ...]     a development build (make dev); all parts, or those named
    MINUTES=20                      about how long the whole takes on two processors that do nothing else
    SEED=n                          of what is drawn; printed, so that a run can be repeated

Each part is a test of its own with knobs of its own (HACKING.md); here they get their share of the time.  A part that fails
prints the command that repeats it, and the whole ends with status 1."""
import glob
import os
import random
import re
import subprocess
import sys
import time

BUILD = sys.argv[1]
WANTED = sys.argv[2:]
MINUTES = float(os.environ.get("MINUTES", "20"))
SEED = int(os.environ.get("SEED", random.randrange(1, 10**6)))
SCALE = MINUTES / 20
HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = os.path.join(BUILD, "src/cli/bellman")


def at(path):
    return os.path.join(BUILD, path)


def script(path, *arguments):
    return [sys.executable, os.path.join(HERE, path), PROGRAM, *arguments]


def times(count):
    return str(max(1, round(count * SCALE)))


def libraries(*folders):
    return [path for folder in folders for path in sorted(glob.glob(at("tests/%s/lib*.so" % folder)))]


def parts():
    """Name, what it is about, its command, its knobs."""
    first = str(SEED % 100000)
    yield "heart", "the desk from a seed: crashes, faults of the disk and the clock, lies found out", [at("tests/simulation/desk_sim_test")], {"SEEDS": times(500)}
    yield "house", "the whole house from a seed: HTTP, streams, vault, outbox, partners", [at("tests/simulation/house_sim_test")], {"FROM": first, "SEEDS": times(150)}
    for room in ("journal", "vault", "outbox"):
        yield "disk-" + room, "power cuts under the %s alone" % room, [at("tests/simulation/disk_vfs_rooms_test"), room], {"SEED": first}
    yield "sweep", "SQLite's n-th call and allocation fails", [at("tests/sweep/sweep_test")], {"CASES": times(3)}
    yield "calls", "the program's n-th system call and allocation fails", script("tests/sweep/calls_test.py", at("tests/sweep/libfail_calls.so")), {"CASES": times(4)}
    yield "steps", "it dies at each named step", script("tests/crash/failpoint_test.py"), {"EACH": times(1), "SECONDS": times(150)}
    yield "faults", "each named step reports a fault", script("tests/crash/named_faults_test.py"), {"SECONDS": times(120)}
    yield "kill", "kill -9 under load", script("tests/crash/kill_test.py"), {"ROUNDS": times(40), "SECONDS": times(120)}
    for part, rounds in (("power", 30), ("pause", 3), ("full", 4), ("clock", 1), ("network", 4)):
        yield part, "from outside, on the real program", script("tests/outside/outside_test.py", *libraries("upgrade", "outside", "crash")), {"ONLY": part, "ROUNDS": times(rounds), "SEED": first}
    yield "edges", "numbers, times and sizes at their limits", script("tests/edge/edge_test.py", at("tests/crash/libshift_clock.so")), {"BELLMAN_RAISE": at("tests/edge/raise")}
    yield "month", "a month of New Year's Eves in flat memory", [at("tests/edge/month_test")], {"DAYS": times(4)}
    yield "vitals", "slow disk, poison, a flood on the data port", script("tests/crash/vitals_test.py", at("tests/crash/libslow_disk.so"), at("tests/crash/libshift_clock.so"), at("tests/crash/poison_journal")), {}


def said(out):
    """The plain figures: its own line, or how many tests it was."""
    lines = re.findall(r"^torture: (.*)$", out, re.M)
    if lines:
        return "; ".join(lines)
    passed = re.findall(r"^(\d+ passed, \d+ failed.*)$", out, re.M) or re.findall(r"\[  PASSED  \] (\d+ test\(s\))", out)
    return passed[-1] if passed else "nothing"


def main():
    rows, failed = [], 0
    print("torture: SEED=%d MINUTES=%g" % (SEED, MINUTES), flush=True)
    for name, about, command, knobs in parts():
        if WANTED and name not in WANTED:
            continue
        print("== %s: %s" % (name, about), flush=True)
        began = time.monotonic()
        run = subprocess.run(command, env=dict(os.environ, UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1", **knobs), capture_output=True, text=True, errors="replace")
        out = run.stdout + run.stderr
        rows.append((name, "ok" if run.returncode == 0 else "FAILED", time.monotonic() - began, said(out)))
        print("   %s, %.0f s: %s" % rows[-1][1:], flush=True)
        if run.returncode:
            failed += 1
            print(out[-6000:])
            print("repeat: %s %s" % (" ".join("%s=%s" % pair for pair in knobs.items()), " ".join(command)), flush=True)
    print("\n%-14s %-7s %8s  %s" % ("part", "result", "seconds", "tried"))
    for row in rows:
        print("%-14s %-7s %8.0f  %s" % row)
    print("%d passed, %d failed, 0 skipped" % (len(rows) - failed, failed))
    sys.exit(1 if failed or not rows else 0)


main()
