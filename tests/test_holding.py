"""Taking, passing on, parking, undoing; and what happens to cases of people who went home."""

import pytest

from helpline import cases, clock, drafts, holding, presence, queue, replies, thanks
from helpline.errors import AlreadyClaimed, InputError, Refused, WindowClosed
from helpline.messages import OutboundMessage
from tests.people import AMINA, BASHIR, agent, message, write


@pytest.fixture
def desk(service):
    """A case Sara holds, and Tom: (case id, Sara, Tom)."""
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("I need a person"))
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="en")
        sara, tom = agent(conn, "Sara"), agent(conn, "Tom")
        cases.claim(conn, case_id, sara)
        return case_id, sara, tom


def say(conn, service, case_id, account_id, text="hello", key="k", **more):
    return replies.reply(conn, service.vault, case_id, account_id, OutboundMessage(text), key, **more)


def test_hands_that_are_full_take_no_more_but_an_urgent_one_knowingly(service, desk):
    _, sara, _ = desk
    with service.engine.begin() as conn:
        other = write(conn, service, message("hello", sender=BASHIR))
        case_id, _ = cases.open_case(conn, service.vault, other, "asked")
        with pytest.raises(holding.Full):
            holding.claim(conn, case_id, sara, capacity=1)
        with pytest.raises(holding.Full):
            holding.claim(conn, case_id, sara, capacity=1, knowingly=True)
        cases.upgrade(conn, case_id, "medical")
        with pytest.raises(holding.Full):
            holding.claim(conn, case_id, sara, capacity=1)
        holding.claim(conn, case_id, sara, capacity=1, knowingly=True)


def test_transfer_needs_a_note_and_reaches_only_somebody_who_is_here(service, desk):
    case_id, sara, tom = desk
    with service.engine.begin() as conn:
        with pytest.raises(InputError):
            holding.transfer(conn, service.vault, case_id, sara, tom, "  ")
        assert not holding.transfer(conn, service.vault, case_id, sara, tom, "speaks French")
        assert cases.get(conn, case_id).state == "waiting"
        cases.claim(conn, case_id, sara)
        presence.seen(conn, tom)
        assert holding.transfer(conn, service.vault, case_id, sara, tom, "speaks French")
        assert (cases.get(conn, case_id).holder, cases.get(conn, case_id).state) == ("Tom", "active")
        with pytest.raises(AlreadyClaimed):
            say(conn, service, case_id, sara)
        assert say(conn, service, case_id, tom)


def test_unanswered_case_of_somebody_who_is_away_returns_to_its_place(service, desk):
    case_id, sara, _ = desk
    with service.engine.begin() as conn:
        since = cases.get(conn, case_id).waiting_since
        presence.seen(conn, sara)
        clock.shift(presence.AWAY_SECONDS - 5)
        assert holding.tend(conn) == 0
        clock.shift(10)
        assert holding.tend(conn) == 1
        case = cases.get(conn, case_id)
        assert (case.state, case.holder, case.waiting_since) == ("waiting", None, since)
        assert [event[1] for event in cases.events(conn, case_id)].count("expired") == 1
        assert holding.tend(conn) == 0


def test_answered_case_stays_with_somebody_who_is_away(service, desk):
    case_id, sara, _ = desk
    with service.engine.begin() as conn:
        say(conn, service, case_id, sara)
        clock.shift(3600)
        assert holding.tend(conn) == 0
        assert cases.get(conn, case_id).holder == "Sara"


def test_parked_case_sleeps_through_thanks_and_wakes_for_a_question(service, desk):
    case_id, sara, _ = desk
    with service.engine.begin() as conn:
        with pytest.raises(Refused):
            holding.park(conn, case_id, sara, clock.now() + 3600)
        say(conn, service, case_id, sara)
        holding.park(conn, case_id, sara, clock.now() + 3600)
        cases.contact_wrote(conn, case_id, "ok thanks 🙏")
        assert cases.get(conn, case_id).state == "parked"
        presence.seen(conn, sara)
        cases.contact_wrote(conn, case_id, "but where do I go?")
        case = cases.get(conn, case_id)
        assert (case.state, case.holder) == ("active", "Sara") and case.waiting_since is not None


