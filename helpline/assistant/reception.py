"""What happens to a webhook before it is answered: verify, read, store once. No thinking here."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import contacts, inbox, logs, receipts
from helpline.messages import DeliveryReceipt, Event, IdentityChange, InboundMessage
from helpline.service import Service
from helpline.whatsapp import signature, webhook

MAX_BYTES = 4 * 1024 * 1024
"""Meta's POSTs hold up to 3 MB."""

log = logs.get(__name__)


def receive(service: Service, raw: bytes, signed: str | None) -> tuple[int, int]:
    """The HTTP status for a webhook, and how many new messages were stored.

    401 for a wrong signature, so that after a botched rotation of secrets Meta keeps trying for days; 413 over
    4 MB; 503 while nothing can be stored, for the same reason; 200 for everything signed, readable or not.
    """
    if len(raw) > MAX_BYTES:
        return 413, 0
    if not signature.verify(raw, signed, service.settings.app_secrets):
        logs.event(log, "webhook_signature_wrong", size=len(raw))
        return 401, 0
    try:
        return 200, _store(service, raw)
    except sa.exc.SQLAlchemyError:
        logs.failure(log, "webhook_not_stored")
        return 503, 0


def _store(service: Service, raw: bytes) -> int:
    try:
        events = webhook.parse(webhook.read(raw))
    except webhook.Unreadable as error:
        with service.engine.begin() as conn:
            inbox.bury(conn, service.vault, type(error).__name__, raw.decode("utf-8", "replace"))
        return 0
    new = 0
    with service.engine.begin() as conn:
        for event in events:
            try:
                with conn.begin_nested():
                    new += _take(conn, service, event)
            except sa.exc.OperationalError:
                raise
            except Exception:  # one item that cannot be stored must not cost the others of the same POST
                logs.failure(log, "webhook_item_not_stored")
                inbox.bury(conn, service.vault, "item_not_stored", repr(event))
    return new


def _take(conn: Connection, service: Service, event: Event) -> bool:
    ours = service.settings.whatsapp_phone_number_id
    if event.phone_number_id is not None and event.phone_number_id != ours:
        logs.event(log, "webhook_for_another_number")
        return False
    if isinstance(event, InboundMessage):
        return _take_message(conn, service, event)
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
    if message.deliver != "none":
        contacts.wrote(conn, contact_id, message.sent_at)
    return True
