"""A stand-in for the Graph API that only notes when a message for whom came; beside it the load of signed webhooks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

PHONE_NUMBER_ID = "100000000000001"


@dataclass
class Graph:
    """Notes the moment each contact was sent something, in `time.perf_counter()` seconds."""

    sent: dict[str, list[float]] = field(default_factory=dict)
    total: int = 0

    async def start(self, port: int) -> web.AppRunner:
        """Listen on loopback."""
        app = web.Application()
        app.router.add_post("/v24.0/{number}/messages", self._take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        return runner

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.json()
        if "to" in body:
            self.total += 1
            self.sent.setdefault(body["to"].lstrip("+"), []).append(time.perf_counter())
        return web.json_response({"messages": [{"id": f"wamid.{self.total}.{time.time_ns()}"}]})


def webhook(phone: str, number: int, text: str) -> bytes:
    """A text message as Meta posts it."""
    message = {"from": phone, "id": f"wamid.in.{phone}.{number}.{time.time_ns()}", "timestamp": str(int(time.time()))}
    message |= {"type": "text", "text": {"body": text}}  # type: ignore[dict-item]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "31970000000", "phone_number_id": PHONE_NUMBER_ID},
        "contacts": [{"wa_id": phone, "profile": {"name": "Load"}}],
        "messages": [message],
    }
    changes = [{"field": "messages", "value": value}]
    return json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}).encode()


async def post(session: aiohttp.ClientSession, url: str, body: bytes, secret: str) -> float:
    """Post a signed webhook; seconds until it was answered. Raises when it was not answered 200."""
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    began = time.perf_counter()
    async with session.post(url, data=body, headers={"X-Hub-Signature-256": signature}) as answer:
        await answer.read()
        if answer.status != 200:
            raise RuntimeError(f"The webhook answered {answer.status}.")
    return time.perf_counter() - began


async def until(condition, seconds: float) -> bool:  # type: ignore[no-untyped-def]
    """Wait for a condition; whether it came."""
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if condition():
            return True
        await asyncio.sleep(0.02)
    return False
