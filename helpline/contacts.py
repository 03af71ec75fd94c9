"""Who wrote: one random id per person, and the WhatsApp identities that lead to it.

Either of phone number and business-scoped user id (BSUID) may be absent, and both may change.
An identity is found by keyed hash and kept encrypted; only sending needs it in the clear.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.engine import insert_once
from helpline.db.schema import contact_identities, contacts
from helpline.db.vault import Vault
from helpline.errors import InputError
from helpline.messages import Identity, IdentityChange

IDLE_SECONDS = 30 * 60
TURNS_PER_STRETCH = 30
"""A stretch of assistant talk ends after this much silence or this many turns: then cost per message stays flat."""
MADE_UP, MADE_UP_ID = "Demo ", "NL.DEMO"
"""How aliases and user ids of the demo's made-up contacts begin; WhatsApp gives no such id to anybody."""


@dataclass(frozen=True)
class Contact:
    """A person as the service knows them: no number, no name."""

    id: str
    alias: str
    language: str | None
    language_chosen: bool
    epoch: int
    stretch: int
    last_inbound_at: int | None
    notice_at: int | None
    stopped_at: int | None
    blocked_until: int | None


# Statements of every message are made once: SQLAlchemy takes five times longer to build one than to run it.
_ROW = contacts.c.id == sa.bindparam("row")
_BY_ID = sa.select(*(contacts.c[name] for name in Contact.__dataclass_fields__)).where(_ROW)
_BY_ID_LOCKED = _BY_ID.with_for_update()
_UPDATE = sa.update(contacts).where(_ROW)
_AT = sa.bindparam("at")
_NEWEST = sa.case((contacts.c.last_inbound_at > _AT, contacts.c.last_inbound_at), else_=_AT)
_WROTE = _UPDATE.values(last_inbound_at=_NEWEST, stopped_at=None, erase_at=None)
_RAISE_EPOCH = _UPDATE.values(epoch=contacts.c.epoch + 1, stretch=contacts.c.stretch + 1, stretch_turns=0, stretch_at=0)
_STRETCH = sa.select(contacts.c.stretch, contacts.c.stretch_turns, contacts.c.stretch_at).where(_ROW)
_BY_LOOKUP = (
    sa.select(contact_identities.c.contact_id)
    .where(contact_identities.c.lookup.in_(sa.bindparam("lookups", expanding=True)))
    .limit(1)
)
_BY_ONE_LOOKUP = sa.select(contact_identities.c.contact_id).where(contact_identities.c.lookup == sa.bindparam("lookup"))
_IDENTITIES = (
    sa.select(contact_identities.c.kind, contact_identities.c.value_sealed)
    .where(contact_identities.c.contact_id == sa.bindparam("row"))
    .order_by(contact_identities.c.id)
)


def get(conn: Connection, contact_id: str, *, lock: bool = False) -> Contact:
    """The contact; `lock` holds the row until the transaction ends, so who speaks is decided once."""
    row = conn.execute(_BY_ID_LOCKED if lock else _BY_ID, {"row": contact_id}).first()
    if row is None:
        raise InputError(f"There is no contact {contact_id}.")
    return Contact(**row._mapping)


def identify(conn: Connection, vault: Vault, identity: Identity) -> str:
    """The id of the contact behind an identity; unknown people become a new contact.

    Phone and BSUID lead to the same contact once they were seen together. When they lead to two
    contacts, the phone decides and nothing is merged: a wrong merge would show one person to another.
    Raises InputError for an identity without phone and BSUID.
    """
    named = _named(identity)
    if not named:
        raise InputError("A message without phone number and user id belongs to nobody.")
    found = {kind: _find(conn, vault, kind, value) for kind, value in named.items()}
    contact_id = found.get("phone") or found.get("bsuid")
    if contact_id is None:
        contact_id = _create(conn)
    for kind, value in named.items():
        if found[kind] is None:
            owner = _attach(conn, vault, contact_id, kind, value)
            if owner != contact_id and _has_no_identity(conn, contact_id):
                # Another process made the same new contact in this moment; theirs stands.
                conn.execute(sa.delete(contacts).where(contacts.c.id == contact_id))
                contact_id = owner
    return contact_id


def change_identity(conn: Connection, vault: Vault, change: IdentityChange) -> str | None:
    """Let the new phone or BSUID lead to the contact of the old one; the contact's id, or None if unknown.

    A new identity that already belongs to another contact stays theirs.
    """
    old, new = _named(change.old), _named(change.new)
    contact_id = next((c for kind, value in old.items() if (c := _find(conn, vault, kind, value))), None)
    if contact_id is None:
        return None
    for kind, value in new.items():
        if _find(conn, vault, kind, value) is not None:
            continue
        # WhatsApp gives a number or id back to others: the old one must no longer lead here.
        conn.execute(
            sa.delete(contact_identities).where(
                contact_identities.c.contact_id == contact_id, contact_identities.c.kind == kind
            )
        )
        _attach(conn, vault, contact_id, kind, value)
    return contact_id


