"""The published texts and facts in the database: reading them, the first import, and a change that is live at once."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.content import history
from helpline.content.answer import Answer, MissingAnswer, pack, text_hash, unpack
from helpline.content.facts import ANY, PREFIX, Fact
from helpline.content.sensitive import locked
from helpline.content.starter import DATA, DEFAULT_LANGUAGE, fingerprint, read_facts, read_starter
from helpline.db.engine import insert_missing, insert_once
from helpline.db.schema import answers, content_facts, content_version
from helpline.errors import Refused

HOLDS_DAYS = 90
"""How long the check of an answer holds (services.md 4.6)."""
_OF_A_FACT = answers.c.key.startswith(PREFIX, autoescape=True)


def import_starter(conn: Connection, folder: Path = DATA) -> int:
    """Write data/'s answers and facts into the database where editors have not changed them; how many were written."""
    texts, facts = read_starter(folder), read_facts(folder)
    mark = fingerprint(texts, facts)
    insert_once(conn, content_version, {"id": 1, "version": 0}, ("id",))
    if conn.execute(sa.select(content_version.c.fingerprint)).scalar() == mark:
        return 0
    known = {(row.key, row.language): row for row in conn.execute(sa.select(answers))}
    new: list[dict[str, object]] = []
    written = 0
    for key, by_language in texts.items():
        source = by_language.get(DEFAULT_LANGUAGE)
        made_from = text_hash(source.text, source.buttons) if source else ""
        for language, answer in by_language.items():
            written += _write_starter(conn, new, known.get((key, language)), key, language, answer, made_from)
    for fact in facts.values():
        _write_fact(conn, fact)
        for language, value in fact.values.items():
            written += _write_starter(conn, new, known.get((fact.key, language)), fact.key, language, Answer(value), "")
    insert_missing(conn, answers, new, ("key", "language"))
    conn.execute(sa.update(content_version).values(version=content_version.c.version + 1, fingerprint=mark))
    return written


def _write_starter(
    conn: Connection,
    new: list[dict[str, object]],
    row: sa.engine.Row | None,
    key: str,
    language: str,
    answer: Answer,
    source: str,
) -> int:
    values = {
        "text": answer.text,
        "buttons": pack(answer.buttons),
        "facts": json.dumps(answer.facts, ensure_ascii=False, default=str),
    }
    if row is None:
        first = {"key": key, "language": language, "version": 1, "updated_at": clock.now(), "source_hash": source}
        new.append({**first, **values})
        return 1
    if str(json.loads(row.facts).get("reviewed_on") or "") > str(answer.facts.get("reviewed_on", "")):
        values["facts"] = row.facts  # an editor checked it since
    unedited = row.version == 1 and row.origin == "starter"
    if not unedited or all(getattr(row, name) == value for name, value in values.items()):
        return 0
    same = (row.text, row.buttons) == (values["text"], values["buttons"])
    renewed = {**values, "updated_at": clock.now(), "source_hash": source, "reviewed": row.reviewed and same}
    mine = sa.and_(answers.c.id == row.id, answers.c.version == 1)
    return int(conn.execute(sa.update(answers).where(mine).values(renewed)).rowcount)


def _write_fact(conn: Connection, fact: Fact) -> None:
    values = {name: value for name, value in vars(fact).items() if name not in ("values", "version")}
    values["updated_at"] = clock.now()
    if insert_once(conn, content_facts, {**values, "version": 1}, ("name",)) is None:
        mine = sa.and_(content_facts.c.name == fact.name, content_facts.c.version == 1)
        conn.execute(sa.update(content_facts).where(mine).values(values))


def change(conn: Connection, key: str, language: str, text: str) -> None:
    """Publish a new text for a key and language at once, as an administrator may from the command line."""
    if locked(key):
        raise Refused("The safety texts are shipped with the helpdesk and cannot be changed here.")
    changed = conn.execute(
        sa.update(answers)
        .where(answers.c.key == key, answers.c.language == language)
        .values(text=text, version=answers.c.version + 1, updated_at=clock.now(), origin="person", reviewed=False)
    ).rowcount
    if not changed:
        raise MissingAnswer(f"There is no text for {key} in {language} to change. Import the starter content first.")
    history.record(conn, key, language, "published", text, live_version=raise_version(conn))


def renew(conn: Connection, key: str, language: str) -> None:
    """Note that a text was checked today and holds for another while; the English one speaks for its translations."""
    here = answers.c.key == key if language == DEFAULT_LANGUAGE else sa.and_(
        answers.c.key == key, answers.c.language == language
    )  # fmt: skip
    today = clock.today()
    dates = {"reviewed_on": today.isoformat(), "review_by": (today + dt.timedelta(days=HOLDS_DAYS)).isoformat()}
    for row in conn.execute(sa.select(answers.c.id, answers.c.facts).where(here)).all():
        facts = json.dumps({**json.loads(row.facts), **dates}, ensure_ascii=False)
        conn.execute(sa.update(answers).where(answers.c.id == row.id).values(facts=facts))


def raise_version(conn: Connection) -> int:
    """Have every process read the content again; the new version."""
    insert_once(conn, content_version, {"id": 1, "version": 0}, ("id",))
    conn.execute(sa.update(content_version).values(version=content_version.c.version + 1))
    return int(conn.execute(sa.select(content_version.c.version)).scalar_one())


def version(conn: Connection) -> int | None:
    """The content version of the database; None before the first import."""
    found: int | None = conn.execute(sa.select(content_version.c.version)).scalar()
    return found


def published(conn: Connection) -> Iterator[tuple[str, str, Answer]]:
    """Every published key, language and answer; without text where editors took it away."""
    for row in conn.execute(sa.select(answers).where(~_OF_A_FACT)):
        yield row.key, row.language, answer_of(row)


def answer_of(row: sa.engine.Row) -> Answer:
    """An answer from its row."""
    return Answer(row.text, unpack(row.buttons), json.loads(row.facts))


def published_facts(conn: Connection) -> dict[str, Fact]:
    """Every fact that has a published value, by name."""
    values: dict[str, dict[str, str]] = {}
    for row in conn.execute(
        sa.select(answers.c.key, answers.c.language, answers.c.text).where(_OF_A_FACT, answers.c.text != "")
    ):
        values.setdefault(row.key[len(PREFIX) :], {})[row.language] = row.text
    found = {}
    for row in conn.execute(sa.select(content_facts)):
        if values.get(row.name, {}).get(ANY):
            found[row.name] = fact_of(row, values[row.name])
    return found


def fact_of(row: sa.engine.Row, values: dict[str, str]) -> Fact:
    """A fact from its row and its values."""
    return Fact(
        row.name, values, row.kind, row.label, row.owner, row.source, row.reviewed_on, row.review_by, row.on_expiry,
        row.version,
    )  # fmt: skip
