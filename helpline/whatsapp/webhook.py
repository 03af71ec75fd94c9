"""From the bytes of a webhook to events: every message, status and notice of every entry and every change.

Nothing in a POST may cost another item of it: wrong types, unknown fields and unknown types become notices.
Meta keeps nothing to read again, so an item that is skipped is gone.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from helpline.errors import InputError
from helpline.messages import Event, IdentityChange, InboundMessage, Notice
from helpline.whatsapp import events, fields, inbound, people, twilio
from helpline.whatsapp.describe import as_json

__all__ = ["Unreadable", "as_json", "describe_file", "parse", "read"]

_OBJECT = "whatsapp_business_account"


class Unreadable(InputError):
    """The bytes are no JSON that can be used; nothing of them can be saved by trying again."""


def read(raw: bytes) -> object:
    """The JSON of a body. Raises Unreadable for anything that is none, however hostile.

    A byte-order mark and bytes that are no UTF-8 are forgiven; NaN and Infinity (no JSON, but sent) become null;
    numbers of absurd length stay text. NUL and lone surrogates are cleaned where values are read (fields.py).
    """
    try:
        payload: object = json.loads(
            raw.decode("utf-8-sig", "replace"), parse_constant=lambda _: None, parse_int=_integer
        )
    except RecursionError:
        raise Unreadable("The body is nested too deeply to be read; it is not from WhatsApp.") from None
    except ValueError:
        raise Unreadable("The body is not JSON; WhatsApp's webhooks are.") from None
    return payload


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 25 else digits


def parse(payload: object) -> list[Event]:
    """All events of a payload (or of a list of payloads). Never raises.

    Changes of identity come first, so that a message after them finds its contact; then everything as it came,
    except that the messages of one sender to one number of ours are in order of their timestamps.
    """
    found: list[Event] = []
    for item in payload if isinstance(payload, list) else [payload]:
        found += _guarded(_payload, item, None)
    changes: list[Event] = [event for event in found if isinstance(event, IdentityChange)]
    return changes + _by_sender([event for event in found if not isinstance(event, IdentityChange)])


def describe_file(path: Path | str) -> Iterator[dict[str, Any]]:
    """The events of a file, one dictionary each: a payload of Meta's, a list of them, or a form post of Twilio's.

    Raises InputError when the file cannot be read at all.
    """
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({error.strerror}).") from None
    payload = read(raw)
    form = twilio.form_of(payload)
    for event in parse(payload) if form is None else twilio.parse(form):
        yield as_json(event)


def _guarded(reader: Callable[[Any, Any], list[Event]], item: object, known: Any) -> list[Event]:
    """What the reader makes of the item, or one notice that it could not: a fault stays with its item."""
    try:
        return reader(item, known)
    except Exception as error:
        return [Notice(getattr(known, "pnid", None), "unreadable", {"why": type(error).__name__})]


def _payload(payload: object, _: None) -> list[Event]:
    if not isinstance(payload, Mapping):
        return [Notice(None, "unreadable", {"why": "payload is no object"})]
    kind = payload.get("object")
    if isinstance(kind, str) and kind.strip() not in ("", _OBJECT):  # another product of Meta's that shares the app
        return [Notice(None, "unknown_object", {"object": fields.word(kind, 60)})]
    found: list[Event] = []
    if "entry" not in payload and "value" in payload:  # the sample as the app dashboard shows it
        return _guarded(_change, payload, None)
    entries = payload.get("entry")
    if not isinstance(entries, (list, Mapping)):
        return [Notice(None, "unreadable", {"why": "no entries"})]
    for entry in fields.items(entries):
        changes = fields.mapping(entry).get("changes")
        if not isinstance(changes, (list, Mapping)):
            found.append(Notice(None, "unreadable", {"why": "entry without changes"}))
            continue
        for change in fields.items(changes):
            found += _guarded(_change, change, None)
    return found


class _Around:
    """What every item of one change shares."""

    def __init__(self, value: Mapping[str, Any]) -> None:
        metadata = fields.mapping(value.get("metadata"))
        self.pnid = fields.word(metadata.get("phone_number_id"), 40) or ""
        self.own = fields.phone(metadata.get("display_phone_number"))
        self.contacts = people.book(value.get("contacts"))


def _change(change: object, _: None) -> list[Event]:
    given = fields.mapping(change)
    value = given.get("value")
    if not isinstance(value, Mapping):
        return [Notice(None, "unreadable", {"why": "change without value"})]
    field = fields.word(given.get("field"), 60) or "messages"
    around = _Around(value)
    readers = _FIELDS.get(field)
    if readers is None:
        errors = _list(value.get("errors"), _error, around)
        return [events.other(field, value, around.pnid or None), *errors]
    found: list[Event] = []
    for name, reader in readers.items():
        found += _list(value.get(name), reader, around)
    if not found and not any(isinstance(value.get(name), list) for name in readers):
        found.append(Notice(around.pnid or None, "unreadable", {"field": field, "why": "nothing in it"}))
    return found


def _list(value: object, reader: Callable[[Any, _Around], list[Event]], around: _Around) -> list[Event]:
    found: list[Event] = []
    for item in [value] if isinstance(value, (str, int, float)) else fields.items(value):
        if isinstance(item, Mapping):
            found += _guarded(reader, item, around)
        else:
            found.append(Notice(around.pnid, "unreadable", {"why": "item is no object"}))
    return found


def _message(message: Mapping[str, Any], around: _Around) -> list[Event]:
    message_id = fields.word(message.get("id"), 200)
    if message.get("group_id"):  # a desk for one person at a time: what is said in groups is not for it
        return [Notice(around.pnid, "group_message", {"id": message_id})]
    if fields.word(message.get("type")) == "system":
        return [events.system(message, around.pnid, around.contacts)]
    sender = people.sender(message, around.contacts)
    if sender is None:
        return [Notice(around.pnid, "quarantine", {"id": message_id, "why": "no sender"})]
    if sender.phone is not None and sender.phone == around.own:
        return [Notice(around.pnid, "quarantine", {"id": message_id, "why": "sent by our own number"})]
    return [inbound.read(message, sender, around.pnid)]


def _status(status: Mapping[str, Any], around: _Around) -> list[Event]:
    return [events.receipt(status, around.pnid)]


def _error(item: Mapping[str, Any], around: _Around) -> list[Event]:
    return [events.error(item, around.pnid)]


def _one(reader: Callable[[Mapping[str, Any], str], Notice]) -> Callable[[Mapping[str, Any], _Around], list[Event]]:
    return lambda item, around: [reader(item, around.pnid)]


_FIELDS: dict[str, dict[str, Callable[[Any, _Around], list[Event]]]] = {
    "messages": {
        "messages": _message,
        "statuses": _status,
        "message_echoes": _one(events.echo),
        "user_preferences": _one(events.preference),
        "errors": _error,
    },
    "standby": {
        "messages": _one(events.standby_message),
        "message_echoes": _one(events.standby_echo),
        "statuses": _status,
        "errors": _error,
    },
    "smb_message_echoes": {"message_echoes": _one(events.echo), "errors": _error},
    "user_preferences": {"user_preferences": _one(events.preference), "errors": _error},
    "calls": {"calls": _one(events.call), "statuses": _one(events.call_status), "errors": _error},
}


def _by_sender(found: list[Event]) -> list[Event]:
    """Sort the messages of each sender by time within the places they hold, and move nobody else's."""
    lanes: dict[str, list[int]] = {}
    known: dict[str, str] = {}
    for index, event in enumerate(found):
        if not isinstance(event, InboundMessage):
            continue
        ids = [f"{event.phone_number_id} {id}" for id in (event.sender.phone, event.sender.bsuid) if id]
        lane = next((known[id] for id in ids if id in known), ids[0])
        known.update(dict.fromkeys(ids, lane))
        lanes.setdefault(lane, []).append(index)
    ordered = list(found)
    for places in lanes.values():
        in_time = sorted(places, key=lambda index: getattr(found[index], "sent_at", 0))
        for place, index in zip(places, in_time, strict=True):
            ordered[place] = found[index]
    return ordered
