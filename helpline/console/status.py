"""Health of this process for machines, and of all processes for people."""

from __future__ import annotations

import json
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, render_template
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, generate_latest

from helpline import inbox, logs, outbox, queue
from helpline.console import current
from helpline.service import Service
from helpline.vouchers import source

bp = Blueprint("status", __name__)
log = logs.get(__name__)

PATIENCE_SECONDS = 1.5
open_cases = Gauge("helpline_open_cases", "Open cases by state.", ["state"])
longest_wait = Gauge("helpline_longest_wait_seconds", "How long the contact who waits longest has waited for a person.")


@dataclass(frozen=True)
class Sign:
    """What one process says of itself."""

    name: str
    state: str
    """ready, unready or silent."""
    facts: dict[str, Any]


@bp.get("/health")
def health() -> tuple[dict[str, Any], int]:
    """200 while the database answers, else 503."""
    ready = _database_answers()
    return {"process": "console", "alive": True, "ready": ready}, 200 if ready else 503


@bp.get("/metrics")
def metrics() -> Response:
    """Figures for Prometheus: counts only."""
    try:
        with current.reading() as conn:
            totals = queue.counts(conn)
            longest_wait.set(queue.oldest_wait(conn))
        for state in (*queue.OPEN, "urgent_waiting"):
            open_cases.labels(state).set(totals[state])
    except sa.exc.SQLAlchemyError:
        logs.failure(log, "metrics_without_database")
    return Response(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


@bp.get("/status")
def page() -> str:
    """The health of every process, the queues between them, in words."""
    signs = every_sign(current.service())
    figures: dict[str, int] = {}
    try:
        with current.reading() as conn:
            figures["inbox"], figures["inbox_seconds"] = inbox.waiting(conn)
            figures["outbox"], figures["outbox_seconds"] = outbox.waiting(conn)
            figures.update({f"cases_{state}": number for state, number in queue.counts(conn).items()})
    except sa.exc.SQLAlchemyError:
        logs.failure(log, "status_without_database")
    return render_template("status/page.html", signs=signs, figures=figures)


def every_sign(service: Service) -> list[Sign]:
    """Ask every process at once; one that does not answer in time is silent."""
    settings = service.settings
    host = "127.0.0.1" if settings.bind in ("0.0.0.0", "::") else settings.bind  # noqa: S104 - not a bind
    ports = {"channel": settings.rasa_port, "worker": settings.worker_port}
    if settings.actions_url:  # else the channel runs them itself
        ports["actions"] = settings.actions_port
    if not settings.production:
        ports["simulator"] = settings.simulator_port
    with ThreadPoolExecutor(max_workers=len(ports) + 1) as pool:
        asked = pool.map(lambda one: _ask(one[0], f"http://{host}:{one[1]}/health"), ports.items())
        vouchers = pool.submit(_voucher_source, service)
        signs = [*asked, vouchers.result()]
    state = "ready" if _database_answers() else "silent"
    return [Sign("database", state, {}), Sign("console", "ready", {}), *signs]


def _voucher_source(service: Service) -> Sign:
    facts = source.health(service)
    return Sign("vouchers", "ready" if facts.get("ready", facts.get("answers")) else "unready", dict(facts))


def _ask(name: str, url: str) -> Sign:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - our own processes
            return Sign(name, "ready", _facts(answer.read(4096)))
    except urllib.error.HTTPError as error:
        return Sign(name, "unready", _facts(error.read(4096)))
    except OSError:
        return Sign(name, "silent", {})


def _facts(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _database_answers() -> bool:
    try:
        with current.reading() as conn:
            conn.execute(sa.text("SELECT 1 FROM accounts LIMIT 1"))
        return True
    except sa.exc.SQLAlchemyError:
        logs.failure(log, "database_does_not_answer")
        return False
