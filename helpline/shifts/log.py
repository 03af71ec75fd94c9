"""Who began a shift and has not ended it. The roster says who should come; this says who came."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import accounts, clock, presence
from helpline.db.schema import accounts as people
from helpline.db.schema import shift_log
from helpline.shifts import hours

UNPLANNED_SECONDS = 4 * 3600
"""How long somebody stays who is not on the roster and does not say."""
LONGEST_SECONDS = 16 * 3600


@dataclass(frozen=True)
class On:
    """Somebody on shift."""

    shift_id: int
    account_id: int
    name: str
    role: str
    languages: tuple[str, ...]
    began_at: int
    until: int
    here: bool
    """Gave a sign of life in the last ten minutes."""


def begin(conn: Connection, account_id: int, until: int | None = None) -> int:
    """Begin a shift, or find the one that runs; its id. Without an end it ends with the roster's hours."""
    at = clock.now()
    slot = next((one for one in hours.slots(conn, at, at + 1800, account_id)), None)
    planned = until or (slot.ends if slot else at + UNPLANNED_SECONDS)
    running = sa.select(shift_log.c.id).where(shift_log.c.account_id == account_id, shift_log.c.ended_at.is_(None))
    found = conn.execute(running).scalar()
    if found is not None:
        return int(found)
    values = {"account_id": account_id, "began_at": at, "until": min(max(planned, at + 60), at + LONGEST_SECONDS)}
    try:
        with conn.begin_nested():
            return int(conn.execute(sa.insert(shift_log).values(**values)).inserted_primary_key[0])
    except sa.exc.IntegrityError:
        return int(conn.execute(running).scalar_one())


def on_shift(conn: Connection) -> list[On]:
    """Everybody on shift, by name."""
    query = (
        sa.select(shift_log, people.c.name, people.c.role, people.c.languages)
        .join(people, people.c.id == shift_log.c.account_id)
        .where(shift_log.c.ended_at.is_(None), people.c.active)
        .order_by(sa.func.lower(people.c.name), people.c.id)
    )
    rows = conn.execute(query).all()
    here = {row.account_id for row in conn.execute(presence.here())}
    at = clock.now()
    planned = {slot.account_id: slot.languages for slot in hours.slots(conn, at, at + 1)} if rows else {}
    found = []
    for row in rows:
        own = tuple(code for code in row.languages.split(",") if code)
        spoken = planned.get(row.account_id, own)
        found.append(
            On(
                row.id,
                row.account_id,
                row.name,
                row.role,
                spoken,
                row.began_at,
                row.until,
                row.account_id in here,
            )
        )
    return found


def of(conn: Connection, account_id: int) -> On | None:
    """The shift somebody is in."""
    return next((one for one in on_shift(conn) if one.account_id == account_id), None)


def begin_planned(conn: Connection) -> int:
    """Begin the shift of everybody who is on the roster now and here, and forgot to say so; how many."""
    at, begun = clock.now(), 0
    running = {one.account_id for one in on_shift(conn)}
    for slot in hours.slots(conn, at, at + 1):
        if slot.account_id in running or not presence.is_here(conn, slot.account_id):
            continue
        ended = sa.select(shift_log.c.id).where(
            shift_log.c.account_id == slot.account_id, shift_log.c.ended_at >= slot.begins, shift_log.c.ended_at <= at
        )
        if conn.execute(ended.limit(1)).first() is None:
            begin(conn, slot.account_id, slot.ends)
            begun += 1
    return begun


def may_work(account: accounts.Account) -> bool:
    """Whether somebody can have shifts: they answer contacts."""
    return account.active and account.role in accounts.CASEWORKERS
