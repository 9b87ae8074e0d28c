"""`bellman roads import` of GeoJSON, `check`, `matrix`, `route`, `isochrone` and `cordon`, as a person would run them."""
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

    # --- the ground ---

    def town(self):
        """Three by three crossings some 500 m apart: streets 0 to 2 from the south, avenues A to C from the west.  A bridge
        leads on from avenue C to the north, to a crossing of three roads."""
        def at(x, y):
            return [round(114 + x * 0.005, 7), round(30 + y * 0.0045, 7)]
        self.at = lambda x, y: "%.7f,%.7f" % tuple(reversed(at(x, y)))
        streets = [line([at(x, y), at(x + 1, y)], name="Street %d" % y, speed_kmh=50) for y in range(3) for x in range(2)]
        avenues = [line([at(x, y), at(x, y + 1)], name="Avenue " + "ABC"[x], speed_kmh=50) for x in range(3) for y in range(2)]
        north = [line([at(2, 2), at(2, 6)], name="Bridge", speed_kmh=50), line([at(2, 6), at(1, 6)], speed_kmh=50), line([at(2, 6), at(3, 6)], speed_kmh=50)]
        return self.roads(streets + avenues + north)[0]

    def test_route(self):
        out = self.town()
        code, said, why = run("route", out, self.at(0, 0), self.at(2, 6))
        self.assertEqual(code, 0, why)
        steps, total = [row.split(None, 6) for row in said.splitlines()[:-1]], said.splitlines()[-1].split()
        self.assertEqual((steps[0][0], steps[-1][0], steps[-1][1], steps[-1][3]), ("depart", "arrive", "0", "0"))
        # Along two sides of the town, whichever; from an avenue the bridge is straight on, from a street it is to the left.
        self.assertIn([(step[0], step[-1]) for step in steps[1:-1]], (
            [("right", "Street 2"), ("left", "Bridge")], [("left", "Avenue C"), ("straight", "Bridge")]), said)
        self.assertEqual(sum(int(step[3]) for step in steps), int(total[2]))
        self.assertLessEqual(abs(sum(int(step[1]) for step in steps) - int(total[0])), len(steps))
        self.assertEqual(run("eta", out, self.at(0, 0), self.at(2, 6))[1].strip(), total[2])
        code, said, why = run("route", out, self.at(0, 0), "31,114")
        self.assertEqual((code, said), (1, ""))
        self.assertIn("outside", why)
        for wrong in ((), (out,), (out, "1,1"), (out, "1,1", "1"), (out, "1,1", "1,1", "--profile", "boat"), (out, "1,1", "1,1", "1,1")):
            self.assertEqual(run("route", *wrong)[0], 1 if wrong[1:] == ("1,1", "1") else 2, wrong)

    def test_isochrone(self):
        out = self.town()
        code, said, why = run("isochrone", out, self.at(1, 1), "1,2")
        self.assertEqual(code, 0, why)
        drawn = json.loads(said)["features"]
        self.assertEqual({each["properties"]["minutes"] for each in drawn}, {1, 2})
        for each in drawn:
            minutes, points = each["properties"]["minutes"], each["geometry"]["coordinates"]
            self.assertLessEqual(each["properties"]["leave_ms"], minutes * 60000)
            self.assertGreaterEqual(len(points), 2)
            there = run("eta", out, self.at(1, 1), "%.7f,%.7f" % (points[-1][1], points[-1][0]))[1]
            self.assertLessEqual(int(there), minutes * 60000 + 100)  # the place is a rounded one
        longest = max(each["properties"]["leave_ms"] for each in drawn)
        self.assertTrue(119900 <= longest <= 120000, longest)
        foot = json.loads(run("isochrone", out, self.at(1, 1), "1", "--profile", "foot")[1])["features"]
        self.assertTrue(0 < len(foot) < len(drawn))
        for wrong in ("", "0", "121", "x", "4,", ",4", "4,4", "8,4", "-1", "1.5", "1,2,3,4,5,6,7,8,9"):
            code, said, why = run("isochrone", out, self.at(1, 1), wrong)
            self.assertEqual((code, said), (2, ""), wrong)
            self.assertIn("MINUTES", why)
        self.assertEqual(run("isochrone", out, self.at(1, 1))[0], 2)
        self.assertEqual(run("isochrone", out, "50,50", "4")[0], 1)

    def posts(self, *arguments):
        code, said, why = run("cordon", *arguments)
        self.assertEqual(code, 0, why)
        return [row.split("  ") for row in said.splitlines() if "  stops " in row], said

    def test_cordon(self):
        out = self.town()
        posts, said = self.posts(out, "--around", self.at(1, 1) + ",100", "--margin", "0")
        self.assertEqual(len(posts), 4, said)
        self.assertIn("4 posts; within: 1 junctions, 4 edges", said)
        corners = ";".join(self.at(x, y) for x, y in ((0.8, 0.8), (1.2, 0.8), (1.2, 1.2), (0.8, 1.2)))
        self.assertEqual(self.posts(out, "--polygon", corners, "--margin", "0")[1], said)
        # With room for it, the whole town is cut off at its one way out.
        posts, said = self.posts(out, "--around", self.at(1, 1) + ",100", "--margin", "1500")
        self.assertEqual((len(posts), posts[0][0], posts[0][1]), (1, self.at(2, 2), "stops 2"), said)
        self.assertEqual(set(posts[0][2].split(" / ")), {"Street 2", "Avenue C", "Bridge"})
        # A minute of driving on the bridge: a post at either end.
        self.assertEqual(len(self.posts(out, "--minutes", self.at(2, 4) + ",1", "--margin", "100")[0]), 2)
        self.assertIn("over the edge of the map", self.posts(out, "--around", self.at(0, 0) + ",900", "--margin", "100", "--profile", "ordinary")[1])

    def test_cordons_that_make_no_sense(self):
        out = self.town()
        crossed = ";".join(self.at(x, y) for x, y in ((0, 0), (1, 1), (1, 0), (0, 1)))
        for status, word, arguments in (
                (2, "usage", ()), (2, "usage", ("--around",)), (2, "usage", ("--circle", "1,1,1")), (2, "RADIUS_M", ("--around", "30,114")),
                (2, "RADIUS_M", ("--around", "30,114,50001")), (2, "RADIUS_M", ("--around", "30,114,x")), (2, "radius", ("--around", "30,114,0")),
                (2, "LAT,LON", ("--around", "91,114,5")), (2, "touches itself", ("--polygon", crossed)), (2, "3 to 32", ("--polygon", "30,114;30,115")),
                (2, "at most 32", ("--polygon", ";".join(["30,114"] * 33))), (2, "LAT,LON", ("--polygon", "30,114;;30,115")),
                (2, "MINUTES", ("--minutes", "30,114,121")), (1, "outside", ("--minutes", "40,114,3")), (1, "No road", ("--around", "40,114,100")),
                (1, "every road", ("--around", self.at(1, 1) + ",20000")), (2, "--margin", ("--around", "30,114,100", "--margin", "10001")),
                (2, "--profile", ("--around", "30,114,100", "--profile", "boat"))):
            code, said, why = run("cordon", out, *arguments)
            self.assertEqual((code, said, arguments), (status, "", arguments))
            self.assertIn(word, why)

    def test_heidelberg_ground(self):
        source = os.path.join(DATA, "roads", "heidelberg.osm.pbf")
        if not os.path.exists(source):
            self.skipTest("roads/heidelberg.osm.pbf is not here")
        out = os.path.join(self.folder, "heidelberg.bmr")
        self.assertEqual(run("import", source, out)[0], 0)
        lines = [json.loads(run("isochrone", out, "49.4094,8.6942", minutes)[1])["features"] for minutes in ("2", "2,6")]
        narrow, wide = ([each["properties"] for each in drawn] for drawn in lines)
        driven = lambda drawn: sum(each["leave_ms"] - each["enter_ms"] for each in drawn if each["minutes"] == 2)
        self.assertEqual(driven(narrow), driven(wide))
        self.assertGreater(len(wide), 3 * len(narrow))
        near, few = (self.posts(out, "--around", "49.4094,8.6942,200", "--margin", margin)[0] for margin in ("0", "1000"))
        self.assertTrue(1 < len(few) < len(near), (near, few))
        code, said, why = run("route", out, "49.4094,8.6942", "49.4030,8.6760")
        self.assertEqual(code, 0, why)
        self.assertGreater(len(said.splitlines()), 4)
        print("Heidelberg: %d posts at the rim, %d within 1 km; %d steps" % (len(near), len(few), len(said.splitlines()) - 1))


def main():
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print("%d passed, %d failed, %d skipped" % (result.testsRun - failed - skipped, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
