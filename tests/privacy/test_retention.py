"""Tests travel in time and count the rows of every table."""

import dataclasses

import pytest
import sqlalchemy as sa

from helpline import cases, clock, contacts, inbox, outbox, retention, switches
from helpline.db import schema
from helpline.db.columns import column, metadata
from helpline.messages import Author, OutboundMessage
from helpline.worker import jobs
from tests.conftest import count
from tests.people import AMINA, BASHIR, agent, message, write
from tests.privacy.rows import fill

DAY = 24 * 3600


def later(service, seconds):
    clock.shift(seconds)
    return retention.run(service)


def rows(service):
    with service.engine.connect() as conn:
        return {name: number for name, number in retention.counts(conn).items() if number}


def test_every_table_has_a_rule_and_every_word_a_period(service):
    for rule in retention.rules():
        if rule.column:
            assert retention.seconds_of(service.settings, rule.word) > 0
    assert {rule.table for rule in retention.rules()} == set(metadata.tables)


def test_a_table_that_would_keep_rows_for_ever_is_named():
    table = sa.Table("forgotten", sa.MetaData(), column("id", sa.Integer, "row", "message", primary_key=True))
    with pytest.raises(retention.NoRule, match="forgotten"):
        retention._rule(table)
    mixed = sa.Table(
        "mixed", sa.MetaData(), column("id", sa.Integer, "row", "message"), column("at", sa.Integer, "when", "case")
    )
    with pytest.raises(retention.NoRule, match="mixed"):
        retention._rule(mixed)
    unknown = sa.Table("unknown", sa.MetaData(), column("at", sa.Integer, "when", "a while"))
    with pytest.raises(retention.NoRule, match="a while"):
        retention.seconds_of(None or _settings(), retention._rule(unknown).word)


def _settings():
    from helpline import settings

    return settings.read({})


def test_nothing_goes_before_its_time_and_everything_of_people_after_it(service):
    with service.engine.begin() as conn:
        fill(conn, service.vault)
    everything = rows(service)
    assert set(everything) == set(metadata.tables)
    later(service, 60)
    assert rows(service) == everything
    later(service, 4 * 365 * DAY)
    left = {rule.table for rule in retention.rules() if rule.word in retention.KEPT}
    assert set(rows(service)) == left


@pytest.mark.parametrize(
    ("word", "days"), [("short", 7), ("message", 30), ("lesson", 30), ("contact", 90), ("case", 90), ("log", 365)]
)
def test_each_word_goes_after_its_own_period(service, word, days):
    tables = {rule.table for rule in retention.rules() if rule.word == word and not rule.follows}
    with service.engine.begin() as conn:
        fill(conn, service.vault)
    later(service, (days - 1) * DAY)
    early = set(rows(service))
    assert tables - {"trackers", "contacts"} <= early
    later(service, 2 * DAY)
    assert not tables & set(rows(service))


def test_the_notice_is_true_messages_are_gone_after_thirty_days_also_in_an_open_case(service):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("I sleep at my sister's"))
        [taken] = inbox.claim(conn, service.vault, 1)
        case_id, _ = cases.open_case(
            conn, service.vault, contact_id, "asked", card=cases.Card(question="I sleep at my sister's")
        )
        inbox.finish(conn, service.vault, taken, "handed_off", language="en", case_id=case_id)
        outbox.put(
            conn, service.vault, contact_id, OutboundMessage("A person will answer."), author=Author.SYSTEM,
            kind="acknowledgement", once_key="1",
        )  # fmt: skip
    later(service, 30 * DAY + 60)
    assert count(service.engine, schema.inbox) == count(service.engine, schema.outbox) == 0
    with service.engine.connect() as conn:
        assert cases.card(conn, service.vault, case_id).question == ""
        assert cases.get(conn, case_id).state == "waiting"
    assert count(service.engine, schema.contacts) == 1


