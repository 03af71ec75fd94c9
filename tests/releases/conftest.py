"""Releases made of small real models: trained in a second, judged by the real report."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from helpline import examples
from helpline.examples import files
from helpline.nlu import classifier, evaluation
from helpline.nlu.classifier import Classifier
from helpline.nlu.examples import Example
from helpline.releases import models, queue, snapshot

SENTENCES = {
    "find_food": ["where can I eat", "food bank near me", "I am hungry and have no food", "free meals for families",
                  "a soup kitchen", "bread for my children"],
    "find_shelter": ["where can I sleep", "no roof tonight", "a bed for one night", "I sleep on the street",
                     "night shelter", "they put me out of the house"],
    "voucher_status": ["when comes my voucher", "is my voucher sent", "next voucher date", "voucher this week",
                       "which day is the voucher", "is there a voucher on Tuesday"],
    "human_agent": ["talk to a person", "a human please", "I want a real person", "call a volunteer",
                    "somebody who answers me", "give me an agent"],
}  # fmt: skip


EMPTY = {
    "examples": 16, "changes": {}, "before": {},
    "golden": {"asked": 0, "lost": [], "won": [], "failing": []},
    "replay": {"messages": 0, "counts": {}, "other": [], "to_people": [], "from_people": []},
}  # fmt: skip


def starter() -> list[Example]:
    """Enough to train on, little enough to take a second."""
    return [Example(text, intent, "en") for intent, texts in SENTENCES.items() for text in texts]


def trained(listed: Sequence[Example]) -> Classifier:
    return evaluation.train(listed)


def packed(model: Classifier, folder: Path) -> bytes:
    """A model as Rasa packs it."""
    inside = folder / storage_name()
    inside.mkdir(parents=True, exist_ok=True)
    classifier.save(model, inside)
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w:gz") as archive:
        archive.add(inside, arcname=f"components/{storage_name()}")
    return body.getvalue()


def storage_name() -> str:
    return "train_MessageClassifier1"


@pytest.fixture(scope="session")
def model() -> Classifier:
    return trained(starter())


@pytest.fixture
def content(service, tmp_path):
    """The service with a little starter content."""
    folder = tmp_path / "data" / "topic"
    folder.mkdir(parents=True)
    lines = ['version: "3.1"', "", "nlu:"]
    for intent, texts in SENTENCES.items():
        lines += [f"- intent: {intent}", "  metadata: {language: en}", "  examples: |", *(f"    - {t}" for t in texts)]
    (folder / "examples.en.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    with service.engine.begin() as conn:
        files.import_starter(conn, tmp_path / "data")
    return service


@pytest.fixture
def make_release(content, model, tmp_path):
    """A function that makes a trained release; `losses` as its report would name them."""

    def make(*, losses: Sequence[dict] = (), add: Sequence[str] = ()) -> int:
        with content.engine.begin() as conn:
            if add:
                examples.add(conn, "find_food", "en", add, account_id=None)
            release_id = queue.ask(conn, None)
            assert queue.begin_next(conn) == release_id
            taken = snapshot.take(conn)
            columns = models.store(conn, content.vault, release_id, taken, packed(model, tmp_path))
            report = json.dumps({**EMPTY, "losses": list(losses)})
            assert queue.end(conn, release_id, "ready", report=report, **columns)
        return release_id

    return make
