"""Devices that speak protocols of their own: OwnTracks, OsmAnd, JT/T 808, MQTT; with what real ones have sent."""
import base64
import getpass
import json
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import jt808
from desk import Client, Desk, request_bytes
from world import world

DAY_MS = 86400000


def now_ms():
    return int(time.time() * 1000)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def add(boss, protocol, identity, unit, **more):
    return boss.ok("POST", "/v1/devices", dict({"protocol": protocol, "identity": identity, "unit": unit}, **more), key=True)["device"]


def secret_of(boss, device):
    return boss.ok("POST", "/v1/devices/%s/secret" % device["id"])["secret"]


def where(client, unit):
    for row in client.ok("GET", "/v1/positions")["positions"]:
        if row["unit"] == unit:
            return row
    return None


def basic(user, secret):
    return {"Authorization": "Basic " + base64.b64encode(("%s:%s" % (user, secret)).encode()).decode()}


def records(name):
    path = jt808.data_file("owntracks", name)
    if not path:
        return []
    with open(path) as file:
        return [json.loads(line) for line in file if line.strip()]


class Devices(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.world = world()
        cls.boss = cls.world.boss

    def refused(self, answer, status, field):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.json()["field"], field, answer)
        self.assertTrue(answer.json()["detail"], answer)

    def test_names(self):
        unit = self.world.unit()
        for protocol, identity in (("owntracks", "ann"), ("owntracks", "a/b/c"), ("owntracks", "/x"), ("osmand", "a b"), ("osmand", "x/y"),
                                   ("jt808", "013912345678"), ("jt808", "13-9"), ("jt808", "1" * 21)):
            self.refused(self.boss.call("POST", "/v1/devices", {"protocol": protocol, "identity": identity, "unit": unit}), 400, "identity")
        self.refused(self.boss.call("POST", "/v1/devices", {"protocol": "gt06", "identity": "1", "unit": unit}), 400, "protocol")
        self.refused(self.boss.call("POST", "/v1/devices", {"protocol": "jt808", "identity": "1", "unit": "99999"}), 404, "unit")
        device = add(self.boss, "osmand", "names-1", unit)
        self.refused(self.boss.call("POST", "/v1/devices", {"protocol": "osmand", "identity": "names-1", "unit": unit}), 409, "identity")
        self.assertEqual(self.boss.call("PUT", "/v1/devices/%s" % device["id"], {"protocol": "osmand", "identity": "names-2", "unit": unit}).status, 428)
        changed = self.boss.call("PUT", "/v1/devices/%s" % device["id"], {"protocol": "osmand", "identity": "names-2", "unit": unit}, match=device["version"])
        self.assertEqual((changed.status, changed["device"]["identity"], changed["device"]["version"]), (200, "names-2", 2))
        self.assertIn("names-2", [row["identity"] for row in self.boss.ok("GET", "/v1/devices")["rows"]])

    def test_who_may(self):
        unit = self.world.unit("north")
        device = add(self.boss, "osmand", "may-1", unit)
        for role in ("call_taker", "dispatcher", "unit"):
            person = self.world.person(role)
            self.assertEqual(person.call("POST", "/v1/devices", {"protocol": "osmand", "identity": "may-2", "unit": unit}).status, 403)
            self.assertEqual(person.call("POST", "/v1/devices/%s/secret" % device["id"]).status, 403)
        self.assertNotIn(device["id"], [row["id"] for row in self.world.person("dispatcher", "south").ok("GET", "/v1/devices")["rows"]])
        self.assertEqual(self.world.person("unit").ok("GET", "/v1/devices")["rows"], [])
        self.assertEqual(self.world.person("unit").call("GET", "/v1/devices/heard").status, 403)

    def test_secrets(self):
        client, unit = self.world.desk.client(), self.world.unit()
        device = add(self.boss, "osmand", "secret-1", unit)
        self.assertEqual(client.call("GET", "/v1/intake/osmand?id=secret-1&lat=1&lon=2&token=x").status, 400)
        first = secret_of(self.boss, device)
        self.assertTrue(re.fullmatch("[0-9a-f]{32}", first), first)
        query = "/v1/intake/osmand?id=secret-1&lat=1&lon=2"
        self.assertEqual(client.call("GET", query + "&token=" + first).status, 200)
        self.assertEqual(client.call("GET", query, headers={"Authorization": "Bearer " + first}).status, 200)
        self.assertEqual(client.call("GET", query, headers=basic("any", first)).status, 200)
        second = secret_of(self.boss, device)
        self.assertEqual([client.call("GET", query + "&token=" + each).status for each in (first, second)], [400, 200])
        self.boss.ok("PUT", "/v1/devices/%s" % device["id"], {"protocol": "osmand", "identity": "secret-1", "unit": unit, "inactive": True}, match=device["version"])
        self.assertEqual(client.call("GET", query + "&token=" + second).status, 400)

    def test_unknown_ones_are_listed(self):
        client = self.world.desk.client()
        self.assertEqual(client.call("GET", "/v1/intake/osmand?id=stranger-7&lat=1&lon=2").status, 400)
        self.assertEqual(client.call("GET", "/v1/intake/osmand?id=stranger-8&lat=1&lon=2&token=0").status, 400)
        unknown = {row["identity"]: row for row in self.boss.ok("GET", "/v1/devices/heard")["unknown"]}
        self.assertNotIn("stranger-7", unknown)  # who brings no secret at all leaves no trace
        self.assertEqual((unknown["stranger-8"]["protocol"], unknown["stranger-8"]["count"]), ("osmand", 1))
        add(self.boss, "osmand", "stranger-8", self.world.unit())
        self.assertNotIn("stranger-8", [row["identity"] for row in self.boss.ok("GET", "/v1/devices/heard")["unknown"]])
        self.assertEqual(self.world.person("dispatcher").ok("GET", "/v1/devices/heard")["unknown"], [])

    # --- OwnTracks ------------------------------------------------------------------------------------

    def test_owntracks_as_it_was_sent(self):
        """All of the recorded bodies: their oracle says "a position", and it is the one that stands in them."""
        client, sent = self.world.desk.client(), records("traccar_owntracks_vectors.jsonl")
        for number, record in enumerate(sent):
            body = json.loads(record["body"])
            name = body["topic"].split("/", 1)[1] if "topic" in body else "ann/phone-%d" % number
            unit = self.world.unit()
            secret = secret_of(self.boss, add(self.boss, "owntracks", name, unit))
            headers = dict(basic(name.split("/")[0], secret), **({} if "topic" in body else {"X-Limit-D": name.split("/")[1]}))
            began = now_ms()
            answer = client.call("POST", "/v1/intake/owntracks", body, headers=headers)
            self.assertEqual((answer.status, answer.json()), (200, []), answer)
            row = where(self.boss, unit)
            self.assertEqual(record["assert"], "verifyPosition")
            self.assertEqual((row["lat"], row["lon"], row["device_at_ms"]), (body["lat"], body["lon"], body["tst"] * 1000))
            # They are years old: the clock is said to be off, and the position is of the moment in which it came.
            self.assertTrue(row["clock_off"] and began <= row["at_ms"] == row["received_at_ms"] <= now_ms(), row)
            if "vel" in body:
                self.assertAlmostEqual(row["speed_mps"], body["vel"] / 3.6, delta=0.001)
            if "cog" in body:
                self.assertEqual(row["heading_deg"], body["cog"])

    def test_owntracks_bad_input(self):
        client, unit = self.world.desk.client(), self.world.unit()
        secret = secret_of(self.boss, add(self.boss, "owntracks", "bob/p", unit))
        headers = dict(basic("bob", secret), **{"X-Limit-D": "p"})
        good = {"_type": "location", "lat": 1.5, "lon": 2.5, "tst": now_ms() // 1000}
        for change, field in (({"lat": 91}, "lat"), ({"lat": "1.5"}, "lat"), ({"lon": None}, "lon"), ({"tst": -1}, "tst"), ({"_type": None}, "_type"),
                              ({"_type": "encrypted"}, "_type"), ({"cog": 400}, "cog")):
            answer = client.call("POST", "/v1/intake/owntracks", dict(good, **change), headers=headers)
            self.assertTrue(400 <= answer.status < 500, answer)
            self.assertEqual(answer.json()["field"], field, answer)
        self.assertEqual(client.call("POST", "/v1/intake/owntracks", dict(good), headers=basic("bob", secret)).json()["field"], "topic")
        self.assertEqual(client.call("POST", "/v1/intake/owntracks", dict(good), headers=dict(headers, **basic("bob", "no"))).status, 401)
        self.assertIsNone(where(self.boss, unit))
        for body in ({"_type": "lwt", "tst": 1}, {"_type": "transition", "event": "enter"}, {"_type": "card", "name": "Bob"}):
            self.assertEqual(client.call("POST", "/v1/intake/owntracks", body, headers=headers).json(), [])
        self.assertIsNone(where(self.boss, unit))
        for _ in range(2):  # doubled: phones send again what nobody confirmed
            self.assertEqual(client.call("POST", "/v1/intake/owntracks", good, headers=headers).json(), [])
        row = where(self.boss, unit)
        self.assertEqual((row["lat"], row["at_ms"], row["clock_off"]), (1.5, good["tst"] * 1000, False))
        client.ok("POST", "/v1/intake/owntracks", dict(good, tst=good["tst"] - 3600, lat=9), headers=headers)  # an hour old, from its queue
        self.assertEqual(where(self.boss, unit)["lat"], 1.5)
        client.ok("POST", "/v1/intake/owntracks", dict(good, tst=good["tst"] + 400 * 86400, lat=3), headers=headers)  # from the future
        row = where(self.boss, unit)
        self.assertEqual((row["lat"], row["clock_off"]), (3, True))

    def test_owntracks_with_curl(self):
        """As the app does it, by a client that is not ours; and the empty body that it sends to try a connection."""
        unit = self.world.unit()
        secret = secret_of(self.boss, add(self.boss, "owntracks", "cleo/ipad", unit))
        url = "http://127.0.0.1:%d/v1/intake/owntracks" % self.world.desk.port

        def curl(*more):
            return subprocess.run(["curl", "-s", "-w", " %{http_code}", "-u", "cleo:" + secret, *more], capture_output=True, text=True, timeout=60).stdout

        self.assertEqual(curl("-H", "Content-Type: application/json", "-d", json.dumps({"_type": "location", "lat": -33.5, "lon": -70.25, "tst": now_ms() // 1000, "topic": "owntracks/cleo/ipad"}), url), "[] 200")
        self.assertEqual((where(self.boss, unit)["lat"], where(self.boss, unit)["lon"]), (-33.5, -70.25))
        self.assertEqual(curl("-X", "POST", url), "[] 200")
        self.assertEqual(curl("-d", '{"_type":"location","lat":1,"lon":1,"tst":1}', url + "?u=cleo&d=ipad"), "[] 200")

    # --- OsmAnd -----------------------------------------------------------------------------------------

    def test_osmand_as_it_was_sent(self):
        client, secrets, units = self.world.desk.client(), {}, {}
        for record in records("traccar_osmand_vectors.jsonl"):
            if "json" in record:
                body = json.loads(record["json"])
                name, coords = body["device_id"], body["location"]["coords"]
                want = (coords["latitude"], coords["longitude"], coords["speed"] if coords["speed"] >= 0 else None)
            else:
                query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(record["uri"]).query))
                name = query.get("id") or query.get("deviceid")
                lat, lon = query["location"].split(",") if "location" in query else (query.get("lat"), query.get("lon"))
                want = (float(lat), float(lon), float(query["speed"]) * 1852 / 3600 if "speed" in query else None) if lat else None
            if name and name not in secrets:
                units[name] = self.world.unit()
                secrets[name] = secret_of(self.boss, add(self.boss, "osmand", name, units[name]))
            token = "token=" + secrets.get(name, "0")
            if "json" in record:
                answer = client.call("POST", "/v1/intake/osmand?" + token, body)
            else:
                answer = client.call("GET", "/v1/intake/osmand?%s&%s" % (urllib.parse.urlsplit(record["uri"]).query, token))
            self.assertEqual(answer.status, 400 if record["assert"] == "verifyNull" else 200, (record, answer))
            if record["assert"] == "verifyNull":  # it names no device
                self.assertEqual(answer.json()["field"], "id")
            elif want is None:  # cells and wireless networks only: the oracle takes it, and knows no place either
                self.assertIsNone(where(self.boss, units[name]))
            else:
                row = where(self.boss, units[name])
                self.assertAlmostEqual(row["lat"], want[0], delta=1e-7)
                self.assertAlmostEqual(row["lon"], want[1], delta=1e-7)
                if want[2] is not None:
                    self.assertAlmostEqual(row["speed_mps"], want[2], delta=0.001)

    def test_osmand_forms(self):
        client, unit = self.world.desk.client(), self.world.unit()
        token = "&token=" + secret_of(self.boss, add(self.boss, "osmand", "forms", unit))
        second = now_ms() // 1000
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        for number, at in enumerate((str(second), str(second * 1000), stamp + "Z", stamp.replace("T", "+"), stamp + ".000Z",
                                     urllib.parse.quote(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second + 28800)) + "+08:00"))):
            client.ok("GET", "/v1/intake/osmand?id=forms&lat=%d&lon=2&timestamp=%s%s" % (number, at, token))
            row = where(self.boss, unit)
            self.assertEqual((row["lat"], row["at_ms"], row["clock_off"]), (number, second * 1000, False), at)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        client.wire.send(request_bytes("POST", "/v1/intake/osmand", b"id=forms&lat=7.5&lon=-3&bearing=90" + token.encode(), form))
        self.assertEqual(client.wire.receive().status, 200)
        self.assertEqual((where(self.boss, unit)["lat"], where(self.boss, unit)["heading_deg"]), (7.5, 90))
        for query, field in (("lat=91&lon=2", "lat"), ("lat=x&lon=2", "lat"), ("lat=1", "lon"), ("location=1", "location"), ("lat=1&lon=2&timestamp=soon", "timestamp"),
                             ("lat=1&lon=2&timestamp=2026-02-30T00:00:00Z", "timestamp"), ("lat=1&lon=2&speed=1e9", "speed"), ("lat=1&lon=2&bearing=400", "bearing")):
            answer = client.call("GET", "/v1/intake/osmand?id=forms&%s%s" % (query, token))
            self.refused(answer, answer.status, field)
        client.ok("GET", "/v1/intake/osmand?id=forms&lat=1&lon=2&valid=false" + token)
        self.assertEqual(where(self.boss, unit)["lat"], 7.5)
        heard = {row["device"]: row for row in self.boss.ok("GET", "/v1/devices/heard")["heard"]}
        self.assertTrue(any(row["received_at_ms"] for row in heard.values()))


class Gateways(unittest.TestCase):
    """A desk with a port for terminals and a broker of its own."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.broker_port = free_port()
        cls.configuration = os.path.join(cls.folder.name, "mosquitto.conf")
        with open(cls.configuration, "w") as file:
            file.write("listener %d 127.0.0.1\nallow_anonymous true\npersistence true\nuser %s\npersistence_location %s/\n" % (cls.broker_port, getpass.getuser(), cls.folder.name))
        cls.broker = None
        cls.start_broker()
        cls.desk = Desk()
        cls.options = ("--jt808", "127.0.0.1:0", "--mqtt", "mqtt://127.0.0.1:%d" % cls.broker_port)
        cls.desk.start(*cls.options)
        cls.port = int(re.search(r"JT/T 808 on 127\.0\.0\.1:(\d+)", cls.desk.welcome).group(1))
        cls.boss = cls.desk.set_up()
        cls.units = 0

    @classmethod
    def start_broker(cls):
        cls.broker = subprocess.Popen(["/usr/sbin/mosquitto", "-c", cls.configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @classmethod
    def tearDownClass(cls):
        try:
            cls.desk.stop()
        finally:
            cls.desk.close()
            cls.broker.terminate()
            cls.broker.wait()
            cls.folder.cleanup()

    def unit(self):
        Gateways.units += 1
        return self.desk.unit("G-%d" % Gateways.units)

    def until(self, what):
        give_up = time.monotonic() + 60
        while time.monotonic() < give_up:
            found = what()
            if found:
                return found
            time.sleep(0.02)
        self.fail("it never came")

    # --- JT/T 808 -----------------------------------------------------------------------------------------

    def test_frames_of_real_terminals(self):
        """All recorded frames, each over a connection of its own terminal, against a reader of the standard that is not the desk's
        and against what Traccar asserts of them.  What differs is named here, with why."""
        counts = {"position": 0, "no fix": 0, "registered": 0, "not supported": 0, "not a frame": 0}
        known = {}
        for number, row in enumerate(jt808.vectors()):
            inner, kind = row["inner"], row["checksum"]
            if kind.startswith("delim"):  # the text form "(...)": no frame at all
                counts["not a frame"] += 1
                continue
            head = jt808.Head.of(inner)
            if head.number not in known:
                known[head.number] = self.unit()
                add(self.boss, "jt808", head.number, known[head.number])
            unit = known[head.number]
            terminal = jt808.Terminal(self.port, head)
            self.assertEqual(terminal.log_on(), 0, number)
            serial = int.from_bytes(inner[(15 if head.is_2019 else 10):][:2], "big")
            terminal.socket.sendall(jt808.escape(inner))
            says = int.from_bytes(inner[2:4], "big") & 0x3ff
            if kind == "badsum" or says != len(jt808.body_of(inner)):
                # Broken on the way, or a vendor's own frame that is shorter than it says (0x5501, 0x5502; 0x0900 with a name cut
                # out by who published it): nobody can know what it means, and the next one is read again.
                self.assertEqual(terminal.result(0x0002), 0)
                counts["not a frame"] += 1
            elif row["msg_id"] == "0x0100":
                self.assertEqual((terminal.receive()[0], row["assertion"]), (0x8100, "verifyNull"))
                counts["registered"] += 1
            elif row["msg_id"] in ("0x0200", "0x0704"):
                body = jt808.body_of(inner)
                self.assertEqual(terminal.answered(int(row["msg_id"], 16), serial), 0, (number, row))
                found = [jt808.read_location(body)] if row["msg_id"] == "0x0200" else jt808.read_batch(body)
                fixed = [each for each in found if each]
                if fixed:
                    at = where(self.boss, unit)
                    self.assertAlmostEqual(at["lat"], fixed[-1][0], delta=1e-7, msg=number)
                    self.assertAlmostEqual(at["lon"], fixed[-1][1], delta=1e-7, msg=number)
                    counts["position"] += 1
                else:
                    # "Not located", with the place where the terminal last was, or with none.  Traccar takes it as a position that
                    # is not valid; a desk that sends people must not, so here it is a sign of life.
                    self.assertNotIn(row["assertion"], ("verifyPositions",), number)
                    counts["no fix"] += 1
            else:  # vendors' own messages
                self.assertEqual(terminal.answered(int(row["msg_id"], 16), serial), 3, number)
                counts["not supported"] += 1
            terminal.close()
        print("JT/T 808 frames: %s" % ", ".join("%d %s" % (count, name) for name, count in counts.items()))

    def test_a_real_client(self):
        """What an independent client sent to another server, byte by byte; its clock says 2020."""
        path = jt808.data_file("jt808", "ybzwyrcld_1hz_client.log")
        if not path:
            return
        with open(path) as file:
            sent = [re.match(r"RX (\w{4}) .* (7e[0-9a-f]+)$", line.strip()) for line in file]
        sent = [(int(match.group(1), 16), bytes.fromhex(match.group(2))) for match in sent if match]
        head = jt808.Head.of(jt808.unescape(sent[0][1][1:-1]))
        unit = self.unit()
        add(self.boss, "jt808", head.number, unit)
        terminal = jt808.Terminal(self.port, head)
        for id, frame in sent:
            inner = jt808.unescape(frame[1:-1])
            if id == 0x0102:  # it was given the other server's code: with ours it is let in
                terminal.socket.sendall(frame)
                self.assertEqual(terminal.receive()[1][4], 1)
                self.assertEqual(terminal.log_on(code), 0)
                continue
            terminal.socket.sendall(frame)
            got, body = terminal.receive()
            if id == 0x0100:
                code = body[3:]
                self.assertEqual((got, body[2]), (0x8100, 0))
            else:
                self.assertEqual((got, body[4]), (0x8001, 0))
        row = where(self.boss, unit)
        self.assertEqual((row["lat"], row["lon"], row["clock_off"]), (22.570336, 113.937577, True))
        self.assertLess(row["device_at_ms"], now_ms() - 365 * DAY_MS)
        self.assertEqual(row["at_ms"], row["received_at_ms"])
        terminal.close()

    def test_who_is_let_in(self):
        head = jt808.Head(bytes.fromhex("013800138000"))
        stranger = jt808.Terminal(self.port, head)
        self.assertIsNone(stranger.register(b"ABC1234"))
        self.assertEqual(stranger.log_on(b"0123456789abcdef"), 1)
        self.assertEqual(stranger.result(0x0200, jt808.location(1, 1)), 1)
        self.assertEqual(stranger.result(0x0002), 1)
        unknown = [row for row in self.boss.ok("GET", "/v1/devices/heard")["unknown"] if row["identity"] == "13800138000"]
        self.assertEqual([(row["protocol"], row["note"]) for row in unknown], [("jt808", "ABC1234")])
        unit = self.unit()
        device = add(self.boss, "jt808", "13800138000", unit)
        code = stranger.register()
        self.assertEqual(stranger.result(0x0200, jt808.location(1, 1)), 1)  # registered is not logged on
        self.assertEqual(stranger.log_on(b"0" * 16), 1)
        self.assertEqual(stranger.log_on(code), 0)
        self.assertEqual(stranger.result(0x0200, jt808.location(1.5, 2.5)), 0)
        other = jt808.Head(bytes.fromhex("013800138001"))
        self.assertEqual(code, jt808.Terminal(self.port, head).register())  # the same one for ever
        stranger.socket.sendall(other.frame(0x0200, 77, jt808.location(3, 3)))  # another's number over this connection
        self.assertEqual(stranger.answered(0x0200, 77), 1)
        self.assertEqual(where(self.boss, unit)["lat"], 1.5)
        self.boss.ok("PUT", "/v1/devices/%s" % device["id"], {"protocol": "jt808", "identity": "13800138000", "unit": unit, "inactive": True}, match=device["version"])
        self.assertEqual(stranger.result(0x0200, jt808.location(4, 4)), 1)

    def terminal(self, number, is_2019=False):
        phone = bytes.fromhex(number.rjust(20 if is_2019 else 12, "0"))
        unit = self.unit()
        add(self.boss, "jt808", number, unit)
        made = jt808.Terminal(self.port, jt808.Head(phone, is_2019))
        self.assertEqual(made.log_on(), 0)
        return made, unit

    def test_times_of_terminals(self):
        terminal, unit = self.terminal("13800000001")
        china = lambda ms: time.strftime("%y%m%d%H%M%S", time.gmtime(ms / 1000 + 28800))
        now = now_ms() // 1000 * 1000
        self.assertEqual(terminal.result(0x0200, jt808.location(1, 1, china(now))), 0)
        row = where(self.boss, unit)
        self.assertEqual((row["at_ms"], row["device_at_ms"], row["clock_off"]), (now, now, False))
        for when, off in ((china(now + 3600000), True), (china(now - 3600000), True), ("201121193202", True), ("991332256199", False), ("ffffffffffff", False)):
            began = now_ms()
            self.assertEqual(terminal.result(0x0200, jt808.location(2, 2, when)), 0)
            row = where(self.boss, unit)
            self.assertTrue(row["clock_off"] == off and began <= row["at_ms"] == row["received_at_ms"], (when, row))
        batch = [jt808.location(5, 5, china(now - 7200000)), jt808.location(6, 6, china(now - 3600000))]
        body = len(batch).to_bytes(2, "big") + b"\x01" + b"".join(len(each).to_bytes(2, "big") + each for each in batch)
        self.assertEqual(terminal.result(0x0704, body), 0)  # what it kept while it had no network: believed, and older than what is known
        self.assertEqual(where(self.boss, unit)["lat"], 2)

    def test_broken_frames(self):
        terminal, unit = self.terminal("13800000002")
        good = terminal.head.inner(0x0200, 900, jt808.location(1.25, 1))
        cut, flipped = good[:20], good[:15] + bytes([good[15] ^ 1]) + good[16:]
        for bad in (b"\x7e" + cut + b"\x7e", jt808.escape(flipped), b"\x7e\x7d\x03\x7e", b"\x7e" * 40, b"(740190311185,1,001,ELOCK,3,529439)", b"\xe7" + good + b"\xe7",
                    b"\x7e" + bytes(5000) + b"\x7e", escape_twice(good)):
            terminal.socket.sendall(bad)
            self.assertEqual(terminal.result(0x0002), 0, bad[:40])
        self.assertIsNone(where(self.boss, unit))
        for byte in jt808.escape(good):  # one byte at a time
            terminal.socket.sendall(bytes([byte]))
        self.assertEqual(terminal.answered(0x0200, 900), 0)
        terminal.socket.sendall(jt808.escape(good) * 3)  # doubled
        self.assertEqual([terminal.answered(0x0200, 900) for _ in range(3)], [0, 0, 0])
        self.assertEqual(where(self.boss, unit)["lat"], 1.25)
        self.assertEqual(terminal.result(0x0200, jt808.location(1, 1)[:20]), 2)
        self.assertEqual(terminal.result(0x0200, jt808.location(0, 0)[:8] + b"\xff" * 8 + jt808.location(0, 0)[16:]), 2)
        for _ in range(200):  # and nothing but broken ones: the line is cut
            try:
                terminal.socket.sendall(b"\x7e" + cut + b"\x7e")
            except OSError:
                break
        with self.assertRaises((AssertionError, OSError)):
            for _ in range(3):  # the first may still have come along with the last broken one
                terminal.result(0x0002)

    def test_messages_in_parts(self):
        terminal, unit = self.terminal("13800000003", is_2019=True)
        batch = [jt808.location(number / 10, 3) for number in range(1, 41)]
        body = len(batch).to_bytes(2, "big") + b"\x00" + b"".join(len(each).to_bytes(2, "big") + each for each in batch)
        parts = [body[at:at + 400] for at in range(0, len(body), 400)]
        self.assertEqual(terminal.result(0x0704, parts[0], part=(len(parts), 1)), 0)
        self.assertEqual(terminal.result(0x0704, parts[0], part=(len(parts), 1)), 0)  # again
        self.assertIsNone(where(self.boss, unit))
        for number, part in enumerate(parts[1:], 2):
            self.assertEqual(terminal.result(0x0704, part, part=(len(parts), number)), 0)
        self.assertEqual(where(self.boss, unit)["lat"], 4)
        terminal.send(0x0704, parts[0], part=(3, 2))  # without its first
        self.assertEqual(terminal.result(0x0002), 0)

    def test_the_button_of_a_terminal(self):
        terminal, unit = self.terminal("13800000004")
        for _ in range(5):  # it says so with every position
            self.assertEqual(terminal.result(0x0200, jt808.location(30.5, 120.25, alarm=1)), 0)
        waiting = [row for row in self.boss.ok("GET", "/v1/duress?open=1")["rows"] if row["unit"] == unit]
        self.assertEqual([(row["lat"], row["lon"], row["raised_by"]) for row in waiting], [(30.5, 120.25, None)])
        self.boss.ok("POST", "/v1/duress/%s/acknowledge" % waiting[0]["id"], {"note": "spoke with the crew"}, key=True)
        self.assertEqual(terminal.result(0x0200, jt808.location(30.5, 120.25, alarm=1)), 0)  # the same press still
        self.assertEqual([row for row in self.boss.ok("GET", "/v1/duress?open=1")["rows"] if row["unit"] == unit], [])
        self.assertEqual(terminal.result(0x0200, jt808.location(30.5, 120.25)), 0)
        self.assertEqual(terminal.result(0x0200, jt808.location(30.5, 120.25, alarm=1)), 0)  # another
        self.assertEqual(len([row for row in self.boss.ok("GET", "/v1/duress?open=1")["rows"] if row["unit"] == unit]), 1)

    def test_the_button_said_again_before_it_is_in_the_record(self):
        """The mark is cleared by the first answer, so none may come before the call is in the record: they come in order."""
        terminal, unit = self.terminal("13800000005")
        alarm, frames = jt808.location(30.5, 120.25, alarm=1), b""
        for _ in range(3):
            terminal.serial += 1
            frames += terminal.head.frame(0x0200, terminal.serial, alarm)
        terminal.socket.sendall(frames)
        for serial in range(terminal.serial - 2, terminal.serial + 1):
            self.assertEqual(terminal.answered(0x0200, serial), 0)
        batch = struct.pack(">HB", 3, 1) + 3 * (struct.pack(">H", len(alarm)) + alarm)
        self.assertEqual(terminal.result(0x0200, jt808.location(30.5, 120.25)), 0)
        self.assertEqual(terminal.result(0x0704, batch), 0)  # three of them in one message, which is answered once
        self.assertEqual(terminal.result(0x0002), 0)
        self.assertEqual(len([row for row in self.boss.ok("GET", "/v1/duress?open=1")["rows"] if row["unit"] == unit]), 1)

    # --- MQTT -----------------------------------------------------------------------------------------------

    def publish(self, topic, message, *more):
        return subprocess.run(["mosquitto_pub", "-h", "127.0.0.1", "-p", str(self.broker_port), "-t", topic, "-q", "1", "-m",
                               message if isinstance(message, str) else json.dumps(message), *more], timeout=60).returncode

    def test_owntracks_through_mosquitto(self):
        unit, name = self.unit(), "dora/watch"
        add(self.boss, "owntracks", name, unit)
        second = now_ms() // 1000
        body = {"_type": "location", "lat": 22.5, "lon": 114.25, "tst": second, "vel": 36, "cog": 270}
        for bad in ("", "{", '{"_type":"location"}', '{"_type":"location","lat":1,"lon":999}', '{"_type":"encrypted","data":"x"}'):
            self.assertEqual(self.publish("owntracks/" + name, bad), 0)
        self.publish("owntracks/eve/phone", dict(body, topic="owntracks/" + name, lat=1))  # it speaks for itself only, whatever it writes
        self.publish("owntracks/" + name, body)
        row = self.until(lambda: where(self.boss, unit))
        self.assertEqual((row["lat"], row["lon"], row["at_ms"], row["speed_mps"], row["heading_deg"]), (22.5, 114.25, second * 1000, 10, 270))
        self.assertIn("eve/phone", [each["identity"] for each in self.boss.ok("GET", "/v1/devices/heard")["unknown"]])
        self.publish("owntracks/" + name, dict(body, tst=second + 1, poi="SOS", lat=22.625))
        row = self.until(lambda: [each for each in self.boss.ok("GET", "/v1/duress?open=1")["rows"] if each["unit"] == unit])[0]
        self.assertEqual(row["lat"], 22.625)

    def test_the_broker_and_the_desk_go_away(self):
        """What was published while either was away comes when it is back: nothing that the broker took is lost."""
        unit, name = self.unit(), "finn/van"
        add(self.boss, "owntracks", name, unit)
        body = {"_type": "location", "lat": 1, "lon": 1, "tst": now_ms() // 1000}
        self.publish("owntracks/" + name, body)
        self.until(lambda: where(self.boss, unit))
        self.broker.send_signal(signal.SIGTERM)
        self.broker.wait()
        self.start_broker()
        self.until(lambda: self.publish("owntracks/" + name, dict(body, lat=2, tst=body["tst"] + 1)) == 0)
        self.until(lambda: where(self.boss, unit)["lat"] == 2)
        self.desk.stop()
        self.assertEqual(self.publish("owntracks/" + name, dict(body, lat=3, tst=body["tst"] + 2, tag="sos")), 0)
        self.desk.start(*self.options)
        Gateways.port = int(re.search(r"JT/T 808 on 127\.0\.0\.1:(\d+)", self.desk.welcome).group(1))
        self.until(lambda: (where(self.boss, unit) or {}).get("lat") == 3)
        self.until(lambda: [row for row in self.boss.ok("GET", "/v1/duress?open=1")["rows"] if row["unit"] == unit])


class Broker:
    """Just enough of MQTT 3.1.1 to see what a client acknowledges, byte by byte."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(60)
        self.port = self.listener.getsockname()[1]
        self.line = None

    def meet(self):
        self.line, _ = self.listener.accept()
        self.line.settimeout(60)
        assert self.packet()[0] == 0x10
        self.line.sendall(b"\x20\x02\x00\x00")
        kind, body = self.packet()
        assert kind == 0x82
        self.line.sendall(b"\x90\x03" + body[:2] + b"\x01")

    def exactly(self, count):
        data = b""
        while len(data) < count:
            try:
                more = self.line.recv(count - len(data))
            except ConnectionResetError:
                more = b""
            if not more:
                return None
            data += more
        return data

    def packet(self):
        """(first byte, body); None when the client is gone."""
        first = self.exactly(1)
        if first is None:
            return None
        length, shift = 0, 0
        while True:
            byte = self.exactly(1)
            if byte is None:
                return None
            length |= (byte[0] & 0x7f) << shift
            shift += 7
            if not byte[0] & 0x80:
                break
        body = self.exactly(length) if length else b""
        return None if body is None else (first[0], body)

    def publish(self, number, topic, message):
        body = len(topic).to_bytes(2, "big") + topic.encode() + number.to_bytes(2, "big") + json.dumps(message).encode()
        length, head = len(body), b"\x32"
        while True:
            head += bytes([length & 0x7f | (0x80 if length > 0x7f else 0)])
            length >>= 7
            if not length:
                break
        self.line.sendall(head + body)

    def acknowledged(self, until=None):
        """The numbers acknowledged until that one, or until the client is gone."""
        numbers = []
        while until not in numbers:
            packet = self.packet()
            if packet is None:
                break
            if packet[0] == 0x40:
                numbers.append(int.from_bytes(packet[1], "big"))
        return numbers

    def close(self):
        for each in (self.line, self.listener):
            if each:
                each.close()


class Stopping(unittest.TestCase):
    def test_a_call_for_help_that_is_not_in_the_record_is_not_acknowledged(self):
        """The desk has no room, so that the call waits; then it is stopped.  What comes again afterwards is taken."""
        desk, broker = Desk(), Broker()
        self.addCleanup(desk.close)
        self.addCleanup(broker.close)
        desk.start()
        boss = desk.set_up()
        unit = desk.unit("S-1")
        add(boss, "owntracks", "gil/phone", unit)
        desk.stop()
        options = ("--mqtt", "mqtt://127.0.0.1:%d" % broker.port)
        body = {"_type": "location", "lat": 1, "lon": 1, "tst": now_ms() // 1000}
        desk.start("--space-low", "1048576", "--space-out", "1048576", *options)
        broker.meet()
        broker.publish(1, "owntracks/gil/phone", body)
        self.assertEqual(broker.acknowledged(until=1), [1])
        broker.publish(2, "owntracks/gil/phone", dict(body, poi="SOS"))
        give_up = time.monotonic() + 60
        while "duress_refused" not in desk.log_tail() and time.monotonic() < give_up:
            time.sleep(0.02)
        self.assertIn("duress_refused", desk.log_tail())
        desk.stop()
        self.assertEqual(broker.acknowledged(), [])
        desk.start(*options)
        broker.meet()
        broker.publish(2, "owntracks/gil/phone", dict(body, poi="SOS"))
        self.assertEqual(broker.acknowledged(until=2), [2])
        self.assertEqual([row["unit"] for row in desk.login("boss").ok("GET", "/v1/duress?open=1")["rows"]], [unit])
        desk.stop()


def escape_twice(inner):
    return b"\x7e" + jt808.escape(inner)[1:-1].replace(b"\x7d", b"\x7d\x01") + b"\x00\x7e"
