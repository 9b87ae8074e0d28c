"""The demo's city, read by somebody who did not write it: python3 city_test.py build/.../bellman"""
import collections
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

BELLMAN = next(argument for argument in sys.argv[1:] if os.path.isfile(argument))
SEEDS = (1, 2, 3, 17, 2026)
CARS = {"trunk", "primary", "secondary", "tertiary", "residential", "living_street", "unclassified", "track"}
LARGEST_XML = 15_000_000


def make(folder, seed, name):
    path = os.path.join(folder, name)
    subprocess.run([BELLMAN, "demo", "--seed", str(seed), "--city", path], check=True, stdin=subprocess.DEVNULL)
    return path


class Osm:
    """The file as sets: nodes, ways with tags, relations."""

    def __init__(self, path):
        self.nodes, self.node_tags, self.ways, self.relations = {}, {}, {}, {}
        root = xml.parse(path).getroot()
        self.order = []
        for element in root:
            tags = {tag.get("k"): tag.get("v") for tag in element.iter("tag")}
            id = element.get("id")
            if element.tag != "bounds":
                self.order.append(("node", "way", "relation").index(element.tag))
            if element.tag == "node":
                assert id not in self.nodes, "node %s twice" % id
                self.nodes[id] = (float(element.get("lat")), float(element.get("lon")))
                self.node_tags[id] = tags
            elif element.tag == "way":
                assert id not in self.ways, "way %s twice" % id
                self.ways[id] = ([nd.get("ref") for nd in element.iter("nd")], tags)
            elif element.tag == "relation":
                self.relations[id] = ([(m.get("type"), m.get("ref"), m.get("role")) for m in element.iter("member")], tags)
        bounds = root.find("bounds")
        self.path = path
        self.bounds = [float(bounds.get(name)) for name in ("minlat", "minlon", "maxlat", "maxlon")]

    def far(self, a, b):
        (lat, lon), (lat2, lon2) = self.nodes[a], self.nodes[b]
        return math.hypot((lat - lat2) * 111195, (lon - lon2) * 111195 * math.cos(math.radians(lat)))

    def off(self, node, a, b):
        """Metres from a node to the stretch a - b."""
        k = math.cos(math.radians(self.nodes[a][0]))
        (py, px), (ay, ax), (by, bx) = (((lat - self.nodes[a][0]) * 111195, (lon - self.nodes[a][1]) * 111195 * k)
                                        for lat, lon in (self.nodes[node], self.nodes[a], self.nodes[b]))
        share = max(0, min(1, (px * bx + py * by) / (bx * bx + by * by or 1)))
        return math.hypot(px - share * bx, py - share * by)

    def streets(self):
        return [(id, nodes, tags) for id, (nodes, tags) in self.ways.items() if tags.get("highway") in CARS]


def flood(start, links):
    seen, stack = {start}, [start]
    while stack:
        for other in links[stack.pop()]:
            if other not in seen:
                seen.add(other)
                stack.append(other)
    return seen


