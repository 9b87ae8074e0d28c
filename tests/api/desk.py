"""A real `bellman serve` in a temporary folder, and clients for it.

Nothing here sleeps for a fixed time: what must be awaited is awaited by its event, with a limit after which
the test fails.  Every process that is started here is ended here, by its own id."""
import json
import os
import queue
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import uuid

PASSWORD = "correct horse battery"
WAIT_S = 60  # how long anything may take on a busy machine before it counts as hanging


def program():
    """The binary under test: the first argument that is a file, or BELLMAN in the environment."""
    for argument in sys.argv[1:]:
        if os.path.isfile(argument) and os.access(argument, os.X_OK) and not argument.endswith(".so"):
            return os.path.abspath(argument)
    path = os.environ.get("BELLMAN")
    if not path:
        sys.exit("name the binary: python3 %s build/dev/src/cli/bellman" % sys.argv[0])
    return os.path.abspath(path)


def make_roads(path):
    """Writes the roads of the tests' town (tests/dispatch/town.h) with the tool that is built beside the program."""
    tool = os.environ.get("BELLMAN_MAKE_ROADS") or os.path.join(os.path.dirname(program()), "../../tests/dispatch/make_roads")
    subprocess.run([tool, path], check=True)


def shift_clock():
    """The library that shifts a server's wall clock, when one was named on the command line."""
    named = [os.path.abspath(argument) for argument in sys.argv[1:] if argument.endswith(".so") and os.path.isfile(argument)]
    return named[0] if named else None


class Gone(Exception):
    """The server closed the connection or ended."""


class Late(AssertionError):
    """No answer within the time that a connection waits."""


class Answer:
    __slots__ = ("status", "headers", "body", "method", "path")

    def __init__(self, status, headers, body, method, path):
        self.status, self.headers, self.body, self.method, self.path = status, headers, body, method, path

    def json(self):
        return json.loads(self.body)

    def __getitem__(self, name):
        return self.json()[name]

    def __repr__(self):
        return "%s %s -> %d %s" % (self.method, self.path, self.status, self.body[:400].decode("utf-8", "replace"))


class Wire:
    """One keep-alive connection, raw, so that a test can send anything."""

    def __init__(self, port, timeout=WAIT_S):
        try:
            self.socket = socket.create_connection(("127.0.0.1", port), timeout=timeout)
        except OSError as error:
            raise Gone(str(error))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.rest = b""

    def close(self):
        self.socket.close()

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Gone(str(error))

    def _more(self):
        try:
            data = self.socket.recv(65536)
        except socket.timeout:
            raise Late("no answer within %s s" % self.socket.gettimeout())
        except OSError as error:
            raise Gone(str(error))
        if not data:
            raise Gone("the connection was closed")
        self.rest += data

    def receive_head(self):
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, self.rest = self.rest.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, value = line.split(":", 1)
            headers[name.lower()] = value.strip()
        return int(lines[0].split(" ")[1]), headers

    def receive(self, method="GET", path=""):
        status, headers = self.receive_head()
        length = 0 if method == "HEAD" else int(headers.get("content-length", "0"))
        while len(self.rest) < length:
            self._more()
        body, self.rest = self.rest[:length], self.rest[length:]
        return Answer(status, headers, body, method, path)


def request_bytes(method, path, body=None, headers=None):
    lines = ["%s %s HTTP/1.1" % (method, path)]
    headers = dict(headers or {})
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    if body is not None and "Content-Type" not in headers:
        headers["Content-Type"] = "application/json"
    headers.setdefault("Host", "desk.test")
    if body is not None:
        headers["Content-Length"] = str(len(body))
    lines += ["%s: %s" % pair for pair in headers.items() if pair[1] is not None]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (body or b"")


