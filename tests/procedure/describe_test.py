#!/usr/bin/env python3
"""bellman procedure describe: describe_test.py BELLMAN PROCEDURES: what stands on a page, in three languages; what is refused."""
import os
import re
import subprocess
import sys
import tempfile

BINARY, FOLDER = os.path.abspath(sys.argv[1]), sys.argv[2]
LANGUAGES = ("zh-Hans", "zh-Hant", "en")
FILES = sorted(name for name in os.listdir(FOLDER) if name.endswith(".yaml"))


def run(*arguments):
    done = subprocess.run([BINARY, "procedure", "describe", *arguments], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def need(condition, what):
    if not condition:
        sys.exit(f"failed: {what}")


def page(name, language):
    status, out, err = run("--lang", language, os.path.join(FOLDER, name))
    need(status == 0 and err == "", f"{name} in {language}: {status} {err}")
    return out


def shape(line):
    """The bars of a table's row, the mark of a heading or a bullet, whether there is a paragraph."""
    return line.count("|") if line.startswith("|") else line.split(" ")[0] if line[:1] in ("#", "-") else line != ""


def test_same_shape_in_each_language():
    for name in FILES:
        pages = [page(name, language) for language in LANGUAGES]
        shapes = [[shape(line) for line in text.splitlines()] for text in pages]
        need(shapes[0] == shapes[1] == shapes[2], f"{name}: the languages have other rows")
        need(len(set(pages)) == 3, f"{name}: two languages say the same")
        for text, language in zip(pages, LANGUAGES):
            need(not re.search(r"\{[0-9]\}", text), f"{name} in {language}: something was not filled in")
            need("omplies" not in text and "comply" not in text, f"{name} promises what nobody can")


def test_tables_are_whole():
    for name in FILES:
        columns = None
        for line in page(name, "en").splitlines():
            bars = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else None
            need(columns is None or bars in (None, columns), f"{name}: a row of {bars} bars among {columns}: {line}")
            columns = bars


def test_letter_says_what_it_says():
    text = page("letter.yaml", "en")
    for part in ("# Letter to the desk\n", "Source and certainty; check with your counsel.",
                 "| Panzhihua police mailbox: seven working days, at most fifteen | second-hand | Reply to the writer, Reply after "
                 "reopening |", "| `asked` | waiting for the citizen: the citizen's answer | Duty officer | Waiting for you |",
                 "- Budget: 7 working days, from the next day, until midnight, calendar `cn`\n",
                 "- Extension: at most 1 time(s), by 8 working days each, granted by Duty officer\n",
                 "- Stands still: in Waiting for you (`asked`), for: the citizen's answer, at most 5 working days\n",
                 "| Prolong | Being handled (`in_hand`) | Reason | `extensions < 1 and not breached(reply)` | stays |",
                 "### By itself, when a clock runs out\n", "| Taken back | Offered to a unit (`offered`) | | | With the desk (`held`) |",
                 "- By Writer, within 30 calendar days after closing\n", "within 1 working day."):
        need(part in text, f"letter: there is no {part!r}")
    need("不予办理" in page("letter.yaml", "zh-Hans") and "不予辦理" in page("letter.yaml", "zh-Hant"), "letter in Chinese")


def test_emergency_says_hours_and_what_stays():
    text = page("emergency.yaml", "en")
    for part in ("- From first contact to closed: 24 hours (at most 1 calendar days)\n", "- Budget: 4 hours\n", "- Budget: 10 minutes\n",
                 "- By Call-taker, Dispatcher, Supervisor, within 8760 hours after closing\n",
                 "- it goes to Received (`received`)\n- Whoever is on duty sends help again"):
        need(part in text, f"emergency: there is no {part!r}")
    need("60 minutes" not in text and "stay where they were" not in text, "hours, or what stays")
    need("- the other parts stay where they were" in page("letter.yaml", "en"), "letter: what stays")


def test_worst_case_is_the_checks():
    for name in FILES:
        done = subprocess.run([BINARY, "procedure", "check", os.path.join(FOLDER, name)], capture_output=True, text=True,
                              timeout=120)
        days = re.search(r"from first contact to closed: .*\(at most (\d+) calendar days\)", done.stdout)
        need(days, f"{name}: {done.stdout}")
        need(re.search(rf"^- From first contact to closed: .* \(at most {days[1]} calendar days\)$", page(name, "en"), re.M), name)


def test_marks_are_text():
    with open(os.path.join(FOLDER, "letter.yaml"), encoding="utf-8") as file:
        text = file.read()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "letter.yaml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace("en: Subject }", 'en: "a|b <i> *c* `d` [e](f) {1} {2}" }'))
        status, out, err = run(path)
        need(status == 0, err)
        need("a\\|b \\<i> \\*c\\* \\`d\\` \\[e\\](f) {1} {2}" in out, "marks of a label are taken for Markdown")


def test_refused():
    with open(os.path.join(FOLDER, "letter.yaml"), encoding="utf-8") as file:
        text = file.read()
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "gamed.yaml")
        for content, what in ((text.replace("anchor: state under_supervision", "anchor: state with_unit"), "check 16"),
                              ("a: &b c\n", "Anchors"), (text.replace(", en: Being handled }", " }"), "check 12")):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            status, out, err = run(path)
            need(status == 1 and out == "" and what in err and "there is no page of it" in err, f"{what}: {status} {err}")
        status, out, err = run(os.path.join(folder, "none.yaml"))
        need(status == 1 and out == "" and "cannot read" in err, err)
        status, out, err = run("--calendars", os.path.join(folder, "none"), os.path.join(FOLDER, "letter.yaml"))
        need(status == 1 and out == "" and "cannot read the folder" in err, err)


def test_usage():
    letter = os.path.join(FOLDER, "letter.yaml")
    for arguments, what in (((), "usage"), (("--lang",), "needs a value"), (("--lang", "fr", letter), "not \"fr\""),
                            ((letter, letter), "a second"), (("--all", letter), "does not know")):
        status, out, err = run(*arguments)
        need(status == 2 and out == "" and what in err, f"{arguments}: {status} {out[:200]}{err}")


for name, test in list(globals().items()):
    if name.startswith("test_"):
        test()
        print(f"passed: {name}")
