"""The words doors and features share: what came in, what goes out, who wrote it.

Nothing here knows WhatsApp's JSON (helpline/whatsapp) or the tables (helpline/db).
Times are seconds since 1970, UTC.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any


class Author(str, enum.Enum):
    """Whose words a message carries."""

    CONTACT = "contact"
    ASSISTANT = "assistant"
    AGENT = "agent"
    SYSTEM = "system"
    """Fixed texts of the service itself: notice, safety text, acknowledgement of a handoff."""


@dataclass(frozen=True)
class Identity:
    """How WhatsApp names a person: phone (digits), business-scoped user id, or both; never neither."""

    phone: str | None = None
    bsuid: str | None = None
    parent_bsuid: str | None = None
    username: str | None = None
    name: str | None = None


@dataclass(frozen=True)
class Media:
    """A file at WhatsApp: fetched only when an agent asks for it."""

    kind: str
    """image, video, document, sticker, audio or voice."""
    id: str | None = None
    mime_type: str | None = None
    caption: str | None = None
    filename: str | None = None
    sha256: str | None = None
    url: str | None = None


@dataclass(frozen=True)
class Location:
    """A pin. `name` and `address` are present when a place was chosen instead of one's own position."""

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None


@dataclass(frozen=True)
class InboundMessage:
    """One message of a contact, whatever its type."""

    phone_number_id: str
    """Our number it was sent to (Meta's id)."""
    message_id: str
    sender: Identity
    sent_at: int
    kind: str
    """text, image, video, document, sticker, audio, voice, location, contacts, button_reply, list_reply,
    form_reply, reaction, order, unsupported, edit, revoke, ... : see whatsapp/webhook.py."""
    deliver: str
    """What the service does with it: text, reply, media, location, contacts, fallback (we cannot read it) or none."""
    text: str | None = None
    reply_id: str | None = None
    """The id of the button or list row that was tapped."""
    media: tuple[Media, ...] = ()
    location: Location | None = None
    context: dict[str, Any] = field(default_factory=dict)
    """id of the quoted message, forwarded, frequently_forwarded."""
    details: dict[str, Any] = field(default_factory=dict)
    """What only some kinds carry: emoji, contacts, errors, unsupported_type, form, referral, ..."""


@dataclass(frozen=True)
class DeliveryReceipt:
    """What became of a message we sent."""

    phone_number_id: str
    message_id: str
    status: str
    """sent, delivered, read, played or failed; other words are kept with known=False."""
    known: bool
    at: int | None
    recipient: Identity
    error_codes: tuple[int, ...] = ()
    billable: bool | None = None
    category: str | None = None
    callback_data: str | None = None
    """Our outbox id, echoed by Meta (biz_opaque_callback_data)."""


@dataclass(frozen=True)
class IdentityChange:
    """The contact moved to another number or user id."""

    phone_number_id: str
    message_id: str | None
    subtype: str
    """number, user_id or identity_key."""
    old: Identity
    new: Identity


@dataclass(frozen=True)
class Notice:
    """Everything else of a webhook: preferences, standby, echoes, account events, unreadable items."""

    phone_number_id: str | None
    kind: str
    details: dict[str, Any] = field(default_factory=dict)


Event = InboundMessage | DeliveryReceipt | IdentityChange | Notice


@dataclass(frozen=True)
class Button:
    """Something to tap. `payload` is our own (an answer key or action); the wire signs it into an id."""

    title: str
    payload: str
    description: str = ""


@dataclass(frozen=True)
class OutboundMessage:
    """One message to a contact, before WhatsApp's limits are applied (whatsapp/render.py does that)."""

    text: str
    buttons: tuple[Button, ...] = ()
    """Up to 3 without descriptions become buttons, up to 10 a list, more are cut with a "more" row."""
    list_title: str = ""
    """The word on the list's button; content supplies it in the contact's language."""
    request_location: bool = False
    media: Media | None = None
    template: str | None = None
    """Name of an approved template, for use outside the 24-hour window."""
    template_language: str = "en"
    quote: str | None = None
    """Message id at WhatsApp that this one quotes."""
