"""A message in rough English, by pocket dictionary: the meaning space all languages share.

`data/dictionaries/<language>.tsv` holds word forms or expressions with one to three plain English words. The
longest match wins, as written, then without accents; then clitics are split off, compounds parted, and longer
words matched in a close spelling. What nothing matches stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from rapidfuzz import process
from rapidfuzz.distance import OSA

from helpline.nlu.normalise import normalise, skeleton, unaccented

FOLDER = Path(__file__).resolve().parent.parent / "data" / "dictionaries"

_CLOSE_FROM = 6
"""Shorter words are not matched in a close spelling: too many of them are a letter apart."""
_ANY_SLIP_FROM = 9
"""In shorter words only what fingers and ears confuse is a slip; another letter is another word."""
_TWO_SLIPS_FROM = 11
_CONFUSED = (
    "aeiouy", "bvpw", "cksqz", "sxz", "gjxy", "mn", "dt", "rl", "fv", "iyjl", "hj", "وؤ", "يئى", "اهةع", "سصث", "تطثد",
    "ذدزظض", "كقج", "هح", "غقخ", "نم", "بپف",
)  # fmt: skip
_COGNATES = {
    "es": {"ciones": "tions", "ción": "tion", "cion": "tion"},
    "pt": {"ções": "tions", "coes": "tions", "ção": "tion", "cao": "tion"},
}
_WEAK = frozenset("اويهئ")
_MIXED_IN = {"ar": ("fr", "nl"), "nl": ()}
"""Whose words people use in between; Dutch ones (bon, gemeente, uitkering) in every language."""
_COMPOUNDING = ("nl",)
_PROCLITICS = (
    "وبال", "وال", "فال", "بال", "كال", "ولل", "هال", "عال", "شال", "لل", "ال", "وب", "ول", "وس", "و", "ف", "ب", "ل",
    "ك", "س", "ح", "ع", "ه",
)  # fmt: skip
_LATIN_PROCLITICS = ("wel", "wl", "lel", "bel", "fel", "mel", "el", "al", "il", "l", "w", "b", "f")
_ENCLITICS = {
    "وش": "not", "ش": "not", "ني": "me", "نا": "our", "كم": "your", "كن": "your", "كو": "your", "هم": "their",
    "هن": "their", "ها": "her", "ي": "my", "ك": "your", "ه": "", "ات": "", "ين": "",
}  # fmt: skip


class Dictionary:
    """One language's words. Keys are normalised; unaccented twins are added where they mean nothing else."""

    def __init__(self, rows: Iterator[tuple[str, str]] | list[tuple[str, str]], language: str) -> None:
        self.language = language
        self._glosses: dict[str, str] = {}
        self._longest: dict[str, int] = {}
        same: dict[str, str] = {}  # one object per meaning; interning every form would cost as much as the forms
        for form, meaning in rows:
            key = normalise.__wrapped__(form, language)
            if key:
                self._glosses.setdefault(key, same.setdefault(meaning, meaning))
        for key in list(self._glosses):
            bare = unaccented(key)
            if bare != key:
                self._glosses.setdefault(bare, self._glosses[key])
        for key in self._glosses:
            first, *rest = key.split()
            if rest and self._longest.get(first, 0) <= len(rest):
                self._longest[first] = len(rest) + 1
        self._spellings: dict[tuple[str, int], list[str]] | None = None
        self._english: set[str] | None = None
        self._sounds: dict[str, str] | None = None
        self._memory: dict[str, str | None] = {}

    def __len__(self) -> int:
        return len(self._glosses)

    def words(self, tokens: list[str]) -> Iterator[tuple[str, str | None]]:
        """Each matched stretch of tokens with its gloss; None where nothing matched."""
        position = 0
        while position < len(tokens):
            token = tokens[position]
            bare = unaccented(token)
            longest = max(self._longest.get(token, 1), self._longest.get(bare, 1))
            for length in range(min(longest, len(tokens) - position), 0, -1):
                phrase = " ".join(tokens[position : position + length])
                meaning = self._glosses.get(phrase) or self._glosses.get(unaccented(phrase))
                if meaning is not None:
                    yield phrase, meaning
                    break
            else:
                length = 1
                yield token, self._unlisted(token)
            position += length

    def _unlisted(self, word: str) -> str | None:
        if word not in self._memory:
            if len(self._memory) > 20_000:
                self._memory.clear()
            self._memory[word] = self._guess(word) if self.language != "en" else self._foreign(word)
        return self._memory[word]

    def _guess(self, word: str) -> str | None:
        found = self._apostrophe(word) or self._clitics(word) or self._borrowed(word) or self._parted(word)
        return found or self._cognate(word) or self._sounding(word) or self._close(word)

    def _cognate(self, word: str) -> str | None:
        """`regularización`: what English ends otherwise, before it is taken for a misspelt `they regularize`."""
        endings = _COGNATES.get(self.language, {})
        return next(
            (
                word[: -len(end)] + new
                for end, new in endings.items()
                if len(word) > len(end) + 3 and word.endswith(end)
            ),
            None,
        )

    def _borrowed(self, word: str) -> str | None:
        """A word of a language people mix in, or an English one, before it is taken for a misspelt one."""
        if len(word) < _CLOSE_FROM - 1 or not word.isalpha() or not "a" <= unaccented(word)[0] <= "z":
            return None
        for code in _MIXED_IN.get(self.language, ("nl",)):
            other = dictionary(code) if code != self.language else None
            meaning = other and (other._glosses.get(word) or other._glosses.get(unaccented(word)))
            if meaning:
                return meaning
        return word if self._is_english(word) else None

    def _foreign(self, word: str) -> str | None:
        """A Dutch word in an English message."""
        dutch = dictionary("nl")
        if dutch is None or len(word) < _CLOSE_FROM or dutch._is_english(word):
            return None
        return dutch._glosses.get(word)

    def _is_english(self, word: str) -> bool:
        if self._english is None:
            self._english = {w for meaning in self._glosses.values() for w in meaning.lower().split()}
        return word in self._english

    def _apostrophe(self, word: str) -> str | None:
        if "'" not in word:
            return None
        if self.language == "tr":  # `Rotterdam'da`, `voucher'ım`: behind a name stand only endings
            head = word.partition("'")[0]
            return self._glosses.get(head) or head or None
        joined = self._glosses.get(word.replace("'", ""))
        parts = [self._glosses.get(part) or self._glosses.get(part + "'") for part in word.split("'")]
        return joined or " ".join(part for part in parts if part) or None

    def _clitics(self, word: str) -> str | None:
        if self.language == "ar" and word[0].isascii():
            rests = (word[len(prefix) :] for prefix in _LATIN_PROCLITICS if word.startswith(prefix))
            return next((self._glosses[rest] for rest in rests if len(rest) > 2 and rest in self._glosses), None)
        if not "\u0620" <= word[0] <= "\u064a":
            return None
        for prefix in ("", *_PROCLITICS):
            rest = word[len(prefix) :]
            if not word.startswith(prefix) or len(rest) < 2:
                continue
            if prefix and len(rest) > 2 and rest in self._glosses:
                return self._glosses[rest]
            for suffix, meaning in _ENCLITICS.items():
                stem = rest[: -len(suffix)]
                if not rest.endswith(suffix) or len(stem) < 3:
                    continue
                known = self._glosses.get(stem) or (self._glosses.get(stem[:-1] + "ه") if stem.endswith("ت") else None)
                if known:
                    return f"{known} {meaning}".strip()
        return None

    def _parted(self, word: str) -> str | None:
        if self.language not in _COMPOUNDING or len(word) < 8:
            return None
        for cut in range(len(word) - 3, 3, -1):
            head, tail = self._glosses.get(word[:cut]), self._glosses.get(word[cut:])
            if head is None and word[cut - 1] == "s":
                head = self._glosses.get(word[: cut - 1])
            if head and tail:
                return f"{head} {tail}"
        return None

    def _close(self, word: str) -> str | None:
        if len(word) < _CLOSE_FROM or not word.isalnum() or word.isdecimal():
            return None
        if self._spellings is None:
            self._spellings = {}
            for key in self._glosses:
                if len(key) >= _CLOSE_FROM - 1 and " " not in key:
                    self._spellings.setdefault((key[0], len(key)), []).append(key)
        bare = unaccented(word)
        allowed = 2 if len(bare) >= _TWO_SLIPS_FROM and self.language != "ar" else 1
        for step in (0, -1, 1) if allowed == 1 else (0, -1, 1, -2, 2):
            listed = self._spellings.get((bare[0], len(bare) + step))
            found = process.extract(bare, listed, scorer=OSA.distance, score_cutoff=allowed, limit=5) if listed else ()
            for form, slips, _ in found:
                if slips > 1 or (len(bare) >= _ANY_SLIP_FROM and bare[0].isascii()) or _a_slip(bare, form):
                    return self._glosses[form]
        return None

    def _sounding(self, word: str) -> str | None:
        """Arabic in Latin letters, by its consonants."""
        if self.language != "ar" or not word.isascii() or not word.isalnum() or word.isdecimal():
            return None
        if self._sounds is None:
            self._sounds = {}
            for key, meaning in self._glosses.items():
                if " " not in key:
                    self._sounds.setdefault(skeleton(key), meaning)
        consonants = skeleton(word)
        return self._sounds.get(consonants) if len(consonants) > 2 else None


