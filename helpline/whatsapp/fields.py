"""Careful readers of single values: whatever JSON holds in their place, they return the right type or None."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import regex

TEXT_LIMIT = 4096
"""WhatsApp's own limit of a text, in characters; a relay may send more."""
ID_LIMIT = 200
"""Longest message id the tables hold; Meta's are about 60 characters."""
LATEST_SECOND = 2_147_483_647
"""Later than this is no timestamp: the tables keep seconds in 32 bits."""

# Form of a business-scoped user id and of a parent one (reference of 2026-06-29).
_BSUID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")
_PARENT = re.compile(r"[A-Z]{2}\.ENT\.[A-Za-z0-9]{1,128}")
_PHONE = re.compile(r"[0-9]{5,20}")
# Everything below U+0020 but tab and newline, DEL, and the C1 controls: none is text, NUL crashes PostgreSQL.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATES = re.compile(r"[\ud800-\udfff]")


def mapping(value: object) -> Mapping[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> list[object]:
    """The list; a lone object where a list belongs counts as a list of one."""
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, Mapping) else []


def clean(value: str, limit: int = TEXT_LIMIT) -> str:
    """Text that every database and encoder takes: NFC, no NUL or other controls, no lone surrogates, cut at `limit`.

    Joiners and direction marks stay: Persian and Arabic need them. The cut never halves a grapheme.
    """
    # Cut roughly first: composing a long run of marks takes quadratic time.
    value = value[: 4 * limit].replace("\r\n", "\n").replace("\r", "\n")
    value = _SURROGATES.sub("\ufffd", value)
    value = unicodedata.normalize("NFC", _CONTROLS.sub("", value))
    return value if len(value) <= limit else cut(value, limit)


def cut(value: str, limit: int) -> str:
    """At most `limit` characters of `value`, ending between graphemes."""
    if len(value) <= limit:
        return value
    kept = 0
    # No grapheme of a person's text is near 64 characters; a longer one is an attack and may be cut anywhere.
    for cluster in regex.finditer(r"\X", value[: limit + 64]):
        if cluster.end() > limit:
            break
        kept = cluster.end()
    return value[: kept or limit]


def text(value: object, limit: int = TEXT_LIMIT) -> str | None:
    """A person's text, cleaned; None when there is nothing to read in it (missing, blank, invisible marks only)."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    cleaned = clean(value, limit)
    return cleaned if any(unicodedata.category(c)[0] not in "CZ" for c in cleaned) else None


def line(value: object, limit: int = 128) -> str | None:
    """A name or label: cleaned text on one line."""
    cleaned = text(value, limit)
    return " ".join(cleaned.split()) if cleaned else None


def word(value: object, limit: int = 256) -> str | None:
    """An identifier as it stands (no normalisation: ids are compared and signed), or None."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    cleaned = _SURROGATES.sub("\ufffd", _CONTROLS.sub("", str(value))).strip()
    return cleaned[:limit] or None


def flag(value: object) -> bool:
    """Whether the value says yes; relays write it as text at times."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def number(value: object) -> float | None:
    """A finite number, also when written as text; else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        result = float(value)
    except (ValueError, OverflowError):
        return None
    return result if math.isfinite(result) else None


def whole(value: object) -> int | None:
    """A whole number, also when written as text; else None."""
    result = number(value)
    return int(result) if result is not None and abs(result) < 2**53 else None


def seconds(value: object) -> int | None:
    """A timestamp in seconds since 1970, from text or number, in seconds, milliseconds or microseconds; else None."""
    moment = whole(value)
    if moment is None or moment <= 0:
        return None
    while moment > 100_000_000_000:  # the year 5138 in seconds, March 1973 in milliseconds
        moment //= 1000
    return moment if moment <= LATEST_SECOND else None


def phone(value: object) -> str | None:
    """Digits of a phone number with country code; None for anything else, a user id included."""
    raw = word(value, 40)
    if raw is None:
        return None
    digits = re.sub(r"[+\s().-]", "", raw)
    return digits if _PHONE.fullmatch(digits) else None


def bsuid(value: object) -> str | None:
    """A business-scoped user id such as `US.13491208655302741918`, or None."""
    raw = word(value, 200)
    return raw if raw is not None and _BSUID.fullmatch(raw) else None


def parent_bsuid(value: object) -> str | None:
    """A parent user id such as `US.ENT.11815799212886844830`, or None."""
    raw = word(value, 200)
    return raw if raw is not None and _PARENT.fullmatch(raw) else None


def codes(value: object) -> tuple[int, ...]:
    """The error codes of an `errors` list; logic rests on codes, titles change."""
    found = (whole(mapping(item).get("code")) for item in items(value))
    return tuple(code for code in found if code is not None)
