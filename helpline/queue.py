"""Which case comes first: urgent ones, then windows about to close, then who has waited longest for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import cases, clock, outbox
from helpline.db.schema import cases as table
from helpline.db.schema import contacts

OPEN = ("waiting", "active", "parked")
CLOSING_SECONDS = 4 * 3600
"""A 24-hour window with less left than this moves a case up: after it, an answer needs a template."""
LANGUAGE_SECONDS = 20 * 60
"""A case in a language the agent reads counts as waiting this much longer; it is never hidden from others."""


@dataclass(frozen=True)
class Filter:
    """Which cases to list. Empty fields filter nothing."""

    states: tuple[str, ...] = OPEN
    account_id: int | None = None
    language: str = ""
    topic: str = ""
    reason: str = ""
    urgent: bool = False


def listed(conn: Connection, chosen: Filter, *, reads: Sequence[str] = (), limit: int = 200) -> list[cases.Case]:
    """The cases, first things first; closed ones newest first. `reads` are the languages of who looks."""
    return cases.select(conn, *_where(chosen), order=_order(chosen, reads), limit=limit)


def first(
    conn: Connection, reads: Sequence[str] = (), *, skip: Sequence[int] = (), sensitive: bool = True
) -> cases.Case | None:
    """The waiting case that should be taken next; without sensitive ones for who may not open them."""
    where = [table.c.state == "waiting", table.c.id.not_in(list(skip))]
    if not sensitive:
        where.append(sa.not_(table.c.sensitive))
    found = cases.select(conn, *where, order=_order(Filter(("waiting",)), reads), limit=1)
    return found[0] if found else None


@dataclass(frozen=True)
class Figures:
    """What stands beside the lists."""

    counts: dict[str, int]
    """Cases in each open state, `urgent_waiting` that nobody took, and `mine` that the account holds."""
    languages: tuple[str, ...]
    """Languages of open cases."""
    mark: str
    """As `mark` says it."""


_MARK = (
    sa.func.count(),
    sa.func.coalesce(sa.func.max(table.c.id), 0),
    sa.func.coalesce(sa.func.sum(table.c.version), 0),
    sa.func.coalesce(sa.func.sum(table.c.waiting_since), 0),
    sa.func.count(table.c.waiting_since),
    sa.func.coalesce(sa.func.sum(table.c.account_id), 0),
)


def figures(conn: Connection, account_id: int | None = None) -> Figures:
    """Counts, languages and mark of the open cases, in one look at them."""
    mine = sa.case((table.c.account_id == account_id, 1), else_=0) if account_id is not None else sa.literal(0)
    groups = (table.c.state, table.c.urgent, table.c.language)
    query = sa.select(*groups, sa.func.sum(mine), *_MARK).where(table.c.state != "closed").group_by(*groups)
    counts = {"waiting": 0, "active": 0, "parked": 0, "urgent_waiting": 0, "mine": 0}
    languages, sums = set(), [0] * len(_MARK)
    for state, urgent, language, held, *marks in conn.execute(query):
        number = int(marks[0])
        counts[state] += number
        counts["mine"] += int(held) if state == "active" else 0
        counts["urgent_waiting"] += number if urgent and state == "waiting" else 0
        languages |= {language} if language else set()
        sums = [max(sums[place], int(one)) if place == 1 else sums[place] + int(one) for place, one in enumerate(marks)]
    return Figures(counts, tuple(sorted(languages)), "-".join(map(str, sums)))


def counts(conn: Connection) -> dict[str, int]:
    """How many cases are in each open state, and how many are urgent and unclaimed."""
    return figures(conn).counts


def mark(conn: Connection) -> str:
    """A short word that changes whenever any open case does; cheap enough to ask every few seconds."""
    row = conn.execute(sa.select(*_MARK).where(table.c.state != "closed")).one()
    return "-".join(str(int(value)) for value in row)


def oldest_wait(conn: Connection) -> int:
    """For how many seconds the case that waits longest has waited for a person; 0 when none does."""
    since = conn.execute(sa.select(sa.func.min(table.c.waiting_since)).where(table.c.state != "closed")).scalar()
    return max(0, clock.now() - since) if since else 0


@dataclass(frozen=True)
class Talk:
    """A conversation that the assistant has."""

    contact_id: str
    alias: str
    language: str | None
    last_inbound_at: int


def with_assistant(conn: Connection, *, seconds: int = 24 * 3600, limit: int = 50) -> list[Talk]:
    """Who talks with the assistant: wrote lately and has no open case; newest first."""
    held = sa.select(table.c.id).where(table.c.contact_id == contacts.c.id, table.c.state != "closed").exists()
    columns = (contacts.c.id.label("contact_id"), contacts.c.alias, contacts.c.language, contacts.c.last_inbound_at)
    query = sa.select(*columns).where(contacts.c.last_inbound_at >= clock.now() - seconds, ~held)
    rows = conn.execute(query.order_by(contacts.c.last_inbound_at.desc()).limit(limit))
    return [Talk(**row._mapping) for row in rows]


def _where(chosen: Filter) -> list[Any]:
    where: list[Any] = [table.c.state.in_(chosen.states)]
    equal = (("account_id", chosen.account_id), ("language", chosen.language), ("topic", chosen.topic))
    where += [table.c[name] == value for name, value in (*equal, ("reason", chosen.reason)) if value]
    if chosen.urgent:
        where.append(table.c.urgent)
    return where


def _order(chosen: Filter, reads: Sequence[str]) -> list[Any]:
    if chosen.states == ("closed",):
        return [table.c.closed_at.desc(), table.c.id.desc()]
    closes_at = contacts.c.last_inbound_at + outbox.WINDOW_SECONDS
    closing = sa.and_(closes_at > clock.now(), closes_at < clock.now() + CLOSING_SECONDS)
    unanswered = table.c.waiting_since.is_not(None)
    patience = sa.case((table.c.language.in_(list(reads)), LANGUAGE_SECONDS), else_=0)
    return [
        table.c.urgent.desc(),
        sa.case((unanswered, 0), else_=1),
        sa.case((sa.and_(unanswered, closing), 0), else_=1),
        table.c.waiting_since - patience,
        table.c.id,
    ]
