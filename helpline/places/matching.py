"""What a text says about a place: as an answer to "where are you?", or inside a sentence."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from rapidfuzz.distance import DamerauLevenshtein

from helpline.places import names, postcodes
from helpline.places.gazetteer import gazetteer
from helpline.places.letters import LATIN, plain, romanised, sound
from helpline.places.place import Place, apart_km

LONGEST = 300
"""A place is not longer than this; of a longer text only the beginning is read."""
WORDS_IN_A_NAME = 5
STRONG_PEOPLE = 1500
STRONG_LENGTH = 5
"""Smaller and shorter names are read inside a sentence only after "in", "near" and the like."""
_WORD = re.compile(r"[\w]+(?:['’.-][\w]+)*", re.UNICODE)
_FULL_POSTCODE = re.compile(r"(?<![\w.,-])([1-9]\d{3}) ?([A-Z]{2}|[a-z]{2})(?!\w)")
_ARABIC_IN = re.compile(r"^(?:وب|وف|بال|ب|ف|ل)(?=\w{4})")
_ARABIC_PREFIX = re.compile(r"^(?:وال|بال|فال|لل|ال|ب|ل|ف|و)(?=\w{4})")
_ETHIOPIC_PREFIX = re.compile(r"^(?:ብ|በ|ካብ|ከ|ናብ|ኣብ|የ|ለ)(?=\w{3})")


@dataclass
class _Word:
    text: str
    plain: str
    """May hold several words: "Den-Haag"."""
    start: int


@cache
def _set(name: str) -> frozenset[str]:
    return frozenset(plain(word) for word in str(names.words()[name]).split())


def _before(word: str) -> bool:
    return word in _set("before")


def whole(text: str) -> list[Place]:
    """Places for a text that answers "where are you?": exact, then a place inside it, then misspelt."""
    place = postcodes.of_postcode(text)
    if place:
        return [place]
    text = postcodes.ascii_digits(text[:LONGEST])
    key = plain(text)
    found = gazetteer().exact(key)
    if found:
        return found
    left = _bare(key.split())
    rest = " ".join(left)
    found = gazetteer().exact(rest)
    if not found and len(left) > 2 and len(rest) >= 12:
        found = gazetteer().misspelt(rest)
    found = found or inside(text)
    if found or not left or len(left) > 4:
        return found
    if len(left) == 1 and (stripped := _without_prefix(left[0])) != left[0]:
        found = gazetteer().exact(stripped) or gazetteer().misspelt(stripped)
    if all(word in _ordinary() or word in _set("around") for word in left):
        return found
    found = found or gazetteer().misspelt(" ".join(left))
    latin = bool(LATIN.search(key))
    for word in left if not found and 1 < len(left) <= (3 if latin else 2) else ():
        if word not in _ordinary() and word not in _set("never") and len(word) >= 6:
            found = found or gazetteer().misspelt(word)
    return found


@cache
def _ordinary() -> frozenset[str]:
    """Words that are never a misspelt place."""
    path = names.DATA / "ordinary.txt"
    return frozenset(plain(word) for word in path.read_text(encoding="utf-8").split())


def _bare(parts: list[str]) -> list[str]:
    """Without the words around a place: "I am in Utrecht now" leaves Utrecht."""
    around = _set("around")
    while parts and parts[0] in around:
        parts = parts[1:]
    while parts and parts[-1] in around:
        parts = parts[:-1]
    return parts


def inside(text: str) -> list[Place]:
    """Places the first place named in a sentence may be. An ordinary word is never a place."""
    text = postcodes.ascii_digits(text[: LONGEST * 4])
    found = _full_postcode(text)
    if found:
        return [found]
    parts = [_Word(m.group(), plain(m.group()), m.start()) for m in _WORD.finditer(text)]
    parts = [part for part in parts if part.plain]
    for at in range(len(parts)):
        for length in range(min(WORDS_IN_A_NAME, len(parts) - at), 0, -1):
            places = _at(parts, at, length)
            if places:
                return places
    return []


def _full_postcode(text: str) -> Place | None:
    for found in _FULL_POSTCODE.finditer(text):
        letters = found.group(2)
        if letters.isupper() or " " not in found.group():
            place = postcodes.of_postcode(found.group())
            if place and not (
                letters.islower() and letters in ("km", "kg", "cm", "mm", "eu", "am", "pm", "st", "nd", "rd", "th")
            ):
                return place
    return None


def _at(parts: list[_Word], at: int, length: int) -> list[Place]:
    """The places `length` words from `at` on name, if in this sentence they do."""
    here = parts[at : at + length]
    key = " ".join(part.plain for part in here)
    before = parts[at - 1].plain.split()[-1] if at else ""
    led = _before(before)
    if length == 1 and key.isdecimal():
        return _four_digits(key, before, parts[at + 1].plain if at + 1 < len(parts) else "")
    found = gazetteer().exact(key)
    if not found and length == 1 and (stripped := _without_prefix(key)) != key:
        found = gazetteer().exact(stripped)
        if found or _ARABIC_IN.match(key):
            key, led = stripped, True
    if found:
        return found if _is_meant(here, key, found[0], led, at == 0) else []
    return _misspelt_inside(key, led) if length == 1 else []


def _misspelt_inside(key: str, led: bool) -> list[Place]:
    """A misspelt town is read inside a sentence after "in", or when it sounds exactly like one."""
    gazette, latin = gazetteer(), bool(LATIN.search(key))
    if len(key) < 6 or " " in key or key in _ordinary() or key in _set("around") or key in _set("never"):
        return []
    if not led and not (latin and len(key) >= 7 and sound(key) in gazette.sounds):
        return []
    found = gazette.misspelt(key)
    if not found or found[0].population < (20_000 if len(key) > 7 and latin else 90_000):
        return []
    heard = sound(key if latin else romanised(key))
    near = any(DamerauLevenshtein.distance(heard, sound(plain(name.name))) <= 1 for name in found)
    return found if near or heard in gazette.sounds else []


def _without_prefix(key: str) -> str:
    """Arabic and Ethiopic write "in" and "to" onto the name."""
    return _ETHIOPIC_PREFIX.sub("", _ARABIC_PREFIX.sub("", key))


def _four_digits(key: str, before: str, after: str) -> list[Place]:
    """Four digits are a postcode after the word for it or before the town's name; else a year or an amount."""
    place = postcodes.of_postcode(key)
    if place is None:
        return []
    town = gazetteer().exact(after) if len(after) >= 4 else []
    near = bool(town) and apart_km(town[0], place) < 25
    return [place] if before in _set("postcode") or near else []


def _is_meant(here: list[_Word], key: str, place: Place, led: bool, first: bool) -> bool:
    squeezed = key.replace(" ", "")
    if key in _set("never") or (len(here) > 1 and squeezed in _set("never")):
        return False
    cased = bool(LATIN.search(key))
    capital = not cased or here[-1].text[:1].isupper() or here[0].text[:1].isupper()
    if key in _set("capital"):
        return led and capital
    if len(here) > 1 and all(part.plain in _ordinary() for part in here):
        return False
    if key in _ordinary() and not (led and capital):
        return False
    if len(here) > 1 and squeezed not in gazetteer().spaced and (len(squeezed) < 7 or _loose(here)):
        return False
    trusted = squeezed in gazetteer().own
    short = STRONG_LENGTH - (not cased and place.population >= 90_000)
    strong = place.population >= (STRONG_PEOPLE if trusted else 20_000) and len(squeezed) >= short
    if strong:
        return True
    return (led and len(squeezed) >= 3 and trusted) or (
        capital and cased and not first and len(squeezed) >= 6 and trusted
    )


def _loose(here: list[_Word]) -> bool:
    """Words that only happen to stand beside each other: "bus en" is not Busen."""
    return any(part.plain in _set("before") or part.plain in _set("around") for part in here)
