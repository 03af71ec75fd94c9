"""Files somebody has just opened, kept in this process's memory for minutes: players ask for them piece by piece."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

KEPT_SECONDS = 5 * 60
KEPT_BYTES = 64 * 1024 * 1024

Key = tuple[int, int]
"""Message and place of the file in it."""


@dataclass(frozen=True)
class Shown:
    """A file as a browser gets it."""

    content: bytes
    kind: str


class Kept:
    """The files of the last minutes, oldest dropped first; nothing is ever written to a disk."""

    def __init__(self, seconds: float = KEPT_SECONDS, size: int = KEPT_BYTES) -> None:
        self._seconds, self._size = seconds, size
        self._files: dict[Key, tuple[float, Shown]] = {}
        self._lock = threading.Lock()

    def get(self, key: Key) -> Shown | None:
        """The file, if it was opened minutes ago."""
        with self._lock:
            self._drop_old()
            found = self._files.get(key)
        return found[1] if found else None

    def put(self, key: Key, file: Shown) -> None:
        """Keep a file; a timer sees that it goes even when nobody asks again."""
        with self._lock:
            self._files.pop(key, None)
            self._files[key] = (time.monotonic() + self._seconds, file)
            while sum(len(one.content) for _, one in self._files.values()) > self._size:
                self._files.pop(next(iter(self._files)))
        timer = threading.Timer(self._seconds + 1, self.tidy)
        timer.daemon = True
        timer.start()

    def forget(self, message_id: int) -> None:
        """Drop the files of a message now."""
        with self._lock:
            for key in [key for key in self._files if key[0] == message_id]:
                del self._files[key]

    def tidy(self) -> None:
        """Drop what is too old."""
        with self._lock:
            self._drop_old()

    def _drop_old(self) -> None:
        at = time.monotonic()
        for key in [key for key, (until, _) in self._files.items() if until <= at]:
            del self._files[key]
