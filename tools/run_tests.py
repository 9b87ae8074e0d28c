#!/usr/bin/env python3
"""Runs all tests of a build folder and ends with one line: N passed, N failed, N skipped.

A meson test may hold many tests of its own: cmocka says "[  PASSED  ] 12 test(s)", our scripts say
"12 passed, 0 failed, 1 skipped".  Those are added up; a program that says nothing counts as one.
Lines that begin with "skipped:" or "suite:" (what of a suite of others was run) are shown.
"""
import json
import os
import re
import subprocess
import sys


def count(test):
    out = test.get("stdout", "") + "\n" + test.get("stderr", "")
    said = re.findall(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", out, re.M)
    if said:
        return tuple(sum(int(row[i] or 0) for row in said) for i in range(3))
    passed = sum(int(n) for n in re.findall(r"\[  PASSED  \] (\d+) test", out))
    failed = sum(int(n) for n in re.findall(r"\[  FAILED  \] (\d+) test", out))
    skipped = sum(int(n) for n in re.findall(r"\[  SKIPPED \] (\d+) test", out))
    if passed + failed + skipped:
        return passed, failed, skipped
    if test["result"] == "SKIP":
        return 0, 0, 1
    return (1, 0, 0) if test["result"] in ("OK", "EXPECTEDFAIL") else (0, 1, 0)


def main():
    build = sys.argv[1]
    only = sys.argv[2:]
    log = os.path.join(build, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.remove(log)
    # The longest tests wait half of their time, for browsers and for clocks: one more than there are processors.
    at_once = str((os.cpu_count() or 1) + 1)
    run = subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--print-errorlogs", "--num-processes", at_once] + only)
    passed = failed = skipped = 0
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            test = json.loads(line)
            row = count(test)
            bad = test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL")
            if bad and row[1] == 0:  # it crashed or timed out: whatever it said, something failed
                row = (row[0], 1, row[2])
            print("%-28s %6d passed %4d failed %4d skipped  %6.1f s" % ((test["name"],) + row + (test["duration"],)))
            for said in re.findall(r"^(?:skipped|suite):.*$", test.get("stdout", "") + "\n" + test.get("stderr", ""), re.M | re.I):
                print("    " + said)
            passed, failed, skipped = passed + row[0], failed + row[1], skipped + row[2]
    if passed + failed + skipped == 0:
        failed = 1
        print("no test ran")
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    sys.exit(1 if failed or run.returncode else 0)


main()
