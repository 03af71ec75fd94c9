"""The roster laid over real days: who is there at a moment, who comes next, since when nobody is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from helpline import accounts, clock
from helpline.shifts import roster

AHEAD_SECONDS = 14 * 24 * 3600
"""What is further away is no promise."""


@dataclass(frozen=True)
class Slot:
    """One person's hours on one day."""

    account_id: int
    name: str
    begins: int
    ends: int
    languages: tuple[str, ...]

    def covers(self, at: int) -> bool:
        """Whether they are there at a moment."""
        return self.begins <= at < self.ends


def slots(conn: Connection, begins: int, ends: int, account_id: int | None = None) -> list[Slot]:
    """Everybody's hours that touch the time between, first ones first. Hours off are taken out."""
    lines = roster.entries(conn, account_id)
    if not lines:
        return []
    reads = {one.id: one.reads for one in accounts.listed(conn)}
    there: list[Slot] = []
    away: list[Slot] = []
    first, last = clock.local(begins).date() - dt.timedelta(days=1), clock.local(ends).date()
    for number in range((last - first).days + 1):
        date = first + dt.timedelta(days=number)
        for line in lines:
            if line.day == date.isoformat() or line.weekday == date.weekday():
                spoken = tuple(code for code in line.languages.split(",") if code) or reads.get(line.account_id, ())
                slot = Slot(line.account_id, line.name, moment(date, line.starts), moment(date, line.ends), spoken)
                (there if line.works else away).append(slot)
    for off in away:
        there = [piece for slot in there for piece in _without(slot, off)]
    return sorted((slot for slot in there if slot.ends > begins and slot.begins < ends), key=_order)


def moment(date: dt.date, minutes: int) -> int:
    """The moment so many minutes into a day by the wall clock; more than 1440 is the next day."""
    date += dt.timedelta(days=minutes // roster.DAY_MINUTES)
    hour, minute = divmod(minutes % roster.DAY_MINUTES, 60)
    return int(dt.datetime.combine(date, dt.time(hour, minute), tzinfo=clock.ZONE).timestamp())


def _without(slot: Slot, off: Slot) -> Iterable[Slot]:
    if slot.account_id != off.account_id or off.ends <= slot.begins or off.begins >= slot.ends:
        yield slot
        return
    if off.begins > slot.begins:
        yield replace(slot, ends=off.begins)
    if off.ends < slot.ends:
        yield replace(slot, begins=off.ends)


def _order(slot: Slot) -> tuple[int, int, str]:
    return slot.begins, slot.ends, slot.name


def is_open(conn: Connection, at: int | None = None) -> bool:
    """Whether the roster has anybody at the desk at a moment."""
    at = clock.now() if at is None else at
    return any(slot.covers(at) for slot in slots(conn, at, at + 1))


def next_slot(conn: Connection, language: str | None = None, *, after: int | None = None) -> Slot | None:
    """The first hours to come of anybody, or of somebody who reads a language."""
    at = clock.now() if after is None else after
    found = (slot for slot in slots(conn, at, at + AHEAD_SECONDS) if slot.begins > at)
    return next((slot for slot in found if language is None or language in slot.languages), None)


def closed_since(conn: Connection, at: int) -> int:
    """When the last person left, for a moment at which nobody is there; two weeks back at most."""
    since = at - AHEAD_SECONDS
    return max((slot.ends for slot in slots(conn, since, at) if slot.ends <= at), default=since)
