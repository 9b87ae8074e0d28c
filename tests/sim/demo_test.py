"""`bellman demo` as people use it, against the real program: python3 demo_test.py build/.../bellman

One folder lives through it all: a set-up that is killed half way and completed, a case that goes from ringing to
closed without anybody, a human who keeps what they claimed, Ctrl-C, a second start, a desk that is restarted under
the driver, a desk that dies, a port that is taken."""
import json
import os
import queue
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import types
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
import desk
from desk import Client, Stream

BELLMAN = desk.program()
WAIT_S = 120
UNITS = 22
FAST = ["--units", str(UNITS), "--pace", "30", "--gap", "60"]


class Demo:
    """The program with its output line by line."""

    def __init__(self, folder, *options):
        environment = dict(os.environ)
        environment.setdefault("ASAN_OPTIONS", "detect_leaks=1:exitcode=99")
        environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1:exitcode=99")
        self.process = subprocess.Popen([BELLMAN, "demo", "--data", folder, "--listen", "127.0.0.1:0", *options], stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        self.lines, self.text = queue.Queue(), ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.decode("utf-8", "replace"))
        self.lines.put(None)

    def until(self, pattern, seconds=WAIT_S):
        """Reads on to a line that matches; gives the match."""
        end = time.monotonic() + seconds
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError("no line like %r within %d s after:\n%s" % (pattern, seconds, self.text))
            if line is None:
                raise AssertionError("the program ended before a line like %r:\n%s" % (pattern, self.text))
            self.text += line
            match = re.search(pattern, line)
            if match:
                return match

    def on_duty(self):
        self.port = int(self.until(r"on duty: +http://127\.0\.0\.1:(\d+)").group(1))
        return types.SimpleNamespace(port=self.port)

    def end(self, seconds=WAIT_S):
        """What is left of the output, and the exit status."""
        status = self.process.wait(seconds)
        while True:
            line = self.lines.get(timeout=seconds)
            if line is None:
                return status
            self.text += line

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)
        return self.end()

    def desk_pid(self):
        with open("/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)) as file:
            return int(file.read().split()[0])

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def gone(pid, seconds=WAIT_S):
    """Waits for a process that is not our child to be gone."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    import select
    try:
        return bool(select.select([handle], [], [], seconds)[0])
    finally:
        os.close(handle)


def enter(server, login, seed=1):
    answer = Client(server).post("/v1/sessions", {"login": login, "password": "gengcheng-%s-%d" % (login, seed)})
    assert answer.status == 201, repr(answer)
    return Client(server, answer["token"], answer["operator"])


class Life(unittest.TestCase):
    """In the order of their names."""

    @classmethod
    def setUpClass(cls):
        cls.base = tempfile.mkdtemp(prefix="bellman-demo-")
        cls.folder = os.path.join(cls.base, "demo")
        cls.running = []
        missing = [tool for tool in ("osmium", "tilemaker") if not shutil.which(tool)]
        if missing:
            print("without %s: the demo runs without roads" % " and ".join(missing))
            os.makedirs(os.path.join(cls.folder, "area"))

    @classmethod
    def tearDownClass(cls):
        for demo in cls.running:
            demo.kill()
        shutil.rmtree(cls.base)

    def demo(self, *options):
        started = Demo(self.folder, *options)
        self.running.append(started)
        return started

    def board(self, client):
        return client.ok("GET", "/v1/board")

    def test_1_a_killed_set_up_is_completed(self):
        killed = self.demo(*FAST, "--no-humans")
        killed.until("setting up the desk: units")
        pid = killed.desk_pid()
        killed.kill()
        self.assertTrue(gone(pid), "the desk outlived the demo")
        demo = self.demo(*FAST, "--no-humans")
        server = demo.on_duty()
        rows = self.board(enter(server, "supervisor"))["rows"]
        self.assertEqual(len(rows["unit"]), UNITS)
        self.assertEqual(len({row["call_sign"] for row in rows["unit"]}), UNITS)
        self.assertEqual([row["call_sign"] for row in rows["unit"] if row["duty"] != "on_duty"], [])
        self.assertEqual(len({row["code"] for row in rows["agency"]}), len(rows["agency"]))
        self.assertEqual(len({row["name"] for row in rows["place"]}), len(rows["place"]))
        self.assertEqual(sorted({row["number"] for row in rows["operator"]}), sorted(row["number"] for row in rows["operator"]))
        self.assertGreaterEqual(len(rows["class"]), 30)
        # The ready accounts are told, and are what they say.
        shown = Client(server).ok("GET", "/v1/demo")
        self.assertEqual(shown["city"]["name"], "更城市")
        self.assertEqual(Client(server).ok("GET", "/map/info")["attribution"], "Gengcheng is invented 更城市为虚构")  # nobody surveyed it
        self.assertEqual({account["role"] for account in shown["accounts"]}, {"admin", "dispatcher", "call_taker", "supervisor", "officer"})
        for account in shown["accounts"]:
            answer = Client(server).post("/v1/sessions", {"login": account["login"], "password": account["password"]})
            self.assertEqual(answer.status, 201, account)
            self.assertIn(account["role"], answer["roles"])
        self.assertEqual(demo.interrupt(), 0)

    def test_2_from_ringing_to_closed_without_anybody(self):
        demo = self.demo(*FAST, "--no-humans")
        server = demo.on_duty()
        began = time.monotonic()
        watcher = enter(server, "supervisor")
        board = self.board(watcher)
        stream = Stream(watcher, board["seq"])
        case_states, unit_states, case_of, closed, moved = {}, {}, {}, [], 0
        while not closed:
            self.assertLess(time.monotonic() - began, 60, "no case was closed within a minute: %s" % case_states)
            event = stream.next(("message", "positions"))
            if event.name == "positions":
                moved += len(event.data["positions"])
                continue
            for row in event.data.get("upsert", {}).get("case", []):
                case_states.setdefault(row["id"], []).append(row["state"])
                if row["state"] == "closed" and row["dispatched_at_ms"]:
                    self.assertEqual(row["outcome"], "solved")
                    closed.append(row["id"])
            for row in event.data.get("upsert", {}).get("assignment", []):
                unit_states.setdefault(row["id"], []).append(row["state"])
                case_of[row["id"]] = row["case"]
        stream.close()
        seen = [state for i, state in enumerate(case_states[closed[0]]) if i == 0 or state != case_states[closed[0]][i - 1]]
        for state in ("assigned", "acknowledged", "en_route", "on_scene", "cleared", "closed"):
            self.assertIn(state, seen)
        crews = [states for id, states in unit_states.items() if case_of[id] == closed[0]]
        self.assertTrue(any(states[0] == "assigned" and states[-1] == "cleared" for states in crews), crews)
        self.assertGreater(moved, 20, "nobody was seen to move")
        # Whoever is on scene is there.
        sheet = watcher.ok("GET", "/v1/cases/" + closed[0])
        self.assertTrue(all(row["on_scene_at_ms"] and row["report_code"] for row in sheet["assignments"] if row["ended"] == "done"))
        self.assertEqual(demo.interrupt(), 0)
        figures = {name: int(number) for name, number in
                   ((part.rsplit(" ", 1)) for part in demo.text.strip().split("\n")[-1].replace("== ", "").split(", "))}
        self.assertGreater(figures["closed"], 0)
        self.assertEqual(figures["desk lost"], 0)
        self.assertNotIn("was refused", demo.text)

    def test_3_a_human_keeps_what_they_claim(self):
        demo = self.demo(*FAST)
        server = demo.on_duty()
        self.assertNotIn("setting up", demo.text, "what was there was set up again")
        human = enter(server, "dispatcher")
        board = self.board(human)
        self.assertTrue(board["rows"]["place"])
        stream = Stream(human, board["seq"])
        ringing = [row for row in board["rows"]["contact"] if row["state"] == "ringing" and row["lat"] is not None]
        began, waits = time.monotonic(), {}
        while not ringing:
            self.assertLess(time.monotonic() - began, 15, "nobody rings for the newcomer")
            for row in stream.next().data.get("upsert", {}).get("contact", []):
                waits[row["id"]] = row
                # What lies for two seconds is for a human; a seat at this pace answers sooner.
            ringing = [row for row in waits.values() if row["state"] == "ringing" and row["lat"] is not None]
        mine = None
        while not mine:  # a seat may be faster: then the next one
            call = ringing.pop(0)
            if human.post("/v1/contacts/%s/answer" % call["id"], key=True).status == 200:
                mine = call
                continue
            while not ringing:
                ringing = [row for row in stream.next().data.get("upsert", {}).get("contact", []) if row["state"] == "ringing" and row["lat"] is not None]
        case = human.ok("POST", "/v1/cases", {"class": "medical", "contact": mine["id"], "lat": mine["lat"], "lon": mine["lon"]}, key=True)["case"]
        human.ok("POST", "/v1/contacts/%s/end" % mine["id"], {"result": "case"}, key=True)
        # Others are dispatched and closed meanwhile; this one is left alone.
        others = 0
        while others < 2:
            for row in stream.next().data.get("upsert", {}).get("case", []):
                self.assertFalse(row["id"] == case["id"] and row["state"] != "received", "a seat took a human's case")
                others += row["id"] != case["id"] and row["state"] == "closed"
        # No more than two callers wait for a person at once.
        self.assertLessEqual(sum(1 for row in self.board(human)["rows"]["contact"]
                                 if row["state"] == "ringing" and row["received_at_ms"] < desk.now_ms() - 5000), 2)
        # Sent by the human, the crew goes by itself.
        for tried in range(20):
            now = human.ok("GET", "/v1/cases/" + case["id"])["case"]
            recommendation = human.ok("GET", "/v1/cases/%s/recommendation" % case["id"])
            units = [unit["unit"] for unit in recommendation["units"] if unit["chosen"]]
            sent = units and human.post("/v1/cases/%s/assignments" % case["id"], {"units": units, "recommendation": recommendation["recommendation"]},
                                        key=True, match=now["version"])
            if sent and sent.status == 201:
                break
            while not any(row["state"] == "cleared" for row in stream.next().data.get("upsert", {}).get("assignment", [])):
                pass  # all ambulances are out: one comes free
        states = []
        while "cleared" not in states:
            states += [row["state"] for row in stream.next().data.get("upsert", {}).get("case", []) if row["id"] == case["id"]]
        now = human.ok("GET", "/v1/cases/" + case["id"])["case"]
        self.assertEqual(now["owner"], human.operator)
        human.ok("POST", "/v1/cases/%s/events" % case["id"], {"event": "close", "fields": {"outcome": "solved"}}, key=True, match=now["version"])
        stream.close()
        self.assertEqual(demo.interrupt(), 0)

    def test_4_a_desk_that_is_restarted_under_the_driver(self):
        server = desk.Desk(folder=os.path.join(self.folder, "desk"), binary=BELLMAN)
        server.start()
        driver = self.demo("--attach", "http://127.0.0.1:%d" % server.port, *FAST, "--no-humans")
        driver.on_duty()
        watcher = enter(server, "supervisor")
        stream = Stream(watcher, self.board(watcher)["seq"])
        while not stream.next().data.get("upsert", {}).get("contact"):
            pass
        port = server.port
        server.kill()
        stream.close()
        driver.until("the desk does not answer")
        server.process = subprocess.Popen([BELLMAN, "serve", "--data", server.data, "--listen", "127.0.0.1:%d" % port], stdin=subprocess.DEVNULL,
                                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        driver.until("the desk answers again")
        watcher = enter(server, "supervisor")
        stream = Stream(watcher, self.board(watcher)["seq"])
        states = set()
        while not {"en_route", "on_scene", "cleared"} <= states:
            states |= {row["state"] for row in stream.next().data.get("upsert", {}).get("assignment", [])}
        stream.close()
        self.assertEqual(driver.interrupt(), 0)
        server.stop()
        code, out, error = server.run("journal", "verify", server.data)
        self.assertEqual(code, 0, out + error)

    def test_4_a_desk_that_goes_while_nothing_is_asked(self):
        """The stream alone tells it then: nobody rings at this pace."""
        server = desk.Desk(folder=os.path.join(self.folder, "desk"), binary=BELLMAN)
        server.start()
        driver = self.demo("--attach", "http://127.0.0.1:%d" % server.port, "--pace", "0.5", "--gap", "3600", "--units", "1", "--no-humans")
        driver.on_duty()
        server.kill()
        driver.until("the desk does not answer", 30)
        self.assertEqual(driver.interrupt(), 0)

    def test_5_a_desk_that_dies(self):
        demo = self.demo(*FAST, "--no-humans")
        demo.on_duty()
        os.kill(demo.desk_pid(), signal.SIGKILL)
        self.assertEqual(demo.end(), 1)
        self.assertIn("the desk was ended by signal 9", demo.text)

    def test_6_a_busy_port(self):
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            port = busy.getsockname()[1]
            done = subprocess.run([BELLMAN, "demo", "--data", self.folder, "--listen", "127.0.0.1:%d" % port], stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=WAIT_S)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr.decode(), "port %d is in use.*PORT=\\d+ make run" % port)

    def test_7_another_seed_is_another_city(self):
        before = set(os.listdir(self.folder))
        demo = self.demo("--units", "1", "--seed", "2", "--no-humans")
        demo.until("another city was here")
        demo.on_duty()
        self.assertEqual(demo.interrupt(), 0)
        self.assertTrue(any(name.startswith("desk-before-") for name in set(os.listdir(self.folder)) - before))

    def test_8_wrong_usage(self):
        for options in (["--pace", "0"], ["--seed", "x"], ["--listen", "here"], ["--what"], ["--units"]):
            done = subprocess.run([BELLMAN, "demo", *options], stdin=subprocess.DEVNULL, capture_output=True, timeout=WAIT_S)
            self.assertEqual(done.returncode, 2, options)
            self.assertIn(options[0], done.stderr.decode())


if __name__ == "__main__":
    loader = unittest.TestLoader()
    names = [argument for argument in sys.argv[1:] if not os.path.isfile(argument)]
    if names:
        loader.testNamePatterns = ["*%s*" % name for name in names]
    began = time.monotonic()
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(loader.loadTestsFromTestCase(Life))
    bad, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print("%.1f s" % (time.monotonic() - began))
    print("%d passed, %d failed, %d skipped" % (result.testsRun - bad - skipped, bad, skipped))
    sys.exit(1 if bad else 0)
