"""Words and letters of a message and of its gloss as one sparse vector.

Four blocks (message words, message letters, gloss words, gloss letters), each TF-IDF with sublinear counts and of
length one. N-grams are known by their 32-bit hash only, so a model holds no word anybody wrote. A sentence encoder,
where there is one, adds its vector as a fifth block.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from helpline import gloss
from helpline.nlu.encoder import Encoder
from helpline.nlu.normalise import normalise, unaccented

WEIGHTS = (0.6, 0.6, 1.5, 1.5)
"""How much the message's words and letters and the gloss's words and letters count."""
ENCODED = 1.0
"""How much a sentence encoder's vector counts beside them."""
LETTERS = (2, 5)

Hashes = NDArray[np.uint32]


@dataclass(frozen=True)
class Text:
    """A message as the classifier reads it."""

    message: str
    gloss: str
    written: str = ""
    """As it came, for an encoder of many languages."""


def read(text: str, language: str) -> Text:
    """Normalise and gloss. Accents are dropped: most people type without them."""
    return Text(unaccented(normalise(text, language)), unaccented(gloss.plain(text, language)), text)


@lru_cache(maxsize=200_000)
def _letters_of(word: str) -> Hashes:
    padded = f" {word} "
    grams = [padded[i : i + n] for n in range(LETTERS[0], LETTERS[1] + 1) for i in range(len(padded) - n + 1)]
    return np.fromiter((zlib.crc32(g.encode()) for g in grams), np.uint32, len(grams))


def _word_hashes(words: Sequence[str]) -> Hashes:
    grams = [*words, *map(" ".join, pairwise(words))]
    return np.fromiter((zlib.crc32(g.encode()) for g in grams), np.uint32, len(grams))


def _letter_hashes(words: Sequence[str]) -> Hashes:
    return np.concatenate([_letters_of(word) for word in words]) if words else np.empty(0, np.uint32)


def _blocks(text: Text) -> tuple[Hashes, ...]:
    message, meaning = text.message.split(), text.gloss.split()
    return _word_hashes(message), _letter_hashes(message), _word_hashes(meaning), _letter_hashes(meaning)


@dataclass(frozen=True)
class Vectoriser:
    """What was seen in training: sorted hashes of each block's n-grams and their idf."""

    keys: tuple[Hashes, ...]
    idf: tuple[NDArray[np.float32], ...]
    weights: tuple[float, ...] = WEIGHTS
    encoder: Encoder | None = None
    offsets: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        dense = [self.encoder.size] if self.encoder else []
        starts = np.cumsum([0, *map(len, self.keys), *dense])
        object.__setattr__(self, "offsets", tuple(int(start) for start in starts))

    @property
    def size(self) -> int:
        """Number of columns."""
        return self.offsets[-1]

    def one(self, text: Text) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
        """Columns and values of one message, and how well it is known (see `known`)."""
        blocks = _blocks(text)
        columns, values = self._row(blocks)
        if self.encoder:
            columns = np.concatenate([columns, np.arange(*self.offsets[-2:])])
            values = np.concatenate([values, encoded([text], self.encoder)[0]])
        found = np.histogram(columns, self.offsets)[0]
        return columns, values, known(found[None], totals([blocks]))[0]

    def many(self, texts: Sequence[Text]) -> tuple[sp.csr_matrix, NDArray[np.float32]]:
        """A row for each message, and how well each is known."""
        blocks = [_blocks(text) for text in texts]
        matrix = self._matrix(blocks)
        if self.encoder:
            matrix = _joined(matrix[:, : self.offsets[-2]], encoded(texts, self.encoder))
        return matrix, known(per_block(matrix, self.offsets), totals(blocks))

    def _matrix(self, blocks: Sequence[tuple[Hashes, ...]]) -> sp.csr_matrix:
        rows = [self._row(block) for block in blocks]
        lengths = np.cumsum([0, *(len(columns) for columns, _ in rows)])
        columns = np.concatenate([columns for columns, _ in rows]) if rows else np.empty(0, np.int64)
        values = np.concatenate([values for _, values in rows]) if rows else np.empty(0, np.float32)
        return sp.csr_matrix((values, columns, lengths), shape=(len(rows), self.size), dtype=np.float32)

    def _row(self, blocks: tuple[Hashes, ...]) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        columns, values = [], []
        for number, hashes in enumerate(blocks):
            keys = self.keys[number]
            if not len(hashes) or not len(keys) or not self.weights[number]:
                continue
            found, counts = np.unique(hashes, return_counts=True)
            places = np.searchsorted(keys, found)
            places[places == len(keys)] = 0
            seen = keys[places] == found
            places = places[seen]
            value = (1 + np.log(counts[seen].astype(np.float32))) * self.idf[number][places]
            length = float(np.sqrt((value * value).sum()))
            if length:
                columns.append(places + self.offsets[number])
                values.append((value * (self.weights[number] / length)).astype(np.float32))
        if not columns:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        return np.concatenate(columns), np.concatenate(values)


def encoded(texts: Sequence[Text], encoder: Encoder) -> NDArray[np.float32]:
    """The encoder's vectors, at their weight."""
    said = [text.gloss if encoder.reads_gloss else text.written for text in texts]
    return np.asarray(encoder.encode(said) * np.float32(ENCODED), np.float32)


