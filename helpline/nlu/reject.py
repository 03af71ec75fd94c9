"""How likely the first guess is right: a small logistic regression on how the guess came about.

Trained on grouped folds that also hide intents and play their examples as strangers, so no example of what is out
of scope is needed; it weighs what tells confusions (margin) and what tells strangers (highest score, known words).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from helpline.nlu.linear import Floats, probabilities

SIGNS = (
    "highest score", "margin to the second", "log of the highest probability", "entropy", "free energy",
    "known words of the gloss", "known letters of the gloss", "log of the number of words",
)  # fmt: skip


TEMPERATURE = 0.2
"""Under which the signs are measured, whatever the temperature of the probabilities: at it entropy tells most strangers
on CLINC150 and on our own folds; at a fitted 0.1 it would see a tenth fewer."""


def signs(scores: Floats, known: Floats) -> Floats:
    """A row of SIGNS for each message. `known`: shares of known words and letters and the number of words."""
    ordered = np.sort(scores, 1)
    chances = probabilities(scores, TEMPERATURE)
    likely = np.clip(chances.max(1), 1e-6, 1)
    entropy = -(chances * np.log(np.clip(chances, 1e-9, 1))).sum(1)
    energy = np.log(np.exp((scores - ordered[:, -1:]) * 4).sum(1)) / 4 + ordered[:, -1]
    columns = [ordered[:, -1], ordered[:, -1] - ordered[:, -2], np.log(likely), entropy, energy]
    return np.column_stack([*columns, known[:, 0], known[:, 1], np.log1p(known[:, 2])]).astype(np.float32)


@dataclass(frozen=True)
class Reject:
    """Weights of the signs, as they are before scaling."""

    weights: Floats
    bias: float

    def right(self, rows: Floats) -> NDArray[np.float32]:
        """The chance that the first guess is right, for each row of signs."""
        return np.asarray(1 / (1 + np.exp(-np.clip(rows @ self.weights + self.bias, -30, 30))), np.float32)


def fit(rows: Floats, right: NDArray[np.bool_], weights: Floats | None = None) -> Reject:
    """Learn from guesses of which it is known whether they were right."""
    if right.all() or not right.any():
        return Reject(np.zeros(rows.shape[1], np.float32), 4.0 if right.all() else -4.0)
    middle, spread = rows.mean(0), rows.std(0)
    spread[spread == 0] = 1
    machine = LogisticRegression(C=1.0, max_iter=500).fit((rows - middle) / spread, right, sample_weight=weights)
    scaled = machine.coef_[0] / spread
    return Reject(scaled.astype(np.float32), float(machine.intercept_[0] - scaled @ middle))


def temperature(scores: Floats, truth: NDArray[np.int64]) -> float:
    """The temperature under which the true intents were likeliest."""
    grid = np.geomspace(0.03, 1.0, 40)
    rows = np.arange(len(truth))
    shifted = scores - scores.max(1, keepdims=True)
    losses = [np.log(np.exp(shifted / t).sum(1)).mean() - (shifted[rows, truth] / t).mean() for t in grid]
    return float(grid[int(np.argmin(losses))])
