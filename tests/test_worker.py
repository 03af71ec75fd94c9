"""Delivery over real HTTP: what each answer of the provider leads to, in order per contact, nothing twice."""

import threading
import urllib.error
import urllib.request

import pytest
import sqlalchemy as sa

from helpline import clock, contacts, outbox, receipts
from helpline.db import schema
from helpline.messages import Author, Button, DeliveryReceipt, Identity, OutboundMessage
from helpline.pace import Pace
from helpline.whatsapp.client import Client
from helpline.worker import Worker, health_server
from tests.people import AMINA, BASHIR, message, write
from tests.wires import Reply, StandIn


@pytest.fixture
def stand_in():
    with StandIn().running() as running:
        yield running


@pytest.fixture
def worker(service, stand_in):
    made = Worker(service, Client(stand_in.url, "100000000000001", "token", timeout=0.6))
    yield made
    made.stop()
    made.settle()


@pytest.fixture
def amina(service):
    with service.engine.begin() as conn:
        return write(conn, service, message("hello"))


def _put(service, contact_id, text="hi", **more):
    with service.engine.begin() as conn:
        outbox.put(
            conn, service.vault, contact_id, OutboundMessage(text, **more),
            author=Author.SYSTEM, kind="test", once_key=f"{contact_id}{text[:20]}",
        )  # fmt: skip


def _round(worker, rounds=1):
    for _ in range(rounds):
        worker.deliver()
        worker.settle()


def _row(service, outbox_id=1):
    with service.engine.connect() as conn:
        return conn.execute(sa.select(schema.outbox).where(schema.outbox.c.id == outbox_id)).one()


def _receipt(status, message_id, callback=None, code=None):
    codes = (code,) if code else ()
    return DeliveryReceipt(
        "1", message_id, status, True, clock.now(), Identity(phone=AMINA.phone), codes, callback_data=callback
    )


def _receive(service, *given, **more):
    with service.engine.begin() as conn:
        receipts.receive(conn, _receipt(*given, **more))


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
    for _ in range(5):
        stand_in.error(code)
        _round(worker)
        row = _row(service)
        pauses.append(row.next_attempt_at - clock.now())
        clock.shift(pauses[-1])
    assert len(stand_in.calls) == 5 and row.state == "failed"
    assert all(2**n <= pause + 1 and pause <= 1.5 * 2**n + 1 for n, pause in enumerate(pauses[:4], 1))


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
    stand_in.script += [Reply(cut=True), Reply(cut=True)]
    _put(service, amina)
    for _ in range(4):
        _round(worker)
        clock.shift(outbox.UNKNOWN_WAIT_SECONDS + 1)
    assert len(stand_in.calls) == 2
    assert (_row(service).state, _row(service).error) == ("failed", "UnknownOutcome_0")
    _receive(service, "delivered", "wamid.LATER", "1")
    assert _row(service).state == "delivered"


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


LONG = "\n\n".join(f"{n} " + "word " * 780 for n in range(3))


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
    stand_in.script += [Reply(cut=True), Reply(), Reply(cut=True)]
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


def test_health_and_metrics_are_served(service, worker, amina):
    _put(service, amina)
    server = health_server(worker, "127.0.0.1", 0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}"
    with urllib.request.urlopen(base + "/health", timeout=5) as answer:
        assert b'"waiting": 1' in answer.read()
    with urllib.request.urlopen(base + "/metrics", timeout=5) as answer:
        assert b"helpline_sent_total" in answer.read()
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(base + "/other", timeout=5)
    worker.pace.account("AccountTrouble_190")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(base + "/health", timeout=5)
    assert refused.value.code == 503
    server.shutdown()
    server.server_close()
