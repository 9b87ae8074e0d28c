"""What leaves the house: webhooks, mail, short messages, printers in stations - with real receivers on loopback, good and bad
ones, and a desk that is killed between the commit and the sending."""
import base64
import email.header
import hashlib
import hmac
import json
import os
import queue
import threading
import time
import unittest

import desk
from desk import Desk, open_case
from peers import Mail, Web, nobody
from world import world

ADDRESS = "7 Quay Street, second floor"
CALLER = "+15550100"


def until(what, seconds=desk.WAIT_S):
    """Waits until `what` gives something true, by asking."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError("it did not come to pass within %d s" % seconds)
        threading.Event().wait(0.03)


def setUpModule():
    global server, boss
    server = Desk().start()
    boss = server.set_up()
    boss.ok("POST", "/v1/calendars?builtin=cn", key=True)
    boss.ok("POST", "/v1/procedures?builtin=letter", key=True)


def tearDownModule():
    try:
        server.stop()
    finally:
        server.close()


def channel(peer, who=None, **more):
    body = {"name": "A partner", "kind": "webhook", "jurisdiction": "1", "url": peer.url, "allowed_host": peer.host,
            "events": "case_opened"}
    body.update(more)
    if "status_url" in body:
        body["status_url"] = body["status_url"].replace("%s", peer.url)
    return (who or boss).ok("POST", "/v1/alert-channels", body, key=True)["alert_channel"]


def case(who=None, **more):
    body = {"class": "fire", "address": ADDRESS, "caller_number": CALLER, "description": "smoke", "lat": 39.9, "lon": 116.4}
    body.update(more)
    return (who or boss).ok("POST", "/v1/cases", body, key=True)["case"]


def off(made):
    """Ends a channel, so that it takes no more of the other tests' events."""
    now = [row for row in boss.ok("GET", "/v1/alert-channels?limit=1000")["rows"] if row["id"] == made["id"]][0]
    names = ("name", "kind", "jurisdiction", "url", "allowed_host", "events", "recipients", "sender", "body", "citizens")
    body = {name: now[name] for name in names}
    boss.ok("PUT", "/v1/alert-channels/" + made["id"], dict(body, inactive=True), key=True, match=now["version"])


def deliveries(made, who=None, **query):
    more = "".join("&%s=%s" % pair for pair in query.items())
    return (who or boss).ok("GET", "/v1/deliveries?channel=%s%s" % (made["id"], more))["rows"]


def metric(name):
    return int(boss.get("/metrics").body.decode().split("\nbellman_%s " % name)[1].split("\n")[0])


def state(made, *states):
    """Waits until the newest delivery of the channel is in one of these states; gives it."""
    return until(lambda: next((row for row in deliveries(made)[:1] if row["state"] in states), None))


