"""Messages that were not understood: anonymous, in heaps, gone with their writer, and never trained by themselves."""

import pytest
import sqlalchemy as sa

from helpline import cases, clock, contacts, examples, inbox, intents, lessons, outbox
from helpline.db import schema
from helpline.errors import InputError
from helpline.messages import Author, Identity, OutboundMessage
from tests.people import AMINA, BASHIR, message, write


def unsure(service, text, sender=AMINA, reason="unsure", guesses=(("find_food", 0.4),)):
    """A case the assistant opened because it was not sure; its number."""
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message(text, sender=sender))
        open_case = cases.of_contact(conn, contact_id)
        if open_case is not None:
            cases.close(conn, open_case, None, "withdrawn")
        return cases.open_case(
            conn, service.vault, contact_id, reason, language="en", card=cases.Card(text, tuple(guesses))
        )[0]


def collected(service, state="open", **order):
    lessons.collect(service.engine, service.vault)
    with service.engine.begin() as conn:
        return lessons.heaps(conn, service.vault, state, **order)


def person(number):
    return Identity(phone=f"3160001{number:04d}")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("my number is 0612345678 call me", "my number is [phone] call me"),
        ("mail me at amina.k@mail.com please", "mail me at [email] please"),
        ("My name is Amina Khalil and I need food", "My name is [name] and I need food"),
        ("ik heet fatima, waar kan ik slapen", "ik heet [name], waar kan ik slapen"),
        ("Je m'appelle Jean Pierre et j'ai faim", "Je m'appelle [name] et j'ai faim"),
        ("me llamo José, tengo hambre", "me llamo [name], tengo hambre"),
        ("meu nome é João", "meu nome é [name]"),
        ("اسمي محمد أريد طعاما", "اسمي [name] طعاما"),
        ("I live at Dorpsstraat 12a, 1012 AB Amsterdam", "I live at [address], [postcode] Amsterdam"),
        ("my v-number is 1234567890", "my v-number is [v_number]"),
        ("look at https://example.org/me", "look at [link]"),
        ("case 44 021 998", "case [number]"),
        ("I need food for 4 children", "I need food for 4 children"),
        ("is mevrouw Jansen there today", "is [name] there today"),
    ],
)
def test_nothing_that_leads_to_a_person_is_left(text, left):
    assert lessons.anonymous(text, readable=True) == left


def test_message_the_assistant_was_not_sure_of_becomes_a_lesson_once(service):
    unsure(service, "my name is Amina, where do I get a thing for the baby")
    (heap,) = collected(service)
    assert heap.texts == ("my name is [name], where do I get a thing for the baby",)
    assert (heap.reasons, heap.guess, heap.language, heap.times) == (("rejected",), "find_food", "en", 1)
    assert len(collected(service)) == 1


def test_no_contact_is_named_in_the_table(service):
    unsure(service, "where do I get a thing for the baby")
    collected(service)
    with service.engine.begin() as conn:
        contact_id = contacts.identify(conn, service.vault, AMINA)
        row = conn.execute(sa.select(schema.lessons)).one()
    assert contact_id not in str(row) and AMINA.phone not in str(row)
    assert "baby" not in row.text_sealed


def test_eighty_that_say_nearly_the_same_are_one_heap(service):
    for number in range(8):
        unsure(service, f"where do i get pampers for my baby{'!' * number}", person(number))
    unsure(service, "how much does a train to Groningen cost", person(99))
    big, small = collected(service)
    assert (big.times, small.times) == (8, 1)
    assert [one.times for one in collected(service, newest_first=True)] == [1, 8]


def test_case_that_an_agent_calls_misunderstood_is_a_lesson_with_the_right_topic(service):
    case_id = unsure(service, "the card does not work", reason="asked")
    with service.engine.begin() as conn:
        conn.execute(
            sa.update(schema.cases)
            .where(schema.cases.c.id == case_id)
            .values(lesson="misunderstood", topic="voucher_not_working", closed_at=clock.now(), state="closed")
        )
    (heap,) = collected(service)
    assert (heap.reasons, heap.guess, heap.suggestion) == (("misunderstood",), "find_food", "voucher_not_working")


