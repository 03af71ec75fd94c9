"""Delivery over real HTTP: what each answer of the provider leads to, in order per contact, nothing twice."""

import threading

import pytest
import sqlalchemy as sa

from helpline import clock, contacts, outbox, receipts
from helpline.db import schema
from helpline.messages import Button, Identity
from helpline.pace import Pace
from helpline.whatsapp.client import Client
from helpline.worker.delivery import Worker
from tests.people import BASHIR, message, write
from tests.wires import Reply, StandIn
from tests.worker.rounds import _put, _receive, _round, _row


def test_message_is_sent_with_token_address_and_our_row_to_echo(service, worker, stand_in, amina):
    _put(service, amina)
    _round(worker)
    call = stand_in.calls[0]
    assert call["path"] == "/100000000000001/messages"
    assert call["headers"]["Authorization"] == "Bearer token"
    assert (call["body"]["to"], call["body"]["biz_opaque_callback_data"]) == ("+31600000001", "1")
    row = _row(service)
    assert (row.state, row.message_id, row.error, row.attempts) == ("sent", "wamid.OUT1", None, 1)


@pytest.mark.parametrize("code", [1, 2, 131000, 131016, 133004, 131057, 131053])
def test_fault_of_the_provider_is_tried_again_with_growing_pauses(service, worker, stand_in, amina, code):
    _put(service, amina)
    pauses = []
    for _ in range(receipts.ATTEMPTS):
        stand_in.error(code)
        _round(worker)
        row = _row(service)
        pauses.append(row.next_attempt_at - clock.now())
        clock.shift(pauses[-1])
    assert len(stand_in.calls) == receipts.ATTEMPTS and row.state == "failed"
    assert all(2**n <= pause + 1 and pause <= 1.5 * 2**n + 1 for n, pause in enumerate(pauses[:-1], 1))
    assert sum(pauses[:-1]) > 240, "an outage of a few minutes costs nobody their answer"


def test_outage_of_the_provider_costs_nobody_a_try(service, worker, stand_in):
    senders = [Identity(phone=f"3160000010{number}") for number in range(4)]
    with service.engine.begin() as conn:
        people = [write(conn, service, message("hi", sender=one)) for one in senders]
    for contact_id in people:
        _put(service, contact_id)
    stand_in.script += [Reply(503, b"down")] * 100
    for _ in range(receipts.ATTEMPTS + 4):
        _round(worker)
        clock.shift(301)
    with service.engine.connect() as conn:
        assert set(conn.execute(sa.select(schema.outbox.c.state)).scalars()) == {"queued"}
    stand_in.script.clear()
    for _ in range(3):
        _round(worker)
        clock.shift(301)
    with service.engine.connect() as conn:
        assert set(conn.execute(sa.select(schema.outbox.c.state)).scalars()) == {"sent"}


def test_server_error_without_json_is_tried_again(service, worker, stand_in, amina):
    _put(service, amina)
    stand_in.script.append(Reply(502, b"<html>bad gateway</html>"))
    _round(worker)
    assert _row(service).state == "queued"
    clock.shift(5)
    _round(worker)
    assert _row(service).state == "sent"


@pytest.mark.parametrize("code", [4, 80007, 130429])
def test_throttled_number_pauses_everybody_and_counts_no_attempt(service, worker, stand_in, amina, code):
    with service.engine.begin() as conn:
        bashir = write(conn, service, message("hi", sender=BASHIR))
    _put(service, amina)
    stand_in.error(code)
    _round(worker)
    _put(service, bashir)
    _round(worker)
    assert len(stand_in.calls) == 1 and _row(service).attempts == 0
    clock.shift(3)
    _round(worker)
    assert {_row(service, n).state for n in (1, 2)} == {"sent"}


def test_pauses_of_a_throttled_number_grow_and_are_forgotten_after_a_success():
    pace = Pace()
    assert [pace.number() for _ in range(4)] == [2, 4, 8, 16]
    pace.well("c")
    assert pace.number() == 2
    assert pace.number(named=90) == 90


