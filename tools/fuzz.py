#!/usr/bin/env python3
"""Runs the fuzz targets side by side, and prints one table of what they did.

    fuzz.py FOLDER [TARGET ...]     where the fuzzers are (build/fuzz); all of them, or those named, in that order
    TIME=60                         seconds for each target; or
    RUNS=10000000                   executions of each
    JOBS=n                          targets at once; as many as there are processors unless told
    SEED=n                          of the mutations; printed, so that a run can be repeated

A target goes on from tests/fuzz/corpus (or FOLDER/corpus, for fuzzers that were copied elsewhere) and from what it found before: FOLDER/found/TARGET grows, and FOLDER/found/TARGET.log says
what libFuzzer said.  It runs in slices, each a process of its own, so that what libfyaml forgets (procedure/yaml.h) stays small.
With RUNS it goes on where it was stopped: FOLDER/found/TARGET.count keeps what was counted, until the fuzzer is built anew.
A finding ends its target and no other; the whole ends with status 1 and the command that repeats it."""
import glob
import json
import os
import random
import re
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
FOLDER = os.path.relpath(sys.argv[1])
WANTED = sys.argv[2:]
RUNS = int(os.environ.get("RUNS") or 0)
TIME = float(os.environ.get("TIME") or 60)
JOBS = int(os.environ.get("JOBS") or os.cpu_count())
SEED = int(os.environ.get("SEED") or random.randrange(1, 10**6))
SLICE = 1000000  # executions of one process

# Those that take longest come first, so that no processor is left with one of them at the end.
SLOW = ["procedure", "http", "sip", "roads", "course", "calendar_file", "names", "snapshot", "yaml", "geojson", "command"]
# The longest input, where what a target reads has a size of its own; else libFuzzer takes the longest of the corpus, 4,096 at least.
# Longer ones reach nothing more and cost time: the limits that the targets set stand below these.
LONGEST = {"alert": 1000, "http": 1200, "names": 250, "procedure": 6000, "sip": 2100}


class Target:
    def __init__(self, program):
        self.program = program
        self.name = os.path.basename(program)[len("fuzz_"):]
        self.found = os.path.join(FOLDER, "found", self.name)
        self.log = self.found + ".log"
        own = os.path.join(FOLDER, "corpus", self.name)
        self.seeds = own if os.path.isdir(own) else os.path.join(HERE, "tests/fuzz/corpus", self.name)
        self.executions = self.slices = 0
        self.seconds = self.processor = 0.0
        self.findings = []  # each the command that repeats it
        self.process = None
        os.makedirs(self.found, exist_ok=True)
        open(self.log, "w").close()
        self.had = len(os.listdir(self.found))
        self.count, self.build = self.found + ".count", os.stat(program).st_mtime_ns
        if RUNS and os.path.exists(self.count):
            with open(self.count) as count:
                of_build, *counted = json.load(count)
            if of_build == self.build:
                self.executions, self.slices, self.seconds, self.processor = counted

    def keep(self):
        with open(self.count + ".new", "w") as count:
            json.dump([self.build, self.executions, self.slices, self.seconds, self.processor], count)
        os.replace(self.count + ".new", self.count)

    def done(self):
        return bool(self.findings) or (self.executions >= RUNS if RUNS else self.seconds >= TIME)

    def start(self):
        limits = ["-runs=%d" % min(SLICE, RUNS - self.executions if RUNS else SLICE)]
        longest = LONGEST.get(self.name)
        if RUNS:
            # Inputs are drawn evenly, for to keep account of how rare each is takes longer than most targets; and few are much longer than
            # a seed, for what repeats itself reaches nothing more.  Exploring (TIME) does both.
            limits.append("-entropic=0")
            seed = max(entry.stat().st_size for entry in os.scandir(self.seeds))
            longest = longest or max(seed, min(2 * seed + 200, 4096))
        else:
            limits.append("-max_total_time=%d" % max(1, round(TIME - self.seconds)))
        if longest:
            limits.append("-max_len=%d" % longest)
        command = [self.program, *limits, "-seed=%d" % (SEED + self.slices), "-timeout=120", "-print_final_stats=1", "-print_funcs=0",
                   "-close_fd_mask=3", "-artifact_prefix=" + self.found + "-", self.found, self.seeds]
        self.slices += 1
        self.began, self.log_at = time.monotonic(), os.path.getsize(self.log)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        _, _, used = os.wait4(self.process.pid, 0)  # libFuzzer says then how far it came
        self.process.returncode = -signal.SIGTERM
        self.ended(None, used)

    def ended(self, status, used):
        with open(self.log, "rb") as log:
            log.seek(self.log_at)
            said = log.read().decode(errors="replace")
        self.process = None
        self.seconds += time.monotonic() - self.began
        self.processor += used.ru_utime + used.ru_stime
        counted = re.findall(r"^stat::number_of_executed_units: *(\d+)", said, re.M) or re.findall(r"^#(\d+)\t", said, re.M) or [0]
        self.executions += int(counted[-1])
        if RUNS:
            self.keep()
        if status:
            units = re.findall(r"Test unit written to (\S+)", said)
            self.findings.append("%s %s" % (self.program, units[-1] if units else "-seed=%d %s %s" % (SEED + self.slices - 1, self.found, self.seeds)))
            print("== fuzz_%s: a finding\n%s" % (self.name, said[-6000:]), flush=True)
        elif status is not None and not int(counted[-1]):
            self.findings.append("%s %s   # it executed nothing: %s" % (self.program, self.seeds, self.log))

    def row(self):
        new = len(os.listdir(self.found)) - self.had
        return self.name, self.executions, self.seconds, self.executions / max(self.seconds, 0.001), self.executions / max(self.processor, 0.001), new, len(self.findings)


