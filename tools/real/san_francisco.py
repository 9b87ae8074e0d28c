"""San Francisco's week: 7,704 unit rows replayed as status history.

Every report goes to the desk with the time it has in the file, in the order in which it happened.  What the desk should make of it
is worked out here a second time, from DESIGN.md section 3 alone, and compared answer by answer; at the end every assignment of the
record is compared with its row of the file.
"""
import threading

from common import CALLERS, Caller, Failed, Flow, Meter, Mirror, Server, all_rows, at_ms, classes_of, percentile, seconds, table

FILE = "calls/sf_fire_2016_units.csv.gz"
PACIFIC = -8  # a week in winter
HELD_BACK_EVERY = 40  # of the rows that allow it, so many-th: its en-route report reaches the desk after on-scene

# The file's columns and the states they mean, in the order of a unit's life.
STEPS = (("Response DtTm", "en_route"), ("On Scene DtTm", "on_scene"), ("Transport DtTm", "transporting"),
         ("Hospital DtTm", "at_destination"), ("Available DtTm", "cleared"))
ORDER = ["assigned", "acknowledged"] + [state for _, state in STEPS]
KINDS = {"ENGINE": "fire_engine", "TRUCK": "ladder", "MEDIC": "ambulance", "PRIVATE": "ambulance", "CHIEF": "car",
         "RESCUE CAPTAIN": "car", "INVESTIGATION": "car"}
CLASSES = {"Medical Incident": "medical", "Alarms": "fire_alarm", "Structure Fire": "fire", "Traffic Collision": "traffic_injury",
           "Other": "assist", "Outside Fire": "outside_fire", "Citizen Assist / Service Call": "assist",
           "Electrical Hazard": "power", "Water Rescue": "drowning", "Elevator / Escalator Rescue": "trapped",
           "Gas Leak (Natural and LP Gases)": "gas", "Vehicle Fire": "vehicle_fire", "Confined Space / Structure Collapse": "collapse",
           "Odor (Strange / Unknown)": "gas", "Industrial Accidents": "trapped", "Fuel Spill": "hazmat", "HazMat": "hazmat",
           "Smoke Investigation (Outside)": "outside_fire"}
OUTCOMES = {"No Merit": "invalid", "Cancelled": "withdrawn", "Patient Declined Transport": "refused", "Against Medical Advice": "refused",
            "Unable to Locate": "invalid", "Gone on Arrival": "invalid", "SFPD": "transferred", "CHP": "transferred", "Other": "explained"}


class Expected:
    """What should become of one assignment's reports (DESIGN.md section 3): legal and timely moves it; late but legal fills the
    empty milestone; everything else is impossible and kept as a flagged entry."""

    def __init__(self, dispatched):
        self.state, self.times = "assigned", {"assigned": dispatched}

    def _fits(self, to, when):
        place = ORDER.index(to)
        return all((time <= when) if ORDER.index(other) < place else (when <= time) for other, time in self.times.items())

    def report(self, to, when):
        ahead = ORDER.index(to) > ORDER.index(self.state)
        if ahead and all(time <= when for time in self.times.values()):
            self.state = to
            self.times[to] = when
            return "accepted"
        if not ahead and to not in self.times and to != "cleared" and self._fits(to, when):
            self.times[to] = when
            return "noted late"
        return "kept and flagged"


def got(answer, to, when):
    """What the desk made of a report, read from its answer."""
    row = answer["assignment"]
    if answer["flagged"]:
        return "kept and flagged"
    if row["state"] == to:
        return "accepted"
    return "noted late" if row[to + "_at_ms"] == when else "lost"


class Row:
    """One unit on one call."""

    def __init__(self, fields, number):
        self.fields, self.number = fields, number
        self.name, self.unit, self.call = fields["RowID"], fields["Unit ID"], fields["Call Number"]
        self.received, self.entry = at_ms(fields["Received DtTm"], PACIFIC), at_ms(fields["Entry DtTm"], PACIFIC)
        self.dispatched = at_ms(fields["Dispatch DtTm"], PACIFIC)
        self.times = {state: at_ms(fields[column], PACIFIC) for column, state in STEPS}
        known = [self.received, self.entry, self.dispatched] + [self.times[state] for _, state in STEPS]
        known = [time for time in known if time is not None]
        self.out_of_order = any(earlier > later for earlier, later in zip(known, known[1:]))
        self.assignment, self.expected, self.stacked = None, Expected(self.dispatched), False
        self.made = {}  # step -> what the desk made of it
        self.held_back = False

    def reports(self):
        """(key, from, to, time): as they reach the desk.  None can come before the unit was sent; `from` is the crew's last button."""
        rows, before = [], "assigned"
        for place, (_, state) in enumerate(STEPS):
            when = self.times[state]
            if when is None:
                continue
            late = self.held_back and state == "en_route"
            reaches = self.times["on_scene"] if late else max(when, self.dispatched)
            rows.append(((reaches, self.dispatched, 1, self.number, place + (2 if late else 0), late), before, state, when))
            before = state
        return sorted(rows)


