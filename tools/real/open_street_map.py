"""Roads from OpenStreetMap: Heidelberg's travel times, and Manhattan with its ambulance stations and hospitals."""
import csv
import heapq
import io
import math
import os
import random
import subprocess
import zipfile

from common import CALLERS, Caller, Failed, Flow, Meter, Missing, Server, classes_of, percentile, seconds, table
from new_york import REQUESTS, Play, Request, check

HEIDELBERG = "roads/heidelberg.osm.pbf"
PAIRS, SEED = 1000, 1
BY_COMMAND = 20  # of the pairs, so many are asked of `bellman roads eta`, too
FAR_M = 10000  # the extract follows a railway and some roads far out of the town, in pieces that do not meet
FASTEST_MPS = 160 / 3.6  # no way may be faster than this

MANHATTAN = "ems/manhattan/%s"
SOURCES_COMPARED, TARGETS_COMPARED = 20, 25  # ways that are also looked for in the road graph of the ambulance model
DAY_MS = 86400000.0
TRANSPORTS_AT_ONCE = 4  # fewer than ambulances, so that somebody is always free


def distance_m(a, b):
    """Great-circle metres."""
    lat_a, lon_a, lat_b, lon_b = (math.radians(value) for value in (*a, *b))
    h = math.sin((lat_b - lat_a) / 2) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin((lon_b - lon_a) / 2) ** 2
    return 2 * 6371008.8 * math.asin(math.sqrt(h))


def wrong_way(start, end, way):
    """What cannot be right about a way by road, in words; None when nothing."""
    straight = distance_m(start, end)
    if way["length_m"] + 1 < distance_m(way["points"][0], way["points"][-1]):
        return "shorter than the straight line between its own ends"
    if way["travel_ms"] > 0 and way["length_m"] / (way["travel_ms"] / 1000.0) > FASTEST_MPS:
        return "%.0f km/h on average" % (way["length_m"] / (way["travel_ms"] / 1000.0) * 3.6)
    if len(way["points"]) != len(way["at_ms"]) or way["at_ms"] != sorted(way["at_ms"]) or way["at_ms"][-1] != way["travel_ms"]:
        return "its times do not rise to the travel time"
    drawn = sum(distance_m(a, b) for a, b in zip(way["points"], way["points"][1:]))
    if abs(drawn - way["length_m"]) > 0.01 * way["length_m"] + 20:
        return "drawn %.0f m long, said to be %.0f m (straight %.0f m)" % (drawn, way["length_m"], straight)
    return None


# --- Heidelberg -----------------------------------------------------------------------------------------

def nodes_of(path, count, seed):
    """Random nodes of the file (of roads, paths and houses alike), drawn from a seed; and how many it has."""
    listed = subprocess.run(["osmium", "cat", path, "-t", "node", "-f", "opl", "-o", "-"], capture_output=True, check=True).stdout.decode()
    points = []
    for line in listed.split("\n"):
        fields = {field[0]: field[1:] for field in line.split(" ") if field}
        if fields.get("x") and fields.get("y"):
            points.append((float(fields["y"]), float(fields["x"])))
    return random.Random(seed).choices(points, k=count), len(points)


def ask_pairs(server, boss, roads, pairs, meter):
    """Asks the way of every pair; gives (ways by number, counts of why there was none, what is wrong)."""
    ways, none, wrong, middle = {}, {}, [], [percentile([point[axis] for pair in pairs for point in pair], 0.5) for axis in (0, 1)]

    def task(number, start, end):
        def work(caller):
            answer = caller.ask("way", "/v1/roads/eta?from=%s,%s&to=%s,%s" % (*start, *end))
            if answer.status != 200:
                raise Failed(repr(answer))
            way = answer.json()
            if way["basis"] == "road" and way["travel_ms"] is not None:
                ways[number] = way
                why = wrong_way(start, end, way)
                if why:
                    wrong.append("%s to %s: %s" % (start, end, why))
            else:
                far = max(distance_m(point, middle) for point in (start, end)) > FAR_M
                reason = (way["reason"] or "no reason given") + (", one end %d km or more from the middle" % (FAR_M / 1000) if far else "")
                none[reason] = none.get(reason, 0) + 1
        return work

    flow = Flow()
    for number, (start, end) in enumerate(pairs):
        flow.add((number,), task(number, start, end))
    flow.run([Caller(boss, meter) for _ in range(CALLERS)])
    for number, (start, end) in list(enumerate(pairs))[:BY_COMMAND]:
        code, out, err = server.desk.run("roads", "eta", roads, "%s,%s" % start, "%s,%s" % end)
        said = int(out) if code == 0 else None
        if said != (ways[number]["travel_ms"] if number in ways else None):
            wrong.append("%s to %s: %s over HTTP, %s by `roads eta` (%s)" % (start, end, ways.get(number, {}).get("travel_ms"), said, err.strip()))
    return ways, none, wrong