def test_parked_case_of_somebody_away_wakes_to_the_queue(service, desk):
    case_id, sara, _ = desk
    with service.engine.begin() as conn:
        say(conn, service, case_id, sara)
        holding.park(conn, case_id, sara, clock.now() + 3600)
        clock.shift(3601)
        assert holding.tend(conn) == 1
        assert cases.get(conn, case_id).state == "waiting"


def test_reply_wakes_a_parked_case(service, desk):
    case_id, sara, _ = desk
    with service.engine.begin() as conn:
        say(conn, service, case_id, sara)
        holding.park(conn, case_id, sara, clock.now() + 3600)
        assert say(conn, service, case_id, sara, key="k2")
        assert cases.get(conn, case_id).state == "active"


@pytest.mark.parametrize("seconds", [0, -5, holding.PARK_SECONDS + 60])
def test_parking_needs_a_moment_that_makes_sense(service, desk, seconds):
    case_id, sara, _ = desk
    with service.engine.begin() as conn:
        say(conn, service, case_id, sara)
        with pytest.raises(InputError):
            holding.park(conn, case_id, sara, clock.now() + seconds)


def test_a_close_can_be_undone_for_ten_seconds_by_who_closed(service, desk):
    case_id, sara, tom = desk
    with service.engine.begin() as conn:
        cases.close(conn, case_id, sara, "answered", lesson="missing")
        with pytest.raises(Refused):
            holding.undo_close(conn, case_id, tom)
        holding.undo_close(conn, case_id, sara)
        case = cases.get(conn, case_id)
        assert (case.state, case.holder, case.outcome, case.lesson) == ("active", "Sara", None, None)
        cases.close(conn, case_id, sara, "answered")
        clock.shift(30)
        with pytest.raises(Refused):
            holding.undo_close(conn, case_id, sara)


def test_a_close_cannot_be_undone_once_the_contact_wrote_again(service, desk):
    case_id, sara, _ = desk
    with service.engine.begin() as conn:
        cases.close(conn, case_id, sara, "answered")
        clock.shift(2)
        write(conn, service, message("one more question"))
        with pytest.raises(Refused):
            holding.undo_close(conn, case_id, sara)


def test_taking_over_from_the_assistant_makes_its_late_words_refused(service):
    from helpline import contacts, outbox
    from helpline.messages import Author

    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("hello", sender=AMINA))
        epoch = contacts.get(conn, contact_id).epoch
        sara, tom = agent(conn, "Sara"), agent(conn, "Tom")
        case_id = holding.take_over(conn, service.vault, contact_id, sara)
        late = outbox.put(conn, service.vault, contact_id, OutboundMessage("late"), author=Author.ASSISTANT,
                          kind="answer", once_key="t", epoch=epoch)  # fmt: skip
        assert late == "suppressed" and cases.get(conn, case_id).holder == "Sara"
        with pytest.raises(AlreadyClaimed):
            holding.take_over(conn, service.vault, contact_id, tom)


def test_a_reply_written_before_the_contacts_newest_message_is_stopped(service, desk):
    case_id, sara, _ = desk
    with service.engine.begin() as conn:
        seen = replies.newest(conn, cases.get(conn, case_id))
        write(conn, service, message("wait, I meant something else"))
        with pytest.raises(replies.Unseen):
            say(conn, service, case_id, sara, seen=seen)
        assert say(conn, service, case_id, sara, seen=replies.newest(conn, cases.get(conn, case_id)))


def test_a_colleagues_note_stops_a_reply_too(service, desk):
    case_id, sara, tom = desk
    with service.engine.begin() as conn:
        seen = replies.newest(conn, cases.get(conn, case_id))
        replies.note(conn, service.vault, case_id, tom, "do not send them there, it is closed")
        with pytest.raises(replies.Unseen):
            say(conn, service, case_id, sara, seen=seen)


