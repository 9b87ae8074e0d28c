"""Two desks, one unit, the same instant: one wins, the other is told who and when.

Each race: two cases, two dispatchers on two connections in two processes, both assign the same unit.  Exactly
one 201 and one 409 `unit-taken` whose detail and members name unit, case, operator and time; then the winner's
assignment is cancelled and the unit is free for the next race.   RACES=10000 python3 races.py build/.../bellman"""
import multiprocessing
import os
import sys
import time

from desk import Desk, Wire, open_case, request_bytes

CASES_EACH = 50  # races per pair of cases; then the unit row is read, too


class Racer:
    """One dispatcher with a connection, told by pipe what to race for."""

    def __init__(self, port, token):
        self.wire, self.token = Wire(port), token

    def call(self, method, path, body, match=None):
        headers = {"Authorization": "Bearer " + self.token}
        if match is not None:
            headers["If-Match"] = '"%d"' % match
        self.wire.send(request_bytes(method, path, body, headers))
        return self.wire.receive(method, path)


def race(port, token, pipe, gate):
    """The second process: waits at the gate, then fires."""
    racer = Racer(port, token)
    while True:
        job = pipe.recv()
        if job is None:
            return
        data = request_bytes("POST", "/v1/cases/%s/assignments" % job["case"], {"units": [job["unit"]]},
                             {"Authorization": "Bearer " + token, "If-Match": '"%d"' % job["version"]})
        gate.wait()
        racer.wire.send(data)
        answer = racer.wire.receive()
        pipe.send((answer.status, answer.json()))


def check(problems, number, sides, operators, unit, call_sign, began_ms):
    """Both answers of one race; gives the index of the winner, or None."""
    won = [i for i in (0, 1) if sides[i][0] == 201]
    lost = [i for i in (0, 1) if sides[i][0] == 409]
    if len(won) != 1 or len(lost) != 1:
        problems.append("race %d: answers %s" % (number, sides))
        return won[0] if won else None
    told = sides[lost[0]][1]
    winner_case = sides[won[0]][1]["case"]["id"]
    expected = {"code": "unit-taken", "status": 409, "field": "units", "unit": unit, "case": winner_case,
                "operator": operators[won[0]]}
    for name, value in expected.items():
        if told.get(name) != value:
            problems.append("race %d: the loser was told %s=%r, not %r" % (number, name, told.get(name), value))
    if not isinstance(told.get("at_ms"), int) or not began_ms - 1000 <= told["at_ms"] <= time.time() * 1000 + 1000:
        problems.append("race %d: the loser was told at_ms=%r" % (number, told.get("at_ms")))
    for words in (call_sign, "case " + winner_case, "operator " + operators[won[0]], "Z; choose"):
        if words not in told["detail"]:
            problems.append("race %d: %r is not in the detail %r" % (number, words, told["detail"]))
    return won[0]


def run(desk, races):
    people = [desk.operator("200%d" % i, ["dispatcher"]) for i in (1, 2)]
    operators = [person.operator for person in people]
    unit = desk.unit("RACE-1")
    mine = Racer(desk.port, people[0].token)
    here, there = multiprocessing.Pipe()
    gate = multiprocessing.Barrier(2)
    other = multiprocessing.Process(target=race, args=(desk.port, people[1].token, there, gate), daemon=True)
    other.start()
    problems, wins, told = [], [0, 0], 0
    cases, versions = [], []
    began = time.monotonic()
    for number in range(races):
        if number % CASES_EACH == 0:
            made = [open_case(people[0]) for _ in (0, 1)]
            cases, versions = [row["id"] for row in made], [row["version"] for row in made]
        turn = number % 2  # who has which case
        pair = (0, 1) if turn == 0 else (1, 0)
        began_ms = time.time() * 1000
        here.send({"case": cases[pair[1]], "unit": unit, "version": versions[pair[1]]})
        data = request_bytes("POST", "/v1/cases/%s/assignments" % cases[pair[0]], {"units": [unit]},
                             {"Authorization": "Bearer " + mine.token, "If-Match": '"%d"' % versions[pair[0]]})
        gate.wait()
        mine.wire.send(data)
        answer = mine.wire.receive()
        sides = [(answer.status, answer.json()), here.recv()]
        won = check(problems, number, sides, operators, unit, "RACE-1", began_ms)
        if won is None or len(problems) > 20:
            break
        told += sides[1 - won][0] == 409
        wins[won] += 1
        # One winner makes one assignment, so their ids count the races; cancelling raises the case's version.
        if number % CASES_EACH == 0:
            row = mine.call("GET", "/v1/units?limit=1", None).json()["rows"][0]
            if (row["id"], row["case"], row["assignment"]) != (unit, cases[pair[won]], str(number + 1)):
                problems.append("race %d: the unit's row is %s" % (number, row))
        freed = mine.call("POST", "/v1/assignments/%d/status" % (number + 1),
                          {"from": "assigned", "to": "cancelled", "reason": "not_needed"})
        if freed.status != 200:
            problems.append("race %d: cancelling: %r" % (number, freed))
            break
        versions[pair[won]] = sides[won][1]["case"]["version"] + 1
    took = time.monotonic() - began
    here.send(None)
    other.join(10)
    done = sum(wins)
    print("races %d, one winner each: %d (first desk %d, second desk %d), losers told who and when: %d, %.1f s, %.0f races/s"
          % (races, done, wins[0], wins[1], told, took, done / took))
    return problems, done, wins


def main():
    races = int(os.environ.get("RACES", "2000"))
    with Desk() as desk:
        desk.start()
        desk.set_up()
        problems, done, wins = run(desk, races)
        for problem in problems[:20]:
            print("FAILED: " + problem)
        if min(wins) == 0:
            problems.append("one desk won always: that was no race")
            print("FAILED: " + problems[-1])
    good = done == races and not problems
    print("%d passed, %d failed, 0 skipped" % (good, not good))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
