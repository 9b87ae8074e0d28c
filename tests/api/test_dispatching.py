"""Positions, recommendations, dispatch that follows one, road closures and ways: over HTTP, on the town of two banks and
one bridge (tests/dispatch/town.h)."""
import json
import os
import time
import unittest

from desk import Board, Desk, Stream, Wire, make_roads, now_ms, open_case, request_bytes
from world import world

SPANS = {name + "_ms": 600000 for name in ("dispatch", "acknowledge", "arrive", "report_back", "close")}
STEP_MS, BRIDGE_MS, LAST = 22000, 44000, 10
BRIDGE = [[1.002, 1.019], [1.002, 1.021]]  # a line across it


def at(x, y):
    """Column x (222 m apart) on the south (0) or north (1) bank."""
    return {"lat": round(1 + y * 0.004, 7), "lon": round(1 + x * 0.002, 7)}


def publish(boss, plan):
    classes = [dict(SPANS, code="fire", name_en="Fire", priority=1, plan=plan), dict(SPANS, code="talk", name_en="Talk", priority=5)]
    boss.ok("POST", "/v1/classes", {"classes": classes})


def unit(boss, call_sign, area="1", kind="ambulance", capabilities="ambulance", on_duty=True, **more):
    made = boss.ok("POST", "/v1/units", dict({"call_sign": call_sign, "kind": kind, "jurisdiction": area, "capabilities": capabilities}, **more), key=True)
    if on_duty:
        boss.ok("PATCH", "/v1/units/" + made["unit"]["id"], {"duty": "on_duty"}, key=True)
    return made["unit"]["id"]


