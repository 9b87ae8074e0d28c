"""The telephone bridge before the real desk: SIPp as the exchange, then packets that nobody should send.

    python3 telephone_test.py build/.../bellman [TestName...]"""
import re
import shutil
import sys
import unittest

from exchange import Bridge, Desk, Raw, Sipp, now_ms, until


class Telephone(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desk = Desk().start()
        cls.desk.set_up()
        cls.gateway = cls.desk.operator("exchange", ["gateway"])
        cls.taker = cls.desk.operator("1001", ["call_taker"])

    @classmethod
    def tearDownClass(cls):
        try:
            cls.desk.stop()
        finally:
            cls.desk.close()

    def setUp(self):
        self.bridge = None
        self.raws = []

    def tearDown(self):
        for raw in self.raws:
            raw.close()
        if self.bridge:
            self.bridge.kill()

    def start(self, *options):
        self.bridge = Bridge(self.desk, "exchange", *options)
        return self.bridge

    def raw(self):
        self.raws.append(Raw(self.bridge.port))
        return self.raws[-1]

    def rows(self):
        return {row["call"]: row for row in self.taker.ok("GET", "/v1/contacts?newest=1&limit=1000")["rows"] if row["call"]}

    def row(self, call, **wanted):
        """The contact of that call once it is as wanted."""
        def there():
            row = self.rows().get(call)
            return row and all(row[name] == value for name, value in wanted.items()) and row
        return until(there, "%s with %r; it is %r" % (call, wanted, self.rows().get(call)))

    def by_recording(self, recording, **wanted):
        def there():
            row = next((row for row in self.rows().values() if row["recording"] == recording), None)
            return row and all(row[name] == value for name, value in wanted.items()) and row
        return until(there, "%s with %r" % (recording, wanted))

    # --- with SIPp -----------------------------------------------------------------------------------

    @unittest.skipUnless(shutil.which("sipp"), "skipped: no sipp (Debian: sip-tester)")
    def test_answered_transferred_ended(self):
        self.start()
        sipp = Sipp("answered", self.bridge.port, [("+8613800000%03d" % i, "2", "trunk-1", "talk-%d" % i, "7") for i in range(4)])
        try:
            for i in range(4):
                rings = self.by_recording("talk-%d" % i, state="ringing")
                self.assertEqual([rings[name] for name in ("channel", "position", "trunk", "line")], ["call", "2", "trunk-1", "110"])
                self.taker.ok("POST", "/v1/contacts/%s/answer" % rings["id"], key=True)
            sipp.done()
        finally:
            sipp.kill()
        for i in range(4):
            row = self.by_recording("talk-%d" % i, transfer_count=1, state="answered", position="7")
            row = self.row(row["call"], hung_up_at_ms=self.by_recording("talk-%d" % i)["hung_up_at_ms"])
            until(lambda: self.by_recording("talk-%d" % i)["hung_up_at_ms"], "the hang-up")
            self.assertEqual(row["operator"], self.taker.operator)
            self.assertEqual(self.taker.ok("GET", "/v1/contacts/" + row["id"])["contact"]["personal"]["number"], "+8613800000%03d" % i)
        figures = self.bridge.stop()
        self.assertEqual([figures[name] for name in ("calls", "answered", "transferred", "ended", "abandoned", "noise", "malformed", "untold")],
                         [4, 4, 4, 4, 0, 0, 0, 0])

    @unittest.skipUnless(shutil.which("sipp"), "skipped: no sipp (Debian: sip-tester)")
    def test_abandoned(self):
        self.start()
        rows = [("anonymous", "3", "trunk-2", "gone-0", "X-None: 0"), ("5550102", "3", "trunk-2", "gone-1", "X-None: 0")]
        sipp = Sipp("abandoned", self.bridge.port, rows, "-d", "200")
        sipp.done()
        for i in range(2):
            row = self.by_recording("gone-%d" % i, state="abandoned")
            self.assertTrue(row["ring_back_until_ms"])
            self.assertTrue(200 <= row["abandoned_at_ms"] - row["rang_at_ms"] < 20000)
        self.assertIsNone(self.taker.ok("GET", "/v1/contacts/" + self.by_recording("gone-0")["id"])["contact"]["personal"])
        self.assertEqual(self.bridge.stop()["abandoned"], 2)

    # --- packet by packet ----------------------------------------------------------------------------

    def test_a_handset_was_picked_up(self):
        self.start()
        raw = self.raw()
        self.assertEqual(raw.ask(call="hand", branch="z9hG4bK-h")[0], 180)
        raw.send(raw.request("CANCEL", call="hand", branch="z9hG4bK-h", more='Reason: SIP;cause=200;text="Call completed elsewhere"\r\n'))
        self.assertEqual(sorted((raw.answer()[0], raw.answer()[0])), [200, 487])
        row = self.row("hand", state="answered")
        self.assertIsNone(row["operator"])
        taken = self.taker.ok("POST", "/v1/contacts/%s/take" % row["id"], {}, key=True)["contact"]  # nobody knows who picked it up
        self.assertEqual(taken["operator"], self.taker.operator)

    def test_retransmissions_and_dialogs(self):
        self.start()
        raw, other = self.raw(), self.raw()
        first = raw.ask(call="d1", more="Record-Route: <sip:10.0.0.1;lr>\r\nSubject: folded\r\n  line\r\n")
        self.assertEqual(first[0], 180)
        self.assertIn("received=127.0.0.1;rport=%d" % raw.port, first[1])
        self.assertEqual(raw.ask(call="d1"), first)  # it came twice: the same answer, and one contact
        tag = re.search(r"To: .*;tag=(\w+)", first[1]).group(1)
        self.assertEqual(other.ask(call="d1", branch="z9hG4bK-else")[0], 482)
        self.assertEqual(other.ask("BYE", call="d1", to_tag="wrong", cseq=2)[0], 481)
        self.assertEqual(other.ask("CANCEL", call="none")[0], 481)
        row = self.row("d1", state="ringing")
        self.taker.ok("POST", "/v1/contacts/%s/answer" % row["id"], key=True)
        status, text = raw.answer()
        self.assertEqual(status, 200)
        self.assertIn("Record-Route: <sip:10.0.0.1;lr>", text)
        self.assertIn("X-Position: 2", text)
        self.assertEqual(raw.answer(), (status, text))  # no ACK came: once more
        raw.send(raw.request("ACK", call="d1", to_tag=tag))
        self.assertEqual(raw.ask("CANCEL", call="d1", branch="z9hG4bK-d1-INVITE-1")[0], 200)  # too late, and changes nothing
        self.assertEqual(raw.ask("UPDATE", call="d1", to_tag=tag, cseq=5, more="X-Position: 4\r\n")[0], 200)
        self.row("d1", position="4", transfer_count=1)
        self.assertEqual(raw.ask("UPDATE", call="d1", to_tag=tag, cseq=3)[0], 500)
        self.assertEqual(raw.ask("BYE", call="d1", to_tag=tag, cseq=6)[0], 200)
        self.assertEqual(raw.ask("BYE", call="d1", to_tag=tag, cseq=6)[0], 200)
        until(lambda: self.rows()["d1"]["hung_up_at_ms"], "the hang-up")
        self.assertEqual(raw.ask("REGISTER", call="x")[0], 405)
        self.assertEqual(raw.ask("BREW", call="x")[0], 501)
        self.assertEqual(raw.ask(call="rel", more="Require: 100rel\r\n")[0], 420)
        self.assertEqual(len([call for call in self.rows() if call == "d1"]), 1)

    def test_malformed(self):
        self.start()
        raw = self.raw()
        bad = {"no tag": raw.request(call="m", **{"from": "From: <sip:1@x>"}), "CSeq": raw.request(call="m", sequence="CSeq: 1 BYE"),
               "number": raw.request(call="m", sequence="CSeq: 99999999999 INVITE"), "length": raw.request(call="m", **{"length": "Content-Length: 900"}),
               "minus": raw.request(call="m", **{"length": "Content-Length: -1"}), "branch": raw.request(call="m", via="Via: SIP/2.0/UDP 127.0.0.1;rport"),
               "line": raw.request(call="m", more="this is no header\r\n"), "many": raw.request(call="m", more="X: y\r\n" * 100),
               "long": raw.request(call="m" * 129), "control": raw.request(call="m", more="X: \x01\r\n")}
        for name, data in bad.items():
            raw.send(data)
            status, text = raw.answer()
            self.assertEqual(status, 400, name + "\n" + text)
            self.assertIn("Warning: 399", text)
        self.assertEqual(raw.ask(call="m", start="INVITE sip:2@x SIP/3.0")[0], 505)
        for data in (b"", b"\r\n\r\n", b"\x00" * 40, b"GET / HTTP/1.1\r\n\r\n", raw.request(call="n")[:80], raw.request(call="n", via=""),
                     raw.request(call="n", **{"to": ""}), b"SIP/2.0 200 OK\r\n" + raw.request(call="n").split(b"\r\n", 1)[1], b"A" * 9000,
                     raw.request(call="n", more="Via: SIP/2.0/UDP a;branch=1\r\n" * 20), raw.request(call="n", via="Via: SIP/2.0/UDP h:99999;branch=1")):
            raw.send(data)
            self.assertTrue(raw.quiet(), data[:60])
        figures = self.bridge.stop()
        self.assertEqual((figures["calls"], figures["malformed"], figures["noise"]), (0, len(bad) + 1, 11))

    def test_flood(self):
        self.start("--calls-per-second", "20")
        raw = self.raw()
        for i in range(3000):
            raw.send(raw.request(call="flood-%d" % i))
        answers = {}
        while (answer := raw.answer(0.5)) is not None:
            answers[answer[0]] = answers.get(answer[0], 0) + 1
            if answer[0] == 503:
                self.assertIn("Retry-After: 5", answer[1])
        self.assertLess(answers[180], 200, answers)
        self.assertGreater(answers[503], 100, answers)
        rung = self.taker.ok("POST", "/v1/contacts", {"channel": "call", "answered": True}, key=True)  # the desk goes on
        self.assertEqual(rung["contact"]["state"], "answered")
        self.row("flood-0", state="ringing")
        figures = self.bridge.stop()
        self.assertTrue(answers[180] <= figures["calls"] < 200, figures)  # of what was answered some may be lost on the way
        self.assertEqual((figures["untold"], len([call for call in self.rows() if call.startswith("flood-")])), (0, figures["calls"]))

    def test_strangers(self):
        self.start("--exchange", "192.0.2.1")
        raw = self.raw()
        raw.send(raw.request(call="stranger"))
        self.assertIsNone(raw.answer(0.3))
        self.assertEqual(self.bridge.stop()["strangers"], 1)
        self.assertNotIn("stranger", self.rows())

    def test_the_desk_is_away(self):
        self.start()
        raw = self.raw()
        self.desk.stop()
        rang = now_ms()
        self.assertEqual(raw.ask(call="away", branch="z9hG4bK-a")[0], 180)  # the exchange does not wait for the desk
        raw.send(raw.request("CANCEL", call="away", branch="z9hG4bK-a"))
        self.assertEqual(sorted((raw.answer()[0], raw.answer()[0])), [200, 487])
        port = self.desk.port
        self.desk.start("--listen", "127.0.0.1:%d" % port)
        row = self.row("away", state="abandoned")  # told late, with the times that it had
        self.assertTrue(abs(row["rang_at_ms"] - rang) < 5000)
        self.assertTrue(row["rang_at_ms"] <= row["abandoned_at_ms"] < rang + 10000)

    def test_wrong_use(self):
        for arguments, wrong in ((("--account", "x"), "password-file"), (("--listen", "nowhere", "--account", "x", "--password-file", "/x"), "is no address"), (("--nonsense", "1"), "does not take"),
                                 (("--trunk-header", "a b", "--account", "x"), "does not take")):
            code, _, told = self.desk.run("telephone", *arguments)
            self.assertEqual(code, 2)
            self.assertIn(wrong, told)
        code, _, told = self.desk.run("telephone", "--account", "x", "--password-file", "/nonexistent")
        self.assertEqual(code, 1)
        self.assertIn("no password", told)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *(("Telephone." + name) for name in sys.argv[2:])])
