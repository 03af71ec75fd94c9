"""What a training is doing, and what its folds showed, for whoever listens; costs nothing when nobody does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FEATURES, TRAIN = "features", "train"


@dataclass(frozen=True)
class Folds:
    """Readings of examples by machines that saw neither them nor their near-duplicates; one row each."""

    rows: NDArray[np.int64]
    """Places in the examples, sorted by text, intent and language."""
    first: NDArray[np.str_]
    """The likeliest intent."""
    chance: NDArray[np.float32]
    """The chance that it is right."""
    stranger: NDArray[np.bool_]
    """Whether the machine did not know the example's intent at all."""


@dataclass
class _Ears:
    phase: Callable[[str], None] | None = None
    folds: Callable[[Folds], None] | None = None


_ears = _Ears()


@contextmanager
def listening(phase: Callable[[str], None], folds: Callable[[Folds], None]) -> Iterator[None]:
    """Be told of phases and folds of what is trained inside the block."""
    _ears.phase, _ears.folds = phase, folds
    try:
        yield
    finally:
        _ears.phase = _ears.folds = None


def begin(phase: str) -> None:
    """A phase begins."""
    if _ears.phase is not None:
        _ears.phase(phase)


def measured(folds: Callable[[], Folds]) -> None:
    """The folds have been read; they are put together only for a listener."""
    if _ears.folds is not None:
        _ears.folds(folds())
