"""What a release is trained on: examples and intents at one moment, hashed, so that a release never changes."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy.engine import Connection

from helpline import intents
from helpline.examples import store
from helpline.nlu.examples import Example
from helpline.nlu.thresholds import FOLDS


@dataclass(frozen=True)
class Snapshot:
    """Everything training needs from the database."""

    examples: tuple[Example, ...]
    actions: Mapping[str, str] = field(default_factory=dict)
    """Intents that editors added, and what follows: answer or people."""
    redirects: Mapping[str, str] = field(default_factory=dict)
    revision: int = 0

    @property
    def content_hash(self) -> str:
        """The same for the same content."""
        return hashlib.sha256(self._body()).hexdigest()

    def pack(self) -> bytes:
        """For the table."""
        return gzip.compress(json.dumps({"revision": self.revision}).encode() + b"\n" + self._body(), mtime=0)

    def _body(self) -> bytes:
        plain = {
            "examples": sorted((one.text, one.intent, one.language) for one in self.examples),
            "actions": dict(self.actions),
            "redirects": dict(self.redirects),
        }
        return json.dumps(plain, ensure_ascii=False, sort_keys=True).encode("utf-8")


LEAST = FOLDS
"""With fewer examples a topic cannot be measured, and would take the measured limits from all the others."""


def take(conn: Connection) -> Snapshot:
    """The content as it is now; topics with too few examples to learn from are left out."""
    listed = store.listed(conn)
    counted = Counter(one.intent for one in listed)
    return Snapshot(
        tuple(Example(one.text, one.intent, one.language) for one in listed if counted[one.intent] >= LEAST),
        {one.id: one.action for one in intents.listed(conn, archived=False) if one.action != "rule"},
        intents.redirects(conn),
        store.revision(conn),
    )


def untaught(conn: Connection) -> list[str]:
    """Topics in use that a release made now would not know."""
    counted = Counter(one.intent for one in store.listed(conn))
    return [one.id for one in intents.listed(conn, archived=False) if counted[one.id] < LEAST]


def unpack(packed: bytes) -> Snapshot:
    """From the table."""
    head, body = gzip.decompress(packed).split(b"\n", 1)
    read = json.loads(body)
    listed = tuple(Example(*one) for one in read["examples"])
    return Snapshot(listed, read["actions"], read["redirects"], json.loads(head)["revision"])
