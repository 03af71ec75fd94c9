"""The webhooks Meta would post for what happens on a phone. Shapes: Meta's reference, May to August 2026."""

from __future__ import annotations

import hashlib
from typing import Any

from helpline import clock
from helpline.simulator.phones import Contact, File, Message

Payload = dict[str, Any]
WABA = "200000000000001"
DISPLAY_NUMBER = "31600000000"


def envelope(phone_number_id: str, value: Payload) -> Payload:
    """One change of one entry, as Meta wraps it."""
    metadata = {"display_phone_number": DISPLAY_NUMBER, "phone_number_id": phone_number_id}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    return {"object": "whatsapp_business_account", "entry": [{"id": WABA, "changes": [change]}]}


def message(phone_number_id: str, contact: Contact, sent: Message, content: Payload) -> Payload:
    """A message of a contact. Who hides the number is named by user id only."""
    item: Payload = {"id": sent.id, "timestamp": str(sent.at), "type": sent.kind, **content}
    item["from_user_id"] = contact.bsuid
    if contact.phone:
        item["from"] = contact.phone
    if sent.quote and "context" not in item:
        item["context"] = {"from": DISPLAY_NUMBER, "id": sent.quote}
    return envelope(phone_number_id, {"contacts": [_profile(contact)], "messages": [item]})


def status(
    phone_number_id: str, contact: Contact, message_id: str, word: str, callback: str | None, code: int | None = None
) -> Payload:
    """What became of a message of the helpdesk."""
    item: Payload = {"id": message_id, "status": word, "timestamp": str(clock.now())}
    item["recipient_user_id"] = contact.bsuid
    if contact.phone:
        item["recipient_id"] = contact.phone
    if callback:
        item["biz_opaque_callback_data"] = callback
    if word in ("sent", "delivered"):
        item["pricing"] = {"billable": True, "pricing_model": "PMP", "category": "service", "type": "regular"}
    value: Payload = {"statuses": [item]}
    if code is None:
        value["contacts"] = [_profile(contact)]
    else:
        item["errors"] = [{"code": code, "title": "Message undeliverable", "message": "Message undeliverable"}]
    return envelope(phone_number_id, value)


def text(body: str) -> Payload:
    """A typed text."""
    return {"text": {"body": body}}


def location(latitude: float, longitude: float, name: str | None, address: str | None) -> Payload:
    """A pin; with a name it is a chosen place, without one the contact's own position."""
    pin: Payload = {"latitude": latitude, "longitude": longitude}
    pin.update({key: value for key, value in (("name", name), ("address", address)) if value})
    return {"location": pin}


def media(kind: str, media_id: str, file: File, caption: str | None) -> Payload:
    """A file; a voice note is audio with `voice` set."""
    digest = hashlib.sha256(file.content).hexdigest()
    content: Payload = {"id": media_id, "mime_type": file.mime_type, "sha256": digest}
    if kind == "audio":
        content["voice"] = True
    if caption:
        content["caption"] = caption
    if kind == "document":
        content["filename"] = file.filename or "document"
    return {kind: content}


def tapped(kind: str, id: str, title: str, description: str | None) -> Payload:
    """A button (`button_reply`) or a row of a list (`list_reply`)."""
    reply = {"id": id, "title": title}
    if description:
        reply["description"] = description
    return {"interactive": {"type": kind, kind: reply}}


def reaction(message_id: str, emoji: str | None) -> Payload:
    """An emoji on a message; taking it off sends no emoji at all."""
    return {"reaction": {"message_id": message_id, **({"emoji": emoji} if emoji else {})}}


def _profile(contact: Contact) -> Payload:
    profile = {"name": contact.name, **({"username": contact.username} if contact.username else {})}
    known: Payload = {"profile": profile, "user_id": contact.bsuid}
    if contact.phone:
        known["wa_id"] = contact.phone
    return known
