#!/usr/bin/env python3
"""bellman procedure check: cli_test.py BELLMAN PROCEDURES: what it prints, its exit status, files that are none."""
import os
import re
import subprocess
import sys
import tempfile

BINARY, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]


def run(*arguments):
    done = subprocess.run([BINARY, "procedure", *arguments], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def need(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")


def test_shipped():
    files = sorted(os.path.join(FOLDER, name) for name in os.listdir(FOLDER) if name.endswith(".yaml"))
    status, out, err = run("check", *files)
    need(status == 0 and err == "", f"the shipped files are refused: {out}{err}")
    need(out.count("worst case, from first contact to closed: ") == len(files), "not every worst case is printed")
    need("unbounded" not in out, "something is unbounded")
    for taken, rows in re.findall(r"taking (\d+) of (\d+) rows", out):
        need(taken == rows, f"{taken} of {rows} rows")
    print(out, end="")


def test_gamed():
    with open(os.path.join(FOLDER, "letter.yaml"), encoding="utf-8") as file:
        text = file.read()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "gamed.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("anchor: state under_supervision", "anchor: state with_unit"))
        status, out, err = run("check", path)
        need(status == 1, "a gamed clock was let through")
        need(re.search(rf"^{re.escape(path)}:\d+:\d+: check 16: clock supervising: ", out, re.M), out)
        need("1 of 1 files may not be published" in err, err)
        status, out, err = run("check", os.path.join(FOLDER, "letter.yaml"), path)
        need(status == 1 and "1 of 2" in err, "a good file beside a bad one hides it")


def test_bad_input():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "x.yaml")
        for content, what in ((b"", "nothing in this file"), (b"a: &b c\n", "Anchors"), (b"\xff\xfe", "no UTF-8"),
                              (b"#\n" * 6 * 1024 * 1024, "more than 1048576 bytes"),
                              (b"a: " + b"[" * 100000, "deep within"), (b"a: 1\na: 2\n", "second time"),
                              (b"procedure: x\n", "is missing here")):
            with open(path, "wb") as file:
                file.write(content)
            status, out, err = run("check", path)
            need(status == 1 and what in out and f"{path}:" in out, f"{what}: {status} {out[:300]} {err[:300]}")
        status, out, err = run("check", os.path.join(folder, "none.yaml"))
        need(status == 1 and "cannot read" in err, err)
        status, out, err = run("check", folder)
        need(status == 1 and "cannot read" in err, err)


def test_additions():
    calendars = os.path.join(FOLDER, "..", "calendars")
    letter = os.path.join(FOLDER, "letter.yaml")
    text = ("additions_to: cn\nedition: 1\ntitle: Days of the north\nyears:\n  - year: 2026\n    notices:\n      - No. 3\n"
            "    off:\n      - 2026-06-01, festival\n    work:\n      - 2026-06-06, made up\n")
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(calendars, "cn.yaml"), encoding="utf-8") as file, open(os.path.join(folder, "cn.yaml"), "w", encoding="utf-8") as copy:
            copy.write(file.read())
        path = os.path.join(folder, "a-north.yaml")  # before the calendar by name
        for changed, status_is, says in ((text, 0, ""), (text.replace("2026-06-06", "2026-06-08"), 1, "Line 11: 2026-06-08 is worked without this already"),
                                         (text.replace("2026-06-01", "2027-06-01"), 1, "Line 9: 2027-06-01 stands under another year"),
                                         (text.replace("additions_to: cn", "additions_to: us"), 1, "us"),
                                         (text.replace("    off:", "    of:"), 1, "no such key")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(changed)
            status, out, err = run("check", "--calendars", folder, letter)
            need(status == status_is and says in err, f"{says}: {status} {out[-300:]} {err[:300]}")


def test_usage():
    for arguments in ((), ("check",), ("publish", "x"), ("check", "--all")):
        status, out, err = run(*arguments)
        need(status == 2 and out == "", f"{arguments}: {status} {out}{err}")


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
        print(f"passed: {name}")
