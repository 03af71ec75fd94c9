"""Where to answer, suggest and hand off: fitted at training, per language, on grouped folds.

Each fold also hides some intents, whose examples then play strangers to every topic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from helpline.nlu import features, groups, linear, progress, reject
from helpline.nlu.linear import Floats

ANSWER, SUGGEST, HANDOFF = "answer", "suggest", "handoff"
OUT_OF_SCOPE, EMERGENCY = "out_of_scope", "emergency_"

FOLDS = 5
_MEASURED = 2
"""Folds that are read: two fifths of the examples show the limits as well as all of them."""
HIDDEN = 5
"""Every so many intents one is hidden in a fold."""
WRONG_ANSWERS = 0.105
"""Share of answers that may be wrong in the folds, whose messages are written to differ from all others and a fifth of
which are strangers. Of held-out messages, which other people wrote, a quarter as many are: 0.16 here would be 5 %
there, 0.06 here would answer fewer than 70 %: the middle, since further writers may be further off either way."""
USEFUL_SUGGESTIONS = 0.6
"""Suggestions are shown down to where this share of them holds the right one."""
FALSE_ALARMS = 0.025
"""Share of the other messages in the folds that may raise an alarm besides those of the safety net. Of held-out
messages an eighth as many do; a stricter limit would miss emergencies that the net does not know."""
_EMERGENCY_FROM = (0.2, 0.6)
_ANSWER_FROM = (0.5, 0.75)
"""No folds, however easy or hard, move the limit for answers out of here."""
_STRANGERS_COUNT = 5.0
"""Weight of a stranger in the reject model: inboxes hold more of them, and to answer one is the worse mistake."""
_ROUNDS = 4
"""Sweeps of a fold's machine: two fewer than of the real one move no limit."""
_ENOUGH = 150
"""With fewer measured messages a language takes the thresholds of all languages together."""


@dataclass(frozen=True)
class Thresholds:
    """Limits of one language, on the chance of being right and on the probability of an emergency."""

    answer: float = 0.7
    suggest: float = 0.2
    emergency: float = 0.3


class Measured(NamedTuple):
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
    stranger: NDArray[np.bool_]


def measure(
    matrix: sp.csr_matrix,
    totals: Floats,
    names: NDArray[np.str_],
    codes: NDArray[np.str_],
    offsets: tuple[int, ...],
    group: Callable[[], NDArray[np.int32]],
    caught: Callable[[int], bool] = lambda _row: False,
) -> Measured:
    """Temperature, reject model and thresholds. Too few examples to measure give careful defaults.

    `group`: near-duplicates have the same number. `caught`: whether the safety net sees an emergency in this row.
    """
    if len(set(names)) < HIDDEN or min(np.unique(names, return_counts=True)[1]) < FOLDS:
        return careful()
    fold = groups.folds(group(), FOLDS)
    guesses = [_guess(matrix, totals, names, fold, number, offsets) for number in range(_MEASURED)]
    temperature = _temperature(guesses, names)
    signs, right, top3, danger = _outcomes(guesses, names, temperature)
    rows = np.concatenate([g.rows for g in guesses])
    stranger = np.concatenate([g.stranger for g in guesses])
    calm = ~np.char.startswith(names[rows], EMERGENCY)
    for place in np.flatnonzero(calm & (danger >= _EMERGENCY_FROM[0])):
        calm[place] = not caught(int(rows[place]))
    learned = reject.fit(signs, right, np.where(stranger, _STRANGERS_COUNT, 1.0).astype(np.float32))
    chance = learned.right(signs)
    progress.measured(lambda: _folds(guesses, chance))
    limits = {"*": _limits(chance, right, top3, danger, calm)}
    for code in sorted(set(codes)):
        here = codes[rows] == code
        if here.sum() >= _ENOUGH:
            own = _limits(chance[here], right[here], top3[here], danger[here], calm[here])
            limits[code] = _between(own, limits["*"])
    return Measured(temperature, learned, limits)


def careful() -> Measured:
    """For too few examples, or where only the guesses matter."""
    return Measured(0.15, reject.Reject(np.array([0, 0, 1, 0, 0, 0, 0, 0], np.float32), 1.0), {"*": Thresholds()})


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
    machine = linear.fit(matrix[learn], list(names[learn]), rounds=_ROUNDS)
    seen = features.as_seen_by(matrix[learn], matrix[test], offsets)
    known = features.known(features.per_block(seen, offsets), totals[test])
    return _Guesses(test, machine.many(seen), machine.classes, known, hidden[test])


def _folds(guesses: list[_Guesses], chance: Floats) -> progress.Folds:
    return progress.Folds(
        np.concatenate([one.rows for one in guesses]),
        np.concatenate([np.array(one.classes)[one.scores.argmax(1)] for one in guesses]),
        chance,
        np.concatenate([one.stranger for one in guesses]),
    )


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
        signs.append(reject.signs(one.scores, one.known))
        right.append(first[:, 0] == truth)
        top3.append((first == truth[:, None]).any(1))
        danger.append(chances[:, np.char.startswith(classes, EMERGENCY)].sum(1))
    return np.concatenate(signs), np.concatenate(right), np.concatenate(top3), np.concatenate(danger)


def _limits(
    chance: Floats, right: NDArray[np.bool_], top3: NDArray[np.bool_], danger: Floats, calm: NDArray[np.bool_]
) -> Thresholds:
    answer = min(max(lowest(chance, right, 1 - WRONG_ANSWERS), _ANSWER_FROM[0]), _ANSWER_FROM[1])
    suggest = min(useful_from(chance, top3), answer)
    others = np.sort(danger[calm])
    emergency = float(others[int(len(others) * (1 - FALSE_ALARMS))]) if len(others) else 0.3
    emergency = min(max(emergency, _EMERGENCY_FROM[0]), _EMERGENCY_FROM[1])
    return Thresholds(round(answer, 4), round(suggest, 4), round(emergency, 4))


def lowest(chance: Floats, good: NDArray[np.bool_], share: float) -> float:
    """The lowest limit above which at least this share is good; 1 if there is none."""
    order = np.argsort(-chance, kind="stable")
    shares = np.cumsum(good[order]) / np.arange(1, len(order) + 1)
    reached = np.flatnonzero(shares >= share)
    return float(chance[order[reached[-1]]]) if len(reached) else 1.0


def useful_from(chance: Floats, useful: NDArray[np.bool_]) -> float:
    """From which chance on suggestions help: in windows of neighbours, from below, the first good enough."""
    order = np.argsort(chance, kind="stable")
    window = max(20, len(order) // 15)
    for start in range(0, max(1, len(order) - window), max(1, window // 4)):
        here = order[start : start + window]
        if len(here) and useful[here].mean() >= USEFUL_SUGGESTIONS:
            return float(chance[here[0]])
    return 1.0


def _between(own: Thresholds, common: Thresholds) -> Thresholds:
    """Half a language's own, half everybody's: a few hundred messages measure no limit exactly."""
    pairs = zip(asdict(own).values(), asdict(common).values(), strict=True)
    return Thresholds(*(round((one + other) / 2, 4) for one, other in pairs))


def as_facts(limits: Mapping[str, Thresholds]) -> dict[str, dict[str, float]]:
    """For JSON."""
    return {code: asdict(one) for code, one in limits.items()}
