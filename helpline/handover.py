"""The end of a shift: every open case is parked, given back or handed to a colleague, with one line for who is next.

Nothing is left silently: a shift that ran out while nobody was there gives its cases back by the timed job.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import cases, clock, holding, presence, replies, shifts
from helpline.db.schema import accounts, contacts, handovers, shift_log
from helpline.db.schema import cases as table
from helpline.db.vault import Vault
from helpline.errors import InputError, Refused
from helpline.shifts import log, roster

CHOICES = ("released", "parked", "handed")
LINE_LENGTH = 500
NOTE_LENGTH = 4000
GRACE_SECONDS = 15 * 60
"""How long after its hours a shift may run on while its person gives no sign of life."""
SHOWN_SECONDS = 3 * 24 * 3600


@dataclass(frozen=True)
class Left:
    """How somebody leaves one case."""

    choice: str
    line: str
    to: int | None = None
    hours: int | None = None
    """For parked: until when it rests."""


@dataclass(frozen=True)
class Handover:
    """How a case was left, as the next shift reads it."""

    case_id: int
    alias: str
    state: str
    choice: str
    line: str
    to: str | None


@dataclass(frozen=True)
class Ended:
    """A shift that ended, with its note and the lines of its cases."""

    id: int
    name: str
    began_at: int
    ended_at: int
    by_time: bool
    note: str
    lines: tuple[Handover, ...]


def held(conn: Connection, account_id: int) -> list[cases.Case]:
    """The cases somebody must leave well, urgent ones first."""
    where = (table.c.account_id == account_id, table.c.state.in_(("active", "parked")))
    return cases.select(conn, *where, order=(table.c.urgent.desc(), table.c.opened_at, table.c.id))


def end(conn: Connection, vault: Vault, account_id: int, left: Mapping[int, Left], note: str = "") -> list[int]:
    """End somebody's shift; the cases that went to the queue because the colleague named is not here.

    All or nothing. Raises InputError while a case has no choice or no line, Refused while one cannot be parked.
    """
    shift = log.of(conn, account_id)
    if shift is None:
        raise Refused("error.shift_none")
    queued = []
    for case in held(conn, account_id):
        chosen = left.get(case.id)
        if chosen is None or chosen.choice not in CHOICES or not chosen.line.strip():
            raise InputError("error.handover_line")
        choice, to = _leave(conn, vault, case, account_id, chosen)
        if chosen.choice == "handed" and choice == "released":
            queued.append(case.id)
        _write(conn, vault, shift.shift_id, case.id, choice, to, chosen.line)
    _close(conn, shift.shift_id, "self", vault.seal(note.strip()[:NOTE_LENGTH]) if note.strip() else None)
    return queued


def _leave(conn: Connection, vault: Vault, case: cases.Case, account_id: int, chosen: Left) -> tuple[str, int | None]:
    line = chosen.line.strip()[:LINE_LENGTH]
    if chosen.choice == "parked":
        replies.note(conn, vault, case.id, account_id, line)
        if case.state == "active":
            holding.park(conn, case.id, account_id, clock.now() + (chosen.hours or 0) * 3600)
        return "parked", None
    if chosen.choice == "handed" and chosen.to is None:
        raise InputError("error.handover_to")
    to = chosen.to if chosen.choice == "handed" else None
    handed = holding.transfer(conn, vault, case.id, account_id, to, line)
    return ("handed", to) if handed else ("released", None)


def finish(conn: Connection, vault: Vault) -> int:
    """The timed job: end the shifts that ran out while their people are away; how many ended.

    Their cases go back to the queue and keep their place; parked ones rest on, and wake to the queue.
    """
    at, ended = clock.now(), 0
    for one in log.on_shift(conn):
        if one.until + GRACE_SECONDS > at or presence.is_here(conn, one.account_id):
            continue
        for case in held(conn, one.account_id):
            if case.state != "active":
                continue
            try:
                cases.release(conn, case.id, one.account_id)
            except Refused:
                continue
            _write(conn, vault, one.shift_id, case.id, "left", None, "")
        _close(conn, one.shift_id, "time", None)
        ended += 1
    return ended


def tend(conn: Connection, vault: Vault) -> int:
    """The timed job of shifts: begin those that nobody said began, end those nobody ended."""
    roster.forget_past(conn)
    return log.begin_planned(conn) + finish(conn, vault)


def ended(conn: Connection, vault: Vault, *, seconds: int = SHOWN_SECONDS) -> list[Ended]:
    """The shifts that ended lately, newest first: what the next one opens on."""
    query = (
        sa.select(shift_log, accounts.c.name)
        .join(accounts, accounts.c.id == shift_log.c.account_id)
        .where(shift_log.c.ended_at >= clock.now() - seconds)
        .order_by(shift_log.c.ended_at.desc(), shift_log.c.id.desc())
        .limit(60)
    )
    rows = conn.execute(query).all()
    lines = _lines(conn, vault, [row.id for row in rows])
    return [
        Ended(
            row.id, row.name, row.began_at, row.ended_at, row.ended_by == "time",
            str(vault.open(row.note_sealed)) if row.note_sealed else "", tuple(lines.get(row.id, ())),
        )
        for row in rows
    ]  # fmt: skip


def _lines(conn: Connection, vault: Vault, shift_ids: list[int]) -> dict[int, list[Handover]]:
    to = accounts.alias()
    query = (
        sa.select(handovers, contacts.c.alias, table.c.state, to.c.name.label("to_name"))
        .join(table, table.c.id == handovers.c.case_id)
        .join(contacts, contacts.c.id == table.c.contact_id)
        .outerjoin(to, to.c.id == handovers.c.to_account_id)
        .where(handovers.c.shift_id.in_(shift_ids))
        .order_by(handovers.c.id)
    )
    found: dict[int, list[Handover]] = {}
    for row in conn.execute(query):
        line = Handover(row.case_id, row.alias, row.state, row.choice, str(vault.open(row.line_sealed)), row.to_name)
        found.setdefault(row.shift_id, []).append(line)
    return found


def _write(conn: Connection, vault: Vault, shift_id: int, case_id: int, choice: str, to: int | None, line: str) -> None:
    sealed = vault.seal(line.strip()[:LINE_LENGTH])
    values = {"shift_id": shift_id, "case_id": case_id, "choice": choice, "to_account_id": to, "line_sealed": sealed}
    conn.execute(sa.insert(handovers).values(**values, at=clock.now()))


def _close(conn: Connection, shift_id: int, by: str, note: str | None) -> None:
    running = sa.and_(shift_log.c.id == shift_id, shift_log.c.ended_at.is_(None))
    values = {"ended_at": clock.now(), "ended_by": by, "note_sealed": note}
    if not conn.execute(sa.update(shift_log).where(running).values(**values)).rowcount:
        raise Refused("error.shift_none")


def here(conn: Connection) -> list[shifts.On]:
    """Colleagues on shift who can take a case now."""
    return [one for one in shifts.on_shift(conn) if one.here]
