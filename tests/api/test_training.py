"""Training: folders of its own, machines that are refused, and an exercise that is played against people who are not there."""
import json
import os
import subprocess
import threading
import unittest

import desk as desks
from desk import PASSWORD, Client, Desk, Gone, Stream

HERE = os.path.dirname(os.path.abspath(__file__))
SCENARIOS = os.path.join(HERE, "../../scenarios")


class Folders(unittest.TestCase):
    def refused(self, desk, *options):
        try:
            desk.start(*options)
        except Gone:
            return desk.log_tail()
        self.fail("it started")

    def test_a_training_folder_is_no_real_desks_and_the_other_way_round(self):
        with Desk() as desk:
            desk.start("--training")
            desk.set_up()
            desk.stop()
            self.assertIn("made for training", self.refused(desk))
            self.assertIn("--training", self.refused(desk))
            backup, restored = os.path.join(desk.base, "backup"), os.path.join(desk.base, "restored")
            self.assertEqual(desk.run("backup", desk.data, backup)[0], 0)
            self.assertEqual(desk.run("restore", backup, restored)[0], 0)
            again = Desk(restored)
            self.assertIn("made for training", self.refused(again))  # a copy is marked as well
            desk.start("--training")
            self.assertTrue(desk.login("boss").ok("GET", "/v1/me")["training"])
        with Desk() as desk:
            desk.start()
            desk.set_up()
            desk.stop()
            self.assertIn("real desk's record", self.refused(desk, "--training"))
            desk.start()
            self.assertFalse(desk.login("boss").ok("GET", "/v1/me")["training"])
            answer = desk.login("boss").call("POST", "/v1/exercises", {"name": "x"})
            self.assertEqual((answer.status, answer["code"]), (409, "not-possible"), repr(answer))
            self.assertEqual(desk.login("boss").ok("GET", "/v1/exercises/current"), {"training": False, "exercise": None})

    def test_real_devices_are_not_listened_to(self):
        with Desk() as desk:
            self.assertIn("takes nothing from real devices", self.refused(desk, "--training", "--jt808", "127.0.0.1:0"))
        with Desk() as desk:
            desk.start("--training")
            boss = desk.set_up()
            device = boss.ok("POST", "/v1/devices", {"protocol": "osmand", "identity": "car-1", "unit": desk.unit("T-1", "1")}, key=True)["device"]["id"]
            secret = boss.ok("POST", "/v1/devices/%s/secret" % device, key=True)["secret"]
            answer = desk.client().call("GET", "/v1/intake/osmand?id=car-1&lat=1&lon=1&token=" + secret)
            self.assertEqual((answer.status, answer["code"]), (409, "not-possible"), repr(answer))

    def test_every_page_says_so(self):
        for options, marked in ((("--training",), True), ((), False)):
            with Desk() as desk:
                desk.start(*options)
                for path in ("/", "/admin", "/setup", "/case/1", "/public", "/follow", "/index.html"):
                    answer = desk.client().call("GET", path, headers={"Accept-Encoding": "gzip", "If-None-Match": "\"x\""})
                    self.assertEqual(answer.status, 200)
                    self.assertEqual(b"data-training=" in answer.body and "演练".encode() in answer.body, marked, path)


