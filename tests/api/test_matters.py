"""Matters over HTTP: procedures and calendars published, a letter from first contact to closed, bad input, who reads what."""
import json
import os
import re
import unittest

from desk import Stream
from world import world

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


def text(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def publish(who, path, body):
    return who.call("POST", path, body.encode(), key=True, headers={"Content-Type": "application/yaml"})


class House:
    """The people of the letters, made once on the shared desk."""

    made = None

    def __init__(self):
        shared = world()
        boss = shared.boss
        for path, file in (("/v1/calendars", ("calendars", "cn.yaml")), ("/v1/procedures", ("procedures", "letter.yaml")),
                           ("/v1/procedures", ("procedures", "mediation.yaml"))):
            answer = publish(boss, path, text(*file))
            assert answer.status == 201, answer
        self.clerk = self.post("L1", "county", "clerk")
        self.officer = self.post("L2", "county", "duty_officer")
        self.head = self.post("L3", "north", "unit_head")
        self.handler = self.post("L4", "north", "letter:handler")
        self.south = self.post("L5", "south", "unit_head handler")
        self.superior = self.post("L6", "county", "superior")
        self.taker = shared.person("call_taker")

    def post(self, number, area, posts):
        shared = world()
        made = shared.boss.ok("POST", "/v1/operators", {"number": number, "roles": ["officer"], "jurisdiction": shared.areas[area],
                                                        "posts": posts, "name": "Officer " + number}, key=True)["operator"]
        assert made["posts"] == posts
        shared.boss.ok("POST", "/v1/operators/%s/account" % made["id"], {"login": number, "password": "correct horse battery"}, key=True)
        return shared.desk.login(number, "correct horse battery")


def house():
    if House.made is None:
        House.made = House()
    return House.made


class Matter:
    """One letter on its way."""

    def __init__(self, words="The lamp in Elm Street is dark."):
        taker = house().taker
        contact = taker.ok("POST", "/v1/contacts", {"channel": "letter", "text": words, "name": "Li Hua", "number": "13800000000"}, key=True)
        self.contact = contact["contact"]["id"]
        opened = taker.ok("POST", "/v1/matters", {"procedure": "letter", "contact": self.contact, "description": words,
                                                  "caller_name": "Li Hua"}, key=True)
        self.id = opened["case"]["id"]

    def see(self, who):
        return who.ok("GET", "/v1/matters/" + self.id)

    def version(self):
        return self.see(house().officer)["case"]["version"]

    def call(self, who, event, fields=None, **more):
        body = dict({"event": event, "fields": fields or {}}, **more)
        return who.call("POST", "/v1/cases/%s/events" % self.id, body, key=True, match=self.version())

    def do(self, who, event, fields=None, **more):
        answer = self.call(who, event, fields, **more)
        if answer.status != 200:
            raise AssertionError(repr(answer))
        return answer.json()

    def registered(self):
        self.do(house().clerk, "register", {"subject": "Dark lamp", "kind": "request"})
        return self

    def handed_over(self):
        self.registered()
        self.do(house().clerk, "offer", agency=world().areas["north"])
        offer = self.see(house().handler)["matter"]["offer_hash"]
        self.do(house().handler, "acknowledge", {"offer_hash": offer})
        return self

    def closed(self):
        self.handed_over()
        self.do(house().handler, "draft", {"reply": "It is mended.", "result": "solved"})
        self.do(house().head, "approve")
        return self


class Letters(unittest.TestCase):
    def test_from_first_contact_to_closed(self):
        people, letter = house(), Matter()
        seen = letter.see(people.clerk)
        self.assertEqual((seen["matter"]["state"], seen["matter"]["owner_role"], seen["roles"]), ("received", "clerk", ["clerk"]))
        choices = {choice["event"]: choice for choice in seen["choices"]}
        self.assertEqual(choices["register"]["needs"], ["kind", "subject"])
        self.assertEqual(choices["duplicate"]["takes"], ["other"])
        self.assertNotIn("set_aside", choices)  # the duty officer's
        self.assertEqual(letter.see(people.officer)["case"]["personal"]["description"], "The lamp in Elm Street is dark.")
        letter.closed()
        seen = letter.see(people.officer)
        self.assertEqual(seen["case"]["state"], "closed")
        self.assertEqual(seen["case"]["outcome"], "solved")
        self.assertEqual(seen["fields"]["reply"], "It is mended.")
        self.assertEqual(seen["fields"]["result"], "solved")
        self.assertEqual(seen["matter"]["published"], "reply")
        clocks = {promise["clock"]: promise for promise in seen["promises"]}
        self.assertIsNone(clocks["reply"]["breached_at_ms"])
        self.assertIsNotNone(clocks["reply"]["stopped_at_ms"])
        kinds = [event["kind"] for event in people.officer.ok("GET", "/v1/cases/%s/timeline" % letter.id)["events"]]
        for kind in ("case_opened", "contact_attached", "promise_set", "matter_set", "notice", "fields_set", "case_moved"):
            self.assertIn(kind, kinds)

    def test_an_event_of_several_regions_takes_what_each_of_them_needs(self):
        house()
        boss, taker = world().boss, house().taker
        answer = publish(boss, "/v1/procedures", text("procedures", "hotline-transfer.yaml"))
        self.assertIn(answer.status, (201, 409), answer)
        clerk = house().clerk
        case = taker.ok("POST", "/v1/matters", {"procedure": "hotline-transfer", "description": "An open manhole."}, key=True)["case"]
        seen = clerk.ok("GET", "/v1/matters/" + case["id"])
        offer = [choice for choice in seen["choices"] if choice["event"] == "offer"][0]
        # `to: in_hand` is the handling region's, the hand-over the responsibility's.
        self.assertEqual(offer["takes"], ["agency"])
        self.assertEqual(offer["needs"], ["direction", "subject", "way"])

    def test_who_sees_what(self):
        people, letter = house(), Matter().registered()
        self.assertEqual(people.head.get("/v1/matters/" + letter.id).status, 404)
        letter.do(people.clerk, "offer", agency=world().areas["north"])
        seen = letter.see(people.head)
        self.assertEqual(seen["contacts"], [])  # who wrote is not the unit's to see
        self.assertIn("acknowledge", [choice["event"] for choice in seen["choices"]])
        self.assertEqual(people.south.get("/v1/matters/" + letter.id).status, 404)
        incident = world().boss.ok("POST", "/v1/cases", {"class": "theft"}, key=True)["case"]["id"]
        self.assertEqual(people.clerk.get("/v1/cases/" + incident).status, 404)  # officers see no incidents
        self.assertEqual(people.clerk.get("/v1/matters/" + incident).status, 404)
        self.assertEqual(world().boss.get("/v1/matters/" + incident).status, 404)

    def test_bad_input(self):
        people, letter = house(), Matter()
        for event, fields, more, status, field in (
                ("register", {"subject": "x"}, {}, 400, "kind"), ("register", {"subject": 7, "kind": "request"}, {}, 400, "subject"),
                ("register", {"subject": "x", "kind": "rumour"}, {}, 400, "kind"), ("register", {"subjct": "x"}, {}, 400, "subjct"),
                ("register", {"subject": "", "kind": "request"}, {}, 422, "subject"), ("regster", {}, {}, 400, "event"),
                ("register", {"subject": "x" * 16001, "kind": "request"}, {}, 400, "subject"), ("approve", {}, {}, 409, "event"),
                ("register", {}, {"colour": 1}, 400, "colour"), ("duplicate", {}, {}, 422, "other"),
                ("duplicate", {}, {"other": letter.id}, 409, "other"), ("danger", {}, {}, 422, "class")):
            answer = letter.call(people.clerk, event, fields, **more)
            got = answer.json()
            self.assertIn(answer.status, (400, 404, 409, 422), (event, fields, answer))
            self.assertEqual(got["field"], field, (event, fields, answer))
        answer = people.clerk.call("POST", "/v1/cases/%s/events" % letter.id, {"event": "register", "fields": []}, key=True, match=1)
        self.assertEqual(answer.json()["field"], "fields")
        answer = people.clerk.call("POST", "/v1/cases/%s/events" % letter.id, {"event": "danger"}, key=True)
        self.assertEqual(answer.status, 428)
        self.assertEqual(people.taker.post("/v1/matters", {"procedure": "lettre"}, key=True).status, 404)
        self.assertEqual(people.taker.post("/v1/matters", {"procedure": "emergency"}, key=True).status, 409)
        self.assertEqual(world().boss.post("/v1/operators", {"number": "L9", "roles": ["officer"], "jurisdiction": "1", "posts": "Chief!"},
                                           key=True).json()["field"], "posts")

    def test_hand_over_with_the_wrong_hash_or_twice(self):
        people, letter = house(), Matter().registered()
        self.assertEqual(letter.call(people.clerk, "offer").json()["field"], "agency")
        letter.do(people.clerk, "offer", agency=world().areas["north"])
        self.assertEqual(letter.call(people.handler, "acknowledge", {"offer_hash": "00"}).status, 409)
        offer = letter.see(people.handler)["matter"]["offer_hash"]
        letter.do(people.handler, "acknowledge", {"offer_hash": offer})
        self.assertEqual(letter.call(people.handler, "acknowledge", {"offer_hash": offer}).status, 409)
        self.assertEqual(letter.see(people.officer)["matter"]["with_agency"], world().areas["north"])

    def test_duplicate_joined_and_separated(self):
        people, first, second = house(), Matter().registered(), Matter()
        second.do(people.clerk, "duplicate", other=first.id)
        seen = second.see(people.officer)["case"]
        self.assertEqual((seen["merged_into"], seen["outcome"]), (first.id, "duplicate"))
        apart = people.clerk.ok("POST", "/v1/matters/%s/separate" % second.id, key=True, match=seen["version"])
        self.assertEqual(apart["case"]["state"], "received")
        self.assertIsNone(apart["case"]["merged_into"])

    def test_danger_opens_an_incident(self):
        people, letter = house(), Matter()
        letter.do(people.clerk, "danger", **{"class": "theft"})
        links = letter.see(people.officer)["links"]
        child = [link["other"] for link in links if link["kind"] == "child"][0]
        self.assertEqual(world().boss.ok("GET", "/v1/cases/" + child)["case"]["class"], "theft")
        # Its keys are its own: it takes text of its own.
        world().boss.ok("POST", "/v1/cases/%s/entries" % child, {"text": "On the way."}, key=True)

    def test_repeated_request_is_the_same_answer(self):
        people, letter = house(), Matter()
        body = {"event": "register", "fields": {"subject": "x", "kind": "request"}}
        version = letter.version()
        first = people.clerk.call("POST", "/v1/cases/%s/events" % letter.id, body, key="once-" + letter.id, match=version)
        again = people.clerk.call("POST", "/v1/cases/%s/events" % letter.id, body, key="once-" + letter.id, match=version)
        self.assertEqual((first.status, again.status, again["replayed"]), (200, 200, True))
        self.assertEqual(people.clerk.call("POST", "/v1/cases/%s/events" % letter.id, dict(body, event="danger"), key="once-" + letter.id,
                                           match=version).status, 422)

    def test_stream_and_board(self):
        people = house()
        board = people.clerk.ok("GET", "/v1/board")
        self.assertIn("letter", [row["name"] for row in board["rows"]["edition"]])
        stream = Stream(people.clerk, start=board["seq"])
        letter = Matter()
        seen = set()
        while letter.id not in seen:
            frame = stream.next()
            seen |= {row["id"] for row in (frame.data.get("upsert") or {}).get("matter", [])}
        stream.close()
        people.clerk.ok("GET", "/v1/matters?open=1")
        people.clerk.ok("GET", "/v1/promises?open=1")


class Publishing(unittest.TestCase):
    def test_bad_files(self):
        house()
        boss, letter = world().boss, text("procedures", "letter.yaml")
        for body, wanted in (("", "content"), ("procedure: [", None), ("a: &b c\nd: *b", None), ("a: 1\na: 2\n", None),
                             ("a: " + "[" * 200, None), (letter, "version"), (letter.replace("version: 1", "version: 2").replace("en: Writer }", "}"), None),
                             (letter.replace("version: 1", "version: 2").replace("measures: unit", "measures: desk"), None)):
            answer = publish(boss, "/v1/procedures", body)
            self.assertIn(answer.status, (400, 409, 415, 422), (body[:60], answer))
            if wanted:
                self.assertEqual(answer.json()["field"], wanted, answer)
        self.assertEqual(publish(boss, "/v1/procedures", "x" * 11 * 1024 * 1024).status, 413)
        self.assertEqual(publish(house().clerk, "/v1/procedures", letter).status, 403)
        calendar = text("calendars", "cn.yaml")
        self.assertEqual(publish(boss, "/v1/calendars", calendar).status, 409)
        for body in (calendar.replace("Asia/Shanghai", "Asia/Nowhere"), calendar.replace("2026-10-01 to", "2026-13-01 to"),
                     calendar.replace("  - year: 2020\n", "  - year: 2021\n")):
            self.assertIn(publish(boss, "/v1/calendars", body).status, (400, 404, 409, 422), body[:200])

    def test_additions_to_a_calendar(self):
        house()
        boss, south = world().boss, world().areas["south"]
        lines = ["additions_to: cn", "edition: 1", "title: Days of the south", "years:", "  - year: 2026", "    notices:",
                 "      - No. 3 of the south, 2026-01-05", "    off:", "      - 2026-12-07, festival", "    work:", "      - 2026-12-12, made up"]
        good = "\n".join(lines) + "\n"
        whose = publish(boss, "/v1/calendars", good)
        self.assertEqual((whose.status, whose["field"]), (400, "jurisdiction"))  # whose?
        wrong = publish(boss, "/v1/calendars?jurisdiction=" + south, good.replace("2026-12-12", "2026-12-07"))
        self.assertEqual(wrong.status, 422)
        self.assertIn("Line 11: 2026-12-07 stands in line 9 already", wrong["detail"])
        nameless = publish(boss, "/v1/calendars?jurisdiction=" + south, good.replace("title: Days", "title: #Days"))
        self.assertEqual((nameless.status, nameless["field"]), (422, "title"))  # a comment is no title
        for bad in ("x", "0x1", "9" * 30):
            self.assertIn(publish(boss, "/v1/calendars?jurisdiction=" + bad, good).status, (400, 422), bad)
        self.assertEqual(publish(boss, "/v1/calendars?jurisdiction=99999", good).status, 404)
        self.assertEqual(publish(house().officer, "/v1/calendars?jurisdiction=" + south, good).status, 403)
        made = publish(boss, "/v1/calendars?jurisdiction=" + south, good)
        self.assertEqual(made.status, 201, made)
        edition = made["edition"]
        self.assertEqual((edition["name"], edition["jurisdiction"], edition["current"]), ("cn", south, True))
        rows = [row for row in boss.ok("GET", "/v1/editions?open=1")["rows"] if row["name"] == "cn"]
        self.assertEqual(sorted(row["jurisdiction"] or "" for row in rows), ["", south])  # both are in force
        days = boss.ok("GET", "/v1/editions/%s/days" % edition["id"])["days"]
        self.assertEqual([(day["day"], day["works"]) for day in days], [("2026-12-07", False), ("2026-12-12", True)])
        self.assertEqual(days[0]["source"], "No. 3 of the south, 2026-01-05")
        plain = next(row for row in rows if not row["jurisdiction"])
        self.assertEqual(boss.get("/v1/editions/%s/days" % plain["id"]).status, 409)

    def test_builtin(self):
        house()
        boss = world().boss
        names = [(one["what"], one["name"]) for one in boss.ok("GET", "/v1/builtins")["builtins"]]
        self.assertIn(("procedure", "service"), names)
        early = boss.post("/v1/procedures?builtin=service", key=True)
        self.assertEqual((early.status, early.json()["code"]), (422, "bad-file"))  # it opens reviews, and they are not published
        for name in ("review", "service", "directive"):
            self.assertEqual(boss.ok("POST", "/v1/procedures?builtin=" + name, key=True)["edition"]["name"], name)
        self.assertEqual(boss.post("/v1/procedures?builtin=nothing", key=True).status, 404)
        self.assertEqual(boss.post("/v1/calendars?builtin=cn", key=True).status, 409)  # that edition is there

    def test_migrate(self):
        people, letter = house(), Matter().registered()
        states = ("received", "in_hand", "asked", "drafted", "held", "offered", "arbitration", "with_unit", "unsupervised", "under_supervision")
        later = text("procedures", "mediation.yaml")
        self.assertIn("version: 1", later)
        answer = world().boss.call("POST", "/v1/matters/%s/migrate" % letter.id, {}, key=True, match=letter.version())
        self.assertEqual(answer.status, 409)  # it goes by the current version
        second = text("procedures", "letter.yaml").replace("version: 1", "version: 2") + "\nmigrate:\n" + "".join(
            "  %s: %s\n" % (state, state) for state in states)
        answer = publish(world().boss, "/v1/procedures", second)
        self.assertEqual(answer.status, 201, answer)
        before = letter.see(people.officer)["matter"]["edition"]
        world().boss.ok("POST", "/v1/matters/%s/migrate" % letter.id, key=True, match=letter.version())
        self.assertNotEqual(letter.see(people.officer)["matter"]["edition"], before)
        self.assertIn(before, [row["id"] for row in people.clerk.ok("GET", "/v1/editions")["rows"]])
        edition = people.clerk.ok("GET", "/v1/editions/" + before)
        self.assertEqual(edition["content"]["procedure"], "letter")
        self.assertFalse(edition["edition"]["current"])


class Public(unittest.TestCase):
    def anybody(self):
        return world().desk.client()

    def write(self, words="The lamp is dark.", **more):
        answer = self.anybody().call("POST", "/public/matters", dict({"procedure": "letter", "text": words, "name": "Li Hua"}, **more), key=True)
        self.assertEqual(answer.status, 201, answer)
        return answer.json()

    def follow(self, code):
        return self.anybody().ok("GET", "/public/cases/" + code)["case"]

    def matter(self, code):
        letter = Matter.__new__(Matter)
        letter.id = self.follow(code)["reference"]
        return letter

    def act(self, code, event, fields=None):
        return self.anybody().call("POST", "/public/cases/%s/events" % code, {"event": event, "fields": fields or {}}, key=True)

    def test_a_letter_and_its_receipt(self):
        people, receipt = house(), self.write()
        code = receipt["code"]
        self.assertTrue(code.startswith("BM-"))
        self.assertEqual(receipt["document"]["code"], code)
        self.assertIn("working_days", receipt["document"]["promise_unit"])
        self.assertIn("<svg", receipt["qr"])
        case = self.follow(code.lower().replace("-", ""))  # as somebody types it
        self.assertEqual((case["state"], case["label"]["en"], case["closed"]), ("received", "Received", False))
        self.assertIsNotNone(case["due_at_ms"])
        letter = self.matter(code)
        letter.handed_over()
        letter.do(people.officer, "ask_writer", {"question": "Which lamp?"})
        case = self.follow(code)
        self.assertTrue(case["waiting_for_you"])
        self.assertEqual([text["value"] for text in case["texts"] if text["name"] == "question"], ["Which lamp?"])
        self.assertIn("Which lamp?", case["notices"][-1]["text"]["en"])
        self.assertRegex(case["notices"][-1]["text"]["en"], r"nothing by \d{4}-\d{2}-\d{2} we")  # set by the same act, after it
        self.assertEqual(case["moved"][-1]["why"], "paused")
        document = self.anybody().ok("GET", "/public/cases/%s/receipt" % code)["document"]  # no date: since when, and why
        self.assertEqual((document["format"], document["promised_at"], document["paused_because"]),
                         ("bellman-receipt-2", None, "waiting_for_party"))
        self.assertLessEqual(document["paused_since"], document["issued_at"])
        path = os.path.join(world().desk.base, "paused.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, separators=(",", ":"))
        done = world().desk.run("receipt", "verify", "--key", self.anybody().ok("GET", "/public/key")["key"], path)
        self.assertEqual(done[0], 0, done)
        self.assertIn("stands still since %s (waiting_for_party)" % document["paused_since"], done[1])
        self.assertEqual(sorted(choice["event"] for choice in case["choices"]), ["add", "withdraw"])
        self.assertEqual(self.act(code, "add").json()["field"], "addition")
        self.assertEqual(self.act(code, "approve").status, 403 if self.act(code, "approve").status == 403 else 409)
        self.assertEqual(self.act(code, "add", {"addition": "The third."}).status, 200)
        letter.do(people.officer, "prolong", {"reason": "It must be ordered."})
        case = self.follow(code)
        self.assertEqual((case["moved"][-1]["why"], case["moved"][-1]["reason"]), ("extended", "It must be ordered."))
        told = [re.search(r"\d{4}-\d{2}-\d{2}", notice["text"]["en"]) for notice in case["notices"]]
        self.assertNotEqual(told[-1].group(), told[0].group())  # the new date, not the one before
        self.assertGreater(case["moved"][-1]["to_ms"], case["moved"][-1]["from_ms"])
        early = self.anybody().call("POST", "/public/cases/%s/rating" % code, {"level": 5, "solved": True}, key=True)
        self.assertEqual(early.status, 409)  # a rating for an open case
        letter.do(people.handler, "draft", {"reply": "It is mended.", "result": "solved"})
        letter.do(people.head, "approve")
        case = self.follow(code)
        self.assertTrue(case["closed"] and case["rating"]["may"])
        self.assertIn("It is mended.", case["notices"][-1]["text"]["zh-Hans"])
        bad = {"level": 1, "solved": False, "named": True, "text": "It is dark again."}
        rated = self.anybody().call("POST", "/public/cases/%s/rating" % code, bad, key=True)
        self.assertEqual(rated.status, 200, rated)
        self.assertEqual(self.anybody().call("POST", "/public/cases/%s/rating" % code, bad, key=True).status, 409)
        seen = letter.see(people.officer)
        self.assertEqual((seen["ratings"][0]["level"], seen["ratings"][0]["solved"]), (1, False))
        self.assertIsNotNone(seen["ratings"][0]["check_due_at_ms"])
        contact = seen["ratings"][0]["contact"]
        row = {each["id"]: each for each in people.officer.ok("GET", "/v1/ratings?open=1")["rows"]}[contact]
        self.assertEqual((row["case"], row["level"], row["solved"], row["checked_at_ms"]), (letter.id, 1, "no", None))
        self.assertEqual(set(row), {"id", "case", "procedure", "level", "solved", "rated_at_ms", "check_due_at_ms", "checked_at_ms",
                                    "jurisdiction", "seq"})  # nothing of who it was
        self.assertIn(contact, [each["id"] for each in people.officer.ok("GET", "/v1/board")["rows"]["rating"]])
        self.assertEqual(people.officer.ok("GET", "/v1/board")["rows"]["contact"], [])
        self.assertEqual(people.handler.ok("GET", "/v1/ratings")["rows"], [])  # it lies in the county
        self.assertEqual(people.clerk.call("POST", "/v1/contacts/%s/rating-check" % contact, {"text": "x"}, key=True).status, 403)
        for empty in ({"text": ""}, {"text": " \t\n"}, {"text": "\u3000\u00a0"}, {"text": None}, {}):  # sealed, each of them would be a text
            refused = people.officer.call("POST", "/v1/contacts/%s/rating-check" % contact, empty, key=True)
            self.assertEqual((refused.status, refused.json()["code"], refused.json()["field"]), (400, "missing-field", "text"), empty)
        people.officer.ok("POST", "/v1/contacts/%s/rating-check" % contact, {"text": "We called: the fuse."}, key=True)
        self.assertEqual(self.act(code, "reopen", {"reason": "Dark again."}).status, 200)
        self.assertEqual(self.follow(code)["state"], "in_hand")
        self.another_hand(letter)

    def another_hand(self, letter):
        """Head and handler of the north have both handled it, and nobody else has their posts there."""
        people = house()
        choice = {each["event"]: each for each in letter.see(people.handler)["choices"]}["draft"]
        self.assertEqual(choice["spared"], "other_hand")
        letter.do(people.handler, "draft", {"reply": "A new cable.", "result": "solved"})
        self.assertTrue(letter.see(people.superior)["matter"]["same_hand"])

    def test_four_eyes_name_whose(self):
        people = house()
        letter = Matter().handed_over()
        letter.do(people.head, "draft", {"reply": "It is mended.", "result": "solved"})
        letter.do(people.superior, "supervise")  # and is who acted last
        seen = letter.see(people.head)
        self.assertNotIn("approve", [each["event"] for each in seen["choices"]])
        self.assertIn({"event": "approve", "why": "four_eyes", "who": "L2"}, seen["barred"])
        refused = letter.call(people.head, "approve")
        self.assertEqual(refused.status, 403)
        self.assertIn("L2", refused["detail"])
        letter.do(people.officer, "approve")
        self.assertFalse(letter.see(people.officer)["matter"]["same_hand"])

    def test_nobody_else_gets_in(self):
        house()
        for code in ("BM-1-0000-0000-0000-0000", "BM-99999-0000-0000-0000-0000"):
            answer = self.anybody().get("/public/cases/" + code)
            self.assertEqual(answer.status, 404, answer)
        self.assertIn(self.anybody().get("/public/cases/nonsense").status, (400, 404))
        for body, field in (({"procedure": "letter"}, "text"), ({"procedure": "emergency", "text": "x"}, "procedure"),
                            ({"procedure": "letter", "text": "x", "colour": 1}, "colour"), ({"text": "x"}, "procedure"),
                            ({"procedure": "letter", "text": "x", "agency": "999"}, "agency")):
            answer = self.anybody().call("POST", "/public/matters", body, key=True)
            self.assertEqual(answer.json()["field"], field, answer)
        bare = self.anybody().call("POST", "/public/matters", {"procedure": "letter", "text": "x"})
        self.assertEqual(bare.json()["field"], "Idempotency-Key")

    def test_sent_twice_arrives_once(self):
        house()
        body = {"procedure": "letter", "text": "Once."}
        first = self.anybody().call("POST", "/public/matters", body, key="twice-1")
        again = self.anybody().call("POST", "/public/matters", body, key="twice-1")
        self.assertEqual((first.status, again.status), (201, 201))
        self.assertEqual(first.json()["code"], again.json()["code"])

    def test_receipt_holds_off_line(self):
        house()
        server, receipt = world().desk, self.write()
        again = self.anybody().ok("GET", "/public/cases/%s/receipt" % receipt["code"])
        key = self.anybody().ok("GET", "/public/key")["key"]
        path = os.path.join(server.base, "receipt.json")
        for document, good in ((receipt["document"], True), (again["document"], True), (dict(receipt["document"], procedure="other"), False)):
            with open(path, "w", encoding="utf-8") as file:
                json.dump(document, file, ensure_ascii=False, separators=(",", ":"))
            done = server.run("receipt", "verify", "--key", key, path)
            self.assertEqual(done[0] == 0, good, done)

    def test_what_may_be_written(self):
        house()
        names = [procedure["name"] for procedure in self.anybody().ok("GET", "/public/procedures")["procedures"]]
        self.assertIn("letter", names)
        self.assertNotIn("emergency", names)


class Rates(unittest.TestCase):
    def test_figures_can_be_computed_again(self):
        people = house()
        letter = Matter().closed()
        boss = world().boss
        first = boss.ok("GET", "/v1/rates?procedure=letter")
        figures = {figure["rate"]: figure for figure in first["figures"]}
        self.assertGreaterEqual(figures["closed"]["denominator"], figures["closed"]["numerator"])
        self.assertGreaterEqual(figures["solved"]["numerator"], 1)
        self.assertGreaterEqual(first["contacts"], 1)
        # By hand, from the rows that everybody can read.
        rows = [row for row in boss.ok("GET", "/v1/cases?limit=1000")["rows"] if row["procedure"] == "letter" and not row["merged_into"]]
        self.assertEqual(first["matters"], len(rows))
        self.assertEqual(figures["closed"]["numerator"], len([row for row in rows if row["state"] == "closed"]))
        judged = [row for row in rows if row["state"] == "closed" and row["outcome"] not in ("withdrawn", "invalid")]
        self.assertEqual(figures["solved"]["denominator"], len(judged))
        self.assertEqual(figures["solved"]["numerator"], len([row for row in judged if row["outcome"] in ("solved", "agreement")]))
        # The unit sees only what it was handed.
        theirs = people.south.ok("GET", "/v1/rates?procedure=letter")
        self.assertLess(theirs["matters"], first["matters"])
        stated = boss.ok("POST", "/v1/rates?procedure=letter", {"note": "November"}, key=True)["figure"]
        kept = boss.ok("GET", "/v1/figures/" + stated["id"])
        self.assertEqual(kept["content"]["figures"], first["figures"])
        self.assertIn("seq", kept["content"])
        self.assertIn(stated["id"], [row["id"] for row in boss.ok("GET", "/v1/figures")["rows"]])
        self.assertEqual(letter.see(people.officer)["case"]["state"], "closed")

    def test_bad_periods(self):
        house()
        for query, field in (("from_ms=x", "from_ms"), ("from_ms=5&to_ms=5", "to_ms"), ("procedure=" + "x" * 60, "procedure")):
            self.assertEqual(world().boss.get("/v1/rates?" + query).json()["field"], field)
