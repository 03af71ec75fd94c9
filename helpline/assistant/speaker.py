"""The thread in which Rasa works, so that a hanging assistant holds up nothing but itself.

Rasa computes where it is called: in the channel's own loop a component that hangs would also stop the webhook. Here
it has a loop of its own. Whoever asks waits until the deadline; a thread that does not even turn its loop any more is
left behind and another one takes its place.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from helpline import logs
from helpline.assistant.hand_over import HandOver

ANSWER_SECONDS = 1.0
"""A loop that does not turn within this after a deadline has passed is taken for stuck."""
MOST_STUCK = 4
"""Threads left behind before the channel says that it is not ready: then it should be restarted."""
SWITCH_SECONDS = 0.0005
"""How long a computing thread keeps the others from theirs; Python's own 5 ms would add up in every answer."""

T = TypeVar("T")
log = logs.get(__name__)


class Speaker:
    """Runs coroutines in its thread, each within the deadline."""

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._answers: HandOver | None = None
        self.stuck = 0
        sys.setswitchinterval(SWITCH_SECONDS)

    @property
    def able(self) -> bool:
        """Whether another message may be tried."""
        return self.stuck < MOST_STUCK

    async def ask(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of a coroutine. Raises asyncio.TimeoutError after the deadline, or what the coroutine raised."""
        loop = self._running()
        if self._answers is None:
            self._answers = HandOver()
        future = asyncio.run_coroutine_threadsafe(work(), loop)
        try:
            return await asyncio.wait_for(self._answers.wrap(future), self._deadline)
        except asyncio.TimeoutError:
            await self._look_after(loop)
            raise

    async def stop(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Run a last coroutine, if the thread ever worked, and end it."""
        loop, self._loop = self._loop, None
        if loop is not None:
            future = asyncio.run_coroutine_threadsafe(last(), loop)
            try:
                await asyncio.wait_for(asyncio.wrap_future(future), ANSWER_SECONDS)
            except Exception:
                logs.failure(log, "speaker_did_not_stop")
            loop.call_soon_threadsafe(loop.stop)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_turn, args=(self._loop,), name="assistant", daemon=True).start()
            return self._loop

    async def _look_after(self, loop: asyncio.AbstractEventLoop) -> None:
        turned = threading.Event()
        loop.call_soon_threadsafe(turned.set)
        if await asyncio.get_running_loop().run_in_executor(None, turned.wait, ANSWER_SECONDS):
            return
        with self._lock:
            if self._loop is loop:
                self._loop = None
                self.stuck += 1
                logs.event(log, "assistant_is_stuck", level=50, threads=self.stuck)


def _turn(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    loop.run_forever()
