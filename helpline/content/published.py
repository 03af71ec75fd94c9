"""The published answers of a process, in memory: what is said to whom, and what old facts become."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import sqlalchemy as sa
from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date
from sqlalchemy.engine import Engine

from helpline import clock, logs
from helpline.content import facts, store
from helpline.content.answer import Answer, MissingAnswer
from helpline.content.facts import Fact
from helpline.content.sensitive import holds_until
from helpline.content.starter import DATA, DEFAULT_LANGUAGE, Texts, read_facts, read_starter
from helpline.db.engine import reading
from helpline.messages import OutboundMessage

RELOAD_SECONDS = 1.0
log = logs.get(__name__)


class Answers:
    """The published answers of this process: starter texts under what the database holds."""

    def __init__(self, engine: Engine | None, folder: Path = DATA, *, organisation: str = "") -> None:
        self._engine = engine
        self._organisation = organisation
        self._starter, self._starter_facts = read_starter(folder), read_facts(folder)
        self._texts, self._facts = self._starter, self._starter_facts
        self._version: int | None = None
        self._checked = 0.0
        self._lock = threading.Lock()

    @property
    def version(self) -> int | None:
        """The content version in memory; None before the first look at a database."""
        return self._version

    def has(self, key: str, language: str | None = None) -> bool:
        """Whether a text exists for the key (in that language)."""
        return bool(self._text(key, language) if language else self._texts.get(key))

    def get(self, key: str, language: str | None, /, **variables: str) -> OutboundMessage:
        """The message for a key in the contact's language, or English where that is missing."""
        self.refresh()
        answer, language = self._spoken(key, language)
        if answer is None:
            raise MissingAnswer(f"There is no text for {key}. Write it in the console, or in data/.")
        return self.draw(key, answer, language, **variables)

    def draw(self, key: str, answer: Answer, language: str | None, /, **variables: str) -> OutboundMessage:
        """The message that an answer becomes: variables and facts filled in, and what old facts ask for."""
        known = {"organisation": self._who(language), **variables}
        today, said = clock.today(), self._facts
        message = answer.filled(known, lambda name: self._value(said.get(name), language, today))
        old = [f for name in answer.fact_names if (f := said.get(name)) and f.on_expiry == "line" and f.expired(today)]
        dates = [fact.reviewed_on for fact in old]
        if holds_until(key, answer, today) is False:
            dates.append(str(answer.facts.get("reviewed_on") or ""))
        if not dates:
            return message
        return self._with_line(message, min(date or "" for date in dates), language)

    def static(self, key: str, language: str | None, /, **variables: str) -> OutboundMessage:
        """The shipped text, whatever the database says or whether it can be reached: for safety texts."""
        by_language = self._starter.get(key, {})
        answer = by_language.get(language or "") or by_language.get(DEFAULT_LANGUAGE)
        if answer is None:
            raise MissingAnswer(f"There is no text for {key} in data/.")
        shipped = self._starter_facts
        return answer.filled(variables, lambda name: shipped[name].value(language) if name in shipped else "")

    def items(self) -> Iterator[tuple[str, str, Answer]]:
        """Every published key, language and answer."""
        self.refresh()
        for key, by_language in sorted(self._texts.items()):
            for language, answer in sorted(by_language.items()):
                yield key, language, answer

    def facts(self) -> Mapping[str, Fact]:
        """Every published fact by name."""
        self.refresh()
        return self._facts

    def refresh(self, *, now: bool = False) -> None:
        """Reload when editors published something; looks once a second. An unreachable database changes nothing."""
        if self._engine is None or (not now and time.monotonic() - self._checked < RELOAD_SECONDS):
            return
        with self._lock:
            self._checked = time.monotonic()
            try:
                with reading(self._engine) as conn:
                    version = store.version(conn)
                    if version != self._version:
                        texts: Texts = {key: dict(texts) for key, texts in self._starter.items()}
                        for key, language, answer in store.published(conn):
                            texts.setdefault(key, {})[language] = answer
                            if not answer.text:
                                del texts[key][language]
                        said = {**self._starter_facts, **store.published_facts(conn)}
                        self._texts, self._facts, self._version = texts, said, version
            except sa.exc.SQLAlchemyError:
                logs.failure(log, "content_not_reloaded")

    def _value(self, fact: Fact | None, language: str | None, today: dt.date) -> str:
        """The value of a fact; who asks for one that is hidden or gone reads where to ask instead."""
        hidden = fact is None or (fact.on_expiry == "hide" and fact.expired(today))
        if fact is not None and not hidden and (value := fact.value(language)):
            return value
        instead, _ = self._spoken("utter_fact_hidden", language)
        return instead.text.strip() if instead else ""

    def _with_line(self, message: OutboundMessage, checked: str, language: str | None) -> OutboundMessage:
        line, language = self._spoken("utter_fact_old", language)
        if line is None:
            return message
        said = line.filled({"date": _date(checked, language)}).text
        return OutboundMessage(f"{message.text}\n{said}", message.buttons, request_location=message.request_location)

    def _spoken(self, key: str, language: str | None) -> tuple[Answer | None, str | None]:
        """The text for a key, and the language it is in: the one asked for, else English."""
        own = self._text(key, language)
        return (own, language) if own else (self._text(key, DEFAULT_LANGUAGE), DEFAULT_LANGUAGE)

    def _who(self, language: str | None) -> str:
        """Who runs the helpdesk, in the words of the language unless a setting names them."""
        named, _ = self._spoken("utter_organisation", language)
        return self._organisation or (named.text if named else "")

    def _text(self, key: str, language: str | None) -> Answer | None:
        return self._texts.get(key, {}).get(language or DEFAULT_LANGUAGE)


def _date(written: str, language: str | None) -> str:
    """A date as the language writes it, in digits a phone shows everywhere."""
    found = facts.day(written)
    if found is None:
        return "?"
    try:
        locale = Locale.parse(language or DEFAULT_LANGUAGE)
    except (UnknownLocaleError, ValueError):
        locale = Locale(DEFAULT_LANGUAGE)
    return str(format_date(found, "d MMMM y", locale=locale)).translate(_LATIN_DIGITS)


_LATIN_DIGITS = {ord(first) + n: str(n) for first in "\u0660\u06f0" for n in range(10)}
