"""The starter examples that surely name no place: judged by plain substrings, not by the code under test."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path

from helpline.places import names

DATA = Path(__file__).parents[1] / "data"
_POSTCODE = re.compile(r"\d{4}|[٠-٩]{4}")


def without_a_place() -> list[str]:
    """Sentences in which no name or alias of a place occurs, not even by chance."""
    known = set()
    found, _ = names.load()
    for one in found:
        spellings = one.own if one.place.population < 15_000 else (*one.own, *one.others)
        known.update(_bare(name) for name in spellings)
    known = {name for name in known if len(name) >= (3 if name.isascii() else 4)}
    pattern = re.compile("|".join(sorted(map(re.escape, known), key=len, reverse=True)))
    return [text for text in _sentences() if not pattern.search(_bare(text)) and not _POSTCODE.search(text)]


def _sentences() -> list[str]:
    lines = []
    for path in sorted(DATA.glob("*/examples.*.yml")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("    - "):
                lines.append(line[6:].strip())
    return lines


def _bare(text: str) -> str:
    split = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in split if not unicodedata.combining(c))
