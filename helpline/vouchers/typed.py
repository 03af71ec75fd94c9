"""Numbers, codes and references in a message. They are noticed so that the contact can be told; never looked up."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from pathlib import Path

from helpline import redaction

WORDS = Path(__file__).resolve().parents[2] / "data" / "voucher" / "reference_words.txt"

_START, _END = r"(?<![\d./-])", r"(?![./-]?\d)"
_HARMLESS = re.compile(
    r"https?://\S+"
    rf"|{_START}(?:\d{{4}}[-/.]\d{{1,2}}[-/.]\d{{1,2}}|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?:\d{{4}}|\d{{2}})){_END}"  # dates
    rf"|{_START}\d{{1,2}}[:h.]\d{{2}}{_END}"  # times, and 17.50
    r"|(?:€|\beuros?|\beur)\s?\d{1,5}(?:[.,]\d{1,2})?\b|\b\d{1,5}(?:[.,]\d{1,2})?\s?(?:€|euros?\b|eur\b)"  # amounts
    r"|\b\d{1,5},\d{2}\b"
    r"|\b\d{4}\s?[a-z]{2}\b",  # postcodes
    re.IGNORECASE,
)
_RUN = re.compile(r"(?<!\w)[+(]?\d(?:[\s./()-]{0,2}\d){6,}")
"""Seven digits or more, written together or in groups."""
_TOGETHER = re.compile(r"\d{6}")
_IBAN = re.compile(r"\b[a-z]{2}\d{2}\s?(?:[a-z\d]{4}\s?){2,7}[a-z\d]{0,4}\b", re.IGNORECASE)
_NUMBERED = re.compile(r"#\s?\d")
_TOKEN = re.compile(r"[\w-]{6,}")
_WORD_WITH_NUMBER = re.compile(r"\d{1,4}[^\W\d_]+|[^\W\d_]+[_-]?\d{1,4}|\d{1,2}-?[^\W\d_]+-?\d{2,4}")
"""10december, covid19, 24nov2026."""
_CODED = re.compile(r"\d\d|[A-Z]\d")
"""Unlike single digits among small letters, as Arabic is often typed (7a9i9a)."""


def names_someone(text: str) -> bool:
    """Whether the text holds what could be a phone or account number, a voucher code or a reference.

    Also when it was taken out before the message was stored.
    """
    if redaction.marked(text):
        return True
    plain = "".join(_latin(character) for character in unicodedata.normalize("NFKC", text))
    if _IBAN.search(plain) or _NUMBERED.search(plain) or _after_reference_word().search(plain):
        return True
    rest = _HARMLESS.sub(" | ", plain)
    if _RUN.search(rest) or _TOGETHER.search(rest):
        return True
    return any(_is_code(token) for token in _TOKEN.findall(rest))


def _is_code(token: str) -> bool:
    mixed = sum(c.isdecimal() for c in token) >= 3 and any(c.isalpha() for c in token)
    return mixed and bool(_CODED.search(token)) and not _WORD_WITH_NUMBER.fullmatch(token)


def _latin(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    return "" if unicodedata.category(character) == "Cf" else character


@cache
def _after_reference_word() -> re.Pattern[str]:
    lines = WORDS.read_text(encoding="utf-8").splitlines()
    words = "|".join(sorted({re.escape(line.strip()) for line in lines if line.strip() and line[0] != "#"}))
    between = r"[^\w\n]{0,3}(?:[\w']{1,5}[^\w\n]{1,3}){0,2}[a-z]{0,4}-?"
    return re.compile(rf"\b(?:{words})\b{between}(?!(?:19|20)\d\d\b)\d{{4,}}", re.IGNORECASE)
