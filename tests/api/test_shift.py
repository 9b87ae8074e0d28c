"""Shifts over HTTP: positions, take-over, hand-over notes and their text, duty of many, levels, rest rules, races."""
import threading
import time
import unittest

from desk import now_ms, open_case
from world import world


def position(code, **more):
    boss = world().boss
    body = dict({"code": code, "name": code, "jurisdiction": "1", "lines": "110-1"}, **more)
    return boss.ok("POST", "/v1/desk-positions", body, key=True)["desk_position"]["id"]


class Positions(unittest.TestCase):
    def test_two_want_one_position(self):
        """Two operators at the same instant: one sits there, the other is told who."""
        people = [world().person("call_taker"), world().person("dispatcher")]
        at = position("race")
        answers = [None, None]

        def sit(i):
            answers[i] = people[i].another().post("/v1/desk-positions/%s/log-on" % at, key=True)

        threads = [threading.Thread(target=sit, args=(i,)) for i in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answer.status for answer in answers), [200, 409])
        winner = [answer.status for answer in answers].index(200)
        refused = answers[1 - winner].json()
        self.assertEqual((refused["code"], refused["field"]), ("conflict", "desk_position"))
        self.assertEqual(refused["operator"], people[winner].operator)
        row = answers[winner].json()["desk_position"]
        self.assertEqual(row["operator"], people[winner].operator)
        self.assertIsInstance(row["since_at_ms"], int)
        people[winner].ok("POST", "/v1/desk-positions/%s/log-off" % at, key=True)

    def test_input(self):
        boss, at = world().boss, position("input")
        for body, status, field in (
                ({"code": "x", "name": "x"}, 422, "jurisdiction"),
                ({"code": "x", "name": "x", "jurisdiction": "1", "next": at}, 422, "rollover_ms"),
                ({"code": "x", "name": "x", "jurisdiction": "1", "next": at, "rollover_ms": 5}, 422, "rollover_ms"),
                ({"code": "x", "name": "x", "jurisdiction": "1", "next": "9999", "rollover_ms": 5000}, 404, "next"),
                ({"code": "input", "name": "x", "jurisdiction": "1"}, 409, "code")):
            answer = boss.post("/v1/desk-positions", body, key=True)
            self.assertEqual(answer.json()["field"], field, body)
            self.assertIn(answer.status, (status, 400), answer.json())
        path = "/v1/desk-positions/%s" % at
        changed = world().put(path, {"code": "input", "name": "by the door", "jurisdiction": "1", "inactive": True})
        self.assertEqual(changed.status, 200, changed.body)
        rows = boss.ok("GET", "/v1/desk-positions?open=1")["rows"]
        self.assertNotIn(at, [row["id"] for row in rows])
        self.assertEqual(world().person("call_taker").post("/v1/desk-positions/%s/log-on" % at, key=True).status, 409)
        self.assertEqual(world().person("call_taker").post("/v1/desk-positions", {}, key=True).status, 400)


