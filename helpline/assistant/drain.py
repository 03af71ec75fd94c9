"""Takes stored messages in order, one in flight per contact, and sees each to its outcome.

Rasa is asked inside a deadline. Whatever goes wrong there (no model, an exception, an action server that is
down, silence) ends in exactly one case: nobody falls between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage

from helpline import inbox, logs, turn
from helpline.assistant import actions_endpoint
from helpline.assistant.output import WhatsAppOutput
from helpline.service import Service

IN_FLIGHT = 16
"""Messages in work at once; the assistant itself is one core, so more would only wait."""
IDLE_SECONDS = 0.25
"""How often to look for messages another process stored; our own webhook wakes the drain at once."""

T = TypeVar("T")
log = logs.get(__name__)


class Drain:
    """The loop, and the agent it asks (which may be replaced while it runs)."""

    def __init__(self, service: Service, agent: Callable[[], Agent | None]) -> None:
        self._service = service
        self._agent = agent
        self._wake = asyncio.Event()
        self._threads = ThreadPoolExecutor(max_workers=4, thread_name_prefix="drain")
        self._working: set[asyncio.Task[None]] = set()
        self._stopping = False

    def wake(self) -> None:
        """Something was stored."""
        self._wake.set()

    async def run(self) -> None:
        """Work until `stop`. A database that fails is tried again; nothing is lost meanwhile."""
        while not self._stopping:
            try:
                taken = await self._in_thread(self._claim)
            except Exception:
                logs.failure(log, "drain_cannot_claim")
                await asyncio.sleep(1)
                continue
            for received in taken:
                self._start(self._handle(received))
            if not taken or len(self._working) >= IN_FLIGHT:
                await self._pause()

    async def stop(self) -> None:
        """Finish what is in flight."""
        self._stopping = True
        self._wake.set()
        if self._working:
            await asyncio.wait(self._working, timeout=self._service.settings.assistant_deadline)
        self._threads.shutdown(wait=False)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._working.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._working.discard(task)
        self._wake.set()

    async def _pause(self) -> None:
        try:
            await asyncio.wait_for(self._wake.wait(), IDLE_SECONDS)
        except asyncio.TimeoutError:
            pass
        self._wake.clear()

    def _claim(self) -> list[inbox.Received]:
        room = IN_FLIGHT - len(self._working)
        if room <= 0:
            return []
        with self._service.engine.begin() as conn:
            return inbox.claim(conn, self._service.vault, room)

    async def _handle(self, received: inbox.Received) -> None:
        try:
            begun = await self._in_thread(self._begin, received)
            if begun is not None:
                await self._speak(begun)
        except Exception:
            logs.failure(log, "message_not_handled", inbox_id=received.id)
            await self._in_thread(self._rescue, received)

    def _begin(self, received: inbox.Received) -> turn.Turn | None:
        with self._service.engine.begin() as conn:
            return turn.begin(conn, self._service, received)

    async def _speak(self, begun: turn.Turn) -> None:
        heard = await self._ask(begun)
        await self._in_thread(self._end, begun, heard)

    async def _ask(self, begun: turn.Turn) -> turn.Heard | None:
        """What the assistant said, or None when it failed in any way."""
        agent = self._agent()
        if agent is None or not agent.is_ready():
            return None
        output = WhatsAppOutput()
        failures: list[str] = []
        actions_endpoint.failures.set(failures)
        message = UserMessage(
            begun.text,
            output,
            begun.sender_id,
            input_channel=output.name(),
            message_id=str(begun.received.id),
            metadata={
                "language": begun.language,
                "language_chosen": begun.language_chosen,
                "inbox_id": begun.received.id,
            },
        )
        try:
            return await asyncio.wait_for(self._talk(agent, message, output), self._service.settings.assistant_deadline)
        except Exception:
            logs.failure(log, "assistant_failed", inbox_id=begun.received.id)
            return None
        finally:
            if failures:
                logs.event(log, "assistant_action_failed", inbox_id=begun.received.id, errors=failures)

    async def _talk(self, agent: Agent, message: UserMessage, output: WhatsAppOutput) -> turn.Heard | None:
        assert agent.processor is not None
        message.parse_data = await agent.processor.parse_message(message)
        await agent.handle_message(message)
        parsed = message.parse_data
        guesses = [
            (str(guess["name"]), float(guess["confidence"]))
            for guess in parsed.get("intent_ranking", ())
            if guess["name"] != "nlu_fallback"
        ]
        return turn.Heard(
            said=tuple(output.messages),
            intent=(parsed.get("intent") or {}).get("name"),
            guesses=tuple(guesses[:3]),
            emergency=parsed.get("emergency"),
            action_failed=bool(actions_endpoint.failures.get()),
        )

    def _end(self, begun: turn.Turn, heard: turn.Heard | None) -> None:
        with self._service.engine.begin() as conn:
            turn.end(conn, self._service, begun, heard)

    def _rescue(self, received: inbox.Received) -> None:
        """Our own code failed: try again, and after the last attempt hand the message to people."""
        with self._service.engine.begin() as conn:
            if not inbox.give_back(conn, received):
                turn.give_up(conn, self._service, received)

    async def _in_thread(self, work: Callable[..., T], *args: Any) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
