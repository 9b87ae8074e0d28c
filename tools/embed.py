#!/usr/bin/env python3
"""Puts files into the program.  Run by the build:

    embed.py OUT.c text NAME FILE                      one text as a C array
    embed.py OUT.c assets NAME OUT.bin DEPFILE FOLDER  all files of a folder, plain and packed

A megabyte of page as a C array costs the compiler a minute; so the bytes go into one file that the assembler
takes in as it is (.incbin), and the C file only says what stands where."""
import gzip
import hashlib
import os
import re
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".txt": "text/plain; charset=utf-8",
         ".webmanifest": "application/manifest+json"}
PACKED = (".html", ".js", ".css", ".json", ".svg", ".txt", ".webmanifest")
# NAME-HASH.js, as esbuild names what it splits off: another content has another name.
FIXED = re.compile(r"-[A-Z0-9]{8}\.(js|css)$")
ALIGN = 16


def c_bytes(data):
    values = [byte - 256 if byte > 127 else byte for byte in data]
    rows = (", ".join(str(value) for value in values[at:at + 24]) for at in range(0, len(values), 24))
    return ",\n    ".join(rows) + (", 0" if data else "0")


def text(out, name, path):
    with open(path, "rb") as file:
        data = file.read()
    with open(out, "w") as target:
        target.write("/* Made by tools/embed.py. */\nextern const char %s[];\nconst char %s[] = {\n    %s};\n" % (name, name, c_bytes(data)))


class Store:
    """The bytes of all files behind each other; `add` gives where some stand."""

    def __init__(self):
        self.bytes = bytearray()

    def add(self, data):
        self.bytes += bytes(-len(self.bytes) % ALIGN)
        at = len(self.bytes)
        self.bytes += data
        return at


def assets(out, name, store_path, depfile, folder):
    store, rows = Store(), []
    files = sorted(entry for entry in os.listdir(folder) if os.path.isfile(os.path.join(folder, entry)))
    for entry in files:
        with open(os.path.join(folder, entry), "rb") as file:
            data = file.read()
        kind = os.path.splitext(entry)[1]
        packed = gzip.compress(data, 9, mtime=0) if kind in PACKED else b""
        if len(packed) >= len(data):
            packed = b""
        rows.append('    {"%s", "%s", "\\"%s\\"", %s, store + %d, %d, store + %d, %d},' % (
            entry, TYPES.get(kind, "application/octet-stream"), hashlib.sha256(data).hexdigest()[:20],
            "true" if FIXED.search(entry) else "false", store.add(data), len(data), store.add(packed) if packed else 0, len(packed)))
    store.bytes += b"\0"  # never empty
    with open(store_path, "wb") as target:
        target.write(store.bytes)
    lines = ["/* Made by tools/embed.py. */", '#include "api/assets.h"', "",
             '__asm__(".pushsection .rodata\\n"',
             '        ".balign %d\\n"' % ALIGN,
             '        "%s_store:\\n"' % name,
             '        ".incbin \\"%s\\"\\n"' % os.path.abspath(store_path).replace("\\", "\\\\").replace('"', '\\"'),
             '        ".popsection\\n");',
             "extern const uint8_t %s_store[%d] __attribute__((visibility(\"hidden\")));" % (name, len(store.bytes)),
             "#define store %s_store" % name,
             "const struct bm_asset %ss[] = {" % name, *rows, "    {0}};",
             "const size_t %s_count = %d;" % (name, len(files))]
    with open(out, "w") as target:
        target.write("\n".join(lines) + "\n")
    with open(depfile, "w") as target:
        wanted = [os.path.join(folder, entry).replace(" ", "\\ ") for entry in files]
        target.write("%s: %s\n" % (out.replace(" ", "\\ "), " ".join(wanted)))


if sys.argv[2] == "text":
    text(sys.argv[1], *sys.argv[3:])
else:
    assets(sys.argv[1], *sys.argv[3:])
