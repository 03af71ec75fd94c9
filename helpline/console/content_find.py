"""The search in everything that is written: answers, buttons, facts and examples, in every language at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import sqlalchemy as sa
from flask import Flask, current_app

from helpline import logs
from helpline.console import current
from helpline.console.words import LANGUAGES, Words
from helpline.content.search import Index, Item
from helpline.db.schema import examples

_MOST = 2000
log = logs.get(__name__)
_lock = threading.Lock()
_Mark = tuple[int | None, int, int]


def find(asked: str) -> tuple[list[Item], int]:
    """Texts that hold every word of a search, in whatever spelling, and how many there are."""
    return _index().find(asked, _MOST)


def warm(app: Flask) -> None:
    """Read every text before the first search asks for it, and what the page of answers is drawn with."""
    with app.app_context():
        try:
            app.jinja_env.get_template("content/page.html")
            for language in LANGUAGES:
                Words(language).language_name(language)
            _index()
        except Exception:  # a page that needs them says what is wrong
            logs.failure(log, "search_not_warm")


def _index() -> Index:
    """The texts of this moment, folded; made anew when content or examples change."""
    service = current.service()
    service.answers.refresh()
    query = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(examples.c.revision), 0))
    with current.reading() as conn:
        count, revision = conn.execute(query.where(~examples.c.removed)).one()
    mark: _Mark = (service.answers.version, count, revision)
    with _lock:
        kept: tuple[_Mark, Index] | None = current_app.extensions.get("content_index")
        if kept is None or kept[0] != mark:
            kept = current_app.extensions["content_index"] = (mark, Index(_items()))
    return kept[1]


def _items() -> Iterator[Item]:
    published = current.service().answers
    for key, language, answer in published.items():
        yield Item("answer", key, language, f"{answer.text}\n{key}")
        for button in answer.buttons:
            yield Item("button", key, language, f"{button.title} {button.description}")
    for fact in published.facts().values():
        for language, value in fact.values.items():
            yield Item("fact", fact.key, language, f"{value} {fact.label} {fact.name}")
    with current.reading() as conn:
        rows = conn.execute(
            sa.select(examples.c.intent, examples.c.language, examples.c.text).where(~examples.c.removed)
        )
        for intent, language, text in rows:
            yield Item("example", intent, language, text)
