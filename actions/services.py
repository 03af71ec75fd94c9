"""action_find_service: the nearest place that helps, for a town, a postcode or a pin."""

from __future__ import annotations

from dataclasses import dataclass

from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.interfaces import Tracker

from actions.base import Events, HelplineAction, inbox_id_of, intent_of, language_of, opened, say
from actions.handoff import to_people
from helpline import clock, directory, inbox, places
from helpline.db.engine import reading
from helpline.directory import wording
from helpline.messages import OutboundMessage
from helpline.places import Pin, Place

SLOT = "service_kind"
TRIES = 2
"""How often the place is asked; after that a person helps."""
_TEXT_SHOWN = 40


@dataclass(frozen=True)
class Wanted:
    """What is looked for, as the slot keeps it: "find_food 1". A place is never kept."""

    intent: str = ""
    tries: int = 0
    """How often the place was asked without an answer."""

    @classmethod
    def of(cls, tracker: Tracker) -> Wanted:
        """From the slot."""
        intent, _, tries = str(tracker.get_slot(SLOT) or "").partition(" ")
        return cls(intent, int(tries) if tries.isdecimal() else 0)

    def kept(self) -> Events:
        """For the next turn."""
        return [SlotSet(SLOT, f"{self.intent} {self.tries}".strip())]


@dataclass(frozen=True)
class Where:
    """What the message says about the place."""

    candidates: tuple[Place, ...] = ()
    pin: Pin | None = None
    text: str = ""
    """What the contact wrote, when it was meant as a place."""


class ActionFindService(HelplineAction):
    """Asks for the place once, answers with the best three near it, and never goes round in circles."""

    def name(self) -> str:
        """As the domain calls it."""
        return "action_find_service"

    def act(self, dispatcher: CollectingDispatcher, tracker: Tracker) -> Events:
        """Find out what and where, then answer, ask, or hand over."""
        intent, before = intent_of(tracker), Wanted.of(tracker)
        if number := next(tracker.get_latest_entity_values("service"), None):
            return _details(dispatcher, tracker, str(number), before)
        wanted = Wanted(intent, before.tries) if directory.kinds_of_intent(intent) else before
        where = _where(tracker, asked=before.tries > 0 or intent == "inform_location")
        language, answers = language_of(tracker), opened().answers
        if where.pin is not None and not where.pin.inside:
            return _unusable_pin(dispatcher, tracker, where.pin, wanted)
        if len(where.candidates) > 1:
            again = wanted.intent or "inform_location"
            say(dispatcher, wording.which(answers, language, where.candidates, again))
            return wanted.kept()
        if not where.candidates and where.pin is None:
            return _ask_place(dispatcher, tracker, wanted, where)
        place = where.candidates[0] if where.candidates else None
        if not wanted.intent:
            near = place or (where.pin.nearest if where.pin else None)
            say(dispatcher, wording.kind_question(answers, language, near.name if near else None))
            return []
        return _answer(dispatcher, tracker, wanted, place, where.pin)


def _where(tracker: Tracker, *, asked: bool) -> Where:
    text = str(tracker.latest_message.get("text") or "")
    entity = str(next(tracker.get_latest_entity_values("place"), None) or "")
    if text.startswith("/"):
        if entity:
            return Where(tuple(places.find(entity)))
        return Where(pin=_pin(tracker))
    found = places.mentioned(text) or (places.find(text) if asked else []) or (places.find(entity) if entity else [])
    return Where(tuple(found), text=text if asked else "")


def _pin(tracker: Tracker) -> Pin | None:
    number = inbox_id_of(tracker)
    if number is None:
        return None
    service = opened()
    with reading(service.engine) as conn:
        location = inbox.pin_of(conn, service.vault, number)
    return places.of_pin(location.latitude, location.longitude) if location else None


def _answer(
    dispatcher: CollectingDispatcher, tracker: Tracker, wanted: Wanted, place: Place | None, pin: Pin | None
) -> Events:
    answers, language, at = opened().answers, language_of(tracker), clock.now()
    kinds = directory.kinds_of_intent(wanted.intent)
    point = place or pin
    assert point is not None
    with reading(opened().engine) as conn:
        limit = wording.SHOWN + wording.ROWS
        found = directory.nearest(conn, kinds, point.latitude, point.longitude, limit, at)
    if not found:
        first = [wording.nothing_near(answers, language, next(iter(kinds)))]
        to_people(dispatcher, tracker, "topic", first=first)
    else:
        say(dispatcher, wording.results(answers, language, found, wanted.intent, at, place.name if place else None))
    return Wanted(wanted.intent).kept()


def _ask_place(dispatcher: CollectingDispatcher, tracker: Tracker, wanted: Wanted, where: Where) -> Events:
    answers, language = opened().answers, language_of(tracker)
    if wanted.tries >= TRIES:
        to_people(dispatcher, tracker, "topic")
        return [SlotSet(SLOT, None)]
    if not wanted.intent and wanted.tries == 0 and not where.text:
        say(dispatcher, wording.kind_question(answers, language, None))
        return []
    if where.text:
        said = answers.get("utter_place_unknown", language, place=_shown(where.text))
        say(dispatcher, OutboundMessage(said.text, said.buttons, request_location=not said.buttons))
    else:
        say(dispatcher, answers.get("utter_ask_location", language))
    return Wanted(wanted.intent, wanted.tries + 1).kept()


def _unusable_pin(dispatcher: CollectingDispatcher, tracker: Tracker, pin: Pin, wanted: Wanted) -> Events:
    answers, language = opened().answers, language_of(tracker)
    if wanted.tries > TRIES:
        to_people(dispatcher, tracker, "topic")
        return [SlotSet(SLOT, None)]
    if pin.broken:
        said = answers.get("utter_pin_broken", language)
        say(dispatcher, OutboundMessage(said.text, said.buttons, request_location=not said.buttons))
    else:
        said = answers.get("utter_pin_outside", language)
        say(dispatcher, said if said.buttons else wording.with_person(answers, language, said))
    return Wanted(wanted.intent, wanted.tries + 1).kept()


def _details(dispatcher: CollectingDispatcher, tracker: Tracker, number: str, before: Wanted) -> Events:
    """One service of the list of more."""
    answers, language, at = opened().answers, language_of(tracker), clock.now()
    with reading(opened().engine) as conn:
        found = directory.one(conn, int(number), at) if number.isdecimal() else None
    if found is None:
        say(dispatcher, answers.get("utter_button_expired", language))
    else:
        say(dispatcher, OutboundMessage(wording.card(answers, language, found, at, distance=False)))
    return Wanted(before.intent).kept() if before.intent else []


def _shown(text: str) -> str:
    """What they wrote, short enough to repeat."""
    line = " ".join(text.split())
    return line if len(line) <= _TEXT_SHOWN else line[: _TEXT_SHOWN - 1].rstrip() + "…"
