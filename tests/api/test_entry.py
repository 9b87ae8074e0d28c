"""Who may come in: log-in, cookies, tokens, the one-time link, lock-out."""
import concurrent.futures
import unittest

from desk import Client, Desk, PASSWORD, Stream, open_case
from world import world


class Entry(unittest.TestCase):
    def setUp(self):
        self.world = world()
        self.desk = self.world.desk

    def account(self, roles=("call_taker",)):
        return self.desk.operator("e%d" % self.world.number(), list(roles))

    def status(self, **more):
        return self.desk.client().call(more.pop("method", "GET"), more.pop("path", "/v1/me"), more.pop("body", None), **more).status

    def test_no_token_unknown_token_broken_token(self):
        good = self.account().token
        self.assertEqual(self.status(), 401)
        for value in ("Bearer " + "0" * 64, "Bearer " + good[:-1], "Bearer " + good + "0", "Bearer " + good[:-1] + ("1" if good[-1] == "0" else "0"),
                      "bearer " + good, "Basic " + good, good, "Bearer", "Bearer " + good.upper() if good.upper() != good else "Bearer x"):
            self.assertEqual(self.status(headers={"Authorization": value}), 401, value)
        self.assertEqual(self.status(headers={"Cookie": "bellman=" + "0" * 64}), 401)
        self.assertEqual(self.status(headers={"Cookie": "other=" + good}), 401)
        self.assertEqual(self.status(headers={"Authorization": "Bearer " + good}), 200)
        self.assertEqual(self.status(headers={"Cookie": "a=b; bellman=%s; c=d" % good}), 200)

    def test_every_route_needs_a_log_in(self):
        document = self.desk.client().ok("GET", "/openapi.json")
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if operation.get("security") == []:
                    continue
                answer = self.desk.client().call(method.upper(), path.replace("{id}", "1").replace("{kind}", "units"), None if method == "get" else {})
                self.assertEqual(answer.status, 401, repr(answer))

    def test_login_and_out(self):
        person = self.account()
        answer = self.desk.client().post("/v1/sessions", {"login": "e%d" % self.world.counter, "password": PASSWORD})
        cookie = answer.headers["set-cookie"]
        for part in ("bellman=" + answer["token"], "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"):
            self.assertIn(part, cookie)
        self.assertNotIn("Secure", cookie)  # plain loopback; behind a proxy it is
        self.assertEqual(answer.headers["cache-control"], "no-store")
        self.assertEqual((answer["operator"], answer["roles"]), (person.operator, ["call_taker"]))
        second = Client(self.desk, answer["token"])
        self.assertEqual(second.get("/v1/me").status, 200)
        gone = second.call("DELETE", "/v1/sessions/current")
        self.assertEqual(gone.status, 200)
        self.assertIn("bellman=;", gone.headers["set-cookie"])
        self.assertIn("Max-Age=0", gone.headers["set-cookie"])
        self.assertEqual(second.get("/v1/me").status, 401)
        self.assertEqual(person.get("/v1/me").status, 200)  # the other session of the same person goes on

    def test_foreign_pages(self):
        cookie = {"Cookie": "bellman=" + self.account().token}
        host = {"Host": "127.0.0.1:%d" % self.desk.port}
        body = {"class": "fire"}
        for more in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"},
                     {"Origin": "http://127.0.0.1:1"}, {"Origin": "http://127.0.0.1:%d.evil.example" % self.desk.port}, {"Origin": ""},
                     {"Sec-Fetch-Site": "cross-site", "Origin": "http://127.0.0.1:%d" % self.desk.port}):
            for method, path in (("POST", "/v1/cases"), ("DELETE", "/v1/sessions/current"), ("PATCH", "/v1/units/1"), ("PUT", "/v1/units/1")):
                answer = self.desk.client().call(method, path, body, headers={**cookie, **host, **more})
                self.assertEqual((answer.status, answer["code"]), (403, "forbidden"), "%s %r" % (more, answer))
        for more in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://127.0.0.1:%d" % self.desk.port}, {}):
            self.assertEqual(self.desk.client().call("POST", "/v1/cases", body, headers={**cookie, **host, **more}).status, 201, more)

    def test_wrong_passwords_lock_the_login_out(self):
        self.account()
        login = "e%d" % self.world.counter
        attempt = lambda password, name=login: self.desk.client().post("/v1/sessions", {"login": name, "password": password})
        said = [attempt("wrong wrong wrong") for _ in range(5)]
        self.assertEqual([(one.status, one["code"]) for one in said], [(401, "unauthenticated")] * 5)
        locked = attempt(PASSWORD)
        self.assertEqual((locked.status, locked["code"]), (429, "too-many-requests"))
        self.assertIn("locked until", locked["detail"])
        unknown = attempt("wrong wrong wrong", "nobody-at-all")
        self.assertEqual((unknown.status, unknown["detail"]), (401, said[0]["detail"]))  # the same words for a wrong login
        id = [row["id"] for row in self.desk.boss.ok("GET", "/v1/operators?limit=1000")["rows"] if row["number"] == login][0]
        self.desk.boss.ok("POST", "/v1/operators/%s/account" % id, {"login": login, "password": PASSWORD}, key=True)  # unlocks
        self.assertEqual(attempt(PASSWORD).status, 201)

    def test_attempts_at_once_do_not_slip_past_the_lock(self):
        self.account()
        login = "e%d" % self.world.counter
        attempt = lambda n: self.desk.client().post("/v1/sessions", {"login": login, "password": "wrong wrong %d" % n}).status
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(attempt, range(16)))
        self.assertLessEqual(statuses.count(401), 5, statuses)
        self.assertEqual(set(statuses), {401, 429})

    def test_passwords_and_logins_must_do(self):
        person = self.account()
        path = "/v1/operators/%s/account" % person.operator
        for login, password, field in (("x", "short", "password"), ("x", "y" * 129, "password"), ("longlonglong", "longlonglong", "password"),
                                       ("with space", PASSWORD, "login"), ("boss", PASSWORD, "login")):
            answer = self.desk.boss.post(path, {"login": login, "password": password})
            self.assertIn(answer.status, (400, 409), repr(answer))
            self.assertEqual(answer["field"], field, repr(answer))

    def test_new_password_ends_sessions_and_streams(self):
        person = self.account()
        login = "e%d" % self.world.counter
        stream = Stream(person, start=person.ok("GET", "/v1/board")["seq"])
        self.desk.boss.ok("POST", "/v1/operators/%s/account" % person.operator, {"login": login, "password": "another good one"}, key=True)
        self.assertEqual(person.get("/v1/me").status, 401)
        self.assertTrue(stream.over.wait(10), "the stream goes on after its session was ended")
        stream.close()
        self.assertEqual(self.desk.login(login, "another good one").operator, person.operator)

    def test_dismissed(self):
        person = self.account()
        stream = Stream(person, start=person.ok("GET", "/v1/board")["seq"])
        answer = self.world.put("/v1/operators/" + person.operator, {"number": "e%d" % self.world.counter, "roles": ["call_taker"],
                                                                     "jurisdiction": "1", "inactive": True})
        self.assertEqual(answer.status, 200)
        self.assertEqual(person.get("/v1/me").status, 401)
        self.assertTrue(stream.over.wait(10), "the stream of a dismissed operator goes on")
        stream.close()
        answer = self.desk.client().post("/v1/sessions", {"login": "e%d" % self.world.counter, "password": PASSWORD})
        self.assertEqual(answer.status, 401)

    def test_the_last_administrator_stays(self):
        answer = self.world.put("/v1/operators/1", {"number": "0001", "roles": ["dispatcher"], "jurisdiction": "1"})
        if answer.status == 409:
            self.assertEqual((answer["code"], answer["field"]), ("conflict", "roles"))
        else:  # another administrator was made by another test: then the boss must be one again
            self.fail("the boss is no administrator any more: %r" % answer)


