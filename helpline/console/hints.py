"""What an agent should know about the words they are typing, before anybody else reads them.

Everything is worked out on this machine; nothing typed leaves it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from helpline import gloss, language, redaction
from helpline.accounts import Account
from helpline.cases import Case
from helpline.console import current, prepared

CERTAIN = 0.8
LETTERS = 12
"""Shorter texts say too little about their language."""
GLOSSED = 600


@dataclass(frozen=True)
class Hint:
    """One remark under the text field."""

    kind: str
    """`warn` for what should be changed before sending, `rough` for a meaning word for word."""
    text: str
    lang: str = ""
    """The language of the remark, where it is not the console's."""


def hints(text: str, case: Case, account: Account) -> list[Hint]:
    """Every remark on a reply as it is typed."""
    found = (look(text, case, account) for look in LOOKS)
    return [hint for hint in found if hint is not None] if text.strip() else []


def written_in(text: str, expected: str | None) -> str | None:
    """The language a text is clearly in; `expected` where that cannot be told."""
    if sum(letter.isalpha() for letter in text) < LETTERS:
        return expected
    seen = language.identify(text, prior=expected)
    return seen.code if seen.confidence >= CERTAIN else expected


def _left_open(text: str, _case: Case, _account: Account) -> Hint | None:
    return Hint("warn", current.words()("error.left_open")) if prepared.left_open(text) else None


def _other_language(text: str, case: Case, _account: Account) -> Hint | None:
    seen = written_in(text, case.language)
    if not case.language or seen in (None, case.language):
        return None
    t = current.words()
    return Hint("warn", t("hint.language", seen=t.language_name(seen), theirs=t.language_name(case.language)))


def _meaning(text: str, case: Case, account: Account) -> Hint | None:
    """What an inserted text says, for an agent who does not read the contact's language."""
    code = case.language or ""
    if code == "en" or code in account.reads or gloss.dictionary(code) is None or written_in(text, code) != code:
        return None
    return Hint("rough", gloss.gloss(text[:GLOSSED], code), "en")


def _not_to_write(text: str, _case: Case, _account: Account) -> Hint | None:
    kinds, t = redaction.to_avoid(text), current.words()
    named = ", ".join(t(f"guard.{kind}") for kind in kinds)
    return Hint("warn", f"{t('guard.lead')} {named}. {t('guard.why')}") if kinds else None


LOOKS: tuple[Callable[[str, Case, Account], Hint | None], ...] = (_not_to_write, _left_open, _other_language, _meaning)
"""Each looks for one thing; in the order in which they are shown."""