def address(conn: Connection, vault: Vault, contact_id: str) -> Identity:
    """Where to send to. Raises InputError for a contact that was erased."""
    rows = conn.execute(_IDENTITIES, {"row": contact_id}).all()
    if not rows:
        raise InputError(f"Contact {contact_id} has no WhatsApp identity; it was erased.")
    values = {row.kind: vault.open(row.value_sealed) for row in rows}
    return Identity(phone=values.get("phone"), bsuid=values.get("bsuid"))


def wrote(conn: Connection, contact_id: str, at: int) -> None:
    """Note that the contact wrote: the 24-hour window opens anew, and silence they asked for ends."""
    conn.execute(_WROTE, {"row": contact_id, "at": at})


def stop(conn: Connection, contact_id: str) -> None:
    """Send nothing more until the contact writes again."""
    _update(conn, contact_id, stopped_at=clock.now())


def speak(conn: Connection, contact_id: str, language: str, *, chosen: bool = False) -> None:
    """Answer in `language` from now on; a chosen one is not changed by what they write."""
    values: dict[str, Any] = {"language": language}
    if chosen:
        values["language_chosen"] = True
    _update(conn, contact_id, **values)


def noticed(conn: Connection, contact_id: str) -> None:
    """The first-contact notice has been sent."""
    _update(conn, contact_id, notice_at=clock.now())


def raise_epoch(conn: Connection, contact_id: str) -> None:
    """Who speaks has changed: assistant texts begun before are refused, and the next talk is a new stretch."""
    conn.execute(_RAISE_EPOCH, {"row": contact_id})


def begin_turn(conn: Connection, contact_id: str) -> str:
    """Rasa's sender id for this turn, `<contact>:<stretch>`: a pseudonym that changes with every stretch."""
    at = clock.now()
    row = conn.execute(_STRETCH, {"row": contact_id}).one()
    fresh = row.stretch_turns >= TURNS_PER_STRETCH or (row.stretch_at and at - row.stretch_at > IDLE_SECONDS)
    stretch = row.stretch + 1 if fresh else row.stretch
    _update(conn, contact_id, stretch=stretch, stretch_turns=1 if fresh else row.stretch_turns + 1, stretch_at=at)
    return f"{contact_id}:{stretch}"


def is_made_up(alias: str) -> bool:
    """Whether this is somebody the demo made up."""
    return alias.startswith(MADE_UP)


def of_sender(sender_id: str) -> str:
    """The contact's id in a Rasa sender id."""
    return sender_id.partition(":")[0]


def exists(conn: Connection, contact_id: str) -> bool:
    """Whether this is a contact of ours; `rasa shell` talks as somebody who is not."""
    return conn.execute(sa.select(contacts.c.id).where(contacts.c.id == contact_id)).first() is not None


def alias_has(words: Sequence[str]) -> Any:
    """A condition: the alias has every one of these words, or parts of words."""
    escaped = (word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for word in words)
    return sa.and_(*(contacts.c.alias.ilike(f"%{word}%", escape="\\") for word in escaped))


def _named(identity: Identity) -> dict[str, str]:
    pairs = (("phone", identity.phone), ("bsuid", identity.bsuid))
    return {kind: value for kind, value in pairs if value}


def _find(conn: Connection, vault: Vault, kind: str, value: str) -> str | None:
    lookups = vault.lookups(kind, value)
    if len(lookups) == 1:  # no key is rotating: a list of one would be spelled out anew each time
        found: str | None = conn.execute(_BY_ONE_LOOKUP, {"lookup": lookups[0]}).scalar()
    else:
        found = conn.execute(_BY_LOOKUP, {"lookups": lookups}).scalar()
    return found


def _create(conn: Connection) -> str:
    contact_id = secrets.token_hex(16)
    conn.execute(sa.insert(contacts).values(id=contact_id, alias=_new_alias(), created_at=clock.now()))
    return contact_id


def _attach(conn: Connection, vault: Vault, contact_id: str, kind: str, value: str) -> str:
    """Let an identity lead to a contact; the id of the contact it leads to, which may be another's."""
    values = {
        "contact_id": contact_id,
        "kind": kind,
        "lookup": vault.lookup(kind, value),
        "value_sealed": vault.seal(value),
    }
    if insert_once(conn, contact_identities, values, ("lookup",)) is not None:
        return contact_id
    return _find(conn, vault, kind, value) or contact_id


def _has_no_identity(conn: Connection, contact_id: str) -> bool:
    query = sa.select(contact_identities.c.id).where(contact_identities.c.contact_id == contact_id).limit(1)
    return conn.execute(query).first() is None


def _update(conn: Connection, contact_id: str, **values: Any) -> None:
    conn.execute(_UPDATE, {"row": contact_id, **values})


@cache
def _alias_words() -> tuple[list[str], list[str]]:
    words = yaml.safe_load((Path(__file__).parent / "db" / "aliases.yml").read_text(encoding="utf-8"))
    return words["colours"], words["birds"]


def _new_alias() -> str:
    colours, birds = _alias_words()
    return f"{secrets.choice(colours)} {secrets.choice(birds)} {secrets.randbelow(90) + 10}"