class City(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="bellman-city-")
        cls.paths = {seed: make(cls.folder, seed, "%d.osm" % seed) for seed in SEEDS}
        cls.cities = {seed: Osm(path) for seed, path in cls.paths.items()}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def each(self):
        for seed, city in self.cities.items():
            yield city

    def test_one_seed_one_city(self):
        with open(self.paths[1], "rb") as first, open(make(self.folder, 1, "again.osm"), "rb") as again:
            self.assertEqual(first.read(), again.read())
        with open(self.paths[1], "rb") as first, open(self.paths[2], "rb") as other:
            self.assertNotEqual(first.read(), other.read())

    def test_valid(self):
        for city in self.each():
            self.assertEqual(city.order, sorted(city.order), "nodes, ways, relations in this order")
            south, west, north, east = city.bounds
            for id, (lat, lon) in city.nodes.items():
                self.assertTrue(south - 1e-6 <= lat <= north + 1e-6 and west - 1e-6 <= lon <= east + 1e-6, "node %s lies outside" % id)
            used = set()
            for id, (nodes, tags) in city.ways.items():
                self.assertGreaterEqual(len(nodes), 2, id)
                self.assertLessEqual(len(nodes), 2000, id)
                used.update(nodes)
                self.assertTrue(all(node in city.nodes for node in nodes), "way %s refers to nobody" % id)
                self.assertTrue(all(a != b for a, b in zip(nodes, nodes[1:])), "way %s stands still" % id)
                is_area = "building" in tags or "landuse" in tags or "leisure" in tags or tags.get("natural") == "water"
                if is_area:
                    self.assertTrue(nodes[0] == nodes[-1] and len(nodes) >= 4, "area %s is not closed" % id)
            loose = [id for id in city.nodes if id not in used and not city.node_tags[id]]
            self.assertEqual(loose[:5], [])

    def test_size(self):
        for seed, path in self.paths.items():
            self.assertLess(os.path.getsize(path), LARGEST_XML, seed)
            self.assertGreater(len(self.cities[seed].streets()), 500)

    def test_everybody_gets_home(self):
        """Every junction reaches every other, one-way streets minded."""
        for city in self.each():
            out, back = collections.defaultdict(set), collections.defaultdict(set)
            one_way = 0
            for _, nodes, tags in city.streets():
                one_way += tags.get("oneway") == "yes"
                for a, b in zip(nodes, nodes[1:]):
                    out[a].add(b)
                    back[b].add(a)
                    if tags.get("oneway") != "yes":
                        out[b].add(a)
                        back[a].add(b)
            everybody = set(out) | set(back)
            start = next(iter(everybody))
            self.assertEqual(len(flood(start, out)), len(everybody))
            self.assertEqual(len(flood(start, back)), len(everybody))
            self.assertGreater(one_way, 20)

    def test_no_two_streets_of_one_name(self):
        """Ways of one name hang together, or are two carriageways a few steps apart; each name has one English name."""
        for city in self.each():
            english, by_name = {}, collections.defaultdict(list)
            for id, nodes, tags in city.streets():
                if "name" in tags:
                    self.assertRegex(tags["name"], "[\u4e00-\u9fff]")
                    self.assertRegex(tags["name:en"], "^[A-Z0-9][A-Za-z0-9' .]+$")
                    self.assertEqual(english.setdefault(tags["name"], tags["name:en"]), tags["name:en"])
                    by_name[tags["name"]].append((id, nodes))
            self.assertEqual(len(set(english.values())), len(english), "two names, one English name")
            self.assertGreater(len(english), 200)
            for name, ways in by_name.items():
                together, left = [ways[0]], ways[1:]
                grown = True
                while grown and left:
                    grown = False
                    for way in list(left):
                        if any(set(way[1]) & set(other[1]) or
                               min(city.far(a, b) for a in way[1] for b in other[1]) < 60 for other in together):
                            together.append(way)
                            left.remove(way)
                            grown = True
                self.assertEqual([id for id, _ in left], [], "%s is more than one street" % name)

    def test_streets_are_named(self):
        for city in self.each():
            unnamed = sum(city.far(a, b) for _, nodes, tags in city.streets() if "name" not in tags and tags["highway"] != "track"
                          for a, b in zip(nodes, nodes[1:]))
            self.assertLess(unnamed, 2000, "metres of street without a name")

    def test_houses(self):
        """Their streets exist, no number stands twice, and the street passes by."""
        for city in self.each():
            stretches_of = collections.defaultdict(list)
            for _, nodes, tags in city.streets():
                stretches_of[tags.get("name")] += zip(nodes, nodes[1:])
            seen, count = set(), 0
            for id, (nodes, tags) in city.ways.items():
                if "addr:street" not in tags:
                    continue
                count += 1
                self.assertIn(tags["addr:street"], stretches_of)
                address = tags["addr:street"], tags["addr:housenumber"]
                self.assertNotIn(address, seen)
                seen.add(address)
                near = min(city.off(nodes[0], a, b) for a, b in stretches_of[tags["addr:street"]])
                self.assertLess(near, 60, "%s %s is far from its street" % address)
            self.assertGreater(count, 2000)

    def test_places(self):
        for city in self.each():
            counts = collections.Counter()
            for tags in list(city.node_tags.values()) + [tags for _, tags in city.ways.values()]:
                for key in ("amenity", "place", "emergency", "railway", "leisure", "natural", "shop"):
                    if key in tags:
                        counts[key, tags[key]] += 1
                if "amenity" in tags or "place" in tags:
                    self.assertTrue(tags.get("name") and tags.get("name:en"), tags)
            for what, least in ((("amenity", "police"), 8), (("amenity", "fire_station"), 4), (("amenity", "hospital"), 4), (("amenity", "school"), 8),
                                (("place", "suburb"), 3), (("place", "city"), 1), (("place", "village"), 3), (("emergency", "water_rescue"), 2),
                                (("railway", "station"), 1), (("leisure", "park"), 2), (("natural", "water"), 2), (("shop", "mall"), 2)):
                self.assertGreaterEqual(counts[what], least, what)

    def test_bridges(self):
        for city in self.each():
            names = {tags["bridge:name"] for _, _, tags in city.streets() if "bridge:name" in tags}
            self.assertIn(len(names), (4, 5), names)

    def test_forbidden_turns(self):
        """from and to end at via, and the turn is one that could be driven."""
        for city in self.each():
            self.assertGreaterEqual(len(city.relations), 8)
            for members, tags in city.relations.values():
                self.assertEqual(tags["type"], "restriction")
                roles = {role: ref for _, ref, role in members}
                via = roles["via"]
                before, before_tags = city.ways[roles["from"]]
                after, after_tags = city.ways[roles["to"]]
                self.assertIn(via, (before[0], before[-1]))
                self.assertIn(via, (after[0], after[-1]))
                if before_tags.get("oneway") == "yes":
                    self.assertEqual(before[-1], via)
                if after_tags.get("oneway") == "yes":
                    self.assertEqual(after[0], via)

    def test_osmium_reads_it(self):
        if not shutil.which("osmium"):
            self.skipTest("osmium is not installed")
        path = self.paths[1]
        checked = subprocess.run(["osmium", "check-refs", "--no-progress", path], capture_output=True)
        self.assertEqual(checked.returncode, 0, checked.stderr)
        subprocess.run(["osmium", "cat", "--no-progress", "-o", path + ".pbf", path], check=True)
        info = subprocess.run(["osmium", "fileinfo", "-e", path + ".pbf"], capture_output=True, check=True).stdout.decode()
        city = self.cities[1]
        counted = [int(re.search("Number of %s: (\\d+)" % what, info).group(1)) for what in ("nodes", "ways", "relations")]
        self.assertEqual(counted, [len(city.nodes), len(city.ways), len(city.relations)])


if __name__ == "__main__":
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(unittest.TestLoader().loadTestsFromTestCase(City))
    bad, skipped = len(result.failures) + len(result.errors), len(result.skipped)
    print("%d passed, %d failed, %d skipped" % (result.testsRun - bad - skipped, bad, skipped))
    sys.exit(1 if bad else 0)
