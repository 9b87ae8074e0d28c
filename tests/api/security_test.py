"""Regressions of the security review, each against the real binary: python3 security_test.py build/.../bellman [test...]"""
import json
import os
import signal
import sqlite3
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import desk
from desk import PASSWORD, Desk, Gone, Stream, open_case


class Stopping(unittest.TestCase):
    def test_stopped_under_load(self):
        """Every worker has ended before what it uses is freed; under sanitizers a race or leak spoils the exit code."""
        for _ in range(3):
            with Desk() as server:
                server.start()
                boss = server.set_up()
                cases = [open_case(boss, description="x" * 2000)["id"] for _ in range(30)]
                streams = [Stream(boss, start=0) for _ in range(4)]
                began = [threading.Event() for _ in range(12)]

                def load(number):
                    client, turn = boss.another(), 0
                    try:
                        while True:
                            case = cases[turn % len(cases)]
                            turn += 1
                            if number % 6 == 0:
                                client.get("/v1/board")
                            elif number % 6 == 1:
                                open_case(client, description="y" * 2000)
                            elif number % 6 == 2:
                                client.get("/v1/cases/%s/timeline" % case)
                            elif number % 6 == 3:
                                server.client().post("/v1/sessions", {"login": "boss", "password": PASSWORD})
                            elif number % 6 == 4:
                                client.get("/v1/cases?limit=1000")
                            else:
                                client.call("POST", "/v1/cases/%s/entries" % case, {"text": "z"}, key=True)
                            began[number].set()
                    except (Gone, AssertionError, OSError, ValueError):
                        began[number].set()

                threads = [threading.Thread(target=load, args=(number,), daemon=True) for number in range(12)]
                for thread in threads:
                    thread.start()
                for event in began:
                    self.assertTrue(event.wait(desk.WAIT_S))
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(server.wait(), 0, server.log_tail())
                for thread in threads:
                    thread.join(desk.WAIT_S)
                for stream in streams:
                    stream.close()
                if server.process.returncode:
                    break


class LogIn(unittest.TestCase):
    def test_attempts_that_found_the_workers_busy_do_not_count_for_ever(self):
        with Desk() as server:
            server.start()
            boss = server.set_up()
            for _ in range(600):
                open_case(boss)
            question = desk.request_bytes("GET", "/v1/cases?limit=1000", None, {"Authorization": "Bearer " + boss.token})
            attempt = desk.request_bytes("POST", "/v1/sessions", {"login": "boss", "password": PASSWORD})
            wires = [desk.Wire(server.port) for _ in range(2400)]
            try:
                for wire in wires[:-16]:
                    wire.send(question)
                for wire in wires[-16:]:
                    wire.send(attempt)
                told = [wire.receive() for wire in wires[-16:]]
                if not any("questions" in answer.json().get("detail", "") for answer in told):
                    self.skipTest("this machine is too quick: the workers' queue was never full")
            finally:
                for wire in wires:
                    wire.close()
            until = desk.time.monotonic() + desk.WAIT_S
            while True:  # the queue empties by itself
                status = server.client().post("/v1/sessions", {"login": "boss", "password": PASSWORD}).status
                if status == 201:
                    break
                self.assertEqual(status, 429)
                self.assertLess(desk.time.monotonic(), until, "nobody can log in any more")
                desk.time.sleep(0.2)
            wires = [desk.Wire(server.port) for _ in range(8)]  # as many as may log in at once
            for wire in wires:
                wire.send(attempt)
            self.assertEqual([wire.receive().status for wire in wires], [201] * 8)
            for wire in wires:
                wire.close()

    def test_a_dismissed_operators_session_stays_ended(self):
        with Desk() as server:
            server.start()
            boss = server.set_up()
            person = server.operator("t1", ["call_taker"])
            other = server.operator("t2", ["call_taker"])

            def put(**more):
                row = [row for row in boss.ok("GET", "/v1/operators")["rows"] if row["id"] == person.operator][0]
                boss.ok("PUT", "/v1/operators/" + person.operator,
                        dict({"number": "t1", "roles": ["call_taker"], "jurisdiction": "1"}, **more), match=row.get("version"))
            put(inactive=True)
            self.assertEqual(person.get("/v1/me").status, 401)
            put()
            until = desk.time.monotonic() + 5  # ended on a worker: a moment later
            while person.get("/v1/me").status != 401 and desk.time.monotonic() < until:
                pass
            self.assertEqual(person.get("/v1/me").status, 401)
            self.assertEqual(other.get("/v1/me").status, 200)
            self.assertEqual(server.login("t1").get("/v1/me").status, 200)

    def test_the_set_up_link_ends_with_the_first_account(self):
        """As after a crash between the account and the end of the link: both are in the vault."""
        with Desk() as server:
            server.start()
            vault = sqlite3.connect(os.path.join(server.data, "vault.db"))
            [(link,)] = vault.execute("SELECT bytes FROM named WHERE name = 'setup'").fetchall()
            vault.close()
            server.set_up()
            server.stop()
            vault = sqlite3.connect(os.path.join(server.data, "vault.db"))
            vault.execute("INSERT INTO named (name, bytes) VALUES ('setup', ?)", (link,))
            vault.commit()
            vault.close()
            token = server.link
            server.start()
            answer = server.client().post("/v1/setup", {
                "token": token, "login": "thief", "password": "another password", "number": "0001", "agency_code": "COUNTY", "agency_name": "x"})
            self.assertEqual(answer.status, 403, answer)


