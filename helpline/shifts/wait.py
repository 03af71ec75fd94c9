"""How long somebody will wait, as honestly as the roster and the last two weeks can say.

A promise that is not kept hurts more than none: what cannot be known is not promised.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, presence
from helpline.db.schema import cases, shift_log
from helpline.shifts import hours, log, roster

RECENT_SECONDS = 14 * 24 * 3600
ENOUGH_CASES = 5
"""Fewer first replies than this say nothing about a language; then those of all languages are asked."""
MOST_CASES = 300
LATE_SECONDS = 15 * 60
"""Who should have come this long ago and gave no sign of life is not counted on."""
BANDS = (15 * 60, 30 * 60, 3600, 3 * 3600, 6 * 3600)
"""A wait is said in one of these; three of four people waited no longer."""


@dataclass(frozen=True)
class Expectation:
    """What a contact may be told."""

    kind: str
    """unknown: promise nothing. here: somebody who reads it is here. from: somebody who reads it comes.
    other: nobody who reads it is on the roster, somebody else comes or is here."""
    at: int = 0
    """For from and other: when they come; 0 for other when somebody is here now."""
    seconds: int = 0
    """For here: within which band most people got their first reply; 0 when too few did."""
    others_here: bool = False
    """For from: colleagues who do not read it are here and may answer earlier, with a translation."""


def expect(conn: Connection, language: str | None) -> Expectation:
    """What somebody who writes this language may be told now."""
    if not roster.exists(conn):
        return Expectation("unknown")
    at = clock.now()
    here = _languages_here(conn, at)
    if any(language in reads for reads in here):
        return Expectation("here", seconds=usual_wait(conn, language))
    found = hours.next_slot(conn, language)
    if found is not None:
        return Expectation("from", found.begins, others_here=bool(here))
    if here:
        return Expectation("other")
    anybody = hours.next_slot(conn)
    return Expectation("other", anybody.begins) if anybody else Expectation("unknown")


def somebody_here(conn: Connection) -> bool:
    """Whether anybody is at the desk now, by the shifts that began and the roster."""
    return bool(_languages_here(conn, clock.now()))


def _languages_here(conn: Connection, at: int) -> list[tuple[str, ...]]:
    found = {one.account_id: one.languages for one in log.on_shift(conn)}
    for slot in hours.slots(conn, at, at + 1):
        came = at - slot.begins < LATE_SECONDS or presence.is_here(conn, slot.account_id, LATE_SECONDS)
        if came and not _went_home(conn, slot):
            found.setdefault(slot.account_id, slot.languages)
    return list(found.values())


def _went_home(conn: Connection, slot: hours.Slot) -> bool:
    ended = sa.select(shift_log.c.id).where(
        shift_log.c.account_id == slot.account_id, shift_log.c.ended_at >= slot.begins
    )
    return conn.execute(ended.limit(1)).first() is not None


def usual_wait(conn: Connection, language: str | None) -> int:
    """The band within which three of four people got a first reply lately, in open hours; 0 when it is not known.

    Whoever waits longest now counts too: a bad day is said on the day.
    """
    since = clock.now() - RECENT_SECONDS
    query = (
        sa.select(cases.c.language, cases.c.opened_at, cases.c.first_reply_at)
        .where(cases.c.opened_at >= since, cases.c.first_reply_at.is_not(None))
        .order_by(cases.c.id.desc())
        .limit(MOST_CASES)
    )
    rows = conn.execute(query).all()
    open_hours = hours.slots(conn, since, clock.now())
    waits = [
        (row.language, row.first_reply_at - row.opened_at)
        for row in rows
        if any(slot.covers(row.opened_at) for slot in open_hours)
    ]
    own = sorted(seconds for spoken, seconds in waits if spoken == language)
    found = own if len(own) >= ENOUGH_CASES else sorted(seconds for _, seconds in waits)
    if len(found) < ENOUGH_CASES:
        return 0
    usual = max(found[-(-len(found) * 3 // 4) - 1], _longest(conn, language))
    return next((band for band in BANDS if usual <= band), BANDS[-1] + 1)


def _longest(conn: Connection, language: str | None) -> int:
    """How long the contact of this language waits who has waited longest today, while the desk was open."""
    query = sa.select(sa.func.min(cases.c.waiting_since)).where(
        cases.c.state == "waiting", cases.c.language == language, cases.c.first_reply_at.is_(None)
    )
    since = conn.execute(query).scalar()
    if since is None:
        return 0
    at = clock.now()
    opened = min((slot.begins for slot in hours.slots(conn, at, at + 1)), default=at)
    return max(0, at - max(int(since), opened))
