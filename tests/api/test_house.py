"""The program around the API: addresses, ports, folders, restarts, health, backup and restore; and the clock."""
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import desk
from desk import Client, Desk, Gone, Stream, open_case, request_bytes, Wire
from world import world


def serve(*arguments, timeout=60):
    """A serve that is expected not to stay; gives (code, what it said)."""
    done = subprocess.run([desk.program(), "serve", *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


class Health(unittest.TestCase):
    def test_health_and_metrics(self):
        server = world().desk
        for path in ("/healthz", "/readyz", "/metrics", "/openapi.json"):
            self.assertEqual(server.client().get(path).status, 200, path)
        text = server.client().get("/metrics").body.decode()
        values = {}
        for line in text.splitlines():
            if not line.startswith("#"):
                name, value = line.rsplit(" ", 1)
                self.assertNotIn(name, values)
                values[name] = float(value)
        self.assertEqual(values["bellman_snapshot_mismatches_total"], 0)
        self.assertEqual(values["bellman_commands_quarantined_total"], 0)
        self.assertGreater(values["bellman_commands_accepted_total"], 0)

    def test_what_the_desk_knows_of_itself(self):
        boss = world().desk.boss
        for _ in range(3):
            boss.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)
        vitals = boss.ok("GET", "/v1/vitals")
        self.assertGreaterEqual(vitals["ack_count"], 3)
        self.assertGreater(vitals["ack_p99_ms"], 0)
        self.assertLessEqual(vitals["ack_p50_ms"], vitals["ack_p99_ms"])
        self.assertEqual((vitals["timers"], vitals["quarantine"], vitals["outbox"]["set_aside"]), ([], [], 0))
        self.assertEqual(world().person("supervisor").get("/v1/vitals").status, 200)
        self.assertEqual(world().person("dispatcher").get("/v1/vitals").status, 403)

    def test_stream_route(self):
        person = world().person("dispatcher")
        stream = Stream(person, start=person.ok("GET", "/v1/cases")["seq"])
        self.assertEqual(stream.headers["content-type"].split(";")[0], "text/event-stream")
        self.assertIsNotNone(stream.next(names=("beat",)))
        world().watcher.good.add("GET /v1/stream")  # a stream does not end, so the watcher never saw it whole
        stream.close()


class Start(unittest.TestCase):
    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="bellman-test-")

    def tearDown(self):
        shutil.rmtree(self.base)

    def data(self):
        return os.path.join(self.base, "data")

    def test_addresses(self):
        for address in ("0.0.0.0:0", "192.0.2.1:0", "[::]:0", "example.org:0", "127.0.0.1.example.org:0", "127.example.org:0"):
            code, said = serve("--data", self.data(), "--listen", address)
            self.assertNotEqual(code, 0, "%s was listened on: %s" % (address, said))
            if not address.startswith("127."):
                self.assertIn("--behind-proxy", said, address)
            self.assertNotIn("listens on", said)
        for address in ("127.0.0.1", "127.0.0.1:", ":8110", "127.0.0.1:99999", "127.0.0.1:x", ""):
            code, said = serve("--data", self.data(), "--listen", address)
            self.assertEqual(code, 2, said)
            self.assertIn("--listen", said)

    def test_options(self):
        for arguments, word in (((), "--data"), (("--nonsense",), "--nonsense"), (("--data",), "--data"), (("--data", self.data(), "--ballast", "x"), "--ballast")):
            code, said = serve(*arguments)
            self.assertEqual((code, word in said), (2, True), said)

    def test_busy_port_is_named(self):
        with socket.socket() as holder:
            holder.bind(("127.0.0.1", 0))
            holder.listen()
            port = holder.getsockname()[1]
            code, said = serve("--data", self.data(), "--listen", "127.0.0.1:%d" % port)
            self.assertEqual(code, 1, said)
            self.assertIn(str(port), said)

    def test_folder_that_cannot_be(self):
        with open(self.data(), "w") as file:
            file.write("not a folder")
        code, said = serve("--data", self.data(), "--listen", "127.0.0.1:0")
        self.assertEqual(code, 1, said)
        self.assertIn(self.data(), said)

    def test_two_servers_on_one_folder(self):
        with Desk() as first:
            first.start()
            boss = first.set_up()
            code, said = serve("--data", first.data, "--listen", "127.0.0.1:0")
            self.assertEqual(code, 1, said)
            self.assertIn(str(first.process.pid), said)
            for command in ("rebuild",):
                code, out, err = first.run("journal", command, first.data)
                self.assertEqual(code, 1, out + err)
                self.assertIn(str(first.process.pid), out + err)
            self.assertTrue(open_case(boss)["id"])  # the first goes on

    def test_behind_a_proxy(self):
        with Desk() as server:
            server.start("--behind-proxy", "--training")
            answer = server.client().post("/v1/setup", {"token": server.link, "login": "boss", "password": desk.PASSWORD, "number": "1",
                                                        "agency_code": "A", "agency_name": "A"})
            cookie = answer.headers["set-cookie"]
            self.assertTrue(cookie.startswith("__Host-bellman="), cookie)
            self.assertIn("Secure", cookie)
            me = server.client().get("/v1/me", headers={"Cookie": "__Host-bellman=" + answer["token"]})
            self.assertEqual((me.status, me["training"]), (200, True))
            self.assertEqual(server.client().get("/v1/me", headers={"Cookie": "bellman=" + answer["token"]}).status, 401)

    def test_data_is_for_the_owner_only(self):
        with Desk() as server:
            server.start()
            open_case(server.set_up())
            for name in ("vault.key", "vault.db", "journal.db"):
                mode = os.stat(os.path.join(server.data, name)).st_mode & 0o777
                self.assertEqual(mode & 0o077, 0, "%s: %o" % (name, mode))
            self.assertEqual(os.stat(server.data).st_mode & 0o077, 0)


