#!/usr/bin/env python3
"""What a row or a request may be has a seed: without one a fuzzer hardly ever gets into a kind."""
import glob
import os
import re
import unittest

import row_seeds

HERE = os.path.dirname(os.path.abspath(__file__))


class Seeds(unittest.TestCase):
    def test_each_kind_of_event_at_each_version(self):
        self.assertEqual(sorted(row_seeds.missing()), [], "run tests/fuzz/row_seeds.py")

    def test_each_kind_of_command_that_somebody_may_give(self):
        with open(os.path.join(HERE, "../../src/core/command.h"), encoding="utf-8") as header:
            kinds = re.findall(r'C\(BM_DO_\w+, *"(\w+)", *\w+, *([\w| ]+?),', header.read())
        self.assertGreater(len(kinds), 80)
        there = set()
        for path in glob.glob(os.path.join(HERE, "corpus/command/*")):
            with open(path, "rb") as file:
                there.add(file.readline().decode(errors="replace").strip())
        self.assertEqual([word for word, roles in kinds if roles != "BM_DESK" and word not in there], [], "make_corpus and make_golden write most of them")


unittest.main()