class Replay:
    def __init__(self, rows, boss):
        self.rows, self.boss = rows, boss
        self.meter, self.mirror = Meter(), Mirror(boss)
        self.lock, self.count, self.taken = threading.Lock(), {}, []
        self.unit_ids, self.cases, self.open_units = {}, {}, {}
        self.wrong = []

    def add(self, name, count=1):
        with self.lock:
            self.count[name] = self.count.get(name, 0) + count

    # --- before the week begins

    def roster(self):
        for row in self.rows:
            if row.unit in self.unit_ids:
                continue
            made = self.boss.ok("POST", "/v1/units", {"call_sign": row.unit, "kind": KINDS.get(row.fields["Unit Type"], "other"),
                                                      "jurisdiction": "1"}, key=True)["unit"]["id"]
            self.boss.ok("PATCH", "/v1/units/" + made, {"duty": "on_duty"}, key=True)
            self.unit_ids[row.unit] = made

    # --- what happens

    def open(self, call):
        def work(caller):
            first = call[0]
            lat, lon = (float(text) for text in first.fields["Location"].strip("()").split(","))
            contact = caller.good("contact", "POST", "/v1/contacts", {"channel": "call", "rang_at_ms": first.received,
                                                                      "lat": lat, "lon": lon})["contact"]["id"]
            caller.good("contact", "POST", "/v1/contacts/%s/answer" % contact, {"occurred_at_ms": first.received})
            answer = caller.good("open", "POST", "/v1/cases", {"class": CLASSES[first.fields["Call Type"]], "contact": contact, "lat": lat,
                                                               "lon": lon, "address": first.fields["Address"]})
            self.cases[first.call] = [answer["case"]["id"], answer["case"]["version"]]
            self.add("calls")
        return work

    def send(self, caller, rows, mode):
        """One dispatch command; gives the answer.  When another commitment came first (a unit of this case was diverted
        meanwhile), it is read again and repeated, as a dispatcher does."""
        body = {"units": [self.unit_ids[row.unit] for row in rows], "mode": mode, "occurred_at_ms": rows[0].dispatched}
        while True:
            case, version = self.cases[rows[0].call]
            answer = caller.send("dispatch", "POST", "/v1/cases/%s/assignments" % case, body, match=version)
            if answer.status != 412:
                break
            self.cases[rows[0].call][1] = answer.json()["version"]
            self.add("refused: stale version, repeated")
        if answer.status == 201:
            body = answer.json()
            self.cases[rows[0].call][1] = body["case"]["version"]
            self.mirror.reach(body["seq"])
            for row in rows:
                row.assignment = self.mirror.of_case[(case, self.unit_ids[row.unit])]
                self.open_units[row.unit] = row
            self.add("dispatch commands")
            self.add("assignments", len(rows))
        return answer

    def dispatch(self, rows):
        def work(caller):
            answer = self.send(caller, rows, "assign")
            if answer.status == 201:
                return
            if answer.json().get("code") != "unit-taken":
                raise Failed("dispatch refused: %r" % answer)
            for row in rows:  # one by one: who is free goes, who is not is told apart
                answer = self.send(caller, [row], "assign") if len(rows) > 1 else answer
                if answer.status == 201:
                    continue
                self.add("refused: unit-taken")
                before = self.open_units[row.unit]
                said = answer.json()
                if said.get("case") != self.cases[before.call][0] or said.get("unit") != self.unit_ids[row.unit]:
                    raise Failed("the refusal does not name who has the unit: %r" % answer)
                over = before.times["cleared"] is None
                self.taken.append((row.name, before.name, "no available time: diverted" if over else "on two calls at once: stacked"))
                row.stacked = not over
                again = self.send(caller, [row], "divert" if over else "stack")
                if again.status != 201:
                    raise Failed("refused: %r" % again)
                if not over:
                    self.open_units[row.unit] = before
        return work

    def status(self, row, before, to, when):
        def work(caller):
            if row.stacked:
                return self.stacked_status(caller, row, before, to, when)
            body = {"from": before, "to": to, "occurred_at_ms": when}
            if to == "cleared":
                body["report_code"] = "done"
            answer = caller.good("status", "POST", "/v1/assignments/%s/status" % row.assignment, body)
            expected, made = row.expected.report(to, when), got(answer, to, when)
            row.made[to] = made
            self.add("reports " + made)
            if made != expected:
                with self.lock:
                    self.wrong.append("%s %s -> %s: expected %s, the desk: %s" % (row.name, before, to, expected, made))
        return work

    def stacked_status(self, caller, row, before, to, when):
        """The unit is stacked behind its other call: its reports here are impossible and kept; at the end it is not needed."""
        if to == "cleared":
            caller.good("status", "POST", "/v1/assignments/%s/status" % row.assignment,
                                 {"from": "stacked", "to": "cancelled", "reason": "not_needed", "occurred_at_ms": when})
            self.add("stacked, then not needed")
            return
        answer = caller.good("status", "POST", "/v1/assignments/%s/status" % row.assignment, {"from": before, "to": to, "occurred_at_ms": when})
        self.add("reports of stacked units, kept and flagged")
        if not answer["flagged"]:
            with self.lock:
                self.wrong.append("%s: a stacked unit's %s was not flagged" % (row.name, to))

    def close(self, call):
        def work(caller):
            case, version = self.cases[call[0].call]
            outcome = OUTCOMES.get(call[0].fields["Call Final Disposition"], "solved")
            body = {"event": "close", "fields": {"outcome": outcome}}
            answer = caller.send("close", "POST", "/v1/cases/%s/events" % case, body, match=version)
            if answer.status == 412:
                self.add("refused: stale version, repeated")
                caller.good("close", "POST", "/v1/cases/%s/events" % case, body, match=answer.json()["version"])
            elif answer.status != 200:
                raise Failed("close refused: %r" % answer)
            self.add("calls closed")
        return work

    # --- the week as a graph: a call's own order, and each unit's own order

    def plan(self):
        flow, calls, units = Flow(), {}, {}
        for row in self.rows:
            calls.setdefault(row.call, []).append(row)
        steps = []  # (key, call, unit rows, work, kind)
        for call in calls.values():
            call.sort(key=lambda row: (row.dispatched, row.number))
            groups = {}
            for row in call:
                groups.setdefault(row.dispatched, []).append(row)
            steps.append(((call[0].received, 0, 0, call[0].number), call, [], self.open(call), "commits"))
            for when, group in groups.items():
                steps.append(((when, when, 0, group[0].number), call, group, self.dispatch(group), "commits"))
            for row in call:
                for key, before, to, at in row.reports():
                    steps.append((key, call, [row], self.status(row, before, to, at), "report"))
        steps.sort(key=lambda step: step[0])
        commits, last_of_row = {}, {}
        for key, call, rows, work, kind in steps:
            number = call[0].call
            after = [units.get(row.unit) for row in rows] + [last_of_row.get(row.name) for row in rows]
            if kind == "commits":
                after.append(commits.get(number))
            task = flow.add(key, work, after)
            if kind == "commits":
                commits[number] = task
            for row in rows:
                units[row.unit] = last_of_row[row.name] = task
        for call in calls.values():
            if all(row.times["cleared"] is not None for row in call):
                after = [commits[call[0].call]] + [last_of_row[row.name] for row in call]
                flow.add((max(task["key"] for task in after)[0] + 1, 9, 9, call[0].number, call[0].call), self.close(call), after)
        return flow

    # --- afterwards: the record against the file

    def compare(self):
        by_id = {record["id"]: record for record in all_rows(self.boss, "assignments")}
        different, no_scene, waits = [], 0, []
        for row in self.rows:
            record = by_id.pop(row.assignment)
            no_scene += record["on_scene_at_ms"] is None
            if record["assigned_at_ms"] is not None:
                waits.append(record["assigned_at_ms"] - row.received)
            for state in ORDER:
                wanted = None if row.stacked else row.expected.times.get(state)
                if record[state + "_at_ms"] != wanted:
                    different.append("%s %s: %s in the record, %s by the file" % (row.name, state, record[state + "_at_ms"], wanted))
        different += ["assignment %s is in no row of the file" % id for id in by_id]
        return different, no_scene, waits


