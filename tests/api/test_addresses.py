"""Place search: the index that `bellman area` made, and desks without a usable one."""
import os
import sqlite3
import tempfile
import unittest
from urllib.parse import quote

import desk
from desk import Client, Desk
from world import world

TOWN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "import", "osm", "town.osm")


def search(person, text, more=""):
    return person.get("/v1/addresses?q=%s%s" % (quote(text), more))


class Index(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.desk = Desk()
        out = os.path.join(cls.desk.base, "area")
        code, said, why = cls.desk.run("area", TOWN, out)
        if code:
            raise AssertionError(why)
        checker, Client.checker = Client.checker, None  # another desk: its own people
        cls.desk.start("--addresses", os.path.join(out, "addresses.db"))
        cls.person = cls.desk.set_up()
        Client.checker = checker

    @classmethod
    def tearDownClass(cls):
        cls.desk.stop()
        cls.desk.close()

    def names(self, text, more=""):
        answer = search(self.person, text, more)
        self.assertEqual(answer.status, 200, answer)
        self.assertIsNone(answer["reason"])
        return [row["name"] for row in answer["results"]]

    def test_found(self):
        for text, name in (("解放路", "解放路"), ("jfl", "解放路"), ("Jiefang Road", "解放路"), ("解放路 12", "解放路12号"), ("解放路/中山路", "中山路 / 解放路"),
                           ("ploeck", "Plöck"), ("台北", "臺北車站")):
            self.assertEqual(self.names(text)[0], name, text)

    def test_answer(self):
        row = search(self.person, "人民医院")["results"][0]
        self.assertEqual(row, {"name": "市第一人民医院", "name_en": "First People's Hospital", "kind": "place", "detail": "hospital", "lat": 30.001, "lon": 114.003})
        self.assertIsNone(search(self.person, "臺北車站")["results"][0]["name_en"])

    def test_near(self):
        near = search(self.person, "解放路", "&lat=30.0&lon=114.09")["results"][0]
        far = search(self.person, "解放路", "&lat=30.0&lon=113.9")["results"][0]
        self.assertGreater(near["lon"], 114.07)
        self.assertLess(far["lon"], 114.01)

    def test_limit(self):
        self.assertEqual(len(self.names("解放路 1", "&limit=2")), 2)
        self.assertEqual(len(self.names("解放路 1", "&limit=50")), 3)

    def test_nothing(self):
        for text in ("no such place", "'; DROP TABLE key; --", "%", "/", "💥", "号"):
            self.assertEqual(self.names(text), [], text)

    def test_many_at_once(self):
        import threading
        wrong = []

        def ask(number):
            client = self.person.another()
            for _ in range(20):
                text, name = (("jfl", "解放路"), ("plock", "Plöck"), ("解放路 120", "解放路120号"))[number % 3]
                rows = search(client, text)["results"]
                if not rows or rows[0]["name"] != name:
                    wrong.append((text, rows))
            client.close()
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])

    def test_questions_are_not_logged(self):
        search(self.person, "解放路 120")
        self.assertNotIn("解放", self.desk.log_tail(1 << 20))


