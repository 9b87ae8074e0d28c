"""New York: real requests on the real roads of the same city, from the first contact to the closed case.

The requests are 311 requests - many of them handled by police, none of them an emergency call - so they stand in for one: the times and places are
real, the urgency is not.  Paper matters are referred, as a duty desk would; the rest gets a patrol or a works crew.  Units stand at the
centres of community boards, which are the means of the requests there; crews are simulated and drive in no time.
"""
import threading

from common import CALLERS, Caller, Failed, Flow, Meter, Mirror, Server, all_rows, at_ms, classes_of, desk, percentile, seconds, table

GRAPH, POINTS, REQUESTS = "roads/USA-road-t.NY.gr.gz", "roads/USA-road-d.NY.co.gz", "cases/nyc311_2019.csv.gz"
UNIT_US = 3600  # one time unit of the file is 3.6 ms (distance in 0.1 m divided by 1.0 on the fastest class, taken as 100 km/h)
CREWS = (("A", "car", "police"), ("B", "car", "police foot_patrol mediation"), ("W", "other", "utility"))  # at every community board
RACES_MOST = 20  # another desk took the unit between recommendation and dispatch: asked again so many times

BY_AGENCY = {"NYPD": "help", "TLC": "help", "DCA": "help", "DEP": "utility", "DOT": "utility", "HPD": "utility", "DOB": "utility", "DPR": "utility",
             "DSNY": "utility", "DOHMH": "utility", "EDC": "noise"}
BY_TYPE = {"Blocked Driveway": "road_hazard", "Illegal Parking": "road_hazard", "Derelict Vehicle": "road_hazard", "Derelict Vehicles": "road_hazard",
           "Traffic": "road_hazard", "Traffic Signal Condition": "road_hazard", "Highway Condition": "road_hazard",
           "Drug Activity": "disturbance", "Panhandling": "disturbance", "Urinating in Public": "disturbance", "Vending": "disturbance",
           "Animal Abuse": "animal", "Animal in a Park": "animal", "Hazardous Materials": "hazmat", "Industrial Waste": "hazmat",
           "Food Poisoning": "medical_minor", "Electronics Waste Appointment": "referral", "Request Large Bulky Item Collection": "referral",
           "DCA / DOH New License Application Request": "referral", "HPD Literature Request": "referral", "New Tree Request": "referral",
           "Ferry Inquiry": "referral"}


def class_of(fields):
    kind = fields["Complaint Type"]
    if kind.startswith("Noise"):
        return "noise"
    return BY_TYPE.get(kind) or BY_AGENCY.get(fields["Agency"], "referral")


class Request:
    def __init__(self, fields, number):
        self.fields, self.number = fields, number
        self.key = fields["Unique Key"]
        self.created = at_ms(fields["Created Date"], -5)
        self.place = (float(fields["Latitude"]), float(fields["Longitude"])) if fields["Latitude"] else None
        self.class_code = class_of(fields)
        self.case, self.version, self.sent = None, None, []


def boards_of(requests):
    """Community boards with the mean of their requests' places."""
    points = {}
    for request in requests:
        board = request.fields["Community Board"]
        if request.place and "Unspecified" not in board:
            points.setdefault(board, []).append(request.place)
    return {board: (sum(p[0] for p in there) / len(there), sum(p[1] for p in there) / len(there)) for board, there in points.items()}


