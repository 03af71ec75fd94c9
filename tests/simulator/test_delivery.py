"""Worker, stand-in and phone together: what is queued stands on the phone, and what became of it in the outbox."""

import threading

import pytest
import sqlalchemy as sa

from helpline import outbox
from helpline.db import schema
from helpline.messages import Author, Button, OutboundMessage
from helpline.worker.delivery import Worker
from tests.conftest import wait_until

AMINA, NOOR = "31600000101", "NL.10000000000000000108"


@pytest.fixture
def worker(world):
    made = Worker(world.service, world.client)
    running = threading.Thread(target=made.run)
    running.start()
    yield made
    made.stop()
    running.join(20)


def _write(world, key):
    sent = world.call(f"/phone/{key}/text", {"text": "hallo"})[1]["id"]
    query = sa.select(schema.inbox.c.contact_id).where(schema.inbox.c.message_id == sent)

    def stored():
        with world.service.engine.connect() as conn:
            return conn.execute(query).scalar()

    return wait_until(stored, what="the stored message")


def _put(world, contact_id, text, **more):
    with world.service.engine.begin() as conn:
        outbox.put(
            conn, world.service.vault, contact_id, OutboundMessage(text, **more),
            author=Author.SYSTEM, kind="test", once_key=text[:40],
        )  # fmt: skip


def _states(world):
    with world.service.engine.connect() as conn:
        return conn.execute(sa.select(schema.outbox.c.state).order_by(schema.outbox.c.id)).scalars().all()


@pytest.mark.parametrize("key", [AMINA, NOOR])
def test_answer_stands_on_the_phone_and_its_receipts_come_home(world, worker, key):
    contact_id = _write(world, key)
    _put(world, contact_id, "Dag, waar bent u?", buttons=(Button("Hier", "/here"),))
    wait_until(lambda: _states(world) == ["delivered"], what="the receipt of delivery")
    shown = world.talk(key)[-1]
    button = shown["interactive"]["action"]["buttons"][0]["reply"]
    assert (shown["interactive"]["body"]["text"], button["title"]) == ("Dag, waar bent u?", "Hier")
    assert world.service.vault.read_payload(button["id"]) == "/here"
    world.call(f"/phone/{key}/messages?look=1")
    wait_until(lambda: _states(world) == ["read"], what="the receipt of reading")


@pytest.mark.slow
def test_faults_on_the_way_cost_nothing_and_double_nothing(world, worker):
    contact_id = _write(world, AMINA)
    world.call("/stand-in/faults", [{"status": 503}, {"code": 131056}, {"drop": True}, {"code": 131009}])
    for number in range(3):
        _put(world, contact_id, f"bericht {number}", buttons=(Button("Ja", "/yes"),) if number == 1 else ())
    wait_until(lambda: _states(world) == ["delivered"] * 3, seconds=60, what="three deliveries")
    said = [one.get("text", one.get("interactive", {})).get("body") for one in world.talk(AMINA) if not one["mine"]]
    assert said == ["bericht 0", "bericht 1\n\n1. Ja", "bericht 2"]


def test_long_answer_arrives_whole_and_in_order(world, worker):
    contact_id = _write(world, AMINA)
    text = "\n\n".join(f"Alinea {number}. " + "woord " * 300 for number in range(6))
    _put(world, contact_id, text)
    wait_until(lambda: _states(world) == ["delivered"])
    parts = [one["text"]["body"] for one in world.talk(AMINA) if not one["mine"]]
    assert len(parts) == 3 and "".join("".join(parts).split()) == "".join(text.split())
