"""What data/ holds: the answers of a fresh database, in Rasa's format, and the facts they repeat."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml

from helpline.content.answer import Answer
from helpline.content.facts import ANY, Fact
from helpline.messages import Button

DEFAULT_LANGUAGE = "en"
SPOKEN = ("en", "nl", "fr", "ar", "es", "pt")
"""Languages the assistant answers in; the safety texts exist in more."""
DATA = Path(__file__).resolve().parent.parent.parent / "data"
FACTS = "facts.yml"
WRITTEN_HERE = "console"
"""Folder of the answers that editors added."""

Texts = dict[str, dict[str, Answer]]
"""Answers by key and language."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_starter(folder: Path = DATA) -> Texts:
    """The answers of data/: Rasa's `responses:`, the language of a variation being its condition on that slot.

    The first variation's metadata (review dates, source, request_location) holds for all languages.
    `words:` has the same form: what our own code says, which Rasa need not know.
    """
    texts: Texts = {}
    for path in files(folder):
        for key, by_language in read_file(path).items():
            texts.setdefault(key, {}).update(by_language)
    return texts


def read_facts(folder: Path = DATA) -> dict[str, Fact]:
    """The facts of data/facts.yml by name."""
    path = folder / FACTS
    body = _load(path).get("facts", {}) if path.exists() else {}
    return {name: _fact(name, one) for name, one in body.items()}


def read_file(path: Path) -> Texts:
    """The answers of one file."""
    return _texts_of(path, path.stat().st_mtime_ns)


def files(folder: Path = DATA) -> list[Path]:
    """The files that may hold answers."""
    return [path for path in sorted(folder.rglob("*.yml")) if not path.name.startswith("examples.")]


@cache
def topics(folder: Path = DATA) -> Mapping[str, str]:
    """The topic of each starter answer: the folder it is in."""
    return {key: path.parent.name for path in files(folder) for key in read_file(path)}


def fingerprint(texts: Texts, facts: Mapping[str, Fact]) -> str:
    """A hash of everything an import would write."""
    plain = {
        key: {language: [a.text, [vars(b) for b in a.buttons], dict(a.facts)] for language, a in by_language.items()}
        for key, by_language in texts.items()
    }
    told = [plain, {name: vars(fact) for name, fact in facts.items()}]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


@lru_cache(maxsize=256)
def _texts_of(path: Path, _changed_at: int) -> Texts:
    """The texts of one file; read once, because every process and test asks for all of them."""
    texts: Texts = {}
    body = _load(path)
    for key, variations in {**(body.get("responses") or {}), **(body.get("words") or {})}.items():
        shared = variations[0].get("metadata") or {}
        for variation in variations:
            language, answer = _variation(variation, shared)
            texts.setdefault(key, {})[language] = answer
    return texts


def _load(path: Path) -> dict[str, Any]:
    body = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a safe loader, in C
    return body if isinstance(body, dict) else {}


def language_of(variation: Mapping[str, Any]) -> str:
    """The language a variation is for."""
    conditions = variation.get("condition") or []
    return next((str(c["value"]) for c in conditions if c.get("name") == "language"), DEFAULT_LANGUAGE)


def _variation(body: Mapping[str, Any], shared: Mapping[str, Any]) -> tuple[str, Answer]:
    buttons = tuple(
        Button(str(b["title"]), str(b["payload"]), str(b.get("description", ""))) for b in body.get("buttons") or ()
    )
    answer = Answer(str(body.get("text", "")), buttons, {**shared, **(body.get("metadata") or {})})
    return language_of(body), answer


def _fact(name: str, body: Mapping[str, Any]) -> Fact:
    values = {ANY: str(body["value"]), **{str(k): str(v) for k, v in (body.get("values") or {}).items()}}
    told = ("kind", "label", "owner", "source", "reviewed_on", "review_by", "on_expiry")
    kind, label, owner, source, reviewed_on, review_by, on_expiry = (str(body[one]) for one in told)
    return Fact(name, values, kind, label, owner, source, reviewed_on, review_by, on_expiry)
