"""The one decision: who deals with a message. No open case: the assistant. An open case: people.

Pure: everything it needs to know is handed in, so every row of the table is a test.
"""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass

from helpline import rating, redaction
from helpline.messages import InboundMessage

ERASE_YES, ERASE_NO = '/delete_my_data{"confirmed": "yes"}', '/delete_my_data{"confirmed": "no"}'
MEDIA_KINDS = frozenset({"image", "video", "document", "audio", "voice"})
_LEADING_SLASH = re.compile(r"^[\s/\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*/")
_READABLE = re.compile(r"\w|[^\w\s\u200b-\u200f\u2060\ufe0f]")


class Destination(enum.Enum):
    """Where a message goes."""

    EMERGENCY = "emergency"
    """Safety text and an urgent case, in every state."""
    CASE = "case"
    """It joins the open case; the assistant is not asked."""
    SUGGESTION = "suggestion"
    """A tap on a suggestion while nobody has claimed the case: the assistant gives that one answer."""
    WITHDRAW = "withdraw"
    """The suggestion helped: the waiting case is not needed."""
    KEEP = "keep"
    """The suggestion did not help: the case stays."""
    RATED = "rated"
    """They tapped whether they were helped."""
    ASSISTANT = "assistant"
    PEOPLE = "people"
    """A case opens without asking the assistant."""
    STOP = "stop"
    """They want silence: confirmed once, then nothing is sent until they write again."""
    ERASE = "erase"
    """They confirmed that everything kept about them goes."""
    TELL = "tell"
    """One fixed line."""
    NOTHING = "nothing"


@dataclass(frozen=True)
class Plan:
    """What will be done with a message."""

    destination: Destination
    text: str = ""
    """For the assistant: what the contact wrote, or one of our own button payloads. For RATED: what is rated."""
    key: str = ""
    """For TELL: which line. For RATED: which rating."""
    reason: str = ""
    """For PEOPLE: why."""
    emergency: str | None = None


def plan(
    message: InboundMessage,
    *,
    payload: str | None,
    case_state: str | None,
    emergency: str | None,
    language_spoken: bool,
    blocked: bool = False,
    stop: bool = False,
    erase: bool = False,
    silenced: bool = False,
) -> Plan:
    """Decide. `payload` is that of a button of ours; `case_state` that of the open case, if any.

    `erase`: they wrote nothing but a word for delete. `silenced`: people switched the assistant off.
    """
    if message.deliver == "none":
        return Plan(Destination.NOTHING)
    if emergency:
        return Plan(Destination.EMERGENCY, emergency=emergency)
    if blocked:
        return Plan(Destination.NOTHING)
    if stop:
        return Plan(Destination.STOP)
    if payload == ERASE_YES:
        return Plan(Destination.ERASE)
    if erase or payload == ERASE_NO:
        return Plan(Destination.TELL, key="utter_delete_my_data_ask" if erase else "utter_delete_my_data_kept")
    if payload is not None and (rated := rating.read(payload)) is not None:
        return Plan(Destination.RATED, key=rated[0], text=rated[1])
    if silenced:
        return Plan(Destination.PEOPLE, reason="silenced") if case_state is None else Plan(Destination.CASE)
    if payload is not None and (tapped := _tapped(payload, case_state)) is not None:
        return tapped
    if case_state is not None:
        return Plan(Destination.CASE)
    if payload is not None and payload.startswith("/"):
        return Plan(Destination.ASSISTANT, text=payload)
    return _without_case(message, language_spoken)


def _tapped(payload: str, case_state: str | None) -> Plan | None:
    kind, _, rest = payload.partition(":")
    if kind == "suggest":
        if case_state == "waiting":
            return Plan(Destination.SUGGESTION, text=f"/{rest}")
        return Plan(Destination.ASSISTANT, text=f"/{rest}") if case_state is None else None
    if payload == "/helped_yes":
        if case_state == "waiting":
            return Plan(Destination.WITHDRAW)
        return Plan(Destination.TELL, key="utter_helped_yes") if case_state is None else None
    if payload == "/helped_no":
        if case_state == "waiting":
            return Plan(Destination.KEEP)
        return Plan(Destination.TELL, key="utter_button_expired") if case_state is None else None
    return None


def _without_case(message: InboundMessage, language_spoken: bool) -> Plan:
    if message.kind in MEDIA_KINDS:
        return Plan(Destination.PEOPLE, reason="media")
    if message.deliver == "location":
        return Plan(Destination.ASSISTANT, text="/inform_location")
    if message.deliver not in ("text", "reply") and message.kind != "text":
        edited = message.details.get("unsupported_type") == "edit" or message.kind == "edit"
        return Plan(Destination.TELL, key="utter_edited" if edited else "utter_unreadable")
    text = written(message)
    if not text:
        return Plan(Destination.TELL, key="utter_empty")
    if redaction.only_grave(text):
        return Plan(Destination.TELL, key="utter_document_warning")
    if not language_spoken:
        return Plan(Destination.PEOPLE, reason="language")
    return Plan(Destination.ASSISTANT, text=text)


def written(message: InboundMessage) -> str:
    """What the contact wrote, safe to hand to Rasa: a typed slash is not a command.

    A location shared with words, a caption or the title of somebody else's button counts as text.
    """
    text = message.text or next((m.caption for m in message.media if m.caption), "") or ""
    text = _LEADING_SLASH.sub("", text).strip()
    return text if _READABLE.search(text) else ""