class Clock(unittest.TestCase):
    def test_confirm(self):
        """The one route that needs a clock that jumped; the rest of it is in crash/fault_test.py."""
        shim = desk.shift_clock()
        if not shim:
            world().watcher.good.add("POST /v1/clock/confirm")
            self.skipTest("no shift_clock library was named: POST /v1/clock/confirm is not called")
        with tempfile.NamedTemporaryFile("w", prefix="bellman-clock-") as file:
            file.write("0")
            file.flush()
            with Desk() as server:
                server.start(env={"LD_PRELOAD": shim, "SHIFT_CLOCK_FILE": file.name, "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1:exitcode=99"})
                boss = server.set_up()
                file.seek(0)
                file.write("60000")
                file.flush()
                end = time.monotonic() + desk.WAIT_S
                while not boss.get("/readyz")["time_held"] and time.monotonic() < end:
                    threading.Event().wait(0.05)
                self.assertEqual(boss.post("/v1/clock/confirm", key=True).status, 200)


    def test_retry(self):
        """The one route that needs a timer that kills; the rest of it is in crash/vitals_test.py."""
        shim = desk.shift_clock()
        with open(desk.program(), "rb") as program:
            can_die = b"BELLMAN_DIES_AT" in program.read()
        if not shim or not can_die:
            world().watcher.good.add("POST /v1/timers/{id}/retry")
            self.skipTest("no shift_clock library was named, or a build without named steps: POST /v1/timers/{id}/retry is not called")
        with tempfile.NamedTemporaryFile("w", prefix="bellman-clock-") as file, Desk() as server:
            file.write("3600000")
            file.flush()
            env = {"LD_PRELOAD": shim, "SHIFT_CLOCK_FILE": file.name, "BELLMAN_BOOT_ID": "another", "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1:exitcode=99"}
            server.start()
            boss = server.set_up()
            boss.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)
            server.stop()
            boss.close()
            for _ in range(2):
                try:
                    server.start(env=dict(env, BELLMAN_DIES_AT="timer_decided:1"))
                    server.wait()
                except desk.Gone:
                    pass
            server.start(env=env)
            end = time.monotonic() + desk.WAIT_S
            while not boss.ok("GET", "/v1/vitals")["timers"] and time.monotonic() < end:
                threading.Event().wait(0.05)
            timer, = boss.ok("GET", "/v1/vitals")["timers"]
            self.assertEqual(boss.post("/v1/timers/%s/retry" % timer["target"], {"what": timer["what"]}, key=True).status, 200)


