"""The links that answers and facts give, and whether they lead anywhere; looked at by the worker, and only when asked.

The one place that goes out is helpline/worker/links.py. States: waits, works, moved (people still arrive, or somebody
must look where), gone (404, 410), failed (no answer that tells), refused (not looked at: the setting forbids it).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.content.check import LINK
from helpline.db.engine import insert_missing
from helpline.db.schema import answer_changes, answers
from helpline.db.schema import content_links as table

STATES = ("gone", "failed", "moved", "refused", "waits", "works")
"""Worst first."""
BAD = ("gone", "failed")
LONGEST = 500


@dataclass(frozen=True)
class Link:
    """An address, what was found there, and which texts give it."""

    url: str
    state: str
    detail: str
    asked_at: int | None
    checked_at: int | None
    bad_since: int | None
    uses: tuple[tuple[str, str], ...] = ()

    @property
    def bad(self) -> bool:
        """Whether people who follow it arrive nowhere, as far as is known."""
        return self.state in BAD


def in_text(text: str) -> list[str]:
    """The addresses of a text, each once, as they would be followed."""
    found = (one if one.lower().startswith("http") else f"https://{one}" for one in LINK.findall(text))
    return list(dict.fromkeys(one for one in found if len(one) <= LONGEST))


def used(conn: Connection) -> dict[str, tuple[tuple[str, str], ...]]:
    """Every address of live texts and of changes on their way, with the key and language of each text."""
    found: dict[str, dict[tuple[str, str], None]] = {}
    for source in (answers, answer_changes):
        holds = sa.or_(source.c.text.contains("http"), source.c.text.contains("www."), source.c.text.contains("HTTP"))
        for row in conn.execute(sa.select(source.c.key, source.c.language, source.c.text).where(holds)):
            for url in in_text(row.text):
                found.setdefault(url, {})[row.key, row.language] = None
    return {url: tuple(uses) for url, uses in found.items()}


def listed(conn: Connection) -> list[Link]:
    """Every address in use with what is known of it, the worst first."""
    known = {row.url: row for row in conn.execute(sa.select(table))}
    found = [
        Link(url, row.state, row.detail, row.asked_at, row.checked_at, row.bad_since, uses)
        if (row := known.get(url)) is not None
        else Link(url, "waits", "", None, None, None, uses)
        for url, uses in used(conn).items()
    ]
    return sorted(found, key=lambda one: (STATES.index(one.state), one.url))


def bad(conn: Connection, among: Iterable[str] | None = None) -> list[Link]:
    """The addresses that lead nowhere: of all texts, or of those given."""
    wanted = None if among is None else set(among)
    if wanted is not None and not wanted:
        return []
    columns = (table.c[name] for name in ("url", "state", "detail", "asked_at", "checked_at", "bad_since"))
    rows = [Link(*row) for row in conn.execute(sa.select(*columns).where(table.c.state.in_(BAD)))]
    return [one for one in rows if wanted is None or one.url in wanted]


def ask(conn: Connection, older_than: int | None = None) -> int:
    """Have the worker look at every address in use, or at those not looked at since a moment; how many wait now.

    Addresses that no text gives any more are forgotten.
    """
    now = list(used(conn))
    gone = [row.url for row in conn.execute(sa.select(table.c.url)) if row.url not in set(now)]
    if gone:
        conn.execute(sa.delete(table).where(table.c.url.in_(gone)))
    insert_missing(conn, table, [{"url": url, "state": "waits", "detail": ""} for url in now], ("url",))
    due = [table.c.asked_at.is_(None)]
    if older_than is not None:
        due.append(sa.or_(table.c.checked_at.is_(None), table.c.checked_at < older_than))
    conn.execute(sa.update(table).where(*due).values(asked_at=clock.now()))
    return waiting(conn)


def waiting(conn: Connection) -> int:
    """How many addresses the worker has still to look at."""
    query = sa.select(sa.func.count()).select_from(table).where(table.c.asked_at.is_not(None))
    return int(conn.execute(query).scalar_one())


def claim(conn: Connection) -> str | None:
    """The next address to look at, taken so that no other worker looks too."""
    due = table.c.asked_at.is_not(None)
    for row in conn.execute(sa.select(table.c.id, table.c.url).where(due).order_by(table.c.asked_at, table.c.id)).all():
        if conn.execute(sa.update(table).where(table.c.id == row.id, due).values(asked_at=None)).rowcount:
            return str(row.url)
    return None


def found(conn: Connection, url: str, state: str, detail: str) -> None:
    """Note what was found at an address."""
    since = conn.execute(sa.select(table.c.bad_since).where(table.c.url == url)).scalar()
    now = clock.now()
    values = {"state": state, "detail": detail[:200], "checked_at": now, "bad_since": None}
    if state in BAD:
        values["bad_since"] = since or now
    conn.execute(sa.update(table).where(table.c.url == url).values(**values))
