"""Alarms of cases: written with the case, ringing wider and wider until somebody takes it.

Urgent: those on shift who read the language, then everybody on shift, then coordinators, then who is on call.
Sensitive: an hour for a safeguarding colleague to take note, then again each hour. Waiting: a warning at four fifths
of the target in opening hours, then the coordinator. A step at which nobody would hear is not waited for.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, notices, shifts
from helpline.db.engine import insert_once
from helpline.db.schema import alerts, cases

URGENT, SENSITIVE, WAITING = "urgent", "sensitive", "waiting"
TARGET_SECONDS = 30 * 60
"""How long somebody may wait for a person's words while the desk is open."""
WARN_SECONDS = TARGET_SECONDS * 4 // 5
ACKNOWLEDGE_SECONDS = 3600
"""A safeguarding colleague takes note of a sensitive case within this, or rings again."""
NEW_CASE_SECONDS = 300
"""New cases of one language are announced once in this time."""


@dataclass(frozen=True)
class Step:
    """How wide an urgent alarm rings, and for how long before it rings wider."""

    kind: str
    audience: str
    seconds: int


LADDER = (
    Step("urgent", "team", 120),
    Step("urgent_wide", "team", 180),
    Step("urgent_wide", "coordinator", 300),
    Step("urgent_on_call", "on_call", 300),
)
"""The last step repeats until the case is taken."""


def opened(conn: Connection, case_id: int) -> None:
    """A case was opened or made urgent: ring now, in the same transaction."""
    row = conn.execute(sa.select(cases).where(cases.c.id == case_id)).one()
    if row.urgent and row.state != "waiting":
        # Its holder sees it; the others hear it once, in case the holder does not.
        notices.put(
            conn, "urgent", "team", f"held:{case_id}:{row.version}", language=row.language, path=f"/cases/{case_id}"
        )
        return
    if row.urgent:
        _raise(conn, case_id, URGENT, clock.now())
    if row.sensitive:
        # An emergency rings already; this one asks later whether anybody with the duty took note.
        _raise(conn, case_id, SENSITIVE, clock.now() + (ACKNOWLEDGE_SECONDS if row.urgent else 0))
    if not (row.urgent or row.sensitive):
        window = clock.now() // NEW_CASE_SECONDS
        notices.put(
            conn, "new_case", "team", f"new:{row.language}:{window}",
            language=row.language, waiting=_waiting(conn), path="/cases",
        )  # fmt: skip
        return
    ring(conn, case_id=case_id)


def ring(conn: Connection, *, case_id: int | None = None) -> int:
    """Ring every alarm that is due (or that of one case), and settle those nobody needs any more; how many rang."""
    settle(conn)
    due = sa.and_(alerts.c.settled_at.is_(None), alerts.c.next_at <= clock.now())
    query = sa.select(alerts, cases.c.language, cases.c.waiting_since, cases.c.opened_at).join(
        cases, cases.c.id == alerts.c.case_id
    )
    if case_id is not None:
        due = sa.and_(due, alerts.c.case_id == case_id)
    rang = 0
    for row in conn.execute(query.where(due).order_by(alerts.c.id).with_for_update(of=alerts, skip_locked=True)).all():
        rang += _RING[row.kind](conn, row)
    return rang


def tend(conn: Connection) -> int:
    """The timed job: raise what was missed (a case given back, somebody who wrote again), then ring; how many rang."""
    at = clock.now()
    waits = sa.and_(cases.c.state.in_(("waiting", "active")), cases.c.waiting_since.is_not(None), ~cases.c.urgent)
    rings = (
        (URGENT, sa.and_(cases.c.state == "waiting", cases.c.urgent)),
        (SENSITIVE, sa.and_(cases.c.sensitive, cases.c.acknowledged_at.is_(None), cases.c.state != "closed")),
        (WAITING, waits),
    )
    for kind, needed in rings:
        mine = sa.and_(alerts.c.case_id == cases.c.id, alerts.c.kind == kind, alerts.c.settled_at.is_(None))
        missed = sa.select(cases.c.id, cases.c.waiting_since).where(
            needed, ~sa.select(alerts.c.id).where(mine).exists()
        )
        for row in conn.execute(missed).all():
            _raise(conn, row.id, kind, (row.waiting_since or at) + WARN_SECONDS if kind == WAITING else at)
    return ring(conn)


