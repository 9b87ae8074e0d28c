#!/usr/bin/env python3
"""The same roads and the same questions to pgRouting (Debian: postgresql-15-pgrouting), beside ours.

    bench/pgrouting.py BUILD       BUILD: a release build's folder with bench-edges; `make bench-pgrouting` runs it

Starts a PostgreSQL cluster of its own below $BENCH_DIR (default: BUILD/bench-data) as an unprivileged user, which
listens on a socket in a folder of its own only; loads the edges, asks, compares every cost with ours, prints one table
per network, stops the cluster and removes it.  It installs nothing: `sh tools/install.sh bench` does.

pgRouting reads the edges it is told to from the table at every question; here that is the whole network, so that every
answer is exact.  Times are those of psql's \\timing; ours are in process, without a table to read."""
import glob
import json
import os
import pwd
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

NETWORKS = ("new-york", "heidelberg")
SKIPPED = 77  # bench-edges: the network's files are not there

SCHEMA = """CREATE EXTENSION postgis; CREATE EXTENSION pgrouting;
CREATE TABLE edges (id bigint PRIMARY KEY, source bigint, target bigint, cost float8, reverse_cost float8);
\\copy edges FROM '%s' csv
ANALYZE edges;"""
FORWARD = "SELECT id, source, target, cost, reverse_cost FROM edges"
# Every road the other way round: from one to many then costs what many to one cost.
BACKWARD = "SELECT id, source, target, reverse_cost AS cost, cost AS reverse_cost FROM edges"


def die(text):
    sys.exit("bench: " + text)


def find_server():
    """The folder of PostgreSQL's programs for which pgRouting is installed, or None."""
    for control in sorted(glob.glob("/usr/share/postgresql/*/extension/pgrouting.control"), reverse=True):
        programs = "/usr/lib/postgresql/%s/bin" % control.split("/")[4]
        if os.path.exists(programs + "/initdb"):
            return programs
    return None


