"""Safety timers of units, and crews that call for help."""
import time
import unittest

from desk import Client
from world import world

from test_intake import add, now_ms, secret_of


class Safety(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world()
        cls.boss = cls.world.boss

    def refused(self, answer, status, field):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.json()["field"], field, answer)

    def timer(self, unit):
        return next((row for row in self.boss.ok("GET", "/v1/check-ins?limit=1000")["rows"] if row["id"] == unit), None)

    def until(self, what):
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            found = what()
            if found:
                return found
            time.sleep(0.05)
        self.fail("it never came")

    def open_duress(self, client, unit):
        return [row for row in client.ok("GET", "/v1/board")["rows"]["duress"] if row["unit"] == unit]

    # --- timers ---------------------------------------------------------------------------------------------

    def test_timer_rings_and_is_answered(self):
        unit = self.world.unit()
        for body in ({}, {"every_s": 4}, {"every_s": 20000}):
            self.refused(self.boss.call("PUT", "/v1/units/%s/check-in" % unit, body), 400, "every_s")
        set_at = now_ms()
        timer = self.boss.ok("PUT", "/v1/units/%s/check-in" % unit, {"every_s": 5}, key=True)["check_in"]
        self.assertTrue(set_at + 5000 <= timer["due_at_ms"] + 50 and timer["rang_at_ms"] is None and timer["every_ms"] == 5000, timer)
        rang = self.until(lambda: (self.timer(unit) or {}).get("rang_at_ms"))
        self.assertTrue(timer["due_at_ms"] <= rang < timer["due_at_ms"] + 10000)
        self.assertIn(unit, [row["id"] for row in self.boss.ok("GET", "/v1/board")["rows"]["check_in"]])
        answered = self.boss.ok("POST", "/v1/units/%s/check-in" % unit, key=True)["check_in"]
        self.assertTrue(answered["rang_at_ms"] is None and answered["due_at_ms"] >= rang + 5000)
        self.boss.ok("DELETE", "/v1/units/%s/check-in" % unit, key=True)
        self.assertIsNone(self.timer(unit))
        self.refused(self.boss.call("POST", "/v1/units/%s/check-in" % unit), 409, "unit")
        self.refused(self.boss.call("DELETE", "/v1/units/%s/check-in" % unit), 409, "unit")

    def test_timer_goes_with_the_assignment(self):
        unit = self.world.unit()
        case = self.boss.ok("POST", "/v1/cases", {"class": "medical", "lat": 1, "lon": 1}, key=True)["case"]
        self.boss.call("POST", "/v1/cases/%s/assignments" % case["id"], {"units": [unit]}, key=True, match=case["version"])
        row = self.boss.ok("GET", "/v1/cases/" + case["id"])["assignments"][0]
        timer = self.boss.ok("PUT", "/v1/units/%s/check-in" % unit, {"every_s": 3600}, key=True)["check_in"]
        self.assertEqual(timer["assignment"], row["id"])
        for state, to in (("assigned", "acknowledged"), ("acknowledged", "en_route")):
            self.boss.ok("POST", "/v1/assignments/%s/status" % row["id"], {"from": state, "to": to}, key=True)
            later = self.timer(unit)
            self.assertGreater(later["due_at_ms"], timer["due_at_ms"])  # any status is a word from the crew
            timer = later
        self.boss.ok("POST", "/v1/assignments/%s/status" % row["id"], {"from": "en_route", "to": "cleared", "report_code": "ok"}, key=True)
        self.assertIsNone(self.timer(unit))
        self.boss.ok("PUT", "/v1/units/%s/check-in" % unit, {"every_s": 3600}, key=True)  # alone: until it goes off duty
        self.boss.ok("PATCH", "/v1/units/%s" % unit, {"duty": "off_duty"}, key=True)
        self.assertIsNone(self.timer(unit))
        self.refused(self.boss.call("PUT", "/v1/units/%s/check-in" % unit, {"every_s": 60}), 409, "unit")

    def test_timer_whose(self):
        crew = self.world.person("unit")
        self.assertEqual(crew.call("PUT", "/v1/units/%s/check-in" % crew.unit, {"every_s": 60}).status, 403)
        self.boss.ok("PUT", "/v1/units/%s/check-in" % crew.unit, {"every_s": 600}, key=True)
        self.assertEqual([row["id"] for row in crew.ok("GET", "/v1/check-ins")["rows"]], [crew.unit])
        self.assertEqual(crew.ok("POST", "/v1/units/%s/check-in" % crew.unit, key=True)["check_in"]["id"], crew.unit)
        self.assertEqual(crew.call("POST", "/v1/units/%s/check-in" % self.world.unit()).status, 404)
        self.assertEqual(crew.call("DELETE", "/v1/units/%s/check-in" % crew.unit).status, 403)
        self.boss.ok("DELETE", "/v1/units/%s/check-in" % crew.unit, key=True)

    # --- crews in danger -------------------------------------------------------------------------------------

    def test_duress_from_button_to_note(self):
        crew, unit = self.world.person("unit"), self.world.person("unit").unit
        for row in self.open_duress(self.boss, unit):
            self.boss.ok("POST", "/v1/duress/%s/acknowledge" % row["id"], {"note": "before"})
        key = "duress-%d" % now_ms()
        first = crew.ok("POST", "/v1/duress", {"lat": 1.5, "lon": 2.5}, key=key)["duress"]
        self.assertEqual((first["unit"], first["raised_by"], first["acknowledged_at_ms"], first["personal"]), (unit, crew.operator, None, None))
        again = crew.ok("POST", "/v1/duress", {"lat": 1.5, "lon": 2.5}, key=key)
        self.assertEqual((again["replayed"], again["duress"]["id"]), (True, first["id"]))
        self.assertEqual(crew.ok("POST", "/v1/duress", {}, key=True)["duress"]["id"], first["id"])  # pressed once more
        for role in ("call_taker", "dispatcher", "supervisor", "admin"):
            self.assertEqual([row["id"] for row in self.open_duress(self.world.person(role), unit)], [first["id"]], role)
        self.assertEqual(self.open_duress(self.world.person("dispatcher", "south"), unit), [])
        taker = self.world.person("call_taker")
        path = "/v1/duress/%s/acknowledge" % first["id"]
        self.assertEqual(crew.call("POST", path, {"note": "x"}).status, 403)
        for body in ({}, {"note": ""}, {"note": " \n "}):
            self.refused(taker.call("POST", path, body), 400, "note")
        done = taker.ok("POST", path, {"note": "Spoke with them; pressed by mistake."}, key=True)["duress"]
        self.assertEqual((done["acknowledged_by"], done["personal"]), (taker.operator, None))
        self.assertEqual(taker.ok("GET", "/v1/duress/" + first["id"])["duress"]["personal"], {"note": "Spoke with them; pressed by mistake."})
        said = self.world.person("dispatcher").call("POST", path, {"note": "me too"})
        self.assertEqual((said.status, said["operator"]), (409, taker.operator))
        self.assertEqual(self.open_duress(self.boss, unit), [])
        self.assertNotEqual(crew.ok("POST", "/v1/duress", {}, key=True)["duress"]["id"], first["id"])
        self.assertEqual(crew.ok("POST", "/v1/duress", {"lat": 1.5, "lon": 2.5}, key=key)["duress"]["id"], first["id"])  # a late repeat of the first

    def acknowledged(self, unit, note, case=False):
        raised = self.boss.ok("POST", "/v1/duress", {"unit": unit, "lat": 1, "lon": 1}, key=True)["duress"]["id"]
        made = self.boss.ok("POST", "/v1/duress/%s/case" % raised, {}, key=True)["case"] if case else None
        self.boss.ok("POST", "/v1/duress/%s/acknowledge" % raised, {"note": note}, key=True)
        self.assertEqual(self.note(raised), {"note": note})
        return raised, made

    def note(self, duress):
        return self.world.person("dispatcher").ok("GET", "/v1/duress/" + duress)["duress"]["personal"]

    def test_the_note_of_a_call_for_help_is_erased(self):
        head, basis = self.world.person("supervisor"), {"basis": "retention"}
        unit = self.world.unit()
        waits = head.ok("POST", "/v1/duress", {"unit": unit}, key=True)["duress"]["id"]
        self.refused(head.call("POST", "/v1/duress/%s/erase" % waits, basis), 409, "id")  # nobody knows of it yet
        self.boss.ok("POST", "/v1/duress/%s/acknowledge" % waits, {"note": "first"}, key=True)
        duress, _ = self.acknowledged(unit, "the driver, Mr Tong, is hurt")
        path = "/v1/duress/%s/erase" % duress
        self.assertEqual(self.world.person("dispatcher").call("POST", path, basis).status, 403)
        self.assertEqual(self.world.person("supervisor", "south").call("POST", path, basis).status, 404)
        self.refused(head.call("POST", path, {}), 400, "basis")
        done = head.ok("POST", path, basis, key=True)["duress"]
        self.assertIsNotNone(done["acknowledged_at_ms"])
        self.assertIsNone(self.note(duress))
        self.assertEqual(self.note(waits), {"note": "first"})
        self.refused(head.call("POST", path, basis, key=True), 409, "id")

    def test_the_note_goes_with_the_case_that_came_of_it(self):
        head = self.world.person("supervisor")
        duress, case = self.acknowledged(self.world.unit(), "one of the crew was bitten", case=True)
        version = head.ok("GET", "/v1/cases/" + case["id"])["case"]["version"]
        head.ok("POST", "/v1/cases/%s/events" % case["id"], {"event": "close", "fields": {"outcome": "solved"}}, key=True, match=version)
        self.assertEqual(self.note(duress), {"note": "one of the crew was bitten"})
        head.ok("POST", "/v1/cases/%s/erase" % case["id"], {"basis": "law"}, key=True)
        self.assertIsNone(self.note(duress))
        kinds = [event["kind"] for event in head.ok("GET", "/v1/cases/%s/timeline" % case["id"])["events"]]
        self.assertIn("note_erased", kinds)

    def test_duress_becomes_a_case(self):
        unit = self.world.unit("north")
        device = add(self.boss, "osmand", "duress-1", unit)
        token = secret_of(self.boss, device)
        for _ in range(3):
            answer = self.world.desk.client().call("GET", "/v1/intake/osmand?id=duress-1&lat=30.25&lon=120.5&alarm=sos&token=" + token)
            self.assertEqual((answer.status, answer.json()), (200, {"taken": True}))
        rows = self.open_duress(self.boss, unit)
        self.assertEqual([(row["device"], row["lat"], row["lon"]) for row in rows], [(device["id"], 30.25, 120.5)])
        path = "/v1/duress/%s/case" % rows[0]["id"]
        self.refused(self.boss.call("POST", path, {"class": "no-such"}), 422, "class")
        case = self.boss.ok("POST", path, {"description": "Duress"}, key=True)["case"]
        self.assertEqual((case["priority"], case["lat"], case["lon"], case["jurisdiction"], case["state"]), (1, 30.25, 120.5, self.world.areas["north"], "received"))
        self.assertEqual(self.boss.ok("GET", "/v1/cases/" + case["id"])["case"]["personal"]["description"], "Duress")
        again = self.boss.call("POST", path, {}, key=True)
        self.assertEqual((again.status, again["case"]), (409, case["id"]))
        self.assertEqual(self.open_duress(self.boss, unit)[0]["case"], case["id"])  # it rings until somebody says what came of it

    def test_duress_by_owntracks_and_for_others(self):
        unit = self.world.unit()
        secret = secret_of(self.boss, add(self.boss, "owntracks", "gil/p", unit))
        body = {"_type": "location", "lat": 5, "lon": 6, "tst": now_ms() // 1000, "topic": "owntracks/gil/p", "poi": "sos"}
        answer = self.world.desk.client().call("POST", "/v1/intake/owntracks?token=" + secret, body)
        self.assertEqual((answer.status, answer.json()), (200, []), answer)
        self.assertEqual(len(self.open_duress(self.boss, unit)), 1)
        other = self.world.unit()
        self.assertEqual(self.world.person("dispatcher").ok("POST", "/v1/duress", {"unit": other}, key=True)["duress"]["unit"], other)  # heard by radio
        placed = self.world.unit()
        self.boss.ok("POST", "/v1/positions", {"positions": [{"unit": placed, "lat": 12.5, "lon": -8.25}]})
        raised = self.boss.ok("POST", "/v1/duress", {"unit": placed}, key=True)["duress"]
        self.assertEqual((raised["lat"], raised["lon"]), (12.5, -8.25))  # where the unit was last
        self.refused(self.world.person("dispatcher").call("POST", "/v1/duress", {}), 400, "unit")
        self.assertEqual(self.world.person("unit").call("POST", "/v1/duress", {"unit": other}).status, 404)
        self.refused(self.boss.call("POST", "/v1/duress", {"unit": other, "lat": 1}), 400, "lon")

    def test_duress_survives_the_desk(self):
        """What was answered is in the record: it rings again after a restart, until it is acknowledged."""
        from desk import Desk
        with Desk() as desk:
            checker, Client.checker = Client.checker, None
            try:
                desk.start()
                boss = desk.set_up()
                unit = desk.unit("R-1")
                raised = boss.ok("POST", "/v1/duress", {"unit": unit}, key=True)["duress"]
                boss.ok("PUT", "/v1/units/%s/check-in" % unit, {"every_s": 600}, key=True)
                desk.kill()
                desk.start()
                rows = boss.ok("GET", "/v1/board")["rows"]
                self.assertEqual(([row["id"] for row in rows["duress"]], [row["id"] for row in rows["check_in"]]), ([raised["id"]], [unit]))
                boss.ok("POST", "/v1/duress/%s/acknowledge" % raised["id"], {"note": "well"}, key=True)
                desk.stop()
                self.assertEqual(desk.run("journal", "rebuild", desk.data, "--check")[0], 0)
                desk.start()
                self.assertEqual(boss.ok("GET", "/v1/duress/" + raised["id"])["duress"]["personal"], {"note": "well"})
            finally:
                Client.checker = checker
