"""The API, black box, against the real binary: python3 api_test.py build/.../bellman [TestName...]

Every answer of the shared desk is held against /openapi.json, and every route of it must have given a good
answer by the end."""
import importlib
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import desk
import schema
import world

MODULES = (
    "test_life", "test_input", "test_entry", "test_authority", "test_stream", "test_house", "test_map", "test_page", "test_addresses",
    "test_dispatching", "test_ground", "test_datum", "test_matters",
    "test_paper",
    "test_reports",
    "test_calls",
    "test_imports",
    "test_alerts",
    "test_shift",
    "test_intake",
    "test_safety",
    "test_training",
    "test_locate",
)


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


class Checker(unittest.TestCase):
    """The checker can fail: each of these must be found."""

    def test_schema_finds(self):
        document = {"components": {"schemas": {"id": {"type": ["string", "null"], "pattern": "^[1-9][0-9]{0,17}$"}}}}
        row = {"type": "object", "additionalProperties": False, "required": ["id", "n"], "properties": {
            "id": {"$ref": "#/components/schemas/id"}, "n": {"type": "integer", "minimum": 0, "maximum": 9}, "w": {"enum": [None, "a"]},
            "t": {"type": "string", "maxLength": 3}, "l": {"type": "array", "maxItems": 2, "items": {"type": "boolean"}},
            "p": {"type": ["object", "null"], "additionalProperties": {"type": "string"}}}}
        schemas = schema.Schemas(document)
        good = {"id": "7", "n": 3, "w": None, "t": "abc", "l": [True], "p": {"x": "y"}}
        self.assertEqual(schemas.problems(row, good), [])
        for name, value in (("id", "0"), ("id", 7), ("n", -1), ("n", 10), ("n", 1.5), ("n", True), ("n", None), ("w", "b"), ("w", False), ("t", "abcd"),
                            ("l", [1]), ("l", [True] * 3), ("p", {"x": 1}), ("p", []), ("more", 1)):
            self.assertTrue(schemas.problems(row, dict(good, **{name: value})), "%s: %r passed" % (name, value))
        self.assertTrue(schemas.problems(row, {"id": "7"}))
        self.assertTrue(schemas.problems({"oneOf": []}, 1))
        for text in (b'{"a":1,"a":2}', b'{"a":NaN}', b'\xff', b'{'):
            self.assertRaises(ValueError, schema.strict_json, text)

    def test_watcher_finds(self):
        document = world.world().desk.client().ok("GET", "/openapi.json")
        me = {"operator": "1"}
        listing = {"seq": 1, "rows": [], "next": None}
        for status, kind, path, body, wrong in (
                (200, "application/json", "/v1/cases", listing, False), (200, "application/json", "/v1/me", me, False),
                (200, "application/json", "/v1/cases", dict(listing, rows=[{"id": "1"}]), True), (200, "application/json", "/v1/cases", dict(listing, x=1), True),
                (200, "text/plain", "/v1/cases", listing, True), (202, "application/json", "/v1/cases", listing, True),
                (404, "application/json", "/v1/cases", listing, True), (404, "application/problem+json", "/v1/cases", {"status": 404}, True)):
            watcher = schema.Watcher(document)
            watcher(desk.Answer(status, {"content-type": kind}, json.dumps(body).encode(), "GET", path))
            self.assertEqual(bool(watcher.failures), wrong, (status, kind, path, watcher.failures))
        self.assertIn("GET /v1/units", watcher.not_called())


class Ending(unittest.TestCase):
    """Runs last, over what all the others did."""

    def test_answers_are_as_described(self):
        watcher = world.world().watcher
        print("%d answers held against the description" % watcher.checked)
        self.assertFalse(watcher.failures, "%d answers are not as described:\n%s" % (len(watcher.failures), "\n".join(watcher.failures[:40])))

    def test_every_route_was_called(self):
        self.assertEqual(world.world().watcher.not_called(), [])


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
    suite.addTests(loader.loadTestsFromTestCase(Checker))
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
