"""What trouble from outside has in common: a load of which every answer is remembered, and what must be there afterwards.

    house = House(desk, 8)            set up, eight consoles with a unit each
    with house.load(): ...trouble...  or house.begin(), house.join()
    house.look(chance)                what was under way is sent again under its key; all that was acknowledged is there, once
    house.close(chance)               the record verifies, its tables equal a rebuild, and streams saw each frame once, in order

Acknowledged means: the answer to a change has reached the console.  A change that was under way may or may not have
happened; sent again with the same key it happens once all the same."""
import contextlib
import os
import random
import sqlite3
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
from desk import Board, Client, Gone, Late, Stream, WAIT_S

SHEETS_OF_A_ROUND, SHEETS_AT_THE_END = 5, 200


class Failed(Exception):
    pass


def need(true, text):
    if not true:
        raise Failed(text)


class Act:
    """One change: what was asked, and what was answered (None: nothing was)."""
    __slots__ = ("kind", "path", "body", "match", "key", "answer")

    def __init__(self, kind, path, body, match=None):
        self.kind, self.path, self.body, self.match, self.key, self.answer = kind, path, body, match, uuid.uuid4().hex, None


class Worker:
    """One console with a unit of its own.  A patient one sends what got no answer again, under the same key."""

    def __init__(self, boss, number, desk=None, patient=False):
        self.client, self.number = Client(desk or boss.desk, boss.token, boss.operator), number
        self.unit = boss.desk.unit("K-%d" % number)
        self.done, self.pending = [], None
        self.patient, self.retries, self.shed, self.failure = patient, 0, 0, None
        self.stopping = threading.Event()

    def call(self, method, path, body=None, **more):
        while True:
            try:
                answer = self.client.call(method, path, body, **more)
            except (Gone, Late):
                self.client.close()
                if not self.patient:
                    raise
                self.retries += 1
                self.stopping.wait(0.01)
                continue
            if not self.patient or answer.status not in (429, 503, 507):
                return answer
            self.shed += 1
            if self.stopping.wait(0.1):
                raise Gone("told to stop while the desk takes no work")

    def act(self, act):
        self.pending = act
        self.take(act, self.call("POST", act.path, act.body, match=act.match, headers={"Idempotency-Key": act.key}))
        return act.answer

    def take(self, act, answer):
        need(answer.status in (200, 201), "refused: %r" % answer)
        act.answer = answer.json()
        self.done.append(act)
        self.pending = None

    def load(self):
        """Works until the server is gone, or until it is told to stop."""
        try:
            self.send_again()  # unless somebody looked in between
            while not self.stopping.is_set():
                self.one_case()
        except Gone:
            self.client.close()
        except Exception as error:  # told by House.join
            self.client.close()
            self.failure = error

    def one_case(self):
        word = uuid.uuid4().hex
        contact = self.act(Act("contact", "/v1/contacts", {"channel": "call", "text": word, "number": "+86%d" % (int(word, 16) % 10**11)}))["contact"]["id"]
        case = self.act(Act("case", "/v1/cases", {"class": "fire", "contact": contact, "address": word}))["case"]
        path = "/v1/cases/" + case["id"]
        self.act(Act("assign", path + "/assignments", {"units": [self.unit], "mode": "divert"}, case["version"]))
        rows = self.call("GET", "/v1/units?limit=1&after=%d" % (int(self.unit) - 1))
        need(rows.status == 200, repr(rows))
        self.act(Act("status", "/v1/assignments/%s/status" % rows["rows"][0]["assignment"], {"from": "assigned", "to": "en_route"}))
        self.act(Act("entry", path + "/entries", {"text": word}))

    def send_again(self):
        """What was under way, twice: it happened, or happens now, and only once.  Says whether it had happened."""
        act = self.pending
        if not act:
            return None
        answer = self.call("POST", act.path, act.body, match=act.match, headers={"Idempotency-Key": act.key})
        self.take(act, answer)
        again = self.call("POST", act.path, act.body, match=act.match, headers={"Idempotency-Key": act.key})
        need(again.status in (200, 201) and again["replayed"], "sent a third time: %r" % again)
        return act.answer["replayed"]


