"""One spelling for what people write in many ways: the pure function before every classifier and dictionary.

`VERSION` is part of the training fingerprint: raise it with every change that alters an output.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from helpline.invisible import INVISIBLE, between

VERSION = 2

_EMOJI = {
    "help": "🆘🙏📞☎📱🤲",
    "cry": "😭😢😿🥺😥😪💔😔😞🙁☹😓😩😫😟",
    "anger": "😡😠🤬👿😤",
    "joy": "😀😃😄😁😆😂🤣😊🙂😍🥰😘😇🤗☺🎉🥳😎",
    "ok": "👍👌✅✔🆗💯👏🤝💪🫶",
    "no": "👎❌🚫✖⛔🙅",
    "heart": "❤🧡💛💚💙💜🖤🤍🤎💕💖💗💞♥🌹🌷💐",
    "hello": "👋🖐✋🙋",
    "ill": "🤒🤕🤧🤮🤢😷🥴🌡💊💉🏥🩺🚑🦷🩸🤰🤱",
    "food": "🍞🥖🍚🍲🥫🍎🍽🥘🍕🥛🍼🛒🥪",
    "home": "🏠🏡🏘🛏🛌⛺🏚🚿🧥",
    "police": "👮🚓🚔🚨👮🚔",
    "danger": "🔪🔫⚠☠💀🆘🔥",
    "money": "💰💵💶💳💸🧾",
    "child": "👶🧒👧👦🍼🚸",
    "question": "❓❔🤔⁉",
    "travel": "✈🛫🚌🚆🚂🗺📍🧳",
}
_GROUP_OF: dict[int, str | None] = {
    ord(mark): f" emo_{group} " for group, marks in reversed(list(_EMOJI.items())) for mark in marks
}
_GROUP_OF.update(dict.fromkeys(range(127995, 128000)))  # skin tones

# Bidirectional controls, zero-width marks, variation selectors, soft hyphen, tatweel, Arabic and Hebrew vowel marks.
_DROPPED = dict.fromkeys(
    INVISIBLE
    | between((0x034F, 0x034F), (0x0307, 0x0307), (0xE0000, 0xE01EF))
    | between((0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670), (0x06D6, 0x06ED), (0x0591, 0x05C7))  # vowel marks
)
_FOLDED = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ئ": "ي", "ؤ": "و", "ك": "ك", "ک": "ك",
        "ڪ": "ك", "گ": "ك", "ڭ": "ك", "ة": "ه", "ۀ": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "پ": "ب", "چ": "ج", "ڤ": "ف",
        "ڥ": "ف", "؟": "?", "፧": "?", ";": ";", "،": " ", "؛": " ", "።": " ", "፣": " ", "፡": " ", "፤": " ", "፥": " ",
        "۔": " ", "।": " ", "॥": " ", "\u200c": " ", "’": "'", "‘": "'", "`": "'",
        "ʼ": "'", "ʻ": "'", "＇": "'", "′": "'",
        "‛": "'", "€": " euro ", "$": " dollar ", "£": " pound ", "œ": "oe", "æ": "ae", "ı": "i", "ł": "l", "ø": "o",
        "đ": "d", "¿": " ", "¡": " ",
    }
)  # fmt: skip


def _homophones(*pairs: tuple[str, str]) -> dict[int, str]:
    """Each letter of the first with its seven vowels, to that of the second."""
    return {
        ord(other) + vowel: chr(ord(kept) + vowel) for others, kept in pairs for other in others for vowel in range(7)
    }


_ETHIOPIC = {
    "am": _homophones(("ሐኀኸ", "ሀ"), ("ሠ", "ሰ"), ("ዐ", "አ"), ("ፀ", "ጸ")),
    "ti": _homophones(("ኀ", "ሐ"), ("ሠ", "ሰ"), ("ፀ", "ጸ")),  # its ሐ, ኸ and ዐ are sounds of their own
}
_URL = re.compile(r"(?:https?://|www\.)\S+|\b[a-z0-9-]+\.(?:(?:com|nl|org|net|info)(?:/\S*)?|[a-z]{2,3}/\S+)(?!\w)")
_MAIL = re.compile(r"\S+@\S+\.\w+")
_DATE = re.compile(r"(?<!\w)(?:\d{1,2}[-./]\d{1,2}|\d{4}[-./]\d{1,2})[-./]\d{1,4}(?!\w)")
_NUMBER = re.compile(r"(?<!\w)(?:\+|00)?\d(?:[ .\-()/]{0,2}\d){7,14}(?!\w)")
_INITIALS = re.compile(r"(?<!\w)(?:[^\W\d]\.){2,}[^\W\d]?(?!\w)")
_UNDERSCORE = re.compile(r"(?<!tag)(?<!emo)_|_(?!\w)")
_LETTERS_THRICE = re.compile(r"([^\W\d_])\1{2,}")
_MARKS_THRICE = re.compile(r"([?])(?:\s*\1)+")
_ALREADY = re.compile(
    r"(?!.*(.)\1\1)(?:[a-zàáâãäåçèéêëìíîïñòóôõöùúûüýÿ]+|[ابتثجحخدذرزسشصضطظعغفقلمنهويء]+)"
    r"(?: (?:[a-zàáâãäåçèéêëìíîïñòóôõöùúûüýÿ]+|[ابتثجحخدذرزسشصضطظعغفقلمنهويء]+))*"
)
"""Plain words that no rule touches: most of a dictionary, which is read many times faster for it."""
_NOT_WORD = re.compile(r"[^\w'? \u0900-\u0dff\u0e00-\u0eff\u1000-\u109f]+")
"""Marks of the Indian and South-East Asian scripts are no letters to `\\w`."""
_ACUTE = str.maketrans("´｀", "''")  # before NFKC, which makes them a space and a combining mark
_LOOSE_APOSTROPHE = re.compile(r"(?<!\w)'+|'+(?!\w)|''+")
_SMILEYS = (
    (re.compile(r"(?<!\S)(?:[:;=]'?-?[)D]+|[xX]D+|\^_?\^)(?!\S)"), " emo_joy "),
    (re.compile(r"(?<!\S)(?:[:;=]'?-?\(+|:'\()(?!\S)"), " emo_cry "),
    (re.compile(r"<3+"), " emo_heart "),
)


@lru_cache(maxsize=4096)
def normalise(text: str, language: str | None = None) -> str:
    """The message in lower case and one spelling: words, apostrophes inside them, digits, `?` and tags only.

    Letters keep their accents (`unaccented` drops them); Arabic loses vowel marks and hamza seats; addresses,
    long numbers and emoji become tags. `language` matters only for the Ethiopic script: letters that are
    one sound in Amharic or Tigrinya become one, and Tigrinya keeps those apart that are two there.
    """
    if _ALREADY.fullmatch(text):
        return text
    text = _UNDERSCORE.sub(" ", unicodedata.normalize("NFKC", text.translate(_ACUTE)))
    for smiley, tag in _SMILEYS:
        text = smiley.sub(tag, text)
    text = text.translate(_GROUP_OF).casefold().translate(_DROPPED).translate(_FOLDED)
    text = "".join(_digit(letter) for letter in text) if not text.isascii() else text
    if language in _ETHIOPIC:
        text = text.translate(_ETHIOPIC[language])
    text = _MAIL.sub(" tag_mail ", text)
    text = _URL.sub(" tag_link ", text)
    text = _DATE.sub(" tag_date ", text)
    text = _NUMBER.sub(" tag_number ", text)
    text = _INITIALS.sub(lambda found: found[0].replace(".", ""), text)
    text = _LETTERS_THRICE.sub(r"\1\1", text)
    text = _NOT_WORD.sub(" ", text.replace("?", " ? "))
    text = _LOOSE_APOSTROPHE.sub(" ", _MARKS_THRICE.sub(r"\1", text))
    return " ".join(text.split())


def _digit(letter: str) -> str:
    if letter.isdecimal() and not letter.isascii():
        return str(unicodedata.decimal(letter))
    return letter


def unaccented(text: str) -> str:
    """A normalised text without accents, the way most people type on a telephone."""
    if text.isascii():
        return text
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


_ARABIZI = (
    ("3'", "غ"), ("7'", "خ"), ("9'", "ض"), ("6'", "ظ"), ("ch", "ش"), ("sh", "ش"), ("kh", "خ"), ("gh", "غ"),
    ("th", "ث"), ("dh", "ذ"), ("ou", ""), ("2", ""), ("3", "ع"), ("4", "غ"), ("5", "خ"), ("6", "ط"), ("7", "ح"),
    ("8", "غ"), ("9", "ق"), ("b", "ب"), ("p", "ب"), ("t", "ت"), ("j", "ج"), ("g", "ك"), ("d", "د"), ("r", "ر"),
    ("z", "ز"), ("s", "س"), ("f", "ف"), ("v", "ف"), ("q", "ق"), ("k", "ك"), ("c", "ك"), ("l", "ل"), ("m", "م"),
    ("n", "ن"), ("h", "ه"), ("x", "كس"),
)  # fmt: skip
_SKELETON = str.maketrans(dict.fromkeys("اويهءئؤ") | {"ص": "س", "ض": "د", "ط": "ت", "ظ": "د", "ذ": "د"})
_TWICE = re.compile(r"(.)\1+")


def skeleton(word: str) -> str:
    """The consonants of an Arabic word, in Arabic or Latin letters (Arabizi), in one spelling: the view both share."""
    if word.isascii():
        for latin, arabic in _ARABIZI:
            word = word.replace(latin, arabic)
        word = "".join(letter for letter in word if not letter.isascii())
    return _TWICE.sub(r"\1", word.translate(_SKELETON))
