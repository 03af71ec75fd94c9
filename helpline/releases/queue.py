"""Trainings: asked for, one at a time, with progress, and found again when their process is lost.

States: queued → running → ready, failed or cancelled. The training is a process of its own that lives on when the
worker restarts; one that gives no sign of life is begun once more, then given up.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.engine import insert_once
from helpline.db.schema import releases, training_version
from helpline.errors import Refused

PHASES = ("prepare", "features", "train", "evaluate")
_USUAL = {"prepare": 12, "features": 6, "train": 18, "evaluate": 8}
"""Seconds each phase takes before anything was measured here."""
SILENT_SECONDS = 60
ATTEMPTS = 2
OPEN = ("queued", "running")


@dataclass(frozen=True)
class Release:
    """One training and what came of it."""

    id: int
    state: str
    phase: str
    timings: Mapping[str, float]
    account_id: int | None
    note: str
    queued_at: int
    started_at: int | None
    finished_at: int | None
    beat_at: int | None
    attempts: int
    cancel_asked: bool
    revision: int | None
    content_hash: str | None
    model_hash: str | None
    model_seal: str | None
    redirects: Mapping[str, str]
    report: Mapping[str, Any] | None
    error: str | None
    asked_by: int | None
    asked_reason: str | None

    @property
    def open(self) -> bool:
        """Whether it is still to come."""
        return self.state in OPEN


def ask(conn: Connection, account_id: int | None, note: str = "") -> int:
    """Queue a training of the content as it is when it begins; its number.

    Raises Refused while another waits that has not begun: it will hold everything anyway.
    """
    lock(conn)
    waiting = conn.execute(sa.select(releases.c.id).where(releases.c.state == "queued")).scalar()
    if waiting is not None:
        raise Refused("error.training_queued")
    values = {
        "state": "queued", "phase": "", "timings": "{}", "account_id": account_id, "note": note[:200],
        "queued_at": clock.now(), "attempts": 0, "cancel_asked": False, "redirects": "{}",
    }  # fmt: skip
    return int(conn.execute(sa.insert(releases).values(**values)).inserted_primary_key[0])


def cancel(conn: Connection, release_id: int) -> bool:
    """Stop a training; at once while it waits, within a second or two while it runs."""
    here = releases.c.id == release_id
    gone = {"state": "cancelled", "finished_at": clock.now()}
    if conn.execute(sa.update(releases).where(here, releases.c.state == "queued").values(**gone)).rowcount:
        return True
    running = sa.update(releases).where(here, releases.c.state == "running")
    return bool(conn.execute(running.values(cancel_asked=True)).rowcount)


def begin_next(conn: Connection) -> int | None:
    """Claim the oldest waiting training if none runs; its number. Finds lost ones first."""
    if conn.execute(sa.select(releases.c.id).where(releases.c.state.in_(OPEN)).limit(1)).first() is None:
        return None
    lock(conn)
    _find_lost(conn)
    if conn.execute(sa.select(releases.c.id).where(releases.c.state == "running").limit(1)).first():
        return None
    found = conn.execute(
        sa.select(releases.c.id).where(releases.c.state == "queued").order_by(releases.c.id).limit(1)
    ).scalar()
    if found is None:
        return None
    at = clock.now()
    conn.execute(
        sa.update(releases)
        .where(releases.c.id == found)
        .values(
            state="running", phase="prepare", timings=json.dumps({"prepare": at}), started_at=at, beat_at=at,
            attempts=releases.c.attempts + 1,
        )
    )  # fmt: skip
    return int(found)


def anything_open(conn: Connection) -> bool:
    """Whether a training waits or runs; takes no lock."""
    return conn.execute(sa.select(releases.c.id).where(releases.c.state.in_(OPEN)).limit(1)).first() is not None


def enter(conn: Connection, release_id: int, phase: str) -> None:
    """The training came to a phase."""
    timings = dict(get(conn, release_id).timings)
    timings[phase] = clock.now()
    _running(conn, release_id, phase=phase, timings=json.dumps(timings), beat_at=clock.now())


def beat(conn: Connection, release_id: int) -> bool:
    """The training lives; whether it should go on."""
    goes_on = _running(conn, release_id, beat_at=clock.now())
    return goes_on and not get(conn, release_id).cancel_asked


def ended(conn: Connection, release_id: int) -> None:
    """Its process is gone: unless it said how it ended, it counts as lost at once."""
    _running(conn, release_id, beat_at=0)


def end(conn: Connection, release_id: int, state: str, error: str | None = None, **values: Any) -> bool:
    """The training ended: ready, failed or cancelled. False if it was given up meanwhile."""
    return _running(conn, release_id, state=state, error=error, finished_at=clock.now(), **values)


def get(conn: Connection, release_id: int) -> Release:
    """One of them. Raises Refused if there is none."""
    found = listed(conn, releases.c.id == release_id)
    if not found:
        raise Refused("error.no_release")
    return found[0]


def listed(conn: Connection, *where: Any, limit: int = 30) -> list[Release]:
    """The newest first."""
    columns = [releases.c[name] for name in Release.__dataclass_fields__]
    query = sa.select(*columns).where(*where).order_by(releases.c.id.desc()).limit(limit)
    return [_release(row) for row in conn.execute(query)]


def progress(conn: Connection, release: Release) -> tuple[float, int]:
    """How far a running training is, from 0 to 1, and the seconds it will still take, from how long the last took."""
    lengths = _lengths(conn)
    whole = sum(lengths.values())
    if release.state != "running" or release.phase not in PHASES:
        return 0.0, int(whole)
    done = sum(lengths[name] for name in PHASES[: PHASES.index(release.phase)])
    spent = clock.now() - release.timings.get(release.phase, clock.now())
    done += min(spent, 0.95 * lengths[release.phase])
    return done / whole, max(1, round(whole - done))


def _lengths(conn: Connection) -> dict[str, float]:
    """Seconds of each phase in the last training that came to its end."""
    last = listed(conn, releases.c.state == "ready", limit=1)
    if not last or last[0].finished_at is None:
        return {name: float(seconds) for name, seconds in _USUAL.items()}
    began = [last[0].timings.get(name, 0) for name in PHASES]
    ends = [*began[1:], last[0].finished_at]
    return {name: max(1.0, ends[i] - began[i]) for i, name in enumerate(PHASES)}


def _find_lost(conn: Connection) -> None:
    silent = sa.and_(releases.c.state == "running", releases.c.beat_at < clock.now() - SILENT_SECONDS)
    for row in conn.execute(sa.select(releases.c.id, releases.c.attempts, releases.c.cancel_asked).where(silent)).all():
        again = row.attempts < ATTEMPTS and not row.cancel_asked
        state = "queued" if again else "cancelled" if row.cancel_asked else "failed"
        values = {"state": state, "error": None if again else "lost", "finished_at": None if again else clock.now()}
        conn.execute(sa.update(releases).where(releases.c.id == row.id, silent).values(**values))


def _running(conn: Connection, release_id: int, **values: Any) -> bool:
    here = sa.and_(releases.c.id == release_id, releases.c.state == "running")
    return bool(conn.execute(sa.update(releases).where(here).values(**values)).rowcount)


def lock(conn: Connection) -> None:
    """One at a time, also among several workers."""
    insert_once(conn, training_version, {"id": 1, "revision": 0}, ("id",))
    conn.execute(sa.update(training_version).values(revision=training_version.c.revision))


def _release(row: Any) -> Release:
    values = dict(row._mapping)
    values["timings"], values["redirects"] = json.loads(row.timings), json.loads(row.redirects)
    values["report"] = json.loads(row.report) if row.report else None
    return Release(**values)
