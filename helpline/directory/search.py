"""Which services are near: the nearest by distance, or the best to go to now."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock
from helpline.db.schema import services
from helpline.directory.entry import FIELDS, Entry
from helpline.directory.hours import UNKNOWN, Opening, opening
from helpline.places import distance_km

WITHIN_KM = 60.0
"""Further away is not "near"; a person helps instead."""
LOOK_KM = (0.7, 3.0, 10.0, 25.0, WITHIN_KM)
"""Boxes to look in, one after the other, until enough is found: few rows are read wherever services crowd."""
POOL = 10
"""How many of the nearest are compared when opening hours and suitability count."""
LATER_KM, CLOSED_KM, HOURS_UNKNOWN_KM = 3.0, 6.0, 2.0
AUDIENCE_KM = {"yes": 0.0, "ask": 1.5, "unknown": 3.0}
EXPIRED_KM = 2.0
"""Handicaps: how many km nearer a closed, unsure or expired one must be to come first all the same."""
SOON_SECONDS = 4 * 3600
_KM_PER_DEGREE = 111.2


@dataclass(frozen=True)
class Found:
    """A service near a point."""

    entry: Entry
    km: float
    opening: Opening = UNKNOWN
    reason: str = "near"
    """near, or why it came before a nearer one: open, suitable."""
    expired: bool = False


def nearest(
    conn: Connection,
    kind: str | Mapping[str, float],
    latitude: float,
    longitude: float,
    limit: int = 3,
    at: int | None = None,
) -> list[Found]:
    """The nearest services of a kind within 60 km, nearest first.

    With `at` (a moment) those that are open, surely for people without papers, and freshly checked come before
    merely nearer ones, and `reason` says why. `kind` may be several, each with a handicap in km.
    """
    handicaps = {kind: 0.0} if isinstance(kind, str) else dict(kind)
    wanted = limit if at is None else max(limit, POOL)
    close: list[tuple[float, int]] = []
    for one in handicaps:
        close += _close(conn, one, latitude, longitude, wanted)
    close.sort()
    entries = _entries(conn, [number for _, number in close])
    today = (clock.local(at).date() if at is not None else clock.today()).isoformat()
    found = [
        Found(
            entries[number],
            km,
            opening(entries[number].hours, at if at is not None else clock.now()),
            expired=entries[number].expired(today),
        )
        for km, number in close
    ]
    if at is None:
        found.sort(key=lambda one: (one.km + handicaps[one.entry.kind], one.entry.id))
        return found[:limit]
    return _best(found, handicaps, at, limit)


def get(conn: Connection, service_id: int) -> Entry | None:
    """One service, or None when there is no such or it was retired."""
    entry = _entries(conn, [service_id]).get(service_id)
    return None if entry is None or entry.retired else entry


def one(conn: Connection, service_id: int, at: int) -> Found | None:
    """One service as it is at a moment, without a distance."""
    entry = get(conn, service_id)
    if entry is None:
        return None
    expired = entry.expired(clock.local(at).date().isoformat())
    return Found(entry, 0.0, opening(entry.hours, at), expired=expired)


def _best(found: list[Found], handicaps: Mapping[str, float], at: int, limit: int) -> list[Found]:
    def score(one: Found) -> tuple[float, int]:
        return one.km + handicaps[one.entry.kind] + _handicap(one, at), one.entry.id

    ranked = sorted(found, key=score)[:limit]
    result = []
    for number, one in enumerate(ranked):
        passed = [other for other in found if other.km < one.km and other not in ranked[:number]]
        reason = "near"
        if any(one.opening.state == "open" and other.opening.state != "open" for other in passed):
            reason = "open"
        elif any(_suits(one) < _suits(other) for other in passed):
            reason = "suitable"
        result.append(Found(one.entry, one.km, one.opening, reason, one.expired))
    return result


def _suits(one: Found) -> float:
    return AUDIENCE_KM[one.entry.audience] + EXPIRED_KM * one.expired


def _handicap(one: Found, at: int) -> float:
    opens = one.opening.changes_at
    if one.opening.state == "open":
        closed = 0.0
    elif one.opening.state == "unknown":
        closed = HOURS_UNKNOWN_KM
    else:
        closed = LATER_KM if opens is not None and opens - at <= SOON_SECONDS else CLOSED_KM
    return closed + _suits(one)


def _close(conn: Connection, kind: str, latitude: float, longitude: float, wanted: int) -> list[tuple[float, int]]:
    """Distance and row of the `wanted` nearest, within 60 km."""
    close: list[tuple[float, int]] = []
    for reach in LOOK_KM:
        north = reach / _KM_PER_DEGREE
        east = north / max(0.2, math.cos(math.radians(min(80.0, abs(latitude) + north))))
        rows = conn.execute(
            _BOX,
            {
                "kind": kind,
                "south": latitude - north,
                "north": latitude + north,
                "west": longitude - east,
                "east": longitude + east,
            },
        ).all()
        close = sorted((distance_km(latitude, longitude, row[1], row[2]), row[0]) for row in rows)
        close = [one for one in close if one[0] <= reach]
        if len(close) >= wanted:
            break
    return close[:wanted]


_BOX = sa.select(services.c.id, services.c.latitude, services.c.longitude).where(
    services.c.kind == sa.bindparam("kind"),
    services.c.latitude.between(sa.bindparam("south"), sa.bindparam("north")),
    services.c.longitude.between(sa.bindparam("west"), sa.bindparam("east")),
    services.c.retired == sa.false(),
)
_COLUMNS = sa.select(*(services.c[name] for name in FIELDS))


def _entries(conn: Connection, numbers: list[int]) -> dict[int, Entry]:
    if not numbers:
        return {}
    rows = conn.execute(_COLUMNS.where(services.c.id.in_(numbers)))
    return {row.id: Entry(**row._mapping) for row in rows}
