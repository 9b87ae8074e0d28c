#!/usr/bin/env python3
"""New York's 311 requests that have a due and a closing date, through the clocks of this house: those that breach must be exactly
those that were closed after their due date.

    nyc_test.py REPLAY
"""
import csv
import gzip
import os
import subprocess
import sys
from datetime import datetime

root = os.environ.get("SOURCE_ROOT", ".")
data = os.environ.get("BELLMAN_DATA", os.path.join(root, "..", "shared", "data"))
path = os.path.join(data, "cases", "nyc311_2019.csv.gz")
if not os.path.exists(path):
    print("skipped: %s is not there (BELLMAN_DATA names another folder)" % path)
    sys.exit(77)


def civil(text):
    return datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p")


with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
    rows = [row for row in csv.DictReader(file) if row["Due Date"] and row["Closed Date"]]
lines, late = [], set()
for row in rows:
    created, due, closed = (civil(row[name]) for name in ("Created Date", "Due Date", "Closed Date"))
    lines.append("%s\t%s\t%s\t%s\n" % (row["Unique Key"], created, due, closed))
    if closed > due:
        late.add(row["Unique Key"])
run = subprocess.run([sys.argv[1], "America/New_York"], input="".join(lines), capture_output=True, text=True)
if run.returncode:
    print(run.stdout + run.stderr)
    sys.exit(1)
found = run.stdout.split()
print("%d requests, %d late by their dates, %d by their clocks, %d of them the same" %
      (len(rows), len(late), len(found), len(late & set(found))))
if len(rows) != 479 or len(late) != 52:
    print("the file is another one: 479 requests and 52 late were expected")
    sys.exit(1)
sys.exit(0 if len(found) == len(set(found)) and set(found) == late else 1)
