"""kill -9 under load: nothing acknowledged is missing, nothing is there twice.   ROUNDS=200 python3 kill_test.py build/.../bellman

Each round: eight connections take calls, open cases, send units, report statuses and write entries, each change
with an Idempotency-Key; at a random moment the server is killed; it is started again, and everything that was
acknowledged must be there by id and content; what was under way is sent again with the same key and must be
accepted exactly once.  At the end the record is verified, rebuilt and compared, and a clean stop and start must
give the same state."""
import os
import random
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
from desk import Client, Desk, Gone

CONNECTIONS = 8
CLEAN_STOP_EVERY = 4  # leaves a snapshot, so that replay stays short; between them the journal alone must do


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
    """One connection with a unit of its own."""

    def __init__(self, boss, number):
        self.client, self.number = Client(boss.desk, boss.token, boss.operator), number
        self.unit = boss.desk.unit("K-%d" % number)
        self.done, self.pending = [], None

    def act(self, act):
        self.pending = act
        answer = self.client.call("POST", act.path, act.body, match=act.match, headers={"Idempotency-Key": act.key})
        self.take(act, answer)
        return act.answer

    def take(self, act, answer):
        need(answer.status in (200, 201), "refused: %r" % answer)
        act.answer = answer.json()
        self.done.append(act)
        self.pending = None

    def load(self):
        """Works until the server is gone."""
        try:
            while True:
                self.one_case()
        except Gone:
            self.client.close()

    def one_case(self):
        word = uuid.uuid4().hex
        contact = self.act(Act("contact", "/v1/contacts", {"channel": "call", "text": word, "number": "+86%d" % (int(word, 16) % 10**11)}))["contact"]["id"]
        case = self.act(Act("case", "/v1/cases", {"class": "fire", "contact": contact, "address": word}))["case"]
        path = "/v1/cases/" + case["id"]
        self.act(Act("assign", path + "/assignments", {"units": [self.unit], "mode": "divert"}, case["version"]))
        row = self.client.ok("GET", "/v1/units?limit=1&after=%d" % (int(self.unit) - 1))["rows"][0]
        self.act(Act("status", "/v1/assignments/%s/status" % row["assignment"], {"from": "assigned", "to": "en_route"}))
        self.act(Act("entry", path + "/entries", {"text": word}))


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


SHEETS_AT_THE_END = 200
ROUNDS_OF_A_FOLDER = 15  # then a fresh one, so that starting and checking stay short


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


def run_round(desk, boss, workers, check, chance, counts):
    threads = [threading.Thread(target=worker.load) for worker in workers]
    for thread in threads:
        thread.start()
    moment = 0.05 + 0.35 * chance.random() ** 3  # 50 to 400 ms, more often early, so that 200 rounds stay short
    threading.Event().wait(moment)  # the one wait that is meant
    desk.kill()
    for thread in threads:
        thread.join()
    under_way = [(worker, worker.pending) for worker in workers if worker.pending]
    counts["in flight"] += bool(under_way)
    counts["unanswered"] += len(under_way)
    desk.start()
    boss.close()
    need(boss.ok("GET", "/readyz")["seq"] >= check.most_seq, "the seq went back")
    for worker, act in under_way:
        answer = worker.client.call("POST", act.path, act.body, match=act.match, headers={"Idempotency-Key": act.key})
        worker.take(act, answer)
        counts["had been committed"] += act.answer["replayed"]
        again = worker.client.call("POST", act.path, act.body, match=act.match, headers={"Idempotency-Key": act.key})
        need(again.status in (200, 201) and again["replayed"], "sent a third time: %r" % again)
    fresh = []
    for worker in workers:
        check.learn(worker.done)
        fresh += [act.answer["case"]["id"] for act in worker.done if act.kind == "case"]
        counts["acknowledged"] += len(worker.done)
        worker.done = []
    check.rows(boss, "contacts")
    check.rows(boss, "cases")
    for id in chance.sample(fresh, min(5, len(fresh))):
        check.sheet(boss, id)


def run(desk, rounds, chance, counts):
    """The rounds of one folder, and its end."""
    desk.start()
    boss = desk.set_up()
    workers = [Worker(boss, number) for number in range(CONNECTIONS)]
    check = Check()
    for number in range(1, rounds + 1):
        run_round(desk, boss, workers, check, chance, counts)
        if number % CLEAN_STOP_EVERY == 0 or number % 10 == 0:
            desk.stop() if number % CLEAN_STOP_EVERY == 0 else desk.kill()
            if number % 10 == 0:
                verify(desk)
            desk.start()
            boss.close()
        for worker in workers:
            worker.client.close()
    check.board(boss)
    can_fail(boss, check, chance)
    in_parallel(boss, check.sheet, chance.sample(sorted(check.cases), min(SHEETS_AT_THE_END, len(check.cases))))
    before = state(boss)
    desk.stop()
    counts["events verified"] += int(verify(desk))
    code, out, err = desk.run("journal", "rebuild", desk.data, "--check")
    need(code == 0 and " 0 differed" in out, "rebuild --check: %d %s %s" % (code, out, err))
    counts["rows rebuilt and compared"] += int(out.split()[0])
    desk.start()
    boss.close()
    after = state(boss)
    need(before == after, "a clean stop and start changed %s" % [table for table in before if before[table] != after[table]])
    counts["cases"] += len(check.cases)
    counts["contacts"] += len(check.contacts)


def main():
    rounds = int(os.environ.get("ROUNDS", "30"))
    counts = {name: 0 for name in ("in flight", "unanswered", "had been committed", "acknowledged", "cases", "contacts", "events verified",
                                   "rows rebuilt and compared")}
    began, failed, done = time.monotonic(), 0, 0
    chance = random.Random(int(os.environ.get("SEED", "1")))
    while done < rounds and not failed:
        with Desk() as desk:
            try:
                run(desk, min(ROUNDS_OF_A_FOLDER, rounds - done), chance, counts)
            except (Failed, Gone, AssertionError) as error:
                print("FAILED: %s\n%s" % (error, desk.log_tail()))
                failed = 1
                desk.kill()
        done += ROUNDS_OF_A_FOLDER
    if counts["in flight"] == 0:
        print("FAILED: nothing was ever killed in mid-flight")
        failed = 1
    print("%d rounds, %s, %.1f s" % (rounds, ", ".join("%s %d" % pair for pair in counts.items()), time.monotonic() - began))
    print("%d passed, %d failed, 0 skipped" % (1 - failed, failed))
    return failed


if __name__ == "__main__":
    sys.exit(main())
