"""What protects people and the team: one switch that silences the assistant, and blocks that end by themselves."""

import pytest
import sqlalchemy as sa

from helpline import (
    blocking,
    cases,
    clock,
    inbox,
    looks,
    switches,
    turn,
)
from helpline.db import schema
from helpline.errors import InputError
from tests.people import BASHIR, message, write
from tests.privacy.turns import ANSWER, in_case, say, sent


def test_silenced_assistant_says_nothing_and_every_message_opens_a_case(service):
    with service.engine.begin() as conn:
        switches.turn_off(conn, service.vault, switches.ASSISTANT, None, "it says wrong things")
    contact_id = say(service, message("can I go to the doctor without papers?"))
    with service.engine.connect() as conn:
        case = cases.get(conn, cases.of_contact(conn, contact_id))
        assert case.reason == "silenced" and case.state == "waiting"
    assert "A doctor must" not in " ".join(one.text for one in sent(service, contact_id))
    emergency = say(service, message("my husband beats me", sender=BASHIR))
    with service.engine.connect() as conn:
        assert cases.get(conn, cases.of_contact(conn, emergency)).urgent


def test_a_turn_in_flight_when_the_assistant_is_silenced_is_not_spoken(service):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("can I see a doctor?"))
        [taken] = inbox.claim(conn, service.vault, 1)
        begun = turn.begin(conn, service, taken)
        switches.turn_off(conn, service.vault, switches.ASSISTANT, None, "it says wrong things")
    with service.engine.begin() as conn:
        assert turn.end(conn, service, begun, ANSWER) == "handed_off"
    assert "A doctor must" not in " ".join(one.text for one in sent(service, contact_id))


def test_switched_on_again_it_answers_and_both_are_in_the_log(service):
    with service.engine.begin() as conn:
        switches.turn_off(conn, service.vault, switches.ASSISTANT, None, "it says wrong things", 3600)
        switches.turn_on(conn, service.vault, switches.ASSISTANT, None)
        assert [one.kind for one in looks.listed(conn, service.vault)] == ["assistant_on", "assistant_off"]
    contact_id = say(service, message("can I go to the doctor without papers?"))
    assert sent(service, contact_id)[-1].text.endswith("A doctor must see you.")


def test_a_switch_needs_a_reason_and_comes_back_by_itself(service):
    with service.engine.begin() as conn:
        for reason in ("", "x", "!!! 123"):
            with pytest.raises(InputError):
                switches.turn_off(conn, service.vault, switches.ASSISTANT, None, reason)
        switches.turn_off(conn, service.vault, switches.ASSISTANT, None, "a fault", 600)
        assert not switches.is_on(conn, switches.ASSISTANT)
        clock.shift(601)
        assert switches.is_on(conn, switches.ASSISTANT)
        with pytest.raises(InputError):
            switches.turn_off(conn, service.vault, "everything", None, "a reason")


def blocked(service, hours=24):
    contact_id, case_id, me = in_case(service, "waiting")
    with service.engine.begin() as conn:
        blocking.block(conn, service.vault, case_id, me, "abuse", hours, "threatens the team")
    return contact_id, case_id, me


def test_a_blocked_contact_is_stored_and_not_answered(service):
    contact_id, _, _ = blocked(service)
    before = len(sent(service, contact_id))
    say(service, message("you are all idiots"))
    assert len(sent(service, contact_id)) == before
    with service.engine.connect() as conn:
        outcomes = [row.outcome for row in conn.execute(sa.select(schema.inbox.c.outcome).order_by(schema.inbox.c.id))]
    assert outcomes[-1] == "ignored" and len(outcomes) == 2


def test_a_blocked_contact_in_danger_is_heard(service):
    contact_id, case_id, _ = blocked(service)
    say(service, message("my husband beats me, help"))
    with service.engine.connect() as conn:
        assert cases.get(conn, case_id).urgent
    assert "112" in sent(service, contact_id)[-1].text


def test_a_block_ends_by_itself_or_by_hand_and_its_reason_is_forgotten(service):
    contact_id, case_id, me = blocked(service)
    with service.engine.begin() as conn:
        assert blocking.unblock(conn, service.vault, case_id, me)
        assert not blocking.unblock(conn, service.vault, case_id, me)
        blocking.block(conn, service.vault, case_id, me, "spam", 1, "sends links")
        clock.shift(3601)
        assert blocking.until(conn, contact_id) is None
        assert blocking.expire(conn) == 1
        assert conn.execute(sa.select(schema.contacts.c.blocked_why)).scalar() is None


@pytest.mark.parametrize(
    ("why", "hours", "reason"), [("abuse", 9999, "a reason"), ("ugly", 24, "a reason"), ("abuse", 24, "")]
)
def test_a_block_without_reason_or_end_is_refused(service, why, hours, reason):
    _, case_id, me = in_case(service, "waiting")
    with service.engine.begin() as conn, pytest.raises(InputError):
        blocking.block(conn, service.vault, case_id, me, why, hours, reason)
