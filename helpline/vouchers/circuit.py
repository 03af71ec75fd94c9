"""A circuit breaker: after several failures in a row, do not ask for a while; then one call tries again."""

from __future__ import annotations

import threading

from helpline import clock

FAILURES = 3
PAUSE_MS = 30_000


class Circuit:
    """Whether a provider may be asked now. Safe to share between threads."""

    def __init__(self, failures: int = FAILURES, pause_ms: int = PAUSE_MS) -> None:
        self._limit, self._pause_ms = failures, pause_ms
        self._failures = 0
        self._closed_from = 0
        self._lock = threading.Lock()

    @property
    def open(self) -> bool:
        """Whether calls are held back at this moment."""
        return self._failures >= self._limit and clock.now_ms() < self._closed_from

    def allows(self) -> bool:
        """Whether to ask. After the pause one caller is let through; the rest wait for its report, or another pause."""
        with self._lock:
            if self._failures < self._limit:
                return True
            if clock.now_ms() < self._closed_from:
                return False
            self._closed_from = clock.now_ms() + self._pause_ms
            return True

    def succeeded(self) -> None:
        """The provider answered."""
        with self._lock:
            self._failures = 0

    def failed(self, *, for_good: bool = False) -> None:
        """The provider did not answer properly; `for_good` opens the circuit at once."""
        with self._lock:
            self._failures = self._limit if for_good else self._failures + 1
            if self._failures >= self._limit:
                self._closed_from = clock.now_ms() + self._pause_ms
