"""Streams: the same frames for everyone in the same order, nothing lost and nothing twice over reconnects, and
frames applied to a board give the board that a fresh fetch gives."""
import random
import signal
import threading
import time
import unittest
import uuid

from desk import Board, Desk, Stream, Wire, assign, now_ms, open_case, request_bytes
from world import world


def work(client, unit, rounds, number):
    """Some life on the board; gives the last seq."""
    chance = random.Random(number)
    for _ in range(rounds):
        contact = client.ok("POST", "/v1/contacts", {"channel": chance.choice(["call", "text"]), "text": "x"}, key=True)["contact"]["id"]
        case = open_case(client, contact=contact, address="Street %d" % chance.randrange(1000))["id"]
        [id] = assign(client, case, [unit], "divert")
        client.ok("POST", "/v1/assignments/%s/status" % id, {"from": "assigned", "to": "on_scene"}, key=True)
        if chance.random() < 0.5:
            client.ok("POST", "/v1/assignments/%s/status" % id, {"from": "on_scene", "to": "cleared", "report_code": "ok"}, key=True)
            version = client.ok("GET", "/v1/cases/" + case)["case"]["version"]
            client.ok("POST", "/v1/cases/%s/events" % case, {"event": "close", "fields": {"outcome": "solved"}}, key=True, match=version)
            client.ok("POST", "/v1/contacts/%s/end" % contact, {"result": "case"}, key=True)
        last = client.ok("POST", "/v1/contacts", {"channel": "app"}, key=True)["seq"]
    return last