class Check:
    """What must be there after every restart."""

    def __init__(self):
        self.cases, self.contacts, self.most_seq = {}, {}, 0
        self.highest = {"cases": 0, "contacts": 0}

    def learn(self, acts):
        for act in acts:
            self.most_seq = max(self.most_seq, act.answer["seq"] or 0)
            if act.kind == "contact":
                self.contacts[act.answer["contact"]["id"]] = act.body["text"]
            elif act.kind == "case":
                self.cases[act.answer["case"]["id"]] = {"word": act.body["address"], "contact": act.body["contact"], "status": None, "entry": False}
            elif act.kind == "assign":
                self.cases[act.path.split("/")[3]]["status"] = "assigned"
            elif act.kind == "status":
                self.cases[act.answer["assignment"]["case"]]["status"] = "en_route"
            elif act.kind == "entry":
                self.cases[act.path.split("/")[3]]["entry"] = True

    def rows(self, client, table):
        """The rows since the last look; each must be one that was asked for, once."""
        found, after = {}, str(self.highest[table])
        while after:
            page = client.ok("GET", "/v1/%s?limit=1000&after=%s" % (table, after))
            need(page["seq"] >= self.most_seq, "the record ends at seq %d, but seq %d was acknowledged" % (page["seq"], self.most_seq))
            found.update({row["id"]: row for row in page["rows"]})
            after = page["next"]
        known = self.cases if table == "cases" else self.contacts
        fresh = {id for id in known if int(id) > self.highest[table]}
        need(not fresh - set(found), "acknowledged, and lost: %s %s" % (table, sorted(fresh - set(found))))
        need(not set(found) - fresh, "there, and not asked for (or twice): %s %s" % (table, sorted(set(found) - fresh)))
        self.highest[table] = max([self.highest[table]] + [int(id) for id in found])
        return found

    def sheet(self, client, id):
        """One case, to the letter."""
        expected, sheet = self.cases[id], client.ok("GET", "/v1/cases/" + id)
        need((sheet["case"]["personal"] or {}).get("address") == expected["word"], "case %s: address %r" % (id, sheet["case"]["personal"]))
        need([row["id"] for row in sheet["contacts"]] == [expected["contact"]], "case %s: contacts %s" % (id, sheet["contacts"]))
        need(sheet["contacts"][0]["personal"]["text"] == expected["word"], "case %s: the call's text" % id)
        need(len(sheet["assignments"]) == (1 if expected["status"] else 0), "case %s: %d assignments" % (id, len(sheet["assignments"])))
        if expected["status"] == "en_route":
            need(sheet["assignments"][0]["en_route_at_ms"] is not None, "case %s: the status is lost" % id)
        need(sheet["case"]["entry_count"] == (1 if expected["entry"] else 0), "case %s: %d entries" % (id, sheet["case"]["entry_count"]))

    def board(self, client):
        """The words and states of all cases and calls at once."""
        rows = client.ok("GET", "/v1/board")["rows"]
        cases = {row["id"]: row for row in rows["case"]}
        calls = {row["id"]: row for row in rows["contact"]}
        for id, expected in self.cases.items():
            row = cases.get(id)
            need(row and row["personal"] == {"address": expected["word"]}, "case %s on the board: %s" % (id, row))
            need(row["entry_count"] == (1 if expected["entry"] else 0), "case %s: %d entries" % (id, row["entry_count"]))
            need(calls[expected["contact"]]["case"] == id, "case %s: its call is on %s" % (id, calls[expected["contact"]]["case"]))
        need(set(cases) == set(self.cases) and set(calls) == set(self.contacts), "the board has other cases or calls")


