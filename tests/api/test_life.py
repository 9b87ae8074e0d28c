"""The life of emergencies over HTTP, from ring to closed, in every variant."""
import unittest
import uuid

from desk import OPEN, now_ms, open_case, assign
from world import world


class Life(unittest.TestCase):
    def setUp(self):
        self.world = world()
        self.desk = self.world.desk
        self.taker = self.world.person("call_taker")
        self.sender = self.world.person("dispatcher")
        self.head = self.world.person("supervisor")

    def case(self, case, client=None):
        return (client or self.sender).ok("GET", "/v1/cases/" + case)

    def version(self, case):
        return self.case(case)["case"]["version"]

    def status(self, assignment, from_, to, client=None, **more):
        return (client or self.sender).post("/v1/assignments/%s/status" % assignment, dict({"from": from_, "to": to}, **more), key=True)

    def refused(self, answer, status, code):
        self.assertEqual((answer.status, answer["code"]), (status, code), repr(answer))
        return answer.json()

    def clear(self, assignment, state):
        self.assertEqual(self.status(assignment, state, "cleared", report_code="done").status, 200)

    def close_case(self, case, outcome="solved"):
        return self.taker.ok("POST", "/v1/cases/%s/events" % case, {"event": "close", "fields": {"outcome": outcome}},
                             key=True, match=self.version(case))["case"]

    # --- contacts ------------------------------------------------------------------------------------

    def test_call_rings_is_answered_and_becomes_a_case(self):
        rang = now_ms() - 4000
        made = self.taker.ok("POST", "/v1/contacts", {
            "channel": "call", "line": "119-1", "rang_at_ms": rang, "lat": 25.0330123, "lon": 121.5654321, "uncertainty_m": 80,
            "fix_source": "network", "number": "0911-222-333", "name": "林小姐", "text": "smoke on the stairs"}, key=True)
        contact = made["contact"]
        self.assertEqual((contact["state"], contact["rang_at_ms"], contact["answered_at_ms"]), ("ringing", rang, None))
        self.assertEqual((contact["lat"], contact["lon"], contact["uncertainty_m"]), (25.0330123, 121.5654321, 80))
        self.assertIsNone(contact["personal"])  # an answer to a command opens nothing
        id = contact["id"]
        clock = [row for row in self.sender.ok("GET", "/v1/board")["rows"]["clock"] if row["contact"] == id]
        self.assertEqual([(row["kind"], row["anchor_at_ms"], row["budget_ms"]) for row in clock], [("answer", rang, 15000)])
        answered = self.taker.ok("POST", "/v1/contacts/%s/answer" % id, key=True)["contact"]
        self.assertEqual((answered["state"], answered["operator"]), ("answered", self.taker.operator))
        told = self.refused(self.sender.post("/v1/contacts/%s/answer" % id, key=True), 409, "stale-status")
        self.assertEqual(told["operator"], self.taker.operator)
        fixed = self.taker.ok("POST", "/v1/contacts/%s/fixes" % id, {"lat": -25.5, "lon": -121.5, "uncertainty_m": 5, "fix_source": "device"},
                              key=True)["contact"]
        self.assertEqual((fixed["lat"], fixed["lon"], fixed["fix_count"], fixed["fix_source"]), (-25.5, -121.5, 2, "device"))
        case = open_case(self.taker, contact=id, address="中山路 5 號", description="smoke", caller_name="林小姐", caller_number="0911")
        self.assertEqual((case["state"], case["owner"], case["first_contact_at_ms"]), ("received", self.taker.operator, rang))
        self.assertEqual((case["lat"], case["lon"]), (-25.5, -121.5))
        sheet = self.case(case["id"])
        self.assertEqual(sheet["case"]["personal"], {"address": "中山路 5 號", "description": "smoke", "caller_name": "林小姐", "caller_number": "0911"})
        self.assertEqual([row["id"] for row in sheet["contacts"]], [id])
        self.assertEqual(sheet["contacts"][0]["personal"], {"number": "0911-222-333", "name": "林小姐", "text": "smoke on the stairs"})
        dispatch = [row for row in sheet["clocks"] if row["kind"] == "dispatch"][0]
        self.assertEqual(dispatch["anchor_at_ms"], rang)  # the citizen's wait began when it rang
        ended = self.taker.ok("POST", "/v1/contacts/%s/end" % id, {"result": "case"}, key=True)["contact"]
        self.assertEqual((ended["state"], ended["result"]), ("ended", "case"))
        self.refused(self.taker.post("/v1/contacts/%s/end" % id, {"result": "case"}, key=True), 409, "stale-status")
        self.refused(self.taker.post("/v1/cases", {"class": "fire", "contact": id}, key=True), 409, "conflict")

    def test_caller_hangs_up(self):
        id = self.taker.ok("POST", "/v1/contacts", {"channel": "silent_call"}, key=True)["contact"]["id"]
        row = self.taker.ok("POST", "/v1/contacts/%s/abandon" % id, key=True)["contact"]
        self.assertEqual(row["state"], "abandoned")
        self.refused(self.taker.post("/v1/contacts/%s/answer" % id, key=True), 409, "stale-status")
        row = self.taker.ok("POST", "/v1/contacts/%s/end" % id, {"result": "not_reached"}, key=True)["contact"]  # rung back
        self.assertEqual((row["state"], row["result"]), ("ended", "not_reached"))

    def test_every_channel(self):
        for channel in ("call", "text", "silent_call", "alarm", "app", "web_form", "letter", "visit", "partner"):
            row = self.taker.ok("POST", "/v1/contacts", {"channel": channel}, key=True)["contact"]
            spoken = channel in ("call", "silent_call")
            self.assertEqual(row["state"], "ringing" if spoken else "waiting")
            self.assertEqual(row["rang_at_ms"] is not None, spoken)
            if not spoken:
                self.refused(self.taker.post("/v1/contacts/%s/abandon" % row["id"], key=True), 409, "stale-status")

    def test_attach(self):
        case = open_case(self.taker)["id"]
        other = open_case(self.taker)["id"]
        first = self.taker.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)["contact"]["id"]
        row = self.taker.ok("POST", "/v1/contacts/%s/attach" % first, {"case": case}, key=True)["contact"]
        self.assertEqual((row["case"], row["state"]), (case, "answered"))
        again = self.taker.ok("POST", "/v1/contacts/%s/attach" % first, {"case": case}, key=True)
        self.assertEqual((again["contact"]["case"], self.case(case)["case"]["contact_count"]), (case, 1))
        row = self.taker.ok("POST", "/v1/contacts/%s/attach" % first, {"case": other}, key=True)["contact"]
        self.assertEqual(row["case"], other)
        self.assertEqual([self.case(id)["case"]["contact_count"] for id in (case, other)], [0, 1])
        self.refused(self.taker.post("/v1/contacts/%s/attach" % first, {"case": "999999"}, key=True), 404, "not-found")

    # --- units on cases --------------------------------------------------------------------------------

    def test_from_ring_to_closed(self):
        crew = self.world.person("unit")
        case = open_case(self.taker, **{"class": "medical"})["id"]
        place = self.world.boss.ok("POST", "/v1/places", {"kind": "facility", "name": "Hospital", "jurisdiction": "1", "lat": 1, "lon": 2},
                                   key=True)["place"]["id"]
        self.assertEqual(crew.get("/v1/cases/" + case).status, 404)
        [id] = assign(self.sender, case, [crew.unit])
        self.assertEqual(crew.ok("GET", "/v1/cases/" + case)["case"]["state"], "assigned")
        steps = ["assigned", "acknowledged", "en_route", "on_scene", "transporting", "at_destination"]
        for from_, to in zip(steps, steps[1:]):
            more = {"destination": place} if to == "transporting" else {}
            row = self.status(id, from_, to, crew, **more)
            self.assertEqual((row.status, row["assignment"]["state"]), (200, to))
            self.assertEqual(self.case(case)["case"]["state"], to)
        self.assertEqual(row["assignment"]["destination"], place)
        self.refused(self.status(id, "at_destination", "cleared", crew), 400, "missing-field")
        answer = self.taker.post("/v1/cases/%s/events" % case, {"event": "close", "fields": {"outcome": "solved"}}, match=self.version(case))
        self.assertEqual(self.refused(answer, 409, "conflict")["unit"], crew.unit)
        row = self.status(id, "at_destination", "cleared", crew, report_code="handed over")
        self.assertEqual((row["assignment"]["state"], row["assignment"]["ended"], row["assignment"]["report_code"]), ("cleared", "done", "handed over"))
        self.assertEqual(crew.get("/v1/cases/" + case).status, 404)  # their part is over
        self.assertEqual(self.case(case)["case"]["state"], "cleared")
        closed = self.close_case(case)
        self.assertEqual((closed["state"], closed["outcome"]), ("closed", "solved"))
        self.assertEqual([row for row in self.case(case)["clocks"] if row["stopped_at_ms"] is None], [])
        self.refused(self.taker.post("/v1/cases/%s/events" % case, {"event": "close", "fields": {"outcome": "solved"}}, match=closed["version"]),
                     409, "not-possible")

    def test_on_view(self):
        crew = self.world.person("unit")
        case = open_case(crew, **{"class": "traffic", "unit": crew.unit})
        self.assertEqual(case["state"], "on_scene")
        [row] = self.case(case["id"])["assignments"]
        self.assertEqual((row["unit"], row["state"]), (crew.unit, "on_scene"))
        other = self.world.unit()
        self.refused(crew.post("/v1/cases", {"class": "fire", "unit": other}, key=True), 403, "forbidden")
        self.refused(crew.post("/v1/cases", {"class": "fire"}, key=True), 403, "forbidden")
        self.assertEqual(self.refused(crew.post("/v1/cases", {"class": "fire", "unit": crew.unit}, key=True), 409, "unit-taken")["case"], case["id"])
        self.clear(row["id"], "on_scene")

    def test_reserve_stack_and_commit(self):
        unit = self.world.unit()
        now, later, third = [open_case(self.taker)["id"] for _ in range(3)]
        [reserved] = assign(self.sender, later, [unit], "reserve")
        self.assertEqual(self.case(later)["case"]["state"], "received")  # a reserved unit has not been sent
        [active] = assign(self.sender, now, [unit])
        [stacked] = assign(self.sender, third, [unit], "stack")
        row = [row for row in self.sender.ok("GET", "/v1/units?limit=1000")["rows"] if row["id"] == unit][0]
        self.assertEqual((row["assignment"], row["case"], row["waiting_count"]), (active, now, 2))
        answer = self.sender.post("/v1/cases/%s/assignments" % third, {"units": [unit], "mode": "stack"}, key=True, match=self.version(third))
        self.refused(answer, 409, "conflict")
        self.assertEqual(self.refused(self.status(stacked, "stacked", "assigned"), 409, "unit-taken")["case"], now)
        self.clear(active, "assigned")
        row = self.status(reserved, "reserved", "assigned")
        self.assertEqual(row["assignment"]["state"], "assigned")
        self.assertEqual(self.status(stacked, "stacked", "cancelled", reason="not_needed")["assignment"]["ended"], "not_needed")
        self.clear(reserved, "assigned")

    def test_reserved_here_is_sent_by_assign(self):
        unit = self.world.unit()
        case = open_case(self.taker)["id"]
        [reserved] = assign(self.sender, case, [unit], "reserve")
        self.assertEqual(assign(self.sender, case, [unit]), [reserved])  # the same assignment goes on
        self.clear(reserved, "assigned")

    def test_divert(self):
        one, two = self.world.unit(), self.world.unit()
        old, new = open_case(self.taker)["id"], open_case(self.taker, **{"class": "violence"})["id"]
        former = assign(self.sender, old, [one, two])
        answer = self.sender.post("/v1/cases/%s/assignments" % new, {"units": [one]}, key=True, match=self.version(new))
        told = self.refused(answer, 409, "unit-taken")
        self.assertEqual((told["unit"], told["case"], told["operator"]), (one, old, self.sender.operator))
        moved = assign(self.sender, new, [one, two], "divert")
        rows = {row["id"]: row for row in self.case(old)["assignments"]}
        self.assertEqual([(rows[id]["state"], rows[id]["ended"]) for id in former], [("cancelled", "diverted")] * 2)
        self.assertEqual((self.case(old)["case"]["state"], self.case(new)["case"]["state"]), ("received", "assigned"))
        for id in moved:
            self.clear(id, "assigned")

    def test_swap(self):
        one, two, busy = self.world.unit(), self.world.unit(), self.world.unit()
        case, other = open_case(self.taker)["id"], open_case(self.taker)["id"]
        [busy_on] = assign(self.sender, other, [busy])
        [id] = assign(self.sender, case, [one])
        self.refused(self.sender.post("/v1/assignments/%s/swap" % id, {"unit": two}, key=True), 428, "version-required")
        self.refused(self.sender.post("/v1/assignments/%s/swap" % id, {"unit": busy}, key=True, match=self.version(case)), 409, "unit-taken")
        self.sender.ok("POST", "/v1/assignments/%s/swap" % id, {"unit": two}, key=True, match=self.version(case))
        rows = {row["unit"]: row for row in self.case(case)["assignments"]}
        self.assertEqual((rows[one]["state"], rows[one]["ended"], rows[two]["state"]), ("cancelled", "swapped", "assigned"))
        self.clear(rows[two]["id"], "assigned")
        self.clear(busy_on, "assigned")

    def test_cancel_frees_the_unit(self):
        unit = self.world.unit()
        case = open_case(self.taker)["id"]
        [id] = assign(self.sender, case, [unit])
        self.assertEqual(self.refused(self.desk.boss.call("PATCH", "/v1/units/" + unit, {"duty": "off_duty"}), 409, "conflict")["case"], case)
        self.assertEqual(self.status(id, "assigned", "cancelled", reason="not_needed")["assignment"]["ended"], "not_needed")
        self.assertEqual(self.case(case)["case"]["state"], "received")
        [id] = assign(self.sender, case, [unit])
        self.clear(id, "assigned")
        self.sender.ok("PATCH", "/v1/units/" + unit, {"duty": "out_of_service"})
        answer = self.sender.post("/v1/cases/%s/assignments" % case, {"units": [unit]}, key=True, match=self.version(case))
        self.assertEqual(self.refused(answer, 409, "conflict")["unit"], unit)

    # --- reports from the field --------------------------------------------------------------------------

    def test_late_status_fills_in(self):
        unit = self.world.unit()
        case = open_case(self.taker)["id"]
        [id] = assign(self.sender, case, [unit])
        row = self.status(id, "assigned", "on_scene")["assignment"]
        answer = self.status(id, "acknowledged", "en_route", occurred_at_ms=row["assigned_at_ms"])
        self.assertEqual((answer.status, answer["flagged"]), (200, False))
        self.assertEqual((answer["assignment"]["state"], answer["assignment"]["en_route_at_ms"]), ("on_scene", row["assigned_at_ms"]))
        self.assertIsNone(answer["assignment"]["acknowledged_at_ms"])  # never reported stays null
        self.clear(id, "on_scene")

    def test_impossible_status_is_kept_and_flagged(self):
        unit = self.world.unit()
        case = open_case(self.taker)["id"]
        [id] = assign(self.sender, case, [unit])
        self.clear(id, "assigned")
        assigned = [row for row in self.case(case)["assignments"] if row["id"] == id][0]["assigned_at_ms"]
        entries = self.case(case)["case"]["entry_count"]
        answer = self.status(id, "on_scene", "transporting", occurred_at_ms=assigned - 1000)  # before it was sent
        self.assertEqual((answer.status, answer["flagged"], answer["assignment"]["state"]), (200, True, "cleared"))
        self.assertEqual(self.case(case)["case"]["entry_count"], entries + 1)
        kept = [event for event in self.sender.ok("GET", "/v1/cases/%s/timeline" % case)["events"] if event["kind"] == "entry_added"][-1]
        self.assertEqual((kept["body"]["kind"], kept["body"]["flagged"]), ("status_kept", True))
        self.assertEqual((kept["body"]["reported_from"], kept["body"]["reported_to"]), ("on_scene", "transporting"))
        told = self.refused(self.status(id, "on_scene", "transporting"), 409, "stale-status")  # without a time: the screen was stale
        self.assertEqual(told["unit"], unit)

    def test_status_skips_and_refuses(self):
        unit = self.world.unit()
        case = open_case(self.taker)["id"]
        [id] = assign(self.sender, case, [unit])
        self.refused(self.status(id, "en_route", "on_scene"), 409, "stale-status")
        self.refused(self.status(id, "assigned", "reserved"), 409, "not-possible")
        self.refused(self.status(id, "assigned", "on_scene", occurred_at_ms=now_ms() + 3600000), 400, "out-of-range")
        self.assertEqual(self.status(id, "assigned", "on_scene")["assignment"]["state"], "on_scene")
        self.refused(self.status(id, "on_scene", "en_route"), 409, "not-possible")
        self.clear(id, "on_scene")

    def test_crew_reports_for_itself_only(self):
        crew = self.world.person("unit")
        other = self.world.unit()
        case = open_case(self.taker)["id"]
        mine, theirs = assign(self.sender, case, [crew.unit, other])
        self.assertEqual(self.status(mine, "assigned", "acknowledged", crew).status, 200)
        self.assertIn(self.status(theirs, "assigned", "acknowledged", crew).status, (403, 404))
        self.assertEqual(crew.post("/v1/cases/%s/entries" % case, {"text": "seen from the road", "kind": "note"}, key=True).status, 201)
        self.clear(mine, "acknowledged")
        self.clear(theirs, "assigned")
        self.assertEqual(crew.call("PATCH", "/v1/units/" + crew.unit, {"duty": "on_duty"}).status, 200)
        self.assertEqual(crew.call("PATCH", "/v1/units/" + other, {"duty": "off_duty"}).status, 404)

    # --- between cases ---------------------------------------------------------------------------------

    def test_merge(self):
        unit, both = self.world.unit(), self.world.unit()
        keep, gone = open_case(self.taker)["id"], open_case(self.taker)["id"]
        contact = self.taker.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)["contact"]["id"]
        self.taker.ok("POST", "/v1/contacts/%s/attach" % contact, {"case": gone}, key=True)
        [sent] = assign(self.sender, gone, [unit])
        assign(self.sender, keep, [both], "reserve")
        [out] = assign(self.sender, gone, [both])
        self.refused(self.taker.post("/v1/cases/%s/merge" % gone, {"into": keep}, key=True), 428, "version-required")
        self.refused(self.taker.post("/v1/cases/%s/merge" % gone, {"into": gone}, key=True, match=self.version(gone)), 409, "conflict")
        self.taker.ok("POST", "/v1/cases/%s/merge" % gone, {"into": keep}, key=True, match=self.version(gone))
        row, sheet = self.case(gone)["case"], self.case(keep)
        self.assertEqual((row["state"], row["merged_into"], row["outcome"]), ("merged", keep, "duplicate"))
        self.assertEqual([row["id"] for row in sheet["contacts"]], [contact])
        self.assertEqual(sorted(row["id"] for row in sheet["assignments"] if OPEN["assignment"](row)), sorted([sent, out], key=str))
        self.assertEqual([row["other"] for row in sheet["links"]], [gone])
        answer = self.taker.post("/v1/cases/%s/events" % gone, {"event": "reopen"}, key=True)
        self.refused(answer, 409, "not-possible")
        answer = self.sender.post("/v1/cases/%s/assignments" % gone, {"units": [unit]}, match=row["version"])
        self.assertEqual(self.refused(answer, 409, "not-possible")["case"], keep)
        self.clear(sent, "assigned")
        self.clear(out, "assigned")

    def test_split(self):
        one, two = self.world.unit(), self.world.unit()
        case = open_case(self.taker, address="here")["id"]
        contact = self.taker.ok("POST", "/v1/contacts", {"channel": "text", "text": "another fire"}, key=True)["contact"]["id"]
        self.taker.ok("POST", "/v1/contacts/%s/attach" % contact, {"case": case}, key=True)
        stays, goes = assign(self.sender, case, [one, two])
        self.refused(self.taker.post("/v1/cases/%s/split" % case, {}, key=True, match=self.version(case)), 400, "missing-field")
        self.refused(self.taker.post("/v1/cases/%s/split" % case, {"contacts": ["99999"]}, key=True, match=self.version(case)), 404, "not-found")
        self.refused(self.taker.post("/v1/cases/%s/split" % case, {"contacts": [contact]}, key=True), 428, "version-required")
        new = self.taker.ok("POST", "/v1/cases/%s/split" % case, {
            "contacts": [contact], "assignments": [goes], "class": "medical", "address": "there"}, key=True, match=self.version(case))["case"]
        self.assertEqual((new["class"], new["state"]), ("medical", "assigned"))
        sheet = self.case(new["id"])
        self.assertEqual(sheet["case"]["personal"], {"address": "there"})
        self.assertEqual([row["id"] for row in sheet["contacts"]], [contact])
        self.assertEqual([row["id"] for row in sheet["assignments"]], [goes])
        self.assertEqual([(row["kind"], row["other"]) for row in sheet["links"]], [("split_from", case)])
        self.assertEqual([row["id"] for row in self.case(case)["assignments"]], [stays])
        self.clear(stays, "assigned")
        self.clear(goes, "assigned")

    def test_link(self):
        one, two, three = [open_case(self.taker)["id"] for _ in range(3)]
        link = lambda a, b, kind: self.taker.post("/v1/cases/%s/link" % a, {"other": b, "kind": kind}, key=True)
        self.assertEqual(link(one, two, "related").status, 201)
        self.refused(link(one, two, "related"), 409, "exists")
        self.refused(link(one, one, "related"), 409, "conflict")
        self.refused(link(one, two, "merged_from"), 400, "unknown-word")
        self.assertEqual(link(one, two, "parent").status, 201)
        self.assertEqual(link(two, three, "parent").status, 201)
        self.refused(link(three, one, "parent"), 409, "conflict")  # not below itself
        self.assertEqual(sorted(row["kind"] for row in self.case(one)["links"]), ["parent", "related"])

    # --- the case itself --------------------------------------------------------------------------------

    def test_change_and_stale_version(self):
        case = open_case(self.taker, address="old", description="kept", caller_name="N")["id"]
        path = "/v1/cases/" + case
        version = self.version(case)
        self.refused(self.taker.call("PATCH", path, {"priority": 2}, key=True), 428, "version-required")
        changed = self.taker.call("PATCH", path, {"priority": 2, "address": "new", "lat": 1.5, "lon": 2.5, "address_verified": True}, key=True, match=version)
        self.assertEqual((changed.status, changed["case"]["version"], changed.headers["etag"]), (200, version + 1, '"%d"' % (version + 1)))
        row = self.case(case)["case"]
        self.assertEqual(row["personal"], {"address": "new", "description": "kept", "caller_name": "N"})
        self.assertEqual((row["priority"], row["lat"], row["lon"], row["address_verified"]), (2, 1.5, 2.5, True))
        told = self.refused(self.sender.call("PATCH", path, {"priority": 3}, key=True, match=version), 412, "stale-version")
        self.assertEqual((told["operator"], told["version"], told["case"]), (self.taker.operator, version + 1, case))
        self.assertTrue(abs(told["at_ms"] - now_ms()) < 60000)
        self.assertIn("operator %s" % self.taker.operator, told["detail"])
        self.assertIn("version %d" % (version + 1), told["detail"])
        self.assertEqual(self.taker.call("PATCH", path, {"caller_name": None, "lat": None, "lon": None}, match=version + 1).status, 200)
        row = self.case(case)["case"]
        self.assertEqual((row["personal"], row["lat"]), ({"address": "new", "description": "kept"}, None))
        self.assertEqual(row["version"], version + 2)

    def test_clock_and_entry_do_not_raise_the_version(self):
        case = open_case(self.taker)["id"]
        version = self.version(case)
        self.assertEqual(self.taker.post("/v1/cases/%s/entries" % case, {"text": "note"}, key=True).status, 201)
        contact = self.taker.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)["contact"]["id"]
        self.taker.ok("POST", "/v1/contacts/%s/attach" % contact, {"case": case}, key=True)
        self.assertEqual(self.version(case), version)

    def test_claim_close_reopen(self):
        case = open_case(self.taker)["id"]
        row = self.sender.ok("POST", "/v1/cases/%s/events" % case, {"event": "claim"}, key=True)["case"]
        self.assertEqual(row["owner"], self.sender.operator)
        close = {"event": "close", "fields": {"outcome": "solved"}}
        self.refused(self.taker.post("/v1/cases/%s/events" % case, close, key=True), 428, "version-required")
        self.refused(self.taker.post("/v1/cases/%s/events" % case, close, key=True, match=1), 412, "stale-version")
        for outcome in ("duplicate", "none"):
            self.refused(self.taker.post("/v1/cases/%s/events" % case, {"event": "close", "fields": {"outcome": outcome}}, match=row["version"]),
                         400, "unknown-word")
        self.refused(self.taker.post("/v1/cases/%s/events" % case, {"event": "close"}, match=row["version"]), 400, "missing-field")
        self.close_case(case, "withdrawn")
        self.refused(self.taker.call("PATCH", "/v1/cases/" + case, {"priority": 1}, match=self.version(case)), 409, "not-possible")
        self.assertEqual(self.taker.post("/v1/cases/%s/entries" % case, {"text": "afterwards"}, key=True).status, 201)
        row = self.taker.ok("POST", "/v1/cases/%s/events" % case, {"event": "reopen"}, key=True)["case"]
        self.assertEqual((row["state"], row["outcome"], row["closed_at_ms"], row["reopen_count"]), ("received", None, None, 1))
        self.assertTrue([row for row in self.case(case)["clocks"] if row["stopped_at_ms"] is None])
        self.refused(self.taker.post("/v1/cases/%s/events" % case, {"event": "reopen"}, key=True), 409, "not-possible")
        self.close_case(case)

    def test_timeline(self):
        case = open_case(self.taker, address="Lane 7")["id"]
        self.taker.ok("POST", "/v1/cases/%s/entries" % case, {"text": "the caller says: two people", "occurred_at_ms": now_ms() - 5000}, key=True)
        events = self.sender.ok("GET", "/v1/cases/%s/timeline" % case)["events"]
        kinds = [event["kind"] for event in events]
        self.assertEqual((kinds[0], kinds[-1]), ("case_opened", "looked"))
        self.assertEqual(events[0]["personal"], {"address": "Lane 7"})
        entry = events[kinds.index("entry_added")]
        self.assertEqual(entry["personal"], {"text": "the caller says: two people"})
        self.assertEqual([event["seq"] for event in events], sorted(event["seq"] for event in events))
        later = self.sender.ok("GET", "/v1/cases/%s/timeline?from=%d" % (case, entry["seq"] - 1))["events"]
        self.assertEqual(later[0]["seq"], entry["seq"])

    def test_erase(self):
        case = open_case(self.taker, address="A", caller_name="B")["id"]
        contact = self.taker.ok("POST", "/v1/contacts", {"channel": "call", "name": "C", "text": "D"}, key=True)["contact"]["id"]
        self.taker.ok("POST", "/v1/contacts/%s/attach" % contact, {"case": case}, key=True)
        self.refused(self.head.post("/v1/cases/%s/erase" % case, {"basis": "law"}, key=True), 409, "not-possible")
        self.close_case(case)
        self.refused(self.head.post("/v1/cases/%s/erase" % case, {}, key=True), 400, "missing-field")
        row = self.head.ok("POST", "/v1/cases/%s/erase" % case, {"basis": "law"}, key=True)["case"]
        self.assertIsNotNone(row["erased_at_ms"])
        sheet = self.case(case)
        self.assertIsNone(sheet["case"]["personal"])
        self.assertEqual([row["personal"] for row in sheet["contacts"]], [None])
        self.assertTrue(all(event["personal"] is None for event in self.sender.ok("GET", "/v1/cases/%s/timeline" % case)["events"]))
        self.refused(self.taker.post("/v1/cases/%s/entries" % case, {"text": "more"}, key=True), 409, "not-possible")
        alone = self.taker.ok("POST", "/v1/contacts", {"channel": "text", "text": "E"}, key=True)["contact"]["id"]
        self.refused(self.head.post("/v1/contacts/%s/erase" % alone, {"basis": "law"}, key=True), 409, "not-possible")
        self.taker.ok("POST", "/v1/contacts/%s/end" % alone, {"result": "advice"}, key=True)
        self.head.ok("POST", "/v1/contacts/%s/erase" % alone, {"basis": "law"}, key=True)
        self.assertIsNone(self.taker.ok("GET", "/v1/contacts/" + alone)["contact"]["personal"])

    def test_erased_then_reopened_loses_no_text_in_silence(self):
        case = open_case(self.taker, address="A")["id"]
        self.close_case(case)
        self.head.ok("POST", "/v1/cases/%s/erase" % case, {"basis": "law"}, key=True)
        if self.taker.post("/v1/cases/%s/events" % case, {"event": "reopen"}, key=True).status == 200:
            answer = self.taker.call("PATCH", "/v1/cases/" + case, {"description": "a new text"}, key=True, match=self.version(case))
            kept = (self.case(case)["case"]["personal"] or {}).get("description")
            self.assertTrue(answer.status == 409 or kept == "a new text", "accepted, and the text is gone: %r" % answer)

    # --- the same request again -------------------------------------------------------------------------

    def test_same_key(self):
        key = uuid.uuid4().hex
        body = {"class": "fire", "address": "once"}
        first, again = self.taker.post("/v1/cases", body, key=key), self.taker.post("/v1/cases", body, key=key)
        self.assertEqual((first.status, again.status), (201, 201))
        self.assertEqual(first["case"]["id"], again["case"]["id"])
        self.assertLessEqual(again["seq"], first["seq"])  # the first of the request's events; the first answer told the last
        self.assertEqual((first["replayed"], again["replayed"]), (False, True))
        self.refused(self.taker.post("/v1/cases", {"class": "fire", "address": "twice"}, key=key), 422, "key-reused")
        self.refused(self.taker.post("/v1/contacts", {"channel": "call"}, key=key), 422, "key-reused")
        other = self.sender.post("/v1/cases", body, key=key)  # keys belong to accounts
        self.assertNotEqual(other["case"]["id"], first["case"]["id"])

    def test_refusal_is_judged_anew(self):
        key = uuid.uuid4().hex
        unit = self.world.unit(on_duty=False)
        body = {"class": "fire", "unit": unit}
        self.refused(self.taker.post("/v1/cases", body, key=key), 409, "conflict")
        self.sender.ok("PATCH", "/v1/units/" + unit, {"duty": "on_duty"})
        self.assertEqual(self.taker.post("/v1/cases", body, key=key).status, 201)