class Client:
    """Somebody at the desk: a token (or cookie) and one connection, which is made anew when it was closed."""

    checker = None  # set by the API test: sees every answer

    def __init__(self, desk, token=None, operator=None):
        self.desk, self.token, self.operator = desk, token, operator
        self.wire, self.wait_s = None, WAIT_S

    def close(self):
        if self.wire:
            self.wire.close()
        self.wire = None

    def another(self):
        """The same person on a second connection."""
        return Client(self.desk, self.token, self.operator)

    def call(self, method, path, body=None, key=None, match=None, headers=None):
        """One request. `key`: the Idempotency-Key, True for a fresh one. `match`: the version for If-Match."""
        sent = {}
        if self.token:
            sent["Authorization"] = "Bearer " + self.token
        if key:
            sent["Idempotency-Key"] = uuid.uuid4().hex if key is True else key
        if match is not None:
            sent["If-Match"] = '"%s"' % match
        sent.update(headers or {})
        data = request_bytes(method, path, body, sent)
        if self.wire and time.monotonic() - self.used > 10:
            self.close()  # the desk closes idle connections: nothing is sent into one that it may be closing now
        fresh = self.wire is None
        if fresh:
            self.wire = Wire(self.desk.port, self.wait_s)
        self.used = time.monotonic()
        try:
            self.wire.send(data)
            answer = self.wire.receive(method, path)
        except Gone:
            self.close()
            if fresh or not (key or method in ("GET", "HEAD")):
                raise
            return self.call(method, path, body, key, match, headers)  # an idle connection that was closed
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        if Client.checker:
            Client.checker(answer)
        return answer

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.call("POST", path, {} if body is None else body, **more)

    def ok(self, method, path, body=None, **more):
        """As `call`, and the answer must be good; gives its JSON."""
        if method != "GET" and body is None:
            body = {}
        answer = self.call(method, path, body, **more)
        if answer.status not in (200, 201):
            raise AssertionError(repr(answer))
        return answer.json() if answer.body else {}


