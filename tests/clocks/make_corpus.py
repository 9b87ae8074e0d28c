#!/usr/bin/env python3
"""Writes the seeds of fuzz_zone and fuzz_rung (run by hand: make_corpus.py tests/fuzz/corpus)."""
import os
import struct
import sys

root = sys.argv[1]


def zone(transitions, types, footer, version=b"2", isut=0):
    names = b"AAA\0BBB\0"
    kinds = b"".join(struct.pack(">iBB", offset, dst, 4 * dst) for offset, dst in types)

    def part(size, code, chosen):
        return (b"TZif" + version + bytes(15) + struct.pack(">6I", isut, 0, 0, len(chosen), len(types), len(names))
                + b"".join(struct.pack(code, at) for at, _ in chosen) + bytes(kind for _, kind in chosen) + kinds + names + bytes(isut))

    return part(4, ">i", []) + part(8, ">q", transitions) + b"\n" + footer + b"\n"


hour = [(3600, 0), (7200, 1)]
zones = {
    "plain": zone([], [(28800, 0)], b"CST-8"),
    "no_footer": zone([(0, 1), (86400, 0)], hour, b""),
    "summer": zone([(10**9 + i * 15724800, i % 2) for i in range(12)], hour, b"AAA-1BBB,M3.5.0,M10.5.0/3"),
    "south": zone([], [(37800, 0), (39600, 1)], b"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"),
    "over_midnight": zone([], [(-10800, 0), (-7200, 1)], b"<-03>3<-02>,M10.3.0/0,M2.3.0/0"),
    "negative": zone([], [(3600, 0), (0, 1)], b"IST-1GMT0,M10.5.0,M3.5.0/1", b"3"),
    "for_ever": zone([], hour, b"XXX3EDT4,0/0,J365/23", b"3"),
    "late_changes": zone([], hour, b"AAA-1BBB,J365/167,J365/166", b"3"),
    "skips_a_day": zone([(10**9, 0), (10**9 + 10**7, 1)], [(-36000, 0), (50400, 1)], b"<+14>-14"),
    "there_and_back": zone([(10**9 + 60 * i, i % 2) for i in range(40)], [(-93599, 0), (93599, 1)], b""),
    "indicators": zone([(10**9, 1)], hour, b"AAA-1", isut=2),
    "version_1": b"TZif" + bytes(16) + struct.pack(">6I", 0, 0, 0, 0, 1, 4) + struct.pack(">iBB", 0, 0, 0) + b"UTC\0",
    "leap": b"",
    "cut": zone([(10**9, 1)], hour, b"AAA-1")[:-20],
    "counts": zone([(10**9, 1)], hour, b"AAA-1").replace(struct.pack(">I", 8), b"\xff\xff\xff\xff"),
    "footer": zone([], hour, b"AAA-1BBB,M3.5.0,M10.5.8/3"),
}
rungs = {"before": b"before 2 working_days", "at": b"at 80 %", "tight": b"at 80%", "after_0": b"after 0", "after": b"after 3 calendar_days",
         "minutes": b"before 90 working_minutes", "large": b"after 99999999 minutes", "unknown": b"after 3 weeks", "empty": b""}
for name, files in (("zone", zones), ("rung", rungs)):
    os.makedirs(os.path.join(root, name), exist_ok=True)
    for file, content in files.items():
        with open(os.path.join(root, name, file), "wb") as out:
            out.write(content)