def heidelberg(data, binary, keep=False, most=None):
    path = data.path(HEIDELBERG)
    count = min(PAIRS, most or PAIRS)
    drawn, nodes = nodes_of(path, 2 * count, SEED)
    pairs = list(zip(drawn[::2], drawn[1::2]))
    with Server(binary, "heidelberg", keep) as server:
        roads, imported, _ = server.import_roads(path)
        boss, meter = server.start("--roads", roads), Meter()
        ways, none, wrong = ask_pairs(server, boss, roads, pairs, meter)
        server.desk.stop()
    times = [way["travel_ms"] for way in ways.values()]
    lengths = [way["length_m"] for way in ways.values()]
    asked = meter.questions["way"]
    table("Heidelberg from OpenStreetMap: travel times between random nodes of the file (%d nodes, seed %d)" % (nodes, SEED), imported + [
        ("pairs asked", len(pairs)), ("with a way", len(ways)),
    ] + [("  none: " + reason, value) for reason, value in sorted(none.items())] + [
        ("travel time", "median %s, p90 %s, most %s" % (seconds(percentile(times, 0.5)), seconds(percentile(times, 0.9)), seconds(max(times, default=None)))),
        ("length", "median %.1f km, p90 %.1f km" % ((percentile(lengths, 0.5) or 0) / 1000, (percentile(lengths, 0.9) or 0) / 1000)),
        ("also by `roads eta`", "%d pairs, the same answers" % min(BY_COMMAND, len(pairs))),
        ("a question, with its geometry", "p50 %.1f, p99 %.1f ms, %d at once" % (percentile(asked, 0.5), percentile(asked, 0.99), CALLERS)),
    ])
    if wrong or not ways:
        raise Failed("Heidelberg: %d ways are not as they should be:\n  %s" % (len(wrong), "\n  ".join(wrong[:20])))


# --- Manhattan ------------------------------------------------------------------------------------------