def test_case_that_needed_a_person_anyway_is_no_lesson(service):
    unsure(service, "can I talk to a person", reason="asked")
    assert collected(service) == []


def test_thumb_down_on_an_answer_points_at_the_question(service):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("where is the free dentist"))
        asked = conn.execute(sa.select(schema.inbox.c.id)).scalar_one()

        outbox.put(
            conn, service.vault, contact_id, OutboundMessage("wrong answer"), author=Author.ASSISTANT, kind="answer",
            once_key="a", in_reply_to=asked, epoch=0,
        )  # fmt: skip
        conn.execute(sa.update(schema.outbox).values(message_id="wamid.out"))
        thumb = message(None, kind="reaction", deliver="none", details={"emoji": "👎🏽", "message_id": "wamid.out"})
        inbox.store(conn, service.vault, thumb, contact_id)
    (heap,) = collected(service)
    assert (heap.texts, heap.reasons) == (("where is the free dentist",), ("thumbs_down",))


def test_thumb_up_teaches_nothing(service):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("where is the free dentist"))
        thumb = message(None, kind="reaction", deliver="none", details={"emoji": "👍", "message_id": "wamid.out"})
        inbox.store(conn, service.vault, thumb, contact_id)
    assert collected(service) == []


def test_nothing_is_learnt_until_an_editor_says_what_it_means(service):
    for number in range(30):
        unsure(service, "vote for X", person(number))
    (heap,) = collected(service)
    with service.engine.begin() as conn:
        intents.ensure(conn, ["find_food"], 0)
        assert examples.listed(conn) == []
        assert lessons.teach(conn, heap, "find_food", [lessons.plain("bread for [name] please")], "en", 7) == 1
        (one,) = examples.listed(conn)
    assert (one.text, one.origin, one.account_id) == ("bread for please", "message", 7)
    assert collected(service) == []
    (taught,) = collected(service, "taught")
    assert (taught.times, taught.intent) == (30, "find_food")


def test_heap_is_put_aside_and_put_back(service):
    unsure(service, "buy followers cheap")
    (heap,) = collected(service)
    with service.engine.begin() as conn:
        lessons.put_aside(conn, heap.id, "spam", 7)
        assert lessons.counts(conn)["spam"] == 1
        lessons.put_aside(conn, heap.id, "open", 7)
        assert lessons.counts(conn)["open"] == 1
        with pytest.raises(InputError):
            lessons.put_aside(conn, heap.id, "taught", 7)
        with pytest.raises(InputError):
            lessons.put_aside(conn, 10**9, "spam", 7)


def test_lesson_goes_with_the_contact_who_is_erased(service):
    unsure(service, "where do I get pampers", AMINA)
    unsure(service, "how much is the train", BASHIR)
    assert len(collected(service)) == 2
    with service.engine.begin() as conn:
        contact_id = contacts.identify(conn, service.vault, AMINA)
        conn.execute(sa.delete(schema.contacts).where(schema.contacts.c.id == contact_id))
    assert lessons.tend(service.engine, service.vault) == 1
    with service.engine.begin() as conn:
        assert [one.texts[0] for one in lessons.heaps(conn, service.vault)] == ["how much is the train"]


def test_lesson_is_deleted_after_ninety_days(service):
    unsure(service, "where do I get pampers")
    collected(service)
    assert lessons.tend(service.engine, service.vault) == 0
    with service.engine.begin() as conn:
        days = lessons.RETENTION_DAYS + 1
        conn.execute(sa.update(schema.lessons).values(day=schema.lessons.c.day - days))
    assert lessons.tend(service.engine, service.vault) == 1
