"""What is kept no longer than it was said: every table loses its old rows, by the retention word of its columns.

A table whose word asks for deletion needs a column that says how old a row is, or must go with the row it belongs to;
`rules` finds either, and a test fails for a table that has neither.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from helpline import clock, switches
from helpline.db import schema
from helpline.db.columns import metadata
from helpline.errors import HelplineError
from helpline.service import Service
from helpline.settings import Settings

KEPT = frozenset({"account", "content", "programme", "forever"})
"""Words of tables that only people empty."""
DAY = 24 * 3600
BATCH = 1000
"""Rows deleted in one transaction: messages must get through in between."""
_AGED_BY = {
    "cases": "closed_at", "shift_log": "ended_at", "translations": "asked_at",
}  # fmt: skip
"""Where a table's age is in another column than TIMES names first."""
TIMES = ("received_at", "created_at", "updated_at", "seen_at", "at", "day")
_WORD_OF = {"translations": "message"}
"""Tables that hold a contact's own words for a case: those go with the messages, as the notice promises."""


class NoRule(HelplineError):
    """A table that nothing would ever empty."""


@dataclass(frozen=True)
class Rule:
    """How a table loses its old rows."""

    table: str
    word: str
    column: str | None = None
    """The column that says how old a row is; None: it goes with another table's row, or is kept."""
    follows: str | None = None
    """The table whose rows take these with them."""


def seconds_of(settings: Settings, word: str) -> int:
    """How long rows of a word are kept. `contact` counts from the last that is left of somebody."""
    days = {
        "message": settings.keep_messages_days,
        "lesson": settings.keep_messages_days,
        "contact": settings.keep_messages_days,
        "case": settings.keep_cases_days,
        "notice": settings.keep_messages_days,
        "shift": settings.keep_cases_days,
        "log": settings.keep_log_days,
        "facts": settings.keep_facts_months * 30.44,
        "short": settings.keep_short_days,
    }
    if word not in days:
        raise NoRule(f"Retention word {word!r} has no period; give it one in retention.seconds_of.")
    return int(days[word] * DAY)


def rules() -> list[Rule]:
    """One rule for each table. Raises NoRule naming the table that has none."""
    return [_rule(table) for table in metadata.sorted_tables]


def _rule(table: sa.Table) -> Rule:
    words = {column.info["keep"] for column in table.columns}
    if len(words) != 1:
        raise NoRule(f"Table {table.name} has several retention words: {', '.join(sorted(words))}; choose one.")
    [word] = words
    if word in KEPT or table.name == "contacts":
        return Rule(table.name, word)
    if table.name not in _AGED_BY:
        for key in table.foreign_keys:
            parent = key.column.table
            if key.ondelete == "CASCADE" and not key.parent.nullable and _word(parent) == word:
                return Rule(table.name, word, follows=parent.name)
    column = _AGED_BY.get(table.name) or next((name for name in TIMES if name in table.c), None)
    if column is None:
        raise NoRule(f"Table {table.name} keeps rows for ever; add a time or a cascading key, see retention.py.")
    return Rule(table.name, _WORD_OF.get(table.name, word), column)


def _word(table: sa.Table) -> str:
    return str(next(iter(table.columns)).info["keep"])


def run(service: Service) -> dict[str, int]:
    """Delete everything that is older than it may be; how many rows of each table, those without any left out.

    Nothing is done while people have frozen deletion.
    """
    engine, settings = service.engine, service.settings
    with engine.connect() as conn:
        if not switches.is_on(conn, switches.DELETION):
            return {}
    deleted = {rule.table: _age(engine, settings, rule) for rule in rules() if rule.column}
    deleted["cards"] = _empty_cards(service)
    deleted["trackers"] = deleted.get("trackers", 0) + _trackers(engine, settings)
    deleted["contacts"] = _nobody_left(engine, seconds_of(settings, "contact"))
    if engine.dialect.name == "sqlite" and any(deleted.values()):
        with engine.connect() as conn:  # what was deleted must not stay readable in the journal
            conn.exec_driver_sql("COMMIT")
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return {name: number for name, number in deleted.items() if number}


def _age(engine: Engine, settings: Settings, rule: Rule) -> int:
    table, before = metadata.tables[rule.table], clock.now() - seconds_of(settings, rule.word)
    column = table.c[str(rule.column)]
    old = column < (before // DAY if column.name == "day" else before)
    if rule.table == "inbox":
        old = sa.and_(old, table.c.state.not_in(("waiting", "in_flight")))
    if rule.table == "outbox":
        old = sa.and_(old, table.c.state != "sending")
    return _delete(engine, table, old)


def _delete(engine: Engine, table: sa.Table, old: sa.sql.ColumnElement[bool]) -> int:
    [key, *more] = list(table.primary_key)
    total = 0
    while True:
        with engine.begin() as conn:
            if more:  # a key of two columns: small tables, all at once
                return int(conn.execute(sa.delete(table).where(old)).rowcount)
            some = [row[0] for row in conn.execute(sa.select(key).where(old).limit(BATCH))]
            if some:
                total += int(conn.execute(sa.delete(table).where(key.in_(some), old)).rowcount)
        if len(some) < BATCH:
            return total


def _trackers(engine: Engine, settings: Settings) -> int:
    """The assistant's memory of a talk goes after hours, not days."""
    before = clock.now() - settings.keep_trackers_hours * 3600
    return _delete(engine, schema.trackers, schema.trackers.c.updated_at < before)


def _empty_cards(service: Service) -> int:
    """A case outlives its messages; what the contact wrote must not outlive them on its card."""
    table, before = schema.cases, clock.now() - seconds_of(service.settings, "message")
    empty = service.vault.seal({})
    # An empty card is always sealed to the same length, so those that are empty already need not be opened.
    full = sa.and_(table.c.opened_at < before, sa.func.length(table.c.card_sealed) > len(empty))
    with service.engine.begin() as conn:
        return int(conn.execute(sa.update(table).where(full).values(card_sealed=empty)).rowcount)


def _nobody_left(engine: Engine, seconds: int) -> int:
    """People of whom nothing is left but their number: no message, no case, no block, and long silent."""
    people = schema.contacts
    silent = sa.func.coalesce(people.c.last_inbound_at, people.c.created_at) < clock.now() - seconds
    free = sa.or_(people.c.blocked_until.is_(None), people.c.blocked_until < clock.now())
    left = [
        sa.select(table.c.id).where(table.c.contact_id == people.c.id).exists()
        for table in (schema.inbox, schema.outbox, schema.cases)
    ]
    return _delete(engine, people, sa.and_(silent, free, *(~one for one in left)))


def counts(conn: Connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: int(conn.execute(sa.select(sa.func.count()).select_from(table)).scalar_one())
        for table in metadata.sorted_tables
    }
