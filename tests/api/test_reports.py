"""Reports over HTTP: answer times of calls whose waits are known, by area and group, who sees what, bad input."""
import unittest

from desk import now_ms
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


if __name__ == "__main__":
    unittest.main()
