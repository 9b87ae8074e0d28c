"""`bellman roads import` of GeoJSON, `check` and `matrix`, as a person would run them."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BELLMAN = os.path.abspath(sys.argv[1])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DATA = os.environ.get("BELLMAN_DATA") or os.path.join(ROOT, "..", "shared", "data")


def run(*arguments):
    done = subprocess.run([BELLMAN, "roads", *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=300)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def line(points, **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": "LineString", "coordinates": points}}


SQUARE = [line([[114.0, 30.0], [114.01, 30.0]], name="南路", speed_kmh=50), line([[114.01, 30.0], [114.01, 30.01]], name="东路", speed_kmh=50),
          line([[114.01, 30.01], [114.0, 30.01]], name="北路", speed_kmh=50), line([[114.0, 30.01], [114.0, 30.0]], name="西路", speed_kmh=50)]
ISLAND = line([[114.1, 30.1], [114.11, 30.1]], name="孤岛路")


class Tools(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="bellman-tools-")
        self.addCleanup(shutil.rmtree, self.folder)

    def put(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def bytes_of(self, path):
        with open(path, "rb") as file:
            return file.read()

    def roads(self, features, *options):
        source = self.put("in.geojson", json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))
        out = os.path.join(self.folder, "roads.bmr")
        code, said, why = run("import", source, out, *options)
        self.assertEqual(code, 0, why)
        return out, said

    def test_check_names_what_it_finds(self):
        out, said = self.roads(SQUARE + [ISLAND])
        self.assertIn("5 lines of 5 features", said)
        code, said, why = run("check", out)
        self.assertEqual(code, 0, why)
        self.assertIn("Islands", said)
        self.assertIn("孤岛路: 2 junctions, joined to nothing", said)
        self.assertIn("30.1000000,114.105", said)
        self.assertIn("0 serious", said.splitlines()[-1])
        code, said, why = run("check", out, "--json")
        found = json.loads(said)
        self.assertEqual((code, found["serious"], found["counts"]["island"], len(found["findings"])), (0, 0, 3, 3))
        self.assertEqual({row["profile"] for row in found["findings"]}, {"emergency", "ordinary", "foot"})
        self.assertEqual(found["findings"][0]["roads"], ["孤岛路"])

    def test_check_says_by_its_status_that_something_is_serious(self):
        out, _ = self.roads(SQUARE + [line([[114.0, 30.0], [114.01, 30.01]], name="快路", speed_kmh=250)])
        code, said, _ = run("check", out)
        self.assertEqual(code, 1)
        self.assertIn("  ! 30.005", said)
        self.assertIn("快路: 250.0 km/h", said)
        code, said, _ = run("check", out, "--json")
        self.assertEqual((code, json.loads(said)["serious"]), (1, 1))

    def test_nothing_found(self):
        out, _ = self.roads(SQUARE)
        code, said, _ = run("check", out)
        self.assertEqual((code, said.count("\n")), (0, 1))
        self.assertTrue(said.startswith("0 findings, 0 serious"), said)
        self.assertEqual(json.loads(run("check", out, "--json")[1])["findings"], [])

    def test_matrix(self):
        out, _ = self.roads(SQUARE + [ISLAND])
        corners = [(30.0, 114.0), (30.0, 114.01), (30.01, 114.01)]
        points = self.put("points", "# three corners\n" + "".join("%s,%s corner\n" % corner for corner in corners) + "\n30.1,114.1 the island\n")
        code, said, why = run("matrix", out, points, points, "--profile", "ordinary")
        self.assertEqual(code, 0, why)
        rows = [row.split(",") for row in said.splitlines()]
        self.assertEqual(rows[0], ["from", "1", "2", "3", "4"])
        for i, a in enumerate(corners):
            self.assertEqual((rows[i + 1][0], rows[i + 1][i + 1], rows[i + 1][4]), (str(i + 1), "0", ""))  # no way to the island
            for j, b in enumerate(corners):
                one = run("eta", out, "%s,%s" % a, "%s,%s" % b, "--profile", "ordinary")[1].strip()
                self.assertEqual(rows[i + 1][j + 1], one)
        self.assertEqual(rows[4], ["4", "", "", "", "0"])
        foot = run("matrix", out, points, points, "--profile", "foot")[1].splitlines()[1].split(",")
        self.assertAlmostEqual(int(foot[2]) / int(rows[1][2]), 10, delta=0.05)

    def test_wrong_points(self):
        out, _ = self.roads(SQUARE)
        good = self.put("good", "30.0,114.0\n")
        for text, said in (("", "has no points"), ("# nothing\n", "has no points"), ("30.0,114.0\nhere\n", "bad, line 2: \"here\" is no LAT,LON"),
                           ("40,50\n", "bad, line 1: outside"), ("1" * 600, "line 1 is too long")):
            code, out_text, why = run("matrix", out, good, self.put("bad", text))
            self.assertEqual((code, out_text), (1, ""), text)
            self.assertIn(said, why)
        self.assertEqual(run("matrix", out, good, "/nowhere")[0], 1)
        for wrong in (("matrix", out, good), ("matrix", out, good, good, "--profile", "boat"), ("check",), ("check", out, "--xml"), ("check", "--json")):
            self.assertEqual(run(*wrong)[0], 2, wrong)
        self.assertEqual(run("check", good)[0], 1)

    def test_import_options(self):
        apart = [line([[114.0, 30.0], [114.01, 30.0]]), line([[114.0100004, 30.0], [114.02, 30.0]])]
        for options, joined in (((), "0 ends joined"), (("--join-cm", "10"), "1 ends joined")):
            self.assertIn(joined, self.roads(apart, *options)[1])
        out, _ = self.roads([line([[121.4782231, 31.2284577], [121.4882231, 31.2284577]])], "--datum", "gcj02")
        self.assertIn("south_west 31.230", run("info", out)[1])
        self.assertIn(",121.473", run("info", out)[1])
        source = os.path.join(self.folder, "in.geojson")
        for options in (("--datum", "utm"), ("--join-cm", "1001"), ("--join-cm", "-1"), ("--join-cm", "x")):
            code, _, why = run("import", source, out, *options)
            self.assertEqual(code, 2, why)
            self.assertIn(options[0], why)
        code, _, why = run("import", os.path.join(self.folder, "x.osm"), out, "--datum", "bd09")
        self.assertEqual(code, 1)
        self.assertIn("GeoJSON", why)

    def test_a_fault_leaves_the_former_file(self):
        out, _ = self.roads(SQUARE)
        before = self.bytes_of(out)
        bad = self.put("bad.geojson", json.dumps(line([[30.0, 114.0], [30.0, 114.01]], name="x")))
        code, _, why = run("import", bad, out)
        self.assertEqual(code, 1)
        self.assertIn("bad.geojson, feature 1, coordinates: [30, 114] is no place: longitude comes first in GeoJSON, and these look swapped", why)
        self.assertEqual(self.bytes_of(out), before)

    def real(self, *names):
        path = os.path.join(DATA, *names)
        if not os.path.exists(path):
            self.skipTest("%s is not here" % os.path.join(*names))
        out = os.path.join(self.folder, "roads.bmr")
        code, _, why = run("import", path, out)
        self.assertEqual(code, 0, why)
        code, said, _ = run("check", out, "--json")
        found = json.loads(said)
        self.assertEqual(code, 1 if found["serious"] else 0)
        return out, found

    def test_heidelberg(self):
        out, found = self.real("roads", "heidelberg.osm.pbf")
        counts = found["counts"]
        # A city of good maps has no absurd speed; its one-ways end somewhere, and the extract is cut from motorways.
        self.assertEqual((counts["closed"], counts["slow"], counts["fast"], counts["no_length"]), (0, 0, 0, 0))
        self.assertGreater(counts["island"], 100)
        self.assertGreater(counts["trap"], 5)
        for row in found["findings"]:
            self.assertTrue(49 < row["lat"] < 50 and 7.5 < row["lon"] < 9.5, row)

    def test_andorra(self):
        out, found = self.real("roads", "andorra.osm.pbf")
        self.assertEqual((found["counts"]["slow"], found["counts"]["fast"]), (0, 0))
        self.assertGreater(found["counts"]["island"], 10)


def main():
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print("%d passed, %d failed, %d skipped" % (result.testsRun - failed - skipped, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
