#!/usr/bin/env python3
"""What the fast tests of the heart reach:   python3 tools/coverage.py [ROOM...]     (make coverage)

Builds with --coverage into build/coverage, runs the tests below, prints lines and branches of each room, and then every
line and branch of src/core (or of the rooms named) that nothing reached.  SEEDS=n lengthens the desk simulator.

A branch that only a broken promise of our own would take (BM_CHECK, BM_NEVER) is not counted: no test can take it and go
on.  docs/coverage.md says why the rest of src/core is left."""
import json
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.path.join(ROOT, "build", "coverage")
ROOMS = ("core", "journal", "chart", "procedure")
# By their names; only those that are programs of the build folder.
TESTS = re.compile(r"core property|regress|refused by the core|who may see what|road closures in the core|paper entered afterwards|callers who let themselves be found|"
                   r"matters in the core|incidents by their procedure|parts of an incident|additions to a calendar|rates|shifts in the core|telephone calls|unit .*|(older )?golden journal.*|"
                   r"desk simulation.*|disk under the journal|store .*|course.*|chart (kernel|property|refused)|procedure .*|"
                   r"clocks .*|fuzz corpus. (calendar_file|command|course|guard|journal_row|procedure|rung|snapshot|yaml|zone|plan|alert)|dispatch plan|outbox.*")
PROMISES = r"^\s*(\}\s*else\s+)?(if \(.*\) )?(BM_CHECK|BM_NEVER)\("


def run(command, **more):
    return subprocess.run(command, check=True, **more)


def build():
    if not shutil.which("gcovr"):
        sys.exit("gcovr is missing: sh tools/install.sh coverage")
    env = dict(os.environ)
    if "CC" not in env and shutil.which("ccache"):
        env.update(CC="ccache gcc", CCACHE_BASEDIR=ROOT, CCACHE_NOHASHDIR="1")
    if not os.path.exists(os.path.join(OUT, "build.ninja")):
        run(["meson", "setup", OUT, ROOT, "--buildtype=debug", "-Doptimization=0", "-Db_coverage=true", "-Dbench=false",
             "-Dpassword_work=least"], env=env, stdout=subprocess.DEVNULL)
    known = json.loads(subprocess.check_output(["meson", "introspect", "--tests", OUT]))
    wanted = [test for test in known if TESTS.fullmatch(test["name"]) and test["cmd"][0].startswith(OUT)]
    run(["ninja", "-C", OUT] + sorted({os.path.relpath(test["cmd"][0], OUT) for test in wanted}), stdout=subprocess.DEVNULL)
    return [test["name"] for test in wanted]


def measure(rooms, tests):
    for folder, _, names in os.walk(OUT):
        for name in names:
            if name.endswith(".gcda"):
                os.remove(os.path.join(folder, name))
    tested = subprocess.run(["meson", "test", "-C", OUT, "--no-rebuild", "--timeout-multiplier", "10"] + tests,
                            stdout=subprocess.PIPE, text=True, check=False)
    if tested.returncode:
        sys.exit(tested.stdout[-3000:])
    report = os.path.join(OUT, "coverage.json")
    run(["gcovr", "--root", ROOT, "--object-directory", OUT, "--gcov-ignore-parse-errors", "--exclude-unreachable-branches",
         "--exclude-lines-by-pattern", PROMISES, "--exclude-branches-by-pattern", PROMISES, "--json", report, "--json-pretty"] +
        [word for room in rooms for word in ("--filter", "src/%s/" % room)] + [OUT], cwd=ROOT)
    with open(report, encoding="utf-8") as file:
        return json.load(file)["files"]


def counted(lines):
    """lines reached and all, branches reached and all"""
    lines = [line for line in lines if not line.get("gcovr/noncode")]
    branches = [branch for line in lines for branch in line["branches"]]
    return (sum(1 for line in lines if line["count"]), len(lines), sum(1 for branch in branches if branch["count"]), len(branches))


def percent(part, whole):
    return "%6.2f %%" % (100.0 * part / whole) if whole else "      -"


def show(rooms, files):
    print("room        lines                 branches")
    for room in rooms:
        sums = [sum(column) for column in zip(*(counted(file["lines"]) for file in files if file["file"].startswith("src/%s/" % room)))]
        print("%-10s %6d of %6d %s %6d of %6d %s" % (room, sums[0], sums[1], percent(*sums[:2]), sums[2], sums[3], percent(*sums[2:])))


def list_left(files, room):
    for file in sorted(files, key=lambda each: each["file"]):
        if not file["file"].startswith("src/%s/" % room):
            continue
        with open(os.path.join(ROOT, file["file"]), encoding="utf-8") as source:
            text = source.read().split("\n")
        for line in file["lines"]:
            if line.get("gcovr/noncode"):
                continue
            missed = sum(1 for branch in line["branches"] if not branch["count"])
            if line["count"] and not missed:
                continue
            what = "branch %d/%d" % (missed, len(line["branches"])) if line["count"] else "line      "
            print("%s:%d: %s %s" % (file["file"], line["line_number"], what, re.sub(r"\s+", " ", text[line["line_number"] - 1]).strip()))


def main():
    asked = sys.argv[1:] or ["core"]
    rooms = list(ROOMS) + [room for room in asked if room not in ROOMS]
    files = measure(rooms, build())
    for room in asked:
        list_left(files, room)
    show(rooms, files)
    sums = [sum(column) for column in zip(*(counted(file["lines"]) for file in files if file["file"].startswith("src/core/")))]
    print("coverage: core lines=%d/%d branches=%d/%d" % tuple(sums))


if __name__ == "__main__":
    main()
