"""Examples that say nearly the same, found at once: the texts of all languages as vectors, kept in memory.

A change is caught up with by reading only the rows above the revision seen last, so a check stays fast while editors
work. The vectors need no training: pieces of words, hashed.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer
from sqlalchemy.engine import Connection, Engine

from helpline.db.engine import reading
from helpline.examples import store
from helpline.nlu.normalise import normalise, unaccented

NEAR = 0.72
"""Likeness from which two examples say nearly the same; tried on pairs that differ in one word of six."""
_BITS = 18
_vectors = HashingVectorizer(
    analyzer="char_wb", ngram_range=(2, 4), n_features=2**_BITS, norm="l2", alternate_sign=False, lowercase=False
)


@dataclass(frozen=True)
class Neighbour:
    """An example and how like the text it is, from 0 to 1."""

    id: int
    intent: str
    language: str
    text: str
    likeness: float


def folded(text: str, language: str = "") -> str:
    """The text as it is compared: one spelling, no accents, no question marks."""
    return unaccented(normalise(text, language)).replace("?", " ").strip()


class Index:
    """All examples in use, searchable."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = -1
        self._rows: list[store.Example] = []
        self._folded: list[str] = []
        self._places: dict[int, int] = {}
        self._matrix: sp.csr_matrix | None = None
        self._used: NDArray[np.bool_] = np.zeros(0, bool)
        self._languages: NDArray[np.str_] = np.zeros(0, "U8")
        self._counted: dict[tuple[str, str], tuple[list[int], int]] = {}

    def refresh(self, engine: Engine) -> None:
        """Read what changed since the last look."""
        with reading(engine) as conn:
            self.catch_up(conn)

    def catch_up(self, conn: Connection) -> None:
        """As `refresh`, within a transaction."""
        with self._lock:
            now = store.revision(conn)
            if now == self._revision:
                return
            if now < self._revision:  # an older database was put back under us
                self._forget()
            active = {one.id for one in store.listed(conn, since=self._revision)}
            self._take(store.changed_since(conn, self._revision), active)
            self._revision = now

    def nearest(self, text: str, language: str | None = None, count: int = 5, least: float = 0.0) -> list[Neighbour]:
        """The examples most like a text, the likest first; of one language or of all."""
        return self.nearest_many([text], language, count, least)[0]

    def nearest_many(
        self, texts: Sequence[str], language: str | None = None, count: int = 5, least: float = 0.0
    ) -> list[list[Neighbour]]:
        """As `nearest`, for several texts at once."""
        with self._lock:
            if self._matrix is None or not texts:
                return [[] for _ in texts]
            asked = _vectors.transform([folded(text, language or "") for text in texts])
            likeness = np.asarray((asked @ self._matrix.T).todense(), np.float32)
            allowed = self._used & (self._languages == language) if language else self._used
            likeness[:, ~allowed] = -1
            found = []
            for row in likeness:
                best = np.argpartition(-row, min(count, len(row) - 1))[:count]
                order = best[np.argsort(-row[best], kind="stable")]
                found.append([self._neighbour(int(i), float(row[i])) for i in order if row[i] >= max(least, 1e-6)])
            return found

    def search(self, asked: str, limit: int = 50) -> list[store.Example]:
        """Examples in which every word of the search occurs, in any language; newest first."""
        words = folded(asked).split()
        with self._lock:
            if not words:
                return []
            hits = []
            for place in range(len(self._rows) - 1, -1, -1):
                if self._used[place] and all(word in self._folded[place] for word in words):
                    hits.append(self._rows[place])
                    if len(hits) == limit:
                        break
            return hits

    def different(self) -> dict[tuple[str, str], int]:
        """How many truly different examples each intent has in each language: near repeats count once."""
        with self._lock:
            if self._matrix is None:
                return {}
            counts: dict[tuple[str, str], int] = {}
            groups: dict[tuple[str, str], list[int]] = {}
            for place in np.flatnonzero(self._used):
                row = self._rows[place]
                groups.setdefault((row.intent, row.language), []).append(int(place))
            for key, places in groups.items():
                known = self._counted.get(key)
                if known is None or known[0] != places:
                    part = self._matrix[places]
                    near = sp.triu(part @ part.T, 1).tocoo()
                    known = (places, len(places) - len(set(near.col[near.data >= NEAR].tolist())))
                    self._counted[key] = known
                counts[key] = known[1]
            return counts

    def _forget(self) -> None:
        self._revision, self._matrix = -1, None
        self._rows, self._folded, self._places, self._counted = [], [], {}, {}
        self._used, self._languages = np.zeros(0, bool), np.zeros(0, "U8")

    def _take(self, changed: list[store.Example], active: set[int]) -> None:
        fresh = [one for one in changed if one.id not in self._places]
        for one in changed:
            if one.id in self._places:
                self._rows[self._places[one.id]] = one
                self._used[self._places[one.id]] = one.id in active
        if not fresh:
            return
        texts = [folded(one.text, one.language) for one in fresh]
        for one in fresh:
            self._places[one.id] = len(self._rows)
            self._rows.append(one)
        self._folded += texts
        new = _vectors.transform(texts).astype(np.float32)
        self._matrix = new if self._matrix is None else sp.vstack([self._matrix, new]).tocsr()
        self._used = np.append(self._used, [one.id in active for one in fresh])
        self._languages = np.append(self._languages, [one.language for one in fresh])

    def _neighbour(self, place: int, likeness: float) -> Neighbour:
        row = self._rows[place]
        return Neighbour(row.id, row.intent, row.language, row.text, round(likeness, 3))


class Alike:
    """Texts of one language in heaps of what says nearly the same; made for a few thousand at a time."""

    def __init__(self) -> None:
        self._known: dict[str, int] = {}
        self._texts: list[str] = []
        self._heaps: list[int] = []
        self._matrix: sp.csr_matrix | None = None

    def add(self, text: str, heap: int) -> None:
        """A text is in a heap."""
        key = folded(text)
        if key not in self._known:
            self._known[key] = heap
            self._texts.append(key)
            self._heaps.append(heap)

    def find(self, text: str) -> int | None:
        """The heap of a text that says nearly the same, or None."""
        key = folded(text)
        if key in self._known or not self._texts:
            return self._known.get(key)
        matrix, have = self._matrix, 0 if self._matrix is None else self._matrix.shape[0]
        if matrix is None or have < len(self._texts):
            new = _vectors.transform(self._texts[have:])
            matrix = self._matrix = new if matrix is None else sp.vstack([matrix, new]).tocsr()
        likeness = np.asarray((_vectors.transform([key]) @ matrix.T).todense()).ravel()
        best = int(likeness.argmax())
        return self._heaps[best] if likeness[best] >= NEAR else None
