"""Do no harm: sentences that no text for contacts may hold, in every language the desk writes (data/harm.yml).

Who reads an answer may act on it. So nobody is asked who they are, nothing is promised, and nobody is sent to the
police or to immigration as a first step.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from helpline.content.starter import DATA

FILE = DATA / "harm.yml"
NAMES = "names_authority"
_BEFORE = 30
"""How far before a hit a negation still belongs to it, in characters of the same clause."""
_CLAUSE = re.compile(r"[.!?؟;؛:\n]")
_DROPPED = re.compile("[*_~`\u00ad\u0640\u064b-\u065f\u0670\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


@dataclass(frozen=True)
class Hit:
    """A sentence that may do harm."""

    kind: str
    """asks_who_you_are, promises, sends_to_authorities or names_authority."""
    said: str


@dataclass(frozen=True)
class _Rules:
    kinds: Mapping[str, re.Pattern[str]]
    negation: re.Pattern[str] | None
    first_speak: re.Pattern[str] | None
    general: re.Pattern[str] | None


def hits(text: str, language: str) -> list[Hit]:
    """Every kind of harm a text holds, with the words that show it."""
    rules, plain = _rules(language), _plain(text)
    found = [Hit(kind, hit) for kind, pattern in rules.kinds.items() for hit in _serious(pattern, plain, rules, kind)]
    named = _names().search(plain)
    if named and not (rules.first_speak and rules.first_speak.search(plain, 0, named.start())):
        found.append(Hit(NAMES, named.group()))
    return found


def knows(language: str) -> bool:
    """Whether there are rules for a language; otherwise only names of authorities are found."""
    return language in _body()["general"]


def is_general(text: str, language: str) -> bool | None:
    """Whether the last line says that this is general information; None in languages without a rule."""
    rule = _rules(language).general
    lines = text.strip().splitlines()
    return None if rule is None else bool(lines and rule.search(_plain(lines[-1])))


def _serious(pattern: re.Pattern[str], text: str, rules: _Rules, kind: str) -> Iterator[str]:
    for hit in pattern.finditer(text):
        clause = _CLAUSE.split(text[max(0, hit.start() - _BEFORE) : hit.start()])[-1]
        denied = _denied(rules.negation, clause, hit, kind)
        sheltered = kind == "sends_to_authorities" and rules.first_speak
        if not denied and not (sheltered and rules.first_speak and rules.first_speak.search(text, 0, hit.start())):
            yield " ".join(hit.group().split())
            return


def _denied(negation: re.Pattern[str] | None, clause: str, hit: re.Match[str], kind: str) -> bool:
    """Whether the clause says the opposite: "you need not go to the police", "we cannot guarantee"."""
    if negation is None:
        return False
    if kind == "promises":  # whose harm often is the negation itself: "they cannot arrest you"
        return bool(negation.search(clause)) and not negation.search(hit.group())
    first_words = hit.group().rsplit(None, 2)[0]  # languages that put their "not" behind the verb
    return bool(negation.search(f"{clause} {first_words}"))


def _plain(text: str) -> str:
    bare = _DROPPED.sub("", unicodedata.normalize("NFC", text)).replace("’", "'").replace("‘", "'")
    return re.sub(r"[^\S\n]+", " ", bare)


@cache
def _rules(language: str) -> _Rules:
    body = _body()
    kinds = {
        kind: re.compile("|".join(f"(?:{one})" for one in by_language[language]["patterns"]), re.IGNORECASE)
        for kind, by_language in body["kinds"].items()
        if language in by_language
    }
    negation, first, general = (_compiled(body[name].get(language)) for name in ("negations", "first_speak", "general"))
    return _Rules(kinds, negation, first, general)


def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    return re.compile(pattern, re.IGNORECASE) if pattern else None


@cache
def _names() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(re.escape(name) for name in _body()['authorities'])})\b")


@cache
def _body(path: Path = FILE) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))
