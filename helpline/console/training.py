"""What the pages about understanding share: the examples in memory, the live and the draft model, names of intents."""

from __future__ import annotations

import threading
from collections.abc import Callable
from weakref import WeakKeyDictionary

from flask import request
from sqlalchemy.engine import Engine

from helpline import logs
from helpline.console import answers, current
from helpline.content import SPOKEN
from helpline.db.engine import reading
from helpline.db.schema import releases as table
from helpline.errors import HelplineError
from helpline.examples.neighbours import Index
from helpline.nlu.understand import Outcome, understand
from helpline.releases import models, publishing, queue
from helpline.service import Service

log = logs.get(__name__)
_indexes: WeakKeyDictionary[Engine, Index] = WeakKeyDictionary()
_lock = threading.Lock()


def index() -> Index:
    """All examples in memory, as the database has them now."""
    return index_of(current.service().engine)


def index_of(engine: Engine) -> Index:
    """As `index`, outside of a request."""
    with _lock:
        found = _indexes.setdefault(engine, Index())
    found.refresh(engine)
    return found


def warm(service: Service) -> None:
    """Read examples and the live model before the first page asks for them."""
    try:
        index_of(service.engine)
        with reading(service.engine) as conn:
            live = publishing.live(conn)
        model = models.reader(service, live).model
        understand(model, "hello")  # and what finds its language and its danger
        model.warm()
    except Exception:  # a page that needs them says what is wrong
        logs.failure(log, "training_not_warm")


def live_reader() -> models.Reader | None:
    """The model that is live; None where none can be read."""
    with current.reading() as conn:
        return _reader(publishing.live(conn))


def draft_reader() -> models.Reader | None:
    """The newest trained model that is not live; None if there is none."""
    with current.reading() as conn:
        live = publishing.live(conn)
        newest = queue.listed(conn, table.c.state == "ready", limit=1)
    if not newest or newest[0].id == live:
        return None
    return _reader(newest[0].id)


def says(reader: models.Reader | None) -> Callable[[str, str], Outcome] | None:
    """What a model makes of a text by somebody who wrote in that language before."""
    if reader is None:
        return None
    return lambda text, language: understand(reader.model, text, prior=language)


def language_chosen(default: str | None = None) -> str:
    """The language a page is about: asked for, or the editor's first that the assistant speaks."""
    asked = request.values.get("language", "")
    if asked in SPOKEN:
        return asked
    reads = [code for code in current.account().reads if code in SPOKEN]
    return default or (reads[0] if reads else SPOKEN[0])


def name(intent: str | None) -> str:
    """What an intent is called for editors: its name, or its id in words."""
    if not intent:
        return current.words()("training.people")
    if answers.topic_is_known(intent):
        return answers.topic_name(intent)
    words = current.words()
    if intent.startswith("emergency_"):
        return words("training.emergency", kind=words.any_of(f"emergency.{intent[10:]}", "emergency.other"))
    return intent.replace("_", " ")


def answer_of(intent: str, language: str) -> str:
    """What somebody would read who is taken to mean this: an answer, or that people or a search take over."""
    published, words = current.service().answers, current.words()
    key = f"utter_{intent}"
    if published.has(key):
        try:
            return published.get(key, language).text
        except HelplineError:
            return words("releases.answer_with_facts")
    return words("releases.no_text")


def _reader(release_id: int | None) -> models.Reader | None:
    try:
        return models.reader(current.service(), release_id)
    except Exception:
        logs.failure(log, "model_not_read", release_id=release_id)
        return None
