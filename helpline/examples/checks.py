"""What is wrong with an example, said while it is typed: repeats, the other intent's, wrong language, personal data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from helpline import language as languages
from helpline import redaction
from helpline.errors import InputError
from helpline.examples import store
from helpline.examples.neighbours import NEAR, Index, Neighbour, folded
from helpline.nlu.understand import Outcome

STOPS = frozenset({"empty", "long", "same_here", "same_elsewhere", "personal"})
"""Findings with which an example is not taken; the others are only said."""
MOST = 50
"""Lines checked at once."""
_MANY_LANGUAGES = frozenset({"greet", "thanks", "change_language", "affirm", "deny", "out_of_scope"})
_FEWEST_WORDS = 4
_SURE = 0.97


@dataclass(frozen=True)
class Finding:
    """One thing about an example."""

    kind: str
    """empty, long, personal, same_here, same_elsewhere, near_here, near_elsewhere, language or twice."""
    neighbour: Neighbour | None = None
    said: str = ""
    """What was found: a kind of number, or a language."""

    @property
    def stops(self) -> bool:
        """Whether the example cannot be taken like this."""
        return self.kind in STOPS


@dataclass(frozen=True)
class Checked:
    """An example with everything found about it."""

    text: str
    findings: tuple[Finding, ...]
    now: Outcome | None = None
    """What the live model makes of it today."""

    @property
    def stops(self) -> bool:
        """Whether it cannot be taken like this."""
        return any(one.stops for one in self.findings)


def lines(typed: str) -> list[str]:
    """The examples in a text field: one a line, without bullets."""
    found = [store.plain(line).lstrip("-•*– ").strip() for line in typed.splitlines()]
    return [line for line in found if line][:MOST]


def check(
    index: Index,
    texts: Sequence[str],
    language: str,
    intent: str,
    understand: Callable[[str, str], Outcome] | None = None,
) -> list[Checked]:
    """Look at each text as an example of the intent in that language."""
    around = index.nearest_many(list(texts), language, count=3, least=NEAR)
    seen: set[str] = set()
    checked = []
    for text, near in zip(texts, around, strict=True):
        found = findings(text, near, language, intent)
        if folded(text, language) in seen:
            found.append(Finding("twice"))
        seen.add(folded(text, language))
        now = understand(text, language) if understand is not None else None
        checked.append(Checked(text, tuple(found), now))
    return checked


def findings(text: str, near: Sequence[Neighbour], language: str, intent: str) -> list[Finding]:
    """What is to be said of one example, given those most like it."""
    found = []
    try:
        store.usable(text)
    except InputError as error:
        return [Finding(str(error).removeprefix("error.example_"))]
    if kinds := redaction.mask(text)[1]:
        found.append(Finding("personal", said=kinds[0]))
    same = [one for one in near if store.text_hash(one.text) == store.text_hash(text)]
    alike = [one for one in near if folded(one.text, language) == folded(text, language)]
    if same or alike:
        one = (same or alike)[0]
        found.append(Finding("same_here" if one.intent == intent else "same_elsewhere", one))
    elif near:
        elsewhere = [one for one in near if one.intent != intent]
        one = (elsewhere or near)[0]
        found.append(Finding("near_elsewhere" if elsewhere else "near_here", one))
    if intent not in _MANY_LANGUAGES and len(text.split()) >= _FEWEST_WORDS:
        read = languages.identify(text)
        if read.code != language and read.confidence >= _SURE:
            found.append(Finding("language", said=read.code))
    return found