class Operator(threading.Thread):
    """Somebody quick at the desk: answers what rings, opens or attaches, sends what the plan wants, closes what is cleared."""

    def __init__(self, person, boss, units):
        super().__init__(daemon=True)
        self.person, self.boss, self.units = person, boss, units
        self.stream = Stream(person, start=person.ok("GET", "/v1/board")["seq"])
        self.fire, self.failure = None, None

    def run(self):
        try:
            while True:
                event = self.stream.next(("message",))
                if event is None:
                    return
                for contact in event.data.get("upsert", {}).get("contact", []):
                    if contact["state"] == "ringing":
                        self.take(contact)
                for case in event.data.get("upsert", {}).get("case", []):
                    if case["state"] == "cleared":
                        self.person.call("POST", "/v1/cases/%s/events" % case["id"], {"event": "close", "fields": {"outcome": "solved"}},
                                         key=True, match=case["version"])
        except (AssertionError, Gone, OSError) as error:
            self.failure = error

    def take(self, contact):
        text = self.person.ok("GET", "/v1/contacts/" + contact["id"])["contact"]["personal"]["text"]
        if "bicycle" in text:
            return  # nobody has time for it: it hangs up
        self.person.ok("POST", "/v1/contacts/%s/answer" % contact["id"], {}, key=True)
        if self.fire and "river" not in text:
            self.person.ok("POST", "/v1/contacts/%s/attach" % contact["id"], {"case": self.fire}, key=True)
            return
        made = self.person.ok("POST", "/v1/cases", {"class": "fire", "contact": contact["id"]}, key=True)["case"]
        if not self.fire:
            self.fire = made["id"]
            self.person.ok("POST", "/v1/cases/%s/assignments" % made["id"], {"units": self.units}, key=True, match=made["version"])
        else:  # the third caller's is taken for something else, and found out: merged
            fire = self.person.ok("GET", "/v1/cases/" + made["id"])["case"]
            self.person.ok("POST", "/v1/cases/%s/merge" % made["id"], {"into": self.fire}, key=True, match=fire["version"])


