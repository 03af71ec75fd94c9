"""Two texts word by word, and three of them line by line: what changed, and how two changes become one."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

_PIECES = re.compile(r"\[\[fact:\w+\]\]|\{\w+\}|\w+|\s+|[^\w\s]")
_LONGEST = 6000


@dataclass(frozen=True)
class Piece:
    """Part of a comparison: `same`, `old` (gone) or `new`."""

    kind: str
    text: str


@dataclass(frozen=True)
class Merged:
    """Two people's changes to one text, together."""

    text: str
    conflicts: int
    """Places where both changed the same lines; there both stand one after the other."""


def words(old: str, new: str) -> list[Piece]:
    """What changed from one text to another, in whole words."""
    if max(len(old), len(new)) > _LONGEST and old != new:
        return [Piece("old", old), Piece("new", new)]
    before, after = _PIECES.findall(old), _PIECES.findall(new)
    found: list[Piece] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Piece("same", "".join(before[a:b])))
        else:
            found += [Piece(name, "".join(part)) for name, part in (("old", before[a:b]), ("new", after[c:d])) if part]
    return found


def merge(base: str, mine: str, theirs: str) -> Merged:
    """What both wrote since `base`; nothing that either of them added is lost."""
    before, ours, others = base.split("\n"), mine.split("\n"), theirs.split("\n")
    in_ours, in_others = _kept(before, ours), _kept(before, others)
    out: list[str] = []
    conflicts = at = at_ours = at_others = 0
    for kept in [*sorted(in_ours.keys() & in_others.keys()), len(before)]:
        to_ours, to_others = in_ours.get(kept, len(ours)), in_others.get(kept, len(others))
        old, one, two = before[at:kept], ours[at_ours:to_ours], others[at_others:to_others]
        if len(old) == len(one) == len(two):  # line by line: neighbours may each be changed by another
            parts = [([a], [b], [c]) for a, b, c in zip(old, one, two, strict=True)]
        else:
            parts = [(old, one, two)]
        for was, our, other in parts:
            agreed = our in (other, was) or other == was
            conflicts += not agreed
            out += (other if our == was else our) if agreed else other + our
        out += before[kept : kept + 1]
        at, at_ours, at_others = kept + 1, to_ours + 1, to_others + 1
    return Merged("\n".join(out), conflicts)


def _kept(before: list[str], after: list[str]) -> dict[int, int]:
    """Which line of `before` is which line of `after`."""
    blocks = difflib.SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return {block.a + n: block.b + n for block in blocks for n in range(block.size)}
