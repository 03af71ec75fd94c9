"""From a message to Graph API payloads that keep every limit of WhatsApp's, so nothing is refused after it was said.

Limits: Meta's message pages, 2025-11 to 2026-07. Where two pages differ (body of a list: 1024 or 4096) the lower
holds. What does not fit is moved, not dropped: long texts go ahead as a message of their own, options beyond ten
are written out.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

from helpline.errors import InputError
from helpline.messages import Button, Identity, Media, OutboundMessage
from helpline.whatsapp.lengths import cut, size, split, tail

TEXT, BODY, CAPTION = 4096, 1024, 1024
BUTTONS, BUTTON_TITLE = 3, 20
ROWS, ROW_TITLE, ROW_DESCRIPTION, LIST_LABEL = 10, 24, 72, 20
ID, CALLBACK = 200, 512
MENU = "☰"
"""Label of a list whose content gives none: a sign, because words belong to content."""

Payload = dict[str, Any]
Sign = Callable[[str], str]


def render(
    message: OutboundMessage, to: Identity, *, outbox_id: str = "", sign_payload: Sign = lambda payload: payload
) -> list[Payload]:
    """The payloads of a message, in the order to send them; nearly always one, because each is billed.

    `sign_payload` turns a button's payload into an id of at most 200 characters. `outbox_id` comes back in
    receipts. Raises InputError for a message without content or without an address.
    """
    bodies = _bodies(message, sign_payload)
    if not bodies:
        raise InputError("The message has nothing to send: it needs a text, a file, buttons or a template.")
    envelope: Payload = {"messaging_product": "whatsapp", "recipient_type": "individual", **address(to)}
    payloads = [{**envelope, **body} for body in bodies]
    for part, payload in enumerate(payloads):
        if outbox_id:
            payload["biz_opaque_callback_data"] = callback(outbox_id, part, len(payloads))
    if message.quote:
        payloads[0]["context"] = {"message_id": message.quote}
    return payloads


def address(to: Identity) -> Payload:
    """Where to send: `to` with a plus (without it Meta may put our own country code in front), else `recipient`."""
    if to.phone:
        return {"to": "+" + to.phone.lstrip("+")}
    user = to.bsuid or to.parent_bsuid
    if not user:
        raise InputError("The contact has neither a phone number nor a user id to send to.")
    return {"recipient": user}


def callback(outbox_id: str, part: int = 0, of: int = 1) -> str:
    """What Meta echoes in receipts: our row, and which part of it where a message was split ("12" or "12.0.3")."""
    return outbox_id[:CALLBACK] if of == 1 else f"{outbox_id}.{part}.{of}"


def read_callback(echoed: str | None) -> tuple[int, int, int] | None:
    """Row, part and number of parts from an echo of ours; None for anything else."""
    found = _CALLBACK.fullmatch(echoed or "")
    return (int(found[1]), int(found[2] or 0), int(found[3] or 1)) if found else None


def mark_read_payload(message_id: str) -> Payload:
    """Blue ticks on this message and all before it."""
    return {"messaging_product": "whatsapp", "status": "read", "message_id": message_id}


def typing_payload(message_id: str) -> Payload:
    """Blue ticks and "typing…" until we send or 25 seconds pass; only when an answer will follow."""
    return {**mark_read_payload(message_id), "typing_indicator": {"type": "text"}}


def without_taps(payload: Payload) -> Payload:
    """An interactive payload as a plain text, options numbered: for when WhatsApp refuses what can be tapped.

    Always one payload for one, so that what was sent of a split message still counts.
    """
    content = payload["interactive"]
    action = content["action"]
    options = [one["reply"] for one in action.get("buttons", ())]
    options += [row for section in action.get("sections", ()) for row in section["rows"]]
    lines = [
        f"{number}. {option['title']}" + (f": {option['description']}" if "description" in option else "")
        for number, option in enumerate(options, 1)
    ]
    text = cut("\n".join([content["body"]["text"], *([""] if lines else []), *lines]), TEXT)
    plain = {key: value for key, value in payload.items() if key != "interactive"}
    header = content.get("header", {})
    if header.get("type") in ("image", "video", "document") and size(text) <= CAPTION:
        kind = header["type"]
        return {**plain, "type": kind, kind: {**header[kind], "caption": text}}
    return {**plain, "type": "text", "text": {"body": text, "preview_url": False}}


def as_plain(message: OutboundMessage) -> OutboundMessage:
    """The same message without anything to tap: options as numbered lines, for phones that cannot show them."""
    lines = [
        f"{number}. {_line(button.title)}" + (f": {_line(button.description)}" if button.description else "")
        for number, button in enumerate(message.buttons, 1)
    ]
    text = "\n\n".join(part for part in (message.text.strip(), "\n".join(lines)) if part)
    return dataclasses.replace(message, text=text, buttons=(), list_title="", request_location=False)


_CALLBACK = re.compile(r"([0-9]{1,18})(?:\.([0-9]{1,3})\.([0-9]{1,3}))?")
_CODE = re.compile(r"(```.*?```|`[^`\n]+`)", re.DOTALL)
_LINK = re.compile(r"\[([^\[\]\n]*)\]\(\s*<?(\S+?)>?\s*\)")
_MARKS = (
    (re.compile(r"(?<![*\w])\*\*\*(?=\S)(.+?)(?<=\S)\*\*\*(?![*\w])"), r"*_\1_*"),
    (re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*"), r"*\1*"),
    (re.compile(r"(?<!\w)__(?=\S)(.+?)(?<=\S)__(?!\w)"), r"*\1*"),
    (re.compile(r"~~(?=\S)(.+?)(?<=\S)~~"), r"~\1~"),
    (re.compile(r"^#{1,6}[ \t]+(?:\*(?=\S))?(.+?)\*?[ \t]*#*[ \t]*$", re.MULTILINE), r"*\1*"),
    (re.compile(r"^([ \t]*)[+•][ \t]+", re.MULTILINE), r"\1- "),
)


def marks(text: str) -> str:
    """Markdown as WhatsApp shows it: **b** -> *b*, ~~s~~ -> ~s~, # h -> *h*, [t](u) -> t: u; code stays as it is."""
    parts = _CODE.split(text)
    for index in range(0, len(parts), 2):
        part = _LINK.sub(_link, parts[index])
        for found, replacement in _MARKS:
            part = found.sub(replacement, part)
        parts[index] = part
    return "".join(parts).strip()


