"""Where somebody is: a town in any script and spelling, a district, a postcode or a pin becomes coordinates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from helpline.places import matching, names, postcodes
from helpline.places.gazetteer import gazetteer
from helpline.places.place import Place, apart_km, distance_km

__all__ = ["Pin", "Place", "apart_km", "distance_km", "find", "in_sentence", "mentioned", "of_pin", "of_postcode"]

PIN_DECIMALS = 2
"""A pin is rounded to about 1 km before anything is done with it."""
NAMED_PEOPLE, NAMED_KM = 10_000, 10.0
"""A pin is said to be near a town of this size, if one is near."""
BORDER_KM = 8.0
"""A pin this near to a Dutch place still counts as in the Netherlands."""
_BOX = (50.70, 53.62, 3.30, 7.25)


@dataclass(frozen=True)
class Pin:
    """What a shared location is good for."""

    latitude: float
    longitude: float
    """Rounded to about 1 km."""
    inside: bool
    """In the Netherlands, or right beside it."""
    broken: bool
    """0,0 or not on the globe: the phone had no position."""
    nearest: Place | None
    """The nearest town worth naming; None when broken."""


def find(text: str) -> list[Place]:
    """Places for a text that is a place, likeliest first; several when it may be any of them, none for other texts."""
    return matching.whole(text) if text and not text.isspace() else []


def mentioned(text: str) -> list[Place]:
    """Places the first place named inside a sentence may be; none when ordinary words merely look like villages."""
    return matching.inside(text)


def in_sentence(text: str) -> Place | None:
    """The likeliest place named inside a sentence, or None."""
    return next(iter(mentioned(text)), None)


def of_postcode(text: str) -> Place | None:
    """The middle of a postcode ("1012", "1012 AB"), or None."""
    return postcodes.of_postcode(text)


def of_pin(latitude: float, longitude: float) -> Pin:
    """What is known about a shared location. Nothing of it is kept."""
    sound = math.isfinite(latitude) and math.isfinite(longitude)
    if not sound or abs(latitude) > 90 or abs(longitude) > 180 or (abs(latitude) < 0.05 and abs(longitude) < 0.05):
        return Pin(0.0, 0.0, False, True, None)
    latitude, longitude = round(latitude, PIN_DECIMALS), round(longitude, PIN_DECIMALS)
    south, north, west, east = _BOX
    boxed = south <= latitude <= north and west <= longitude <= east
    nearest, nearest_km = _nearest(latitude, longitude, 0)
    inside = boxed and nearest_km <= BORDER_KM
    named, named_km = _nearest(latitude, longitude, NAMED_PEOPLE)
    return Pin(latitude, longitude, inside, False, named if named_km <= NAMED_KM else nearest)


def _nearest(latitude: float, longitude: float, people: int) -> tuple[Place, float]:
    towns = [place for place in _towns() if place.population >= people]
    around = [p for p in towns if abs(p.latitude - latitude) < 0.3 and abs(p.longitude - longitude) < 0.4]
    km, nearest = min(
        ((distance_km(latitude, longitude, p.latitude, p.longitude), p) for p in around or towns),
        key=lambda one: one[0],
    )
    return nearest, km


def prepare() -> str:
    """Extract the names at set-up, so that the first message does not wait for it; one line saying what there is."""
    names.local_file()
    return f"{len(_towns())} places"


@cache
def _towns() -> list[Place]:
    return [place for place in gazetteer().provinces if place.kind == "town"]