def targets():
    programs = [path for path in glob.glob(os.path.join(FOLDER, "tests/fuzz/fuzz_*")) + glob.glob(os.path.join(FOLDER, "fuzz_*"))
                if os.path.isfile(path) and os.access(path, os.X_OK)]
    names = {os.path.basename(path)[len("fuzz_"):]: path for path in programs}
    missing = [name for name in WANTED if name not in names]
    if missing or not names:
        sys.exit("fuzz: there is no target %s in %s" % (" ".join(missing), FOLDER))
    ordered = [name for name in SLOW if name in names] + sorted(name for name in names if name not in SLOW)
    return [Target(os.path.join(".", names[name])) for name in WANTED or ordered]


def run(all_targets):
    waiting, running = [target for target in all_targets if not target.done()], {}
    try:
        while waiting or running:
            while waiting and len(running) < JOBS:
                target = waiting.pop(0)
                target.start()
                running[target.process.pid] = target
            pid, status, used = os.wait4(-1, 0)
            target = running.pop(pid)
            target.process.returncode = os.waitstatus_to_exitcode(status)
            target.ended(status, used)
            if not target.done():
                target.start()
                running[target.process.pid] = target
                continue
            print("%-14s %11d executions in %6.0f s" % target.row()[:3], flush=True)
    finally:
        for target in running.values():
            target.stop()


def main():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.nice(5)  # whoever works on the machine comes first
    print("fuzz: SEED=%d %s JOBS=%d" % (SEED, "RUNS=%d" % RUNS if RUNS else "TIME=%g" % TIME, JOBS), flush=True)
    all_targets = targets()
    began = time.monotonic()
    try:
        run(all_targets)
    except KeyboardInterrupt:
        print("fuzz: stopped", flush=True)
    rows = [target.row() for target in all_targets]
    # Of the processor: what a machine with nothing else to do would give.
    print("\n%-14s %12s %9s %10s %14s %6s %9s" % ("target", "executions", "seconds", "a second", "of processor", "new", "findings"))
    for row in rows:
        print("%-14s %12d %9.0f %10.0f %14.0f %6d %9d" % row)
    findings = [command for target in all_targets for command in target.findings]
    for command in findings:
        print("repeat: " + command)
    done = all(target.done() for target in all_targets)
    print("fuzz: targets=%d executions=%d seconds=%.0f new=%d findings=%d%s" % (
        len(rows), sum(row[1] for row in rows), time.monotonic() - began, sum(row[5] for row in rows), len(findings), "" if done else " (not all were run)"))
    sys.exit(1 if findings or not done else 0)


main()
