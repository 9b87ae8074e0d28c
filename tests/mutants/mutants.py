#!/usr/bin/env python3
"""Deliberate faults in the program: each must be found by the checker that it names.

    mutants.py                  all faults, in a copy of the tree below build/mutants; a table at the end
    mutants.py NAME...          these alone (the honest tree is tried with their checkers, too)
    mutants.py --check          whether every patch still applies, and says what it is; seconds

A fault is a file NAME.patch beside this one: two lines that say what it is, then a diff against the tree.

    # fault: what the program does wrong
    # checker: simulator sqlite 200           seeds 1, 2, ... of the desk simulator, at most so many
    # checker: house 40                       the same of the simulation of the whole house
    # checker: property 200                   the same of the core's property test
    # checker: program tests/store/store_verify_test [ARGUMENT...]
    # checker: script tests/api/api_test.py Streams       OUT/... among arguments is a file of the build folder
    # checker: rounds tests/crash/kill_test.py 20

A fault that is not found fails; so does a patch that does not apply or build, and a checker that finds something in the
tree as it is.  The working tree itself is never changed.
"""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
WORK = os.path.join(ROOT, "build", "mutants")
TREE = os.path.join(WORK, "tree")
OUT = os.path.join(WORK, "out")
BELLMAN = "src/cli/bellman"
SIMULATOR = "tests/simulation/desk_sim_test"
HOUSE = "tests/simulation/house_sim_test"
PROPERTY = "tests/property/core_property_test"
SEEDED = ("simulator", "house", "property")
COUNTED = SEEDED + ("rounds",)
PATIENCE_S = 300
# git must take the copy for a folder of its own, though it lies within a repository.
OUTSIDE = dict(os.environ, GIT_CEILING_DIRECTORIES=WORK)


class Fault:
    def __init__(self, path):
        self.path = path
        self.name = os.path.basename(path)[:-len(".patch")]
        with open(path, encoding="utf-8") as file:
            text = file.read()
        said = dict(re.findall(r"^# (fault|checker): (.+)$", text, re.M))
        self.says = said.get("fault", "")
        self.checker = said.get("checker", "").split()
        self.files = re.findall(r"^\+\+\+ b/(\S+)$", text, re.M)
        self.problem = None
        if not self.says or not text.startswith("# fault: "):
            self.problem = "does not say what it breaks"
        elif not well_formed(self.checker):
            self.problem = "names no checker"
        elif not self.files or any(not name.startswith("src/") for name in self.files):
            self.problem = "changes something else than the program"


def well_formed(checker):
    kind = checker[0] if checker else ""
    if kind == "simulator":
        return len(checker) == 3 and checker[1] in ("memory", "sqlite") and checker[2].isdigit()
    if kind in ("house", "property"):
        return len(checker) == 2 and checker[1].isdigit()
    if kind == "rounds":
        return len(checker) == 3 and checker[2].isdigit() and os.path.exists(os.path.join(ROOT, checker[1]))
    if kind == "script":
        return len(checker) >= 2 and os.path.exists(os.path.join(ROOT, checker[1]))
    return kind == "program" and len(checker) >= 2


def all_faults(names):
    faults = [Fault(os.path.join(HERE, name)) for name in sorted(os.listdir(HERE)) if name.endswith(".patch")]
    unknown = set(names) - {fault.name for fault in faults}
    if unknown:
        sys.exit("no such fault: " + ", ".join(sorted(unknown)))
    return [fault for fault in faults if not names or fault.name in names]


def applies(fault, tree, env):
    run = subprocess.run(["git", "apply", "--check", fault.path], cwd=tree, env=env, capture_output=True, text=True, check=False)
    return run.returncode == 0, run.stderr.strip().replace("\n", "; ")


def check():
    faults, bad = all_faults([]), 0
    for fault in faults:
        fits, why = applies(fault, ROOT, os.environ)
        problem = fault.problem or (None if fits else "does not apply to the tree any more: " + why)
        if problem:
            bad += 1
            print("tests/mutants/%s.patch %s" % (fault.name, problem))
    if len(faults) < 20:
        bad += 1
        print("only %d faults are left" % len(faults))
    print("%d passed, %d failed" % (len(faults) - min(bad, len(faults)), bad))
    return 1 if bad else 0