def listed(data, name):
    """The rows of a file whose first line names its table and whose second names its columns."""
    with open(data.path(MANHATTAN % name), encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    return [dict(zip(lines[1], line)) for line in lines[2:] if line and line[0]]


class Transports(Play):
    """Every request is taken for a person who must go to hospital: the nearest ambulance, then the nearest hospital by road, then home."""

    def __init__(self, boss, requests, stations, ambulances, hospitals):
        super().__init__(boss, requests, {})
        self.stations, self.ambulances, self.hospitals = stations, ambulances, hospitals
        self.home, self.to_hospital = {}, []

    def roster(self):
        def place(kind, name, row):
            return self.boss.ok("POST", "/v1/places", {"kind": kind, "name": name, "jurisdiction": "1", "lat": float(row["y"]), "lon": float(row["x"])},
                                key=True)["place"]["id"]
        made = {row["index"]: (place("station", "Station %s" % row["index"], row), (float(row["y"]), float(row["x"]))) for row in self.stations}
        for row in self.hospitals:
            row["place"] = place("facility", row["Name"], row)
        for row in self.ambulances:
            station, point = made[row["stationIndex"]]
            unit = self.boss.ok("POST", "/v1/units", {"call_sign": "Ambulance %s" % row["index"], "kind": "ambulance", "jurisdiction": "1",
                                                      "station": station, "capabilities": "ambulance als"}, key=True)["unit"]["id"]
            self.boss.ok("PATCH", "/v1/units/" + unit, {"duty": "on_duty"}, key=True)
            self.home[unit] = point

    def close(self, request):
        def work(caller):
            ways = []
            for row in self.hospitals:
                way = caller.ask("way", "/v1/roads/eta?from=%s,%s&to=%s,%s" % (*request.place, row["y"], row["x"])).json()
                if way["basis"] == "road" and way["travel_ms"] is not None:
                    ways.append((way["travel_ms"], row))
            if not ways:
                self.add("no hospital in reach")
            for assignment, unit, _ in request.sent:
                if ways:
                    travel_ms, row = min(ways, key=lambda pair: pair[0])
                    with self.lock:
                        self.to_hospital.append(travel_ms)
                    self.add("to " + row["Name"])
                    self.status(caller, assignment, "on_scene", "transporting", destination=row["place"])
                    self.position(caller, unit, (float(row["y"]), float(row["x"])))
                    self.status(caller, assignment, "transporting", "at_destination")
                    self.position(caller, unit, self.home[unit])
                self.status(caller, assignment, "at_destination" if ways else "on_scene", "cleared", report_code="done")
            caller.good("close", "POST", "/v1/cases/%s/events" % request.case,
                        {"event": "close", "fields": {"outcome": "solved" if request.sent else "refused"}}, match=request.version)
            self.add("closed")
        return work


def model_times(data, sources, targets, seed):
    """Travel times of the ambulance model's own graph, lights and sirens, by a search of our own: {(from, to): ms or None}."""
    with zipfile.ZipFile(data.path(MANHATTAN % "roads.zip")) as packed:
        files = {name: list(csv.reader(io.TextIOWrapper(packed.open(name), "utf-8", newline=""))) for name in ("nodes.csv", "arcs.csv")}

    def records(name, first):
        rows = files[name]
        header = next(place for place, row in enumerate(rows) if row and row[0] == "index" and row[1] == first)
        return [dict(zip(rows[header], row)) for row in rows[header + 1:] if row and row[0]]

    points = {float(row["index"]): (float(row["y"]), float(row["x"])) for row in records("nodes.csv", "x") if float(row["offRoadAccess"]) == 1}
    arcs = {}
    for row in records("arcs.csv", "fromNode"):
        arcs.setdefault(float(row["fromNode"]), []).append((float(row["toNode"]), float(row["mode_1"]) * DAY_MS))
    drawn, found = random.Random(seed), {}
    for source in drawn.sample(sorted(points), sources):
        times, queue = {}, [(0.0, source)]
        while queue:
            time, node = heapq.heappop(queue)
            if node in times:
                continue
            times[node] = time
            for to, more in arcs.get(node, ()):
                if to not in times:
                    heapq.heappush(queue, (time + more, to))
        for target in drawn.sample(sorted(points), targets):
            found[(points[source], points[target])] = times.get(target)
    return found


def compare_with_model(data, caller):
    """Rows for the table: our travel times beside those of a model that others made of the same map."""
    try:
        theirs = model_times(data, SOURCES_COMPARED, TARGETS_COMPARED, SEED)
    except Missing as error:
        return [("the model's own road graph", "left out: %s" % error)]
    ratios, only_theirs, only_ours = [], 0, 0
    for (start, end), time in theirs.items():
        way = caller.ask("way", "/v1/roads/eta?from=%s,%s&to=%s,%s" % (*start, *end)).json()
        ours = way["travel_ms"] if way["basis"] == "road" else None
        only_theirs += ours is None and time is not None
        only_ours += ours is not None and time is None
        if ours and time:
            ratios.append(ours / time)
    return [("ours / the ambulance model's times", "median %.2f, p10 %.2f, p90 %.2f over %d ways; a way only there: %d, only here: %d"
             % (percentile(ratios, 0.5), percentile(ratios, 0.1), percentile(ratios, 0.9), len(ratios), only_theirs, only_ours))]


def manhattan(data, binary, keep=False, most=None):
    stations, ambulances, hospitals = (listed(data, name) for name in ("stations_1.csv", "ambulances_1.csv", "hospitals_1.csv"))
    archive = data.path(MANHATTAN % "manhattan_roads_osm.zip")
    requests = [Request(fields, number) for number, fields in enumerate(data.rows(REQUESTS))]
    requests = [request for request in requests if request.place and request.fields["Borough"] == "MANHATTAN"][:most]
    for request in requests:
        request.class_code = "medical"
    with Server(binary, "manhattan", keep) as server:
        with zipfile.ZipFile(archive) as packed:
            name = packed.namelist()[0]
            packed.extract(name, server.folder)
        roads, imported, _ = server.import_roads(os.path.join(server.folder, name))
        boss = server.start("--roads", roads)
        boss.ok("POST", "/v1/classes", classes_of("911.json"), key=True)
        play = Transports(boss, requests, stations, ambulances, hospitals)
        play.roster()
        play.plan().run([Caller(boss, play.meter) for _ in range(TRANSPORTS_AT_ONCE)])
        wrong = check(play)
        compared = compare_with_model(data, Caller(boss, Meter()))
        play.mirror.close()
        verified = server.end_and_verify()
    report(play, imported, compared, verified)
    if wrong:
        raise Failed("Manhattan: %d things are not as they should be:\n  %s" % (len(wrong), "\n  ".join(wrong[:20])))


def report(play, imported, compared, verified):
    count, travel = play.count, [ms for ms, _, basis in play.travel if basis == "road"]
    table("Manhattan from OpenStreetMap: the NYC requests there, each taken for a person who must go to hospital", imported + [
        ("stations / ambulances / hospitals", "%d / %d / %d" % (len(play.stations), len(play.ambulances), len(play.hospitals))),
        ("cases / dispatched / closed", "%d / %d / %d" % (count["cases"], count.get("dispatched", 0), count.get("closed", 0))),
    ] + [("  " + name, value) for name, value in sorted(count.items()) if name.startswith("basis")]
        + [("refused: " + name, value) for name, value in sorted(play.refused.items())] + [
        ("nearest free ambulance", "median %s, p90 %s, most %s" % (seconds(percentile(travel, 0.5)), seconds(percentile(travel, 0.9)), seconds(max(travel, default=None)))),
        ("  mean speed along those ways", "median %.0f km/h" % (percentile([m / ms * 3600 for ms, m, basis in play.travel if basis == "road" and ms and m], 0.5) or 0)),
        ("scene to the nearest hospital", "median %s, p90 %s, most %s; none in reach: %d"
         % (seconds(percentile(play.to_hospital, 0.5)), seconds(percentile(play.to_hospital, 0.9)), seconds(max(play.to_hospital, default=None)),
            count.get("no hospital in reach", 0))),
    ] + [("  " + name, value) for name, value in sorted(count.items(), key=lambda pair: -pair[1]) if name.startswith("to ")]
        + [("recommendation = plain question", "%d different of %d" % (len(play.different), count.get("units sent", 0)))] + compared
        + play.meter.rows(TRANSPORTS_AT_ONCE) + verified)
