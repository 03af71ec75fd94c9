"""All names of places, looked up exactly, as they sound, and misspelt."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cache

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from helpline.places import names
from helpline.places.letters import LATIN, plain, romanised, skeleton, sound
from helpline.places.names import Named
from helpline.places.place import Place, apart_km

NAMESAKE_PEOPLE = 1500
NAMESAKE_RATIO = 30
"""Of two towns of one name the smaller is asked about too, unless hardly anybody lives there."""
SLIP_PEOPLE = 25_000
"""From this size a town's name is compared letter by letter too."""
_PROVINCE_WORDS = {
    "Dr": "dr|drenthe", "Fr": "fr|friesland|fryslan", "Gld": "gld|gelderland", "Gr": "gr|groningen",
    "L": "l|lb|limburg", "NB": "nb|noord brabant|brabant", "NH": "nh|noord holland|north holland", "Ut": "ut|utrecht",
    "Z": "z|zld|zeeland", "ZH": "zh|zuid holland|south holland", "Ov": "ov|overijssel|twente", "Fl": "fl|flevoland",
}  # fmt: skip
_ENDINGS = tuple((f" {one}", code) for code, spellings in _PROVINCE_WORDS.items() for one in spellings.split("|"))
_ANY_ENDING = tuple(ending for ending, _ in _ENDINGS)


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
        for ending, code in _ENDINGS if key.endswith(_ANY_ENDING) else ():
            if key.endswith(ending):
                found = self.own.get(key.removesuffix(ending).replace(" ", ""), [])
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
