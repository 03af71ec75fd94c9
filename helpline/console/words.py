"""The console's own texts, in English and Dutch, and dates and numbers as each language writes them.

`translations/<language>/*.yml` hold every text by key, one file a feature.
`{name}` is filled in; `one` and `other` are plural forms of `n`.
"""

from __future__ import annotations

import datetime as dt
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_time, format_timedelta

from helpline import clock

LANGUAGES = ("en", "nl")
FOLDER = Path(__file__).parent / "translations"
_LOCALES = {"en": Locale("en", "GB"), "nl": Locale("nl", "NL")}
RIGHT_TO_LEFT = ("ar", "fa", "prs", "ur", "ps", "he", "ckb", "ug")
_NAMED_AS = {"prs": "fa_AF", "ary": "ar_MA"}


@cache
def texts(language: str) -> dict[str, Any]:
    """Every text of a language by its dotted key."""
    found: dict[str, Any] = {}
    for path in sorted((FOLDER / language).glob("*.yml")):
        found.update(_flat(yaml.safe_load(path.read_text(encoding="utf-8")), ""))
    return found


def _flat(body: dict[str, Any], prefix: str) -> Any:
    for key, value in body.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and set(value) != {"one", "other"}:
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


class Words:
    """Texts, dates and names in one language of the console."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else LANGUAGES[0]
        self._texts = texts(self.language)
        self._locale = _LOCALES[self.language]

    def __call__(self, key: str, **values: Any) -> str:
        """The text of a key. A key that nobody wrote is a fault; KeyError."""
        found = self._texts[key]
        if isinstance(found, dict):
            found = found["one" if values.get("n") == 1 else "other"]
        return str(found).format(**values) if values else str(found)

    def any_of(self, *keys: str) -> str:
        """The text of the first key that exists, for words that come from elsewhere; the last must exist."""
        return self(next((key for key in keys if key in self._texts), keys[-1]))

    def or_itself(self, key: str, word: str) -> str:
        """The text of a key if somebody wrote one, else the word itself."""
        return self(key) if key in self._texts else word

    def filled_any(self, *keys: str, **values: Any) -> str:
        """As `any_of`, filled in."""
        return self(next((key for key in keys if key in self._texts), keys[-1]), **values)

    def language_name(self, code: str | None) -> str:
        """What a language is called."""
        return self("language.unknown") if not code or code == "und" else _language_name(self.language, code)

    def span(self, seconds: int) -> str:
        """A length of time in its largest unit, short: 12 min."""
        return _span(self.language, max(1, int(seconds) // 60))

    def since(self, at: int) -> str:
        """How long ago, short."""
        return self.span(clock.now() - at)

    def time(self, at: int) -> str:
        """Hours and minutes in the Netherlands."""
        return str(format_time(clock.local(at), "HH:mm", locale=self._locale))

    def moment(self, at: int) -> str:
        """Time today, else day and time."""
        local = clock.local(at)
        if local.date() == clock.today():
            return self.time(at)
        return str(format_datetime(local, "EEE d MMM HH:mm", tzinfo=clock.ZONE, locale=self._locale))

    def day(self, at: int) -> str:
        """Today, yesterday, or the date."""
        date = clock.local(at).date()
        if date == clock.today():
            return self("time.today")
        if date == clock.today() - dt.timedelta(days=1):
            return self("time.yesterday")
        return str(format_date(date, "EEEE d MMMM", locale=self._locale))

    def number(self, value: float) -> str:
        """A number as the language writes it."""
        return str(self._locale.number_symbols and f"{value:,}".replace(",", "\u202f"))

    def share(self, value: float) -> str:
        """A share between 0 and 1 in whole percents."""
        return f"{round(value * 100)}%"


@lru_cache(maxsize=5000)
def _span(language: str, minutes: int) -> str:
    delta = dt.timedelta(minutes=minutes)
    return str(format_timedelta(delta, granularity="minute", threshold=1.5, format="short", locale=_LOCALES[language]))


@lru_cache(maxsize=500)
def _language_name(language: str, code: str) -> str:
    locale = _LOCALES[language]
    try:
        name = Locale.parse(_NAMED_AS.get(code, code)).get_display_name(locale)
    except (UnknownLocaleError, ValueError):
        name = None
    return str(name or locale.languages.get(code) or code)


def direction(code: str | None) -> str:
    """`rtl` or `ltr`, for a language's code."""
    return "rtl" if (code or "").split("_")[0] in RIGHT_TO_LEFT else "ltr"
