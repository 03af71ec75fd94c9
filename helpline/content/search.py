"""Finding a text among all answers, buttons, facts and examples, in any spelling of any language, within a moment.

Accents, Arabic vowel signs and the many forms of alef do not matter. Texts are folded once and kept by what they say,
so that a published change costs only what changed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

_ALIKE = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ئ": "ي", "ؤ": "و", "ک": "ك", "ة": "ه", "ہ": "ه",
        "ھ": "ه", "ۀ": "ه", "ـ": None, "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe",
        "’": "'", "‘": "'",
        **{chr(first + n): str(n) for first in (0x660, 0x6F0) for n in range(10)},
    }
)  # fmt: skip


@dataclass(frozen=True)
class Item:
    """A text that can be found."""

    kind: str
    """answer, button, fact or example."""
    key: str
    language: str
    text: str


def fold(text: str) -> str:
    """One spelling for what looks nearly the same."""
    if text.isascii():
        return text.lower()
    return _folded(text)


@lru_cache(maxsize=60_000)
def _folded(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text.translate(_ALIKE)).casefold().translate(_ALIKE)
    return "".join(letter for letter in bare if unicodedata.category(letter) not in ("Mn", "Cf"))


class Index:
    """Texts with their folded form beside them."""

    def __init__(self, items: Iterable[Item]) -> None:
        self.items = list(items)
        self._folded = [fold(item.text) for item in self.items]

    def find(self, asked: str, limit: int = 200) -> tuple[list[Item], int]:
        """Texts that hold every word of the search, and how many there are."""
        words = fold(asked).split()
        if not words:
            return [], 0
        first, rest = max(words, key=len), words
        hits = [at for at, text in enumerate(self._folded) if first in text and all(word in text for word in rest)]
        return [self.items[at] for at in hits[:limit]], len(hits)


def keys(found: Sequence[Item]) -> list[str]:
    """The answers that were found, each once."""
    return list(dict.fromkeys(item.key for item in found if item.kind != "example"))
