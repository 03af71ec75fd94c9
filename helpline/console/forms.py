"""What forms carry, made safe to use; and what an agent is told when something is refused."""

from __future__ import annotations

import uuid

from flask import request

from helpline.console import current
from helpline.errors import AlreadyClaimed, HelplineError, InputError, StaleVersion, WindowClosed
from helpline.holding import Full
from helpline.replies import Unseen

TEXT_LENGTH = 4096
"""WhatsApp's limit for a text message."""


def text(name: str = "text") -> str:
    """What was typed, at most as long as one message."""
    typed = request.form.get(name, "").replace("\r\n", "\n").replace("\0", "").strip()
    return typed.encode("utf-8", "ignore").decode("utf-8")[:TEXT_LENGTH]


def number(name: str) -> int | None:
    """A whole number, or None for anything else."""
    typed = request.form.get(name, "")
    return int(typed) if typed.isdecimal() and typed.isascii() and len(typed) < 18 else None


def new_once() -> str:
    """A key that makes a repeated request the same request."""
    return str(uuid.uuid4())


def once() -> str:
    """The form's key. Raises InputError for a form that did not come from us."""
    value = request.form.get("once", "")
    try:
        usable = str(uuid.UUID(value)) == value.lower()
    except ValueError:
        usable = False
    if not usable:
        raise InputError("error.form")
    return value


_SAID = (
    (WindowClosed, "error.window"),
    (Unseen, "error.unseen"),
    (Full, "error.full"),
    (StaleVersion, "error.stale"),
)


def said(error: HelplineError) -> str:
    """What the agent is told, in the console's language."""
    words = current.words()
    if isinstance(error, AlreadyClaimed):
        return words("error.claimed", holder=error.holder)
    key = next((key for kind, key in _SAID if isinstance(error, kind)), "")
    return words.any_of(str(error), key or "error.refused")


def status(error: HelplineError) -> int:
    """400 for what cannot be used, 409 for what may not be done now."""
    return 400 if isinstance(error, InputError) else 409
