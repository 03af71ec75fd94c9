"""Which counts may be shown: none under ten, and none that others would give away.

Whoever has every shown number, and knows which numbers add up to which, may subtract. So beside the small counts more
are held back, until no hidden one can be narrowed down to fewer than ten possibilities: two hidden counts in a sum
cover each other, and a whole system of sums is checked with linear programming, as an attacker would.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import lil_matrix

LEAST = 10
"""The smallest count that is shown (DNH-08); nought says nothing of anybody and is shown too."""
_SLACK = 1e-6

Cell = Hashable


@dataclass(frozen=True)
class Sum:
    """Counts that add up to another one, whether that is shown or not."""

    parts: tuple[Cell, ...]
    total: Cell


def hidden(counts: Mapping[Cell, int], sums: Sequence[Sum], *, least: int = LEAST) -> frozenset[Cell]:
    """The cells that must not be shown. Every cell of a sum must be among the counts."""
    held = {cell for cell, count in counts.items() if 0 < count < least}
    sums = sorted(sums, key=repr)
    wide: set[Cell] = set()
    while True:
        _cover(counts, sums, held, least)
        narrow = _narrow(counts, sums, held, least, wide)
        # All of them are asked, not only the first: each hides one more.
        if not [cell for cell in narrow if _hide_one_more(counts, sums, held, cell)]:
            return frozenset(held)


def _cover(counts: Mapping[Cell, int], sums: Sequence[Sum], held: set[Cell], least: int) -> None:
    """The cheap rule first: in each sum, hidden cells are two or more and come to ten or more."""
    changed = True
    while changed:
        changed = False
        for one in sums:
            cells = (*one.parts, one.total)
            inside = [cell for cell in cells if cell in held]
            if not inside:
                continue
            parts = sum(counts[cell] for cell in one.parts if cell in held)
            if len(inside) >= 2 and (one.total in held or parts >= least):
                continue
            shown = [cell for cell in one.parts if cell not in held and counts[cell] > 0]
            if not shown and one.total not in held:
                shown = [one.total]
            if shown:
                held.add(min(shown, key=lambda cell: (counts[cell], repr(cell))))
                changed = True


def _hide_one_more(counts: Mapping[Cell, int], sums: Sequence[Sum], held: set[Cell], narrow: Cell) -> bool:
    """Hide the smallest of the nearest shown counts around a cell that is narrowed down too far; False without any."""
    reached = {narrow}
    while True:
        touching = [{*one.parts, one.total} for one in sums if reached & {*one.parts, one.total}]
        around = set().union(*touching) if touching else set()
        shown = around - held
        if shown:
            held.add(min(shown, key=lambda cell: (counts[cell] == 0, counts[cell], repr(cell))))
            return True
        if around <= reached:
            return False
        reached |= around


def _narrow(
    counts: Mapping[Cell, int], sums: Sequence[Sum], held: set[Cell], least: int, wide: set[Cell]
) -> list[Cell]:
    """Hidden cells that the shown ones pin down to fewer than `least` possibilities.

    `wide` are those known not to be: hiding more never narrows them again, so they are not looked at twice.
    """
    system = _System(counts, sums, held)
    low = dict.fromkeys(system.order, np.inf)
    high = dict.fromkeys(system.order, 0.0)
    narrow = []
    for cell in system.order:
        for aim in (1.0, -1.0):
            if cell in wide or high[cell] - low[cell] >= least - _SLACK:
                break
            # One way in which the shown numbers could have come about says something of every cell.
            for other, value in system.solve(cell, aim).items():
                low[other], high[other] = min(low[other], value), max(high[other], value)
        if cell not in wide and high[cell] - low[cell] < least - _SLACK:
            narrow.append(cell)
        else:
            wide.add(cell)
    return narrow


def bounds(
    counts: Mapping[Cell, int], sums: Sequence[Sum], held: set[Cell] | frozenset[Cell]
) -> dict[Cell, tuple[float, float]]:
    """What an attacker can know of each hidden cell: the least and the most it can be, given all that is shown."""
    system = _System(counts, sums, held)
    return {cell: (system.solve(cell, 1.0)[cell], system.solve(cell, -1.0)[cell]) for cell in system.order}


class _System:
    """The sums as equations in the hidden cells."""

    def __init__(self, counts: Mapping[Cell, int], sums: Sequence[Sum], held: set[Cell] | frozenset[Cell]) -> None:
        self.order = sorted(held, key=repr)
        self._place = {cell: number for number, cell in enumerate(self.order)}
        rows = [one for one in sums if any(cell in held for cell in (*one.parts, one.total))]
        matrix, self._right = lil_matrix((len(rows), len(self.order))), np.zeros(len(rows))
        for number, one in enumerate(rows):
            for cell, sign in (*((part, 1.0) for part in one.parts), (one.total, -1.0)):
                if cell in held:
                    matrix[number, self._place[cell]] += sign
                else:
                    self._right[number] -= sign * counts[cell]
        self._equal = matrix.tocsr() if rows else None

    def solve(self, cell: Cell, sign: float) -> dict[Cell, float]:
        """Values of all hidden cells that fit what is shown, with this one as small (or, for -1, as large) as can be.

        Without a limit upwards the cell itself is infinite and of the others nothing is said.
        """
        aim = np.zeros(len(self.order))
        aim[self._place[cell]] = sign
        right = None if self._equal is None else self._right
        solved = linprog(aim, A_eq=self._equal, b_eq=right, bounds=(0, None), method="highs")
        if solved.status != 0:
            return {cell: np.inf if sign < 0 else 0.0}
        return dict(zip(self.order, (float(value) for value in solved.x), strict=True))