class NoIndex(unittest.TestCase):
    def test_shared_desk_has_none(self):
        self.assertEqual(search(world().person("call_taker"), "Hauptstr").json(), {"results": [], "reason": "no_index"})

    def test_log_in_first(self):
        self.assertEqual(search(world().desk.client(), "Hauptstr").status, 401)

    def test_refused(self):
        person = world().person("call_taker")
        for query, code, field in (("", "missing-field", "q"), ("?q=", "missing-field", "q"), ("?q=" + "a" * 201, "too-long", "q"), ("?q=%zz", "bad-request", "q"), ("?q=%00", "bad-request", "q"),
                                   ("?q=a&limit=0", "out-of-range", "limit"), ("?q=a&limit=51", "out-of-range", "limit"), ("?q=a&limit=-1", "out-of-range", "limit"),
                                   ("?q=a&limit=", "out-of-range", "limit"), ("?q=a&lat=1", "missing-field", "lon"), ("?q=a&lon=1", "missing-field", "lat"),
                                   ("?q=a&lat=91&lon=1", "out-of-range", "lat"), ("?q=a&lat=1&lon=181", "out-of-range", "lon"), ("?q=a&lat=nan&lon=1", "out-of-range", "lat"),
                                   ("?q=a&lat=1e1&lon=1", "out-of-range", "lat"), ("?q=a&lat=&lon=1", "out-of-range", "lat"), ("?q=a&lat=1&lon=0x1", "out-of-range", "lon")):
            answer = person.get("/v1/addresses" + query)
            self.assertEqual((answer.status, answer["code"], answer["field"]), (400, code, field), query)

    def test_a_damaged_name(self):
        """A flipped bit in a text leaves the tables whole; the answer must be UTF-8 all the same."""
        checker, Client.checker = Client.checker, None
        try:
            with Desk() as server:
                code, said, why = server.run("area", TOWN, os.path.join(server.base, "area"))
                self.assertEqual(code, 0, why)
                path = os.path.join(server.base, "area", "addresses.db")
                store = sqlite3.connect(path)
                store.execute("UPDATE entry SET name_en = CAST(x'46ff72' AS TEXT) WHERE name = '市第一人民医院'")
                store.commit()
                store.close()
                server.start("--addresses", path)
                person = server.set_up()
                self.assertEqual(search(person, "人民医院").json(), {"results": [], "reason": "no_index"})
                self.assertEqual(search(person, "jfl")["results"][0]["name"], "解放路")  # what is whole is found
                self.assertIn("event=address_index_unreadable", server.log_tail())
        finally:
            Client.checker = checker

    def test_long_names(self):
        """255 characters, the most that OpenStreetMap takes, are cut between two of them."""
        checker, Client.checker = Client.checker, None
        try:
            with Desk() as server:
                source, out = os.path.join(server.base, "long.osm"), os.path.join(server.base, "long")
                with open(source, "w", encoding="utf-8") as file:
                    file.write("<osm version='0.6'>" + "".join("<node id='%d' version='1' lat='30.00%d' lon='114'/>" % (n, n) for n in (1, 2, 3)))
                    for way, more in ((1, "a"), (2, "ab"), (3, "abc")):
                        file.write("<way id='%d' version='1'><nd ref='2'/><nd ref='%d'/><tag k='highway' v='primary'/><tag k='name' v='%s'/>"
                                   "<tag k='name:en' v='%s'/></way>" % (way, 1 + way % 2 * 2, more + "路" * 250, more + "é" * 250))
                    file.write("<node id='9' version='1' lat='30.002' lon='114'><tag k='amenity' v='hospital'/><tag k='name' v='%s'/></node></osm>" % ("院" * 255))
                code, said, why = server.run("area", source, out)
                self.assertEqual(code, 0, why)
                server.start("--addresses", os.path.join(out, "addresses.db"))
                person = server.set_up()
                for text in ("a路", "ab路", "abc路", "院院", "a路/ab路"):
                    answer = search(person, text)
                    self.assertTrue(answer["results"] and answer["reason"] is None, (text, answer))
        finally:
            Client.checker = checker

    def test_bad_files_and_the_desk_goes_on(self):
        with tempfile.TemporaryDirectory(prefix="bellman-test-") as folder:
            other = os.path.join(folder, "other.db")
            with open(other, "w") as file:
                file.write("no index " * 100)
            checker, Client.checker = Client.checker, None
            try:
                pipe = os.path.join(folder, "pipe.db")
                os.mkfifo(pipe)
                for path in (other, os.path.join(folder, "absent.db"), folder, pipe):
                    with Desk() as server:
                        server.start("--addresses", path)
                        person = server.set_up()
                        self.assertEqual(search(person, "a").json(), {"results": [], "reason": "no_index"})
                        self.assertEqual(person.get("/readyz").status, 200)
                        self.assertIn("event=no_address_index", server.log_tail())
                        self.assertFalse(os.path.exists(os.path.join(folder, "absent.db")))
            finally:
                Client.checker = checker
