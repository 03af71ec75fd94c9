"""Show "typing…" when the assistant takes longer than people wait without wondering; usually it is faster."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from helpline import logs
from helpline.errors import ProviderError
from helpline.settings import Settings
from helpline.whatsapp import carrier
from helpline.whatsapp.client import Client

AFTER_SECONDS = 1.5
AT_ONCE = 4
"""More calls than this at a time would delay answers to show that they are delayed."""
log = logs.get(__name__)


class SlowSign:
    """Tells WhatsApp that an answer is on its way; WhatsApp marks the message as read with it."""

    def __init__(self, wire: Client, after: float = AFTER_SECONDS) -> None:
        self._wire = wire
        self._after = after
        self._calls = ThreadPoolExecutor(max_workers=1, thread_name_prefix="slow-sign")
        self._waiting = 0

    @classmethod
    def of(cls, settings: Settings) -> SlowSign:
        """For our number."""
        return cls(carrier.client_of(settings))

    async def tell(self, message_id: str) -> None:
        """Wait, then tell; to be cancelled when the answer is there."""
        await asyncio.sleep(self._after)
        if self._waiting >= AT_ONCE:
            return
        self._waiting += 1
        try:
            await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._calls, self._call, message_id))
        finally:
            self._waiting -= 1

    def _call(self, message_id: str) -> None:
        try:
            self._wire.typing(message_id)
        except ProviderError as error:
            logs.event(log, "typing_not_shown", error=type(error).__name__)
