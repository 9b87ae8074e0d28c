"""The base map: its tiles, what is said of it, and files that are not what they should be."""
import gzip
import os
import sqlite3
import tempfile
import unittest

import mbtiles
from desk import Client, Desk
from world import world


class Tiles(unittest.TestCase):
    def get(self, path, **more):
        return world().desk.client().get(path, **more)

    def test_info(self):
        info = self.get("/map/info").json()
        self.assertEqual((info["tiles"], info["reason"], info["minzoom"], info["maxzoom"]), (True, None, 0, 10))
        self.assertEqual(info["bounds"], list(mbtiles.BOX))
        self.assertEqual([round(each, 6) for each in info["center"]], [114.15, 22.65])
        self.assertEqual((info["name"], info["attribution"]), ("Test", "© somebody"))

    def test_tile(self):
        answer = self.get("/map/tiles/10/835/446")
        self.assertEqual((answer.status, answer.body), (200, mbtiles.TILE))
        self.assertEqual(answer.headers["content-encoding"], "gzip")
        self.assertEqual(answer.headers["content-type"], "application/vnd.mapbox-vector-tile")
        self.assertIn("max-age=600", answer.headers["cache-control"])
        plain = self.get("/map/tiles/10/836/446")
        self.assertEqual((plain.status, plain.body), (200, mbtiles.PLAIN))
        self.assertNotIn("content-encoding", plain.headers)
        self.assertEqual(self.get("/map/tiles/0/0/0").body, mbtiles.TILE, "numbers may be nought")

    def test_for_ever_only_with_the_version(self):
        version = self.get("/map/info")["version"]
        self.assertIn("immutable", self.get("/map/tiles/10/835/446?v=" + version).headers["cache-control"])
        for other in ("?v=", "?v=1-2", "?v=" + version + "0", "?v=" + "9" * 200):
            self.assertNotIn("immutable", self.get("/map/tiles/10/835/446" + other).headers["cache-control"], other)

    def test_y_counts_from_the_north(self):
        self.assertEqual(self.get("/map/tiles/10/835/%d" % (1023 - 446)).status, 204)

    def test_nothing_there(self):
        answer = self.get("/map/tiles/10/1/1")
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertNotIn("content-type", answer.headers)
        self.assertEqual(self.get("/map/tiles/22/4194303/4194303").status, 204)

    def test_out_of_range_by_name(self):
        for path, field in (("23/0/0", "z"), ("100000000000000000/0/0", "z"), ("1/2/0", "x"), ("1/0/2", "y"),
                            ("0/1/0", "x"), ("22/0/4194304", "y"), ("10/999999999999999999/0", "x")):
            answer = self.get("/map/tiles/" + path)
            self.assertEqual((answer.status, answer["code"], answer["field"]), (400, "out-of-range", field), path)

    def test_not_a_tile_is_not_the_page(self):
        for path in ("/map/tiles/a/0/0", "/map/tiles/1/0", "/map/tiles/1/0/0/0", "/map/tiles/-1/0/0", "/map/tiles/1/0/0.pbf",
                     "/map/tiles/1//0", "/map/tiles/", "/map/inf", "/map/tiles/1234567890123456789/0/0"):
            self.assertEqual(self.get(path).status, 404, path)
        self.assertEqual(self.get("/map").headers["content-type"].split(";")[0], "text/html", "the map's own window")

    def test_only_read(self):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            self.assertEqual(world().boss.call(method, "/map/tiles/10/835/446").status, 405, method)
        head = world().desk.client().call("HEAD", "/map/tiles/10/835/446")
        self.assertEqual((head.status, head.body), (200, b""))

    def test_described(self):
        described = self.get("/openapi.json").json()["paths"]["/map/tiles/{z}/{x}/{y}"]["get"]
        self.assertEqual([each["name"] for each in described["parameters"]], ["z", "x", "y"])
        self.assertEqual(described["security"], [])
        self.assertIn("204", described["responses"])

    def test_ids_still_begin_at_one(self):
        self.assertEqual(world().boss.get("/v1/cases/0").status, 404)


def cut(path):
    os.truncate(path, os.path.getsize(path) - 4096)


def overwrite(path, at, data):
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(data)