def test_identity_goes_with_the_last_message_and_stays_for_who_still_writes(service):
    for one in (AMINA, BASHIR):
        with service.engine.begin() as conn:
            write(conn, service, message("hello", sender=one))
            [taken] = inbox.claim(conn, service.vault, 1)
            inbox.finish(conn, service.vault, taken, "answered", language="en", case_id=None)
    clock.shift(29 * DAY)
    with service.engine.begin() as conn:
        stays = write(conn, service, message("me again", sender=BASHIR))
    later(service, 2 * DAY)
    with service.engine.connect() as conn:
        assert [row.id for row in conn.execute(sa.select(schema.contacts.c.id))] == [stays]
    assert count(service.engine, schema.contact_identities) == 1


def test_a_message_that_nobody_has_dealt_with_is_not_lost(service):
    with service.engine.begin() as conn:
        write(conn, service, message("help"))
    later(service, 40 * DAY)
    assert count(service.engine, schema.inbox) == 1


def test_somebody_blocked_stays_known_until_the_block_ends(service):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("spam"))
        [taken] = inbox.claim(conn, service.vault, 1)
        inbox.finish(conn, service.vault, taken, "ignored", language="en", case_id=None)
        conn.execute(sa.update(schema.contacts).values(blocked_until=clock.now() + 60 * DAY))
    later(service, 40 * DAY)
    with service.engine.connect() as conn:
        assert contacts.exists(conn, contact_id)
    later(service, 30 * DAY)
    assert count(service.engine, schema.contacts) == 0


def test_the_assistant_forgets_a_talk_after_a_day(service):
    with service.engine.begin() as conn:
        values = {"sender_id": "a:0", "events_sealed": service.vault.seal("[]"), "updated_at": clock.now()}
        conn.execute(sa.insert(schema.trackers).values(**values))
    later(service, 23 * 3600)
    assert count(service.engine, schema.trackers) == 1
    later(service, 2 * 3600)
    assert count(service.engine, schema.trackers) == 0


def test_shorter_periods_may_be_set(service):
    with service.engine.begin() as conn:
        fill(conn, service.vault)
    short = dataclasses.replace(service, settings=dataclasses.replace(service.settings, keep_messages_days=3))
    later(short, 4 * DAY)
    assert count(service.engine, schema.inbox) == 0


def test_frozen_deletion_keeps_everything_and_thaws_by_itself(service):
    with service.engine.begin() as conn:
        fill(conn, service.vault)
        switches.turn_off(conn, service.vault, switches.DELETION, 1, "a complaint is looked into", 365 * DAY)
    before = rows(service)
    clock.shift(13 * DAY)
    assert retention.run(service) == {}
    assert rows(service) == before
    clock.shift(60 * DAY)
    assert retention.run(service)["inbox"] == 1


def test_more_rows_than_one_batch_go(service, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 7)
    with service.engine.begin() as conn:
        for number in range(30):
            inbox.bury(conn, service.vault, "unreadable", f"raw {number}")
    assert later(service, 31 * DAY)["dead_letters"] == 30


def test_worker_does_it_by_itself(service):
    with service.engine.begin() as conn:
        inbox.bury(conn, service.vault, "unreadable", "raw")
    clock.shift(31 * DAY)
    jobs.run(next(job for job in jobs.JOBS if job.name == "retain"), service)
    assert count(service.engine, schema.dead_letters) == 0


def test_deleting_a_contact_leaves_the_case_of_another(service):
    with service.engine.begin() as conn:
        agent(conn)
        for one in (AMINA, BASHIR):
            cases.open_case(conn, service.vault, write(conn, service, message("hi", sender=one)), "asked")
    with service.engine.begin() as conn:
        cases.claim(conn, 1, 1)
        cases.close(conn, 1, 1, "answered")
    later(service, 91 * DAY)
    with service.engine.connect() as conn:
        assert [row.id for row in conn.execute(sa.select(schema.cases.c.id))] == [2]
