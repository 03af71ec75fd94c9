"""The training of one release, as a process of its own: the assistant answers on meanwhile.

It runs with the lowest priority and inside a bound of memory, writes how far it is into the table, and stops when
somebody cancels it. Nothing it does is live: it only makes a release that people may publish.
"""

from __future__ import annotations

import json
import logging
import os
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from rasa.api import train as rasa_train
from rasa.utils.log_utils import configure_structlog

from helpline import logs
from helpline.assistant import importer
from helpline.db.engine import reading
from helpline.nlu import progress
from helpline.nlu.classifier import Classifier
from helpline.nlu.progress import Folds
from helpline.releases import golden, models, publishing, queue, recent, report, snapshot
from helpline.releases.snapshot import Snapshot
from helpline.releases.watch import Watch
from helpline.service import Service

CACHE = Path("var") / "training"
"""Rasa keeps here what did not change since the last training; no other process writes there."""
log = logs.get(__name__)


def run(service: Service, release_id: int, watch: Watch) -> int:
    """Train, judge and keep a release that was claimed (queue.begin_next); the exit code."""
    _stand_back()
    configure_structlog(logging.WARNING)  # thousands of lines about each rule otherwise
    try:
        made = _train(service, release_id)
    except Exception as error:
        logs.failure(log, "training_failed", release_id=release_id)
        with service.engine.begin() as conn:
            queue.end(conn, release_id, "failed", error=type(error).__name__)
        return 1
    finally:
        watch.stop()
    with service.engine.begin() as conn:
        if queue.end(conn, release_id, "ready", **made):
            models.forget_old(conn)
    return 0


def _stand_back() -> None:
    """Leave the processor to everybody else: the lowest priority, and on Linux only what nobody wants."""
    os.nice(19)
    with suppress(OSError):  # Linux weighs sessions against each other: without this, nice counts in our own only
        Path("/proc/self/autogroup").write_text("19")
    with suppress(OSError, AttributeError):  # no Linux, or not allowed
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _train(service: Service, release_id: int) -> dict[str, Any]:
    with reading(service.engine) as conn:
        taken = snapshot.take(conn)
    folds: list[Folds] = []

    def enter(phase: str) -> None:
        with service.engine.begin() as conn:
            queue.enter(conn, release_id, phase)

    with tempfile.TemporaryDirectory(prefix="helpline-release-") as folder:
        with progress.listening(enter, folds.append), importer.of_release(taken):
            packed = _model(Path(folder), release_id)
        enter("evaluate")
        body = packed.read_bytes()
    new = models.classifier_of(body)
    made = _judge(service, new, taken, folds[-1] if folds else None)
    with service.engine.begin() as conn:
        columns = models.store(conn, service.vault, release_id, taken, body)
    return {**columns, "redirects": _json(dict(taken.redirects)), "report": _json(made)}


def _model(folder: Path, release_id: int) -> Path:
    """The trained model's file. What is not the classifier's comes from the cache when it did not change."""
    os.environ["RASA_CACHE_DIRECTORY"] = str(CACHE)
    result = rasa_train(
        "domain.yml", "config.yml", ["data"], output=str(folder), fixed_model_name=f"release-{release_id}",
        force_training=False,
    )  # fmt: skip
    trained = Path(str(result.model)) if result.model else folder / f"release-{release_id}.tar.gz"
    if result.code != 0 or not trained.exists():
        raise RuntimeError("Rasa made no model.")
    return trained


def _judge(service: Service, new: Classifier, taken: Snapshot, folds: Folds | None) -> dict[str, Any]:
    old, before, figures = None, None, None
    with reading(service.engine) as conn:
        live = publishing.live(conn)
        if live is not None:
            before, figures = models.content(conn, live), queue.get(conn, live).report
        messages = recent.messages(conn, service.vault)
    try:
        old = models.reader(service, live).model
    except Exception:  # the installed model may be missing or of another version: nothing to compare with
        logs.failure(log, "live_model_not_read", release_id=live)
    if before is None:
        before = recent.installed()
    return report.make(
        new, taken, folds, old=old, before=before, old_report=figures, goldens=golden.read(), messages=messages
    )


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
