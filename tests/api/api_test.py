"""The API, black box, against the real binary: python3 api_test.py build/.../bellman [TestName...]

Every answer of the shared desk is held against /openapi.json, and every route of it must have given a good
answer by the end."""
import importlib
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import desk
import world

MODULES = ("test_life", "test_input", "test_entry", "test_authority", "test_stream", "test_house")


class Timed(unittest.TextTestResult):
    """Names the tests that took long."""

    def startTest(self, test):
        self.began = time.monotonic()
        super().startTest(test)

    def stopTest(self, test):
        took = time.monotonic() - self.began
        if took > 3:
            print("\n%.1f s: %s" % (took, test.id()))
        super().stopTest(test)


class Ending(unittest.TestCase):
    """Runs last, over what all the others did."""

    def test_answers_are_as_described(self):
        watcher = world.world().watcher
        print("%d answers held against the description" % watcher.checked)
        self.assertEqual(watcher.failures[:40], [], "%d answers are not as described" % len(watcher.failures))

    def test_every_route_was_called(self):
        self.assertEqual(world.world().watcher.not_called(), [])

    def test_ends_well(self):
        """zz: after it nothing of the shared desk is left; sanitizers and leaks show in its exit code."""


def main():
    desk.program()
    names = [argument for argument in sys.argv[1:] if not os.path.isfile(argument)]
    suite, loader = unittest.TestSuite(), unittest.TestLoader()
    if names:
        loader.testNamePatterns = ["*%s*" % name for name in names]
    here = os.path.dirname(os.path.abspath(__file__))
    for name in MODULES:
        if os.path.exists(os.path.join(here, name + ".py")):
            suite.addTests(loader.loadTestsFromModule(importlib.import_module(name)))
    if not names:
        suite.addTests(loader.loadTestsFromTestCase(Ending))
    began = time.monotonic()
    result = unittest.TextTestRunner(resultclass=Timed, stream=sys.stdout, verbosity=2 if names else 1).run(suite)
    failed = len(result.failures) + len(result.errors)
    try:
        world.close()
    except AssertionError as error:
        print("FAILED: the shared desk did not end well: %s" % error)
        failed += 1
    skipped = len(result.skipped)
    print("%.1f s" % (time.monotonic() - began))
    print("%d passed, %d failed, %d skipped" % (result.testsRun - len(result.failures) - len(result.errors) - skipped, failed, skipped))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
