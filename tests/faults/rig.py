"""The real processes on a database of their own, the stand-in for WhatsApp before them, and the count afterwards."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import sqlalchemy as sa

from helpline import settings
from helpline.db import schema
from helpline.db.engine import connect
from helpline.simulator import app as simulator
from helpline.whatsapp.render import read_callback
from tests.conftest import free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
PORTS = {"channel": "RASA_PORT", "actions": "ACTIONS_PORT", "worker": "WORKER_PORT", "console": "CONSOLE_PORT"}
DONE = {"answered", "handed_off", "joined_case", "told", "ignored"}
TEXTS = (
    "When does my voucher come?",
    "Can I go to the doctor without papers?",
    "I have a bad toothache",
    "are you a robot",
    "how can I get the food card",
)


@dataclass
class Process:
    """One of ours."""

    kind: str
    port: int
    environment: dict[str, str]
    log: Path
    home: Path = ROOT
    """Where its yml files and models are."""
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> Process:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "helpline", self.kind], cwd=self.home, env=self.environment,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        return self

    def kill(self) -> None:
        """As a power cut does: no chance to finish anything."""
        assert self.child is not None
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait(10)

    def stop(self) -> None:
        if self.child is not None and self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGTERM)
            try:
                self.child.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def freeze(self) -> None:
        """It is there and takes connections, and answers nobody."""
        assert self.child is not None
        os.killpg(self.child.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.child is not None
        os.killpg(self.child.pid, signal.SIGCONT)

    def health(self) -> dict[str, Any] | None:
        try:
            return dict(requests.get(f"http://127.0.0.1:{self.port}/health", timeout=5).json())
        except (requests.RequestException, ValueError):
            return None

    def ready(self) -> bool:
        assert self.child is None or self.child.poll() is None, self.log.read_text()[-3000:]
        if self.kind == "actions":  # rasa_sdk's own
            return self.health() is not None
        return bool((self.health() or {}).get("ready"))


@dataclass
class Balancer:
    """What stands before several channels: each webhook goes to the next one that takes connections."""

    ports: list[int] = field(default_factory=list)
    _next: int = 0

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        headers = {"X-Hub-Signature-256": environ.get("HTTP_X_HUB_SIGNATURE_256", "")}
        for _ in self.ports:
            self._next += 1
            connection = http.client.HTTPConnection("127.0.0.1", self.ports[self._next % len(self.ports)], timeout=20)
            try:
                connection.request("POST", environ["PATH_INFO"], body=raw, headers=headers)
                status = connection.getresponse().status
            except (OSError, http.client.HTTPException):
                continue
            finally:
                connection.close()
            start_response(f"{status} x", [("Content-Length", "0")])
            return [b""]
        start_response("502 x", [("Content-Length", "0")])
        return [b""]


@dataclass(frozen=True)
class Count:
    """What became of the messages sent in."""

    lost: list[str]
    """Not stored at all."""
    open: list[tuple[int, str]]
    """Stored, but neither answered nor in a case nor told."""
    unanswered: list[int]
    """Said to be answered, but nothing arrived and nothing is pending."""
    twice: list[str]
    """Arrived more than once, although its outcome was never unknown."""
    repeated: int
    """Arrived more than once in the documented window."""
    disordered: list[str]
    """Contacts whose answers came in another order than their messages."""

    def assert_good(self) -> None:
        assert (self.lost, self.open, self.unanswered, self.twice, self.disordered) == ([], [], [], [], []), self


class Rig:
    """Everything, and how to hurt it."""

    def __init__(self, folder: Path, database_url: str, balancer: Balancer, front: str, **more: str) -> None:
        self.folder, self.balancer = folder, balancer
        self.environment = {
            **os.environ, "DATABASE_URL": database_url, "SECRET_KEY": "faults-only-0123456789-0123456789", **more,
        }  # fmt: skip
        self.engine = connect(database_url)
        self.processes: dict[str, Process] = {}
        self.sent: dict[str, list[str]] = defaultdict(list)
        chosen = settings.read({"SECRET_KEY": self.environment["SECRET_KEY"]})
        self.app = simulator.create(chosen, webhook_url=f"{front}/webhooks/whatsapp/webhook", first_pause=0.1)
        self.poster, self.graph = self.app.extensions["poster"], self.app.extensions["graph"]
        self.phone = self.app.test_client()

    def prepare(self, graph_url: str) -> None:
        self.environment["WHATSAPP_API_URL"] = f"{graph_url}/v24.0"
        for command in (["migrate"], ["content", "import"]):
            subprocess.run(
                [sys.executable, "-m", "helpline", *command], cwd=ROOT, env=self.environment, check=True,
                stdout=subprocess.DEVNULL,
            )  # fmt: skip

    def add(self, kind: str, name: str, home: Path = ROOT, **more: str) -> Process:
        port = free_port()
        environment = {**self.environment, PORTS[kind]: str(port), **more}
        made = Process(kind, port, environment, self.folder / f"{name}.log", home).start()
        self.processes[name] = made
        if kind == "channel":
            self.balancer.ports.append(port)
        return made

    def wait_ready(self, seconds: float = 240) -> None:
        for name, process in self.processes.items():
            wait_until(process.ready, seconds, f"{name} to be ready")

    def write(self, contacts: Iterable[str], texts: int = 1) -> None:
        """Each contact writes so many messages; WhatsApp brings them as often as it takes."""
        for number in range(texts):
            for place, contact in enumerate(contacts):
                text = TEXTS[(number + place) % len(TEXTS)]
                answer = self.phone.post(f"/phone/{contact}/text", json={"text": text})
                self.sent[contact].append(answer.get_json()["id"])

    def settle(self, seconds: float = 120) -> None:
        """Wait until nothing is under way any more. What a killed process held is taken again when its time is up."""
        until = time.monotonic() + seconds
        still_since, before = time.monotonic(), None
        while time.monotonic() < until:
            now = (self.poster.waiting(), *self._pending())
            if now == (0, 0, 0):
                # A failure that is told late may be on its way and put a message back.
                time.sleep(1)
                if (self.poster.waiting(), *self._pending()) == (0, 0, 0):
                    return
            if now != before:
                still_since, before = time.monotonic(), now
            elif time.monotonic() - still_since > 4:
                self.a_minute_passes()
                still_since = time.monotonic()
            time.sleep(0.2)
        raise AssertionError(f"still under way after {seconds} s: webhooks, inbox, outbox = {before}")

    def a_minute_passes(self) -> None:
        """For the stored times; done when nothing moves, so that no living process is robbed of its work."""
        with self.engine.begin() as conn:
            for table in (schema.inbox, schema.outbox):
                conn.execute(sa.update(table).values(lease_until=table.c.lease_until - 61))
            later = schema.outbox.c.state.in_(("queued", "unknown"))
            conn.execute(
                sa.update(schema.outbox).where(later).values(next_attempt_at=schema.outbox.c.next_attempt_at - 61)
            )

    def _pending(self) -> tuple[int, int]:
        inbox, outbox = schema.inbox.c, schema.outbox.c
        try:
            with self.engine.connect() as conn:
                waits = conn.execute(sa.select(sa.func.count()).where(inbox.state.in_(("waiting", "in_flight"))))
                goes = conn.execute(
                    sa.select(sa.func.count()).where(outbox.state.in_(("queued", "sending", "unknown")))
                )
                return waits.scalar_one(), goes.scalar_one()
        except sa.exc.OperationalError:  # it is down, as the test wants it
            return -1, -1

    def count(self) -> Count:
        inbox, outbox = schema.inbox.c, schema.outbox.c
        with self.engine.connect() as conn:
            rows = {row.message_id: row for row in conn.execute(sa.select(schema.inbox))}
            said = {row.id: row for row in conn.execute(sa.select(schema.outbox).order_by(outbox.id))}
            human = {row for (row,) in conn.execute(sa.select(inbox.id).where(inbox.case_id.is_not(None)))}
        wanted = [message_id for ids in self.sent.values() for message_id in ids]
        ours = [rows[one] for one in wanted if one in rows]
        replied = {row.in_reply_to for row in said.values() if row.state in ("sent", "delivered", "read")}
        arrived: Counter[str] = Counter()
        taken: dict[str, list[int]] = defaultdict(list)
        for call in self.graph.calls:
            callback = call["payload"].get("biz_opaque_callback_data", "")
            arrived[callback] += 1
            row = said.get(_row(callback))
            if row is not None and row.in_reply_to is not None:
                taken[row.contact_id].append(row.in_reply_to)
        twice = {callback: said[_row(callback)] for callback, times in arrived.items() if times > 1}
        return Count(
            lost=[one for one in wanted if one not in rows],
            open=[(row.id, row.state) for row in ours if row.state != "done" or row.outcome not in DONE],
            unanswered=[row.id for row in ours if row.outcome == "answered" and row.id not in replied | human],
            twice=[callback for callback, row in twice.items() if row.attempts < 2],
            repeated=sum(row.attempts >= 2 for row in twice.values()),
            disordered=[contact for contact, ids in taken.items() if ids != sorted(ids)],
        )

    def close(self) -> None:
        for process in self.processes.values():
            process.stop()
        self.poster.stop()
        self.engine.dispose()


def _row(callback: str) -> int:
    """Our outbox row behind what a call echoes."""
    known = read_callback(callback)
    return known[0] if known else 0


class Postgres:
    """A PostgreSQL of our own that can be stopped."""

    def __init__(self, folder: Path, binaries: Path, port: int) -> None:
        self.folder, self._binaries, self.port = folder, binaries, port
        self._user = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
        folder.mkdir()
        folder.chmod(0o700)
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", folder / "data", "-U", "helpline", "-A", "trust", "-E", "UTF8")

    @property
    def url(self) -> str:
        return f"postgresql://helpline@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={self.folder}"
        self._run("pg_ctl", "-D", self.folder / "data", "-o", options, "-l", self.folder / "log", "-w", "start")

    def stop(self, how: str = "fast") -> None:
        self._run("pg_ctl", "-D", self.folder / "data", "-m", how, "-w", "stop")

    def _run(self, name: str, *arguments: object) -> None:
        subprocess.run(
            [self._binaries / name, *map(str, arguments)], check=True, user=self._user, cwd="/",
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