class Webhook(unittest.TestCase):
    def setUp(self):
        self.peer = Web()
        self.made = []

    def tearDown(self):
        for made in self.made:
            off(made)
        self.peer.close()

    def channel(self, **more):
        self.made.append(channel(self.peer, **more))
        return self.made[-1]

    def test_cloud_event_signed(self):
        made = self.channel()
        boss.ok("POST", "/v1/alert-channels/%s/secret" % made["id"], {"secret": "whsec-0123456789"}, key=True)
        opened = case()
        hello = self.peer.next("OPTIONS")
        self.assertTrue(hello.headers["WebHook-Request-Origin"])
        got = self.peer.next()
        self.assertEqual(got.headers["Content-Type"], "application/cloudevents+json; charset=utf-8")
        event = json.loads(got.body)
        self.assertEqual((event["specversion"], event["type"], event["subject"]), ("1.0", "bellman.case_opened", "case/" + opened["id"]))
        self.assertEqual(event["data"]["case"]["class"], "fire")
        self.assertRegex(event["source"], "^urn:bellman:[0-9a-f]{16}$")
        signature = dict(part.split("=") for part in got.headers["Bellman-Signature"].split(","))
        self.assertLess(abs(time.time() - int(signature["t"])), 60)
        expected = hmac.new(b"whsec-0123456789", signature["t"].encode() + b"." + got.body, hashlib.sha256).hexdigest()
        self.assertEqual(signature["v1"], expected)
        row = state(made, "delivered")
        self.assertEqual((row["tries"], row["last_status"], row["case"], row["event_seq"]), (1, 200, opened["id"], event["id"]))

    def test_on_the_page_after_the_event(self):
        made = self.channel(events="case_opened case_changed")
        opened = case()
        boss.ok("PATCH", "/v1/cases/" + opened["id"], {"priority": 1}, key=True, match=opened["version"])
        until(lambda: len(deliveries(made, state="delivered")) == 2)
        record = boss.ok("GET", "/v1/cases/%s/record" % opened["id"])
        mine = [row for row in record["deliveries"] if row["channel"] == made["id"]]
        self.assertEqual([row["event"] for row in mine], ["case_opened", "case_changed"])  # as they were made
        self.assertEqual(mine, [row for row in reversed(deliveries(made))])
        self.assertFalse(record["deliveries_more"])

    def test_nothing_personal_unless_marked(self):
        self.channel(events="case_opened contact_received")
        opened = case()
        boss.ok("POST", "/v1/contacts", {"channel": "call", "number": CALLER, "text": ADDRESS, "lat": 39.9, "lon": 116.4}, key=True)
        for _ in range(2):
            text = self.peer.next().body.decode()
            for secret in (ADDRESS, CALLER, "smoke", "39.9", "116.4", "_key", "narrative\"", "identity\""):
                self.assertNotIn(secret, text)
        other = Web()
        marked = channel(other, personal=True)
        self.assertEqual(marked["personal_by"], boss.operator)
        self.assertGreater(marked["personal_at_ms"], 0)
        opened = case()
        event = json.loads(other.next().body)["data"]
        self.assertEqual((event["personal"]["address"], event["case"]["lat"], event["case"]["id"]), (ADDRESS, 39.9, opened["id"]))
        off(marked)
        other.close()

    def test_area_and_kind(self):
        north, south = server.agency("WN"), server.agency("WS")
        self.channel(jurisdiction=north, events="case_opened case_changed")
        case(jurisdiction=south)
        mine = case(jurisdiction=north)
        self.assertEqual(json.loads(self.peer.next().body)["subject"], "case/" + mine["id"])
        boss.ok("PATCH", "/v1/cases/" + mine["id"], {"priority": 1}, key=True, match=mine["version"])
        self.assertEqual(json.loads(self.peer.next().body)["type"], "bellman.case_changed")
        self.assertEqual(self.peer.got.qsize(), 0)

    def test_failing_then_mended(self):
        answers = [(500, {}, b""), (302, {"Location": self.peer.url + "/elsewhere"}, b""), (200, {}, b"")]
        ids = []
        self.peer.answer = lambda got: answers.pop(0)
        made = self.channel()
        case()
        for _ in range(3):
            got = self.peer.next()
            ids.append(json.loads(got.body)["id"])
            self.assertEqual(got.path, "/hook")
        row = state(made, "delivered")
        self.assertEqual((row["tries"], len(set(ids)), answers), (3, 1, []))

    def test_redirect_is_a_failure_and_given_up(self):
        self.peer.answer = lambda got: (301, {"Location": "http://127.0.0.1:1/"}, b"")
        made = self.channel(keep_trying_ms=1500)
        case()
        row = state(made, "gave_up")
        self.assertEqual(row["last_status"], 301)
        self.assertIn("not followed", row["last_answer"])
        self.assertIsNone(row["next_at_ms"])

    def test_retry_after_is_minded(self):
        self.peer.answer = lambda got: (429, {"Retry-After": "300"}, b"")
        made = self.channel()
        case()
        row = state(made, "failed")
        self.assertGreater(row["next_at_ms"] - row["last_at_ms"], 290000)

    def test_gone_switches_off_and_says_so(self):
        stream = desk.Stream(boss, start=boss.ok("GET", "/v1/cases")["seq"])
        self.peer.answer = lambda got: (410, {}, b"")
        made = self.channel()
        case()
        row = state(made, "switched_off")
        self.assertEqual(row["last_status"], 410)
        while True:
            rows = stream.next().data.get("upsert", {}).get("alert_channel", [])
            if any(row["id"] == made["id"] and row["off"] == "gone" for row in rows):
                break
        stream.close()
        self.assertEqual(boss.post("/v1/deliveries/%s/resend" % row["id"], key=True).status, 409)
        case()
        self.assertEqual(len(deliveries(made)), 1)
        self.peer.answer = lambda got: (200, {}, b"")
        body = {name: made[name] for name in ("name", "kind", "jurisdiction", "url", "allowed_host", "events")}
        version = [each for each in boss.ok("GET", "/v1/alert-channels")["rows"] if each["id"] == made["id"]][0]["version"]
        self.assertIsNone(boss.ok("PUT", "/v1/alert-channels/" + made["id"], body, key=True, match=version)["alert_channel"]["off"])
        key = "resend-" + row["id"]
        first = boss.ok("POST", "/v1/deliveries/%s/resend" % row["id"], key=key)
        same = boss.ok("POST", "/v1/deliveries/%s/resend" % row["id"], key=key)  # though it is on its way by now
        self.assertEqual((first["replayed"], same["replayed"]), (False, True))
        again = until(lambda: [each for each in deliveries(made) if each["state"] == "delivered"])
        self.assertEqual((again[0]["id"], again[0]["resent_by"]), (row["id"], boss.operator))

    def test_unwelcome(self):
        self.peer.welcomes = False
        self.peer.answer = lambda got: (200, {}, b"") if got.method == "POST" else (405, {}, b"")
        made = self.channel()
        case()
        row = state(made, "failed")
        self.assertIn("WebHook-Allowed-Origin", row["last_answer"])
        self.assertEqual([each.method for each in list(self.peer.got.queue)], ["OPTIONS"])

    def test_long_answer(self):
        self.peer.answer = lambda got: (500, {}, b"x" * 300000)
        made = self.channel()
        case()
        self.assertIn("longer than", state(made, "failed")["last_answer"])
        self.assertEqual(len(state(made, "failed")["last_answer"].encode()) < 201, True)

    def test_hanging_delays_nobody(self):
        """A partner that never answers, and 1,000 deliveries to a host where nobody is: every command is confirmed, another
        partner is told of all of them, and no more connections are open than the written number."""
        hanging = Web(lambda got: None)
        holder, port = nobody()
        dead = type("Dead", (), {"url": "http://127.0.0.1:%d/" % port, "host": "127.0.0.1:%d" % port})
        slow, gone = channel(hanging, no_handshake=True), channel(dead, no_handshake=True)
        self.channel(no_handshake=True)
        for _ in range(1000):
            case()
        seen = {json.loads(self.peer.next().body)["subject"] for _ in range(1000)}
        self.assertEqual(len(seen), 1000)
        self.assertLessEqual(metric("deliveries_in_flight"), 32)
        self.assertGreaterEqual(metric("deliveries_waiting"), 1900)
        self.assertLessEqual(hanging.got.qsize(), 4)
        row = deliveries(gone, state="failed")[0]
        self.assertIn("refused" if "refused" in row["last_answer"] else "onnect", row["last_answer"])
        for made in (slow, gone):
            off(made)
        until(lambda: len(deliveries(gone, state="switched_off", limit=500)) == 500)
        hanging.close()
        holder.close()

    def test_pause(self):
        made = self.channel()
        boss.ok("POST", "/v1/alert-channels/%s/pause" % made["id"], {"paused": True}, key=True)
        case()
        self.assertEqual(state(made, "queued")["tries"], 0)
        self.assertEqual(self.peer.got.qsize(), 0)
        boss.ok("POST", "/v1/alert-channels/%s/pause" % made["id"], {"paused": False}, key=True)
        state(made, "delivered")