class Cluster:
    """PostgreSQL on a socket of its own; as a user without rights where we are root, which it refuses."""

    def __init__(self, programs, below):
        self.programs, self.started = programs, False
        self.who = {}
        if os.geteuid() == 0:
            other = pwd.getpwnam("postgres")
            self.who = {"user": other.pw_uid, "group": other.pw_gid, "extra_groups": []}
            os.chmod(below, 0o711)
        self.data = os.path.join(below, "pgrouting")
        # A socket's path is short, and $BENCH_DIR's may be long.
        self.socket = tempfile.mkdtemp(prefix="bellman-bench-")
        shutil.rmtree(self.data, ignore_errors=True)
        os.mkdir(self.data, 0o700)
        for path in (self.data, self.socket):
            if self.who:
                os.chown(path, self.who["user"], self.who["group"])

    def run(self, *words):
        done = subprocess.run([os.path.join(self.programs, words[0])] + list(words[1:]), cwd="/", text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, **self.who)
        if done.returncode != 0:
            die("%s: %s" % (words[0], done.stdout.strip()))

    def __enter__(self):
        try:
            self.run("initdb", "-D", self.data, "-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
            with open(os.path.join(self.data, "postgresql.conf"), "a") as conf:
                conf.write("listen_addresses = ''\nunix_socket_directories = '%s'\nfsync = off\njit = off\n"
                           "shared_buffers = 512MB\nwork_mem = 256MB\n" % self.socket)
            # pg_ctl hands its output on to the server, so that goes to a file.
            self.run("pg_ctl", "-D", self.data, "-l", os.path.join(self.data, "log"), "-w", "start")
            self.started = True
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.started:
            self.run("pg_ctl", "-D", self.data, "-m", "immediate", "-w", "stop")
        shutil.rmtree(self.data)
        shutil.rmtree(self.socket)

    def psql(self, script, database="bench"):
        done = subprocess.run([os.path.join(self.programs, "psql"), "-h", self.socket, "-U", "bench", "-d", database, "-XAtq",
                               "-F", ",", "-v", "ON_ERROR_STOP=1"], input=script, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            die("psql: " + done.stderr.strip())
        return done.stdout

    def ask(self, query):
        """The rows of a query, and the milliseconds that it took."""
        lines = self.psql("\\timing on\n%s;\n" % query).splitlines()
        took = [re.match(r"Time: ([0-9.]+) ms", line) for line in lines]
        times = [float(match.group(1)) for match in took if match]
        if len(times) != 1:
            die("psql did not say how long it took: %r" % lines[-3:])
        return [line.split(",") for line, match in zip(lines, took) if not match], times[0]


class Network:
    def __init__(self, cluster, folder):
        with open(os.path.join(folder, "questions.json")) as file:
            self.asked = json.load(file)
        self.cluster, self.compared = cluster, 0
        cluster.psql("DROP DATABASE IF EXISTS bench;", "postgres")
        cluster.psql("CREATE DATABASE bench;", "postgres")
        cluster.psql(SCHEMA % os.path.join(folder, "edges.csv"))

    def compare(self, whom, ours_ms, cost):
        """`cost`: pgRouting's, in units; None: no way.  Whole numbers in, whole numbers out."""
        if cost is not None and cost != int(cost):
            die("%s: a cost that is no whole number: %r" % (whom, cost))
        theirs = -1 if cost is None else int(cost) * self.asked["unit_us"] // 1000
        if theirs != ours_ms:
            die("%s: we say %d ms, pgRouting %d ms" % (whom, ours_ms, theirs))
        self.compared += 1

    def one_to_one(self):
        times = []
        for start, goal, ms in self.asked["one"]:
            if start == goal:
                continue
            rows, took = self.cluster.ask("SELECT agg_cost FROM pgr_dijkstra('%s', %d, %d) WHERE edge = -1"
                                          % (FORWARD, start, goal))
            times.append(took)
            self.compare("%d to %d" % (start, goal), ms, float(rows[0][0]) if rows else None)
        return times

    def many_to_one(self, many, backward):
        start = "ARRAY[%s]" % ",".join(map(str, many["from"]))
        ends = ("%d, %s" % (many["to"], start)) if backward else ("%s, %d" % (start, many["to"]))
        rows, took = self.cluster.ask("SELECT start_vid, end_vid, agg_cost FROM pgr_dijkstraCost('%s', %s)"
                                      % (BACKWARD if backward else FORWARD, ends))
        costs = {int(row[1 if backward else 0]): float(row[2]) for row in rows}
        ours = {junction: ms for junction, ms in many["found"]}
        for junction in set(many["from"]) - {many["to"]}:
            self.compare("%d to %d" % (junction, many["to"]), ours.get(junction, -1), costs.get(junction))
        return took


def line(what, ours_us, theirs_ms):
    print("  %-44s  %12.1f  %14.1f  %10.0f" % (what, ours_us, theirs_ms * 1000, theirs_ms * 1000 / ours_us), flush=True)


def bench(network):
    asked = network.asked
    print("%s: %d junctions, %d edges, without rules for turning; load %s" %
          (asked["what"], asked["junctions"], asked["edges"], " ".join("%.1f" % load for load in os.getloadavg())))
    print("  what                                              ours us    pgRouting us    x faster")
    line("one to one (pgr_dijkstra), p50 of %d" % len(asked["one"]), asked["one_us"], statistics.median(network.one_to_one()))
    for many in asked["many"]:
        if many["count"] <= 100:
            line("%d to 1 (pgr_dijkstraCost)" % many["count"], many["us"], network.many_to_one(many, False))
        line("%d to 1 (the same, 1 to %d backwards)" % (many["count"], many["count"]), many["us"],
             network.many_to_one(many, True))
    print("  %d costs compared, all equal" % network.compared)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = os.path.abspath(sys.argv[1])
    programs = find_server()
    if not programs:
        print("pgRouting: skipped: postgresql-15-pgrouting is not installed (sh tools/install.sh bench)")
        return
    below = os.path.abspath(os.environ.get("BENCH_DIR", os.path.join(build, "bench-data")))
    os.makedirs(below, exist_ok=True)
    with Cluster(programs, below) as cluster:
        print("pgRouting in %s, beside ours; the same questions, every cost compared" % programs)
        for name in NETWORKS:
            folder = tempfile.mkdtemp(prefix="edges-", dir=below)
            try:
                made = subprocess.run([os.path.join(build, "bench", "bench-edges"), "--network=" + name, folder],
                                      env=dict(os.environ, BENCH_DIR=below))
                if made.returncode == SKIPPED:
                    continue
                if made.returncode != 0:
                    die("bench-edges ended with %d" % made.returncode)
                bench(Network(cluster, folder))
            finally:
                shutil.rmtree(folder)


if __name__ == "__main__":
    main()
