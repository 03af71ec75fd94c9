"""The emergency net: on every message, in every state, before the classifier, with no model loaded.

Phrases of all languages are looked for in every message, whatever its language seems to be, because people mix
them. What speaks against an emergency is looked for too: idioms, denial, things long past, news, mere questions.

Where a classifier has read the message as well, `settle` weighs both: two phrases or a proven one always count, another
lone one (it may be an idiom nobody wrote down) unless the classifier is sure of something harmless.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from helpline.safety.matching import Message
from helpline.safety.phrases import KINDS

__all__ = ["KINDS", "Assessment", "Hit", "assess", "check", "settle"]

_SURELY_CALM, SURE_OF_TOPIC = 0.02, 0.9
"""The classifier outweighs a lone phrase where it gives all emergencies together at most the first probability and a
harmless topic at least the second: of 248 emergencies it had not learned, known by a lone phrase, 6 (2026-11-25)."""
_IN_SPITE_OF_TIME, _IN_SPITE_OF_DENIAL = 0.6, 0.95
"""Least probability at which the classifier's emergency counts where the only phrases are over or only asked, and
where they are denied or everyday idioms."""


@dataclass(frozen=True)
class Hit:
    """An emergency, and the phrase that gave it away."""

    kind: str
    """As in `utter_safety_<kind>`."""
    phrase: str
    """The line of the phrase files, with its language; never the person's words."""
    doubtful: bool = False
    """One phrase alone speaks for it, and not a proven one: a classifier sure of a harmless topic outweighs it."""


@dataclass(frozen=True)
class Assessment:
    """What the net makes of a message."""

    hit: Hit | None = None
    over: bool = False
    """No hit, but a phrase that is said to be over, elsewhere or only asked."""
    denied: bool = False
    """No hit, but a phrase that is denied or part of an idiom."""


@lru_cache(maxsize=128)  # asked before the assistant and by its classifier, of the same message
def assess(text: str) -> Assessment:
    """The gravest emergency a message speaks of, and what spoke against one."""
    if not text:
        return Assessment()
    found = Message(text).findings()
    if not found.real:
        return Assessment(over=found.over, denied=found.denied)
    first = found.real[0]
    return Assessment(
        Hit(first.kind, f"{first.language}: {first.text}", doubtful=len(found.real) == 1 and not first.sure)
    )


def check(text: str, language: str | None = None) -> Hit | None:
    """The gravest emergency a message speaks of, or None.

    `language` is not trusted and changes nothing: a frightened person writes in whatever words come.
    """
    return assess(text).hit


def settle(net: Assessment, seen: str | None, danger: float, calm: float) -> str | None:
    """The kind of emergency by net and classifier together, or None.

    `seen` is the kind the classifier saw at its own, lower threshold; `danger` its probability of all emergencies
    together, `calm` that of the likeliest other topic.
    """
    if net.hit is not None:
        outweighed = net.hit.doubtful and danger <= _SURELY_CALM and calm >= SURE_OF_TOPIC
        return None if outweighed else net.hit.kind
    if (net.denied and danger < _IN_SPITE_OF_DENIAL) or (net.over and danger < _IN_SPITE_OF_TIME):
        return None
    return seen