class Late(unittest.TestCase):
    """An answer that comes after its delivery was switched off: it says what is true, and makes nothing wait again."""

    def land(self, answer, **more):
        """Switches a channel off while its receiver holds the answer back; the delivery once the answer has come."""
        gate = threading.Event()

        def slow(got):
            gate.wait(desk.WAIT_S)
            return answer

        peer = Web(slow)
        made = channel(peer, no_handshake=True, **more)
        case()
        peer.next()
        off(made)
        row = state(made, "switched_off")
        self.assertIsNone(row["next_at_ms"])
        gate.set()
        until(lambda: metric("deliveries_in_flight") == 0)
        row = deliveries(made)[0]
        self.assertIsNone(row["next_at_ms"], row)
        self.assertEqual(peer.got.qsize(), 0)
        peer.close()
        return row

    def test_a_failure_does_not_revive(self):
        row = self.land((500, {}, b""))
        self.assertEqual((row["state"], row["tries"]), ("switched_off", 1))

    def test_a_gateway_is_not_asked(self):
        row = self.land((200, {}, b'{"id":"4711"}'), kind="sms", recipients="13800000000", body="{text}", id_member="id",
                        status_url="%s/{id}", status_member="status", done_words="done")
        self.assertEqual((row["state"], row["last_status"], row["remote_id"]), ("switched_off", 200, ""))
        self.assertIn("nobody asks", row["last_answer"])

    def test_what_arrived_has_arrived(self):
        row = self.land((200, {}, b""))
        self.assertEqual((row["state"], row["last_status"]), ("delivered", 200))


