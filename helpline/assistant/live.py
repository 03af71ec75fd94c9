"""Keeps this process on the release that is live: looks each second, loads beside the work, changes over at once.

A turn asks one agent from beginning to end, so no message is ever answered by two releases. A model that cannot be
loaded changes nothing: the one that answers goes on, and the heartbeat says what is wrong.
"""

from __future__ import annotations

import asyncio
import copy
import os
import socket
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from sanic import Sanic
from sqlalchemy.engine import Connection

from helpline import heartbeats, logs
from helpline.db.engine import reading
from helpline.db.schema import outbox
from helpline.messages import Author
from helpline.releases import models, publishing, queue
from helpline.service import Service

LOOK_SECONDS = 1.0
BEAT_SECONDS = 5.0
AGAIN_SECONDS = 30.0
"""After a model that could not be loaded."""
KEPT = 2
"""Agents kept in memory besides the one that answers, so that going back takes no loading."""
WARM = ("hello", "where can I see a doctor?", "waar kan ik slapen?", "أين أجد طبيبا؟", "¿dónde puedo comer?")
_PARTS = 8
"""Messages of one turn at most; handoff.tell numbers them."""
_SIGN = (
    sa.update(outbox)
    .where(outbox.c.once_key.in_(sa.bindparam("keys", expanding=True)), outbox.c.author == Author.ASSISTANT.value)
    .values(release_id=sa.bindparam("release"))
)
log = logs.get(__name__)


@dataclass(frozen=True)
class Released:
    """What an agent was made from."""

    release_id: int | None = None
    """None for the installed model."""
    redirects: Mapping[str, str] = field(default_factory=dict)

    def payload(self, text: str) -> str:
        """A button's payload, led on where its intent was merged or archived in this release."""
        if not text.startswith("/"):
            return text
        name, brace, rest = text[1:].partition("{")
        target = self.redirects.get(name)
        return text if target is None else f"/{target}{brace}{rest}"


_released: WeakKeyDictionary[Agent, Released] = WeakKeyDictionary()


def of(agent: Agent) -> Released:
    """The release an agent serves."""
    return _released.get(agent, Released())


def sign(conn: Connection, inbox_id: int, release_id: int | None) -> None:
    """Note on what is said in reply to a message which release said it."""
    if release_id is not None:
        keys = [f"turn:{inbox_id}:{number}" for number in range(_PARTS)]
        conn.execute(_SIGN, {"keys": keys, "release": release_id})


class LiveModel:
    """Follows the list of publications for one channel process."""

    def __init__(self, service: Service, app: Sanic) -> None:
        self._service = service
        self._app = app
        self._installed: Agent | None = getattr(app.ctx, "agent", None)
        self._known: dict[int | None, Agent] = {}
        self._current: int | None = None
        self._trouble: tuple[int | None, float, str] | None = None
        self._beaten = 0.0
        self._name = f"channel {socket.gethostname()} {os.getpid()}"[:80]
        # Of lower priority than those who answer: loading may take a second longer, a message may not.
        self._threads = ThreadPoolExecutor(max_workers=1, thread_name_prefix="release")

    async def run(self) -> None:
        """Look until the process ends."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Change over if something else is live now; give a sign of life."""
        run = asyncio.get_running_loop().run_in_executor
        try:
            wanted = await run(self._threads, self._wanted)
            if wanted != self._current and not self._lately_failed(wanted):
                await self._change_to(wanted)
            if time.monotonic() - self._beaten >= BEAT_SECONDS:
                self._beaten = time.monotonic()
                await run(self._threads, self._beat)
        except Exception:
            logs.failure(log, "release_not_looked_up")

    async def _change_to(self, release_id: int | None) -> None:
        try:
            agent = self._known.get(release_id)
            if agent is None:
                agent = await asyncio.get_running_loop().run_in_executor(self._threads, self._load, release_id)
        except Exception as error:
            self._trouble = (release_id, time.monotonic(), type(error).__name__)
            self._beaten = 0.0
            logs.failure(log, "release_not_loaded", release_id=release_id)
            return
        if self._current is None and self._installed is not None:
            self._known[None] = self._installed
        self._app.ctx.agent = agent
        self._current, self._trouble, self._beaten = release_id, None, 0.0
        self._known.pop(release_id, None)
        self._known[release_id] = agent
        for old in [one for one in self._known if one is not None][: -1 - KEPT]:
            del self._known[old]
        logs.event(log, "release_live", release_id=release_id)

    def _wanted(self) -> int | None:
        with reading(self._service.engine) as conn:
            return publishing.live(conn)

    def _lately_failed(self, release_id: int | None) -> bool:
        trouble = self._trouble
        return trouble is not None and trouble[0] == release_id and time.monotonic() - trouble[1] < AGAIN_SECONDS

    def _load(self, release_id: int | None) -> Agent:
        """A warm agent of a release; runs in a thread."""
        if self._installed is None:
            raise RuntimeError("Rasa gave no agent to take stores and answers from.")
        if release_id is None:
            return self._installed
        with reading(self._service.engine) as conn:
            body = models.load(conn, self._service.vault, release_id)
            redirects = queue.get(conn, release_id).redirects
        with tempfile.TemporaryDirectory(prefix="helpline-model-") as folder:
            path = Path(folder) / f"release-{release_id}.tar.gz"
            path.write_bytes(body)
            agent = Agent.load(path, **_stores(self._installed))
        _released[agent] = Released(release_id, redirects)
        asyncio.run(_warm(agent))
        return agent

    def _beat(self) -> None:
        facts: dict[str, Any] = {"release": self._current, "kind": "channel"}
        if self._trouble is not None:
            facts["not_loaded"], facts["error"] = self._trouble[0], self._trouble[2]
        with self._service.engine.begin() as conn:
            heartbeats.beat(conn, self._name, facts)


def _stores(agent: Agent) -> dict[str, Any]:
    """What the next agent takes over. A tracker store knows its agent's domain, so each agent has a copy of it."""
    store = agent.tracker_store
    inner = getattr(store, "_tracker_store", store)
    return {
        "tracker_store": copy.copy(inner),
        "lock_store": agent.lock_store,
        "generator": agent.nlg,
        "action_endpoint": agent.action_endpoint,
    }


async def _warm(agent: Agent) -> None:
    assert agent.processor is not None
    for text in WARM:
        await agent.processor.parse_message(UserMessage(text, sender_id="warm"))
