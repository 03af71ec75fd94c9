"""Results that threads hand to an event loop: the loop is woken once for all that come at the same time.

asyncio wakes it for each, by writing into a socket, which costs as much as a small query; under load results come in
batches, because transactions are shared (db/together.py).
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class HandOver:
    """Lets coroutines of one loop wait for futures of other threads."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._done: list[tuple[Future[Any], asyncio.Future[Any]]] = []

    def wrap(self, future: Future[T]) -> asyncio.Future[T]:
        """As asyncio.wrap_future: to be awaited in the loop; cancelling it cancels the future."""
        here: asyncio.Future[T] = self._loop.create_future()
        here.add_done_callback(lambda one: future.cancel() if one.cancelled() else None)
        future.add_done_callback(lambda done: self._arrived(done, here))
        return here

    def _arrived(self, future: Future[Any], here: asyncio.Future[Any]) -> None:
        with self._lock:
            asleep = not self._done
            self._done.append((future, here))
        if asleep and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        with self._lock:
            done, self._done = self._done, []
        for future, here in done:
            if here.done():  # nobody waits any more
                continue
            if future.cancelled():
                here.cancel()
            elif (error := future.exception()) is not None:
                here.set_exception(error)
            else:
                here.set_result(future.result())