class Guard(unittest.TestCase):
    """Whoever may set a channel may not use the desk to reach its own networks."""

    def test_loopback_is_refused_unless_named(self):
        peer = Web()
        holder, port = nobody()
        for url, word in (("http://127.0.0.1/x", "127.0.0.1"), ("http://localhost:8080/x", "127.0.0.1"), ("http://[::1]/x", "::1"),
                          ("http://2130706433/x", "127.0.0.1"), ("http://169.254.169.254/latest/meta-data", "169.254.169.254"),
                          ("http://[::ffff:10.0.0.1]:8080/", "10.0.0.1"), ("http://0.0.0.0/", "0.0.0.0")):
            made = boss.ok("POST", "/v1/alert-channels", {"name": "Inside", "kind": "webhook", "jurisdiction": "1", "url": url,
                                                          "events": "case_opened", "no_handshake": True, "keep_trying_ms": 1000}, key=True)["alert_channel"]
            case()
            row = state(made, "failed", "gave_up")
            self.assertIn("not an address of the open internet", row["last_answer"], url)
            self.assertTrue(word in row["last_answer"] or "::1" in row["last_answer"], (url, row["last_answer"]))
            off(made)
        answer = boss.post("/v1/alert-channels", {"name": "Port", "kind": "webhook", "jurisdiction": "1", "url": "http://partner.example:6379/",
                                                  "events": "case_opened"}, key=True)
        self.assertEqual((answer.status, answer["field"]), (400, "allowed_host"))
        self.assertEqual(peer.got.qsize(), 0)
        peer.close()
        holder.close()


class Bad(unittest.TestCase):
    def test_refused_by_field(self):
        good = {"name": "P", "kind": "webhook", "jurisdiction": "1", "url": "https://partner.example/hook", "events": "case_opened"}
        sms = dict(good, kind="sms", recipients="13800000000", body='{"to":"{number}","text":"{text}"}')
        mail = dict(good, kind="mail", url="smtps://mail.example", recipients="duty@county.example", sender="desk@county.example")
        for base, field, value in (
                (good, "url", "ftp://partner.example/"), (good, "url", "https://user:word@partner.example/"), (good, "url", "https:///x"),
                (good, "url", "https://par tner.example/"), (good, "url", "smtp://partner.example"), (good, "events", "case_opened looked"),
                (good, "events", "nonsense"), (good, "events", ""), (good, "allowed_host", "other.example"), (good, "jurisdiction", "99"),
                (good, "station", "99"), (good, "keep_trying_ms", 5), (good, "citizens", True), (good, "headers", "no colon"),
                (good, "headers", "A: b\r\nC: d"), (sms, "recipients", "1380000ABCD"), (sms, "recipients", "12"), (sms, "recipients", ""),
                (sms, "body", "no text"), (sms, "status_url", "https://other.example/{id}"), (mail, "recipients", "nobody"),
                (mail, "recipients", "a@b\u200b.example"), (mail, "sender", ""), (mail, "sender", "x y@z.example"), (mail, "url", "https://mail.example/")):
            answer = boss.post("/v1/alert-channels", dict(base, **{field: value}), key=True)
            self.assertIn(answer.status, (400, 404), (field, value, answer))
            self.assertEqual(answer["field"], field, (value, answer))
            self.assertGreater(len(answer["detail"]), 15)
        self.assertEqual(boss.get("/v1/deliveries?state=lost")["field"], "state")
        self.assertEqual(boss.get("/v1/deliveries?limit=0")["field"], "limit")
        self.assertEqual(boss.get("/v1/deliveries?case=999999").status, 404)
        self.assertEqual(boss.post("/v1/deliveries/999999/resend", key=True).status, 404)

    def test_who_may(self):
        server.agency("WHO")
        taker = server.operator("A-1", ["call_taker"])
        self.assertEqual(taker.post("/v1/alert-channels", {}, key=True).status in (400, 403), True)
        self.assertEqual(taker.ok("GET", "/v1/alert-channels")["rows"], [])
        self.assertEqual(taker.get("/v1/deliveries").status, 403)
        self.assertEqual(taker.ok("GET", "/v1/deliveries?case=" + case()["id"])["rows"] is not None, True)


