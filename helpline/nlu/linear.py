"""One linear support vector machine over many intents: fitted, kept and read with numpy alone.

The fit is dual coordinate descent on the squared hinge (Hsieh and others, 2008, the method of liblinear), for all
intents in one sweep: a message's columns are fetched once for every intent, which is several times faster than one
intent after another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

COST = 1.0
ROUNDS = 6
"""Sweeps over all messages. Ten of them would change one guess in a hundred and no figure."""
SEED = 20

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Linear:
    """Scores of every class. Half precision: the file is half as large and no decision changes."""

    classes: tuple[str, ...]
    weights: NDArray[np.float16]
    """A row for each column of the features, so that one message touches few cache lines."""
    bias: Floats

    def one(self, columns: NDArray[np.int64], values: Floats) -> Floats:
        """Scores of one message."""
        return np.asarray(values @ self.weights[columns].astype(np.float32) + self.bias, np.float32)

    def many(self, matrix: sp.csr_matrix) -> Floats:
        """Scores of many messages."""
        return np.asarray(matrix @ self.weights.astype(np.float32) + self.bias, np.float32)


def fit(matrix: sp.csr_matrix, classes: Sequence[str], *, cost: float = COST, rounds: int = ROUNDS) -> Linear:
    """One machine per class against all others. The same input gives the same machine."""
    names, truth = np.unique(np.asarray(classes), return_inverse=True)
    starts, columns, values = matrix.indptr, matrix.indices, matrix.data.astype(np.float32, copy=False)
    weights = np.zeros((matrix.shape[1], len(names)), np.float32)
    bias = np.zeros(len(names), np.float32)
    pulls = np.zeros((matrix.shape[0], len(names)), np.float32)  # of each message, with the sign of its side
    slack = np.float32(0.5 / cost)
    length = np.asarray(matrix.multiply(matrix).sum(1), np.float32).ravel() + 1 + slack
    side = np.full(len(names), -1, np.float32)
    order = np.random.RandomState(SEED)
    with threadpool_limits(1, "blas"):  # more threads cost more than they save on one message, and sum in another order
        for _ in range(rounds):
            for row in order.permutation(len(truth)):
                place = slice(starts[row], starts[row + 1])
                here, value, intent, pull = columns[place], values[place], truth[row], pulls[row]
                side[intent] = 1
                found = weights[here]
                gradient = side * (value @ found + bias + slack * pull) - 1
                moved = side * np.maximum(side * pull - gradient / length[row], 0) - pull
                side[intent] = -1
                pull += moved
                bias += moved
                found += value[:, None] * moved
                weights[here] = found
    return Linear(tuple(map(str, names)), weights.astype(np.float16), bias)


def probabilities(scores: Floats, temperature: float) -> Floats:
    """Softmax of the scores of one or many messages."""
    scaled = (scores - scores.max(-1, keepdims=True)) / temperature
    powers = np.exp(scaled)
    return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)
