#!/usr/bin/env python3
"""Plays real data through a real desk: real.py BELLMAN --data DIR [--only PART ...] [--keep]   (make real DATA=DIR)

A file that is not there is named with where it comes from, and the other parts go on.  Ends with 1 when the desk made something
wrong of the data, with 0 otherwise.
"""
import argparse
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import new_york  # noqa: E402
import open_street_map  # noqa: E402
import san_francisco  # noqa: E402
from common import Data, Failed, Missing  # noqa: E402

PARTS = {"new-york": new_york.run, "san-francisco": san_francisco.run, "heidelberg": open_street_map.heidelberg,
         "manhattan": open_street_map.manhattan}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("binary", help="the release build's bellman")
    parser.add_argument("--data", default="../shared/data", help="the data folder")
    parser.add_argument("--only", action="append", choices=sorted(PARTS), help="one part alone")
    parser.add_argument("--keep", action="store_true", help="keep the desks' data folders below build/real")
    parser.add_argument("--calls", type=int, help="at most so many calls or requests")
    arguments = parser.parse_args()
    data, failed, missing = Data(arguments.data), [], []
    for name in arguments.only or PARTS:
        began = time.monotonic()
        print("\n=== %s" % name)
        sys.stdout.flush()
        try:
            PARTS[name](data, os.path.abspath(arguments.binary), keep=arguments.keep, most=arguments.calls)
        except Missing as error:
            print("  left out: %s" % error)
            missing.append(name)
        except Failed as error:
            print("  FAILED: %s" % error)
            failed.append(name)
        print("  (%s took %.0f s)" % (name, time.monotonic() - began))
        sys.stdout.flush()
    print("\nreal input: %d parts done, %d left out, %d failed" % (len(arguments.only or PARTS) - len(missing) - len(failed), len(missing), len(failed)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
