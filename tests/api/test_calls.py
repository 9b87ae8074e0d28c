"""Calls as a telephone exchange reports them: in any order, doubled, late; taken over, rung back; numbers that are none."""
import threading
import unittest
import uuid

from desk import Stream, now_ms, open_case
from world import world


class Calls(unittest.TestCase):
    def setUp(self):
        self.world = world()
        self.exchange = self.world.person("gateway")
        self.taker = self.world.person("call_taker")
        self.sender = self.world.person("dispatcher")
        self.name = "%s@exchange" % uuid.uuid4()

    def say(self, event, **more):
        return self.exchange.post("/v1/contacts", dict({"channel": "call", "call": self.name, "event": event}, **more))

    def said(self, event, **more):
        answer = self.say(event, **more)
        self.assertEqual(answer.status, 201, repr(answer))
        return answer["contact"]

    def refused(self, answer, status, code, field=None):
        self.assertEqual((answer.status, answer["code"]), (status, code), repr(answer))
        if field:
            self.assertEqual(answer["field"], field, repr(answer))
        return answer.json()

    def contact(self, id, who=None):
        return (who or self.taker).ok("GET", "/v1/contacts/" + id)["contact"]

    def on_board(self, id):
        return id in [row["id"] for row in self.taker.ok("GET", "/v1/board")["rows"]["contact"]]

    # --- what the exchange says ----------------------------------------------------------------------

    def test_the_five_events(self):
        rang = now_ms() - 9000
        made = self.said("ringing", occurred_at_ms=rang, number="+86 10 5550 1234", position="2", trunk="T1", line="110", recording="rec-7")
        self.assertEqual([made[name] for name in ("state", "rang_at_ms", "position", "trunk", "line", "recording", "call", "exchange")],
                         ["ringing", rang, "2", "T1", "110", "rec-7", self.name, self.exchange.operator])
        self.assertIsNone(made["personal"])
        taken = self.said("answered", occurred_at_ms=rang + 4000, position="2")
        self.assertEqual((taken["id"], taken["state"], taken["answered_at_ms"]), (made["id"], "answered", rang + 4000))
        moved = self.said("transferred", occurred_at_ms=rang + 5000, position="5")
        self.assertEqual((moved["position"], moved["transfer_count"], moved["transferred_at_ms"]), ("5", 1, rang + 5000))
        over = self.said("ended", occurred_at_ms=rang + 8000)
        self.assertEqual((over["state"], over["hung_up_at_ms"], over["ended_at_ms"]), ("answered", rang + 8000, None))
        self.assertEqual(self.contact(made["id"])["personal"]["number"], "+86 10 5550 1234")
        ended = self.taker.ok("POST", "/v1/contacts/%s/end" % made["id"], {"result": "misdial"}, key=True)["contact"]
        self.assertEqual((ended["state"], ended["result"]), ("ended", "misdial"))
        for event in ("ringing", "answered", "abandoned", "ended"):  # what comes late changes nothing any more
            self.assertEqual(self.said(event)["state"], "ended")

    def test_doubled_and_out_of_order(self):
        rang = now_ms() - 20000
        over = self.said("ended", occurred_at_ms=rang + 9000)
        self.assertEqual((over["state"], over["rang_at_ms"]), ("abandoned", None))
        taken = self.said("answered", occurred_at_ms=rang + 3000, position="3")
        self.assertEqual((taken["id"], taken["state"], taken["abandoned_at_ms"], taken["hung_up_at_ms"], taken["ring_back_until_ms"]),
                         (over["id"], "answered", None, rang + 9000, None))
        first = self.said("ringing", occurred_at_ms=rang, position="2", number="555 0199", trunk="T2")
        self.assertEqual([first[name] for name in ("rang_at_ms", "received_at_ms", "answered_at_ms", "position", "trunk")],
                         [rang, rang, rang + 3000, "3", "T2"])
        self.assertEqual(self.contact(over["id"])["personal"]["number"], "555 0199")  # it came last, under a key of its own
        again = [self.said(event, occurred_at_ms=rang + at)["seq"] for event, at in
                 (("ringing", 0), ("answered", 3000), ("ended", 9000), ("answered", 3000), ("ringing", 0))]
        self.assertEqual(len(set(again)), 1)  # nothing new was said, so nothing was recorded

    def test_a_transfer_that_comes_late(self):
        at = now_ms() - 30000
        self.said("ringing", occurred_at_ms=at, position="1")
        self.said("answered", occurred_at_ms=at + 1000)
        self.said("transferred", occurred_at_ms=at + 2000, position="2")
        self.said("transferred", occurred_at_ms=at + 4000, position="3")
        self.assertEqual(self.said("transferred", occurred_at_ms=at + 2000, position="2")["position"], "3")
        self.refused(self.say("transferred", occurred_at_ms=at + 5000), 400, "missing-field", "position")

    def test_hang_up_ends_what_is_on_a_case(self):
        id = self.said("ringing")["id"]
        self.taker.ok("POST", "/v1/contacts/%s/answer" % id, key=True)
        open_case(self.taker, contact=id)
        over = self.said("ended")
        self.assertEqual((over["state"], over["result"], over["operator"]), ("ended", "case", self.taker.operator))

    def test_calls_of_two_exchanges_may_have_one_name(self):
        other = self.world.person("gateway", "north")
        mine = self.said("ringing")
        theirs = other.ok("POST", "/v1/contacts", {"channel": "call", "call": self.name, "event": "ringing"})["contact"]
        self.assertNotEqual(mine["id"], theirs["id"])

    def test_bad_reports(self):
        self.refused(self.say("hung"), 400, "unknown-word", "event")
        self.refused(self.say("ringing", channel="letter"), 400, "out-of-range", "channel")
        self.refused(self.exchange.post("/v1/contacts", {"channel": "call", "event": "ringing"}), 400, "missing-field", "call")
        self.refused(self.say("ringing", call="x" * 129), 400, "too-long", "call")
        self.refused(self.say("ringing", occurred_at_ms=now_ms() + 3600000), 400, "out-of-range", "occurred_at_ms")
        self.refused(self.say("answered", occurred_at_ms=now_ms() - 5000, rang_at_ms=now_ms()), 400, "out-of-range", "rang_at_ms")
        self.refused(self.exchange.post("/v1/contacts/1/take", {}), 403, "forbidden")

    def test_numbers_have_no_letters(self):
        for number in ("0171 CALL ME", "110号", "１１０", "sip:110@x", "-", "+"):
            told = self.refused(self.say("ringing", number=number), 400, "out-of-range", "number")
            self.assertIn("no letters", told["detail"])
            self.refused(self.taker.post("/v1/cases", {"class": "fire", "caller_number": number}, key=True), 400, "out-of-range", "caller_number")
        made = self.said("ringing", number="+49 (0)171-5550.123 #4*")
        self.assertEqual(self.contact(made["id"])["personal"]["number"], "+49 (0)171-5550.123 #4*")

    # --- what operators do ---------------------------------------------------------------------------

    def test_take_over(self):
        id = self.said("ringing")["id"]
        self.refused(self.sender.post("/v1/contacts/%s/take" % id, {}, key=True), 409, "stale-status", "state")
        self.taker.ok("POST", "/v1/contacts/%s/answer" % id, key=True)
        head = self.world.person("supervisor")
        replies, both = {}, threading.Barrier(2)

        def click(person):
            both.wait()
            replies[person.operator] = person.another().call("POST", "/v1/contacts/%s/take" % id, {"from": self.taker.operator}, key=True)

        threads = [threading.Thread(target=click, args=(person,)) for person in (self.sender, head)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        won = [who for who, reply in replies.items() if reply.status == 200]
        lost = [reply for reply in replies.values() if reply.status != 200]
        self.assertEqual((len(won), len(lost)), (1, 1), repr(replies))
        told = self.refused(lost[0], 409, "stale-status", "from")
        row = replies[won[0]]["contact"]
        self.assertEqual((told["operator"], told["at_ms"]), (won[0], row["taken_at_ms"]))
        self.assertEqual((row["operator"], row["taken_from"]), (won[0], self.taker.operator))

    def test_abandoned_is_rung_back(self):
        made = self.said("ringing", number="0171 5550142")
        gone = self.said("abandoned")
        self.assertEqual(gone["state"], "abandoned")
        self.assertEqual(gone["ring_back_until_ms"] - gone["abandoned_at_ms"] > 71 * 3600000, True)
        self.assertTrue(self.on_board(made["id"]))
        for outcome, count in (("busy", 1), ("no_answer", 2)):
            row = self.taker.ok("POST", "/v1/contacts/%s/ring-back" % made["id"], {"outcome": outcome}, key=True)["contact"]
            self.assertEqual((row["ring_back"], row["ring_back_count"], row["state"]), (outcome, count, "abandoned"))
        self.refused(self.taker.post("/v1/contacts/%s/ring-back" % made["id"], {"outcome": "none"}, key=True), 400, "missing-field", "outcome")
        row = self.taker.ok("POST", "/v1/contacts/%s/ring-back" % made["id"], {"outcome": "reached", "result": "advice"}, key=True)["contact"]
        self.assertEqual((row["state"], row["result"], row["ring_back_count"], row["ring_back_until_ms"]), ("ended", "advice", 3, None))
        self.assertFalse(self.on_board(made["id"]))
        self.refused(self.taker.post("/v1/contacts/%s/ring-back" % made["id"], {"outcome": "busy"}, key=True), 409, "stale-status", "state")

    def test_the_same_number_calls_again(self):
        made = self.said("ringing", number="0086 171-555 0143")
        self.said("abandoned")
        self.name += "2"
        other = self.said("ringing", number="+86 171 5550144")
        self.said("abandoned")
        self.assertTrue(self.on_board(made["id"]))
        self.name += "3"
        again = self.said("ringing", number="+86 (171) 5550143")
        closed = self.contact(made["id"])
        self.assertEqual((closed["state"], closed["result"], closed["called_again"]), ("ended", "called_again", again["id"]))
        self.assertEqual(self.contact(other["id"])["state"], "abandoned")
        self.assertFalse(self.on_board(made["id"]))

    def test_rolls_over(self):
        boss = self.world.boss
        seats = []
        for code, more in (("roll-C", {}), ("roll-B", {"rollover_ms": 1000}), ("roll-A", {"rollover_ms": 1000, "lines": "110-7 trunk-7"})):
            if seats:
                more["next"] = seats[0]
            seats.insert(0, boss.ok("POST", "/v1/desk-positions", dict(more, code=code, name="Chair " + code, jurisdiction="1"), key=True)["desk_position"]["id"])
        row = self.said("ringing", trunk="trunk-7")
        self.assertEqual((row["position"], row["roll_at_ms"] - row["rang_at_ms"] in range(900, 1100)), ("roll-A", True))
        self.sender.ok("POST", "/v1/desk-positions/%s/log-on" % seats[2], key=True)  # B is passed over: nobody sits there
        self.assertEqual(self.rolled(row, 1)["position"], "roll-C")
        self.assertIsNone(self.contact(row["id"])["roll_at_ms"])
        self.sender.ok("POST", "/v1/desk-positions/%s/log-off" % seats[2], key=True)
        self.name += "2"
        row = self.said("ringing", position="roll-A", occurred_at_ms=now_ms() - 900)
        self.assertEqual(self.rolled(row, 2)["position"], "roll-C")  # nobody sits anywhere: one after the other
        self.taker.ok("POST", "/v1/desk-positions/%s/log-on" % seats[1], key=True)
        row = self.taker.ok("POST", "/v1/contacts/%s/answer" % row["id"], key=True)["contact"]
        self.assertEqual(row["position"], "roll-B")  # where they sit is where it is now
        self.assertEqual(self.said("transferred", position="Z")["operator"], self.taker.operator)  # a desk that is not ours
        self.name += "3"
        self.assertEqual(self.said("answered", position="roll-B")["operator"], self.taker.operator)
        self.taker.ok("POST", "/v1/desk-positions/%s/log-off" % seats[1], key=True)

    def rolled(self, contact, count):
        stream = Stream(self.taker, start=int(contact["seq"]))
        try:
            while True:
                for row in (stream.next().data.get("upsert") or {}).get("contact", []):
                    if row["id"] == contact["id"] and row["roll_count"] == count:
                        return row
        finally:
            stream.close()

    def test_every_figure_of_the_report(self):
        at = now_ms() - 600000
        for n, (event, wait) in enumerate([("answered", 3000), ("answered", 12000), ("answered", 17000), ("answered", 25000),
                                           ("abandoned", 4000), ("abandoned", 31000), ("ringing", 0)]):
            self.name = "%s-%d" % (self.name, n)
            if n % 2:  # in either order
                self.said(event, occurred_at_ms=at + wait, line="R9")
                self.said("ringing", occurred_at_ms=at, line="R9")
            else:
                self.said("ringing", occurred_at_ms=at, line="R9")
                self.said(event, occurred_at_ms=at + wait)
        boss = self.world.boss
        report = boss.ok("GET", "/v1/reports/answer?from_ms=%d&to_ms=%d&by=line&short_s=10" % (at, at + 1))
        [group] = [group for group in report["groups"] if group["line"] == "R9"]
        self.assertEqual([group[name] for name in ("offered", "answered", "abandoned", "abandoned_short", "ringing", "median_ms", "p90_ms", "longest_ms")],
                         [7, 4, 2, 1, 1, 12000, 25000, 25000])
        within = {band["most_ms"]: group["bands"][i]["numerator"] for i, band in enumerate(report["bands"])}
        self.assertEqual([within[most] for most in (10000, 15000, 20000)], [1, 2, 3])

    def test_silent_call(self):
        id = self.said("ringing", channel="silent_call", number="555 0150")["id"]
        self.taker.ok("POST", "/v1/contacts/%s/answer" % id, key=True)
        row = self.taker.ok("POST", "/v1/contacts/%s/ring-back" % id, {"outcome": "no_answer", "result": "silent"}, key=True)["contact"]
        self.assertEqual([row[name] for name in ("state", "result", "ring_back", "ring_back_count")], ["ended", "silent", "no_answer", 1])

    def test_language_and_interpreter(self):
        id = self.said("ringing", language="yue")["id"]
        row = self.taker.ok("PATCH", "/v1/contacts/" + id, {"interpreter": "needed"}, key=True)["contact"]
        self.assertEqual((row["language"], row["interpreter"]), ("yue", "needed"))
        row = self.taker.ok("PATCH", "/v1/contacts/" + id, {"interpreter": "connected", "language": "ug"}, key=True)["contact"]
        self.assertEqual((row["language"], row["interpreter"]), ("ug", "connected"))
        self.refused(self.taker.call("PATCH", "/v1/contacts/" + id, {"language": "some dialect"}, key=True), 400, "out-of-range", "language")
        self.refused(self.taker.call("PATCH", "/v1/contacts/" + id, {}, key=True), 400, "missing-field", "language")
        self.refused(self.taker.call("PATCH", "/v1/contacts/" + id, {"interpreter": "perhaps"}, key=True), 400, "unknown-word", "interpreter")


if __name__ == "__main__":
    unittest.main()
