#!/usr/bin/env python3
"""The manual page from what the program says of itself: manual.py BELLMAN > bellman.1

`bellman help` is the one description of the subcommands; here it only gets the page's form."""
import re
import subprocess
import sys


def escaped(text):
    return text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")


def main():
    program = sys.argv[1]
    said = subprocess.run([program, "help"], capture_output=True, text=True, check=True).stdout
    version = subprocess.run([program, "version"], capture_output=True, text=True, check=True).stdout.split()[1]
    lines = ['.TH BELLMAN 1 "" "bellman %s" "User Commands"' % version, ".SH NAME", "bellman \\- public\\-safety duty desk",
             ".SH SYNOPSIS", ".B bellman", ".I subcommand", "[argument ...]", ".SH SUBCOMMANDS"]
    in_usage = False
    for line in said.splitlines()[1:]:
        if not line.strip():
            continue
        if line.startswith("  bellman "):
            lines += [".TP", ".B " + escaped(line.strip())]
            in_usage = True
        elif in_usage and re.match(r" {9,}\S", line):  # the usage goes on
            lines[-1] += " " + escaped(line.strip())
        else:
            in_usage = False
            lines.append(escaped(line.strip()))
    lines += [".SH EXIT STATUS", "0 done, 1 refused or found wrong, 2 wrong usage, 70 stopped because a write to the record failed.",
              ".SH FILES", ".TP", ".I /etc/bellman/bellman.conf", "options of the service", ".TP", ".I /var/lib/bellman/desk",
              "record, keys and snapshots", ".SH SEE ALSO", ".I /usr/share/doc/bellman/run\\-in\\-production.md"]
    print("\n".join(lines))


main()
