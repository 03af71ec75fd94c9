"""Which answers are missing, outdated, translated by a machine or not yet read by a second person, per language."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.content import changes, history, store, tasks
from helpline.content.answer import Answer, stored_hash, text_hash, unpack
from helpline.content.facts import PREFIX, Fact
from helpline.content.sensitive import informs, locked, topic
from helpline.content.starter import DEFAULT_LANGUAGE, SPOKEN, read_starter
from helpline.db.schema import answer_changes, answer_history, answers
from helpline.errors import Refused, StaleVersion

STATES = ("ok", "unreviewed", "machine", "outdated", "missing")
"""What a text can be, best first. `outdated`: its English source changed since it was translated."""


@dataclass(frozen=True)
class Cell:
    """One answer in one language."""

    state: str
    change: str = ""
    """State of the change that is on its way, if any."""


@dataclass(frozen=True)
class Row:
    """One answer in every language."""

    key: str
    topic: str
    text: str
    """In English, or in the first language there is."""
    cells: Mapping[str, Cell]
    locked: bool = False
    stage: str = "good"
    """On health or law: whether it should be checked again (Fact.stage's words)."""


def languages(conn: Connection) -> tuple[str, ...]:
    """The assistant's languages, and others that editors write answers in."""
    found = set(conn.execute(sa.select(answer_changes.c.language).distinct()).scalars())
    for row in conn.execute(sa.select(answers.c.key, answers.c.language).where(answers.c.language.not_in(SPOKEN))):
        if not locked(row.key) and not row.key.startswith(PREFIX):
            found.add(row.language)
    return (*SPOKEN, *sorted(found - set(SPOKEN) - {"*"}))


def rows(conn: Connection, wanted: tuple[str, ...] = SPOKEN) -> list[Row]:
    """Every answer with the state of each language, by topic and key."""
    texts: dict[str, dict[str, sa.engine.Row]] = {}
    for row in conn.execute(sa.select(answers).where(~answers.c.key.startswith(PREFIX, autoescape=True))):
        texts.setdefault(row.key, {})[row.language] = row
    moving: dict[str, dict[str, str]] = {}
    for row in conn.execute(sa.select(answer_changes.c.key, answer_changes.c.language, answer_changes.c.state)):
        if not row.key.startswith(PREFIX):
            moving.setdefault(row.key, {})[row.language] = row.state
            texts.setdefault(row.key, {})
    found = []
    for key, by_language in texts.items():
        source = by_language.get(DEFAULT_LANGUAGE)
        made_from = _hash(source) if source is not None else ""
        cells = {
            code: Cell(_state(by_language.get(code), made_from), moving.get(key, {}).get(code, "")) for code in wanted
        }
        shown = source if source is not None else next(iter(by_language.values()), None)
        found.append(Row(key, topic(key), shown.text if shown is not None else "", cells, locked(key), stage(source)))
    return sorted(found, key=lambda one: (one.locked, one.topic, one.key))


def stage(source: sa.engine.Row | None) -> str:
    """Whether an English text on health or law should be checked again."""
    if source is None or not informs(source.key) or locked(source.key):
        return "good"
    told = json.loads(source.facts)
    return Fact("", {}, review_by=str(told.get("review_by") or "")).stage(clock.today())


def counts(of: Iterable[Row]) -> dict[str, dict[str, int]]:
    """How many texts of each language are in each state."""
    found: dict[str, dict[str, int]] = {}
    for row in of:
        for language, cell in row.cells.items():
            if not row.locked:
                per_state = found.setdefault(language, dict.fromkeys(STATES, 0))
                per_state[cell.state] += 1
    return found


def state(conn: Connection, key: str, language: str) -> str:
    """The state of one text."""
    by_language = {row.language: row for row in conn.execute(sa.select(answers).where(answers.c.key == key))}
    source = by_language.get(DEFAULT_LANGUAGE)
    return _state(by_language.get(language), _hash(source) if source is not None else "")


def fallback(key: str, language: str, has: Mapping[str, object]) -> str | None:
    """The language people read who miss this text; None when they would read nothing."""
    return language if language in has else DEFAULT_LANGUAGE if DEFAULT_LANGUAGE in has else None


def source_then(conn: Connection, key: str, language: str) -> Answer | None:
    """The English text a translation was made from, where it is known."""
    made_from = conn.execute(
        sa.select(answers.c.source_hash).where(answers.c.key == key, answers.c.language == language)
    ).scalar()
    if not made_from:
        return None
    before = conn.execute(sa.select(answer_history.c.text, answer_history.c.buttons).where(
        answer_history.c.key == key, answer_history.c.language == DEFAULT_LANGUAGE
    ).order_by(answer_history.c.number.desc()))  # fmt: skip
    candidates = [Answer(row.text, unpack(row.buttons)) for row in before]
    shipped = read_starter().get(key, {}).get(DEFAULT_LANGUAGE)
    candidates += [shipped] if shipped else []
    return next((one for one in candidates if text_hash(one.text, one.buttons) == made_from), None)


def confirm(conn: Connection, key: str, language: str, account_id: int, seen: int) -> None:
    """Say that a live text is right as it is: a second reader found so, and its source asks for nothing else."""
    if locked(key):
        raise Refused("error.content_locked")
    live, version = changes.live(conn, key, language)
    if live is None or version != seen:
        raise StaleVersion("The live text changed meanwhile.")
    source, _ = changes.live(conn, key, changes.source_language(key))
    made_from = text_hash(source.text, source.buttons) if source and language != DEFAULT_LANGUAGE else ""
    here = sa.and_(answers.c.key == key, answers.c.language == language, answers.c.version == version)
    conn.execute(sa.update(answers).where(here).values(reviewed=True, source_hash=made_from))
    store.renew(conn, key, language)
    tasks.done(conn, key, language)
    store.raise_version(conn)
    history.record(conn, key, language, "confirmed", live.text, live.buttons, account_id)


def _state(row: sa.engine.Row | None, source: str) -> str:
    if row is None or not row.text:
        return "missing"
    if row.language != DEFAULT_LANGUAGE and source and row.source_hash != source:
        return "outdated"
    if row.reviewed:
        return "ok"
    return "machine" if row.origin == "machine" else "unreviewed"


def _hash(row: sa.engine.Row) -> str:
    return stored_hash(row.text, row.buttons)
