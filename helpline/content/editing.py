"""Who is writing what: colleagues see each other, and what is typed and not saved survives a closed tab."""

from __future__ import annotations

import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.engine import insert_once
from helpline.db.schema import accounts
from helpline.db.schema import answer_editing as table
from helpline.errors import InputError

FRESH_SECONDS = 25
KEPT_SECONDS = 30 * 86400
LONGEST = 60_000


@dataclass(frozen=True)
class Typed:
    """What somebody typed and did not save."""

    fields: dict[str, list[str]]
    at: int


def seen(conn: Connection, key: str, language: str, account_id: int, typed: dict[str, list[str]] | None = None) -> None:
    """Note that somebody has a text open, and what they typed so far."""
    values: dict[str, object] = {"at": clock.now()}
    if typed is not None:
        values["typed"] = json.dumps(typed, ensure_ascii=False)
        if len(str(values["typed"])) > LONGEST:
            raise InputError("error.content_long")
    mine = {"key": key, "language": language, "account_id": account_id}
    if insert_once(conn, table, {**mine, **values}, tuple(mine)) is None:
        conn.execute(sa.update(table).where(*_is(key, language, account_id)).values(**values))
    conn.execute(sa.delete(table).where(table.c.at < clock.now() - KEPT_SECONDS))


def typed(conn: Connection, key: str, language: str, account_id: int) -> Typed | None:
    """What somebody typed here and did not save."""
    row = conn.execute(sa.select(table.c.typed, table.c.at).where(*_is(key, language, account_id))).first()
    return Typed(json.loads(row.typed), row.at) if row and row.typed else None


def forget(conn: Connection, key: str, language: str, account_id: int) -> None:
    """It was saved, or is not wanted."""
    conn.execute(sa.update(table).where(*_is(key, language, account_id)).values(typed=None))


def leave(conn: Connection, key: str, language: str, account_id: int) -> None:
    """They closed it; what they typed stays."""
    conn.execute(sa.update(table).where(*_is(key, language, account_id)).values(at=clock.now() - FRESH_SECONDS - 1))


def others(conn: Connection, key: str, language: str, account_id: int) -> list[str]:
    """Names of colleagues who have the same text open now."""
    query = sa.select(accounts.c.name).select_from(table.join(accounts, accounts.c.id == table.c.account_id))
    open_now = query.where(table.c.key == key, table.c.language == language, table.c.account_id != account_id)
    return list(
        conn.execute(open_now.where(table.c.at > clock.now() - FRESH_SECONDS).order_by(accounts.c.name)).scalars()
    )


def _is(key: str, language: str, account_id: int) -> tuple[sa.sql.ColumnElement[bool], ...]:
    return table.c.key == key, table.c.language == language, table.c.account_id == account_id
