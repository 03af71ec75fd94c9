"""One linear support vector machine over many intents: fitted by scikit-learn, kept and read with numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.svm import LinearSVC

COST = 1.0
TOLERANCE = 0.1
"""A tighter one costs time and changes no figure: the margins settle early."""
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


def fit(matrix: sp.csr_matrix, classes: Sequence[str], *, cost: float = COST) -> Linear:
    """One machine per class against all others. The same input gives the same machine."""
    names = tuple(sorted(set(classes)))
    machine = LinearSVC(C=cost, tol=TOLERANCE, random_state=SEED)
    machine.fit(matrix, np.asarray(classes))
    weights, bias = machine.coef_, machine.intercept_
    if len(names) == 2:  # scikit-learn keeps one row for two classes
        weights, bias = np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return Linear(names, np.ascontiguousarray(weights.T).astype(np.float16), bias.astype(np.float32))


def probabilities(scores: Floats, temperature: float) -> Floats:
    """Softmax of the scores of one or many messages."""
    scaled = (scores - scores.max(-1, keepdims=True)) / temperature
    powers = np.exp(scaled)
    return np.asarray(powers / powers.sum(-1, keepdims=True), np.float32)