class Handover(unittest.TestCase):
    def test_note_and_view(self):
        left, takes = world().person("call_taker"), world().person("supervisor")
        case = open_case(left)
        north = world().person("call_taker", "north")
        note = left.ok("POST", "/v1/handover-notes", {"text": "the keeper of 14 Quay calls back", "shift": "early"}, key=True)["handover"]
        self.assertIsNone(note["personal"])
        view = takes.ok("GET", "/v1/handover")
        told = [each for each in view["notes"] if each["id"] == note["id"]]
        self.assertEqual(told[0]["personal"]["text"], "the keeper of 14 Quay calls back")
        line = [each for each in view["cases"] if each["case"]["id"] == case["id"]][0]
        self.assertEqual((line["case"]["owner"], line["clock"], line["waits_for"]), (left.operator, "dispatch", "desk"))
        self.assertGreaterEqual(line["age_ms"], 0)
        self.assertFalse(line["overdue"])
        self.assertNotIn(note["id"], [each["id"] for each in north.ok("GET", "/v1/handover")["notes"]])
        listed = [each for each in takes.ok("GET", "/v1/handover-notes?open=1")["rows"] if each["id"] == note["id"]]
        self.assertIsNone(listed[0]["personal"])  # the text is for whoever looks, and that is recorded
        take = "/v1/handover-notes/%s/take" % note["id"]
        self.assertEqual(left.post(take, key=True).status, 409)
        taken = takes.ok("POST", take, key=True)["handover"]
        self.assertEqual(taken["taken_by"], takes.operator)
        self.assertEqual(world().person("dispatcher").post(take, key=True).json()["operator"], takes.operator)
        self.assertEqual(left.post("/v1/handover-notes", {"shift": "early"}, key=True).json()["field"], "text")

    def test_a_note_is_erased(self):
        left, takes, basis = world().person("call_taker"), world().person("supervisor"), {"basis": "retention"}
        note = left.ok("POST", "/v1/handover-notes", {"text": "Mrs Au of 14 Quay has a key"}, key=True)["handover"]["id"]
        path = "/v1/handover-notes/%s/erase" % note
        self.assertEqual(takes.post(path, basis, key=True).json()["field"], "handover")  # the next shift must read it first
        takes.ok("POST", "/v1/handover-notes/%s/take" % note, key=True)
        self.assertEqual(left.post(path, basis, key=True).status, 403)
        self.assertEqual(takes.ok("POST", path, basis, key=True)["handover"]["id"], note)
        self.assertEqual(takes.post(path, basis, key=True).status, 409)
        self.assertEqual(takes.post("/v1/handover-notes/999999/erase", basis, key=True).status, 404)

    def test_take_over(self):
        before, after, other = world().person("call_taker"), world().person("dispatcher"), world().person("supervisor")
        cases = [open_case(before)["id"] for _ in range(2)]
        body = {"from": before.operator, "cases": [cases[0]]}
        self.assertEqual(after.ok("POST", "/v1/take-over", body, key="take-%s" % cases[0])["case"]["owner"], after.operator)
        self.assertTrue(after.ok("POST", "/v1/take-over", body, key="take-%s" % cases[0])["replayed"])
        refused = other.post("/v1/take-over", {"from": before.operator, "cases": cases}, key=True)
        self.assertEqual((refused.status, refused.json()["operator"]), (409, after.operator))
        other.ok("POST", "/v1/take-over", {"from": before.operator}, key=True)
        owners = {row["id"]: row["owner"] for row in other.ok("GET", "/v1/cases?newest=1&limit=50")["rows"]}
        self.assertEqual([owners[cases[0]], owners[cases[1]]], [after.operator, other.operator])
        kinds = [event["kind"] for event in other.ok("GET", "/v1/cases/%s/timeline" % cases[1])["events"]]
        self.assertIn("case_taken_over", kinds)
        self.assertEqual(other.post("/v1/take-over", {"from": before.operator}, key=True).json()["field"], "from")


