"""The examples in the database. Every change gets a training revision; what is above the published one is a draft."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.engine import insert_once
from helpline.db.schema import examples, intents, training_changes, training_version
from helpline.errors import InputError

LONGEST = 500
"""Letters of an example: longer messages hold several things, and teach none of them."""
ORIGINS = ("data", "editor", "message", "import")


@dataclass(frozen=True)
class Example:
    """What somebody might write, and what it means."""

    id: int
    intent: str
    language: str
    text: str
    origin: str
    account_id: int | None
    created_at: int
    revision: int
    removed: bool


def plain(text: str) -> str:
    """The text as it is stored: one line, one form for what looks the same."""
    return " ".join(unicodedata.normalize("NFC", text).replace("\0", "").split())


def text_hash(text: str) -> str:
    """The same for texts that differ in case and spaces only."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode("utf-8", "replace")).hexdigest()


def revision(conn: Connection) -> int:
    """The training revision now: 0 until somebody changed the starter content."""
    return int(conn.execute(sa.select(training_version.c.revision)).scalar() or 0)


def next_revision(conn: Connection) -> int:
    """A new training revision; holds the row until the transaction ends, so changes come one after another."""
    insert_once(conn, training_version, {"id": 1, "revision": 0}, ("id",))
    conn.execute(sa.update(training_version).values(revision=training_version.c.revision + 1))
    return revision(conn)


def record(conn: Connection, kind: str, intent: str, account_id: int | None, at_revision: int, **facts: Any) -> int:
    """Note a change; its number."""
    values = {
        "kind": kind, "intent": intent, "account_id": account_id, "at": clock.now(), "revision": at_revision,
        "facts": json.dumps(facts, ensure_ascii=False), "undone": False,
    }  # fmt: skip
    return int(conn.execute(sa.insert(training_changes).values(**values)).inserted_primary_key[0])


def add(
    conn: Connection,
    intent: str,
    language: str,
    texts: Sequence[str],
    *,
    account_id: int | None,
    origin: str = "editor",
) -> list[int]:
    """Add examples as drafts; ids of those that were not there. One that was removed is brought back.

    Raises InputError for an intent that does not exist or is archived, and for a text that cannot be used.
    """
    require_active(conn, intent)
    chosen = list(dict.fromkeys(usable(text) for text in texts))
    if not chosen:
        return []
    new = next_revision(conn)
    added = []
    for text in chosen:
        values = {
            "intent": intent, "language": language, "text": text, "text_hash": text_hash(text), "origin": origin,
            "account_id": account_id, "created_at": clock.now(), "revision": new, "removed": False,
        }  # fmt: skip
        made = insert_once(conn, examples, values, ("language", "text_hash"))
        if made is None:
            here = sa.and_(
                examples.c.language == language, examples.c.text_hash == text_hash(text), examples.c.removed.is_(True)
            )
            made = conn.execute(sa.select(examples.c.id).where(here)).scalar()
            if made is not None:
                back = sa.update(examples).where(examples.c.id == made)
                conn.execute(back.values(intent=intent, removed=False, revision=new))
        if made is not None:
            added.append(made)
    if added:
        record(conn, "added", intent, account_id, new, examples=added, language=language)
    return added


def remove(conn: Connection, ids: Collection[int], account_id: int | None) -> int:
    """Take examples out; how many."""
    return _change(conn, ids, account_id, "removed", removed=True)


def bring_back(conn: Connection, ids: Collection[int], account_id: int | None) -> int:
    """Put removed examples back; how many."""
    return _change(conn, ids, account_id, "brought_back", removed=False)


def move(conn: Connection, ids: Collection[int], target: str, account_id: int | None) -> int:
    """Give examples another meaning; how many."""
    require_active(conn, target)
    return _change(conn, ids, account_id, "moved", intent=target)


def get(conn: Connection, ids: Collection[int]) -> list[Example]:
    """Those examples, removed ones too, by id."""
    found: list[Example] = []
    chosen = sorted(ids)
    for start in range(0, len(chosen), 500):
        found += _select(conn, examples.c.id.in_(chosen[start : start + 500]))
    return found


def listed(
    conn: Connection, *, intent: str | None = None, language: str | None = None, since: int | None = None
) -> list[Example]:
    """Examples in use of active intents, oldest first; with `since`, those changed after that revision."""
    active = sa.select(intents.c.id).where(intents.c.state == "active")
    where = [examples.c.removed.is_(False), examples.c.intent.in_(active)]
    if intent is not None:
        where.append(examples.c.intent == intent)
    if language is not None:
        where.append(examples.c.language == language)
    if since is not None:
        where.append(examples.c.revision > since)
    return _select(conn, *where)


def of_text(conn: Connection, language: str, text: str) -> Example | None:
    """The example with this text, if it is in use."""
    here = (examples.c.language == language, examples.c.text_hash == text_hash(plain(text)))
    found = _select(conn, *here, examples.c.removed.is_(False))
    return found[0] if found else None


def changed_since(conn: Connection, at_revision: int) -> list[Example]:
    """Every row changed after a revision, removed ones too: what a reader in memory has to catch up with."""
    return _select(conn, examples.c.revision > at_revision)


def require_active(conn: Connection, intent: str) -> None:
    """Raise InputError unless the intent is there and in use."""
    if conn.execute(sa.select(intents.c.state).where(intents.c.id == intent)).scalar() != "active":
        raise InputError("error.intent_not_active")


def _change(conn: Connection, ids: Collection[int], account_id: int | None, kind: str, **values: Any) -> int:
    (column, wanted), *_ = values.items()
    before = [one for one in get(conn, ids) if getattr(one, column) != wanted]
    if not before:
        return 0
    new = next_revision(conn)
    chosen = [one.id for one in before]
    for start in range(0, len(chosen), 500):
        update = sa.update(examples).where(examples.c.id.in_(chosen[start : start + 500]))
        conn.execute(update.values(revision=new, **values))
    was = {str(one.id): one.intent for one in before}
    record(conn, kind, values.get("intent", before[0].intent), account_id, new, examples=chosen, was=was)
    return len(before)


def usable(text: str) -> str:
    """The text as it is stored. Raises InputError for one that teaches nothing."""
    text = plain(text)
    if not text or not any(letter.isalnum() or ord(letter) > 0x2000 for letter in text):
        raise InputError("error.example_empty")
    if len(text) > LONGEST:
        raise InputError("error.example_long")
    return text


def _select(conn: Connection, *where: Any) -> list[Example]:
    columns = [examples.c[name] for name in Example.__dataclass_fields__]
    query = sa.select(*columns).where(*where).order_by(examples.c.id)
    return [Example(*row) for row in conn.execute(query)]
