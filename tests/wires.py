"""Real HTTP for tests: servers on free ports, the channel without Rasa, and a stand-in that says what it is told."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from werkzeug.serving import make_server

from helpline.assistant import reception
from helpline.service import Service


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """A WSGI application on a free port; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Channel:
    """The webhook as a WSGI application: the real reception, without Rasa behind it."""

    service: Service
    statuses: list[int] = field(default_factory=list)
    down: bool = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status = 503 if self.down else 0
        if not status:
            status, _new = reception.receive(self.service, raw, environ.get("HTTP_X_HUB_SIGNATURE_256"))
        self.statuses.append(status)
        start_response(f"{status} x", [("Content-Type", "text/plain")])
        return [b""]


@dataclass
class Reply:
    """One scripted answer. `hold`: what to do after the request is read and before the answer."""

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    hold: Callable[[dict[str, Any]], None] | None = None
    cut: bool = False
    """Close the connection instead of answering."""


class StandIn:
    """A Graph API that answers each call with the next of its `script`, then with "accepted"."""

    def __init__(self) -> None:
        self.script: deque[Reply] = deque()
        self.calls: list[dict[str, Any]] = []
        self.url = ""
        self._lock = threading.Lock()

    def error(self, code: int, status: int = 400, **more: Any) -> None:
        """Script a refusal in Meta's form."""
        self.script.append(Reply(status, {"error": {"message": f"(#{code})", "code": code, **more}}))

    def texts(self) -> list[str]:
        """The bodies of the text messages that were taken or refused, in order."""
        return [call["body"]["text"]["body"] for call in self.calls if "text" in (call["body"] or {})]

    @contextmanager
    def running(self) -> Iterator[StandIn]:
        """Serve on a free port."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer._answer(self)

            do_GET = do_POST

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        raw = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        body = json.loads(raw) if "json" in (handler.headers.get("Content-Type") or "") else None
        call = {"method": handler.command, "path": handler.path, "headers": dict(handler.headers), "body": body}
        call["port"] = handler.client_address[1]
        with self._lock:
            self.calls.append({**call, "raw": raw})
            number = len(self.calls)
            reply = self.script.popleft() if self.script else Reply()
        if reply.hold is not None:
            reply.hold(body or {})
        if reply.cut:
            handler.close_connection = True
            return
        accepted = {"contacts": [{"input": "x", "wa_id": "31600000001"}], "messages": [{"id": f"wamid.OUT{number}"}]}
        said = accepted if reply.body is None else reply.body
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        try:
            handler.send_response(reply.status)
            for name, value in {"Content-Length": str(len(content)), **reply.headers}.items():
                handler.send_header(name, value)
            handler.end_headers()
            handler.wfile.write(content)
        except OSError:
            handler.close_connection = True
