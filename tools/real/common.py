"""What the parts of `make real` share: the data and where it comes from, a server of its own, callers, a graph of tasks, tables."""
import csv
import datetime
import gzip
import heapq
import io
import json
import os
import shutil
import sys
import tempfile
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "api"))
import desk  # noqa: E402  (how a server is started, set up and ended is written once)

CALLERS = 16  # connections that give commands at once
WAIT_S = 300  # how long a frame or a task may take before the run counts as hanging


class Failed(Exception):
    """Something of the desk is not as it should be; the text says what."""


class Missing(Exception):
    """A file of the data folder, or something the program cannot do yet."""


# --- the data -------------------------------------------------------------------------------------------

SOURCES = {
    "roads/USA-road-t.NY.gr.gz": "9th DIMACS challenge, New York City, travel times (US Census TIGER; public research data); "
                                 "repository anhphamkstn/map, data/",
    "roads/USA-road-d.NY.co.gz": "9th DIMACS challenge, New York City, coordinates; repository anhphamkstn/map, data/",
    "cases/nyc311_2019.csv.gz": "NYC 311 service requests (NYC Open Data terms); repository mzuber88/TwoSixDgraphDemo",
    "calls/sf_fire_2016_units.csv.gz": "San Francisco Fire Department, one row per unit per call (DataSF, PDDL 1.0); repository "
                                       "nikitaAD/Fire-Incidents-Analysis-Modeling",
    "roads/heidelberg.osm.pbf": "OpenStreetMap extract (ODbL, (c) OpenStreetMap contributors); repository GIScience/openrouteservice, test files",
    "ems/manhattan/manhattan_roads_osm.zip": "Manhattan roads as OSM XML (ODbL); repository uoa-ems-research/JEMSS.jl, data/cities/manhattan",
    "ems/manhattan/stations_1.csv": "Manhattan ambulance stations (Apache-2.0); repository uoa-ems-research/JEMSS.jl, data/cities/manhattan",
    "ems/manhattan/hospitals_1.csv": "Manhattan hospitals (Apache-2.0); repository uoa-ems-research/JEMSS.jl, data/cities/manhattan",
    "ems/manhattan/roads.zip": "Manhattan's road graph as the ambulance model derived it (Apache-2.0; roads ODbL); repository "
                               "uoa-ems-research/JEMSS.jl, data/cities/manhattan",
    "ems/manhattan/ambulances_1.csv": "Manhattan ambulances (Apache-2.0); repository uoa-ems-research/JEMSS.jl, data/cities/manhattan",
}


class Data:
    """The data folder; every file that is used is named with where it comes from."""

    def __init__(self, folder):
        self.folder = os.path.abspath(folder)

    def path(self, name):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            raise Missing("%s is not in %s.\n   It is: %s." % (name, self.folder, SOURCES[name]))
        return path

    def rows(self, name):
        """The rows of a CSV file (also gzipped) as dictionaries."""
        with open(self.path(name), "rb") as file:
            plain = file.read()
        if name.endswith(".gz"):
            plain = gzip.decompress(plain)
        return list(csv.DictReader(io.StringIO(plain.decode("utf-8"), newline="")))


def at_ms(text, hours_from_utc):
    """'01/03/2019 06:35:53 PM' in a fixed zone as ms; None when there is none."""
    if not text:
        return None
    zone = datetime.timezone(datetime.timedelta(hours=hours_from_utc))
    return int(datetime.datetime.strptime(text, "%m/%d/%Y %I:%M:%S %p").replace(tzinfo=zone).timestamp()) * 1000


def classes_of(file_name):
    """What a file below classes/ publishes."""
    with open(os.path.join(ROOT, "classes", file_name), encoding="utf-8") as file:
        return json.load(file)


# --- figures --------------------------------------------------------------------------------------------

