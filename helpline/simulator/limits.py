"""What the Graph API would refuse, so that a payload which passes here passes there.

Limits: Meta's message pages, 2025-11 to 2026-07; where two differ the stricter holds. A title is counted in UTF-16
units, the strictest reading of "characters".
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from helpline.whatsapp.lengths import size

MISSING, WRONG, PARAMETER = 131008, 131009, 100
MEDIA = ("image", "video", "audio", "document", "sticker")


@dataclass(frozen=True)
class Fault(Exception):
    """Why Meta would refuse, with its code."""

    code: int
    details: str


def check(payload: object, has_file: Callable[[str], bool]) -> Mapping[str, Any]:
    """The payload, when Meta would take it; raises Fault otherwise."""
    if not isinstance(payload, Mapping):
        raise Fault(PARAMETER, "The body is no JSON object.")
    if payload.get("messaging_product") != "whatsapp":
        raise Fault(PARAMETER, "(#100) The parameter messaging_product is required.")
    if payload.get("status") == "read":
        _text(payload.get("message_id"), "message_id", 200)
        return payload
    if not isinstance(payload.get("to") or payload.get("recipient"), str):
        raise Fault(PARAMETER, "(#100) The parameter to is required.")
    callback = payload.get("biz_opaque_callback_data")
    if callback is not None:
        _text(callback, "biz_opaque_callback_data", 512)
    kind = payload.get("type", "text")
    content = payload.get(kind) if isinstance(kind, str) else None
    if not isinstance(content, Mapping):
        raise Fault(MISSING, f"Parameter {kind} is required.")
    if kind in MEDIA:
        _media(str(kind), content, has_file)
    elif kind in _CHECKS:
        _CHECKS[str(kind)](content, has_file)
    else:
        raise Fault(PARAMETER, f"(#100) Param type must be one of the known types, not {kind!r}.")
    return payload


HasFile = Callable[[str], bool]


def _text(value: object, name: str, most: int, *, one_line: bool = False) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Fault(MISSING, f"Parameter {name} is required and must not be empty.")
    if size(value) > most:
        raise Fault(WRONG, f"{name} has {size(value)} characters; at most {most} are allowed.")
    if one_line and "\n" in value:
        raise Fault(WRONG, f"{name} must not contain a newline.")
    return value


def _plain(content: Mapping[str, Any], _: HasFile) -> None:
    _text(content.get("body"), "text.body", 4096)


def _media(kind: str, content: Mapping[str, Any], has_file: HasFile) -> None:
    media_id, link = content.get("id"), content.get("link")
    if not (isinstance(media_id, str) and has_file(media_id)) and not (
        isinstance(link, str) and link.startswith(("https://", "http://"))
    ):
        raise Fault(WRONG, f"{kind} needs the id of an uploaded file or a link.")
    if "caption" in content:
        if kind in ("audio", "sticker"):
            raise Fault(WRONG, f"{kind} takes no caption.")
        _text(content["caption"], "caption", 1024)


def _location(content: Mapping[str, Any], _: HasFile) -> None:
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = content.get(name)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise Fault(MISSING, f"Parameter {name} is required.")
        if abs(value) > most:
            raise Fault(WRONG, f"{name} is out of range.")


def _template(content: Mapping[str, Any], _: HasFile) -> None:
    _text(content.get("name"), "template.name", 512)
    language = content.get("language")
    _text(language.get("code") if isinstance(language, Mapping) else None, "template.language.code", 10)


def _reaction(content: Mapping[str, Any], _: HasFile) -> None:
    _text(content.get("message_id"), "message_id", 200)


def _interactive(content: Mapping[str, Any], has_file: HasFile) -> None:
    kind, action, body = content.get("type"), content.get("action"), content.get("body")
    if not isinstance(action, Mapping):
        raise Fault(MISSING, "Parameter interactive.action is required.")
    _text(body.get("text") if isinstance(body, Mapping) else None, "interactive.body.text", 1024)
    footer = content.get("footer")
    if footer is not None:
        _text(footer.get("text") if isinstance(footer, Mapping) else None, "interactive.footer.text", 60)
    header = content.get("header")
    if header is not None:
        _header(header, str(kind), has_file)
    if kind == "button":
        _buttons(action.get("buttons"))
    elif kind == "list":
        _text(action.get("button"), "interactive.action.button", 20, one_line=True)
        _sections(action.get("sections"))
    elif kind == "location_request_message":
        if action.get("name") != "send_location":
            raise Fault(WRONG, "interactive.action.name must be send_location.")
    elif kind == "cta_url":
        parameters = action.get("parameters")
        given = parameters if isinstance(parameters, Mapping) else {}
        _text(given.get("display_text"), "display_text", 20, one_line=True)
        _text(given.get("url"), "url", 2000)
    else:
        raise Fault(WRONG, f"interactive.type {kind!r} is unknown.")


def _header(header: object, kind: str, has_file: HasFile) -> None:
    given = header if isinstance(header, Mapping) else {}
    form = given.get("type")
    if form == "text":
        _text(given.get("text"), "interactive.header.text", 60, one_line=True)
    elif form in ("image", "video", "document") and kind != "list":
        file = given.get(str(form))
        _media(str(form), file if isinstance(file, Mapping) else {}, has_file)
    else:
        raise Fault(WRONG, "interactive.header.type is not allowed here.")


def _buttons(buttons: object) -> None:
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= 3:
        raise Fault(WRONG, "interactive.action.buttons must hold 1 to 3 buttons.")
    replies = [one.get("reply") if isinstance(one, Mapping) and one.get("type") == "reply" else None for one in buttons]
    _options(replies, "button", id_most=256, title_most=20)


def _sections(sections: object) -> None:
    if not isinstance(sections, list) or not 1 <= len(sections) <= 10:
        raise Fault(WRONG, "interactive.action.sections must hold 1 to 10 sections.")
    rows: list[object] = []
    for section in sections:
        given = section if isinstance(section, Mapping) else {}
        if len(sections) > 1 or "title" in given:
            _text(given.get("title"), "section.title", 24, one_line=True)
        found = given.get("rows")
        rows += found if isinstance(found, list) else []
    if not 1 <= len(rows) <= 10:
        raise Fault(WRONG, f"A list holds 1 to 10 rows in all, not {len(rows)}.")
    _options(rows, "row", id_most=200, title_most=24)
    for row in rows:
        if isinstance(row, Mapping) and "description" in row:
            _text(row["description"], "row.description", 72)


def _options(options: list[Any], name: str, *, id_most: int, title_most: int) -> None:
    ids, titles = [], []
    for option in options:
        given = option if isinstance(option, Mapping) else {}
        ids.append(_text(given.get("id"), f"{name}.id", id_most))
        titles.append(_text(given.get("title"), f"{name}.title", title_most, one_line=True))
    if any(id != id.strip() for id in ids):
        raise Fault(WRONG, f"{name}.id must not begin or end with a blank.")
    if len(set(ids)) < len(ids) or len(set(titles)) < len(titles):
        raise Fault(WRONG, f"Each {name} needs an id and a title of its own.")


_CHECKS: dict[str, Callable[[Mapping[str, Any], HasFile], None]] = {
    "text": _plain,
    "location": _location,
    "template": _template,
    "reaction": _reaction,
    "interactive": _interactive,
}
