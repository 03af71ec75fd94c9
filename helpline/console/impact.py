"""What the figures say beside the lists of answers and topics: asked, passed on, helped, and when it last changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.console import insights
from helpline.content.facts import PREFIX
from helpline.db.schema import answers, training_changes
from helpline.insights import charts, tables


@dataclass(frozen=True)
class Impact:
    """By topic, from the whole months that hold the last 30 days; None where a figure is held back."""

    asked: Mapping[str, int | None]
    passed_on: Mapping[str, int | None]
    helped: Mapping[str, int | None]
    """Hundredths of those who tapped."""


def read(conn: Connection) -> Impact:
    """What may be said to who is signed in: as on the page of insights, alarming topics only to coordinators."""
    seen = insights.alarmed()

    def shown(told: Mapping[str, int | None]) -> dict[str, int | None]:
        return {topic: count for topic, count in told.items() if seen or not charts.is_alarming(topic)}

    asked, passed_on = tables.all_asked(conn), tables.all_asked(conn, outcome="people")
    return Impact(shown(asked), shown(passed_on), shown(tables.helped(tables.lately(conn))))


def answers_changed(conn: Connection) -> dict[str, str]:
    """The day on which each answer was last changed, in whichever language; not those that came with the helpdesk."""
    query = sa.select(answers.c.key, sa.func.max(answers.c.updated_at)).where(answers.c.origin != "starter")
    plain = query.where(~answers.c.key.startswith(PREFIX, autoescape=True))
    return _days(conn.execute(plain.group_by(answers.c.key)))


def topics_changed(conn: Connection) -> dict[str, str]:
    """The day on which somebody last changed the examples or the life of each topic."""
    query = sa.select(training_changes.c.intent, sa.func.max(training_changes.c.at))
    by_people = query.where(training_changes.c.account_id.is_not(None))
    return _days(conn.execute(by_people.group_by(training_changes.c.intent)))


def _days(rows: Iterable[Any]) -> dict[str, str]:
    return {name: clock.local(at).date().isoformat() for name, at in rows}
