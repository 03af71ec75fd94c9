"""Everything that is kept about one person, for that person: as data, and as a page anybody can read."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, contacts, inbox, outbox
from helpline.db import schema
from helpline.db.vault import Vault
from helpline.errors import InputError

_NOT_THEIRS = frozenset({"lookup", "once_key", "in_reply_to", "lease_until", "attempts", "rank", "next_attempt_at"})
"""How the service works inside; it says nothing about the person."""


def find(conn: Connection, vault: Vault, asked: str) -> str:
    """The contact somebody means by id, case number or phone number. Raises InputError when there is none."""
    asked = asked.strip()
    if len(asked) == 32 and contacts.exists(conn, asked):
        return asked
    if asked.isdecimal() and len(asked) < 9:
        query = sa.select(schema.cases.c.contact_id).where(schema.cases.c.id == int(asked))
        known = conn.execute(query).scalar()
        if known:
            return str(known)
    digits = "".join(c for c in asked if c.isdecimal())
    for number in dict.fromkeys(
        (digits, digits.removeprefix("00"), f"31{digits[1:]}" if digits[:1] == "0" else digits)
    ):
        identities = schema.contact_identities
        keys = [*vault.lookups("phone", number), *vault.lookups("bsuid", asked)]
        query = sa.select(identities.c.contact_id).where(identities.c.lookup.in_(keys))
        known = conn.execute(query.limit(1)).scalar() if asked else None
        if known:
            return str(known)
    raise InputError("error.nobody_known")


def gather(conn: Connection, vault: Vault, contact_id: str) -> dict[str, Any]:
    """All rows that lead to a contact, opened, by table; also of tables that are added later."""
    contacts.get(conn, contact_id)
    found: dict[str, list[dict[str, Any]]] = {}
    ids: dict[str, list[Any]] = {"contacts": [contact_id]}
    for table in schema.metadata.sorted_tables:  # parents come before children
        where = _leads_to(table, ids, contact_id)
        if where is None:
            continue
        rows = conn.execute(sa.select(table).where(where).order_by(*table.primary_key)).all()
        if len(list(table.primary_key)) == 1:
            ids[table.name] = [row._mapping[next(iter(table.primary_key)).name] for row in rows]
        shown = [_shown(vault, table, row._mapping) for row in rows]
        if shown:
            found[table.name] = shown
    return {"contact": contact_id, "made_at": clock.local(clock.now()).isoformat(), "tables": found}


def as_json(gathered: dict[str, Any]) -> str:
    """The data, indented."""
    return json.dumps(gathered, ensure_ascii=False, indent=2, default=str)


@dataclasses.dataclass(frozen=True)
class Line:
    """One message, as its reader sees it."""

    at: int
    by_contact: bool
    text: str
    files: tuple[str, ...] = ()


def talk(conn: Connection, vault: Vault, contact_id: str) -> list[Line]:
    """The conversation, in order: what they wrote and what they were sent."""
    lines = []
    received, sent = schema.inbox, schema.outbox
    for row in conn.execute(sa.select(received).where(received.c.contact_id == contact_id)):
        message = inbox.unpack(vault.open(row.body_sealed))
        lines.append(Line(row.received_at, True, message.text or "", tuple(media.kind for media in message.media)))
    went = sent.c.state.not_in(("suppressed", "held"))
    for row in conn.execute(sa.select(sent).where(sent.c.contact_id == contact_id, went)):
        lines.append(Line(row.created_at, False, outbox.unpack(vault.open(row.body_sealed)).text))
    return sorted(lines, key=lambda line: line.at)


def _leads_to(table: sa.Table, ids: dict[str, list[Any]], contact_id: str) -> sa.sql.ColumnElement[bool] | None:
    if table.name == "contacts":
        return table.c.id == contact_id
    if "contact_id" in table.c:
        return table.c.contact_id == contact_id
    for key in table.foreign_keys:
        parent = key.column.table.name
        if parent in ids and parent != "accounts":
            return key.parent.in_(ids[parent])
    return None


def _shown(vault: Vault, table: sa.Table, row: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for column in table.columns:
        value = row[column.name]
        if value is None or column.name in _NOT_THEIRS:
            continue
        if column.name.endswith("_sealed"):
            shown[column.name.removesuffix("_sealed")] = vault.open(value) if value else None
        elif column.name.endswith("_at") or column.name == "at":
            shown[column.name] = clock.local(value).isoformat() if isinstance(value, int) and value else value
        elif column.name not in ("account_id", "helper_id", "owner_id"):
            shown[column.name] = value
    return shown