class Desk:
    """The server, its data folder and its log."""

    def __init__(self, folder=None, binary=None):
        self.base = tempfile.mkdtemp(prefix="bellman-test-") if folder is None else None
        self.data = folder or os.path.join(self.base, "data")
        self.log = self.data.rstrip("/") + ".log"
        self.binary = binary or program()
        self.process, self.port, self.link = None, None, None
        self.boss = None  # the administrator's client

    # --- life ---------------------------------------------------------------------------------------

    def start(self, *options, env=None):
        environment = dict(os.environ)
        environment.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:exitcode=99")
        environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1:exitcode=99")
        environment.update(env or {})
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, "serve", "--data", self.data, "--listen", "127.0.0.1:0", *options],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment)
        text = b""
        until = time.monotonic() + WAIT_S
        while b"listens on" not in text or not text.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
                self.kill()
                raise AssertionError("the server did not come up\n" + self.log_tail())
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                self.process.wait()
                self.process.stdout.close()
                raise Gone("the server ended with %s\n%s" % (self.process.returncode, self.log_tail()))
            text += data
        self.welcome = text.decode()
        self.port = int(self.welcome.split("listens on http://127.0.0.1:")[1].split("\n")[0])
        self.link = self.welcome.split("/setup#")[1].strip() if "/setup#" in self.welcome else None
        return self

    def wait(self, seconds=WAIT_S):
        """Waits for the end; gives the exit code."""
        self.process.wait(seconds)
        self.process.stdout.close()
        return self.process.returncode

    def stop(self):
        """SIGTERM; the server must end by itself, well."""
        if not self.process or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        code = self.wait()
        if code != 0:
            raise AssertionError("the server ended with %d\n%s" % (code, self.log_tail()))

    def kill(self):
        """SIGKILL to our own server."""
        if self.process and self.process.returncode is None:
            self.process.kill()
            self.wait()

    def alive(self):
        return self.process.poll() is None

    def close(self):
        """Ends whatever runs and removes the folder."""
        self.kill()
        if self.base:
            shutil.rmtree(self.base, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if error[0] is None:
            try:
                self.stop()
            finally:
                self.close()
        else:
            sys.stderr.write(self.log_tail())
            self.close()

    def log_tail(self, most=6000):
        try:
            with open(self.log, "rb") as log:
                return log.read()[-most:].decode("utf-8", "replace")
        except FileNotFoundError:
            return ""

    def run(self, *arguments, timeout=300):
        """Another subcommand of the same binary; gives (code, stdout, stderr)."""
        done = subprocess.run([self.binary, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout)
        return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")

    # --- people ---------------------------------------------------------------------------------------

    def client(self, token=None):
        return Client(self, token)

    def set_up(self, login="boss", password=PASSWORD):
        """Opens the one-time link; gives the administrator's client (also call-taker, dispatcher, supervisor)."""
        answer = self.client().post("/v1/setup", {
            "token": self.link, "login": login, "password": password, "number": "0001",
            "agency_code": "COUNTY", "agency_name": "County desk"})
        if answer.status != 201:
            raise AssertionError(repr(answer))
        self.boss = Client(self, answer["token"], answer["operator"])
        return self.boss

    def login(self, login, password=PASSWORD):
        answer = self.client().post("/v1/sessions", {"login": login, "password": password})
        if answer.status != 201:
            raise AssertionError(repr(answer))
        return Client(self, answer["token"], answer["operator"])

    def agency(self, code, parent="1", level="station"):
        return self.boss.ok("POST", "/v1/agencies", {"code": code, "name": "Agency " + code, "parent": parent, "level": level},
                            key=True)["agency"]["id"]

    def unit(self, call_sign, jurisdiction="1", kind="car", on_duty=True):
        made = self.boss.ok("POST", "/v1/units", {"call_sign": call_sign, "kind": kind, "jurisdiction": jurisdiction},
                            key=True)["unit"]["id"]
        if on_duty:
            self.boss.ok("PATCH", "/v1/units/" + made, {"duty": "on_duty"}, key=True)
        return made

    def operator(self, number, roles, jurisdiction="1", unit=None, name=None):
        """Makes an operator with an account of the same name, and logs in as them."""
        body = {"number": number, "roles": roles, "jurisdiction": jurisdiction, "name": name or "Operator " + number}
        if unit:
            body["unit"] = unit
        made = self.boss.ok("POST", "/v1/operators", body, key=True)["operator"]["id"]
        self.boss.ok("POST", "/v1/operators/%s/account" % made, {"login": number, "password": PASSWORD}, key=True)
        return self.login(number)


# --- streams -------------------------------------------------------------------------------------------


class Event:
    __slots__ = ("id", "name", "data", "raw")

    def __init__(self, id, name, data, raw):
        self.id, self.name, self.data, self.raw = id, name, data, raw


class Stream:
    """GET /v1/stream, read by a thread of its own; `next` gives what came, in order."""

    def __init__(self, client, start=None, last_event_id=None, read=True, buffer_bytes=None):
        self.wire = Wire(client.desk.port)
        if buffer_bytes:
            self.wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        headers = {"Authorization": "Bearer " + client.token}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        path = "/v1/stream" + ("" if start is None else "?from=%s" % start)
        self.wire.send(request_bytes("GET", path, None, headers))
        self.status, self.headers = self.wire.receive_head()
        if self.status != 200:
            raise AssertionError("stream: %d" % self.status)
        self.events, self.last_id, self.over = queue.Queue(), None, threading.Event()
        self.bytes = b""  # everything received, for searches
        self.thread = threading.Thread(target=self._read, daemon=True)
        if read:
            self.thread.start()

    def begin_reading(self):
        self.thread.start()

    def _read(self):
        self.wire.socket.settimeout(None)
        text = self.wire.rest
        try:
            while True:
                while b"\n\n" in text:
                    block, text = text.split(b"\n\n", 1)
                    self._take(block)
                data = self.wire.socket.recv(65536)
                if not data:
                    break
                text += data
        except OSError:
            pass
        self.over.set()
        self.events.put(None)

    def _take(self, block):
        self.bytes += block + b"\n\n"
        id, name, data = None, "message", b""
        for line in block.split(b"\n"):
            field, _, value = line.partition(b":")
            value = value[1:] if value.startswith(b" ") else value
            if field == b"id":
                id = int(value)
            elif field == b"event":
                name = value.decode()
            elif field == b"data":
                data += value
        if id is not None:
            self.last_id = id
        if data:
            self.events.put(Event(id, name, json.loads(data), block))

    def next(self, names=("message", "reset"), seconds=WAIT_S):
        """The next event of these names; None when the stream has ended."""
        until = time.monotonic() + seconds
        while True:
            try:
                event = self.events.get(timeout=max(0.001, until - time.monotonic()))
            except queue.Empty:
                raise AssertionError("nothing came from the stream within %s s" % seconds)
            if event is None or event.name in names:
                return event

    def until(self, seq):
        """Frames up to and with `seq`."""
        frames = []
        while not frames or frames[-1].data["seq"] < seq:
            event = self.next()
            if event is None or event.name == "reset":
                raise AssertionError("the stream ended before seq %s" % seq)
            frames.append(event)
        return frames

    def close(self):
        try:
            self.wire.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.wire.close()
        if self.thread.is_alive():
            self.thread.join(WAIT_S)


OPEN = {
    "case": lambda row: row["state"] not in ("closed", "merged"),
    "contact": lambda row: row["state"] not in ("abandoned", "ended") or row["ring_back_until_ms"] is not None,
    "assignment": lambda row: row["state"] not in ("cleared", "cancelled"),
    "clock": lambda row: row["stopped_at_ms"] is None,
}


class Board:
    """The board as a client keeps it: fetched once, then moved on by frames."""

    def __init__(self, client):
        fetched = client.ok("GET", "/v1/board")
        self.seq = fetched["seq"]
        self.rows = {table: {row["id"]: row for row in rows} for table, rows in fetched["rows"].items()}
        self.touched = {}  # (table, id): the seq of the frame that last told of it

    def apply(self, frame):
        for table, rows in frame.get("upsert", {}).items():
            for row in rows:
                self.touched[table, row["id"]] = frame["seq"]
                if table not in self.rows:
                    continue
                if OPEN.get(table, lambda row: True)(row):
                    self.rows[table][row["id"]] = row
                else:
                    self.rows[table].pop(row["id"], None)
        for table, ids in frame.get("remove", {}).items():
            for id in ids:
                self.touched[table, id] = frame["seq"]
                self.rows.get(table, {}).pop(id, None)
        self.seq = frame["seq"]

    def differs(self, fresh):
        """What differs from a board fetched before this one's last frame, in words; empty when nothing does.  Rows that a frame after the
        fetched board's seq tells of do not count: they changed since, or a moment before while the board was written (it begins at its seq)."""
        found = []
        for table, mine in self.rows.items():
            theirs = fresh.rows[table]
            for id in sorted(set(mine) | set(theirs), key=int):
                if mine.get(id) != theirs.get(id) and self.touched.get((table, id), 0) <= fresh.seq:
                    found.append("%s %s: %s / %s" % (table, id, mine.get(id), theirs.get(id)))
        return found

    def can_fail(self, fresh):
        """The words for the first row that could be missed, and be taken for there; each table's first is tried."""
        for table, rows in self.rows.items():
            for id in [id for id in rows if self.touched.get((table, id), 0) <= fresh.seq][:1]:
                row = rows.pop(id)
                found = self.differs(fresh)
                rows[id] = row
                if not found:
                    return "a board that misses %s %s was taken for whole" % (table, id)
        return None


def open_case(client, key=True, **fields):
    return client.ok("POST", "/v1/cases", dict({"class": "fire"}, **fields), key=key)["case"]


def assign(client, case, units, mode=None, key=True):
    body = {"units": units}
    if mode:
        body["mode"] = mode
    version = client.ok("GET", "/v1/cases/" + case)["case"]["version"]
    client.ok("POST", "/v1/cases/%s/assignments" % case, body, key=key, match=version)
    rows = client.ok("GET", "/v1/cases/" + case)["assignments"]
    return [row["id"] for unit in units for row in rows if row["unit"] == unit and OPEN["assignment"](row)]


def now_ms():
    return int(time.time() * 1000)
