#!/usr/bin/env python3
"""Charts that others wrote, run through the kernel: suite_test.py SUITE_RUN FOLDER.

FOLDER is npm's @scion-scxml/test-framework, which tools/suites.sh brings: SCION's own pairs of document and steps, and the
W3C's tests for implementations (SCXML IRP), which end in the state pass.  Left out, by name and reason: what needs a data model.
"""
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import scxml  # noqa: E402

# What the suite holds in version 2.0.16, so that a harness that loses tests is found.
SCION_PAIRS, SCION_AT_LEAST = 127, 96
W3C_AT_LEAST = 27


class Suite:
    def __init__(self, name):
        self.name = name
        self.tests = {}     # name -> lines
        self.left_out = {}  # name -> reason

    def add(self, name, path, steps):
        try:
            self.tests[name] = scxml.convert(path) + steps()
        except scxml.LeftOut as error:
            self.left_out[name] = str(error)

    def run(self, program):
        sound, self.passed, refused = run(program, self.tests)
        for line in refused:
            print("%s: %s" % (self.name, line))
        return sound

    def failed(self):
        return len(self.tests) - len(self.passed)


def run(program, tests):
    """Whether the program itself held, the steps of each test that passed, and what was said of the others."""
    text = "".join("test %s\n%s\nend\n" % (name, "\n".join(lines)) for name, lines in tests.items())
    done = subprocess.run([program], input=text, capture_output=True, text=True)
    if done.returncode != 0 or done.stderr:
        print(done.stderr)
    said = [line.split(None, 2) for line in done.stdout.splitlines()]
    passed = {words[1]: int(words[2]) for words in said if words[0] == "ok"}
    sound = done.returncode == 0 and not done.stderr and len(said) == len(tests)
    return sound, passed, [" ".join(words) for words in said if words[0] != "ok"]


def scion_steps(path):
    with open(path, encoding="utf-8") as file:
        script = json.load(file)
    lines = ["start " + " ".join(script["initialConfiguration"])]
    for event in script["events"]:
        lines.append("event %s %d %s" % (event["event"]["name"], event.get("after", 0), " ".join(event["nextConfiguration"])))
    return lines


def scion(folder):
    suite = Suite("SCION")
    for group in sorted(os.listdir(folder)):
        if group == "w3c-ecma":
            continue
        for file in sorted(os.listdir(os.path.join(folder, group))):
            path = os.path.join(folder, group, file)
            if file.endswith(".scxml"):
                suite.add("%s/%s" % (group, file[:-6]), path, lambda: scion_steps(path[:-6] + ".json"))
    return suite


def w3c(folder):
    """Those that are mandatory and need nobody to look at them."""
    suite = Suite("W3C")
    manifest = ElementTree.parse(os.path.join(folder, "manifest.xml"))
    for test in manifest.iter("test"):
        if test.get("conformance") != "mandatory" or test.get("manual") != "false":
            continue
        for start in test.iter("start"):
            name = os.path.basename(start.get("uri"))[:-5]
            path = os.path.join(folder, name + ".txml.scxml")
            if os.path.exists(path):
                suite.add(name, path, lambda: ["pass"])
            else:
                suite.left_out[name] = "is not in the package"
    return suite


def can_fail(program, suite):
    """The same tests with something wrong in them: none may be found right."""
    def spoilt(line):
        if line.startswith("go "):
            return line.replace(" pass", " fail")
        return line + " nowhere" if line.startswith(("start ", "event ")) else line

    sound, passed, _ = run(program, {name: [spoilt(line) for line in lines] for name, lines in suite.tests.items()})
    for name in passed:
        print("%s: %s was found right although it was spoilt" % (suite.name, name))
    return sound and not passed


def main():
    program, folder = sys.argv[1], os.path.join(sys.argv[2], "test")
    if not os.path.isdir(folder):
        print("skipped: @scion-scxml/test-framework is not here; run make deps-test")
        print("0 passed, 0 failed, 1 skipped")
        return 77
    suites = [scion(folder), w3c(os.path.join(folder, "w3c-ecma"))]
    sound = all([suite.run(program) for suite in suites])
    for suite in suites:
        for name, reason in sorted(suite.left_out.items()):
            print("left out: %s %s %s" % (suite.name, name, reason))
    scion_suite, w3c_suite = suites
    counts = len(scion_suite.tests) + len(scion_suite.left_out), len(scion_suite.tests), len(w3c_suite.tests)
    if counts[0] < SCION_PAIRS or counts[1] < SCION_AT_LEAST or counts[2] < W3C_AT_LEAST:
        print("fewer tests than the package holds: %s" % (counts,))
        sound = False
    sound = all([can_fail(program, suite) for suite in suites]) and sound
    passed = sum(len(suite.passed) for suite in suites)
    failed = sum(suite.failed() for suite in suites) + (not sound)
    print("suite: SCION: %d of %d pairs without data model pass (%d steps), %d left out; W3C mandatory and automatic: %d of %d without "
          "data model pass, %d left out" % (len(scion_suite.passed), len(scion_suite.tests), sum(scion_suite.passed.values()),
                                       len(scion_suite.left_out), len(w3c_suite.passed), len(w3c_suite.tests),
                                       len(w3c_suite.left_out)))
    print("%d passed, %d failed, 0 skipped" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
