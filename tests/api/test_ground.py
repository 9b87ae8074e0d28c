"""What is reached within minutes, where posts cut an area off, and what a surge is best answered with: over HTTP, on the town
of two banks and one bridge (tests/dispatch/town.h)."""
import os
import unittest

from desk import Desk, make_roads, now_ms
from test_dispatching import BRIDGE, BRIDGE_MS, LAST, STEP_MS, at, publish, unit
from world import world


def text(point):
    return "%.7f,%.7f" % (point["lat"], point["lon"])


class Ground(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        world()  # the watcher of answers
        cls.desk = Desk()
        roads = os.path.join(cls.desk.base, "town.bmr")
        make_roads(roads)
        cls.desk.start("--roads", roads)
        cls.boss = cls.desk.set_up()
        cls.north, cls.south = cls.desk.agency("NORTH"), cls.desk.agency("SOUTH")
        publish(cls.boss, "ambulance:1")
        cls.units = {"near": unit(cls.boss, "A-1", cls.north), "far": unit(cls.boss, "A-2", cls.south)}
        cls.sender = cls.desk.operator("sender", ["dispatcher"])
        cls.sender_north = cls.desk.operator("sendnorth", ["dispatcher"], cls.north)
        cls.gateway = cls.desk.operator("gateway", ["gateway"], cls.north)

    @classmethod
    def tearDownClass(cls):
        try:
            cls.desk.stop()
        finally:
            cls.desk.close()

    def put(self, **where):
        positions = [dict(at(*place), unit=self.units[name], at_ms=now_ms()) for name, place in where.items()]
        self.boss.ok("POST", "/v1/positions", {"positions": positions})

    def close(self, points, **more):
        made = self.boss.ok("POST", "/v1/road-closures", dict({"name": "Shut", "form": "line", "points": points}, **more), key=True)
        self.addCleanup(lambda: self.boss.ok("DELETE", "/v1/road-closures/" + made["place"]["id"], key=True))

    def refused(self, path, field):
        answer = self.sender.get(path)
        self.assertEqual((path, answer.status, answer.json().get("field")), (path, 400, field))

    # --- isochrone --------------------------------------------------------------------------------------

    def test_what_is_reached_from_a_point(self):
        said = self.sender.ok("GET", "/v1/roads/isochrone?minutes=1,2&from=" + text(at(0, 0)))
        self.assertEqual((said["profile"], said["minutes"], said["reason"], said["cut"]), ("emergency", [1, 2], None, False))
        self.assertEqual([source["unit"] for source in said["sources"]], [None])
        self.assertEqual(said["count"], len(said["lines"]))
        east = {0: 0.0, 1: 0.0}
        for line in said["lines"]:
            for lat, lon in line["points"]:
                self.assertLess(lat, 1.001)  # two minutes do not lead over the bridge
                east[line["band"]] = max(east[line["band"]], lon)
        # A column is 0.002 degrees and STEP_MS of driving.
        for band, minutes in enumerate((1, 2)):
            self.assertAlmostEqual(east[band], 1 + 0.002 * minutes * 60000 / STEP_MS, places=4)

    def test_a_closed_road_is_not_reached(self):
        there = "/v1/roads/isochrone?minutes=6&from=" + text(at(LAST, 0))
        north = lambda said: [line for line in said["lines"] if max(lat for lat, _ in line["points"]) > 1.003]
        self.assertTrue(north(self.sender.ok("GET", there)))
        self.close(BRIDGE)
        self.assertFalse(north(self.sender.ok("GET", there)))

    def test_what_free_units_reach_together(self):
        self.put(near=(0, 0), far=(LAST, 0))
        said = self.sender.ok("GET", "/v1/roads/isochrone?units=free&minutes=1")
        self.assertEqual(sorted(source["call_sign"] for source in said["sources"]), ["A-1", "A-2"])
        lons = [lon for line in said["lines"] for _, lon in line["points"]]
        self.assertAlmostEqual(min(lons), 1.0, places=6)
        self.assertAlmostEqual(max(lons), 1 + 0.002 * LAST, places=6)
        gap = 1 + 0.002 * (60000 / STEP_MS + 0.2), 1 + 0.002 * (LAST - 60000 / STEP_MS - 0.2)
        self.assertFalse([lon for lon in lons if gap[0] < lon < gap[1]])
        # Whoever may not see a unit does not draw what it reaches.
        said = self.sender_north.ok("GET", "/v1/roads/isochrone?units=free&minutes=1")
        self.assertEqual([source["call_sign"] for source in said["sources"]], ["A-1"])
        said = self.sender.ok("GET", "/v1/roads/isochrone?units=free&capability=engine&minutes=1")
        self.assertEqual((said["sources"], said["lines"], said["reason"]), ([], [], "no_units"))

    def test_where_no_road_is(self):
        said = self.sender.ok("GET", "/v1/roads/isochrone?from=20,20")
        self.assertEqual((said["lines"], said["reason"], said["minutes"]), ([], "outside_area", [4, 8, 12]))

    def test_bad_isochrones(self):
        for query, field in (("minutes=4", "from"), ("from=1,1&minutes=8,4", "minutes"), ("from=1,1&minutes=0", "minutes"),
                             ("from=1,1&minutes=121", "minutes"), ("from=1,1&minutes=1,2,3,4,5,6,7", "minutes"),
                             ("from=1,1&minutes=", "minutes"), ("from=1,1&minutes=4,,8", "minutes"), ("from=1,1&minutes=4x", "minutes"),
                             ("from=91,1", "from"), ("units=all", "units"), ("from=1,1&profile=boat", "profile"),
                             ("units=free&capability=" + "x" * 200, "capability"), ("from=1,1&datum=mars", "datum")):
            self.refused("/v1/roads/isochrone?" + query, field)
        self.assertEqual(self.gateway.get("/v1/roads/isochrone?from=1,1").status, 403)
        self.assertEqual(self.desk.client().get("/v1/roads/isochrone?from=1,1").status, 401)

    # --- cordon -----------------------------------------------------------------------------------------

    def test_posts_cut_an_area_off(self):
        """In the middle of the south bank a street leads in from either side; the margin lets posts stand one crossing off."""
        self.put(near=(0, 0), far=(9, 0))
        said = self.sender.ok("GET", "/v1/roads/cordon?radius_m=50&margin_m=0&around=" + text(at(4, 0)))
        self.assertEqual([(post["lat"], post["lon"]) for post in said["posts"]], [(1.0, 1.006), (1.0, 1.01)])
        self.assertEqual([post["unit"]["call_sign"] for post in said["posts"]], ["A-1", "A-2"])
        self.assertEqual([post["unit"]["travel_ms"] for post in said["posts"]], [3 * STEP_MS, 4 * STEP_MS])
        self.assertTrue(all(post["arcs"] == 1 for post in said["posts"]))
        self.assertEqual((len(said["inside"]), said["cut"], said["edge_of_map"]), (2, False, True))  # south of it nothing is known
        self.assertTrue(440 < said["length_m"] < 450)
        self.assertEqual(len(said["outline"]), 64)
        around = "/v1/roads/cordon?radius_m=50&margin_m=300&around=" + text(at(LAST - 1, 0))
        before = self.sender.ok("GET", around)["posts"]
        self.close(BRIDGE)  # beyond a closed bridge nobody need stand
        after = self.sender.ok("GET", around)["posts"]
        self.assertEqual((len(before), len(after)), (2, 1))

    def test_cordons_by_polygon_and_by_minutes(self):
        corners = [at(3.5, -0.1), at(4.5, -0.1), at(4.5, 0.1), at(3.5, 0.1)]
        said = self.sender.ok("GET", "/v1/roads/cordon?margin_m=0&polygon=" + ";".join(map(text, corners)))
        self.assertEqual(([post["lon"] for post in said["posts"]], len(said["outline"])), ([1.006, 1.01], 4))
        said = self.sender.ok("GET", "/v1/roads/cordon?margin_m=0&minutes=0&from=" + text(at(4.5, 0)))
        self.assertEqual((len(said["posts"]), said["outline"]), (2, []))

    def test_bad_cordons(self):
        for query, field in (("", "around"), ("around=91,1", "around"), ("around=1,1&radius_m=0", "radius_m"), ("around=1,1&radius_m=-1", "radius_m"),
                             ("around=1,1&radius_m=99999", "radius_m"), ("around=1,1&margin_m=99999", "margin_m"), ("from=1,1&minutes=999", "minutes"),
                             ("polygon=1,1;1,1.1", "polygon"), ("polygon=1,1;x", "polygon"), ("polygon=" + ";".join(["1,1"] * 33), "polygon"),
                             ("polygon=0,0;1,1;0,1;1,0", "polygon"), ("around=1,1&profile=boat", "profile")):
            self.refused("/v1/roads/cordon?" + query, field)
        for query in ("around=1.002,1.008&radius_m=20", "from=20,20&minutes=1"):
            self.assertEqual(self.sender.get("/v1/roads/cordon?" + query).status, 409)
        self.assertEqual(self.gateway.get("/v1/roads/cordon?around=1,1").status, 403)

    # --- a surge ----------------------------------------------------------------------------------------

    def open_at(self, x, y, **more):
        made = self.boss.ok("POST", "/v1/cases", dict(dict(at(x, y), **{"class": "fire", "jurisdiction": "1", "address": "x"}), **more), key=True)
        case = made["case"]
        self.addCleanup(lambda: self.boss.ok("POST", "/v1/cases/%s/events" % case["id"], {"event": "close", "fields": {"outcome": "solved"}},
                                             match=case["version"], key=True))
        return case["id"]

    def test_nothing_waits(self):
        said = self.sender.ok("GET", "/v1/surge")
        self.assertEqual((said["cases"], said["waiting"], said["total_ms"], said["nearest_first_ms"], said["units_free"]), ([], 0, 0, 0, 2))

    def test_two_wait_and_the_nearest_goes_to_who_has_no_other(self):
        """Both are nearest to A-1; A-2 stands behind the first, so A-1 goes to the second."""
        self.put(near=(4, 0), far=(0, 0))
        first, second = self.open_at(3, 0), self.open_at(6, 0)
        said = self.sender.ok("GET", "/v1/surge")
        self.assertEqual([(case["case"], case["priority"]) for case in said["cases"]], [(first, 1), (second, 1)])
        given = [case["needs"][0]["given"][0] for case in said["cases"]]
        self.assertEqual([unit["call_sign"] for unit in given], ["A-2", "A-1"])
        self.assertEqual([unit["travel_ms"] for unit in given], [3 * STEP_MS, 2 * STEP_MS])
        self.assertEqual((said["total_ms"], said["nearest_first_ms"], said["shown"], said["waiting"]), (5 * STEP_MS, 7 * STEP_MS, 2, 2))
        self.assertEqual((given[0]["rank"], given[1]["rank"], given[1]["nearer"]), (2, 1, []))
        self.assertIn("nearer_needed_elsewhere", given[0]["reasons"])
        self.assertIn("nearest", given[1]["reasons"])
        # Taking it all the same: 1 + 6 steps instead of 3 + 2.
        [nearer] = given[0]["nearer"]
        self.assertEqual((nearer["call_sign"], nearer["travel_ms"], nearer["to_case"], nearer["swap_costs_ms"]), ("A-1", STEP_MS, second, 2 * STEP_MS))

    def test_a_higher_priority_first_and_a_reserve(self):
        self.put(near=(0, 0), far=(1, 0))
        low, high = [self.open_at(1, 0, priority=3), self.open_at(9, 0)]
        third = self.open_at(0, 0, priority=4)
        said = self.sender.ok("GET", "/v1/surge")
        self.assertEqual([case["case"] for case in said["cases"]], [high, low, third])
        needs = [case["needs"][0] for case in said["cases"]]
        self.assertEqual([need["missing"] for need in needs], [0, 0, 1])
        self.assertEqual(needs[2]["unserved"], "higher_priority")
        said = self.sender.ok("GET", "/v1/surge?reserve=1")  # every agency has one
        self.assertEqual([(case["needs"][0]["missing"], case["needs"][0]["unserved"]) for case in said["cases"]], [(1, "reserve")] * 3)
        # Whoever may send only the north's units arranges these.
        said = self.sender_north.ok("GET", "/v1/surge")
        self.assertEqual((said["units_free"], said["cases"]), (1, []))

    def test_bad_surges(self):
        for reserve in ("", "-1", "101", "x", "1x", "1.5"):
            self.refused("/v1/surge?reserve=" + reserve, "reserve")
        self.assertEqual(self.gateway.get("/v1/surge").status, 403)
        self.assertEqual(self.desk.client().get("/v1/surge").status, 401)


if __name__ == "__main__":
    unittest.main()
