"""The same events from Twilio's form posts: inbound messages and status callbacks.

Every parameter is text; new ones appear without notice. Times are not sent, so arrival counts.
Parameters: Twilio's messaging webhook reference; ListId and ListTitle from secondary sources only.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from helpline import clock
from helpline.messages import DeliveryReceipt, Event, Identity, InboundMessage, Media, Notice
from helpline.whatsapp import fields, parts
from helpline.whatsapp.describe import TWILIO

_STATUSES = {"accepted", "queued", "sending", "sent", "delivered", "read", "failed", "undelivered"}
_MEDIA_KINDS = {"image": "image", "video": "video", "audio": "audio", "application": "document", "text": "document"}
_FILES = 10
_FIELDS = 500
Form = Mapping[str, str]


def read(raw: bytes) -> dict[str, str]:
    """The parameters of a form post, blank ones too: they are part of Twilio's signature."""
    return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS))


def sign(raw: bytes, url: str, token: str) -> str:
    """The value of X-Twilio-Signature: HMAC-SHA1 of the address and every parameter, sorted, in base64.

    The address is the one Twilio was told, never the one a request seems to have come to: a proxy changes that.
    """
    pairs = sorted(set(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_FIELDS)))
    signed = url + "".join(name + value for name, value in pairs)
    digest = hmac.new(token.encode("utf-8"), signed.encode("utf-8", "replace"), hashlib.sha1)
    return base64.b64encode(digest.digest()).decode("ascii")


def verify(raw: bytes, header: str | None, url: str, tokens: tuple[str, ...]) -> bool:
    """Whether `header` signs this form for this address with one of the tokens. An empty token never does."""
    if not header or not url:
        return False
    given = header.strip().encode("utf-8", "replace")
    try:
        matches = [hmac.compare_digest(sign(raw, url, token).encode("ascii"), given) for token in tokens if token]
    except ValueError:  # more parameters than anybody sends
        return False
    return any(matches)


def form_of(payload: object) -> dict[str, str] | None:
    """The form in a recorded post ({"content_type", "body", "params"}), or None when the payload is none."""
    recorded = fields.mapping(payload)
    params, body = recorded.get("params"), recorded.get("body")
    if isinstance(body, str) and "entry" not in recorded:
        return read(body.encode("utf-8", "replace"))
    if isinstance(params, Mapping):
        return {str(name): str(value) for name, value in params.items()}
    return None


def parse(form: Form) -> list[Event]:
    """The one event of a post. Never raises."""
    try:
        return [_status(form) if _is_status(form) else _message(form)]
    except Exception as error:
        return [Notice(None, "unreadable", {"why": type(error).__name__})]


def _is_status(form: Form) -> bool:
    word = form.get("MessageStatus") or form.get("SmsStatus") or ""
    return word.lower() not in ("", "received", "receiving")


def _status(form: Form) -> Event:
    word = "".join(c for c in str(form.get("MessageStatus") or form.get("SmsStatus")).lower() if c.isalpha())
    message_id = fields.word(form.get("MessageSid") or form.get("SmsSid"), fields.ID_LIMIT)
    if message_id is None:
        return Notice(None, "unreadable", {"why": "status without id or word"})
    code = fields.whole(form.get("ErrorCode"))
    return DeliveryReceipt(
        phone_number_id=_ours(form.get("From")),
        message_id=message_id,
        status={"undelivered": "failed"}.get(word, word)[:40],
        known=word in _STATUSES,
        at=None,
        recipient=_identity(form.get("To")),
        error_codes=(code,) if code else (),
    )


def _message(form: Form) -> Event:
    address = _identity(form.get("From"))
    sender = Identity(
        phone=address.phone or fields.phone(form.get("WaId")),
        bsuid=fields.bsuid(_bare(form.get("ExternalUserId"))) or address.bsuid or fields.bsuid(form.get("WaId")),
        name=fields.line(form.get("ProfileName")) or fields.line(_metadata(form).get("ProfileName")),
    )
    message_id = fields.word(form.get("MessageSid") or form.get("SmsMessageSid") or form.get("SmsSid"), fields.ID_LIMIT)
    if sender.phone is None and sender.bsuid is None:
        return Notice(None, "quarantine", {"id": message_id, "why": "no sender"})
    content = _content(form)
    return InboundMessage(
        phone_number_id=_ours(form.get("To")),
        message_id=message_id or _hash(form),
        sender=sender,
        sent_at=clock.now(),
        kind=content.kind,
        deliver=content.deliver,
        text=content.text,
        reply_id=content.reply_id,
        media=content.media,
        location=content.location,
        context=parts.context(
            {
                "id": form.get("OriginalRepliedMessageSid"),
                "forwarded": form.get("Forwarded"),
                "frequently_forwarded": form.get("FrequentlyForwarded"),
            }
        ),
        details=content.details,
    )


def _content(form: Form) -> parts.Content:
    kind = (fields.word(form.get("MessageType"), 24) or "").lower()
    body = fields.text(form.get("Body"))
    if form.get("ButtonPayload") or form.get("ButtonText"):
        return parts.tapped("button_reply", form.get("ButtonPayload"), form.get("ButtonText") or body)
    if form.get("ListId") or form.get("ListTitle"):
        return parts.tapped("list_reply", form.get("ListId"), form.get("ListTitle") or body)
    if form.get("Latitude") or form.get("Longitude") or kind == "location":
        return parts.located(form.get("Latitude"), form.get("Longitude"), form.get("Label"), form.get("Address"))
    media = _media(form, kind, body)
    if media:
        return parts.Content(media[0].kind, "media", text=body, media=media)
    if body:
        return parts.Content("text", "text", text=body)
    return parts.unanswerable(kind or "unsupported", parts.NO_CONTENT)


def _media(form: Form, kind: str, body: str | None) -> tuple[Media, ...]:
    found = []
    for index in range(_FILES):
        url = fields.word(form.get(f"MediaUrl{index}"), 2048)
        if url is None:
            continue
        mime_type = fields.line(form.get(f"MediaContentType{index}"))
        guess = _MEDIA_KINDS.get((mime_type or "").split("/")[0], "document")
        found.append(Media(kind if kind in parts.MEDIA_TYPES else guess, mime_type=mime_type, caption=body, url=url))
    return tuple(found)


def _bare(address: object) -> str | None:
    raw = fields.word(address)
    return raw[len(TWILIO) :] if raw and raw.startswith(TWILIO) else raw


def _identity(address: object) -> Identity:
    return Identity(phone=fields.phone(_bare(address)), bsuid=fields.bsuid(_bare(address)))


def _ours(address: object) -> str:
    return TWILIO + (_bare(address) or "")[:30]


def _metadata(form: Form) -> Mapping[str, object]:
    """ChannelMetadata is JSON in a parameter; its context repeats the sender."""
    try:
        metadata = json.loads(form.get("ChannelMetadata") or "{}")
    except (ValueError, RecursionError):
        return {}
    return fields.mapping(fields.mapping(fields.mapping(metadata).get("data")).get("context"))


def _hash(form: Form) -> str:
    dump = json.dumps(sorted(form.items()))
    return "hash." + hashlib.sha256(dump.encode("ascii")).hexdigest()[:40]