class People(unittest.TestCase):
    def test_mail(self):
        mail = Mail()
        made = channel(mail, kind="mail", events="case_opened", recipients="duty@county.example chief@county.example", language="zh-Hans",
                       sender="desk@county.example", username="desk", name="Duty mail")
        boss.ok("POST", "/v1/alert-channels/%s/secret" % made["id"], {"secret": "pass-word"}, key=True)
        opened = case()
        got = [mail.next(), mail.next()]
        self.assertEqual({people[0] for _, people, _ in got}, {"duty@county.example", "chief@county.example"})
        sender, _, message = got[0]
        subject = str(email.header.make_header(email.header.decode_header(message["Subject"])))
        self.assertEqual(sender, "desk@county.example")
        self.assertIn("警情 " + opened["id"], subject)
        self.assertEqual(message.get_payload(decode=True).decode(), subject)
        self.assertNotIn(ADDRESS, message.get_payload(decode=True).decode())
        self.assertNotEqual(got[0][2]["Message-ID"], got[1][2]["Message-ID"])
        self.assertIn([b"desk", b"pass-word"], mail.logins)
        until(lambda: len(deliveries(made, state="delivered")) == 2)
        mail.refuse = "550 no such box"
        case()
        self.assertEqual(state(made, "failed")["last_status"], 550)
        off(made)
        mail.close()

    def test_sms_with_status_read_back(self):
        words = ["sent", "sent", "delivered"]

        def gateway(got):
            if got.method == "GET":
                return 200, {}, json.dumps({"message": {"status": words.pop(0) if len(words) > 1 else words[0]}}).encode()
            return 200, {}, b'{"messages":[{"id":4711}]}'

        peer = Web(gateway)
        made = channel(peer, kind="sms", recipients="+86-138-0000-0000", body='{"to":"{number}","text":"{text}"}', language="en",
                       headers="Authorization: Bearer {secret}", status_url=peer.url + "/{id}", id_member="messages.0.id",
                       status_member="message.status", done_words="delivered", failed_words="undeliverable", name="Gateway")
        boss.ok("POST", "/v1/alert-channels/%s/secret" % made["id"], {"secret": "tok-en"}, key=True)
        opened = case()
        got = peer.next()
        sent = json.loads(got.body)
        self.assertEqual((sent["to"], got.headers["Authorization"]), ("+8613800000000", "Bearer tok-en"))
        self.assertIn("incident %s" % opened["id"], sent["text"])
        asked = peer.next("GET")
        self.assertEqual((asked.path, asked.headers["Authorization"]), ("/hook/4711", "Bearer tok-en"))
        row = state(made, "delivered")
        self.assertEqual((row["remote_id"], row["tries"]), ("4711", 1))
        self.assertIn("delivered", row["last_answer"])
        off(made)
        peer.close()

    def test_station_slip(self):
        peer = Web()
        north = server.agency("SLIP")
        unit = server.unit("S-1", north)
        made = channel(peer, kind="station", events="", jurisdiction=north, personal=True, language="en", name="Printer")
        plain = channel(peer, kind="station", events="", jurisdiction=north, form="json", name="Tone", url=peer.url + "/tone")
        opened = case()
        boss.ok("POST", "/v1/cases/%s/assignments" % opened["id"], {"units": [unit]}, key=True, match=opened["version"])
        got = sorted((peer.next(), peer.next()), key=lambda each: each.path)
        slip = got[0].body.decode()
        self.assertEqual(got[0].headers["Content-Type"], "text/plain; charset=utf-8")
        for line in ("*** DISPATCH ***", "Unit: S-1", "incident: " + opened["id"], "Address: " + ADDRESS, "What: smoke"):
            self.assertIn(line + "\n", slip)
        tone = json.loads(got[1].body)
        self.assertEqual((tone["unit"], tone["case"], tone["address"], tone["lat"]), ("S-1", opened["id"], None, None))
        rows = until(lambda: [row for row in boss.ok("GET", "/v1/deliveries?case=" + opened["id"])["rows"] if row["state"] == "delivered"][1:])
        self.assertEqual(rows[0]["event"], "assignment_made")
        for each in (made, plain):
            off(each)
        peer.close()

    def test_notice_to_a_citizen(self):
        peer = Web()
        made = channel(peer, kind="sms", events="", citizens=True, body='{"to":"{number}","text":"{text}"}', language="en", name="Letters")
        anybody = server.client()
        written = anybody.ok("POST", "/public/matters", {"procedure": "letter", "text": "The lamp is out.", "name": "Li",
                                                         "number": "13800000000"}, key=True)
        clerk = server.operator("C-1", ["supervisor"])
        boss.ok("PUT", "/v1/operators/" + clerk.operator, {"number": "C-1", "roles": ["supervisor"], "jurisdiction": "1", "posts": "clerk"}, key=True, match=1)
        matter = written["document"]["reference"]
        version = clerk.ok("GET", "/v1/matters/" + matter)["case"]["version"]
        clerk.ok("POST", "/v1/cases/%s/events" % matter, {"event": "register", "fields": {"subject": "Lamp", "kind": "request"}}, key=True, match=version)
        sent = json.loads(peer.next().body)
        story = anybody.ok("GET", "/public/cases/" + written["code"])["case"]
        self.assertEqual(sent["to"], "13800000000")
        self.assertIn(sent["text"], [notice["text"]["en"] for notice in story["notices"]])
        row = state(made, "delivered")
        self.assertEqual(row["event"], "notice")
        self.assertNotIn("13800000000", json.dumps(row))
        off(made)
        peer.close()

    def test_each_of_many_reporters_is_told(self):
        """A hundred people report one thing: each of them hears of it."""
        peer = Web()
        made = channel(peer, kind="sms", events="", citizens=True, body='{"to":"{number}","text":"{text}"}', language="en", name="Letters")
        numbers = ["139%08d" % n for n in range(100)]
        written = server.client().ok("POST", "/public/matters", {"procedure": "letter", "text": "The bridge is open.", "name": "Li",
                                                                 "number": numbers[0]}, key=True)
        matter = written["document"]["reference"]
        taker = server.operator("C-3", ["call_taker", "dispatcher"])
        for number in numbers[1:]:
            contact = taker.ok("POST", "/v1/contacts", {"channel": "call", "number": number, "answered": True}, key=True)["contact"]
            taker.ok("POST", "/v1/contacts/%s/attach" % contact["id"], {"case": matter}, key=True)
        clerk = server.operator("C-2", ["supervisor"])
        boss.ok("PUT", "/v1/operators/" + clerk.operator, {"number": "C-2", "roles": ["supervisor"], "jurisdiction": "1", "posts": "clerk"}, key=True, match=1)
        version = clerk.ok("GET", "/v1/matters/" + matter)["case"]["version"]
        clerk.ok("POST", "/v1/cases/%s/events" % matter, {"event": "register", "fields": {"subject": "Bridge", "kind": "request"}}, key=True, match=version)
        until(lambda: len(deliveries(made, state="delivered", limit=500)) >= 100)
        told = [json.loads(peer.next().body)["to"] for _ in range(100)]
        self.assertEqual(sorted(told), numbers)
        off(made)
        peer.close()


