"""Answers to what we sent: taps on buttons and list rows, filled-in forms, call permissions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from helpline.whatsapp import fields
from helpline.whatsapp.parts import Content, tapped

_KINDS = ("button_reply", "list_reply", "nfm_reply", "call_permission_reply", "product")
_FORM_FIELDS = 60


def read(given: Mapping[str, Any]) -> Content:
    """What was tapped. `given` is the message's `interactive` object; its type may be missing or unknown."""
    kind = fields.word(given.get("type"), 40) or next((known for known in _KINDS if known in given), "interactive")
    content = fields.mapping(given.get(kind))
    if kind in ("button_reply", "list_reply"):
        return tapped(kind, content.get("id"), content.get("title"), content.get("description"))
    if kind == "nfm_reply":
        return _form(content)
    if kind == "call_permission_reply":
        response = fields.word(content.get("response"), 40)
        return Content(kind, "none", details={"response": response} if response else {})
    if kind == "product":
        return Content(kind, "fallback")
    return Content("unsupported", "fallback", details={"unsupported_type": kind})


def _form(content: Mapping[str, Any]) -> Content:
    """A filled-in form or address. `response_json` is text that should hold an object; often it does not."""
    name = fields.word(content.get("name"), 40)
    named: dict[str, Any] = {"name": name} if name else {}
    body = fields.text(content.get("body"))
    form = _object(content.get("response_json"))
    if form is None:
        return Content("nfm_reply", "fallback", body, details={**named, "why": "form unreadable"})
    return Content("nfm_reply", "reply", body, details={**named, "form": form})


def _object(value: object) -> dict[str, Any] | None:
    """The flat, cleaned part of a form's JSON: who fills in a form chooses its text, so only plain values pass."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, Mapping):
        return None
    form: dict[str, Any] = {}
    for key, given in list(value.items())[:_FORM_FIELDS]:
        name, plain = fields.word(key, 80), _plain(given)
        if name and plain is not None:
            form[name] = plain
    return form


def _plain(given: object) -> str | float | bool | None:
    if isinstance(given, str):
        return fields.text(given)
    if isinstance(given, (bool, int)):
        return given if abs(given) < 2**53 else None
    return fields.number(given)