def _link(found: re.Match[str]) -> str:
    label, target = found[1].strip(), found[2]
    bare = target.removeprefix("mailto:").removeprefix("tel:")
    return bare if not label or label in (target, bare) else f"{label}: {bare}"


def _bodies(message: OutboundMessage, sign_payload: Sign) -> list[Payload]:
    if message.template:
        language = {"code": message.template_language}
        return [{"type": "template", "template": {"name": message.template, "language": language}}]
    text = marks(message.text)
    buttons = _options(message.buttons, sign_payload)
    if message.request_location:
        return _location_request(as_plain(message).text if buttons else text)
    if message.media is not None:
        return _with_media(message.media, text, buttons, message.list_title)
    return _interactive(text, buttons, message.list_title) if buttons else _texts(text)


def _texts(text: str) -> list[Payload]:
    # No preview: it fetches the page on the contact's data and shows where they have been reading.
    return [{"type": "text", "text": {"body": piece, "preview_url": False}} for piece in split(text, TEXT)]


def _location_request(text: str) -> list[Payload]:
    before, body = tail(marks(text), BODY)
    action = {"name": "send_location"}
    request = {"type": "location_request_message", "body": {"text": body or MENU}, "action": action}
    return [*_texts(before), {"type": "interactive", "interactive": request}]


@dataclasses.dataclass(frozen=True)
class _Option:
    id: str
    title: str
    description: str


