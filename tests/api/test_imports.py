"""Own data from files: previewed row by row, all or nothing, repeatable, and out again as it came in."""
import csv
import json
import os
import re
import time
import unittest
from urllib.parse import quote

import desk
from desk import PASSWORD, Client, Desk
from world import world

CSV = {"Content-Type": "text/csv"}
GEO = {"Content-Type": "application/geo+json"}

AGENCIES = """code,name,parent,level,division,active
POST-1,河西警务站,POLICE-1,station,,yes
POLICE-1,解放路派出所,COUNTY,station,440106012,yes
FIRE-1,消防一站,COUNTY,station,440106,yes
"""
PLACES = """代码,名称,类型,机构代码,纬度,经度
ST-1,消防一站,驻地,FIRE-1,23.1291,113.2644
H-1,"第一医院, 急诊",设施,COUNTY,23.13,113.27
"""
UNITS = """call_sign;kind;agency;station;capabilities;active
消防-01;fire_engine;FIRE-1;ST-1;engine rescue;yes
巡逻-01;巡逻车;POLICE-1;;;yes
"""
ACCOUNTS = """number,name,roles,agency,unit,active
1001,李雷,call_taker dispatcher,COUNTY,,yes
1002,韩梅梅,接警员,POLICE-1,,yes
1003,车组一,unit,FIRE-1,消防-01,yes
"""


def square(lat, lon, size):
    return {"type": "Polygon", "coordinates": [[[lon, lat], [lon + size, lat], [lon + size, lat + size], [lon, lat + size], [lon, lat]]]}


def areas(*rows):
    return json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"code": code, "name": code, "kind": "jurisdiction", "agency": agency, "colour": "red"},
         "geometry": geometry} for code, agency, geometry in rows]}).encode()


class Files:
    """What each test does with a file."""

    def preview(self, kind, file, status=200, headers=CSV, person=None):
        answer = (person or self.boss).call("POST", "/v1/imports/" + kind, file if isinstance(file, bytes) else file.encode(), headers=headers)
        self.assertEqual(answer.status, status, answer)
        return answer.json()

    def take(self, kind, file, headers=CSV):
        seen = self.preview(kind, file, headers=headers)
        self.assertTrue(seen["ready"], seen)
        answer = self.boss.call("POST", "/v1/imports/%s/apply?digest=%s" % (kind, seen["digest"]),
                                file if isinstance(file, bytes) else file.encode(), headers=headers, key=True)
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def rows(self, table):
        return self.boss.ok("GET", "/v1/%s?limit=1000" % table)["rows"]

    def take_all(self):
        self.take("agencies", AGENCIES)
        self.take("places", PLACES)
        self.take("units", UNITS)
        self.take("accounts", ACCOUNTS)
        self.take("areas", areas(("J-1", "POLICE-1", square(23.1, 113.2, 0.1)), ("J-2", "POST-1", square(23.12, 113.22, 0.01))), GEO)

    def export(self, kind, form="csv"):
        answer = self.boss.get("/v1/exports/%s.%s" % (kind, form))
        self.assertEqual(answer.status, 200, answer)
        return answer.body


