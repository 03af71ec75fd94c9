"""Asking whether people were helped: rarely, never where it hurts, counted once and without a person."""

from dataclasses import replace

import pytest
import sqlalchemy as sa

from helpline import cases, clock, outbox, rating, replies
from helpline.db import schema
from helpline.insights import counting
from helpline.messages import Button, OutboundMessage
from helpline.service import Service
from helpline.turn import Heard
from tests.people import AMINA, agent, message, tap, write
from tests.test_turn import ANSWER, open_cases, row, say, sent


def greeted(service, **more):
    """Somebody who was here before, and their second answer."""
    say(service, message("hello", sender=AMINA), Heard(said=(OutboundMessage("Hello."),), intent="greet"))
    return say(service, message("can I go to the doctor without papers?"), replace(ANSWER, **more))


def last(service, contact_id):
    return sent(service, contact_id)[-1]


def ratings(service):
    clock.shift(counting.SETTLED_SECONDS + 1)
    counting.run(service)
    table = schema.insights
    with service.engine.connect() as conn:
        query = sa.select(table.c.outcome, table.c["count"]).where(table.c.measure == "rating")
        return {row.outcome: row[1] for row in conn.execute(query)}


def tapped(service, contact_id, number=0):
    """Tap a button of the newest message with some."""
    asked = next(one for one in reversed(sent(service, contact_id)) if one.buttons)
    return tap(service.vault.sign_payload(asked.buttons[number].payload))


def test_an_answer_asks_in_the_same_message_whether_it_helped(service):
    contact_id = greeted(service)
    asked = last(service, contact_id)
    assert asked.text.startswith("A doctor must see you.") and "Did this answer help you?" in asked.text
    assert [button.title for button in asked.buttons] == ["Yes", "No"]


def test_it_is_asked_once_a_day(service):
    contact_id = greeted(service)
    say(service, message("and my child?"))
    assert not last(service, contact_id).buttons
    clock.shift(rating.APART_SECONDS + 60)
    say(service, message("can I go to the doctor without papers?"))
    assert last(service, contact_id).buttons


def test_somebody_new_is_not_asked(service):
    contact_id = say(service, message("can I go to the doctor without papers?"))
    assert not last(service, contact_id).buttons


@pytest.mark.parametrize(
    "more",
    [
        {"intent": "greet"},
        {"intent": "thanks"},
        {"intent": "health_mental"},
        {"intent": "police_check_rights"},
        {"intent": "find_food", "said": (OutboundMessage("Which town are you in?"),)},
        {"intent": "find_food", "said": (OutboundMessage("في أي مدينة أنتم؟"),)},
        {"intent": "find_food", "said": (OutboundMessage("Choose one.", (Button("Food", "/find_food"),)),)},
        {"intent": "find_food", "said": (OutboundMessage("Where are you", request_location=True),)},
        {"intent": "find_food", "said": (OutboundMessage("x" * 1000),)},
        {"intent": "emergency_medical"},
        {"intent": None},
    ],
)
def test_it_is_not_asked_where_it_does_not_fit(service, more):
    contact_id = greeted(service, **more)
    payloads = [button.payload for one in sent(service, contact_id) for button in one.buttons]
    assert not [one for one in payloads if rating.read(one)]


def test_it_can_be_switched_off(service):
    off = Service(replace(service.settings, satisfaction="off"), service.engine, service.vault, service.answers)
    assert not last(off, greeted(off)).buttons


def test_a_good_answer_is_thanked_and_counted_once(service):
    contact_id = greeted(service)
    first = tapped(service, contact_id)
    say(service, first)
    assert "Thank you" in last(service, contact_id).text and row(service, contact_id).outcome == "rated_good"
    before = len(sent(service, contact_id))
    say(service, tap(first.reply_id))
    assert len(sent(service, contact_id)) == before and row(service, contact_id).outcome == "ignored"
    assert ratings(service) == {"good": 1} and not open_cases(service, contact_id)


def test_a_rating_counts_for_the_topic_of_the_answer(service):
    contact_id = greeted(service)
    say(service, tapped(service, contact_id, 1))
    assert ratings(service) == {"bad": 1}
    with service.engine.connect() as conn:
        topics = conn.execute(sa.select(schema.insights.c.topic).where(schema.insights.c.measure == "rating")).scalars()
        assert list(topics) == [ANSWER.intent]


def test_a_changed_mind_does_not_count_twice(service):
    contact_id = greeted(service)
    good, bad = (tapped(service, contact_id, number) for number in (0, 1))
    say(service, good)
    say(service, bad)
    assert ratings(service) == {"good": 1}


def test_a_bad_answer_offers_a_person_and_opens_no_case_by_itself(service):
    contact_id = greeted(service)
    say(service, tapped(service, contact_id, 1))
    offered = last(service, contact_id)
    assert [button.payload for button in offered.buttons] == ["/human_agent"]
    assert not open_cases(service, contact_id) and ratings(service) == {"bad": 1}


def test_a_typed_number_is_no_rating(service):
    contact_id = greeted(service)
    say(service, message("2"))
    assert ratings(service) == {} and row(service, contact_id).outcome == "answered"


def test_a_rating_says_nothing_of_who_gave_it(service):
    contact_id = greeted(service)
    say(service, tapped(service, contact_id))
    assert ratings(service) == {"good": 1}
    assert row(service, contact_id).topic is None


def closed(service, **more):
    with service.engine.begin() as conn:
        me = agent(conn)
        contact_id = write(conn, service, message("help"))
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="nl", **more)
        cases.claim(conn, case_id, me)
        replies.reply(conn, service.vault, case_id, me, OutboundMessage("hi"), "k")
        cases.close(conn, case_id, me, "answered")
        return cases.get(conn, case_id), contact_id


def test_the_goodbye_of_a_case_asks_in_its_language(service):
    case, _ = closed(service)
    words = rating.goodbye(service, case)
    assert "Hebben we je geholpen?" in words.text and [one.title for one in words.buttons] == ["Ja", "Nee"]


def test_an_urgent_case_ends_without_a_question(service):
    case, _ = closed(service, emergency="violence")
    assert rating.goodbye(service, case).buttons == ()


def test_a_rating_tapped_while_a_new_case_is_open_is_counted_and_leaves_the_case_alone(service):
    contact_id = greeted(service)
    with service.engine.begin() as conn:
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="en")
        before = cases.get(conn, case_id)
    say(service, tapped(service, contact_id, 1))
    with service.engine.connect() as conn:
        assert cases.get(conn, case_id).state == before.state == "waiting"
    assert "A person will still answer you" in last(service, contact_id).text
    assert ratings(service) == {"bad": 1}


def test_the_question_goes_out_as_whatsapp_takes_it(service):
    contact_id = greeted(service)
    with service.engine.connect() as conn:
        kinds = conn.execute(sa.select(schema.outbox.c.kind).where(schema.outbox.c.contact_id == contact_id)).scalars()
        assert rating.ASKED in list(kinds)
        assert outbox.last_buttons(conn, service.vault, contact_id)[0].payload.startswith("/rated_good:a")
