"""Intervals of San Francisco's week, as the program counts them, against a plain recomputation from the file; and a few rows by hand.

    intervals_test.py TOOL [DATA]"""
import collections
import csv
import datetime
import gzip
import json
import math
import os
import subprocess
import sys
import unittest

TOOL = sys.argv[1]
DATA = os.environ.get("BELLMAN_DATA") or (sys.argv[2] if len(sys.argv) > 2 else "")
FILE = os.path.join(DATA, "calls", "sf_fire_2016_units.csv.gz")
COLUMNS = {"received": "Received DtTm", "sent": "Dispatch DtTm", "en_route": "Response DtTm", "on_scene": "On Scene DtTm",
           "transporting": "Transport DtTm", "at_destination": "Hospital DtTm", "cleared": "Available DtTm"}
CHAIN = list(COLUMNS)
MEASURES = {"dispatch": ("received", "sent"), "turnout": ("sent", "en_route"), "travel": ("en_route", "on_scene"),
            "on_scene": ("on_scene", "cleared"), "response": ("received", "on_scene")}
BANDS = {"turnout": [80], "travel": [240], "response": [360, 300, 600, 900, 1800]}


def report(rows, by="none"):
    lines = "".join("%s\n" % " ".join("-" if value is None else str(value) for value in row) for row in rows)
    made = subprocess.run([TOOL, by], input=lines, capture_output=True, text=True, check=True)
    return json.loads(made.stdout)


def figures(group):
    return {(figure["measure"], figure["of"]): figure for figure in group["figures"]}


def nearest_rank(values, percent):
    """The smallest value with at least so many percent of all at or below it."""
    values = sorted(values)
    return next(value for i, value in enumerate(values) if (i + 1) * 100 >= percent * len(values))


def at_ms(text):
    if not text:
        return None
    when = datetime.datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=datetime.timezone.utc)
    return int(when.timestamp()) * 1000


class ByHand(unittest.TestCase):
    ROWS = [  # incident class priority agency unit ended received answered sent ack en_route on_scene transp dest cleared
        ("A", "fire", 1, 7, 1, "done", 0, 10000, 60000, 70000, 90000, 300000, None, None, 900000),
        ("A", "fire", 1, 7, 2, "not_needed", 0, 10000, 61000, None, 100000, None, None, None, 200000),
        ("A", "fire", 1, 7, 3, "done", 0, 10000, 62000, 65000, 80000, 250000, None, None, 260000),
        ("B", "cat", 4, 8, 1, "none", 1000, None, 2000, None, None, 1500, None, None, None)]

    def test_by_hand(self):
        everything = report(self.ROWS)["all"]
        self.assertEqual((everything["cases"], everything["units"], everything["out_of_order"]), (2, 4, 1))
        self.assertEqual(everything["turned_back"], {"numerator": 1, "denominator": 3})
        self.assertEqual(everything["ended"], {"at_work": 1, "done": 2, "not_needed": 1})
        found = figures(everything)
        pick = lambda measure, of: tuple(found[measure, of][name] for name in ("count", "missing", "called_off", "out_of_order", "median_ms", "p90_ms"))
        self.assertEqual(pick("processing", "first"), (1, 1, 0, 0, 50000, 50000))
        self.assertNotIn(("processing", "all"), found)
        self.assertEqual(pick("dispatch", "all"), (4, 0, 0, 0, 60000, 62000))
        self.assertEqual(pick("dispatch", "first"), (2, 0, 0, 0, 1000, 60000))
        self.assertEqual(pick("acknowledge", "all"), (2, 2, 1, 0, 3000, 10000))
        self.assertEqual(pick("turnout", "all"), (3, 1, 0, 0, 30000, 39000))
        self.assertEqual(pick("travel", "all"), (2, 2, 1, 0, 170000, 210000))
        self.assertEqual(pick("travel", "first"), (1, 1, 0, 0, 170000, 170000))  # unit 3 was there first; B's never said it left
        self.assertEqual(pick("response", "first"), (2, 0, 0, 0, 500, 250000))
        self.assertEqual(pick("on_scene", "all"), (2, 2, 1, 0, 10000, 600000))
        self.assertEqual(pick("report_back", "first"), (0, 2, 0, 0, None, None))
        self.assertEqual(found["travel", "all"]["bands"], [{"numerator": 2, "denominator": 2, "held": True}])

    def test_before_is_not_negative(self):
        row = list(self.ROWS[0])
        row[11] = 80000  # there before it left
        found = figures(report([row])["all"])
        self.assertEqual((found["travel", "all"]["count"], found["travel", "all"]["out_of_order"], found["travel", "all"]["median_ms"]), (0, 1, None))

    def test_groups(self):
        made = report(self.ROWS, "class")["groups"]
        self.assertEqual([(group["class"], group["cases"], group["units"]) for group in made], [("cat", 1, 1), ("fire", 1, 3)])
        made = report(self.ROWS, "unit")["groups"]
        self.assertEqual([(group["unit"], group["units"], group["turned_back"]["numerator"]) for group in made], [("1", 2, 0), ("2", 1, 1), ("3", 1, 0)])
        self.assertEqual([group["priority"] for group in report(self.ROWS, "priority")["groups"]], [1, 4])
        self.assertEqual([group["agency"] for group in report(self.ROWS, "agency")["groups"]], ["7", "8"])


