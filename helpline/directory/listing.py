"""The directory as those who keep it see it: every service, also retired ones, found in any spelling."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, places
from helpline.db.schema import draft_answers, services
from helpline.directory.entry import FIELDS, Entry
from helpline.nlu.normalise import normalise, unaccented

SOON_DAYS = 14
"""How long before its review date a service is said to expire."""
STATES = ("offered", "expiring", "expired", "unverified", "retired")
MOST_WORDS = 8
_ASCII_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Filter:
    """Which services to list. Expired ones are those people are told to phone first; unverified: never checked."""

    asked: str = ""
    kind: str = ""
    town: str = ""
    state: str = "offered"


@dataclass(frozen=True)
class Listed:
    """A service with what its keepers need: the version to change it by, and whether imports leave it alone."""

    entry: Entry
    updated_at: int
    edited_at: int | None

    @property
    def state(self) -> str:
        """retired, expired, expiring, unverified, or offered when nothing is to be done."""
        today = clock.today()
        if self.entry.retired:
            return "retired"
        if self.entry.expired(today.isoformat()):
            return "expired" if self.entry.reviewed_on else "unverified"
        if (self.entry.review_by or "") <= (today + dt.timedelta(days=SOON_DAYS)).isoformat():
            return "expiring"
        return "offered" if self.entry.reviewed_on else "unverified"


@dataclass(frozen=True)
class DraftAnswer:
    """A question with its answer from somebody's list, not live."""

    id: int
    language: str
    question: str
    answer: str
    source: str
    updated_on: str | None


def listed(
    conn: Connection, chosen: Filter, kind_names: Mapping[str, str], limit: int, offset: int = 0
) -> tuple[list[Listed], int]:
    """A page of services and how many there are in all.

    `kind_names` are the words to find each kind by, in any languages. A word that nothing has in it is tried as the
    name of a place, in any script.
    """
    where, order = _where(chosen), _order(chosen.state)
    if not _folded(chosen.asked):
        total = conn.execute(sa.select(sa.func.count()).select_from(services).where(*where)).scalar_one()
        rows = conn.execute(_COLUMNS.where(*where).order_by(*order).limit(limit).offset(offset))
        return [_listed(row) for row in rows], int(total)
    columns = (services.c[name] for name in ("id", "name", "kind", "town", "address", "postcode"))
    rows = conn.execute(sa.select(*columns).where(*where).order_by(*order)).all()
    numbers = _matching(rows, chosen.asked, kind_names)
    page = numbers[offset : offset + limit]
    found = {row.id: _listed(row) for row in conn.execute(_COLUMNS.where(services.c.id.in_(page)))}
    return [found[number] for number in page if number in found], len(numbers)


def get_any(conn: Connection, service_id: int) -> Listed | None:
    """One service, also a retired one."""
    row = conn.execute(_COLUMNS.where(services.c.id == service_id)).first()
    return None if row is None else _listed(row)


def counts(conn: Connection) -> dict[str, int]:
    """How many services each state has."""
    sums = (sa.func.sum(sa.case((sa.and_(*_in_state(state)), 1), else_=0)).label(state) for state in STATES)
    row = conn.execute(sa.select(*sums).select_from(services)).one()
    return {state: int(row._mapping[state] or 0) for state in STATES}


def towns(conn: Connection) -> list[str]:
    """Every town that has a service, in order."""
    found = conn.execute(sa.select(services.c.town).where(services.c.town != "").distinct()).scalars()
    return sorted((str(town) for town in found), key=_folded)


def draft_answers_waiting(conn: Connection, limit: int) -> tuple[list[DraftAnswer], int]:
    """The draft answers nobody has looked at, newest list first, and how many there are."""
    table, waiting = draft_answers, draft_answers.c.state == "draft"
    columns = (table.c[name] for name in DraftAnswer.__dataclass_fields__)
    rows = conn.execute(sa.select(*columns).where(waiting).order_by(table.c.created_at.desc(), table.c.id).limit(limit))
    total = conn.execute(sa.select(sa.func.count()).select_from(table).where(waiting)).scalar_one()
    return [DraftAnswer(**row._mapping) for row in rows], int(total)


_COLUMNS = sa.select(*(services.c[name] for name in FIELDS), services.c.updated_at, services.c.edited_at)


def _listed(row: Any) -> Listed:
    values = dict(row._mapping)
    updated_at, edited_at = values.pop("updated_at"), values.pop("edited_at")
    return Listed(Entry(**values), updated_at, edited_at)


def _where(chosen: Filter) -> list[Any]:
    where = _in_state(chosen.state)
    if chosen.kind:
        where.append(services.c.kind == chosen.kind)
    if chosen.town:
        where.append(services.c.town == chosen.town)
    return where


def _in_state(state: str) -> list[Any]:
    today = clock.today()
    soon = (today + dt.timedelta(days=SOON_DAYS)).isoformat()
    by, offered = services.c.review_by, services.c.retired == sa.false()
    return {
        "offered": [offered],
        "expiring": [offered, by >= today.isoformat(), by <= soon],
        "expired": [offered, sa.or_(by.is_(None), by == "", by < today.isoformat())],
        "unverified": [offered, sa.or_(services.c.reviewed_on.is_(None), services.c.reviewed_on == "")],
        "retired": [services.c.retired == sa.true()],
    }[state]


def _order(state: str) -> list[Any]:
    by_name = [sa.func.lower(services.c.name), services.c.id]
    return [sa.func.coalesce(services.c.review_by, ""), *by_name] if state in ("expiring", "expired") else by_name


def _matching(rows: list[Any], asked: str, kind_names: Mapping[str, str]) -> list[int]:
    """Ids of the rows that hold every word; if none does, of those in the places the words name."""
    words = _folded(asked[:200]).split()[:MOST_WORDS]
    kinds = {kind: f"{kind} {_folded(kind_names.get(kind, ''))}" for kind in {row.kind for row in rows}}
    held = [
        (row.id, f"{_folded(f'{row.name} {row.town} {row.address} {row.postcode}')} {kinds[row.kind]}") for row in rows
    ]
    found = [number for number, text in held if all(word in text for word in words)]
    if found:
        return found
    whole = _names_of_place(asked)
    if whole:
        return [row.id for row in rows if _folded(row.town) in whole]
    named = {word: _names_of_place(word) for word in words}
    town_of = {row.id: _folded(row.town) for row in rows}
    return [
        number
        for number, text in held
        if all(word in text or town_of[number] in named[word] for word in words)
    ]  # fmt: skip


def _names_of_place(text: str) -> set[str]:
    return {_folded(place.name.partition(" (")[0]) for place in places.find(text)}


@lru_cache(maxsize=60_000)
def _folded(text: str) -> str:
    """Lower case, no accents, vowel marks or punctuation: how everybody may type it."""
    bare = unaccented(text).replace("'", "")
    if bare.isascii():
        return " ".join(_ASCII_WORD.findall(bare.lower()))
    return unaccented(normalise(text)).replace("'", "")
