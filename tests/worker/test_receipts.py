"""Receipts and calls without an answer: what is known settles a message, and what is not is sent once more at most."""

import threading

import sqlalchemy as sa

from helpline import clock, outbox
from helpline.db import schema
from tests.wires import Reply
from tests.worker.rounds import LONG, _put, _receive, _round, _row


def test_timeout_is_unknown_and_the_receipt_settles_it(service, worker, stand_in, amina):
    hold = threading.Event()
    stand_in.script.append(Reply(hold=lambda _: hold.wait(5)))
    _put(service, amina)
    _round(worker)
    hold.set()
    assert _row(service).state == "unknown"
    _receive(service, "sent", "wamid.LATE", "1")
    assert (_row(service).state, _row(service).message_id) == ("sent", "wamid.LATE")
    clock.shift(600)
    _round(worker)
    assert len(stand_in.calls) == 1


def test_timeout_without_a_receipt_is_sent_once_more_and_then_given_up(service, worker, stand_in, amina):
    stand_in.script += [Reply(cut=True), Reply(), Reply(cut=True)]
    _put(service, amina)
    for _ in range(4):
        _round(worker)
        clock.shift(outbox.UNKNOWN_WAIT_SECONDS + 1)
    assert [call["method"] for call in stand_in.calls] == ["POST", "GET", "POST"]
    assert (_row(service).state, _row(service).error) == ("failed", "UnknownOutcome_0")
    _receive(service, "delivered", "wamid.LATER", "1")
    assert _row(service).state == "delivered"


def test_second_try_waits_until_the_blackout_is_over(service, worker, stand_in, amina):
    stand_in.script += [Reply(cut=True)] * 6
    _put(service, amina)
    for _ in range(5):
        _round(worker)
        assert _row(service).state == "unknown"
        clock.shift(outbox.UNKNOWN_WAIT_SECONDS + 1)
    stand_in.script.clear()
    clock.shift(300)
    _round(worker)
    assert (_row(service).state, _row(service).attempts) == ("sent", 2)
    assert [call["method"] for call in stand_in.calls] == ["POST", *["GET"] * 5, "POST"]


def test_receipt_that_overtakes_the_answer_is_not_overwritten(service, worker, stand_in, amina):
    def deliver_first(_body):
        _receive(service, "delivered", "wamid.OUT1", "1")
        _receive(service, "read", "wamid.OUT1")

    stand_in.script.append(Reply(hold=deliver_first))
    _put(service, amina)
    _round(worker)
    assert (_row(service).state, _row(service).rank) == ("read", 3)


def test_receipt_that_comes_while_the_call_hangs_prevents_a_second_sending(service, worker, stand_in, amina):
    hold = threading.Event()

    def deliver_and_hang(_body):
        _receive(service, "delivered", "wamid.X", "1")
        hold.wait(5)

    stand_in.script.append(Reply(hold=deliver_and_hang))
    _put(service, amina)
    _round(worker)
    hold.set()
    clock.shift(600)
    _round(worker)
    assert _row(service).state == "delivered" and len(stand_in.calls) == 1


def test_failure_told_before_the_answer_counts_after_it(service, worker, stand_in, amina):
    stand_in.script.append(Reply(hold=lambda _: _receive(service, "failed", "wamid.OUT1", "1", 131026)))
    _put(service, amina)
    _round(worker)
    assert (_row(service).state, _row(service).error) == ("failed", "Undeliverable_131026")


def test_split_message_goes_on_where_it_failed(service, worker, stand_in, amina):
    _put(service, amina, LONG)
    stand_in.script.append(Reply())
    stand_in.error(131000, 500)
    _round(worker)
    assert (_row(service).state, _row(service).parts_done) == ("queued", 1)
    clock.shift(10)
    _round(worker)
    assert [text[0] for text in stand_in.texts()] == ["0", "1", "1", "2"]
    assert _row(service).state == "sent"
    echoes = [call["body"]["biz_opaque_callback_data"] for call in stand_in.calls]
    assert echoes == ["1.0.3", "1.1.3", "1.1.3", "1.2.3"]


def test_receipt_of_a_part_settles_that_part_only(service, worker, stand_in, amina):
    _put(service, amina, LONG)
    stand_in.script += [Reply(), Reply(cut=True)]
    _round(worker)
    _receive(service, "delivered", "wamid.A", "1.0.3")
    assert (_row(service).state, _row(service).parts_done) == ("unknown", 1)
    _receive(service, "delivered", "wamid.B", "1.1.3")
    assert (_row(service).state, _row(service).parts_done) == ("queued", 2)
    _round(worker)
    assert [text[0] for text in stand_in.texts()] == ["0", "1", "2"] and _row(service).state == "sent"


def test_second_part_without_an_answer_gets_its_own_second_try(service, worker, stand_in, amina):
    _put(service, amina, LONG)
    asked = Reply()  # before each second try WhatsApp is asked whether it answers at all
    stand_in.script += [Reply(cut=True), asked, Reply(), Reply(cut=True)]
    for _ in range(3):
        _round(worker)
        clock.shift(outbox.UNKNOWN_WAIT_SECONDS + 1)
    assert [text[0] for text in stand_in.texts()] == ["0", "0", "1", "1", "2"] and _row(service).state == "sent"


def test_contact_erased_between_parts_gets_no_more(service, worker, stand_in, amina):
    def erase(_body):
        with service.engine.begin() as conn:
            conn.execute(sa.delete(schema.outbox))

    _put(service, amina, LONG)
    stand_in.script.append(Reply(hold=erase))
    _round(worker, 2)
    assert len(stand_in.calls) == 1
