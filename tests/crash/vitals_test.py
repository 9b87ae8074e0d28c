"""The desk watches itself, and poison does not stop it: a slow disk is told to everybody, commands, events and deliveries that kill the
desk are set aside after two deaths, an event that cannot be applied keeps it from starting, and the management port answers while the
data port drowns.  On the real program.

    python3 tests/crash/vitals_test.py build/dev/src/cli/bellman SLOW_DISK.so SHIFT_CLOCK.so POISON_JOURNAL [TestCase...]
    FLOOD_SECONDS=60 python3 ... Drowning       # at length; prints one line of figures"""
import json
import os
import re
import resource
import selectors
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
import desk
from desk import Client, Desk, Gone, Stream, open_case
from peers import Web

FLOOD_SECONDS = int(os.environ.get("FLOOD_SECONDS", "4"))
LIMIT = 4096  # connections of the data port (http/http.h)


def argument(part):
    found = [os.path.abspath(each) for each in sys.argv[1:] if part in os.path.basename(each) and os.path.isfile(each)]
    return found[0] if found else None


def until(what, seconds=desk.WAIT_S):
    """Waits until `what` gives something true, by asking."""
    end = time.monotonic() + seconds
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError("it did not come to pass within %d s" % seconds)
        threading.Event().wait(0.05)


def metric(server, name):
    return int(server.client().get("/metrics").body.decode().split("\nbellman_%s " % name)[1].split("\n")[0])


def has_failpoints():
    """Whether the program is a development build with named steps."""
    with open(desk.program(), "rb") as program:
        return b"BELLMAN_DIES_AT" in program.read()


class Beats:
    """What a console hears of the desk."""

    def __init__(self, client):
        seq = client.get("/readyz")["seq"]
        self.stream = Stream(client, seq)

    def until(self, wanted, seconds=desk.WAIT_S):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            event = self.stream.next(("beat",), end - time.monotonic())
            if event is None:
                raise AssertionError("the stream ended")
            if wanted(event.data):
                return event.data
        raise AssertionError("no such beat came")

    def close(self):
        self.stream.close()


class SlowDisk(unittest.TestCase):
    """Acknowledgements that take too long for a minute (here: six seconds) are told to every console, and well ones end it."""

    def test_told_and_over(self):
        if not has_failpoints():
            self.skipTest("a build without named steps has no short minute")
        preload = argument("slow_disk")
        with Desk() as server:
            knob = os.path.join(server.base, "slow")
            slow = lambda ms: open(knob, "w").write(str(ms))
            slow(0)
            server.start(env={"LD_PRELOAD": preload, "SLOW_DISK_FILE": knob, "BELLMAN_ACK_WINDOW_S": "6", "ASAN_OPTIONS": "detect_leaks=1:verify_asan_link_order=0:exitcode=99"})
            boss = server.set_up()
            beats = Beats(boss.another())
            stop = threading.Event()
            taken = []

            def work():
                client = boss.another()
                while not stop.is_set():
                    taken.append(client.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)["contact"]["id"])
                    stop.wait(0.05)
                client.close()

            workers = [threading.Thread(target=work) for _ in range(2)]
            for each in workers:
                each.start()
            try:
                self.assertFalse(beats.until(lambda data: True)["ack_slow"])
                until(lambda: len(taken) > 20)
                slow(400)
                beats.until(lambda data: data["ack_slow"])
                ready = boss.get("/readyz")
                self.assertEqual((ready.status, ready["ready"], ready["ack_slow"]), (200, True, True))
                self.assertGreaterEqual(ready["ack_p99_ms"], 400)
                self.assertEqual(metric(server, "ack_slow"), 1)
                self.assertGreaterEqual(metric(server, "ack_p99_ms"), 400)
                self.assertTrue(boss.ok("GET", "/v1/vitals")["ack_slow"])
                slow(0)
                stop.set()  # this machine may be slow by itself: what is quiet for a minute is well, too
                beats.until(lambda data: not data["ack_slow"])
                self.assertEqual(metric(server, "ack_slow"), 0)
            finally:
                stop.set()
                for each in workers:
                    each.join()
            beats.close()
            log = server.log_tail(1 << 20)
            self.assertEqual((log.count("event=acknowledgements_slow"), log.count("event=acknowledgements_well")), (1, 1), log)


