"""A contact who fell silent is asked once, by day, and the case closed in time; never over their own words."""

import dataclasses
import datetime as dt

import pytest
import sqlalchemy as sa

from helpline import cases, clock, contacts, outbox, replies, silence
from helpline.db import schema
from helpline.messages import OutboundMessage
from tests.people import agent, message, write

HOUR = 3600


@pytest.fixture
def answered(service):
    """A case a person has answered at nine in the morning; its id."""
    morning = dt.datetime.combine(clock.today() + dt.timedelta(days=1), dt.time(9), clock.ZONE)
    clock.shift(morning.timestamp() - clock.now())
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("where is the town hall?"))
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="nl")
        me = agent(conn)
        cases.claim(conn, case_id, me)
        replies.reply(conn, service.vault, case_id, me, OutboundMessage("At the square."), "reply")
    return case_id


def tend(service):
    with service.engine.begin() as conn:
        return silence.tend(conn, service)


def case(service, case_id):
    with service.engine.begin() as conn:
        return cases.get(conn, case_id)


def system_texts(service):
    query = sa.select(schema.outbox).where(schema.outbox.c.author == "system").order_by(schema.outbox.c.id)
    with service.engine.begin() as conn:
        return [(row.kind, outbox.unpack(service.vault.open(row.body_sealed)).text) for row in conn.execute(query)]


def test_silence_is_asked_about_once_in_their_language_and_then_closed(service, answered):
    clock.shift(5 * HOUR)
    assert tend(service) == 0
    clock.shift(2 * HOUR)
    assert tend(service) == 1 and tend(service) == 0
    kind, text = system_texts(service)[-1]
    assert kind == "still_there" and text == service.answers.get("utter_still_there", "nl").text
    clock.shift(23 * HOUR)
    assert tend(service) == 0
    clock.shift(2 * HOUR)
    assert tend(service) == 1
    assert (case(service, answered).state, case(service, answered).outcome) == ("closed", "no_reply")
    assert len(system_texts(service)) == 1, "the window has shut: nothing more is sent"


def test_it_is_never_asked_at_night(service, answered):
    clock.shift(12 * HOUR)  # nine in the evening
    assert tend(service) == 0
    clock.shift(11 * HOUR + 1800)  # half past eight in the morning
    assert tend(service) == 0


def test_never_while_the_last_word_is_the_contacts(service, answered):
    with service.engine.begin() as conn:
        contact_id = cases.get(conn, answered).contact_id
        contacts.wrote(conn, contact_id, clock.now())
        cases.contact_wrote(conn, answered, "and when is it open?")
    clock.shift(8 * HOUR)
    assert tend(service) == 0
    clock.shift(72 * HOUR)
    assert tend(service) == 0 and case(service, answered).state == "active"


def test_a_message_after_the_question_keeps_the_case(service, answered):
    clock.shift(7 * HOUR)
    tend(service)
    with service.engine.begin() as conn:
        cases.contact_wrote(conn, answered, "yes, one more")
    clock.shift(48 * HOUR)
    assert tend(service) == 0 and case(service, answered).state == "active"


def test_an_urgent_case_is_never_closed_by_time(service, answered):
    with service.engine.begin() as conn:
        cases.upgrade(conn, answered, "violence")
    clock.shift(7 * HOUR)
    assert tend(service) == 0
    clock.shift(80 * HOUR)
    assert tend(service) == 0 and case(service, answered).state == "active"


def test_it_can_be_switched_off(service, answered):
    off = dataclasses.replace(service, settings=dataclasses.replace(service.settings, case_nudge_hours=0))
    clock.shift(100 * HOUR)
    assert tend(off) == 0
