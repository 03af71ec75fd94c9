"""Two contacts who are one person: a new phone, or a username instead of a number. Joined by a coordinator, undone
within a day.

A wrong merge shows one person to another, so nothing is merged by itself (contacts.identify) and the reason is logged.
"""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import cases, clock, contacts, looks
from helpline.db.schema import cases as case_table
from helpline.db.schema import contact_identities, inbox, merges, outbox
from helpline.db.schema import contacts as people
from helpline.db.vault import Vault
from helpline.errors import InputError, Refused

UNDO_SECONDS = 24 * 3600
_MOVED = {"inbox": inbox, "outbox": outbox, "cases": case_table}


def candidates(conn: Connection, alias: str, but: str, limit: int = 10) -> list[contacts.Contact]:
    """Contacts whose alias has these words, newest first."""
    words = [word for word in alias.split()[:4] if word]
    if not words:
        return []
    query = (
        sa.select(people.c.id)
        .where(contacts.alias_has(words), people.c.id != but)
        .order_by(people.c.last_inbound_at.desc())
    )
    return [contacts.get(conn, row.id) for row in conn.execute(query.limit(limit))]


def merge(conn: Connection, vault: Vault, case_id: int, other_id: str, account_id: int, reason: str) -> int:
    """Let another contact's messages and cases join the contact of a case; the merge's id.

    Of two phone numbers (or user ids) the one that wrote last is kept for answers; the other stays with the empty
    contact, because a number that somebody gave up may be a stranger's tomorrow. Raises Refused while both have an
    open case or something is on its way.
    """
    kept_id = cases.get(conn, case_id).contact_id
    if other_id == kept_id:
        raise InputError("error.merge_same")
    said = looks.needed(reason)
    for one in sorted((kept_id, other_id)):
        contacts.get(conn, one, lock=True)
    if cases.of_contact(conn, kept_id) is not None and cases.of_contact(conn, other_id) is not None:
        raise Refused("error.merge_two_open")
    if _busy(conn, kept_id) or _busy(conn, other_id):
        raise Refused("error.merge_busy")
    moved: dict[str, Any] = {name: _move(conn, table, other_id, kept_id) for name, table in _MOVED.items()}
    moved["identities"] = _exchange(conn, contacts.get(conn, kept_id), contacts.get(conn, other_id))
    _latest(conn, kept_id, other_id)
    for one in (kept_id, other_id):
        contacts.raise_epoch(conn, one)
    looks.record(conn, vault, "merged", account_id, case_id, said)
    cases.record(conn, case_id, "merged", account_id)
    values = {"kept_id": kept_id, "other_id": other_id, "account_id": account_id, "moved": json.dumps(moved)}
    return int(conn.execute(sa.insert(merges).values(**values, at=clock.now())).inserted_primary_key[0])


def split(conn: Connection, vault: Vault, case_id: int, account_id: int) -> None:
    """Undo the newest merge of a case's contact. Raises Refused after a day, or when it would leave two open cases."""
    kept_id = cases.get(conn, case_id).contact_id
    found = undoable(conn, kept_id)
    if found is None:
        raise Refused("error.merge_late")
    row = conn.execute(sa.select(merges).where(merges.c.id == found)).one()
    for one in sorted((row.kept_id, row.other_id)):
        contacts.get(conn, one, lock=True)
    if _busy(conn, row.kept_id) or _busy(conn, row.other_id):
        raise Refused("error.merge_busy")
    moved: dict[str, Any] = json.loads(row.moved)
    for name, table in _MOVED.items():
        back = sa.and_(table.c.id.in_(moved[name]), table.c.contact_id == row.kept_id)
        conn.execute(sa.update(table).where(back).values(contact_id=row.other_id))
    for identity_id, owner in moved["identities"]:
        mine = contact_identities.c.id == identity_id
        conn.execute(sa.update(contact_identities).where(mine).values(contact_id=owner))
    for one in (row.kept_id, row.other_id):
        contacts.raise_epoch(conn, one)
    conn.execute(sa.delete(merges).where(merges.c.id == found))
    looks.record(conn, vault, "split", account_id, case_id)
    cases.record(conn, case_id, "split", account_id)


def undoable(conn: Connection, contact_id: str) -> int | None:
    """The merge that can still be undone."""
    query = sa.select(merges.c.id).where(merges.c.kept_id == contact_id, merges.c.at > clock.now() - UNDO_SECONDS)
    found: int | None = conn.execute(query.order_by(merges.c.id.desc()).limit(1)).scalar()
    return found


def _busy(conn: Connection, contact_id: str) -> bool:
    unread = sa.select(inbox.c.id).where(inbox.c.contact_id == contact_id, inbox.c.state.in_(("waiting", "in_flight")))
    leaving = sa.select(outbox.c.id).where(outbox.c.contact_id == contact_id, outbox.c.state == "sending")
    return any(conn.execute(query.limit(1)).first() for query in (unread, leaving))


def _move(conn: Connection, table: sa.Table, from_id: str, to_id: str) -> list[int]:
    ids = [row.id for row in conn.execute(sa.select(table.c.id).where(table.c.contact_id == from_id))]
    conn.execute(sa.update(table).where(table.c.contact_id == from_id).values(contact_id=to_id))
    return ids


def _exchange(conn: Connection, kept: contacts.Contact, other: contacts.Contact) -> list[tuple[int, str]]:
    """Give the kept contact the identities to answer to; which rows changed hands, with their owner before."""
    held = {one.id: _identities(conn, one.id) for one in (kept, other)}
    newer = (other.last_inbound_at or 0) >= (kept.last_inbound_at or 0)
    moves: list[tuple[int, str, str]] = []
    for kind, row in held[other.id].items():
        mine = held[kept.id].get(kind)
        if mine is None or newer:
            moves.append((row, other.id, kept.id))
            if mine is not None:
                moves.append((mine, kept.id, other.id))
    for row, _, to in moves:
        conn.execute(sa.update(contact_identities).where(contact_identities.c.id == row).values(contact_id=to))
    return [(row, before) for row, before, _ in moves]


def _identities(conn: Connection, contact_id: str) -> dict[str, int]:
    query = sa.select(contact_identities.c.kind, contact_identities.c.id)
    rows = conn.execute(query.where(contact_identities.c.contact_id == contact_id).order_by(contact_identities.c.id))
    return {row.kind: row.id for row in rows}


def _latest(conn: Connection, kept_id: str, other_id: str) -> None:
    kept, other = contacts.get(conn, kept_id), contacts.get(conn, other_id)
    values = {
        "last_inbound_at": max(kept.last_inbound_at or 0, other.last_inbound_at or 0) or None,
        "language": kept.language or other.language,
    }
    conn.execute(sa.update(people).where(people.c.id == kept_id).values(**values))
