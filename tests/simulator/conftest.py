"""The simulator, the real reception behind it, and a client of the real wire, all on free ports."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from helpline import content, settings
from helpline.db import schema
from helpline.db.engine import connect
from helpline.db.vault import Vault
from helpline.service import Service
from helpline.simulator import app as simulator_app
from helpline.whatsapp.client import Client
from tests.conftest import SECRET
from tests.wires import Channel, serving


@dataclass
class World:
    """Everything a test of the simulator touches."""

    url: str
    channel: Channel
    client: Client
    service: Service
    app: Any

    def call(self, path: str, body: Any = None, **headers: str) -> Any:
        """GET, or POST when there is a body; (status, JSON)."""
        raw = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        kind = {} if isinstance(body, bytes) else {"Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data=raw, headers={**kind, **headers})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"{}")

    def talk(self, key: str) -> list[dict[str, Any]]:
        """What stands on a phone."""
        return self.call(f"/phone/{key}/messages")[1]["messages"]


@pytest.fixture
def world(tmp_path: Path, vault: Vault) -> Iterator[World]:
    engine = connect(f"sqlite:///{tmp_path}/helpline.db")
    schema.metadata.create_all(engine)
    chosen = settings.read({"SECRET_KEY": SECRET})
    service = Service(chosen, engine, vault, content.Answers(engine))
    channel = Channel(service)
    with serving(channel) as channel_url:
        app = simulator_app.create(chosen, webhook_url=channel_url + "/webhooks/whatsapp/webhook", first_pause=0.02)
        with serving(app) as url:
            client = Client(f"{url}/v24.0", chosen.whatsapp_phone_number_id, chosen.whatsapp_access_token)
            yield World(url, channel, client, service, app)
            app.extensions["poster"].stop()
    engine.dispose()