class Wrong(Files, unittest.TestCase):
    """One desk that takes none of them in."""

    @classmethod
    def setUpClass(cls):
        cls.checker, Client.checker = Client.checker, None
        cls.desk = Desk().start()
        cls.boss = cls.desk.set_up()

    @classmethod
    def tearDownClass(cls):
        Client.checker = cls.checker
        cls.desk.stop()
        cls.desk.close()

    def test_a_wrong_column_is_named_with_those_there_are(self):
        fault = self.preview("units", "callsing,kind,agency\nA,car,COUNTY\n", 422)
        self.assertEqual(fault["field"], "header")
        self.assertIn("callsing", fault["detail"])
        self.assertIn("call_sign", fault["detail"])
        fault = self.preview("units", "call_sign,agency\nA,COUNTY\n", 422)
        self.assertEqual(fault["field"], "kind")

    def test_half_a_row_doubled_ids_and_unknown_words_are_told_by_row(self):
        seen = self.preview("units", "call_sign,kind,agency,capabilities\n"
                            "A-1,car,COUNTY,\n"
                            "A-2,tank,COUNTY,\n"
                            "A-1,car,COUNTY,\n"
                            "A-3,car,NOWHERE,\n"
                            "A-4,car,COUNTY,Pump!\n"
                            "A-5,car,COU")
        wrong = {row["row"]: row for row in seen["rows"] if row["verdict"] == "wrong"}
        self.assertEqual({line: row["column"] for line, row in wrong.items()},
                         {3: "kind", 4: "call_sign", 5: "agency", 6: "capabilities", 7: ""})
        self.assertIn("Row 2", wrong[4]["detail"])
        self.assertIn("3 cells", wrong[7]["detail"])
        self.assertFalse(seen["ready"])
        answer = self.boss.call("POST", "/v1/imports/units/apply?digest=" + seen["digest"], b"call_sign,kind,agency\nA,tank,COUNTY\n", headers=CSV)
        self.assertEqual((answer.status, answer["code"]), (422, "bad-file"))
        self.assertEqual(self.rows("units"), [])  # nothing, not the good row either

    def test_words_are_those_of_the_page(self):
        for lang in ("zh_hans", "zh_hant"):
            with open(os.path.join(os.path.dirname(__file__), "..", "..", "web", "shared", "i18n", "words", lang + ".ts"), encoding="utf-8") as file:
                words = dict(re.findall(r'"(unit_kind\.\w+|agency_level\.\w+)": "([^"]+)"', file.read()))
            units = [text for key, text in words.items() if key.startswith("unit")]
            levels = [text for key, text in words.items() if key.startswith("agency")]
            self.assertEqual((len(units), len(levels)), (11, 7))
            for kind, header, row, texts in (("units", "呼号,类型,机构代码\n", "U-%d,%s,COUNTY\n", units),
                                             ("agencies", "代碼,級別,名稱,上級代碼\n", "A-%d,%s,A,COUNTY\n", levels)):
                seen = self.preview(kind, header + "".join(row % each for each in enumerate(texts)))
                self.assertEqual(seen["counts"]["new"], len(texts), seen)

    def test_letters_of_two_kinds_in_one_file(self):
        mixed = "code,name,kind,agency\nA,解放路消防站,station,COUNTY\n".encode() + "B,中山路消防站,station,COUNTY\n".encode("gb18030")
        fault = self.preview("places", mixed, 422)
        self.assertIn("Line 3 is not UTF-8, while line 2 is", fault["detail"])
        fault = self.preview("places", b"code,name,kind,agency\nA,\xff\xff\xff,station,COUNTY\n", 422)
        self.assertIn("Line 2", fault["detail"])

    def test_quotes_that_do_not_end_and_cells_that_hide_things(self):
        seen = self.preview("units", 'call_sign,kind,agency\nA-1,car,COUNTY\n"A-2,car,COUNTY\nA-3,car,COUNTY\n')
        self.assertEqual([(row["row"], row["verdict"]) for row in seen["rows"]], [(2, "new"), (3, "wrong")])
        self.assertIn("does not end", seen["rows"][1]["detail"])
        seen = self.preview("units", 'call_sign,kind,agency\nA"1,car,COUNTY\n"A\x072",car,COUNTY\nA-3,car,COUNTY\n')
        self.assertEqual([row["verdict"] for row in seen["rows"]], ["wrong", "wrong", "new"])

    def test_borders_that_cannot_be(self):
        bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
        many = {"type": "Polygon", "coordinates": [[[i / 10000, (i * i) / 1e9] for i in range(5000)]]}
        seen = self.preview("areas", areas(("A", "COUNTY", bow), ("B", "COUNTY", many), ("C", "COUNTY", {"type": "Point", "coordinates": [1, 1]}),
                                           ("D", "COUNTY", square(23, 200, 1)), ("E", "COUNTY", None)), headers=GEO)
        self.assertEqual([row["column"] for row in seen["rows"] if row["verdict"] == "wrong"], ["geometry"] * 5)
        self.assertEqual([row["reason"] for row in seen["rows"]], ["border_crosses", "border_long", "border_kind", "border_point", "border_kind"])
        self.assertEqual(self.preview("areas", b'{"type":"FeatureCollection"', 422, GEO)["code"], "bad-file")

    def test_every_fault_of_a_row_has_a_reason_that_the_page_knows(self):
        """The page says it in three languages by that word, and shows the English sentence only where there is none."""
        files = {
            "agencies": ["code,name,level,parent,division\nX,X,station,COUNTY,12\nY,Y,station\n"],
            "places": ["code,name,kind,agency,lat,lon\nP,P,station,COUNTY,1,\n", "code,name,kind,agency\nP,P,road_closure,COUNTY\n"],
            "units": ["call_sign,kind,agency,capabilities\nU-1,car,COUNTY,Ä!\n\"U\"2,car,COUNTY,\n"],
            "accounts": ["number,name,roles,agency\n1,A,unit,COUNTY\n"],
            "addresses": ["name,detail,lat,lon\nA,,99,1\n"],
            "divisions": ["code,name\n123,X\n11,Y\n11,Z\n"],
            "devices": ["identity,protocol,unit\n8,osmand,NOT-THERE\n"],
        }
        folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../web/shared/i18n/data")
        known = [open(os.path.join(folder, name), encoding="utf-8").read() for name in ("en.ts", "zh_hans.ts", "zh_hant.ts")]
        for kind, texts in files.items():
            for text in texts:
                wrong = [row for row in self.preview(kind, text)["rows"] if row["verdict"] == "wrong"]
                self.assertTrue(wrong, text)
                for row in wrong:
                    self.assertTrue(row["reason"], row)
                    for page in known:
                        self.assertIn('"data.wrong_%s"' % row["reason"], page)

    def test_template_is_a_file_that_can_be_read(self):
        for kind in self.boss.ok("GET", "/v1/imports")["kinds"]:
            if not kind["csv"]:
                continue
            for lang in ("en", "zh-Hans", "zh-Hant"):
                answer = self.boss.get("/v1/imports/%s/template.csv?lang=%s" % (kind["kind"], lang))
                self.assertEqual(answer.status, 200)
                self.assertEqual(self.preview(kind["kind"], answer.body)["counts"]["rows"], 1)


