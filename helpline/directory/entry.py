"""A service: what the directory holds about one place that helps."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).resolve().parents[2] / "data" / "directory"
AUDIENCES = ("yes", "ask", "unknown")
"""Open to people without papers."""
BRING = ("id_if_any", "nothing", "phone_first", "note_no_insurance")
"""Lines that say what to bring: utter_bring_<key>."""


@dataclass(frozen=True)
class Entry:
    """One service, as stored."""

    id: int
    key: str
    """origin/name: stable over imports."""
    name: str
    kind: str
    audience: str
    town: str
    address: str
    postcode: str
    latitude: float
    longitude: float
    phones: str
    website: str
    hours: str
    """OpenStreetMap's opening_hours."""
    languages: str
    bring: str
    source: str
    reviewed_on: str | None
    review_by: str | None
    retired: bool = False

    def expired(self, today: str) -> bool:
        """Whether the facts are past their review date (ISO dates): people are told to phone first."""
        return not self.review_by or self.review_by < today

    @property
    def map_link(self) -> str:
        """A readable link to OpenStreetMap."""
        return f"https://www.openstreetmap.org/?mlat={self.latitude:.5f}&mlon={self.longitude:.5f}"


FIELDS = tuple(Entry.__dataclass_fields__)


@cache
def vocabulary() -> dict[str, Any]:
    """data/directory/kinds.yml."""
    return dict(yaml.safe_load((DATA / "kinds.yml").read_text(encoding="utf-8")))


def kinds() -> tuple[str, ...]:
    """Every kind of service."""
    return tuple(vocabulary()["kinds"])


def kinds_of_intent(intent: str) -> dict[str, float]:
    """The kinds a question looks for, each with its handicap in km; empty for a question that looks for none."""
    return dict(vocabulary()["intents"].get(intent, {}))


def read_kind(word: str) -> str | None:
    """The kind a word of somebody's list means, or None."""
    word = word.strip().lower()
    if word in kinds():
        return word
    synonyms: dict[str, str] = vocabulary()["synonyms"]
    return synonyms.get(word) or synonyms.get(word.replace(" ", "_").replace("-", "_"))
