"""What a text is held against, and whether two people must see it."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline.content import history, store
from helpline.content.answer import text_hash, unpack
from helpline.content.check import Context
from helpline.content.facts import ANY, PREFIX
from helpline.content.sensitive import FOUR_EYES, sensitive
from helpline.content.starter import DEFAULT_LANGUAGE, read_starter
from helpline.db.schema import answers, content_facts, content_version
from helpline.errors import InputError

_ALWAYS = frozenset({"organisation"})
_OURS = frozenset({"/helped_yes", "/helped_no", "/rated_good", "/rated_bad"})
_NAME = "utter_name_"


def context(conn: Connection, key: str, language: str) -> Context:
    """Everything check.check asks about an answer and language."""
    rows = {row.language: row for row in conn.execute(sa.select(answers).where(answers.c.key == key))}
    texts = {code: store.answer_of(row) for code, row in rows.items() if row.text}
    variables: set[str] = set() if key.startswith(PREFIX) else set(_ALWAYS)
    for answer in [*texts.values(), *read_starter().get(key, {}).values()]:
        variables |= answer.variables
    source = texts.get(ANY if key.startswith(PREFIX) else DEFAULT_LANGUAGE)
    names = frozenset(conn.execute(sa.select(content_facts.c.name)).scalars())
    return Context(key, language, source, texts.get(language), frozenset(variables), names, payloads(conn))


def payloads(conn: Connection) -> frozenset[str]:
    """Where buttons may lead: every topic, and what buttons lead to already."""
    found = set(_OURS)
    for row in conn.execute(sa.select(answers.c.key, answers.c.buttons).where(
        sa.or_(answers.c.buttons != "[]", answers.c.key.startswith(_NAME, autoescape=True))
    )):  # fmt: skip
        found |= {button.payload for button in unpack(row.buttons)}
        if row.key.startswith(_NAME):
            found.add("/" + row.key[len(_NAME) :])
    return frozenset(found)


def source_hash(context: Context) -> str:
    """What tells later whether the source changed since the translation was made."""
    return "" if context.is_source or context.source is None else text_hash(context.source.text, context.source.buttons)


def fact_choices(conn: Connection) -> list[tuple[str, str, str]]:
    """Name, label and value of each fact, by label."""
    query = sa.select(content_facts.c.name, content_facts.c.label, answers.c.text).select_from(
        content_facts.join(answers, sa.and_(answers.c.key == PREFIX + content_facts.c.name, answers.c.language == ANY))
    )
    return [tuple(row) for row in conn.execute(query.where(answers.c.text != "").order_by(content_facts.c.label))]


def uses(conn: Connection, name: str) -> list[tuple[str, str]]:
    """Keys and languages of the live texts that repeat a fact."""
    query = sa.select(answers.c.key, answers.c.language).where(
        answers.c.text.contains(f"[[fact:{name}]]", autoescape=True)
    )
    return sorted((row.key, row.language) for row in conn.execute(query))


def needs_two(conn: Connection, key: str) -> bool:
    """Whether somebody else than its author must approve a text."""
    rule = four_eyes(conn)
    if rule != "sensitive":
        return rule == "all"
    repeats = {used: 1 for used, _ in uses(conn, key[len(PREFIX) :])} if key.startswith(PREFIX) else None
    return sensitive(key, repeats)


def four_eyes(conn: Connection) -> str:
    """Which texts two people must see: all, sensitive (the rule at the start) or none."""
    return str(conn.execute(sa.select(content_version.c.four_eyes)).scalar() or "sensitive")


def set_four_eyes(conn: Connection, rule: str, account_id: int) -> None:
    """Choose which texts two people must see; kept in the history."""
    if rule not in FOUR_EYES:
        raise InputError("error.form")
    if rule != four_eyes(conn):
        conn.execute(sa.update(content_version).values(four_eyes=rule))
        history.record(conn, "setting:four_eyes", ANY, "set", rule, account_id=account_id)