class Spoiled(unittest.TestCase):
    """A desk with a bad tiles file starts, says so in its log, and does all but draw."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="bellman-test-")
        self.path = os.path.join(self.folder.name, "m?a#p 100%.mbtiles")
        self.checker, Client.checker = Client.checker, None  # a damaged tile is answered with 500

    def tearDown(self):
        Client.checker = self.checker
        self.folder.cleanup()

    def info(self, *options):
        with Desk().start(*options) as server:
            info = server.client().get("/map/info").json()
            self.assertEqual(server.client().get("/healthz").status, 200)
            if not info["tiles"]:
                answer = server.client().get("/map/tiles/10/835/446")
                self.assertEqual((answer.status, answer["field"]), (404, "tiles"))
                self.assertEqual({name for name, value in info.items() if value is not None}, {"tiles", "reason"})
            return info, server.log_tail()

    def test_path_with_signs(self):
        mbtiles.write(self.path)
        info, log = self.info("--tiles", self.path)
        self.assertTrue(info["tiles"], log)

    def test_not_given(self):
        info, log = self.info()
        self.assertEqual(info["reason"], "not_given")
        self.assertNotIn("no_map", log)

    def test_bad_files(self):
        def not_sqlite():
            with open(self.path, "wb") as file:
                file.write(b"PMTiles" * 1000)

        def empty():
            open(self.path, "wb").close()

        def other_database():
            store = sqlite3.connect(self.path)
            store.execute("CREATE TABLE event (seq integer)")
            store.commit()
            store.close()

        def truncated():
            mbtiles.write(self.path, tiles=[(10, x, 1, mbtiles.TILE * 50) for x in range(100)])
            cut(self.path)

        cases = (
            ("missing", lambda: None), ("foreign", lambda: os.mkdir(self.path)),
            ("foreign", not_sqlite), ("foreign", empty), ("foreign", other_database), ("damaged", truncated),
            ("foreign", lambda: mbtiles.write(self.path, tiles=())),
            ("foreign", lambda: mbtiles.write(self.path, format="png")), ("foreign", lambda: mbtiles.write(self.path, format=None)),
            ("foreign", lambda: mbtiles.write(self.path, tiles=((23, 0, 0, mbtiles.TILE),))),
            ("foreign", lambda: mbtiles.write(self.path, tiles=((3, 99, 0, mbtiles.TILE),), bounds=None)),
        )
        for number, (reason, make) in enumerate(cases):
            with self.subTest(number=number, reason=reason):
                make()
                info, log = self.info("--tiles", self.path)
                self.assertEqual((info["tiles"], info["reason"]), (False, reason), log)
                self.assertIn("level=warning event=no_map", log)
                if os.path.isdir(self.path):
                    os.rmdir(self.path)
                elif os.path.exists(self.path):
                    os.remove(self.path)

    def test_texts_in_another_encoding(self):
        """SQLite takes any bytes for text; an answer is UTF-8."""
        mbtiles.write(self.path)
        store = sqlite3.connect(self.path)
        store.execute("UPDATE metadata SET value = CAST(x'a9204dfc6c6c6572' AS TEXT) WHERE name = 'attribution'")  # Latin-1
        store.commit()
        store.close()
        info, log = self.info("--tiles", self.path)
        self.assertEqual((info["tiles"], info["attribution"]), (True, "? M?ller"), log)

    def test_box_from_the_tiles(self):
        """Tools that were not told a box state the whole world."""
        for number, bounds in enumerate((None, "0.000000,0.000000,180.000000,85.060000", "-180,-85,180,85", "1,2,3", "9,9,1,1", "a,b,c,d", "nan,0,1,1")):
            with self.subTest(bounds=bounds):
                path = "%s.%d" % (self.path, number)
                mbtiles.write(path, tiles=((1, 1, 0, mbtiles.TILE), (2, 2, 1, mbtiles.TILE), (2, 3, 1, mbtiles.TILE)), bounds=bounds)
                info, log = self.info("--tiles", path)
                self.assertTrue(info["tiles"], log)
                west, south, east, north = info["bounds"]
                self.assertEqual((west, south, east), (0, 0, 180))
                self.assertAlmostEqual(north, 66.5132604, 6)

    def test_damaged_while_it_runs(self):
        tiles = [(10, x, 1, gzip.compress(os.urandom(3000))) for x in range(200)]
        mbtiles.write(self.path, tiles=tiles)
        with Desk().start("--tiles", self.path) as server:
            size = os.path.getsize(self.path)
            overwrite(self.path, 8 * 4096, b"\xff" * (size - 8 * 4096))
            answers = [server.client().get("/map/tiles/10/%d/1" % x) for x in range(0, 200, 5)]
            bad = [answer for answer in answers if answer.status == 500]
            self.assertTrue(bad)
            self.assertEqual({answer["code"] for answer in bad}, {"corrupt"})
            self.assertEqual(server.client().get("/readyz").status, 200)
            self.assertEqual(server.log_tail().count("event=map_unreadable"), 1)

    def test_too_large_a_tile(self):
        mbtiles.write(self.path, tiles=((10, 1, 1, b"\0" * (4 * 1024 * 1024 + 4096)), (10, 2, 1, b"\0" * (4 * 1024 * 1024 - 4096))))
        with Desk().start("--tiles", self.path) as server:
            self.assertEqual(server.client().get("/map/tiles/10/1/1")["code"], "corrupt")
            self.assertEqual(len(server.client().get("/map/tiles/10/2/1").body), 4 * 1024 * 1024 - 4096)
