"""Messages of contacts: every type Meta documents becomes an InboundMessage, and any other one "unsupported".

kind      text, image, video, document, sticker, audio, voice, location, contacts, button_reply, list_reply, nfm_reply,
          call_permission_reply, button, reaction, order, product, edit, revoke, request_welcome, ephemeral, unsupported
deliver   text, reply, media, location, contacts; fallback: say that it cannot be read; none: nothing to say
details   what only some kinds carry: `why` it is a fallback, errors, unsupported_type, emoji and message_id of a
          reaction, original_message_id of an edit or revoke, contacts, form, order, referral, description, ts_unknown
Types and fields: Meta's webhook reference, May to August 2026.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from helpline import clock
from helpline.messages import Identity, InboundMessage, Media
from helpline.whatsapp import fields, interactive
from helpline.whatsapp.parts import MEDIA_TYPES, NO_CONTENT, Content, context, located, tapped, unanswerable

# Acts that show on the phone only; saying "we cannot read this" would answer a question nobody asked.
SILENT_UNSUPPORTED = frozenset({"pin", "keep_in_chat", "poll_update", "reaction"})


def read(message: Mapping[str, Any], sender: Identity, phone_number_id: str) -> InboundMessage:
    """The InboundMessage of one item of `messages`; the caller keeps system messages and groups out."""
    content = content_of(message)
    details = {**content.details, **_referral(message)}
    errors = fields.codes(message.get("errors"))
    if errors:
        details["errors"] = list(errors)
    sent_at = fields.seconds(message.get("timestamp"))
    if sent_at is None:
        details["ts_unknown"] = True
    return InboundMessage(
        phone_number_id=phone_number_id,
        message_id=message_id(message, sender, phone_number_id),
        sender=sender,
        sent_at=clock.now() if sent_at is None else sent_at,
        kind=content.kind,
        deliver=content.deliver,
        text=content.text,
        reply_id=content.reply_id,
        media=content.media,
        location=content.location,
        context=context(message.get("context")),
        details=details,
    )


def content_of(message: Mapping[str, Any]) -> Content:
    """What the message says; a type without its content is judged by the one content it does carry."""
    kind = (fields.word(message.get("type"), 40) or "").lower()
    if not kind:
        carried = [known for known in _READERS if message.get(known)]
        kind = carried[0] if len(carried) == 1 else "unknown"
    reader = _READERS.get(kind)
    return reader(message) if reader else Content("unsupported", "fallback", details={"unsupported_type": kind})


def message_id(message: Mapping[str, Any], sender: Identity, phone_number_id: str) -> str:
    """Meta's id; without a usable one, a stable hash, so that a resend is still known as the same message."""
    given = fields.word(message.get("id"), 4096)
    if given is not None and len(given) <= fields.ID_LIMIT:
        return given
    kind = message.get("type")
    seed = [
        phone_number_id,
        sender.phone or sender.bsuid,
        message.get("timestamp"),
        kind,
        message.get(str(kind)),
        given,
    ]
    dump = json.dumps(seed, sort_keys=True, default=str)
    return "hash." + hashlib.sha256(dump.encode("ascii")).hexdigest()[:40]


def _text(message: Mapping[str, Any]) -> Content:
    given = message.get("text")
    body = fields.text(given.get("body") if isinstance(given, Mapping) else given)
    if body is None:
        return unanswerable("text", NO_CONTENT)
    return Content("text", "text", text=body)


def _media(kind: str) -> Callable[[Mapping[str, Any]], Content]:
    def read_media(message: Mapping[str, Any]) -> Content:
        given = fields.mapping(message.get(kind))
        if not given and kind == "voice":  # some relays keep the old type beside the new content
            given = fields.mapping(message.get("audio"))
        spoken = kind == "voice" or (kind == "audio" and fields.flag(given.get("voice")))
        caption = fields.text(given.get("caption"))
        media = Media(
            kind="voice" if spoken else kind,
            id=fields.word(given.get("id")),
            mime_type=fields.line(given.get("mime_type")),
            caption=caption,
            filename=fields.line(given.get("filename"), 255),
            sha256=fields.word(given.get("sha256"), 128),
            url=fields.word(given.get("url"), 2048),
        )
        if media.id or media.url:
            return Content(media.kind, "media", text=caption, media=(media,))
        # WhatsApp could not hand the file over (131052, 131053): the words beside it still are a message.
        if caption:
            return Content(media.kind, "text", text=caption, details={"why": "file missing"})
        return unanswerable(media.kind, "file missing")

    return read_media