class Dying(unittest.TestCase):
    """A desk that dies at a named step, as often as it is started."""

    def setUp(self):
        if not has_failpoints():
            self.skipTest("a build without named steps cannot be told to die")
        self.server = Desk()
        self.addCleanup(self.server.close)

    def dies(self, step, act=None, **more):
        """Starts it; it must die there by itself, at the start or when `act` has been done."""
        env = dict(more, BELLMAN_DIES_AT=step)
        try:
            self.server.start(env=env)
            if act:
                try:
                    act()
                except Gone:
                    pass
        except Gone:
            pass
        code = self.server.wait() if self.server.process.returncode is None else self.server.process.returncode
        self.assertEqual(code, -signal.SIGKILL, self.server.log_tail())
        if self.server.boss:
            self.server.boss.close()


class PoisonDelivery(Dying):
    def prepared(self):
        """A desk with one channel, stopped; what is committed next is to be told to `peer`."""
        self.server.start()
        boss = self.server.set_up()
        peer = Web()
        self.addCleanup(peer.close)
        self.channel = boss.ok("POST", "/v1/alert-channels", {
            "name": "A partner", "kind": "webhook", "jurisdiction": "1", "url": peer.url, "allowed_host": peer.host,
            "events": "case_opened", "no_handshake": True}, key=True)["alert_channel"]["id"]
        return boss, peer

    def stuck(self, boss):
        return boss.ok("GET", "/v1/deliveries?stuck=1")["rows"]

    def both(self, step, row_of):
        """It dies at that step with the same telling in hand, twice; then it lives, the rest flows, and a person has it tried again."""
        boss, peer = self.prepared()
        case = open_case(boss)["id"]
        until(lambda: [row for row in boss.ok("GET", "/v1/deliveries")["rows"] if row["state"] == "delivered"])
        before = peer.got.qsize()
        self.server.stop()
        boss.close()
        self.dies(step, lambda: (open_case(boss), until(lambda: not self.server.alive())))
        self.dies(step, lambda: until(lambda: not self.server.alive()))
        self.server.start(env={"BELLMAN_DIES_AT": step})  # with the same poison in it: it must not loop
        row = until(lambda: [each for each in self.stuck(boss) if each["state"] == "set_aside"])[0]
        self.assertIn("died", row["last_answer"])
        row_of(row)
        self.assertTrue(self.server.alive())
        self.assertEqual(metric(self.server, "deliveries_set_aside"), 1)
        beats = Beats(boss.another())
        beats.until(lambda data: data["set_aside"] == 1)
        beats.close()
        self.assertEqual(boss.ok("GET", "/readyz")["set_aside"], 1)
        self.server.stop()
        boss.close()
        self.server.start()
        open_case(boss)
        until(lambda: peer.got.qsize() == before + 1)  # the rest flows
        self.assertEqual([each["id"] for each in self.stuck(boss)], [row["id"]])
        boss.ok("POST", "/v1/deliveries/%s/resend" % row["id"], key=True)
        until(lambda: peer.got.qsize() == before + 2)
        until(lambda: metric(self.server, "deliveries_set_aside") == 0)
        self.assertEqual(self.stuck(boss), [])
        self.server.stop()
        self.assertTrue(case)

    def test_a_delivery_that_kills_while_it_is_made(self):
        self.both("outbox_flight_kept:1", lambda row: self.assertEqual((row["channel"], row["crashes"]), (self.channel, 2)))

    def test_a_delivery_that_kills_when_it_is_made(self):
        self.both("outbox_flight_composed:1", lambda row: self.assertEqual((row["channel"], row["crashes"]), (self.channel, 2)))

    def test_an_event_that_kills_while_it_is_met(self):
        self.both("outbox_event_guarded:1", lambda row: self.assertEqual((row["channel"], row["event"]), (None, "case_opened")))


