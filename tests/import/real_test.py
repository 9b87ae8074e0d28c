"""`bellman roads` on real files: import, travel times between random points, messages.

The files are not part of the project: what is absent is skipped, and said.  SEED= draws other points."""
import gzip
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest
import zipfile

BELLMAN = os.path.abspath(sys.argv[1])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.environ.get("BELLMAN_DATA") or os.path.join(ROOT, "..", "shared", "data")
SEED = int(os.environ.get("SEED", "1"))
PAIRS = 12


def run(*arguments, **more):
    done = subprocess.run([BELLMAN, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=300, **more)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def metres(a, b):
    return math.hypot((a[0] - b[0]) * 111195, (a[1] - b[1]) * 111195 * math.cos(math.radians(a[0])))


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="bellman-import-")
        self.addCleanup(shutil.rmtree, self.folder)

    def data(self, *names):
        path = os.path.join(DATA, *names)
        if not os.path.exists(path):
            self.skipTest("%s is not here" % os.path.join(*names))
        return path

    def roads(self, path):
        out = os.path.join(self.folder, "roads.bmr")
        code, said, progress = run("roads", "import", path, out)
        self.assertEqual(code, 0, progress)
        self.assertIn("roads: reading", progress)
        self.assertEqual(os.listdir(self.folder).count("roads.bmr"), 1)
        self.assertFalse([name for name in os.listdir(self.folder) if name.endswith(".part")])
        code, text, _ = run("roads", "info", out)
        self.assertEqual(code, 0)
        info = dict(line.split(" ", 1) for line in text.splitlines())
        self.assertEqual(int(info["bytes"]), os.path.getsize(out))
        return out, info, said

    def eta(self, file, a, b, *more):
        code, said, why = run("roads", "eta", file, "%.7f,%.7f" % a, "%.7f,%.7f" % b, *more)
        if code == 0:
            self.assertTrue(said.strip().isdigit(), said)
            return int(said)
        self.assertEqual((code, said), (1, ""))
        self.assertTrue("no way" in why or "outside" in why, why)
        return None

    def check_pairs(self, file, points, most_mps):
        """Random pairs: a way for most of them, none quicker than the crow could fly at the top speed."""
        draw = random.Random(SEED)
        ways = 0
        for _ in range(PAIRS):
            a, b = draw.choice(points), draw.choice(points)
            quick, slow = self.eta(file, a, b), self.eta(file, a, b, "--profile", "ordinary")
            for ms in (quick, slow):
                if ms is not None:
                    # Points snap to roads up to a kilometre away.
                    self.assertGreaterEqual(ms / 1000 * most_mps + 2000, metres(a, b), (a, b))
                    self.assertLess(ms, 4 * 3600 * 1000, (a, b))
            ways += quick is not None
        self.assertGreaterEqual(ways, PAIRS * 2 // 3)

    def test_heidelberg(self):
        file, info, said = self.roads(self.data("roads", "heidelberg.osm.pbf"))
        self.assertGreater(int(info["junctions"]), 15000)
        self.assertGreater(int(info["restrictions"]), 400)
        self.assertEqual(info["unit_us"], "1000")
        draw = random.Random(SEED)
        self.check_pairs(file, [(draw.uniform(49.38, 49.43), draw.uniform(8.65, 8.72)) for _ in range(50)], 140 / 3.6)
        # Old town to the station: some 2 km by car, two to ten minutes.
        ms = self.eta(file, (49.4122, 8.7100), (49.4037, 8.6757))
        self.assertTrue(100000 < ms < 600000, ms)

    def test_andorra(self):
        file, info, said = self.roads(self.data("roads", "andorra.osm.pbf"))
        # Andorra la Vella to Encamp, some 6 km.
        ms = self.eta(file, (42.5063, 1.5218), (42.5345, 1.5801))
        self.assertTrue(200000 < ms < 1200000, ms)

    def test_berlin_roundabout(self):
        file, info, said = self.roads(self.data("roads", "berlin-siegessaeule.osm.gz"))
        self.assertLess(int(info["edges"]), 500)

    def test_manhattan_has_missing_nodes(self):
        zipped = self.data("ems", "manhattan", "manhattan_roads_osm.zip")
        with zipfile.ZipFile(zipped) as archive:
            archive.extractall(self.folder)
            path = os.path.join(self.folder, archive.namelist()[0])
        file, info, said = self.roads(path)
        self.assertIn("the ways were cut there", said)
        draw = random.Random(SEED)
        self.check_pairs(file, [(40.75 + at * 0.9, -73.985 + at * 0.75) for at in (draw.uniform(-0.03, 0.03) for _ in range(30))], 140 / 3.6)

    def test_new_york(self):
        graph = self.data("roads", "USA-road-t.NY.gr.gz")
        places = self.data("roads", "USA-road-d.NY.co.gz")
        file, info, said = self.roads(graph)
        self.assertEqual((info["junctions"], info["unit_us"]), ("264346", "3600"))
        self.assertIn("733846 arcs", said)
        draw = random.Random(SEED)
        points = []
        with gzip.open(places, "rt") as lines:
            for line in lines:
                if line.startswith("v ") and draw.random() < 0.0005:
                    _, _, x, y = line.split()
                    points.append((int(y) / 1e6, int(x) / 1e6))
        self.check_pairs(file, points, 100 / 3.6)

    def test_a_truncated_file_is_refused_and_the_former_stays(self):
        path = self.data("roads", "heidelberg.osm.pbf")
        cut = os.path.join(self.folder, "cut.osm.pbf")
        with open(path, "rb") as whole, open(cut, "wb") as part:
            part.write(whole.read(700001))
        out = os.path.join(self.folder, "roads.bmr")
        with open(out, "w") as former:
            former.write("former")
        code, said, why = run("roads", "import", cut, out)
        self.assertEqual(code, 1, said)
        self.assertIn("cut.osm.pbf", why)
        with open(out) as kept:
            self.assertEqual(kept.read(), "former")
        self.assertEqual(sorted(os.listdir(self.folder)), ["cut.osm.pbf", "roads.bmr"])


class Usage(unittest.TestCase):
    def test_usage(self):
        for arguments in (("roads",), ("roads", "import"), ("roads", "import", "a"), ("roads", "import", "a", "b", "c"), ("roads", "import", "a", "b", "--unit-us"),
                          ("roads", "import", "a", "b", "--unit-us", "0"), ("roads", "import", "a", "b", "--unit-us", "-1"), ("roads", "import", "a", "b", "--what", "x"),
                          ("roads", "info"), ("roads", "eta", "f"), ("roads", "eta", "f", "1,2", "3,4", "--profile", "slow"), ("roads", "melt")):
            code, said, why = run(*arguments)
            self.assertEqual((code, said), (2, ""), arguments)
            self.assertTrue(why.startswith("bellman: "), why)

    def test_points_and_files(self):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "roads.bmr")
            source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "osm", "cross.osm")
            self.assertEqual(run("roads", "import", source, out)[0], 0)
            self.assertEqual(run("roads", "eta", out, "49.4,8.6", "49.4,8.602")[0], 0)
            for point in ("49.4", "49.4,", "49.4;8.6", "x,y", "91,8", "49.4,181", "nan,1", "49.4,8.6,1"):
                code, said, why = run("roads", "eta", out, "49.4,8.6", point)
                self.assertEqual((code, said), (2, ""), point)
                self.assertIn(point, why)
            code, said, why = run("roads", "eta", out, "49.5,8.6", "49.4,8.6")
            self.assertEqual((code, said), (1, ""))
            self.assertIn("outside", why)
            for bad in (source, folder, os.path.join(folder, "absent")):
                code, said, why = run("roads", "info", bad)
                self.assertEqual((code, said), (1, ""), bad)
                self.assertIn(bad, why)


def main():
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print("%d passed, %d failed, %d skipped" % (result.testsRun - failed - skipped, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
