"""Two switches people may need in a hurry: silence the assistant and leave the people; stop deletion for a while.

Their state is in the database, so every process obeys at its next message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, looks
from helpline.db.schema import accounts, switches
from helpline.db.vault import Vault
from helpline.errors import InputError

ASSISTANT, DELETION = "assistant", "deletion"
NAMES = (ASSISTANT, DELETION)
LONGEST = {ASSISTANT: None, DELETION: 14 * 24 * 3600}
"""Deletion comes back by itself: what was promised to contacts may be late, not forgotten."""


@dataclass(frozen=True)
class Switch:
    """Something that is off now."""

    name: str
    since: int
    until: int | None
    by: str | None


def is_on(conn: Connection, name: str) -> bool:
    """Whether the assistant speaks, or deletion runs."""
    return not _off(conn, name)


def off(conn: Connection) -> list[Switch]:
    """What is switched off now, and by whom."""
    query = sa.select(switches, accounts.c.name.label("by")).select_from(
        switches.outerjoin(accounts, accounts.c.id == switches.c.account_id)
    )
    rows = conn.execute(query.where(_is_off(clock.now())).order_by(switches.c.name))
    return [Switch(row.name, row.off_since, row.off_until, row.by) for row in rows]


def turn_off(
    conn: Connection, vault: Vault, name: str, account_id: int | None, reason: str, seconds: int | None = None
) -> None:
    """Switch something off, with a reason, for so many seconds or (the assistant only) until somebody turns it on."""
    if name not in NAMES:
        raise InputError(f"{name!r} is not a switch; choose one of {', '.join(NAMES)}.")
    longest = LONGEST[name]
    if seconds is not None and seconds <= 0:
        raise InputError("error.how_long")
    if longest is not None:
        seconds = min(seconds or longest, longest)
    values = {
        "off_since": clock.now(),
        "off_until": clock.now() + seconds if seconds else None,
        "account_id": account_id,
    }
    looks.record(conn, vault, f"{name}_off", account_id, None, looks.needed(reason))
    if conn.execute(sa.update(switches).where(switches.c.name == name).values(**values)).rowcount == 0:
        _insert(conn, name, values)


def turn_on(conn: Connection, vault: Vault, name: str, account_id: int | None) -> None:
    """Switch something on again."""
    if _off(conn, name):
        looks.record(conn, vault, f"{name}_on", account_id)
        conn.execute(sa.update(switches).where(switches.c.name == name).values(off_since=None, off_until=None))


def _insert(conn: Connection, name: str, values: dict[str, int | None]) -> None:
    try:
        with conn.begin_nested():
            conn.execute(sa.insert(switches).values(name=name, **values))
    except sa.exc.IntegrityError:  # a colleague switched it in this moment
        conn.execute(sa.update(switches).where(switches.c.name == name).values(**values))


def _is_off(at: Any) -> sa.sql.ColumnElement[bool]:
    later = sa.or_(switches.c.off_until.is_(None), switches.c.off_until > at)
    return sa.and_(switches.c.off_since.is_not(None), later)


_OFF = sa.select(switches.c.name).where(switches.c.name == sa.bindparam("switch"), _is_off(sa.bindparam("at")))
"""Asked for every message, so made once."""


def _off(conn: Connection, name: str) -> bool:
    return conn.execute(_OFF, {"switch": name, "at": clock.now()}).first() is not None
