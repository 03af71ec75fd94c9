"""Signs of life of a training, from its first moment; ends it when it is cancelled or takes too much memory."""

from __future__ import annotations

import os
import resource
import sys
import threading

from helpline import logs
from helpline.releases import queue
from helpline.service import Service

BEAT_SECONDS = 1.0
log = logs.get(__name__)


class Watch(threading.Thread):
    """Gives signs of life, and ends the process when it is cancelled or takes too much memory."""

    def __init__(self, service: Service, release_id: int) -> None:
        super().__init__(daemon=True, name="watch")
        self._service = service
        self._release_id = release_id
        self._done = threading.Event()

    def stop(self) -> None:
        """The training has ended by itself."""
        self._done.set()
        self.join(10)

    def run(self) -> None:
        """Until the training has ended."""
        while not self._done.wait(BEAT_SECONDS):
            try:
                with self._service.engine.begin() as conn:
                    goes_on = queue.beat(conn, self._release_id)
                    if not goes_on:
                        queue.end(conn, self._release_id, "cancelled")
            except Exception:  # the database comes back, or this training is found lost
                logs.failure(log, "training_beat_failed", release_id=self._release_id)
                continue
            if not goes_on:
                logs.event(log, "training_cancelled", release_id=self._release_id)
                os._exit(0)
            if _megabytes() > self._service.settings.training_memory_mb:
                with self._service.engine.begin() as conn:
                    queue.end(conn, self._release_id, "failed", error="TooMuchMemory")
                logs.event(log, "training_took_too_much_memory", level=40, release_id=self._release_id)
                os._exit(1)


def _megabytes() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)
