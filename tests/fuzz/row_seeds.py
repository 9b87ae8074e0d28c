#!/usr/bin/env python3
"""Writes a seed for fuzz_journal_row of each kind of event, at each of its versions, that has none yet: the shortest of the golden journals.

    row_seeds.py     (run by hand when a golden journal is added; seeds_test.py says which are missing)"""
import glob
import json
import os

HERE = os.path.dirname(os.path.abspath(__file__))
FOLDER = os.path.join(HERE, "corpus/journal_row")


def missing():
    """What has none: the shortest body of each (kind, version)."""
    there, shortest = set(), {}
    for path in glob.glob(os.path.join(FOLDER, "*")):
        with open(path, "rb") as file:
            there.add(tuple(line.decode(errors="replace") for line in file.read().split(b"\n")[:2]))
    for journal in glob.glob(os.path.join(HERE, "../golden/v*.jsonl")):
        with open(journal, encoding="utf-8") as file:
            for row in map(json.loads, file):
                kind = row["kind"], str(row["kind_version"])
                if kind not in there and len(row["body"]) < len(shortest.get(kind, row["body"] + " ")):
                    shortest[kind] = row["body"]
    return shortest


if __name__ == "__main__":
    for kind, body in sorted(missing().items()):
        print("%s-%s" % kind)
        with open(os.path.join(FOLDER, "%s-%s" % kind), "w", encoding="utf-8") as file:
            file.write("%s\n%s\n%s" % (*kind, body))
