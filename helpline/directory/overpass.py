"""OpenStreetMap's Overpass answers (`out center`) as services. Data © OpenStreetMap contributors, ODbL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpline.directory import draft
from helpline.directory.draft import Draft, Listing
from helpline.directory.entry import vocabulary
from helpline.errors import InputError

ORIGIN = "osm"
SOURCE = "OpenStreetMap contributors (ODbL)"


def read(body: Mapping[str, Any], name: str) -> Listing:
    """The services in an Overpass answer. It covers an area only, so what it lacks is not gone."""
    drafts, faults, unreadable, taken = [], [], [], set[str]()
    for number, element in enumerate(body["elements"], 1):
        if not isinstance(element, dict) or not isinstance(element.get("tags"), dict):
            continue  # points of a way's outline carry no tags
        warn: list[str] = []
        key = draft.unique(f"{ORIGIN}/{element.get('type')}-{element.get('id')}"[:120], taken, warn)
        try:
            drafts.append(Draft(key, draft.complete(_row(element), warn)))
        except InputError as error:
            unreadable.append(key)
            warn.append(f"{error}; it is left out")
        faults += [f"Element {number} ({element.get('type')} {element.get('id')}): {fault}." for fault in warn]
    return Listing(ORIGIN, name, tuple(drafts), tuple(faults), unreadable=tuple(unreadable), complete=False)


def _row(element: Mapping[str, Any]) -> dict[str, Any]:
    tags = {str(name): str(value) for name, value in element["tags"].items()}
    kind = next((kind for tag, kind in vocabulary()["openstreetmap"] if _has(tags, tag)), None)
    if kind is None:
        raise InputError("its tags name no kind of service")
    at = element if "lat" in element else element.get("center") or {}
    street = " ".join(part for part in (tags.get("addr:street"), tags.get("addr:housenumber")) if part)
    return {
        "name": tags.get("name") or tags.get("operator"),
        "kind": kind,
        "audience": "unknown",
        "town": tags.get("addr:city", ""),
        "address": street,
        "postcode": tags.get("addr:postcode", ""),
        "latitude": at.get("lat", ""),
        "longitude": at.get("lon", ""),
        "phones": tags.get("phone") or tags.get("contact:phone") or "",
        "website": tags.get("website") or tags.get("contact:website") or "",
        "hours": tags.get("opening_hours", ""),
        "source": SOURCE,
        "reviewed_on": tags.get("check_date", ""),
    }


def _has(tags: Mapping[str, str], tag: str) -> bool:
    name, _, value = tag.partition("=")
    return value in (part.strip() for part in tags.get(name, "").split(";"))
