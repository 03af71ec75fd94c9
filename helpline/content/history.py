"""What became of each text: a table that only grows, each row sealed over the one before it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.content.answer import pack, unpack
from helpline.db.schema import accounts, answer_history
from helpline.messages import Button

_WHY = 1000


@dataclass(frozen=True)
class Entry:
    """One thing that happened to a text."""

    number: int
    event: str
    text: str
    buttons: tuple[Button, ...]
    account_id: int | None
    who: str
    why: str
    live_version: int | None
    at: int


def record(
    conn: Connection,
    key: str,
    language: str,
    event: str,
    text: str,
    buttons: Iterable[Button] = (),
    account_id: int | None = None,
    why: str = "",
    live_version: int | None = None,
) -> int:
    """Write down what happened; its number."""
    row = conn.execute(_of(key, language).order_by(answer_history.c.number.desc()).limit(1)).first()
    number = int(row.number) + 1 if row else 1
    values = {
        "key": key, "language": language, "number": number, "event": event, "text": text,
        "buttons": pack(buttons), "account_id": account_id, "why": why[:_WHY], "live_version": live_version,
        "at": clock.now(),
    }  # fmt: skip
    conn.execute(sa.insert(answer_history).values(**values, seal=_seal(row.seal if row else "", values)))
    return number


def of(conn: Connection, key: str, language: str, limit: int = 200) -> list[Entry]:
    """What happened to a text, newest first."""
    who = sa.func.coalesce(accounts.c.name, "").label("who")
    query = _of(key, language).add_columns(who).select_from(
        answer_history.outerjoin(accounts, accounts.c.id == answer_history.c.account_id)
    )  # fmt: skip
    rows = conn.execute(query.order_by(answer_history.c.number.desc()).limit(limit))
    return [
        Entry(row.number, row.event, row.text, unpack(row.buttons), row.account_id, row.who, row.why,
              row.live_version, row.at)
        for row in rows
    ]  # fmt: skip


def one(conn: Connection, key: str, language: str, number: int) -> Entry | None:
    """One entry by its number."""
    return next((entry for entry in of(conn, key, language, 100_000) if entry.number == number), None)


def broken(conn: Connection) -> list[tuple[str, str, int]]:
    """Rows whose seal does not fit: somebody changed or removed something outside of the helpdesk."""
    wrong, seals = [], dict[tuple[str, str], tuple[str, int]]()
    order = (answer_history.c.key, answer_history.c.language, answer_history.c.number)
    for row in conn.execute(sa.select(answer_history).order_by(*order)):
        before, count = seals.get((row.key, row.language), ("", 0))
        values = {name: value for name, value in row._mapping.items() if name not in ("id", "seal")}
        if row.seal != _seal(before, values) or row.number != count + 1:
            wrong.append((row.key, row.language, row.number))
        seals[row.key, row.language] = (row.seal, row.number)
    return wrong


def _of(key: str, language: str) -> sa.sql.Select:
    return sa.select(answer_history).where(answer_history.c.key == key, answer_history.c.language == language)


def _seal(before: str, values: dict[str, object]) -> str:
    told = "\0".join(f"{name}={values[name]}" for name in sorted(values))
    return hashlib.sha256(f"{before}\0{told}".encode()).hexdigest()
