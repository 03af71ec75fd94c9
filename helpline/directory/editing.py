"""Services as people write them: every field checked and explained, and no change that somebody else's would undo."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, places
from helpline.db.schema import draft_answers, services
from helpline.directory import draft
from helpline.directory import hours as opening_hours
from helpline.directory.entry import AUDIENCES, BRING, kinds
from helpline.directory.listing import Listed
from helpline.errors import StaleVersion
from helpline.places import Place, distance_km

ORIGIN = "desk"
"""Beginning of the keys of services that people added."""
REVIEW_DAYS, LONGEST_REVIEW_DAYS = 30, 90
"""Addresses are looked at again after a month; nothing stays unchecked longer than three."""
APART_KM = 25.0
"""Further from its own postcode or town than this, one of the two is wrong."""
EDITABLE = (
    "name", "kind", "audience", "address", "postcode", "town", "latitude", "longitude", "phones", "website", "hours",
    "languages", "bring", "source", "reviewed_on", "review_by",
)  # fmt: skip
SHORTENERS = frozenset({"bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly", "is.gd", "buff.ly", "cutt.ly", "t.ly"})
_POSTCODE = re.compile(r"([1-9]\d{3})\s*([A-Za-z]{2})?")


@dataclass(frozen=True)
class Fault:
    """What is wrong with a field: the key of the text that says so, and what it is about."""

    key: str
    about: str = ""


@dataclass(frozen=True)
class Checked:
    """A form that was read: what to store, and what is wrong by field. Store it only without faults."""

    values: dict[str, Any]
    faults: dict[str, Fault]


def as_typed(listed: Listed) -> dict[str, str]:
    """A stored service as the fields of a form."""
    values = {name: getattr(listed.entry, name) for name in EDITABLE}
    return {name: _degrees(value) if isinstance(value, float) else str(value or "") for name, value in values.items()}


def check(row: Mapping[str, str], stored: Listed | None = None) -> Checked:
    """Check a form. `stored` is the service it changes: a new postcode or town moves it when nobody moved the pin."""
    typed = {name: draft.tidy(row.get(name)) for name in EDITABLE}
    faults: dict[str, Fault] = {}
    values: dict[str, Any] = {**typed}
    for name in ("name", "source"):
        if not typed[name]:
            faults[name] = Fault(f"{name}_missing")
    if typed["kind"] not in kinds():
        faults["kind"] = Fault("choose")
    if typed["audience"] not in AUDIENCES:
        faults["audience"] = Fault("choose")
    if typed["bring"] not in ("", *BRING):
        faults["bring"] = Fault("choose")
    numbers, wrong = draft.phones(str(row.get("phones") or "").replace("\r\n", "\n"))
    if wrong:
        faults["phones"] = Fault("phones", ", ".join(wrong)[:120])
    values["phones"] = ", ".join(numbers)
    values["website"] = _website(typed["website"], faults)
    if typed["hours"] and not opening_hours.valid(typed["hours"]):
        faults["hours"] = Fault("hours")
    values["reviewed_on"], values["review_by"] = _dates(typed, faults)
    values.update(_where(typed, stored, faults))
    for name in EDITABLE:
        length = getattr(services.c[name].type, "length", None)
        if name not in faults and length and len(str(values[name] or "")) > length:
            faults[name] = Fault("long", str(length))
    return Checked(values, {name: faults[name] for name in EDITABLE if name in faults})


def add(conn: Connection, values: Mapping[str, Any]) -> int:
    """A new service; its id. The same one twice, as from a form sent twice, is the first one."""
    same = [services.c[name] == values[name] for name in ("name", "kind", "town", "address", "postcode")]
    known = conn.execute(sa.select(services.c.id).where(*same, services.c.retired == sa.false())).scalar()
    if known is not None:
        return int(known)
    base = f"{ORIGIN}/{draft.slug(values['name'], values['town'], values['kind'])}"[:110]
    query = sa.select(services.c.key).where(services.c.key.startswith(base, autoescape=True))
    key = draft.unique(base, set(conn.execute(query).scalars()), [])
    at = clock.now()
    row = {**values, "key": key, "retired": False, "updated_at": at, "edited_at": at}
    return int(conn.execute(sa.insert(services).values(**row)).inserted_primary_key[0])


def save(conn: Connection, service_id: int, values: Mapping[str, Any], seen: int) -> None:
    """Change a service as it was at `seen` (its updated_at). Imports leave it alone from now on.

    Raises StaleVersion when somebody changed it since.
    """
    _change(conn, service_id, seen, **values, edited_at=clock.now())


def checked_today(conn: Connection, service_id: int, seen: int) -> None:
    """Somebody made sure today that the facts read at `seen` are true. Raises StaleVersion when they changed since."""
    today = clock.today()
    review_by = (today + dt.timedelta(days=REVIEW_DAYS)).isoformat()
    _change(conn, service_id, seen, reviewed_on=today.isoformat(), review_by=review_by)


def retire(conn: Connection, service_id: int, seen: int) -> None:
    """Offer it no longer; imports do not bring it back. Raises StaleVersion when it changed since `seen`."""
    _change(conn, service_id, seen, retired=True, edited_at=clock.now())


def bring_back(conn: Connection, service_id: int, seen: int) -> None:
    """Offer it again; imports do not retire it. Raises StaleVersion when it changed since `seen`."""
    _change(conn, service_id, seen, retired=False, edited_at=clock.now())


def follow_list(conn: Connection, service_id: int, seen: int) -> None:
    """Let the list it came from change it again. Raises StaleVersion when it changed since `seen`."""
    _change(conn, service_id, seen, edited_at=None)


def dismiss(conn: Connection, draft_id: int) -> bool:
    """Put a draft answer aside for good; whether it was still waiting."""
    waiting = sa.and_(draft_answers.c.id == draft_id, draft_answers.c.state == "draft")
    return bool(conn.execute(sa.update(draft_answers).where(waiting).values(state="dismissed")).rowcount)


def _change(conn: Connection, service_id: int, seen: int, **values: Any) -> None:
    later = max(clock.now(), seen + 1)  # two changes in one second are two versions
    where = sa.and_(services.c.id == service_id, services.c.updated_at == seen)
    if not conn.execute(sa.update(services).where(where).values(**values, updated_at=later)).rowcount:
        raise StaleVersion("Somebody changed this service since it was read.")


def _website(typed: str, faults: dict[str, Fault]) -> str:
    if not typed:
        return ""
    link = draft.safe_link(typed)
    host = (urlsplit(link).hostname or "").removeprefix("www.") if link else ""
    if not link.lower().startswith("https://"):
        faults["website"] = Fault("website")
    elif host in SHORTENERS:
        faults["website"] = Fault("shortened", host)
    return link


def _dates(typed: Mapping[str, str], faults: dict[str, Fault]) -> tuple[str | None, str | None]:
    found: dict[str, dt.date] = {}
    for name in ("reviewed_on", "review_by"):
        try:
            if typed[name]:
                found[name] = dt.date.fromisoformat(typed[name])
        except ValueError:
            faults[name] = Fault("date", typed[name][:40])
    reviewed, by = found.get("reviewed_on"), found.get("review_by")
    if reviewed and reviewed > clock.today():
        faults["reviewed_on"] = Fault("future")
    if by and not reviewed and "reviewed_on" not in faults:
        faults["reviewed_on"] = Fault("reviewed_missing")
    if reviewed and not by and "review_by" not in faults:
        by = reviewed + dt.timedelta(days=REVIEW_DAYS)
    if reviewed and by and not reviewed <= by <= reviewed + dt.timedelta(days=LONGEST_REVIEW_DAYS):
        faults["review_by"] = Fault("review_by", str(LONGEST_REVIEW_DAYS))
    return reviewed.isoformat() if reviewed else None, by.isoformat() if by else None


def _where(typed: Mapping[str, str], stored: Listed | None, faults: dict[str, Fault]) -> dict[str, Any]:
    """Coordinates, postcode and town that agree; the town as it is commonly written."""
    values: dict[str, Any] = {"town": typed["town"], "postcode": typed["postcode"]}
    by_postcode = None
    if typed["postcode"]:
        read = _POSTCODE.fullmatch(typed["postcode"])
        values["postcode"] = f"{read[1]} {read[2].upper()}" if read and read[2] else typed["postcode"]
        by_postcode = places.of_postcode(values["postcode"]) if read else None
        if by_postcode is None:
            faults["postcode"] = Fault("postcode", typed["postcode"][:20])
    by_town = places.find(typed["town"]) if typed["town"] else []
    if len(by_town) == 1 and by_town[0].kind == "town":
        values["town"] = by_town[0].name.partition(" (")[0]
    if by_postcode and by_town and not any(_near(by_postcode, one) for one in by_town):
        faults["postcode"] = Fault("postcode_town", typed["town"])
    near = [by_postcode] if by_postcode else by_town
    if (typed["latitude"] or typed["longitude"]) and not _moved(typed, stored):
        point = _point(typed, near, faults)
        if point:
            values["latitude"], values["longitude"] = point.latitude, point.longitude
            values["town"] = values["town"] or point.name
    elif not near and "postcode" not in faults:
        faults["town"] = Fault("where", typed["town"][:60])
    elif near and not by_postcode and len(near) > 1:
        faults["town"] = Fault("several", ", ".join(place.name for place in near[:6]))
    elif near:
        values["latitude"], values["longitude"] = near[0].latitude, near[0].longitude
        if not values["town"]:
            town = places.of_pin(near[0].latitude, near[0].longitude).nearest
            values["town"] = town.name.partition(" (")[0] if town else ""
    return values


def _point(typed: Mapping[str, str], near: list[Place], faults: dict[str, Fault]) -> Place | None:
    try:
        latitude, longitude = (float(typed[name].replace(",", ".")) for name in ("latitude", "longitude"))
    except ValueError:
        faults["latitude"] = Fault("coordinates")
        return None
    pin = places.of_pin(latitude, longitude)
    if not pin.inside:
        swapped = places.of_pin(longitude, latitude).inside
        faults["latitude"] = Fault("swapped" if swapped else "outside")
        return None
    town = pin.nearest.name.partition(" (")[0] if pin.nearest else ""
    point = Place(town, round(latitude, 6), round(longitude, 6), "town")
    if near and not any(_near(point, one) for one in near):
        faults["latitude"] = Fault("far", near[0].name)
    return point


def _moved(typed: Mapping[str, str], stored: Listed | None) -> bool:
    """Whether the postcode or town was changed and the coordinates were left as they stood."""
    if stored is None:
        return False
    before = as_typed(stored)
    pin, place = ("latitude", "longitude"), ("postcode", "town")
    return all(typed[name] == before[name] for name in pin) and any(typed[name] != before[name] for name in place)


def _near(one: Place, other: Place) -> bool:
    return distance_km(one.latitude, one.longitude, other.latitude, other.longitude) <= APART_KM


def _degrees(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")
