"""Whose a text is: who was given it to write or read, and who keeps a fact that it repeats."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline.console import current
from helpline.content import tasks
from helpline.content.coverage import Row
from helpline.content.facts import PREFIX
from helpline.content.search import Item
from helpline.db.schema import content_facts as facts


@dataclass(frozen=True)
class Kept:
    """What one person has to see to."""

    texts: frozenset[tuple[str, str]]
    """Answer and language that were given to them."""
    facts: frozenset[str]
    repeating: frozenset[str]
    """The answers that repeat one of the facts."""

    def has_row(self, row: Row, language: str) -> bool:
        """Whether an answer is theirs, in the language if one is chosen."""
        given = {code for key, code in self.texts if key == row.key}
        return row.key in self.repeating or bool(given & {language} if language else given)

    def has(self, item: Item) -> bool:
        """Whether a text is theirs; an example is whose the answer to its topic is."""
        key = f"utter_{item.key}" if item.kind == "example" else item.key
        return (key, item.language) in self.texts or item.key in self.facts | self.repeating


def names(conn: Connection) -> list[str]:
    """Everybody who has a text to do or keeps a fact."""
    keepers = conn.execute(sa.select(facts.c.owner).where(facts.c.owner != "").distinct()).scalars()
    return sorted({*keepers, *(one.who for one in tasks.all_open(conn) if one.who)}, key=str.casefold)


def kept_by(conn: Connection, owner: str) -> Kept:
    """What somebody has to see to, by name, in small or capital letters; nothing for a name nobody has."""
    wanted = owner.casefold()
    given = {(one.key, one.language) for one in tasks.all_open(conn) if one.who.casefold() == wanted}
    rows = conn.execute(sa.select(facts.c.name, facts.c.owner).where(facts.c.owner != ""))
    own = {f"{PREFIX}{row.name}" for row in rows if row.owner.casefold() == wanted}
    own |= {key for key, _ in given if key.startswith(PREFIX)}
    return Kept(frozenset(given), frozenset(own), frozenset(repeating(own)))


def repeating(keys: Collection[str]) -> set[str]:
    """The answers that repeat one of the facts."""
    if not keys:
        return set()
    published = current.service().answers.items()
    return {key for key, _, answer in published if set(keys) & {f"{PREFIX}{name}" for name in answer.fact_names}}