def _options(buttons: tuple[Button, ...], sign_payload: Sign) -> list[_Option]:
    """Buttons with a title, once each: WhatsApp refuses an empty title and an id that comes twice."""
    options: dict[str, _Option] = {}
    for button in buttons:
        title = _line(button.title)
        if not title:
            continue
        id = sign_payload(button.payload)
        if not id or size(id) > ID or id != id.strip():
            raise InputError(f"The id of a button must have 1 to {ID} characters without blanks around; got {len(id)}.")
        options.setdefault(id, _Option(id, title, _line(button.description)))
    return list(options.values())


def _interactive(text: str, options: list[_Option], label: str, header: Payload | None = None) -> list[Payload]:
    long = any(size(option.title) > BUTTON_TITLE for option in options)
    as_list = len(options) > BUTTONS or any(option.description for option in options) or (long and bool(label))
    if len(options) > ROWS:
        # A list holds ten rows: the rest is written out, to be answered in words.
        lines = "\n".join(f"- {option.title}" for option in options[ROWS:])
        text, options = f"{text}\n\n{lines}".strip(), options[:ROWS]
    elif long and not as_list:
        lines = "\n".join(f"- {option.title}" for option in options if size(option.title) > BUTTON_TITLE)
        text = f"{text}\n\n{lines}".strip()
    # WhatsApp wants a body; a menu without words repeats its options.
    before, body = tail(text or " / ".join(option.title for option in options), BODY)
    content: Payload = {"type": "list" if as_list else "button", "body": {"text": body}}
    if header and not as_list:
        content["header"] = header
    content["action"] = _list(options, label) if as_list else {"buttons": _buttons(options)}
    return [*_texts(before), {"type": "interactive", "interactive": content}]


def _buttons(options: list[_Option]) -> list[Payload]:
    titles = _titles([option.title for option in options], BUTTON_TITLE)
    return [
        {"type": "reply", "reply": {"id": option.id, "title": title}}
        for option, title in zip(options, titles, strict=True)
    ]


def _list(options: list[_Option], label: str) -> Payload:
    rows: list[Payload] = []
    titles = _titles([option.title for option in options], ROW_TITLE)
    for option, title in zip(options, titles, strict=True):
        row = {"id": option.id, "title": title}
        # A title that was cut is told in full underneath, before any other explanation.
        said = (option.title, option.description) if title != option.title else (option.description,)
        description = cut(". ".join(part for part in said if part), ROW_DESCRIPTION)
        if description:
            row["description"] = description
        rows.append(row)
    return {"button": cut(_line(label), LIST_LABEL) or MENU, "sections": [{"rows": rows}]}


def _titles(titles: list[str], limit: int) -> list[str]:
    """Titles that fit and differ: WhatsApp refuses the same title twice."""
    found: list[str] = []
    for title in titles:
        shown, number = cut(title, limit), 2
        while shown in found:
            suffix = f" {number}"
            shown, number = cut(title, limit - len(suffix)) + suffix, number + 1
        found.append(shown)
    return found


def _with_media(media: Media, text: str, options: list[_Option], label: str) -> list[Payload]:
    kind = "audio" if media.kind == "voice" else media.kind
    source: Payload = {"id": media.id} if media.id else {"link": media.url}
    if not (media.id or media.url):
        raise InputError("The file has neither an id nor a link.")
    if media.kind == "voice":
        source["voice"] = True
    if kind == "document" and media.filename:
        source["filename"] = cut(media.filename, 240)
    if options:
        if kind in ("image", "video", "document") and len(options) <= BUTTONS:
            interactive = _interactive(text, options, label, {"type": kind, kind: source})
            if "header" in interactive[-1]["interactive"]:
                return interactive
        return [{"type": kind, kind: source}, *_interactive(text, options, label)]
    caption = text or marks(media.caption or "")
    if kind in ("audio", "sticker") or size(caption) > CAPTION:
        return [{"type": kind, kind: source}, *_texts(caption)]
    return [{"type": kind, kind: {**source, "caption": caption} if caption else source}]


def _line(value: str) -> str:
    """One line without marks, as titles and descriptions have to be."""
    return " ".join(re.sub(r"[*_~`]+", "", marks(value)).split())
