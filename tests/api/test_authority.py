"""Who may do what, where: every route x every role x own, lower, sibling and upper area.

The tables below are written from DESIGN.md and the issue, not from the code.  Nothing may succeed that they do
not allow, nothing may be refused that they do, and no answer - list, board, detail, timeline, stream, refusal -
may hold a word that was planted where its reader may not look."""
import unittest

from desk import PASSWORD, Stream, assign, open_case
from world import ROLES, world

TAKERS = {"call_taker", "dispatcher", "supervisor"}
SENDERS = {"dispatcher", "supervisor"}
SEEN = {"north": True, "post": True, "south": False, "county": False}  # by people of the north station


def allowed(role, action, area):
    """May somebody of `role` in the north do `action` to a thing in `area`?  None: it depends, see the test."""
    admin = {"agency_put", "place_put", "unit_put", "operator_put", "account"}
    if action in admin:
        return role == "admin" and SEEN[area]
    if action == "unit_duty":
        return role in SENDERS and SEEN[area]
    if action in ("case_get", "contact_get", "timeline"):
        return role != "unit" and SEEN[area]
    if action in ("erase_case", "erase_contact"):
        return role == "supervisor" and SEEN[area]
    if action in ("assign", "status", "swap"):
        return role in SENDERS and SEEN[area]
    return role in TAKERS and SEEN[area]


class Place:
    """What stands in one area, with planted words."""

    def __init__(self, w, area):
        self.world, self.area, self.id, boss = w, area, w.areas[area], w.boss
        self.word = "planted-%s-%s" % (area, "x7q")
        self.secret = "secret-%s-%s" % (area, "k3v")  # in personal fields only
        self.secret_number = "+99 77 55" + "".join(" %d" % ord(letter) for letter in area)
        self.place = boss.ok("POST", "/v1/places", {"kind": "post", "name": self.word + " place", "jurisdiction": self.id}, key=True)["place"]["id"]
        self.operator = boss.ok("POST", "/v1/operators", {"number": "M-" + area, "roles": ["call_taker"], "jurisdiction": self.id,
                                                         "name": self.secret}, key=True)["operator"]["id"]
        self.contact = self.new_contact()
        self.case = self.new_case()
        boss.ok("POST", "/v1/contacts/%s/attach" % self.contact, {"case": self.case}, key=True)
        boss.ok("POST", "/v1/cases/%s/entries" % self.case, {"text": self.secret + " entry"}, key=True)
        self.unit = boss.ok("POST", "/v1/units", {"call_sign": self.word, "kind": "car", "jurisdiction": self.id}, key=True)["unit"]["id"]
        boss.ok("PATCH", "/v1/units/" + self.unit, {"duty": "on_duty"}, key=True)
        [self.assignment] = assign(boss, self.case, [self.unit])

    def new_contact(self, ended=False):
        boss = self.world.boss
        id = boss.ok("POST", "/v1/contacts", {"channel": "call", "jurisdiction": self.id, "line": self.word, "number": self.secret_number,
                                             "name": self.secret, "text": self.secret}, key=True)["contact"]["id"]
        if ended:
            boss.ok("POST", "/v1/contacts/%s/end" % id, {"result": "advice"}, key=True)
        return id

    def new_case(self, closed=False):
        boss = self.world.boss
        row = open_case(boss, jurisdiction=self.id, address=self.secret + " street", description=self.secret, caller_name=self.secret,
                        caller_number=self.secret_number)
        if closed:
            boss.ok("POST", "/v1/cases/%s/events" % row["id"], {"event": "close", "fields": {"outcome": "solved"}}, match=row["version"])
        return row["id"]

    def new_assignment(self):
        """A fresh case with a unit of the area on it: (case, assignment, another free unit)."""
        one, two = self.world.unit(self.area), self.world.unit(self.area)
        case = self.new_case()
        [assignment] = assign(self.world.boss, case, [one])
        return case, assignment, two