# --- the copy ------------------------------------------------------------------------------------

def copy_tree():
    """Brings the copy up to date; a file that is the same keeps its time, so that little is built anew."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, check=True,
                            capture_output=True).stdout.decode().split("\0")
    wanted = {name for name in listed if name and os.path.isfile(os.path.join(ROOT, name))}
    for folder, _, names in os.walk(os.path.join(ROOT, "web", "dist")):
        wanted |= {os.path.relpath(os.path.join(folder, name), ROOT) for name in names}
    for name in wanted:
        copy_file(name)
    for folder, _, names in os.walk(TREE):
        for name in names:
            path = os.path.join(folder, name)
            if os.path.relpath(path, TREE) not in wanted and "__pycache__" not in path:
                os.remove(path)


def copy_file(name):
    source, target = os.path.join(ROOT, name), os.path.join(TREE, name)
    with open(source, "rb") as file:
        content = file.read()
    if os.path.exists(target):
        with open(target, "rb") as file:
            if file.read() == content:
                return
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        file.write(content)
    shutil.copymode(source, target)


def build(targets):
    """What went wrong, or None."""
    env = dict(os.environ, CCACHE_BASEDIR=WORK, CCACHE_NOHASHDIR="1")
    if "CC" not in env and shutil.which("ccache"):
        env["CC"] = "ccache gcc"
    if not os.path.exists(os.path.join(OUT, "build.ninja")):
        subprocess.run(["meson", "setup", OUT, TREE, "--buildtype=debug", "-Doptimization=1", "-Dc_args=-g0", "-Dbench=false",
                        "-Dpassword_work=least"], env=env, check=True, stdout=subprocess.DEVNULL)
    run = subprocess.run(["ninja", "-C", OUT] + sorted(targets), env=env, capture_output=True, text=True, check=False)
    if run.returncode == 0:
        return None
    errors = re.findall(r".*error.*", run.stdout)
    return errors[0] if errors else run.stdout[-300:]


# --- checkers ------------------------------------------------------------------------------------

def targets_of(checker):
    """What must be built; the checker itself, or the program that it is given, first."""
    main = {"simulator": SIMULATOR, "house": HOUSE, "property": PROPERTY, "program": checker[1]}.get(checker[0], BELLMAN)
    return [main] + [word[len("OUT/"):] for word in checker if word.startswith("OUT/")]


def argument(word):
    """A file of the tree, one of the build folder (OUT/...), or a word."""
    if word.startswith("OUT/"):
        return os.path.join(OUT, word[len("OUT/"):])
    return os.path.join(TREE, word) if os.path.isfile(os.path.join(TREE, word)) else word


def said_in(out):
    """The sentence with which a checker fails: cmocka's with its place, a script's, or that of a check in the program."""
    place = re.search(r"\[   LINE   \] --- \S*?([^/\s]+:\d+): error", out)
    patterns = (r"^(?:\w+\.)*\w*(?:Error|Failed|Exception): (.+)$", r"^ERROR: (.+)$", r"^\[  ERROR   \] --- (?!\[)(.+)",
                r"^.*event=check_failed.*$", r"^(?:FAIL|ERROR|FAILED)\b.*$")
    for pattern in patterns:
        found = re.search(pattern, out, re.M)
        if found:
            text = found.group(found.lastindex or 0).strip()
            return (text if len(text) > 30 or not place else place.group(1) + ": " + text)[:160]
    lines = [line for line in out.splitlines() if line.strip()]
    return lines[-1][:160] if lines else "it died without a word"


def try_once(command, env, cwd):
    """What the checker said when it failed; None: it is content."""
    try:
        run = subprocess.run(command, env=dict(os.environ, **env), cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        return "it did not end within %d s" % PATIENCE_S
    out = run.stdout.decode(errors="replace")
    if run.returncode == 0 and re.search(r"^(Ran 0 tests|0 passed, 0 failed)", out, re.M):
        return "it ran no test"
    return None if run.returncode in (0, 77) else said_in(out)


def run_checker(checker):
    """(seeds or rounds it took, what it said); said is None: nothing found in all of them."""
    kind, program = checker[0], os.path.join(OUT, targets_of(checker)[0])
    arguments = [argument(word) for word in checker[2:]]
    if kind in SEEDED:
        backend = {"BACKEND": checker[1]} if kind == "simulator" else {}
        return seeds_until_found([program], backend, int(checker[-1]))
    if kind == "program":
        return 1, try_once([program] + arguments, {}, OUT)
    script = [sys.executable, os.path.join(TREE, checker[1]), program]
    if kind == "script":
        return 1, try_once(script + arguments, {}, TREE)
    return int(checker[2]), try_once(script, {"ROUNDS": checker[2]}, TREE)


def seeds_until_found(command, env, most):
    width = os.cpu_count() or 1
    with concurrent.futures.ThreadPoolExecutor(width) as pool:
        for first in range(1, most + 1, width):
            seeds = list(range(first, min(first + width, most + 1)))
            for seed, said in zip(seeds, pool.map(lambda s: try_once(command, dict(env, SEED=str(s)), OUT), seeds)):
                if said:
                    return seed, said
    return most, None


# --- the faults, one after the other ----------------------------------------------------------------

def find(fault):
    """(found, how much it took, what was said)"""
    if fault.problem:
        return False, "-", fault.problem
    fits, why = applies(fault, TREE, OUTSIDE)
    if not fits:
        return False, "-", "does not apply: " + why
    subprocess.run(["git", "apply", fault.path], cwd=TREE, env=OUTSIDE, check=True)
    try:
        wrong = build(targets_of(fault.checker))
        if wrong:
            return False, "-", "does not build: " + wrong
        took, said = run_checker(fault.checker)
        return said is not None, str(took), said or "NOT FOUND"
    finally:
        for name in fault.files:
            copy_file(name)


def honest(faults):
    """The same checkers on the tree as it is, as far as any fault may take them."""
    most = {}
    for fault in faults:
        if fault.problem:
            continue
        counted = fault.checker[0] in COUNTED
        key = tuple(fault.checker[:-1]) if counted else tuple(fault.checker)
        most[key] = max(most.get(key, 0), int(fault.checker[-1]) if counted else 1)
    bad = []
    for key, count in sorted(most.items()):
        counted = key[0] in COUNTED
        took, said = run_checker(list(key) + ([str(count)] if counted else []))
        print("honest: %s%s: %s" % (" ".join(key), " x %d" % count if counted else "",
                                    "content" if said is None else "at %d FOUND %s" % (took, said)), flush=True)
        if said is not None:
            bad.append(" ".join(key))
    return bad


def main():
    if sys.argv[1:] == ["--check"]:
        return check()
    faults, begun = all_faults(sys.argv[1:]), time.monotonic()
    os.makedirs(WORK, exist_ok=True)
    copy_tree()
    wrong = build({target for fault in faults if not fault.problem for target in targets_of(fault.checker)})
    if wrong:
        sys.exit("the tree as it is does not build: " + wrong)
    bad = honest(faults)
    rows, missed = [], []
    for fault in faults:
        found, took, said = find(fault)
        rows.append((fault.says, " ".join(fault.checker), took, said))
        if not found:
            missed.append(fault.name)
        print("%-28s %-8s %s" % (fault.name, took if found else "MISSED", said), flush=True)
    print("\n| fault | checker (at most) | took | what it said |\n|---|---|---|---|")
    for row in rows:
        print("| %s |" % " | ".join(cell.replace("|", "/") for cell in row))
    print("mutants: faults=%d found=%d missed=%d honest_failures=%d seconds=%d%s" % (
        len(rows), len(rows) - len(missed), len(missed), len(bad), time.monotonic() - begun,
        " missed: " + ", ".join(missed) if missed else ""))
    return 1 if missed or bad else 0


if __name__ == "__main__":
    sys.exit(main())
