"""What the tests of faults share: a data folder that is copied for each case, and a life of a desk in which anything may fail.

A desk may refuse a request (429, 500, 503, 507, with words), refuse to start, or stop with its sentence.  Whatever it
acknowledged is there afterwards, and the same request under the same key is taken."""
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "api"))
sys.path.insert(0, os.path.join(HERE, "..", "crash"))
from desk import PASSWORD, Client, Desk, Gone, program
from acknowledged import Act, need

OPTIONS = {"ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0:exitcode=99:allocator_may_return_null=1"}
REFUSALS = (429, 500, 503, 507)
ENDED = {"for memory": 0, "refused to start": 0, "stopped": 0}


class House:
    """A data folder with a boss, somebody else, calls and cases, made once; each case gets a copy of it."""

    def __init__(self):
        self.base = tempfile.mkdtemp(prefix="bellman-faults-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
        self.before, self.room = os.path.join(self.base, "before"), os.path.join(self.base, "room")
        desk = Desk(folder=self.before)
        desk.start()
        boss = desk.set_up()
        self.token = boss.token
        self.other = boss.ok("POST", "/v1/operators", {"number": "P-1", "roles": ["call_taker"], "jurisdiction": "1", "name": "Somebody"}, key=True)["operator"]["id"]
        self.words = {}
        for number in range(3):
            made = boss.ok("POST", "/v1/cases", {"class": "fire", "address": "street %d" % number}, key=True)["case"]
            self.words[made["id"]] = "street %d" % number
        desk.stop()

    def fresh(self):
        shutil.rmtree(self.room, ignore_errors=True)
        os.mkdir(self.room)
        self.data = os.path.join(self.room, "desk")
        shutil.copytree(self.before, self.data)

    def close(self):
        shutil.rmtree(self.base, ignore_errors=True)


class Serve:
    """Start, commands of all kinds, stop; then again without a fault."""

    def run(self, house, env, heal=None, ends_well=None):
        """`env`: brings the fault; `heal` ends it before the second life; `ends_well(code, log)`: further ends that are right."""
        house.fresh()
        self.desk, self.acts, self.words, self.house = Desk(folder=house.data), [], dict(house.words), house
        self.boss, self.refused, self.password = Client(self.desk, house.token, "1"), [], False
        try:
            self.life(env, ends_well)
            if heal:
                heal()
            self.again()
        finally:
            if heal:
                heal()
            self.desk.kill()

    def life(self, env, ends_well):
        self.code = self.live(env)
        self.text = self.desk.log_tail()
        if self.code == 0 or (ends_well and ends_well(self.code, self.text)):
            return
        refused, stopped = self.code == 1 and "cannot start: " in self.text, self.code == 70 and "stopped: " in self.text
        ENDED["refused to start"] += refused
        ENDED["stopped"] += stopped
        need(refused or stopped, "it ended with %s\n%s" % (self.code, self.text))

    def live(self, env):
        try:
            self.desk.start(env=env)
            for number in range(3):
                self.ask(Act("contact", "/v1/contacts", {"channel": "call", "text": "call %d" % number, "number": "+861"}))
                self.ask(Act("case", "/v1/cases", {"class": "fire", "address": "new %d" % number}))
            self.look("/v1/cases/" + sorted(self.words)[0])
            self.look("/v1/board")
            self.ask(Act("end", "/v1/contacts/1/end", {"result": "advice"}))
            self.ask(Act("erase", "/v1/contacts/1/erase", {"basis": "asked for"}))
            self.person()
            self.desk.process.terminate()
            return self.desk.wait()
        except Gone:
            self.desk.process.wait()
            return self.desk.process.returncode

    def call(self, client, method, path, body=None, **more):
        """An answer, or None: the connection was cut three times.  Gone: the desk is."""
        for _ in range(3):
            try:
                answer = client.call(method, path, body, **more)
            except Gone:
                client.close()
                if not self.desk.alive():
                    raise
                continue
            if answer.status in REFUSALS:
                need(answer["detail"], "a refusal without words: %r" % answer)
                self.refused.append(answer.status)
            return answer
        return None

    def ask(self, act):
        """Acknowledged or refused; what was refused for now is asked once more, with the same key."""
        self.acts.append(act)
        for _ in range(2):
            answer = self.call(self.boss, "POST", act.path, act.body, headers={"Idempotency-Key": act.key})
            if answer and answer.status in (200, 201):
                act.answer = answer.json()
                return
            # What could not be ended or made before cannot be erased now.
            need(not answer or answer.status in REFUSALS or (act.kind in ("end", "erase") and answer.status in (404, 409, 412, 422)), "refused: %r" % answer)

    def look(self, path):
        answer = self.call(self.boss, "GET", path)
        need(not answer or answer.status in (200,) + REFUSALS, "%r" % answer)

    def person(self):
        """A password, a session, and its end."""
        answer = self.call(self.boss, "POST", "/v1/operators/%s/account" % self.house.other, {"login": "p-1", "password": "quite a long one"}, key="account")
        self.password = bool(answer) and answer.status == 200
        client = self.desk.client()
        answer = self.call(client, "POST", "/v1/sessions", {"login": "p-1", "password": "quite a long one"})
        need(not answer or answer.status in (201, 401) + REFUSALS, "a login: %r" % answer)
        need(not self.password or not answer or answer.status != 401, "a password that was set is refused: %r" % answer)
        if answer and answer.status == 201:
            client.token = answer["token"]
            self.call(client, "DELETE", "/v1/sessions/current", {})
        client.close()

    def again(self):
        self.boss.close()
        told = [act.answer for act in self.acts]
        self.desk.start(env=OPTIONS)
        for act, before in zip(self.acts, told):
            if act.kind == "erase":
                continue
            answer = self.boss.call("POST", act.path, act.body, headers={"Idempotency-Key": act.key})
            need(answer.status in (200, 201), "the same request again: %r" % answer)
            if before:
                need(answer["replayed"], "acknowledged, and lost: %s %r" % (act.kind, answer))
                for what in ("contact", "case"):
                    if what in before:
                        need(answer[what]["id"] == before[what]["id"], "another %s than was acknowledged" % what)
            if act.kind == "case":
                self.words[answer["case"]["id"]] = act.body["address"]
        rows = self.boss.ok("GET", "/v1/cases?limit=1000")["rows"]
        need({row["id"] for row in rows} == set(self.words), "cases %s, not %s" % ([row["id"] for row in rows], sorted(self.words)))
        for id, word in self.words.items():
            need(self.boss.ok("GET", "/v1/cases/" + id)["case"]["personal"]["address"] == word, "case %s has another address" % id)
        if [act for act in self.acts if act.kind == "erase" and act.answer]:
            need(self.boss.ok("GET", "/v1/contacts/1")["contact"]["personal"] is None, "what was erased is opened")
        if self.password:
            answer = self.desk.client().post("/v1/sessions", {"login": "p-1", "password": "quite a long one"})
            need(answer.status == 201, "the password that was set: %r" % answer)
        self.desk.stop()
        sound(self.desk.data)


def command(*words, env=None):
    done = subprocess.run([program(), *words], stdin=subprocess.DEVNULL, capture_output=True, timeout=300, env=dict(os.environ, **(env or OPTIONS)))
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def sound(data):
    code, out, err = command("journal", "verify", data)
    need(code == 0 and "the record is sound" in out, "verify: %d %s %s" % (code, out, err))
