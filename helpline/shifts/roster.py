"""The roster: a pattern that returns every week, and single dates that add to it or take from it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import accounts, clock
from helpline.db.schema import accounts as people
from helpline.db.schema import roster
from helpline.errors import InputError

DAY_MINUTES = 24 * 60
LONGEST_MINUTES = 16 * 60
"""A longer shift is a typing mistake."""
MOST_ENTRIES = 2000
PAST_DAYS = 28
"""As long as the wait of the last two weeks can be reckoned, and a little more."""


@dataclass(frozen=True)
class Entry:
    """One line of the roster."""

    id: int
    account_id: int
    name: str
    weekday: int | None
    """Monday 0; None for a single date."""
    day: str | None
    starts: int
    """Minutes after midnight."""
    ends: int
    """More than 1440 is the next day."""
    languages: str
    works: bool
    """False takes these hours away."""

    @property
    def hours(self) -> str:
        """`22:00-06:00`."""
        return f"{clock_word(self.starts)}-{clock_word(self.ends)}"


def entries(conn: Connection, account_id: int | None = None) -> list[Entry]:
    """The roster of everybody who may sign in, by day and hour; or of one person."""
    columns = [roster.c[name] for name in Entry.__dataclass_fields__ if name in roster.c]
    where = [people.c.active, people.c.role.in_(accounts.CASEWORKERS)]
    if account_id is not None:
        where.append(roster.c.account_id == account_id)
    query = (
        sa.select(*columns, people.c.name)
        .join(people, people.c.id == roster.c.account_id)
        .where(*where)
        .order_by(roster.c.day, roster.c.weekday, roster.c.starts, people.c.name, roster.c.id)
    )
    return [Entry(**row._mapping) for row in conn.execute(query)]


def exists(conn: Connection) -> bool:
    """Whether anybody is on the roster; without one the service promises no hours."""
    query = sa.select(roster.c.id).join(people, people.c.id == roster.c.account_id)
    return conn.execute(query.where(roster.c.works, people.c.active).limit(1)).first() is not None


def add(
    conn: Connection,
    account_id: int,
    starts: int,
    ends: int,
    *,
    weekday: int | None = None,
    day: str | None = None,
    languages: str = "",
    works: bool = True,
) -> int:
    """Add a line; its id, or that of the same line if it is there. An end before the start is the next day's.

    Raises InputError naming what cannot be used.
    """
    if (weekday is None) == (day is None) or (weekday is not None and not 0 <= weekday <= 6):
        raise InputError("error.roster_day")
    if day is not None:
        day = plain_date(day)
    if not (0 <= starts < DAY_MINUTES and 0 <= ends <= 2 * DAY_MINUTES):
        raise InputError("error.roster_hours")
    ends += DAY_MINUTES if ends <= starts else 0
    if ends - starts > (DAY_MINUTES if not works else LONGEST_MINUTES):
        raise InputError("error.roster_long")
    account = accounts.get(conn, account_id)
    if account is None or account.role not in accounts.CASEWORKERS:
        raise InputError("error.roster_who")
    key = {"account_id": account_id, "weekday": weekday, "day": day, "starts": starts, "ends": ends, "works": works}
    same = sa.select(roster.c.id).where(*(roster.c[name].is_not_distinct_from(value) for name, value in key.items()))
    values = {"languages": accounts.plain_languages(languages)}
    found = conn.execute(same).scalar()
    if found is not None:
        conn.execute(sa.update(roster).where(roster.c.id == found).values(**values))
        return int(found)
    if conn.execute(sa.select(sa.func.count()).select_from(roster)).scalar_one() >= MOST_ENTRIES:
        raise InputError("error.roster_full")
    inserted = conn.execute(sa.insert(roster).values(**key, **values, created_at=clock.now()))
    return int(inserted.inserted_primary_key[0])


def remove(conn: Connection, entry_id: int) -> None:
    """Take a line away."""
    conn.execute(sa.delete(roster).where(roster.c.id == entry_id))


def clear(conn: Connection, account_ids: set[int]) -> None:
    """Take every line of these people away: a new table of theirs replaces the old one."""
    conn.execute(sa.delete(roster).where(roster.c.account_id.in_(account_ids)))


def forget_past(conn: Connection) -> int:
    """Take away single dates that are long over; how many."""
    before = (clock.today() - dt.timedelta(days=PAST_DAYS)).isoformat()
    return int(conn.execute(sa.delete(roster).where(roster.c.day < before)).rowcount)


def minutes(word: str) -> int:
    """Minutes after midnight from `9`, `9:30`, `09.30`, `9u30` or `9h`. Raises InputError."""
    hour, _, minute = word.strip().lower().translate(str.maketrans(".uh", ":::")).partition(":")
    minute = minute.rstrip(":") or "0"
    if not (hour.isascii() and hour.isdecimal() and minute.isascii() and minute.isdecimal()):
        raise InputError("error.roster_hours")
    if len(hour) > 2 or len(minute) > 2 or int(hour) > 24 or int(minute) > 59 or (int(hour) == 24 and int(minute)):
        raise InputError("error.roster_hours")
    return int(hour) * 60 + int(minute)


def plain_date(word: str) -> str:
    """A date as 2026-11-30, from that or from 30-11-2026. Raises InputError."""
    for form in ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(word.strip(), form).date().isoformat()
        except ValueError:
            continue
    raise InputError("error.roster_day")


def clock_word(at: int) -> str:
    """`09:30` for minutes after midnight."""
    return f"{at // 60 % 24:02}:{at % 60:02}"