class Dispatching(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        world()  # the watcher of answers
        cls.desk = Desk()
        roads = os.path.join(cls.desk.base, "town.bmr")
        make_roads(roads)
        cls.options = ("--roads", roads)
        cls.desk.start(*cls.options)
        cls.boss = cls.desk.set_up()
        cls.north, cls.south = cls.desk.agency("NORTH"), cls.desk.agency("SOUTH")
        publish(cls.boss, "ambulance:1 engine:1; ambulance:2 engine:1")
        cls.units = {
            "near": unit(cls.boss, "A-1", cls.north), "far": unit(cls.boss, "A-2", cls.north),
            "south": unit(cls.boss, "A-3", cls.south), "engine": unit(cls.boss, "E-1", cls.north, "fire_engine", "engine"),
            "boat": unit(cls.boss, "B-1", cls.north, "boat", "boat"), "off": unit(cls.boss, "A-4", cls.south, on_duty=False)}
        cls.sender = cls.desk.operator("sender", ["dispatcher"])
        cls.sender_north = cls.desk.operator("sendnorth", ["dispatcher"], cls.north)
        cls.sender_south = cls.desk.operator("sendsouth", ["dispatcher"], cls.south)
        cls.taker = cls.desk.operator("taker", ["call_taker"])
        cls.admin = cls.desk.operator("admin", ["admin"])
        cls.crew = cls.desk.operator("crew", ["unit"], cls.north, unit=cls.units["near"])
        cls.gateway = cls.desk.operator("gateway", ["gateway"], cls.north)

    @classmethod
    def tearDownClass(cls):
        try:
            cls.desk.stop()
        finally:
            cls.desk.close()

    def setUp(self):
        self.streams = []

    def tearDown(self):
        for stream in self.streams:
            stream.close()

    # --- helpers ------------------------------------------------------------------------------------

    def send(self, who, positions):
        return who.ok("POST", "/v1/positions", {"positions": positions})

    def lines(self, who, text):
        return who.call("POST", "/v1/positions", text.encode(), headers={"Content-Type": "text/plain"})

    def place(self, **where):
        """Units by name to (x, y), now by the server's clock."""
        sent = [dict(at(*point), unit=self.units[name]) for name, point in where.items()]
        time.sleep(0.005)  # later than the one before
        self.assertEqual(self.send(self.boss, sent)["taken"], len(sent))

    def where(self, who):
        return {row["unit"]: row for row in who.ok("GET", "/v1/positions")["positions"]}

    def case(self, x=0, y=0, **more):
        return open_case(self.boss, **dict(dict(at(x, y), jurisdiction=self.north), **more))["id"]

    def ask(self, case, who=None, query=""):
        return (who or self.sender).ok("GET", "/v1/cases/%s/recommendation%s" % (case, query))

    def chosen(self, answer):
        return {row["capability"]: row["unit"] for row in answer["units"] if row["chosen"]}

    def assign(self, case, body, who=None, key=True):
        version = self.boss.ok("GET", "/v1/cases/" + case)["case"]["version"]
        return (who or self.sender).post("/v1/cases/%s/assignments" % case, body, key=key, match=version)

    def clear(self, case):
        for row in self.boss.ok("GET", "/v1/cases/" + case)["assignments"]:
            if row["state"] not in ("cleared", "cancelled"):
                self.boss.ok("POST", "/v1/assignments/%s/status" % row["id"], {"from": row["state"], "to": "cleared", "report_code": "ok"}, key=True)

    def refused(self, answer, status, field=None, code=None):
        self.assertEqual(answer.status, status, answer)
        said = answer.json()
        self.assertTrue(said["detail"], answer)
        if field is not None:
            self.assertEqual(said["field"], field, answer)
        if code:
            self.assertEqual(said["code"], code, answer)
        return said

    def close_road(self, points=None, who=None, **more):
        return (who or self.boss).ok("POST", "/v1/road-closures", dict({"name": "Bridge", "form": "line", "points": points or BRIDGE}, **more), key=True)["place"]

    def stream(self, client, **more):
        made = Stream(client, client.ok("GET", "/v1/agencies?limit=1")["seq"], **more)
        self.streams.append(made)
        return made

    # --- positions ----------------------------------------------------------------------------------

    def test_positions_are_taken_and_told(self):
        then = now_ms()
        near, boat = self.units["near"], self.units["boat"]
        answer = self.send(self.boss, [
            {"unit": near, "lat": 1.001, "lon": -1.5, "at_ms": then, "speed_mps": 12.5, "heading_deg": 359.9},
            {"unit": near, "lat": 5, "lon": 5, "at_ms": then - 1}, {"unit": near, "lat": 5, "lon": 5, "at_ms": 0},
            {"unit": "999", "lat": 5, "lon": 5}, dict(at(1, 0.5), unit=boat, at_ms=then, heading_deg=None)])
        self.assertEqual((answer["taken"], answer["superseded"], answer["refused_count"]), (2, 2, 1))
        self.assertEqual([(row["index"], row["code"], row["field"]) for row in answer["refused"]], [(3, "not-found", "unit")])
        rows = self.where(self.sender)
        row = dict(rows[near])
        self.assertTrue(then <= row.pop("received_at_ms") <= now_ms())
        self.assertEqual(row, {"unit": near, "lat": 1.001, "lon": -1.5, "at_ms": then, "speed_mps": 12.5, "heading_deg": 0, "off_road": False,
                               "device_at_ms": then, "clock_off": False})
        self.assertEqual((rows[boat]["off_road"], rows[boat]["speed_mps"], rows[boat]["heading_deg"]), (True, None, None))
        self.send(self.boss, [dict(at(3, 0), unit=near)])  # without a time: now
        self.assertTrue(then <= self.where(self.sender)[near]["at_ms"] <= now_ms())
        self.assertEqual(self.send(self.boss, [])["taken"], 0)

    def test_positions_as_lines(self):
        near, far = self.units["near"], self.units["far"]
        time.sleep(0.005)
        then = now_ms()
        answer = self.lines(self.boss, "%s,1.5,-2.25,%d,3,180\r\n\n%s,1.25,2\n%s,1,2,,,\n" % (near, then, far, far)).json()
        self.assertEqual((answer["taken"] + answer["superseded"], answer["refused_count"]), (3, 0))
        row = self.where(self.sender)[near]
        self.assertEqual((row["lat"], row["lon"], row["at_ms"], row["speed_mps"], row["heading_deg"]), (1.5, -2.25, then, 3, 180))
        bad = [("x,1,2", "unit"), ("1.5,1,2", "unit"), ("1e0,1,2", "unit"), (" 1,1,2", "unit"), ("-1,1,2", "unit"), ("0,1,2", "unit"), ("01,1,2", "unit"),
               ("%s" % ("9" * 19) + ",1,2", "unit"), (",1,2", "unit"), ("hello", "unit"), (near, "lat"), (near + ",1", "lon"), (near + ",,2", "lat"),
               (near + ",91,2", "lat"), (near + ",1,-180.1", "lon"), (near + ",nan,2", "lat"), (near + ",1,inf", "lon"), (near + ",0x1,2", "lat"),
               (near + ",1 ,2", "lat"), (near + ",1,2,-5", "at_ms"), (near + ",1,2,99999999999999999", "at_ms"), (near + ",1,2,%d" % (now_ms() + 3600000), "at_ms"),
               (near + ",1,2,,-1", "speed_mps"), (near + ",1,2,,1001", "speed_mps"), (near + ",1,2,,,361", "heading_deg"), (near + ",1,2,,,,,", "line"), (near + ",1,2,,,,gps", "datum"),
               ("1" * 200, "line"), ("1,\0", "line"), ("\xff\xfe", "unit")]
        answer = self.lines(self.boss, "\n".join(text for text, _ in bad)).json()
        self.assertEqual(answer["taken"] + answer["superseded"], 0)
        self.assertEqual([(row["index"], row["field"]) for row in answer["refused"]], [(number, field) for number, (_, field) in enumerate(bad)])
        self.assertTrue(all(row["detail"] for row in answer["refused"]))

    def test_too_many_positions(self):
        near = self.units["near"]
        before = self.where(self.sender).get(near)
        row = dict(at(7, 0), unit=near)
        self.refused(self.boss.post("/v1/positions", {"positions": [row] * 1001}), 400, "positions", "too-long")
        self.refused(self.lines(self.boss, "%s,2,2\n" % near * 1001), 400, "positions", "too-long")
        self.assertEqual(self.where(self.sender).get(near), before)  # none of them was taken
        answer = self.lines(self.boss, "x,1,1\n" * 1000).json()
        self.assertEqual((answer["refused_count"], len(answer["refused"])), (1000, 50))
        answer = self.send(self.boss, [row] * 1000)
        self.assertEqual(answer["taken"] + answer["superseded"], 1000)

    def test_bad_positions(self):
        good = dict(at(1, 0), unit=self.units["near"], at_ms=1000)
        bad = [({"unit": None}, "unit"), ({"unit": 5}, "unit"), ({"unit": "x"}, "unit"), ({"unit": "05"}, "unit"), ({"unit": "1" * 19}, "unit"),
               ({"unit": ""}, "unit"), ({"lat": "1"}, "lat"), ({"lat": None}, "lat"), ({"lat": 90.1}, "lat"), ({"lon": -181}, "lon"), ({"lon": True}, "lon"),
               ({"at_ms": -1}, "at_ms"), ({"at_ms": "now"}, "at_ms"), ({"at_ms": 1e300}, "at_ms"), ({"at_ms": now_ms() + 120000}, "at_ms"),
               ({"speed_mps": -0.1}, "speed_mps"), ({"speed_mps": 1001}, "speed_mps"), ({"heading_deg": 361}, "heading_deg"), ({"speed": 1}, "speed"),
               ({"\u8655\u7f6e\u529b\u91cf" * 9: 1}, None)]
        answer = self.send(self.boss, [dict(good, **wrong) for wrong, _ in bad] + [7, None, []])
        self.assertEqual(answer["taken"] + answer["superseded"], 0)
        got = [row["field"] for row in answer["refused"]]
        self.assertEqual(got[:len(bad) - 1], [field for _, field in bad[:-1]])
        self.assertEqual(got[len(bad):], ["positions"] * 3)
        self.assertTrue(all(row["detail"] for row in answer["refused"]))
        for body in ({}, {"positions": None}, {"positions": {}}, {"positions": [], "more": 1}):
            self.refused(self.boss.post("/v1/positions", body), 400, "positions")
        self.refused(self.boss.call("POST", "/v1/positions", b"[1", headers={"Content-Type": "application/json"}), 400)
        self.refused(self.boss.call("POST", "/v1/positions", b"1,1,1", headers={"Content-Type": "application/x-www-form-urlencoded"}), 415)

    def test_who_may_speak_for_whom(self):
        near, south = self.units["near"], self.units["south"]
        for who, unit_id, taken in ((self.crew, near, True), (self.crew, self.units["far"], False), (self.gateway, near, True), (self.gateway, south, False),
                                    (self.sender_north, near, True), (self.sender_north, south, False), (self.sender_south, south, True),
                                    (self.sender, south, True), (self.admin, near, True)):
            time.sleep(0.005)
            answer = self.send(who, [dict(at(0, 0), unit=unit_id)])
            self.assertEqual((answer["taken"], answer["refused_count"]), (1, 0) if taken else (0, 1), (who.operator, unit_id))
        self.refused(self.taker.post("/v1/positions", {"positions": []}), 403)
        self.refused(self.desk.client().post("/v1/positions", {"positions": []}), 401)
        self.assertEqual(set(self.where(self.crew)), {near})
        self.assertNotIn(south, self.where(self.sender_north))
        self.assertEqual(set(self.where(self.sender_south)), {south})
        self.assertIn(south, self.where(self.taker))

    def test_a_unit_out_of_service_is_nowhere(self):
        gone = unit(self.boss, "GONE", self.north)
        self.send(self.boss, [dict(at(0, 0), unit=gone)])
        self.assertIn(gone, self.where(self.sender))
        version = [row for row in self.boss.ok("GET", "/v1/units")["rows"] if row["id"] == gone][0]["version"]
        self.boss.ok("PUT", "/v1/units/" + gone, {"call_sign": "GONE", "kind": "ambulance", "jurisdiction": self.north, "inactive": True}, key=True, match=version)
        self.assertNotIn(gone, self.where(self.sender))
        self.assertEqual(self.send(self.boss, [dict(at(0, 0), unit=gone)])["refused"][0]["field"], "unit")

    # --- the stream of positions ------------------------------------------------------------------------

    def moved(self, stream, seconds=20):
        return stream.next(names=("positions", "reset"), seconds=seconds)

    def test_the_stream_tells_what_moved_and_to_whom(self):
        near, far, south = (self.units[name] for name in ("near", "far", "south"))
        self.place(near=(0, 0), far=(1, 0), south=(2, 0))
        streams = {name: self.stream(who) for name, who in (("all", self.sender), ("north", self.sender_north), ("south", self.sender_south), ("crew", self.crew))}
        first = {name: self.moved(stream) for name, stream in streams.items()}
        seen = {name: {row["unit"] for row in event.data["positions"]} for name, event in first.items()}
        self.assertTrue({near, far, south} <= seen["all"])
        self.assertTrue({near, far} <= seen["north"] and south not in seen["north"])
        self.assertEqual((seen["south"], seen["crew"]), ({south}, {near}))
        event = first["all"]
        self.assertIsNone(event.id)
        self.assertTrue(abs(event.data["now_ms"] - now_ms()) < 60000)
        row = [row for row in event.data["positions"] if row["unit"] == near][0]
        self.assertEqual(row, self.where(self.sender)[near])
        self.place(far=(5, 0))
        for name in ("all", "north"):
            self.assertEqual([(row["unit"], row["lon"]) for row in self.moved(streams[name]).data["positions"]], [(far, at(5, 0)["lon"])])
        self.place(south=(5, 0))
        self.assertEqual([row["unit"] for row in self.moved(streams["south"]).data["positions"]], [south])
        self.place(near=(6, 0))
        self.assertEqual([row["unit"] for row in self.moved(streams["crew"]).data["positions"]], [near])
        # What a stream was not shown by now, it was never shown.
        self.assertEqual([row["unit"] for row in self.moved(streams["north"]).data["positions"]], [near])
        unseen = b'"unit":"%s","lat"' % south.encode()
        self.assertFalse(any(unseen in streams[name].bytes for name in ("north", "crew")))

    def test_a_slow_reader_gets_the_newest_when_it_reads_again(self):
        slow = self.stream(self.sender, read=False, buffer_bytes=4096)
        quick = self.stream(self.sender)
        for x in range(6):
            self.place(far=(x, 0))
            while at(x, 0)["lon"] not in [row["lon"] for row in self.moved(quick).data["positions"] if row["unit"] == self.units["far"]]:
                pass
        slow.begin_reading()
        lon = None
        while lon != at(5, 0)["lon"]:
            event = self.moved(slow)
            self.assertEqual(event.name, "positions")
            lon = ([row["lon"] for row in event.data["positions"] if row["unit"] == self.units["far"]] or [lon])[0]

    # --- recommendations --------------------------------------------------------------------------------

    def test_the_nearest_by_road(self):
        near, far, south, engine = (self.units[name] for name in ("near", "far", "south", "engine"))
        self.place(near=(4, 0), far=(1, 1), south=(8, 0), engine=(9, 1))
        case = self.case(1, 0)
        answer = self.ask(case)
        self.assertEqual((answer["case"], answer["class"], answer["alarm"], answer["alarms"], answer["profile"]), (case, "fire", 1, 2, "emergency"))
        self.assertEqual((answer["basis"], answer["basis_reason"]), ("road", None))
        self.assertEqual(answer["valid_until_ms"] - answer["made_at_ms"], 600000)
        self.assertEqual(answer["place"], dict(at(1, 0), off_road_m=0))
        self.assertEqual(answer["needs"], [{"capability": name, "count": 1, "here": 0, "found": 1, "short": 0} for name in ("ambulance", "engine")])
        self.assertEqual(self.chosen(answer), {"ambulance": near, "engine": engine})
        rows = {row["unit"]: row for row in answer["units"]}
        self.assertEqual((rows[near]["travel_ms"], rows[near]["rank"], rows[near]["basis"]), (3 * STEP_MS, 1, "road"))
        self.assertEqual(rows[far]["travel_ms"], 18 * STEP_MS + BRIDGE_MS)
        self.assertEqual((rows[south]["rank"], rows[south]["chosen"]), (2, False))
        self.assertIn("other_area", rows[south]["reasons"])
        self.assertEqual(rows[near]["position"]["source"], "device")
        off = [row for row in answer["passed_over"] if row["unit"] == self.units["off"]][0]
        self.assertEqual((off["reason"], off["call_sign"], off["case"]), ("off_duty", "A-4", None))
        ordinary = self.ask(case, query="?profile=ordinary&alarm=2")
        self.assertEqual((ordinary["profile"], ordinary["alarm"], ordinary["needs"][0]["count"]), ("ordinary", 2, 2))
        self.assertEqual({row["unit"]: row for row in ordinary["units"]}[near]["travel_ms"], 6 * STEP_MS)

    def test_a_closed_bridge_changes_the_answer(self):
        self.place(near=(10, 1), far=(5, 0), south=(0, 1), engine=(0, 0))
        case = self.case(10, 0)
        self.assertEqual(self.chosen(self.ask(case))["ambulance"], self.units["near"])
        place = self.close_road()
        answer = self.ask(case)
        self.assertEqual(self.chosen(answer)["ambulance"], self.units["far"])
        self.assertIn((self.units["near"], "no_way"), [(row["unit"], row["reason"]) for row in answer["passed_over"]])
        self.boss.ok("DELETE", "/v1/road-closures/" + place["id"], key=True)
        self.assertEqual(self.chosen(self.ask(case))["ambulance"], self.units["near"])

    def test_recommendations_that_cannot_be(self):
        case = self.case()
        for query, field in (("?alarm=0", "alarm"), ("?alarm=6", "alarm"), ("?alarm=x", "alarm"), ("?alarm=12", "alarm"), ("?alarm=", "alarm"), ("?alarm=1.0000000", "alarm"),
                             ("?profile=fast", "profile"), ("?profile=" + "e" * 99, "profile")):
            self.refused(self.sender.get("/v1/cases/%s/recommendation%s" % (case, query)), 400, field)
        self.refused(self.sender.get("/v1/cases/%s/recommendation?alarm=3" % case), 409, "alarm")
        self.refused(self.sender.get("/v1/cases/%s/recommendation" % open_case(self.boss)["id"]), 409, "lat")
        talk = open_case(self.boss, **dict(at(0, 0), **{"class": "talk"}))["id"]
        self.refused(self.sender.get("/v1/cases/%s/recommendation" % talk), 409, "class")
        self.refused(self.sender.get("/v1/cases/99999/recommendation"), 404)
        self.refused(self.sender_south.get("/v1/cases/%s/recommendation" % case), 404)  # not of its area
        self.refused(self.crew.get("/v1/cases/%s/recommendation" % case), 404)  # not on it
        self.refused(self.desk.client().get("/v1/cases/%s/recommendation" % case), 401)

    def test_units_of_other_areas_are_not_named(self):
        self.place(near=(9, 0), far=(8, 0), south=(0, 0), engine=(3, 0))
        answer = self.sender_north.get("/v1/cases/%s/recommendation" % self.case())
        for name in ("south", "off"):
            self.assertNotIn('"unit":"%s"' % self.units[name], answer.body.decode())
        self.assertNotIn("A-3", answer.body.decode())
        self.assertNotIn("A-4", answer.body.decode())
        self.assertEqual(self.chosen(answer.json())["ambulance"], self.units["far"])

    def test_far_from_roads(self):
        self.place(near=(9, 0))
        far = open_case(self.boss, lat=2.5, lon=1.0, jurisdiction=self.north)["id"]
        answer = self.ask(far)
        self.assertEqual((answer["basis"], answer["basis_reason"], answer["place"]["off_road_m"]), ("straight_line", "outside_area", None))
        self.assertTrue(all(row["basis"] == "straight_line" for row in answer["units"]))

    # --- the dispatch that follows one ------------------------------------------------------------------

    def test_the_record_has_what_was_recommended(self):
        self.place(near=(2, 0), far=(5, 0), engine=(3, 0), south=(9, 1))
        case, other = self.case(), self.case(3)
        answer = self.ask(case)
        units = list(self.chosen(answer).values())
        for text, status in (("123", 409), ("0", 409), ("x", 400), ("-1", 400), ("1" * 19, 400), ("1" * 24, 400)):
            self.refused(self.assign(case, {"units": units, "recommendation": text}), status, "recommendation")
        self.refused(self.assign(case, {"units": units, "recommendation": 5}), 400, "recommendation")
        self.refused(self.assign(case, {"units": units, "content": "YQ=="}), 400, "content", "unknown-field")
        self.refused(self.assign(other, {"units": units, "recommendation": answer["recommendation"]}), 409, "recommendation")
        good = self.assign(case, {"units": units, "recommendation": answer["recommendation"]}, key="follows-1")
        self.assertEqual(good.status, 201, good)
        timeline = self.boss.ok("GET", "/v1/cases/%s/timeline" % case)["events"]
        recommended = [event for event in timeline if event["kind"] == "recommended"]
        self.assertEqual([event["body"] for event in recommended], [answer])
        kinds = [event["kind"] for event in timeline]
        self.assertLess(kinds.index("recommended"), kinds.index("assignment_made"))
        # On the case now: they are not sent for again.
        again = self.ask(case, query="?alarm=2")
        self.assertEqual([(need["capability"], need["here"], need["found"], need["short"]) for need in again["needs"]], [("ambulance", 1, 2, 0), ("engine", 1, 1, 0)])
        self.assertEqual(self.chosen(again), {"ambulance": self.units["far"]})
        busy = {row["unit"]: (row["reason"], row["case"]) for row in self.ask(other)["passed_over"]}
        self.assertEqual(busy[self.units["near"]], ("busy", case))
        # The answer was lost; the server was started anew and knows the recommendation no more.
        self.desk.stop()
        self.desk.start(*self.options)
        for client in (self.boss, self.sender, self.sender_north, self.sender_south, self.taker, self.admin, self.crew, self.gateway):
            client.close()
        version = int(good.headers["etag"].strip('"')) - 1
        body = {"units": units, "recommendation": answer["recommendation"]}
        repeated = self.sender.post("/v1/cases/%s/assignments" % case, body, key="follows-1", match=version)
        self.assertEqual((repeated.status, repeated["replayed"]), (201, True), repeated)
        self.refused(self.assign(case, {"units": [self.units["far"]], "recommendation": answer["recommendation"]}), 409, "recommendation")
        self.clear(case)

    # --- road closures ----------------------------------------------------------------------------------

    def test_a_closure_lives(self):
        stream, board = self.stream(self.sender), Board(self.sender)
        place = self.close_road(name="洪水", until_at_ms=now_ms() + 3600000)
        self.assertEqual((place["kind"], place["form"], place["points"], place["active"], place["name"], place["jurisdiction"]),
                         ("road_closure", "line", BRIDGE, True, "洪水", "1"))
        frame = stream.next()
        self.assertEqual([row["id"] for row in frame.data["upsert"]["place"]], [place["id"]])
        board.apply(frame.data)
        fresh = Board(self.sender)
        last = self.boss.ok("POST", "/v1/cases", {"class": "fire", "jurisdiction": self.north}, key=True)["seq"]  # a frame behind it
        while board.seq < last:
            board.apply(stream.next().data)
        self.assertEqual(board.differs(fresh), [])
        self.assertIn(place["id"], [row["id"] for row in self.sender.ok("GET", "/v1/road-closures")["road_closures"]])
        edges = self.sender.ok("GET", "/v1/roads/closed")
        self.assertEqual((edges["count"], edges["edges"][0]["points"]), (1, [[1, 1.02], [1.004, 1.02]]))
        self.assertEqual((edges["edges"][0]["there_percent"], edges["edges"][0]["back_percent"]), (0, 0))
        self.assertEqual(edges["road_closures"], [{"id": place["id"], "edges": 1}])
        self.assertEqual((place["direction"], place["speed_percent"]), ("both", 0))
        way = self.eta(at(10, 0), at(10, 1))
        self.assertEqual((way["travel_ms"], way["length_m"], way["basis"], way["reason"], way["points"]), (None, None, "road", "no_way", []))
        self.assertEqual(self.boss.ok("DELETE", "/v1/road-closures/" + place["id"], key=True)["place"]["active"], False)
        self.assertEqual(stream.next().data["upsert"]["place"][0]["active"], False)
        self.assertEqual(self.sender.ok("GET", "/v1/roads/closed"), {"edges": [], "count": 0, "road_closures": []})
        self.assertNotIn(place["id"], [row["id"] for row in self.sender.ok("GET", "/v1/road-closures")["road_closures"]])
        self.refused(self.boss.call("DELETE", "/v1/road-closures/" + place["id"], key=True), 409)
        self.refused(self.boss.call("DELETE", "/v1/road-closures/99999", key=True), 404)

    def lift(self, place):
        self.boss.ok("DELETE", "/v1/road-closures/" + place["id"], key=True)

    def test_one_direction_only(self):
        north_to_south = self.close_road([[1.004, 1.02], [1, 1.02]], direction="along")
        self.assertEqual(north_to_south["direction"], "along")
        edges = self.sender.ok("GET", "/v1/roads/closed")
        self.assertEqual([(edge["points"], edge["there_percent"], edge["back_percent"]) for edge in edges["edges"]], [([[1, 1.02], [1.004, 1.02]], 100, 0)])
        self.assertEqual(self.eta(at(10, 0), at(10, 1))["travel_ms"], BRIDGE_MS)
        self.assertEqual(self.eta(at(10, 1), at(10, 0))["reason"], "no_way")
        # Drawn the other way it is the other way that is closed.
        self.lift(north_to_south)
        other = self.close_road([[1, 1.02], [1.004, 1.02]], direction="along")
        self.assertEqual(self.eta(at(10, 0), at(10, 1))["reason"], "no_way")
        self.assertEqual(self.eta(at(10, 1), at(10, 0))["travel_ms"], BRIDGE_MS)
        # A line across closes nothing for its own direction.
        self.lift(other)
        across = self.close_road(direction="along")
        self.assertEqual(self.sender.ok("GET", "/v1/roads/closed"), {"edges": [], "count": 0, "road_closures": [{"id": across["id"], "edges": 0}]})
        self.lift(across)

    def test_slowed_instead_of_closed(self):
        slow = self.close_road(speed_percent=25)
        self.assertEqual(slow["speed_percent"], 25)
        self.assertEqual(self.eta(at(10, 0), at(10, 1))["travel_ms"], 4 * BRIDGE_MS)
        slower = self.close_road(speed_percent=10)
        self.assertEqual(self.eta(at(10, 0), at(10, 1))["travel_ms"], 10 * BRIDGE_MS)
        edges = self.sender.ok("GET", "/v1/roads/closed")["edges"]
        self.assertEqual([(edge["there_percent"], edge["back_percent"]) for edge in edges], [(10, 10)])
        shut = self.close_road()
        self.assertEqual(self.eta(at(10, 0), at(10, 1))["reason"], "no_way")
        for place, travel_ms in ((shut, 10 * BRIDGE_MS), (slower, 4 * BRIDGE_MS), (slow, BRIDGE_MS)):
            self.lift(place)
            self.assertEqual(self.eta(at(10, 0), at(10, 1))["travel_ms"], travel_ms)
        area = self.close_road([[1.001, 1.019], [1.001, 1.021], [1.003, 1.021], [1.003, 1.019]], form="polygon", speed_percent=50)
        self.assertEqual(self.eta(at(10, 0), at(10, 1))["travel_ms"], 2 * BRIDGE_MS)
        self.lift(area)

    def test_a_closure_is_changed(self):
        stream = self.stream(self.sender)
        place = self.close_road(until_at_ms=now_ms() + 3600000)
        stream.next()
        path, version = "/v1/road-closures/" + place["id"], place["version"]
        self.refused(self.sender.call("PATCH", path, {"speed_percent": 50}, key=True), 428)
        self.refused(self.sender.call("PATCH", path, {"speed_percent": 50}, key=True, match=version + 1), 412)
        self.refused(self.sender.call("PATCH", path, {"until_at_ms": 5}, key=True, match=version), 400, "until_at_ms")
        self.refused(self.sender.call("PATCH", path, {"points": BRIDGE}, key=True, match=version), 400, "points")
        self.refused(self.sender_south.call("PATCH", path, {"speed_percent": 50}, key=True, match=version), 403)
        self.refused(self.taker.call("PATCH", path, {"speed_percent": 50}, key=True, match=version), 403)
        changed = self.sender.call("PATCH", path, {"speed_percent": 50, "until_at_ms": None}, key=True, match=version)
        self.assertEqual(changed.status, 200, changed)
        row = stream.next().data["upsert"]["place"][0]
        self.assertEqual((row["speed_percent"], row["until_at_ms"], row["name"], row["points"], row["direction"]), (50, None, "Bridge", BRIDGE, "both"))
        self.assertEqual(self.eta(at(10, 0), at(10, 1))["travel_ms"], 2 * BRIDGE_MS)
        soon = self.sender.call("PATCH", path, {"until_at_ms": now_ms() + 500}, key=True, match=version + 1)
        self.assertEqual(soon.status, 200, soon)
        stream.next()
        self.assertEqual(stream.next(seconds=20).data["upsert"]["place"][0]["active"], False)
        self.refused(self.sender.call("PATCH", path, {"speed_percent": 0}, key=True, match=version + 3), 409)

    def test_a_closure_that_cuts_the_town_in_two(self):
        """Who waits on the other bank is said to have no way; in one direction only who would come from there."""
        case = self.case(9, 1)
        self.place(near=(8, 0), far=(0, 0))

        def said():
            return {row["unit"]: row["reason"] for row in self.ask(case, self.boss)["passed_over"] if row["reason"] == "no_way"}
        self.assertEqual(said(), {})
        banks = {self.units["near"]: "no_way", self.units["far"]: "no_way"}
        for points, more, expected in ((BRIDGE, {}, banks), ([[1, 1.02], [1.004, 1.02]], {"direction": "along"}, banks),
                                       ([[1.004, 1.02], [1, 1.02]], {"direction": "along"}, {}), (BRIDGE, {"speed_percent": 1}, {})):
            place = self.close_road(points, **more)
            found = said()
            self.assertEqual({unit: found.get(unit) for unit in banks}, {unit: expected.get(unit) for unit in banks}, (points, more))
            self.lift(place)
        self.assertEqual(said(), {})

    def test_closures_where_no_road_is(self):
        for points in ([[1.5, 1.5], [1.6, 1.6]], [[-40, 100], [-41, 100]]):
            place = self.close_road(points)
            self.assertEqual(self.sender.ok("GET", "/v1/roads/closed"), {"edges": [], "count": 0, "road_closures": [{"id": place["id"], "edges": 0}]})
            self.lift(place)

    def test_a_closure_ends_by_itself(self):
        stream = self.stream(self.sender)
        place = self.close_road(until_at_ms=now_ms() + 700)
        self.assertEqual(stream.next().data["upsert"]["place"][0]["active"], True)
        self.assertEqual([(row["id"], row["active"]) for row in stream.next(seconds=20).data["upsert"]["place"]], [(place["id"], False)])
        self.assertEqual(self.eta(at(10, 0), at(10, 1))["travel_ms"], BRIDGE_MS)

    def test_a_closure_outlives_the_server(self):
        place = self.close_road()
        self.desk.kill()
        self.desk.start(*self.options)
        for client in (self.boss, self.sender, self.sender_north, self.sender_south, self.taker, self.admin, self.crew, self.gateway):
            client.close()
        self.assertEqual(self.sender.ok("GET", "/v1/positions")["positions"], [])  # these do not
        self.assertEqual(self.eta(at(10, 0), at(10, 1))["reason"], "no_way")
        self.boss.ok("DELETE", "/v1/road-closures/" + place["id"], key=True)
        self.assertEqual(self.eta(at(10, 0), at(10, 1))["reason"], None)

    def test_closures_and_rights(self):
        own = self.close_road(who=self.sender_north)
        self.assertEqual(own["jurisdiction"], self.north)
        self.refused(self.sender_south.call("DELETE", "/v1/road-closures/" + own["id"], key=True), 403)
        for who in (self.taker, self.admin, self.crew, self.gateway):
            self.refused(who.post("/v1/road-closures", {"name": "x", "form": "line", "points": BRIDGE}, key=True), 403)
            self.refused(who.call("DELETE", "/v1/road-closures/" + own["id"], key=True), 403)
        abroad = {"name": "x", "form": "line", "points": BRIDGE, "jurisdiction": self.south}
        self.refused(self.sender_north.post("/v1/road-closures", abroad, key=True), 403, "jurisdiction")
        self.boss.ok("DELETE", "/v1/road-closures/" + own["id"], key=True)

    def test_bad_closures(self):
        good = {"name": "x", "form": "line", "points": BRIDGE}
        for wrong, field in (({"name": ""}, "name"), ({"name": None}, "name"), ({"name": "x" * 96}, "name"), ({"form": None}, "form"), ({"form": "circle"}, "form"),
                             ({"points": None}, "points"), ({"points": []}, "points"), ({"points": [[1, 1]]}, "points"), ({"points": [[1, 1]] * 33}, "points"),
                             ({"points": [[1, 1, 1], [1, 1]]}, "points"), ({"points": [[91, 1], [1, 1]]}, "points"), ({"points": "x"}, "points"),
                             ({"form": "polygon"}, "points"), ({"points": [[1, 1]] * 2}, "points"),
                             ({"form": "polygon", "points": [[1, 1], [2, 2], [1, 2], [2, 1]]}, "points"),
                             ({"form": "polygon", "points": [[1, 1], [2, 2], [1, 2]], "direction": "along"}, "direction"),
                             ({"direction": "back"}, "direction"), ({"direction": 1}, "direction"), ({"speed_percent": 100}, "speed_percent"),
                             ({"speed_percent": -1}, "speed_percent"), ({"speed_percent": 12.5}, "speed_percent"), ({"speed_percent": "5"}, "speed_percent"), ({"until_at_ms": 5}, "until_at_ms"), ({"until_at_ms": "x"}, "until_at_ms"),
                             ({"more": 1}, "more"), ({"active": False}, "active")):
            self.refused(self.boss.post("/v1/road-closures", dict(good, **wrong), key=True), 400, field)
        self.refused(self.boss.post("/v1/road-closures", dict(good, jurisdiction="999"), key=True), 404, "jurisdiction")
        self.refused(self.boss.post("/v1/places", {"kind": "road_closure", "name": "x", "jurisdiction": "1"}, key=True), 409, "kind")

    # --- ways -------------------------------------------------------------------------------------------

    def eta(self, start, end, more=""):
        return self.sender.ok("GET", "/v1/roads/eta?from=%s,%s&to=%s,%s%s" % (start["lat"], start["lon"], end["lat"], end["lon"], more))

    def test_the_way_there(self):
        way = self.eta(at(8, 0), at(8, 1))
        self.assertEqual((way["travel_ms"], way["basis"], way["reason"]), (4 * STEP_MS + BRIDGE_MS, "road", None))
        self.assertTrue(1300 < way["length_m"] < 1350)
        self.assertEqual((way["points"][0], way["points"][-1]), ([1, 1.016], [1.004, 1.016]))
        self.assertEqual((len(way["at_ms"]), way["at_ms"][0], way["at_ms"][-1], way["at_ms"]), (len(way["points"]), 0, way["travel_ms"], sorted(way["at_ms"])))
        # Along the bank, over the bridge, and back along the other bank.
        steps = way["steps"]
        self.assertEqual([(step["manoeuvre"], step["name"]) for step in steps],
                         [("depart", "South Bank"), ("left", "Bridge"), ("left", "North Bank"), ("arrive", "North Bank")])
        self.assertEqual([step["travel_ms"] for step in steps], [2 * STEP_MS, BRIDGE_MS, 2 * STEP_MS, 0])
        self.assertTrue(abs(sum(step["length_m"] for step in steps) - way["length_m"]) <= len(steps))
        self.assertEqual([[step["lat"], step["lon"]] for step in steps], [way["points"][step["at"]] for step in steps])
        self.assertEqual((steps[0]["at"], steps[-1]["at"]), (0, len(way["points"]) - 1))
        self.assertEqual(self.eta(at(8, 0), at(8, 1), "&profile=ordinary")["travel_ms"], 2 * way["travel_ms"])
        here = self.eta(at(8, 0), at(8, 0))
        self.assertEqual((here["travel_ms"], [step["manoeuvre"] for step in here["steps"]]), (0, ["depart", "arrive"]))
        outside = self.eta(at(8, 0), {"lat": 3, "lon": 1})
        self.assertEqual((outside["basis"], outside["reason"], outside["points"], outside["steps"]), ("straight_line", "outside_area", [], []))
        self.assertGreater(outside["travel_ms"], 1000000)

    def test_bad_ways(self):
        for query, field in (("", "from"), ("?from=1,1", "to"), ("?from=1&to=1,1", "from"), ("?from=1,1,1&to=1,1", "from"), ("?from=91,1&to=1,1", "from"),
                             ("?from=1,1&to=1,181", "to"), ("?from=nan,1&to=1,1", "from"), ("?from=,&to=1,1", "from"), ("?from=1,&to=1,1", "from"),
                             ("?from=" + "1" * 99 + ",1&to=1,1", "from"), ("?from=1,1&to=1,1&profile=x", "profile")):
            self.refused(self.sender.get("/v1/roads/eta" + query), 400, field)
        for path in ("/v1/roads/eta?from=1,1&to=1,1", "/v1/roads/closed", "/v1/road-closures", "/v1/positions"):
            self.refused(self.desk.client().get(path), 401)

    # --- machines ---------------------------------------------------------------------------------------

    def test_a_gateway_brings_contacts_and_positions_and_does_nothing_else(self):
        contact = self.gateway.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)["contact"]["id"]
        self.gateway.ok("POST", "/v1/contacts/%s/fixes" % contact, dict(at(0, 0), fix_source="device"), key=True)
        self.gateway.ok("POST", "/v1/contacts/%s/abandon" % contact, {}, key=True)
        self.assertEqual(self.send(self.gateway, [dict(at(0, 0), unit=self.units["near"])])["refused_count"], 0)
        self.assertEqual(self.gateway.ok("GET", "/v1/me")["roles"], ["gateway"])
        other = self.boss.ok("POST", "/v1/contacts", {"channel": "call", "name": "Nomen Nescio"}, key=True)["contact"]["id"]
        case = self.case()
        for method, path, body in (
                ("POST", "/v1/contacts/%s/answer" % other, {}), ("POST", "/v1/contacts/%s/end" % other, {"result": "advice"}),
                ("POST", "/v1/contacts/%s/attach" % other, {"case": case}), ("POST", "/v1/cases", {"class": "fire"}),
                ("POST", "/v1/cases/%s/entries" % case, {"text": "x"}), ("POST", "/v1/cases/%s/events" % case, {"event": "claim"}),
                ("POST", "/v1/cases/%s/assignments" % case, {"units": [self.units["near"]]}), ("PATCH", "/v1/units/" + self.units["near"], {"duty": "off_duty"}),
                ("POST", "/v1/units", {"call_sign": "X", "kind": "car", "jurisdiction": self.north}), ("POST", "/v1/classes", {"classes": []}),
                ("POST", "/v1/operators", {"number": "g", "roles": ["admin"], "jurisdiction": self.north}),
                ("POST", "/v1/road-closures", {"name": "x", "form": "line", "points": BRIDGE})):
            answer = self.gateway.call(method, path, body, key=True, match=1)
            self.assertIn(answer.status, (403, 404), answer)  # 404: a case is not even seen
        self.refused(self.gateway.get("/v1/cases/%s/recommendation" % case), 403)
        of_north = self.boss.ok("POST", "/v1/cases", {"class": "fire", "jurisdiction": self.north}, key=True)["case"]["id"]
        self.refused(self.gateway.get("/v1/cases/" + of_north), 404)
        for path in ("/v1/cases", "/v1/assignments"):
            self.assertEqual(self.gateway.ok("GET", path)["rows"], [])
        self.assertEqual(self.gateway.ok("GET", "/v1/board")["rows"]["case"], [])
        for path in ("/v1/contacts/" + other, "/v1/contacts", "/v1/cases/" + case):  # what is personal it never sees
            self.assertNotIn("Nescio", self.gateway.get(path).body.decode())

    # --- the demo ---------------------------------------------------------------------------------------

    def test_this_is_no_demo(self):
        self.refused(self.desk.client().get("/v1/demo"), 404)