def _location(message: Mapping[str, Any]) -> Content:
    given = fields.mapping(message.get("location"))
    return located(given.get("latitude"), given.get("longitude"), given.get("name"), given.get("address"))


def _contacts(message: Mapping[str, Any]) -> Content:
    cards = [card for item in fields.items(message.get("contacts"))[:50] if (card := _card(fields.mapping(item)))]
    if not cards:
        return unanswerable("contacts", NO_CONTENT)
    return Content("contacts", "contacts", details={"contacts": cards})


def _card(card: Mapping[str, Any]) -> dict[str, Any]:
    """A shared contact: name, phones as written, wa_ids, and origin.

    Only origin `contact_request` is the sender's own number, given at our request; any other card is a third person.
    """
    given = fields.mapping(card.get("name"))
    name = fields.line(given.get("formatted_name")) or fields.line(given.get("first_name"))
    phones = [fields.mapping(item) for item in fields.items(card.get("phones"))[:20]]
    written = [shown for item in phones if (shown := fields.line(item.get("phone")) or fields.phone(item.get("wa_id")))]
    found: dict[str, Any] = {"name": name, "phones": written}
    if name is None and not written:
        return {}
    wa_ids = [wa_id for item in phones if (wa_id := fields.phone(item.get("wa_id")))]
    if wa_ids:
        found["wa_ids"] = wa_ids
    origin = fields.word(card.get("origin"), 40)
    if origin:
        found["origin"] = origin
    return found


def _interactive(message: Mapping[str, Any]) -> Content:
    return interactive.read(fields.mapping(message.get("interactive")))


def _button(message: Mapping[str, Any]) -> Content:
    """The quick reply of a template; its context may be missing."""
    given = fields.mapping(message.get("button"))
    return tapped("button", given.get("payload"), given.get("text"))


def _reaction(message: Mapping[str, Any]) -> Content:
    """An emoji on one of our messages; taking it back sends no emoji, or an empty one."""
    given = fields.mapping(message.get("reaction"))
    details = {"emoji": fields.line(given.get("emoji"), 32), "message_id": fields.word(given.get("message_id"), 200)}
    return Content("reaction", "none", details=details)


def _order(message: Mapping[str, Any]) -> Content:
    given = fields.mapping(message.get("order"))
    order = {"catalog_id": fields.word(given.get("catalog_id")), "items": len(fields.items(given.get("product_items")))}
    return Content("order", "fallback", text=fields.text(given.get("text")), details={"order": order})


def _unsupported(message: Mapping[str, Any]) -> Content:
    kind = fields.word(fields.mapping(message.get("unsupported")).get("type"), 40)
    deliver = "none" if kind in SILENT_UNSUPPORTED else "fallback"
    return Content("unsupported", deliver, details={"unsupported_type": kind} if kind else {})


def _edit(message: Mapping[str, Any]) -> Content:
    """A message was rewritten; the new words are kept, not answered."""
    given = fields.mapping(message.get("edit"))
    details = {"original_message_id": fields.word(given.get("original_message_id"), 200)}
    edited = fields.mapping(given.get("message"))
    kind = fields.word(edited.get("type"), 40)
    now = _READERS[kind](edited) if kind == "text" or kind in MEDIA_TYPES else Content("", "")
    return Content("edit", "none", text=now.text, media=now.media, details=details)


def _revoke(message: Mapping[str, Any]) -> Content:
    """A message was taken back: its text has to go from our tables too."""
    given = fields.mapping(message.get("revoke"))
    return Content(
        "revoke", "none", details={"original_message_id": fields.word(given.get("original_message_id"), 200)}
    )


def _referral(message: Mapping[str, Any]) -> dict[str, Any]:
    """The advertisement or post that brought the contact here."""
    given = fields.mapping(message.get("referral"))
    names = ("source_type", "source_id", "source_url", "headline", "body", "media_type", "ctwa_clid")
    found = {name: value for name in names if (value := fields.line(given.get(name), 1024))}
    return {"referral": found} if found else {}


_READERS: dict[str, Callable[[Mapping[str, Any]], Content]] = {
    "text": _text,
    **{kind: _media(kind) for kind in MEDIA_TYPES},
    "location": _location,
    "contacts": _contacts,
    "interactive": _interactive,
    "button": _button,
    "reaction": _reaction,
    "order": _order,
    "product": lambda message: Content("product", "fallback"),
    "unsupported": _unsupported,
    "unknown": _unsupported,  # the older word
    "edit": _edit,
    "revoke": _revoke,
    "request_welcome": lambda message: Content("request_welcome", "none"),
    "ephemeral": lambda message: Content("ephemeral", "fallback"),
}
