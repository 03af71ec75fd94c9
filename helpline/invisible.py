"""Characters nobody sees, which every reader of a message leaves out before it looks at the letters."""

from __future__ import annotations


def between(*spans: tuple[int, int]) -> frozenset[int]:
    """All code points from first to last, of each span."""
    return frozenset(code for first, last in spans for code in range(first, last + 1))


INVISIBLE = between(
    (0x00AD, 0x00AD),  # soft hyphen
    (0x061C, 0x061C), (0x200E, 0x200F), (0x202A, 0x202E), (0x2060, 0x2069),  # direction, joiners of words
    (0x0640, 0x0640),  # tatweel, which only stretches an Arabic word
    (0x200B, 0x200B), (0x200D, 0x200D), (0xFEFF, 0xFEFF),  # zero-width space and joiner, byte-order mark
    (0xFE00, 0xFE0F),  # variants of emoji
)  # fmt: skip
"""The zero-width non-joiner is not among them: in Persian it parts words, so it becomes a space."""