def test_too_many_to_one_contact_makes_only_that_one_wait_longer_each_time(service, worker, stand_in, amina):
    with service.engine.begin() as conn:
        bashir = write(conn, service, message("hi", sender=BASHIR))
    _put(service, amina, "one")
    _put(service, amina, "two")
    waits = []
    for _ in range(3):
        stand_in.error(131056)
        _round(worker)
        waits.append(_row(service).next_attempt_at - clock.now())
        clock.shift(waits[-1])
    assert all(abs(waits[n - 1] - 4**n) <= 1 for n in (1, 2, 3))
    stand_in.error(131056)
    _round(worker)
    _put(service, bashir)
    _round(worker)
    assert _row(service, 3).state == "sent" and _row(service).state == "queued"
    clock.shift(300)
    _round(worker, 2)
    assert stand_in.texts()[-2:] == ["one", "two"]


def test_shut_window_holds_the_message_until_the_contact_writes(service, worker, stand_in, amina):
    _put(service, amina)
    stand_in.error(131047)
    _round(worker, 2)
    assert (_row(service).state, len(stand_in.calls)) == ("held", 1)
    with service.engine.begin() as conn:
        outbox.release_held(conn, amina)
    _round(worker)
    assert _row(service).state == "sent"


@pytest.mark.parametrize("code", [131026, 130472, 131049, 131021, 131030, 137000, 131062, 131063])
def test_undeliverable_is_final_and_the_next_message_still_goes(service, worker, stand_in, amina, code):
    _put(service, amina, "one")
    _put(service, amina, "two")
    stand_in.error(code)
    _round(worker, 3)
    assert (_row(service).state, _row(service).error) == ("failed", f"Undeliverable_{code}")
    assert _row(service, 2).state == "sent"


def test_who_opted_out_is_left_in_peace(service, worker, stand_in, amina):
    _put(service, amina)
    stand_in.error(131050)
    _round(worker)
    with service.engine.connect() as conn:
        assert contacts.get(conn, amina).stopped_at is not None
    assert _row(service).state == "failed"


@pytest.mark.parametrize(
    ("code", "status"), [(190, 401), (0, 401), (10, 403), (200, 403), (299, 403), (131042, 400), (133010, 400)]
)
def test_trouble_with_the_account_keeps_the_queue_and_calls_a_person(service, worker, stand_in, amina, code, status):
    _put(service, amina)
    stand_in.error(code, status)
    _round(worker, 2)
    assert len(stand_in.calls) == 1
    assert (_row(service).state, _row(service).attempts) == ("queued", 0)
    health = worker.health()
    assert health["ready"] is False and health["trouble"].startswith("AccountTrouble")
    clock.shift(61)
    _round(worker)
    assert _row(service).state == "sent" and worker.health()["ready"] is True


@pytest.mark.parametrize("code", [100, 131008, 131009, 131051, 135000, 132001])
def test_what_cannot_be_tapped_goes_once_as_numbered_text(service, worker, stand_in, amina, code):
    _put(service, amina, "Choose", buttons=(Button("Doctor", "/a"), Button("Shelter", "/b")))
    stand_in.error(code)
    _round(worker)
    assert stand_in.calls[0]["body"]["type"] == "interactive"
    assert stand_in.texts() == ["Choose\n\n1. Doctor\n2. Shelter"]
    assert _row(service).state == "sent"


def test_wrong_plain_text_is_not_tried_again(service, worker, stand_in, amina):
    _put(service, amina, "Choose", buttons=(Button("Doctor", "/a"),))
    stand_in.error(131009)
    stand_in.error(131009)
    _round(worker, 2)
    assert len(stand_in.calls) == 2 and _row(service).error == "OurFault_131009"