class Setup(unittest.TestCase):
    def test_link_works_once(self):
        with Desk() as desk:
            desk.start()
            body = {"token": "0" * 64, "login": "boss", "password": PASSWORD, "number": "1", "agency_code": "A", "agency_name": "A"}
            answer = desk.client().post("/v1/setup", body)
            self.assertEqual((answer.status, answer["field"]), (403, "token"))
            answer = desk.client().post("/v1/setup", dict(body, token=desk.link, password="short"))
            self.assertEqual((answer.status, answer["field"]), (400, "password"))
            first = desk.link
            desk.stop()
            desk.start()  # nobody yet: a new link, and the old one is dead
            self.assertNotEqual(desk.link, first)
            self.assertEqual(desk.client().post("/v1/setup", dict(body, token=first)).status, 403)
            boss = desk.set_up()
            self.assertEqual(boss.get("/v1/me").status, 200)
            answer = desk.client().post("/v1/setup", dict(body, token=desk.link, login="thief"))
            self.assertEqual((answer.status, answer["field"]), (403, "token"))
            desk.stop()
            desk.start()
            self.assertIsNone(desk.link)
            self.assertEqual(boss.get("/v1/me").status, 200)  # the session outlived the restart
            self.assertEqual(desk.login("boss").operator, "1")
            self.assertTrue(open_case(boss)["id"])

    def test_link_used_twice_at_once(self):
        with Desk() as desk:
            desk.start()
            body = lambda n: {"token": desk.link, "login": "boss%d" % n, "password": PASSWORD, "number": "1", "agency_code": "A", "agency_name": "A"}
            with concurrent.futures.ThreadPoolExecutor(4) as pool:
                answers = list(pool.map(lambda n: desk.client().post("/v1/setup", body(n)), range(4)))
            statuses = sorted(answer.status for answer in answers)
            self.assertEqual(statuses.count(201), 1, "the one-time link made %s" % statuses)
