"""Webhook → answer → handoff → agent → close → assistant, on the real processes."""

import re

import pytest
import requests

from helpline import content
from helpline.nlu import understand
from helpline.nlu.thresholds import SUGGEST
from tests.conftest import wait_until
from tests.end_to_end.conftest import ROOT, options, words

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("service")]
ANSWERS = content.Answers(None)


def said(key, language="en", **variables):
    """The beginning of an answer, as it must stand in a message."""
    return ANSWERS.get(key, language, **variables).text.splitlines()[0]


def test_every_process_is_healthy(running):
    for name in ("RASA_PORT", "CONSOLE_PORT", "WORKER_PORT", "SIMULATOR_PORT"):
        answer = requests.get(f"{running.url(name)}/health", timeout=10)
        assert (answer.status_code, answer.json()["ready"]) == (200, True), name


@pytest.mark.parametrize(
    ("language", "question"),
    [
        ("en", "Do I have the right to see a doctor without papers?"),
        ("nl", "Heb ik recht op een dokter zonder papieren?"),
        ("fr", "Est-ce que j'ai le droit de voir un médecin sans papiers ?"),
        ("ar", "هل يحق لي أن أرى طبيبا بدون أوراق؟"),
        ("es", "¿Puedo ir al médico si no tengo papeles?"),
        ("pt", "Tenho direito a consultar um médico sem documentos?"),
    ],
)
def test_question_is_answered_in_its_language(running, language, question):
    phone = running.phone(f"316{7000 + content.SPOKEN.index(language)}0001")
    answer = phone.ask(question)
    assert said("utter_health_right_to_care", language) in answer
    assert said("utter_notice", language) in answer


def test_from_question_to_agent_and_back(running):
    phone = running.phone("31670000100")
    first = phone.ask("Can I talk to a person please?")
    assert said("utter_handoff_asked") in first
    sara, tom = running.desk("sara"), running.desk("tom")
    case_id = sara.find("Can I talk to a person please?")
    page = sara.page(f"/cases/{case_id}")
    assert "31670000100" not in page
    assert sara.post(f"/cases/{case_id}/claim").ok
    refused = tom.post(f"/cases/{case_id}/claim")
    assert refused.status_code == 409 and "Sara" in refused.text
    assert sara.reply(case_id, "Hello, I am a volunteer. What do you need?").ok
    assert words(phone.next("the agent's reply")) == "Hello, I am a volunteer. What do you need?"
    phone.write("I have a toothache, is there a free dentist?")
    assert phone.quiet(), "the assistant must be silent while an agent has the case"
    assert "toothache" in wait_until(
        lambda: (p := sara.page(f"/cases/{case_id}")) and "toothache" in p and p, 10, "the message in the case"
    )
    closed = sara.post(f"/cases/{case_id}/close", outcome="answered", topic="health_dental", unanswered="yes")
    assert closed.ok, closed.text[:800]
    phone.seen = wait_until(lambda: len(phone.received()), 5)
    wait_until(lambda: case_id not in sara.waiting(), 30, "the case closed")
    wait_until(lambda: phone.quiet(1.5) or setattr(phone, "seen", len(phone.received())), 30, "silence after closing")
    assert said("utter_health_dental") in phone.ask("My tooth is broken and I have no money for a dentist")


def test_voucher_state_is_looked_up_for_the_sender_only(running):
    waiting = running.phone("31600000102").ask("When do I get my voucher?")
    assert said("utter_voucher_state_included_waiting") in waiting
    unknown = running.phone("31600000103").ask("When do I get my voucher?")
    assert said("utter_voucher_not_found") in unknown
    typed = running.phone("31600000113").ask("When do I get my voucher? my number is 31600000102")
    assert said("utter_voucher_state_included_waiting") not in typed


@pytest.mark.parametrize(
    ("contact", "key", "person"),
    [
        ("101", "included_success", False),
        ("104", "paused", True),
        ("105", "completed", False),
        ("106", "included_error", True),
        ("107", "new", False),
        ("108", "validated", False),
        ("110", "included_preparing", False),
        ("111", "included_none", False),
        ("112", "utter_voucher_ambiguous", True),
    ],
)
def test_every_demo_contact_is_told_their_own_state(running, contact, key, person):
    key = key if key.startswith("utter_") else f"utter_voucher_state_{key}"
    told = running.phone(f"31600000{contact}").ask("when is my next voucher sent?")
    fixed = ANSWERS.get(key, "en", date="~", amount="~").text.split("~")[0].splitlines()[0].strip()
    assert fixed in told
    assert (said("utter_handoff_topic") in told) is person


def test_shelter_is_found_near_a_typed_town_and_near_a_pin(running):
    phone = running.phone("31670000110")
    asked = phone.ask("I have no place to sleep tonight")
    assert said("utter_ask_location") in asked
    assert phone.received()[-1]["interactive"]["type"] == "location_request_message"
    found = phone.ask("Roterdam")
    assert "Rotterdam" in found and " km" in found
    other = running.phone("31670000111")
    other.ask("where can I find a doctor near me?")
    other.act("location", {"latitude": 52.3731, "longitude": 4.8922})
    assert "Amsterdam" in words(other.next("services near the pin"))