class Secrets(unittest.TestCase):
    def test_never_shown(self):
        made = world().boss.ok("POST", "/v1/alert-channels", {"name": "S", "kind": "webhook", "jurisdiction": "1", "events": "case_merged",
                                                              "url": "https://partner.example/"}, key=True)["alert_channel"]
        path = "/v1/alert-channels/" + made["id"]
        world().boss.ok("POST", path + "/secret", {"secret": "canary-5517-secret"}, key=True)
        self.assertEqual(world().boss.post(path + "/secret", {"secret": "two words"}, key=True)["field"], "secret")
        world().boss.ok("POST", path + "/pause", {"paused": True}, key=True)
        body = {name: made[name] for name in ("name", "kind", "jurisdiction", "url", "events")}
        self.assertEqual(world().put(path, body).status, 200)
        self.assertNotIn("canary-5517", json.dumps(world().boss.ok("GET", "/v1/alert-channels")))
        self.assertTrue(world().boss.ok("GET", "/v1/alert-channels")["rows"][-1]["has_secret"])
        import glob
        for name in glob.glob(world().desk.data + "/*"):
            with open(name, "rb") as file:
                self.assertNotIn(b"canary-5517", file.read(), name)
        world().boss.ok("GET", "/v1/deliveries")


class Sealed(unittest.TestCase):
    """Who is told by a channel: people's numbers and addresses.  Whoever looks after channels sees them; no file shows them."""
    PEOPLE = "canary.wu@county.example canary.li@county.example"

    def files(self, own):
        for name in os.listdir(own.data):
            path = os.path.join(own.data, name)
            if os.path.isfile(path):
                with open(path, "rb") as file:
                    yield name, file.read()

    def test_recipients(self):
        mail = Mail()
        with Desk() as own:
            own.start()
            own_boss = own.set_up()
            made = channel(mail, own_boss, kind="mail", events="case_opened", recipients=self.PEOPLE, sender="desk@county.example")
            self.assertEqual(made["recipients"], self.PEOPLE)
            self.assertEqual(own_boss.ok("GET", "/v1/alert-channels")["rows"][0]["recipients"], self.PEOPLE)
            case(own_boss)
            self.assertEqual({mail.next()[1][0] for _ in range(2)}, set(self.PEOPLE.split()))
            until(lambda: len(deliveries(made, own_boss, state="delivered")) == 2)
            for name, content in self.files(own):
                self.assertFalse(b"canary." in content, name)
            own.kill()
            own.start()
            own_boss = own.login("boss")
            now = own_boss.ok("GET", "/v1/alert-channels")["rows"][0]
            self.assertEqual(now["recipients"], self.PEOPLE)
            case(own_boss)
            self.assertEqual({mail.next()[1][0] for _ in range(2)}, set(self.PEOPLE.split()))
            body = {name: now[name] for name in ("name", "kind", "jurisdiction", "url", "allowed_host", "events", "sender")}
            one = own_boss.ok("PUT", "/v1/alert-channels/" + made["id"], dict(body, recipients="canary.li@county.example"), key=True, match=now["version"])
            self.assertEqual(one["alert_channel"]["recipients"], "canary.li@county.example")
            case(own_boss)
            self.assertEqual(mail.next()[1], ["canary.li@county.example"])
            long = own_boss.call("PUT", "/v1/alert-channels/" + made["id"], dict(body, recipients="a@b.example " * 60), key=True, match=one["alert_channel"]["version"])
            self.assertEqual((long.status, long["field"]), (400, "recipients"))
            own.stop()
            for name, content in self.files(own):
                self.assertFalse(b"canary." in content, name)
        mail.close()


