"""One message, from the drain's hands to its outcome: answered, handed off, joined a case, told, or ignored.

`begin` does all that needs no model, in one transaction. When the assistant must speak, `end` settles what it said.
Nothing here imports Rasa, so the whole path is tested in milliseconds, and works while no model is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sqlalchemy.engine import Connection

from helpline import (
    cases,
    clock,
    contacts,
    handoff,
    inbox,
    language,
    outbox,
    privacy,
    promises,
    rating,
    redaction,
    safety,
    switches,
    switching,
)
from helpline.messages import Author, InboundMessage, OutboundMessage
from helpline.routing import Destination, Plan, plan, written
from helpline.service import Service

ASKING_AGAIN = frozenset(("utter_empty", "utter_unreadable", "utter_edited"))
"""Lines that ask to write something else. Two in a row help nobody: the second time a person is asked."""
_TAPPABLE_LENGTH = 24
"""A typed text up to this long may be the number or title of something to tap."""


@dataclass(frozen=True)
class Turn:
    """The assistant's turn: what it is given, and what the send gate will compare."""

    received: inbox.Received
    sender_id: str
    """`<contact>:<stretch>`, Rasa's sender id."""
    text: str
    language: str
    language_chosen: bool
    epoch: int
    case_id: int | None
    """The waiting case this answer was suggested in."""
    doubt: str | None = None
    """Kind of emergency that a lone phrase speaks of: it counts unless the classifier is sure of a harmless topic."""


@dataclass(frozen=True)
class Heard:
    """What came back from the assistant."""

    said: tuple[OutboundMessage, ...] = ()
    intent: str | None = None
    guesses: tuple[tuple[str, float], ...] = ()
    emergency: str | None = None
    """Kind of emergency the classifier saw, whatever the dialogue made of it."""
    action_failed: bool = False
    release_id: int | None = None
    """Which release understood it; None for the installed model."""


def warm() -> None:
    """Load what every message needs, before the first one comes."""
    safety.check(language.identify("hello").code)


def begin(conn: Connection, service: Service, received: inbox.Received) -> Turn | None:
    """Deal with a message; a Turn when the assistant must speak, else None and the message is finished."""
    contact = contacts.get(conn, received.contact_id, lock=True)
    message = received.message
    if message.deliver != "none":
        outbox.release_held(conn, contact.id)
    payload = _payload(conn, service, received)
    text = written(message)
    case_id = cases.of_contact(conn, contact.id)
    case = cases.get(conn, case_id) if case_id is not None else None
    spoken_in, unspoken = switching.answer_in(conn, service, contact, received, fresh=bool(text) and payload is None)
    hit = safety.check(text, spoken_in) if text and payload is None else None
    doubt = hit.kind if hit and hit.doubtful else None
    weigh = partial(
        plan,
        message,
        payload=payload,
        case_state=case.state if case else None,
        language_spoken=not unspoken,
        blocked=bool(contact.blocked_until and contact.blocked_until > clock.now()),
        stop=payload is None and privacy.is_stop(text),
        erase=payload is None and privacy.is_erase(text),
        silenced=not switches.is_on(conn, switches.ASSISTANT),
    )
    decided = weigh(emergency=hit.kind if hit else None)
    if doubt and (calm := weigh(emergency=None)).destination is Destination.ASSISTANT:
        decided = calm
    if spoken_in != contact.language and decided.destination is not Destination.NOTHING:
        contacts.speak(conn, contact.id, spoken_in)
    if decided.destination in (Destination.ASSISTANT, Destination.SUGGESTION):
        return Turn(
            received=received,
            sender_id=contacts.begin_turn(conn, contact.id),
            text=decided.text,
            language=spoken_in,
            language_chosen=contact.language_chosen,
            epoch=contact.epoch,
            case_id=case_id if decided.destination is Destination.SUGGESTION else None,
            doubt=doubt,
        )
    outcome, case_id = _settle(conn, service, received, decided, spoken_in, case_id, text)
    topic = f"emergency_{decided.emergency}" if decided.emergency else None
    if decided.destination is Destination.RATED and outcome == "told":
        outcome, topic = decided.key, rating.topic(decided.text)
    inbox.finish(conn, service.vault, received, outcome, language=spoken_in, case_id=case_id, topic=topic)
    return None


