"""Which language a person asks for: `do you speak Arabic`, `Français svp`, `عربي`, and not `my lawyer is French`.

Names stand in data/languages/names.tsv, the words around them that make a request in requests.tsv.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from helpline import scripts

_LONGEST_REQUEST = 40
"""Words; a longer message is about something else."""
_CLOSE_FROM = 6
_REACH = 4
"""How many words before a name may deny it."""
_SAME_CLAUSE_FROM = 9
"""Words; in a message this long the request stands beside the name."""
_CODES = {"fr": "fr", "pt": "pt", "nl": "nl", "ar": "ar", "es": "es", "eng": "en"}
_INTO = frozenset(("en", "em", "in", "pra", "para", "to", "naar", "vers"))
_PROCLITIC = re.compile("^(?:و|ف)?(?:بال|لل|لال|ال|ب|ل|ه)(?=..)")
_CLAUSE = re.compile(r"[.,;:!?،؛؟。，！？/\n()]+|\s-+\s")
_HAN_REQUEST = re.compile("[说說讲講用会會请請换換写寫]")


@dataclass(frozen=True)
class _Mention:
    code: str
    clause: int
    first: int
    last: int


def asked_for(text: str) -> str | None:
    """Code of the language asked for, or None where the message asks for none."""
    if scripts.script_of(text) == "Hani":
        return _in_han(text)
    clauses = [list(_plain(part)) for part in _CLAUSE.split(text.replace("’", "'"))]
    if not 0 < sum(map(len, clauses)) <= _LONGEST_REQUEST:
        return None
    mentions = [mention for number, words in enumerate(clauses) for mention in _mentions(number, words)]
    if not mentions:
        return None
    around = [list(_beside(number, words, mentions)) for number, words in enumerate(clauses)]
    said = {word for words in around for word in words}
    alone = said <= _words("filler") | _words("negation") | _words("weak")
    if said & _words("other") or not (alone or _requested(clauses, around, mentions)):
        return None
    wanted = [one for one in mentions if not _unwanted(clauses[one.clause], one, mentions)]
    return _chosen(clauses, wanted) if wanted else None


def _requested(clauses: list[list[str]], around: list[list[str]], mentions: list[_Mention]) -> bool:
    near = {one.clause for one in mentions} if sum(map(len, clauses)) >= _SAME_CLAUSE_FROM else range(len(clauses))
    return any(_requests(words, place) for number in near for words in (around[number],) for place in range(len(words)))


def _requests(words: list[str], place: int) -> bool:
    word = words[place]
    if word not in _words("request") and not any(stem in word for stem in _words("stem")):
        return False
    if place == 0 or words[place - 1] not in _words("who"):
        return True
    return bool(set(words[max(0, place - 3) : place - 1]) & _words("somebody")) or place == 1


def _chosen(clauses: list[list[str]], wanted: list[_Mention]) -> str:
    for mention in reversed(wanted):
        if mention.first and clauses[mention.clause][mention.first - 1] in _words("towards") and len(wanted) > 1:
            return mention.code
    last = wanted[-1]
    together = [one for one in wanted if one.clause == last.clause and last.first - one.last <= 3]
    return next((one.code for one in together if one.code in _spoken()), together[0].code)


def _unwanted(words: list[str], mention: _Mention, mentions: list[_Mention]) -> bool:
    earlier = [one.last + 1 for one in mentions if one.clause == mention.clause and one.last < mention.first]
    before = words[max(0, mention.first - _REACH, *earlier) : mention.first]
    if len(words) == len(before) + 1 and len(before) == 1 and before[0] in _words("being"):
        return True
    after = words[mention.last + 1 : mention.last + 5]
    return bool(set(before) & (_words("negation") | _words("complaint")) or set(after) & _words("weak"))


def _beside(number: int, words: list[str], mentions: list[_Mention]) -> Iterator[str]:
    named = {place for one in mentions if one.clause == number for place in range(one.first, one.last + 1)}
    return (word for place, word in enumerate(words) if place not in named)


def _mentions(number: int, words: list[str]) -> Iterator[_Mention]:
    place = 0
    while place < len(words):
        for length in (3, 2, 1):
            name = " ".join(words[place : place + length]) if place + length <= len(words) else ""
            code = _code(name) or (_abbreviated(words, place) if length == 1 else None)
            if code:
                yield _Mention(code, number, place, place + length - 1)
                place += length
                break
        else:
            place += 1


def _abbreviated(words: list[str], place: int) -> str | None:
    """`muda pra pt`, or nothing but `FR`: in other places these letters are words."""
    ends = place == len(words) - 1 and (place == 0 or words[place - 1] in _INTO)
    return _CODES.get(words[place]) if ends and (place or words[place] not in ("es", "ar")) else None


def _code(name: str) -> str | None:
    names = _names()
    if name in names:
        return names[name]
    bare = _PROCLITIC.sub("", name)
    if bare != name:
        return names.get(bare)
    if len(name) < _CLOSE_FROM or " " in name or not name.isascii() or name in scripts.neutral() | _words("lookalike"):
        return None
    allowed = 1 if len(name) < 9 else 2
    found = process.extractOne(name, _long_names().get(name[0], ()), scorer=OSA.distance, score_cutoff=allowed)
    return names[found[0]] if found else None


def _plain(text: str) -> Iterator[str]:
    return (scripts.unaccented(word) for word in scripts.tokens(text))


def _in_han(text: str) -> str | None:
    found = [
        (text.rindex(name) + len(name), len(name), code)
        for name, code in _names().items()
        if name in text and scripts.script_of(name) == "Hani"
    ]
    return max(found)[2] if found and (len(text) <= 6 or _HAN_REQUEST.search(text)) else None


@cache
def _names() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in (scripts.FOLDER / "names.tsv").read_text(encoding="utf-8").splitlines():
        code, _, names = line.partition("\t")
        if not code.startswith("#"):
            for name in names.split(","):
                found.setdefault(" ".join(_plain(name)), code)
    found.pop("", None)
    return found


@cache
def _long_names() -> dict[str, list[str]]:
    listed: dict[str, list[str]] = {}
    for name in _names():
        if name.isascii() and " " not in name and len(name) >= _CLOSE_FROM:
            listed.setdefault(name[0], []).append(name)
    return listed


@cache
def _words(kind: str) -> frozenset[str]:
    lines = (scripts.FOLDER / "requests.tsv").read_text(encoding="utf-8").splitlines()
    rows = (line.partition("\t") for line in lines if not line.startswith("#"))
    return frozenset(word for name, _, words in rows if name == kind for word in _plain(words))


@cache
def _spoken() -> frozenset[str]:
    return frozenset(("en", "nl", "fr", "ar", "es", "pt"))


def known(code: str) -> bool:
    """Whether this is the code of a language people may ask for."""
    return code in set(_names().values())