class Authority(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world()
        cls.places = {area: Place(cls.world, area) for area in cls.world.areas}
        cls.people = {role: cls.world.person(role, "north") for role in ROLES}
        cls.said = {role: [] for role in ROLES}  # (what, bytes) of every answer

    def ask(self, role, method, path, body=None, **more):
        answer = self.people[role].call(method, path, body, **more)
        self.said[role].append((repr((method, path, answer.status)), answer.body))
        return answer

    def version(self, case):
        return self.world.boss.ok("GET", "/v1/cases/" + case)["case"]["version"]

    def judge(self, role, action, area, answer):
        may = allowed(role, action, area)
        if answer.status not in ((200, 201) if may else (403, 404)):
            self.wrong.append("%s %s %s in %s: %r" % (role, "must be able to" if may else "must not", action, area, answer))

    def setUp(self):
        self.wrong = []

    def tearDown(self):
        self.assertEqual(self.wrong, [])

    def each(self):
        for role in ROLES:
            for area, place in self.places.items():
                yield role, area, place

    # --- the house ---------------------------------------------------------------------------------

    def test_setting_up(self):
        for role, area, place in self.each():
            n = self.world.number()
            requests = {
                "unit_put": ("PUT", "/v1/units/" + place.unit, {"call_sign": place.word, "kind": "car", "jurisdiction": place.id}),
                "place_put": ("PUT", "/v1/places/" + place.place, {"kind": "post", "name": place.word + " place", "jurisdiction": place.id}),
                "operator_put": ("PUT", "/v1/operators/" + place.operator, {"number": "M-" + area, "roles": ["call_taker"], "jurisdiction": place.id,
                                                                             "name": place.secret}),
                "account": ("POST", "/v1/operators/%s/account" % place.operator, {"login": "m%d" % n, "password": PASSWORD}),
            }
            for action, (method, path, body) in requests.items():
                match = self.world.version(path) if method == "PUT" else None
                self.judge(role, action, area, self.ask(role, method, path, body, key=True, match=match))
            made = {"/v1/units": {"call_sign": "N-%d" % n, "kind": "car", "jurisdiction": place.id},
                    "/v1/places": {"kind": "post", "name": "N-%d" % n, "jurisdiction": place.id},
                    "/v1/operators": {"number": "N-%d" % n, "roles": ["call_taker"], "jurisdiction": place.id},
                    "/v1/agencies": {"code": "N-%d" % n, "name": "N", "level": "other", "parent": place.id}}
            for path, body in made.items():
                self.judge(role, "unit_put", area, self.ask(role, "POST", path, body, key=True))
            self.judge(role, "unit_duty", area, self.ask(role, "PATCH", "/v1/units/" + place.unit, {"duty": "on_duty"}, key=True))
            if role != "admin":
                self.assertEqual(self.ask(role, "POST", "/v1/classes", {"classes": []}).status, 403)
                self.assertEqual(self.ask(role, "POST", "/v1/clock/confirm", {}).status, 403)
                self.assertEqual(self.ask(role, "POST", "/v1/timers/1/retry", {"what": "clock_due"}).status, 403)

    def test_an_administrator_does_not_leave_the_area(self):
        """Not by moving things out or in, nor by taking the own agency out of the tree, nor by an operator above."""
        admin, n = self.people["admin"], self.world.number
        north, county = self.world.areas["north"], "1"
        before = {row["id"]: row for row in admin.ok("GET", "/v1/agencies")["rows"]}
        for parent in (None, county, self.world.areas["south"]):
            body = {"code": "NORTH", "name": "Agency NORTH", "level": "station", "parent": parent}
            answer = self.ask("admin", "PUT", "/v1/agencies/" + north, body, match=self.world.version("/v1/agencies/" + north))
            if answer.status == 200:
                self.assertEqual(answer["agency"]["parent"], county, "an administrator moved their own agency: %r" % answer)
        after = {row["id"]: row for row in admin.ok("GET", "/v1/agencies")["rows"]}
        self.assertEqual(after[north]["parent"], before[north]["parent"])
        answer = self.world.put("/v1/agencies/" + north, {"code": "NORTH", "name": "Agency NORTH", "level": "station", "parent": county}, admin)
        self.assertEqual(answer.status, 200)  # where it stands unchanged, the rest is theirs to set
        for path, body in (("/v1/operators/1", {"number": "0001", "roles": [], "jurisdiction": north}),
                           ("/v1/units/" + self.places["south"].unit, {"call_sign": "stolen", "kind": "car", "jurisdiction": north}),
                           ("/v1/places/" + self.places["south"].place, {"kind": "post", "name": "stolen", "jurisdiction": north}),
                           ("/v1/agencies/" + self.world.areas["south"], {"code": "SOUTH", "name": "stolen", "level": "station", "parent": north}),
                           ("/v1/agencies/1", {"code": "COUNTY", "name": "stolen", "level": "county", "parent": north})):
            self.assertIn(self.ask("admin", "PUT", path, body, match=self.world.version(path)).status, (403, 404), path)
        made = {"number": "up%d" % n(), "roles": ["admin"], "jurisdiction": county}
        self.assertEqual(self.ask("admin", "POST", "/v1/operators", made).status, 403)
        bound = self.ask("admin", "POST", "/v1/operators", {"number": "spy%d" % n(), "roles": ["unit"], "jurisdiction": north,
                                                          "unit": self.places["south"].unit})
        self.assertNotIn(bound.status, (200, 201), "an administrator bound a crew account to another area's unit: it sees that unit's cases")

    # --- matters -----------------------------------------------------------------------------------

    def test_reading(self):
        for role, area, place in self.each():
            for action, path in (("case_get", "/v1/cases/" + place.case), ("timeline", "/v1/cases/%s/timeline" % place.case),
                                 ("contact_get", "/v1/contacts/" + place.contact)):
                answer = self.ask(role, "GET", path)
                self.judge(role, action, area, answer)
                if answer.status == 200:
                    self.assertEqual(place.secret.encode() in answer.body, role in TAKERS, "%s reads %s: %r" % (role, path, answer))

    def test_lists_and_board(self):
        things = {"cases": "case", "contacts": "contact", "assignments": "assignment", "units": "unit", "places": "place", "operators": "operator"}
        for role in ROLES:
            board = self.ask(role, "GET", "/v1/board").json()["rows"]
            for path, name in things.items():
                ids, after = set(), "0"
                while after:
                    answer = self.ask(role, "GET", "/v1/%s?limit=1000&after=%s" % (path, after))
                    ids |= {row["id"] for row in answer["rows"]}
                    after = answer["next"]
                for area, place in self.places.items():
                    sees = SEEN[area] if role != "unit" else name == "place"
                    if role == "unit" and name == "place":
                        continue  # a crew may know any place by name: see the known gap in the report
                    mine = getattr(place, name)
                    self.assertEqual(mine in ids, sees, "%s, %s of %s in the list" % (role, name, area))
                    self.assertEqual(mine in {row["id"] for row in board[name]}, sees, "%s, %s of %s on the board" % (role, name, area))
            for row in board["case"]:
                self.assertLessEqual(set(row["personal"] or {}), {"address"}, "a board shows addresses, no more")
            for row in board["contact"]:
                self.assertLessEqual(set(row["personal"] or {}), {"address"})

    def test_contacts(self):
        for role, area, place in self.each():
            for action, body in (("answer", {}), ("abandon", {}), ("end", {"result": "advice"}), ("fixes", {"lat": 1, "lon": 1}),
                                 ("attach", {"case": self.places["north"].case})):
                answer = self.ask(role, "POST", "/v1/contacts/%s/%s" % (place.new_contact(), action), body, key=True)
                self.judge(role, action, area, answer)
            answer = self.ask(role, "POST", "/v1/contacts/%s/erase" % place.new_contact(ended=True), {"basis": "x"}, key=True)
            self.judge(role, "erase_contact", area, answer)

    def test_attach_into_another_area(self):
        for role, area, place in self.each():
            answer = self.ask(role, "POST", "/v1/contacts/%s/attach" % self.places["north"].new_contact(), {"case": place.case}, key=True)
            self.judge(role, "attach", area, answer)

    def test_cases(self):
        north = self.places["north"]
        for role, area, place in self.each():
            case = place.new_case()
            version = self.version(case)
            self.judge(role, "change", area, self.ask(role, "PATCH", "/v1/cases/" + case, {"priority": 2, "description": "d"}, key=True, match=version))
            self.judge(role, "entry", area, self.ask(role, "POST", "/v1/cases/%s/entries" % case, {"text": "e"}, key=True))
            self.judge(role, "claim", area, self.ask(role, "POST", "/v1/cases/%s/events" % case, {"event": "claim"}, key=True))
            self.judge(role, "link", area, self.ask(role, "POST", "/v1/cases/%s/link" % case, {"other": north.new_case(), "kind": "related"}, key=True))
            self.judge(role, "link", area, self.ask(role, "POST", "/v1/cases/%s/link" % north.new_case(), {"other": case, "kind": "related"}, key=True))
            version = self.version(case)
            self.judge(role, "close", area, self.ask(role, "POST", "/v1/cases/%s/events" % case, {"event": "close", "fields": {"outcome": "solved"}},
                                                     key=True, match=version))
            closed = place.new_case(closed=True)
            self.judge(role, "reopen", area, self.ask(role, "POST", "/v1/cases/%s/events" % closed, {"event": "reopen"}, key=True))
            closed = place.new_case(closed=True)
            self.judge(role, "erase_case", area, self.ask(role, "POST", "/v1/cases/%s/erase" % closed, {"basis": "x"}, key=True))

    def test_merge_and_split(self):
        north = self.places["north"]
        for role, area, place in self.each():
            case = place.new_case()
            self.judge(role, "merge", area, self.ask(role, "POST", "/v1/cases/%s/merge" % case, {"into": north.new_case()}, key=True,
                                                     match=self.version(case)))
            into = place.new_case()
            case = north.new_case()
            self.judge(role, "merge", area, self.ask(role, "POST", "/v1/cases/%s/merge" % case, {"into": into}, key=True, match=self.version(case)))
            case, assignment, _ = place.new_assignment()
            self.judge(role, "split", area, self.ask(role, "POST", "/v1/cases/%s/split" % case, {"assignments": [assignment]}, key=True,
                                                     match=self.version(case)))

    def test_units_on_cases(self):
        for role, area, place in self.each():
            case, assignment, free = place.new_assignment()
            self.judge(role, "assign", area, self.ask(role, "POST", "/v1/cases/%s/assignments" % case, {"units": [free]}, key=True, match=self.version(case)))
            self.judge(role, "status", area, self.ask(role, "POST", "/v1/assignments/%s/status" % assignment, {"from": "assigned", "to": "en_route"}, key=True))
            another = self.world.unit("north")
            self.judge(role, "swap", area, self.ask(role, "POST", "/v1/assignments/%s/swap" % assignment, {"unit": another}, key=True, match=self.version(case)))

    def test_any_agencys_unit_may_be_tasked(self):
        """The desk sends whom it needs; the unit's own station then sees the assignment, and not the case."""
        case = self.places["north"].new_case()
        unit = self.world.unit("south")
        answer = self.ask("dispatcher", "POST", "/v1/cases/%s/assignments" % case, {"units": [unit]}, key=True, match=self.version(case))
        self.assertEqual(answer.status, 201)
        theirs = self.world.person("dispatcher", "south")
        rows = [row for row in theirs.ok("GET", "/v1/board")["rows"]["assignment"] if row["unit"] == unit]
        self.assertEqual([row["case"] for row in rows], [case])
        self.assertEqual(theirs.get("/v1/cases/" + case).status, 404)
        self.assertEqual(theirs.post("/v1/assignments/%s/status" % rows[0]["id"], {"from": "assigned", "to": "acknowledged"}, key=True).status, 200)

    def test_a_crew_sees_its_case_while_it_is_on_it(self):
        crew = self.people["unit"]
        place = self.places["north"]
        case = place.new_case()
        self.assertEqual(crew.get("/v1/cases/" + case).status, 404)
        [id] = assign(self.world.boss, case, [crew.unit])
        sheet = crew.ok("GET", "/v1/cases/" + case)
        self.assertIn(place.secret, sheet["case"]["personal"]["address"])
        self.assertIn(case, [row["id"] for row in crew.ok("GET", "/v1/board")["rows"]["case"]])
        for path, body in (("/v1/cases/%s/events" % case, {"event": "claim"}), ("/v1/cases/%s/merge" % case, {"into": place.case}),
                           ("/v1/cases/%s/link" % case, {"other": place.case, "kind": "related"}), ("/v1/cases/%s/erase" % case, {"basis": "x"}),
                           ("/v1/cases/%s/assignments" % case, {"units": [crew.unit]})):
            self.assertEqual(crew.post(path, body, match=self.version(case)).status, 403, path)
        self.assertEqual(crew.call("PATCH", "/v1/cases/" + case, {"priority": 1}, match=self.version(case)).status, 403)
        self.assertEqual(crew.post("/v1/assignments/%s/status" % id, {"from": "assigned", "to": "cleared", "report_code": "ok"}, key=True).status, 200)
        self.assertEqual(crew.get("/v1/cases/" + case).status, 404)
        self.assertEqual(crew.get("/v1/cases/%s/timeline" % case).status, 404)
        self.assertEqual(crew.post("/v1/cases/%s/entries" % case, {"text": "late"}, key=True).status, 404)

    def test_opening_a_case_from_a_hidden_contact(self):
        hidden = self.places["south"].new_contact()
        for role in ROLES:
            answer = self.ask(role, "POST", "/v1/cases", {"class": "fire", "contact": hidden}, key=True)
            self.assertIn(answer.status, (403, 404), repr(answer))

    # --- leaks: runs after the others of this class, by name -------------------------------------------

    def test_zz_nothing_leaked(self):
        streams = {role: Stream(self.people[role], start=0) for role in ROLES}
        marker = self.places["north"].new_case()
        seq = 0
        for area in ("south", "county", "post", "north"):
            place = self.places[area]
            case, assignment, _ = place.new_assignment()
            self.world.boss.ok("POST", "/v1/cases/%s/entries" % case, {"text": place.secret}, key=True)
            self.world.boss.ok("POST", "/v1/contacts/%s/attach" % place.new_contact(), {"case": case}, key=True)
            seq = self.world.boss.ok("PATCH", "/v1/cases/" + case, {"address": place.secret + " again"}, match=self.version(case))["seq"]
        place_change = {"kind": "post", "name": self.places["north"].word + " place", "jurisdiction": self.world.areas["north"]}
        last = self.world.put("/v1/places/" + self.places["north"].place, place_change)["seq"]  # everybody sees this one
        for role, stream in streams.items():
            event = stream.next(seconds=20)
            while event is not None and event.name != "reset" and event.data["seq"] < last:
                event = stream.next(seconds=20)
            stream.close()
            if role != "unit":
                self.assertIn(self.places["north"].word.encode(), stream.bytes, role)
            self.said[role].append(("the stream", stream.bytes))
        self.assertTrue(marker and seq)
        public_ok = ("swap", "/assignments", "/v1/cases'")  # refusals name the call sign and case of a unit that is taken
        for role in ROLES:
            for what, body in self.said[role]:
                for area in ("south", "county"):
                    self.assertNotIn(self.places[area].secret.encode(), body, "%s was told a secret of %s by %s" % (role, area, what))
                    hidden_word = self.places[area].word.encode()
                    if role == "unit" and ("places" in what or "board" in what or "stream" in what):
                        hidden_word = hidden_word + b'"'  # places are named to crews; units are not
                    if not any(path in what for path in public_ok):
                        self.assertNotIn(hidden_word, body, "%s was told of %s by %s" % (role, area, what))
                if role == "admin":
                    for area in ("north", "post"):
                        matter = self.places[area].secret.encode() + b" street"
                        self.assertNotIn(matter, body, "an administrator was shown a matter by %s" % what)
                if role == "unit":
                    for area in ("north", "post"):
                        self.assertNotIn(self.places[area].secret.encode(), body, "a crew was told of a case that is not theirs by %s" % what)