class Stopped(unittest.TestCase):
    def test_an_outbox_that_cannot_go_on_says_so(self):
        """Its own file takes nothing: no event is skipped or set aside, everybody is told, and it goes on by itself."""
        with Desk() as server:
            server.start()
            boss = server.set_up()
            peer = Web()
            self.addCleanup(peer.close)
            boss.ok("POST", "/v1/alert-channels", {
                "name": "A partner", "kind": "webhook", "jurisdiction": "1", "url": peer.url, "allowed_host": peer.host,
                "events": "case_opened", "no_handshake": True}, key=True)
            until(lambda: boss.get("/readyz")["outbox"] == "fine")
            beats = Beats(boss.another())

            def on_outbox(sql):
                with sqlite3.connect(os.path.join(server.data, "outbox.db"), timeout=10) as file:
                    file.execute(sql)
                file.close()

            on_outbox("CREATE TRIGGER full BEFORE INSERT ON delivery BEGIN SELECT RAISE(ABORT, 'no room'); END")
            open_case(boss)
            seq = boss.ok("GET", "/readyz")["seq"]
            beats.until(lambda data: data["outbox"] == "stopped")
            said = boss.ok("GET", "/v1/vitals")["outbox"]
            self.assertEqual((said["state"], said["set_aside"]), ("stopped", 0))
            self.assertIn("no room", said["why"])
            self.assertLessEqual(int(said["at_seq"]), seq)
            self.assertEqual(metric(server, "outbox_stopped"), 1)
            self.assertEqual(boss.get("/readyz").status, 200)
            on_outbox("DROP TRIGGER full")
            peer.next()
            beats.until(lambda data: data["outbox"] == "fine")
            self.assertEqual(metric(server, "outbox_stopped"), 0)
            beats.close()