def _a_slip(word: str, form: str) -> bool:
    """Whether the one edit between two spellings is one people make: in Arabic letters another consonant is none."""
    if len(word) == len(form):
        pairs = [(a, b) for a, b in zip(word, form, strict=True) if a != b]
        return len(pairs) == 2 or any(set(pairs[0]) <= set(group) for group in _CONFUSED)
    if word[0].isascii():
        return True
    longer, shorter = sorted((word, form), key=len, reverse=True)
    place = next((n for n, letter in enumerate(shorter) if letter != longer[n]), len(shorter))
    return longer[place] in _WEAK or (place > 0 and longer[place] == longer[place - 1])


@lru_cache(maxsize=64)
def dictionary(language: str, folder: Path = FOLDER) -> Dictionary | None:
    """The dictionary of a language, or None where nobody wrote one."""
    path = folder / f"{language}.tsv"
    if not language.isalpha() or not path.is_file():
        return None
    with path.open(encoding="utf-8") as lines:
        rows = (line.rstrip("\n").split("\t") for line in lines if "\t" in line and not line.startswith("#"))
        return Dictionary(((row[0], row[1].strip()) for row in rows), language)


def words(text: str, language: str) -> list[tuple[str, str | None]]:
    """The message's words or expressions with their rough English; None for a word nobody wrote down."""
    tokens = normalise(text, language).split()
    known = dictionary(language)
    return list(known.words(tokens)) if known else [(token, None) for token in tokens]


def gloss(text: str, language: str) -> str:
    """The message in rough English; unknown words stay, English stays as it is."""
    return " ".join(meaning or word for word, meaning in words(text, language))


def plain(text: str, language: str) -> str:
    """The gloss for a classifier: of alternatives (`of/from`) the first, no brackets, normalised."""
    return " ".join(_first(meaning) if meaning else word for word, meaning in words(text, language))


@lru_cache(maxsize=100_000)
def _first(meaning: str) -> str:
    """The first alternative, in the words of `en.tsv`, where English words of one meaning become one word."""
    tokens = normalise(re.sub(r"\([^)]*\)|/\S+", " ", meaning)).split()
    english = dictionary("en")
    return " ".join(plainer or word for word, plainer in english.words(tokens)) if english else " ".join(tokens)
