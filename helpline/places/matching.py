"""Looks up names: exactly, as they sound, misspelt, and inside a sentence."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from helpline.places import names, postcodes
from helpline.places.letters import LATIN, plain, romanised, skeleton, sound
from helpline.places.names import Named
from helpline.places.place import Place, apart_km

LONGEST = 300
"""A place is not longer than this; of a longer text only the beginning is read."""
WORDS_IN_A_NAME = 5
NAMESAKE_PEOPLE = 1500
NAMESAKE_RATIO = 30
"""Of two towns of one name the smaller is asked about too, unless hardly anybody lives there."""
STRONG_PEOPLE = 1500
STRONG_LENGTH = 5
"""Smaller and shorter names are read inside a sentence only after "in", "near" and the like."""
SLIP_PEOPLE = 25_000
_PROVINCE_WORDS = {
    "Dr": "dr|drenthe", "Fr": "fr|friesland|fryslan", "Gld": "gld|gelderland", "Gr": "gr|groningen",
    "L": "l|lb|limburg", "NB": "nb|noord brabant|brabant", "NH": "nh|noord holland|north holland", "Ut": "ut|utrecht",
    "Z": "z|zld|zeeland", "ZH": "zh|zuid holland|south holland", "Ov": "ov|overijssel|twente", "Fl": "fl|flevoland",
}  # fmt: skip
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


@dataclass
class Gazetteer:
    """All names, ready to be looked up."""

    own: dict[str, list[Place]] = field(default_factory=dict)
    others: dict[str, list[Place]] = field(default_factory=dict)
    sounds: dict[str, list[Place]] = field(default_factory=dict)
    skeletons: dict[str, list[Place]] = field(default_factory=dict)
    letters: dict[str, list[Place]] = field(default_factory=dict)
    """Larger towns as they are written."""
    spaced: set[str] = field(default_factory=set)
    """Names of several words, written together."""
    provinces: dict[Place, str] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    """People of the sounds of real names: what a misspelling is compared with."""
    elsewhere: frozenset[str] = frozenset()

    def add(self, named: Named) -> None:
        """Take in one place."""
        self.provinces[named.place] = named.province
        spellings = {named.place.name, *named.own}
        for name in spellings:
            key = plain(name)
            for variant in _variants(key):
                _put(self.own, variant, named.place)
                if " " in key:
                    self.spaced.add(variant)
            if LATIN.search(key):
                for variant in _variants(key):
                    _put(self.sounds, sound(variant), named.place)
                    if name in (named.place.name, named.own[0]):
                        if named.place.population >= SLIP_PEOPLE:
                            _put(self.letters, variant, named.place)
                        self.sizes[sound(variant)] = max(self.sizes.get(sound(variant), 0), named.place.population)
                if named.place.population >= 15_000 and len(skeleton(key)) >= 3:
                    _put(self.skeletons, skeleton(key), named.place)
        for name in named.others:
            for variant in _variants(plain(name)):
                _put(self.others, variant, named.place)

    def exact(self, key: str) -> list[Place]:
        """Places that are called so. A town's own name goes before another's alternate."""
        if not key:
            return []
        squeezed = key.replace(" ", "")
        found = self.own.get(squeezed) or self.others.get(squeezed)
        return _namesakes(found) if found else self._with_province(key)

    def _with_province(self, key: str) -> list[Place]:
        """ "Bergen NH", "Rijswijk (Noord-Brabant)", "Bijlmer, Amsterdam"."""
        for code, spellings in _PROVINCE_WORDS.items():
            for spelling in spellings.split("|"):
                name = key.removesuffix(f" {spelling}")
                if name != key:
                    found = self.own.get(name.replace(" ", ""), [])
                    fits = [place for place in found if self.provinces.get(place) == code]
                    if fits:
                        return fits[:1]
        parts = key.split(" ")
        for at in range(len(parts) - 1, 0, -1):
            town = self.own.get("".join(parts[at:]))
            within = self.own.get("".join(parts[:at]))
            if town and within:
                close = [place for place in within if apart_km(place, town[0]) < 25]
                if close:
                    return close[:1]
        return []

    def misspelt(self, key: str) -> list[Place]:
        """The place a name was surely meant for, or none. Ordinary words and cities elsewhere are nobody's."""
        if key in self.elsewhere or not 3 <= len(key) <= 40:
            return []
        latin = bool(LATIN.search(key))
        heard = sound(key if latin else romanised(key))
        if len(heard) < 3:
            return []
        if heard in self.sounds and (len(heard) >= 5 or self.sizes.get(heard, 0) >= 20_000):
            return _namesakes(self.sounds[heard])
        if latin and (slip := self._slip(key.replace(" ", ""))):
            return slip
        best: tuple[float, str] | None = None
        for candidate, edits, _ in process.extract(
            heard, self.sizes.keys(), scorer=DamerauLevenshtein.distance, score_cutoff=_edits(heard, latin), limit=25
        ):
            people = self.sizes[candidate]
            if not _plausible(heard, candidate, int(edits), people, latin):
                continue
            score = edits - 0.35 * math.log10(max(people, 10)) + 0.5 * (heard[0] != candidate[0])
            if best is None or score < best[0]:
                best = (score, candidate)
        if best:
            return _namesakes(self.sounds[best[1]])
        if not latin:
            bones = skeleton(romanised(key))
            found = self.skeletons.get(bones, [])
            if len(bones) >= 4 or (len(bones) == 3 and found and found[0].population >= 60_000):
                return found[:1]
        return []

    def _slip(self, squeezed: str) -> list[Place]:
        """One slip of the finger in a larger town's name, as it is written."""
        if len(squeezed) < 5:
            return []
        near = process.extract(
            squeezed, self.letters.keys(), scorer=DamerauLevenshtein.distance, score_cutoff=1, limit=5
        )
        found = [place for name, _, _ in near for place in self.letters[name]]
        found = [place for place in found if plain(place.name)[0] == squeezed[0]]
        return _namesakes(found)[:1] if found else []


