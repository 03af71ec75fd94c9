"""The same events and the same sending through both carriers."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
import sqlalchemy as sa

from helpline import clock, contacts, inbox, outbox
from helpline.assistant import reception
from helpline.db import schema
from helpline.messages import Author, OutboundMessage
from helpline.whatsapp import carrier, signature, twilio
from helpline.worker.delivery import Worker
from tests.conftest import count
from tests.people import AMINA
from tests.whatsapp.carriers import HOOK, TOKEN, Meta, Twilio, chosen
from tests.wires import Reply, StandIn


@pytest.fixture
def stand_in():
    with StandIn().running() as running:
        yield running


@pytest.fixture(params=["meta", "twilio"])
def line(request, service, stand_in):
    """Either carrier in front of the real reception."""
    return {"meta": Meta, "twilio": Twilio}[request.param](chosen(service, stand_in.url, request.param))


def stored(line):
    with line.service.engine.begin() as conn:
        return [one.message for one in inbox.claim(conn, line.service.vault, 100)]


def test_text_arrives_from_the_same_person_as_ever(line):
    assert line.text("Where is a doctor? é ع") == 200
    [one] = stored(line)
    assert (one.kind, one.text, one.phone_number_id) == (
        "text",
        "Where is a doctor? é ع",
        line.service.settings.our_number,
    )
    with line.service.engine.begin() as conn:
        known = contacts.identify(conn, line.service.vault, AMINA)
    assert count(line.service.engine, schema.contacts) == 1 and known


def test_the_same_message_twice_is_stored_once(line):
    assert [line.text("hello", number="7") for _ in range(3)] == [200] * 3
    assert count(line.service.engine, schema.inbox) == 1


def test_a_forgery_is_refused_and_nothing_kept(line):
    assert line.text("hello", sign=False) == 401
    assert count(line.service.engine, schema.inbox) == count(line.service.engine, schema.dead_letters) == 0


def test_pins_and_taps_are_the_same_events(line):
    button = line.service.vault.sign_payload("/find_food")
    assert (line.pin(), line.tap(button)) == (200, 200)
    first = stored(line)
    with line.service.engine.begin() as conn:
        conn.execute(sa.update(schema.inbox).where(schema.inbox.c.state == "in_flight").values(state="done"))
    tap, pin = sorted([*first, *stored(line)], key=lambda one: one.kind)
    assert (pin.deliver, pin.location.latitude) == ("location", 52.09)
    assert (tap.deliver, tap.reply_id) == ("reply", button)


def queue(line, message):
    with line.service.engine.begin() as conn:
        contact_id = contacts.identify(conn, line.service.vault, AMINA)
        contacts.wrote(conn, contact_id, clock.now())
        epoch = contacts.get(conn, contact_id).epoch
        outbox.put(
            conn, line.service.vault, contact_id, message, author=Author.SYSTEM, kind="x",
            once_key=f"k{clock.now()}{message.text[:5]}", epoch=epoch,
        )  # fmt: skip


def deliver(line):
    worker = Worker(line.service, carrier.client_of(line.service.settings))
    while worker.deliver():
        pass
    worker.stop()
    worker.run()


def state(line):
    with line.service.engine.connect() as conn:
        return conn.execute(sa.select(schema.outbox.c.state, schema.outbox.c.message_id, schema.outbox.c.error)).one()


def test_an_answer_goes_out_and_its_receipts_come_back(line, stand_in):
    if line.accepted:
        stand_in.script.append(Reply(*line.accepted))
    queue(line, OutboundMessage("The doctor is open."))
    deliver(line)
    assert [line.sent(call) for call in stand_in.calls] == [(f"+{AMINA.phone}", "The doctor is open.")]
    assert state(line).state == "sent"
    for status, expected in (("delivered", "delivered"), ("read", "read"), ("sent", "read")):
        assert line.receipt(status, state(line).message_id) == 200
        assert state(line).state == expected


def test_a_refusal_means_the_same(line, stand_in):
    stand_in.script.append(Reply(*line.refused))
    queue(line, OutboundMessage("hello"))
    deliver(line)
    assert state(line).state == "failed" and state(line).error.startswith("Undeliverable")


def test_a_shut_window_told_late_holds_the_message(line, stand_in):
    if line.accepted:
        stand_in.script.append(Reply(*line.accepted))
    queue(line, OutboundMessage("hello"))
    deliver(line)
    line.receipt("failed", state(line).message_id, line.shut)
    assert state(line).state == "held"


@pytest.mark.parametrize("status", [500, 503, 429, 401])
def test_trouble_keeps_the_message(line, stand_in, status):
    stand_in.script.append(Reply(status, {}))
    queue(line, OutboundMessage("hello"))
    deliver(line)
    assert state(line).state == "queued"


def test_only_the_chosen_carrier_s_webhook_is_there(line):
    form = urlencode({"MessageSid": "SM1", "From": "whatsapp:+31600000001", "Body": "x"}).encode()
    if line.name == "meta":
        assert reception.unpack_twilio(line.service, form, twilio.sign(form, HOOK, TOKEN)) == (404, [])
    else:  # or the demo's secret would open it
        assert reception.unpack(line.service, b"{}", signature.sign(b"{}", "demo-app-secret")) == (404, [])
