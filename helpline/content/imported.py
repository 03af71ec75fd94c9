"""Questions and answers of imported lists: read by an editor, who makes one of our texts of them or puts them aside."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline.db.schema import draft_answers as table

STATES = ("draft", "taken", "dismissed")


@dataclass(frozen=True)
class Imported:
    """One question with its answer, as the list has it."""

    id: int
    language: str
    question: str
    answer: str
    source: str
    updated_on: str | None
    state: str


def one(conn: Connection, draft_id: int) -> Imported | None:
    """One of them."""
    return next(iter(_listed(conn, table.c.id == draft_id, limit=1)), None)


def waiting(conn: Connection, limit: int) -> list[Imported]:
    """Those nobody has dealt with, the newest list first."""
    return _listed(conn, table.c.state == "draft", limit=limit)


def count(conn: Connection) -> int:
    """How many those are."""
    query = sa.select(sa.func.count()).select_from(table).where(table.c.state == "draft")
    return int(conn.execute(query).scalar_one())


def settle(conn: Connection, draft_id: int, state: str) -> bool:
    """It became one of our texts (`taken`), or is not wanted (`dismissed`); whether it was still waiting."""
    here = sa.and_(table.c.id == draft_id, table.c.state == "draft")
    return bool(conn.execute(sa.update(table).where(here).values(state=state)).rowcount)


def _listed(conn: Connection, *where: object, limit: int) -> list[Imported]:
    columns = (table.c[name] for name in Imported.__dataclass_fields__)
    query = sa.select(*columns).where(*where).order_by(table.c.created_at.desc(), table.c.id).limit(limit)
    return [Imported(*row) for row in conn.execute(query)]
