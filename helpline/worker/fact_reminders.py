"""Tells coordinators which facts of the answers grow old: 14 and 3 days before, the day after, then once a week."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.engine import Connection

from helpline import clock, notices
from helpline.content import fact_sheets
from helpline.content.facts import NOW_DAYS, SOON_DAYS, day
from helpline.service import Service

_DAYS = (SOON_DAYS, NOW_DAYS, -1)


def remind(service: Service) -> bool:
    """Write the notice that is due today, once; whether one was."""
    with service.engine.begin() as conn:
        return tell(conn)


def tell(conn: Connection) -> bool:
    """The same in the caller's transaction."""
    today = clock.today()
    due = fact_sheets.due(conn)
    old = sum(fact.expired(today) for fact in due)
    moments = {left for fact in due if (left := _left(fact.review_by, today)) in _DAYS}
    year, week, _ = today.isocalendar()
    key = f"facts:{today.isoformat()}" if moments else f"facts:{year}-{week}" if old else ""
    if not key:
        return False
    return notices.put(
        conn, "facts", "coordinator", key, facts_old=old, facts_soon=len(due) - old, path="/content/facts"
    )


def _left(until: str | None, today: dt.date) -> int | None:
    date = day(until)
    return None if date is None else (date - today).days