def end(conn: Connection, service: Service, turn: Turn, heard: Heard | None) -> str:
    """Settle the assistant's turn; the outcome.

    None, silence without a case, or an action that failed means the assistant did not manage. An emergency the
    classifier saw gets its urgent case even if the dialogue did not come to it.
    """
    received, contact_id = turn.received, turn.received.contact_id
    if settled := inbox.outcome(conn, received.id):
        return settled  # its claim ran out here, and another drain took it and came to an end
    case_id = cases.of_contact(conn, contact_id)
    silenced = not switches.is_on(conn, switches.ASSISTANT)
    if silenced and turn.doubt is None:
        return fail(conn, service, turn, heard, reason="silenced")
    if heard is None and turn.doubt is None:
        return fail(conn, service, turn)
    heard = Heard() if silenced or heard is None else heard
    kind = heard.emergency or (heard.intent or "").partition("emergency_")[2] or _still_doubted(turn, heard)
    if kind:
        case_id = _emergency(conn, service, received, kind, turn.language)
    elif case_id in (None, turn.case_id) and (heard.action_failed or not heard.said):
        return fail(conn, service, turn, heard)
    states: list[str | None] = []
    if heard.said and not kind:
        words = list(heard.said)
        if turn.case_id is not None and case_id == turn.case_id:
            words.append(service.answers.get("utter_helped_ask", turn.language))
        if redaction.is_grave(received.message):
            words[:0] = _document_warning(service, received.message, turn.language)
        asking, contact = words, contacts.get(conn, contact_id)
        if case_id is None and turn.doubt is None:
            asking = rating.with_question(conn, service, contact, words, heard.intent, received.id)
        states = handoff.tell(
            conn,
            service,
            contact_id,
            asking,
            kind="answer" if asking is words else rating.ASKED,
            once_key=f"turn:{received.id}",
            author=Author.ASSISTANT,
            epoch=turn.epoch,
            case_id=turn.case_id,
            in_reply_to=received.id,
            language=contact.language,
        )
    outcome = "answered" if case_id is None or case_id == turn.case_id else "handed_off"
    if states and case_id is None and all(state == "suppressed" for state in states):
        # A person took the conversation over and closed it meanwhile: the message was theirs, on their screen.
        case_id = cases.newest(conn, contact_id)
        outcome = "joined_case" if case_id is not None else "ignored"
    topic = f"emergency_{kind}" if kind else heard.intent
    inbox.finish(conn, service.vault, received, outcome, language=turn.language, case_id=case_id, topic=topic)
    return outcome


def _still_doubted(turn: Turn, heard: Heard) -> str | None:
    """The lone phrase's emergency, unless the assistant understood something harmless beyond doubt."""
    sure = next(((name, chance) for name, chance in heard.guesses), ("", 0.0))
    calm = sure[1] >= safety.SURE_OF_TOPIC and not sure[0].startswith("emergency_")
    return None if calm else turn.doubt


def give_up(conn: Connection, service: Service, received: inbox.Received) -> None:
    """A message that failed too often, before the assistant's turn, goes to people."""
    language = contacts.get(conn, received.contact_id).language or "en"
    fail(conn, service, Turn(received, "", "", language, False, 0, None))


def fail(
    conn: Connection, service: Service, turn: Turn, heard: Heard | None = None, *, reason: str = "assistant_failed"
) -> str:
    """The assistant did not manage, or may not speak: exactly one case, one line."""
    received = turn.received
    case_id = handoff.to_people(
        conn,
        service,
        received.contact_id,
        reason,
        once_key=f"turn:{received.id}",
        language=turn.language,
        card=cases.Card(question=written(received.message), guesses=heard.guesses if heard else ()),
        in_reply_to=received.id,
    )
    inbox.finish(conn, service.vault, received, "handed_off", language=turn.language, case_id=case_id)
    return "handed_off"


