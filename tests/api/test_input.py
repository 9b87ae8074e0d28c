"""Bad input: a clear error that names field and mend, and nothing changes."""
import json
import unittest

from desk import Client, Gone, Wire, open_case, request_bytes
from world import world

BIG = 1 << 20


class BadInput(unittest.TestCase):
    def setUp(self):
        self.world = world()
        self.desk = self.world.desk
        self.taker = self.world.person("call_taker")
        self.sender = self.world.person("dispatcher")

    def problem(self, answer, status, code, field=None):
        self.assertEqual((answer.status, answer["code"]), (status, code), repr(answer))
        if field is not None:
            self.assertEqual(answer["field"], field, repr(answer))
        return answer.json()

    def raw(self, body, status, code, field=None, path="/v1/cases", method="POST", who=None):
        """A body as bytes; the state must be as before."""
        before = self.desk.boss.ok("GET", "/readyz")["seq"]
        answer = (who or self.taker).call(method, path, body)
        self.problem(answer, status, code, field)
        self.assertEqual(self.desk.boss.ok("GET", "/readyz")["seq"], before, "refused, but something was recorded")
        return answer

    # --- not JSON ------------------------------------------------------------------------------------

    def test_malformed_json(self):
        for text in (b"{", b"{\"class\":\"fire\"", b"{\"class\":}", b"{'class':'fire'}", b"{\"class\":\"fire\",}", b"nonsense", b"\x00", b"[1,2",
                     b"{\"class\":\"fire\"} x", b"{\"class\":\"fire\"}{}", b"{\"class\":fire}", b"[" * 5000, b"{\"a\":" * 3000):
            answer = self.raw(text, 400, "bad-json")
            self.assertIn("column", answer["detail"])
        for text in (b"[]", b"null", b"7", b"\"fire\"", b"true"):
            self.raw(text, 400, "bad-json")

    def test_duplicate_members(self):
        self.raw(b'{"class":"fire","class":"theft"}', 400, "bad-json")
        self.raw(b'{"event":"claim","fields":{},"fields":{}}', 400, "bad-json", path="/v1/cases/1/events")

    def test_not_utf8(self):
        for text in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"caf\xe9", b"\xe4\xb8"):
            self.raw(b'{"class":"fire","address":"' + text + b'"}', 400, "bad-json")
        self.raw(b'{"class":"fire","address":"\\ud800"}', 400, "bad-json")
        self.raw('{"class":"fire"}'.encode("utf-16"), 400, "bad-json")

    def test_control_characters(self):
        for text in (b"\\u0000", b"\x01", b"\n"):
            self.raw(b'{"class":"fire","address":"a' + text + b'b"}', 400, "bad-json")
        for text in (b"\\u0001", b"\\u001b", b"\\u007f", b"\\r"):
            self.raw(b'{"class":"fire","address":"a' + text + b'b"}', 400, "wrong-type", "address")
        row = open_case(self.taker, description="line 1\nline 2\tend")
        self.assertEqual(self.taker.ok("GET", "/v1/cases/" + row["id"])["case"]["personal"]["description"], "line 1\nline 2\tend")

    def test_text_comes_back_as_sent(self):
        for text in ("\"quoted\" \\ back", "守夜人 值班台 𠮷", "e\u0301", "\u202e right to left", "<script>alert(1)</script>", "'; DROP TABLE journal; --",
                     "\ufeffbom", "%s%n%d", "a" * 400):
            row = open_case(self.taker, address=text)
            self.assertEqual(self.taker.ok("GET", "/v1/cases/" + row["id"])["case"]["personal"]["address"], text)
            self.assertIn(text, [one["personal"]["address"] for one in self.taker.ok("GET", "/v1/board")["rows"]["case"] if one["personal"]])

    # --- fields ----------------------------------------------------------------------------------------

    def test_unknown_fields(self):
        told = self.raw(b'{"class":"fire","colour":"red"}', 400, "unknown-field", "colour")
        self.assertIn("priority", told["detail"])  # says what is known
        self.raw(b'{"class":"fire","state":"closed"}', 400, "unknown-field", "state")
        self.raw(b'{"class":"fire","id":"7"}', 400, "unknown-field", "id")
        self.raw(b'{"class":"fire","actor":"1"}', 400, "unknown-field", "actor")
        self.raw(b'{"channel":"call","case":"1"}', 400, "unknown-field", "case", path="/v1/contacts")
        self.raw(b'{"login":"a","password":"b","more":1}', 400, "unknown-field", "more", path="/v1/sessions")
        case = open_case(self.taker)["id"]
        path = "/v1/cases/%s/events" % case
        self.raw(b'{"event":"claim","fields":{"colour":1}}', 400, "unknown-field", "colour", path=path)
        self.raw(b'{"event":"claim","colour":1}', 400, "unknown-field", "colour", path=path)
        self.raw(b'{"event":"claim","fields":7}', 400, "wrong-type", "fields", path=path)
        self.raw(b'{"event":"dance"}', 400, "unknown-word", "event", path=path)
        self.raw(b'{"event":7}', 400, "wrong-type", "event", path=path)
        self.raw(b'{}', 400, "missing-field", "event", path=path)
        self.raw(b'{"event":"call_agency","agency":"x"}', 400, "wrong-type", "agency", path=path)

    def test_missing_fields(self):
        self.raw(b'{}', 400, "missing-field", "class")
        self.raw(b'{"class":null}', 400, "missing-field", "class")
        self.raw(b'{"class":""}', 400, "missing-field", "class")
        self.raw(b'{}', 400, "missing-field", "channel", path="/v1/contacts")
        self.raw(b'', 400, "missing-field", "channel", path="/v1/contacts")
        self.raw(b'{"class":"fire","lat":1}', 400, "missing-field", "lon")
        self.raw(b'{"class":"fire","lon":1,"lat":null}', 400, "missing-field", "lon")
        self.raw(b'{}', 400, "missing-field", "login", path="/v1/sessions")
        case = open_case(self.taker)["id"]
        for text in (b'{}', b'{"text":null}', b'{"text":""}', b'{"text":" \\n"}', '{"text":"\u3000"}'.encode()):
            self.raw(text, 400, "missing-field", "text", path="/v1/cases/%s/entries" % case)
            self.raw(text, 400, "missing-field", "text", path="/v1/handover-notes")

    def test_wrong_types(self):
        for name, values in {
                "class": ("7", "[]", "{}", "true"), "priority": ('"1"', "1.5", "true", "[]"), "lat": ('"25"', "true", "[]", "{}"),
                "address_verified": ("1", '"true"', "[]"), "contact": ("1", "[]", "true"), "address": ("1", "[]", "{}"), "jurisdiction": ("1", "{}")}.items():
            for value in values:
                body = {"class": '"fire"', "lat": "1", "lon": "1"}
                body[name] = value
                text = "{" + ",".join('"%s":%s' % pair for pair in body.items()) + "}"
                self.raw(text.encode(), 400, "wrong-type", name)
        self.raw(b'{"number":"x","roles":"admin","jurisdiction":"1"}', 400, "wrong-type", "roles", path="/v1/operators", who=self.desk.boss)
        self.raw(b'{"number":"x","roles":["king"],"jurisdiction":"1"}', 400, "unknown-word", "roles", path="/v1/operators", who=self.desk.boss)
        case = open_case(self.taker)["id"]
        for units in ("7", '"7"', "[7]", "{}", '[null]', '["x"]'):
            self.raw(('{"units":%s}' % units).encode(), 400, "wrong-type", "units", path="/v1/cases/%s/assignments" % case, who=self.sender)

    def test_out_of_range(self):
        for lat, lon in ((90.0000001, 0), (-90.0000001, 0), (0, 180.0000001), (0, -181), (1e9, 0), (0, 1e300), (-1e300, 0), (214.7483648, 0)):
            field = "lat" if abs(lat) > 90 else "lon"
            self.raw(json.dumps({"class": "fire", "lat": lat, "lon": lon}).encode(), 400, "out-of-range", field)
        for text in (b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"0x10", b"1.", b".5", b"01"):
            self.raw(b'{"class":"fire","lat":' + text + b',"lon":1}', 400, "bad-json")
        for priority in (0, 6, -1, 4294967297, 9223372036854775807):
            self.raw(('{"class":"fire","priority":%d}' % priority).encode(), 400, "out-of-range", "priority")
        for huge in ("9223372036854775808", "1" + "0" * 400):
            self.raw(('{"class":"fire","priority":%s}' % huge).encode(), 400, "bad-json")
        for at in (-1, 253402300800000):
            self.raw(('{"channel":"call","rang_at_ms":%d}' % at).encode(), 400, "out-of-range", "rang_at_ms", path="/v1/contacts")
        self.raw(b'{"channel":"call","rang_at_ms":253402300799999}', 400, "out-of-range", path="/v1/contacts")  # the far future
        for lat, lon in ((90, 180), (-90, -180), (0, 0), (12.3456789, -0.0000001)):
            row = open_case(self.taker, lat=lat, lon=lon)
            self.assertEqual((row["lat"], row["lon"]), (lat, lon))

    def test_unknown_words_and_things(self):
        told = self.raw(b'{"class":"dragons"}', 422, "unknown-class", "class")
        self.assertIn("/v1/classes", told["detail"])
        self.raw(b'{"channel":"pigeon"}', 400, "unknown-word", "channel", path="/v1/contacts")
        self.raw(b'{"class":"fire","jurisdiction":"999"}', 404, "not-found", "jurisdiction")
        self.raw(b'{"class":"fire","contact":"999999"}', 404, "not-found", "contact")
        self.raw(b'{"class":"fire","unit":"999999"}', 404, "not-found", "unit")

    def test_too_long(self):
        case = open_case(self.taker)["id"]
        self.raw(json.dumps({"class": "fire", "address": "x" * 401}).encode(), 400, "too-long", "address")
        self.raw(json.dumps({"class": "fire", "address": "守" * 134}, ensure_ascii=False).encode(), 400, "too-long", "address")  # 402 bytes
        self.raw(json.dumps({"text": "x" * 16001}).encode(), 400, "too-long", "text", path="/v1/cases/%s/entries" % case)
        self.raw(json.dumps({"class": "x" * 32}).encode(), 400, "too-long", "class")
        self.assertEqual(self.taker.post("/v1/cases/%s/entries" % case, {"text": "x" * 16000}).status, 201)
        self.raw(json.dumps({"units": [str(n) for n in range(1, 140)]}).encode(), 400, "too-long", "units",
                 path="/v1/cases/%s/assignments" % case, who=self.sender)

    def test_ids_that_are_not_ids(self):
        for id in ("0", "-1", "abc", "1e3", "1.5", "99999999999999999999", "%31x", "1;2", "..", "%00", "null", " 1", "0x1", "999999", "00"):
            for path in ("/v1/cases/%s", "/v1/contacts/%s", "/v1/cases/%s/timeline"):
                answer = self.taker.get((path % id).replace(" ", "%20"))
                self.assertIn(answer.status, (400, 404), repr(answer))
        for id in ("0", "-1", "01", "abc", "", "1 ", "99999999999999999999", "1.0"):
            answer = self.taker.post("/v1/cases", {"class": "fire", "contact": id})
            self.assertIn((answer.status, answer["field"]), ((400, "contact"), (404, "contact")), repr(answer))
        for path, body in (("/v1/units/0", {"call_sign": "ZERO", "kind": "car", "jurisdiction": "1"}),
                           ("/v1/agencies/0", {"code": "ZERO", "name": "Zero", "level": "other", "parent": "1"}),
                           ("/v1/places/0", {"kind": "post", "name": "Zero", "jurisdiction": "1"}),
                           ("/v1/operators/0", {"number": "ZERO", "roles": [], "jurisdiction": "1"})):
            answer = self.desk.boss.call("PUT", path, body)
            self.assertEqual(answer.status, 404, "an id of nothing made something: %r" % answer)

    def test_published_classes(self):
        good = self.desk.boss.ok("GET", "/v1/classes?limit=1000")["rows"]
        names = ("code", "name_en", "name_hans", "name_hant", "priority", "dispatch_ms", "acknowledge_ms", "arrive_ms", "report_back_ms", "close_ms")
        classes = [{name: row[name] for name in names} for row in good if row["active"]]
        publish = lambda body: self.desk.boss.call("POST", "/v1/classes", body)
        self.assertEqual(publish({"classes": classes}).status, 201)
        for change, code, field in (({"priority": 9}, "out-of-range", "priority"), ({"close_ms": 0}, "out-of-range", "close_ms"),
                                    ({"arrive_ms": None}, "out-of-range", "arrive_ms"), ({"code": ""}, "missing-field", "code"),
                                    ({"colour": 1}, "unknown-field", "colour"), ({"dispatch_ms": "60"}, "wrong-type", "dispatch_ms")):
            self.problem(publish({"classes": [dict(classes[0], **change)]}), 400, code, field)
        self.problem(publish({"classes": [classes[0], classes[0]]}), 409, "exists", "code")
        for body in ({}, {"classes": []}, {"classes": 7}, {"classes": classes * 60}):
            self.problem(publish(body), 400, "out-of-range", "classes")
        self.assertEqual(publish({"classes": [7]}).status, 400)
        self.problem(publish({"classes": classes, "colour": 1}), 400, "unknown-field", "colour")
        self.problem(self.taker.post("/v1/classes", {"classes": classes}), 403, "forbidden")

    # --- headers, methods, paths -------------------------------------------------------------------------

    def test_if_match(self):
        case = open_case(self.taker)["id"]
        for text in ("7", "W/\"1\"", "\"x\"", "\"1\",\"2\"", "*", "\"-1\"", "\"99999999999\"", "\"1\"x"):
            answer = self.taker.call("PATCH", "/v1/cases/" + case, {"priority": 1}, headers={"If-Match": text})
            self.assertIn((answer.status, answer["field"]), ((400, "If-Match"), (412, "If-Match")), repr(answer))

    def test_idempotency_key(self):
        for key in ("x" * 129, ""):
            answer = self.taker.call("POST", "/v1/cases", {"class": "fire"}, headers={"Idempotency-Key": key})
            self.problem(answer, 400, "out-of-range", "Idempotency-Key")
        self.assertEqual(self.taker.call("POST", "/v1/cases", {"class": "fire"}, key="x" * 128).status, 201)

    def test_content_type(self):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "application/xml", "multipart/form-data; boundary=x", "", "application/jsonp",
                     "application/json-seq", "text/json"):
            answer = self.taker.call("POST", "/v1/cases", b'{"class":"fire"}', headers={"Content-Type": kind})
            self.assertEqual(answer.status, 415, "%s: %r" % (kind, answer))
            self.assertEqual(answer["field"], "Content-Type")
        for kind in ("application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8"):
            self.assertEqual(self.taker.call("POST", "/v1/cases", b'{"class":"fire"}', headers={"Content-Type": kind}).status, 201, kind)

    def test_wrong_method_and_path(self):
        for method, path in (("DELETE", "/v1/cases"), ("PUT", "/v1/cases/1"), ("POST", "/v1/board"), ("PATCH", "/v1/me"), ("GET", "/v1/sessions"),
                             ("DELETE", "/v1/units/1"), ("POST", "/healthz"), ("GET", "/v1/clock/confirm"), ("OPTIONS", "/v1/cases")):
            self.problem(self.taker.call(method, path, {} if method != "GET" else None), 405, "method-not-allowed")
        for path in ("/v1/nothing", "/v1/cases/", "/v1/cases/1/", "/v1//cases", "/v1/cases/1/nothing", "/v1/", "/v1/cases%2F1",
                     "/x.js", "/journal.db"):
            self.problem(self.taker.get(path), 404, "not-found")
        for path in ("/../../etc/passwd", "/v1/../v1/cases", "/%2e%2e/journal.db", "/%00", "/%zz"):
            self.assertEqual(self.taker.get(path).status, 400, path)

    def test_head(self):
        wire = Wire(self.desk.port)
        wire.send(request_bytes("HEAD", "/v1/cases", None, {"Authorization": "Bearer " + self.taker.token}))
        answer = wire.receive("HEAD")
        self.assertEqual((answer.status, answer.body, wire.rest), (200, b"", b""))
        wire.close()

    def test_queries(self):
        for text in ("limit=0", "limit=1001", "limit=-1", "limit=x", "limit=", "after=-1", "after=x", "open=yes", "newest=-1"):
            self.problem(self.taker.get("/v1/cases?" + text), 400, "out-of-range", text.split("=")[0])
        rows = self.taker.ok("GET", "/v1/cases?limit=2")
        self.assertEqual((len(rows["rows"]), rows["next"]), (2, rows["rows"][1]["id"]))
        more = self.taker.ok("GET", "/v1/cases?limit=2&after=" + rows["next"])["rows"]
        self.assertTrue(all(int(row["id"]) > int(rows["next"]) for row in more))
        newest = self.taker.ok("GET", "/v1/cases?limit=3&newest=1")["rows"]
        self.assertEqual([int(row["id"]) for row in newest], sorted((int(row["id"]) for row in newest), reverse=True))
        self.assertTrue(all(row["state"] not in ("closed", "merged") for row in self.taker.ok("GET", "/v1/cases?open=1&limit=1000")["rows"]))
        every, after = [], "0"
        while after:
            page = self.taker.ok("GET", "/v1/cases?limit=7&after=" + after)
            every, after = every + [row["id"] for row in page["rows"]], page["next"]
        self.assertEqual(every, [row["id"] for row in self.taker.ok("GET", "/v1/cases?limit=1000")["rows"]])

    # --- sizes --------------------------------------------------------------------------------------------

    def refused_wire(self, data, status):
        wire = Wire(self.desk.port)
        try:
            wire.send(data)
        except Gone:
            pass
        answer = wire.receive()
        wire.close()
        self.assertEqual(answer.status, status, repr(answer))
        return answer

    def test_oversized(self):
        token = {"Authorization": "Bearer " + self.taker.token, "Content-Type": "application/json"}
        body = b'{"class":"fire","address":"' + b"x" * BIG + b'"}'
        self.refused_wire(request_bytes("POST", "/v1/cases", body, token), 413)
        head = "\r\n".join("%s: %s" % pair for pair in token.items())
        self.refused_wire(("POST /v1/cases HTTP/1.1\r\nHost: x\r\n%s\r\nContent-Length: 999999999\r\n\r\n" % head).encode(), 413)
        chunks = ("POST /v1/cases HTTP/1.1\r\nHost: x\r\n%s\r\nTransfer-Encoding: chunked\r\n\r\n" % head).encode()
        self.refused_wire(chunks + (b"10000\r\n" + b" " * 0x10000 + b"\r\n") * 17, 413)
        self.refused_wire(b"GET /v1/me HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 20000 + b"\r\n\r\n", 431)
        self.refused_wire(b"GET /" + b"y" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 431)
        self.refused_wire(b"GET /v1/me HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 70 + b"\r\n", 431)
        self.refused_wire(b"nonsense\r\n\r\n", 400)
        self.refused_wire(b"GET /v1/me HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\nHost: x\r\n\r\n", 400)
        self.refused_wire(b"POST /v1/cases HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400)
        fit = b'{"class":"fire"' + b" " * (BIG - 16) + b"}"
        self.assertEqual(self.taker.call("POST", "/v1/cases", fit).status, 201)

    def test_slow_loris_and_half_open_cost_nothing_to_others(self):
        idle = [Wire(self.desk.port) for _ in range(100)]
        for wire in idle:
            wire.send(b"POST /v1/cases HTTP/1.1\r\nHost: x\r\nContent-Le")
        self.assertEqual(self.taker.another().post("/v1/cases", {"class": "fire"}, key=True).status, 201)
        for wire in idle:
            wire.close()

    def test_pipelined_requests_answered_in_order(self):
        wire = Wire(self.desk.port)
        token = {"Authorization": "Bearer " + self.taker.token}
        wire.send(b"".join(request_bytes("GET", path, None, token) for path in ("/v1/me", "/healthz", "/v1/nothing", "/v1/me")))
        self.assertEqual([wire.receive().status for _ in range(4)], [200, 200, 404, 200])
        wire.close()
