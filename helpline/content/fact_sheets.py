"""Facts as editors keep them: who owns them, where they come from, until when they hold, and who repeats them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.content import history, rights, store
from helpline.content.facts import ANY, KINDS, ON_EXPIRY, PREFIX, Fact, day
from helpline.db.engine import insert_once
from helpline.db.schema import answers, content_facts
from helpline.errors import InputError, StaleVersion

EDITABLE = ("kind", "label", "owner", "source", "reviewed_on", "review_by", "on_expiry")
DAYS = {"phone": 30, "address": 30, "hours": 30, "amount": 90, "link": 90, "other": 90}
"""How long a check holds: 30 days for where and when, 90 for the rest (services.md 4.6)."""
STAGES = ("expired", "now", "soon", "unchecked", "good")
_NAME = re.compile(r"[a-z][a-z0-9_]{1,59}")
_LENGTHS = {"label": 120, "owner": 80, "source": 300}


@dataclass(frozen=True)
class Kept:
    """A fact with the texts that repeat it."""

    fact: Fact
    uses: tuple[tuple[str, str], ...]
    """Keys and languages."""

    @property
    def answers(self) -> int:
        """How many answers repeat it."""
        return len({key for key, _ in self.uses})


def listed(conn: Connection) -> list[Kept]:
    """Every fact, the most pressing first."""
    today = clock.today()
    found = [Kept(fact, tuple(rights.uses(conn, fact.name))) for fact in _facts(conn).values()]
    return sorted(found, key=lambda one: (STAGES.index(one.fact.stage(today)), one.fact.review_by or "", one.fact.name))


def due(conn: Connection, today: dt.date | None = None) -> list[Fact]:
    """Facts whose owner is to be reminded now: 14 and 3 days before they grow old, and once they are."""
    on = today or clock.today()
    return [fact for fact in _facts(conn).values() if fact.stage(on) in ("soon", "now", "expired")]


def get(conn: Connection, name: str) -> Fact | None:
    """One fact, also without a live value."""
    return _facts(conn).get(name)


def add(conn: Connection, name: str, typed: Mapping[str, str], account_id: int) -> str:
    """A new fact, still without a value: that goes the way of every text. Raises InputError."""
    name = name.strip().lower().replace(" ", "_").replace("-", "_")
    if not _NAME.fullmatch(name):
        raise InputError("error.content_fact_name")
    values = {**_usable(typed), "name": name, "version": 1, "updated_at": clock.now()}
    if insert_once(conn, content_facts, values, ("name",)) is None:
        raise InputError("error.content_fact_there")
    _told(conn, name, "added", values, account_id)
    return name


def save(conn: Connection, name: str, typed: Mapping[str, str], account_id: int, seen: int) -> None:
    """Change what is known about a fact (not its value). Raises InputError, StaleVersion."""
    _update(conn, name, _usable(typed), account_id, seen, "set")


def checked(conn: Connection, name: str, account_id: int, seen: int) -> None:
    """The value is true today: it holds for another while."""
    fact = get(conn, name)
    if fact is None:
        raise StaleVersion("The fact is gone.")
    today = clock.today()
    until = today + dt.timedelta(days=DAYS[fact.kind])
    values = {"reviewed_on": today.isoformat(), "review_by": until.isoformat()}
    _update(conn, name, values, account_id, seen, "checked")


def _update(conn: Connection, name: str, values: Mapping[str, object], account_id: int, seen: int, event: str) -> None:
    mine = sa.and_(content_facts.c.name == name, content_facts.c.version == seen)
    raised = {**values, "version": seen + 1, "updated_at": clock.now()}
    if conn.execute(sa.update(content_facts).where(mine).values(**raised)).rowcount != 1:
        raise StaleVersion("Somebody changed this fact meanwhile.")
    _told(conn, name, event, values, account_id)
    store.raise_version(conn)


def _told(conn: Connection, name: str, event: str, values: Mapping[str, object], account_id: int) -> None:
    why = "; ".join(f"{key}: {value}" for key, value in values.items() if key in EDITABLE)
    value = conn.execute(
        sa.select(answers.c.text).where(answers.c.key == PREFIX + name, answers.c.language == ANY)
    ).scalar()
    history.record(conn, PREFIX + name, ANY, event, value or "", account_id=account_id, why=why)


def _usable(typed: Mapping[str, str]) -> dict[str, object]:
    values: dict[str, object] = {name: " ".join(typed.get(name, "").split())[:most] for name, most in _LENGTHS.items()}
    kind, on_expiry = typed.get("kind", ""), typed.get("on_expiry", "")
    if kind not in KINDS or on_expiry not in ON_EXPIRY:
        raise InputError("error.form")
    missing = [name for name in ("label", "owner", "source") if not values[name]]
    if missing:
        raise InputError("error.content_fact_missing")
    for name in ("reviewed_on", "review_by"):
        written = typed.get(name, "").strip()
        if written and day(written) is None:
            raise InputError("error.content_date")
        values[name] = written or None
    reviewed, until = day(typed.get("reviewed_on", "").strip()), day(typed.get("review_by", "").strip())
    if reviewed and (reviewed > clock.today() or (until and until < reviewed)):
        raise InputError("error.content_date_order")
    if reviewed and until is None:
        values["review_by"] = (reviewed + dt.timedelta(days=DAYS[kind])).isoformat()
    return {**values, "kind": kind, "on_expiry": on_expiry}


def _facts(conn: Connection) -> dict[str, Fact]:
    values: dict[str, dict[str, str]] = {}
    said = sa.select(answers.c.key, answers.c.language, answers.c.text)
    for row in conn.execute(said.where(answers.c.key.startswith(PREFIX, autoescape=True), answers.c.text != "")):
        values.setdefault(row.key[len(PREFIX) :], {})[row.language] = row.text
    rows = conn.execute(sa.select(content_facts).order_by(content_facts.c.name))
    return {row.name: store.fact_of(row, values.get(row.name, {})) for row in rows}
