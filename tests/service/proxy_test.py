"""Caddy and nginx in front of the real server, as packaging/ configures them, with a certificate of an authority made here.

    python3 proxy_test.py build/.../bellman
curl is the client: HTTP/2 and 1.1, log-in by cookie, the event stream, bodies that are too large.  Loopback and free ports only."""
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGING = os.path.join(HERE, "..", "..", "packaging")
sys.path.insert(0, os.path.join(HERE, "..", "api"))
from desk import PASSWORD, WAIT_S, Desk, Gone

NAME = "desk.example.org"


class Skipped(Exception):
    pass


def need(true, text):
    if not true:
        raise AssertionError(text)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def tool(name):
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if not path:
        raise Skipped("%s is not here" % name)
    return path


def certificates(folder):
    """An authority and a certificate for NAME."""
    openssl = tool("openssl")

    def run(*arguments):
        subprocess.run([openssl, *arguments], check=True, capture_output=True, cwd=folder)

    with open(os.path.join(folder, "ext"), "w") as file:
        file.write("subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\n" % NAME)
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test authority",
        "-keyout", "ca.key", "-out", "ca.pem")
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + NAME, "-keyout", "key.pem", "-out", "csr")
    run("x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "ext", "-out", "cert.pem")


class Proxy:
    """One of the two, with the shipped file: only ports and the certificate's place are put in."""

    def __init__(self, kind, desk_port):
        self.kind, self.folder = kind, tempfile.mkdtemp(prefix="bellman-proxy-")
        self.port, self.plain = free_port(), free_port()
        self.process = None
        certificates(self.folder)
        with open(os.path.join(PACKAGING, "Caddyfile" if kind == "caddy" else "nginx.conf")) as file:
            text = file.read()
        need(text.count("127.0.0.1:8110") == 1, "the file names the desk otherwise than this test knows")
        text = text.replace("127.0.0.1:8110", "127.0.0.1:%d" % desk_port).replace("/etc/bellman/tls", self.folder)
        self.command = self.caddy(text) if kind == "caddy" else self.nginx(text)
        self.start()

    def caddy(self, text):
        path = os.path.join(self.folder, "Caddyfile")
        with open(path, "w") as file:
            file.write(text.replace("admin off\n", "admin off\n\thttp_port %d\n\thttps_port %d\n\tdefault_bind 127.0.0.1\n" % (self.plain, self.port)))
        return [tool("caddy"), "run", "--config", path, "--adapter", "caddyfile"]

    def nginx(self, text):
        text = text.replace("listen [::]:443 ssl http2;", "").replace("listen [::]:80;", "")
        text = text.replace("listen 443 ", "listen 127.0.0.1:%d " % self.port).replace("listen 80;", "listen 127.0.0.1:%d;" % self.plain)
        with open(os.path.join(self.folder, "site"), "w") as file:
            file.write(text)
        path = os.path.join(self.folder, "nginx.conf")
        places = "".join("%s_temp_path %s/%s;" % (what, self.folder, what) for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        with open(path, "w") as file:
            file.write("daemon off; master_process off; pid %s/pid; error_log stderr; events {} http { access_log off; %s include %s/site; }"
                       % (self.folder, places, self.folder))
        return [tool("nginx"), "-c", path, "-p", self.folder]

    def start(self):
        self.log = open(os.path.join(self.folder, "log"), "w+b")
        env = dict(os.environ, HOME=self.folder, XDG_DATA_HOME=self.folder, XDG_CONFIG_HOME=self.folder)
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, env=env)
        end = time.monotonic() + WAIT_S
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise AssertionError("%s did not start: %s" % (self.kind, self.said()))
                time.sleep(0.02)  # a port that opens gives no event

    def said(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")[-3000:]

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(WAIT_S)
        self.log.close()
        shutil.rmtree(self.folder)

    def curl(self, *arguments, scheme="https", path="/", check=True):
        port = self.port if scheme == "https" else self.plain
        command = [tool("curl"), "-sS", "--max-time", str(WAIT_S), "--cacert", os.path.join(self.folder, "ca.pem"), "--noproxy", "*",
                   "--resolve", "%s:%d:127.0.0.1" % (NAME, port), *arguments, "%s://%s:%d%s" % (scheme, NAME, port, path)]
        if not check:
            return subprocess.run(command, capture_output=True)
        done = subprocess.run(command, capture_output=True, timeout=WAIT_S * 2)
        need(done.returncode == 0, "curl %s: %s\n%s" % (arguments, done.stderr.decode(), self.said()))
        return done.stdout

    def json(self, method, path, body=None, *more):
        """(status, the JSON that came)."""
        arguments = ["-X", method, "-w", "\n%{http_code}", *more]
        if body is not None:
            arguments += ["-H", "Content-Type: application/json", "--data-binary", body if isinstance(body, str) else json.dumps(body)]
        text, _, status = self.curl(*arguments, path=path).decode().rpartition("\n")
        return int(status), json.loads(text) if text else None


def look_at_the_page(proxy):
    head = proxy.curl("-D", "-", "-o", os.devnull, "-w", "version %{http_version}\n").decode().lower()
    need("http/2 200" in head and "version 2" in head, "no HTTP/2: " + head)
    need("strict-transport-security: max-age=31536000" in head, "no HSTS: " + head)
    need("content-security-policy: default-src 'none'" in head and "x-content-type-options: nosniff" in head, "headers are lost: " + head)
    need("server: caddy" not in head and "server: nginx/" not in head, "it tells its version: " + head)
    packed = proxy.curl("--compressed", "-D", "-", "-o", os.devnull, path="/app.js").decode().lower()
    need(packed.count("content-encoding: gzip") == 1, "the page's files do not come packed: " + packed)
    need(b"HTTP/1.1 200" in proxy.curl("--http1.1", "-D", "-", "-o", os.devnull), "HTTP/1.1 does not work")
    need(proxy.curl("--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", check=False).returncode != 0, "TLS 1.1 is let through")
    moved = proxy.curl("-D", "-", "-o", os.devnull, scheme="http", path="/v1/me").decode()
    need(" 301 " in moved or " 308 " in moved, "plain HTTP is not sent on: " + moved)
    need("https://%s" % NAME in moved, moved)


def log_in(proxy):
    """By cookie, as a browser does."""
    jar = os.path.join(proxy.folder, "jar")
    status, body = proxy.json("POST", "/v1/sessions", {"login": "boss", "password": PASSWORD}, "-c", jar, "-D", os.path.join(proxy.folder, "head"))
    need(status == 201, "log-in: %s %s" % (status, body))
    with open(os.path.join(proxy.folder, "head")) as file:
        cookie = [line for line in file if line.lower().startswith("set-cookie")][0]
    need("__Host-bellman=" in cookie and "Secure" in cookie and "HttpOnly" in cookie and "SameSite=Strict" in cookie, cookie)
    status, me = proxy.json("GET", "/v1/me", None, "-b", jar)
    need(status == 200 and me["operator"], "the cookie is not taken: %s %s" % (status, me))
    return jar


def refuse_in_its_own_words(proxy, jar):
    large = os.path.join(proxy.folder, "large")
    with open(large, "w") as file:
        file.write('{"text":"' + "x" * (24 << 20) + '"}')
    # The refusal comes while the body is still on its way.  Over HTTP/2 Caddy then ends the stream behind the whole answer (RFC 9113, 8.1),
    # and curl 7.88 at times throws away what it had not handed on yet; HTTP/1.1 has no such end.
    status, body = proxy.json("POST", "/v1/contacts", "@" + large, "-b", jar, "-H", "Idempotency-Key: large", "-H", "Expect:", "--http1.1")
    need(status == 413 and body["code"] == "body-too-large", "a body that is too large: %s %s" % (status, body))


def follow(proxy, desk, jar):
    """Events come through as they happen, and whoever goes is gone at the desk too."""
    seq = desk.boss.ok("GET", "/v1/board")["seq"]
    stream = subprocess.Popen([tool("curl"), "-sSN", "--compressed", "--cacert", os.path.join(proxy.folder, "ca.pem"), "--noproxy", "*", "--resolve",
                               "%s:%d:127.0.0.1" % (NAME, proxy.port), "-b", jar, "https://%s:%d/v1/stream?from=%d" % (NAME, proxy.port, seq)],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        def line(wanted):
            for text in iter(stream.stdout.readline, b""):
                if wanted in text:
                    return text.decode()
            raise AssertionError("the stream ended: " + proxy.said())

        line(b"event: beat")
        took = []
        for n in range(5):
            begin = time.monotonic()
            made = desk.boss.ok("POST", "/v1/agencies", {"code": "%s%d" % (proxy.kind, n), "name": "N", "parent": "1", "level": "station"}, key=True)
            frame = line(b"data: {\"seq\":%d," % made["seq"])
            need('"%s%d"' % (proxy.kind, n) in frame, frame)
            took.append(time.monotonic() - begin)
        need(min(took) < 2, "frames are collected on the way: %s s" % took)
    finally:
        stream.kill()
        stream.communicate()
    end = time.monotonic() + WAIT_S
    while "bellman_http_streams 0" not in desk.client().get("/metrics").body.decode():
        need(time.monotonic() < end, "the desk still feeds a stream that nobody reads")
        time.sleep(0.05)  # the metric is a figure, not an event
    return took


def through(kind):
    with Desk() as desk:
        desk.start("--behind-proxy")
        desk.set_up()
        proxy = Proxy(kind, desk.port)
        try:
            look_at_the_page(proxy)
            jar = log_in(proxy)
            refuse_in_its_own_words(proxy, jar)
            took = follow(proxy, desk, jar)
            desk.stop()
            status = proxy.curl("-o", os.devnull, "-w", "%{http_code}", path="/healthz")
            need(status in (b"502", b"504"), "a desk that is down: %s" % status)
            print("%s: a change reaches the stream in %s ms" % (kind, ", ".join("%.0f" % (t * 1000) for t in took)))
        finally:
            proxy.close()


def test_caddy():
    through("caddy")


def test_nginx():
    through("nginx")


def main():
    failed = skipped = 0
    tests = (test_caddy, test_nginx)
    for test in tests:
        begin = time.monotonic()
        try:
            test()
            print("ok    %-20s %5.1f s" % (test.__name__, time.monotonic() - begin))
        except Skipped as why:
            skipped += 1
            print("skipped: %s: %s" % (test.__name__, why))
        except (AssertionError, Gone, OSError, subprocess.SubprocessError):
            failed += 1
            traceback.print_exc()
            print("FAIL  " + test.__name__)
        sys.stdout.flush()
    print("%d passed, %d failed, %d skipped" % (len(tests) - failed - skipped, failed, skipped))
    sys.exit(1 if failed else 0)


main()
