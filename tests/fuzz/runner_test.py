#!/usr/bin/env python3
"""tools/fuzz.py with fuzzers that only say what libFuzzer says: what it counts, when it goes on, when it ends red, and with which command."""
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest

RUNNER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/fuzz.py")

# As many executions as it was asked for, at most 600; it keeps one new input.
GOOD = """#!/bin/sh
for word; do case $word in -runs=*) runs=${word#-runs=};; -*) ;; *) folder=${folder:-$word};; esac; done
[ "$runs" -le 600 ] || runs=600
echo kept > "$folder/kept-$$"
echo "stat::number_of_executed_units: $runs" >&2
"""
# It finds something after 70.
BAD = """#!/bin/sh
for word; do case $word in -artifact_prefix=*) prefix=${word#-artifact_prefix=};; esac; done
echo "stat::number_of_executed_units: 70" >&2
echo "artifact_prefix='$prefix'; Test unit written to ${prefix}crash-1" >&2
exit 77
"""
# It goes on until it is told to stop, and says what it did.
STOPPED = """#!/bin/sh
for word; do case $word in -*) ;; *) folder=${folder:-$word};; esac; done
trap 'echo "stat::number_of_executed_units: 40" >&2; exit 72' TERM
echo begun > "$folder/begun"
while :; do sleep 0.05; done
"""
IDLE = "#!/bin/sh\nexit 0\n"


class Runner(unittest.TestCase):
    def run_with(self, programs, *targets, **knobs):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in programs.items():
                path = os.path.join(folder, "fuzz_" + name)
                with open(path, "w") as program:
                    program.write(text)
                os.chmod(path, 0o755)
            run = subprocess.run([sys.executable, RUNNER, folder, *targets], env=dict(os.environ, JOBS="2", SEED="5", **knobs), capture_output=True, text=True)
            return run.returncode, run.stdout

    def test_all_executions_in_as_many_slices_as_it_takes(self):
        status, said = self.run_with({"yaml": GOOD, "guard": GOOD}, RUNS="1500")
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"(?m)^guard +1500 .* 3 +0$")
        self.assertRegex(said, r"(?m)^fuzz: targets=2 executions=3000 seconds=\d+ new=6 findings=0$")

    def test_what_was_counted_is_counted_on_until_it_is_built_anew(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "fuzz_guard")

            def executions(runs):
                said = subprocess.run([sys.executable, RUNNER, folder], env=dict(os.environ, JOBS="1", SEED="5", RUNS=str(runs)), capture_output=True, text=True).stdout
                return re.search(r"(?m)^guard +(\d+) .* (\d+) +\d+$", said).groups()

            def build():
                with open(path, "w") as program:
                    program.write(GOOD)
                os.chmod(path, 0o755)

            build()
            self.assertEqual(executions(700), ("700", "2"))
            self.assertEqual(executions(1500), ("1500", "2"))  # 600 and 200 more
            self.assertEqual(executions(1500), ("1500", "0"))
            build()
            self.assertEqual(executions(700), ("700", "2"))

    def test_what_is_stopped_says_how_far_it_came(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "fuzz_guard")
            with open(path, "w") as program:
                program.write(STOPPED)
            os.chmod(path, 0o755)
            run = subprocess.Popen([sys.executable, RUNNER, folder], env=dict(os.environ, JOBS="1", SEED="5", RUNS="1000"), stdout=subprocess.PIPE, text=True)
            while not os.path.exists(os.path.join(folder, "found/guard/begun")):
                time.sleep(0.02)
            run.terminate()
            said = run.communicate()[0]
            self.assertRegex(said, r"(?m)^guard +40 .* 0$")
            self.assertIn("not all were run", said)
            with open(os.path.join(folder, "found/guard.count")) as count:
                self.assertEqual(json.load(count)[1], 40)

    def test_a_finding_ends_red_with_one_command_and_stops_no_other(self):
        status, said = self.run_with({"yaml": BAD, "guard": GOOD}, RUNS="1000")
        self.assertEqual(status, 1, said)
        self.assertRegex(said, r"(?m)^repeat: \S+/fuzz_yaml \S+/found/yaml-crash-1$")
        self.assertRegex(said, r"(?m)^yaml +70 .* 1$")
        self.assertRegex(said, r"(?m)^guard +1000 .* 0$")

    def test_a_target_that_does_nothing_is_red(self):
        status, said = self.run_with({"guard": IDLE}, RUNS="10")
        self.assertEqual(status, 1, said)
        self.assertIn("it executed nothing", said)

    def test_a_target_that_is_not_there_is_red(self):
        status, said = self.run_with({"guard": GOOD}, "gaurd", RUNS="10")
        self.assertNotEqual(status, 0, said)


unittest.main()
