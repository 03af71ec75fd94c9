"""Editing at full size: `python -m benchmarks.content`; 50 topics, 10 languages, 20,000 examples, on SQLite.

Measured as an editor meets it: the page with search results over HTTP, the matrix, a preview while typing, and the
time from the click on "Make it live" until another process says the new text.
"""

from __future__ import annotations

import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from flask.testing import FlaskClient

from helpline import accounts, clock, content, service, settings
from helpline.console import app, content_find
from helpline.content import changes
from helpline.content.changes import Seen, Wording
from helpline.db import migrate
from helpline.db.schema import answers, examples, intents
from helpline.examples import store

LANGUAGES = ("en", "nl", "fr", "ar", "es", "pt", "ti", "fa", "tr", "pl")
TOPICS, EXAMPLES = 50, 20_000
WORDS = {
    "ar": "إقامة طبيب مدرسة طعام أين يمكنني الحصول على مساعدة من فضلكم قسيمة عمل بيت",
    "fr": "médecin école où puis-je obtenir de l'aide s'il vous plaît bon travail logement étranger",
    "nl": "huis dokter school eten waar kan ik hulp krijgen alstublieft bon werk onderdak",
}
ASKED = ("huis", "إقامة", "medecin", "eten school", "اقامه", "where help", "zzz")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        chosen = settings.read(
            {"SECRET_KEY": "only-for-this-benchmark-0123456789", "DATABASE_URL": f"sqlite:///{folder}/x.db"}
        )
        opened, reader = service.start(chosen), service.start(chosen)
        migrate.upgrade(opened.engine)
        _fill(opened)
        made = app.create(opened)
        content_find.warm(made)  # as a console does when it starts
        flask = made.test_client()
        same = {"Sec-Fetch-Site": "same-origin"}
        flask.post("/sign-in", data={"username": "eva", "password": accounts.DEMO[0].password}, headers=same)
        figures = {
            "search_in_new_process_ms": _ms(lambda: flask.get("/content", query_string={"q": "huis"})),
            "search_first_ms": [_after_change(opened, flask, n) for n in range(5)],
            "search_ms": _many(lambda n: flask.get("/content", query_string={"q": ASKED[n % len(ASKED)]})),
            "matrix_ms": _many(lambda n: flask.get("/content", query_string={"page": n % 5 + 1})),
            "preview_ms": _many(lambda n: flask.post(
                "/content/utter_greet/nl/preview", data={"text": f"Dag {n} *allemaal*"}, headers=same
            )),
            "live_ms": [_live(opened, reader, n) for n in range(5)],
        }  # fmt: skip
        print(json.dumps(figures, indent=2))
        Path("docs/benchmarks/content.json").write_text(json.dumps(figures, indent=2) + "\n")


def _fill(opened: service.Service) -> None:
    dice = random.Random(510)
    words = {
        code: (WORDS.get(code) or "where can i get help please voucher work shelter doctor school").split()
        for code in LANGUAGES
    }
    with opened.engine.begin() as conn:
        content.import_starter(conn)
        accounts.ensure_demo(conn)
        rows = [
            {"key": f"utter_topic_{n}", "language": code, "text": " ".join(dice.choices(words[code], k=60)),
             "buttons": "[]", "facts": "{}", "version": 1, "updated_at": clock.now()}
            for n in range(TOPICS) for code in LANGUAGES
        ]  # fmt: skip
        conn.execute(sa.insert(answers), rows)
        conn.execute(sa.insert(intents), [{"id": f"topic_{n}", "action": "answer"} for n in range(TOPICS)])
        conn.execute(sa.insert(examples), [
            {"intent": f"topic_{n % TOPICS}", "language": LANGUAGES[n % 10], "text_hash": str(n), "origin": "editor",
             "text": " ".join(dice.choices(words[LANGUAGES[n % 10]], k=9)) + f" {n}", "created_at": 0, "revision": 1}
            for n in range(EXAMPLES)
        ])  # fmt: skip
    opened.answers.refresh(now=True)


def _after_change(opened: service.Service, flask: FlaskClient, number: int) -> float:
    """The first search after an example was added and a text went live."""
    with opened.engine.begin() as conn:
        store.add(conn, "topic_1", "nl", [f"waar is het huis nummer {number} voor ons"], account_id=None)
        content.change(conn, "utter_language_changed", "nl", f"Taal {number}")
    opened.answers.refresh(now=True)
    return _ms(lambda: flask.get("/content", query_string={"q": "huis"}))


def _live(opened: service.Service, reader: service.Service, number: int) -> float:
    """Milliseconds from publishing until another process, which looks once a second, says the new text."""
    text, key = f"Dag {number}", "utter_language_changed"
    with opened.engine.begin() as conn:
        change = changes.save(conn, key, "nl", Wording(text), 1, Seen(0, changes.live(conn, key, "nl")[1]))
        changes.approve(conn, key, "nl", 2, change.version, change.hash)
    reader.answers.get(key, "nl")
    began = time.perf_counter()
    with opened.engine.begin() as conn:
        changes.publish(conn, key, "nl", 2, change.version + 1)
    while reader.answers.get(key, "nl").text != text:
        time.sleep(0.005)
    return round((time.perf_counter() - began) * 1000, 1)


def _many(do: Callable[[int], object], times: int = 40) -> dict[str, float]:
    """Milliseconds as waited and, because other programs may share the machine, as computed."""
    waited, computed = [], []
    for number in range(times):
        began = time.process_time()
        waited.append(_ms(lambda n=number: do(n)))  # type: ignore[misc]
        computed.append(round((time.process_time() - began) * 1000, 1))
    last = int(times * 0.95)
    return {
        "median": statistics.median(waited), "p95": sorted(waited)[last],
        "computed_median": statistics.median(computed), "computed_p95": sorted(computed)[last],
    }  # fmt: skip


def _ms(do: Callable[[], object]) -> float:
    began = time.perf_counter()
    done = do()
    if getattr(done, "status_code", 200) != 200:
        raise RuntimeError(f"The page answered {done.status_code}.")  # type: ignore[attr-defined]
    return round((time.perf_counter() - began) * 1000, 1)


if __name__ == "__main__":
    main()
