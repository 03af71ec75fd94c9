"""Events as plain JSON, for `helpline whatsapp parse`, fixtures and people who debug a payload."""

from __future__ import annotations

from typing import Any

from helpline.messages import DeliveryReceipt, Event, Identity, IdentityChange, InboundMessage, Media

TWILIO = "whatsapp:"
"""Our address at Twilio begins with this; it stands where Meta's phone_number_id would."""


def as_json(event: Event) -> dict[str, Any]:
    """One event as a dictionary of JSON values; what is not known is left out.

    The form of tests/fixtures/whatsapp/EXPECTED.json: `pnid`, `id`, `ts`, `from`, `kind`, `deliver` and what the
    kind carries.
    """
    if isinstance(event, InboundMessage):
        return _message(event)
    if isinstance(event, DeliveryReceipt):
        return _receipt(event)
    if isinstance(event, IdentityChange):
        return _change(event)
    return {"pnid": event.phone_number_id, "kind": event.kind, "deliver": "none", **event.details}


def _message(event: InboundMessage) -> dict[str, Any]:
    twilio = event.phone_number_id.startswith(TWILIO)
    details = dict(event.details)
    shown: dict[str, Any] = {} if twilio else {"pnid": event.phone_number_id}
    shown["id"] = event.message_id
    if not twilio and not details.pop("ts_unknown", False):
        shown["ts"] = event.sent_at
    shown["from"] = _known(
        phone=event.sender.phone,
        bsuid=event.sender.bsuid,
        parent_bsuid=event.sender.parent_bsuid,
        username=event.sender.username,
        name=event.sender.name,
    )
    if event.context:
        shown["context"] = event.context
    shown.update(kind=event.kind, deliver=event.deliver)
    shown.update(_known(reply_id=event.reply_id, text=event.text))
    if event.media:
        # Twilio sends several files with one message, Meta one.
        shown["media"] = [_file(media) for media in event.media] if twilio else _media(event.media[0])
    if event.location is not None:
        shown.update(lat=event.location.latitude, lon=event.location.longitude)
        shown.update(_known(name=event.location.name, address=event.location.address))
    if "contacts" in details:
        details["contacts"] = [_known(name=card["name"], phones=card["phones"]) for card in details["contacts"]]
    details.pop("description", None)
    shown.update(details)
    return shown


def _media(media: Media) -> dict[str, Any]:
    return _known(kind=media.kind, id=media.id, url=media.url, mime_type=media.mime_type, filename=media.filename)


def _file(media: Media) -> dict[str, Any]:
    return _known(url=media.url, mime_type=media.mime_type)


def _receipt(event: DeliveryReceipt) -> dict[str, Any]:
    shown: dict[str, Any] = {} if event.phone_number_id.startswith(TWILIO) else {"pnid": event.phone_number_id}
    shown.update(kind="status", deliver="none", id=event.message_id, status=event.status, known=event.known)
    shown.update(
        _known(
            ts=event.at,
            phone=event.recipient.phone,
            bsuid=event.recipient.bsuid,
            billable=event.billable,
            category=event.category,
            callback_data=event.callback_data,
        )
    )
    if event.error_codes:
        shown["errors"] = list(event.error_codes)
    return shown


def _change(event: IdentityChange) -> dict[str, Any]:
    shown: dict[str, Any] = {"pnid": event.phone_number_id}
    shown.update(_known(id=event.message_id))
    shown.update(deliver="none", kind="identity_change", subtype=event.subtype)
    if event.subtype == "identity_key":
        return shown | _ids(event.new, "")
    return shown | _ids(event.old, "old_") | _ids(event.new, "new_")


def _ids(identity: Identity, prefix: str) -> dict[str, Any]:
    return {f"{prefix}{name}": id for name in ("phone", "bsuid") if (id := getattr(identity, name))}


def _known(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
