"""Where to answer, suggest and hand off: fitted at training, per language, on grouped folds.

Each fold also hides some intents, whose examples then play strangers to every topic.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed
from numpy.typing import NDArray

from helpline.nlu import features, groups, linear, reject
from helpline.nlu.linear import Floats

ANSWER, SUGGEST, HANDOFF = "answer", "suggest", "handoff"
OUT_OF_SCOPE, EMERGENCY = "out_of_scope", "emergency_"

FOLDS = 3
HIDDEN = 8
"""Every so many intents one is hidden in a fold."""
WRONG_ANSWERS = 0.04
"""Share of answers that may be wrong; the promise is 5 %, some distance is kept."""
USEFUL_SUGGESTIONS = 0.5
"""Suggestions are shown where at least this share of them holds the right one."""
FALSE_ALARMS = 0.015
"""Share of the other messages that may raise an alarm."""
_ENOUGH = 150
"""With fewer measured messages a language takes the thresholds of all languages together."""


@dataclass(frozen=True)
class Thresholds:
    """Limits of one language, on the chance of being right and on the probability of an emergency."""

    answer: float = 0.7
    suggest: float = 0.2
    emergency: float = 0.3


@dataclass(frozen=True)
class Measured:
    """What the folds taught."""

    temperature: float
    reject: reject.Reject
    thresholds: Mapping[str, Thresholds]


@dataclass(frozen=True)
class _Guesses:
    """What one fold's machine made of messages it had not seen."""

    rows: NDArray[np.int64]
    scores: Floats
    classes: tuple[str, ...]
    known: Floats


def measure(
    matrix: sp.csr_matrix,
    totals: Floats,
    names: NDArray[np.str_],
    codes: NDArray[np.str_],
    offsets: tuple[int, ...],
) -> Measured:
    """Temperature, reject model and thresholds. Too few examples to measure give careful defaults."""
    if len(set(names)) < HIDDEN or min(np.unique(names, return_counts=True)[1]) < FOLDS:
        careful = reject.Reject(np.array([0, 0, 1, 0, 0, 0, 0, 0], np.float32), 1.0)
        return Measured(0.15, careful, {"*": Thresholds()})
    fold = groups.folds(groups.near_duplicates(matrix), FOLDS)
    work = (delayed(_guess)(matrix, totals, names, fold, number, offsets) for number in range(FOLDS))
    guesses = Parallel(n_jobs=min(2, FOLDS))(work)
    temperature = _temperature(guesses, names)
    signs, right, top3, danger = _outcomes(guesses, names, temperature)
    rows = np.concatenate([g.rows for g in guesses])
    learned = reject.fit(signs, right)
    chance = learned.right(signs)
    limits = {"*": _limits(chance, right, top3, danger, names[rows])}
    for code in sorted(set(codes)):
        here = codes[rows] == code
        if here.sum() >= _ENOUGH:
            limits[code] = _limits(
                chance[here], right[here], top3[here], danger[here], names[rows][here], stranger[here]
            )
    return Measured(temperature, learned, limits)


def _guess(
    matrix: sp.csr_matrix,
    totals: Floats,
    names: NDArray[np.str_],
    fold: NDArray[np.int32],
    number: int,
    offsets: tuple[int, ...],
) -> _Guesses:
    ordinary = sorted(n for n in set(names) if n != OUT_OF_SCOPE)
    hidden = np.isin(names, ordinary[number::HIDDEN])
    learn = (fold != number) & ~hidden
    test = np.flatnonzero(fold == number)
    machine = linear.fit(matrix[learn], list(names[learn]))
    seen = features.as_seen_by(matrix[learn], matrix[test], offsets)
    known = features.known(features.per_block(seen, offsets), totals[test])
    return _Guesses(test, machine.many(seen), machine.classes, known)


def _temperature(guesses: list[_Guesses], names: NDArray[np.str_]) -> float:
    found = []
    for one in guesses:
        usual = np.isin(names[one.rows], one.classes)
        truth = np.searchsorted(np.array(one.classes), names[one.rows][usual])
        found.append(reject.temperature(one.scores[usual], truth))
    return float(np.mean(found))


def _outcomes(
    guesses: list[_Guesses], names: NDArray[np.str_], temperature: float
) -> tuple[Floats, NDArray[np.bool_], NDArray[np.bool_], Floats]:
    signs, right, top3, danger = [], [], [], []
    for one in guesses:
        chances = linear.probabilities(one.scores, temperature)
        classes, truth = np.array(one.classes), names[one.rows]
        first = classes[np.argsort(-chances, 1, kind="stable")[:, :3]]
        signs.append(reject.signs(one.scores, chances, one.known))
        right.append(first[:, 0] == truth)
        top3.append((first == truth[:, None]).any(1))
        danger.append(chances[:, np.char.startswith(classes, EMERGENCY)].sum(1))
    return np.concatenate(signs), np.concatenate(right), np.concatenate(top3), np.concatenate(danger)


def _limits(
    chance: Floats,
    right: NDArray[np.bool_],
    top3: NDArray[np.bool_],
    danger: Floats,
    truth: NDArray[np.str_],
) -> Thresholds:
    answer = lowest(chance, right, 1 - WRONG_ANSWERS)
    rest = chance < answer
    suggest = min(lowest(chance[rest], top3[rest], USEFUL_SUGGESTIONS), answer)
    alarming = np.char.startswith(truth, EMERGENCY)
    others = np.sort(danger[~alarming])
    emergency = float(others[int(len(others) * (1 - FALSE_ALARMS))]) if len(others) else 0.3
    return Thresholds(round(answer, 4), round(suggest, 4), round(min(max(emergency, 0.1), 0.5), 4))


def lowest(chance: Floats, good: NDArray[np.bool_], share: float) -> float:
    """The lowest limit above which at least this share is good; above all of them if there is none."""
    if not len(chance):
        return 1.0
    order = np.argsort(-chance, kind="stable")
    shares = np.cumsum(good[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(shares >= share)
    return float(chance[order[reached[-1]]]) if len(reached) else 1.0


def as_facts(limits: Mapping[str, Thresholds]) -> dict[str, dict[str, float]]:
    """For JSON."""
    return {code: asdict(one) for code, one in limits.items()}
