"""The bytes of releases: stored with a seal, checked before they are loaded, read without Rasa where that will do."""

from __future__ import annotations

import hashlib
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from helpline.db.engine import reading
from helpline.db.schema import release_models, releases
from helpline.db.vault import Vault
from helpline.errors import HelplineError
from helpline.nlu import classifier, storage, understand
from helpline.nlu.classifier import Classifier
from helpline.releases import publishing, queue, snapshot
from helpline.releases.snapshot import Snapshot
from helpline.service import Service

KEPT = 12
"""Releases whose models stay, besides those that were live last: to go back to."""
_IN_MEMORY = 3
INSTALLED = Path("models")
"""Where `helpline train` puts the model of the starter content."""


def seal(vault: Vault, release_id: int, content_hash: str, model_hash: str) -> str:
    """A mark that only this service can make: who can only write to the database cannot slip in a model."""
    return vault.lookup("release", f"{release_id} {content_hash} {model_hash}")


def store(conn: Connection, vault: Vault, release_id: int, taken: Snapshot, model: bytes) -> dict[str, object]:
    """Keep model and content of a release; the values that belong to its row."""
    content_hash, model_hash = taken.content_hash, hashlib.sha256(model).hexdigest()
    conn.execute(sa.delete(release_models).where(release_models.c.release_id == release_id))
    conn.execute(sa.insert(release_models).values(release_id=release_id, model=model, content=taken.pack()))
    return {
        "content_hash": content_hash, "model_hash": model_hash, "revision": taken.revision,
        "model_seal": seal(vault, release_id, content_hash, model_hash),
    }  # fmt: skip


def load(conn: Connection, vault: Vault, release_id: int) -> bytes:
    """The model of a release. Raises HelplineError if it is gone or not what was trained here."""
    release = queue.get(conn, release_id)
    query = sa.select(release_models.c.model, release_models.c.content)
    row = conn.execute(query.where(release_models.c.release_id == release_id)).first()
    if row is None:
        raise HelplineError(f"The model of release {release_id} is not kept any more. Train again.")
    content_hash, model_hash = snapshot.unpack(row.content).content_hash, hashlib.sha256(row.model).hexdigest()
    named = f"{release_id} {content_hash} {model_hash}"
    if release.model_seal not in vault.lookups("release", named):
        raise HelplineError(f"The model of release {release_id} is not the one that was trained. It is not loaded.")
    return bytes(row.model)


def content(conn: Connection, release_id: int) -> Snapshot | None:
    """What a release was trained on, while it is kept."""
    query = sa.select(release_models.c.content).where(release_models.c.release_id == release_id)
    packed = conn.execute(query).scalar()
    return snapshot.unpack(packed) if packed is not None else None


def forget_old(conn: Connection) -> int:
    """Delete the models of releases that nobody will go back to; their reports stay."""
    newest = [row.id for row in conn.execute(sa.select(releases.c.id).order_by(releases.c.id.desc()).limit(KEPT))]
    keep = {*newest, *publishing.recent(conn, KEPT)}
    return int(conn.execute(sa.delete(release_models).where(release_models.c.release_id.not_in(keep))).rowcount)


@dataclass(frozen=True)
class Reader:
    """A release's classifier, to ask in this process."""

    release_id: int | None
    """None for the installed model."""
    model: Classifier


_readers: WeakKeyDictionary[Engine, dict[int | None, Reader]] = WeakKeyDictionary()
_lock = threading.Lock()


def reader(service: Service, release_id: int | None) -> Reader:
    """The classifier of a release, or of the installed model; kept in memory, a few at a time."""
    with _lock:
        known = _readers.setdefault(service.engine, {})
        if release_id in known:
            return known[release_id]
        if release_id is None:
            made = Reader(None, understand.current(INSTALLED))
        else:
            with reading(service.engine) as conn:
                model = load(conn, service.vault, release_id)
            made = Reader(release_id, classifier_of(model))
        while len(known) >= _IN_MEMORY:
            known.pop(next(iter(known)))
        known[release_id] = made
        return made


def classifier_of(model: bytes) -> Classifier:
    """The classifier inside a model of Rasa's."""
    with tempfile.TemporaryDirectory(prefix="helpline-model-") as name:
        packed = Path(name) / "model.tar.gz"
        packed.write_bytes(model)
        storage.unpack(packed, Path(name))
        return classifier.load(Path(name))
