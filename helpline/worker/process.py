"""The worker as a process, with its /health and /metrics."""

from __future__ import annotations

import json
import signal
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from helpline import logs
from helpline.service import Service
from helpline.whatsapp import carrier
from helpline.worker.delivery import Worker


def serve(service: Service) -> None:
    """Run the worker with its health page until SIGTERM or SIGINT."""
    logs.to_stderr()
    settings = service.settings
    worker = Worker(service, carrier.client_of(settings))
    server = health_server(worker, settings.bind, settings.worker_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()
    server.shutdown()


def health_server(worker: Worker, host: str, port: int) -> ThreadingHTTPServer:
    """The worker's /health and /metrics."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY))
            elif self.path == "/health":
                facts = worker.health()
                self._answer(200 if facts["ready"] else 503, "application/json", json.dumps(facts).encode())
            else:
                self._answer(404, "text/plain", b"Only /health and /metrics are here.")

        def _answer(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Requests for health are not news."""

    return ThreadingHTTPServer((host, port), Handler)
