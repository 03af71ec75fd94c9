"""What of a message tells its language: words, their script, and how much each may count.

Numbers, codes, addresses, emoji and the words that belong to everybody (greetings, institutions, towns) tell nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from helpline.invisible import INVISIBLE, between

FOLDER = Path(__file__).resolve().parent.parent / "data" / "languages"
MIXED_WEIGHT = 0.3
"""What a Dutch word counts that everybody here uses in their own language."""

_LETTER_WEIGHT = 0.5
"""What a word of one letter counts: `I`, `y`, `я`, `د` tell something, but not alone."""

_RANGES = (
    (0x0041, 0x024F, "Latn"), (0x0370, 0x03FF, "Grek"), (0x0400, 0x052F, "Cyrl"), (0x0530, 0x058F, "Armn"),
    (0x0590, 0x05FF, "Hebr"), (0x0600, 0x06FF, "Arab"), (0x0750, 0x077F, "Arab"), (0x08A0, 0x08FF, "Arab"),
    (0x0900, 0x097F, "Deva"), (0x0980, 0x09FF, "Beng"), (0x0A00, 0x0A7F, "Guru"), (0x0A80, 0x0AFF, "Gujr"),
    (0x0B80, 0x0BFF, "Taml"), (0x0C00, 0x0C7F, "Telu"), (0x0C80, 0x0CFF, "Knda"), (0x0D00, 0x0D7F, "Mlym"),
    (0x0D80, 0x0DFF, "Sinh"), (0x0E00, 0x0E7F, "Thai"), (0x0E80, 0x0EFF, "Laoo"), (0x0F00, 0x0FFF, "Tibt"),
    (0x1000, 0x109F, "Mymr"), (0x10A0, 0x10FF, "Geor"), (0x1100, 0x11FF, "Hang"), (0x1200, 0x139F, "Ethi"),
    (0x1780, 0x17FF, "Khmr"), (0x1E00, 0x1EFF, "Latn"), (0x2D30, 0x2D7F, "Tfng"), (0x2D80, 0x2DDF, "Ethi"),
    (0x3040, 0x30FF, "Kana"), (0x3400, 0x4DBF, "Hani"), (0x4E00, 0x9FFF, "Hani"), (0xAB00, 0xAB2F, "Ethi"),
    (0xAC00, 0xD7AF, "Hang"), (0xF900, 0xFAFF, "Hani"), (0x20000, 0x3134F, "Hani"),
)  # fmt: skip
ONLY_LANGUAGE = {
    "Hani": "zh", "Kana": "ja", "Hang": "ko", "Deva": "hi", "Beng": "bn", "Guru": "pa", "Gujr": "gu", "Taml": "ta",
    "Telu": "te", "Knda": "kn", "Mlym": "ml", "Sinh": "si", "Thai": "th", "Laoo": "lo", "Mymr": "my", "Khmr": "km",
    "Geor": "ka", "Armn": "hy", "Grek": "el", "Hebr": "he", "Tibt": "bo", "Tfng": "ber",
}  # fmt: skip
"""Scripts that by themselves say which language (or which family a person can sort out)."""

_DROPPED = dict.fromkeys(INVISIBLE | between((0x064B, 0x0653), (0x0670, 0x0670), (0x0307, 0x0307)))  # vowel marks
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘´`ʼʻ＇′‛", "'") | {"\u200c": " "})
_KEYBOARDS = (
    str.maketrans("یېۍکگڪھہەۀ", "يييككك\u0647\u0647\u0647\u0647"),  # Arabic
    str.maketrans("يىېۍكگګإأآةەۆێڵڕ", "ییییکگگاااهه\u0648یلر"),  # Persian
    str.maketrans(
        "أإآٱىةؤئېۍێیکگګڵڕړڑڈډٹټۆےھہەۀںڤ", "اااايهويييييكككلررردد\u062a\u062aويهههه\u0646ف"
    ),  # no special letters
    str.maketrans("ሐኀሑኁሒኂሓኃሔኄሕኅሖኆሠሡሢሣሤሥሦዐዑዒዓዔዕዖፀፁፂፃፄፅፆ", "ሀሀሁሁሂሂሃሃሄሄህህሆሆሰሱሲሳሴስሶአኡኢኣኤእኦጸጹጺጻጼጽጾ"),
)
_ADDRESS = re.compile(r"(?:https?://|www\.)\S+|\S+@\S+\.\w+|\b[\w-]+\.(?:com|nl|org|net|info|eu|me|ly)\b(?:/\S*)?")
_POSTCODE = re.compile(r"\b[1-9]\d{3}\s?[A-Za-z]{2}\b")
_TOKEN = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_THRICE = re.compile(r"([^\W\d_])\1{2,}")
_CHAT_DIGITS = re.compile(r"(?=(?:[^a-z]*[a-z]){2})[a-z'23567890]*")
_COUNTED = re.compile(r"\d+(?:st|nd|rd|th|[ehxmkgjdst]|de|ste|am|pm|km|kg|eur|euro|uur|min|er|eme|ème|eur)")


@dataclass(frozen=True)
class Word:
    """One word as evidence."""

    text: str
    script: str
    weight: float


def words(text: str) -> list[Word]:
    """The words of a message that tell something, in their order."""
    shouted = text.isupper()
    raws = [raw for raw in _TOKEN.findall(_bare(text)) if cleaned(raw)]
    found = []
    for raw, plain in _without_phrases(raws):
        word = cleaned(raw)
        script = script_of(word)
        acronym = raw.isupper() and script == "Latn" and not shouted and 1 < len(raw) <= 5
        if script and not acronym and (weight := _weight(word, plain)) > 0:
            found.append(Word(word, script, weight))
    return found if any(len(word.text) > 1 or word.script == "Hani" for word in found) else []


def _without_phrases(raws: list[str]) -> Iterator[tuple[str, str]]:
    """Each token and its plain form, leaving out names of several words: in `Bergen op Zoom`, `op` is not Dutch."""
    plain = [unaccented(cleaned(raw)) for raw in raws]
    place = 0
    while place < len(raws):
        length = _phrase_at(plain, place)
        if length == 1:
            yield raws[place], plain[place]
        place += length


def _phrase_at(plain: list[str], place: int) -> int:
    """How many words of a name or greeting begin here; 1 if none does."""
    phrases = _phrases().get(plain[place], ())
    return next((len(one) for one in phrases if tuple(plain[place : place + len(one)]) == one), 1)


@lru_cache(maxsize=20_000)
def cleaned(raw: str) -> str:
    """A token in the spelling that samples are counted in; empty for numbers and codes."""
    word = _THRICE.sub(r"\1\1", raw.casefold().replace("\u0307", ""))
    if any(letter.isdecimal() for letter in word):
        if raw[:1].isupper() and any(letter.isupper() for letter in raw[1:]):
            return ""
        digits = sum(letter.isdecimal() for letter in word)
        if digits > 3 or digits * 2 > len(word) + 1 or not _CHAT_DIGITS.fullmatch(word) or _COUNTED.fullmatch(word):
            return ""
    return word


def tokens(text: str) -> Iterator[str]:
    """Every word of a text in that spelling, whatever it tells: for counting samples."""
    return (word for raw in _TOKEN.findall(_bare(text)) if (word := cleaned(raw)) and script_of(word))


@lru_cache(maxsize=20_000)
def script_of(word: str) -> str:
    """ISO 15924 code of most of the letters; empty where there is none."""
    found: dict[str, int] = {}
    for letter in word:
        name = _script(letter)
        if name:
            found[name] = found.get(name, 0) + 1
    return max(found, key=lambda name: found[name]) if found else ""


@cache
def _script(letter: str) -> str:
    if not letter.isalpha():
        return ""
    code = ord(letter)
    return next((name for first, last, name in _RANGES if first <= code <= last), "")


def unaccented(word: str) -> str:
    """The word as typed on a telephone without accents. Letters of other scripts stay as they are."""
    if word.isascii() or script_of(word) != "Latn":
        return word
    plain = unicodedata.normalize("NFD", word.replace("ı", "i").replace("ł", "l").replace("ø", "o").replace("đ", "d"))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


def spellings(word: str, code: str) -> list[str]:
    """Other ways a word of this language is typed: without accents, or on the keyboard of a neighbouring language."""
    if word.isascii():
        return []
    if script_of(word) == "Latn":
        return [unaccented(word)]
    keyboards = _KEYBOARDS[2:] if code == "ar" else _KEYBOARDS
    return [typed for keys in keyboards if (typed := word.translate(keys)) != word]


def _bare(text: str) -> str:
    text = unicodedata.normalize("NFKC", text[:2000]).translate(_DROPPED).translate(_APOSTROPHES)
    return _POSTCODE.sub(" ", _ADDRESS.sub(" ", text))


def _weight(word: str, plain: str) -> float:
    if plain in neutral():
        return 0.0
    return MIXED_WEIGHT if plain in mixed() else _LETTER_WEIGHT if len(word) == 1 and plain < "㐀" else 1.0


@cache
def neutral() -> frozenset[str]:
    """Words of everybody: greetings, thanks, yes and no, laughter, brands, institutions, towns, countries."""
    return _listed("neutral.txt") | {name[0] for name in (*_towns(), *_greetings()) if len(name) == 1}


@cache
def _phrases() -> dict[str, list[tuple[str, ...]]]:
    """Names and greetings of several words by their first, the longest first."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for phrase in sorted({*_towns(), *_greetings()}, key=lambda words: (-len(words), words)):
        if len(phrase) > 1:
            found.setdefault(phrase[0], []).append(phrase)
    return found


