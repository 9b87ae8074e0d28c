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


if __name__ == "__main__":
    unittest.main()
