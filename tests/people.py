"""Made-up people and messages for tests."""

from __future__ import annotations

import itertools

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from helpline import clock, contacts, inbox
from helpline.db.schema import accounts
from helpline.messages import Identity, InboundMessage, Location, Media
from helpline.service import Service

AMINA = Identity(phone="31600000001", name="Amina")
BASHIR = Identity(phone="31600000002", name="Bashir")
NO_PHONE = Identity(bsuid="NL.13491208655302741918", username="zonder_nummer")
_numbers = itertools.count(1)


def message(text: str | None = None, *, sender: Identity = AMINA, kind: str = "text", deliver: str = "text", **more):
    """An inbound message with a fresh id."""
    number = next(_numbers)
    base = {
        "phone_number_id": "100000000000001",
        "message_id": f"wamid.{number}",
        "sender": sender,
        "sent_at": clock.now(),
        "kind": kind,
        "deliver": deliver,
        "text": text,
    }
    return InboundMessage(**{**base, **more})


def voice(sender: Identity = AMINA) -> InboundMessage:
    return message(None, sender=sender, kind="voice", deliver="media", media=(Media("voice", id="1"),))


def pin(latitude: float, longitude: float, sender: Identity = AMINA) -> InboundMessage:
    return message(None, sender=sender, kind="location", deliver="location", location=Location(latitude, longitude))


def tap(button_id: str, title: str = "x", sender: Identity = AMINA) -> InboundMessage:
    return message(title, sender=sender, kind="button_reply", deliver="reply", reply_id=button_id)


def write(conn: Connection, service: Service, received: InboundMessage) -> str:
    """Store a message as the channel does; the contact's id."""
    contact_id = contacts.identify(conn, service.vault, received.sender)
    inbox.store(conn, service.vault, received, contact_id)
    contacts.wrote(conn, contact_id, received.sent_at)
    return contact_id


def agent(conn: Connection, name: str = "Sara") -> int:
    """An account that may hold cases."""
    values = {
        "username": name.lower(), "name": name, "role": "agent", "password_hash": "x", "languages": "", "created_at": 0,
        "interface_language": "en", "active": True, "session_epoch": 0,
    }  # fmt: skip
    return int(conn.execute(sa.insert(accounts).values(**values)).inserted_primary_key[0])