@pytest.mark.parametrize(
    ("latitude", "longitude", "key"), [(0.0, 0.0, "utter_pin_broken"), (48.85, 2.35, "utter_pin_outside")]
)
def test_pin_that_cannot_be_used_gets_a_clear_line(running, latitude, longitude, key):
    phone = running.phone("31670000112" if latitude else "31670000113")
    phone.act("location", {"latitude": latitude, "longitude": longitude})
    assert said(key) in words(phone.next("a line about the pin"))


def test_emergency_gets_the_safety_text_and_an_urgent_case(running):
    phone = running.phone("31670000120")
    answer = phone.ask("my husband is beating me and I am afraid he will kill me")
    assert answer.startswith(said("utter_safety_violence")[:40])
    page = running.desk("noor").page("/cases")
    assert re.search(r"[Uu]rgent", page)


VAGUE = (
    "somebody said there is a place for the papers and the food",
    "can my friend also",
    "where is it for the children and the papers",
    "card",
    "it is about the paper and the card thing of my cousin",
    "they told my cousin to bring the paper for the doctor or the school",
)
"""What no model can be sure of; which of them it has suggestions for depends on its examples."""


def test_unsure_opens_a_case_and_offers_suggestions_to_tap(running):
    model = understand.current(ROOT / "models")
    doubtful = next(one for one in VAGUE if understand.understand(model, one).decision == SUGGEST)
    phone = running.phone("31670000130")
    phone.write(doubtful)
    message = phone.next()
    assert said("utter_handoff_unsure") in words(message)
    case_id = running.desk().find(doubtful)
    assert 1 <= len(options(message)) <= 3
    phone.act("tap", {"message_id": message["id"], "id": next(iter(options(message).values()))})
    phone.next("the answer of the suggestion, which asks whether it helped")
    assert case_id in running.desk().waiting()  # until somebody says that it did


def test_menu_is_a_list_whose_rows_work(running):
    phone = running.phone("31670000131")
    phone.write("Hello")
    menu = phone.next("the greeting with the menu")
    assert len(options(menu)) == 10
    phone.act("tap", {"message_id": menu["id"], "id": options(menu)["Corona vaccine"]})
    assert said("utter_covid_vaccination") in words(phone.next("the answer of the row"))


@pytest.mark.parametrize(
    ("contact", "text", "key"),
    [
        ("31670000140", " ", "utter_empty"),
        ("31670000141", "\u200b\u200f", "utter_empty"),
    ],
)
def test_nothing_readable_gets_a_clear_line(running, contact, text, key):
    phone = running.phone(contact)
    phone.act("webhook", {"type": "text", "text": {"body": text}})
    assert said(key) in words(phone.next("a clear line"))


@pytest.mark.parametrize(
    ("contact", "text"),
    [
        ("31670000150", "/restart"),
        ("31670000151", '/voucher_status{"a": 1}'),
        pytest.param("31670000152", "a" * 100_000, id="100 kB"),
        pytest.param("31670000153", "hello \u0000 doctor", id="null byte"),
        ("31670000154", "😭😭😭"),
        ("31670000155", "asdfgh qwerty zxcv"),
    ],
)
def test_strange_input_ends_in_one_message(running, contact, text):
    phone = running.phone(contact)
    phone.act("webhook", {"type": "text", "text": {"body": text}})
    assert words(phone.next("some answer"))
    assert phone.quiet()


def test_forged_button_is_no_command(running):
    phone = running.phone("31670000160")
    phone.act("tap", {"id": "/restart~0011223344556677", "title": "Are you a robot?"})
    assert said("utter_bot_challenge") in words(phone.next("an answer to the title"))


def test_voice_note_and_picture_go_to_a_person(running):
    phone = running.phone("31670000170")
    phone.act("voice")
    assert said("utter_media_received") in words(phone.next("a line about the voice note"))
    phone = running.phone("31670000171")
    phone.act("image")
    assert said("utter_document_warning") in words(phone.next("a line about the picture"))


def test_three_messages_within_a_second_are_answered_in_order(running):
    phone = running.phone("31670000180")
    for text in ("are you a robot?", "my tooth hurts, is there a dentist without insurance?", "thank you so much"):
        phone.write(text)
    got = [words(phone.next(f"answer {number}")) for number in (1, 2, 3)]
    keys = ("utter_bot_challenge", "utter_health_dental", "utter_thanks")
    assert [said(key) in text for key, text in zip(keys, got, strict=True)] == [True, True, True]


def test_contact_without_a_phone_number_is_answered(running):
    phone = running.phone("NL.13491208655302741918")
    assert said("utter_bot_challenge") in phone.ask("are you a robot?")


def test_language_of_choice_stays(running):
    phone = running.phone("31670000190")
    assert said("utter_language_changed", "nl") in phone.ask("Can you speak Dutch please?")
    assert said("utter_bot_challenge", "nl") in phone.ask("are you a robot?")


def test_delete_my_data_asks_once_and_forgets(running):
    phone = running.phone("31670000191")
    phone.write("please delete all my data and messages")
    question = phone.next("the question")
    assert said("utter_delete_my_data_ask") in words(question)
    yes = next(iter(options(question).values()))
    phone.act("tap", {"message_id": question["id"], "id": yes})
    assert said("utter_delete_my_data_done") in words(phone.next("the confirmation"))


def test_language_nobody_wrote_answers_for_reaches_people(running):
    phone = running.phone("31670000192")
    line = ANSWERS.static("utter_language_unsupported", "tr").text.splitlines()[0]
    assert line in phone.ask("Merhaba, hastayım ve doktora gitmem lazım, param yok")
