"""What is wrong with the service as a whole: one line on every page, so that silence is not taken for a quiet day."""

from __future__ import annotations


def troubles() -> list[str]:
    """What people at the desk must know now, in words; usually nothing."""
    return []
