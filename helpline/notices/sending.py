"""The worker's side of notices: hand each to its targets, send, try again later, give up after a day."""

from __future__ import annotations

import threading

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, logs
from helpline.db.engine import insert_once
from helpline.db.schema import notice_deliveries as deliveries
from helpline.db.schema import notices
from helpline.errors import HelplineError
from helpline.notices import Delivery, read, targets, wire
from helpline.service import Service
from helpline.settings import Settings

BACKOFF_SECONDS = (10, 30, 120, 600, 1800, 3600, 3 * 3600, 6 * 3600)
"""Waits between tries; after the last the notice is given up and shown as dead."""
LEASE_SECONDS = 60
AT_ONCE = 20
log = logs.get(__name__)
_busy = threading.Lock()


def send_beside(service: Service) -> None:
    """Send what is due in a thread of its own: an alarm waits neither for slow jobs nor for its own slow target."""
    if _busy.acquire(blocking=False):
        threading.Thread(target=_send_and_free, args=(service,), daemon=True, name="notices").start()


def _send_and_free(service: Service) -> None:
    try:
        send_due(service)
    except Exception:
        logs.failure(log, "notices_failed")
    finally:
        _busy.release()


def send_due(service: Service) -> int:
    """Send what is due now; how many were taken."""
    with service.engine.begin() as conn:
        spread(conn, service.settings)
        claimed = _claim(conn)
    known = {target.name: target for target in targets.read(service.settings)}
    taken = 0
    for delivery in claimed:
        try:
            target = known.get(delivery.target)
            if target is None:
                raise wire.NotSent("no_such_target", final=True)
            wire.send(service.settings, target, delivery.notice)
        except HelplineError as error:
            failure = error if isinstance(error, wire.NotSent) else wire.NotSent(type(error).__name__)
            with service.engine.begin() as conn:
                _failed(conn, delivery, failure)
            continue
        with service.engine.begin() as conn:
            _settle(conn, delivery.id, state="sent", sent_at=clock.now(), error=None)
        taken += 1
    return taken


def spread(conn: Connection, settings: Settings) -> int:
    """Give each new notice a delivery for each of its targets; how many notices there were."""
    rows = conn.execute(sa.select(notices).where(notices.c.state == "new").order_by(notices.c.id).limit(200)).all()
    known = targets.read(settings) if rows else []
    for row in rows:
        chosen = targets.of_audience(known, row.audience)
        state = "going" if chosen else "unsent"
        mine = sa.and_(notices.c.id == row.id, notices.c.state == "new")
        if not conn.execute(sa.update(notices).where(mine).values(state=state)).rowcount:
            continue
        for target in chosen:
            values = {"notice_id": row.id, "target": target.name, "next_attempt_at": clock.now(), "state": "queued"}
            insert_once(conn, deliveries, {**values, "attempts": 0}, ("notice_id", "target"))
    return len(rows)


def _claim(conn: Connection) -> list[Delivery]:
    at = clock.now()
    due = sa.and_(deliveries.c.state.in_(("queued", "sending")), deliveries.c.next_attempt_at <= at)
    query = (
        sa.select(deliveries, *(column.label(f"n_{column.name}") for column in notices.c))
        .join(notices, notices.c.id == deliveries.c.notice_id)
        .where(due)
        .order_by(deliveries.c.next_attempt_at, deliveries.c.id)
        .limit(AT_ONCE)
        .with_for_update(of=deliveries, skip_locked=True)
    )
    found = []
    for row in conn.execute(query).all():
        attempts = row.attempts + 1
        # A worker that dies in mid-send leaves it due again when the lease is over.
        values = {"state": "sending", "attempts": attempts, "next_attempt_at": at + LEASE_SECONDS}
        conn.execute(sa.update(deliveries).where(deliveries.c.id == row.id).values(**values))
        notice = read(_Row(row))
        found.append(Delivery(row.id, notice, row.target, "sending", attempts, at + LEASE_SECONDS, row.error, None))
    return found


class _Row:
    """The notice's columns of a joined row, by their own names."""

    def __init__(self, row: sa.engine.Row) -> None:
        self._row = row

    def __getattr__(self, name: str) -> object:
        return getattr(self._row, f"n_{name}")


def _failed(conn: Connection, delivery: Delivery, failure: wire.NotSent) -> None:
    over = failure.final or delivery.attempts > len(BACKOFF_SECONDS)
    if over:
        logs.event(log, "notice_dead", target=delivery.target, kind=delivery.notice.kind, error=failure.error)
        _settle(conn, delivery.id, state="dead", error=failure.error)
        return
    wait = max(BACKOFF_SECONDS[delivery.attempts - 1], min(failure.after, 3600))
    _settle(conn, delivery.id, state="queued", error=failure.error, next_attempt_at=clock.now() + wait)


def _settle(conn: Connection, delivery_id: int, **values: object) -> None:
    mine = sa.and_(deliveries.c.id == delivery_id, deliveries.c.state == "sending")
    conn.execute(sa.update(deliveries).where(mine).values(**values))
