"""Messages to send: the gate, order, retry, receipts that only go up."""

import pytest

from helpline import cases, clock, contacts, outbox, receipts
from helpline.db import schema
from helpline.messages import Author, DeliveryReceipt, Identity, OutboundMessage
from tests.people import AMINA, agent, message, write


@pytest.fixture
def contact_id(service):
    with service.engine.begin() as conn:
        return write(conn, service, message("hello"))


def _put(conn, service, contact_id, text, *, author=Author.SYSTEM, key=None, **more):
    return outbox.put(
        conn, service.vault, contact_id, OutboundMessage(text), author=author, kind="test", once_key=key or text, **more
    )


def _receipt(status, message_id="wamid.OUT", **more):
    return DeliveryReceipt("1", message_id, status, True, clock.now(), Identity(phone=AMINA.phone), **more)


def _state(conn, outbox_id=1):
    query = schema.outbox.select().where(schema.outbox.c.id == outbox_id)
    return conn.execute(query).one().state


def test_assistant_is_refused_once_a_case_is_open_and_its_text_kept(service, contact_id):
    with service.engine.begin() as conn:
        epoch = contacts.get(conn, contact_id).epoch
        cases.open_case(conn, service.vault, contact_id, "asked")
        assert _put(conn, service, contact_id, "late", author=Author.ASSISTANT, epoch=epoch) == "suppressed"
        assert outbox.claim(conn, service.vault, 5) == []


def test_assistant_is_refused_when_a_case_came_and_went_during_its_turn(service, contact_id):
    with service.engine.begin() as conn:
        epoch = contacts.get(conn, contact_id).epoch
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "unsure")
        cases.close(conn, case_id, None, "withdrawn")
        assert _put(conn, service, contact_id, "late", author=Author.ASSISTANT, epoch=epoch) == "suppressed"


def test_agent_without_the_case_is_refused(service, contact_id):
    with service.engine.begin() as conn:
        cases.open_case(conn, service.vault, contact_id, "asked")
        assert _put(conn, service, contact_id, "hi", author=Author.AGENT, account_id=agent(conn)) == "suppressed"


def test_same_key_is_sent_once(service, contact_id):
    with service.engine.begin() as conn:
        assert _put(conn, service, contact_id, "hi", key="k") == "queued"
        assert _put(conn, service, contact_id, "hi again", key="k") is None


def test_messages_of_a_contact_leave_in_order(service, contact_id):
    with service.engine.begin() as conn:
        for text in ("one", "two"):
            _put(conn, service, contact_id, text)
        first = outbox.claim(conn, service.vault, 5)
        assert [one.message.text for one in first] == ["one"]
        outbox.retry(conn, first[0].id, 1, 60, "Retry_500")
        assert outbox.claim(conn, service.vault, 5) == []
        clock.shift(61)
        again = outbox.claim(conn, service.vault, 5)
        assert [one.message.text for one in again] == ["one"]
        outbox.sent(conn, again[0].id, "wamid.1")
        assert [one.message.text for one in outbox.claim(conn, service.vault, 5)] == ["two"]


def test_status_only_goes_up(service, contact_id):
    with service.engine.begin() as conn:
        _put(conn, service, contact_id, "hi")
        outbox.claim(conn, service.vault, 5)
        outbox.sent(conn, 1, "wamid.OUT")
        for status in ("read", "delivered", "sent"):
            receipts.receive(conn, _receipt(status))
        assert _state(conn) == "read"
        receipts.receive(conn, _receipt("failed", error_codes=(131026,)))
        assert _state(conn) == "read"


def test_receipt_that_comes_before_the_answer_of_the_call_is_applied(service, contact_id):
    with service.engine.begin() as conn:
        _put(conn, service, contact_id, "hi")
        outbox.claim(conn, service.vault, 5)
        receipts.receive(conn, _receipt("delivered"))
        outbox.sent(conn, 1, "wamid.OUT")
        assert _state(conn) == "delivered"


def test_timeout_is_unknown_and_a_receipt_with_our_id_settles_it(service, contact_id):
    with service.engine.begin() as conn:
        _put(conn, service, contact_id, "hi")
        outbox.claim(conn, service.vault, 5)
        outbox.unknown(conn, 1, again=True, error="UnknownOutcome")
        assert _state(conn) == "unknown"
        receipts.receive(conn, _receipt("delivered", callback_data="1"))
        assert _state(conn) == "delivered"
        clock.shift(3600)
        assert outbox.claim(conn, service.vault, 5) == []


def test_unknown_without_a_receipt_is_sent_once_more(service, contact_id):
    with service.engine.begin() as conn:
        _put(conn, service, contact_id, "hi")
        outbox.claim(conn, service.vault, 5)
        outbox.unknown(conn, 1, again=True, error="UnknownOutcome")
        assert outbox.claim(conn, service.vault, 5) == []
        clock.shift(outbox.UNKNOWN_WAIT_SECONDS + 1)
        assert outbox.claim(conn, service.vault, 5)[0].was_unknown


def test_worker_that_died_in_mid_send_leaves_an_unknown_outcome(service, contact_id):
    with service.engine.begin() as conn:
        _put(conn, service, contact_id, "hi")
        outbox.claim(conn, service.vault, 5)
        clock.shift(outbox.LEASE_SECONDS + 1)
        assert outbox.claim(conn, service.vault, 5) == []
        assert _state(conn) == "unknown"


def test_after_the_window_text_is_held_until_the_contact_writes(service, contact_id):
    with service.engine.begin() as conn:
        clock.shift(25 * 3600)
        assert _put(conn, service, contact_id, "hi") == "held"
        assert outbox.claim(conn, service.vault, 5) == []
        contacts.wrote(conn, contact_id, clock.now())
        outbox.release_held(conn, contact_id)
        assert len(outbox.claim(conn, service.vault, 5)) == 1


def test_who_asked_for_silence_gets_no_automatic_text(service, contact_id):
    with service.engine.begin() as conn:
        contacts.stop(conn, contact_id)
        assert _put(conn, service, contact_id, "hi") == "suppressed"
        contacts.wrote(conn, contact_id, clock.now())
        assert _put(conn, service, contact_id, "hello again") == "queued"