def test_no_connection_keeps_trying_without_counting(service, amina):
    with StandIn().running() as gone:
        pass
    worker = Worker(service, Client(gone.url, "1", "t", timeout=0.5))
    _put(service, amina)
    for _ in range(8):
        _round(worker)
        clock.shift(301)
    assert (_row(service).state, _row(service).attempts) == ("queued", 0)


def test_contact_without_any_identity_is_no_endless_loop(service, worker, stand_in, amina):
    _put(service, amina)
    with service.engine.begin() as conn:
        conn.execute(sa.delete(schema.contact_identities))
    _round(worker, 2)
    assert (_row(service).state, _row(service).error, stand_in.calls) == ("failed", "unsendable", [])


def test_each_contact_gets_their_messages_in_order_while_others_go_on(service, worker, stand_in, amina):
    with service.engine.begin() as conn:
        bashir = write(conn, service, message("hi", sender=BASHIR))
    for number in range(3):
        _put(service, amina, f"a{number}")
        _put(service, bashir, f"b{number}")
    stand_in.error(131000, 500)
    _round(worker, 5)
    clock.shift(10)
    _round(worker, 5)
    texts = stand_in.texts()
    for letter in "ab":
        taken = [text for text in texts if text.startswith(letter)]
        assert list(dict.fromkeys(taken)) == [f"{letter}{n}" for n in range(3)]


def test_slow_call_holds_up_nobody_else(service, stand_in, amina):
    worker = Worker(service, Client(stand_in.url, "1", "t", timeout=10))
    with service.engine.begin() as conn:
        bashir = write(conn, service, message("hi", sender=BASHIR))
    hold = threading.Event()
    stand_in.script.append(Reply(hold=lambda _: hold.wait(10)))
    _put(service, amina)
    worker.deliver()
    _put(service, bashir)
    for _ in range(100):
        worker.deliver()
        if _row(service, 2).state == "sent":
            break
        threading.Event().wait(0.02)
    assert _row(service).state == "sending" and _row(service, 2).state == "sent"
    hold.set()
    worker.settle()
    assert _row(service).state == "sent"


def test_several_workers_send_each_message_once(service, stand_in):
    people = [Identity(phone=f"3160000{n:04}") for n in range(12)]
    with service.engine.begin() as conn:
        ids = [write(conn, service, message("hi", sender=one)) for one in people]
    for contact_id in ids:
        for text in ("one", "two"):
            _put(service, contact_id, text)
    workers = [Worker(service, Client(stand_in.url, "1", "t")) for _ in range(3)]
    runs = [threading.Thread(target=worker.run) for worker in workers]
    for run in runs:
        run.start()
    for _ in range(600):
        if len(stand_in.calls) >= 24:
            break
        threading.Event().wait(0.05)
    for worker in workers:
        worker.stop()
    for run in runs:
        run.join(20)
    sent = [(call["body"]["to"], call["body"]["text"]["body"]) for call in stand_in.calls]
    assert len(sent) == len(set(sent)) == 24
    for one in people:
        assert [text for to, text in sent if to == f"+{one.phone}"] == ["one", "two"]


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (131047, "held"),
        (131016, "queued"),
        (131056, "queued"),
        (131042, "queued"),
        (131026, "failed"),
        (131050, "failed"),
    ],
)
def test_failure_told_late_has_the_consequence_of_its_class_once(service, worker, stand_in, amina, code, state):
    _put(service, amina)
    _round(worker)
    for _ in range(2):
        _receive(service, "failed", "wamid.OUT1", "1", code)
    assert _row(service).state == state
    if state == "queued":
        clock.shift(301)
        _round(worker)
        _receive(service, "failed", "wamid.OUT1", "1", code)
        assert (_row(service).state, len(stand_in.calls)) == ("sent", 2)


def test_failure_told_after_delivery_changes_nothing(service, worker, amina):
    _put(service, amina)
    _round(worker)
    _receive(service, "delivered", "wamid.OUT1")
    _receive(service, "failed", "wamid.OUT1", None, 131047)
    assert _row(service).state == "delivered"
