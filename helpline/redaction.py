"""Numbers that lead to a person are taken out of a message before it is stored; a mark says what stood there.

What is taken out cannot be brought back: nobody here needs it, and what is not kept cannot be seized. The marks hold
no letters, so that they do not sway which language a message is in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from helpline.messages import InboundMessage, Media

KINDS = ("bsn", "v_number", "iban", "document", "card", "phone", "email")
"""Citizen service number, immigration number, bank account, passport or ID, payment card, mobile phone, e-mail."""
GRAVE = frozenset({"bsn", "v_number", "iban", "document", "card"})
"""Kinds the contact is asked to delete from the chat as well."""
_MARKS = {kind: f"[■{number}]" for number, kind in enumerate(KINDS, 1)}
MARK = re.compile(r"\[■([1-7])\]")
WORDS = Path(__file__).resolve().parent.parent / "data" / "dialogue" / "document_words.txt"

_GAP = r"[\s./\-\u2010-\u2015\u2060]{0,3}"
_ALONE, _END = r"(?<![\w#])", r"(?!\w)"
_DIGITS = re.compile(rf"(?<![\d#])\+?\(?\d(?:\)?{_GAP}\(?\d){{6,23}}(?!\d)")
"""Seven digits or more, together or in groups."""
_IBAN = re.compile(rf"{_ALONE}[A-Z]{{2}}{_GAP}\d{_GAP}\d(?:{_GAP}[A-Z0-9]){{11,30}}{_END}", re.IGNORECASE)
_DUTCH_IBAN = re.compile(rf"{_ALONE}NL{_GAP}\d{_GAP}\d(?:{_GAP}[A-Z]){{4}}(?:{_GAP}\d){{10}}{_END}", re.IGNORECASE)
_DUTCH_DOCUMENT = re.compile(rf"{_ALONE}[A-NP-Z]{{2}}[A-NP-Z0-9]{{6}}\d{_END}")
_DOCUMENT = re.compile(rf"{_ALONE}(?:[A-Za-z]{{1,3}}\u2060?|[A-Z]{{1,3}}[\s-])\d{{6,9}}[A-Za-z]?{_END}")
_MACHINE_LINE = re.compile(r"(?<![A-Z0-9<])(?=[A-Z0-9]*<)[A-Z0-9<]{20,44}(?![A-Z0-9<])")
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{2,63}){1,4}")
_DATE = re.compile(
    r"(?<!\d)(?:\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}|\d{1,2}[-/. ]\d{1,2}[-/. ](?:19|20)\d\d"
    r"|(?:19|20)\d\d(?:[-/ ,]{1,3}(?:19|20)\d\d)+)(?!\d)"
)
_AMOUNT = re.compile(r"(?:€|\beuros?|\beur)\s?[\d.,]{1,14}|[\d.,]{1,14}\s?(?:€|\beuros?\b|\beur\b)", re.IGNORECASE)
_STREET = re.compile(
    r"\b[\w.' -]{2,30}(?:straat|laan|weg|plein|gracht|kade|singel|steeg|dreef|plantsoen|hof|pad)\s+\d{1,4}\s?[a-z]?\b"
    r"|\b(?:rue|avenue|calle|rua|straat|street)\s+[\w' ]{2,30}\s+\d{1,4}\b"
    r"|\b\d{1,4}\s+[\w' ]{2,30}\s(?:street|road|avenue)\b"
    r"|(?-i:\b[1-9]\d{3}\s?(?!SA|SD|SS)[A-Z]{2}\b)",
    re.IGNORECASE,
)
"""A street with a number, or a whole postcode. Only ever a hint: services have addresses too."""
_NAMED_SPAN = 28
"""How many characters may stand between a word such as BSN and the number it names."""
_PUBLIC_MAILBOXES = ("info", "contact", "helpdesk", "hulp", "support", "noreply")


@dataclass(frozen=True)
class Found:
    """A number somewhere in a text."""

    kind: str
    start: int
    end: int


def find(text: str) -> list[Found]:
    """Every number that leads to a person, in order, none inside another."""
    if not any(c.isdigit() or c in "@<" for c in text):
        return []
    plain = "".join(_plain(character) for character in text)
    taken: list[Found] = []
    for kind, start, end in _candidates(plain):
        if all(end <= one.start or start >= one.end for one in taken):
            taken.append(Found(kind, start, end))
    return sorted(taken, key=lambda one: one.start)


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """The text with marks for what was found, and the kinds of it."""
    found = find(text)
    for one in reversed(found):
        text = text[: one.start] + _MARKS[one.kind] + text[one.end :]
    return text, tuple(dict.fromkeys(one.kind for one in found))


def to_avoid(text: str) -> tuple[str, ...]:
    """Kinds of what somebody should not write down about a contact: all of KINDS, and `address`."""
    kinds = [one.kind for one in find(text)]
    if _STREET.search(text):
        kinds.append("address")
    return tuple(dict.fromkeys(kinds))


def has_grave(text: str) -> bool:
    """Whether a text holds a number that nobody should write down or send."""
    return any(one.kind in GRAVE for one in find(text))


def marked(text: str) -> bool:
    """Whether something was taken out of the text."""
    return bool(MARK.search(text))


def only_grave(text: str) -> bool:
    """Whether nothing is left to answer: only marks of what should not have been sent, and no words."""
    kinds = {KINDS[int(number) - 1] for number in MARK.findall(text)}
    rest = _document_words().sub("", MARK.sub("", text))
    return bool(kinds & GRAVE) and not any(c.isalnum() for c in rest)


def cleaned(message: InboundMessage) -> InboundMessage:
    """The message as it may be stored: no numbers, no file names, no address book, no photo that says it is a document.

    What was taken out is named in `details["redacted"]`.
    """
    kinds: list[str] = []

    def masked(text: str | None) -> str | None:
        if not text:
            return text
        left, found = mask(text)
        kinds.extend(found)
        return left

    pictured = [one for one in message.media if one.kind in ("image", "document", "video")]
    said = " ".join(filter(None, [message.text, *(w for one in pictured for w in (one.caption, one.filename))]))
    is_document = bool(pictured) and names_document(said)
    media = tuple(_bare(one, masked, drop=is_document and one in pictured) for one in message.media)
    text = masked(message.text)
    details = {key: _within(value, masked) for key, value in message.details.items() if key != "contacts"}
    if "contacts" in message.details:
        details["people"] = len(message.details["contacts"])
    if is_document:
        kinds.append("document")
    if kinds:
        details["redacted"] = list(dict.fromkeys(kinds))
    return replace(message, text=text, media=media, details=details)


def is_grave(message: InboundMessage) -> bool:
    """Whether something was taken out that the contact should delete from the chat too."""
    return bool(GRAVE & set(message.details.get("redacted", ())))


def names_document(text: str) -> bool:
    """Whether a caption or file name says that the picture is of an identity document."""
    return bool(_document_words().search(text.replace("_", " ").replace("-", " ")))


def _candidates(plain: str) -> Iterator[tuple[str, int, int]]:
    """Likeliest first: an account number is not taken apart into a phone number."""
    for match in _EMAIL.finditer(plain):
        if match[0].partition("@")[0].lower() not in _PUBLIC_MAILBOXES:
            yield "email", *match.span()
    for match in _MACHINE_LINE.finditer(plain):
        yield "document", *match.span()
    for match in _DUTCH_IBAN.finditer(plain):
        yield "iban", *match.span()
    for match in _IBAN.finditer(plain):
        end = _iban_end(match[0])
        if end:
            yield "iban", match.start(), match.start() + end
    for match in _named().finditer(plain):
        yield match.lastgroup or "document", *match.span(match.lastgroup or 0)
    for match in _DUTCH_DOCUMENT.finditer(plain):
        if sum(c.isdigit() for c in match[0]) >= 3:
            yield "document", *match.span()
    for match in _DOCUMENT.finditer(plain):
        yield "document", *match.span()
    for pattern in (_DATE, _AMOUNT):
        plain = pattern.sub(lambda match: "|" * len(match[0]), plain)
    for match in _DIGITS.finditer(plain):
        kind = _kind_of_digits(match[0])
        if kind:
            yield kind, *match.span()


def _kind_of_digits(written: str) -> str | None:
    digits = "".join(c for c in written if c.isdigit())
    number = digits.removeprefix("00") if digits.startswith("00") else digits
    if written.startswith("+") or digits.startswith("00"):
        return "phone" if 8 <= len(number) <= 15 else None
    if len(digits) == 9 and passes_eleven(digits):
        return "bsn"
    if len(digits) == 10 and digits[0] in "12":
        return "v_number"
    if len(digits) >= 13:
        return "card"
    if len(digits) == 10 and digits.startswith("06"):
        return "phone"
    if len(digits) == 9 and digits.startswith("6"):
        return "phone"
    return "phone" if len(digits) >= 11 and not digits.startswith(("0800", "0900")) else None


def passes_eleven(digits: str) -> bool:
    """The eleven test of Dutch citizen service numbers, for nine digits."""
    total = sum(int(digit) * weight for digit, weight in zip(digits, (9, 8, 7, 6, 5, 4, 3, 2, -1), strict=False))
    return len(digits) == 9 and total % 11 == 0 and len(set(digits)) > 1


def _iban_end(written: str) -> int:
    """How much of what was matched is an account number with the right checksum; 0 for none."""
    kept = [(place, c) for place, c in enumerate(written) if c.isalnum()]
    for length in range(len(kept), 14, -1):
        letters = "".join(c for _, c in kept[:length]).upper()
        if int("".join(str(int(c, 36)) for c in letters[4:] + letters[:4])) % 97 == 1:
            return kept[length - 1][0] + 1
    return 0


@cache
def _named() -> re.Pattern[str]:
    """A number right after a word that says what it is, whatever its checksum."""
    between = rf"[^\n\d]{{0,{_NAMED_SPAN}}}?"
    parts = (
        rf"\b(?:bsn|sofi|burgerservice\s?nummer|citizen service number)\b{between}(?P<bsn>\d(?:{_GAP}\d){{7,8}})(?!\d)",
        r"\bv[\s.-]?(?:nummer|number|nr|no)\b" + between + rf"(?P<v_number>\d(?:{_GAP}\d){{6,11}})(?!\d)",
        rf"(?:{_document_words().pattern}){between}(?P<document>(?=(?:[A-Z0-9]*\d){{5}})[A-Z0-9]{{6,14}}){_END}",
    )
    return re.compile("|".join(parts), re.IGNORECASE)


@cache
def _document_words() -> re.Pattern[str]:
    lines = WORDS.read_text(encoding="utf-8").splitlines()
    words = sorted(
        {re.escape(line.strip()) for line in lines if line.strip() and line[0] != "#"}, key=len, reverse=True
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)", re.IGNORECASE)


def _plain(character: str) -> str:
    """One character for one, so that places stay what they are: any script's digits as ours."""
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if unicodedata.category(character) == "Cf":
        return "\u2060"
    narrow = unicodedata.normalize("NFKC", character)
    return narrow if len(narrow) == 1 else character


def _bare(media: Media, masked: Any, *, drop: bool) -> Media:
    suffix = Path(media.filename or "").suffix.lower()
    shown = f"file{suffix}" if media.filename and re.fullmatch(r"\.[a-z0-9]{1,5}", suffix) else None
    kept = replace(media, caption=masked(media.caption), filename=shown)
    return replace(kept, id=None, url=None, sha256=None) if drop else kept


def _within(value: Any, masked: Any) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: inner if key.endswith("id") else _within(inner, masked) for key, inner in value.items()}
    return [_within(one, masked) for one in value] if isinstance(value, (list, tuple)) else value
