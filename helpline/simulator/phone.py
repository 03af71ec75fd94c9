"""The phone: a page, and the JSON behind it, which tests drive as well.

A contact is named by the digits of the number (31600000101) or, when they hide it, by the user id; an unknown one gets
a phone at the first use. Every POST answers {"id": message id} at once; the webhook follows, signed.

GET  /                              the page
GET  /phone/contacts                everybody: key, name, last message, unread, typing
GET  /phone/<contact>/messages      {"version", "typing", "messages"}; ?after=<version> only what changed since;
                                    ?look=1 as if the contact looks at the screen (read receipts go out)
POST /phone/<contact>/text          {"text", "quote"?}
POST /phone/<contact>/location      {"latitude", "longitude", "name"?, "address"?, "quote"?}
POST /phone/<contact>/voice         the recording as body, with its Content-Type; empty or JSON: a recorded sample
POST /phone/<contact>/image         the same; ?caption= or {"caption"}
POST /phone/<contact>/document      the same; ?caption=&filename=
POST /phone/<contact>/tap           {"message_id", "id"}: a button or row of that message; {"id", "title"}: a forged one
POST /phone/<contact>/reaction      {"message_id", "emoji"}; no emoji takes it back
POST /phone/<contact>/webhook       {"type", ...}: any other item of `messages`, as Meta would word it
GET  /phone/files/<media id>        a file
"""

from __future__ import annotations

import math
import urllib.parse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, render_template, request

from helpline import clock
from helpline.errors import InputError
from helpline.simulator import payloads
from helpline.simulator.graph import Graph
from helpline.simulator.phones import Contact, File, Message, Phones, new_id
from helpline.simulator.poster import Poster

SAMPLES = Path(__file__).parent / "static" / "samples"
_SAMPLES = {
    "voice": ("voice.ogg", "audio/ogg; codecs=opus"),
    "image": ("letter.jpg", "image/jpeg"),
    "document": ("letter.pdf", "application/pdf"),
}
_SHOWN_INLINE = ("image/jpeg", "image/png", "image/webp", "image/gif", "audio/", "video/")


class Phone:
    """What a contact can do, as webhooks."""

    def __init__(self, phones: Phones, graph: Graph, poster: Poster) -> None:
        self._phones = phones
        self._graph = graph
        self._poster = poster

    def write(self, contact: Contact, kind: str, content: dict[str, Any], quote: str | None = None) -> str:
        """Put a message on the phone and post it; its id. Ticks: clock, one (posted), two (taken), blue (read)."""
        message = Message(new_id(), True, kind, clock.now(), content, quote=quote)
        if kind == "reaction":
            found = self._phones.find(str(content["reaction"].get("message_id")))
            if found is None:
                raise InputError("There is no such message to react to.")
            self._phones.react(found[1], content["reaction"].get("emoji"))
        else:
            self._phones.add(contact, message)
        payload = payloads.message(self._graph.number, contact, message, content)
        self._poster.post(f"{contact.key} messages", payload, lambda: self._phones.advance(message, "delivered"))
        return message.id

    def tap(self, contact: Contact, given: Mapping[str, Any]) -> str:
        """Tap a button or row."""
        id, quote = _word(given, "id"), given.get("message_id")
        if quote is None:
            return self.write(contact, "interactive", payloads.tapped("button_reply", id, _word(given, "title"), None))
        found = self._phones.find(str(quote))
        if found is None or found[0] != contact or found[1].mine:
            raise InputError("There is no such message on this phone.")
        for kind, option in _options(found[1].content.get("interactive")):
            if option.get("id") == id:
                content = payloads.tapped(kind, id, str(option.get("title")), option.get("description"))
                return self.write(contact, "interactive", content, str(quote))
        raise InputError("The message offers nothing with this id.")

    def look(self, contact: Contact) -> None:
        """The contact looks at the screen."""
        self._graph.tell_read(contact, self._phones.seen_by_contact(contact))


