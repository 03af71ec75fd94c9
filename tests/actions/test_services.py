"""The nearest place that helps: asked once, answered in one message, and never a circle."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import handoff as handoff_action
from actions import services as services_action
from helpline import cases, clock, contacts, directory, inbox
from helpline.content import SPOKEN
from helpline.db import schema
from tests.people import message, pin, write


class Asking:
    """A contact who looks for something; slots live on as in a tracker."""

    def __init__(self, service):
        self.service, self.slots, self.contact_id = service, {}, None

    def say(self, intent, text, *, language="en", entities=None, sent=None):
        with self.service.engine.begin() as conn:
            self.contact_id = write(conn, self.service, sent or message(text))
            contacts.noticed(conn, self.contact_id)
            taken = inbox.claim(conn, self.service.vault, 1)[0]
        latest = {
            "text": text,
            "intent": {"name": intent, "confidence": 0.9},
            "intent_ranking": [{"name": intent, "confidence": 0.9}],
            "entities": [{"entity": name, "value": value} for name, value in (entities or {}).items()],
            "metadata": {"inbox_id": taken.id, "language": language},
        }
        tracker = Tracker(f"{self.contact_id}:1", dict(self.slots), latest, [], False, None, {}, "action_listen")
        dispatcher = CollectingDispatcher()
        events = asyncio.run(services_action.ActionFindService().run(dispatcher, tracker, {}))
        self.slots.update({event["name"]: event["value"] for event in events})
        with self.service.engine.begin() as conn:
            inbox.finish(conn, self.service.vault, taken, "answered", language=language, case_id=None)
        self.messages = dispatcher.messages
        self.buttons = [button for one in dispatcher.messages for button in one["buttons"]]
        return "\n".join(one["text"] for one in dispatcher.messages)

    def tap(self, number, language="en"):
        """Tap a button: what Rasa makes of our payload."""
        payload = self.buttons[number]["payload"]
        intent, entities = re.fullmatch(r"/(\w+)(\{.*\})?", payload).groups()
        return self.say(intent, payload, entities=json.loads(entities or "{}"), language=language)

    def case_is_open(self):
        with self.service.engine.connect() as conn:
            return cases.of_contact(conn, self.contact_id) is not None


@pytest.fixture
def asking(service, monkeypatch):
    with service.engine.begin() as conn:
        directory.import_starter(conn)
    for module in (services_action, handoff_action):
        monkeypatch.setattr(module, "opened", lambda: service)
    return Asking(service)


def test_place_in_the_question_is_answered_at_once_in_one_message(asking):
    said = asking.say("find_shelter", "where can I sleep in Utreght tonight")
    assert said.startswith("Near Utrecht")
    assert "Johannes Camphuysstraat 101" in said
    assert len(asking.messages) == 1


def test_place_is_asked_with_a_location_button_and_the_kind_is_remembered(asking):
    asked = asking.say("find_food", "I am hungry")
    assert "town" in asked
    assert asking.messages[0]["request_location"] is True
    said = asking.say("inform_location", "roterdam")
    assert "Gaarkeuken" in said


def test_second_answer_that_is_no_place_leads_to_a_person(asking):
    asking.say("find_food", "I am hungry")
    assert "Xyzzy street" in asking.say("inform_location", "Xyzzy street behind the shop")
    assert not asking.case_is_open()
    asking.say("inform_location", "behind the big tree")
    assert asking.case_is_open()
    assert asking.slots["service_kind"] is None


def test_asking_the_same_again_and_again_leads_to_a_person(asking):
    for _ in range(3):
        asking.say("find_shelter", "I need a place to sleep")
    assert asking.case_is_open()


def test_two_towns_of_one_name_are_one_question_with_two_buttons(asking):
    asking.say("find_legal_help", "I need a lawyer in Rijswijk")
    assert [button["title"] for button in asking.buttons] == ["Rijswijk (ZH)", "Rijswijk (NB)"]
    assert "Rijswijk (NB)" in asking.tap(1)


def test_place_without_a_question_is_asked_what_is_looked_for_and_keeps_the_place_on_the_buttons(asking):
    asking.say("inform_location", "Groningen")
    payloads = [button["payload"] for button in asking.buttons]
    assert '/find_shelter{"place": "Groningen"}' in payloads
    assert "INLIA" in asking.tap(0)


def test_pin_is_used_once_and_kept_nowhere(asking):
    asking.say("find_health_service", "doctor please")
    said = asking.say("inform_location", "/inform_location", sent=pin(52.3791283, 4.9003341))
    assert said.startswith("Near the place you shared")
    assert "Kruispost" in said
    with asking.service.engine.connect() as conn:
        stored = [asking.service.vault.open(row.body_sealed) for row in conn.execute(schema.inbox.select())]
    kept = repr((asking.slots, stored))
    assert "52.37" not in kept and "4.90" not in kept


def test_pin_outside_the_netherlands_and_broken_pin_are_told_apart(asking):
    asking.say("find_food", "food")
    outside = asking.say("inform_location", "/inform_location", sent=pin(50.85, 4.35))
    assert "not in the Netherlands" in outside
    assert asking.buttons[-1]["payload"] == "/human_agent"
    broken = asking.say("inform_location", "/inform_location", sent=pin(0.0, 0.0))
    assert broken != outside
    asking.say("inform_location", "/inform_location", sent=pin(0.0, 0.0))
    asking.say("inform_location", "/inform_location", sent=pin(0.0, 0.0))
    assert asking.case_is_open()


def test_nothing_within_reach_says_so_and_opens_a_case(asking):
    with asking.service.engine.begin() as conn:
        conn.execute(schema.services.update().values(retired=True))
    asking.say("find_food", "food in Maastricht")
    assert asking.case_is_open()


def test_more_services_are_a_list_and_a_row_shows_one(asking):
    asking.say("find_health_service", "doctor in Amsterdam")
    rows = [button for button in asking.buttons if "service" in button["payload"]]
    assert 3 <= len(rows) <= 9
    assert asking.buttons[-1]["payload"] == "/human_agent"
    assert rows[0]["title"] in asking.tap(0)


def test_service_that_was_retired_meanwhile_is_an_expired_button(asking):
    asking.say("find_health_service", "doctor in Amsterdam")
    with asking.service.engine.begin() as conn:
        conn.execute(schema.services.update().values(retired=True))
    assert "button does not work" in asking.tap(0)


def test_facts_past_their_review_date_say_phone_first(asking):
    fresh = asking.say("find_legal_help", "lawyer in Leiden")
    assert "may have changed" not in fresh
    clock.shift(400 * 86400)
    assert "may have changed" in asking.say("find_legal_help", "lawyer in Leiden")


def test_town_only_is_understood_after_an_answer_without_asking_again(asking):
    asking.say("find_food", "food in Utrecht")
    assert asking.say("inform_location", "and in Breda?").startswith("Near Breda")


@pytest.mark.parametrize("language", SPOKEN)
def test_every_message_is_whole_in_every_language(asking, language):
    said = [
        asking.say("find_health_service", "Amsterdam", language=language),
        asking.say("find_food", "?", language=language),
        asking.say("inform_location", "Nergenshuizen", language=language),
        asking.say("find_shelter", "Bergen", language=language, entities={"place": "Bergen"}),
    ]
    assert all(said)
    assert not re.search(r"[{}]", "".join(said))
    assert "Kruispost" in said[0]


@pytest.mark.parametrize("text", ["", "\0", "😀", "a" * 5000, "'; drop table services; --", "ـ" * 300, "/../x"])
def test_strange_answers_are_asked_again_not_failures(asking, text):
    asking.say("find_food", "food")
    assert asking.say("inform_location", text)


def test_map_link_is_readable_and_points_at_the_address(asking):
    said = asking.say("find_health_service", "Amsterdam")
    link = re.search(r"https://www\.openstreetmap\.org/\?mlat=([\d.]+)&mlon=([\d.]+)", said)
    assert link and abs(float(link.group(1)) - 52.37) < 0.05
