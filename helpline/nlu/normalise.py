"""One spelling for what people write in many ways: the pure function before every classifier and dictionary.

`VERSION` is part of the training fingerprint: raise it with every change that alters an output.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

VERSION = 1

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
_DROPPED = {
    code: None
    for first, last in (
        (0x200B, 0x200B), (0x200D, 0x200F), (0x202A, 0x202E), (0x2060, 0x2069), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
        (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x0640, 0x0640), (0x0610, 0x061A), (0x064B, 0x065F),
        (0x0670, 0x0670), (0x06D6, 0x06ED), (0x0591, 0x05C7), (0x0307, 0x0307), (0xE0000, 0xE01EF),
    )
    for code in range(first, last + 1)
}  # fmt: skip
_FOLDED = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ئ": "ي", "ؤ": "و", "ك": "ك", "ک": "ك",
        "ڪ": "ك", "گ": "ك", "ڭ": "ك", "ة": "ه", "ۀ": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه", "پ": "ب", "چ": "ج", "ڤ": "ف",
        "ڥ": "ف", "؟": "?", "፧": "?", ";": ";", "،": " ", "؛": " ", "።": " ", "፣": " ", "፡": " ", "፤": " ", "፥": " ",
        "۔": " ", "\u200c": " ", "’": "'", "‘": "'", "´": "'", "`": "'", "ʼ": "'", "ʻ": "'", "＇": "'", "′": "'",
        "‛": "'", "€": " euro ", "$": " dollar ", "£": " pound ", "œ": "oe", "æ": "ae", "ı": "i", "ł": "l", "ø": "o",
        "đ": "d", "¿": " ", "¡": " ",
    }
)  # fmt: skip
_AMHARIC = str.maketrans(
    {
        chr(ord(other) + vowel): chr(ord(kept) + vowel)
        for others, kept in (("ሐኀኸ", "ሀ"), ("ሠ", "ሰ"), ("ዐ", "አ"), ("ፀ", "ጸ"))
        for other in others
        for vowel in range(7)
    }
)
_URL = re.compile(r"(?:https?://|www\.)\S+|\b[a-z0-9-]+\.(?:com|nl|org|net|info|eu|me|ly|fr|es|pt)(?:/\S*)?(?!\S)")
_MAIL = re.compile(r"\S+@\S+\.\w+")
_PHONE = re.compile(r"(?<![\w])(?:\+|00)?\d(?:[ .\-()/]{0,2}\d){7,14}(?!\w)")
_LETTERS_THRICE = re.compile(r"([^\W\d_])\1{2,}")
_MARKS_THRICE = re.compile(r"([?])(?:\s*\1)+")
_NOT_WORD = re.compile(r"[^\w'? ]+")
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
    telephone numbers and emoji become tags. `language` matters only for Amharic, whose homophone letters are
    one sound, while Tigrinya keeps them apart.
    """
    text = unicodedata.normalize("NFKC", text)
    for smiley, tag in _SMILEYS:
        text = smiley.sub(tag, text)
    text = text.translate(_GROUP_OF).casefold().translate(_DROPPED).translate(_FOLDED)
    text = "".join(_digit(letter) for letter in text) if not text.isascii() else text
    if language == "am":
        text = text.translate(_AMHARIC)
    text = _MAIL.sub(" tag_mail ", text)
    text = _URL.sub(" tag_link ", text)
    text = _PHONE.sub(" tag_phone ", text)
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