def percentile(values, share):
    """Nearest rank; None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, int(share * len(ordered) + 0.999999) - 1))]


def seconds(ms):
    return "-" if ms is None else "%.1f s" % (ms / 1000.0)


def table(title, rows):
    width = max(len(str(row[0])) for row in rows)
    print("\n%s" % title)
    for name, value in rows:
        print("  %-*s  %s" % (width, name, value))
    sys.stdout.flush()


# --- a server of its own --------------------------------------------------------------------------------

class Server:
    """A release server on a folder of its own below build/real; the folder goes with it unless it is kept."""

    def __init__(self, binary, name, keep=False):
        parent = os.path.join(ROOT, "build", "real")
        os.makedirs(parent, exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix=name + "-", dir=parent)
        self.keep, self.binary = keep, binary
        self.desk = desk.Desk(folder=os.path.join(self.folder, "data"), binary=binary)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.desk.kill()
        if error[0] is not None:
            sys.stderr.write(self.desk.log_tail())
        if self.keep:
            print("  kept: %s" % self.folder)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, *options):
        self.desk.start(*options)
        return self.desk.set_up()

    def end_and_verify(self):
        """Stops the server; rows for the table that say what `journal verify` found."""
        self.desk.stop()
        began = time.monotonic()
        code, out, err = self.desk.run("journal", "verify", self.desk.data)
        if code != 0:
            raise Failed("journal verify: exit %d\n%s%s" % (code, out, err))
        size = sum(os.path.getsize(os.path.join(self.desk.data, name)) for name in os.listdir(self.desk.data)
                   if os.path.isfile(os.path.join(self.desk.data, name)))
        said = (out.strip() or err.strip()).split("\n")[-1]
        return [("journal verify", "%s (%.1f s)" % (said, time.monotonic() - began)), ("data folder", "%.1f MB" % (size / 1e6))]

    def import_roads(self, source, *options):
        """Makes a road file of `source` in the folder; gives its path and the rows that `roads info` says of it."""
        path = os.path.join(self.folder, "roads-%d.bmr" % len(os.listdir(self.folder)))
        began = time.monotonic()
        code, out, err = self.desk.run("roads", "import", source, path, *options, timeout=1800)
        if code != 0:
            raise Failed("roads import %s: exit %d\n%s%s" % (source, code, out, err))
        took = time.monotonic() - began
        code, out, err = self.desk.run("roads", "info", path)
        if code != 0:
            raise Failed("roads info: exit %d\n%s%s" % (code, out, err))
        info = dict(line.split(" ", 1) for line in out.split("\n") if " " in line)
        return path, [("roads imported", "%s junctions, %s edges, %s turn restrictions, %.1f MB in %.1f s"
                       % (info["junctions"], info["edges"], info["restrictions"], int(info["bytes"]) / 1e6, took))], info


class Meter:
    """Times of commands (asked to confirmed) and of questions, by kind; many threads add."""

    def __init__(self):
        self.lock, self.times, self.questions = threading.Lock(), {}, {}
        self.began, self.ended = None, None

    def add(self, kind, began, ended, question=False):
        with self.lock:
            (self.questions if question else self.times).setdefault(kind, []).append((ended - began) * 1000.0)
            self.began = began if self.began is None else min(self.began, began)
            self.ended = ended if self.ended is None else max(self.ended, ended)

    def rows(self, connections=CALLERS):
        """Commands in all, a second, and confirmation p50 and p99, in all and by kind; then questions by kind."""
        every = [value for values in self.times.values() for value in values]
        span = (self.ended or 0) - (self.began or 0)
        rows = [("commands", "%d in %.1f s: %.0f a second, %d connections" % (len(every), span, len(every) / span if span else 0, connections)),
                ("confirmation p50 / p99", "%.1f / %.1f ms" % (percentile(every, 0.5), percentile(every, 0.99)))]
        for kinds, mark in ((self.times, ""), (self.questions, " (question)")):
            for kind in sorted(kinds):
                rows.append(("  " + kind + mark, "%6d   p50 %.1f   p99 %.1f ms"
                             % (len(kinds[kind]), percentile(kinds[kind], 0.5), percentile(kinds[kind], 0.99))))
        return rows


class Caller:
    """One connection of somebody at the desk; every command is measured."""

    def __init__(self, client, meter):
        self.client, self.meter = client.another(), meter

    def send(self, kind, method, path, body=None, match=None):
        """One command; gives the answer, good or refused."""
        began = time.monotonic()
        answer = self.client.call(method, path, {} if body is None else body, key=True, match=match)
        self.meter.add(kind, began, time.monotonic())
        if answer.status >= 500:
            raise Failed(repr(answer))
        return answer

    def ask(self, kind, path):
        """One question; gives the answer, good or refused."""
        began = time.monotonic()
        answer = self.client.get(path)
        self.meter.add(kind, began, time.monotonic(), question=True)
        if answer.status >= 500:
            raise Failed(repr(answer))
        return answer

    def good(self, kind, method, path, body=None, match=None):
        """One command that must be taken; gives its JSON."""
        answer = self.send(kind, method, path, body, match)
        if answer.status not in (200, 201):
            raise Failed("refused: %r\n   sent: %s" % (answer, json.dumps(body)))
        return answer.json()


class Mirror:
    """Rows of the desk as a console has them: kept by the stream, in a thread of its own."""

    def __init__(self, client):
        self.wire = desk.Wire(client.desk.port)
        self.wire.send(desk.request_bytes("GET", "/v1/stream?from=0", None, {"Authorization": "Bearer " + client.token}))
        status, _ = self.wire.receive_head()
        if status != 200:
            raise Failed("stream: %d" % status)
        self.wire.socket.settimeout(None)
        self.changed, self.rows, self.seq, self.over = threading.Condition(), {}, 0, None
        self.of_case = {}  # (case, unit) -> the newest assignment's id
        self.thread = threading.Thread(target=self._follow, daemon=True)
        self.thread.start()

    def _lines(self):
        lines = self.wire.rest.split(b"\n")
        while True:
            yield from lines[:-1]
            data = self.wire.socket.recv(1 << 20)
            if not data:
                return
            lines = (lines[-1] + data).split(b"\n")

    def _follow(self):
        try:
            for line in self._lines():
                if line == b"event: reset":
                    raise Failed("the desk reset the stream")
                if line.startswith(b"data:"):
                    frame = json.loads(line[5:])
                    if "seq" in frame:
                        self._take(frame)
            raise Failed("the stream was closed")
        except Exception as error:  # told to whoever waits
            with self.changed:
                self.over = error
                self.changed.notify_all()

    def _take(self, frame):
        with self.changed:
            for name, rows in frame.get("upsert", {}).items():
                kept = self.rows.setdefault(name, {})
                for row in rows:
                    kept[row["id"]] = row
                    if name == "assignment":
                        pair = (row["case"], row["unit"])
                        self.of_case[pair] = str(max(int(row["id"]), int(self.of_case.get(pair, "0"))))
            self.seq = frame["seq"]
            self.changed.notify_all()

    def reach(self, seq):
        """Waits until the frames up to `seq` are here."""
        until = time.monotonic() + WAIT_S
        with self.changed:
            while self.seq < seq:
                if self.over:
                    raise Failed("the stream: %s" % self.over)
                if not self.changed.wait(until - time.monotonic()):
                    raise Failed("no frame for seq %s within %d s" % (seq, WAIT_S))

    def close(self):
        self.wire.close()


class Flow:
    """Tasks that wait for others: of those that may run, the earliest key goes first.  Every task has its own key, and waits only
    for tasks with smaller keys, so that it always ends."""

    def __init__(self):
        self.tasks = []

    def add(self, key, work, after=()):
        task = {"key": key, "work": work, "waits": 0, "then": []}
        for other in {id(before): before for before in after if before}.values():
            if not other["key"] < key:
                raise Failed("a task waits for a later one: %s, %s" % (other["key"], key))
            other["then"].append(task)
            task["waits"] += 1
        self.tasks.append(task)
        return task

    def run(self, callers):
        """Runs all with one thread for each caller; the first error ends it."""
        lock, left, errors = threading.Condition(), [len(self.tasks)], []
        ready = [(task["key"], number, task) for number, task in enumerate(self.tasks) if task["waits"] == 0]
        heapq.heapify(ready)
        number = [len(self.tasks)]

        def work(caller):
            while True:
                with lock:
                    while not ready and left[0] and not errors:
                        lock.wait()
                    if errors or not left[0]:
                        return
                    task = heapq.heappop(ready)[2]
                try:
                    task["work"](caller)
                except BaseException as error:
                    with lock:
                        errors.append(error)
                        lock.notify_all()
                    return
                with lock:
                    left[0] -= 1
                    woken = 0
                    for other in task["then"]:
                        other["waits"] -= 1
                        if other["waits"] == 0:
                            number[0] += 1
                            woken += 1
                            heapq.heappush(ready, (other["key"], number[0], other))
                    if left[0] == 0:
                        lock.notify_all()
                    elif woken > 1:
                        lock.notify(woken - 1)  # this thread takes one itself

        threads = [threading.Thread(target=work, args=(caller,), daemon=True) for caller in callers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]


def all_rows(client, table_name):
    """Every row of a list, page by page."""
    after, rows = None, []
    while True:
        page = client.ok("GET", "/v1/%s?limit=1000%s" % (table_name, "" if after is None else "&after=" + after))
        rows += page["rows"]
        after = page["next"]
        if after is None:
            return rows
