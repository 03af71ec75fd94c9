"""The moment the assistant passes a conversation to people, and every fixed text that goes with it.

Opening a case and telling the contact are one transaction: nobody is promised a person who does not know,
and nobody waits without having been told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from sqlalchemy.engine import Connection

from helpline import cases, contacts, outbox, promises
from helpline.messages import Author, Button, OutboundMessage
from helpline.service import Service

SUGGESTIONS = 3
_SAID = {
    "assistant_failed": "utter_handoff_failed",
    "takeover": "utter_handoff_asked",
    "emergency": "utter_handoff_asked",
    "media": "utter_media_received",
    "silenced": "utter_handoff_asked",
}
"""Reasons whose words have another name."""


def tell(
    conn: Connection,
    service: Service,
    contact_id: str,
    messages: Sequence[OutboundMessage],
    *,
    kind: str,
    once_key: str,
    author: Author = Author.SYSTEM,
    epoch: int | None = None,
    case_id: int | None = None,
    in_reply_to: int | None = None,
    language: str | None = None,
) -> list[str | None]:
    """Send the messages of one turn as few WhatsApp messages as possible; somebody's first comes with the notice.

    The states the send gate gave them (outbox.put).
    """
    contact = contacts.get(conn, contact_id, lock=True)
    language = language or contact.language
    messages = [_listed(service, message, language) for message in messages if message.text or message.media]
    if not messages:
        return []
    if contact.notice_at is None:
        notice = first_notice(service, language)
        # Safety comes before everything, also before saying who we are.
        messages = [*messages, notice] if kind == "safety" else [notice, *messages]
    states = [
        outbox.put(
            conn,
            service.vault,
            contact_id,
            message,
            author=author,
            kind=kind,
            once_key=f"{once_key}:{number}",
            epoch=epoch,
            case_id=case_id,
            in_reply_to=in_reply_to,
            language=language,
            contact=contact,
        )
        for number, message in enumerate(merged(messages))
    ]
    if contact.notice_at is None and any(state in ("queued", "held") for state in states):
        contacts.noticed(conn, contact_id)
    return states


def first_notice(service: Service, language: str | None) -> OutboundMessage:
    """The two-line notice of who we are, what is kept and how to stop."""
    phone = service.settings.helpline_phone
    key = "utter_notice_phone" if phone else "utter_notice"
    return service.answers.get(key, language, phone=phone)


def merged(messages: Sequence[OutboundMessage]) -> list[OutboundMessage]:
    """Fewer messages with the same content: texts are joined, and something to tap stays at the end.

    WhatsApp bills each message and slows down senders of many.
    """
    result: list[OutboundMessage] = []
    for message in messages:
        last = result[-1] if result else None
        if last is None or _tappable(last) or last.media or message.media or not _fits(last, message):
            result.append(message)
            continue
        text = f"{last.text}\n\n{message.text}".strip()
        result[-1] = OutboundMessage(
            text, message.buttons, message.list_title, message.request_location, quote=last.quote or message.quote
        )
    return result


def _listed(service: Service, message: OutboundMessage, language: str | None) -> OutboundMessage:
    if len(message.buttons) <= 3 or message.list_title:
        return message
    return dataclasses.replace(message, list_title=service.answers.get("utter_list_title", language).text)


def _tappable(message: OutboundMessage) -> bool:
    return bool(message.buttons) or message.request_location


def _fits(first: OutboundMessage, second: OutboundMessage) -> bool:
    limit = 1024 if _tappable(second) else 4096
    return len(first.text) + len(second.text) + 2 <= limit


def to_people(
    conn: Connection,
    service: Service,
    contact_id: str,
    reason: str,
    *,
    once_key: str,
    topic: str | None = None,
    card: cases.Card | None = None,
    language: str | None = None,
    first: Sequence[OutboundMessage] = (),
    then: Sequence[OutboundMessage] = (),
    in_reply_to: int | None = None,
) -> int:
    """Open a case and tell the contact a person will answer, with an honest expectation; the case's id.

    `first` is said before it and `then` after it, in the same message where it fits. With a case already open,
    nothing is promised twice.
    """
    contact = contacts.get(conn, contact_id, lock=True)
    language = language or contact.language
    case_id, opened = cases.open_case(
        conn, service.vault, contact_id, reason, topic=topic, language=language, card=card
    )
    words: list[OutboundMessage] = list(first)
    if opened:
        words.append(acknowledgement(service, reason, language, card, contact.language, conn=conn))
    words += then
    tell(
        conn,
        service,
        contact_id,
        words,
        kind="acknowledgement",
        once_key=once_key,
        case_id=case_id,
        in_reply_to=in_reply_to,
        language=language,
    )
    return case_id


def acknowledgement(
    service: Service,
    reason: str,
    language: str | None,
    card: cases.Card | None,
    spoken: str | None = None,
    *,
    conn: Connection | None = None,
) -> OutboundMessage:
    """That a person will answer, when, and (if the assistant was unsure) what they may tap meanwhile.

    When is as the roster says it, for which it needs `conn`; without one nothing is promised.
    """
    answers = service.answers
    if reason == "language":
        line = "utter_language_unsupported"
        said_in = language if answers.has(line, language) else spoken
        said = answers.static(line, said_in)
        known = promises.known_wait(conn, service, language, said_in=said_in) if conn else ""
        return OutboundMessage(f"{said.text}\n\n{known}") if known else said
    said = answers.get(_SAID.get(reason, f"utter_handoff_{reason}"), language)
    unknown = answers.get("utter_wait_unknown", language).text
    wait = promises.waiting(conn, service, language) if conn else unknown
    buttons: tuple[Button, ...] = ()
    list_title = ""
    if reason == "unsure" and card is not None:
        buttons = suggestions(service, card, language)
        list_title = answers.get("utter_suggestions_title", language).text if buttons else ""
    text = f"{said.text}\n\n{wait}"
    return OutboundMessage(text, buttons=buttons, list_title=list_title)


def suggestions(service: Service, card: cases.Card, language: str | None) -> tuple[Button, ...]:
    """Up to three topics the contact may have meant, as buttons; tapping one gives its answer, the case stays open."""
    likely = [intent for intent, _ in card.guesses if service.answers.has(f"utter_name_{intent}")]
    named = [intent for intent in likely if intent != "human_agent" and not intent.startswith("emergency_")]
    return tuple(
        Button(service.answers.get(f"utter_name_{intent}", language).text, f"suggest:{intent}")
        for intent in named[:SUGGESTIONS]
    )


def emergency(
    conn: Connection,
    service: Service,
    contact_id: str,
    kind: str,
    *,
    card: cases.Card | None = None,
    language: str | None = None,
    in_reply_to: int | None = None,
) -> int:
    """The safety text first, then an urgent case, or the open one made urgent; the case's id.

    With a case already urgent for the same kind, the safety text is not repeated.
    """
    contact = contacts.get(conn, contact_id, lock=True)
    language = language or contact.language
    case_id, opened = cases.open_case(
        conn,
        service.vault,
        contact_id,
        "emergency",
        emergency=kind,
        topic=f"emergency_{kind}",
        language=language,
        card=card,
    )
    words = [service.answers.static(f"utter_safety_{kind}", language)]
    if opened:
        words.append(service.answers.static("utter_safety_followup", language))
    words += promises.in_emergency(conn, service, language)
    tell(
        conn,
        service,
        contact_id,
        words,
        kind="safety",
        once_key=f"safety:{case_id}:{kind}",
        case_id=case_id,
        in_reply_to=in_reply_to,
        language=language,
    )
    return case_id
