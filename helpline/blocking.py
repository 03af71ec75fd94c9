"""Blocking somebody for a while: what they write is kept and not answered. The safety net hears them all the same."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import cases, clock, contacts, looks, outbox
from helpline.db.schema import contacts as people
from helpline.db.vault import Vault
from helpline.errors import InputError

REASONS = ("abuse", "spam", "other")
HOURS = (1, 24, 168)
"""Never for ever: abuse happens, and so do mistakes."""


def block(
    conn: Connection, vault: Vault, case_id: int, account_id: int, why: str, hours: int | None, reason: str
) -> None:
    """Block the contact of a case. What waits to go to them is held back; their case stays as it is."""
    if why not in REASONS or hours not in HOURS:
        raise InputError("error.form")
    contact_id = cases.get(conn, case_id).contact_id
    contacts.get(conn, contact_id, lock=True)
    looks.record(conn, vault, "blocked", account_id, case_id, looks.needed(reason))
    values = {"blocked_until": clock.now() + hours * 3600, "blocked_why": why}
    conn.execute(sa.update(people).where(people.c.id == contact_id).values(**values))
    outbox.silence(conn, contact_id)
    cases.record(conn, case_id, "blocked", account_id, why=why, hours=hours)


def unblock(conn: Connection, vault: Vault, case_id: int, account_id: int) -> bool:
    """End a block before its time; False when there was none."""
    contact_id = cases.get(conn, case_id).contact_id
    blocked = sa.and_(people.c.id == contact_id, people.c.blocked_until > clock.now())
    values = {"blocked_until": None, "blocked_why": None}
    if not conn.execute(sa.update(people).where(blocked).values(**values)).rowcount:
        return False
    looks.record(conn, vault, "unblocked", account_id, case_id)
    cases.record(conn, case_id, "unblocked", account_id)
    return True


def until(conn: Connection, contact_id: str) -> int | None:
    """When the block of a contact ends, or None when there is none."""
    end: int | None = conn.execute(
        sa.select(people.c.blocked_until).where(people.c.id == contact_id, people.c.blocked_until > clock.now())
    ).scalar()
    return end


def expire(conn: Connection) -> int:
    """Forget the reasons of blocks that are over; how many."""
    over = people.c.blocked_until <= clock.now()
    return int(conn.execute(sa.update(people).where(over).values(blocked_until=None, blocked_why=None)).rowcount)
