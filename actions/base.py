"""What every action needs: the service, the contact behind the sender id, and errors that leak nothing."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from functools import cache
from typing import Any

from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Action, Tracker
from rasa_sdk.types import DomainDict

from helpline import cases, contacts, logs, service
from helpline.messages import OutboundMessage

log = logs.get("helpline.actions")
Events = list[dict[str, Any]]


class ActionFailed(Exception):
    """An action did not finish. Carries no text: the server puts it into its response and log."""


@cache
def opened() -> service.Service:
    """The service of this process."""
    logs.to_stderr()
    return service.here()


class HelplineAction(Action, ABC):
    """An action whose errors carry no words of the contact."""

    @abstractmethod
    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """What the action does."""

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> Events:
        """Run `act` in a thread, so that a slow one holds up nobody else.

        Any error becomes ActionFailed, which the channel turns into a case.
        """
        try:
            return await asyncio.to_thread(self.act, dispatcher, tracker)
        except Exception:
            logs.failure(log, "action_raised", action=self.name())
            raise ActionFailed(self.name()) from None


def intent_of(tracker: Tracker) -> str:
    """The intent of the latest message."""
    return str((tracker.latest_message.get("intent") or {}).get("name") or "")


def language_of(tracker: Tracker) -> str | None:
    """The language to answer in."""
    metadata = tracker.latest_message.get("metadata") or {}
    return metadata.get("language") or tracker.get_slot("language") or tracker.latest_message.get("language")


def inbox_id_of(tracker: Tracker) -> int | None:
    """The stored message this turn answers; None in `rasa shell`."""
    return (tracker.latest_message.get("metadata") or {}).get("inbox_id")


def contact_of(tracker: Tracker) -> str | None:
    """The contact, or None in `rasa shell`, where nobody is behind the sender id."""
    return contacts.of_sender(tracker.sender_id) if inbox_id_of(tracker) is not None else None


def card_of(tracker: Tracker, facts: dict[str, str] | None = None) -> cases.Card:
    """What an agent should know: the question and the likeliest intents."""
    ranking = tracker.latest_message.get("intent_ranking") or ()
    guesses = [(str(g["name"]), float(g["confidence"])) for g in ranking if g["name"] != "nlu_fallback"]
    text = str(tracker.latest_message.get("text") or "")
    return cases.Card(question="" if text.startswith("/") else text, guesses=tuple(guesses[:3]), facts=facts or {})


def say(dispatcher: CollectingDispatcher, message: OutboundMessage) -> None:
    """Say a finished message (one whose language or facts the NLG class could not know)."""
    buttons = [{"title": b.title, "payload": b.payload, "description": b.description} for b in message.buttons]
    extra: dict[str, Any] = {"request_location": True} if message.request_location else {}
    if message.list_title:
        extra["list_title"] = message.list_title
    dispatcher.utter_message(text=message.text, buttons=buttons or None, **extra)
