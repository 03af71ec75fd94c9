"""Who is to write, translate or read a text: one person for each answer and language, until it is live."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.engine import insert_once
from helpline.db.schema import accounts
from helpline.db.schema import content_tasks as table


@dataclass(frozen=True)
class Task:
    """A text that is somebody's to do."""

    key: str
    language: str
    account_id: int
    who: str
    by_id: int
    at: int


def give(conn: Connection, key: str, language: str, account_id: int | None, by_id: int) -> None:
    """Give a text to somebody, in place of whoever had it; to nobody with None."""
    if account_id is None:
        done(conn, key, language)
        return
    values = {"account_id": account_id, "by_id": by_id, "at": clock.now()}
    here = {"key": key, "language": language}
    if insert_once(conn, table, {**here, **values}, ("key", "language")) is None:
        conn.execute(sa.update(table).where(table.c.key == key, table.c.language == language).values(**values))


def done(conn: Connection, key: str, language: str) -> None:
    """It is live, or found right: nobody has to do anything."""
    conn.execute(sa.delete(table).where(table.c.key == key, table.c.language == language))


def of(conn: Connection, key: str, language: str) -> Task | None:
    """Whose a text is."""
    found = _listed(conn, table.c.key == key, table.c.language == language)
    return found[0] if found else None


def mine(conn: Connection, account_id: int) -> list[Task]:
    """What is somebody's to do, the oldest first."""
    return _listed(conn, table.c.account_id == account_id)


def all_open(conn: Connection) -> list[Task]:
    """What is anybody's to do, the oldest first."""
    return _listed(conn)


def _listed(conn: Connection, *where: object) -> list[Task]:
    who = sa.func.coalesce(accounts.c.name, "").label("who")
    columns = (table.c.key, table.c.language, table.c.account_id, who, table.c.by_id, table.c.at)
    query = sa.select(*columns).select_from(table.outerjoin(accounts, accounts.c.id == table.c.account_id))
    return [Task(*row) for row in conn.execute(query.where(*where).order_by(table.c.at, table.c.id))]