class Play:
    def __init__(self, boss, requests, boards):
        self.boss, self.requests, self.boards = boss, requests, boards
        self.meter, self.mirror = Meter(), Mirror(boss)
        self.lock, self.count, self.refused = threading.Lock(), {}, {}
        self.travel, self.board_of, self.different, self.last_seen = [], {}, [], {}

    def add(self, name, count=1, to=None):
        with self.lock:
            to = self.count if to is None else to
            to[name] = to.get(name, 0) + count

    def roster(self):
        positions = []
        for board, (lat, lon) in sorted(self.boards.items()):
            place = self.boss.ok("POST", "/v1/places", {"kind": "station", "name": board, "jurisdiction": "1", "lat": lat, "lon": lon}, key=True)["place"]["id"]
            for letter, kind, capabilities in CREWS:
                unit = self.boss.ok("POST", "/v1/units", {"call_sign": "%s %s" % (board, letter), "kind": kind, "jurisdiction": "1", "station": place,
                                                          "capabilities": capabilities}, key=True)["unit"]["id"]
                self.boss.ok("PATCH", "/v1/units/" + unit, {"duty": "on_duty"}, key=True)
                self.board_of[unit] = board
                positions.append({"unit": unit, "lat": lat, "lon": lon})
        taken = self.boss.ok("POST", "/v1/positions", {"positions": positions})
        if taken["taken"] != len(positions) or taken["refused"]:
            raise Failed("positions: %s" % taken)

    # --- one request, step by step

    def open(self, request):
        def work(caller):
            lat, lon = request.place
            contact = caller.good("contact", "POST", "/v1/contacts", {"channel": "call", "answered": True, "lat": lat, "lon": lon,
                                                                      "text": request.fields["Descriptor"]})["contact"]["id"]
            body = {"class": request.class_code, "contact": contact, "lat": lat, "lon": lon, "address": request.fields["Incident Address"],
                    "description": request.fields["Complaint Type"] + ": " + request.fields["Descriptor"]}
            case = caller.good("open", "POST", "/v1/cases", body)["case"]
            request.case, request.version = case["id"], case["version"]
            self.add("cases")
        return work

    def dispatch(self, request):
        def work(caller):
            for _ in range(RACES_MOST):
                answer = caller.ask("recommendation", "/v1/cases/%s/recommendation" % request.case)
                if answer.status != 200:
                    said = answer.json()
                    why = "%s: %s" % (said["code"], said["detail"])
                    self.add("recommendation " + (why if request.class_code != "referral" else "not-possible: the class has no plan (referred)"), to=self.refused)
                    return
                found = answer.json()
                chosen = list(dict.fromkeys(unit["unit"] for unit in found["units"] if unit["chosen"]))
                if not chosen:
                    lacking = ", ".join(need["capability"] for need in found["needs"] if need["short"])
                    self.add("recommendation: nobody to send (%s needs %s)" % (request.class_code, lacking), to=self.refused)
                    return
                answer = caller.send("dispatch", "POST", "/v1/cases/%s/assignments" % request.case,
                                     {"units": chosen, "recommendation": found["recommendation"]}, match=request.version)
                if answer.status == 201:
                    self.sent(request, found, chosen, answer.json())
                    return
                self.add("dispatch %s (asked again)" % answer.json()["code"], to=self.refused)
                if answer.json()["code"] not in ("unit-taken", "stale-version"):
                    raise Failed("dispatch refused: %r" % answer)
                if answer.json()["code"] == "stale-version":
                    request.version = answer.json()["version"]
            raise Failed("case %s: the unit was taken %d times" % (request.case, RACES_MOST))
        return work

    def sent(self, request, found, chosen, answer):
        self.mirror.reach(answer["seq"])
        request.version = answer["case"]["version"]
        units = {unit["unit"]: unit for unit in found["units"] if unit["chosen"]}
        request.sent = [(self.mirror.of_case[(request.case, unit)], unit, units[unit]) for unit in chosen]
        self.add("dispatched")
        self.add("units sent", len(chosen))
        self.add("basis %s%s" % (found["basis"], " (%s)" % found["basis_reason"] if found["basis_reason"] else ""))
        short = sum(need["short"] for need in found["needs"])
        if short:
            self.add("dispatched with a shortfall")
        first = min(units.values(), key=lambda unit: unit["travel_ms"])
        with self.lock:
            self.travel.append((first["travel_ms"], first["length_m"], first["basis"]))
        if self.board_of.get(first["unit"]) == request.fields["Community Board"]:
            self.add("sent from the board of the request")

    def drive(self, request):
        """Every crew signs on, leaves, is seen half-way and at the scene, and arrives."""
        def work(caller):
            lat, lon = request.place
            for assignment, unit, chosen in request.sent:
                at = chosen["position"]
                way = caller.ask("way", "/v1/roads/eta?from=%s,%s&to=%s,%s&profile=emergency" % (at["lat"], at["lon"], lat, lon)).json()
                self.compare(request, chosen, way)
                self.status(caller, assignment, "assigned", "acknowledged")
                self.status(caller, assignment, "acknowledged", "en_route")
                points = way.get("points") or []
                half = points[len(points) // 2] if points else [lat, lon]
                for point in (half, [lat, lon]):
                    self.position(caller, unit, point)
                self.status(caller, assignment, "en_route", "on_scene")
        return work

    def compare(self, request, chosen, way):
        """The recommendation and the plain question must name one travel time for one way."""
        if way["basis"] != chosen["basis"] or way["travel_ms"] != chosen["travel_ms"]:
            with self.lock:
                self.different.append("case %s, unit %s: %s %s in the recommendation, %s %s asked plainly"
                                      % (request.case, chosen["call_sign"], chosen["basis"], chosen["travel_ms"], way["basis"], way["travel_ms"]))

    def status(self, caller, assignment, before, to, **more):
        caller.good("status", "POST", "/v1/assignments/%s/status" % assignment, dict({"from": before, "to": to}, **more))

    def position(self, caller, unit, point):
        """The device's time is given, and later than the last: what takes minutes takes no time here."""
        at = max(desk.now_ms(), self.last_seen.get(unit, (0,))[0] + 1)
        self.last_seen[unit] = (at, point[0], point[1])  # a unit is on one case, so only one thread speaks for it
        answer = caller.good("position", "POST", "/v1/positions", {"positions": [{"unit": unit, "lat": point[0], "lon": point[1], "at_ms": at}]})
        self.add("positions taken", answer["taken"])
        self.add("positions superseded", answer["superseded"])
        if answer["refused"]:
            raise Failed("position refused: %s" % answer)

    def close(self, request):
        def work(caller):
            for assignment, _, _ in request.sent:
                self.status(caller, assignment, "on_scene", "cleared", report_code="done")
            outcome = "solved" if request.sent else "transferred"
            caller.good("close", "POST", "/v1/cases/%s/events" % request.case, {"event": "close", "fields": {"outcome": outcome}}, match=request.version)
            self.add("closed")
        return work

    def plan(self):
        flow = Flow()
        for place, request in enumerate(sorted(self.requests, key=lambda request: (request.created, request.number))):
            task = None
            for step, make in enumerate((self.open, self.dispatch, self.drive, self.close)):
                task = flow.add((place, step), make(request), [task])
        return flow


def check(play):
    """What must hold at the end, asked of the desk itself; gives what does not."""
    wrong = list(play.different)
    cases, assignments = all_rows(play.boss, "cases"), all_rows(play.boss, "assignments")
    if len(cases) != play.count["cases"] or any(case["state"] != "closed" for case in cases):
        wrong.append("%d cases in the record, %d of them not closed" % (len(cases), sum(case["state"] != "closed" for case in cases)))
    if len(assignments) != play.count.get("units sent", 0) or any(row["state"] != "cleared" for row in assignments):
        wrong.append("%d assignments in the record, %d units were sent" % (len(assignments), play.count.get("units sent", 0)))
    for row in assignments:
        times = [row[name + "_at_ms"] for name in ("assigned", "acknowledged", "en_route", "on_scene", "cleared")]
        if None in times or times != sorted(times):
            wrong.append("assignment %s: its times are not in order: %s" % (row["id"], times))
    where = {row["unit"]: row for row in play.boss.ok("GET", "/v1/positions")["positions"]}
    for unit, (at, lat, lon) in play.last_seen.items():
        row = where[unit]
        if row["at_ms"] != at or abs(row["lat"] - lat) > 1e-6 or abs(row["lon"] - lon) > 1e-6:
            wrong.append("unit %s was last seen at %s, %s (%s), the desk says %s" % (unit, lat, lon, at, row))
    by_unit = {}
    for row in assignments:
        by_unit.setdefault(row["unit"], []).append((row["made_at_ms"], int(row["id"]), row["cleared_at_ms"]))
    for unit, spans in by_unit.items():
        spans.sort()
        if any(later[0] < earlier[2] for earlier, later in zip(spans, spans[1:])):
            wrong.append("unit %s was on two cases at once" % unit)
    return wrong


def run(data, binary, keep=False, most=None):
    for name in (GRAPH, POINTS, REQUESTS):
        data.path(name)
    requests = [Request(fields, number) for number, fields in enumerate(data.rows(REQUESTS))]
    boards = boards_of(requests)
    placed = [request for request in requests if request.place][:most]
    with Server(binary, "new-york", keep) as server:
        roads, imported, _ = server.import_roads(data.path(GRAPH), "--coordinates", data.path(POINTS), "--unit-us", str(UNIT_US))
        boss = server.start("--roads", roads)
        boss.ok("POST", "/v1/classes", classes_of("911.json"), key=True)
        play = Play(boss, placed, boards)
        play.roster()
        play.plan().run([Caller(boss, play.meter) for _ in range(CALLERS)])
        wrong = check(play)
        play.mirror.close()
        verified = server.end_and_verify()
    report(play, requests, imported, verified)
    if wrong:
        raise Failed("New York: %d things are not as they should be:\n  %s" % (len(wrong), "\n  ".join(wrong[:20])))
    return play


def report(play, requests, imported, verified):
    count = play.count
    travel = [ms for ms, _, basis in play.travel if basis == "road"]
    speeds = [length / (ms / 1000.0) * 3.6 for ms, length, basis in play.travel if basis == "road" and ms and length]
    police = sum(request.fields["Agency"] == "NYPD" for request in play.requests)
    table("New York: 311 requests (no emergencies; %d of these handled by police), played from first contact to closed" % police, imported + [
        ("requests / with coordinates", "%d / %d" % (len(requests), sum(request.place is not None for request in requests))),
        ("units", "%d at %d community boards (means of their requests)" % (len(play.board_of), len(play.boards))),
        ("cases opened / closed", "%d / %d" % (count["cases"], count.get("closed", 0))),
        ("dispatched", "%d cases, %d units; with a shortfall: %d" % (count.get("dispatched", 0), count.get("units sent", 0), count.get("dispatched with a shortfall", 0))),
        ("from the request's own board", count.get("sent from the board of the request", 0)),
    ] + [("  " + name, value) for name, value in sorted(count.items()) if name.startswith("basis")]
        + [("refused: " + name, value) for name, value in sorted(play.refused.items())] + [
        ("travel of the first unit, by road", "median %s, p90 %s, most %s (%d ways)"
         % (seconds(percentile(travel, 0.5)), seconds(percentile(travel, 0.9)), seconds(max(travel, default=None)), len(travel))),
        ("  mean speed along those ways", "median %.0f km/h: the file's times are those of empty roads" % (percentile(speeds, 0.5) or 0)),
        ("recommendation = plain question", "%d different of %d" % (len(play.different), count.get("units sent", 0))),
        ("positions taken / superseded", "%d / %d" % (count.get("positions taken", 0), count.get("positions superseded", 0))),
    ] + play.meter.rows() + verified)