def settle(conn: Connection) -> int:
    """End the alarms of cases that were taken; a wait ends with a person's words, not with a claim. How many ended."""
    over = {
        URGENT: cases.c.state != "waiting",
        SENSITIVE: sa.or_(cases.c.acknowledged_at.is_not(None), cases.c.state == "closed"),
        WAITING: sa.or_(cases.c.waiting_since.is_(None), cases.c.state == "closed"),
    }
    done = [
        sa.and_(alerts.c.kind == kind, alerts.c.case_id.in_(sa.select(cases.c.id).where(w))) for kind, w in over.items()
    ]
    ended = sa.update(alerts).where(alerts.c.settled_at.is_(None), sa.or_(*done)).values(settled_at=clock.now())
    return int(conn.execute(ended).rowcount)


def ringing(conn: Connection) -> int:
    """How many urgent alarms ring now."""
    query = sa.select(sa.func.count()).select_from(alerts)
    return int(conn.execute(query.where(alerts.c.kind == URGENT, alerts.c.settled_at.is_(None))).scalar_one())


def _raise(conn: Connection, case_id: int, kind: str, first: int) -> None:
    """Begin an alarm, or begin it again if it was settled; one that rings goes on."""
    values = {"step": 0, "rings": 0, "raised_at": clock.now(), "next_at": first, "settled_at": None, "rung_at": None}
    if insert_once(conn, alerts, {"case_id": case_id, "kind": kind, **values}, ("case_id", "kind")) is None:
        mine = sa.and_(alerts.c.case_id == case_id, alerts.c.kind == kind, alerts.c.settled_at.is_not(None))
        conn.execute(sa.update(alerts).where(mine).values(**values))


def _ring_urgent(conn: Connection, row: sa.engine.Row) -> int:
    on = shifts.on_shift(conn)
    readers = sum(row.language in one.languages for one in on)
    step = row.step
    if step == 0 and not readers:
        step = 1
    if step <= 1 and not on:
        step = len(LADDER) - 1
        # The coordinator hears it too: an empty desk is theirs to know of.
        _tell(conn, row, "urgent_wide", "coordinator", readers, len(on))
    chosen = LADDER[min(step, len(LADDER) - 1)]
    _tell(conn, row, chosen.kind, chosen.audience, readers, len(on))
    _rung(conn, row, step + 1, chosen.seconds)
    return 1


def _tell(conn: Connection, row: sa.engine.Row, kind: str, audience: str, readers: int, on_shift: int) -> None:
    notices.put(
        conn, kind, audience, f"{row.kind}:{row.id}:{row.raised_at}:{row.rings}:{audience}",
        language=row.language, seconds=clock.now() - row.raised_at, readers=readers, on_shift=on_shift,
        rings=row.rings + 1, path=f"/cases/{row.case_id}",
    )  # fmt: skip


def _ring_sensitive(conn: Connection, row: sa.engine.Row) -> int:
    audience = "coordinator" if row.rings else "team"
    notices.put(
        conn, "sensitive", audience, f"sensitive:{row.id}:{row.raised_at}:{row.rings}",
        language=row.language, seconds=clock.now() - row.raised_at, rings=row.rings + 1, path=f"/cases/{row.case_id}",
    )  # fmt: skip
    _rung(conn, row, row.step + 1, ACKNOWLEDGE_SECONDS)
    return 1


def _ring_waiting(conn: Connection, row: sa.engine.Row) -> int:
    """Warn before the target is missed, then tell the coordinator; the clock stands still while the desk is closed."""
    at = clock.now()
    since = row.waiting_since or row.opened_at
    if not shifts.is_open(conn) and (begins := shifts.next_slot(conn)) is not None:
        values = {"next_at": begins.begins + WARN_SECONDS, "raised_at": begins.begins}
        conn.execute(sa.update(alerts).where(alerts.c.id == row.id).values(**values))
        return 0
    kind, audience = ("late", "team") if row.step == 0 else ("overdue", "coordinator")
    if row.step <= 1:
        window = at // NEW_CASE_SECONDS
        notices.put(
            conn, kind, audience, f"{kind}:{row.language}:{window}",
            language=row.language, seconds=at - since, waiting=_waiting(conn), path="/cases",
        )  # fmt: skip
    _rung(conn, row, row.step + 1, TARGET_SECONDS // 5 if row.step == 0 else 4 * TARGET_SECONDS)
    return 1


_RING = {URGENT: _ring_urgent, SENSITIVE: _ring_sensitive, WAITING: _ring_waiting}


def _rung(conn: Connection, row: sa.engine.Row, step: int, again: int) -> None:
    at = clock.now()
    values = {"step": min(step, 9), "rings": row.rings + 1, "rung_at": row.rung_at or at, "next_at": at + again}
    conn.execute(sa.update(alerts).where(alerts.c.id == row.id).values(**values))


def _waiting(conn: Connection) -> int:
    query = sa.select(sa.func.count()).select_from(cases).where(cases.c.state == "waiting")
    return int(conn.execute(query).scalar_one())
