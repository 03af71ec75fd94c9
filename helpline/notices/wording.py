"""The words of notices, in English or Dutch; the console keeps them with its own texts."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from babel import Locale, UnknownLocaleError

from helpline.notices import Notice

LANGUAGES = ("en", "nl")
FOLDER = Path(__file__).resolve().parent.parent / "console" / "translations"


@cache
def texts(language: str) -> dict[str, Any]:
    """What each kind of notice says."""
    path = FOLDER / (language if language in LANGUAGES else LANGUAGES[0]) / "notices.yml"
    body: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["notice"]
    return body


def title(notice: Notice, language: str) -> str:
    """The first line."""
    return str(texts(language)["title"][notice.kind])


def lines(notice: Notice, language: str) -> list[tuple[str, str]]:
    """Name and value of each fact, in words."""
    words = texts(language)["fact"]
    return [
        (str(words[name]), _value(name, value, language))
        for name, value in notice.facts.items()
        if name != "path" and name in words
    ]


def link_title(language: str) -> str:
    """The word on the link."""
    return str(texts(language)["link"])


def footer(language: str) -> str:
    """Why there is no more in it."""
    return str(texts(language)["footer"])


def _value(name: str, value: int | str, language: str) -> str:
    if name in ("seconds", "since"):
        return span(int(value), language)
    if name in ("language", "to_language", "languages"):
        return ", ".join(language_name(code, language) for code in str(value).split(",") if code)
    return str(value)


def span(seconds: int, language: str) -> str:
    """A length of time, short."""
    words = texts(language)["span"]
    minutes = max(0, seconds) // 60
    if minutes < 90:
        return str(words["minutes"]).format(n=minutes)
    return str(words["hours"]).format(n=round(minutes / 60))


@cache
def language_name(code: str, language: str) -> str:
    """What a language is called."""
    try:
        named = Locale.parse(language).languages.get(code)
    except (UnknownLocaleError, ValueError):
        named = None
    return str(named or code)
