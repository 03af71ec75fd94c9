"""What the day begins with: counts of what waits, who is on the roster, and languages nobody there reads."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, colleagues, notices, problems, shifts, translating
from helpline.db.schema import asks, cases
from helpline.settings import Settings

DAY_SECONDS = 24 * 3600
ASKED_SECONDS = 7 * DAY_SECONDS
"""A language somebody wrote in within this time is one that somebody should read today."""


def write_due(conn: Connection, settings: Settings) -> bool:
    """Write the morning's notices once a day, at the hour of the setting or when the worker is next there."""
    hour, local = settings.notice_summary_hour, clock.local(clock.now())
    if hour < 0 or local.hour < hour:
        return False
    day = local.date().isoformat()
    today = _today(conn)
    written = notices.put(conn, "summary", "team", f"summary:{day}", path="/cases", **today)
    if written:
        unread = gaps(conn)
        if unread:
            codes = ",".join(unread[:12])
            notices.put(conn, "gap", "coordinator", f"gap:{day}", language=codes, path="/roster")
    return written


def gaps(conn: Connection) -> list[str]:
    """Languages people wrote in lately and nobody on today's roster reads; none without a roster."""
    begins, ends = _day()
    there = {code for slot in shifts.slots(conn, begins, ends) for code in slot.languages}
    if not shifts.entries(conn):
        return []
    query = sa.select(cases.c.language).where(
        cases.c.opened_at >= clock.now() - ASKED_SECONDS, cases.c.language.is_not(None)
    )
    wrote = {row.language for row in conn.execute(query.distinct())}
    return sorted(wrote - there - {"und"})


def _today(conn: Connection) -> dict[str, int | str | None]:
    begins, ends = _day()
    slots = shifts.slots(conn, begins, ends)
    since = clock.now() - DAY_SECONDS
    by_state = dict(
        conn.execute(
            sa.select(cases.c.state, sa.func.count()).where(cases.c.state != "closed").group_by(cases.c.state)
        ).all()
    )
    urgent = _count(conn, sa.and_(cases.c.urgent, cases.c.state == "waiting"))
    oldest = conn.execute(sa.select(sa.func.min(cases.c.waiting_since)).where(cases.c.state != "closed")).scalar()
    spoken = sorted({code for slot in slots for code in slot.languages})
    return {
        "waiting": by_state.get("waiting", 0),
        "urgent": urgent,
        "active": by_state.get("active", 0),
        "parked": by_state.get("parked", 0),
        "since": clock.now() - oldest if oldest else None,
        "opened": _count(conn, cases.c.opened_at >= since),
        "closed": _count(conn, cases.c.closed_at >= since),
        "people": len({slot.account_id for slot in slots}),
        "languages": ",".join(spoken[:20]) or None,
        "asks": conn.execute(
            sa.select(sa.func.count()).select_from(asks).where(asks.c.state == colleagues.OPEN)
        ).scalar_one(),
        "translations": translating.waiting_count(conn),
        "problems": problems.count(conn),
    }


def _day() -> tuple[int, int]:
    today = clock.today()
    return shifts.hours.moment(today, 0), shifts.hours.moment(today, 24 * 60)


def _count(conn: Connection, where: sa.sql.ColumnElement[bool]) -> int:
    return int(conn.execute(sa.select(sa.func.count()).select_from(cases).where(where)).scalar_one())