class Quarantine(unittest.TestCase):
    def test_two_kills_during_looks_close_no_sheet(self):
        """The page is as kill -9 in the middle of a look would leave it."""
        with Desk() as server:
            server.start()
            boss = server.set_up()
            cases = [open_case(boss)["id"] for _ in range(3)]
            page = os.path.join(server.data, "running")
            for case in cases:
                boss.ok("GET", "/v1/cases/" + case)
                server.kill()
                with open(page, "r+b") as file:
                    file.seek(8)
                    file.write(b"\1\0\0\0")
                server.start()
                boss = boss.another()
                boss.desk = server
            for case in cases:
                self.assertEqual(boss.get("/v1/cases/" + case).status, 200)
            self.assertEqual(boss.get("/v1/board").status, 200)


class Erasure(unittest.TestCase):
    def slot(self, server, key):
        vault = sqlite3.connect(os.path.join(server.data, "vault.db"))
        rows = vault.execute("SELECT slots FROM key_block WHERE number = ?", ((key - 1) // 512,)).fetchall()
        vault.close()
        at = 4096 + (key - 1) % 512 * ((len(rows[0][0]) - 4096) // 512)
        return rows[0][0][at:at + (len(rows[0][0]) - 4096) // 512]

    def test_what_was_not_destroyed_is_destroyed_at_the_next_start(self):
        with Desk() as server:
            server.start()
            boss = server.set_up()
            case = open_case(boss, description="to be forgotten")
            number = boss.ok("POST", "/v1/contacts", {"channel": "text", "text": "this, too"})["contact"]["id"]
            boss.ok("POST", "/v1/contacts/%s/attach" % number, {"case": case["id"]})
            boss.ok("POST", "/v1/contacts/%s/end" % number, {"result": "advice"})
            case = boss.ok("GET", "/v1/cases/" + case["id"])["case"]
            boss.ok("POST", "/v1/cases/%s/events" % case["id"], {"event": "close", "fields": {"outcome": "solved"}}, match=case["version"])
            server.stop()
            with open(os.path.join(server.data, "vault.db"), "rb") as file:
                before = file.read()
            server.start()
            boss.close()
            boss.ok("POST", "/v1/cases/%s/erase" % case["id"], {"basis": "request"})
            server.stop()  # with a snapshot at the head
            with open(os.path.join(server.data, "vault.db"), "wb") as file:
                file.write(before)  # as if the destruction had failed
            record = sqlite3.connect("file:%s?mode=ro" % os.path.join(server.data, "journal.db"), uri=True)
            keys = []
            for table in ("case", "contact"):
                name = [row[0] for row in record.execute("SELECT name FROM sqlite_master WHERE type = 'table'") if row[0].endswith(table)][0]
                for row in record.execute('SELECT narrative_key, identity_key FROM "%s"' % name):
                    keys += row
            record.close()
            self.assertEqual(len(keys), 4)
            for key in keys:
                self.assertTrue(any(self.slot(server, key)))
            server.start()
            for key in keys:
                self.assertFalse(any(self.slot(server, key)), "key %d is still there" % key)


class Areas(unittest.TestCase):
    def test_classes_and_names(self):
        with Desk() as server:
            server.start()
            boss = server.set_up()
            north = server.agency("NORTH")
            classes = boss.ok("GET", "/v1/classes?limit=1000")["rows"]
            names = ("code", "priority", "dispatch_ms", "acknowledge_ms", "arrive_ms", "report_back_ms", "close_ms")
            body = {"classes": [{name: row[name] for name in names if name in row} for row in classes[:1]]}
            local = server.operator("a1", ["admin"], north, name="Ada")
            taker = server.operator("a2", ["call_taker", "dispatcher", "supervisor"], north, name="Bea")
            self.assertEqual(local.post("/v1/classes", body).status, 403)
            self.assertEqual(len(boss.ok("GET", "/v1/classes?limit=1000")["rows"]), len(classes))
            self.assertEqual({row["personal"]["name"] for row in local.ok("GET", "/v1/operators")["rows"]}, {"Ada", "Bea"})
            self.assertEqual({row["personal"] for row in taker.ok("GET", "/v1/operators")["rows"]}, {None})


class Streams(unittest.TestCase):
    def test_sealed_texts_count_in_the_ring(self):
        with Desk() as server:
            server.start()
            boss = server.set_up()
            seq = boss.ok("GET", "/v1/board")["seq"]
            clients = [boss.another() for _ in range(8)]

            def fill(client):
                for _ in range(600):
                    open_case(client, description="x" * 16000)
            threads = [threading.Thread(target=fill, args=(client,)) for client in clients]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            stream = Stream(boss, start=seq)  # 75 MiB of sealed text later
            self.assertEqual(stream.next().name, "reset", "the ring holds more than its 64 MiB")
            stream.close()


class Record(unittest.TestCase):
    def requests_of(self, server):
        record = sqlite3.connect("file:%s?mode=ro" % os.path.join(server.data, "journal.db"), uri=True)
        rows = record.execute("SELECT kind, request FROM journal").fetchall()
        record.close()
        return {kind: key for kind, key in rows if key}

    def test_digests_of_bodies_are_keyed(self):
        """Two desks, the same request: whoever has one journal can try nothing against it."""
        kept = []
        for _ in range(2):
            with Desk() as server:
                server.start()
                boss = server.set_up()
                body = {"channel": "call", "number": "0171 5550123"}
                first = boss.ok("POST", "/v1/contacts", body, key="k1")
                self.assertTrue(boss.ok("POST", "/v1/contacts", body, key="k1")["replayed"])
                self.assertEqual(boss.post("/v1/contacts", {"channel": "call"}, key="k1").status, 422)
                server.operator("p1", ["call_taker"])  # sets an account, with a key
                server.stop()
                server.start()
                boss.close()
                again = boss.ok("POST", "/v1/contacts", body, key="k1")
                self.assertTrue(again["replayed"])
                self.assertEqual(again["contact"]["id"], first["contact"]["id"])
                kept.append(self.requests_of(server))
        self.assertNotIn("account_set", kept[0], "a digest of the password stands in the journal")
        self.assertEqual(len(kept[0]["contact_received"]), 32)
        self.assertEqual(kept[0]["contact_received"][:16], kept[1]["contact_received"][:16])
        self.assertNotEqual(kept[0]["contact_received"][16:], kept[1]["contact_received"][16:])

    def test_a_backup_writes_nothing_into_the_live_vault(self):
        with Desk() as server:
            server.start()
            boss = server.set_up()
            open_case(boss, description="kept")
            path = os.path.join(server.data, "vault.db")

            def blocks():
                vault = sqlite3.connect("file:%s?mode=ro" % path, uri=True, timeout=10)
                count = vault.execute("SELECT count(*) FROM key_block").fetchone()[0]
                vault.close()
                return count
            for _ in range(2000):  # until the server itself has made keys enough
                if blocks() >= 5:
                    break
                boss.post("/v1/contacts", {"channel": "text"})
            with open(path, "rb") as file:
                before = file.read()
            out = server.data + "-copy"
            code, said, wrong = server.run("backup", server.data, out)
            self.assertEqual(code, 0, said + wrong)
            with open(path, "rb") as file:
                self.assertEqual(file.read(), before)
            second = server.data + "-again"
            self.assertEqual(server.run("restore", out, second)[0], 0)
            with Desk(folder=second) as copy:
                copy.start()
                again = copy.login("boss")
                self.assertEqual(again.ok("GET", "/v1/cases/1")["case"]["personal"]["description"], "kept")


class Emergencies(unittest.TestCase):
    def test_cases_are_opened_while_lists_fill_the_workers_queue(self):
        with Desk() as server:
            server.start()
            boss = server.set_up()
            for _ in range(200):
                open_case(boss)
            question = desk.request_bytes("GET", "/v1/cases?limit=1000", None, {"Authorization": "Bearer " + boss.token})
            over = threading.Event()

            def ask():
                wires = [desk.Wire(server.port) for _ in range(300)]
                try:
                    while not over.is_set():
                        for wire in wires:
                            wire.send(question)
                        for wire in wires:
                            wire.receive()
                except Gone:
                    pass
                for wire in wires:
                    wire.close()
            statuses = []

            def take():
                client = boss.another()
                for _ in range(200):
                    statuses.append(client.post("/v1/contacts", {"channel": "call"}, key=True).status)
            asking = [threading.Thread(target=ask) for _ in range(4)]
            taking = [threading.Thread(target=take) for _ in range(6)]
            for thread in asking + taking:
                thread.start()
            for thread in taking:
                thread.join()
            over.set()
            for thread in asking:
                thread.join()
            self.assertEqual({status: statuses.count(status) for status in set(statuses)}, {201: 1200})


class Replay(unittest.TestCase):
    def test_a_repeated_request_is_no_window_into_another_area(self):
        with Desk() as server:
            server.start()
            boss = server.set_up()
            north, south = server.agency("NORTH"), server.agency("SOUTH")
            taker = server.operator("n1", ["call_taker"], north)
            opened = taker.ok("POST", "/v1/cases", {"class": "fire"}, key="k1")
            self.assertEqual(taker.ok("POST", "/v1/cases", {"class": "fire"}, key="k1")["case"]["id"], opened["case"]["id"])
            boss.ok("PATCH", "/v1/cases/" + opened["case"]["id"], {"jurisdiction": south, "owner": "1"}, match=opened["case"]["version"])
            self.assertEqual(taker.get("/v1/cases/" + opened["case"]["id"]).status, 404)
            again = taker.ok("POST", "/v1/cases", {"class": "fire"}, key="k1")
            self.assertTrue(again["replayed"])
            self.assertNotIn("case", again)


def main():
    desk.program()
    names = [argument for argument in sys.argv[1:] if not os.path.isfile(argument)]
    loader = unittest.TestLoader()
    if names:
        loader.testNamePatterns = ["*%s*" % name for name in names]
    suite = loader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
