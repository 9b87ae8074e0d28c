"""Coordinates of Chinese maps: named by `datum` wherever coordinates come in, WGS 84 in the record and in every answer."""
import glob
import os
import sqlite3
import unittest

from desk import now_ms, open_case
from world import world

# Shanghai, People's Square, as two independent libraries have it (shared/data/gcj); Taipei is not moved.
WGS84 = {"lat": 31.2304, "lon": 121.4737}
GCJ02 = {"lat": 31.2284577, "lon": 121.4782231, "datum": "gcj02"}
BD09 = {"lat": 31.2343106, "lon": 121.4847815, "datum": "bd09"}
TAIPEI = {"lat": 25.033, "lon": 121.5654}


class Datum(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world()
        cls.taker = cls.world.person("call_taker")
        cls.dispatcher = cls.world.person("dispatcher")
        cls.boss = cls.world.boss

    def at(self, row, place=None):
        place = place or WGS84
        self.assertAlmostEqual(row["lat"], place["lat"], delta=2e-7)
        self.assertAlmostEqual(row["lon"], place["lon"], delta=2e-7)
        self.assertNotIn("datum", row)

    def refused(self, answer, field, code):
        self.assertEqual((answer.status, answer["field"], answer["code"]), (400, field, code), answer)
        self.assertTrue(answer["detail"])

    def test_contact_and_fix(self):
        for given in (GCJ02, BD09, WGS84, dict(WGS84, datum="wgs84"), dict(WGS84, datum=None)):
            contact = self.taker.ok("POST", "/v1/contacts", dict(given, channel="app"), key=True)["contact"]
            self.at(contact)
        fixed = self.taker.ok("POST", "/v1/contacts/%s/fixes" % contact["id"], dict(GCJ02, uncertainty_m=20), key=True)["contact"]
        self.at(fixed)
        self.at(self.taker.ok("POST", "/v1/contacts", dict(TAIPEI, channel="app", datum="gcj02"), key=True)["contact"], TAIPEI)

    def test_case_and_change(self):
        case = open_case(self.taker, **BD09)
        self.at(case)
        path = "/v1/cases/" + case["id"]
        moved = self.taker.call("PATCH", path, dict(TAIPEI, datum="bd09"), key=True, match=case["version"])
        self.at(moved["case"], TAIPEI)
        back = self.taker.call("PATCH", path, GCJ02, key=True, match=moved["case"]["version"])
        self.at(back["case"])
        # Nothing to convert, and nothing of the case is touched.
        same = self.taker.call("PATCH", path, {"priority": 2, "datum": "gcj02"}, key=True, match=back["case"]["version"])
        self.at(same["case"])
        half = self.taker.call("PATCH", path, {"lat": 31.2, "datum": "gcj02"}, key=True, match=same["case"]["version"])
        self.refused(half, "lon", "missing-field")
        gone = self.taker.call("PATCH", path, {"lat": None, "lon": None, "datum": "gcj02"}, key=True, match=same["case"]["version"])
        self.assertEqual(gone.status, 200, gone)
        self.assertIsNone(gone["case"]["lat"])

    def test_place_and_road_closure(self):
        place = self.boss.ok("POST", "/v1/places", dict(GCJ02, kind="station", name="D-%d" % self.world.number(), jurisdiction="1"), key=True)["place"]
        self.at(place)
        line = {"name": "Line", "form": "line", "points": [[GCJ02["lat"], GCJ02["lon"]], [TAIPEI["lat"], TAIPEI["lon"]]], "datum": "gcj02"}
        closure = self.dispatcher.ok("POST", "/v1/road-closures", line, key=True)["place"]
        (lat, lon), second = closure["points"]
        self.at({"lat": lat, "lon": lon})
        self.assertEqual(second, [TAIPEI["lat"], TAIPEI["lon"]])
        self.dispatcher.ok("DELETE", "/v1/road-closures/" + closure["id"], key=True)

    def test_positions(self):
        unit = self.world.unit()
        answer = self.boss.ok("POST", "/v1/positions", {"positions": [dict(GCJ02, unit=unit, at_ms=now_ms())]})
        self.assertEqual(answer["taken"], 1, answer)
        rows = {row["unit"]: row for row in self.boss.ok("GET", "/v1/positions")["positions"]}
        self.at(rows[unit])
        lines = "%s,%s,%s,,,,bd09\n" % (unit, BD09["lat"], BD09["lon"])
        answer = self.boss.call("POST", "/v1/positions", lines.encode(), headers={"Content-Type": "text/plain"})
        self.assertEqual((answer["taken"], answer["refused_count"]), (1, 0), answer)
        rows = {row["unit"]: row for row in self.boss.ok("GET", "/v1/positions")["positions"]}
        self.at(rows[unit])
        bad = [dict(GCJ02, unit=unit, datum=word) for word in ("gcj-02", "GCJ02", "", 2, True)]
        answer = self.boss.ok("POST", "/v1/positions", {"positions": bad})
        self.assertEqual([row["field"] for row in answer["refused"]], ["datum"] * len(bad))

    def test_queries(self):
        answer = self.taker.ok("GET", "/v1/coordinates?at=%s,%s&datum=gcj02" % (GCJ02["lat"], GCJ02["lon"]))
        self.at({name: answer[name] for name in ("lat", "lon")})
        self.assertEqual((answer["datum"], answer["from"], answer["moved"]), ("wgs84", "gcj02", True))
        answer = self.taker.ok("GET", "/v1/coordinates?at=25.033,121.5654&datum=bd09")
        self.assertEqual((answer["lat"], answer["moved"]), (25.033, False))
        answer = self.taker.ok("GET", "/v1/coordinates?at=1,2")
        self.assertEqual((answer["lat"], answer["lon"], answer["from"], answer["moved"]), (1, 2, "wgs84", False))
        way = lambda datum, point: self.taker.ok("GET", "/v1/roads/eta?from=%s,%s&to=25.033,121.5654%s" % (point["lat"], point["lon"], datum))
        plain, moved = way("", WGS84), way("&datum=gcj02", GCJ02)
        self.assertAlmostEqual(plain["travel_ms"], moved["travel_ms"], delta=10)
        self.assertNotEqual(plain["travel_ms"], way("", GCJ02)["travel_ms"])
        self.refused(self.taker.get("/v1/coordinates?at=1,2&datum=utm"), "datum", "unknown-word")
        self.refused(self.taker.get("/v1/roads/eta?from=1,2&to=1,2&datum="), "datum", "unknown-word")
        for at in ("", "at=91,2", "at=1", "at=1,2,3", "at=nan,2"):
            self.refused(self.taker.get("/v1/coordinates?datum=gcj02&" + at), "at", "out-of-range")

    def test_wrong_words(self):
        for word in ("gcj-02", "GCJ02", "wgs72", "", 1, False, ["gcj02"]):
            self.refused(self.taker.post("/v1/contacts", dict(WGS84, channel="app", datum=word), key=True), "datum", "unknown-word")
        # A request without coordinates knows no datum.
        self.refused(self.boss.post("/v1/agencies", {"code": "X", "name": "X", "level": "station", "datum": "gcj02"}, key=True), "datum", "unknown-field")

    def test_the_record_holds_wgs84_alone(self):
        """The journal says nothing of datums, and the same request again gets the same answer."""
        body = dict(BD09, channel="app")
        first = self.taker.call("POST", "/v1/contacts", body, key="datum-again")
        again = self.taker.call("POST", "/v1/contacts", body, key="datum-again")
        self.assertEqual((first["contact"]["id"], again["contact"]["id"], again["replayed"]), (first["contact"]["id"],) * 2 + (True,))
        other = self.taker.call("POST", "/v1/contacts", dict(body, datum="gcj02"), key="datum-again")
        self.assertEqual(other.status, 422, other)
        files = glob.glob(os.path.join(self.world.desk.data, "**", "*"), recursive=True)
        rows = 0
        for path in files:
            if not os.path.isfile(path) or open(path, "rb").read(15) != b"SQLite format 3":
                continue
            base = sqlite3.connect("file:%s?mode=ro" % path, uri=True)
            tables = [name for name, in base.execute("select name from sqlite_master where type = 'table' and name = 'journal'")]
            for table in tables:
                for (text,) in base.execute("select cast(body as text) from %s" % table):
                    rows += 1
                    self.assertNotIn("datum", text or "")
                    self.assertNotIn("bd09", text or "")
            base.close()
        self.assertGreater(rows, 10)
