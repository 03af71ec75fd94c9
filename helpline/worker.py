"""The timed jobs: deliver the outbox, finish erasures, watch that nobody is left unanswered."""

from __future__ import annotations

import json
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Counter, generate_latest

from helpline import clock, contacts, logs, outbox, privacy
from helpline.db.engine import reading
from helpline.errors import InputError, ProviderError
from helpline.outbox import Outgoing
from helpline.service import Service
from helpline.whatsapp import client, render

CLAIM = 16
IDLE_SECONDS = 0.05
"""How often to look for something to send; one indexed query."""

log = logs.get(__name__)
sent_total = Counter("helpline_sent_total", "Messages the provider took or refused.", ["outcome"])


class Worker:
    """Sends what is queued, several contacts at a time, each contact's messages in order."""

    def __init__(self, service: Service, wire: client.Client) -> None:
        self._service = service
        self._wire = wire
        self._stopping = threading.Event()
        self._senders = ThreadPoolExecutor(max_workers=8, thread_name_prefix="deliver")
        self.paused_until = 0
        """Set when our account is in trouble or the number is throttled: sending earlier would make it worse."""
        self.trouble = ""

    def run(self) -> None:
        """Work until `stop`."""
        every = {privacy_job: 60, self._watch: 30}
        due: dict[Callable[[Service], None], float] = dict.fromkeys(every, 0.0)
        while not self._stopping.is_set():
            try:
                busy = self.deliver()
                for job, seconds in every.items():
                    if time.monotonic() >= due[job]:
                        due[job] = time.monotonic() + seconds
                        job(self._service)
            except Exception:
                logs.failure(log, "worker_round_failed")
                busy = False
                self._stopping.wait(1)
            if not busy:
                self._stopping.wait(IDLE_SECONDS)

    def stop(self) -> None:
        """Finish what is being sent."""
        self._stopping.set()
        self._senders.shutdown(wait=True)

    def deliver(self) -> bool:
        """Send one round; whether there was anything."""
        if clock.now() < self.paused_until:
            return False
        with self._service.engine.begin() as conn:
            taken = outbox.claim(conn, self._service.vault, CLAIM)
        wait([self._senders.submit(self._deliver_one, outgoing) for outgoing in taken])
        return bool(taken)

    def _deliver_one(self, outgoing: Outgoing) -> None:
        try:
            self._send(outgoing)
        except Exception:
            logs.failure(log, "delivery_failed", outbox_id=outgoing.id)
            with self._service.engine.begin() as conn:
                outbox.retry(conn, outgoing.id, outgoing.attempts, 2**outgoing.attempts, "internal")

    def _send(self, outgoing: Outgoing) -> None:
        service = self._service
        with reading(service.engine) as conn:
            try:
                to = contacts.address(conn, service.vault, outgoing.contact_id)
            except InputError:
                return
        payloads = render.render(
            outgoing.message, to, outbox_id=str(outgoing.id), sign_payload=service.vault.sign_payload
        )
        message_id = ""
        try:
            for payload in payloads:
                message_id = self._wire.send(payload).message_id
        except ProviderError as error:
            sent_total.labels(type(error).__name__).inc()
            self._refused(outgoing, error)
            return
        sent_total.labels("sent").inc()
        with service.engine.begin() as conn:
            outbox.sent(conn, outgoing.id, message_id)

    def _refused(self, outgoing: Outgoing, error: ProviderError) -> None:
        """What to do about each class of the closed error taxonomy (whatsapp/client.py)."""
        name = f"{type(error).__name__}_{getattr(error, 'code', '')}"[:40]
        logs.event(log, "provider_refused", outbox_id=outgoing.id, error=name, attempts=outgoing.attempts)
        backoff = min(2**outgoing.attempts, 300)
        with self._service.engine.begin() as conn:
            if isinstance(error, client.UnknownOutcome):
                outbox.unknown(conn, outgoing.id, again=not outgoing.was_unknown, error=name)
            elif isinstance(error, client.WindowShut):
                outbox.hold(conn, outgoing.id)
            elif isinstance(error, client.AccountTrouble):
                # Nothing will be taken until a person mends it: keep the queue, look again in a minute.
                self.paused_until, self.trouble = clock.now() + 60, name
                outbox.postpone(conn, outgoing.id, 60, name)
            elif isinstance(error, client.ThrottledNumber):
                self.paused_until = clock.now() + backoff
                outbox.postpone(conn, outgoing.id, backoff, name)
            elif isinstance(error, client.ThrottledPair):
                outbox.postpone(conn, outgoing.id, min(4**outgoing.attempts, 900), name)
            elif isinstance(error, client.OptedOut):
                outbox.failed(conn, outgoing.id, name)
                contacts.stop(conn, outgoing.contact_id)
            elif error.retryable if hasattr(error, "retryable") else False:
                outbox.retry(conn, outgoing.id, outgoing.attempts, backoff, name)
            else:
                outbox.failed(conn, outgoing.id, name)

    def _watch(self, service: Service) -> None:
        with reading(service.engine) as conn:
            count, oldest = outbox.waiting(conn)
        if oldest > 300:
            logs.event(log, "outbox_is_late", count=count, oldest_seconds=oldest)

    def health(self) -> dict[str, Any]:
        """For /health: alive while it answers, ready while the database does and the account is not in trouble."""
        facts: dict[str, Any] = {"process": "worker", "alive": True, "trouble": self.trouble or None}
        try:
            with reading(self._service.engine) as conn:
                facts["waiting"], facts["oldest_seconds"] = outbox.waiting(conn)
            facts["ready"] = True
        except Exception:
            facts["ready"] = False
        return facts


def privacy_job(service: Service) -> None:
    """Finish the erasures that are due."""
    with service.engine.begin() as conn:
        privacy.finish_erasures(conn)


def serve(service: Service) -> None:
    """Run the worker with its health page until SIGTERM or SIGINT."""
    logs.to_stderr()
    settings = service.settings
    wire = client.Client(settings.whatsapp_api_url, settings.whatsapp_phone_number_id, settings.whatsapp_access_token)
    worker = Worker(service, wire)
    server = _health_server(worker, settings.bind, settings.worker_port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.run()
    server.shutdown()


def _health_server(worker: Worker, host: str, port: int) -> ThreadingHTTPServer:
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
