"""Signs of life of processes, with what each says of itself: which release a channel answers with, for example."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.schema import heartbeats

SILENT_SECONDS = 30
FORGOTTEN_SECONDS = 3600


@dataclass(frozen=True)
class Sign:
    """What a process said last."""

    process: str
    at: int
    facts: Mapping[str, Any]

    @property
    def silent(self) -> bool:
        """Whether it has said nothing for too long."""
        return self.at < clock.now() - SILENT_SECONDS


def beat(conn: Connection, process: str, facts: Mapping[str, Any]) -> None:
    """A process lives; signs of processes long gone are forgotten."""
    values = {"at": clock.now(), "facts": json.dumps(dict(facts), ensure_ascii=False)}
    if not conn.execute(sa.update(heartbeats).where(heartbeats.c.process == process).values(**values)).rowcount:
        conn.execute(sa.insert(heartbeats).values(process=process, **values))
        conn.execute(sa.delete(heartbeats).where(heartbeats.c.at < clock.now() - FORGOTTEN_SECONDS))


def signs(conn: Connection, kind: str = "") -> list[Sign]:
    """Every process that is not forgotten, by name; of one kind if said."""
    query = sa.select(heartbeats).where(heartbeats.c.at >= clock.now() - FORGOTTEN_SECONDS)
    rows = conn.execute(query.order_by(heartbeats.c.process))
    found = [Sign(row.process, row.at, json.loads(row.facts)) for row in rows]
    return [one for one in found if not kind or one.facts.get("kind") == kind]
