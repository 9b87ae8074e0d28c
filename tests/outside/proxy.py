"""A bad network between consoles and desk: a TCP proxy that draws for each connection what happens to it.

    with Proxy(lambda: desk.port, seed) as proxy: ... proxy.port ... proxy.counts

It never repeats or reorders bytes of a connection, as TCP does not; everything else that a network does to one it does:"""
import asyncio
import collections
import random
import socket
import struct
import threading

KINDS = (
    "plain",
    "bytes",        # one byte at a time
    "slow",         # each piece comes late
    "gathered",     # pieces that were sent apart come together
    "cut request",  # closed in the middle of what the console says
    "cut answer",   # closed in the middle of what the desk says
    "reset",        # the same, by RST
    "no answer",    # the whole request arrives, nothing of the answer does
    "half closed",  # the console's half ends in mid-request, the desk's goes on
    "black hole",   # from some byte on nothing arrives either way, and nobody is told
)
STRIKE = ("cut request", "cut answer", "reset", "half closed", "black hole")
BYTE_BY_BYTE_MOST, LIFE_BYTES, HOLE_S = 3000, 80000, 2.5


class Cut(Exception):
    def __init__(self, reset):
        self.reset = reset


class Plan:
    """What happens to one connection."""

    def __init__(self, chance):
        self.chance, self.kind = chance, chance.choice(KINDS)
        self.side = {"cut request": 0, "half closed": 0, "cut answer": 1}.get(self.kind, chance.randrange(2))
        self.at = int(2 ** (4 + 10 * chance.random()))  # bytes, for the kinds that strike
        self.passed = [0, 0]  # bytes that came from the console, from the desk
        self.hole = asyncio.Event()


class Proxy:
    def __init__(self, upstream, seed):
        """`upstream`: gives the desk's port at that moment."""
        self.upstream, self.seed, self.counts = upstream, seed, collections.Counter()
        self.loop, self.begun = asyncio.new_event_loop(), threading.Event()
        self.tasks, self.number = set(), 0
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        self.begun.wait()
        return self

    def __exit__(self, *error):
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(10)

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())

    async def _serve(self):
        self.over = asyncio.Event()
        server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.begun.set()
        await self.over.wait()
        server.close()
        for task in list(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _accepted(self, reader, writer):
        task = asyncio.current_task()
        self.tasks.add(task)
        self.number += 1
        plan = Plan(random.Random(self.seed * 1000003 + self.number))
        self.counts[plan.kind] += 1
        writers, reset = [writer], False
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.upstream())
            writers.append(up_writer)
            pumps = [asyncio.ensure_future(self._pump(reader, up_writer, plan, 0)), asyncio.ensure_future(self._pump(up_reader, writer, plan, 1))]
            try:
                await asyncio.gather(*pumps)
            finally:
                for pump in pumps:
                    pump.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        except Cut as cut:
            reset = cut.reset
        except (OSError, asyncio.CancelledError):
            pass  # one of the ends is gone: so is the other
        for one in writers:
            if reset:
                one.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.transport.abort()
            else:
                one.close()
        self.tasks.discard(task)

    async def _pump(self, reader, writer, plan, side):
        while True:
            data = await reader.read(65536)
            if plan.hole.is_set() or (plan.kind == "no answer" and side == 1 and data):
                raise Cut(plan.chance.randrange(2))
            if not data:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            own = plan.side == side and plan.kind in STRIKE
            left = (plan.at if own else LIFE_BYTES) - plan.passed[side]
            strikes = len(data) >= left
            if strikes:
                data = data[:left]
            plan.passed[side] += len(data)
            await self._forward(data, writer, plan)
            if not strikes:
                continue
            if own and plan.kind == "half closed":
                writer.write_eof()
                return
            if own and plan.kind == "black hole":
                plan.hole.set()
                await asyncio.sleep(HOLE_S)  # then the network notices; the console may have given up before
                raise Cut(True)
            raise Cut(not own or plan.kind == "reset")  # no connection lives for ever

    async def _forward(self, data, writer, plan):
        if writer.is_closing():
            raise Cut(False)  # that end is gone
        if plan.kind == "slow":
            await asyncio.sleep(plan.chance.random() * 0.03)
        if plan.kind == "gathered":
            await asyncio.sleep(0.02)
        if plan.kind == "bytes" and sum(plan.passed) < BYTE_BY_BYTE_MOST:
            for at in range(len(data)):
                writer.write(data[at:at + 1])
                await asyncio.sleep(0)
                if writer.is_closing():
                    raise Cut(False)
        else:
            writer.write(data)
        await writer.drain()
