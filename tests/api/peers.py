"""Receivers on loopback, as partners would run them: a web server whose answers a test chooses, a mail server, a port where
nobody is.  What arrives is put into a queue, so that a test waits for it and for nothing else."""
import base64
import email
import http.server
import queue
import socket
import threading

WAIT_S = 60


class Got:
    """One request as it arrived."""

    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body


class Web:
    """`answer(got)` gives (status, headers, body) or None: then nothing is ever answered."""

    def __init__(self, answer=None):
        self.got = queue.Queue()
        self.answer = answer or (lambda got: (200, {}, b""))
        self.release = threading.Event()
        peer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                got = Got(self.command, self.path, self.headers, body)
                peer.got.put(got)
                said = peer.welcome(got) or peer.answer(got)
                if said is None:
                    peer.release.wait(WAIT_S)
                    self.close_connection = True
                    return
                status, headers, body = said
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True  # the desk had enough of a long answer

            do_GET = do_POST = do_OPTIONS = handle_any

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # a desk that was killed leaves its connections broken

        self.welcomes = True
        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.host = "127.0.0.1:%d" % self.port
        self.url = "http://%s/hook" % self.host
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def welcome(self, got):
        if got.method == "OPTIONS" and self.welcomes:
            return 200, {"WebHook-Allowed-Origin": got.headers["WebHook-Request-Origin"], "WebHook-Allowed-Rate": "*"}, b""
        return None

    def next(self, method="POST", seconds=WAIT_S):
        while True:
            got = self.got.get(timeout=seconds)
            if got.method == method:
                return got

    def close(self):
        self.release.set()
        self.server.shutdown()
        self.server.server_close()


class Mail:
    """An SMTP server (RFC 5321) that takes what comes; `refuse` is what it says to RCPT instead."""

    def __init__(self):
        self.got, self.refuse, self.logins = queue.Queue(), None, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.host = "127.0.0.1:%d" % self.port
        self.url = "smtp://" + self.host
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        with connection, connection.makefile("rb") as lines:
            say = lambda text: connection.sendall(text.encode() + b"\r\n")
            say("220 mail.test ESMTP")
            sender, people = None, []
            for line in lines:
                word = line.split(b" ")[0].strip().upper()
                if word == b"EHLO":
                    say("250-mail.test\r\n250 AUTH PLAIN")
                elif word == b"AUTH":
                    say("334 ")
                    self.logins.append(base64.b64decode(lines.readline()).split(b"\0")[1:])
                    say("235 welcome")
                elif word == b"MAIL":
                    sender = line.split(b"<")[1].split(b">")[0].decode()
                    say("250 ok")
                elif word == b"RCPT":
                    people.append(line.split(b"<")[1].split(b">")[0].decode())
                    say(self.refuse or "250 ok")
                elif word == b"DATA":
                    say("354 go on")
                    text = b""
                    while not text.endswith(b"\r\n.\r\n"):
                        text += lines.readline()
                    self.got.put((sender, people, email.message_from_bytes(text[:-3])))
                    say("250 taken")
                elif word == b"QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")

    def next(self):
        return self.got.get(timeout=WAIT_S)

    def close(self):
        self.socket.close()


def nobody():
    """A port of loopback where nobody listens, and the socket that keeps it so."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    return holder, holder.getsockname()[1]
