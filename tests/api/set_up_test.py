"""docs/set-up-a-desk.md, done: every command of the page is run as it stands there, in order, by a shell, and nothing
else; each step must end within its minutes.  Then people use the desk.

    python3 set_up_test.py build/.../bellman"""
import csv
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import desk
from desk import PASSWORD, Client

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CODES = os.path.join(ROOT, "..", "shared", "data", "cn", "gbt2260_areas.csv")


def steps(path):
    """[(heading, minutes, [commands, ...])] of the page."""
    with open(path, encoding="utf-8") as page:
        parts = re.split(r"^## ", page.read(), flags=re.M)[1:]
    found = []
    for part in parts:
        heading = part.split("\n", 1)[0]
        minutes = re.search(r"\((\d+) min\)", heading)
        blocks = re.findall(r"^```sh\n(.*?)^```", part, flags=re.M | re.S)
        if minutes:
            found.append((heading, int(minutes.group(1)), blocks))
        elif blocks:
            raise AssertionError("%r has commands and no minutes" % heading)
    return found


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SetUp(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="bellman-test-")
        self.port, self.server, self.token = free_port(), None, None
        os.mkdir(os.path.join(self.folder, "bin"))
        os.symlink(os.environ["BELLMAN"], os.path.join(self.folder, "bin", "bellman"))
        shutil.copytree(os.path.join(ROOT, "docs", "example-county"), os.path.join(self.folder, "county"))
        shutil.copytree(os.path.join(ROOT, "classes"), os.path.join(self.folder, "classes"))
        self.environment = dict(os.environ, PATH=os.path.join(self.folder, "bin") + ":" + os.environ["PATH"])

    def tearDown(self):
        if self.server:
            self.server.terminate()
            self.assertEqual(self.server.wait(desk.WAIT_S), 0)
            self.server.stdout.close()
        shutil.rmtree(self.folder)

    def run_block(self, commands):
        """As somebody would who reads the page: the server stays in its terminal, and its link is read from there."""
        commands = commands.replace("127.0.0.1:8110", "127.0.0.1:%d" % self.port).replace("TOKEN-FROM-THE-LINK", self.token or "")
        if commands.startswith("bellman serve"):
            with open(os.path.join(self.folder, "log"), "ab") as log:
                self.server = subprocess.Popen(["bash", "-c", "exec " + commands], cwd=self.folder, env=self.environment,
                                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
            for line in self.server.stdout:
                if b"/setup#" in line:
                    self.token = line.decode().split("/setup#")[1].strip()
                    return
            self.fail("no link")
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", commands], cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=600)
        self.assertEqual(done.returncode, 0, "%s\n%s%s" % (commands, done.stdout.decode(), done.stderr.decode()))
        self.said = done.stdout.decode()

    def test_a_new_county_by_the_page_alone(self):
        page = steps(os.path.join(ROOT, "docs", "set-up-a-desk.md"))
        self.assertEqual(len(page), 7)
        for heading, minutes, blocks in page:
            began = time.monotonic()
            for block in blocks:
                self.run_block(block)
            took = time.monotonic() - began
            self.assertLess(took, 60 * minutes, heading)
            print("%-45s %5.1f s" % (heading, took))
        print("by the page %d minutes" % sum(minutes for _, minutes, _ in page))
        self.people_use_it()

    def lines(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as file:
            return file.read().splitlines()

    def people_use_it(self):
        links = dict(line.split("  ") for line in self.lines("links.txt") if "/join#" in line)
        self.assertEqual(sorted(links), ["100101", "100102", "100103", "100201", "200101", "300101"])
        joined = Client(self).post("/v1/accounts", {"token": links["100101"].split("#")[1], "password": PASSWORD})
        self.assertEqual(joined.status, 201, joined)
        taker = Client(self, joined["token"], joined["operator"])
        board = taker.ok("GET", "/v1/board")["rows"]
        agencies = {row["code"]: row["id"] for row in board["agency"]}
        units = {row["call_sign"]: row for row in board["unit"]}
        self.assertEqual(len(units), 7)
        taker.ok("PATCH", "/v1/units/" + units["石牌-01"]["id"], {"duty": "on_duty"}, key=True)
        contact = taker.ok("POST", "/v1/contacts", {"channel": "call", "answered": True}, key=True)["contact"]
        case = taker.ok("POST", "/v1/cases", {"class": board["class"][0]["code"], "contact": contact["id"], "lat": 23.131, "lon": 113.341}, key=True)["case"]
        self.assertEqual(case["jurisdiction"], agencies["PS-SHIPAI"])
        best = taker.ok("GET", "/v1/cases/%s/recommendation" % case["id"])
        self.assertIn(units["石牌-01"]["id"], json.dumps(best))
        taker.ok("POST", "/v1/cases/%s/assignments" % case["id"], {"units": [units["石牌-01"]["id"]]}, key=True, match=case["version"])

    def test_codes_are_those_of_gbt_2260(self):
        if not os.path.exists(CODES):
            print("skipped: %s is not there" % CODES)
            self.skipTest("no table of codes")
        with open(CODES, encoding="utf-8") as file:
            known = {row["code"] for row in csv.DictReader(file)}
        with open(os.path.join(ROOT, "docs", "example-county", "agencies.csv"), encoding="utf-8") as file:
            for row in csv.DictReader(file):
                self.assertIn(row["行政区划代码"][:6], known)


if __name__ == "__main__":
    os.environ["BELLMAN"] = desk.program()
    result = unittest.main(argv=sys.argv[:1], exit=False, verbosity=1).result
    failed = len(result.failures) + len(result.errors)
    print("%d passed, %d failed, %d skipped" % (result.testsRun - failed - len(result.skipped), failed, len(result.skipped)))
    sys.exit(1 if failed else 0)