def hold_back(rows):
    """Every so-many-th row whose en-route report can come late and still be legal."""
    fit = [row for row in rows if not row.out_of_order and row.times["en_route"] is not None and row.times["on_scene"] is not None
           and row.times["en_route"] < row.times["on_scene"]]
    for row in fit[::HELD_BACK_EVERY]:
        row.held_back = True
    return len(fit[::HELD_BACK_EVERY])


def check_rows(replay, held):
    """What must hold beyond the comparison of every answer; gives what does not."""
    wrong = list(replay.wrong)
    for row in replay.rows:
        if row.out_of_order and "kept and flagged" not in row.made.values() and not row.stacked:
            wrong.append("%s is out of order in the file, and nothing of it was flagged" % row.name)
        if not row.out_of_order and "kept and flagged" in row.made.values():
            wrong.append("%s is in order, and was flagged: %s" % (row.name, row.made))
    noted = replay.count.get("reports noted late", 0)
    if noted != held:
        wrong.append("%d reports were held back, %d were noted late" % (held, noted))
    return wrong


def run(data, binary, keep=False, most=None, spoil=None):
    """Replays the file (at most `most` calls of it); raises Failed when the desk made something else of it.  `spoil` may change what
    is expected before the record is compared: a test proves with it that the comparison can fail."""
    rows = [Row(fields, number) for number, fields in enumerate(data.rows(FILE))]
    if most:
        wanted = set(list(dict.fromkeys(row.call for row in rows))[:most]) | {row.call for row in rows if row.out_of_order}
        rows = [row for row in rows if row.call in wanted]
    held = hold_back(rows)
    with Server(binary, "san-francisco", keep) as server:
        boss = server.start()
        boss.ok("POST", "/v1/classes", classes_of("911.json"), key=True)
        replay = Replay(rows, boss)
        replay.roster()
        replay.plan().run([Caller(boss, replay.meter) for _ in range(CALLERS)])
        if spoil:
            spoil(replay)
        different, no_scene, waits = replay.compare()
        replay.mirror.close()
        wrong = check_rows(replay, held)
        verified = server.end_and_verify()
    report(replay, held, no_scene, waits, verified)
    if wrong or different:
        raise Failed("San Francisco: %d answers and %d times are not as they should be:\n  %s"
                     % (len(wrong), len(different), "\n  ".join((wrong + different)[:20])))
    return replay