class PoisonCommand(Dying):
    def test_a_command(self):
        self.server.start()
        boss = self.server.set_up()
        self.server.stop()
        boss.close()
        place = lambda: boss.call("POST", "/v1/places", {"kind": "post", "name": "p", "jurisdiction": "1"}, key="poison")
        self.dies("command_decided:1", place)
        self.dies("command_decided:1", place)
        began = int(time.time() * 1000)
        self.server.start()
        self.assertEqual(place()["code"], "quarantined")
        vitals = boss.ok("GET", "/v1/vitals")
        self.assertEqual(vitals["refused"], 1)
        row, = vitals["quarantine"]
        self.assertEqual((row["what"], row["actor"], row["crashes"]), ("place_set", boss.operator, 2))
        self.assertLessEqual(row["first_at_ms"], row["last_at_ms"])
        self.assertLess(abs(row["last_at_ms"] - began), 60000)
        self.assertEqual(metric(self.server, "commands_held_back"), 1)
        beats = Beats(boss.another())
        beats.until(lambda data: data["quarantined"] == 1 and not data["timers_stuck"])
        beats.close()
        self.server.operator("0007", ["call_taker"])
        self.assertEqual(self.server.login("0007").get("/v1/vitals").status, 403)
        self.server.stop()

    def restarted_later(self):
        """An hour of downtime, with the machine off: what was open then is due."""
        shift = os.path.join(self.server.base, "shift")
        with open(shift, "w") as file:
            file.write(str(3600 * 1000))
        return {"LD_PRELOAD": argument("shift_clock"), "SHIFT_CLOCK_FILE": shift, "BELLMAN_BOOT_ID": "the next one",
                "ASAN_OPTIONS": "detect_leaks=1:verify_asan_link_order=0:exitcode=99"}

    def test_a_timer(self):
        """The first of three that are due kills the desk twice: it alone is set aside, also at the next start; the others ring, in order and to
        their last rung.  An administrator has it tried again, and then it rings, too, with each of its rungs in order."""
        self.server.start()
        boss = self.server.set_up()
        contacts = [boss.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)["contact"]["id"] for _ in range(3)]
        self.server.stop()
        boss.close()
        later = self.restarted_later()
        for _ in range(2):
            self.dies("command_decided:1", lambda: until(lambda: not self.server.alive()), **later)
        rungs = lambda client: {row["contact"]: row["rung"] for row in client.ok("GET", "/v1/board")["rows"]["clock"]}
        last = None
        for start in range(2):
            self.server.start(env=later)
            token = self.server.login("boss")
            ready = until(lambda: (lambda answer: answer if answer["timers_aside"] else None)(token.get("/readyz")))
            self.assertEqual((ready.status, ready["ready"], ready["timers_aside"], ready["timers_stuck"]), (503, False, 1, False))
            self.assertEqual((metric(self.server, "timers_set_aside"), metric(self.server, "timers_stuck")), (1, 0))
            vitals = token.ok("GET", "/v1/vitals")
            timer, = vitals["timers"]
            self.assertEqual((timer["what"], timer["clock"], timer["contact"], timer["case"], timer["code"]),
                             ("clock_due", "answer", contacts[0], None, "quarantined"))
            self.assertEqual(vitals["quarantine"], [], "a timer is no request of anybody's")
            self.assertIn("event=timer_set_aside command=clock_due target=%s" % timer["target"], self.server.log_tail(1 << 20))
            beats = Beats(token.another())
            said = beats.until(lambda data: data["timers_aside"])
            self.assertEqual([(each["what"], each["contact"]) for each in said["timers"]], [("clock_due", contacts[0])])
            found = until(lambda: (lambda now: now if all(now[each] for each in contacts[1:]) else None)(rungs(token)))
            self.assertEqual(found[contacts[0]], 0)
            if start == 0:
                beats.close()
                self.server.stop()
                token.close()
        self.assertEqual(token.post("/v1/timers/%s/retry" % timer["target"], {"what": "nonsense"}, key=True)["field"], "what")
        self.assertEqual(token.post("/v1/timers/9999/retry", {"what": "clock_due"}, key=True).status, 409)
        self.server.operator("0007", ["dispatcher", "supervisor"])
        self.assertEqual(self.server.login("0007").post("/v1/timers/%s/retry" % timer["target"], {"what": "clock_due"}, key=True).status, 403)
        answer = token.ok("POST", "/v1/timers/%s/retry" % timer["target"], {"what": "clock_due"}, key="again")
        self.assertTrue(answer["seq"])
        beats.until(lambda data: not data["timers_aside"] and data["timers"] == [])
        beats.close()
        self.assertEqual(token.ok("POST", "/v1/timers/%s/retry" % timer["target"], {"what": "clock_due"}, key="again")["seq"], answer["seq"])
        until(lambda: rungs(token)[contacts[0]] == rungs(token)[contacts[1]])
        self.assertEqual((token.get("/readyz").status, token.ok("GET", "/v1/vitals")["timers"]), (200, []))
        self.server.stop()
        with sqlite3.connect("file:%s/journal.db?mode=ro" % self.server.data, uri=True) as record:
            rows = [(kind, actor, json.loads(body)) for kind, actor, body in
                    record.execute("SELECT kind, actor, body FROM journal WHERE kind IN ('clock_rung', 'timer_retried') ORDER BY seq")]
        retried = [index for index, row in enumerate(rows) if row[0] == "timer_retried"]
        self.assertEqual([(rows[at][1], rows[at][2]["what"], rows[at][2]["target"]) for at in retried],
                         [("operator/%s" % boss.operator, "clock_due", timer["target"])])
        rung = {}
        for index, (kind, _, body) in enumerate(rows):
            if kind == "clock_rung":
                self.assertEqual(body["rung"], rung.get(body["clock"], 0) + 1, "out of order: %r" % rows)
                rung[body["clock"]] = body["rung"]
                self.assertEqual(body["clock"] == timer["target"], index > retried[0])
        self.assertEqual(len(rung), 3)

    def test_a_timer_that_is_tried_again_and_kills_again(self):
        """Two more deaths, and it is set aside again: a retry is no way to a desk that dies for ever.  When what it was for is over, it is listed
        no more."""
        self.server.start()
        boss = self.server.set_up()
        contact = boss.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)["contact"]["id"]
        self.server.stop()
        boss.close()
        later = self.restarted_later()
        poison = lambda: self.dies("timer_decided:1", lambda: until(lambda: not self.server.alive()), **later)
        poison()
        poison()
        self.server.start(env=dict(later, BELLMAN_DIES_AT="timer_decided:1"))
        token = self.server.login("boss")
        timer, = until(lambda: token.ok("GET", "/v1/vitals")["timers"])

        def retry():
            try:
                token.post("/v1/timers/%s/retry" % timer["target"], {"what": "clock_due"}, key=True)
            except Gone:
                pass
        retry()
        self.server.wait()
        poison()
        self.server.start(env=dict(later, BELLMAN_DIES_AT="timer_decided:1"))
        token = self.server.login("boss")
        until(lambda: token.ok("GET", "/v1/vitals")["timers"])
        self.assertTrue(self.server.alive())
        token.ok("POST", "/v1/contacts/%s/answer" % contact, {}, key=True)
        until(lambda: token.ok("GET", "/v1/vitals")["timers"] == [])
        until(lambda: token.get("/readyz").status == 200)
        self.server.stop()


