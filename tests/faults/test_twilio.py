"""Twilio's webhook of the real channel, with the worker that answers through Twilio's API."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

import pytest
import requests
import sqlalchemy as sa

from helpline.commands.train import train
from helpline.db import schema
from helpline.db.engine import connect
from helpline.whatsapp import signature, twilio
from tests.conftest import SECRET, count, free_port, wait_until
from tests.faults.rig import PORTS, ROOT, Process
from tests.people import AMINA
from tests.whatsapp.carriers import HOOK, OURS, SID, TOKEN
from tests.wires import Reply, StandIn

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("service")]


@dataclass
class Line:
    """The channel, and Twilio on both of its sides."""

    base: str
    api: StandIn
    url: str

    def post(self, form: dict[str, str], token: str = TOKEN, path: str = "twilio") -> int:
        raw = urlencode({"AccountSid": SID, "ApiVersion": "2010-04-01", **form}).encode()
        headers = {
            "X-Twilio-Signature": twilio.sign(raw, HOOK, token), "Content-Type": "application/x-www-form-urlencoded",
        }  # fmt: skip
        return requests.post(f"{self.base}/webhooks/whatsapp/{path}", data=raw, headers=headers, timeout=20).status_code

    def text(self, words: str, number: int, **more: str) -> int:
        form = {"MessageSid": f"SM{number:032}", "SmsStatus": "received", "From": f"whatsapp:+{AMINA.phone}",
                "To": f"whatsapp:{OURS}", "WaId": AMINA.phone, "ProfileName": "Amina", "NumMedia": "0",
                "MessageType": "text", "Body": words}  # fmt: skip
        return self.post(form, **more)

    def said(self) -> list[dict[str, str]]:
        """The forms that we posted to Twilio."""
        return [dict(parse_qsl(one["raw"].decode())) for one in self.api.calls if one["method"] == "POST"]


@pytest.fixture(scope="module")
def line(tmp_path_factory) -> Iterator[Line]:
    train()
    folder = tmp_path_factory.mktemp("twilio")
    url = f"sqlite:///{folder}/helpline.db"
    with StandIn().running() as api:
        api.script.extend(Reply(201, {"sid": f"SM{number:032}"}) for number in range(900, 950))
        environment = {
            **os.environ, "DATABASE_URL": url, "SECRET_KEY": SECRET, "CARRIER": "twilio", "TWILIO_ACCOUNT_SID": SID,
            "TWILIO_AUTH_TOKEN": f"{TOKEN},older", "TWILIO_NUMBER": OURS, "TWILIO_WEBHOOK_URL": HOOK,
            "TWILIO_API_URL": api.url,
        }  # fmt: skip
        for command in (["migrate"], ["content", "import"]):
            subprocess.run([sys.executable, "-m", "helpline", *command], cwd=ROOT, env=environment, check=True)
        ports = {kind: free_port() for kind in ("channel", "worker")}
        started = [
            Process(kind, port, {**environment, PORTS[kind]: str(port)}, folder / f"{kind}.log").start()
            for kind, port in ports.items()
        ]
        try:
            for process in started:
                wait_until(process.ready, 240, f"the {process.kind}")
            yield Line(f"http://127.0.0.1:{ports['channel']}", api, url)
        finally:
            for process in started:
                process.stop()


def test_a_message_is_answered_through_twilio_once_however_often_it_comes(line):
    assert [line.text("are you a robot", 1) for _ in range(3)] == [204] * 3
    assert line.text("hello", 2, token="somebody else's") == 403
    assert line.text("hello", 3, token="older") == 204
    wait_until(lambda: len(line.said()) >= 2, 60, "both answers")
    engine = connect(line.url)
    wait_until(lambda: count(engine, schema.outbox, schema.outbox.c.state == "sent") == 2, 60, "both to be recorded")
    assert count(engine, schema.inbox) == count(engine, schema.outbox) == 2
    engine.dispose()
    for form in line.said():
        assert (form["To"], form["From"], form["StatusCallback"]) == (
            f"whatsapp:+{AMINA.phone}",
            f"whatsapp:{OURS}",
            HOOK,
        )
    assert len(line.said()) == 2


def test_receipt_of_twilio_is_recorded(line):
    engine = connect(line.url)
    with engine.connect() as conn:
        sent = conn.execute(sa.select(schema.outbox.c.message_id).order_by(schema.outbox.c.id).limit(1)).scalar_one()
    form = {"MessageSid": sent, "MessageStatus": "read", "From": f"whatsapp:{OURS}",
            "To": f"whatsapp:+{AMINA.phone}"}  # fmt: skip
    assert line.post(form) == 204
    wait_until(lambda: count(engine, schema.outbox, schema.outbox.c.state == "read") == 1, 60, "the receipt")
    engine.dispose()


def test_nothing_else_of_the_channel_is_open(line):
    raw = b'{"object": "whatsapp_business_account", "entry": []}'
    signed = {"X-Hub-Signature-256": signature.sign(raw, "demo-app-secret")}
    assert (
        requests.post(f"{line.base}/webhooks/whatsapp/webhook", data=raw, headers=signed, timeout=20).status_code == 404
    )
    assert line.text("x" * 300_000, 4) == 413
    for path in ("conversations/1/tracker", "domain", "status", "model/parse", "webhooks/rest/webhook", "socket.io/"):
        for method in ("GET", "POST", "PUT"):
            status = requests.request(method, f"{line.base}/{path}", timeout=20).status_code
            assert status in (404, 405), (method, path)
