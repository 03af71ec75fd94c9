"""What happens to a webhook before it is answered: verify, read, store once. No thinking here."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, contacts, inbox, logs, receipts
from helpline.messages import DeliveryReceipt, Event, IdentityChange, InboundMessage, Notice
from helpline.service import Service
from helpline.whatsapp import signature, twilio, webhook

MAX_BYTES = 4 * 1024 * 1024
"""Meta's POSTs hold up to 3 MB."""
MAX_FORM_BYTES = 256 * 1024
"""Twilio posts one message at a time."""
TOGETHER = 100
"""Items stored in one transaction."""
LOST = frozenset({"unreadable", "quarantine"})
"""Notices of items nobody can act on: the whole body is kept for a person to look at."""

log = logs.get(__name__)


@dataclasses.dataclass(frozen=True)
class Parcel:
    """What is stored of a webhook in one transaction, and what instead if that cannot be."""

    store: Callable[[Connection], int]
    """How many new messages there were."""
    instead: Callable[[Connection], int] | None = None


def receive(service: Service, raw: bytes, signed: str | None) -> tuple[int, int]:
    """The HTTP status for a webhook, and how many new messages were stored; each parcel in a transaction.

    401 for a wrong signature, so that after a botched rotation of secrets Meta keeps trying for days; 413 over
    4 MB; 503 while nothing can be stored, for the same reason; 200 for everything signed, readable or not.
    """
    status, parcels = unpack(service, raw, signed)
    new = 0
    try:
        for parcel in parcels:
            new += _keep(service, parcel)
    except sa.exc.SQLAlchemyError:
        logs.failure(log, "webhook_not_stored")
        return 503, 0
    return status, new


def unpack(service: Service, raw: bytes, signed: str | None) -> tuple[int, list[Parcel]]:
    """Verify and read a webhook, without the database: the status if all goes well, and what is to be stored."""
    if len(raw) > MAX_BYTES:
        return 413, []
    if service.settings.carrier != "meta":  # its secret may still be the demo's
        return 404, []
    if not signature.verify(raw, signed, service.settings.app_secrets):
        logs.event(log, "webhook_signature_wrong", size=len(raw))
        return 401, []
    return 200, _parcels(service, raw)


def unpack_twilio(service: Service, raw: bytes, signed: str | None) -> tuple[int, list[Parcel]]:
    """As `unpack`, of Twilio's form posts: one event each. 403 for a wrong signature, which Twilio shows its owner."""
    settings = service.settings
    if settings.carrier != "twilio":
        return 404, []
    if len(raw) > MAX_FORM_BYTES:
        return 413, []
    if not twilio.verify(raw, signed, settings.twilio_webhook_url, settings.twilio_tokens):
        logs.event(log, "webhook_signature_wrong", size=len(raw))
        return 403, []
    return 204, _parcels_of(service, twilio.parse(twilio.read(raw)), raw)


def _keep(service: Service, parcel: Parcel) -> int:
    try:
        with service.engine.begin() as conn:
            return parcel.store(conn)
    except sa.exc.OperationalError:
        raise
    except Exception:
        if parcel.instead is None:
            raise
        with service.engine.begin() as conn:
            return parcel.instead(conn)


def _parcels(service: Service, raw: bytes) -> list[Parcel]:
    try:
        events = webhook.parse(webhook.read(raw))
    except webhook.Unreadable as error:
        return _parcels_of(service, [], raw, type(error).__name__)
    return _parcels_of(service, events, raw)


def _parcels_of(service: Service, events: list[Event], raw: bytes, why: str = "nothing in it") -> list[Parcel]:
    if events:
        lost = {event.kind for event in events if isinstance(event, Notice)} & LOST
        why = ", ".join(sorted(lost))
    parcels = []
    if why:
        parcels.append(Parcel(lambda conn: _bury(conn, service, why, raw.decode("utf-8", "replace"))))
    if len(events) == 1:
        [only] = events
        unkept = partial(_not_stored, service=service, event=only)
        return [*parcels, Parcel(lambda conn: int(_take(conn, service, only)), unkept)]
    # Meta puts up to a thousand items in one POST; others must get at the database in between. If a later part
    # fails, Meta sends all of it again, and what is stored already is known.
    starts = range(0, len(events), TOGETHER)
    return parcels + [Parcel(partial(_store_some, service=service, events=events[s : s + TOGETHER])) for s in starts]


def _store_some(conn: Connection, service: Service, events: list[Event]) -> int:
    new = 0
    for event in events:
        try:
            with conn.begin_nested():
                new += _take(conn, service, event)
        except sa.exc.OperationalError:
            raise
        except Exception:  # one item that cannot be stored must not cost the others of the same POST
            logs.failure(log, "webhook_item_not_stored")
            _not_stored(conn, service, event)
    return new


def _not_stored(conn: Connection, service: Service, event: Event) -> int:
    return _bury(conn, service, "item_not_stored", repr(event))


def _bury(conn: Connection, service: Service, why: str, body: str) -> int:
    logs.event(log, "webhook_buried", level=40, why=why)
    inbox.bury(conn, service.vault, why, body.encode("utf-8", "replace").decode("utf-8"))
    return 0


def _take(conn: Connection, service: Service, event: Event) -> bool:
    ours = service.settings.our_number
    # An item that names no number came over our own webhook and is taken as meant for us.
    if event.phone_number_id and event.phone_number_id != ours:
        logs.event(log, "webhook_for_another_number")
        return False
    if isinstance(event, InboundMessage):
        return _take_message(conn, service, dataclasses.replace(event, phone_number_id=ours))
    if isinstance(event, DeliveryReceipt):
        receipts.receive(conn, event)
    elif isinstance(event, IdentityChange):
        contacts.change_identity(conn, service.vault, event)
    else:
        logs.event(log, "webhook_notice", kind=event.kind)
    return False


def _take_message(conn: Connection, service: Service, message: InboundMessage) -> bool:
    contact_id = contacts.identify(conn, service.vault, message.sender)
    if inbox.store(conn, service.vault, message, contact_id) is None:
        return False
    if message.kind == "revoke":
        inbox.take_back(conn, service.vault, message, contact_id)
    if message.deliver != "none":
        # A clock that runs ahead must not keep WhatsApp's window open for ever.
        contacts.wrote(conn, contact_id, min(message.sent_at, clock.now()))
    return True