class Own(Files, unittest.TestCase):
    """One empty desk for each test: what is imported is what is there."""

    def setUp(self):
        self.checker, Client.checker = Client.checker, None
        self.desk = Desk().start()
        self.boss = self.desk.set_up()

    def tearDown(self):
        Client.checker = self.checker
        self.desk.stop()
        self.desk.close()

    # --- good files ---------------------------------------------------------------------------------

    def test_a_file_is_previewed_taken_in_and_the_same_from_then_on(self):
        seen = self.preview("agencies", AGENCIES)
        self.assertEqual({name: seen["counts"][name] for name in ("rows", "new", "change", "same", "wrong")},
                         {"rows": 3, "new": 3, "change": 0, "same": 0, "wrong": 0})
        self.assertEqual(len(self.rows("agencies")), 1)  # a preview changes nothing
        taken = self.take("agencies", AGENCIES)
        self.assertEqual((taken["new"], taken["changed"]), (3, 0))
        by_code = {row["code"]: row for row in self.rows("agencies")}
        self.assertEqual(by_code["POST-1"]["parent"], by_code["POLICE-1"]["id"])  # which stood below it in the file
        self.assertEqual(by_code["POLICE-1"]["division"], "440106012")
        self.desk.stop()  # what a file brought comes back from the record alone
        for name in os.listdir(self.desk.data):
            if name.startswith("snapshot-"):
                os.unlink(os.path.join(self.desk.data, name))
        self.desk.start()
        self.boss = Client(self.desk, self.boss.token, self.boss.operator)
        again = self.preview("agencies", AGENCIES)
        self.assertEqual(again["counts"]["same"], 3)
        self.assertEqual(self.take("agencies", AGENCIES)["new"], 0)
        changed = self.preview("agencies", AGENCIES.replace("消防一站", "消防救援一站"))
        self.assertEqual([(row["row"], row["changes"]) for row in changed["rows"] if row["verdict"] == "change"], [(4, "name")])

    def test_every_kind_and_what_it_refers_to(self):
        self.take_all()
        agencies = {row["code"]: row["id"] for row in self.rows("agencies")}
        places = {row["code"]: row for row in self.rows("places")}
        units = {row["call_sign"]: row for row in self.rows("units")}
        self.assertEqual(units["消防-01"]["station"], places["ST-1"]["id"])
        self.assertEqual(units["消防-01"]["jurisdiction"], agencies["FIRE-1"])
        self.assertEqual(units["巡逻-01"]["kind"], "car")
        self.assertEqual(places["H-1"]["name"], "第一医院, 急诊")
        self.assertAlmostEqual(places["ST-1"]["lat"], 23.1291)
        people = {row["number"]: row for row in self.rows("operators")}
        self.assertEqual(people["1001"]["personal"]["name"], "李雷")
        self.assertEqual(people["1003"]["unit"], units["消防-01"]["id"])
        self.assertEqual([row["kind"] for row in self.rows("areas")], ["jurisdiction"] * 2)

    def test_out_and_into_an_empty_desk_and_out_again_is_the_same(self):
        self.take_all()
        kinds = [("agencies", "csv", CSV), ("places", "csv", CSV), ("units", "csv", CSV), ("accounts", "csv", CSV), ("areas", "geojson", GEO)]
        first = {kind: self.export(kind, form) for kind, form, _ in kinds}
        self.assertIn("李雷".encode(), first["accounts"])
        with Desk().start() as other:
            boss, self.boss = self.boss, other.set_up()
            for kind, form, headers in kinds:
                self.take(kind, first[kind], headers)
                self.assertEqual(self.export(kind, form), first[kind])
            self.boss = boss

    def test_devices_come_from_a_file_and_get_their_secrets_once(self):
        self.take_all()
        file = "identity,protocol,unit,active\nann/phone,owntracks,消防-01,\nvan-1,osmand,消防-01,yes\n13800000001,jt808,巡逻-01,yes\nvan-1,owntracks/x,巡逻-01,\n"
        seen = self.preview("devices", file)
        self.assertEqual([(row["row"], row["column"], row["reason"]) for row in seen["rows"] if row["verdict"] == "wrong"], [(5, "protocol", "word")])
        file = file.replace("van-1,owntracks/x", "1,JT808")
        taken = self.take("devices", file)
        self.assertEqual((taken["new"], taken["links"]), (4, []))
        units = {row["id"]: row["call_sign"] for row in self.rows("units")}
        devices = {row["identity"]: row for row in self.rows("devices")}
        self.assertEqual({name: (row["protocol"], units[row["unit"]], row["active"]) for name, row in devices.items()},
                         {"ann/phone": ("owntracks", "消防-01", True), "van-1": ("osmand", "消防-01", True),
                          "13800000001": ("jt808", "巡逻-01", True), "1": ("jt808", "巡逻-01", True)})
        # Those that bring one over HTTP, each its own, which works at once; terminals have none.
        secrets = {row["identity"]: row["secret"] for row in taken["secrets"]}
        self.assertEqual(sorted(secrets), ["ann/phone", "van-1"])
        self.assertEqual(len(set(secrets.values())), 2)
        send = "/v1/intake/osmand?id=van-1&lat=1&lon=2&token="
        self.assertEqual([self.desk.client().call("GET", send + token).status for token in (secrets["van-1"], secrets["ann/phone"])], [200, 400])
        # The same again: nothing new, and no other secrets.
        again = self.take("devices", file)
        self.assertEqual((again["new"], again["changed"], again["same"], again["secrets"]), (0, 0, 4, []))
        # A changed one keeps its secret; an export has none, and is the same file.
        out = self.export("devices").decode("utf-8-sig")
        for secret in secrets.values():
            self.assertNotIn(secret, out)
        self.assertEqual(self.preview("devices", out)["counts"]["same"], 4)
        moved = self.take("devices", "终端名称,协议,呼号,在用\nvan-1,OsmAnd,巡逻-01,是\n")
        self.assertEqual((moved["new"], moved["changed"], moved["secrets"]), (0, 1, []))
        self.assertEqual(self.desk.client().call("GET", send + secrets["van-1"]).status, 200)
        self.desk.stop()
        self.desk.start()
        self.assertEqual(self.desk.client().call("GET", send + secrets["van-1"]).status, 200)
        self.boss = Client(self.desk, self.boss.token, self.boss.operator)

    def test_two_protocols_may_know_one_name_and_one_only_once(self):
        self.take_all()
        file = "identity,protocol,unit\n7,osmand,消防-01\n7,jt808,巡逻-01\n"
        self.assertEqual(self.take("devices", file)["new"], 2)
        seen = self.preview("devices", file + "7,osmand,巡逻-01\n")
        self.assertEqual([(row["row"], row["reason"]) for row in seen["rows"] if row["verdict"] == "wrong"], [(4, "twice")])
        for row, column in (("07,jt808,消防-01", "identity"), ("a b,osmand,消防-01", "identity"), ("ann,owntracks,消防-01", "identity"), ("8,osmand,X-9", "unit"),
                            ("8,osmand,", "unit"), ("8,,消防-01", "protocol")):
            seen = self.preview("devices", "identity,protocol,unit\n%s\n" % row)
            self.assertEqual([(each["verdict"], each["column"]) for each in seen["rows"]], [("wrong", column)], row)
            self.assertEqual(seen["rows"][0]["reason"] == "device_name", column == "identity", row)
        unit = [row for row in self.rows("units") if row["call_sign"] == "巡逻-01"][0]
        self.boss.ok("PUT", "/v1/units/" + unit["id"], {"call_sign": "巡逻-01", "kind": "car", "jurisdiction": unit["jurisdiction"], "inactive": True},
                     key=True, match=unit["version"])
        seen = self.preview("devices", "identity,protocol,unit\n9,osmand,巡逻-01\n")
        self.assertEqual(seen["rows"][0]["reason"], "unit_gone")

    def test_as_many_devices_as_one_import_takes(self):
        self.take_all()
        file = "identity,protocol,unit\n" + "".join("dev-%d,osmand,消防-01\n" % n for n in range(5000))
        taken = self.take("devices", file)
        self.assertEqual((taken["new"], len({row["secret"] for row in taken["secrets"]})), (5000, 5000))
        for row in (taken["secrets"][0], taken["secrets"][4999]):
            sent = self.desk.client().call("GET", "/v1/intake/osmand?id=%s&lat=1&lon=2&token=%s" % (row["identity"], row["secret"]))
            self.assertEqual(sent.status, 200)

    def test_devices_by_the_command_line(self):
        self.take_all()
        token, path = os.path.join(self.desk.base, "token"), os.path.join(self.desk.base, "devices.csv")
        with open(token, "w") as file:
            file.write(self.boss.token + "\n")
        with open(path, "w") as file:
            file.write("identity,protocol,unit\nvan-2,osmand,消防-01\n555,jt808,巡逻-01\n")
        where = ("--desk", "http://127.0.0.1:%d" % self.desk.port, "--token-file", token)
        code, out, err = self.desk.run("import", "devices", path, "--apply", *where)
        self.assertEqual(code, 0, err)
        self.assertIn("taken in: 2 new", out)
        secret = re.search(r"^osmand van-2  ([0-9a-f]{32})$", out, re.M).group(1)
        self.assertEqual(self.desk.client().call("GET", "/v1/intake/osmand?id=van-2&lat=1&lon=2&token=" + secret).status, 200)
        code, out, err = self.desk.run("export", "devices", *where)
        self.assertEqual((code, out.replace("\r", "").lstrip("\ufeff").split("\n")[:3]), (0, ["identity,protocol,unit,active", "van-2,osmand,消防-01,yes", "555,jt808,巡逻-01,yes"]))

    def test_a_case_lies_where_the_border_says(self):
        self.take_all()
        agencies = {row["id"]: row["code"] for row in self.rows("agencies")}
        where = {(23.125, 113.225): "POST-1", (23.15, 113.25): "POLICE-1", (24, 114): "COUNTY"}
        for (lat, lon), code in where.items():
            case = self.boss.ok("POST", "/v1/cases", {"class": "fire", "lat": lat, "lon": lon}, key=True)["case"]
            self.assertEqual(agencies[case["jurisdiction"]], code)

    def test_gb18030_as_excel_saves_it(self):
        self.take("agencies", AGENCIES)
        seen = self.preview("places", PLACES.encode("gb18030"))
        self.assertEqual((seen["charset"], seen["counts"]["new"]), ("gb18030", 2))
        self.take("places", PLACES.encode("gb18030"))
        self.assertEqual(self.preview("places", "\ufeff" + PLACES)["counts"]["same"], 2)

    def test_what_only_the_desk_knows_is_told_in_the_preview(self):
        self.take("agencies", AGENCIES)
        seen = self.preview("agencies", "code,name,parent,level\nPOLICE-1,解放路派出所,POST-1,station\n")
        self.assertEqual([(row["row"], row["verdict"], row["column"]) for row in seen["rows"]], [(2, "wrong", "parent")])
        self.take("units", UNITS.replace(";ST-1;", ";;"))
        unit = self.rows("units")[0]
        self.boss.ok("PATCH", "/v1/units/" + unit["id"], {"duty": "on_duty"}, key=True)
        case = self.boss.ok("POST", "/v1/cases", {"class": "fire"}, key=True)["case"]
        self.boss.ok("POST", "/v1/cases/%s/assignments" % case["id"], {"units": [unit["id"]]}, key=True, match=case["version"])
        seen = self.preview("units", "call_sign,kind,agency,active\n%s,fire_engine,FIRE-1,no\n" % unit["call_sign"])
        self.assertIn("on an assignment", seen["rows"][0]["detail"])
        seen = self.preview("accounts", "number,roles,agency,active\n0001,admin,COUNTY,no\n")
        self.assertFalse(seen["ready"])

    def test_changed_meanwhile_and_who_may(self):
        seen = self.preview("agencies", AGENCIES)
        self.desk.agency("FIRE-1", parent="1")
        answer = self.boss.call("POST", "/v1/imports/agencies/apply?digest=" + seen["digest"], AGENCIES.encode(), headers=CSV)
        self.assertEqual((answer.status, answer["code"], answer["field"]), (412, "stale-version", "digest"))
        taker = self.desk.operator("77", ["call_taker"])
        self.preview("agencies", AGENCIES, 403, person=taker)
        self.assertEqual(taker.get("/v1/exports/units.csv").status, 403)
        self.assertEqual(self.boss.get("/v1/exports/areas.csv").status, 404)
        self.preview("cats", AGENCIES, 404)
        self.preview("agencies", AGENCIES, 415, headers={"Content-Type": "application/json"})

    def test_a_hundred_thousand_rows_hold_nobody_up(self):
        header, row = "code,name,kind,agency,lat,lon\n", "P-%d,Place %d,facility,COUNTY,23.1,113.2\n"
        file = (header + "".join(row % (i, i) for i in range(100000))).encode()
        other = self.boss.another()
        waits = []
        person = self.boss.another()
        import threading
        answers = []
        thread = threading.Thread(target=lambda: answers.append(person.call("POST", "/v1/imports/places", file, headers=CSV)))
        thread.start()
        while thread.is_alive():
            begun = time.monotonic()
            other.ok("POST", "/v1/contacts", {"channel": "call"}, key=True)
            waits.append(time.monotonic() - begun)
        thread.join()
        seen = answers[0].json()
        self.assertEqual((seen["counts"]["new"], len(seen["rows"]), seen["ready"]), (100000, 1000, False))
        self.assertIn("Divide the file", seen["obstacle"])
        self.assertGreater(len(waits), 3)
        self.assertLess(sorted(waits)[len(waits) // 2], 1.0)
        fault = self.preview("places", file + (row % (100000, 100000)).encode(), 422)
        self.assertIn("100000 rows", fault["detail"])
        self.take("places", (header + "".join(row % (i, i) for i in range(5000))).encode())
        self.assertEqual(self.boss.ok("GET", "/v1/places?limit=1000&after=4000")["rows"][-1]["code"], "P-4999")

    def test_all_or_nothing_over_a_killed_server(self):
        header, row = "code,name,kind,agency\n", "P-%d,Place %d,facility,COUNTY\n"
        file = (header + "".join(row % (i, i) for i in range(3000))).encode()
        seen = self.preview("places", file)
        wire = desk.Wire(self.desk.port)
        wire.send(desk.request_bytes("POST", "/v1/imports/places/apply?digest=" + seen["digest"], file,
                                     dict(CSV, Authorization="Bearer " + self.boss.token)))
        until = time.monotonic() + 0.15  # somewhere in the middle of it, wherever that is on this machine
        while time.monotonic() < until:
            self.desk.client().get("/healthz")
        self.desk.kill()
        self.desk.start()
        self.boss = Client(self.desk, self.boss.token, self.boss.operator)
        here = len(self.boss.ok("GET", "/v1/places?limit=1000")["rows"])
        self.assertIn(here, (0, 1000))
        self.take("places", file)
        self.assertEqual(self.preview("places", file)["counts"]["same"], 3000)
        self.desk.stop()
        code, said, why = self.desk.run("journal", "verify", self.desk.data)
        self.assertEqual(code, 0, why)
        self.desk.start()

    def test_own_addresses_are_found_at_once_and_come_back(self):
        file = "name,detail,lat,lon\n东门菜市场,菜市场,23.1291,113.2644\nEast Gate Market,\"market, covered\",23.13,113.27\n"
        self.assertEqual(self.boss.ok("GET", "/v1/addresses?q=market")["reason"], "no_index")
        self.assertEqual(self.take("addresses", file)["new"], 2)
        found = self.boss.ok("GET", "/v1/addresses?q=gate%20market")["results"]
        self.assertEqual([(each["name"], each["detail"], each["kind"]) for each in found], [("East Gate Market", "market, covered", "place")])
        self.assertEqual(self.boss.ok("GET", "/v1/addresses?q=" + quote("菜市场"))["results"][0]["lat"], 23.1291)
        self.assertEqual(self.preview("addresses", self.export("addresses"))["counts"]["same"], 2)
        wrong = self.preview("addresses", "name,lat,lon\nA,91,0\nB,1,2\nB,1,2\n,1,2\nC,1,x\n")
        self.assertEqual([(row["row"], row["column"]) for row in wrong["rows"] if row["verdict"] == "wrong"],
                         [(2, "lat"), (4, "name"), (5, "name"), (6, "lon")])
        many = "name,lat,lon\n" + "".join("Place %d,23.%05d,113.2\n" % (i, i) for i in range(100000))
        begun = time.monotonic()
        self.assertEqual(self.take("addresses", many)["new"], 100000)
        print("100,000 own addresses looked at and taken in: %.1f s" % (time.monotonic() - begun))
        self.assertEqual(self.boss.ok("GET", "/v1/addresses?q=place%2099999&limit=5")["results"][0]["name"], "Place 99999")
        self.assertEqual(self.boss.ok("GET", "/v1/addresses?q=market")["results"], [])  # the file before is gone
        out = os.path.join(self.desk.base, "backup")
        code, said, why = self.desk.run("backup", self.desk.data, out)
        self.assertEqual(code, 0, why)
        with open(os.path.join(out, "own-addresses.csv"), "rb") as file:
            self.assertEqual(file.read(), self.export("addresses"))
        self.desk.kill()
        self.desk.start()
        self.boss = Client(self.desk, self.boss.token, self.boss.operator)
        self.assertEqual(self.boss.ok("GET", "/v1/addresses?q=place%207&limit=50")["results"][0]["name"], "Place 7")

    def test_names_of_division_codes(self):
        self.take("divisions", "代码,名称\n44,广东省\n4401,广州市\n440106,天河区\n440106006,石牌街道\n")
        self.assertEqual(self.boss.ok("GET", "/v1/divisions?code=440106006")["name"], "广东省 广州市 天河区 石牌街道")
        self.assertIsNone(self.boss.ok("GET", "/v1/divisions?code=110101")["name"])
        self.assertEqual(self.boss.get("/v1/divisions?code=x").status, 400)
        self.assertEqual([row["changes"] for row in self.preview("divisions", "code,name\n44,Guangdong\n")["rows"]], ["name"])
        real = os.path.join(os.path.dirname(__file__), "..", "..", "..", "shared", "data", "cn")
        if not os.path.isdir(real):
            self.skipTest("skipped: %s is not there" % real)
        lines = ["code,name"]
        for name in ("gbt2260_provinces.csv", "gbt2260_cities.csv", "gbt2260_areas.csv"):
            with open(os.path.join(real, name), encoding="utf-8") as file:
                lines += ["%s,%s" % (row["code"], row["name"]) for row in csv.DictReader(file)]
        self.assertGreater(self.take("divisions", "\n".join(lines))["new"], 2900)
        self.assertEqual(self.boss.ok("GET", "/v1/divisions?code=440106")["name"], "广东省 广州市 天河区")

    def test_links_are_for_those_without_a_log_in_and_work_once(self):
        self.take("agencies", AGENCIES)
        self.take("units", UNITS.replace(";ST-1;", ";;"))
        links = {each["number"]: each["path"] for each in self.take("accounts", ACCOUNTS)["links"]}
        self.assertEqual(sorted(links), ["1001", "1002", "1003"])
        token = links["1001"].split("/join#")[1]
        somebody = self.desk.client()
        short = somebody.post("/v1/accounts", {"token": token, "password": "short"})
        self.assertEqual((short.status, short["field"]), (400, "password"))
        for wrong in (token[:-1] + ("0" if token[-1] != "0" else "1"), token[:-2], ""):
            self.assertIn(somebody.post("/v1/accounts", {"token": wrong, "password": PASSWORD}).status, (400, 403))
        answer = somebody.post("/v1/accounts", {"token": token, "password": PASSWORD})
        self.assertEqual((answer.status, answer["roles"]), (201, ["call_taker", "dispatcher"]))
        self.assertEqual(somebody.post("/v1/accounts", {"token": token, "password": PASSWORD + "2"}).status, 409)
        self.assertEqual(self.desk.login("1001").ok("GET", "/v1/me")["operator"], answer["operator"])
        again = self.take("accounts", ACCOUNTS)
        self.assertEqual((again["new"], sorted(each["number"] for each in again["links"])), (0, ["1002", "1003"]))
        id = {row["number"]: row["id"] for row in self.rows("operators")}
        made = self.boss.ok("POST", "/v1/operators/%s/link" % id["1002"])["links"][0]
        self.assertEqual(made["number"], "1002")
        self.assertEqual(self.boss.post("/v1/operators/%s/link" % id["1001"]).status, 409)
        self.take("accounts", ACCOUNTS.replace("POLICE-1,,yes", "POLICE-1,,no"))
        gone = self.desk.client().post("/v1/accounts", {"token": made["path"].split("#")[1], "password": PASSWORD})
        self.assertEqual((gone.status, gone["field"]), (403, "token"))


class Described(Files, unittest.TestCase):
    """Every route once on the shared desk, where answers are held against the description."""

    def test_routes_answer_as_described(self):
        self.boss = world().boss
        self.take("agencies", "code,name,parent,level\nIMPORTED,Imported,COUNTY,station\n")
        self.take("areas", areas(("IMPORTED-J", "IMPORTED", square(10, 10, 0.01))), GEO)
        number = "imp-%d" % world().number()
        link = self.take("accounts", "number,roles,agency\n%s,call_taker,IMPORTED\n" % number)["links"][0]
        self.boss.ok("POST", "/v1/operators/%s/link" % [row["id"] for row in self.rows("operators") if row["number"] == number][0])
        self.assertEqual(world().desk.client().post("/v1/accounts", {"token": link["path"].split("#")[1], "password": PASSWORD}).status, 201)
        self.assertIn("imported", [row["name"].lower() for row in self.rows("agencies")])
        [area] = self.rows("areas")
        before = self.boss.ok("GET", "/v1/areas/borders")["borders"]
        self.assertEqual([(each["area"]["code"], len(each["border"]["coordinates"][0])) for each in before], [("IMPORTED-J", 5)])
        body = {"kind": "zone", "code": "IMPORTED-J", "name": "Renamed", "jurisdiction": area["jurisdiction"]}
        path, match = "/v1/areas/%s" % area["id"], {"If-Match": '"%d"' % area["version"]}
        self.assertEqual(self.boss.call("PUT", "/v1/areas/999", body, headers=match, key=True).status, 404)
        self.boss.ok("PUT", path, body, headers=match, key=True)
        self.assertEqual(self.boss.call("PUT", path, body, headers=match, key=True).status, 412)
        after = self.boss.ok("GET", "/v1/areas/borders")["borders"]
        self.assertEqual((after[0]["area"]["name"], after[0]["border"]), ("Renamed", before[0]["border"]))  # the border stays
        self.boss.ok("PUT", path, dict(body, inactive=True), headers={"If-Match": '"%d"' % after[0]["area"]["version"]}, key=True)
        self.assertEqual(self.boss.ok("GET", "/v1/areas/borders")["borders"], [])
        self.boss.ok("GET", "/v1/imports")
        self.boss.ok("GET", "/v1/divisions?code=44")
        self.assertEqual(self.boss.get("/v1/imports/units/template.csv").status, 200)
        self.export("agencies")
        self.export("areas", "geojson")
