"""A terminal of JT/T 808 as the tests play it, written from the standard alone: it shares nothing with the desk's own reader."""
import csv
import os
import select
import socket
import struct
import time

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../../shared/data")


def data_file(*names):
    """A file of real data, or None (and a line that says so) where it is not."""
    path = os.path.join(os.environ.get("BELLMAN_DATA", DATA), *names)
    if os.path.exists(path):
        return path
    print("skipped: no %s" % os.path.join(*names))
    return None


def escape(inner):
    return b"\x7e" + inner.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def unescape(inner):
    return inner.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")


def xor(data):
    total = 0
    for byte in data:
        total ^= byte
    return total


class Head:
    """What stands before a body; `phone` as the bytes that are sent."""

    def __init__(self, phone, is_2019=False, version=1):
        self.phone, self.is_2019, self.version = phone, is_2019, version

    @classmethod
    def of(cls, inner):
        attributes = struct.unpack(">H", inner[2:4])[0]
        if attributes >> 14 & 1:
            return cls(inner[5:15], True, inner[4])
        return cls(inner[4:10])

    @property
    def number(self):
        return self.phone.hex().lstrip("0") or "0"

    def inner(self, id, serial, body, part=None):
        attributes = len(body) | (0x4000 if self.is_2019 else 0) | (0x2000 if part else 0)
        head = struct.pack(">HH", id, attributes) + (bytes([self.version]) if self.is_2019 else b"") + self.phone + struct.pack(">H", serial)
        if part:
            head += struct.pack(">HH", *part)
        whole = head + body
        return whole + bytes([xor(whole)])

    def frame(self, *arguments, **more):
        return escape(self.inner(*arguments, **more))


def body_of(inner):
    head = Head.of(inner)
    attributes = struct.unpack(">H", inner[2:4])[0]
    start = (17 if head.is_2019 else 12) + (4 if attributes >> 13 & 1 else 0)
    return inner[start:-1]


def location(lat, lon, when="260101120000", alarm=0, status=2, speed=0, direction=0):
    south, west = (4 if lat < 0 else 0), (8 if lon < 0 else 0)
    return struct.pack(">IIIIHHH", alarm, status | south | west, round(abs(lat) * 1e6), round(abs(lon) * 1e6), 0, speed, direction) + bytes.fromhex(when)


def read_location(body):
    """(lat, lon) of a body of 0x0200; None without a fix."""
    alarm, status, lat, lon = struct.unpack(">IIII", body[:16])
    if not status & 2:
        return None
    return (lat / 1e6 * (-1 if status & 4 else 1), lon / 1e6 * (-1 if status & 8 else 1))


def read_batch(body):
    count, at, found = struct.unpack(">H", body[:2])[0], 3, []
    for _ in range(count):
        length = struct.unpack(">H", body[at:at + 2])[0]
        found.append(read_location(body[at + 2:at + 2 + length]))
        at += 2 + length
    return found


class Terminal:
    def __init__(self, port, head):
        self.head, self.serial, self.rest = head, 0, b""
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)

    def close(self):
        self.socket.close()

    def send(self, id, body=b"", **more):
        self.serial += 1
        self.socket.sendall(self.head.frame(id, self.serial, body, **more))
        return self.serial

    def receive(self):
        """The next message: (id, body)."""
        until = time.monotonic() + 60
        while True:
            parts = self.rest.split(b"\x7e")
            if len(parts) >= 3:
                self.rest = b"\x7e".join(parts[2:])
                inner = unescape(parts[1])
                assert xor(inner) == 0, inner.hex()
                return struct.unpack(">H", inner[:2])[0], body_of(inner)
            assert select.select([self.socket], [], [], max(0, until - time.monotonic()))[0], "no answer"
            data = self.socket.recv(65536)
            assert data, "the desk hung up"
            self.rest += data

    def result(self, id, body=b"", **more):
        """Sends a message and gives the result of its general answer."""
        serial = self.send(id, body, **more)
        return self.answered(id, serial)

    def answered(self, id, serial):
        got, answer = self.receive()
        assert got == 0x8001 and struct.unpack(">HH", answer[:4]) == (serial, id), (hex(got), answer.hex())
        return answer[4]

    def register(self, terminal=b"T000001"):
        """The code, or None when it is refused."""
        self.send(0x0100, struct.pack(">HH", 44, 300) + b"MAKER" + b"M" * 20 + terminal.ljust(7, b"\0") + b"\x01" + b"A12345"
                  if not self.head.is_2019 else
                  struct.pack(">HH", 44, 300) + b"M" * 11 + b"N" * 30 + terminal.ljust(30, b"\0") + b"\x01" + b"A12345")
        id, body = self.receive()
        assert id == 0x8100, hex(id)
        return body[3:] if body[2] == 0 else None

    def log_on(self, code=None):
        code = code if code is not None else self.register()
        body = bytes([len(code)]) + code + b"I" * 15 + b"V" * 20 if self.head.is_2019 else code
        return self.result(0x0102, body)


def vectors():
    path = data_file("jt808", "traccar_jt808_vectors.tsv")
    if not path:
        return []
    with open(path) as file:
        return [dict(row, inner=bytes.fromhex(row["hex"])[1:-1]) for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
