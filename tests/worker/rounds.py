"""One round of the worker, and what its rows say then."""

import sqlalchemy as sa

from helpline import clock, outbox, receipts
from helpline.db import schema
from helpline.messages import Author, DeliveryReceipt, Identity, OutboundMessage
from tests.people import AMINA


def _put(service, contact_id, text="hi", **more):
    with service.engine.begin() as conn:
        outbox.put(
            conn, service.vault, contact_id, OutboundMessage(text, **more),
            author=Author.SYSTEM, kind="test", once_key=f"{contact_id}{text[:20]}",
        )  # fmt: skip


def _round(worker, rounds=1):
    for _ in range(rounds):
        worker.deliver()
        worker.settle()


def _row(service, outbox_id=1):
    with service.engine.connect() as conn:
        return conn.execute(sa.select(schema.outbox).where(schema.outbox.c.id == outbox_id)).one()


def _receipt(status, message_id, callback=None, code=None):
    codes = (code,) if code else ()
    return DeliveryReceipt(
        "1", message_id, status, True, clock.now(), Identity(phone=AMINA.phone), codes, callback_data=callback
    )


def _receive(service, *given, **more):
    with service.engine.begin() as conn:
        receipts.receive(conn, _receipt(*given, **more))


LONG = "\n\n".join(f"{n} " + "word " * 780 for n in range(3))
