"""Prepared sentences: typed as `/` and the beginning of a name, inserted in the contact's language.

They are answers named `utter_desk_…`, edited as all answers are; the rest of the name is the short code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from helpline import finding
from helpline.console import current
from helpline.console.words import direction
from helpline.content import DEFAULT_LANGUAGE, MissingAnswer

PREFIX = "utter_desk_"
LISTED = 8
_PLACE = re.compile(r"\{\w*\}|\[\.\.\.\]|\[…\]|\[\[|\]\]")
_CODE = re.compile(r"^/(?P<code>[a-z][a-z-]*)$", re.MULTILINE)


@dataclass(frozen=True)
class Sentence:
    """One sentence, ready to insert."""

    code: str
    text: str
    language: str
    own: str
    """The same as the agent reads it."""

    @property
    def direction(self) -> str:
        """How the text runs."""
        return direction(self.language)


def left_open(text: str) -> bool:
    """Whether a prepared text has a place that nobody filled in, or a short code stands alone that nobody replaced."""
    known = set(_codes())
    return bool(_PLACE.search(text)) or any(match["code"] in known for match in _CODE.finditer(text))


def sentences(asked: str, language: str) -> list[Sentence]:
    """Those whose code or first words begin as typed; without a text in the language, the English one."""
    wanted, typed = finding.words(asked), asked.strip().casefold()
    found = []
    for code in _codes():
        text, written = in_language(code, language)
        own, _ = in_language(code, current.words().language)
        held = finding.words(f"{code.replace('-', ' ')} {own}")
        fits = code.startswith(typed) or all(any(word.startswith(one) for word in held) for one in wanted)
        if text and (not typed or (fits and (wanted or code.startswith(typed)))):
            found.append((not code.startswith(typed), Sentence(code, text, written, own)))
    return [one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].code))][:LISTED]


def in_language(code: str, language: str) -> tuple[str, str]:
    """The sentence and the language it is in."""
    answers, key = current.service().answers, f"utter_desk_{code.replace('-', '_')}"
    for written in (language, DEFAULT_LANGUAGE):
        if not answers.has(key, written):
            continue
        try:
            return answers.get(key, written, name=current.account().name).text, written
        except MissingAnswer:
            continue
    return "", language


def _codes() -> list[str]:
    keys = {key for key, _, _ in current.service().answers.items() if key.startswith(PREFIX)}
    return sorted(key.removeprefix(PREFIX).replace("_", "-") for key in keys)
