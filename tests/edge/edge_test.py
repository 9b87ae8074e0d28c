"""The real binary at its edges: numbers near every power of two, times at every turn, the largest of everything.

    python3 edge_test.py build/.../bellman [Numbers|Limits|Times|Largest...]     FULL=1: all numbers instead of a sample, a case with a
    thousand contacts; SEED=n: another sample

Nothing may end in 5xx or end the desk.  What was taken must be the same after kill -9, from a snapshot, from the journal alone,
in the rebuilt tables and in a restored copy."""
import concurrent.futures
import contextlib
import datetime
import json
import os
import random
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
import jt808  # noqa: E402
from desk import Desk, Stream, Wire, assign, open_case, request_bytes, shift_clock  # noqa: E402

SEED = int(os.environ.get("SEED", "1"))
FULL = bool(os.environ.get("FULL"))
WIDE = [0, 1, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**40 - 1, 2**40, 2**53 - 1, 2**53, 2**53 + 1, 10**18 - 1, 10**18, 2**63 - 1, 2**63,
        2**64 - 1, 2**64, 10**30]
JSON_NUMBERS = ["-1", "-0", "0.5", "1e18", "1e308", "-1e308", "-9223372036854775808", "-9223372036854775809"] + [str(n) for n in WIDE]


RINGS = ("rung", "breached_at_ms", "seq")  # of a clock: what its ringing changes


def written(table, row):
    return json.dumps({name: value for name, value in row.items() if table != "clock" or name not in RINGS}, sort_keys=True, ensure_ascii=False)


def side_by_side(client, count, work):
    """work(client, i) for each i, eight at a time: their commits share an fsync."""
    clients = [client.another() for _ in range(8)]
    with concurrent.futures.ThreadPoolExecutor(len(clients)) as pool:
        for done in [pool.submit(lambda n=n: [work(clients[n], i) for i in range(n, count, len(clients))]) for n in range(len(clients))]:
            done.result()
    for each in clients:
        each.close()


