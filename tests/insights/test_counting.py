"""Messages and cases become counts, once each, and nothing leads from a count back to a person."""

import threading

import pytest
import sqlalchemy as sa

from helpline import cases, clock, inbox, privacy, replies, turn
from helpline.db import schema
from helpline.insights import counting
from helpline.messages import Identity, OutboundMessage
from tests.people import agent, message, write


def counts(service, measure):
    table = schema.insights
    query = sa.select(table.c.topic, table.c.language, table.c.outcome, table.c.band, table.c.count)
    with service.engine.begin() as conn:
        rows = conn.execute(query.where(table.c.measure == measure).order_by(table.c.topic, table.c.outcome))
        return [tuple(row) for row in rows]


def answered(service, text, intent, sender):
    """A message the assistant answers; the contact's id."""
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message(text, sender=sender))
        [received] = inbox.claim(conn, service.vault, 5)
        begun = turn.begin(conn, service, received)
        turn.end(conn, service, begun, turn.Heard((OutboundMessage("so"),), intent, ((intent, 0.95),)))
    return contact_id


def person(number):
    return Identity(phone=f"316000002{number:02}")


def test_each_message_counts_once_by_day_topic_language_and_outcome(service):
    for number in range(3):
        answered(service, "when is my voucher coming", "voucher_when", person(number))
    assert counting.run(service) == 0, "not before it is settled"
    clock.shift(counting.SETTLED_SECONDS + 1)
    assert counting.run(service) == 3
    assert counting.run(service) == 0
    assert counts(service, "message") == [("voucher_when", "en", "answered", "", 3)]
    assert sum(row[-1] for row in counts(service, "hour")) == 3


def test_what_a_message_was_about_is_forgotten_once_counted(service):
    answered(service, "when is my voucher coming", "voucher_when", person(1))
    clock.shift(counting.SETTLED_SECONDS + 1)
    counting.run(service)
    with service.engine.begin() as conn:
        assert conn.execute(sa.select(schema.inbox.c.topic)).scalars().all() == [None]


def test_two_workers_at_once_count_everything_once(service):
    for number in range(12):
        answered(service, "when is my voucher coming", "voucher_when", person(number))
    clock.shift(counting.SETTLED_SECONDS + 1)
    threads = [threading.Thread(target=counting.run, args=(service,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert counts(service, "message") == [("voucher_when", "en", "answered", "", 12)]


@pytest.mark.parametrize(("minutes", "band"), [(0, "5m"), (4, "5m"), (6, "15m"), (59, "1h"), (2000, "more")])
def test_a_case_counts_with_the_wait_for_a_person_in_bands(service, minutes, band):
    with service.engine.begin() as conn:
        me = agent(conn)
        contact_id = write(conn, service, message("help", sender=person(1)))
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", topic="find_food", language="fr")
        cases.claim(conn, case_id, me)
        clock.shift(minutes * 60)
        if minutes < 1440:
            replies.reply(conn, service.vault, case_id, me, OutboundMessage("hi"), "k")
        else:
            conn.execute(sa.update(schema.cases).values(first_reply_at=clock.now()))
        cases.close(conn, case_id, me, "answered", lesson="missing")
    clock.shift(counting.SETTLED_SECONDS + 1)
    counting.run(service)
    assert counts(service, "case") == [("find_food", "fr", "answered", band, 1)]
    assert counts(service, "lesson") == [("find_food", "", "missing", "", 1)]


def test_a_case_nobody_answered_has_its_own_band():
    assert counting.wait_band(0, None) == "none"


def test_erasing_a_contact_changes_no_count(service):
    contact_id = answered(service, "when is my voucher coming", "voucher_when", person(1))
    clock.shift(counting.SETTLED_SECONDS + 1)
    counting.run(service)
    before = counts(service, "message")
    with service.engine.begin() as conn:
        privacy.erase(conn, service.vault, contact_id)
    assert counts(service, "message") == before


def test_a_count_has_nothing_that_leads_to_a_contact():
    columns = set(schema.insights.c.keys())
    assert columns == {"id", "day", "measure", "topic", "language", "outcome", "band", "count", "demo"}
    assert not schema.insights.foreign_keys


def test_rows_are_written_in_an_order_that_says_nothing_of_who_came_first(service):
    for number, intent in enumerate(("find_shelter", "covid_proof", "voucher_when")):
        answered(service, "when is my voucher coming", intent, person(number))
    clock.shift(counting.SETTLED_SECONDS + 1)
    counting.run(service)
    table = schema.insights
    with service.engine.begin() as conn:
        query = sa.select(table.c.topic).where(table.c.measure == "message").order_by(table.c.id)
        assert conn.execute(query).scalars().all() == ["covid_proof", "find_shelter", "voucher_when"]
