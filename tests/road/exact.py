#!/usr/bin/env python3
"""Real roads, imported by the real program, against searches written apart (exact.c).

    exact.py BELLMAN EXACT

A tenth of it in `make test`; all of it with EXACT=1 (make exact).
"""
import os
import subprocess
import sys
import tempfile
import zipfile

bellman, exact = sys.argv[1:3]
root = os.environ.get("SOURCE_ROOT", ".")
data = os.environ.get("BELLMAN_DATA", os.path.join(root, "..", "shared", "data"))
whole = bool(os.environ.get("EXACT"))

# file, sources per profile (x 250 pairs x 3 profiles), closures (x 4 x 250 pairs after each).
# 100,000 pairs a network of OpenStreetMap; New York from junction to junction is in cch_test.c.
NETWORKS = [
    ("roads/heidelberg.osm.pbf", 134, 1000),
    ("roads/andorra.osm.pbf", 134, 1000),
    ("ems/manhattan/manhattan_roads_osm.zip", 134, 1000),
    ("roads/USA-road-t.NY.gr.gz", 20, 1000),
]


def unpacked(path, folder):
    if not path.endswith(".zip"):
        return path
    with zipfile.ZipFile(path) as archive:
        names = [n for n in archive.namelist() if n.endswith((".osm", ".xml")) and "/." not in n and not n.startswith("__")]
        return archive.extract(names[0], folder)


def check(name, sources, closures):
    path = os.path.join(data, name)
    if not os.path.exists(path):
        print("skipped: %s is not in %s (BELLMAN_DATA names another)" % (name, data))
        return None
    if not whole:
        sources, closures = -(-sources // 10), closures // (100 if "NY" in name else 10)
    with tempfile.TemporaryDirectory() as folder:
        roads = os.path.join(folder, "roads.bmr")
        made = subprocess.run([bellman, "roads", "import", unpacked(path, folder), roads], capture_output=True, text=True)
        if made.returncode:
            print("%s: %s" % (name, made.stderr))
            return False
        run = subprocess.run([exact, roads, str(sources), str(closures)], capture_output=True, text=True)
        wrong = subprocess.run([exact, roads, str(sources), "0", "wrong"], capture_output=True, text=True)
        if wrong.returncode != 3:
            print("%s: one unit too many in one arc of a thousand was not noticed" % name)
            return False
    print("%s: %s" % (name, (run.stdout + run.stderr).strip()))
    return run.returncode == 0


results = [check(*network) for network in NETWORKS]
print("%d passed, %d failed, %d skipped" % (results.count(True), results.count(False), results.count(None)))
sys.exit(1 if False in results else 0)