class Copied(unittest.TestCase):
    """What waited when a backup was made: the desk it was made of goes on and sends it; one on the copy shows it, sends nothing of
    it by itself, and sends it once more when somebody says so."""

    def test_backup_and_restore(self):
        peer = Web()
        with Desk() as own:
            own.start()
            own_boss = own.set_up()
            made = channel(peer, own_boss, no_handshake=True)
            told = case(own_boss)
            until(lambda: deliveries(made, own_boss, state="delivered"))
            own_boss.ok("POST", "/v1/alert-channels/%s/pause" % made["id"], {"paused": True}, key=True)
            waiting = [case(own_boss)["id"] for _ in range(3)]
            until(lambda: len(deliveries(made, own_boss, state="queued")) == 3)
            copy, elsewhere = os.path.join(own.base, "copy"), os.path.join(own.base, "elsewhere")
            code, out, err = own.run("backup", own.data, copy)
            self.assertEqual(code, 0, out + err)
            self.assertIn("event=deliveries_held count=3", err)
            own_boss.ok("POST", "/v1/alert-channels/%s/pause" % made["id"], {"paused": False}, key=True)
            until(lambda: len(deliveries(made, own_boss, state="delivered")) == 4)
            ids = {json.loads(peer.next().body)["subject"]: None for _ in range(4)}
            self.assertEqual(set(ids), {"case/" + each for each in [told["id"], *waiting]})
            code, out, err = own.run("restore", copy, elsewhere)
            self.assertEqual(code, 0, out + err)
            restored = Desk(folder=elsewhere).start()
            try:
                there = restored.login("boss")
                there.ok("POST", "/v1/alert-channels/%s/pause" % made["id"], {"paused": False}, key=True)
                held = there.ok("GET", "/v1/deliveries?stuck=1")["rows"]
                self.assertEqual(sorted(row["case"] for row in held), sorted(waiting))
                self.assertEqual({row["state"] for row in held}, {"gave_up"})
                self.assertIn("backup", held[0]["last_answer"])
                self.assertEqual([row["state"] for row in deliveries(made, there) if row["case"] == told["id"]], ["delivered"])
                new = case(there)
                self.assertEqual(json.loads(peer.next().body)["subject"], "case/" + new["id"])  # and nothing before it
                there.ok("POST", "/v1/deliveries/%s/resend" % held[0]["id"], key=True)
                again = json.loads(peer.next().body)
                self.assertEqual((again["subject"], again["id"]), ("case/" + held[0]["case"], held[0]["event_seq"]))
                until(lambda: len(deliveries(made, there, state="delivered")) == 3)
                self.assertEqual(peer.got.qsize(), 0)
                restored.stop()
            finally:
                restored.kill()
        peer.close()

    def test_a_damaged_outbox_keeps_no_record_from_being_copied(self):
        with Desk() as own:
            own.start()
            own.set_up()
            own.stop()
            with open(os.path.join(own.data, "outbox.db"), "wb") as file:
                file.write(b"not a database at all" * 500)
            copy = os.path.join(own.base, "copy")
            code, out, err = own.run("backup", own.data, copy)
            self.assertEqual(code, 0, out + err)
            self.assertIn("event=copied_without_outbox", err)
            self.assertNotIn("outbox.db", os.listdir(copy))


