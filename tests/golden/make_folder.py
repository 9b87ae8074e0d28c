#!/usr/bin/env python3
"""Makes a golden data folder: python3 tests/golden/make_folder.py build/.../bellman tests/golden/folders/format-N

Run once at each release, with the program that is released, after its format number has become final; the file is
never made again.  It holds what an agency's desk holds after a morning: agencies, units, operators with accounts,
calls, cases open, closed, merged and erased, a matter with a receipt, a road closure, a snapshot, a signed head.

OUT.tar.xz   the folder as the program left it after a clean stop
OUT.json     what it must still say when a later program has opened it"""
import json
import os
import subprocess
import sys
import tarfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))
from desk import PASSWORD, Desk

FILES = ("journal.db", "journal.db-wal", "vault.db", "vault.key", "head.checkpoint", "format")


def live(desk):
    boss = desk.set_up("boss")
    boss.ok("POST", "/v1/classes", json.load(open(os.path.join(HERE, "..", "..", "classes", "110.json"))), key=True)
    for builtin in ("cn",):
        boss.ok("POST", "/v1/calendars?builtin=" + builtin, key=True)
    for builtin in ("letter", "mediation"):
        boss.ok("POST", "/v1/procedures?builtin=" + builtin, key=True)
    station = desk.agency("EAST")
    units = [desk.unit("E-%d" % n, station) for n in range(1, 4)]
    desk.operator("2001", ["call_taker", "dispatcher"], name="王小明")
    boss.ok("POST", "/v1/road-closures", {"name": "Mill bridge", "jurisdiction": "1", "form": "line",
                                          "points": [[49.41, 8.69], [49.42, 8.69]]}, key=True)
    cases = []
    for n in range(12):
        contact = boss.ok("POST", "/v1/contacts", {"channel": "call", "number": "555010%02d" % n, "text": "Golden call %d 火" % n}, key=True)["contact"]
        case = boss.ok("POST", "/v1/cases", {"class": boss.ok("GET", "/v1/classes")["rows"][n % 5]["code"], "contact": contact["id"],
                                             "address": "Golden lane %d" % n, "lat": 49.41, "lon": 8.69}, key=True)["case"]
        cases.append(case)
        boss.ok("POST", "/v1/cases/%s/entries" % case["id"], {"text": "Golden entry %d" % n}, key=True)
    first = boss.ok("GET", "/v1/cases/" + cases[0]["id"])["case"]
    boss.ok("POST", "/v1/cases/%s/assignments" % first["id"], {"units": units[:2]}, key=True, match=first["version"])
    for row in boss.ok("GET", "/v1/assignments")["rows"]:
        boss.ok("POST", "/v1/assignments/%s/status" % row["id"], {"from": "assigned", "to": "en_route"}, key=True)
    for n in (1, 2):
        boss.ok("POST", "/v1/cases/%s/events" % cases[n]["id"], {"event": "close", "fields": {"outcome": "solved"}}, key=True,
                match=boss.ok("GET", "/v1/cases/" + cases[n]["id"])["case"]["version"])
    boss.ok("POST", "/v1/cases/%s/merge" % cases[4]["id"], {"into": cases[3]["id"]}, key=True,
            match=boss.ok("GET", "/v1/cases/" + cases[4]["id"])["case"]["version"])
    boss.ok("POST", "/v1/cases/%s/erase" % cases[1]["id"], {"basis": "retention"}, key=True)
    receipt = desk.client().ok("POST", "/public/matters", {"procedure": "letter", "text": "Golden letter.", "name": "Li Hua"}, key=True)["code"]
    return {"receipt": receipt, "open_address": {cases[0]["id"]: "Golden lane 0"}, "erased": cases[1]["id"], "merged": cases[4]["id"], "unit": units[0],
            "login": "2001", "password": PASSWORD}


def main():
    out = sys.argv[2]
    if os.path.exists(out + ".tar.xz"):
        sys.exit("%s.tar.xz is there, and golden folders are never made again" % out)
    with Desk() as desk:
        desk.start()
        told = live(desk)
        told["seq"] = desk.boss.ok("GET", "/v1/board")["seq"]
        desk.stop()
        code, text, _ = desk.run("journal", "verify", desk.data)
        assert code == 0, text
        told["events"], told["head"] = int(text.split(" events")[0].splitlines()[-1]), text.split("head ")[1].split("\n")[0]
        told["version"] = subprocess.run([desk.binary, "version"], capture_output=True, text=True).stdout.split()[1]
        with tarfile.open(out + ".tar.xz", "w:xz") as tar:
            for name in FILES + tuple(sorted(f for f in os.listdir(desk.data) if f.startswith("snapshot-"))):
                path = os.path.join(desk.data, name)
                if not os.path.exists(path):
                    continue
                info = tar.gettarinfo(path, name)
                info.uid = info.gid = 0
                info.uname = info.gname = ""
                with open(path, "rb") as file:
                    tar.addfile(info, file)
    with open(out + ".json", "w") as file:
        json.dump(told, file, indent=1, ensure_ascii=False)
        file.write("\n")


main()
