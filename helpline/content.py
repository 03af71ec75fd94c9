"""Answers as editors write them, per language. The database is the source; data/ is imported once as a start.

A process keeps the published answers in memory and reloads them when the content version changes,
so a changed text is live on the next message and never a training.
"""

from __future__ import annotations

import hashlib
import json
import string
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import yaml
from sqlalchemy.engine import Connection, Engine

from helpline import clock, logs
from helpline.db.engine import insert_once, reading
from helpline.db.schema import answers, content_version
from helpline.errors import HelplineError
from helpline.messages import Button, OutboundMessage

DEFAULT_LANGUAGE = "en"
SPOKEN = ("en", "nl", "fr", "ar", "es", "pt")
"""Languages the assistant answers in; the safety texts exist in more."""
DATA = Path(__file__).resolve().parent.parent / "data"
RELOAD_SECONDS = 1.0

log = logs.get(__name__)


class MissingAnswer(HelplineError):
    """No text exists for a key, not even in English, or it asks for a fact that was not given."""


@dataclass(frozen=True)
class Answer:
    """One text in one language."""

    text: str
    buttons: tuple[Button, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Review date, source, owner."""

    def filled(self, variables: Mapping[str, str]) -> OutboundMessage:
        """The message to send. Raises MissingAnswer for a variable that is not given: nobody may read `{amount}`."""
        wanted = {name for _, name, _, _ in string.Formatter().parse(self.text) if name}
        missing = wanted - set(variables)
        if missing:
            raise MissingAnswer(f"The text needs {', '.join(sorted(missing))}.")
        text = self.text.format_map(dict(variables)) if wanted else self.text
        asks = bool(self.facts.get("request_location"))
        return OutboundMessage(text=text.strip(), buttons=self.buttons, request_location=asks)


Texts = dict[str, dict[str, Answer]]
"""Answers by key and language."""


def read_starter(folder: Path = DATA) -> Texts:
    """The answers of data/: Rasa's `responses:`, the language of a variation being its condition on that slot.

    The first variation's metadata (review dates, source, request_location) holds for all languages.
    `words:` has the same form: what our own code says, which Rasa need not know.
    """
    texts: Texts = {}
    for path in sorted(folder.rglob("*.yml")):
        if not path.name.startswith("examples."):
            for key, by_language in _texts_of(path, path.stat().st_mtime_ns).items():
                texts.setdefault(key, {}).update(by_language)
    return texts


@lru_cache(maxsize=256)
def _texts_of(path: Path, _changed_at: int) -> Texts:
    """The texts of one file; read once, because every process and test asks for all of them."""
    texts: Texts = {}
    body = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader, in C
    if isinstance(body, dict):
        for key, variations in {**(body.get("responses") or {}), **(body.get("words") or {})}.items():
            shared = variations[0].get("metadata") or {}
            for variation in variations:
                language, answer = _variation(variation, shared)
                texts.setdefault(key, {})[language] = answer
    return texts


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _variation(body: Mapping[str, Any], shared: Mapping[str, Any]) -> tuple[str, Answer]:
    conditions = body.get("condition") or []
    language = next((c["value"] for c in conditions if c.get("name") == "language"), DEFAULT_LANGUAGE)
    buttons = tuple(
        Button(str(b["title"]), str(b["payload"]), str(b.get("description", ""))) for b in body.get("buttons") or ()
    )
    return language, Answer(str(body.get("text", "")), buttons, {**shared, **(body.get("metadata") or {})})


class Answers:
    """The published answers of this process: starter texts under what the database holds."""

    def __init__(self, engine: Engine | None, folder: Path = DATA, *, organisation: str = "") -> None:
        self._engine = engine
        self._organisation = organisation
        self._starter = read_starter(folder)
        self._texts = self._starter
        self._version: int | None = None
        self._checked = 0.0
        self._lock = threading.Lock()

    def has(self, key: str, language: str | None = None) -> bool:
        """Whether a text exists for the key (in that language)."""
        return bool(self._text(key, language) if language else self._texts.get(key))

    def get(self, key: str, language: str | None, /, **variables: str) -> OutboundMessage:
        """The message for a key in the contact's language, or English where that is missing."""
        self.refresh()
        answer = self._text(key, language) or self._text(key, DEFAULT_LANGUAGE)
        if answer is None:
            raise MissingAnswer(f"There is no text for {key}. Write it in the console, or in data/.")
        return answer.filled({"organisation": self._who(language), **variables})

    def static(self, key: str, language: str | None, /, **variables: str) -> OutboundMessage:
        """The shipped text, whatever the database says or whether it can be reached: for safety texts."""
        by_language = self._starter.get(key, {})
        answer = by_language.get(language or "") or by_language.get(DEFAULT_LANGUAGE)
        if answer is None:
            raise MissingAnswer(f"There is no text for {key} in data/.")
        return answer.filled(variables)

    def items(self) -> Iterator[tuple[str, str, Answer]]:
        """Every published key, language and answer."""
        self.refresh()
        for key, by_language in sorted(self._texts.items()):
            for language, answer in sorted(by_language.items()):
                yield key, language, answer

    def refresh(self, *, now: bool = False) -> None:
        """Reload when editors published something; looks once a second. An unreachable database changes nothing."""
        if self._engine is None or (not now and time.monotonic() - self._checked < RELOAD_SECONDS):
            return
        with self._lock:
            self._checked = time.monotonic()
            try:
                with reading(self._engine) as conn:
                    version = _version(conn)
                    if version != self._version:
                        self._texts = {key: dict(texts) for key, texts in self._starter.items()}
                        for key, language, answer in _published(conn):
                            self._texts.setdefault(key, {})[language] = answer
                        self._version = version
            except sa.exc.SQLAlchemyError:
                logs.failure(log, "content_not_reloaded")

    def _who(self, language: str | None) -> str:
        """Who runs the helpdesk, in the words of the language unless a setting names them."""
        named = self._text("utter_organisation", language) or self._text("utter_organisation", DEFAULT_LANGUAGE)
        return self._organisation or (named.text if named else "")

    def _text(self, key: str, language: str | None) -> Answer | None:
        return self._texts.get(key, {}).get(language or DEFAULT_LANGUAGE)


def import_starter(conn: Connection, folder: Path = DATA) -> int:
    """Write data/'s answers into the database where editors have not changed them; how many were written."""
    texts = read_starter(folder)
    fingerprint = _fingerprint(texts)
    insert_once(conn, content_version, {"id": 1, "version": 0}, ("id",))
    known = conn.execute(sa.select(content_version.c.fingerprint)).scalar()
    if known == fingerprint:
        return 0
    written = 0
    for key, by_language in texts.items():
        for language, answer in by_language.items():
            written += _write_starter(conn, key, language, answer)
    conn.execute(sa.update(content_version).values(version=content_version.c.version + 1, fingerprint=fingerprint))
    return written


def _write_starter(conn: Connection, key: str, language: str, answer: Answer) -> int:
    values = {
        "text": answer.text,
        "buttons": json.dumps([vars(button) for button in answer.buttons], ensure_ascii=False),
        "facts": json.dumps(answer.facts, ensure_ascii=False, default=str),
        "updated_at": clock.now(),
    }
    if insert_once(conn, answers, {"key": key, "language": language, "version": 1, **values}, ("key", "language")):
        return 1
    here = sa.and_(answers.c.key == key, answers.c.language == language)
    unedited = sa.and_(here, answers.c.version == 1, answers.c.text != answer.text)
    return int(conn.execute(sa.update(answers).where(unedited).values(**values)).rowcount)


def change(conn: Connection, key: str, language: str, text: str) -> None:
    """Publish a new text for a key and language."""
    changed = conn.execute(
        sa.update(answers)
        .where(answers.c.key == key, answers.c.language == language)
        .values(text=text, version=answers.c.version + 1, updated_at=clock.now())
    ).rowcount
    if not changed:
        raise MissingAnswer(f"There is no text for {key} in {language} to change. Import the starter content first.")
    conn.execute(sa.update(content_version).values(version=content_version.c.version + 1))


def _version(conn: Connection) -> int | None:
    version: int | None = conn.execute(sa.select(content_version.c.version)).scalar()
    return version


def _published(conn: Connection) -> Iterator[tuple[str, str, Answer]]:
    for row in conn.execute(sa.select(answers)):
        buttons = tuple(Button(**one) for one in json.loads(row.buttons))
        yield row.key, row.language, Answer(row.text, buttons, json.loads(row.facts))


def _fingerprint(texts: Texts) -> str:
    plain = {
        key: {language: [a.text, [vars(b) for b in a.buttons], dict(a.facts)] for language, a in by_language.items()}
        for key, by_language in texts.items()
    }
    return hashlib.sha256(json.dumps(plain, sort_keys=True, default=str).encode()).hexdigest()
