"""A text as its reader will see it: drawn from the very payloads that are sent."""

from __future__ import annotations

from dataclasses import dataclass

from markupsafe import Markup

from helpline import handoff
from helpline.console import current
from helpline.content import Answer
from helpline.errors import InputError
from helpline.messages import Identity, OutboundMessage
from helpline.whatsapp import formatted
from helpline.whatsapp.lengths import size
from helpline.whatsapp.render import render

_NOBODY = Identity(phone="31600000000")
_OPEN, _CLOSE = "\ue000", "\ue001"
"""Around a variable in the preview, whose value nobody knows yet."""


@dataclass(frozen=True)
class Bubble:
    """One message on the phone."""

    body: Markup
    size: int
    buttons: tuple[str, ...] = ()
    rows: tuple[tuple[str, str], ...] = ()
    label: str = ""
    """What the button that opens the list says."""
    location: bool = False


def bubbles(key: str, language: str, answer: Answer) -> list[Bubble]:
    """The messages that an answer becomes, in order."""
    service = current.service()
    shown = {name: f"{_OPEN}{name}{_CLOSE}" for name in answer.variables if name != "organisation"}
    message = service.answers.draw(key, answer, language, **shown)
    # The same steps as for a message that is sent: the list's label first, then WhatsApp's limits.
    listed: OutboundMessage = handoff._listed(service, message, language)
    try:
        payloads = render(listed, _NOBODY, sign_payload=lambda payload: payload)
    except InputError:
        return []
    return [_bubble(payload) for payload in payloads]


def _bubble(payload: dict[str, object]) -> Bubble:
    if payload["type"] == "text":
        body = payload["text"]["body"]  # type: ignore[index]
        return Bubble(_shown(body), size(body))
    content: dict = payload["interactive"]  # type: ignore[assignment, type-arg]
    body, action = content["body"]["text"], content["action"]
    buttons = tuple(one["reply"]["title"] for one in action.get("buttons", ()))
    rows = tuple(
        (row["title"], row.get("description", "")) for section in action.get("sections", ()) for row in section["rows"]
    )
    location = content["type"] == "location_request_message"
    return Bubble(_shown(body), size(body), buttons, rows, action.get("button", ""), location)


def _shown(body: str) -> Markup:
    drawn = formatted.html(body).replace(_OPEN, '<span class="slot">').replace(_CLOSE, "</span>")
    return Markup(drawn)  # noqa: S704 - formatted.html escapes everything that a person typed
