#!/usr/bin/env python3
"""Checks how the house stands: which room may look into which, and that no file or function outgrows
its name.  Runs as a test; prints each violation as file:line with its mend.

    tools/floors.py ROOT               the rules below
    tools/floors.py ROOT --headers     also compiles each header alone; what follows `--` goes to the compiler
    tools/floors.py --self-test        bad trees, each of which must be refused
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# What each room may include, besides itself.  Rooms that do not exist yet stand here already.
FLOORS = {
    "base": set(),
    "geo": {"base"},
    "road": {"base", "geo"},
    "chart": {"base"},
    "procedure": {"base", "chart"},
    "core": {"base", "geo", "chart", "procedure"},
    "io": {"base"},
    "http": {"base", "io"},
    "journal": {"base", "core"},
    "vault": {"base"},
    "desk": {"base", "core", "journal"},
    "dispatch": {"base", "geo", "road", "core"},
    "client": {"base"},
    "intake": {"base", "geo", "core", "io", "client"},
    "report": {"base", "geo", "chart", "procedure", "core"},
    "outbox": {"base", "core", "journal"},
    "api": {"base", "geo", "road", "chart", "procedure", "core", "journal", "vault", "desk", "dispatch", "http", "io", "import", "intake", "report", "outbox"},
    "sim": {"base", "geo", "road", "core", "journal", "desk", "client"},
    "import": {"base", "geo", "road"},
    "cli": None,  # wires everything together
}

# Rooms that read no clock, file, socket, random number, and log nothing: all that comes in as arguments.
PURE = {"core", "geo", "road", "chart", "procedure", "report"}
IMPURE_HEADER = re.compile(r"^(time\.h|sys/.*|fcntl\.h|unistd\.h|pthread\.h|base/log\.h)$")
IMPURE_CALL = re.compile(r"\bbm_entropy\s*\(")

# Libraries, and the only places that may know them.
LIBRARIES = {
    "uv.h": ("src/io/io_uv.c",),
    "libfyaml.h": ("src/procedure/yaml.c",),
    "sqlite3.h": ("src/journal/", "src/vault/", "src/import/", "src/outbox/", "src/api/mbtiles.c"),
    "llhttp.h": ("src/http/",),
    "sodium.h": ("src/base/",),
    "qrencode.h": ("src/base/qr.c",),
    "mosquitto.h": ("src/intake/mqtt.c",),
    "curl/curl.h": ("src/client/client.c", "src/outbox/"),
}

FILE_LINES_MAX = 900
FUNCTION_LINES_MAX = 120
SOURCES = {".c", ".h", ".ts", ".tsx", ".py"}
NOT_OURS = {"node_modules", "dist", "subprojects", "__pycache__"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+)[>"]', re.MULTILINE)
TOKEN = re.compile(
    r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)


def blank(match):
    """White space of the same shape, so that line numbers stay."""
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    return TOKEN.sub(lambda m: blank(m) if m.group().startswith("/") else m.group(), text)


def code_only(text):
    """Without comments, texts, characters and preprocessor lines."""
    return DIRECTIVE.sub(blank, TOKEN.sub(blank, text))


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


class House:
    def __init__(self, root):
        self.root = Path(root)
        self.violations = []

    def refuse(self, path, line, what, mend):
        self.violations.append(f"{path}:{line}: {what}. Mend: {mend}.")

    def files(self):
        """Our own sources as (path from the root, text)."""
        for folder, folders, names in os.walk(self.root):
            folders[:] = sorted(
                f for f in folders
                if f not in NOT_OURS and not f.startswith(".")
                and not (Path(folder, f) / "meson-private").exists()
                and Path(folder, f) != self.root / "build")
            for name in sorted(names):
                path = Path(folder, name)
                if path.suffix in SOURCES and path.is_file():
                    text = path.read_text(encoding="utf-8", errors="replace")
                    yield path.relative_to(self.root).as_posix(), text

    def check(self):
        for path, text in self.files():
            self.check_length(path, text)
            if path.endswith((".c", ".h")):
                self.check_functions(path, text)
                if path.startswith("src/"):
                    self.check_includes(path, text)
                    self.check_pure_calls(path, text)

    def check_length(self, path, text):
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            self.refuse(path, lines, f"{lines} lines, at most {FILE_LINES_MAX} are allowed",
                        "split it by idea and name the parts")

    def check_functions(self, path, text):
        for first, last in functions(code_only(text)):
            lines = last - first + 1
            if lines > FUNCTION_LINES_MAX:
                self.refuse(path, first,
                            f"a function of {lines} lines, at most {FUNCTION_LINES_MAX} are allowed",
                            "find the names of its parts and make them functions")

    def check_includes(self, path, text):
        text = without_comments(text)
        for match in INCLUDE.finditer(text):
            line, header = line_of(text, match.start(2)), match.group(2)
            if match.group(1) == '"':
                self.check_own(path, line, header)
            self.check_foreign(path, line, header)

    def check_own(self, path, line, header):
        room = path.split("/")[1]
        other = header.split("/")[0]
        if room not in FLOORS:
            self.refuse(path, line, f"the room {room} has no floor",
                        "write in tools/floors.py which rooms it may use")
        elif "/" not in header or other in (".", ".."):
            self.refuse(path, line, f'"{header}" does not name its room',
                        f'write "{room}/{header.split("/")[-1]}" or the room it stands in')
        elif other not in FLOORS:
            self.refuse(path, line, f"there is no room {other}",
                        "use <...> for a library, or write the room's floor in tools/floors.py")
        elif FLOORS[room] is not None and other != room and other not in FLOORS[room]:
            self.refuse(path, line, f"{room} may not look up to {other} ({header})",
                        f"let the rooms above pass in what {room} needs, or move the shared part "
                        f"down to {' or '.join(sorted(FLOORS[room])) or room}")

    def check_foreign(self, path, line, header):
        room = path.split("/")[1]
        homes = LIBRARIES.get(header)
        if homes and not path.startswith(homes):
            self.refuse(path, line, f"{header} is known only to {' and '.join(homes)}",
                        "call the functions which that room offers")
        if room in PURE and IMPURE_HEADER.match(header):
            self.refuse(path, line, f"{room} is pure and may not include {header}",
                        "take the time, bytes or random numbers as an argument")

    def check_pure_calls(self, path, text):
        if path.split("/")[1] not in PURE:
            return
        code = code_only(text)
        for match in IMPURE_CALL.finditer(code):
            self.refuse(path, line_of(code, match.start()),
                        "a pure room may not draw random numbers (bm_entropy)",
                        "let them come in with the command")

    def check_headers(self, compiler_arguments):
        for path, _ in self.files():
            if not (path.startswith("src/") and path.endswith(".h")):
                continue
            command = [os.environ.get("CC", "gcc"), "-fsyntax-only", "-x", "c", "-std=gnu17",
                       "-Wall", "-Wextra", "-Werror", "-include", "src/base/ban.h", "-Isrc",
                       "-D_GNU_SOURCE", *compiler_arguments, path]
            done = subprocess.run(command, cwd=self.root, capture_output=True, text=True)
            if done.returncode != 0:
                said = next((l for l in done.stderr.splitlines() if "error" in l), done.stderr.strip())
                self.refuse(path, 1, f"does not compile alone ({said})", "include what it uses")


def functions(code):
    """First and last line of each function with a body in `code` (see code_only)."""
    depth, start, begun = 0, 0, None
    for match in re.finditer(r"[{};]", code):
        mark, at = match.group(), match.start()
        if mark == "{":
            head = code[start:at]
            if depth == 0 and re.search(r"\)[^;={}]*$", head) and "=" not in head:
                begun = start + len(head) - len(head.lstrip())
            depth += 1
        elif mark == "}":
            depth = max(depth - 1, 0)
            if depth == 0:
                if begun is not None:
                    yield line_of(code, begun), line_of(code, at)
                begun, start = None, at + 1
        elif depth == 0:
            start = at + 1


# --- self-test ----------------------------------------------------------------------------------------

LONG_FUNCTION = "int bm_long(int a) {\n" + "    a++;\n" * FUNCTION_LINES_MAX + "    return a;\n}\n"

GOOD = {
    "src/base/ban.h": "",
    "src/base/log.h": "",
    "src/base/time.h": "",
    "src/base/seal.c": "#include <sodium.h>\n#include <time.h>\nvoid f(void) { bm_entropy(0, 0); }\n",
    "src/core/core.h": '#include "base/time.h"\n#include "geo/point.h"\n#include "chart/chart.h"\n',
    "src/core/core.c": '#include "core/core.h"\n// #include "desk/desk.h"\n'
                       '/* #include <time.h>\n   bm_entropy(x, 1) is for others */\n'
                       'const char *text = "bm_entropy(1)";\n',
    "src/geo/point.h": "",
    "src/chart/chart.h": "",
    "src/io/io_uv.c": '#include <uv.h>\n#include "base/log.h"\n',
    "src/http/http.c": '#include <llhttp.h>\n#include "io/io.h"\n',
    "src/journal/file.c": '#include <sqlite3.h>\n#include "core/core.h"\n',
    "src/vault/file.c": "#include <sqlite3.h>\n#include <unistd.h>\n",
    "src/desk/desk.c": '#include "journal/journal.h"\n',
    "src/api/api.c": '#include "desk/desk.h"\n#include "vault/vault.h"\n#include "http/http.h"\n',
    "src/cli/main.c": '#include "api/api.h"\n#include "sim/sim.h"\n#include "io/io.h"\n',
    "tests/unit/x.c": "#include <sqlite3.h>\n#include <sodium.h>\n",
    "build/made.c": "\n" * 5000,
    "other/meson-private/x": "",
    "other/made.c": "\n" * 5000,
    "web/node_modules/lib/index.ts": "\n" * 5000,
    "web/data.txt": "\n" * 5000,
    # Just at the limits, and braces that are no function.
    "src/base/full.c": LONG_FUNCTION.replace("    a++;\n    a++;\n    a++;\n", "", 1)
                       + "static const int t[] = {\n" + "    1,\n" * 200 + "};\n"
                       + "enum {\n" + "    /* { */\n" * 200 + "    A };\n",
    "src/base/long.h": "\n" * FILE_LINES_MAX,
}

# Each: a name, what is added to the good tree, and what the refusal must say.
BAD = [
    ("base looks up", {"src/base/x.c": '\n#include "core/core.h"\n'}, "src/base/x.c:2: base may not look up to core"),
    ("io looks at core", {"src/io/x.c": '#include "core/core.h"\n'}, "io may not look up to core"),
    ("http looks at the desk", {"src/http/x.h": '#  include "desk/desk.h"\n'}, "src/http/x.h:1: http may not"),
    ("core looks at the journal", {"src/core/x.c": '#include "journal/journal.h"\n'}, "core may not look up to journal"),
    ("core looks at roads", {"src/core/x.c": '#include "road/road.h"\n'}, "core may not look up to road"),
    ("the journal looks at the vault", {"src/journal/x.c": '#include "vault/vault.h"\n'}, "journal may not look up to vault"),
    ("the vault looks at core", {"src/vault/x.c": '#include "core/core.h"\n'}, "vault may not look up to core"),
    ("the desk looks at io", {"src/desk/x.c": '#include "io/io.h"\n'}, "desk may not look up to io"),
    ("the api looks at cli", {"src/api/x.c": '#include "cli/cli.h"\n'}, "api may not look up to cli"),
    ("sim looks at http", {"src/sim/x.c": '#include "http/http.h"\n'}, "sim may not look up to http"),
    ("a room without a floor", {"src/attic/x.c": '#include "base/log.h"\n'}, "the room attic has no floor"),
    ("a header without a room", {"src/core/x.c": '#include "core.h"\n'}, "does not name its room"),
    ("a relative path", {"src/base/x.c": '#include "../core/core.h"\n'}, "does not name its room"),
    ("an unknown room", {"src/base/x.c": '#include "cellar/x.h"\n'}, "there is no room cellar"),
    ("libuv elsewhere", {"src/io/io.c": "#include <uv.h>\n"}, "uv.h is known only to src/io/io_uv.c"),
    ("sqlite elsewhere", {"src/desk/x.c": "#include <sqlite3.h>\n"}, "sqlite3.h is known only to"),
    ("llhttp elsewhere", {"src/io/x.c": "#include <llhttp.h>\n"}, "llhttp.h is known only to"),
    ("libsodium elsewhere", {"src/vault/x.c": "#include <sodium.h>\n"}, "sodium.h is known only to"),
    ("core reads a clock", {"src/core/x.c": "#include <time.h>\n"}, "core is pure and may not include time.h"),
    ("core asks the system", {"src/core/x.c": "#include <sys/stat.h>\n"}, "may not include sys/stat.h"),
    ("core opens files", {"src/core/x.c": "#include <fcntl.h>\n"}, "may not include fcntl.h"),
    ("core uses unistd", {"src/core/x.c": "#include <unistd.h>\n"}, "may not include unistd.h"),
    ("core makes threads", {"src/core/x.c": "#include <pthread.h>\n"}, "may not include pthread.h"),
    ("core logs", {"src/core/x.c": '#include "base/log.h"\n'}, "may not include base/log.h"),
    ("core draws", {"src/core/x.c": "\n\nvoid f(void) { bm_entropy(0, 1); }\n"}, "src/core/x.c:3: a pure room"),
    ("a long C file", {"tests/unit/y.c": "\n" * (FILE_LINES_MAX + 1)}, "901 lines"),
    ("a long TypeScript file", {"web/console/y.tsx": "\n" * (FILE_LINES_MAX + 1)}, "web/console/y.tsx:901"),
    ("a long script", {"tools/y.py": "\n" * (FILE_LINES_MAX + 1)}, "tools/y.py:901"),
    ("a long function", {"src/base/y.c": "int a;\n\n" + LONG_FUNCTION}, "src/base/y.c:3: a function of 123 lines"),
    ("a long function among others",
     {"src/base/y.c": "struct s { int a; };\nvoid g(void) {}\nstatic\n" + LONG_FUNCTION + "void h(void) {}\n"},
     "src/base/y.c:3: a function of 124 lines"),
]

BAD_HEADERS = [
    ("a header that needs another", {"src/base/y.h": "uint64_t bm_y(void);\n"}, "src/base/y.h:1: does not compile alone"),
]


def build(folder, tree):
    for path, text in tree.items():
        full = Path(folder, path)
        full.parent.mkdir(parents=True, exist_ok=True)
        full.write_text(text, encoding="utf-8")


def judge(tree, headers):
    with tempfile.TemporaryDirectory() as folder:
        build(folder, tree)
        house = House(folder)
        house.check()
        if headers:
            house.check_headers([])
        return house.violations


def self_test():
    failures = []
    for headers, cases in ((False, BAD), (True, BAD_HEADERS)):
        good = dict(GOOD)
        if headers:
            # Only what can be compiled without the other rooms.
            good = {path: text for path, text in GOOD.items() if "include" not in text}
        found = judge(good, headers)
        if found:
            failures.append("the good tree was refused: " + "; ".join(found))
        for name, added, expected in cases:
            found = judge({**good, **added}, headers)
            if len(found) != 1 or expected not in found[0] or "Mend: " not in found[0]:
                failures.append(f"{name}: expected one refusal with '{expected}', got {found}")
    for failure in failures:
        print(failure)
    print(f"{len(BAD) + len(BAD_HEADERS)} bad trees, {len(failures)} failures")
    return 1 if failures else 0


def main(arguments):
    if arguments == ["--self-test"]:
        return self_test()
    compiler_arguments = []
    if "--" in arguments:
        split = arguments.index("--")
        arguments, compiler_arguments = arguments[:split], arguments[split + 1:]
    headers = "--headers" in arguments
    roots = [a for a in arguments if a != "--headers"]
    if len(roots) != 1 or not Path(roots[0], "src").is_dir():
        print(__doc__, file=sys.stderr)
        return 2
    house = House(roots[0])
    house.check()
    if headers:
        house.check_headers(compiler_arguments)
    for violation in house.violations:
        print(violation)
    return 1 if house.violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