def routes(phones: Phones, graph: Graph, poster: Poster) -> Blueprint:
    """The page's addresses."""
    web = Blueprint("phone", __name__)
    phone = Phone(phones, graph, poster)

    @web.get("/")
    def page() -> str:
        return render_template("phone.html")

    @web.get("/phone/contacts")
    def contacts() -> Any:
        return jsonify(phones.overview())

    @web.get("/phone/<key>/messages")
    def messages(key: str) -> Any:
        contact = phones.contact(key)
        if request.args.get("look"):
            phone.look(contact)
        return jsonify(phones.talk(contact, request.args.get("after", 0, type=int)))

    @web.post("/phone/<key>/<action>")
    def act(key: str, action: str) -> Any:
        contact = phones.contact(key)
        if action in _SAMPLES:
            return jsonify({"id": _send_file(phone, phones, contact, action)})
        given = request.get_json(silent=True)
        if not isinstance(given, Mapping):
            raise InputError("The body must be a JSON object; see the head of helpline/simulator/phone.py.")
        quote = given.get("quote") if isinstance(given.get("quote"), str) else None
        if action == "text":
            return jsonify({"id": phone.write(contact, "text", payloads.text(_word(given, "text")), quote)})
        if action == "location":
            return jsonify({"id": phone.write(contact, "location", _pin(given), quote)})
        if action == "tap":
            return jsonify({"id": phone.tap(contact, given)})
        if action == "reaction":
            content = payloads.reaction(_word(given, "message_id"), given.get("emoji"))
            return jsonify({"id": phone.write(contact, "reaction", content)})
        if action == "webhook":
            content = {name: value for name, value in given.items() if name != "type"}
            return jsonify({"id": phone.write(contact, _word(given, "type"), content)})
        raise InputError(f"A phone cannot {action}; see the head of helpline/simulator/phone.py.")

    @web.get("/phone/files/<media_id>")
    def file(media_id: str) -> Any:
        found = phones.file(media_id)
        if found is None:
            return Response("", 404)
        inline = found.mime_type.startswith(_SHOWN_INLINE)
        answer = Response(found.content, mimetype=found.mime_type if inline else "application/octet-stream")
        if not inline:
            answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{_quoted(found.filename)}"
        return answer

    return web


def _send_file(phone: Phone, phones: Phones, contact: Contact, action: str) -> str:
    name, mime_type = _SAMPLES[action]
    content = b"" if request.is_json else request.get_data()
    given = request.get_json(silent=True) if request.is_json else None
    caption = given.get("caption") if isinstance(given, Mapping) else request.args.get("caption")
    if content:
        name, mime_type = request.args.get("filename", name), request.headers.get("Content-Type", mime_type)
    else:
        content = (SAMPLES / name).read_bytes()
    file = File(content, mime_type, name)
    kind = "audio" if action == "voice" else action
    return phone.write(contact, kind, payloads.media(kind, phones.keep(file), file, caption))


def _options(interactive: object) -> list[tuple[str, Mapping[str, Any]]]:
    """What a message offers to tap, with the kind of reply each makes."""
    action = interactive.get("action") if isinstance(interactive, Mapping) else None
    if not isinstance(action, Mapping):
        return []
    buttons = [("button_reply", one["reply"]) for one in action.get("buttons", ())]
    rows = [("list_reply", row) for section in action.get("sections", ()) for row in section["rows"]]
    return buttons + rows


def _pin(given: Mapping[str, Any]) -> dict[str, Any]:
    values = [given.get("latitude"), given.get("longitude")]
    if not all(isinstance(one, (int, float)) and not isinstance(one, bool) and math.isfinite(one) for one in values):
        raise InputError("latitude and longitude must be numbers.")
    name, address = (given.get(field) for field in ("name", "address"))
    return payloads.location(float(values[0] or 0), float(values[1] or 0), name, address)


def _word(given: Mapping[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise InputError(f"{name} must be a text.")
    return value


def _quoted(filename: str | None) -> str:
    return urllib.parse.quote(filename or "file", safe="")
