"""Who looks at what in the console: colleagues see each other, and a claim does not outlive a closed laptop."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.engine import insert_once
from helpline.db.schema import accounts, presence

VIEWING_SECONDS = 45
"""Without a sign of life for this long somebody is no longer shown."""
TYPING_SECONDS = 12
AWAY_SECONDS = 10 * 60
"""Without a sign of life for this long somebody is away: their unanswered cases go back to the queue."""
LIST = 0
"""The case id of who looks at a list."""


@dataclass(frozen=True)
class Colleague:
    """Somebody who has the same case on their screen."""

    account_id: int
    name: str
    typing: bool


def seen(conn: Connection, account_id: int, case_id: int = LIST, *, typing: bool = False) -> None:
    """Note a sign of life."""
    at = clock.now()
    values = {"seen_at": at, **({"typed_at": at} if typing else {})}
    here = sa.and_(presence.c.account_id == account_id, presence.c.case_id == case_id)
    if conn.execute(sa.update(presence).where(here).values(**values)).rowcount:
        return
    if case_id == LIST:  # the first list of a day tidies up after the day before
        conn.execute(sa.delete(presence).where(presence.c.seen_at < at - 24 * 3600))
    key = {"account_id": account_id, "case_id": case_id}
    insert_once(conn, presence, {"typed_at": 0, **values, **key}, tuple(key))  # another page of theirs may be faster


def is_fresh(conn: Connection, account_id: int, case_id: int, seconds: int = 20) -> bool:
    """Whether a sign of life on this page need not be written again yet."""
    mine = (presence.c.account_id == account_id, presence.c.case_id == case_id)
    query = sa.select(presence.c.case_id).where(*mine, presence.c.seen_at >= clock.now() - seconds)
    return conn.execute(query).first() is not None


def colleagues(conn: Connection, case_id: int, account_id: int) -> list[Colleague]:
    """Who else looks at the case now."""
    at = clock.now()
    query = (
        sa.select(presence.c.account_id, accounts.c.name, presence.c.typed_at)
        .join(accounts, accounts.c.id == presence.c.account_id)
        .where(presence.c.case_id == case_id, presence.c.account_id != account_id)
        .where(presence.c.seen_at >= at - VIEWING_SECONDS)
        .order_by(accounts.c.name)
    )
    return [Colleague(row.account_id, row.name, row.typed_at >= at - TYPING_SECONDS) for row in conn.execute(query)]


def here(seconds: int = AWAY_SECONDS) -> sa.sql.Select:
    """Ids of accounts with a sign of life in the last `seconds`, to be used in another query."""
    return sa.select(presence.c.account_id).where(presence.c.seen_at >= clock.now() - seconds)


def is_here(conn: Connection, account_id: int, seconds: int = AWAY_SECONDS) -> bool:
    """Whether somebody gave a sign of life lately."""
    return conn.execute(here(seconds).where(presence.c.account_id == account_id).limit(1)).first() is not None


def people_here(conn: Connection, seconds: int = AWAY_SECONDS) -> list[tuple[int, str]]:
    """Ids and names of caseworkers who are here, by name."""
    query = sa.select(accounts.c.id, accounts.c.name).where(
        accounts.c.id.in_(here(seconds)), accounts.c.active, accounts.c.role.in_(("agent", "coordinator"))
    )
    return [(row.id, row.name) for row in conn.execute(query.order_by(accounts.c.name))]