class AtTheEdge(unittest.TestCase):
    """A desk of its own; at the end of each class everything must still be there."""

    @classmethod
    def setUpClass(cls):
        cls.desk = Desk().start()
        cls.boss = cls.desk.set_up()
        cls.watch()

    @classmethod
    def watch(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        cls.desk.close()

    def setUp(self):
        self.began = time.monotonic()

    def tearDown(self):
        print("%5.1f s %s" % (time.monotonic() - self.began, self.id().split(".", 1)[1]), flush=True)

    def fine(self, answer, *more):
        self.assertLess(answer.status, 500, "%r %r" % (answer, more))
        if answer.status >= 400:
            problem = answer.json()
            self.assertTrue(problem["detail"], repr(answer))
        return answer

    def state(self):
        """What the desk shows, but for what moves by itself: the place, the time, and clocks that ring."""
        board = self.boss.ok("GET", "/v1/board")
        rows = {table: sorted(written(table, row) for row in rows) for table, rows in board["rows"].items()}
        shown = {"board": rows}
        for table in ("contacts", "cases", "units", "places", "operators", "agencies", "stints", "handover-notes", "duty-levels", "desk-positions",
                      "devices", "bands", "alert-channels", "assignments"):
            after, found = "0", []
            while after:
                page = self.boss.ok("GET", "/v1/%s?limit=1000&after=%s" % (table, after))
                found, after = found + page["rows"], page["next"]
            shown[table] = [written(table, row) for row in found]
        return shown

    def same(self, before, what, read=None):
        after = (read or self.state)()
        self.assertEqual(sorted(before), sorted(after), what)
        for name in before:
            if before[name] == after[name]:
                continue
            if isinstance(before[name], list):
                differing = [pair for pair in zip(before[name], after[name]) if pair[0] != pair[1]][:1]
                self.fail("%s: %s differs: %r" % (what, name, differing or (len(before[name]), len(after[name]))))
            self.fail("%s: %s differs" % (what, name))

    def all_ways_back(self, read=None):
        """kill -9, a snapshot, the journal alone, the rebuilt tables, a restored copy: all equal."""
        read = read or self.state
        before = read()
        self.desk.kill()
        self.desk.start()
        self.same(before, "after kill -9", read)
        self.desk.stop()  # writes a snapshot
        self.desk.start()
        self.same(before, "from a snapshot", read)
        self.desk.stop()
        code, out, err = self.desk.run("journal", "verify", self.desk.data)
        self.assertEqual(code, 0, out + err)
        code, out, err = self.desk.run("journal", "rebuild", self.desk.data, "--check")
        self.assertTrue(code == 0 and " 0 differed" in out, out + err)
        for name in os.listdir(self.desk.data):
            if name.startswith("snapshot-"):
                os.rename(os.path.join(self.desk.data, name), self.desk.data + "." + name)
        self.desk.start()
        self.same(before, "from the journal alone", read)
        copy, elsewhere = self.desk.data + "-copy", self.desk.data + "-restored"
        code, out, err = self.desk.run("backup", self.desk.data, copy)
        self.assertEqual(code, 0, out + err)
        self.desk.stop()
        code, out, err = self.desk.run("restore", copy, elsewhere)
        self.assertEqual(code, 0, out + err)
        self.desk.data = elsewhere
        self.desk.start()
        self.boss = self.__class__.boss = self.desk.login("boss")
        self.same(before, "restored", read)


class Numbers(AtTheEdge):
    def sample(self, all, most):
        if FULL or len(all) <= most:
            return all
        return random.Random(SEED).sample(all, most)

    def wire(self, text):
        wire = Wire(self.desk.port)
        wire.send(text)
        try:
            answer = wire.receive()
        finally:
            wire.close()
        return answer

    def test_1_lengths_of_bodies(self):
        head = "POST /v1/cases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\n" % self.boss.token
        for length in [2**20 + 1] + [n for n in WIDE if n > 2**20] + ["-1", "+5", "0x10", "1e3", "5 5", "9" * 200]:
            answer = self.wire((head + "Content-Length: %s\r\n\r\n" % length).encode())
            self.assertIn(answer.status, (400, 413), "%s: %r" % (length, answer))
        for size in ("7fffffff", "ffffffff", "80000000", "100000000", "7fffffffffffffff", "8000000000000000", "ffffffffffffffff", "fffffffffffffffe",
                     "10000000000000000", "0000000000000000f", "-1", "0x5", "", "f" * 300):
            answer = self.wire((head + "Transfer-Encoding: chunked\r\n\r\n%s\r\n{}" % size).encode())
            self.assertIn(answer.status, (400, 413), "%s: %r" % (size, answer))
        self.fine(self.boss.get("/v1/me"))

    def paths(self):
        return self.desk.client().ok("GET", "/openapi.json")["paths"]

    def test_2_ids_in_paths(self):
        ids = [n for n in WIDE if n > 2**15] + ["00", "01", "+1", "1" + "0" * 100]
        for path, methods in self.sample(sorted(self.paths().items()), 60):
            if "{id}" not in path:
                continue
            for method in methods:
                for id in self.sample(ids, 4):
                    answer = self.fine(self.boss.call(method.upper(), path.replace("{id}", str(id)), None if method in ("get", "delete") else {}))
                    self.assertTrue(400 <= answer.status, "something has the id %s: %r" % (id, answer))

    def test_3_numbers_in_queries(self):
        names = {"/v1/cases": ("limit", "after", "open", "newest"), "/v1/cases/1/timeline": ("from",), "/v1/deliveries": ("limit", "before", "case", "channel"),
                 "/v1/rates": ("from_ms", "to_ms"), "/v1/reports/answer": ("from_at_ms", "to_at_ms", "from_ms", "to_ms", "zone_ms"),
                 "/v1/imports": ("limit",), "/v1/addresses?q=x": ("limit", "lat", "lon"), "/v1/surge": ("reserve", "limit"),
                 "/v1/roads/isochrone?lat=1&lon=1": ("minutes",), "/v1/roads/cordon": ("minutes",), "/v1/roads/eta": ("from", "to"),
                 "/map/tiles/1/1/1.pbf": ("v",), "/v1/contacts/1/fixes": ("from", "limit")}
        open_case(self.boss)
        for path, parameters in names.items():
            for name in parameters:
                for number in self.sample([str(n) for n in WIDE] + ["-1", "1e5", "0x7f", "9" * 21, "9" * 30, "9" * 500], 26):
                    self.fine(self.boss.get("%s%s%s=%s" % (path, "&" if "?" in path else "?", name, number)))

    def test_4_places_in_the_stream(self):
        for number in WIDE + ["9" * 22, "9" * 23, "9" * 24, "9" * 100, "-1", "1x", "0x1"]:
            for headers in ({"Last-Event-ID": str(number)}, {}):
                path = "/v1/stream" + ("" if headers else "?from=%s" % str(number).replace(" ", "%20"))
                wire = Wire(self.desk.port)
                wire.send(request_bytes("GET", path, None, dict(headers, Authorization="Bearer " + self.boss.token)))
                status, _ = wire.receive_head()
                wire.close()
                exact = isinstance(number, int) and number < 10**18
                self.assertEqual(status, 200 if exact else 400, (path, headers, status))

    def test_5_versions(self):
        case = open_case(self.boss)["id"]
        for number in WIDE:
            answer = self.fine(self.boss.call("PATCH", "/v1/cases/" + case, {"priority": 2}, match=number))
            self.assertIn(answer.status, (400, 412) if number != 1 else (200,), "%s: %r" % (number, answer))

    def test_6_numbers_in_bodies(self):
        """Every number of every body: refused by name or taken, and what was taken is read again by a desk that starts anew."""
        document = self.desk.client().ok("GET", "/openapi.json")
        schemas = document["components"]["schemas"]

        def resolved(schema):
            return schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema

        base = {"class": "fire", "channel": "call", "name": "edge", "code": "E", "kind": "car", "jurisdiction": "1", "call_sign": "E", "number": "77",
                "outcome": "solved", "duty": "on_duty", "form": "line", "points": [[1, 1], [1.1, 1.1]], "level": "station", "identity": "13800000000",
                "protocol": "jt808", "unit": "1", "sheet": "S", "measure": "answer", "source": "s", "certainty": "custom", "reason": "r"}
        self.desk.unit("EDGE")
        todo = []
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                content = operation.get("requestBody", {}).get("content", {}).get("application/json")
                if not content:
                    continue
                members = resolved(content["schema"]).get("properties", {})
                for name, schema in members.items():
                    kinds = resolved(schema).get("type")
                    kinds = kinds if isinstance(kinds, list) else [kinds]
                    if "integer" in kinds or "number" in kinds:
                        todo += [(path, method, name, number, sorted(members)) for number in JSON_NUMBERS]
        self.assertGreater(len(todo), 1000)
        taken = 0
        for path, method, name, number, members in todo:
            if "/sessions" in path or "/clock/" in path:
                continue
            body = {member: base[member] for member in members if member in base and member != name}
            text = json.dumps(body)[:-1] + (", " if body else "") + '"%s": %s}' % (name, number)
            answer = self.fine(self.boss.call(method.upper(), path.replace("{id}", "1"), text.encode(), key=True, match=1), text)
            taken += answer.status < 300
        print("numbers: %d bodies asked (SEED=%d), %d taken" % (len(todo), SEED, taken))
        self.assertGreater(taken, 20)

    def test_9_all_ways_back(self):
        self.all_ways_back()


class Limits(unittest.TestCase):
    """A folder of the program whose record has used nearly all of its numbers (raise.c): what still fits is taken, what does not is refused with
    507 and its name, and the desk goes on to show what there is, also after kill -9."""
    SEQ, ID = 2**53 - 1, 2**40 - 1

    def raised(self, *numbers):
        desk = Desk().start()
        self.addCleanup(desk.close)
        boss = desk.set_up()
        self.unit = desk.unit("LIMIT")
        self.case = open_case(boss, address="Old Street 1")["id"]
        desk.stop()
        tool = os.environ.get("BELLMAN_RAISE") or os.path.join(os.path.dirname(desk.binary), "../../tests/edge/raise")
        subprocess.run([tool, desk.data] + [str(number) for number in numbers], check=True)
        desk.start()
        return desk, desk.login("boss")

    def until_refused(self, ask, status=201):
        for count in range(1000):
            answer = ask()
            if answer.status != status:
                return count, answer
        self.fail("never refused")

    def goes_on(self, desk, cases):
        """After kill -9, too: all that was taken is there, and reading does not end."""
        for _ in range(2):
            self.assertTrue(desk.alive())
            boss = desk.login("boss")
            answer = boss.get("/v1/cases?limit=1000")
            self.assertEqual(answer.status, 200, repr(answer))
            self.assertEqual([row["id"] for row in answer["rows"]], cases)
            self.assertEqual(boss.get("/v1/units").status, 200)
            self.assertEqual(boss.get("/readyz").status, 200)
            desk.kill()
            desk.start()
        desk.stop()

    def test_the_last_place_in_the_record(self):
        desk, boss = self.raised(self.SEQ - 60)
        board = boss.ok("GET", "/v1/board")
        self.assertGreater(board["seq"], self.SEQ - 61)
        stream = Stream(boss, board["seq"])
        cases = [self.case]
        made = open_case(boss)
        cases.append(made["id"])
        frame = stream.next()
        self.assertEqual((frame.id, frame.data["upsert"]["case"][0]["id"]), (frame.data["seq"], made["id"]))
        self.assertLessEqual(int(made["seq"]), frame.id)
        self.assertEqual(json.loads(json.dumps(float(frame.id))), frame.id, "not exact as a number")
        assign(boss, made["id"], [self.unit])

        def ask():
            answer = boss.call("POST", "/v1/cases", {"class": "fire"}, key=True)
            if answer.status == 201:
                cases.append(answer["case"]["id"])
            return answer

        count, answer = self.until_refused(ask)
        self.assertGreater(count, 2)
        self.assertEqual((answer.status, answer["code"], answer["field"]), (507, "no-space", "seq"), repr(answer))
        stream.wire.close()
        self.goes_on(desk, cases)

    def test_numbers_of_the_vault(self):
        """Log-ins and sealing keys, from their counters in vault.db."""
        desk = Desk().start()
        self.addCleanup(desk.close)
        boss = desk.set_up()
        case = open_case(boss, address="Old Street 1")["id"]
        desk.stop()
        with contextlib.closing(sqlite3.connect(os.path.join(desk.data, "vault.db"))) as vault, vault:
            vault.execute("UPDATE sqlite_sequence SET seq=? WHERE name='session'", (self.ID - 2,))
        desk.start()
        boss = desk.login("boss")
        desk.login("boss")
        for _ in range(2):
            answer = desk.client().post("/v1/sessions", {"login": "boss", "password": "correct horse battery"})
            self.assertEqual((answer.status, answer["code"], answer["field"]), (507, "no-space", "session"), repr(answer))
            self.assertEqual(boss.ok("GET", "/v1/cases/" + case)["case"]["personal"]["address"], "Old Street 1")
            desk.stop()
            desk.start()
        desk.stop()
        if not FULL:
            return  # the keys that were made ahead last for some 1,500 cases
        with contextlib.closing(sqlite3.connect(os.path.join(desk.data, "vault.db"))) as vault, vault:
            self.assertEqual(vault.execute("UPDATE named SET bytes=? WHERE name='next_block'", (struct.pack("<Q", 2**44 - 1),)).rowcount, 1)
        desk.start()
        opened = 0
        for _ in range(6000):  # those that were made before, and the last block
            answer = boss.call("POST", "/v1/cases", {"class": "fire", "address": "New Street 2"}, key=True)
            if answer.status != 201:
                break
            opened += 1
        self.assertIn(answer.status, (500, 503, 507), "never refused")
        self.assertTrue(desk.alive())
        self.assertEqual(boss.ok("GET", "/v1/cases/" + case)["case"]["personal"]["address"], "Old Street 1")
        rows = boss.ok("GET", "/v1/cases?limit=1&newest=1")["rows"]
        self.assertEqual(boss.ok("GET", "/v1/cases/" + rows[0]["id"])["case"]["personal"]["address"], "New Street 2")
        print("keys: %d cases until the last key, then %d %s" % (opened, answer.status, answer["detail"]))
        desk.stop()

    def test_the_last_ids(self):
        for table, ask, path in (("case", {"class": "fire"}, "/v1/cases"), ("contact", {"channel": "call"}, "/v1/contacts"),
                                 ("request", {"class": "fire"}, "/v1/cases"), ("clock", {"class": "fire"}, "/v1/cases"))[:4 if FULL else 1]:
            desk, boss = self.raised(10**6, table, self.ID - 8)
            made = []

            def post():
                answer = boss.call("POST", path, ask, key=True)
                if answer.status == 201 and path == "/v1/cases":
                    made.append(answer["case"]["id"])
                return answer

            count, answer = self.until_refused(post)
            self.assertEqual((answer.status, answer["code"], answer["field"]), (507, "no-space", table), repr(answer))
            self.assertGreater(count, 0, table)
            if table == "case":
                self.assertEqual(made[-1], str(self.ID))
            self.goes_on(desk, [self.case] + made)


class Times(AtTheEdge):
    @classmethod
    def setUpClass(cls):
        cls.desk = Desk().start("--jt808", "127.0.0.1:0")
        cls.boss = cls.desk.set_up()
        cls.port = int(re.search(r"JT/T 808 on 127\.0\.0\.1:(\d+)", cls.desk.welcome).group(1))

    def terminal(self, number, call_sign):
        unit = self.desk.unit(call_sign)
        self.boss.ok("POST", "/v1/devices", {"protocol": "jt808", "identity": number.lstrip("0"), "unit": unit}, key=True)
        terminal = jt808.Terminal(self.port, jt808.Head(bytes.fromhex(number)))
        self.assertEqual(terminal.log_on(), 0)
        return unit, terminal

    def position(self, unit):
        return [row for row in self.boss.ok("GET", "/v1/positions")["positions"] if row["unit"] == unit][0]

    def test_1_serials_of_terminals(self):
        """Past 0xFFFF on both sides: the terminal's own serials, and those of the desk's answers on one connection."""
        unit, terminal = self.terminal("013800138001", "T-1")
        terminal.serial = 0xFFFC
        for i in range(8):
            serial = terminal.serial = (terminal.serial + 1) & 0xFFFF
            terminal.socket.sendall(terminal.head.frame(0x0200, serial, jt808.location(1 + i / 10, 2)))
            self.assertEqual(terminal.answered(0x0200, serial), 0)
        self.assertEqual(self.position(unit)["lat"], 1.7)
        for first in range(1, 66001, 100):
            terminal.socket.sendall(b"".join(terminal.head.frame(0x0002, i & 0xFFFF, b"") for i in range(first, first + 100)))
            for i in range(first, first + 100):
                self.assertEqual(terminal.answered(0x0002, i & 0xFFFF), 0)
        terminal.close()

    def test_2_clocks_of_devices(self):
        """R23: the years 2000, 2030 and 2099, a day that is none, a leap second: kept, shown, and never what orders."""
        unit, terminal = self.terminal("013800138002", "T-2")
        for n, (when, device_at_ms) in enumerate((("000101000000", 946656000000), ("300406120000", 1901678400000), ("991231235959", 4102415999000),
                                                  ("060229120000", None), ("000000000000", None), ("161231235960", 1483200000000))):
            before = time.time() * 1000
            self.assertEqual(terminal.result(0x0200, jt808.location(10 + n, 20, when=when)), 0)
            row = self.position(unit)
            self.assertEqual((row["lat"], row["device_at_ms"]), (10 + n, device_at_ms), row)
            self.assertTrue(before - 1000 <= row["at_ms"] <= time.time() * 1000 + 1000, row)
        terminal.close()

    def test_3_the_desk_at_every_turn(self):
        """A desk whose own clock passes the turn: times rise, ids go on, and it starts again on the other side."""
        shim = shift_clock()
        if not shim:
            print("skipped: no shift_clock library was named on the command line")
            self.skipTest("no shift_clock")
        turns = {"2026-12-31T16:00:00Z": "Shanghai's new year", "2027-01-01T00:00:00Z": "new year", "2028-02-29T00:00:00Z": "leap day",
                 "2028-03-01T00:00:00Z": "after it", "2038-01-19T03:14:08Z": "2^31 seconds", "2100-03-01T00:00:00Z": "a day that 2100 has not",
                 "2106-02-07T06:28:16Z": "2^32 seconds"}
        if not FULL:
            turns = {turn: name for turn, name in turns.items() if turn[:4] in ("2028", "2038")}
        # One desk goes through them in order, as time does.
        with Desk() as desk, tempfile.NamedTemporaryFile("w") as file:
            env = {"LD_PRELOAD": shim, "SHIFT_CLOCK_FILE": file.name, "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1:exitcode=99"}
            seen = []
            for n, (turn, name) in enumerate(turns.items()):
                at_ms = int(datetime.datetime.fromisoformat(turn.replace("Z", "+00:00")).timestamp() * 1000)
                file.seek(0)
                file.truncate()
                file.write("%d" % (at_ms - 3000 - time.time() * 1000))
                file.flush()
                desk.start(env=env)
                boss = desk.login("boss") if n else desk.set_up()
                if n:  # years away, on a machine that ran on: an administrator says that it is so
                    self.assertTrue(boss.get("/readyz")["time_held"])
                    boss.ok("POST", "/v1/clock/confirm", key=True)
                opened = [0]
                while opened[-1] < at_ms or len(opened) < 4:
                    opened.append(open_case(boss)["opened_at_ms"])
                self.assertLess(opened[1], at_ms, name)
                self.assertEqual(opened, sorted(opened), name)
                seen += opened[1:]
                report = boss.get("/v1/reports/intervals?from_ms=%d&to_ms=%d" % (at_ms - 86400000, at_ms + 86400000))
                self.assertIn(report.status, (200, 400), repr(report)[:300])
                desk.stop()
            file.seek(0)
            file.truncate()
            file.write("%d" % (at_ms + 60000 - time.time() * 1000))
            file.flush()
            desk.start(env=env)
            boss = desk.login("boss")
            cases, after = {}, "0"
            while after:  # a fast machine opens more than one page of them
                page = boss.ok("GET", "/v1/cases?limit=1000&after=" + after)
                cases.update({int(row["id"]): row["opened_at_ms"] for row in page["rows"]})
                after = page["next"]
            self.assertEqual([cases[id] for id in sorted(cases)], seen)
            desk.stop()
            code, out, err = desk.run("journal", "verify", desk.data)
            self.assertEqual(code, 0, out + err)
            code, out, err = desk.run("journal", "rebuild", desk.data, "--check")
            self.assertTrue(code == 0 and " 0 differed" in out, out + err)


def text_of(most, sign="𝕏"):
    """So many bytes, in signs of four bytes as far as they go."""
    size = len(sign.encode())
    return sign * (most // size) + "x" * (most % size)


class Largest(AtTheEdge):
    CONTACTS, UNITS = 1000 if FULL else 100, 256

    def agency(self):
        """The code of the desk's agency: the first test may have given it the longest there is."""
        if not hasattr(Largest, "code"):
            Largest.code = [row["code"] for row in self.boss.ok("GET", "/v1/agencies")["rows"] if row["id"] == "1"][0]
        return Largest.code

    def test_1_texts_in_every_field(self):
        """The longest text of every text field is taken, or refused by name; one byte more is refused by name."""
        document = self.desk.client().ok("GET", "/openapi.json")
        schemas = document["components"]["schemas"]
        base = {"class": "fire", "channel": "call", "name": "edge", "code": "E", "kind": "car", "jurisdiction": "1", "call_sign": "E", "number": "77",
                "outcome": "solved", "duty": "on_duty", "form": "line", "points": [[1, 1], [1.1, 1.1]], "level": "station", "identity": "13800000000",
                "protocol": "jt808", "unit": "1", "sheet": "S", "measure": "answer", "source": "s", "certainty": "custom", "reason": "r",
                "roles": ["dispatcher"], "shift": "s", "basis": "b", "text": "t"}
        self.desk.unit("TEXTS")
        open_case(self.boss)
        longest = too_long = 0
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                content = operation.get("requestBody", {}).get("content", {}).get("application/json")
                if not content or "/sessions" in path or "/setup" in path or "erase" in path:
                    continue
                schema = content["schema"]
                members = (schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema).get("properties", {})
                for name, member in members.items():
                    if "maxLength" not in member:
                        continue
                    most = member["maxLength"]
                    body = {other: base[other] for other in members if other in base and other != name}
                    where = path.replace("{id}", "1")
                    answer = self.fine(self.boss.call(method.upper(), where, dict(body, **{name: text_of(most)}), key=True, match=1))
                    self.assertNotEqual(answer.status == 400 and answer["code"], "too-long", "%s %s: %d bytes" % (where, name, most))
                    longest += answer.status < 300
                    answer = self.fine(self.boss.call(method.upper(), where, dict(body, **{name: text_of(most) + "y"}), key=True, match=1))
                    self.assertGreaterEqual(answer.status, 400, "%s %s: %d bytes taken" % (where, name, most + 1))
                    if answer.status == 400 and answer["code"] == "too-long":
                        self.assertEqual(answer["field"], name, repr(answer))
                        self.assertIn(str(most), answer["detail"])
                        too_long += 1
        print("texts: %d of the longest taken, %d refused as too long by name" % (longest, too_long))
        self.assertGreater(longest, 10)
        self.assertGreater(too_long, 30)

    def test_2_one_case_with_everything(self):
        boss = self.boss
        case = open_case(boss, address=text_of(400), description=text_of(16000, "守"), caller_name=text_of(200), caller_number="1" * 64, lat=39.9, lon=116.4)["id"]
        Largest.case = case

        def call(who, i):
            body = {"channel": "call", "answered": True}
            if i < 40:
                body.update(text=text_of(16000), name=text_of(200, "é"), number="2" * 64)
            contact = who.ok("POST", "/v1/contacts", body, key=True)["contact"]["id"]
            who.ok("POST", "/v1/contacts/%s/attach" % contact, {"case": case}, key=True)

        side_by_side(boss, self.CONTACTS, call)
        if self.CONTACTS == 1000:
            more = boss.ok("POST", "/v1/contacts", {"channel": "call", "answered": True}, key=True)["contact"]["id"]
            answer = self.fine(boss.post("/v1/contacts/%s/attach" % more, {"case": case}, key=True))
            self.assertTrue(answer.status == 409 or answer.status == 400, repr(answer))
            self.assertIn("1000", answer["detail"])
        rows = "call_sign,kind,agency\n" + "".join("L-%03d,car,%s\n" % (i, self.agency()) for i in range(self.UNITS + 1))
        csv = {"Content-Type": "text/csv"}
        seen = boss.call("POST", "/v1/imports/units", rows.encode(), headers=csv).json()
        self.assertEqual(boss.call("POST", "/v1/imports/units/apply?digest=" + seen["digest"], rows.encode(), headers=csv, key=True).status, 200)
        units = [row["id"] for row in boss.ok("GET", "/v1/units?limit=1000")["rows"] if row["call_sign"].startswith("L-")]
        for part in (units[:128], units[128:256], units[256:]):
            boss.ok("POST", "/v1/duty", {"units": part, "duty": "on_duty"}, key=True)
        for part in (units[:128], units[128:256]):
            assign(boss, case, part)
        version = boss.ok("GET", "/v1/cases/" + case)["case"]["version"]
        answer = self.fine(boss.call("POST", "/v1/cases/%s/assignments" % case, {"units": units[256:]}, key=True, match=version))
        self.assertGreaterEqual(answer.status, 400, repr(answer))
        self.assertIn("256", answer["detail"])
        answer = self.fine(boss.call("POST", "/v1/cases/%s/assignments" % case, {"units": units[:129]}, key=True, match=version))
        self.assertEqual((answer.status, answer["field"]), (400, "units"))
        side_by_side(boss, 300, lambda who, i: who.ok("POST", "/v1/cases/%s/entries" % case, {"text": text_of(16000)}, key=True))
        side_by_side(boss, 1800 if FULL else 0, lambda who, i: who.ok("POST", "/v1/cases/%s/entries" % case, {"text": "%d" % i}, key=True))
        for _ in range(200 if FULL else 20):
            other = open_case(boss)["id"]
            boss.ok("POST", "/v1/cases/%s/link" % case, {"other": other, "kind": "related"}, key=True)

    def shown(self):
        """The case whole: its sheet, its timeline in as many parts as it has, its record, and all lists."""
        sheet = self.boss.ok("GET", "/v1/cases/" + Largest.case)
        sheet.pop("seq")
        for clock in sheet["clocks"]:
            for name in RINGS:
                clock.pop(name)
        events, more, parts = [], True, 0
        while more:
            answer = self.boss.ok("GET", "/v1/cases/%s/timeline?from=%d" % (Largest.case, events[-1]["seq"] if events else 0))
            self.assertTrue(answer["events"])
            events, more, parts = events + answer["events"], answer["more"], parts + 1
        self.assertGreater(parts, 1)
        looks = [event["kind"] for event in events].count("looked")
        self.assertGreater(looks, 0)
        shown = self.state()
        shown["sheet"] = [json.dumps(sheet, sort_keys=True, ensure_ascii=False)]
        shown["timeline"] = [json.dumps(event, sort_keys=True, ensure_ascii=False) for event in events
                             if event["kind"] not in ("looked", "clock_rung")]
        return shown

    def test_3_nothing_is_cut(self):
        sheet = self.boss.ok("GET", "/v1/cases/" + Largest.case)
        self.assertEqual(sheet["case"]["personal"]["description"], text_of(16000, "守"))
        self.assertEqual(sheet["case"]["personal"]["caller_name"], text_of(200))
        self.assertEqual((len(sheet["contacts"]), len(sheet["assignments"])), (self.CONTACTS, self.UNITS))
        self.assertEqual(sum(row["personal"] is not None and row["personal"].get("text") == text_of(16000) for row in sheet["contacts"]), 40)
        timeline = self.shown()["timeline"]
        entries = [event for event in map(json.loads, timeline) if event["kind"] == "entry_added" and len(event["personal"]["text"]) > 4]
        self.assertEqual((len(entries), {event["personal"]["text"] for event in entries}), (300, {text_of(16000)}))
        self.assertEqual(len(timeline), len(set(timeline)))
        self.assertGreater(len(timeline), 2000 if FULL else 600)
        record = self.fine(self.boss.get("/v1/cases/%s/record" % Largest.case))
        self.assertEqual(record.status, 200, repr(record)[:300])
        self.assertEqual(sum(event["kind"] == "entry_added" for event in record["events"]), 2100 if FULL else 300)
        print("largest: a case with %d contacts, %d assignments, 300 entries of 16,000 bytes; a sheet of %d bytes, %d events, a record of %d bytes" % (
            len(sheet["contacts"]), len(sheet["assignments"]), len(json.dumps(sheet, ensure_ascii=False).encode()), len(timeline), len(record.body)))

    def test_4_the_deepest_json(self):
        for depth in (1000, 2047, 2048, 2049, 100000):
            for text in (b'{"a":' * depth + b"1" + b"}" * depth, b'{"class":' + b"[" * depth + b"]" * depth + b"}"):
                answer = self.fine(self.boss.call("POST", "/v1/cases", text))
                self.assertEqual(answer.status, 400, repr(answer)[:300])

    def test_5_the_largest_file(self):
        csv = {"Content-Type": "text/csv"}
        row = "name,kind,agency,lat,lon\n"
        for rows, ready in ((5000, True), (5001, False)) if FULL else ((5001, False),):
            file = (row + "".join("%s %d-%d,post,%s,39.9,116.4\n" % (text_of(60, "岗"), rows, i, self.agency()) for i in range(rows))).encode()
            answer = self.fine(self.boss.call("POST", "/v1/imports/places", file, headers=csv))
            self.assertEqual(answer.status, 200, repr(answer)[:300])
            self.assertEqual(answer["ready"], ready, answer["problem"] if "problem" in answer.json() else "")
            if ready:
                taken = self.boss.call("POST", "/v1/imports/places/apply?digest=" + answer["digest"], file, headers=csv, key=True)
                self.assertEqual(taken.status, 200, repr(taken)[:300])
        for size in ((16 << 20) - 1, (16 << 20) + 1):
            answer = self.fine(self.boss.call("POST", "/v1/imports/places", (row.encode() + b"x" * size)[:size], headers=csv))
            if size > 16 << 20:
                self.assertEqual(answer.status, 413, repr(answer)[:300])
        too_many = (row + "a,post,%s,1,1\n" % self.agency() * 100001).encode()
        answer = self.fine(self.boss.call("POST", "/v1/imports/places", too_many, headers=csv))
        self.assertIn("100000", answer["detail"])

    def test_6_most_streams(self):
        """Many streams at once, each gets the same frame; when they have gone, the desk is as before."""
        seq = self.boss.ok("GET", "/readyz")["seq"]
        streams = [Stream(self.boss, seq, read=i < 3) for i in range(300 if FULL else 100)]
        made = open_case(self.boss)
        for stream in streams[:3]:
            frame = stream.next()
            self.assertEqual(frame.data["upsert"]["case"][0]["id"], made["id"])
        for stream in streams:
            stream.wire.close()
        self.fine(self.boss.get("/v1/me"))

    def test_9_all_ways_back(self):
        self.all_ways_back(self.shown)


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name in ("Numbers", "Limits", "Times", "Largest")]
    print("repeat: SEED=%d %spython3 tests/edge/edge_test.py %s" % (SEED, "FULL=1 " if FULL else "", " ".join(sys.argv[1:])), flush=True)
    began = time.monotonic()
    result = unittest.main(argv=[sys.argv[0]] + names, verbosity=1, exit=False).result
    wrong = len(result.failures) + len(result.errors)
    print("torture: edges tests=%d failed=%d skipped=%d full=%d seconds=%.0f" % (result.testsRun, wrong, len(result.skipped), FULL, time.monotonic() - began))
    sys.exit(wrong != 0)
