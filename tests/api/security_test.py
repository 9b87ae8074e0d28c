"""Regressions of the security review, each against the real binary: python3 security_test.py build/.../bellman [test...]"""
import json
import os
import signal
import sys
import threading
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import desk
from desk import PASSWORD, Desk, Gone, Stream, open_case


class Stopping(unittest.TestCase):
    def test_stopped_under_load(self):
        """Every worker has ended before what it uses is freed; under sanitizers a race or leak spoils the exit code."""
        for _ in range(3):
            with Desk() as server:
                server.start()
                boss = server.set_up()
                cases = [open_case(boss, description="x" * 2000)["id"] for _ in range(30)]
                streams = [Stream(boss, start=0) for _ in range(4)]
                began = [threading.Event() for _ in range(12)]

                def load(number):
                    client, turn = boss.another(), 0
                    try:
                        while True:
                            case = cases[turn % len(cases)]
                            turn += 1
                            if number % 6 == 0:
                                client.get("/v1/board")
                            elif number % 6 == 1:
                                open_case(client, description="y" * 2000)
                            elif number % 6 == 2:
                                client.get("/v1/cases/%s/timeline" % case)
                            elif number % 6 == 3:
                                server.client().post("/v1/sessions", {"login": "boss", "password": PASSWORD})
                            elif number % 6 == 4:
                                client.get("/v1/cases?limit=1000")
                            else:
                                client.call("POST", "/v1/cases/%s/entries" % case, {"text": "z"}, key=True)
                            began[number].set()
                    except (Gone, AssertionError, OSError, ValueError):
                        began[number].set()

                threads = [threading.Thread(target=load, args=(number,), daemon=True) for number in range(12)]
                for thread in threads:
                    thread.start()
                for event in began:
                    self.assertTrue(event.wait(desk.WAIT_S))
                server.process.send_signal(signal.SIGTERM)
                self.assertEqual(server.wait(), 0, server.log_tail())
                for thread in threads:
                    thread.join(desk.WAIT_S)
                for stream in streams:
                    stream.close()
                if server.process.returncode:
                    break


def main():
    desk.program()
    names = [argument for argument in sys.argv[1:] if not os.path.isfile(argument)]
    loader = unittest.TestLoader()
    if names:
        loader.testNamePatterns = ["*%s*" % name for name in names]
    suite = loader.loadTestsFromModule(sys.modules[__name__])
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(suite)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
