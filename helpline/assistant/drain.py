"""Takes stored messages in order, one in flight per contact, and sees each to its outcome.

Rasa is asked in a thread of its own (speaker.py) inside a deadline. Whatever goes wrong there (no model, an
exception, an action server that is down, silence) ends in exactly one case: nobody falls between. What is read and
written before and after is done together with other messages' (db/together.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa
from prometheus_client import Histogram
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from sqlalchemy.engine import Connection

from helpline import inbox, logs, turn
from helpline.assistant import actions_endpoint, live, trackers
from helpline.assistant.dialogue import Dialogue
from helpline.assistant.hand_over import HandOver
from helpline.assistant.output import WhatsAppOutput
from helpline.assistant.slow_sign import SlowSign
from helpline.assistant.speaker import Speaker
from helpline.db.together import Together
from helpline.service import Service

IN_FLIGHT = 32
"""Messages in work at once; the assistant itself is one core, so more would only wait."""
IDLE_SECONDS = 0.25
"""How often to look for messages another process stored; our own webhook wakes the drain at once."""
TAKEN_AT_ONCE = 8
"""With room for fewer than this, taking more waits while others are in work: each time costs a transaction."""
ENDED_AT_ONCE = 8
"""Ends of turns that are written together, while other turns are still being asked."""
ENDED_SECONDS = 0.02
"""How long an end waits for others at most."""
TROUBLE_SECONDS = 1.0
"""How long to leave a database alone that could not be written."""

T = TypeVar("T")
log = logs.get(__name__)
turn_seconds = Histogram(
    "helpline_turn_seconds",
    "From a message's taking to its outcome.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15),
)


class Drain:
    """The loop, and the agent it asks (which may be replaced while it runs)."""

    def __init__(self, service: Service, agent: Callable[[], Agent | None], together: Together) -> None:
        self._service = service
        self._agent = agent
        self._together = together
        self._wake = asyncio.Event()
        self._working: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._dialogues: list[Dialogue] = []
        self._asked = 0
        """Turns that Rasa is asked about now."""
        self._ends: list[tuple[Callable[[Connection], None], asyncio.Future[Future[None]]]] = []
        self._ends_due: asyncio.TimerHandle | None = None
        self._hand_over: HandOver | None = None
        self.speaker = Speaker(service.settings.assistant_deadline)
        self._slow = SlowSign.of(service.settings)

    def wake(self) -> None:
        """Something was stored."""
        self._wake.set()

    async def run(self) -> None:
        """Work until `stop`. A database that fails is tried again; nothing is lost meanwhile."""
        while not self._stopping:
            try:
                taken = await self._claim()
            except Exception:
                logs.failure(log, "drain_cannot_claim")
                await asyncio.sleep(TROUBLE_SECONDS)
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
        await self.speaker.stop(self._hang_up)

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

    async def _claim(self) -> list[inbox.Received]:
        room = IN_FLIGHT - len(self._working)
        if room < TAKEN_AT_ONCE and self._working:
            return []
        return await self._do(lambda conn: inbox.claim(conn, self._service.vault, room))

    async def _handle(self, received: inbox.Received) -> None:
        try:
            with turn_seconds.time():
                begun, memory = await self._do(partial(self._begin, received))
                if begun is not None:
                    self._asked += 1
                    try:
                        heard = await self._ask(begun, memory)
                    finally:
                        self._asked -= 1
                    await self._write_end(partial(self._end, begun, heard, memory))
        except Exception:
            logs.failure(log, "message_not_handled", inbox_id=received.id)
            await self._rescue(received)

    def _begin(self, received: inbox.Received, conn: Connection) -> tuple[turn.Turn | None, trackers.Memory]:
        begun = turn.begin(conn, self._service, received)
        return begun, trackers.read(conn, begun.sender_id) if begun is not None else trackers.Memory(None)

    def _end(self, begun: turn.Turn, heard: turn.Heard | None, memory: trackers.Memory, conn: Connection) -> None:
        turn.end(conn, self._service, begun, heard)
        if heard is not None:
            trackers.write(conn, begun.sender_id, memory)
            live.sign(conn, begun.received.id, heard.release_id)

    async def _ask(self, begun: turn.Turn, memory: trackers.Memory) -> turn.Heard | None:
        """What the assistant said, or None when it failed in any way."""
        agent = self._agent()
        if agent is None or not agent.is_ready() or not self.speaker.able:
            return None
        telling = asyncio.ensure_future(self._slow.tell(begun.received.message.message_id))
        try:
            return await self.speaker.ask(lambda: self._talk(agent, begun, memory))
        except Exception:
            logs.failure(log, "assistant_failed", inbox_id=begun.received.id)
            return None
        finally:
            telling.cancel()

    async def _talk(self, agent: Agent, begun: turn.Turn, memory: trackers.Memory) -> turn.Heard:
        output, released = WhatsAppOutput(), live.of(agent)
        failures: list[str] = []
        actions_endpoint.failures.set(failures)
        trackers.lent.set(memory)
        message = UserMessage(
            released.payload(begun.text),
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
        parsed = await self._dialogue_of(agent).turn(message)
        if failures:
            logs.event(log, "assistant_action_failed", inbox_id=begun.received.id, errors=failures)
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
            action_failed=bool(failures),
            release_id=released.release_id,
        )

    def _dialogue_of(self, agent: Agent) -> Dialogue:
        """Kept for two agents: while a release changes over, turns of both are in work."""
        known = next((one for one in self._dialogues if one.processor is agent.processor), None)
        if known is None:
            known = Dialogue(agent)
            self._dialogues = [*self._dialogues[-1:], known]
        return known

    async def _rescue(self, received: inbox.Received) -> None:
        """Our own code or the database failed: try again, and after the last attempt hand the message to people."""
        while not self._stopping:
            try:
                await self._do(partial(self._give_back, received))
                return
            except sa.exc.OperationalError:
                # Otherwise it would lie there until its lease runs out.
                await asyncio.sleep(TROUBLE_SECONDS)
            except Exception:
                logs.failure(log, "message_not_given_back", inbox_id=received.id)
                return

    def _give_back(self, received: inbox.Received, conn: Connection) -> None:
        if not inbox.give_back(conn, received):
            turn.give_up(conn, self._service, received)

    async def _hang_up(self) -> None:
        agent = self._agent()
        endpoint: Any = agent.action_endpoint if agent is not None else None
        if hasattr(endpoint, "close"):
            await endpoint.close()

    async def _write_end(self, work: Callable[[Connection], None]) -> None:
        """Write the end of a turn, together with those that end within moments while Rasa is busy with others."""
        loop = asyncio.get_running_loop()
        submitted: asyncio.Future[Future[None]] = loop.create_future()
        self._ends.append((work, submitted))
        if not self._asked or len(self._ends) >= ENDED_AT_ONCE:
            self._submit_ends()
        elif self._ends_due is None:
            self._ends_due = loop.call_later(ENDED_SECONDS, self._submit_ends)
        await self._outcome(await submitted)

    def _submit_ends(self) -> None:
        if self._ends_due is not None:
            self._ends_due.cancel()
            self._ends_due = None
        ends, self._ends = self._ends, []
        for work, submitted in ends:
            future = self._together.submit(work)
            if not submitted.done():
                submitted.set_result(future)

    async def _do(self, work: Callable[[Connection], T]) -> T:
        return await self._outcome(self._together.submit(work))

    async def _outcome(self, future: Future[T]) -> T:
        if self._hand_over is None:
            self._hand_over = HandOver()
        return await self._hand_over.wrap(future)
