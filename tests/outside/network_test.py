"""Consoles and streams behind a bad network (proxy.py): every command happens exactly once, every stream sees every frame once.

The consoles themselves do what impatient programs do: send a request on two connections at once, begin one and leave, and send
an old one again."""
import os
import random
import sys
import uuid

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "crash"))
from acknowledged import Failed, House, Worker, need
from desk import Desk, Gone, Late, Wire, request_bytes
from proxy import Proxy

CONNECTIONS, STREAMS, IMPATIENT_S = 6, 4, 1.2
ACTS_OF_A_ROUND = 120


def made(answer):
    """What a change made, by id."""
    return {name: value["id"] for name, value in answer.items() if isinstance(value, dict) and "id" in value}


class Restless(Worker):
    """A console that sends things more than once, and half."""

    def __init__(self, boss, number, desk=None, patient=True):
        super().__init__(boss, number, desk, patient)
        self.client.wait_s = IMPATIENT_S
        self.chance, self.doubled, self.truncated, self.repeated = random.Random(number), 0, 0, 0

    def bytes_of(self, act):
        return request_bytes("POST", act.path, act.body, {
            "Authorization": "Bearer " + self.client.token, "Idempotency-Key": act.key,
            "If-Match": None if act.match is None else '"%s"' % act.match})

    def act(self, act):
        what, data, other = self.chance.randrange(10), self.bytes_of(act), None
        try:
            if what < 2:
                other = Wire(self.client.desk.port, IMPATIENT_S)
                other.send(data[:self.chance.randrange(1, len(data))] if what == 0 else data)
                self.truncated += what == 0
                self.doubled += what == 1
        except Gone:
            pass  # the network took that one, too
        answer = super().act(act)
        if other:
            self.twin(act, other, what == 1)
        if what == 2:
            self.once_more(self.chance.choice(self.done))
        return answer

    def twin(self, act, other, whole):
        """The same request on the other connection says the same, if it says anything."""
        try:
            if whole:
                answer = other.receive("POST", act.path)
                need(answer.status in (200, 201) and made(answer.json()) == made(act.answer), "the twin of %s: %r" % (act.path, answer))
        except (Gone, Late):
            pass
        other.close()

    def once_more(self, act):
        answer = self.call("POST", act.path, act.body, match=act.match, headers={"Idempotency-Key": act.key})
        need(answer.status in (200, 201) and answer["replayed"] and made(answer.json()) == made(act.answer), "%s once more: %r" % (act.path, answer))
        self.repeated += 1


class Forgetful(Worker):
    """A console with a mistake: what got no answer it sends again under a new key."""

    def call(self, method, path, body=None, headers=None, **more):
        while True:
            try:
                return self.client.call(method, path, body, headers=headers, **more)
            except (Gone, Late):
                self.client.close()
                headers = {"Idempotency-Key": uuid.uuid4().hex} if headers else None


def must_find(chance, figures, rounds=40):
    """That such a console does things twice, this test must find out."""
    with Desk() as desk, Proxy(lambda: desk.port, chance.randrange(1 << 30)) as proxy:
        desk.start()
        house = House(desk, 0, behind=proxy)
        house.workers = [Forgetful(house.boss, number, proxy) for number in range(CONNECTIONS)]
        for worker in house.workers:
            worker.client.wait_s = IMPATIENT_S
        try:
            for _ in range(rounds):
                house.begin()
                house.until_answered(20)
                house.tell_to_stop()
                house.join()
                house.look(chance)
        except Failed as failed:
            need("twice" in str(failed) or "refused" in str(failed), str(failed))
            figures["found: a console without its key"] += 1
            return
        raise Failed("a console that forgets its keys did nothing twice in %d rounds: this test cannot fail" % rounds)


def run(rounds, chance, libraries, figures):
    must_find(chance, figures)
    with Desk() as desk, Proxy(lambda: desk.port, chance.randrange(1 << 30)) as proxy:
        desk.start()
        house = House(desk, 0, behind=proxy, patient=True)
        house.workers = [Restless(house.boss, number, proxy) for number in range(CONNECTIONS)]
        house.watch(STREAMS)
        for _ in range(rounds):
            house.begin()
            house.until_answered(ACTS_OF_A_ROUND)
            house.tell_to_stop()
            house.join()
            house.look(chance)
        figures["streams resumed"] += sum(watch.resumed for watch in house.watches)
        figures["frames compared"] += house.compare_streams()
        figures["acknowledged"] += house.acknowledged
        for name, value in (("sent again", "retries"), ("doubled", "doubled"), ("truncated", "truncated"), ("sent once more later", "repeated")):
            figures[name] += sum(getattr(worker, value) for worker in house.workers)
        for kind, count in proxy.counts.items():
            figures["connections " + kind.replace(" ", "-")] += count
        need(figures["sent again"] and figures["streams resumed"], "nothing was cut: %s" % dict(figures))
        house.close(chance)
