#!/usr/bin/env python3
"""Small pieces of `make real` against the server under test: real_test.py BELLMAN.

The data folder is ../shared/data beside the source, or BELLMAN_DATA; what is not there is skipped and said.  Beyond the parts themselves it is
proved that they can fail, and that a missing file is named with its source.
"""
import contextlib
import io
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools", "real"))
import new_york  # noqa: E402
import open_street_map  # noqa: E402
import real  # noqa: E402
import san_francisco  # noqa: E402
from common import Data, Failed, Flow, Missing, percentile  # noqa: E402

BINARY = os.path.abspath(sys.argv[1])
DATA = Data(os.environ.get("BELLMAN_DATA") or os.path.join(ROOT, "..", "shared", "data"))


def need(condition, what):
    if not condition:
        raise Failed(what)


# --- parts, with little data ----------------------------------------------------------------------------

def test_san_francisco():
    replay = san_francisco.run(DATA, BINARY, most=40)
    need(sum(row.out_of_order for row in replay.rows) == 28, "the 28 rows out of order were not all played")
    need(replay.count["reports kept and flagged"] >= 28, "not every one of them was flagged")
    need(replay.count["reports noted late"] > 0, "nothing was noted late")


def test_san_francisco_can_fail():
    def one_second_off(replay):
        row = next(row for row in replay.rows if "on_scene" in row.expected.times)
        row.expected.times["on_scene"] += 1000

    try:
        san_francisco.run(DATA, BINARY, most=2, spoil=one_second_off)
    except Failed as error:
        need("on_scene" in str(error), "another failure: %s" % error)
        return
    raise Failed("a time that is one second off in the record was not found")


def test_new_york():
    play = new_york.run(DATA, BINARY, most=40)
    need(play.count["closed"] == 40 and play.count["dispatched"] > 20, "%s" % play.count)
    need(play.count.get("basis road") == play.count["dispatched"], "not all by road: %s" % play.count)


def test_heidelberg():
    open_street_map.heidelberg(DATA, BINARY, most=30)


def test_manhattan():
    open_street_map.manhattan(DATA, BINARY, most=12)


# --- without data ---------------------------------------------------------------------------------------

def test_missing_files_are_named():
    nowhere = Data("/nonexistent")
    for name, part in real.PARTS.items():
        try:
            part(nowhere, BINARY)
        except Missing as error:
            need("repository" in str(error), "%s: its source is not named: %s" % (name, error))
        else:
            raise Failed("%s ran without data" % name)


def test_reports():
    """The rules of DESIGN.md section 3 as the replay has them."""
    unit = san_francisco.Expected(100)
    said = [unit.report("on_scene", 300), unit.report("en_route", 200), unit.report("en_route", 210), unit.report("acknowledged", 250),
            unit.report("acknowledged", 150), unit.report("transporting", 250), unit.report("cleared", 400), unit.report("at_destination", 350)]
    need(said == ["accepted", "noted late", "kept and flagged", "kept and flagged", "noted late", "kept and flagged", "accepted", "noted late"], str(said))


def test_ways_are_judged():
    """A way that cannot be right is found."""
    way = {"travel_ms": 60000, "length_m": 1112.0, "points": [[0, 0], [0, 0.01]], "at_ms": [0, 60000]}
    need(open_street_map.wrong_way((0, 0), (0, 0.01), way) is None, "a good way was found wrong")
    for change in ({"length_m": 900.0}, {"travel_ms": 20000, "at_ms": [0, 20000]}, {"at_ms": [0, 59000]}, {"at_ms": [60000, 0]}, {"length_m": 1500.0}):
        need(open_street_map.wrong_way((0, 0), (0, 0.01), dict(way, **change)), "not found: %s" % change)


def test_flow_keeps_order():
    done, flow = [], Flow()
    first = flow.add((1,), lambda caller: done.append(1))
    second = flow.add((3,), lambda caller: done.append(3), [first])
    flow.add((2,), lambda caller: done.append(2), [first])
    flow.add((4,), lambda caller: done.append(4), [second])
    flow.run([None, None])
    need(sorted(done) == [1, 2, 3, 4] and done[0] == 1 and done.index(3) < done.index(4), str(done))
    try:
        flow.add((0,), None, [first])
    except Failed:
        need(percentile([3, 1, 2], 0.5) == 2 and percentile([], 0.5) is None, "percentile")
        return
    raise Failed("a task may wait for a later one")


def main():
    passed = failed = skipped = 0
    for name, test in sorted(globals().items()):
        if not name.startswith("test_"):
            continue
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said):
                test()
            passed += 1
        except Missing as error:
            print("skipped: %s: %s" % (name, str(error).replace("\n", " ")))
            skipped += 1
        except Exception as error:
            print(said.getvalue())
            print("FAILED %s: %s: %s" % (name, type(error).__name__, error))
            failed += 1
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
