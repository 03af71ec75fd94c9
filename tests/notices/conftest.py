"""A local server that stands for Teams, Slack and other systems, and a mailbox."""

import dataclasses
import json
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

SECRET = "a-secret-for-signing-notices"


class Receiver:
    """Keeps what was posted; answers what it is told to."""

    def __init__(self):
        self.got = []
        self.answers = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append((self.path, dict(self.headers), body))
                status, headers = receiver.answers.pop(0) if receiver.answers else (202, {})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def bodies(self):
        return [json.loads(body) for _, _, body in self.got]


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


class Mailbox(socketserver.ThreadingTCPServer):
    """Takes letters by SMTP; `refuse` makes it refuse the recipient."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self):
        self.letters = []
        self.refuse = None
        super().__init__(("127.0.0.1", 0), _Smtp)


class _Smtp(socketserver.StreamRequestHandler):
    def handle(self):
        def say(line):
            self.wfile.write(line.encode() + b"\r\n")

        say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line[:4].upper()
            if word == "DATA":
                say("354 go on")
                letter = b""
                while (part := self.rfile.readline()) != b".\r\n":
                    letter += part
                self.server.letters.append(letter.decode())
                say("250 taken")
            elif word == "RCPT" and self.server.refuse:
                say(self.server.refuse)
            elif word == "QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")


@pytest.fixture
def mailbox():
    server = Mailbox()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def configured(service, receiver, mailbox):
    """The service with a target of every kind."""
    targets = (
        f"team=teams+{receiver.url}/teams team=slack+{receiver.url}/slack "
        f"on_call=webhook+{receiver.url}/pager coordinator=mailto:desk@example.org"
    )
    chosen = dataclasses.replace(
        service.settings, notices=targets, notice_secret=SECRET, console_url="https://desk.example.org",
        notice_smtp_url=f"smtp://127.0.0.1:{mailbox.server_address[1]}", notice_from="helpline@example.org",
    )  # fmt: skip
    return dataclasses.replace(service, settings=chosen)
