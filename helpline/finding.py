"""Finding a case again by alias, topic or word, in any script; within what is kept and what the account may see.

Texts are encrypted, so words are looked for among the newest messages only, opened one by one and forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import cases, contacts, inbox, outbox
from helpline.db import schema
from helpline.db.vault import Vault
from helpline.nlu.normalise import normalise

FOUND = 50
OPENED = 3000
"""Messages of each direction looked into, newest first: a tenth of a second or two."""


def find(
    conn: Connection,
    vault: Vault,
    asked: str,
    topics: Mapping[str, str],
    *,
    readable: Callable[[cases.Case], bool] = lambda _case: True,
    named_to: Callable[[cases.Case], bool] = lambda _case: True,
) -> list[cases.Case]:
    """Cases that have every word of the search in alias, topic name, question or messages; newest first.

    A word is found only in cases whose words the account may read, and a topic only where it may know it: whoever
    may not open a case must not learn by trying words what is in it.
    """
    wanted = words(asked)
    if not wanted:
        return []
    named = [topic for topic, name in topics.items() if _has(wanted, words(name))]
    table = schema.cases
    alias = contacts.alias_has(asked.split()[:8])
    where = [sa.or_(alias, table.c.topic.in_(named)) if asked.split() else table.c.topic.in_(named)]
    found = {case.id: case for case in cases.select(conn, *where, order=[table.c.id.desc()], limit=FOUND)}
    asked_alias = asked.casefold().split()
    for case in list(found.values()):
        if not named_to(case) and not all(word in case.alias.casefold() for word in asked_alias):
            del found[case.id]
    ids = _said(conn, vault, wanted) - set(found)
    if ids:
        chosen = sorted(ids, reverse=True)[:FOUND]
        found |= {case.id: case for case in cases.select(conn, table.c.id.in_(chosen)) if readable(case)}
    return sorted(found.values(), key=lambda case: -case.id)[:FOUND]


def _said(conn: Connection, vault: Vault, wanted: list[str]) -> set[int]:
    """Ids of cases with a message in which every word occurs."""
    hits: set[int] = set()
    received, sent = schema.inbox, schema.outbox
    query = sa.select(received.c.case_id, received.c.body_sealed).where(received.c.case_id.is_not(None))
    for row in conn.execute(query.order_by(received.c.id.desc()).limit(OPENED)):
        if row.case_id not in hits and _has(wanted, words(inbox.unpack(vault.open(row.body_sealed)).text or "")):
            hits.add(row.case_id)
    query = sa.select(sent.c.case_id, sent.c.body_sealed).where(sent.c.case_id.is_not(None), sent.c.author == "agent")
    for row in conn.execute(query.order_by(sent.c.id.desc()).limit(OPENED)):
        if row.case_id not in hits and _has(wanted, words(outbox.unpack(vault.open(row.body_sealed)).text)):
            hits.add(row.case_id)
    return hits


def words(text: str) -> list[str]:
    """Words in one spelling, without vowel marks; Arabic ones without the article."""
    found = []
    for word in normalise(text[:2000]).split():
        bare = word[2:] if word.startswith("ال") and len(word) > 4 else word
        if any(letter.isalnum() for letter in bare):
            found.append(bare)
    return found


def _has(wanted: list[str], held: list[str]) -> bool:
    return all(any(word.startswith(one) for word in held) for one in wanted)
