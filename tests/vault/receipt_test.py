#!/usr/bin/env python3
"""bellman receipt: receipt_test.py BELLMAN TOOL: the command on real files; receipts checked and QR codes read by programs
that nobody here wrote (openssl, python's cryptography, zbarimg), where they are."""
import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

BINARY, TOOL = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])


def bellman(*arguments):
    done = subprocess.run([BINARY, "receipt", *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def qr(payload):
    done = subprocess.run([TOOL, "qr"], input=payload, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def draw(svg, path, scale=6):
    """The SVG as a grey picture; its path is runs of dark modules."""
    side = int(re.search(r'viewBox="0 0 (\d+) \1"', svg).group(1))
    rows = [bytearray(b"\xff" * side) for _ in range(side)]
    for x, y, run, back in re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", svg.split('fill="#000"')[1]):
        assert run == back
        rows[int(y)][int(x):int(x) + int(run)] = b"\0" * int(run)
    with open(path, "wb") as file:
        file.write(b"P5 %d %d 255\n" % (side * scale, side * scale))
        for row in rows:
            file.write(bytes(byte for byte in row for _ in range(scale)) * scale)


class Receipt(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="bellman-receipt-")
        cls.first, cls.first_hash = cls.sign()
        cls.second, cls.second_hash = cls.sign(cls.first_hash)
        status, out, err = bellman("key", "--data", cls.folder)
        assert status == 0 and err == "", err
        cls.key = out.strip()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    @classmethod
    def sign(cls, *previous):
        done = subprocess.run([TOOL, "sign", cls.folder, *previous], capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode().splitlines()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        return path

    def edited(self, **members):
        return self.write("edited.json", json.dumps({**json.loads(self.first), **members}))

    def refused(self, words, *arguments):
        status, out, err = bellman("verify", *arguments)
        self.assertEqual((status, out), (1, ""), err)
        self.assertIn(words, err)

    def test_good(self):
        path = self.write("first.json", self.first)
        for key in (self.key, self.write("key", self.key + "\n")):
            status, out, err = bellman("verify", "--key", key, path)
            self.assertEqual((status, err), (0, ""))
            self.assertIn("守夜人值班台 \"南\" & Söhne \\", out)
            self.assertIn("7 working_days", out)
        pretty = self.write("pretty.json", json.dumps(json.loads(self.first), indent=4, ensure_ascii=True))
        self.assertEqual(bellman("verify", "--key", self.key, pretty)[0], 0)

    def test_chain(self):
        one, two = self.write("first.json", self.first), self.write("second.json", self.second)
        self.assertEqual(bellman("verify", "--key", self.key, one, two)[0], 0)
        self.assertEqual(hashlib.blake2b(self.first.encode(), digest_size=32).hexdigest(), self.first_hash)
        for files in ((two, one), (one, one)):
            status, out, err = bellman("verify", "--key", self.key, *files)
            self.assertEqual(status, 1)
            self.assertIn("does not follow", err)

    def test_bad(self):
        path = self.write("first.json", self.first)
        signature = json.loads(self.first)["signature"]
        wrong = ("1" if signature[0] == "0" else "0") + signature[1:]
        self.refused("signature does not fit", "--key", self.key, self.edited(signature=wrong))
        self.refused("signature does not fit", "--key", self.key, self.edited(reference="43"))
        self.refused("another key", "--key", "00" * 32, path)
        self.refused("Line 1, column", "--key", self.key, self.write("bad.json", self.first[:-1]))
        self.refused("it knows \"bellman-receipt-1\"", "--key", self.key, self.edited(format="bellman-receipt-9"))
        self.refused("no such member", "--key", self.key, self.edited(note="paid"))
        self.refused("cannot be read", "--key", self.key, os.path.join(self.folder, "nothing"))
        self.refused("holds no key", "--key", path, path)
        self.refused("cannot be read", "--key", self.key[:-1], path)
        self.refused("at most", "--key", self.key, self.write("long.json", b" " * 20000))
        self.refused("does not hold", "--key", self.key, self.write("junk.json", bytes(range(256))))
        self.assertEqual(bellman("key", "--data", os.path.join(self.folder, "nothing"))[0], 1)
        for usage in ((), ("verify",), ("verify", "--key", self.key), ("key",), ("sign",)):
            self.assertEqual(bellman(*usage)[0], 2, usage)

    def signed(self):
        """The bytes that are signed, made as the header says, and the signature."""
        members = json.loads(self.first)
        signature = bytes.fromhex(members.pop("signature"))
        text = json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode()
        return text, signature

    def test_openssl(self):
        if not shutil.which("openssl"):
            self.skipTest("openssl is not here")
        der = bytes.fromhex("302a300506032b6570032100" + self.key)
        pem = b"-----BEGIN PUBLIC KEY-----\n" + base64.b64encode(der) + b"\n-----END PUBLIC KEY-----\n"
        text, signature = self.signed()
        for changed, expected in ((text, 0), (text.replace(b"42", b"43"), 1)):
            done = subprocess.run(["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", self.write("key.pem", pem),
                                   "-in", self.write("signed", changed), "-sigfile", self.write("signature", signature)],
                                  capture_output=True, timeout=60)
            self.assertEqual(done.returncode, expected, done.stderr)

    def test_cryptography(self):
        try:
            from cryptography.exceptions import InvalidSignature
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        except ImportError:
            self.skipTest("python's cryptography is not here")
        text, signature = self.signed()
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key))
        key.verify(signature, text)
        with self.assertRaises(InvalidSignature):
            key.verify(signature, text + b" ")

    def test_qr(self):
        if not shutil.which("zbarimg"):
            self.skipTest("zbarimg (zbar-tools) is not here")
        link = "https://desk.example/follow#" + json.loads(self.first)["code"]
        for payload in (link, self.first, "守夜人", "x" * 1000):
            picture = os.path.join(self.folder, "qr.pgm")
            draw(qr(payload.encode()), picture)
            done = subprocess.run(["zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", picture],
                                  capture_output=True, timeout=60)
            self.assertEqual(done.stdout.decode().rstrip("\n"), payload, done.stderr)


if __name__ == "__main__":
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Receipt)
    result = unittest.TextTestRunner(verbosity=1).run(suite)
    for test, why in result.skipped:
        print("skipped: %s: %s" % (test.id(), why))
    failed = len(result.failures) + len(result.errors)
    print("%d passed, %d failed, %d skipped" % (result.testsRun - failed - len(result.skipped), failed, len(result.skipped)))
    sys.exit(1 if failed else 0)
