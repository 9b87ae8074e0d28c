"""The disk runs full under load (a small tmpfs), and gets bigger again while the desk runs.

Low: ordinary work gets 507 with a word, emergencies go on.  Out: 507 for all, at once; what is there can be read.  Room again:
it goes on by itself, consoles' requests under way happen once, nothing acknowledged is lost."""
import os
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from acknowledged import House, need
from desk import Desk, WAIT_S

MB = 1 << 20
SIZE_MB, LOW_MB, OUT_MB, BALLAST_MB = 40, 8, 2, 4
CONNECTIONS = 4


class SmallDisk:
    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="bellman-small-")
        done = self.mount("size=%dm" % SIZE_MB)
        self.why_not = None if done.returncode == 0 else done.stderr.decode().strip()

    def mount(self, options):
        return subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", self.folder], capture_output=True)

    def grow(self, megabytes):
        subprocess.run(["mount", "-o", "remount,size=%dm" % megabytes, self.folder], check=True, capture_output=True)

    def free(self):
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, leave):
        with open(os.path.join(self.folder, "filler"), "ab", buffering=0) as filler:
            while self.free() > leave:
                try:
                    filler.write(b"x" * min(65536, self.free() - leave))
                except OSError:
                    return  # the desk was quicker

    def close(self):
        if not self.why_not:
            subprocess.run(["umount", self.folder], check=True)
        os.rmdir(self.folder)


def until(true, what):
    end = time.monotonic() + WAIT_S
    while not true():
        need(time.monotonic() < end, "it did not come to pass: " + what)
        threading.Event().wait(0.02)


def one(disk, chance, figures):
    desk = Desk(folder=os.path.join(disk.folder, "data"))
    desk.log = tempfile.mktemp(prefix="bellman-small-", suffix=".log")  # not on the full disk
    try:
        desk.start("--space-low", str(LOW_MB), "--space-out", str(OUT_MB), "--ballast", str(BALLAST_MB))
        house = House(desk, CONNECTIONS, patient=True)
        house.watch(1)
        boss = house.boss
        space = lambda: boss.get("/readyz")["space"]
        until(lambda: os.path.exists(os.path.join(desk.data, "ballast")), "the ballast is made")
        ordinary = lambda: boss.post("/v1/places", {"kind": "post", "name": "p", "jurisdiction": "1"}, key=True)
        house.begin()
        house.until_answered(chance.randint(10, 60))

        disk.fill(LOW_MB * MB - chance.randint(1, 512) * 1024)
        import time as T
        for i in range(60):
            until(lambda: space() == "low", "low space is noticed")
        need(not os.path.exists(os.path.join(desk.data, "ballast")), "the ballast is kept while space is low")
        refused = ordinary()
        need((refused.status, refused["code"], refused.headers.get("retry-after")) == (507, "no-space", "1"), repr(refused))
        need("space" in refused["detail"], "no clear word: %r" % refused)
        # An emergency from the call to the car under way, while ordinary work is refused.
        emergency = house.workers[0]
        emergency.stopping.set()
        house.threads[0].join(WAIT_S)
        contact = boss.ok("POST", "/v1/contacts", {"channel": "call", "text": "low"}, key=True)["contact"]["id"]
        house.check.contacts[contact] = "low"
        case = boss.ok("POST", "/v1/cases", {"class": "fire", "contact": contact, "address": "low"}, key=True)["case"]
        boss.ok("POST", "/v1/cases/%s/assignments" % case["id"], {"units": [emergency.unit], "mode": "divert"}, key=True, match=case["version"])
        house.check.cases[case["id"]] = {"word": "low", "contact": contact, "status": "assigned", "entry": False}
        need(space() == "low", "the reserve is used up by one emergency")
        figures["taken while low"] += 3

        disk.fill(OUT_MB * MB // 2)
        until(lambda: space() == "out", "no space is noticed")
        for path, body in (("/v1/places", {"kind": "post", "name": "p", "jurisdiction": "1"}), ("/v1/cases", {"class": "fire"}),
                           ("/v1/contacts", {"channel": "call"})):
            answer = boss.post(path, body, key=True)
            need((answer.status, answer["code"]) == (507, "no-space"), repr(answer))
        need(boss.get("/v1/cases").status == 200, "nothing can be read on a full disk")
        figures["refused"] += 4

        disk.grow(2 * SIZE_MB)  # somebody made room, and nothing is started anew
        until(lambda: space() == "fine", "new space is noticed")
        need(ordinary().status == 201, "the desk does not go on")
        answered = house.answered()
        house.until_answered(answered + 10)
        house.tell_to_stop()
        house.join()
        figures["refused"] += sum(worker.shed for worker in house.workers)
        house.look(chance)
        figures["frames compared"] += house.compare_streams()
        figures["acknowledged"] += house.acknowledged
        figures["disks filled"] += 1
        house.close(chance)
    except Exception:
        sys.stderr.write(desk.log_tail())
        raise
    finally:
        desk.kill()
        os.unlink(desk.log)


def run(rounds, chance, libraries, figures):
    for _ in range(rounds):
        disk = SmallDisk()
        try:
            if disk.why_not:
                return "a small tmpfs cannot be mounted here: " + disk.why_not
            one(disk, chance, figures)
        finally:
            disk.close()
