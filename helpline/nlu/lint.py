"""What is wrong with the training examples: one message under two intents, wrong language, personal data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from helpline import language
from helpline.nlu import examples, features
from helpline.nlu.examples import Example
from helpline.nlu.normalise import normalise, unaccented

NEAR = 0.9
"""Cosine of words and pairs of words from which two examples say the same."""
_FEWEST_WORDS = 4
_SURE = 0.97
_MANY_LANGUAGES = frozenset({"greet", "thanks", "change_language", "affirm", "deny", "out_of_scope"})
"""Their examples quote other languages."""
_PERSONAL = {
    "e-mail address": re.compile(r"[\w.+-]+@[\w-]+\.\w{2,}"),
    "IBAN": re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}\b"),
    "telephone number": re.compile(r"(?<![\w/])(?:\+|00)?\d(?:[ .\-()]{0,2}\d){8,14}(?!\w)"),
}
_MADE_UP = re.compile(r"(\d)\1{5}|123456|example\.(?:com|org|nl)")
_ROWS = 500


@dataclass(frozen=True)
class Place:
    """An example and where it stands."""

    path: Path
    line: int
    example: Example

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


@dataclass(frozen=True)
class Finding:
    """Something that must not be trained on."""

    place: Place
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.what}: {self.place.example.text[:90]}"


@dataclass(frozen=True)
class Report:
    """All findings, and what is only counted."""

    examples: int
    findings: tuple[Finding, ...]
    repeats: int
    """Examples that say again what another of their intent and language says: harmless, and no use."""


def check(folder: Path = examples.DATA) -> Report:
    """Look at every example under the folder."""
    placed = [place for path in sorted(folder.rglob("examples.*.yml")) for place in located(path)]
    findings = [Finding(place, what) for place in placed if (what := _personal(place) or _foreign(place))]
    repeats = 0
    for code in sorted({place.example.language for place in placed}):
        here = [place for place in placed if place.example.language == code]
        twins, same = _twins(here)
        findings += twins
        repeats += same
    return Report(len(placed), tuple(sorted(findings, key=lambda one: str(one.place))), repeats)


def located(path: Path) -> Iterator[Place]:
    """The examples of a file with their lines."""
    intent, code = "", "en"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("- intent:"):
            intent, code = line.removeprefix("- intent:").split("#")[0].strip(), "en"
        elif found := re.match(r"  metadata: *\{ *language: *(\w+) *\}", line):
            code = found[1]
        elif intent and (text := line.strip()).startswith("- ") and line.startswith("  "):
            yield Place(path, number, Example(text.removeprefix("- ").strip(), intent, code))


def _personal(place: Place) -> str | None:
    hits = ((name, form.search(place.example.text)) for name, form in _PERSONAL.items())
    return next((name for name, hit in hits if hit and not _MADE_UP.search(hit[0])), None)


def _foreign(place: Place) -> str | None:
    one = place.example
    if one.intent in _MANY_LANGUAGES or len(one.text.split()) < _FEWEST_WORDS:
        return None
    found = language.identify(one.text)
    wrong = found.code != one.language and found.spoken and found.confidence >= _SURE
    return f"reads as {found.code}, not {one.language}" if wrong else None


def _twins(here: Sequence[Place]) -> tuple[list[Finding], int]:
    """Examples too like an earlier one: of another intent, and (counted) of their own."""
    texts = [unaccented(normalise(one.example.text, one.example.language)).replace("?", "").strip() for one in here]
    intents = np.array([place.example.intent for place in here])
    findings, repeats = [], set()
    for first, second in _alike(texts):
        if intents[first] == intents[second]:
            repeats.add(second)
            continue
        other = here[first]
        same = "the same as" if texts[first] == texts[second] else "nearly the same as"
        findings.append(Finding(here[second], f"{same} {other} ({other.example.intent})"))
    return findings, len(repeats)


def _alike(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Pairs of places of texts that say the same, the earlier first."""
    _, matrix, _ = features.fit([features.Text(text, "") for text in texts], weights=(1, 0, 0, 0), least=(1, 1, 1, 1))
    words: sp.csr_matrix = matrix.astype(np.float32)
    turned = words.T.tocsr()
    for start in range(0, words.shape[0], _ROWS):
        part = (words[start : start + _ROWS] @ turned).tocoo()
        near: NDArray[np.bool_] = (part.data >= NEAR) & (part.row + start < part.col)
        yield from zip((part.row[near] + start).tolist(), part.col[near].tolist(), strict=True)
