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
    while True:
        _cover(counts, sums, held, least)
        narrow = _narrow(counts, sums, held, least)
        if not any(_hide_one_more(counts, sums, held, cell) for cell in narrow):
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
    """Hide the smallest shown count beside a cell that is narrowed down too far; False when none is left."""
    beside = {
        cell
        for one in sums
        if narrow in one.parts or narrow == one.total
        for cell in (*one.parts, one.total)
        if cell not in held
    }
    if not beside:
        return False
    chosen = min(beside, key=lambda cell: (counts[cell] == 0, counts[cell], repr(cell)))
    held.add(chosen)
    return True


def _narrow(counts: Mapping[Cell, int], sums: Sequence[Sum], held: set[Cell], least: int) -> list[Cell]:
    """Hidden cells that the shown ones pin down to fewer than `least` possibilities."""
    return [cell for cell, (low, high) in bounds(counts, sums, held).items() if high - low < least - _SLACK]


def bounds(
    counts: Mapping[Cell, int], sums: Sequence[Sum], held: set[Cell] | frozenset[Cell]
) -> dict[Cell, tuple[float, float]]:
    """What an attacker can know of each hidden cell: the least and the most it can be, given all that is shown."""
    order = sorted(held, key=repr)
    place = {cell: number for number, cell in enumerate(order)}
    rows = [one for one in sums if any(cell in held for cell in (*one.parts, one.total))]
    if not order:
        return {}
    matrix, right = lil_matrix((len(rows), len(order))), np.zeros(len(rows))
    for number, one in enumerate(rows):
        for cell, sign in (*((part, 1.0) for part in one.parts), (one.total, -1.0)):
            if cell in held:
                matrix[number, place[cell]] += sign
            else:
                right[number] -= sign * counts[cell]
    equal = matrix.tocsr() if rows else None
    found = {}
    for cell in order:
        ends = []
        for sign in (1.0, -1.0):
            aim = np.zeros(len(order))
            aim[place[cell]] = sign
            solved = linprog(aim, A_eq=equal, b_eq=right if rows else None, bounds=(0, None), method="highs")
            ends.append(sign * solved.fun if solved.status == 0 else np.inf)
        found[cell] = (float(ends[0]), float(ends[1]))
    return found