def _edits(heard: str, latin: bool) -> int:
    if len(heard) < 6:
        return 1
    return 2 if len(heard) < 10 else 3


def _plausible(heard: str, candidate: str, edits: int, people: int, latin: bool) -> bool:
    """How many slips are still the same name depends on its length, and on how many would write it."""
    shorter = min(len(heard), len(candidate))
    same_start = heard[0] == candidate[0]
    bones = DamerauLevenshtein.distance(skeleton(heard), skeleton(candidate))
    if not latin and bones and (edits > 1 or shorter < 8):
        return False
    if edits == 1:
        if shorter < 4:
            return False
        if shorter == 4:
            return people >= 90_000 and same_start
        return people >= (20_000 if shorter < 7 else 8_000) and (same_start or people >= 100_000)
    if edits == 2:
        floor = 30_000 if shorter < 9 else 8_000
        return people >= floor and same_start and shorter >= 7 and bones <= 1
    return people >= 50_000 and same_start and shorter >= 10 and bones <= 1


def _variants(key: str) -> set[str]:
    """Spellings of one name, without spaces: with and without the article, "sint" and "st"."""
    forms = {key}
    for article in ("s ", "t ", "het ", "the "):
        if key.startswith(article) and len(key) > len(article) + 4:
            forms.add(key.removeprefix(article))
    if key.startswith("sint "):
        forms.add("st " + key.removeprefix("sint "))
    return {form.replace(" ", "") for form in forms if form}


def _put(table: dict[str, list[Place]], key: str, place: Place) -> None:
    if key and place not in table.setdefault(key, []):
        table[key].append(place)


def _namesakes(found: list[Place]) -> list[Place]:
    """Most people first; what hardly anybody means, or lies beside the first, is left out."""
    ranked = sorted(found, key=lambda place: -place.population)
    first, kept = ranked[0], ranked[:1]
    for place in ranked[1:]:
        meant = place.population >= NAMESAKE_PEOPLE and first.population <= place.population * NAMESAKE_RATIO
        if meant and all(apart_km(place, other) > 15 for other in kept):
            kept.append(place)
    return kept


@cache
def gazetteer() -> Gazetteer:
    """The names of this process; half a second the first time."""
    named, elsewhere = names.load()
    made = Gazetteer(elsewhere=elsewhere)
    for one in named:
        made.add(one)
    return made


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
    for word in left if not found and len(left) > 1 else ():
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
