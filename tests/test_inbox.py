"""Messages received: once, in order, one at a time per contact, and nothing lost by a crash."""

from helpline import clock, inbox
from helpline.db import schema
from tests.conftest import count
from tests.people import AMINA, BASHIR, message, pin, write


def test_resent_message_is_stored_once(service):
    with service.engine.begin() as conn:
        sent = message("hello")
        contact_id = write(conn, service, sent)
        assert inbox.store(conn, service.vault, sent, contact_id) is None
    assert count(service.engine, schema.inbox) == 1


def test_only_one_message_of_a_contact_is_in_flight(service):
    with service.engine.begin() as conn:
        for text in ("one", "two"):
            write(conn, service, message(text, sender=AMINA))
        write(conn, service, message("three", sender=BASHIR))
        taken = inbox.claim(conn, service.vault, 10)
        assert [one.message.text for one in taken] == ["one", "three"]
        assert inbox.claim(conn, service.vault, 10) == []
        inbox.finish(conn, service.vault, taken[0], "answered", language="en", case_id=None)
        assert [one.message.text for one in inbox.claim(conn, service.vault, 10)] == ["two"]


def test_message_of_a_dead_drain_is_taken_again(service):
    with service.engine.begin() as conn:
        write(conn, service, message("hello"))
        assert len(inbox.claim(conn, service.vault, 1)) == 1
        clock.shift(inbox.LEASE_SECONDS + 1)
        again = inbox.claim(conn, service.vault, 1)
        assert again[0].attempts == 2


def test_message_that_keeps_failing_is_given_up_after_five_attempts(service):
    with service.engine.begin() as conn:
        write(conn, service, message("hello"))
        given_back = []
        for _ in range(inbox.ATTEMPTS):
            given_back.append(inbox.give_back(conn, inbox.claim(conn, service.vault, 1)[0]))
        assert given_back == [True, True, True, True, False]
        assert inbox.claim(conn, service.vault, 1) == []


def test_pin_is_gone_once_the_message_is_finished(service):
    with service.engine.begin() as conn:
        write(conn, service, pin(52.1, 5.1))
        taken = inbox.claim(conn, service.vault, 1)[0]
        assert inbox.pin_of(conn, service.vault, taken.id).latitude == 52.1
        inbox.finish(conn, service.vault, taken, "answered", language="en", case_id=None)
        assert inbox.pin_of(conn, service.vault, taken.id) is None


def test_text_is_not_in_the_database_in_the_clear(service, tmp_path):
    with service.engine.begin() as conn:
        write(conn, service, message("my very private words"))
        row = conn.execute(schema.inbox.select()).one()
    assert "private" not in repr(row)
    with service.engine.connect() as conn:
        assert inbox.unpack(service.vault.open(row.body_sealed)).text == "my very private words"


def test_pin_is_stored_to_about_a_kilometre_and_only_until_it_is_used(service):
    with service.engine.begin() as conn:
        write(conn, service, pin(52.373169, 4.892222))
        [taken] = inbox.claim(conn, service.vault, 1)
        kept = inbox.pin_of(conn, service.vault, taken.id)
        assert (kept.latitude, kept.longitude) == (52.37, 4.89)
        inbox.finish(conn, service.vault, taken, "answered", language="en", case_id=None)
        assert inbox.pin_of(conn, service.vault, taken.id) is None
