"""Where callers are: AML messages of their phones, and the link that a caller opens."""
import time
import unittest

from desk import Desk, Stream
from world import world

SMS = 'A"ML=1;lt=+31.23040;lg=+121.47370;rd=%d;top=%s;lc=90;pm=G;si=123456789012345;ei=1234567890123456;mcc=460;mnc=00;ml=128'


def stamp(ago_s=5):
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() - ago_s))


class Locate(unittest.TestCase):
    def setUp(self):
        self.world = world()
        self.gate = self.world.person("gateway")
        self.taker = self.world.person("dispatcher")

    def number(self):
        return "+86 139 %04d %04d" % (self.world.number(), self.world.number())

    def call(self, number):
        return self.gate.ok("POST", "/v1/contacts", {"channel": "call", "number": number}, key=True)["contact"]["id"]

    def contact(self, id):
        return self.taker.ok("GET", "/v1/contacts/" + id)["contact"]

    def aml(self, **body):
        return self.gate.ok("POST", "/v1/intake/aml", body)

    def test_a_phone_finds_its_call_by_the_number(self):
        number = self.number()
        id = self.call(number)
        self.assertEqual(self.aml(number=number.replace(" ", ""), sms=SMS % (50, stamp())), {"contact": id, "held": False})
        contact = self.contact(id)
        self.assertEqual((contact["lat"], contact["lon"], contact["uncertainty_m"], contact["fix_source"], contact["fix_count"]),
                         (31.2304, 121.4737, 50, "device", 1))
        form = "v=1&device_number=%s&location_latitude=31.2310&location_longitude=121.4740&location_time=%d&location_accuracy=8.2" % (
            number.replace(" ", "").replace("+", "%2B"), int(time.time() * 1000))
        self.assertEqual(self.aml(form=form)["contact"], id)
        fixes = self.taker.ok("GET", "/v1/contacts/%s/fixes" % id)["fixes"]
        self.assertEqual([fix["fix"]["uncertainty_m"] for fix in fixes], [9, 50])
        # The track ends with the case.
        case = self.taker.ok("POST", "/v1/cases", {"class": "fire", "contact": id}, key=True)["case"]
        self.assertEqual(len(self.taker.ok("GET", "/v1/contacts/%s/fixes" % id)["fixes"]), 2)
        self.taker.ok("POST", "/v1/cases/%s/events" % case["id"], {"event": "close", "fields": {"outcome": "solved"}}, key=True, match=case["version"])
        self.assertEqual(self.taker.get("/v1/contacts/%s/fixes" % id).status, 409)

    def close(self, case):
        self.taker.ok("POST", "/v1/cases/%s/events" % case["id"], {"event": "close", "fields": {"outcome": "solved"}}, key=True, match=case["version"])

    def open(self, id, **more):
        return self.taker.ok("POST", "/v1/cases", dict({"class": "fire", "contact": id}, **more), key=True)["case"]

    def call_with_its_place(self, number):
        """A call whose place came before it: as it stands once it has it."""
        stream = Stream(self.taker, start=self.taker.ok("GET", "/v1/board")["seq"])
        id = self.call(number)
        while True:
            rows = [row for row in stream.next(("message",)).data.get("upsert", {}).get("contact", []) if row["id"] == id]
            if rows and rows[0]["fix_count"]:
                stream.close()
                return rows[0]

    def test_who_calls_again_after_a_closed_case_is_found_by_the_new_call(self):
        number = self.number()
        self.close(self.open(self.call(number)))
        self.assertEqual(self.aml(number=number, sms=SMS % (5, stamp())), {"contact": None, "held": True})
        row = self.call_with_its_place(number)
        self.assertEqual(row["uncertainty_m"], 5)

    def test_a_newer_call_that_is_over_does_not_hide_an_open_one(self):
        number = self.number()
        first, second = self.call(number), self.call(number)
        self.open(first)
        case = self.open(second)
        self.assertEqual(self.aml(number=number, sms=SMS % (5, stamp()))["contact"], second)
        self.close(case)
        self.assertEqual(self.aml(number=number, sms=SMS % (6, stamp()))["contact"], first)
        version = self.taker.ok("GET", "/v1/cases/" + case["id"])["case"]["version"]
        self.taker.ok("POST", "/v1/cases/%s/events" % case["id"], {"event": "reopen"}, key=True, match=version)
        self.assertEqual(self.aml(number=number, sms=SMS % (7, stamp()))["contact"], second)

    def test_a_corrected_number_finds_the_contact_of_its_case(self):
        wrong, right, better = self.number(), self.number(), self.number()
        self.assertEqual(self.aml(number=right, sms=SMS % (30, stamp())), {"contact": None, "held": True})
        id = self.call(wrong)
        case = self.open(id, caller_number=wrong)
        self.assertEqual(self.contact(id)["fix_count"], 0)
        stream = Stream(self.taker, start=self.taker.ok("GET", "/v1/board")["seq"])
        case = self.taker.ok("PATCH", "/v1/cases/" + case["id"], {"caller_number": right}, key=True, match=case["version"])["case"]
        while True:  # what was held for the right number comes to it
            rows = [row for row in stream.next(("message",)).data.get("upsert", {}).get("contact", []) if row["id"] == id]
            if rows and rows[0]["fix_count"]:
                break
        stream.close()
        self.assertEqual(self.aml(number=right, sms=SMS % (5, stamp())), {"contact": id, "held": False})
        self.assertEqual(self.aml(number=wrong, sms=SMS % (5, stamp())), {"contact": id, "held": False})  # it did call from there
        self.taker.ok("PATCH", "/v1/cases/" + case["id"], {"caller_number": better}, key=True, match=case["version"])
        self.assertEqual(self.aml(number=better, sms=SMS % (5, stamp()))["contact"], id)
        self.assertEqual(self.aml(number=right, sms=SMS % (5, stamp())), {"contact": None, "held": True})

    def test_the_newest_places_come_first_and_the_rest_by_pages(self):
        """More than were ever shown at once; between them are events of other kinds."""
        id = self.call(self.number())
        for number in range(1, 1042):
            self.gate.ok("POST", "/v1/contacts/%s/fixes" % id, {"lat": 31, "lon": 121, "uncertainty_m": number, "fix_source": "device"}, key=True)
            if number % 400 == 0:
                self.taker.ok("POST", "/v1/contacts/%s/locate" % id, {"step": "ask"}, key=True)
        found, before, pages = [], "", 0
        while before is not None:
            page = self.taker.ok("GET", "/v1/contacts/%s/fixes%s" % (id, before and "?before=" + before))
            found += [fix["fix"]["uncertainty_m"] for fix in page["fixes"]]
            before, pages = page["next"], pages + 1
        self.assertEqual((found, pages), (list(range(1041, 0, -1)), 11))
        self.assertEqual(self.taker.ok("GET", "/v1/contacts/%s/fixes?before=1" % id)["fixes"], [])
        self.assertEqual(self.taker.get("/v1/contacts/%s/fixes?before=x" % id).status, 400)

    def test_a_place_that_comes_before_its_call_is_kept(self):
        number = self.number()
        self.assertEqual(self.aml(number=number, sms=SMS % (30, stamp())), {"contact": None, "held": True})
        row = self.call_with_its_place(number)
        self.assertEqual((row["uncertainty_m"], row["fix_source"]), (30, "device"))
        self.assertEqual(self.contact(row["id"])["fix_count"], 1)

    def test_what_is_wrong_is_named(self):
        number = self.number()
        for body, status, field in (({"sms": SMS % (5, stamp())}, 400, "number"), ({"number": number}, 400, "sms"), ({"number": number, "sms": "hello"}, 400, "sms"),
                                    ({"number": number, "sms": 'A"ML=1;lt=91;lg=1'}, 400, "lt"), ({"number": number, "data": "41F"}, 400, "data"),
                                    ({"number": "one one zero", "sms": SMS % (5, stamp())}, 400, "number"), ({"number": number, "form": "v=1&x=%4"}, 400, "form"),
                                    ({"number": number, "sms": 'A"ML=1;lt=N;lg=N;pm=N'}, 404, "")):
            answer = self.gate.call("POST", "/v1/intake/aml", body)
            self.assertEqual((answer.status, answer["field"]), (status, field), repr(answer))
        self.assertEqual(self.world.person("unit").call("POST", "/v1/intake/aml", {"number": number, "sms": SMS % (5, stamp())}).status, 403)

    def test_a_caller_agrees_sends_and_stops(self):
        public = self.world.desk.client()
        id = self.call(self.number())
        self.assertEqual(self.taker.ok("GET", "/v1/contacts/%s/locate" % id)["code"], None)
        asked = self.taker.ok("POST", "/v1/contacts/%s/locate" % id, {"step": "ask"}, key=True)["contact"]
        self.assertEqual(asked["locating"], "asked")
        link = self.taker.ok("GET", "/v1/contacts/%s/locate" % id)
        self.assertEqual(link["path"], "/locate#" + link["code"])
        path = "/public/locations/" + link["code"]
        fix = {"step": "fix", "lat": 31.25, "lon": 121.5, "uncertainty_m": 20}
        self.assertEqual(public.ok("GET", path)["state"], "asked")
        self.assertEqual(public.call("POST", path, fix).status, 409)
        self.assertEqual(public.call("POST", path, {"step": "ask"}).status, 403)
        self.assertEqual(public.ok("POST", path, {"step": "agree"}), {"done": True})
        public.ok("POST", path, fix)
        contact = self.contact(id)
        self.assertEqual((contact["locating"], contact["lat"], contact["uncertainty_m"], contact["fix_source"]), ("agreed", 31.25, 20, "device"))
        public.ok("POST", path, {"step": "end"})
        self.assertEqual((self.contact(id)["locating"], public.ok("GET", path)["state"]), ("ended", "ended"))
        self.assertEqual(public.call("POST", path, fix).status, 409)
        # Another link: the old one stays dead.
        self.taker.ok("POST", "/v1/contacts/%s/locate" % id, {"step": "ask"}, key=True)
        self.assertEqual(public.call("GET", path).status, 404)
        again = self.taker.ok("GET", "/v1/contacts/%s/locate" % id)["code"]
        self.assertNotEqual(again, link["code"])
        self.assertEqual(public.ok("GET", "/public/locations/" + again.lower())["state"], "asked")
        # A receipt is no such link, nor the other way round.
        self.assertEqual(public.call("GET", "/public/cases/" + again).status, 404)
        self.assertEqual(public.call("GET", "/public/locations/BM-1-0000-0000-0000-0000").status, 404)
        self.assertEqual(self.world.person("call_taker", "south").get("/v1/contacts/%s/locate" % id).status, 404)

    def test_the_link_ends_with_the_case(self):
        public = self.world.desk.client()
        id = self.call(self.number())
        self.taker.ok("POST", "/v1/contacts/%s/locate" % id, {"step": "ask"}, key=True)
        path = "/public/locations/" + self.taker.ok("GET", "/v1/contacts/%s/locate" % id)["code"]
        public.ok("POST", path, {"step": "agree"})
        case = self.taker.ok("POST", "/v1/cases", {"class": "fire", "contact": id}, key=True)["case"]
        public.ok("POST", path, {"step": "fix", "lat": 31.25, "lon": 121.5})
        self.taker.ok("POST", "/v1/cases/%s/events" % case["id"], {"event": "close", "fields": {"outcome": "solved"}}, key=True, match=case["version"])
        self.assertEqual(public.ok("GET", path)["state"], "ended")
        self.assertEqual(public.call("POST", path, {"step": "fix", "lat": 31.25, "lon": 121.5}).status, 409)


