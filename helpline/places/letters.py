"""Names as they are compared: plain letters, how a name sounds, and its consonants, from any script.

`plain` makes one spelling of the many a keyboard allows. `sound` writes a name as a Dutch ear hears it, so that
"Utreght" and "Utrecht" are equal. `skeleton` keeps consonants only: all that Arabic and Hebrew surely write.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_FOLD = str.maketrans(
    {
        "ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ʻ": "", "ʼ": "", "ˈ": "",
        "ى": "ي", "ی": "ي", "ے": "ي", "ې": "ي", "ۍ": "ي", "ک": "ك", "ټ": "ت", "ٹ": "ت", "ړ": "ر", "ڑ": "ر",
        "ة": "ه", "ۀ": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "پ": "ب", "ڤ": "ف", "ۋ": "و", "ٱ": "ا", "ء": "", "ـ": "",
    }
)  # fmt: skip
_NOT_NAME = re.compile(r"[^\w]+|_")
_APOSTROPHE = re.compile(r"['’‘`´]")
LATIN = re.compile(r"[a-z]")


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """Lower case, no marks, one spelling of each letter, words parted by one space."""
    text = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) not in ("Cf", "Cs", "Cc"))
    text = _APOSTROPHE.sub(" ", text.casefold())
    text = "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))
    return _NOT_NAME.sub(" ", unicodedata.normalize("NFC", text).translate(_FOLD)).strip()


_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"[^a-z0-9]", ""),
        (r"(.)\1{2,}", r"\1\1"),
        (r"ij|ey|ei|ay|ai|uy|ui|y", "i"),
        (r"sch|sh", "sg"),
        (r"tch|tsj", "tg"),
        (r"ch|gh|kh", "g"),
        (r"ck|qu|q|c", "k"),
        (r"x", "ks"),
        (r"ph|v|w", "f"),
        (r"z", "s"),
        (r"th|dt", "t"),
        (r"oe|ou|au|uu|eu|ue", "u"),
        (r"ie|ee", "i"),
        (r"ae|aa|ah", "a"),
        (r"oo|oh", "o"),
        (r"j", "i"),
        (r"(.)\1+", r"\1"),
        (r"d$", "t"),
    )
)


@lru_cache(maxsize=8192)
def sound(text: str) -> str:
    """How a name in Latin letters (as `plain` gives it) sounds; spaces do not matter."""
    text = re.sub(r"e{2,}(?!$)", "e", text)
    for pattern, replacement in _SOUNDS:
        text = pattern.sub(replacement, text)
    return text


def skeleton(text: str) -> str:
    """The consonants of a sound. Letters that other scripts cannot tell apart are one."""
    return re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiou]", "", sound(text)).replace("b", "p").replace("k", "g"))


_ARABIC = {
    "ا": "a", "ب": "b", "ت": "t", "ث": "t", "ج": "j", "ح": "h", "خ": "g", "د": "d", "ذ": "d", "ر": "r", "ز": "s",
    "س": "s", "ش": "sg", "ص": "s", "ض": "d", "ط": "t", "ظ": "d", "ع": "", "غ": "g", "ف": "f", "ق": "k", "ك": "k",
    "گ": "g", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "o", "ي": "i", "چ": "sg", "ژ": "s", "ڭ": "ng", "څ": "s",
}  # fmt: skip
_HEBREW = {
    "א": "a", "ב": "b", "ג": "g", "ד": "d", "ה": "h", "ו": "o", "ז": "s", "ח": "g", "ט": "t", "י": "i", "כ": "k",
    "ך": "k", "ל": "l", "מ": "m", "ם": "m", "נ": "n", "ן": "n", "ס": "s", "ע": "", "פ": "f", "ף": "f", "צ": "s",
    "ץ": "s", "ק": "k", "ר": "r", "ש": "sg", "ת": "t",
}  # fmt: skip
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ґ": "g", "д": "d", "е": "e", "є": "e", "ж": "s", "з": "z", "и": "i",
    "і": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s", "т": "t",
    "у": "u", "ф": "f", "х": "ch", "ц": "ts", "ч": "tch", "ш": "sh", "щ": "sh", "ъ": "", "ы": "i", "ь": "", "э": "e",
    "ю": "iu", "я": "ia", "ә": "a", "ө": "o", "ү": "u", "ј": "i", "љ": "l", "њ": "n", "ћ": "tch", "ђ": "d", "џ": "d",
}  # fmt: skip
_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i", "κ": "k", "λ": "l",
    "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s", "ς": "s", "τ": "t", "υ": "i", "φ": "f",
    "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_LETTERS = {**_ARABIC, **_HEBREW, **_CYRILLIC, **_GREEK}
_NAMED = re.compile(
    r"(?:ETHIOPIC SYLLABLE|HANGUL SYLLABLE|KATAKANA LETTER|HIRAGANA LETTER|DEVANAGARI LETTER|BENGALI LETTER"
    r"|GURMUKHI LETTER|TAMIL LETTER|GEORGIAN LETTER|ARMENIAN SMALL LETTER) (?:SMALL )?([A-Z]+)$"
)
_VOWEL_SIGN = re.compile(r"[A-Z]+ VOWEL SIGN (?:VOCALIC )?([A-Z]+)$")
_ARMENIAN_GEORGIAN = {
    "AYB": "a", "BEN": "b", "GIM": "g", "DA": "d", "ECH": "e", "ZA": "z", "EH": "e", "ET": "e", "TO": "t", "INI": "i",
    "LIWN": "l", "XEH": "g", "CA": "ts", "KEN": "k", "HO": "h", "JA": "ts", "GHAD": "g", "MEN": "m", "YI": "i",
    "NOW": "n", "SHA": "sh", "VO": "o", "PEH": "p", "REH": "r", "SEH": "s", "VEW": "v", "TIWN": "t", "RA": "r",
    "CO": "ts", "YIWN": "u", "PIWR": "p", "KEH": "k", "OH": "o", "FEH": "f", "AN": "a", "BAN": "b", "GAN": "g",
    "DON": "d", "EN": "e", "VIN": "v", "ZEN": "z", "TAN": "t", "IN": "i", "KAN": "k", "LAS": "l", "MAN": "m",
    "NAR": "n", "ON": "o", "PAR": "p", "RAE": "r", "SAN": "s", "TAR": "t", "UN": "u", "PHAR": "p", "KHAR": "k",
    "GHAN": "g", "QAR": "k", "SHIN": "sh", "XAN": "g", "HAE": "h",
}  # fmt: skip


def romanised(text: str) -> str:
    """A `plain` text of another script in Latin letters, roughly as it sounds; "" where a letter is unknown to us."""
    out = []
    for character in text:
        if character == " " or character.isascii():
            out.append(character)
        elif character in _LETTERS:
            out.append(_LETTERS[character])
        else:
            out.append(_by_name(character))
    return "".join(out)


def _by_name(character: str) -> str:
    """Syllabic scripts carry their sound in Unicode's own names: ETHIOPIC SYLLABLE RO, HANGUL SYLLABLE LO."""
    name = unicodedata.name(character, "")
    if found := _NAMED.match(name):
        word = found.group(1)
        if name.startswith(("ARMENIAN", "GEORGIAN")):
            return _ARMENIAN_GEORGIAN.get(word, "")
        # The sixth Ethiopic order and the inherent vowel of Indic letters are mostly silent.
        if name.startswith("ETHIOPIC") and word.endswith("E") and not word.endswith("EE"):
            return word[:-1].lower()
        if not name.startswith(("ETHIOPIC", "HANGUL", "KATAKANA", "HIRAGANA")) and len(word) > 1:
            return word.removesuffix("A").lower()
        return word.lower()
    if found := _VOWEL_SIGN.match(name):
        return found.group(1).lower()[:1]
    return ""
