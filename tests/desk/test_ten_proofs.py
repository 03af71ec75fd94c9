"""Ten moments at which other desks fail: two speak, nobody does, or a screen tells what is not so."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa

from helpline import cases, clock, handover, holding, inbox, outbox, presence, receipts, replies, shifts, turn
from helpline.db import schema
from helpline.errors import AlreadyClaimed, HelplineError, WindowClosed
from helpline.messages import Author, DeliveryReceipt, Identity, OutboundMessage
from helpline.shifts import log
from helpline.whatsapp.client import Client
from helpline.worker.delivery import Worker
from tests.assistant.test_reception import OURS, body, text
from tests.assistant.test_reception import receive as post
from tests.people import AMINA, BASHIR, agent, message, write
from tests.wires import Reply, StandIn

HELLO = OutboundMessage("hello")


@pytest.fixture
def case_id(service):
    """A waiting case."""
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("I need a person"))
        return cases.open_case(conn, service.vault, contact_id, "asked", language="en")[0]


def at_once(*works):
    """Do all in the same moment, each in its own thread; what each returned or raised."""
    gate, results = threading.Barrier(len(works)), [None] * len(works)

    def run(place, work):
        gate.wait()
        try:
            results[place] = work()
        except HelplineError as error:
            results[place] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return results


def said(service, author):
    with service.engine.begin() as conn:
        rows = conn.execute(sa.select(schema.outbox).where(schema.outbox.c.author == author)).all()
    return [(outbox.unpack(service.vault.open(row.body_sealed)).text, row.state) for row in rows]


def test_of_twenty_agents_who_claim_at_once_one_wins_and_nineteen_are_told_who(service, case_id):
    with service.engine.begin() as conn:
        people = [agent(conn, f"Agent {number}") for number in range(20)]

    def claim(me):
        with service.engine.begin() as conn:
            holding.claim(conn, case_id, me, capacity=5)
        return me

    results = at_once(*(lambda me=me: claim(me) for me in people))
    winners = [one for one in results if isinstance(one, int)]
    assert len(winners) == 1
    name = f"Agent {people.index(winners[0])}"
    assert [error.holder for error in results if isinstance(error, AlreadyClaimed)] == [name] * 19


def test_a_reply_the_assistant_is_computing_is_not_sent_once_a_person_took_over(service):
    with service.engine.begin() as conn:
        contact_id, me = write(conn, service, message("hello")), agent(conn)
        begun = turn.begin(conn, service, inbox.claim(conn, service.vault, 1)[0])
    with service.engine.begin() as conn:
        case_id = holding.take_over(conn, service.vault, contact_id, me)
        replies.reply(conn, service.vault, case_id, me, HELLO, "reply-1")
    with service.engine.begin() as conn:
        turn.end(conn, service, begun, turn.Heard((OutboundMessage("I am late."),), "greet"))
    assert said(service, "assistant")[-1][1] == "suppressed"
    assert said(service, "agent") == [("hello", "queued")]


@pytest.mark.parametrize("attempt", range(4))
def test_a_message_in_the_moment_of_closing_is_dealt_with_once_by_whoever_owns_it_then(service, case_id, attempt):
    with service.engine.begin() as conn:
        me = agent(conn)
        cases.claim(conn, case_id, me)
        replies.reply(conn, service.vault, case_id, me, HELLO, "reply-1")
        first = inbox.claim(conn, service.vault, 1)[0]
        turn.begin(conn, service, first)
        write(conn, service, message("one more thing: where can I eat?"))
        received = inbox.claim(conn, service.vault, 1)[0]

    def close():
        with service.engine.begin() as conn:
            cases.close(conn, case_id, me, "answered")

    def arrive():
        with service.engine.begin() as conn:
            begun = turn.begin(conn, service, received)
        if begun is not None:
            with service.engine.begin() as conn:
                turn.end(conn, service, begun, turn.Heard((OutboundMessage("Food is here."),), "find_food"))

    at_once(close, arrive)
    with service.engine.begin() as conn:
        row = conn.execute(sa.select(schema.inbox).where(schema.inbox.c.id == received.id)).one()
    heard = [(words.split("\n\n")[-1], state) for words, state in said(service, "assistant")]
    answered = ("Food is here.", "queued") in heard
    assert row.state == "done"
    assert (row.outcome, answered, row.case_id) in (("answered", True, None), ("joined_case", False, case_id))


def test_a_webhook_that_comes_three_times_and_out_of_order_is_one_message_each(service):
    first, second = body(text("first", "wamid.1")), body(text("second", "wamid.2"))
    for raw in (second, first, second, first, first, second):
        assert post(service, raw)[0] == 200
    with service.engine.begin() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(schema.inbox)).scalar_one() == 2
        taken = []
        while found := inbox.claim(conn, service.vault, 5):
            assert len(found) == 1
            taken.append(found[0].message.text)
            inbox.finish(conn, service.vault, found[0], "told", language="en", case_id=None)
    assert taken == ["second", "first"], "in the order in which they came to us"


def test_sent_after_read_takes_no_tick_back(service, case_id):
    row = reply_that_was_sent(service, case_id)
    for status in ("read", "sent", "delivered"):
        receive(service, status, "wamid.OUT")
    with service.engine.begin() as conn:
        assert state_of(conn, row) == "read"


def test_a_timeout_followed_by_a_late_delivered_is_sent_once(service, case_id):
    with StandIn().running() as stand_in:
        worker = Worker(service, Client(stand_in.url, OURS, "token", timeout=0.5))
        hold = threading.Event()
        stand_in.script.append(Reply(hold=lambda _: hold.wait(5)))
        row = reply_by(service, case_id)
        worker.deliver()
        worker.settle()
        hold.set()
        receive(service, "delivered", "wamid.LATE", callback=str(row))
        clock.shift(3600)
        worker.deliver()
        worker.settle()
        worker.stop()
        assert len(stand_in.calls) == 1
    with service.engine.begin() as conn:
        assert state_of(conn, row) == "delivered"


def test_a_laptop_that_slept_an_hour_cannot_send_into_a_case_a_colleague_has_now(service, case_id):
    with service.engine.begin() as conn:
        sara, tom = agent(conn, "Sara"), agent(conn, "Tom")
        presence.seen(conn, sara, case_id)
        cases.claim(conn, case_id, sara)
        on_screen = replies.newest(conn, cases.get(conn, case_id))
    clock.shift(3600)
    with service.engine.begin() as conn:
        presence.seen(conn, tom)
        holding.tend(conn)
        assert cases.get(conn, case_id).state == "waiting"
        cases.claim(conn, case_id, tom)
    with pytest.raises(AlreadyClaimed, match="Tom"), service.engine.begin() as conn:
        replies.reply(conn, service.vault, case_id, sara, HELLO, "asleep", seen=on_screen)
    assert said(service, "agent") == []


def test_a_shift_that_ends_with_three_open_cases_leaves_none_behind(service):
    with service.engine.begin() as conn:
        sara = agent(conn, "Sara")
        log.begin(conn, sara, clock.now() + 60)
        mine, since = [], []
        for number, sender in enumerate((AMINA, BASHIR, Identity(phone="31600000003"))):
            contact_id = write(conn, service, message("help", sender=sender))
            case_id = cases.open_case(conn, service.vault, contact_id, "asked")[0]
            cases.claim(conn, case_id, sara)
            mine.append(case_id)
            since.append(cases.get(conn, case_id).waiting_since)
            clock.shift(number)
        with pytest.raises(HelplineError):
            handover.end(conn, service.vault, sara, {mine[0]: handover.Left("released", "asks for a bed")})
    clock.shift(3600)
    with service.engine.begin() as conn:
        handover.finish(conn, service.vault)
        after = [cases.get(conn, one) for one in mine]
    assert [(one.state, one.holder, one.waiting_since) for one in after] == [("waiting", None, at) for at in since]
    with service.engine.begin() as conn:
        assert shifts.log.of(conn, sara) is None


def test_a_window_that_closes_while_somebody_types_keeps_the_words_and_sends_nothing(service, case_id):
    with service.engine.begin() as conn:
        me = agent(conn)
        cases.claim(conn, case_id, me)
    clock.shift(24 * 3600 - 300)
    with pytest.raises(WindowClosed), service.engine.begin() as conn:
        replies.reply(conn, service.vault, case_id, me, HELLO, "typed")
    assert said(service, "agent") == []
    with service.engine.begin() as conn:
        nudge = OutboundMessage("", template="answer_ready")
        assert replies.reply(conn, service.vault, case_id, me, HELLO, "typed", nudge=nudge)
        write(conn, service, message("yes?"))
        outbox.release_held(conn, cases.get(conn, case_id).contact_id)
    assert ("hello", "queued") in said(service, "agent")


def test_a_file_that_whatsapp_cannot_give_now_is_given_later():
    with StandIn().running() as stand_in:
        wire = Client(stand_in.url, OURS, "token", timeout=2)
        stand_in.script.append(Reply(503))
        with pytest.raises(HelplineError):
            wire.fetch("media-1")
        stand_in.script.append(Reply(200, {"url": f"{stand_in.url}/file", "mime_type": "image/png", "file_size": 4}))
        stand_in.script.append(Reply(200, {"any": 1}))
        assert wire.fetch("media-1").mime_type == "image/png"


def reply_by(service, case_id):
    """An agent's reply, queued; its row."""
    with service.engine.begin() as conn:
        me = agent(conn)
        cases.claim(conn, case_id, me)
        replies.reply(conn, service.vault, case_id, me, HELLO, "reply-1")
        mine = schema.outbox.c.author == Author.AGENT.value
        return conn.execute(sa.select(schema.outbox.c.id).where(mine)).scalar_one()


def state_of(conn, row):
    return conn.execute(sa.select(schema.outbox.c.state).where(schema.outbox.c.id == row)).scalar_one()


def reply_that_was_sent(service, case_id):
    row = reply_by(service, case_id)
    with service.engine.begin() as conn:
        outbox.claim(conn, service.vault, 5)
        outbox.sent(conn, row, "wamid.OUT")
    return row


def receive(service, status, message_id, callback=None):
    given = DeliveryReceipt(OURS, message_id, status, True, clock.now(), AMINA, (), callback_data=callback)
    with service.engine.begin() as conn:
        receipts.receive(conn, given)