class Exercise(unittest.TestCase):
    def setUp(self):
        self.desk = Desk()
        self.desk.start("--training")
        self.boss = self.desk.set_up()
        self.addCleanup(self.desk.close)

    def units(self):
        made = []
        for call_sign, capabilities in (("A-101", "fire_engine"), ("A-103", "fire_engine"), ("M-1", "ambulance")):
            body = {"call_sign": call_sign, "kind": "car", "jurisdiction": "1", "capabilities": capabilities}
            made.append(self.boss.ok("POST", "/v1/units", body, key=True)["unit"]["id"])
            self.boss.ok("PATCH", "/v1/units/" + made[-1], {"duty": "on_duty"}, key=True)
        return made

    def test_machines_are_refused_but_for_the_exercise(self):
        gateway = self.desk.operator("gate", ["gateway"])
        unit = self.units()[0]
        call, place = {"channel": "call"}, {"positions": [{"unit": unit, "lat": 31.2, "lon": 121.4}]}
        for path, body in (("/v1/contacts", call), ("/v1/positions", place)):
            answer = gateway.call("POST", path, body, key=True)
            self.assertEqual((answer.status, answer["field"]), (409, "Exercise"), repr(answer))
        begun = self.boss.ok("POST", "/v1/exercises", {"name": "by hand"})
        for token, status in ((begun["token"], 201), ("0" * 32, 409), (begun["token"][:-1], 409)):
            self.assertEqual(gateway.call("POST", "/v1/contacts", call, key=True, headers={"Exercise": token}).status, status)
        self.assertEqual(gateway.call("POST", "/v1/positions", place, headers={"Exercise": begun["token"]}).status, 200)
        self.assertEqual(self.boss.call("POST", "/v1/exercises", {"name": "another"}).status, 409)
        taker = self.desk.operator("t1", ["call_taker"])
        self.assertEqual(taker.call("PATCH", "/v1/exercises/current", {"paused": True}).status, 403)
        changed = self.boss.ok("PATCH", "/v1/exercises/current", {"paused": True, "pace_percent": 250})["exercise"]
        self.assertEqual((changed["paused"], changed["pace_percent"], changed["running"]), (True, 250, True))
        self.assertEqual(self.boss.call("PATCH", "/v1/exercises/current", {"pace_percent": 5})["field"], "pace_percent")
        self.assertEqual(self.boss.call("PUT", "/v1/exercises/current/report", {"calls": []}).status, 403)
        answer = self.boss.call("PUT", "/v1/exercises/current/report", {"calls": []}, headers={"Exercise": begun["token"]})
        self.assertEqual(answer["exercise"]["report"], {"calls": []})
        self.assertFalse(self.boss.ok("PATCH", "/v1/exercises/current", {"stopped": True})["exercise"]["running"])

    def play(self, *options):
        out = os.path.join(self.desk.base, "report")
        return out, subprocess.Popen(
            [desks.program(), "exercise", "play", os.path.join(SCENARIOS, "market-fire.yaml"), "--desk", "http://127.0.0.1:%d" % self.desk.port,
             "--login", "boss", "--report", out, *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ, BELLMAN_PASSWORD=PASSWORD))

    def test_an_exercise_is_played_and_reported(self):
        person = Operator(self.desk.operator("d1", ["call_taker", "dispatcher"]), self.boss, self.units())
        person.start()
        out, player = self.play("--pace", "120")
        said = player.communicate(timeout=desks.WAIT_S)[0].decode()
        self.assertEqual(player.returncode, 0, said)
        self.assertIsNone(person.failure)
        with open(out + ".json") as file:
            report = json.load(file)
        calls = {call["call"]: call for call in report["calls"]}
        figures = report["figures"]
        self.assertEqual((figures["calls"], figures["came"], figures["answered"], figures["missed"]), (4, 4, 3, 1), said)
        smoke = calls["smoke"]
        self.assertEqual((smoke["class"], smoke["class_right"], smoke["units_right"], smoke["missed"]), ("fire", True, True, False))
        self.assertEqual(smoke["units"], [{"capability": "fire_engine", "expected": 2, "sent": 2}, {"capability": "ambulance", "expected": 1, "sent": 1}])
        self.assertTrue(smoke["answer_ms"] >= 0 and smoke["dispatched_ms"] >= smoke["answer_ms"], smoke)
        self.assertEqual((calls["flames"]["joined"], calls["river"]["joined"]), (True, True))  # attached, and merged later
        self.assertEqual((calls["flames"]["case"], calls["river"]["case"]), (smoke["case"], smoke["case"]))
        bicycle = calls["bicycle"]
        self.assertEqual((bicycle["missed"], bicycle["answer_ms"], bicycle["answered_in_time"], bicycle["class_right"]), (True, None, False, False))
        self.assertEqual(self.boss.ok("GET", "/v1/cases/" + smoke["case"])["case"]["state"], "closed")
        on_screen = self.boss.ok("GET", "/v1/exercises/current")["exercise"]
        self.assertFalse(on_screen["running"])
        self.assertEqual(on_screen["report"]["figures"], figures)
        with open(out + ".md") as file:
            self.assertIn("| smoke |", file.read())

    def test_it_is_halted_made_faster_and_ended_from_the_screen(self):
        _, player = self.play("--pace", "1")
        line = player.stdout.readline()
        self.assertIn(b"market-fire", line)
        self.boss.ok("PATCH", "/v1/exercises/current", {"pace_percent": 20000})
        first = player.stdout.readline()
        self.assertIn(b"smoke", first)  # ten seconds of exercise, long before ten have passed
        self.boss.ok("PATCH", "/v1/exercises/current", {"stopped": True})
        player.communicate(timeout=desks.WAIT_S)
        self.assertEqual(player.returncode, 0)

    def test_what_is_wrong_is_said(self):
        for arguments, words in ((("check", os.path.join(SCENARIOS, "first-shift.yaml")), "3 calls in 30 minutes"),
                                 (("check", os.path.join(HERE, "test_training.py")), "test_training.py:1"),
                                 (("play", os.path.join(SCENARIOS, "first-shift.yaml"), "--desk", "http://127.0.0.1:%d" % self.desk.port), "--login"),
                                 (("play", os.path.join(SCENARIOS, "first-shift.yaml"), "--desk", "http://127.0.0.1:%d" % self.desk.port, "--login", "boss",
                                   "--pace", "1000"), "0.1 to 200")):
            code, out, error = self.desk.run("exercise", *arguments)
            self.assertIn(words, out + error)
            self.assertEqual(code == 0, "3 calls" in words)