class Starting(unittest.TestCase):
    """Maps that are missing or damaged, and the demo's file: the desk starts, and says what is."""

    @classmethod
    def setUpClass(cls):
        world()
        cls.desk = Desk()
        cls.roads = os.path.join(cls.desk.base, "town.bmr")
        make_roads(cls.roads)
        with open(cls.roads, "rb") as file:
            cls.bytes = file.read()
        cls.desk.start()
        cls.boss = cls.desk.set_up()
        publish(cls.boss, "ambulance:1")
        cls.unit = unit(cls.boss, "A-1")
        cls.case = open_case(cls.boss, **at(1, 0))["id"]

    @classmethod
    def tearDownClass(cls):
        try:
            cls.desk.stop()
        finally:
            cls.desk.close()

    def start(self, *options):
        self.desk.stop()
        self.desk.start(*options)
        self.boss.close()
        return self.boss.ok("GET", "/v1/me")["area"]

    def spoil(self, content):
        path = os.path.join(self.desk.base, "spoilt.bmr")
        with open(path, "wb") as file:
            file.write(content)
        return path

    def test_roads_that_cannot_be_used(self):
        flipped = bytearray(self.bytes)
        flipped[len(flipped) - 100] ^= 4
        newer = bytearray(self.bytes)
        newer[8] = 99
        for name, content, wanted in (
                ("missing", None, "cannot be opened"), ("folder", self.desk.base, "no plain file"), ("empty", b"", "empty"),
                ("truncated", self.bytes[:len(self.bytes) // 2], "cut off"), ("head only", self.bytes[:20], None),
                ("flipped", bytes(flipped), "damaged"), ("newer", bytes(newer), "format 99"), ("foreign", b"PK" * 5000, "no roads file")):
            with self.subTest(name):
                path = os.path.join(self.desk.base, "none.bmr") if content is None else content if isinstance(content, str) else self.spoil(content)
                area = self.start("--roads", path)
                self.assertEqual(area["roads"]["loaded"], False)
                self.assertTrue(area["roads"]["reason"])
                if wanted:
                    self.assertIn(wanted, area["roads"]["reason"])
                self.assertIn("no_roads", self.desk.log_tail())
                self.boss.ok("POST", "/v1/positions", {"positions": [dict(at(1, 1), unit=self.unit)]})
                answer = self.boss.ok("GET", "/v1/cases/%s/recommendation" % self.case)
                self.assertEqual((answer["basis"], answer["basis_reason"], answer["units"][0]["basis"]), ("straight_line", "no_roads", "straight_line"))
                way = self.boss.ok("GET", "/v1/roads/eta?from=1,1&to=1,1.02")
                self.assertEqual((way["basis"], way["reason"], way["points"]), ("straight_line", "no_roads", []))
                self.assertEqual(self.boss.ok("GET", "/v1/roads/closed")["edges"], [])

    def test_a_pipe_is_no_roads(self):
        """It must not hold the desk up until somebody writes into it."""
        path = os.path.join(self.desk.base, "pipe.bmr")
        os.mkfifo(path)
        area = self.start("--roads", path)
        self.assertEqual(area["roads"]["loaded"], False)
        self.assertIn("no plain file", area["roads"]["reason"])

    def test_roads_overwritten_in_place(self):
        """`cp new.bmr roads.bmr` cuts the file that the desk has open, and then puts other bytes there."""
        path = self.spoil(self.bytes)
        self.assertEqual(self.start("--roads", path)["roads"], {"loaded": True, "reason": None})
        self.boss.ok("POST", "/v1/positions", {"positions": [dict(at(1, 1), unit=self.unit)]})
        before = self.boss.ok("GET", "/v1/cases/%s/recommendation" % self.case)["units"]
        self.assertEqual(before[0]["basis"], "road")
        for content in (b"", b"\xff" * len(self.bytes)):
            self.spoil(content)
            after = self.boss.ok("GET", "/v1/cases/%s/recommendation" % self.case)["units"]
            self.assertEqual((after[0]["basis"], after[0]["travel_ms"]), ("road", before[0]["travel_ms"]))

    def test_with_and_without_roads(self):
        area = self.start("--roads", self.roads)
        self.assertEqual(area, {"roads": {"loaded": True, "reason": None}, "tiles": False, "addresses": False})
        area = self.start()
        self.assertIn("--roads", area["roads"]["reason"])
        self.assertEqual(self.start("--tiles", self.spoil(b"no tiles"))["tiles"], False)  # given, and not there

    def test_the_demo(self):
        path = os.path.join(self.desk.base, "demo.json")
        with open(path, "w") as file:
            file.write('{"city":')
        self.start("--demo", path)
        half = self.desk.client().get("/v1/demo")
        self.assertEqual((half.status, half["code"]), (503, "not-ready"))
        self.assertEqual(half.headers["retry-after"], "1")
        os.unlink(path)
        self.assertEqual(self.desk.client().get("/v1/demo").status, 503)
        content = {"city": {"name": "柳州", "name_en": "Willow"}, "accounts": [{"role": "dispatcher", "login": "d", "password": "p", "name": "N"}]}
        with open(path, "w") as file:
            json.dump(content, file)
        self.assertEqual(self.desk.client().ok("GET", "/v1/demo"), content)
