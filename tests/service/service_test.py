"""The desk as a service: what it tells systemd, the unit file, and the host's clock.   python3 service_test.py build/.../bellman host.so

What a service manager does is done here by a socket of our own; `systemd-analyze` judges the unit file where it is there."""
import ctypes
import os
import re
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..")
sys.path.insert(0, os.path.join(HERE, "..", "api"))
from desk import WAIT_S, Desk, Gone, program

HOST = next(os.path.abspath(a) for a in sys.argv[1:] if a.endswith(".so"))


class Skipped(Exception):
    pass


def need(true, text):
    if not true:
        raise AssertionError(text)


def preloaded(**more):
    return dict({"LD_PRELOAD": HOST, "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=1:exitcode=99"}, **more)


class Manager:
    """The service manager's end of the socket."""

    def __init__(self, abstract=False):
        self.folder = tempfile.mkdtemp(prefix="bellman-notify-")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        path = "\0bellman-test-%d" % os.getpid() if abstract else os.path.join(self.folder, "notify")
        self.socket.bind(path)
        self.name = path.replace("\0", "@")
        self.seen = []

    def close(self):
        self.socket.close()
        shutil.rmtree(self.folder)

    def next(self, seconds):
        """The next message's lines, or None when nothing came for so long."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return None
        lines = self.socket.recv(4096).decode().split("\n")
        self.seen += lines
        return lines

    def until(self, wanted):
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            for line in self.next(end - time.monotonic()) or []:
                if wanted(line):
                    return line
        raise AssertionError("it never came; seen: %s" % self.seen)


def test_it_speaks_with_the_service_manager():
    for abstract in (False, True):
        manager = Manager(abstract)
        try:
            with Desk() as desk:
                desk.start(env={"NOTIFY_SOCKET": manager.name})
                manager.until(lambda line: line == "READY=1")
                need([line for line in manager.seen if line.startswith("STATUS=")], "no status before it was ready")
                desk.set_up()
                manager.until(lambda line: re.match(r"STATUS=event [1-9]", line))
                need("WATCHDOG=1" not in manager.seen, "signs of life that nobody asked for")
                desk.stop()
                manager.until(lambda line: line == "STOPPING=1")
        finally:
            manager.close()


def test_a_desk_thread_that_hangs_is_noticed():
    """The disk does not answer: the loop still does, but the desk thread makes no progress, and the signs of life end."""
    manager, wait_s = Manager(), 3
    try:
        with Desk() as desk:
            hang = os.path.join(desk.base, "hang")
            desk.start(env=preloaded(NOTIFY_SOCKET=manager.name, WATCHDOG_USEC=str(wait_s * 1000000), HOST_HANG=hang))
            desk.set_up()
            for _ in range(2):
                manager.until(lambda line: line == "WATCHDOG=1")
            open(hang, "w").close()
            other = desk.boss.another()
            asked = threading.Thread(target=lambda: other.ok("POST", "/v1/agencies", {"code": "N", "name": "N", "parent": "1", "level": "station"}, key=True))
            asked.start()
            quiet_since = time.monotonic()
            while time.monotonic() - quiet_since < wait_s:  # as long as the manager would wait before it ends the process
                lines = manager.next(wait_s - (time.monotonic() - quiet_since))
                if lines and "WATCHDOG=1" in lines:
                    quiet_since = time.monotonic()  # of a step before the hang
            need(desk.client().get("/healthz").status == 200, "the loop does not run: that would be another fault")
            os.remove(hang)
            manager.until(lambda line: line == "WATCHDOG=1")
            asked.join()
    finally:
        manager.close()


def test_the_watchdog_of_another_process_is_not_ours():
    manager = Manager()
    try:
        with Desk() as desk:
            desk.start(env={"NOTIFY_SOCKET": manager.name, "WATCHDOG_USEC": "1000000", "WATCHDOG_PID": "1"})
            desk.set_up()
            manager.until(lambda line: re.match(r"STATUS=event [1-9]", line))
            need("WATCHDOG=1" not in manager.seen, "it answered for process 1")
    finally:
        manager.close()


def metric(desk, name):
    for line in desk.client().get("/metrics").body.decode().splitlines():
        if line.startswith("bellman_%s " % name):
            return int(line.split()[1])
    raise AssertionError("no metric " + name)


def test_the_clock_is_watched():
    for state in ("synchronised", "unsynchronised", "unknown"):
        with Desk() as desk:
            desk.start(env=preloaded(HOST_CLOCK=state))
            ready = desk.client().get("/readyz")
            need((ready.status, ready["clock"]) == (200, state), "%s: %r" % (state, ready))
            warns = int(state != "synchronised")
            need(metric(desk, "clock_unsynchronised") == warns, "the metric for " + state)
            need(("--no-time-service" in desk.log_tail()) == bool(warns), "the log for %s: %s" % (state, desk.log_tail()))
    with Desk() as desk:
        desk.start("--no-time-service", env=preloaded(HOST_CLOCK="unsynchronised"))
        need(desk.client().get("/readyz")["clock"] == "unwatched", "--no-time-service was not heard")
        need(metric(desk, "clock_unsynchronised") == 0, "the metric without a time service")


def test_the_clock_is_this_machines():
    asked = (ctypes.c_byte * 512)()
    state = ctypes.CDLL(None, use_errno=True).adjtimex(asked)
    if state < 0:
        raise Skipped("this machine does not let a program ask whether its clock is synchronised")
    with Desk() as desk:
        desk.start()
        said = desk.client().get("/readyz")["clock"]
        need(said == ("unsynchronised" if state == 5 else "synchronised"), "the kernel says %d, the desk says %s" % (state, said))


def unit(folder):
    """The unit file as it would be installed, with the program that is under test."""
    with open(os.path.join(ROOT, "packaging", "bellman.service")) as file:
        text = file.read()
    path = os.path.join(folder, "bellman.service")
    conf = os.path.abspath(os.path.join(ROOT, "packaging", "bellman.conf"))
    with open(path, "w") as file:
        file.write(text.replace("/usr/bin/bellman", program()).replace("/etc/bellman/bellman.conf", conf))
    return path


def analyze(*arguments):
    tool = shutil.which("systemd-analyze")
    if not tool:
        raise Skipped("systemd-analyze is not here")
    return subprocess.run([tool, *arguments], capture_output=True, text=True, timeout=60)


def test_the_unit_file_is_sound():
    with tempfile.TemporaryDirectory() as folder:
        done = analyze("verify", "--man=no", unit(folder))
        said = [line for line in (done.stdout + done.stderr).splitlines() if "bellman" in line]
        need(done.returncode == 0 and not said, "systemd-analyze verify: %s" % said)
        broken = unit(folder)
        with open(broken, "a") as file:
            file.write("NoSuchSetting=yes\n")
        need("NoSuchSetting" in analyze("verify", "--man=no", broken).stderr, "a wrong unit file passes: the check sees nothing")


def test_the_unit_file_gives_little_away():
    """The score is the one that the manual states, and no worse than its limit."""
    with open(os.path.join(ROOT, "docs", "run-in-production.md")) as file:
        stated = re.search(r"exposure level is (\d+\.\d)", file.read())
    need(stated, "docs/run-in-production.md does not state the exposure level")
    with tempfile.TemporaryDirectory() as folder:
        done = analyze("security", "--offline=true", "--no-pager", "--threshold=20", unit(folder))
        score = re.search(r"exposure level for bellman.service: (\d+\.\d)", done.stdout)
        need(score, done.stdout + done.stderr)
        need(score.group(1) == stated.group(1), "systemd-analyze security says %s, the manual %s" % (score.group(1), stated.group(1)))
        need(done.returncode == 0 and float(score.group(1)) <= 2.0, "worse than 2.0: %s" % score.group(1))


def main():
    tests = [(name, test) for name, test in sorted(globals().items()) if name.startswith("test_")]
    failed = skipped = 0
    for name, test in tests:
        begin = time.monotonic()
        try:
            test()
            print("ok    %-48s %5.1f s" % (name, time.monotonic() - begin))
        except Skipped as why:
            skipped += 1
            print("skipped: %s: %s" % (name, why))
        except (AssertionError, Gone, OSError, subprocess.SubprocessError):
            failed += 1
            traceback.print_exc()
            print("FAIL  " + name)
        sys.stdout.flush()
    print("%d passed, %d failed, %d skipped" % (len(tests) - failed - skipped, failed, skipped))
    sys.exit(1 if failed else 0)


main()
