"""Faults: a full disk, flipped bits, a cut tail, damaged snapshots, a stopped process, a clock that jumps.  After
each: a clear word, or a refusal to start that says where; and nothing that was acknowledged is lost."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "api"))
import desk
from desk import Client, Desk, Gone, Stream, now_ms, open_case

MB = 1 << 20


def until(what, seconds=desk.WAIT_S):
    """Waits until `what` is true, by asking; the desk itself looks once a second."""
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            raise AssertionError("it did not come to pass within %d s" % seconds)
        threading.Event().wait(0.05)


def address(client, case):
    return client.ok("GET", "/v1/cases/" + case)["case"]["personal"]["address"]


class FullDisk(unittest.TestCase):
    SIZE = 40 * MB

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="bellman-full-")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%d" % self.SIZE, "tmpfs", self.folder], capture_output=True)
        self.mounted = done.returncode == 0
        if not self.mounted:
            os.rmdir(self.folder)
            self.skipTest("mounting a small tmpfs is not permitted here: " + done.stderr.decode().strip())
        self.desk = Desk(folder=os.path.join(self.folder, "data"))
        self.desk.log = tempfile.mktemp(prefix="bellman-full-", suffix=".log")  # not on the full disk

    def tearDown(self):
        self.desk.kill()
        if self.mounted:
            subprocess.run(["umount", self.folder], check=True)
            os.rmdir(self.folder)
        if os.path.exists(self.desk.log):
            os.unlink(self.desk.log)

    def free(self):
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, leave):
        """A file that leaves so many bytes."""
        with open(os.path.join(self.folder, "filler"), "ab", buffering=0) as filler:
            try:
                while self.free() > leave:
                    filler.write(b"x" * min(65536, self.free() - leave))
            except OSError:
                pass  # the desk was quicker

    def empty(self):
        os.unlink(os.path.join(self.folder, "filler"))

    def ready(self):
        answer = self.boss.get("/readyz")
        return answer.status, answer["space"]

    def test_low_then_out_then_room_again(self):
        options = ["--space-low", "8", "--space-out", "2", "--ballast", "4"]
        self.desk.start(*options)
        self.boss = boss = self.desk.set_up()
        unit = self.desk.unit("D-1")
        until(lambda: os.path.exists(os.path.join(self.desk.data, "ballast")))
        self.assertEqual(self.ready(), (200, "fine"))
        kept = {row["id"]: "before" for row in [open_case(boss, address="before")]}
        ordinary = lambda: boss.post("/v1/places", {"kind": "post", "name": "p", "jurisdiction": "1"}, key=True)
        self.assertEqual(ordinary().status, 201)

        # Low: the ballast is given up, ordinary commands get 507, emergencies go on.
        self.fill(6 * MB)
        until(lambda: self.ready() == (503, "low"))
        self.assertFalse(os.path.exists(os.path.join(self.desk.data, "ballast")))
        self.assertGreater(self.free(), 7 * MB)
        refused = ordinary()
        self.assertEqual((refused.status, refused["code"], refused.headers.get("retry-after")), (507, "no-space", "1"))
        self.assertIn("space", refused["detail"])
        contact = boss.ok("POST", "/v1/contacts", {"channel": "call", "text": "low"}, key=True)["contact"]["id"]
        row = open_case(boss, address="low", contact=contact)
        kept[row["id"]] = "low"
        sent = boss.post("/v1/cases/%s/assignments" % row["id"], {"units": [unit]}, key=True, match=row["version"])
        self.assertEqual(sent.status, 201, repr(sent))
        self.assertEqual(boss.get("/v1/board").status, 200, "the board goes dark when the disk is low, and emergencies go on blindly")
        self.assertEqual(address(boss, row["id"]), "low")

        # Out: nothing new, and it says why; what is there can be read.
        self.fill(1 * MB)
        until(lambda: self.ready() == (503, "out"))
        for answer in (ordinary(), boss.post("/v1/cases", {"class": "fire"}, key=True), boss.post("/v1/contacts", {"channel": "call"}, key=True)):
            self.assertEqual((answer.status, answer["code"]), (507, "no-space"))
        self.assertEqual(boss.get("/v1/cases").status, 200)
        self.assertEqual(boss.get("/healthz").status, 200)

        # Room again, without a restart.
        self.empty()
        until(lambda: self.ready() == (200, "fine"))
        self.assertEqual(ordinary().status, 201)
        self.assertEqual({id: address(boss, id) for id in kept}, kept)
        self.desk.stop()

    def test_full_to_the_last_byte(self):
        """Floors so low that the disk is full before the desk looks: it stops or refuses, and loses nothing."""
        options = ["--space-low", "1", "--space-out", "1", "--ballast", "1"]
        self.desk.start(*options)
        self.boss = boss = self.desk.set_up()
        kept, text = {}, "x" * 390
        for number in range(100):
            row = open_case(boss, address="first %d" % number)
            kept[row["id"]] = "first %d" % number
        self.fill(0)
        ended = False
        try:
            for number in range(4000):
                answer = boss.call("POST", "/v1/cases", {"class": "fire", "address": "%d %s" % (number, text)}, headers={"Idempotency-Key": "k%d" % number})
                if answer.status == 201:
                    kept[answer["case"]["id"]] = "%d %s" % (number, text)
                else:
                    self.assertIn(answer.status, (503, 507), repr(answer))
                    if self.free() == 0 and number > 50:
                        break
                self.fill(0)
        except Gone:
            ended = True
        if ended:
            code = self.desk.wait()
            self.assertEqual(code, 70, self.desk.log_tail())
            self.assertIn("stopped:", self.desk.log_tail())
        else:
            self.desk.kill()
        # Started again on the full disk: read-only, or refused with a word about the disk.
        try:
            self.desk.start(*options)
            boss.close()
            answer = boss.post("/v1/contacts", {"channel": "call"}, key=True)
            self.assertIn(answer.status, (503, 507), repr(answer))
            self.assertEqual(self.ready()[0], 503)
            self.assertEqual(boss.get("/v1/cases").status, 200)
            self.desk.kill()
            how = "read-only"
        except Gone as error:
            self.assertRegex(str(error), "(?i)space|full|disk")
            how = "refused (%s)" % str(error).strip().split("\n")[-1]
        self.empty()
        self.desk.start(*options)
        boss.close()
        until(lambda: self.ready() == (200, "fine"))
        self.assertEqual({id: address(boss, id) for id in kept}, kept)
        self.assertTrue(open_case(boss)["id"])
        self.desk.stop()
        code, out, _ = self.desk.run("journal", "verify", self.desk.data)
        self.assertEqual(code, 0, out)
        print("full disk: %d cases acknowledged, %s, started on the full disk %s, all there when space returned"
              % (len(kept), "stopped" if ended else "refused", how))


class Damage(unittest.TestCase):
    """A folder with a record, made once; each test spoils a copy of it."""

    @classmethod
    def setUpClass(cls):
        cls.made = Desk().start()
        boss = cls.made.set_up()
        cls.cases = {}
        for number in range(120):
            cls.cases[open_case(boss, address="street %d" % number)["id"]] = "street %d" % number
        cls.middle = tempfile.mkdtemp(prefix="bellman-middle-")
        cls.made.stop()
        shutil.copytree(cls.made.data, os.path.join(cls.middle, "data"))
        cls.made.start()
        boss.close()
        for number in range(60):
            cls.cases[open_case(boss, address="later %d" % number)["id"]] = "later %d" % number
        cls.made.stop()
        cls.token = boss.token

    @classmethod
    def tearDownClass(cls):
        cls.made.close()
        shutil.rmtree(cls.middle)

    def setUp(self):
        self.desk = Desk()
        shutil.copytree(self.made.data, self.desk.data)
        self.boss = Client(self.desk, self.token, "1")

    def tearDown(self):
        self.desk.close()

    def path(self, name):
        return os.path.join(self.desk.data, name)

    def write_at(self, name, at, change):
        with open(self.path(name), "r+b") as file:
            file.seek(at)
            old = file.read(1)
            file.seek(at)
            file.write(bytes([change(old[0])]))

    def refused(self, *words):
        with self.assertRaises(Gone) as refusal:
            self.desk.start()
        for word in words:
            self.assertIn(word, str(refusal.exception))

    def whole(self):
        """It starts, and everything is there."""
        self.desk.start()
        for id in sorted(self.cases)[::7]:
            self.assertEqual(address(self.boss, id), self.cases[id])
        rows = self.boss.ok("GET", "/v1/cases?limit=1000")["rows"]
        self.assertEqual({row["id"] for row in rows}, set(self.cases))

    def test_as_it_is(self):
        self.whole()
        self.desk.stop()
        self.assertEqual(self.desk.run("journal", "rebuild", self.desk.data, "--check")[0], 0)

    def test_flipped_bits_are_found(self):
        size = os.path.getsize(self.path("journal.db"))
        located = 0
        for n in range(24):
            at = (n * 2654435761 + 12345) % size
            self.write_at("journal.db", at, lambda byte: byte ^ (1 << (n % 8)))
            code, out, err = self.desk.run("journal", "verify", self.desk.data)
            self.assertEqual(code, 1, "a flipped bit at byte %d was not found: %s %s" % (at, out, err))
            self.assertRegex(out + err, r"seq \d+|page \d+|header|journal\.db", "byte %d: %s %s" % (at, out, err))
            located += 1
            self.write_at("journal.db", at, lambda byte: byte ^ (1 << (n % 8)))
        self.assertEqual(self.desk.run("journal", "verify", self.desk.data)[0], 0)
        print("flipped bits: %d of 24 located" % located)

    def test_a_flipped_bit_in_the_last_event_refuses_the_start(self):
        with open(self.path("journal.db"), "rb") as file:
            data = file.read()
        at = data.rfind(b'"class":"fire"')
        if at < 0:
            at = data.rfind(b"fire")
        self.assertGreater(at, 0)
        self.write_at("journal.db", at + 2, lambda byte: byte ^ 1)
        code, out, err = self.desk.run("journal", "verify", self.desk.data)
        self.assertEqual(code, 1)
        try:
            self.desk.start()  # from the snapshot, which needs no old event: then verify is what tells
            self.desk.stop()
        except Gone as error:
            self.assertRegex(str(error), r"(?i)event|page|seq|damaged|corrupt")
        for name in os.listdir(self.desk.data):
            if name.startswith("snapshot-"):
                os.unlink(self.path(name))
        self.refused("cannot start")

    def test_cut_tail(self):
        shutil.copy(os.path.join(self.middle, "data", "journal.db"), self.path("journal.db"))
        for name in ("journal.db-wal", "journal.db-shm"):
            if os.path.exists(self.path(name)):
                os.unlink(self.path(name))
        self.refused("tail was cut", "head.checkpoint")
        code, out, err = self.desk.run("journal", "verify", self.desk.data)
        self.assertEqual(code, 1, "verify does not see the cut tail: " + out + err)

    def test_cut_tail_with_the_checkpoint_kept_elsewhere(self):
        elsewhere = os.path.join(self.desk.base, "kept.checkpoint")
        shutil.copy(self.path("head.checkpoint"), elsewhere)
        shutil.rmtree(self.desk.data)
        shutil.copytree(os.path.join(self.middle, "data"), self.desk.data)  # the whole folder is older, its checkpoint too
        with self.assertRaises(Gone) as refusal:
            self.desk.start("--checkpoint", elsewhere)
        self.assertIn("tail was cut", str(refusal.exception))
        code, out, err = self.desk.run("journal", "verify", self.desk.data, "--checkpoint", elsewhere)
        self.assertEqual(code, 1, out + err)
        self.assertEqual(self.desk.run("journal", "verify", self.desk.data)[0], 0)

    def test_forged_checkpoint(self):
        with open(self.path("head.checkpoint"), "rb") as file:
            text = file.read()
        with open(self.path("head.checkpoint"), "wb") as file:
            file.write(text.replace(b'"seq":"', b'"seq":"1', 1))
        self.refused("checkpoint")

    def test_truncated(self):
        size = os.path.getsize(self.path("journal.db"))
        for left in (size // 2 + 100, size - 4096, 100, 0):
            shutil.copy(os.path.join(self.made.data, "journal.db"), self.path("journal.db"))
            os.truncate(self.path("journal.db"), left)
            code, out, err = self.desk.run("journal", "verify", self.desk.data)
            self.assertNotEqual(code, 0, "%d of %d bytes verify: %s" % (left, size, out + err))
            self.refused("cannot start")

    def test_journal_gone(self):
        os.unlink(self.path("journal.db"))
        self.refused("cannot start")  # a fresh record beside an old checkpoint and vault would hide the loss

    def test_vault_and_its_key(self):
        os.rename(self.path("vault.key"), self.path("elsewhere"))
        self.refused("vault")
        os.rename(self.path("elsewhere"), self.path("vault.key"))
        self.write_at("vault.key", 5, lambda byte: byte ^ 1)
        self.refused("vault")

    def snapshots(self):
        return [name for name in os.listdir(self.desk.data) if name.startswith("snapshot-")]

    def test_damaged_snapshots_are_ignored(self):
        self.assertTrue(self.snapshots())
        spoil = {
            "a bit": lambda path: self.write_at(path, os.path.getsize(self.path(path)) // 2, lambda byte: byte ^ 4),
            "another version": lambda path: self.write_at(path, 8, lambda byte: byte ^ 0xff),
            "the first byte": lambda path: self.write_at(path, 0, lambda byte: byte ^ 1),
            "the last byte": lambda path: self.write_at(path, os.path.getsize(self.path(path)) - 1, lambda byte: byte ^ 1),
            "cut": lambda path: os.truncate(self.path(path), os.path.getsize(self.path(path)) - 10),
            "empty": lambda path: os.truncate(self.path(path), 0),
        }
        for what, damage in spoil.items():
            for name in self.snapshots():
                shutil.copy(os.path.join(self.made.data, name), self.path(name))
                damage(name)
            if os.path.exists(self.desk.log):
                os.unlink(self.desk.log)
            self.whole()
            self.assertIn("snapshot", self.desk.log_tail(), what)
            self.assertIn("snapshot_seq=0", self.desk.log_tail(), "%s: the damaged snapshot was taken" % what)
            self.assertIn("level=warning", self.desk.log_tail(), "%s: ignored without a word" % what)
            self.boss.close()
            self.desk.kill()

    def test_damaged_quarantine_file(self):
        for change in (lambda path: os.truncate(path, 10), lambda path: open(path, "wb").write(os.urandom(5000))):
            change(self.path("running"))
            self.whole()
            self.boss.close()
            self.desk.kill()


class Process(unittest.TestCase):
    def test_stopped_and_continued(self):
        """A process that did not run for six seconds is late, not wrong about the time."""
        with Desk() as server:
            server.start()
            boss = server.set_up()
            case = open_case(boss)["id"]
            stream = Stream(boss, start=boss.ok("GET", "/v1/cases")["seq"])
            os.kill(server.process.pid, signal.SIGSTOP)
            box = {}
            waiter = threading.Thread(target=lambda: box.update(answer=boss.another().post("/v1/cases", {"class": "theft"}, key=True)))
            waiter.start()
            waiter.join(6)  # longer than the jump that raises an alarm
            self.assertTrue(waiter.is_alive())
            os.kill(server.process.pid, signal.SIGCONT)
            waiter.join(desk.WAIT_S)
            self.assertEqual(box["answer"].status, 201)
            self.assertEqual(stream.until(box["answer"]["seq"])[-1].id, box["answer"]["seq"])
            ready = boss.get("/readyz")
            self.assertEqual((ready.status, ready["time_held"]), (200, False))
            self.assertTrue(abs(boss.ok("GET", "/v1/cases/" + box["answer"]["case"]["id"])["case"]["opened_at_ms"] - now_ms()) < 30000)
            self.assertTrue(case)
            stream.close()


class Clock(unittest.TestCase):
    """The wall clock of the server is shifted by a preloaded library (named on the command line)."""

    def setUp(self):
        self.shim = desk.shift_clock()
        if not self.shim:
            self.skipTest("no shift_clock library was named")
        self.file = tempfile.mktemp(prefix="bellman-clock-")
        self.env = {"LD_PRELOAD": self.shim, "SHIFT_CLOCK_FILE": self.file, "SHIFT_PASS_FILE": self.file + "-passed",
                    "BELLMAN_BOOT_ID": "one", "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1:exitcode=99"}
        self.rebooted = dict(self.env, BELLMAN_BOOT_ID="two")
        self.shift(0)
        self.passed(0)

    def tearDown(self):
        os.unlink(self.file)
        os.unlink(self.file + "-passed")

    def put(self, path, ms):
        with open(path + ".new", "w") as file:
            file.write(str(ms))
        os.rename(path + ".new", path)

    def shift(self, ms):
        """The wall clock is set so far ahead."""
        self.put(self.file, ms)

    def passed(self, ms):
        """So much time passes, by every clock."""
        self.put(self.file + "-passed", ms)

    def rungs(self, boss):
        return sum(row["rung"] for row in boss.ok("GET", "/v1/board")["rows"]["clock"])

    def test_jump_holds_timers_until_confirmed(self):
        for jump in (3600 * 1000, -3600 * 1000):
            self.shift(0)
            with Desk() as server:
                server.start(env=self.env)
                boss = server.set_up()
                self.assertEqual(boss.post("/v1/clock/confirm").status, 409)  # nothing to confirm
                boss.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)  # its answer is due in 15 s
                self.shift(jump)
                until(lambda: boss.get("/readyz")["time_held"])
                ready = boss.get("/readyz")
                self.assertEqual((ready.status, ready["ready"]), (503, False))
                row = open_case(boss)  # work goes on, on the desk's own time
                self.assertTrue(abs(row["opened_at_ms"] - now_ms()) < 60000)
                self.assertEqual(self.rungs(boss), 0)
                self.assertIn("clock_jump", server.log_tail())
                crew = server.operator("d1", ["dispatcher"])
                self.assertEqual(crew.post("/v1/clock/confirm").status, 403)
                before = boss.ok("GET", "/v1/cases")["seq"]
                self.assertGreater(boss.ok("POST", "/v1/clock/confirm", key=True)["seq"], before)
                until(lambda: boss.get("/readyz").status == 200)
                row = open_case(boss)
                if jump > 0:
                    self.assertTrue(abs(row["opened_at_ms"] - now_ms() - jump) < 60000, "the confirmed time is not taken")
                    until(lambda: self.rungs(boss) > 0)  # an hour has passed: the answer is overdue
                else:
                    self.assertTrue(row["opened_at_ms"] > now_ms() - 60000, "the desk's time went back")

    def test_held_over_a_restart(self):
        with Desk() as server:
            server.start(env=self.env)
            boss = server.set_up()
            open_case(boss)
            self.shift(3600 * 1000)
            until(lambda: boss.get("/readyz")["time_held"])
            server.kill()
            server.start(env=self.env)
            boss.close()
            self.assertTrue(boss.get("/readyz")["time_held"])
            boss.ok("POST", "/v1/clock/confirm", key=True)
            until(lambda: boss.get("/readyz").status == 200)
            server.stop()
            self.shift(0)  # the clock was put right while the desk was down: behind its own record
            server.start(env=self.env)
            boss.close()
            until(lambda: boss.get("/readyz")["time_held"])
            last = boss.ok("POST", "/v1/cases", {"class": "fire"}, key=True)["case"]["opened_at_ms"]
            self.assertGreater(last, now_ms() + 3000 * 1000)

    def test_started_with_a_clock_that_was_moved(self):
        """The machine ran on while the desk was away: an hour or a month by its own clock is no jump, an hour that the wall clock alone is ahead
        is one."""
        month = 31 * 24 * 3600 * 1000
        with Desk() as server:
            server.start(env=self.env)
            boss = server.set_up()
            boss.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)
            for kill in (True, False):
                server.kill() if kill else server.stop()
                boss.close()
                self.passed(month if kill else 2 * month)
                server.start(env=self.env)
                self.assertEqual(boss.get("/readyz").status, 200, "a month off is no jump")
                boss = server.login("boss")
                until(lambda: self.rungs(boss) > 0)
            before = boss.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)["contact"]["id"]
            rung = lambda: [row["rung"] for row in boss.ok("GET", "/v1/board")["rows"]["clock"] if row["contact"] == before][0]
            server.kill()
            boss.close()
            self.shift(3600 * 1000)
            server.start(env=self.env)
            until(lambda: boss.get("/readyz")["time_held"])
            doubt = boss.ok("GET", "/v1/vitals")["time_doubt"]
            self.assertFalse(doubt["by_record"])
            self.assertLess(abs(doubt["wall_at_ms"] - doubt["expected_at_ms"] - 3600 * 1000), 2000)
            self.assertEqual(rung(), 0)
            boss.ok("POST", "/v1/clock/confirm", key=True)
            until(lambda: boss.get("/readyz").status == 200)
            self.assertIsNone(boss.ok("GET", "/v1/vitals")["time_doubt"])
            until(lambda: rung() > 0)

    def test_started_with_a_clock_that_is_years_ahead(self):
        """The machine was off, so the record alone says what time it was: a month is believed, years are not."""
        day = 24 * 3600 * 1000
        with Desk() as server:
            server.start(env=self.env)
            boss = server.set_up()
            boss.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)
            case = open_case(boss)
            server.stop()
            boss.close()
            for ahead, in_doubt in ((31 * day, False), (24 * 365 * day, True)):
                self.shift(ahead)
                server.start(env=dict(self.env, BELLMAN_BOOT_ID=str(ahead)))
                if in_doubt:
                    until(lambda: boss.get("/readyz")["time_held"])
                    self.assertEqual(boss.get("/readyz").status, 503)
                    self.assertIn("event=clock_jump", server.log_tail())
                    doubt = boss.ok("GET", "/v1/vitals")["time_doubt"]
                    self.assertTrue(doubt["by_record"])
                    self.assertLess(abs(doubt["wall_at_ms"] - now_ms() - ahead), 60000)
                    stream = Stream(boss, start=boss.ok("GET", "/v1/cases")["seq"])
                    beat = stream.next(("beat",), desk.WAIT_S).data
                    self.assertEqual(beat["time_doubt"], doubt)
                    stream.close()
                    self.assertLess(open_case(boss)["opened_at_ms"], now_ms() + 32 * day)  # work goes on, by the record's time
                    rungs = self.rungs(boss)
                    open_since = boss.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)["contact"]["id"]
                    rows = lambda: boss.ok("GET", "/v1/board")["rows"]["clock"]
                    self.assertEqual([row["rung"] for row in rows() if row["contact"] == open_since], [0])
                    self.assertEqual(self.rungs(boss), rungs)
                    self.shift(31 * day + 60000)  # somebody puts the clock right, and says so
                    boss.ok("POST", "/v1/clock/confirm", key=True)
                    until(lambda: [row for row in rows() if row["contact"] == open_since and row["rung"]])
                    self.assertEqual(boss.get("/v1/me").status, 200)
                else:
                    boss = server.login("boss")
                    self.assertEqual(boss.get("/readyz")["time_held"], False)
                    until(lambda: self.rungs(boss) > 0)
                    server.stop()
                    boss.close()
            self.assertTrue(case)

    def test_a_wrong_clock_logs_nobody_out(self):
        """A clock that jumps by years ends no session: neither by itself, nor confirmed, nor over restarts after that.  Twelve hours of
        anybody's life do."""
        years = 24 * 365 * 24 * 3600 * 1000
        with Desk() as server:
            server.start(env=self.env)
            boss = server.set_up()
            stream = Stream(boss, start=boss.ok("GET", "/v1/cases")["seq"])
            self.shift(years)
            until(lambda: boss.get("/readyz")["time_held"])
            self.assertEqual(boss.get("/v1/me").status, 200)
            server.kill()  # in doubt as it is
            boss.close()
            server.start(env=self.rebooted)
            self.assertEqual(boss.get("/v1/me").status, 200, "started again in doubt, it logs everybody out")
            stream.close()
            stream = Stream(boss, start=boss.ok("GET", "/v1/cases")["seq"])
            boss.ok("POST", "/v1/clock/confirm", key=True)
            self.assertEqual(boss.get("/v1/me").status, 200, "the confirmed clock logs everybody out")
            self.assertFalse(stream.over.is_set(), "the confirmed clock ends streams")
            server.stop()
            boss.close()
            stream.close()
            server.start(env=self.rebooted)
            self.assertEqual(boss.get("/readyz").status, 200)
            self.assertEqual(boss.get("/v1/me").status, 200, "what was confirmed is forgotten over a restart")
            self.shift(0)  # put right: years behind
            until(lambda: boss.get("/readyz")["time_held"])
            boss.ok("POST", "/v1/clock/confirm", key=True)
            late = server.login("boss")
            self.passed(11 * 3600 * 1000)
            late.close()
            self.assertEqual(late.get("/v1/me").status, 200)
            stream = Stream(late, start=late.ok("GET", "/v1/cases")["seq"])
            self.passed(12 * 3600 * 1000 + 60000)
            late.close()
            answer = late.get("/v1/me")
            self.assertEqual((answer.status, answer["code"]), (401, "unauthenticated"))
            again = server.login("boss")
            self.assertEqual(again.get("/v1/me").status, 200)
            open_case(again, address="not for an expired session")
            self.assertTrue(stream.over.wait(desk.WAIT_S), "the stream outlives its session")
            self.assertNotIn(b"not for an expired session", stream.bytes)
            stream.close()

    def test_a_desk_that_was_away_ends_what_was_left_over(self):
        """Three months off, confirmed by a person: who was logged in before is not any more, who logged in since is."""
        with Desk() as server:
            server.start(env=self.env)
            boss = server.set_up()
            server.stop()
            boss.close()
            self.shift(92 * 24 * 3600 * 1000)
            server.start(env=self.rebooted)
            since = server.login("boss")
            old = Stream(boss, start=boss.ok("GET", "/v1/cases")["seq"])
            new = Stream(since, start=since.ok("GET", "/v1/cases")["seq"])
            since.ok("POST", "/v1/clock/confirm", key=True)
            self.assertTrue(old.over.wait(desk.WAIT_S), "the stream of a session that is over goes on")
            self.assertEqual(boss.get("/v1/me").status, 401)
            self.assertEqual(since.get("/v1/me").status, 200)
            self.assertFalse(new.over.is_set())
            new.close()
            old.close()


def main():
    names = [argument for argument in sys.argv[1:] if not os.path.isfile(argument)]
    loader = unittest.TestLoader()
    if names:
        loader.testNamePatterns = ["*%s*" % name for name in names]
    suite = unittest.TestSuite(loader.loadTestsFromTestCase(case) for case in (FullDisk, Damage, Process, Clock))
    began = time.monotonic()
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    for test, why in result.skipped:
        print("skipped: %s: %s" % (test.id(), why))
    print("%.1f s" % (time.monotonic() - began))
    print("%d passed, %d failed, %d skipped" % (result.testsRun - failed - len(result.skipped), failed, len(result.skipped)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
