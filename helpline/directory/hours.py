"""Opening hours in OpenStreetMap's form, read by its reference grammar, with Dutch holidays and Dutch time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from opening_hours import OpeningHours, State, validate

from helpline import clock

AHEAD_DAYS = 14
"""An opening further away than this is not worth saying."""


@dataclass(frozen=True)
class Opening:
    """Open now, closed now, or not known; and when that changes (seconds since 1970), if it soon does."""

    state: str
    """open, closed or unknown."""
    changes_at: int | None = None


UNKNOWN = Opening("unknown")


def valid(expression: str) -> bool:
    """Whether the grammar can read it."""
    return bool(expression.strip()) and bool(validate(expression))


def opening(expression: str, at: int) -> Opening:
    """Whether a service is open at a moment. On a public holiday that the hours do not mention nobody knows."""
    parsed = _parse(expression)
    if parsed is None:
        return UNKNOWN
    moment = clock.local(at)
    if "PH" not in expression and "24/7" not in expression and _holidays().is_open(_noon(moment)):
        return UNKNOWN
    state, _comment = parsed.state(moment)
    if state == State.UNKNOWN:
        return UNKNOWN
    change = parsed.next_change(moment)
    soon = change is not None and change - moment <= dt.timedelta(days=AHEAD_DAYS)
    changes_at = int(change.timestamp()) if change is not None and soon else None
    if state != State.OPEN and changes_at is None:
        return Opening("closed")
    return Opening("open" if state == State.OPEN else "closed", changes_at)


def _noon(moment: dt.datetime) -> dt.datetime:
    return moment.replace(hour=12, minute=0, second=0, microsecond=0)


@lru_cache(maxsize=2048)
def _parse(expression: str) -> OpeningHours | None:
    if not valid(expression):
        return None
    return OpeningHours(expression, timezone=clock.ZONE, country="NL", max_interval_days=366)


@lru_cache(maxsize=1)
def _holidays() -> OpeningHours:
    return OpeningHours("PH", timezone=clock.ZONE, country="NL", max_interval_days=366)
