"""A bridge before a desk, and SIPp as the telephone exchange."""
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))
from desk import PASSWORD, WAIT_S, Desk, now_ms  # noqa: E402,F401


def until(holds, what, seconds=WAIT_S):
    """Waits for what another process does; `holds` gives something true, or raises what is wrong."""
    end = time.monotonic() + seconds
    while True:
        got = holds()
        if got:
            return got
        if time.monotonic() > end:
            raise AssertionError("did not come: " + what)
        time.sleep(0.02)


class Bridge:
    """bellman telephone on a free port."""

    def __init__(self, desk, login, *options):
        self.folder = tempfile.mkdtemp(prefix="bellman-phone-", dir=desk.base)
        secret = os.path.join(self.folder, "password")
        with open(secret, "w") as file:
            file.write(PASSWORD + "\n")
        os.chmod(secret, 0o600)
        self.log = os.path.join(self.folder, "bridge.log")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [desk.binary, "telephone", "--desk", "http://127.0.0.1:%d" % desk.port, "--account", login, "--password-file", secret,
                 "--listen", "127.0.0.1:0", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        text = b""
        while b"\n" not in text:
            if not select.select([self.process.stdout], [], [], WAIT_S)[0]:
                raise AssertionError("the bridge did not come up: " + self.tail())
            part = os.read(self.process.stdout.fileno(), 4096)
            if not part:
                raise AssertionError("the bridge ended: " + self.tail())
            text += part
        self.port = int(text.decode().split("udp 127.0.0.1:")[1])

    def tail(self):
        with open(self.log, "rb") as log:
            return log.read()[-4000:].decode("utf-8", "replace")

    def stop(self):
        """Ends it and gives its figures."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(WAIT_S)
        self.process.stdout.close()
        if code != 0:
            raise AssertionError("the bridge ended with %d\n%s" % (code, self.tail()))
        line = [line for line in self.tail().split("\n") if "event=telephone " in line][-1]
        return {name: int(value) for name, value in (part.split("=") for part in line.split()[2:]) if value.isdigit()}

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Sipp:
    """One scenario, with a line of fields for each call."""

    def __init__(self, scenario, port, rows, *options):
        handle, self.rows = tempfile.mkstemp(suffix=".csv")
        with os.fdopen(handle, "w") as file:
            file.write("SEQUENTIAL\n" + "".join(";".join(row) + "\n" for row in rows))
        self.process = subprocess.Popen(
            ["sipp", "127.0.0.1:%d" % port, "-sf", os.path.join(HERE, scenario + ".xml"), "-inf", self.rows, "-m", str(len(rows)),
             "-r", "20", "-i", "127.0.0.1", "-nostdin", "-timeout", "60s", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=tempfile.gettempdir())

    def done(self):
        """Waits for the last call; SIPp itself says whether every message came as its scenario has it."""
        out = self.process.communicate(timeout=90)[0].decode("utf-8", "replace")
        os.remove(self.rows)
        if self.process.returncode != 0:
            raise AssertionError("SIPp ended with %d\n%s" % (self.process.returncode, out[-3000:]))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


class Raw:
    """A socket for packets that no SIPp would send."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.connect(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]
        self.count = 0

    def request(self, method="INVITE", call="c1", to_tag="", cseq=1, user="2", branch=None, more="", body="", **change):
        self.count += 1
        lines = {"start": "%s sip:%s@127.0.0.1 SIP/2.0" % (method, user),
                 "via": "Via: SIP/2.0/UDP 127.0.0.1:%d;branch=%s;rport" % (self.port, branch or "z9hG4bK-%s-%s-%d" % (call, method, cseq)),
                 "from": "From: <sip:5550100@127.0.0.1>;tag=f-%s" % call, "to": "To: <sip:%s@127.0.0.1>%s" % (user, to_tag and ";tag=" + to_tag),
                 "id": "Call-ID: " + call, "sequence": "CSeq: %d %s" % (cseq, method), "length": "Content-Length: %d" % len(body)}
        lines.update(change)
        text = "\r\n".join(line for line in lines.values() if line) + "\r\n" + more + "\r\n" + body
        return text.encode("utf-8", "surrogateescape")

    def send(self, data):
        self.socket.send(data)

    def answer(self, seconds=WAIT_S):
        """(status, whole text) of the next answer; None when none comes in that time."""
        if not select.select([self.socket], [], [], seconds)[0]:
            return None
        text = self.socket.recv(65536).decode("utf-8", "replace")
        return int(text.split(" ")[1]), text

    def ask(self, *arguments, **more):
        self.send(self.request(*arguments, **more))
        return self.answer()

    def quiet(self):
        """Nothing is answered to what was sent before: an OPTIONS behind it is the next that is."""
        status, text = self.ask("OPTIONS", call="probe-%d" % self.count)
        return status == 200 and "Call-ID: probe-" in text

    def close(self):
        self.socket.close()