def in_parallel(client, work, items):
    """`work(client, item)` over a few connections; the first failure is raised."""
    items, failures = list(items), []

    def run(part):
        mine = client.another()
        try:
            for item in part:
                work(mine, item)
        except Exception as error:  # told to the main thread
            failures.append(error)
        mine.close()

    threads = [threading.Thread(target=run, args=(items[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def state(client):
    """Everything that the lists tell, without what a look or a clock may change meanwhile."""
    told = {}
    for table in ("agencies", "places", "units", "operators", "classes", "contacts", "cases", "assignments"):
        rows, after = [], "0"
        while after:
            page = client.ok("GET", "/v1/%s?limit=1000&after=%s" % (table, after))
            rows, after = rows + page["rows"], page["next"]
        told[table] = rows
    return told


def verify(desk):
    code, out, err = desk.run("journal", "verify", desk.data)
    need(code == 0 and "the record is sound" in out, "verify: %d %s %s" % (code, out, err))
    return out.split()[0]


def can_fail(client, check, chance):
    """The checker is told lies, and must find each of them out."""
    id = chance.choice(sorted(check.cases))

    def found_out(act):
        try:
            act()
        except Failed:
            return
        raise Failed("a lie about case %s was not found out" % id)

    truth = check.cases[id]
    for lie in ({"word": "another"}, {"contact": "999999"}, {"entry": not truth["entry"]}):
        check.cases[id] = dict(truth, **lie)
        found_out(lambda: check.sheet(client, id))
    check.cases[id] = truth
    highest = dict(check.highest)
    for table, known in (("cases", check.cases), ("contacts", check.contacts)):
        known["999999999"] = truth
        found_out(lambda: check.rows(client, table))
        del known["999999999"]
        check.highest[table] = 0
        one = known.popitem()
        found_out(lambda: check.rows(client, table))
        known[one[0]] = one[1]
    check.highest = highest
    check.most_seq, most = check.most_seq + 10000000, check.most_seq
    found_out(lambda: check.rows(client, "cases"))
    check.most_seq = most


class Watch:
    """A console's board and stream: when it breaks it goes on after the last event that it saw."""

    def __init__(self, client, board):
        self.client, self.board, self.start, self.last = client, board, board.seq, board.seq
        self.ids, self.wrong, self.resumed, self.resets, self.error = set(), None, 0, 0, None
        self.stopping, self.grown = threading.Event(), threading.Condition()
        self.stream = None
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def _follow(self):
        while not self.stopping.is_set():
            try:
                self.stream = Stream(self.client, last_event_id=self.last)
            except (Gone, Late, AssertionError, OSError, ValueError) as error:  # no desk, or not a whole answer: again
                self.error = error
                self.stopping.wait(0.02)
                continue
            while True:
                event = self.stream.next(seconds=10 ** 6)
                if event is None:
                    break
                self._take(event)
            self.stream.close()
            self.resumed += 1
            self.stopping.wait(0.005)

    def _take(self, event):
        with self.grown:
            if event.name == "reset":
                self.resets += 1
            elif event.id is None or event.id <= self.last:
                self.wrong = self.wrong or "a stream was given %s after %s" % (event.id, self.last)
            else:
                self.last = event.id
                self.ids.add(event.id)
                self.board.apply(event.data)
            self.grown.notify_all()

    def until(self, seq, seconds=WAIT_S):
        with self.grown:
            reached = self.grown.wait_for(lambda: self.last >= seq or self.wrong, seconds)
        need(reached, "the stream stands at %s, %s was acknowledged; the last trouble: %s" % (self.last, seq, self.error))

    def stop(self):
        self.stopping.set()
        if self.stream:
            self.stream.close()
        self.thread.join(WAIT_S)

    def compare(self, seqs, house):
        """Every change that was acknowledged was one frame, and all frames together lead to the board of now."""
        need(not self.wrong, self.wrong)
        fresh = Board(house.boss)
        self.until(house.mark())
        with self.grown:
            need(self.resets == 0, "the stream had to start over %d times" % self.resets)
            differs, blind = self.board.differs(fresh), self.board.can_fail(fresh)
        need(not differs, "the board that the stream tells is another: %s" % differs[:3])
        need(not blind, blind)
        missed = sorted(seq for seq in seqs if seq > self.start and seq not in self.ids)
        need(not missed, "acknowledged, and in no frame: %s" % missed[:10])


class House:
    """A desk under load, and everything that it has acknowledged."""

    def __init__(self, desk, connections=8, behind=None, patient=False):
        """`behind`: what workers and streams connect to instead of the desk itself (it has a port)."""
        self.desk, self.behind, self.patient, self.check = desk, behind, patient, Check()
        self.boss = desk.set_up()
        self.workers = [Worker(self.boss, number, behind, patient) for number in range(connections)]
        self.watches, self.threads = [], []
        self.acknowledged = self.in_flight = self.had_happened = 0
        self.seqs = set()    # of what was acknowledged while streams watched
        self.frames = set()  # ids that streams saw

    def watch(self, count=1):
        self.watches += [Watch(Client(self.behind or self.desk, self.boss.token), Board(self.boss)) for _ in range(count)]

    def answered(self):
        return sum(len(worker.done) for worker in self.workers)

    def begin(self):
        for worker in self.workers:
            worker.stopping.clear()
            worker.failure = None
        self.threads = [threading.Thread(target=worker.load, daemon=True) for worker in self.workers]
        for thread in self.threads:
            thread.start()

    def until_answered(self, count, seconds=WAIT_S):
        """Waits until so many answers came in this round; False when the load ended before."""
        end = time.monotonic() + seconds
        while self.answered() < count:
            if not any(thread.is_alive() for thread in self.threads):
                return False
            need(time.monotonic() < end, "%d answers in %d s, not %d" % (self.answered(), seconds, count))
            threading.Event().wait(0.002)
        return True

    def tell_to_stop(self):
        for worker in self.workers:
            worker.stopping.set()

    def join(self):
        """The load has ended, by itself or as told."""
        end = time.monotonic() + 3 * WAIT_S
        for thread in self.threads:
            thread.join(max(0.1, end - time.monotonic()))
            need(not thread.is_alive(), "a console waits for an answer for ever")
        self.threads = []
        for worker in self.workers:
            if worker.failure:
                raise worker.failure

    def reconnect(self):
        """The server was started anew."""
        self.boss.close()
        for worker in self.workers:
            worker.client.close()

    def look(self, chance, sheets=SHEETS_OF_A_ROUND):
        """What was under way is asked again; all that was acknowledged must be there."""
        for worker in self.workers:
            worker.stopping.clear()
        need(self.boss.ok("GET", "/readyz")["seq"] >= self.check.most_seq, "the seq went back")
        for watch in self.watches:
            need(self.boss.ok("GET", "/readyz")["seq"] >= watch.last, "a stream saw %d, and it is lost" % watch.last)
        for worker in self.workers:
            happened = worker.send_again()
            if happened is not None:
                self.in_flight += 1
                self.had_happened += happened
        fresh = []
        for worker in self.workers:
            self.check.learn(worker.done)
            fresh += [act.answer["case"]["id"] for act in worker.done if act.kind == "case"]
            self.acknowledged += len(worker.done)
            self.seqs.update(act.answer["seq"] for act in worker.done if not act.answer["replayed"])  # a repeat names the first event
            worker.done = []
        self.check.rows(self.boss, "contacts")
        self.check.rows(self.boss, "cases")
        for id in chance.sample(fresh, min(sheets, len(fresh))):
            self.check.sheet(self.boss, id)

    def mark(self):
        """A change of the boss's; its frame's id."""
        told = self.boss.ok("POST", "/v1/contacts", {"channel": "text", "text": "a mark"}, key=True)
        self.check.contacts[told["contact"]["id"]] = "a mark"
        return told["seq"]

    def compare_streams(self):
        """Ends the streams, compared; gives the number of frames that they saw.  After `look`."""
        for watch in self.watches:
            watch.compare(self.seqs, self)
        for watch in self.watches:
            watch.stop()
            self.frames |= watch.ids
        frames = sum(len(watch.ids) for watch in self.watches)
        self.watches, self.seqs = [], set()
        return frames

    def close(self, chance):
        """The end of a folder: everything by id, sheets at random, a clean stop; verified, rebuilt and compared."""
        self.compare_streams()
        self.check.board(self.boss)
        can_fail(self.boss, self.check, chance)
        in_parallel(self.boss, self.check.sheet, chance.sample(sorted(self.check.cases), min(SHEETS_AT_THE_END, len(self.check.cases))))
        self.desk.stop()
        self.frames_are_whole()
        return whole(self.desk)

    def frames_are_whole(self):
        """No stream saw the state in the middle of a command, not even one that went on after a restart."""
        with contextlib.closing(sqlite3.connect("file:%s/journal.db?mode=ro" % self.desk.data, uri=True)) as record:
            rows = record.execute("SELECT seq, at_ms, actor, request IS NOT NULL, kind FROM journal ORDER BY seq").fetchall()
        keyed, inside = False, set()
        for before, row in zip(rows, rows[1:]):
            keyed = before[3] or keyed
            keyed = keyed and not row[3] and before[1:3] == row[1:3] and row[4] != "looked"
            if keyed:  # the command of `before` goes on
                inside.add(before[0])
        need(inside or not self.frames, "no command of this record has two events: this check cannot fail")
        need(not inside & self.frames, "streams were shown half a command: %s" % sorted(inside & self.frames)[:10])


def whole(desk):
    """A stopped desk's record: events verified, rows rebuilt and compared."""
    events = int(verify(desk))
    code, out, err = desk.run("journal", "rebuild", desk.data, "--check")
    need(code == 0 and " 0 differed" in out, "rebuild --check: %d %s %s" % (code, out, err))
    return events, int(out.split()[0])
