"""The timed jobs, one line each: what to do, how often, and whether it may wait for the network.

Every worker runs every job, so each must be safe beside itself: claim rows by a conditional UPDATE, or change nothing
the second time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from helpline import (
    alerts,
    blocking,
    channel_health,
    directory,
    handover,
    holding,
    lessons,
    logs,
    privacy,
    problems,
    retention,
    silence,
    summary,
)
from helpline.insights import counting
from helpline.notices import sending
from helpline.service import Service
from helpline.worker import fact_reminders, links, trainings

log = logs.get(__name__)


@dataclass(frozen=True)
class Job:
    """Something to do every so many seconds."""

    name: str
    every: int
    do: Callable[[Service], object]
    slow: bool = False
    """Waits for the network or takes seconds: runs beside the delivery, one at a time."""


def run(job: Job, service: Service) -> None:
    """Do it once; a failure is logged without what it was about."""
    try:
        job.do(service)
    except Exception:
        logs.failure(log, "job_failed", job=job.name)


def _erase(service: Service) -> None:
    with service.engine.begin() as conn:
        privacy.finish_erasures(conn, service.vault)
        blocking.expire(conn)


def _retain(service: Service) -> None:
    deleted = retention.run(service)
    if deleted:
        logs.event(log, "retained", **deleted)


def _tend(service: Service) -> None:
    with service.engine.begin() as conn:
        holding.tend(conn)


def _silence(service: Service) -> None:
    with service.engine.begin() as conn:
        silence.tend(conn, service)


def _directory(service: Service) -> None:
    directory.refresh_due(service.engine, service.settings)


def _alarms(service: Service) -> None:
    with service.engine.begin() as conn:
        alerts.tend(conn)


def _shifts(service: Service) -> None:
    with service.engine.begin() as conn:
        handover.tend(conn, service.vault)
        problems.close_published(conn)
        summary.write_due(conn, service.settings)


def _learn(service: Service) -> None:
    lessons.collect(service.engine, service.vault)


def _unlearn(service: Service) -> None:
    lessons.tend(service.engine, service.vault)


def _count(service: Service) -> None:
    counting.run(service)


JOBS: tuple[Job, ...] = (
    Job("erase", 60, _erase),
    Job("retain", 1800, _retain, slow=True),
    Job("count", 60, _count),
    Job("tend", 15, _tend),
    Job("train", 1, trainings.begin_due),
    Job("learn", 60, _learn),
    Job("unlearn", 3600, _unlearn),
    Job("silence", 300, _silence),
    Job("directory", 300, _directory, slow=True),
    Job("facts", 3600, fact_reminders.remind),
    Job("links", 20, links.look_due, slow=True),
    Job("alarms", 5, _alarms),
    Job("notices", 3, sending.send_beside),
    Job("shifts", 30, _shifts),
    Job("channel", 60, channel_health.look, slow=True),
)
