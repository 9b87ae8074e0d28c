"""Reports over HTTP: answer times of calls whose waits are known, by area and group, who sees what, bad input."""
import csv
import io
import unittest
import zipfile

from desk import now_ms, open_case
from world import world

HOUR = 3600 * 1000


class AnswerReport(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        shared = world()
        cls.area = shared.desk.agency("RING")
        cls.south = shared.person("supervisor", "south")
        cls.one = shared.desk.operator("RING-1", ["call_taker"], cls.area)
        cls.two = shared.desk.operator("RING-2", ["call_taker", "supervisor"], cls.area)
        cls.began = (now_ms() - 3 * HOUR) // HOUR * HOUR
        waits = [3, 5, 9, 12, 15, 16, 30]
        for i, wait in enumerate(waits):
            who = (cls.one, cls.two)[i % 2]
            id = cls.ring(who, i * 1000)
            who.ok("POST", "/v1/contacts/%s/answer" % id, {"occurred_at_ms": cls.began + (i + wait) * 1000}, key=True)
            who.ok("POST", "/v1/contacts/%s/end" % id, {"result": ("nuisance", "misdial", "silent", "case")[min(i, 3)]}, key=True)
        for given_up in (4, 25):
            id = cls.ring(cls.one, HOUR)
            cls.one.ok("POST", "/v1/contacts/%s/abandon" % id, {"occurred_at_ms": cls.began + HOUR + given_up * 1000}, key=True)
        cls.ring(cls.one, HOUR)
        cls.one.ok("POST", "/v1/contacts", {"channel": "text", "rang_at_ms": cls.began, "text": "help"}, key=True)

    @classmethod
    def ring(cls, who, after_ms):
        return who.ok("POST", "/v1/contacts", {"channel": "call", "line": "110", "rang_at_ms": cls.began + after_ms}, key=True)["contact"]["id"]

    def ask(self, more="", who=None):
        return (who or world().boss).ok("GET", "/v1/reports/answer?from_ms=%d&to_ms=%d&jurisdiction=%s%s" % (
            self.began, self.began + 2 * HOUR, self.area, more))

    def test_figures_by_hand(self):
        report = self.ask()
        everything = report["all"]
        self.assertEqual({name: everything[name] for name in ("offered", "answered", "abandoned", "abandoned_short", "ringing", "elsewhere", "out_of_order")},
                         {"offered": 10, "answered": 7, "abandoned": 2, "abandoned_short": 1, "ringing": 1, "elsewhere": 0, "out_of_order": 0})
        self.assertEqual([everything[name] for name in ("median_ms", "p90_ms", "p95_ms", "longest_ms")], [12000, 30000, 30000, 30000])
        self.assertEqual(everything["results"], {"none": 3, "nuisance": 1, "misdial": 1, "silent": 1, "case": 4})
        self.assertEqual(report["left_out"], {"text": 1})
        shares = {(band["name"], band["most_ms"], band["percent"]): share for band, share in zip(report["bands"], everything["bands"])}
        self.assertEqual(len(report["bands"]), len(everything["bands"]))
        self.assertEqual(shares["NENA", 15000, 90], {"numerator": 5, "denominator": 7, "denominator_offered": 8, "held": False})
        self.assertEqual(shares["110", 10000, 0], {"numerator": 3, "denominator": 7, "denominator_offered": 8, "held": None})
        self.assertTrue(all(band["source"] and band["certainty"] for band in report["bands"]))

    def test_groups(self):
        hours = self.ask("&by=hour")["groups"]
        self.assertEqual([(hour["at_ms"], hour["offered"]) for hour in hours], [(self.began, 7), (self.began + HOUR, 3)])
        people = self.ask("&by=operator")["groups"]
        self.assertEqual([(group["operator"], group["offered"]) for group in people], [(None, 3), (self.one.operator, 4), (self.two.operator, 3)])
        self.assertEqual([(group["line"], group["offered"]) for group in self.ask("&by=line")["groups"]], [("110", 10)])
        self.assertEqual(self.ask("&short_s=3600")["all"]["abandoned_short"], 2)

    def test_only_what_they_may_see(self):
        self.assertEqual(self.ask(who=self.south)["all"]["offered"], 0)
        self.assertEqual(self.ask(who=self.one)["all"]["offered"], 10)
        self.assertEqual(self.one.get("/v1/reports/answer?by=operator").status, 403)

    def test_bad_input_names_the_field(self):
        for query, field in (("from_ms=x", "from_ms"), ("from_ms=5&to_ms=5", "to_ms"), ("by=week", "by"), ("jurisdiction=0", "jurisdiction"),
                             ("short_s=-1", "short_s"), ("zone_min=9000", "zone_min"), ("silent=2", "silent"), ("to_ms=12e3", "to_ms")):
            answer = world().boss.get("/v1/reports/answer?" + query)
            self.assertEqual((answer.status, answer.json()["field"]), (400, field), query)

    def test_as_a_file(self):
        path = "/v1/reports/answer?from_ms=%d&to_ms=%d&jurisdiction=%s&by=operator&format=" % (self.began, self.began + 2 * HOUR, self.area)
        answer = world().boss.get(path + "csv&lang=zh-Hans&bom=1")
        self.assertEqual(answer.status, 200)
        self.assertRegex(answer.headers["content-disposition"], r'^attachment; filename="answer-\d{4}-\d\d-\d\d\.csv"$')
        self.assertEqual(answer.headers["content-type"], "text/csv; charset=utf-8")
        text = answer.body.decode("utf-8-sig")
        self.assertTrue(answer.body.startswith(b"\xef\xbb\xbf"))
        rows = list(csv.reader(io.StringIO(text)))
        self.assertEqual(rows[0][:4], ["分组", "呼入", "接听", "放弃"])
        self.assertEqual(rows[1][:3] + rows[1][8:12], ["全部", "10", "7", "12.000", "30.000", "30.000", "30.000"])
        self.assertEqual([row[:2] for row in rows[2:5]], [["", "3"], ["RING-1", "4"], ["RING-2", "3"]])
        answer = world().boss.get(path + "xlsx")
        with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
            self.assertIsNone(archive.testzip())
        self.assertEqual(world().boss.get(path + "pdf").json()["field"], "format")
        self.assertEqual(world().boss.get(path + "csv&lang=fr").json()["field"], "lang")


class IntervalReport(unittest.TestCase):
    """Two incidents in an area of their own: one with two units, of which one turned back; one that nobody was sent to."""

    @classmethod
    def setUpClass(cls):
        shared = world()
        cls.area = shared.desk.agency("SPAN")
        cls.sender = shared.desk.operator("SPAN-1", ["call_taker", "dispatcher", "supervisor"], cls.area)
        cls.units = [shared.desk.unit(name, cls.area) for name in ("SPAN-A", "SPAN-B")]
        cls.began = now_ms()
        contact = cls.sender.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)["contact"]["id"]
        cls.sender.ok("POST", "/v1/contacts/%s/answer" % contact, key=True)
        cls.case = open_case(cls.sender, contact=contact)["id"]
        open_case(cls.sender)
        version = cls.sender.ok("GET", "/v1/cases/" + cls.case)["case"]["version"]
        cls.sender.ok("POST", "/v1/cases/%s/assignments" % cls.case, {"units": cls.units}, key=True, match=version)
        cls.ids = {row["unit"]: row["id"] for row in cls.sender.ok("GET", "/v1/cases/" + cls.case)["assignments"]}
        one, two = (cls.ids[unit] for unit in cls.units)
        for id, steps in ((one, ["acknowledged", "en_route", "on_scene", "cleared"]), (two, ["acknowledged", "en_route"])):
            before = "assigned"
            for step in steps:
                cls.sender.ok("POST", "/v1/assignments/%s/status" % id, dict({"from": before, "to": step}, **({"report_code": "done"} if step == "cleared" else {})), key=True)
                before = step
        cls.sender.ok("POST", "/v1/assignments/%s/status" % two, {"from": "en_route", "to": "cancelled", "reason": "not_needed"}, key=True)

    def ask(self, more="", who=None):
        return (who or world().boss).ok("GET", "/v1/reports/intervals?from_ms=%d&jurisdiction=%s%s" % (self.began - 1000, self.area, more))

    def test_against_the_record(self):
        everything = self.ask()["all"]
        self.assertEqual((everything["cases"], everything["without_unit"], everything["units"]), (2, 1, 2))
        self.assertEqual(everything["turned_back"], {"numerator": 1, "denominator": 2})
        self.assertEqual(everything["ended"], {"done": 1, "not_needed": 1})
        sheet = self.sender.ok("GET", "/v1/cases/" + self.case)
        rows = {row["id"]: row for row in sheet["assignments"]}
        first = rows[self.ids[self.units[0]]]
        found = {(figure["measure"], figure["of"]): figure for figure in everything["figures"]}
        travel = found["travel", "all"]
        self.assertEqual((travel["count"], travel["missing"], travel["called_off"]), (1, 1, 1))
        self.assertEqual(travel["median_ms"], first["on_scene_at_ms"] - first["en_route_at_ms"])
        response = found["response", "first"]
        self.assertEqual((response["count"], response["median_ms"]), (1, first["on_scene_at_ms"] - sheet["case"]["first_contact_at_ms"]))
        processing = found["processing", "first"]
        sent = min(row["assigned_at_ms"] for row in rows.values())
        self.assertEqual((processing["count"], processing["median_ms"]), (1, sent - sheet["contacts"][0]["answered_at_ms"]))
        self.assertEqual(found["report_back", "first"]["count"], 1)

    def test_groups_and_audience(self):
        units = self.ask("&by=unit")["groups"]
        self.assertEqual([(group["unit"], group["turned_back"]["numerator"]) for group in units], [(self.units[0], 0), (self.units[1], 1)])
        [group] = self.ask("&by=class")["groups"]
        self.assertEqual((group["class"], group["cases"]), ("fire", 2))
        self.assertEqual(self.ask(who=world().person("supervisor", "south"))["all"]["cases"], 0)
        answer = world().boss.get("/v1/reports/intervals?jurisdiction=%s&by=unit&format=csv" % self.area)
        names = [row[0] for row in csv.reader(io.StringIO(answer.body.decode())) if row]
        self.assertIn("SPAN-B", names)

    def test_one_page_after_the_event(self):
        record = self.sender.ok("GET", "/v1/cases/%s/record" % self.case)
        self.assertFalse(record["more"])
        self.assertEqual([event["seq"] for event in record["events"]], sorted(event["seq"] for event in record["events"]))
        kinds = [event["kind"] for event in record["events"]]
        for kind in ("contact_received", "contact_moved", "case_opened", "assignment_made", "assignment_moved", "clock_started", "looked"):
            self.assertIn(kind, kinds)
        timeline = self.sender.ok("GET", "/v1/cases/%s/timeline" % self.case)["events"]
        self.assertLess({event["seq"] for event in timeline}, {event["seq"] for event in record["events"]})
        self.assertEqual((record["case"]["id"], len(record["assignments"]), len(record["contacts"])), (self.case, 2, 1))
        rows = list(csv.reader(io.StringIO(self.sender.get("/v1/cases/%s/record?format=csv&lang=en&zone_min=480" % self.case).body.decode())))
        self.assertEqual(rows[0], ["Place in the record", "Recorded at", "Happened at", "By", "Kind", "What", "Said"])
        self.assertEqual([row[0] for row in rows[1:len(kinds) + 1]], [str(event["seq"]) for event in record["events"]])
        opened = next(row for row in rows if row[4] == "case_opened")
        self.assertEqual((opened[3], "class: fire" in opened[5]), ("SPAN-1", True))
        self.assertEqual(world().person("supervisor", "south").get("/v1/cases/%s/record" % self.case).status, 404)
        self.assertEqual(self.sender.get("/v1/cases/%s/record?format=doc" % self.case).json()["field"], "format")
        crew = self.sender.get("/v1/cases/999999/record")
        self.assertEqual(crew.status, 404)

    def test_own_bands(self):
        boss = world().boss
        presets = boss.ok("GET", "/v1/reports/presets")["bands"]
        self.assertTrue(presets and all(band["source"] for band in presets))
        self.assertEqual(self.ask()["bands_of"], "presets")
        body = {"name": "county", "measure": "travel", "most_ms": 600000, "percent": 90, "class": "fire", "source": "order 7", "certainty": "local"}
        band = boss.ok("POST", "/v1/bands", body, key=True)["band"]
        self.assertIn(band["id"], [row["id"] for row in boss.ok("GET", "/v1/bands")["rows"]])
        try:
            made = self.ask()
            self.assertEqual((made["bands_of"], len(made["bands"]), made["bands"][0]["source"]), ("desk", 1, "order 7"))
            travel = next(figure for figure in made["all"]["figures"] if (figure["measure"], figure["of"]) == ("travel", "all"))
            self.assertEqual(travel["bands"], [{"numerator": 1, "denominator": 1, "held": True}])
            self.assertEqual(boss.call("PUT", "/v1/bands/%s" % band["id"], body, key=True).status, 428)
        finally:
            answer = boss.call("PUT", "/v1/bands/%s" % band["id"], dict(body, inactive=True), key=True, match=1)
        self.assertEqual((answer.status, answer.json()["band"]["active"]), (200, False))
        self.assertEqual(self.ask()["bands_of"], "presets")
        for wrong, field in (({"most_ms": 5}, "most_ms"), ({"percent": 101}, "percent"), ({"measure": "x"}, "measure"), ({"source": None}, "source"),
                             ({"measure": "answer"}, "class")):
            self.assertEqual(boss.post("/v1/bands", dict(body, **wrong), key=True).json()["field"], field)
        self.assertEqual(self.sender.post("/v1/bands", body, key=True).status, 403)


if __name__ == "__main__":
    unittest.main()
