#!/usr/bin/env python3
"""The class files keep what classes/README.md promises: check_classes.py FOLDER.

Also proves itself: a damaged copy of a class must be found out, once for each rule.
"""
import copy
import json
import os
import re
import sys

CAPABILITIES = {"police", "investigation", "traffic", "foot_patrol", "mediation", "fire_engine", "ladder", "rescue", "hazmat",
                "ambulance", "als", "boat", "drone", "utility"}
BUDGETS = ("dispatch_ms", "acknowledge_ms", "arrive_ms", "report_back_ms", "close_ms")
LANGUAGES = ("en", "hans", "hant")
NAME_MOST, WORDS_MOST, QUESTIONS_MOST = 95, 300, 400  # bytes
LEVELS_MOST, NEEDS_MOST = 5, 12
# Characters that are written otherwise in the other script: a quick sign that a text slipped into the wrong member.
ONLY_HANS = set("个们么无压伤处设话电动态报车劝湿烟时间谁吗门楼运线码够")
ONLY_HANT = set("個們麼無壓傷處設話電動態報車勸濕煙時間誰嗎門樓運線碼夠")
ONLY_HANS, ONLY_HANT = ONLY_HANS - ONLY_HANT, ONLY_HANT - ONLY_HANS


def wrong_plan(plan):
    levels, before = plan.split(";"), {}
    if len(levels) > LEVELS_MOST:
        return "plan has more than %d levels" % LEVELS_MOST
    for level in levels:
        needs = level.split()
        if not needs or len(needs) > NEEDS_MOST:
            return "plan has an empty or an overlong level"
        names = [need.split(":")[0] for need in needs]
        if len(set(names)) != len(names):
            return "plan names a capability twice in one level"
        for need in needs:
            if not re.fullmatch(r"[a-z0-9_]{1,23}:[1-9][0-9]?", need):
                return "plan: \"%s\" is no capability:count" % need
        unknown = set(names) - CAPABILITIES
        if unknown:
            return "plan: no such capability: %s" % ", ".join(sorted(unknown))
        here = {need.split(":")[0]: int(need.split(":")[1]) for need in needs}
        if any(here.get(name, 0) < count for name, count in before.items()):
            return "plan: a level names everything that is to be there, so none may ask for less than the level before"
        before = here
    return None


def wrong_texts(row):
    for kind, most in (("words_", WORDS_MOST), ("questions_", QUESTIONS_MOST)):
        there = [language for language in LANGUAGES if row.get(kind + language)]
        if there and len(there) != len(LANGUAGES):
            return "%s not in every language" % kind
        for language in there:
            if len(row[kind + language].encode()) > most:
                return "%s%s is longer than %d bytes" % (kind, language, most)
    lines = {row["questions_" + language].count("\n") for language in LANGUAGES if row.get("questions_" + language)}
    if len(lines) > 1:
        return "the questions have not the same lines in every language"
    for language, foreign in (("hans", ONLY_HANT), ("hant", ONLY_HANS)):
        for member in ("name_", "words_", "questions_"):
            found = foreign & set(row.get(member + language, ""))
            if found:
                return "%s%s: %s belongs to the other script" % (member, language, "".join(sorted(found)))
    return None


def wrong(row):
    """What is wrong with a class, in words; None when nothing is."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", row.get("code", "")):
        return "code"
    for language in LANGUAGES:
        if not 0 < len(row.get("name_" + language, "").encode()) <= NAME_MOST:
            return "name_" + language
    if row.get("priority") not in (1, 2, 3, 4, 5):
        return "priority"
    for budget in BUDGETS:
        if not isinstance(row.get(budget), int) or not 1000 <= row[budget] <= 400 * 86400 * 1000:
            return budget
    known = {"code", "priority", "plan", *BUDGETS} | {kind + language for kind in ("name_", "words_", "questions_") for language in LANGUAGES}
    if set(row) - known:
        return "unknown: %s" % ", ".join(sorted(set(row) - known))
    return (wrong_plan(row["plan"]) if "plan" in row else None) or wrong_texts(row)


def damages(row):
    """Copies of a class, each broken in one way."""
    for member, value in (("code", "Big One"), ("name_hant", ""), ("priority", 6), ("close_ms", 0), ("arrive_ms", "8 min"),
                          ("plan", "police:0"), ("plan", "police:1;"), ("plan", "police:1 police:1"), ("plan", "police:2; ambulance:1"), ("plan", "dragon:1"),
                          ("words_hans", ""), ("words_en", "x" * 301), ("questions_en", "one\ntwo\nthree\nfour\nfive\nsix\nseven"),
                          ("name_hans", "車"), ("name_hant", "车"), ("colour", "red")):
        broken = copy.deepcopy(row)
        broken[member] = value
        yield "%s = %r" % (member, value), broken


def main():
    folder = sys.argv[1]
    passed, failed, codes = 0, 0, {}
    for name in sorted(entry for entry in os.listdir(folder) if entry.endswith(".json")):
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            rows = json.load(file)["classes"]
        codes[name] = [row["code"] for row in rows]
        found = ["%s: %s: %s" % (name, row.get("code"), why) for row in rows for why in [wrong(row)] if why]
        if len(set(codes[name])) != len(rows):
            found.append("%s: a code stands there twice" % name)
        for line in found:
            print("FAILED " + line)
        passed, failed = passed + (not found), failed + bool(found)
    whole = set(codes["basic.json"]) <= set(codes["110.json"])
    if not whole:
        print("FAILED basic.json has classes that 110.json lacks")
    with open(os.path.join(folder, "110.json"), encoding="utf-8") as file:
        example = json.load(file)["classes"][0]
    missed = [what for what, broken in damages(example) if not wrong(broken)]
    for what in missed:
        print("FAILED the check did not find: " + what)
    passed, failed = passed + whole + (not missed), failed + (not whole) + bool(missed)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