def test_outside_the_window_the_answer_is_held_and_one_neutral_nudge_goes_out(service, desk):
    from helpline import outbox
    from helpline.db import schema

    case_id, sara, _ = desk
    nudge = OutboundMessage("", template="answer_waiting")
    with service.engine.begin() as conn:
        clock.shift(25 * 3600)
        with pytest.raises(WindowClosed):
            say(conn, service, case_id, sara)
        assert say(conn, service, case_id, sara, key="k1", nudge=nudge)
        assert say(conn, service, case_id, sara, key="k2", nudge=nudge)
        rows = conn.execute(schema.outbox.select().order_by(schema.outbox.c.id)).all()
        assert [(row.kind, row.state) for row in rows] == [("nudge", "queued"), ("reply", "held"), ("reply", "held")]
        contact_id = write(conn, service, message("yes?"))
        outbox.release_held(conn, contact_id)
        rows = conn.execute(schema.outbox.select().order_by(schema.outbox.c.id)).all()
        assert [row.state for row in rows] == ["queued"] * 3


def test_drafts_stay_with_their_case_and_their_writer(service, desk):
    case_id, sara, tom = desk
    with service.engine.begin() as conn:
        drafts.keep(conn, service.vault, case_id, sara, "reply", "half a sen")
        drafts.keep(conn, service.vault, case_id, sara, "reply", "half a sentence")
        assert drafts.of(conn, service.vault, case_id, sara) == {"reply": "half a sentence"}
        assert drafts.of(conn, service.vault, case_id, tom) == {}
        drafts.keep(conn, service.vault, case_id, sara, "reply", " ")
        assert drafts.of(conn, service.vault, case_id, sara) == {}


def test_colleagues_are_seen_while_they_look_and_not_after(service, desk):
    case_id, sara, tom = desk
    with service.engine.begin() as conn:
        presence.seen(conn, tom, case_id, typing=True)
        assert [(one.name, one.typing) for one in presence.colleagues(conn, case_id, sara)] == [("Tom", True)]
        assert presence.colleagues(conn, case_id, tom) == []
        clock.shift(presence.TYPING_SECONDS + 1)
        assert [one.typing for one in presence.colleagues(conn, case_id, sara)] == [False]
        clock.shift(presence.VIEWING_SECONDS)
        assert presence.colleagues(conn, case_id, sara) == []


def test_a_window_about_to_close_comes_first_among_equals(service):
    with service.engine.begin() as conn:
        old = write(conn, service, message("x", sender=AMINA))
        clock.shift(21 * 3600)
        new = write(conn, service, message("y", sender=BASHIR))
        second, _ = cases.open_case(conn, service.vault, new, "asked")
        clock.shift(10)
        first, _ = cases.open_case(conn, service.vault, old, "asked")
        assert [case.id for case in queue.listed(conn, queue.Filter(("waiting",)))] == [first, second]


def test_many_messages_do_not_overtake_a_quiet_wait(service):
    with service.engine.begin() as conn:
        quiet, _ = cases.open_case(conn, service.vault, write(conn, service, message("a", sender=AMINA)), "asked")
        clock.shift(300)
        loud, _ = cases.open_case(conn, service.vault, write(conn, service, message("b", sender=BASHIR)), "asked")
        for number in range(10):
            clock.shift(10)
            write(conn, service, message(f"hello? {number}", sender=BASHIR))
            cases.contact_wrote(conn, loud, "hello?")
        assert [case.id for case in queue.listed(conn, queue.Filter(("waiting",)))] == [quiet, loud]


def test_a_case_in_my_language_comes_first_until_others_have_waited_longer(service):
    with service.engine.begin() as conn:
        french, _ = cases.open_case(
            conn, service.vault, write(conn, service, message("a", sender=AMINA)), "asked", language="fr"
        )
        clock.shift(600)
        arabic, _ = cases.open_case(
            conn, service.vault, write(conn, service, message("b", sender=BASHIR)), "asked", language="ar"
        )
        order = lambda *reads: [c.id for c in queue.listed(conn, queue.Filter(("waiting",)), reads=reads)]  # noqa: E731
        assert order("en") == [french, arabic] and order("ar") == [arabic, french]
        clock.shift(-600)
        assert order() == [french, arabic]


@pytest.mark.parametrize(
    "text", ["thanks", "Ok thank you so much 🙏", "شكراً جزيلاً", "Merci beaucoup !", "dank je wel", "ok"]
)
def test_mere_thanks(text):
    assert thanks.is_thanks(text)


@pytest.mark.parametrize(
    "text", ["", "🙏", "ok?", "thanks, but where is it", "ok police is here", "شكرا لكن أين المكان"]
)
def test_more_than_thanks(text):
    assert not thanks.is_thanks(text)
