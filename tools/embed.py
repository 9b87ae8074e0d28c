#!/usr/bin/env python3
"""Writes files as C arrays: embed.py OUT.c assets|text NAME FILE...  Run by the build."""
import os
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".json": "application/json", ".svg": "image/svg+xml", ".png": "image/png", ".webmanifest": "application/manifest+json"}


def c_bytes(data, signed=False):
    values = [byte - 256 if signed and byte > 127 else byte for byte in data]
    rows = (", ".join(str(value) for value in values[at:at + 24]) for at in range(0, len(values), 24))
    return ",\n    ".join(rows) + (", 0" if data else "0")


def main():
    out, kind, name, files = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]
    lines = ["/* Made by tools/embed.py. */"]
    if kind == "text":
        data = open(files[0], "rb").read()
        lines += ["extern const char %s[];" % name, "const char %s[] = {\n    %s};" % (name, c_bytes(data, signed=True))]
    else:
        lines.append('#include "api/assets.h"')
        rows = []
        found = []
        for path in files:
            if os.path.isdir(path):
                found += sorted(os.path.join(path, entry) for entry in os.listdir(path))
            else:
                found.append(path)
        for number, path in enumerate(found):
            data = open(path, "rb").read()
            lines.append("static const uint8_t file_%d[] = {\n    %s};" % (number, c_bytes(data)))
            kind_of = TYPES.get(os.path.splitext(path)[1], "application/octet-stream")
            rows.append('    {"%s", "%s", file_%d, %d},' % (os.path.basename(path), kind_of, number, len(data)))
        lines.append("const struct bm_asset %ss[] = {\n%s\n    {0}};" % (name, "\n".join(rows)))
        lines.append("const size_t %s_count = %d;" % (name, len(found)))
    with open(out, "w") as target:
        target.write("\n".join(lines) + "\n")


main()