class SanFrancisco(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if not os.path.isfile(FILE):
            print("skipped: %s is not here" % FILE)
            raise unittest.SkipTest("no data")
        with gzip.open(FILE, "rt", newline="") as file:
            raw = list(csv.DictReader(file))
        cls.rows, units = [], {}
        for fields in raw:
            times = {name: at_ms(fields[column]) for name, column in COLUMNS.items()}
            number = units.setdefault(fields["Unit ID"], len(units) + 1)
            cls.rows.append((fields["Call Number"], int(fields["Final Priority"]), number, times))
        cls.rows.sort(key=lambda row: row[0])
        cls.lines = [(call, "c%d" % priority, priority, 1, unit, "done", times["received"], None, times["sent"], None, times["en_route"],
                      times["on_scene"], times["transporting"], times["at_destination"], times["cleared"]) for call, priority, unit, times in cls.rows]

    def check(self, group, rows):
        found = figures(group)
        for measure, (start, end) in MEASURES.items():
            spans = [(times[start], times[end]) for _, _, _, times in rows]
            whole = [(a, b) for a, b in spans if a is not None and b is not None]
            values = [b - a for a, b in whole if b >= a]
            figure = found[measure, "all"]
            self.assertEqual(figure["count"], len(values), measure)
            self.assertEqual(figure["missing"], len(spans) - len(whole), measure)
            self.assertEqual(figure["out_of_order"], len(whole) - len(values), measure)
            for name, percent in (("median_ms", 50), ("p90_ms", 90), ("longest_ms", 100)):
                self.assertEqual(figure[name], nearest_rank(values, percent) if values else None, (measure, name))
            held = [(share["numerator"], share["denominator"]) for share in figure["bands"]]
            self.assertEqual(held, [(sum(value <= most * 1000 for value in values), len(values)) for most in BANDS.get(measure, [])], measure)

    def test_the_week(self):
        made = report(self.lines)["all"]
        self.assertEqual((made["units"], made["cases"]), (7704, 3560))
        self.assertEqual(figures(made)["response", "all"]["missing"], 1554)
        known = [[times[name] for name in CHAIN if times[name] is not None] for _, _, _, times in self.rows]
        self.assertEqual(sum(any(a > b for a, b in zip(row, row[1:])) for row in known), 28)
        self.assertEqual(made["out_of_order"], 28)
        self.check(made, self.rows)

    def test_the_first_unit(self):
        found = figures(report(self.lines)["all"])
        calls = collections.defaultdict(list)
        for call, _, _, times in self.rows:
            calls[call].append(times)
        there = [[times for times in all if times["on_scene"] is not None] for all in calls.values()]
        responses = [min(times["on_scene"] for times in all) - all[0]["received"] for all in there if all]
        figure = found["response", "first"]
        self.assertEqual((figure["count"], figure["missing"]), (sum(value >= 0 for value in responses), sum(not all for all in there)))
        self.assertEqual(figure["p90_ms"], nearest_rank([value for value in responses if value >= 0], 90))
        sent = [min(times["sent"] for times in all) - all[0]["received"] for all in calls.values()]
        self.assertEqual(found["dispatch", "first"]["median_ms"], nearest_rank([value for value in sent if value >= 0], 50))

    def test_every_group(self):
        for by, place in (("priority", 1), ("unit", 2)):
            made = report(self.lines, by)["groups"]
            self.assertEqual(len(made), len({row[place] for row in self.rows}))
            for group in made:
                self.check(group, [row for row in self.rows if row[place] == int(group[by])])


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
