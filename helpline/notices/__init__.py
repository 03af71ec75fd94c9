"""Notices to chat rooms, mailboxes and other systems: counts, language, age and a link, and nothing else.

Written in the transaction of what they tell of, sent by the worker (sending.py), and nowhere before a target is
configured. targets.py reads the setting, payloads.py writes what is sent, wire.py sends it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.engine import insert_once
from helpline.db.schema import notice_deliveries, notices
from helpline.errors import InputError

AUDIENCES = ("team", "coordinator", "on_call", "translate")
KINDS = (
    "new_case", "urgent", "urgent_wide", "urgent_on_call", "sensitive", "late", "overdue", "asked", "translation",
    "gap", "summary", "channel", "facts", "test",
)  # fmt: skip
FACTS = frozenset(
    {
        "waiting", "urgent", "parked", "active", "language", "seconds", "path", "readers", "on_shift", "rings",
        "to_language", "languages", "people", "since", "asks", "translations", "problems", "opened", "closed",
        "facts_old", "facts_soon",
    }
)  # fmt: skip
"""The only facts a notice may carry: counts, codes of languages, lengths of time, a path of the console."""


@dataclass(frozen=True)
class Notice:
    """Something to tell."""

    id: int
    kind: str
    audience: str
    facts: dict[str, Any]
    state: str
    created_at: int


@dataclass(frozen=True)
class Delivery:
    """A notice on its way to one target."""

    id: int
    notice: Notice
    target: str
    state: str
    attempts: int
    next_attempt_at: int
    error: str | None
    sent_at: int | None


def put(conn: Connection, kind: str, audience: str, once_key: str, **facts: int | str | None) -> bool:
    """Write a notice in the caller's transaction; False when the key was used before.

    Raises InputError for a fact that is none of FACTS, or that could carry words of a person.
    """
    if kind not in KINDS or audience not in AUDIENCES:
        raise InputError(f"{kind} to {audience} is not a notice.")
    kept = {name: value for name, value in facts.items() if value is not None}
    wrong = [name for name, value in kept.items() if name not in FACTS or not _is_plain(name, value)]
    if wrong:
        raise InputError(f"A notice may not carry {', '.join(sorted(wrong))}.")
    values = {
        "once_key": once_key[:120],
        "kind": kind,
        "audience": audience,
        "facts": json.dumps(kept),
        "state": "new",
        "created_at": clock.now(),
    }
    return insert_once(conn, notices, values, ("once_key",)) is not None


def _is_plain(name: str, value: int | str) -> bool:
    """Whether it is a number, codes of languages, or a path that names no more than a case."""
    if isinstance(value, int):
        return True
    if name == "path":
        return (
            value.startswith("/")
            and len(value) < 40
            and all(c.isascii() and (c.isalnum() or c in "/_-") for c in value)
        )
    codes = value.split(",")
    return len(value) < 120 and all(
        len(code) <= 8 and code.replace("-", "").replace("_", "").isalnum() for code in codes
    )


def listed(conn: Connection, limit: int = 100) -> list[tuple[Notice, list[Delivery]]]:
    """The newest notices, each with where it went or is to go."""
    rows = conn.execute(sa.select(notices).order_by(notices.c.id.desc()).limit(limit)).all()
    found = [read(row) for row in rows]
    sent: dict[int, list[Delivery]] = {one.id: [] for one in found}
    by_id = {one.id: one for one in found}
    query = sa.select(notice_deliveries).where(notice_deliveries.c.notice_id.in_(list(by_id)))
    for row in conn.execute(query.order_by(notice_deliveries.c.id)).mappings():
        columns = {name: row[name] for name in Delivery.__dataclass_fields__ if name != "notice"}
        sent[row["notice_id"]].append(Delivery(notice=by_id[row["notice_id"]], **columns))
    return [(one, sent[one.id]) for one in found]


def again(conn: Connection, delivery_id: int) -> bool:
    """Try one that was given up once more; False when it was not."""
    dead = sa.and_(notice_deliveries.c.id == delivery_id, notice_deliveries.c.state == "dead")
    values = {"state": "queued", "attempts": 0, "next_attempt_at": clock.now(), "error": None}
    return bool(conn.execute(sa.update(notice_deliveries).where(dead).values(**values)).rowcount)


def dead(conn: Connection) -> int:
    """How many were given up."""
    query = sa.select(sa.func.count()).select_from(notice_deliveries).where(notice_deliveries.c.state == "dead")
    return int(conn.execute(query).scalar_one())


def read(row: Any) -> Notice:
    """A notice from its row."""
    return Notice(row.id, row.kind, row.audience, json.loads(row.facts), row.state, row.created_at)