class AfterARestart(unittest.TestCase):
    def test_who_hung_up_with_an_open_case_is_found(self):
        desk = Desk()
        self.addCleanup(desk.close)
        desk.start()
        boss = desk.set_up()
        numbers = ["+86 139 0000 %04d" % i for i in range(4)]
        gate, taker = desk.operator("gate", ["gateway"]), desk.operator("taker", ["dispatcher"])
        ids = [gate.ok("POST", "/v1/contacts", {"channel": "call", "number": number}, key=True)["contact"]["id"] for number in numbers[:3]]
        cases = []
        for id in ids[:2]:
            taker.ok("POST", "/v1/contacts/%s/answer" % id, {}, key=True)
            cases.append(taker.ok("POST", "/v1/cases", {"class": "fire", "contact": id}, key=True)["case"])
            taker.ok("POST", "/v1/contacts/%s/end" % id, {}, key=True)
        version = taker.ok("GET", "/v1/cases/" + cases[0]["id"])["case"]["version"]
        taker.ok("PATCH", "/v1/cases/" + cases[0]["id"], {"caller_number": numbers[3]}, key=True, match=version)
        version = taker.ok("GET", "/v1/cases/" + cases[1]["id"])["case"]["version"]
        taker.ok("POST", "/v1/cases/%s/events" % cases[1]["id"], {"event": "close", "fields": {"outcome": "solved"}}, key=True, match=version)
        desk.stop()
        desk.start()
        gate = desk.client(gate.token) if hasattr(gate, "token") else gate
        found = [gate.ok("POST", "/v1/intake/aml", {"number": number, "sms": SMS % (5, stamp())})["contact"] for number in numbers]
        self.assertEqual(found, [ids[0], None, ids[2], ids[0]])
        desk.stop()