@cache
def _towns() -> frozenset[tuple[str, ...]]:
    lines = (FOLDER / "towns.txt").read_text(encoding="utf-8").splitlines()
    names = (name for line in lines if not line.startswith("#") for name in line.split(","))
    return frozenset(tuple(unaccented(word) for word in tokens(name)) for name in names)


@cache
def mixed() -> frozenset[str]:
    """Dutch words that people use inside their own language."""
    return _listed("mixed.txt")


@cache
def _greetings() -> dict[tuple[str, ...], str]:
    """Greetings, thanks and politeness, with the one language they can only be; empty where several share it."""
    found: dict[tuple[str, ...], str] = {}
    for line in (FOLDER / "greetings.tsv").read_text(encoding="utf-8").splitlines():
        phrase, _, code = line.partition("\t")
        if not line.startswith("#"):
            plain = tuple(unaccented(word) for word in tokens(phrase))
            found[plain] = code if found.get(plain, code) == code else ""
    found.pop((), None)
    return found


def greeted_in(text: str) -> str | None:
    """The language whose greetings these are, if it can only be one."""
    plain = [unaccented(word) for word in tokens(text)]
    codes, place = set(), 0
    while place < len(plain):
        length = _phrase_at(plain, place)
        codes.add(_greetings().get(tuple(plain[place : place + length]), ""))
        place += length
    codes.discard("")
    return codes.pop() if len(codes) == 1 else None


def _listed(name: str) -> frozenset[str]:
    path = FOLDER / name
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return frozenset(
        unaccented(word) for line in lines if not line.startswith("#") for word in tokens(line.partition("\t")[0])
    )
