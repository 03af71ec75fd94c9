"""A service as a list gives it, checked and completed: the same rules for every kind of list."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from helpline import places
from helpline.directory import hours as opening_hours
from helpline.directory.entry import AUDIENCES, BRING, read_kind
from helpline.errors import InputError

_LENGTHS = {
    "name": 200, "town": 80, "address": 200, "postcode": 8, "phones": 200, "website": 200, "hours": 300,
    "languages": 80, "bring": 40, "source": 200,
}  # fmt: skip
_PHONE = re.compile(r"\+?[\d][\d ()./-]{1,20}")
_POSTCODE = re.compile(r"(?<!\d)([1-9]\d{3}) ?([A-Za-z]{2})?\b")
_KEY = re.compile(r"[^\w.-]+")


@dataclass(frozen=True)
class Draft:
    """A service to be stored under `key`."""

    key: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Question:
    """A question and its answer, for editors."""

    key: str
    question: str
    answer: str
    language: str = ""
    updated_on: str | None = None


@dataclass(frozen=True)
class Listing:
    """A list that was read."""

    origin: str
    source: str
    drafts: tuple[Draft, ...] = ()
    faults: tuple[str, ...] = ()
    """What is wrong, each with its row."""
    questions: tuple[Question, ...] = ()
    unreadable: tuple[str, ...] = ()
    """Keys of rows that are there but could not be used: they are not taken for removed."""
    complete: bool = True
    """Whether what is missing from the list is gone."""


def slug(*parts: str) -> str:
    """A stable name made of words."""
    return _KEY.sub("-", "-".join(part.strip().casefold() for part in parts if part.strip())).strip("-")[:90]


def tidy(text: object) -> str:
    """One line without control characters."""
    kept = "".join(c for c in str(text or "") if unicodedata.category(c) not in ("Cc", "Cf", "Cs") or c in "\n\t ")
    return " ".join(kept.split())


def safe_link(link: str) -> str:
    """The link if it is plain http(s) to a host, with https added where no scheme is; else ""."""
    link = tidy(link)
    if not link or any(c in link for c in " <>\"'`\\"):
        return ""
    if not re.match(r"[a-z][a-z0-9+.-]*:", link, re.IGNORECASE):
        link = f"https://{link}"
    try:
        parts = urlsplit(link)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return link if parts.scheme.lower() in ("http", "https") and "." in host and "@" not in parts.netloc else ""


def phones(text: str) -> tuple[list[str], list[str]]:
    """The phone numbers in a text, and what is none. A leading apostrophe is a spreadsheet's."""
    good, bad = [], []
    for part in re.split(r"[\n,;|]|\s/\s", text):
        number = tidy(part).lstrip("'’").strip()
        if not number:
            continue
        found = _PHONE.match(number)
        digits = sum(c.isdigit() for c in found.group()) if found else 0
        if found and 3 <= digits <= 15:
            good.append(found.group().strip(" .-/("))
        else:
            bad.append(number)
    return list(dict.fromkeys(good)), bad


def complete(row: Mapping[str, Any], warn: list[str]) -> dict[str, Any]:
    """The values to store. Raises InputError when a service cannot be used; lesser faults go to `warn`."""
    values: dict[str, Any] = {name: tidy(row.get(name))[:length] for name, length in _LENGTHS.items()}
    if not values["name"]:
        raise InputError("the name is missing")
    kind = read_kind(str(row.get("kind") or ""))
    if kind is None:
        raise InputError(f"{str(row.get('kind') or '')!r} is no kind of service")
    audience = tidy(row.get("audience")).lower() or "unknown"
    if audience not in AUDIENCES:
        warn.append(f"audience {audience!r} is not yes, ask or unknown; it is taken as unknown")
        audience = "unknown"
    numbers, wrong = phones(str(row.get("phones") or ""))
    warn += [f"{number!r} is no phone number" for number in wrong]
    values["phones"] = ", ".join(numbers)[:200]
    if values["website"]:
        link = safe_link(values["website"])
        if not link:
            warn.append("the website is not a safe link")
        values["website"] = link
    if values["bring"] and values["bring"] not in BRING:
        warn.append(f"bring {values['bring']!r} is not one of {', '.join(BRING)}")
        values["bring"] = ""
    if values["hours"] and not opening_hours.valid(values["hours"]):
        warn.append(f"the hours {values['hours']!r} are not in OpenStreetMap's form and are left out")
        values["hours"] = ""
    for name in ("reviewed_on", "review_by"):
        values[name] = _date(name, tidy(row.get(name)), warn)
    latitude, longitude, town = _where(row, values)
    values["town"] = values["town"] or town
    return {**values, "kind": kind, "audience": audience, "latitude": latitude, "longitude": longitude}


def _date(name: str, text: str, warn: list[str]) -> str | None:
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text[:10]).isoformat()
    except ValueError:
        warn.append(f"{name} {text!r} is not a date like 2026-11-24")
        return None


def _where(row: Mapping[str, Any], values: Mapping[str, Any]) -> tuple[float, float, str]:
    given = tidy(row.get("latitude")), tidy(row.get("longitude"))
    if any(given):
        try:
            latitude, longitude = (float(one.replace(",", ".")) for one in given)
        except ValueError:
            raise InputError("the coordinates are not numbers") from None
        pin = places.of_pin(latitude, longitude)
        if not pin.inside:
            raise InputError(f"the coordinates {latitude}, {longitude} are not in the Netherlands")
        return round(latitude, 6), round(longitude, 6), pin.nearest.name if pin.nearest else ""
    place = places.of_postcode(values["postcode"]) if values["postcode"] else None
    if place is None and (found := _POSTCODE.search(values["address"])):
        place = places.of_postcode(found.group())
    if place is None and values["town"]:
        place = next(iter(places.find(values["town"])), None)
    if place is None and values["address"]:
        place = places.in_sentence(values["address"])
    if place is None:
        raise InputError("no coordinates, and neither postcode nor town says where it is")
    return place.latitude, place.longitude, place.name


def unique(key: str, taken: set[str], warn: list[str]) -> str:
    """A key not yet taken; a second service of the same key gets a number and a warning."""
    if key not in taken:
        taken.add(key)
        return key
    number = next(n for n in range(2, 10_000) if f"{key}-{n}" not in taken)
    warn.append(f"a second service with the key {key!r}; it is kept as {key}-{number}")
    taken.add(f"{key}-{number}")
    return f"{key}-{number}"
