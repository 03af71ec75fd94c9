"""How fast the provider lets us send, learnt from its refusals."""

from __future__ import annotations

import threading

from helpline import clock

LONGEST_PAUSE = 300
LONGEST_PAIR_PAUSE = 900
TROUBLE_PAUSE = 60
OUTAGE = 3
"""So many messages fail one after another: the provider has trouble, not the messages."""


class Pace:
    """How long to wait after the provider said "too fast": longer each time in a row, forgotten after a success."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pairs: dict[str, int] = {}
        self._number = 0
        self._failing: set[int] = set()
        self.until = 0
        """Nothing is sent before this."""
        self.trouble = ""
        """Class and code of what only a person can mend."""

    def paused(self) -> bool:
        """Whether sending would make it worse."""
        return clock.now() < self.until

    def number(self, named: int | None = None) -> int:
        """Everything waits; for how many seconds."""
        with self._lock:
            self._number += 1
            return self._stop_for(named or min(2**self._number, LONGEST_PAUSE))

    def account(self, name: str) -> int:
        """Everything waits for a person."""
        with self._lock:
            self.trouble = name
            return self._stop_for(TROUBLE_PAUSE)

    def failing(self, outbox_id: int) -> bool:
        """The provider could not deal with this message; whether it can deal with none now."""
        with self._lock:
            self._failing.add(outbox_id)
            return len(self._failing) >= OUTAGE

    def pair(self, contact_id: str) -> int:
        """This contact waits: 4, 16, 64 seconds and so on, as Meta advises."""
        with self._lock:
            self._pairs[contact_id] = times = self._pairs.get(contact_id, 0) + 1
            return int(min(4**times, LONGEST_PAIR_PAUSE))

    def well(self, contact_id: str) -> None:
        """A message was taken."""
        with self._lock:
            self._number, self.trouble = 0, ""
            self._failing.clear()
            self._pairs.pop(contact_id, None)

    def _stop_for(self, seconds: int) -> int:
        self.until = max(self.until, clock.now() + seconds)
        return seconds
