"""The WhatsApp channel (credentials.yml): the webhook, its health, and the drain behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, Gauge, Histogram, generate_latest
from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, raw, text
from sanic.response import json as json_response

from helpline import inbox, logs, service, turn
from helpline.assistant import memory, reception
from helpline.assistant.actions_endpoint import ActionServer, ActionsHere
from helpline.assistant.drain import Drain
from helpline.assistant.hand_over import HandOver
from helpline.assistant.live import LiveModel
from helpline.db.engine import reading
from helpline.db.together import MOST, Together
from helpline.whatsapp import signature

SMALL = 64 * 1024
"""Bytes of a webhook that are read at once; a longer one is read in a thread, so that others need not wait for it."""
TURNS_TOGETHER = 8
"""Steps of turns in one transaction: on SQLite a webhook waits for as long as it takes."""

log = logs.get(__name__)
acknowledgement_seconds = Histogram(
    "helpline_webhook_seconds",
    "From the webhook's arrival to our answer.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5),
)

waiting_gauge = Gauge("helpline_inbox_waiting", "Messages received and not yet dealt with.")
oldest_gauge = Gauge("helpline_inbox_oldest_seconds", "Age of the oldest of them.")


class WhatsAppChannel(InputChannel):
    """Meta's webhook at /webhooks/whatsapp/webhook."""

    @classmethod
    def name(cls) -> str:
        """Gives the channel its path."""
        return "whatsapp"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> WhatsAppChannel:
        """The channel's secrets come from the settings, not from credentials.yml."""
        return cls(service.here())

    def __init__(self, opened: service.Service) -> None:
        self._service = opened
        self._drain: Drain | None = None
        # PostgreSQL locks rows: two transactions that each touch several contacts could wait for each other.
        alone = opened.engine.dialect.name == "postgresql"
        self._letters = Together(opened.engine, "reception", most=1 if alone else MOST)
        """Webhooks do not queue behind the turns of the drain."""
        self._turns = Together(opened.engine, "turns", most=TURNS_TOGETHER)
        self._stored: HandOver | None = None

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes. `on_new_message` is not used: the drain asks the agent, and sees whether it could answer."""
        routes = Blueprint("whatsapp_channel")
        logs.to_stderr()

        @routes.get("/webhook")
        async def handshake(request: Request) -> HTTPResponse:
            challenge = signature.handshake(request.args, self._service.settings.whatsapp_verify_token)
            return text("The verify token is wrong.", 403) if challenge is None else text(challenge)

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            with acknowledgement_seconds.time():
                status, new = await self._receive(request.body, request.headers.get("x-hub-signature-256"))
            if new and self._drain is not None:
                self._drain.wake()
            return HTTPResponse(status=status)

        @routes.post("/twilio")
        async def receive_twilio(request: Request) -> HTTPResponse:
            with acknowledgement_seconds.time():
                signed = request.headers.get("x-twilio-signature")
                status, parcels = reception.unpack_twilio(self._service, request.body, signed)
                status, new = await self._store(status, parcels)
            if new and self._drain is not None:
                self._drain.wake()
            return HTTPResponse(status=status)

        @routes.listener("after_server_start")
        async def start(app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
            agent = getattr(app.ctx, "agent", None)
            if agent is not None:
                _equip(agent, self._service)
            # Phrases and letters are read now, so that the first message does not wait for them.
            await asyncio.get_running_loop().run_in_executor(None, turn.warm)
            self._drain = Drain(self._service, lambda: getattr(app.ctx, "agent", None), self._turns)
            self._live = LiveModel(self._service, app)
            await self._live.look()
            app.ctx.live = asyncio.ensure_future(self._live.run())
            await asyncio.get_running_loop().run_in_executor(None, memory.give_back)
            app.ctx.drain = asyncio.ensure_future(self._drain.run())

        @routes.listener("before_server_stop")
        async def stop(app: Sanic, _loop: asyncio.AbstractEventLoop) -> None:
            if self._drain is not None:
                app.ctx.live.cancel()
                await self._drain.stop()
            for together in (self._letters, self._turns):
                await asyncio.get_running_loop().run_in_executor(None, together.close)

        self._add_health()
        return routes

    async def _receive(self, raw: bytes, signed: str | None) -> tuple[int, int]:
        """As reception.receive, but stored together with what comes at the same time."""
        loop = asyncio.get_running_loop()
        if len(raw) <= SMALL:
            status, parcels = reception.unpack(self._service, raw, signed)
        else:
            status, parcels = await loop.run_in_executor(None, reception.unpack, self._service, raw, signed)
        return await self._store(status, parcels)

    async def _store(self, status: int, parcels: list[reception.Parcel]) -> tuple[int, int]:
        new = 0
        try:
            for parcel in parcels:
                new += await self._keep(parcel)
        except sa.exc.SQLAlchemyError:
            logs.failure(log, "webhook_not_stored")
            return 503, 0
        return status, new

    async def _keep(self, parcel: reception.Parcel) -> int:
        try:
            return await self._hand_over().wrap(self._letters.submit(parcel.store))
        except sa.exc.OperationalError:
            raise
        except Exception:
            if parcel.instead is None:
                raise
            logs.failure(log, "webhook_item_not_stored")
            return await self._hand_over().wrap(self._letters.submit(parcel.instead))

    def _hand_over(self) -> HandOver:
        if self._stored is None:
            self._stored = HandOver()
        return self._stored

    def _add_health(self) -> None:
        # /health and /metrics stand beside Rasa's own routes, not under the channel's path.
        app = Sanic.get_app()

        async def health(_request: Request) -> HTTPResponse:
            return await asyncio.get_running_loop().run_in_executor(None, self._health, app)

        async def metrics(_request: Request) -> HTTPResponse:
            await asyncio.get_running_loop().run_in_executor(None, self._look)
            return raw(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)

        app.add_route(health, "/health")
        app.add_route(metrics, "/metrics")

    def _look(self) -> None:
        try:
            with reading(self._service.engine) as conn:
                count, oldest = inbox.waiting(conn)
        except sa.exc.SQLAlchemyError:
            logs.failure(log, "metrics_without_database")
            return
        waiting_gauge.set(count)
        oldest_gauge.set(oldest)

    def _health(self, app: Sanic) -> HTTPResponse:
        agent = getattr(app.ctx, "agent", None)
        able = self._drain is not None and self._drain.speaker.able
        model = bool(agent is not None and agent.is_ready() and able)
        facts: dict[str, Any] = {"process": "channel", "alive": True, "model": model}
        try:
            with reading(self._service.engine) as conn:
                facts["waiting"], facts["oldest_seconds"] = inbox.waiting(conn)
            facts["database"] = True
        except Exception:
            facts["database"] = False
        facts["ready"] = model and facts["database"]
        return json_response(facts, status=200 if facts["ready"] else 503, dumps=json.dumps)


def _equip(agent: Agent, opened: service.Service) -> None:
    """Let the agent run its actions as the settings say; a model loaded later takes this over."""
    settings = opened.settings
    endpoint = ActionServer(url, settings.assistant_deadline) if (url := settings.actions_url) else ActionsHere()
    agent.action_endpoint = endpoint
    if agent.processor is not None:
        agent.processor.action_endpoint = endpoint