class Streams(unittest.TestCase):
    def setUp(self):
        self.world = world()
        self.desk = self.world.desk
        self.sender = self.world.person("dispatcher")
        self.open = []

    def tearDown(self):
        for stream in self.open:
            stream.close()

    def stream(self, client, start=None, **more):
        made = Stream(client, start, **more)
        self.open.append(made)
        return made

    def seq(self):
        return self.sender.ok("GET", "/v1/cases?limit=1")["seq"]

    # --- order and resuming ----------------------------------------------------------------------------

    def test_two_streams_see_the_same_in_the_same_order(self):
        start = self.seq()
        streams = [self.stream(client, start) for client in (self.sender, self.sender.another(), self.world.boss)]
        unit = self.world.unit()
        last = work(self.world.boss, unit, 8, 1)
        seen = [stream.until(last) for stream in streams]
        texts = [[event.raw for event in frames] for frames in seen]
        self.assertEqual(texts[0], texts[1])
        self.assertEqual([event.id for event in seen[0]], [event.id for event in seen[2]])
        for frames in seen:
            ids = [event.id for event in frames]
            self.assertEqual(ids, sorted(set(ids)))
            self.assertTrue(all(event.id == event.data["seq"] and event.id > start for event in frames))
        self.assertEqual(self.stream(self.sender, start).headers["content-type"], "text/event-stream")

    def test_reconnects_lose_and_repeat_nothing(self):
        start = self.seq()
        whole = self.stream(self.sender, start)
        unit = self.world.unit()
        last, box = None, {}
        worker = threading.Thread(target=lambda: box.update(last=work(self.world.boss.another(), unit, 12, 2)))
        worker.start()
        chance, pieces, at, cuts = random.Random(3), [], start, 0
        while worker.is_alive() or not pieces or pieces[-1].id < box["last"]:
            piece = self.stream(self.sender, start=0 if chance.random() < 0.5 else None, last_event_id=at)  # Last-Event-ID wins
            for _ in range(chance.randrange(1, 7)):
                if not worker.is_alive() and pieces and pieces[-1].id >= box["last"]:
                    break
                event = piece.next()
                self.assertEqual(event.name, "message")
                pieces.append(event)
                at = event.id
            piece.close()
            cuts += 1
        worker.join()
        last = box["last"]
        self.assertGreater(cuts, 10)
        got = [event.raw for event in pieces if event.id <= last]  # timers may have rung after it
        self.assertTrue(got == [event.raw for event in whole.until(last)], "the pieces are not the whole")
        self.assertGreaterEqual(pieces[-1].id, last)

    def test_the_beat_carries_the_place(self):
        start = self.seq()
        event = self.stream(self.sender, start).next(names=("beat",))
        self.assertEqual((event.id, event.data["seq"]), (start, start))
        self.assertTrue(abs(event.data["now_ms"] - time.time() * 1000) < 60000)

    def test_where_to_begin(self):
        head = self.seq()
        for text in ("", "x", "-1", "1x", "%201"):
            wire = Wire(self.desk.port)
            wire.send(request_bytes("GET", "/v1/stream?from=" + text, None, {"Authorization": "Bearer " + self.sender.token}))
            self.assertEqual(wire.receive_head()[0], 400, text)
            wire.close()
        answer = self.sender.get("/v1/stream")
        self.assertEqual((answer.status, answer["field"]), (400, "from"))
        event = self.stream(self.sender, head + 100000).next()  # a place this record never reached
        self.assertEqual(event.name, "reset")
        later = self.stream(self.sender, 0).next()
        self.assertEqual((later.name, later.id is not None), ("message", True))

    def test_too_old_after_a_restart(self):
        """The frames that a restarted server has are few: an older place gives reset, a present one goes on."""
        with Desk() as desk:
            desk.start()
            boss = desk.set_up()
            old = boss.ok("GET", "/v1/cases")["seq"]
            for _ in range(5):
                head = boss.ok("POST", "/v1/cases", {"class": "fire"}, key=True)["seq"]
            desk.stop()  # leaves a snapshot, so nothing is replayed
            desk.start()
            boss.close()
            self.assertEqual(self.stream(boss, old).next(seconds=10).name, "reset")
            self.assertEqual(self.stream(boss, last_event_id=old).next(seconds=10).name, "reset")
            stream = self.stream(boss, head)
            made = boss.ok("POST", "/v1/cases", {"class": "theft"}, key=True)
            frame = stream.next(seconds=10)
            self.assertEqual((frame.id, frame.data["upsert"]["case"][0]["id"]), (made["seq"], made["case"]["id"]))
            old_again = self.stream(boss, old)
            self.assertEqual(old_again.next(seconds=10).name, "reset")
            desk.kill()  # replayed from the snapshot on: the new case only
            desk.start()
            boss.close()
            self.assertEqual(self.stream(boss, old).next(seconds=10).name, "reset")
            self.assertEqual(self.stream(boss, head).until(made["seq"])[-1].id, made["seq"])

    # --- slow readers ----------------------------------------------------------------------------------

    def test_a_slow_reader_catches_up_or_is_cut_and_resumes(self):
        with Desk() as desk:  # of its own: the frames are big
            desk.start()
            boss = desk.set_up()
            start = boss.ok("GET", "/v1/cases")["seq"]
            slow = self.stream(boss, start, read=False, buffer_bytes=65536)
            quick = self.stream(boss, start)
            spans = {name + "_ms": 60000 for name in ("dispatch", "acknowledge", "arrive", "report_back", "close")}
            for number in range(40):  # more than the kernel and the stream's queue hold
                classes = [dict(spans, code="class-%d" % n, name_en="%d " % number + "x" * 80, priority=1 + number % 5) for n in range(450)]
                last = boss.ok("POST", "/v1/classes", {"classes": classes})["seq"]
            whole = [event.raw for event in quick.until(last)]  # the quick one was not held up
            slow.begin_reading()
            got, resumes = [], 0
            while not got or got[-1].id < last:
                event = slow.next()
                if event is None:
                    resumes += 1
                    slow = self.stream(boss, last_event_id=got[-1].id if got else start)
                    continue
                self.assertEqual(event.name, "message")
                got.append(event)
            self.assertTrue([event.raw for event in got] == whole, "the slow one saw something else")
            print("slow reader: %d frames, %.1f MB, cut and resumed %d times" % (len(got), sum(map(len, whole)) / 1e6, resumes))
            self.assertGreater(sum(map(len, whole)), 5e6)
            for stream in (slow, quick):
                stream.close()

    # --- rights ----------------------------------------------------------------------------------------

    def test_changed_rights_reset(self):
        number = "s%d" % self.world.number()
        person = self.desk.operator(number, ["dispatcher"], self.world.areas["north"])
        stream = self.stream(person, self.seq())
        body = {"number": number, "roles": ["dispatcher"], "jurisdiction": self.world.areas["north"]}
        self.assertEqual(self.world.put("/v1/operators/" + person.operator, body).status, 200)  # nothing changed: it goes on
        marker = open_case(self.world.boss, jurisdiction=self.world.areas["north"])["id"]
        while True:
            event = stream.next()
            self.assertEqual(event.name, "message")
            if marker in [row["id"] for row in event.data["upsert"].get("case", [])]:
                break
        self.world.put("/v1/operators/" + person.operator, dict(body, jurisdiction=self.world.areas["south"]))
        event = stream.next(names=("reset",))
        self.assertEqual((event.name, event.data["reason"]), ("reset", "rights-changed"))
        self.assertIsNone(stream.next())  # and it ends: fetch the board again
        self.assertEqual(person.get("/v1/cases/" + marker).status, 404)

    def test_rights_are_told_of_before_the_frame_that_changes_them(self):
        """A line that is cut behind the frame would be taken up there, and nobody would tell that the view is another one."""
        unit, other, number = self.world.unit("north"), self.world.unit("north"), "s%d" % self.world.number()
        crew = self.desk.operator(number, ["unit"], self.world.areas["north"], unit)
        stream = self.stream(crew, crew.ok("GET", "/v1/board")["seq"])
        body = {"number": number, "roles": ["unit"], "jurisdiction": self.world.areas["north"], "unit": other}
        self.starts_over(stream, self.world.put("/v1/operators/" + crew.operator, body))

    def starts_over(self, stream, changed):
        """Before the frame that changed the viewer's rights; what came before it (a clock of another test's case) may be told."""
        self.assertEqual(changed.status, 200, repr(changed))
        event = stream.next()
        while event and event.name == "message":
            self.assertLess(event.data["seq"], changed["seq"])
            event = stream.next()
        self.assertEqual((event.name, event.data["reason"]), ("reset", "rights-changed"))

    def test_rights_changed_while_nobody_streamed(self):
        """What came while the console was away is not told by frames alone: it fetches its board anew."""
        number = "s%d" % self.world.number()
        person = self.desk.operator(number, ["dispatcher"], self.world.areas["north"])
        before = person.ok("GET", "/v1/board")["seq"]
        body = {"number": number, "roles": ["dispatcher"], "jurisdiction": self.world.areas["south"]}
        open_case(self.world.boss, jurisdiction=self.world.areas["south"])
        changed = self.world.put("/v1/operators/" + person.operator, body)
        open_case(self.world.boss, jurisdiction=self.world.areas["south"])
        self.starts_over(self.stream(person, before), changed)
        after = person.ok("GET", "/v1/board")["seq"]
        marker = open_case(self.world.boss, jurisdiction=self.world.areas["south"])["id"]
        stream, told = self.stream(person, after), []
        while marker not in told:
            event = stream.next()
            self.assertEqual(event.name, "message")
            told += [row["id"] for row in event.data["upsert"].get("case", [])]

    def test_a_call_that_moves_to_a_case_out_of_view_leaves(self):
        """The board of the area, of a crew that is on the case, and of a machine that brings calls."""
        boss, areas, unit = self.world.boss, self.world.areas, self.world.unit("north")
        crew = self.desk.operator("c%d" % self.world.number(), ["unit"], areas["north"], unit)
        for person in (self.world.person("dispatcher", "north"), crew, self.world.person("gateway", "north")):
            with self.subTest(person.operator):
                here, there = (open_case(boss, jurisdiction=areas[area])["id"] for area in ("north", "south"))
                if person is crew:
                    assign(boss, here, [unit])
                contact = boss.ok("POST", "/v1/contacts", {"channel": "call", "jurisdiction": areas["county"]}, key=True)["contact"]["id"]
                boss.ok("POST", "/v1/contacts/%s/attach" % contact, {"case": here}, key=True)
                board = person.ok("GET", "/v1/board")
                self.assertIn(contact, [row["id"] for row in board["rows"]["contact"]])
                stream = self.stream(person, board["seq"])
                boss.ok("POST", "/v1/contacts/%s/attach" % contact, {"case": there}, key=True)
                last = self.mark()  # a frame that comes for certain
                removed = [frame.data.get("remove", {}).get("contact", []) for frame in stream.until(last)]
                self.assertIn([contact], removed)
                self.assertNotIn(contact, [row["id"] for row in person.ok("GET", "/v1/board")["rows"]["contact"]])

    def test_moved_agency_resets_everybody(self):
        extra = self.desk.agency("MOVE-%d" % self.world.number(), parent=self.world.areas["north"])
        stream = self.stream(self.world.person("dispatcher", "north"), self.seq())
        number = [row for row in self.world.boss.ok("GET", "/v1/agencies?limit=1000")["rows"] if row["id"] == extra][0]["code"]
        answer = self.world.put("/v1/agencies/" + extra, {"code": number, "name": "moved", "level": "station", "parent": self.world.areas["south"]})
        self.assertEqual(answer.status, 200)
        self.assertEqual(stream.next(names=("reset",)).data["reason"], "rights-changed")

    def test_log_out_ends_the_stream(self):
        number = "s%d" % self.world.number()
        self.desk.operator(number, ["dispatcher"])
        one, two = self.desk.login(number), self.desk.login(number)
        streams = [self.stream(client, self.seq()) for client in (one, two)]
        one.ok("DELETE", "/v1/sessions/current")
        self.assertTrue(streams[0].over.wait(10), "the stream goes on after log-out")
        self.assertFalse(streams[1].over.is_set())
        last = self.world.boss.ok("POST", "/v1/cases", {"class": "fire"}, key=True)["seq"]
        self.assertEqual(streams[1].until(last)[-1].id, last)

    # --- boards ----------------------------------------------------------------------------------------

    def mark(self):
        """Something that everybody's stream tells; its seq."""
        code = "MARK-%d" % self.world.number()
        return self.world.boss.ok("POST", "/v1/agencies", {"code": code, "name": "mark", "level": "other", "parent": "1"}, key=True)["seq"]

    def frames(self, stream, board, last):
        """Takes frames up to `last`; False when the stream says to start over."""
        while board.seq < last:
            event = stream.next()
            if event is None or event.name == "reset":
                return False
            board.apply(event.data)
        return True

    def boards(self, clients, act):
        """Board, then `act`, then frames; every board must equal one fetched before the last frames came."""
        boards = [Board(client) for client in clients]
        streams = [self.stream(client, board.seq) for client, board in zip(clients, boards)]
        act()
        wrong = []
        for client, board, stream in zip(clients, boards, streams):
            fresh = None
            while not fresh or not self.frames(stream, board, self.mark()):
                if fresh or not self.frames(stream, board, self.mark()):  # to start over is allowed: fetch again, go on from there
                    stream.close()
                    board = Board(client)
                    stream = self.stream(client, board.seq)
                fresh = Board(client)
            found = board.differs(fresh)
            if found:
                wrong.append("operator %s: %s" % (client.operator, "\n".join(found[:6])))
            self.assertIsNone(board.can_fail(fresh))
        self.assertEqual(wrong, [])

    def test_frames_make_the_same_board(self):
        unit = self.world.unit()
        clients = [self.world.boss, self.sender, self.world.person("admin")]
        self.boards(clients, lambda: work(self.world.boss.another(), unit, 10, 4))

    def test_frames_make_the_same_board_where_areas_and_crews_are(self):
        boss, areas = self.world.boss, self.world.areas
        crew = self.world.person("unit", "north")
        clients = [self.world.person("dispatcher", "north"), self.world.person("dispatcher", "south"), self.world.person("dispatcher", "post"),
                   self.world.person("supervisor"), crew]

        def act():
            contact = boss.ok("POST", "/v1/contacts", {"channel": "call", "jurisdiction": areas["north"]}, key=True)["contact"]["id"]
            case = open_case(boss, jurisdiction=areas["north"], contact=contact, address="A")
            [id] = assign(boss, case["id"], [crew.unit])
            boss.ok("POST", "/v1/cases/%s/entries" % case["id"], {"text": "x"}, key=True)
            for area in ("south", "post", "north", "south"):  # the case moves between areas, with a unit on it
                version = boss.ok("GET", "/v1/cases/" + case["id"])["case"]["version"]
                boss.ok("PATCH", "/v1/cases/" + case["id"], {"jurisdiction": areas[area]}, match=version)
            other = open_case(boss, jurisdiction=areas["post"])["id"]
            version = boss.ok("GET", "/v1/cases/" + case["id"])["case"]["version"]
            boss.ok("POST", "/v1/cases/%s/merge" % case["id"], {"into": other}, match=version)
            version = boss.ok("GET", "/v1/cases/" + other)["case"]["version"]
            boss.ok("POST", "/v1/cases/%s/split" % other, {"contacts": [contact]}, match=version)
            boss.ok("POST", "/v1/assignments/%s/status" % id, {"from": "assigned", "to": "on_scene"}, key=True)
            boss.ok("POST", "/v1/assignments/%s/status" % id, {"from": "on_scene", "to": "cleared", "report_code": "x"}, key=True)
            # A call that was taken in one area about a case of another, and back.
            contact = boss.ok("POST", "/v1/contacts", {"channel": "text", "jurisdiction": areas["north"], "text": "x"}, key=True)["contact"]["id"]
            for area in ("south", "post", "county"):
                there = open_case(boss, jurisdiction=areas[area])["id"]
                boss.ok("POST", "/v1/contacts/%s/attach" % contact, {"case": there}, key=True)

        self.boards(clients, act)

    def test_machines_and_crews_with_another_role_see_themselves(self):
        """A gateway sees its own row and no other's; an officer who is on a unit too sees what the unit is put on, with what hangs on it."""
        boss, areas, name = self.world.boss, self.world.areas, "b%d" % self.world.number()
        unit = self.world.unit("south")
        roles = {"gateway": ["gateway"], "both": ["unit", "officer"]}
        people = {kind: self.desk.operator(kind + name, roles[kind], areas["north"], unit if kind == "both" else None) for kind in roles}
        contact = boss.ok("POST", "/v1/contacts", {"channel": "call", "jurisdiction": areas["county"]}, key=True)["contact"]["id"]
        case = open_case(boss, jurisdiction=areas["south"], contact=contact)["id"]

        def act():
            for kind, person in people.items():  # as they are: a new version, the same rights
                body = {"number": kind + name, "roles": roles[kind], "jurisdiction": areas["north"], "unit": unit if kind == "both" else None}
                self.assertEqual(self.world.put("/v1/operators/" + person.operator, body).status, 200)
            row = boss.ok("GET", "/v1/operators?limit=1")["rows"][0]
            self.assertEqual(row["id"], "1")
            same = {"number": row["number"], "roles": row["roles"], "jurisdiction": row["jurisdiction"]}
            self.assertEqual(self.world.put("/v1/operators/1", same).status, 200)
            assign(boss, case, [unit])

        self.boards(list(people.values()), act)
        self.assertIn(contact, [row["id"] for row in people["both"].ok("GET", "/v1/board")["rows"]["contact"]])

    def call_agency(self, case, area):
        version = self.world.boss.ok("GET", "/v1/cases/" + case)["case"]["version"]
        body = {"event": "call_agency", "agency": self.world.areas[area], "part": "joins"}
        self.world.boss.ok("POST", "/v1/cases/%s/events" % case, body, key=True, match=version)

    def test_a_part_goes_along_when_incidents_are_merged(self):
        """Who sees an incident by a part in it alone sees the one that it is merged into, and the other no longer."""
        boss, north = self.world.boss, self.world.person("dispatcher", "north")
        case, into = (open_case(boss, jurisdiction=self.world.areas["south"])["id"] for _ in range(2))
        if "joint-response" not in [row["name"] for row in boss.ok("GET", "/v1/editions")["rows"]]:
            boss.ok("POST", "/v1/procedures?builtin=joint-response", key=True)
        self.call_agency(case, "north")
        self.assertEqual([north.get("/v1/cases/" + id).status for id in (case, into)], [200, 404])
        self.boards([north, self.world.person("dispatcher", "south"), self.world.person("dispatcher", "post")], lambda: boss.ok(
            "POST", "/v1/cases/%s/merge" % case, {"into": into}, match=boss.ok("GET", "/v1/cases/" + case)["case"]["version"]))
        self.assertEqual([north.get("/v1/cases/" + id).status for id in (case, into)], [404, 200])

    def moved_between(self, clients, path, body):
        """Made in the north, then set to the south and to the post below the north, each time with the boards kept."""
        made = list(self.world.boss.ok("POST", path, dict(body, jurisdiction=self.world.areas["north"]), key=True).values())[-1]["id"]
        for area in ("south", "post", "south", "north"):
            self.boards(clients, lambda: self.world.put("%s/%s" % (path, made), dict(body, jurisdiction=self.world.areas[area])).json())
            row = self.world.boss.ok("GET", "%s?limit=1&after=%d" % (path, int(made) - 1))["rows"][0]
            self.assertEqual((row["id"], row["jurisdiction"]), (made, self.world.areas[area]))

    def test_what_is_moved_to_another_area_leaves_the_board(self):
        """By an administrator, who may move almost anything."""
        name = "M-%d" % self.world.number()
        clients = [self.world.person(role, area) for role, area in (("dispatcher", "north"), ("dispatcher", "south"), ("dispatcher", "post"), ("admin", "north"))]
        for path, body in (("/v1/operators", {"number": name, "roles": ["dispatcher"]}),
                           ("/v1/desk-positions", {"code": name, "name": name}),
                           ("/v1/places", {"kind": "facility", "name": name, "lat": 39.9, "lon": 116.4}),
                           ("/v1/duty-levels", {"code": name, "name": name, "rank": 2}),
                           ("/v1/alert-channels", {"name": name, "kind": "webhook", "url": "https://partner.example/", "allowed_host": "partner.example",
                                                   "events": "case_opened"}),
                           ("/v1/units", {"call_sign": name, "kind": "car"})):
            with self.subTest(path):
                self.moved_between(clients, path, body)

    def test_a_moved_unit_takes_what_hangs_on_it_along(self):
        boss, areas, name = self.world.boss, self.world.areas, "M-%d" % self.world.number()
        unit, start = self.desk.unit(name, areas["north"]), now_ms() + 3600000
        crew = boss.ok("POST", "/v1/operators", {"number": name, "roles": ["unit"], "jurisdiction": areas["north"], "unit": unit}, key=True)["operator"]["id"]
        boss.ok("POST", "/v1/stints", {"operators": [crew], "unit": unit, "shift": "early", "starts_at_ms": start, "ends_at_ms": start + 3600000}, key=True)
        boss.ok("PUT", "/v1/units/%s/check-in" % unit, {"every_s": 3600}, key=True)
        assign(boss, open_case(boss, jurisdiction=areas["county"])["id"], [unit])
        clients = [self.world.person("dispatcher", area) for area in ("north", "south", "post")]
        for area in ("south", "post"):
            self.boards(clients, lambda: self.world.put("/v1/units/" + unit, {"call_sign": name, "kind": "car", "jurisdiction": areas[area]}).json())
            seen = {table: [row["id"] for row in clients[1].ok("GET", "/v1/board")["rows"][table] if unit in (row.get("unit"), row["id"])]
                    for table in ("unit", "stint", "check_in", "assignment")}
            self.assertEqual([bool(ids) for ids in seen.values()], [area == "south"] * 4)

    def test_frames_from_before_a_restart(self):
        """Nobody knows any more who saw what before them: a board from before them is fetched anew, where it may have lost something."""
        with Desk() as desk:
            desk.start()
            boss = desk.set_up()
            north, south = desk.agency("NORTH"), desk.agency("SOUTH")
            person = desk.operator("0002", ["dispatcher"], north)
            case = open_case(boss, jurisdiction=north)
            board = Board(person)
            self.assertIn(case["id"], board.rows["case"])
            boss.ok("PATCH", "/v1/cases/" + case["id"], {"jurisdiction": south}, match=case["version"])
            desk.kill()  # no snapshot: all frames are made again
            desk.start()
            for client in (boss, person):
                client.close()
            stream = self.stream(person, board.seq)
            open_case(boss, jurisdiction=north)
            while (event := stream.next()).name == "message":
                board.apply(event.data)
                self.assertNotIn("case", event.data["upsert"], "it goes on as if nothing could have left the board")
            self.assertEqual((event.name, event.data["reason"]), ("reset", "view-changed"))
            self.assertNotIn(case["id"], Board(person).rows["case"])
            stream.close()

    def test_a_board_is_of_its_viewers_rights_as_of_its_place(self):
        """Moved to another area while the board was on its way: it has the one area's rows, or the stream behind it says so."""
        boss, areas, number = self.world.boss, self.world.areas, "s%d" % self.world.number()
        person, mover = self.desk.operator(number, ["dispatcher"], areas["north"]), boss.another()
        cases = {area: open_case(boss, jurisdiction=areas[area])["id"] for area in ("north", "south")}
        look = request_bytes("GET", "/v1/board", None, {"Authorization": "Bearer " + person.token})
        after = 0
        for turn in range(6):
            here = ("south", "north")[turn % 2]
            headers = {"Authorization": "Bearer " + boss.token, "Idempotency-Key": uuid.uuid4().hex,
                       "If-Match": '"%d"' % self.world.version("/v1/operators/" + person.operator)}
            wires = [Wire(self.desk.port) for _ in range(9)]
            self.desk.process.send_signal(signal.SIGSTOP)  # when it goes on, all of this waits at once: the boards are asked for by the old rights
            wires[0].send(request_bytes("PUT", "/v1/operators/" + person.operator, {"number": number, "roles": ["dispatcher"], "jurisdiction": areas[here]}, headers))
            for wire in wires[1:]:
                wire.send(look)
            self.desk.process.send_signal(signal.SIGCONT)
            moved, *boards = (wire.receive() for wire in wires)
            for wire in wires:
                wire.close()
            self.assertEqual({answer.status for answer in [moved] + boards}, {200})
            for board in boards:
                if board["seq"] >= moved["seq"]:
                    sees = [area for area in cases if cases[area] in [row["id"] for row in board["rows"]["case"]]]
                    self.assertEqual(sees, [here], "a board by the old rights says that it is from after the move")
                    after += 1
            earliest = min(board["seq"] for board in boards)
            if earliest < moved["seq"]:
                event = self.stream(person, earliest).next()
                self.assertEqual((event.name, event.data["reason"]), ("reset", "rights-changed"))
        self.assertGreater(after, 0)

    def test_a_moved_case_is_whole_where_it_arrives(self):
        """Handed to another station, a case takes what belongs to it along: units on it, clocks, the call."""
        boss, areas = self.world.boss, self.world.areas
        contact = boss.ok("POST", "/v1/contacts", {"channel": "call", "jurisdiction": areas["north"]}, key=True)["contact"]["id"]
        case = open_case(boss, jurisdiction=areas["north"], contact=contact)["id"]
        unit = self.world.unit("north")
        [id] = assign(boss, case, [unit])
        version = boss.ok("GET", "/v1/cases/" + case)["case"]["version"]
        boss.ok("PATCH", "/v1/cases/" + case, {"jurisdiction": areas["south"]}, match=version)
        sheet = self.world.person("dispatcher", "south").ok("GET", "/v1/cases/" + case)
        seen = {name: len(sheet[name]) for name in ("contacts", "assignments")}
        self.assertEqual(seen, {"contacts": 1, "assignments": 1})
        self.assertTrue([row for row in sheet["clocks"] if row["stopped_at_ms"] is None])