class PoisonRecord(unittest.TestCase):
    def test_an_event_that_cannot_be_applied_is_never_skipped(self):
        with Desk() as server:
            server.start("--admin", "127.0.0.1:0")
            server.set_up()
            server.stop()
            done = subprocess.run([argument("poison_journal"), server.data], capture_output=True, check=True)
            seq = int(done.stdout)
            for _ in range(2):
                with self.assertRaises(Gone):
                    server.start()
                code = server.process.returncode
                self.assertNotEqual(code, 0)
                log = server.log_tail()
                self.assertRegex(log, r"seq=%d .*mend=\"This event cannot be applied and is never skipped: the desk does not start\." % seq)
            code, out, _ = server.run("journal", "verify", server.data)
            self.assertEqual(code, 0, "the record itself is whole: " + out)


# --- the management port --------------------------------------------------------------------------------

def flood(port, seconds, connections):
    """In a process of its own: opens connections until it has so many, and anew whatever is refused; a quarter of them ask as fast as they
    are answered, the others send heads and bodies that never end.  Prints what came of it."""
    poll, held, counts = selectors.DefaultSelector(), set(), {"opened": 0, "refused": 0, "asked": 0}
    end = time.monotonic() + seconds
    slow = b"POST /v1/contacts HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{"
    plain = b"GET /readyz HTTP/1.1\r\nHost: a\r\n\r\n"

    def open_some():
        for _ in range(min(200, connections - len(held))):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(("127.0.0.1", port))
            poll.register(one, selectors.EVENT_WRITE, "new")
            held.add(one)
            counts["opened"] += 1

    def refused(one):
        counts["refused"] += 1
        poll.unregister(one)
        held.discard(one)
        one.close()

    while time.monotonic() < end:
        open_some()
        for key, _ in poll.select(0.01):
            one = key.fileobj
            try:
                if key.data == "new":
                    asks = one.fileno() % 4 == 0
                    one.send(plain if asks else slow)
                    poll.modify(one, selectors.EVENT_READ, "asks" if asks else "holds")
                    counts["asked"] += asks
                    continue
                data = one.recv(65536)
                if not data or data.startswith(b"HTTP/1.1 503") or key.data == "holds":
                    refused(one)
                else:
                    one.send(plain)
                    counts["asked"] += 1
            except (BlockingIOError, InterruptedError):
                pass
            except OSError:
                refused(one)
    print(json.dumps(counts), flush=True)
    os._exit(0)  # the system closes them quicker