class Backup(unittest.TestCase):
    def test_backup_under_load_and_restore(self):
        with Desk() as server:
            server.start()
            boss = server.set_up()
            known, stop, failures = {}, threading.Event(), []

            def load(number):
                client, n = boss.another(), 0
                try:
                    while not stop.is_set():
                        word = "load %d %d" % (number, n)
                        row = open_case(client, address=word)
                        client.ok("POST", "/v1/cases/%s/entries" % row["id"], {"text": word}, key=True)
                        known[row["id"]] = word
                        n += 1
                except (AssertionError, Gone) as error:
                    failures.append(error)

            threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
            for thread in threads:
                thread.start()
            while len(known) < 300 and not failures:  # past one block of sealing keys
                threading.Event().wait(0.01)
            before = dict(known)
            out = os.path.join(server.base, "backup")
            code, said, err = server.run("backup", server.data, out)
            self.assertEqual(code, 0, said + err)
            after = len(known)
            stop.set()
            for thread in threads:
                thread.join()
            self.assertEqual(failures, [])
            self.assertIn("verified", said)
            self.assertGreater(after, len(before), "there was no load during the backup")
            for id in sorted(known, key=int)[::11]:  # the desk itself took no harm
                self.assertEqual(boss.ok("GET", "/v1/cases/" + id)["case"]["personal"]["address"], known[id])

            # Not over anything; not into a full folder.
            for command, source, target in (("backup", server.data, out), ("restore", out, server.data)):
                code, said, err = server.run(command, source, target)
                self.assertEqual(code, 1, said + err)
                self.assertIn("not empty", said + err)
            code, said, err = server.run("restore", os.path.join(server.base, "nothing"), os.path.join(server.base, "x"))
            self.assertEqual(code, 1, said + err)

            target = os.path.join(server.base, "restored")
            os.mkdir(target)  # an empty folder will do
            code, said, err = server.run("restore", out, target)
            self.assertEqual(code, 0, said + err)
            self.assertEqual(server.run("journal", "verify", target)[0], 0)
            with Desk(folder=target) as copy:
                copy.start()
                self.assertIsNone(copy.link)  # there is an administrator
                self.assertEqual(Client(copy, boss.token).get("/v1/me").status, 401)  # a backup holds nobody's session
                again = copy.login("boss")
                shown = {row["id"]: row["personal"]["address"] for row in again.ok("GET", "/v1/board")["rows"]["case"]}
                for id, word in before.items():
                    self.assertEqual(shown.get(id), word, "case %s" % id)
                for id, word in shown.items():
                    if id in known:
                        self.assertEqual(word, known[id])
                entries = again.ok("GET", "/v1/cases/%s/timeline" % max(before, key=int))["events"]
                self.assertTrue(any(event["kind"] == "entry_added" and event["personal"] for event in entries))
                self.assertTrue(open_case(again, address="after")["id"])
            code, said, err = server.run("journal", "rebuild", target, "--check")
            self.assertEqual(code, 0, said + err)
            os.unlink(target + ".log")
            print("backup under load: %d cases before, %d during it, %d in the copy" % (len(before), after - len(before), len(shown)))

    def test_backup_of_a_stopped_desk(self):
        with Desk() as server:
            server.start()
            id = open_case(server.set_up(), address="here")["id"]
            server.stop()
            out = os.path.join(server.base, "backup")
            self.assertEqual(server.run("backup", server.data, out)[0], 0)
            for name in ("journal.db", "vault.key"):  # a spoilt backup is not restored
                spoilt = out + "-" + name
                shutil.copytree(out, spoilt)
                with open(os.path.join(spoilt, name), "r+b") as file:
                    file.seek(os.path.getsize(file.name) // 2)
                    byte = file.read(1)
                    file.seek(-1, 1)
                    file.write(bytes([byte[0] ^ 1]))
                code, said, err = server.run("restore", spoilt, spoilt + "-restored")
                self.assertEqual(code, 1, "a backup with a flipped bit in %s was restored: %s" % (name, said + err))
            self.assertTrue(id)

    def test_restart_keeps_sessions_and_keys(self):
        with Desk() as server:
            server.start()
            boss = server.set_up()
            first = boss.post("/v1/cases", {"class": "fire", "address": "kept"}, key="the-key")
            for end in (server.stop, server.kill):
                end()
                server.start()
                boss.close()
                self.assertEqual(boss.get("/v1/me").status, 200)
                again = boss.post("/v1/cases", {"class": "fire", "address": "kept"}, key="the-key")
                self.assertEqual((again["case"]["id"], again["replayed"]), (first["case"]["id"], True))
                self.assertEqual(boss.post("/v1/cases", {"class": "fire"}, key="the-key").status, 422)
