"""What a place is, and how far two are apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

EARTH_KM = 6371.0088


@dataclass(frozen=True)
class Place:
    """Somewhere in the Netherlands. Two of the same name carry their province: Rijswijk (ZH), Rijswijk (NB)."""

    name: str
    latitude: float
    longitude: float
    kind: str
    """town, district, postcode or stop."""
    population: int = 0


def distance_km(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """Great-circle distance (haversine)."""
    phi, other_phi = math.radians(latitude), math.radians(other_latitude)
    half = math.sin((other_phi - phi) / 2) ** 2
    half += math.cos(phi) * math.cos(other_phi) * math.sin(math.radians(other_longitude - longitude) / 2) ** 2
    return 2 * EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def apart_km(one: Place, other: Place) -> float:
    """Distance between two places."""
    return distance_km(one.latitude, one.longitude, other.latitude, other.longitude)