def _settle(
    conn: Connection,
    service: Service,
    received: inbox.Received,
    decided: Plan,
    spoken_in: str,
    case_id: int | None,
    text: str,
) -> tuple[str, int | None]:
    contact_id, once_key = received.contact_id, f"turn:{received.id}"
    match decided.destination:
        case Destination.NOTHING:
            return "ignored", case_id
        case Destination.CASE:
            assert case_id is not None
            cases.contact_wrote(conn, case_id, text)
            promises.say_closed(conn, service, contact_id, case_id)
            _warn_of_documents(conn, service, received, case_id, spoken_in)
            return "joined_case", case_id
        case Destination.EMERGENCY:
            assert decided.emergency is not None
            return "handed_off", _emergency(conn, service, received, decided.emergency, spoken_in)
        case Destination.PEOPLE:
            card = cases.Card(question=text)
            case_id = handoff.to_people(
                conn, service, contact_id, decided.reason, once_key=once_key, card=card, language=spoken_in,
                then=_document_warning(service, received.message, spoken_in), in_reply_to=received.id,
            )  # fmt: skip
            return "handed_off", case_id
        case Destination.STOP:
            if case_id is not None and cases.get(conn, case_id).state == "waiting":
                cases.close(conn, case_id, None, "withdrawn")
            privacy.stop(conn, service, contact_id, once_key=once_key)
            return "told", case_id
        case Destination.ERASE:
            privacy.erase_soon(conn, service.vault, contact_id, keep_inbox_id=received.id)
            key, case_id = "utter_delete_my_data_done", None
        case Destination.RATED:
            if rating.taken_before(conn, contact_id, decided.text):
                return "ignored", case_id
            once_key = rating.once_key(contact_id, decided.text)
            bad = decided.key == rating.BAD
            key = "utter_rated_good" if not bad else "utter_rated_bad" if case_id is None else "utter_helped_no"
        case Destination.WITHDRAW:
            assert case_id is not None
            cases.close(conn, case_id, None, "withdrawn")
            key = "utter_helped_yes"
        case Destination.KEEP:
            key = "utter_helped_no"
        case _:
            key = decided.key
    if key in ASKING_AGAIN and outbox.last_kind(conn, contact_id) in ASKING_AGAIN:
        card = cases.Card(question=text)
        return "handed_off", handoff.to_people(
            conn, service, contact_id, "unsure", once_key=once_key, card=card, language=spoken_in,
            in_reply_to=received.id,
        )  # fmt: skip
    words = [service.answers.get(key, spoken_in)]
    handoff.tell(
        conn, service, contact_id, words, kind=key, once_key=once_key, in_reply_to=received.id, language=spoken_in
    )
    return "told", case_id


def _document_warning(service: Service, message: InboundMessage, language: str) -> list[OutboundMessage]:
    """Photos and files may be of documents: ask not to send those, as with numbers. Nothing is fetched to look."""
    asked = message.kind in ("image", "document") or redaction.is_grave(message)
    return [service.answers.get("utter_document_warning", language)] if asked else []


def _warn_of_documents(
    conn: Connection, service: Service, received: inbox.Received, case_id: int, language: str
) -> None:
    """Say it in a case too, unless an agent is in the conversation: then the agent sees the mark and says it."""
    if redaction.is_grave(received.message) and cases.get(conn, case_id).state != "active":
        handoff.tell(
            conn, service, received.contact_id, _document_warning(service, received.message, language),
            kind="document_warning", once_key=f"turn:{received.id}", in_reply_to=received.id, language=language,
        )  # fmt: skip


def _emergency(conn: Connection, service: Service, received: inbox.Received, kind: str, language: str) -> int:
    case_id = handoff.emergency(
        conn,
        service,
        received.contact_id,
        kind,
        card=cases.Card(question=written(received.message)),
        language=language,
        in_reply_to=received.id,
    )
    cases.contact_wrote(conn, case_id)
    return case_id


def _payload(conn: Connection, service: Service, received: inbox.Received) -> str | None:
    """Our own payload, if something of ours was tapped, or its number or title typed; None for a forged id."""
    message = received.message
    if message.reply_id:
        return service.vault.read_payload(message.reply_id)
    typed = (message.text or "").strip()
    if message.deliver != "text" or not 0 < len(typed) <= _TAPPABLE_LENGTH:
        return None
    offered = outbox.last_buttons(conn, service.vault, received.contact_id)
    if typed.isdecimal() and 0 < int(typed) <= len(offered):
        payload = offered[int(typed) - 1].payload
        return None if rating.read(payload) else payload  # the answer itself may have had a numbered list
    return next((button.payload for button in offered if button.title.casefold() == typed.casefold()), None)
