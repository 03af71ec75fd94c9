"""A message cut into words in one spelling, so that a phrase is found however it was typed.

Own rules, not the classifier's: this net must work the same when everything else changes or fails.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from helpline.invisible import INVISIBLE, between

MOST_READ = 4096
"""Characters read from the start of a message, WhatsApp's own limit; of a longer text also the end."""
LAST_READ = 1024
LONGEST_WORD = 28
_SENTENCE, _PAUSE = 6, 1
"""How many words a full stop or a comma counts for when words must stand near each other."""

_DROPPED = dict.fromkeys(
    INVISIBLE | between((0x034F, 0x034F), (0x206A, 0x206F), (0xE0000, 0xE01EF), (0x1F3FB, 0x1F3FF))  # skin colours
)
_FOLDED = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ۍ": "ي", "ئ": "ي", "ؤ": "و", "ک": "ك",
        "ڪ": "ك", "گ": "ك", "ڭ": "ك", "ګ": "ك", "ة": "ه", "ۀ": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "ۂ": "ه", "پ": "ب",
        "چ": "ج", "ڤ": "ف", "ڥ": "ف", "ڨ": "ق", "ظ": "ض", "\u200c": " ", "’": "'", "‘": "'", "´": "'", "`": "'",
        "ʼ": "'", "ʻ": "'", "′": "'", "‛": "'", "＇": "'", "œ": "oe", "æ": "ae", "ı": "i", "ł": "l", "ø": "o", "đ": "d",
        "ё": "е", "ґ": "г",
    }
)  # fmt: skip
_MARKS = re.compile(r"[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]+")
_AGAIN = re.compile(r"([^\W\d_\u0590-\u1fff\u2e80-\u9fff]|[اوي])\1+|(\w)\2{2,}")
_ELISION = re.compile(r"\b(j|l|d|m|t|s|n|c|qu|jusqu|lorsqu|puisqu)'(?=[aeiouyh])")
_APOSTROPHE = re.compile(r"(?<=\w)'+(?=\w)")
_HAN = re.compile(r"([\u2e80-\u9fff])")
_SPELT_OUT = re.compile(r"(?<!\w)[^\W\d_](?:[ .\-*_][^\W\d_]){3,11}(?!\w)")
_PIECE = re.compile(r"([^\W_]+)|([.!?\n\r…؟۔።፧。！？]+)|([,;:،؛、，()\"«»–—])")
_NOT_LETTER = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class Words:
    """The words of a message and where each stands; punctuation leaves a gap between the places."""

    words: tuple[str, ...]
    places: tuple[int, ...]


def cut(text: str) -> Words:
    """The words of a message, of a very long one those of its start and end."""
    if len(text) > MOST_READ + LAST_READ:
        text = f"{text[:MOST_READ]}\n{text[-LAST_READ:]}"
    words: list[str] = []
    places: list[int] = []
    place = 0
    for piece in _PIECE.finditer(folded(text)):
        if piece.lastindex == 1:
            words.append(piece.group()[:LONGEST_WORD])
            places.append(place)
            place += 1
        else:
            place += _SENTENCE if piece.lastindex == 2 else _PAUSE
    return Words(tuple(words), tuple(places))


def folded(text: str) -> str:
    """The text in lower case, without accents and marks, every letter once where it was repeated."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_DROPPED).translate(_FOLDED)
    if not text.isascii():
        text = _MARKS.sub("", unicodedata.normalize("NFD", text)).translate(_FOLDED)
        text = unicodedata.normalize("NFC", text)
        text = "".join(_digit(letter) for letter in text)
        text = _HAN.sub(r" \1 ", text)
    text = _SPELT_OUT.sub(lambda spelt: _NOT_LETTER.sub("", spelt.group()), text)
    text = _APOSTROPHE.sub("", _ELISION.sub(r"\1 ", text))
    return _AGAIN.sub(r"\1\2", text)


def _digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter.isdecimal() and not letter.isascii() else letter


_ARABIZI = (
    (re.compile("kh|5|x"), "X"), (re.compile("gh|8"), "G"), (re.compile("ch|sh"), "C"), (re.compile("dh"), "d"),
    (re.compile("th"), "t"), (re.compile("7"), "h"), (re.compile("[9q]"), "K"), (re.compile("[236aeiouyw']"), ""),
    (re.compile("j|dj"), "j"), (re.compile(r"(\w)\1+"), r"\1"),
)  # fmt: skip


def skeleton(word: str) -> str:
    """The consonants of a word of Arabic in Latin letters, where everybody spells the vowels differently."""
    for pattern, letter in _ARABIZI:
        word = pattern.sub(letter, word)
    return word