def report(replay, held, no_scene, waits, verified):
    rows, count = replay.rows, replay.count
    in_file = sum(row.times["on_scene"] is None for row in rows)
    table("San Francisco Fire Department, 2016-12-31 to 2017-01-07, replayed with the file's own times", [
        ("unit rows / units / calls", "%d / %d / %d" % (len(rows), len(replay.unit_ids), count["calls"])),
        ("assignments made", "%d by %d dispatch commands" % (count["assignments"], count["dispatch commands"])),
        ("reports accepted", count.get("reports accepted", 0)),
        ("reports noted late", "%d (held back by us: %d, for the file has none that arrive late)" % (count.get("reports noted late", 0), held)),
        ("reports kept and flagged", "%d, on %d rows out of order in the file"
         % (count.get("reports kept and flagged", 0), sum(row.out_of_order for row in rows))),
        ("refused: unit-taken", "%d (below)" % count.get("refused: unit-taken", 0)),
        ("refused: stale version", "%d, read again and repeated" % count.get("refused: stale version, repeated", 0)),
        ("reports of stacked units", "%d, kept and flagged" % count.get("reports of stacked units, kept and flagged", 0)),
        ("no on-scene time", "%d in the file; %d null in the record: those, %d flagged and %d of stacked units"
         % (in_file, no_scene, sum(row.made.get("on_scene") == "kept and flagged" for row in rows),
            sum(row.stacked and row.times["on_scene"] is not None for row in rows))),
        ("no available time", "%d rows: never cleared" % sum(row.times["cleared"] is None for row in rows)),
        ("calls closed", "%d; left open: %d" % (count.get("calls closed", 0), count["calls"] - count.get("calls closed", 0))),
        ("received to sent, from the record", "p50 %s, p90 %s (every unit row)" % (seconds(percentile(waits, 0.5)), seconds(percentile(waits, 0.9)))),
    ] + replay.meter.rows() + verified)
    print("\nOut of order in the file, and what the desk made of it:")
    for row in rows:
        if row.out_of_order:
            flagged = ", ".join(state for state in ORDER if row.made.get(state) == "kept and flagged")
            print("  %-16s kept and flagged: %-28s recorded: %s" % (row.name, flagged, ", ".join(state for state in ORDER if row.made.get(state) == "accepted")))
    print("\nRefused because the unit was committed:")
    for name, before, what in sorted(replay.taken):
        print("  %-16s held by %-16s %s" % (name, before, what))
