"""Human work: opened once, claimed once, answered by the holder only."""

import threading

import pytest

from helpline import cases, clock, contacts, outbox, queue, replies, timeline
from helpline.db import schema
from helpline.errors import AlreadyClaimed, InputError, Refused, WindowClosed
from helpline.messages import OutboundMessage
from tests.conftest import count
from tests.people import AMINA, BASHIR, agent, message, write


@pytest.fixture
def opened(service):
    """A waiting case, and two agents: (case id, Sara, Tom)."""
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("I need a person"))
        card = cases.Card("I need a person", (("human_agent", 0.9),), {"voucher": "included"})
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="en", card=card)
        return case_id, agent(conn, "Sara"), agent(conn, "Tom")


def test_a_contact_has_one_open_case(service, opened):
    with service.engine.begin() as conn:
        again = cases.open_case(conn, service.vault, cases.get(conn, opened[0]).contact_id, "unsure")
    assert again == (opened[0], False)


def test_second_agent_to_claim_is_refused_with_the_holders_name(service, opened):
    case_id, sara, tom = opened
    with service.engine.begin() as conn:
        cases.claim(conn, case_id, sara)
        with pytest.raises(AlreadyClaimed, match="Sara has this case"):
            cases.claim(conn, case_id, tom)
        cases.claim(conn, case_id, sara)


def test_of_twenty_claims_at_once_one_wins(service, opened):
    case_id = opened[0]
    with service.engine.begin() as conn:
        agents = [agent(conn, f"Agent{number}") for number in range(20)]
    outcomes = []

    def claim(account_id):
        try:
            with service.engine.begin() as conn:
                cases.claim(conn, case_id, account_id)
            outcomes.append("won")
        except AlreadyClaimed as error:
            outcomes.append(error.holder)

    threads = [threading.Thread(target=claim, args=(one,)) for one in agents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("won") == 1
    assert len(outcomes) == 20 and len(set(outcomes) - {"won"}) == 1


def test_only_the_holder_may_reply(service, opened):
    case_id, sara, tom = opened
    with service.engine.begin() as conn:
        with pytest.raises(Refused, match="Take the case first"):
            replies.reply(conn, service.vault, case_id, sara, OutboundMessage("hi"), "k0")
        cases.claim(conn, case_id, sara)
        with pytest.raises(AlreadyClaimed):
            replies.reply(conn, service.vault, case_id, tom, OutboundMessage("hi"), "k1")
        assert replies.reply(conn, service.vault, case_id, sara, OutboundMessage("hi"), "k2")
        assert not replies.reply(conn, service.vault, case_id, sara, OutboundMessage("hi"), "k2")
        assert cases.get(conn, case_id).waiting_since is None
    assert count(service.engine, schema.outbox) == 1


def test_reply_after_24_hours_is_refused_by_the_server(service, opened):
    case_id, sara, _ = opened
    with service.engine.begin() as conn:
        cases.claim(conn, case_id, sara)
        clock.shift(24 * 3600 + 1)
        with pytest.raises(WindowClosed):
            replies.reply(conn, service.vault, case_id, sara, OutboundMessage("hi"), "k")


def test_closing_gives_the_contact_back_to_the_assistant_in_a_new_stretch(service, opened):
    case_id, sara, _ = opened
    with service.engine.begin() as conn:
        contact_id = cases.get(conn, case_id).contact_id
        before = contacts.begin_turn(conn, contact_id)
        cases.claim(conn, case_id, sara)
        with pytest.raises(InputError, match="outcome"):
            cases.close(conn, case_id, sara, "whatever")
        cases.close(conn, case_id, sara, "answered")
        assert cases.of_contact(conn, contact_id) is None
        assert contacts.begin_turn(conn, contact_id) != before
        with pytest.raises(Refused, match="closed"):
            replies.reply(conn, service.vault, case_id, sara, OutboundMessage("hi"), "k")


def test_released_case_keeps_its_place(service, opened):
    case_id, sara, tom = opened
    with service.engine.begin() as conn:
        since = cases.get(conn, case_id).waiting_since
        clock.shift(100)
        cases.claim(conn, case_id, sara)
        cases.release(conn, case_id, sara)
        assert cases.get(conn, case_id).waiting_since == since
        cases.claim(conn, case_id, tom)


def test_urgent_comes_first_then_who_waited_longest(service):
    with service.engine.begin() as conn:
        ids = []
        for number, sender in enumerate((AMINA, BASHIR)):
            contact_id = write(conn, service, message("x", sender=sender))
            ids.append(cases.open_case(conn, service.vault, contact_id, "asked")[0])
            clock.shift(300 * (number + 1))
        assert [case.id for case in queue.listed(conn, queue.Filter(("waiting",)))] == ids
        cases.upgrade(conn, ids[1], "medical")
        assert [case.id for case in queue.listed(conn, queue.Filter(("waiting",)))] == ids[::-1]
        assert queue.counts(conn) == {"waiting": 2, "active": 0, "parked": 0, "urgent_waiting": 1, "mine": 0}


def test_note_reaches_the_timeline_and_never_the_outbox(service, opened):
    case_id, sara, _ = opened
    with service.engine.begin() as conn:
        replies.note(conn, service.vault, case_id, sara, "speaks a little Dutch")
        items = timeline.of_case(conn, service.vault, cases.get(conn, case_id))
        assert [item.who for item in items if item.text == "speaks a little Dutch"] == ["note"]
        with pytest.raises(InputError, match="empty"):
            replies.note(conn, service.vault, case_id, sara, "  ")
    assert count(service.engine, schema.outbox) == 0


def test_card_and_conversation_tell_the_story(service, opened):
    case_id, sara, _ = opened
    with service.engine.begin() as conn:
        assert cases.card(conn, service.vault, case_id).facts == {"voucher": "included"}
        cases.add_facts(conn, service.vault, case_id, {"date": "2026-11-24"})
        assert cases.card(conn, service.vault, case_id).facts == {"voucher": "included", "date": "2026-11-24"}
        cases.claim(conn, case_id, sara)
        replies.reply(conn, service.vault, case_id, sara, OutboundMessage("hello"), "k")
        items = timeline.of_case(conn, service.vault, cases.get(conn, case_id))
    assert [item.who for item in items if item.who != "event"] == ["contact", "agent"]
    assert next(item for item in items if item.who == "agent").name == "Sara"


def test_withdrawing_works_only_while_nobody_has_claimed(service, opened):
    case_id, sara, _ = opened
    with service.engine.begin() as conn:
        cases.claim(conn, case_id, sara)
        with pytest.raises(Refused):
            cases.close(conn, case_id, None, "withdrawn")
        assert outbox.window_open(contacts.get(conn, cases.get(conn, case_id).contact_id))