class Drowning(unittest.TestCase):
    def test_admin_answers_while_the_data_port_drowns(self):
        """All places of the data port taken four times over, slow bodies, a flood of questions, and a disk that takes two seconds: the
        desk's queue and its workers wait."""
        connections = 4 * LIMIT
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        if hard < connections + 512:
            print("skipped: %d files may be open here, %d are needed" % (hard, connections + 512))
            self.skipTest("too few files may be open")
        server = Desk()
        self.addCleanup(server.close)
        knob = os.path.join(server.base, "slow")
        with open(knob, "w") as file:
            file.write("0")
        server.start("--admin", "127.0.0.1:0", env={"LD_PRELOAD": argument("slow_disk"), "SLOW_DISK_FILE": knob,
                                                    "ASAN_OPTIONS": "detect_leaks=1:verify_asan_link_order=0:exitcode=99"})
        admin = int(re.search(r"Health and figures on http://127\.0\.0\.1:(\d+)", server.welcome).group(1))
        boss = server.set_up()
        port = Client(server)
        port.wire = desk.Wire(admin)
        for path, status in (("/healthz", 200), ("/readyz", 200), ("/metrics", 200), ("/v1/cases", 404), ("/", 404), ("/openapi.json", 404)):
            with self.subTest(path):
                port.wire.send(desk.request_bytes("GET", path))
                self.assertEqual(port.wire.receive().status, status)
        port.wire.send(desk.request_bytes("POST", "/v1/cases", {"class": "fire"}))
        self.assertEqual(port.wire.receive().status, 405)
        port.close()
        stop = threading.Event()

        def commands():  # the desk's queue and the workers are busy
            client = boss.another()
            while not stop.is_set():
                try:
                    client.post("/v1/contacts", {"channel": "call"}, key=True)
                except (Gone, AssertionError):
                    stop.wait(0.1)
            client.close()

        workers = [threading.Thread(target=commands, daemon=True) for _ in range(8)]
        for each in workers:
            each.start()
        with open(knob, "w") as file:
            file.write("2000")
        # The sockets are the child's: it may have as many as the system lets it.
        flooding = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--flood", str(server.port), str(FLOOD_SECONDS + 4), str(connections)],
                                    stdout=subprocess.PIPE, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard)))
        took, full, end = [], 0, time.monotonic() + FLOOD_SECONDS + 2
        try:
            while time.monotonic() < end:
                began = time.monotonic()
                wire = desk.Wire(admin)  # a connection of its own each time, as a monitor would
                path = ("/healthz", "/readyz", "/metrics")[len(took) % 3]
                wire.send(desk.request_bytes("GET", path))
                answer = wire.receive("GET", path)
                wire.close()
                took.append(time.monotonic() - began)
                self.assertIn(answer.status, (200, 503) if path == "/readyz" else (200,), repr(answer))
                if path == "/metrics":
                    full = max(full, int(answer.body.decode().split("\nbellman_http_connections ")[1].split("\n")[0]))
                stop.wait(0.02)
            said = json.loads(flooding.communicate(timeout=60)[0])
        finally:
            stop.set()
            if flooding.poll() is None:
                flooding.kill()
                flooding.wait()
        took.sort()
        p50, p99 = took[len(took) // 2], took[min(len(took) - 1, len(took) * 99 // 100)]
        print("admin: connections=%d seconds=%d data_connections=%d opened=%d refused=%d asked=%d admin_asked=%d p50_ms=%d p99_ms=%d worst_ms=%d" % (
            connections, FLOOD_SECONDS, full, said["opened"], said["refused"], said["asked"], len(took), p50 * 1000, p99 * 1000, took[-1] * 1000))
        self.assertGreaterEqual(full, LIMIT, "the data port was not full: nothing was proved")
        self.assertGreater(said["refused"], 0)
        self.assertLess(p99, 1.0)
        with open(knob, "w") as file:
            file.write("0")
        for each in workers:
            each.join(30)
        boss.close()
        until(lambda: boss.get("/readyz").status == 200)
        server.stop()

    def test_only_where_it_is_wanted(self):
        with Desk() as server, socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            server.start("--admin", "127.0.0.1:%d" % taken.getsockname()[1])  # no reason to take no calls
            self.assertIn("event=no_admin", server.log_tail())
            server.stop()
            server.start()
            self.assertNotIn("Health and figures", server.welcome)
            code, _, said = server.run("serve", "--data", server.data + "2", "--admin", "0.0.0.0:0")
            self.assertEqual(code, 2)
            self.assertIn("loopback", said)


if __name__ == "__main__":
    if "--flood" in sys.argv:
        at = sys.argv.index("--flood")
        flood(*[int(each) for each in sys.argv[at + 1:at + 4]])
    else:
        names = [each for each in sys.argv[1:] if not os.path.exists(each)]
        unittest.main(argv=sys.argv[:1] + names, verbosity=2, warnings="ignore")
