"""action_handoff and action_emergency: the conversation goes to people."""

from __future__ import annotations

from collections.abc import Sequence

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.base import (
    Events,
    HelplineAction,
    card_of,
    contact_of,
    inbox_id_of,
    intent_of,
    language_of,
    opened,
    say,
)
from helpline import handoff
from helpline.messages import OutboundMessage

_REASONS = {"human_agent": "asked", "nlu_fallback": "unsure", "out_of_scope": "unsure"}


def to_people(
    dispatcher: CollectingDispatcher,
    tracker: Tracker,
    reason: str,
    *,
    first: Sequence[OutboundMessage] = (),
    facts: dict[str, str] | None = None,
    language: str | None = None,
) -> None:
    """Open a case for the sender, saying `first` before it; in `rasa shell` only say what would be said."""
    service, contact_id = opened(), contact_of(tracker)
    language = language or language_of(tracker)
    card = card_of(tracker, facts)
    if contact_id is None:
        for message in (*first, handoff.acknowledgement(service, reason, language, card)):
            say(dispatcher, message)
        return
    with service.engine.begin() as conn:
        handoff.to_people(
            conn,
            service,
            contact_id,
            reason,
            once_key=f"handoff:{inbox_id_of(tracker)}",
            topic=None if reason == "unsure" else intent_of(tracker),
            card=card,
            language=language,
            first=first,
            in_reply_to=inbox_id_of(tracker),
        )


class ActionHandoff(HelplineAction):
    """Opens a case. A topic with a text of its own (general information) says it first."""

    def name(self) -> str:
        """As the domain calls it."""
        return "action_handoff"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Say the topic's text if there is one, and open the case."""
        intent, answers = intent_of(tracker), opened().answers
        reason = _REASONS.get(intent, "topic")
        key = f"utter_{intent}"
        first = [answers.get(key, language_of(tracker))] if reason == "topic" and answers.has(key) else []
        to_people(dispatcher, tracker, reason, first=first)
        return []


class ActionEmergency(HelplineAction):
    """Safety text first, then an urgent case: for what the safety net missed and only the classifier sees."""

    def name(self) -> str:
        """As the domain calls it."""
        return "action_emergency"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Open or upgrade the case."""
        service, contact_id = opened(), contact_of(tracker)
        kind = intent_of(tracker).removeprefix("emergency_")
        if contact_id is None:
            say(dispatcher, service.answers.static(f"utter_safety_{kind}", language_of(tracker)))
            return []
        with service.engine.begin() as conn:
            handoff.emergency(
                conn,
                service,
                contact_id,
                kind,
                card=card_of(tracker),
                language=language_of(tracker),
                in_reply_to=inbox_id_of(tracker),
            )
        return []
