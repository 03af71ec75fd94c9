"""The emergency net: on every message, in every state, before the classifier, with no model loaded.

Phrases of all languages are looked for in every message, whatever its language seems to be, because people mix
them. What speaks against an emergency is looked for too: idioms, denial, things long past, news, mere questions.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpline.safety.matching import Message
from helpline.safety.phrases import KINDS

__all__ = ["KINDS", "Hit", "check"]


@dataclass(frozen=True)
class Hit:
    """An emergency, and the phrase that gave it away."""

    kind: str
    """As in `utter_safety_<kind>`."""
    phrase: str
    """The line of the phrase files, with its language; never the person's words."""


def check(text: str, language: str | None = None) -> Hit | None:
    """The gravest emergency a message speaks of, or None.

    `language` is not trusted and changes nothing: a frightened person writes in whatever words come.
    """
    if not text:
        return None
    found = Message(text).emergency()
    return Hit(found.kind, f"{found.language}: {found.text}") if found else None
