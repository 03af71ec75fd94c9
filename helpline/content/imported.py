"""Questions and answers of imported lists: read by an editor, who makes one of our texts of them or puts them aside."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline.db.schema import draft_answers as table


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
    """draft, taken or dismissed."""


def one(conn: Connection, draft_id: int) -> Imported | None:
    """One of them."""
    columns = (table.c[name] for name in Imported.__dataclass_fields__)
    row = conn.execute(sa.select(*columns).where(table.c.id == draft_id)).first()
    return Imported(*row) if row is not None else None


def count(conn: Connection) -> int:
    """How many nobody has dealt with."""
    query = sa.select(sa.func.count()).select_from(table).where(table.c.state == "draft")
    return int(conn.execute(query).scalar_one())


def settle(conn: Connection, draft_id: int, state: str) -> bool:
    """It became one of our texts (`taken`), or is not wanted (`dismissed`); whether it was still waiting."""
    here = sa.and_(table.c.id == draft_id, table.c.state == "draft")
    return bool(conn.execute(sa.update(table).where(here).values(state=state)).rowcount)


def together(text: str, draft: Imported) -> str:
    """What an editor begins with: the imported answer, below the text there is."""
    said = draft.answer.strip()
    return said if not text.strip() or text.strip() == said else f"{text.rstrip()}\n\n{said}"
