"""Unsure: a case at once, up to three things to tap meanwhile, and what a tap, a yes, a no and silence do."""

import pytest

from helpline import cases, clock, handoff, turn
from helpline.messages import OutboundMessage
from helpline.turn import Heard
from tests.people import AMINA, message, tap
from tests.test_turn import open_cases, say, sent, take

GUESSES = (("find_food", 0.4), ("find_shelter", 0.3), ("money_help", 0.1), ("greet", 0.1))
FOOD = Heard(said=(OutboundMessage("The food bank is open today."),), intent="find_food")


@pytest.fixture
def unsure(service):
    """Somebody whose message was not understood surely: they and their case."""
    begun, contact_id = take(service, message("the thing for eat and sleep"))
    with service.engine.begin() as conn:
        card = cases.Card(question=begun.text, guesses=GUESSES)
        handoff.to_people(conn, service, contact_id, "unsure", once_key=f"turn:{begun.received.id}", card=card)
        turn.end(conn, service, begun, Heard(intent="nlu_fallback"))
    [case] = open_cases(service, contact_id)
    return contact_id, case


def tapped(service, payload, heard=FOOD):
    return say(service, tap(service.vault.sign_payload(payload), sender=AMINA), heard)


def test_a_case_opens_at_once_and_a_person_is_promised_with_three_things_to_tap(service, unsure):
    contact_id, case = unsure
    assert (case.reason, case.state) == ("unsure", "waiting")
    [told] = sent(service, contact_id)
    assert [button.payload for button in told.buttons] == [f"suggest:{intent}" for intent, _ in GUESSES[:3]]
    assert service.answers.get("utter_name_find_food", "en").text == told.buttons[0].title


def test_tapping_one_gives_its_answer_asks_whether_it_helped_and_keeps_the_case(service, unsure):
    contact_id, case = unsure
    tapped(service, "suggest:find_food")
    last = sent(service, contact_id)[-1]
    assert "food bank is open" in last.text
    assert {button.payload for button in last.buttons} == {"/helped_yes", "/helped_no"}
    assert [one.id for one in open_cases(service, contact_id)] == [case.id]


def test_yes_withdraws_the_case(service, unsure):
    contact_id, case = unsure
    tapped(service, "suggest:find_food")
    tapped(service, "/helped_yes")
    assert not open_cases(service, contact_id)
    with service.engine.connect() as conn:
        assert cases.get(conn, case.id).state == "closed"


def test_no_keeps_it_and_says_that_a_person_answers(service, unsure):
    contact_id, case = unsure
    tapped(service, "suggest:find_food")
    tapped(service, "/helped_no")
    [kept] = open_cases(service, contact_id)
    assert (kept.id, kept.state) == (case.id, "waiting")
    assert sent(service, contact_id)[-1].text == service.answers.get("utter_helped_no", "en").text


def test_silence_keeps_it(service, unsure, monkeypatch):
    contact_id, case = unsure
    tapped(service, "suggest:find_food")
    later = clock.now() + 6 * 3600
    monkeypatch.setattr(clock, "now", lambda: later)
    assert [one.id for one in open_cases(service, contact_id)] == [case.id]


def test_whatever_is_written_instead_joins_the_case_and_promises_nothing_twice(service, unsure):
    contact_id, _ = unsure
    before = len(sent(service, contact_id))
    say(service, message("I mean food for my children", sender=AMINA))
    assert len(open_cases(service, contact_id)) == 1
    assert len(sent(service, contact_id)) == before