class Killed(unittest.TestCase):
    def test_between_commit_and_send(self):
        """Kill -9 while a receiver holds the first answer back: after the start everything that was confirmed arrives, each
        event under one id, and what was delivered before is not sent again."""
        gate = threading.Event()

        def slow(got):
            gate.wait(desk.WAIT_S)
            return 200, {}, b""

        peer = Web()
        with Desk() as own:
            own.start()
            own_boss = own.set_up()
            made = channel(peer, own_boss, no_handshake=True)
            done = case(own_boss)
            peer.next()
            until(lambda: deliveries(made, own_boss)[0]["state"] == "delivered")
            peer.answer = slow
            confirmed = [case(own_boss)["id"] for _ in range(20)]
            peer.next()  # one is under way, none is answered
            own.kill()
            gate.set()
            own.start()
            own_boss = own.login("boss")
            seen = {}
            while len(seen) < 20:
                event = json.loads(peer.next().body)
                seen.setdefault(event["subject"].split("/")[1], set()).add(event["id"])
            self.assertEqual(sorted(seen), sorted(confirmed))
            self.assertNotIn(done["id"], seen)
            self.assertTrue(all(len(ids) == 1 for ids in seen.values()))
            until(lambda: all(row["state"] == "delivered" for row in deliveries(made, own_boss)))
        peer.close()

    def test_training_sends_nothing(self):
        peer = Web()
        with Desk() as own:
            own.start("--training")
            own_boss = own.set_up()
            made = channel(peer, own_boss)
            case(own_boss)
            until(lambda: [row for row in deliveries(made, own_boss) if row["state"] == "not_sent_training"])
            own_boss.ok("POST", "/v1/deliveries/%s/resend" % deliveries(made, own_boss)[0]["id"], key=True)
            until(lambda: deliveries(made, own_boss)[0]["resent_by"])
            self.assertEqual(deliveries(made, own_boss)[0]["state"], "not_sent_training")
            self.assertEqual(peer.got.qsize(), 0)
        peer.close()
