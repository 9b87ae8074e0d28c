#!/usr/bin/env python3
"""The pages of the shipped procedures, docs/procedures/NAME.md (English) and NAME.zh-Hans.md, as `bellman procedure describe`
prints them.

  procedure_pages.py BELLMAN           writes them
  procedure_pages.py BELLMAN --check   status 1 when a page is missing, differs, or has no procedure behind it
"""
import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PAGES = os.path.join(ROOT, "docs", "procedures")
SUFFIXES = {"en": ".md", "zh-Hans": ".zh-Hans.md"}


def printed(bellman, name, language):
    done = subprocess.run([bellman, "procedure", "describe", "--lang", language, "--calendars", os.path.join(ROOT, "calendars"),
                           os.path.join(ROOT, "procedures", name + ".yaml")], capture_output=True, timeout=120)
    if done.returncode:
        sys.exit(f"{name}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def pages(bellman):
    names = sorted(name[:-5] for name in os.listdir(os.path.join(ROOT, "procedures")) if name.endswith(".yaml"))
    if not names:
        sys.exit("there are no procedures")
    return {name + suffix: printed(bellman, name, language) for name in names for language, suffix in SUFFIXES.items()}


def wrong(wanted):
    there = set(os.listdir(PAGES)) if os.path.isdir(PAGES) else set()
    for name in sorted(there - set(wanted)):
        yield f"docs/procedures/{name} has no procedure behind it: remove it"
    for name, page in sorted(wanted.items()):
        if name not in there:
            yield f"docs/procedures/{name} is missing"
            continue
        with open(os.path.join(PAGES, name), "rb") as file:
            if file.read() != page:
                yield f"docs/procedures/{name} is not what the command prints"


def main():
    if len(sys.argv) not in (2, 3) or sys.argv[2:] not in ([], ["--check"]):
        sys.exit(__doc__)
    wanted = pages(os.path.abspath(sys.argv[1]))
    if sys.argv[2:]:
        faults = list(wrong(wanted))
        print("\n".join(faults) if faults else f"{len(wanted)} pages are what the command prints")
        if faults:
            sys.exit("make them anew: python3 tools/procedure_pages.py build/dev/src/cli/bellman")
        return
    os.makedirs(PAGES, exist_ok=True)
    for name, page in wanted.items():
        with open(os.path.join(PAGES, name), "wb") as file:
            file.write(page)


main()