class Duty(unittest.TestCase):
    def test_many_and_their_crews(self):
        sender = world().person("dispatcher")
        units = [world().unit() for _ in range(3)]
        boss = world().boss
        number = "crew-%d" % world().number()
        who = boss.ok("POST", "/v1/operators", {"number": number, "roles": ["unit"], "jurisdiction": "1", "unit": units[0]}, key=True)["operator"]["id"]
        begun = sender.ok("POST", "/v1/crews", {"unit": units[1], "operators": [who], "shift": "early"}, key=True)["stint"]
        self.assertEqual((begun["state"], begun["operator"], begun["rest_ms"]), ("on", who, None))
        off = sender.ok("POST", "/v1/duty", {"units": units, "duty": "off_duty"}, key=True)
        self.assertFalse(off["flagged"])
        duties = {row["id"]: row["duty"] for row in sender.ok("GET", "/v1/units?limit=1000")["rows"]}
        self.assertEqual([duties[unit] for unit in units], ["off_duty"] * 3)
        rows = {row["id"]: row for row in sender.ok("GET", "/v1/stints?newest=1&limit=50")["rows"]}
        self.assertEqual(rows[begun["id"]]["state"], "over")
        self.assertEqual(sender.post("/v1/stints/%s/end" % begun["id"], key=True).status, 409)
        again = sender.ok("POST", "/v1/crews", {"unit": units[2], "operators": [who]}, key=True)["stint"]
        self.assertEqual(sender.ok("POST", "/v1/stints/%s/end" % again["id"], key=True)["stint"]["state"], "over")
        too_many = sender.post("/v1/duty", {"units": [str(n) for n in range(1, 200)], "duty": "on_duty"}, key=True)
        self.assertEqual(too_many.json()["field"], "units")

    def test_level_falls_back_by_itself(self):
        head, boss = world().person("supervisor"), world().boss
        unit = world().unit(on_duty=False)
        code = "L%d" % world().number()
        level = boss.ok("POST", "/v1/duty-levels", {"code": code, "name": "Full", "rank": 2, "jurisdiction": "1", "units": [unit]}, key=True)["duty_level"]
        path = "/v1/duty-levels/%s" % level["id"]
        sender = world().person("dispatcher")
        until = now_ms() + 4000  # time enough for the requests that come first, on a busy machine
        body = {"until_at_ms": until, "reason": "flood"}
        self.assertEqual(sender.call("POST", path + "/raise", body, key=True, match=1).status, 403)
        self.assertEqual(head.post(path + "/raise", {"until_at_ms": until}, key=True, match=1).json()["field"], "reason")
        raised = head.ok("POST", path + "/raise", body, key=True, match=1)["duty_level"]
        self.assertEqual((raised["called_count"], raised["until_at_ms"], raised["reason"]), (1, until, "flood"))
        self.assertEqual(head.call("POST", path + "/raise", body, key=True, match=1).status, 412)  # another has raised it

        def row(table, id):
            return [each for each in head.ok("GET", "/v1/%s?limit=1&after=%d" % (table, int(id) - 1))["rows"]][0]

        self.assertEqual((row("units", unit)["duty"], row("units", unit)["called_by"]), ("on_duty", level["id"]))
        give_up = time.monotonic() + 60
        while row("duty-levels", level["id"])["raised_at_ms"] is not None and time.monotonic() < give_up:
            time.sleep(0.05)
        self.assertIsNone(row("duty-levels", level["id"])["raised_at_ms"])
        self.assertEqual((row("units", unit)["duty"], row("units", unit)["called_by"]), ("off_duty", None))
        self.assertEqual(head.call("POST", path + "/end", {}, key=True, match=3).status, 409)
        raised = head.ok("POST", path + "/raise", dict(body, until_at_ms=now_ms() + 600000), key=True, match=3)["duty_level"]
        self.assertEqual(world().put(path, {"code": code, "name": "x", "jurisdiction": "1"}).status, 409)  # while it is in force
        head.ok("POST", path + "/end", {"reason": "the water falls"}, key=True, match=raised["version"])
        self.assertEqual(row("units", unit)["duty"], "off_duty")
        set_again = {"code": code, "name": "All", "rank": 3, "jurisdiction": "1", "units": [unit]}
        self.assertEqual(world().put(path, set_again).json()["duty_level"]["name"], "All")

    def test_rules_warn_in_plans(self):
        head, boss = world().person("supervisor"), world().boss
        area = world().areas["post"]
        unit = world().unit("post")
        who = boss.ok("POST", "/v1/operators", {"number": "p-%d" % world().number(), "roles": ["unit"], "jurisdiction": area, "unit": unit}, key=True)["operator"]["id"]
        hour = 3600000
        boss.ok("PUT", "/v1/agencies/%s/duty-rule" % area, {"least_rest_ms": 11 * hour, "longest_ms": 12 * hour}, key=True)
        self.assertEqual(boss.call("PUT", "/v1/agencies/%s/duty-rule" % area, {"longest_ms": 0}, key=True, match=1).json()["field"], "longest_ms")
        self.assertEqual(boss.call("PUT", "/v1/agencies/%s/duty-rule" % area, {}, key=True).status, 428)
        self.assertIn(area, [row["id"] for row in head.ok("GET", "/v1/duty-rules")["rows"]])
        start = now_ms() + hour
        plan = {"operators": [who], "unit": unit, "shift": "early", "starts_at_ms": start, "ends_at_ms": start + 8 * hour}
        first = head.ok("POST", "/v1/stints", plan, key=True)["stint"]
        self.assertEqual((first["state"], first["warned"]), ("planned", []))
        second = head.ok("POST", "/v1/stints", dict(plan, starts_at_ms=start + 16 * hour, ends_at_ms=start + 29 * hour), key=True)["stint"]
        self.assertEqual((second["rest_ms"], sorted(second["warned"])), (8 * hour, ["long_shift", "short_rest"]))
        self.assertEqual((second["least_rest_ms"], second["longest_ms"]), (11 * hour, 12 * hour))
        for each in (first, second):
            self.assertEqual(head.ok("DELETE", "/v1/stints/%s" % each["id"], key=True)["stint"]["state"], "cancelled")
        self.assertEqual(head.post("/v1/stints", dict(plan, ends_at_ms=start), key=True).json()["field"], "ends_at_ms")
