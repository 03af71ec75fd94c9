"""Amounts and dates as people read them in their language."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from babel.dates import format_date
from babel.numbers import format_currency

_LOCALES = {"en": "en_GB", "nl": "nl", "fr": "fr", "ar": "ar", "es": "es", "pt": "pt"}
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def amount(cents: int, language: str | None) -> str:
    """Euro cents as a price, with Latin digits in every language."""
    return _isolated(format_currency(Decimal(cents) / 100, "EUR", locale=_locale(language)), language)


def date(day: dt.date, language: str | None) -> str:
    """A date with its month written out."""
    return _isolated(format_date(day, "long", locale=_locale(language)), language)


def _locale(language: str | None) -> str:
    return _LOCALES.get(language or "", _LOCALES["en"])


def _isolated(text: str, language: str | None) -> str:
    # Between right-to-left words, "17.50" and its sign would change places without this.
    return f"{_FIRST_STRONG_ISOLATE}{text}{_POP_ISOLATE}" if language == "ar" else text
