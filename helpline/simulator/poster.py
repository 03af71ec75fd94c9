"""Posts webhooks to the real channel as Meta does: signed, each contact's in order, again and again until taken."""

from __future__ import annotations

import http.client
import json
import threading
import urllib.parse
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from helpline import logs
from helpline.whatsapp import signature

ATTEMPTS = 500
"""Meta tries for seven days; with the pauses below this is about four hours."""
LONGEST_PAUSE = 30.0
LANE = 1000

log = logs.get(__name__)
Then = Callable[[], object]


@dataclass(frozen=True)
class _Post:
    raw: bytes
    then: Then | None


class Poster:
    """Sends bytes to one address; one lane per contact and kind, so a lane keeps its order."""

    def __init__(self, url: str, secret: str, first_pause: float = 1.0) -> None:
        self._url = urllib.parse.urlsplit(url)
        self._secret = secret
        self._first_pause = first_pause
        self._lanes: dict[str, deque[_Post]] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(max_workers=16, thread_name_prefix="webhook")
        self.delivered = 0
        self.refused = 0

    def post(self, lane: str, payload: Mapping[str, Any], then: Then | None = None) -> None:
        """Queue a payload; `then` runs once the channel has answered 200. A full lane drops its newest."""
        # Meta escapes what is not ASCII; the bytes are signed as they go over the wire.
        self.post_raw(lane, json.dumps(payload, separators=(",", ":")).encode("ascii"), then)

    def post_raw(self, lane: str, raw: bytes, then: Then | None = None) -> None:
        """Queue bytes as they are, for tests of what Meta would never send."""
        with self._lock:
            waiting = self._lanes.setdefault(lane, deque())
            if len(waiting) >= LANE or self._stopping.is_set():
                return
            waiting.append(_Post(raw, then))
            if len(waiting) == 1:
                self._pool.submit(self._run, lane)

    def waiting(self) -> int:
        """How many webhooks are not delivered yet."""
        with self._lock:
            return sum(len(lane) for lane in self._lanes.values())

    def stop(self) -> None:
        """Drop what waits."""
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _run(self, lane: str) -> None:
        while not self._stopping.is_set():
            with self._lock:
                head = self._lanes[lane][0]
            taken = self._until_taken(head.raw)
            with self._lock:
                self._lanes[lane].popleft()
                last = not self._lanes[lane]
                if last:
                    del self._lanes[lane]
            if taken and head.then is not None:
                head.then()
            if last:
                return

    def _until_taken(self, raw: bytes) -> bool:
        pause = self._first_pause
        for _ in range(ATTEMPTS):
            status = self._once(raw)
            if status == 200:
                self.delivered += 1
                return True
            self.refused += 1
            logs.event(log, "webhook_refused", status=status)
            if self._stopping.wait(pause):
                return False
            pause = min(pause * 2, LONGEST_PAUSE)
        return False

    def _once(self, raw: bytes) -> int:
        """One POST; its HTTP status, 0 when there was no answer."""
        kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
        connection = kind(self._url.hostname or "", self._url.port, timeout=20)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": signature.sign(raw, self._secret),
        }
        try:
            connection.request("POST", self._url.path, body=raw, headers=headers)
            answer = connection.getresponse()
            answer.read(4096)
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0
        finally:
            connection.close()
