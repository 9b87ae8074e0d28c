"""Incidents that were worked on paper, entered afterwards."""
import time
import unittest

from world import world

MINUTE = 60000


class Paper(unittest.TestCase):
    def setUp(self):
        self.world = world()
        self.person = self.world.person("dispatcher")
        self.start = int(time.time() * 1000) - 180 * MINUTE

    def sheet(self, unit=None, **more):
        body = {"sheet": "S-%d" % self.world.number(), "class": "fire", "received_at_ms": self.start, "answered_at_ms": self.start + 4000,
                "ended_at_ms": self.start + 2 * MINUTE, "address": "Paper Lane 4", "description": "smoke, written by hand",
                "caller_name": "Mrs Li", "caller_number": "13800138000"}
        if unit:
            body.update(units=[unit], dispatched_at_ms=self.start + MINUTE, on_scene_at_ms=self.start + 9 * MINUTE, cleared_at_ms=self.start + 60 * MINUTE)
        body.update(more)
        return {name: value for name, value in body.items() if value is not None}

    def test_a_sheet_becomes_a_case_with_its_times(self):
        unit = self.world.unit()
        body = self.sheet(unit, outcome="solved", closed_at_ms=self.start + 61 * MINUTE)
        made = self.person.ok("POST", "/v1/paper-cases", body, key=True)["case"]
        self.assertEqual((made["source"], made["sheet"], made["state"], made["outcome"]), ("paper", body["sheet"], "closed", "solved"))
        self.assertEqual((made["first_contact_at_ms"], made["dispatched_at_ms"], made["on_scene_at_ms"], made["closed_at_ms"]),
                         (self.start, self.start + MINUTE, self.start + 9 * MINUTE, self.start + 61 * MINUTE))
        sheet = self.person.ok("GET", "/v1/cases/" + made["id"])
        self.assertEqual(sheet["case"]["personal"]["address"], "Paper Lane 4")
        self.assertEqual(sheet["case"]["personal"]["caller_number"], "13800138000")
        contact = sheet["contacts"][0]
        self.assertEqual((contact["channel"], contact["state"], contact["rang_at_ms"], contact["answered_at_ms"], contact["ended_at_ms"]),
                         ("call", "ended", self.start, self.start + 4000, self.start + 2 * MINUTE))
        assignment = sheet["assignments"][0]
        self.assertEqual((assignment["unit"], assignment["state"], assignment["en_route_at_ms"], assignment["cleared_at_ms"]),
                         (unit, "cleared", None, self.start + 60 * MINUTE))
        self.assertIsNone([row for row in self.person.ok("GET", "/v1/units?limit=1000")["rows"] if row["id"] == unit][0]["assignment"])
        kinds = {event["kind"]: event for event in self.person.ok("GET", "/v1/cases/%s/timeline" % made["id"])["events"]}
        self.assertEqual(kinds["paper_entered"]["body"]["source"], "paper")
        self.assertEqual(kinds["paper_entered"]["body"]["sheet"], body["sheet"])

    def test_once_and_repeatable(self):
        body = self.sheet(self.world.unit())
        first = self.person.call("POST", "/v1/paper-cases", body, key="paper-" + body["sheet"])
        again = self.person.call("POST", "/v1/paper-cases", body, key="paper-" + body["sheet"])
        self.assertEqual((first.status, again.status, again["replayed"], again["case"]["id"]), (201, 201, True, first["case"]["id"]))
        twice = self.person.call("POST", "/v1/paper-cases", body, key=True)
        self.assertEqual((twice.status, twice["field"], twice["case"]), (409, "sheet", first["case"]["id"]), repr(twice))

    def test_what_is_wrong_is_named(self):
        unit = self.world.unit()
        ahead = int(time.time() * 1000) + 10 * MINUTE
        for field, status, more in (("received_at_ms", 400, {"received_at_ms": None}), ("answered_at_ms", 400, {"answered_at_ms": self.start - 1}),
                                    ("on_scene_at_ms", 400, {"on_scene_at_ms": self.start}), ("cleared_at_ms", 400, {"cleared_at_ms": ahead}),
                                    ("cleared_at_ms", 400, {"cleared_at_ms": None, "outcome": "solved"}), ("units", 404, {"units": ["999999"]}),
                                    ("outcome", 400, {"closed_at_ms": self.start + 100 * MINUTE}), ("sheet", 400, {"sheet": None}), ("sheet", 400, {"sheet": ""}),
                                    ("class", 422, {"class": "nothing"}), ("received_at_ms", 400, {"received_at_ms": "yesterday"}),
                                    ("contact_keys", 400, {"contact_keys": "AAAA"}), ("written_by", 404, {"written_by": "999999"})):
            answer = self.person.call("POST", "/v1/paper-cases", self.sheet(unit, **more), key=True)
            self.assertEqual((answer.status, answer["field"]), (status, field), repr(answer))

    def test_a_running_one_commits_its_unit(self):
        unit = self.world.unit()
        made = self.person.ok("POST", "/v1/paper-cases", self.sheet(unit, cleared_at_ms=None), key=True)["case"]
        self.assertEqual(made["state"], "on_scene")
        again = self.person.call("POST", "/v1/paper-cases", self.sheet(unit, cleared_at_ms=None), key=True)
        self.assertEqual((again.status, again["field"], again["case"]), (409, "units", made["id"]), repr(again))
