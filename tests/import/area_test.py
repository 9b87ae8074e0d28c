"""`bellman area`: four files in one step, or none of them."""
import json
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import unittest

BELLMAN = os.path.abspath(sys.argv[1])
HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.environ.get("BELLMAN_DATA") or os.path.join(HERE, "..", "..", "..", "shared", "data")
TOWN = os.path.join(HERE, "osm", "town.osm")
PRODUCTS = ["addresses.db", "area.json", "map.mbtiles", "roads.bmr"]


def run(*arguments, path=None):
    environment = dict(os.environ, PATH=path) if path else None
    done = subprocess.run([BELLMAN, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=300, env=environment)
    return done.returncode, done.stdout.decode(), done.stderr.decode()


class Area(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="bellman-area-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.out = os.path.join(self.folder, "out")

    def check(self, source, *more):
        code, said, progress = run("area", source, self.out, *more)
        self.assertEqual(code, 0, progress)
        self.assertEqual(sorted(os.listdir(self.out)), PRODUCTS)
        for step in ("roads", "map", "addresses", "area.json"):
            self.assertIn(": %s: done in" % step, progress)
        with open(os.path.join(self.out, "area.json"), encoding="utf-8") as sheet:
            return json.load(sheet), said

    def test_town(self):
        sheet, said = self.check(TOWN)
        self.assertEqual((sheet["name"], sheet["source"]), ("town", "town.osm"))
        west, south, east, north = sheet["box"]
        self.assertTrue(114 <= west < east <= 114.09 and 29.99 < south < north < 30.01, sheet)
        self.assertEqual((sheet["counts"]["streets"], sheet["counts"]["crossings"]), (6, 5))
        self.assertGreater(sheet["counts"]["tiles"], 0)
        self.assertRegex(sheet["made_at"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ$")
        with sqlite3.connect(os.path.join(self.out, "map.mbtiles")) as tiles:
            bounds = [float(text) for text in dict(tiles.execute("SELECT name, value FROM metadata"))["bounds"].split(",")]
        for got, expected in zip(bounds, (114, 29.998, 114.082, 30.05)):
            self.assertAlmostEqual(got, expected, 2)
        self.assertEqual(run("roads", "info", os.path.join(self.out, "roads.bmr"))[0], 0)
        self.assertEqual(self.check(TOWN, "--name", "小镇 \"Town\"")[0]["name"], "小镇 \"Town\"")  # and once more over it

    def test_heidelberg(self):
        source = os.path.join(DATA, "roads", "heidelberg.osm.pbf")
        if not os.path.exists(source):
            self.skipTest("roads/heidelberg.osm.pbf is not here")
        sheet, said = self.check(source)
        self.assertGreater(sheet["counts"]["streets"], 2000)
        self.assertGreater(sheet["counts"]["houses"], 400)
        self.assertGreater(sheet["counts"]["tiles"], 100)

    def broken_tool(self, name, script):
        """A PATH on which one tool is another."""
        tools = os.path.join(self.folder, "tools")
        os.makedirs(tools)
        path = os.path.join(tools, name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n%s\n" % script)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
        return tools + ":" + os.environ["PATH"]

    def check_fails(self, path, step, words):
        os.makedirs(self.out)
        for name in PRODUCTS:
            with open(os.path.join(self.out, name), "w") as file:
                file.write("former " + name)
        code, said, why = run("area", TOWN, self.out, path=path)
        self.assertEqual((code, said), (1, ""), why)
        last = why.strip().splitlines()[-1]
        self.assertIn('the step "%s" failed' % step, last)
        self.assertIn(words, last)
        self.assertEqual(sorted(os.listdir(self.out)), PRODUCTS)
        for name in PRODUCTS:
            with open(os.path.join(self.out, name)) as file:
                self.assertEqual(file.read(), "former " + name)

    def test_tilemaker_fails(self):
        self.check_fails(self.broken_tool("tilemaker", "echo no such profile >&2; exit 3"), "map", "no such profile")

    def test_tilemaker_makes_nothing(self):
        self.check_fails(self.broken_tool("tilemaker", "exit 0"), "map", "without having made a map")

    def test_uconv_gives_other_lines(self):
        self.check_fails(self.broken_tool("uconv", "echo one"), "addresses", "uconv gave 1 lines")

    def test_osmium_is_killed(self):
        self.check_fails(self.broken_tool("osmium", "kill -9 $$"), "roads", "signal 9")

    def test_usage(self):
        for arguments in ((), ("a",), ("a", "b", "c"), ("a", "b", "--name"), ("a", "b", "--what", "x")):
            code, said, why = run("area", *arguments)
            self.assertEqual((code, said), (2, ""), arguments)
        code, said, why = run("area", os.path.join(self.folder, "absent.osm.pbf"), self.out)
        self.assertEqual(code, 1)
        self.assertIn("absent.osm.pbf", why)
        self.assertFalse(os.path.exists(self.out))

    def test_two_at_once(self):
        """The second is told of the first; a left-over of one that was killed is no hindrance."""
        making = os.path.join(self.out, ".making")
        os.makedirs(making)
        with open(os.path.join(making, "roads.bmr"), "w") as left:
            left.write("left over")
        ready, go = os.path.join(self.folder, "ready"), os.path.join(self.folder, "go")
        os.mkfifo(ready)
        os.mkfifo(go)
        path = self.broken_tool("tilemaker", "echo x > %s; cat %s > /dev/null; exit 3" % (ready, go))
        first = subprocess.Popen([BELLMAN, "area", TOWN, self.out], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                 env=dict(os.environ, PATH=path))
        with open(ready) as told:
            told.read()
        code, said, why = run("area", TOWN, self.out)
        self.assertEqual(code, 1)
        self.assertIn("another bellman area", why)
        with open(go, "w") as tell:
            tell.write("go\n")
        self.assertIn(b'the step "map" failed', first.communicate(timeout=60)[1])
        self.assertEqual(os.listdir(self.out), [])


    def test_attribution(self):
        for more, wanted in (((), "© OpenStreetMap contributors"), (("--attribution", "Nowhere is invented 乌有城为虚构"), "Nowhere is invented 乌有城为虚构")):
            sheet, said = self.check(TOWN, *more)
            self.assertEqual(sheet["attribution"], wanted)
            with sqlite3.connect(os.path.join(self.out, "map.mbtiles")) as tiles:
                self.assertEqual(tiles.execute("SELECT value FROM metadata WHERE name = 'attribution'").fetchall(), [(wanted,)])
        for wrong in ("two\nlines", "x" * 501, b"\xff"):
            code, said, why = run("area", TOWN, self.out, "--attribution", wrong)
            self.assertEqual(code, 2, wrong)
            self.assertIn("--attribution", why)

    def test_missing_nodes(self):
        """tilemaker ends at the first node that is not there; a map is made all the same, cut where they are missing."""
        source = os.path.join(self.folder, "cut.osm")
        with open(source, "w") as file:
            file.write("<osm version='0.6'>")
            for node in range(1, 9):
                file.write("<node id='%d' version='1' lat='%.3f' lon='114'/>" % (node, 30 + node / 1000))
            for way, tags, nodes in ((1, ("highway", "primary"), (1, 2, 99, 3, 4, 5)), (2, ("highway", "service"), (98, 6, 97)),
                                     (3, ("building", "yes"), (5, 6, 96, 7, 5)), (4, ("highway", "primary"), (5, 6, 7, 8))):
                file.write("<way id='%d' version='1'>%s<tag k='%s' v='%s'/></way>" % (way, "".join("<nd ref='%d'/>" % node for node in nodes), *tags))
            file.write("</osm>")
        packed = os.path.join(self.folder, "cut.osm.pbf")
        subprocess.run(["osmium", "cat", "--no-progress", "-o", packed, source], check=True)
        for path in (source, packed):
            sheet, said = self.check(path)
            self.assertEqual(sheet["counts"]["missing_nodes"], 3)
            self.assertGreater(sheet["counts"]["tiles"], 0)

    def test_what_is_kept_of_cut_ways(self):
        """Seen in what tilemaker is given: no line across a gap, a ring without the missing corner, and the rest as it was."""
        source, seen = os.path.join(self.folder, "cut.osm"), os.path.join(self.folder, "seen.opl")
        with open(source, "w") as file:
            file.write("<osm version='0.6'>")
            for node in range(1, 6):
                file.write("<node id='%d' version='1' lat='%.3f' lon='114'/>" % (node, 30 + node / 1000))
            for way, nodes in ((1, (1, 2, 99, 3, 4, 5)), (2, (98, 1)), (3, (1, 2, 97, 3, 1)), (4, (1, 2, 3)), (5, (96, 1, 2, 95, 94))):
                file.write("<way id='%d' version='1'>%s<tag k='highway' v='primary'/></way>" % (way, "".join("<nd ref='%d'/>" % node for node in nodes)))
            file.write("</osm>")
        tool = self.broken_tool("tilemaker", 'osmium cat --no-progress -f opl,add_metadata=false -o %s "$2"; exit 3' % seen)
        code, said, why = run("area", source, self.out, path=tool)
        self.assertEqual(code, 1, why)
        self.assertIn("map: 6 references to nodes that the file lacks", why)
        with open(seen) as file:
            ways = dict((line.split()[0], line.split()[-1]) for line in file if line[0] == "w")
        self.assertEqual(ways, {"w1": "Nn3,n4,n5", "w3": "Nn1,n2,n3,n1", "w4": "Nn1,n2,n3", "w5": "Nn1,n2"})

    def test_no_plain_file(self):
        pipe = os.path.join(self.folder, "pipe.osm.pbf")
        os.mkfifo(pipe)
        for path in (pipe, self.folder):
            code, said, why = run("area", path, self.out)
            self.assertEqual((code, said), (1, ""))
            self.assertIn("no plain file", why)
            self.assertFalse(os.path.exists(self.out))

    def stop_in_the_middle(self, number, *, there_before):
        """While tilemaker works: it ends with the program, and nothing is left of either."""
        name = "%d%s" % (number, there_before)
        ready, out = os.path.join(self.folder, "ready" + name), os.path.join(self.folder, "out" + name)
        os.mkfifo(ready)
        if there_before:
            os.makedirs(out)
        tool = os.path.join(self.folder, "tools" + name)
        os.makedirs(tool)
        with open(os.path.join(tool, "tilemaker"), "w") as file:
            file.write('#!/bin/sh\necho half > "$4"\necho $$ > %s\nexec tail -f /dev/null\n' % ready)
        os.chmod(os.path.join(tool, "tilemaker"), 0o755)
        process = subprocess.Popen([BELLMAN, "area", TOWN, out], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   env=dict(os.environ, PATH=tool + ":" + os.environ["PATH"]),
                                   # Under nohup, or behind a shell's &, it would be born ignoring the signal, and rightly keep to that.
                                   preexec_fn=lambda: signal.signal(number, signal.SIG_DFL))
        with open(ready) as told:
            child = int(told.read())
        process.send_signal(number)
        said, why = process.communicate(timeout=60)
        self.assertEqual((process.returncode, said), (-number, b""), why)
        self.assertIn(b"was stopped", why)
        self.assertFalse(os.path.exists("/proc/%d" % child), "tilemaker outlived the program")
        self.assertEqual(os.listdir(out) if there_before else os.path.exists(out), [] if there_before else False)

    def test_stopped(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            for there_before in (False, True):
                with self.subTest(number=number, there_before=there_before):
                    self.stop_in_the_middle(number, there_before=there_before)

    def test_a_step_that_is_killed(self):
        """As the kernel does it when memory is short: the steps are a process of their own, so there is somebody to tell."""
        tool = self.broken_tool("tilemaker", "kill -9 $PPID; exec tail -f /dev/null")
        code, said, why = run("area", TOWN, self.out, path=tool)
        self.assertEqual((code, said), (1, ""))
        self.assertIn("signal 9", why)
        self.assertFalse(os.path.exists(self.out))

    def test_roads_import_stopped_while_writing(self):
        """The file of another name, beside the target, goes with the process that wrote it."""
        out, ready = os.path.join(self.folder, "roads.bmr"), os.path.join(self.folder, "ready")
        os.mkfifo(ready)
        tool = self.broken_tool("osmium", 'touch %s.$PPID.part; echo x > %s; exec tail -f /dev/null' % (out, ready))
        process = subprocess.Popen([BELLMAN, "roads", "import", TOWN, out], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   env=dict(os.environ, PATH=tool))
        with open(ready) as told:
            told.read()
        process.terminate()
        self.assertIn(b"was stopped", process.communicate(timeout=60)[1])
        self.assertEqual(process.returncode, -signal.SIGTERM)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("roads")], [])


def main():
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    failed, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print("%d passed, %d failed, %d skipped" % (result.testsRun - failed - skipped, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
