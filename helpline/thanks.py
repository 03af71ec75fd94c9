"""Whether somebody only said thanks: that wakes no parked case."""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

WORDS = 8
"""Longer messages say something."""


@cache
def _words() -> frozenset[str]:
    path = Path(__file__).resolve().parent.parent / "data" / "dialogue" / "thanks_words.txt"
    return frozenset(path.read_text(encoding="utf-8").split())


def is_thanks(text: str) -> bool:
    """Whether a message only thanks or says goodbye, in any of the languages; a question never does."""
    letters = (c if c.isalnum() or unicodedata.category(c).startswith("M") else " " for c in text.casefold())
    words = "".join(letters).split()
    asks = any(mark in text for mark in "?؟፧¿")
    return 0 < len(words) <= WORDS and not asks and all(word in _words() for word in words)
