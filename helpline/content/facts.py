"""Facts: one phone number, address, opening hour, amount or link, written once and repeated by many answers.

`[[fact:name]]` in an answer becomes the value. What happens when nobody checked it in time is chosen per fact:
editors are warned, a line says when it was last checked, or the value is no longer said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

KINDS = ("phone", "address", "hours", "amount", "link", "other")
ON_EXPIRY = ("warn", "line", "hide")
ANY = "*"
"""The language of a value that is the same in every language."""
PREFIX = "fact:"
SOON_DAYS, NOW_DAYS = 14, 3
"""When its owner is reminded before a fact grows old."""
RIGHT_TO_LEFT = ("ar", "fa", "prs", "ur", "ps", "he", "ckb", "ug")
_ISOLATE, _END = "\u2066", "\u2069"
_ISOLATED = ("phone", "link", "amount")


@dataclass(frozen=True)
class Fact:
    """A fact with who keeps it true and until when it holds."""

    name: str
    values: Mapping[str, str]
    """By language; `*` for all others."""
    kind: str = "other"
    label: str = ""
    owner: str = ""
    source: str = ""
    reviewed_on: str | None = None
    review_by: str | None = None
    on_expiry: str = "line"
    version: int = 0

    @property
    def key(self) -> str:
        """Its name among the answers."""
        return PREFIX + self.name

    def value(self, language: str | None) -> str:
        """The value in a language, kept in one piece where the text around it runs from right to left."""
        said = self.values.get(language or "") or self.values.get(ANY, "")
        isolate = self.kind in _ISOLATED and (language or "") in RIGHT_TO_LEFT and said
        return f"{_ISOLATE}{said}{_END}" if isolate else said

    def expired(self, today: dt.date) -> bool:
        """Whether it should have been checked before today."""
        until = day(self.review_by)
        return until is not None and until < today

    def stage(self, today: dt.date) -> str:
        """expired, now (3 days), soon (14 days), unchecked (no date) or good."""
        until = day(self.review_by)
        if until is None:
            return "unchecked"
        left = (until - today).days
        return "expired" if left < 0 else "now" if left <= NOW_DAYS else "soon" if left <= SOON_DAYS else "good"


def day(written: str | None) -> dt.date | None:
    """A date as it is stored; None for none or nonsense."""
    try:
        return dt.date.fromisoformat(written or "")
    except ValueError:
        return None
