"""The parts messages are made of, whichever transport brought them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from helpline.messages import Location, Media
from helpline.whatsapp import fields

MEDIA_TYPES = ("image", "video", "document", "sticker", "audio", "voice")
NO_CONTENT = "no content"


@dataclass(frozen=True)
class Content:
    """What a message says, without who, when and where. The fields are those of messages.InboundMessage."""

    kind: str
    deliver: str
    text: str | None = None
    reply_id: str | None = None
    media: tuple[Media, ...] = ()
    location: Location | None = None
    details: dict[str, Any] = field(default_factory=dict)


def unanswerable(kind: str, why: str, **rest: Any) -> Content:
    """A message of a known kind that cannot be read, and why."""
    return Content(kind, "fallback", details={**rest, "why": why})


def tapped(kind: str, reply_id: object, title: object, description: object = None) -> Content:
    """A button or list row; a relay may drop its id or its title, one of them is enough."""
    known, label, more = fields.word(reply_id), fields.text(title), fields.text(description)
    if known is None and label is None:
        return unanswerable(kind, NO_CONTENT)
    return Content(kind, "reply", label, known, details={"description": more} if more else {})


def located(latitude: object, longitude: object, name: object = None, address: object = None) -> Content:
    """A point on earth, 0,0 included; unanswerable when a coordinate is missing, not finite or out of range."""
    lat, lon = fields.number(latitude), fields.number(longitude)
    if lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
        return unanswerable("location", "no usable coordinates")
    return Content("location", "location", location=Location(lat, lon, fields.line(name), fields.line(address, 300)))


def context(value: object) -> dict[str, Any]:
    """What the message quotes and whether it was forwarded. Forwards have no id."""
    given = fields.mapping(value)
    found: dict[str, Any] = {}
    quoted = fields.word(given.get("id"), fields.ID_LIMIT)
    if quoted:
        found["id"] = quoted
    found.update({name: True for name in ("forwarded", "frequently_forwarded") if fields.flag(given.get(name))})
    product = fields.mapping(given.get("referred_product"))
    if product:
        names = ("catalog_id", "product_retailer_id")
        found["referred_product"] = {name: fields.word(product.get(name)) for name in names}
    return found