def _joined(matrix: sp.csr_matrix, dense: NDArray[np.float32]) -> sp.csr_matrix:
    joined = sp.hstack([matrix, sp.csr_matrix(dense)], format="csr", dtype=np.float32)
    joined.sort_indices()
    return joined


def totals(blocks: Sequence[tuple[Hashes, ...]]) -> NDArray[np.float32]:
    """Different n-grams in each block of each message."""
    return np.array([[len(np.unique(block)) for block in row] for row in blocks], np.float32).reshape(-1, 4)


def per_block(matrix: sp.csr_matrix, offsets: tuple[int, ...]) -> NDArray[np.int64]:
    """Entries of each row in each block."""
    rows = [np.diff(matrix[:, a:b].indptr) for a, b in pairwise(offsets)]
    return np.column_stack(rows)


def known(found: NDArray[np.int64], total: NDArray[np.float32]) -> NDArray[np.float32]:
    """Share of the gloss's words and letters that training knew, and how many words there are, for each message."""
    shares = found[:, 2:4] / np.maximum(total[:, 2:4], 1)
    return np.column_stack([shares, (total[:, 2] + 1) / 2]).astype(np.float32)


def words_of(matrix: sp.csr_matrix, offsets: tuple[int, ...]) -> sp.csr_matrix:
    """The two word blocks: enough to find near-duplicates, at a sixth of the cost."""
    return sp.hstack([matrix[:, offsets[0] : offsets[1]], matrix[:, offsets[2] : offsets[3]]], format="csr")


def as_seen_by(matrix: sp.csr_matrix, rows: sp.csr_matrix, offsets: tuple[int, ...]) -> sp.csr_matrix:
    """`rows` as a vectoriser of `matrix` alone would give them: unseen columns gone, blocks of their length again."""
    seen = np.asarray(matrix.getnnz(axis=0) > 0, np.float32)
    parts = []
    for a, b in pairwise(offsets):
        block = rows[:, a:b]
        before = np.sqrt(np.asarray(block.multiply(block).sum(1)).ravel())
        block = block.multiply(seen[a:b]).tocsr()
        block.eliminate_zeros()
        after = np.sqrt(np.asarray(block.multiply(block).sum(1)).ravel())
        parts.append(sp.diags(before / np.where(after > 0, after, 1)).dot(block))
    return sp.hstack(parts, format="csr", dtype=np.float32)


def fit(
    texts: Sequence[Text],
    *,
    weights: tuple[float, ...] = WEIGHTS,
    least: tuple[int, ...] = (1, 2, 1, 2),
    encoder: Encoder | None = None,
) -> tuple[Vectoriser, sp.csr_matrix, NDArray[np.float32]]:
    """The vectoriser of these texts, their matrix, and how many n-grams each block has.

    `least`: in how many messages an n-gram must be to count, per block.
    """
    message, meaning = [text.message.split() for text in texts], [text.gloss.split() for text in texts]
    keys, idf, parts, sizes = [], [], [], []
    for number, (count, rows) in enumerate(
        ((_count_words, message), (_count_letters, message), (_count_words, meaning), (_count_letters, meaning))
    ):
        found, counts = count(rows if weights[number] else [[]] * len(texts))
        sizes.append(np.diff(counts.indptr))
        rows_with = counts.getnnz(axis=0)
        kept = rows_with >= least[number]
        keys.append(found[kept])
        idf.append((np.log((1 + len(texts)) / (1 + rows_with[kept])) + 1).astype(np.float32))
        block = counts[:, kept]
        block.data = (1 + np.log(block.data)) * idf[-1][block.indices]
        length = np.sqrt(np.asarray(block.multiply(block).sum(1)).ravel())
        parts.append(sp.diags((weights[number] / np.where(length > 0, length, 1)).astype(np.float32)).dot(block))
    matrix = sp.hstack(parts, format="csr", dtype=np.float32)
    matrix.sort_indices()
    if encoder:
        matrix = _joined(matrix, encoded(texts, encoder))
    return Vectoriser(tuple(keys), tuple(idf), weights, encoder), matrix, np.column_stack(sizes).astype(np.float32)


def _count_words(rows: Sequence[Sequence[str]]) -> tuple[Hashes, sp.csr_matrix]:
    return _counted([_word_hashes(row) for row in rows])


def _count_letters(rows: Sequence[Sequence[str]]) -> tuple[Hashes, sp.csr_matrix]:
    """By way of the words: each different word is taken apart once."""
    words = {word: number for number, word in enumerate(dict.fromkeys(word for row in rows for word in row))}
    keys, letters = _counted([_letters_of(word) for word in words])
    starts = np.cumsum([0, *map(len, rows)])
    places = np.fromiter((words[word] for row in rows for word in row), np.int64, starts[-1])
    used = sp.csr_matrix((np.ones(len(places), np.float32), places, starts), shape=(len(rows), len(words)))
    return keys, (used @ letters).tocsr()


def _counted(rows: Sequence[Hashes]) -> tuple[Hashes, sp.csr_matrix]:
    """The different hashes, and how often each is in each row."""
    starts = np.cumsum([0, *map(len, rows)])
    keys, places = np.unique(np.concatenate([np.empty(0, np.uint32), *rows]), return_inverse=True)
    counts = sp.csr_matrix((np.ones(len(places), np.float32), places, starts), shape=(len(rows), len(keys)))
    counts.sum_duplicates()
    return keys, counts
