"""Time, date and locale, in one place, so tests can move the clock and the service keeps Dutch time."""

from __future__ import annotations

import datetime as dt
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Amsterdam")

_offset = float(os.environ.get("HELPLINE_CLOCK_OFFSET", "0"))
"""Seconds added to the machine's clock; tests of retention and faults set it, nothing else does."""


def now() -> int:
    """Seconds since 1970, UTC, as every table stores time."""
    return int(time.time() + _offset)


def now_ms() -> int:
    """Milliseconds since 1970, UTC; for order within a second and for measuring."""
    return int((time.time() + _offset) * 1000)


def shift(seconds: float) -> None:
    """Move the clock; negative moves it back. Only tests call this."""
    global _offset
    _offset += seconds


def local(timestamp: int) -> dt.datetime:
    """The wall-clock moment in the Netherlands."""
    return dt.datetime.fromtimestamp(timestamp, tz=ZONE)


def today() -> dt.date:
    """Today's date in the Netherlands."""
    return local(now()).date()


@contextmanager
def pretending(at: float) -> Iterator[None]:
    """Let it be another moment meanwhile. Only the made-up history of the demo is written so, before anything runs."""
    global _offset
    before = _offset
    _offset = at - time.time()
    try:
        yield
    finally:
        _offset = before
