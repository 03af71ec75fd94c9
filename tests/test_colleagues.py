"""Asking a colleague: inside the case, never to the contact, gone with the case."""

import inspect

import pytest
import sqlalchemy as sa

from helpline import accounts, cases, clock, colleagues, drafts, problems, translating
from helpline.db import schema
from helpline.errors import InputError, Refused
from tests.conftest import count
from tests.hours import person
from tests.people import message, write


@pytest.fixture
def people(service):
    with service.engine.begin() as conn:
        return {
            "sara": person(conn, "Sara", "en,nl"),
            "tom": person(conn, "Tom", "en,fr"),
            "lea": person(conn, "Lea", "ar,en", "editor", "legal,translate"),
            "max": person(conn, "Max", "ar,en,fr", "agent", "legal"),
            "vera": person(conn, "Vera", role="viewer"),
        }


@pytest.fixture
def case_id(service, people):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("May I work?"))
        made, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="ar")
        cases.claim(conn, made, people["sara"])
        return made


def account(conn, account_id):
    return accounts.get(conn, account_id)


def waiting(conn, room, account_id):
    return conn.execute(room.waits_for(account(conn, account_id))).scalar_one()


def test_a_colleague_reads_and_answers_inside_the_case(service, people, case_id):
    with service.engine.begin() as conn:
        ask_id = colleagues.ask(conn, service.vault, case_id, people["sara"], "@tom is this right?")
        assert waiting(conn, colleagues, people["tom"]) == 1 and waiting(conn, colleagues, people["sara"]) == 0
        assert colleagues.may_read(conn, case_id, people["tom"]) and not colleagues.may_read(
            conn, case_id, people["lea"]
        )
        colleagues.saw(conn, ask_id, people["tom"])
        assert waiting(conn, colleagues, people["tom"]) == 1, "it waits until it is answered"
        colleagues.reply(conn, service.vault, ask_id, people["tom"], "Yes")
        assert waiting(conn, colleagues, people["tom"]) == 0 and waiting(conn, colleagues, people["sara"]) == 1
        one = colleagues.whole(conn, service.vault, ask_id, people["sara"])
        assert [(line.name, line.text) for line in one.lines] == [("Sara", "@tom is this right?"), ("Tom", "Yes")]
        assert one.state == "answered"
        colleagues.reply(conn, service.vault, ask_id, people["sara"], "And at weekends?")
        assert colleagues.get(conn, ask_id, people["tom"]).state == "open"
        colleagues.withdraw(conn, ask_id, people["sara"])
        assert not colleagues.may_read(conn, case_id, people["tom"])
        assert cases.get(conn, case_id).account_id == people["sara"], "the owner stays"


def test_a_duty_is_asked_of_everybody_who_has_it(service, people, case_id):
    with service.engine.begin() as conn:
        colleagues.ask(conn, service.vault, case_id, people["sara"], "question", duty="legal")
        assert [waiting(conn, colleagues, people[name]) for name in ("lea", "max", "tom")] == [1, 1, 0]
        with pytest.raises(InputError, match="ask_nobody"):
            colleagues.ask(conn, service.vault, case_id, people["sara"], "question", duty="safeguarding")


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("@tom look", "tom"), ("Hello @Tom, look", "tom"), ("@TOM.", "tom"), ("ask @legal please", "legal"),
        ("mail me at sara@tom.example", None), ("nobody", None), ("@nobody", None), ("@sara me", None), ("@vera", None),
    ],
)  # fmt: skip
def test_a_note_that_names_somebody_asks_them(service, people, case_id, text, asked):
    with service.engine.begin() as conn:
        made = colleagues.ask_mentioned(conn, service.vault, case_id, people["sara"], text)
        assert (made is None) == (asked is None)
        if made is not None:
            one = colleagues.get(conn, made, people["sara"])
            assert asked in (one.duty, (one.asked or "").lower())


def test_who_was_not_asked_does_not_see_it(service, people, case_id):
    with service.engine.begin() as conn:
        ask_id = colleagues.ask(conn, service.vault, case_id, people["sara"], "x", to=people["tom"])
        with pytest.raises(InputError):
            colleagues.get(conn, ask_id, people["lea"])
        with pytest.raises(InputError):
            colleagues.reply(conn, service.vault, ask_id, people["max"], "me too")


@pytest.mark.parametrize("wrong", [{}, {"to": 999}, {"duty": "review"}, {"to": "sara"}, {"to": "vera"}])
def test_nobody_in_particular_cannot_be_asked(service, people, case_id, wrong):
    wrong = {key: people.get(value, value) for key, value in wrong.items()}
    with service.engine.begin() as conn, pytest.raises(InputError):
        colleagues.ask(conn, service.vault, case_id, people["sara"], "x", **wrong)


def test_what_colleagues_write_has_no_way_to_the_contact(service, people, case_id):
    with service.engine.begin() as conn:
        ask_id = colleagues.ask(conn, service.vault, case_id, people["sara"], "secret thought", to=people["tom"])
        colleagues.reply(conn, service.vault, ask_id, people["tom"], "secret answer")
        assert "secret" not in str(conn.execute(sa.select(schema.ask_lines)).all())
    assert count(service.engine, schema.outbox) == 0
    for module in (colleagues, problems, translating):
        assert "outbox" not in vars(module) and "handoff" not in vars(module), module.__name__
        assert ".enqueue" not in inspect.getsource(module)
    for table in (schema.ask_lines, schema.asks, schema.translations):
        assert {key.column.table.name for key in table.foreign_keys} <= {"asks", "cases"}


def test_everything_goes_with_the_contact(service, people, case_id):
    with service.engine.begin() as conn:
        colleagues.ask(conn, service.vault, case_id, people["sara"], "x", to=people["tom"])
        translating.ask(conn, service.vault, case_id, people["sara"], "in-1", "x", ("ar", "en"))
        conn.execute(sa.delete(schema.contacts))
    for table in (schema.asks, schema.ask_lines, schema.ask_reads, schema.translations, schema.alerts):
        assert count(service.engine, table) == 0, table.name


def test_a_text_is_translated_by_one_volunteer_and_stamped(service, people, case_id):
    vault = service.vault
    with service.engine.begin() as conn:
        lea, largest, tom = (account(conn, people[name]) for name in ("lea", "max", "tom"))
        wanted = translating.ask(conn, vault, case_id, people["sara"], "in-1", "سؤال", ("ar", "en"))
        assert translating.ask(conn, vault, case_id, people["sara"], "in-1", "سؤال", ("ar", "en")) == wanted
        assert [one.original for one in translating.wanted(conn, vault, lea)] == ["سؤال"]
        assert translating.wanted(conn, vault, tom) == [] and waiting(conn, translating, lea.id) == 1
        assert waiting(conn, translating, largest.id) == 0, "only the duty is told of it"
        with pytest.raises(Refused, match="not_yours"):
            translating.claim(conn, vault, wanted, tom)
        translating.claim(conn, vault, wanted, lea)
        with pytest.raises(Refused, match="taken"):
            translating.claim(conn, vault, wanted, largest)
        with pytest.raises(Refused, match="taken"):
            translating.finish(conn, vault, wanted, largest, "stolen")
        assert translating.finish(conn, vault, wanted, lea, "a question") is False
        (one,) = translating.of_case(conn, vault, case_id)
        assert (one.original, one.result, one.helper, one.done_at is not None) == ("سؤال", "a question", "Lea", True)
        assert waiting(conn, translating, people["sara"]) == 1
        translating.saw(conn, case_id, people["sara"])
        assert waiting(conn, translating, people["sara"]) == 0


def draft(conn, service, case_id, account_id):
    return drafts.of(conn, service.vault, case_id, account_id).get("reply")


def test_a_translated_draft_becomes_the_draft_and_is_not_sent(service, people, case_id):
    vault, sara = service.vault, people["sara"]
    with service.engine.begin() as conn:
        lea = account(conn, people["lea"])
        drafts.keep(conn, vault, case_id, sara, "reply", "You may work.")
        wanted = translating.ask(conn, vault, case_id, sara, "draft", "You may work.", ("en", "ar"))
        translating.claim(conn, vault, wanted, lea)
        assert translating.finish(conn, vault, wanted, lea, "يمكنك العمل.")
        assert draft(conn, service, case_id, sara) == "يمكنك العمل."
    assert count(service.engine, schema.outbox) == 0


def test_a_draft_that_was_changed_since_is_not_overwritten_but_can_be_taken(service, people, case_id):
    vault, sara = service.vault, people["sara"]
    with service.engine.begin() as conn:
        lea = account(conn, people["lea"])
        wanted = translating.ask(conn, vault, case_id, sara, "draft", "You may work.", ("en", "ar"))
        translating.claim(conn, vault, wanted, lea)
        drafts.keep(conn, vault, case_id, sara, "reply", "Something else")
        assert not translating.finish(conn, vault, wanted, lea, "يمكنك العمل.")
        assert draft(conn, service, case_id, sara) == "Something else"
        with pytest.raises(Refused):
            translating.use(conn, vault, wanted, people["tom"])
        translating.use(conn, vault, wanted, sara)
        assert draft(conn, service, case_id, sara) == "يمكنك العمل."


def test_a_text_somebody_took_and_forgot_is_given_back(service, people, case_id):
    with service.engine.begin() as conn:
        lea, largest = account(conn, people["lea"]), account(conn, people["max"])
        wanted = translating.ask(conn, service.vault, case_id, people["sara"], "in-1", "x", ("ar", "en"))
        translating.claim(conn, service.vault, wanted, lea)
        assert translating.wanted(conn, service.vault, largest) == []
        clock.shift(translating.CLAIM_SECONDS + 1)
        assert len(translating.wanted(conn, service.vault, largest)) == 1


@pytest.mark.parametrize("languages", [("en", "en"), ("", "en"), ("en", "<b>"), ("en,ar", "nl")])
def test_two_different_languages_are_needed(service, people, case_id, languages):
    with service.engine.begin() as conn, pytest.raises(InputError):
        translating.ask(conn, service.vault, case_id, people["sara"], "in-1", "x", languages)


def test_a_problem_is_shared_owned_and_closed_when_its_answer_is_published(service, people):
    from helpline import content

    with service.engine.begin() as conn:
        content.import_starter(conn)
        conn.execute(sa.update(schema.answers).values(updated_at=clock.now() - 86400))
        made = problems.add(conn, people["sara"], "Can I open a bank account?")
        assert problems.add(conn, people["tom"], "can i open a BANK account?") == made
        problems.own(conn, made, people["lea"])
        (one,) = problems.listed(conn)
        assert (one.times, one.owner, one.state) == (2, "Lea", "open") and waiting(conn, problems, people["lea"]) == 1
        with pytest.raises(InputError, match="problem_answer"):
            problems.link(conn, made, "utter_no_such_answer")
        problems.link(conn, made, "utter_find_food")
        assert problems.close_published(conn) == 0 and problems.listed(conn)[0].state == "written"
        conn.execute(
            sa.update(schema.answers).where(schema.answers.c.key == "utter_find_food").values(updated_at=clock.now())
        )
        assert problems.close_published(conn) == 1 and problems.listed(conn) == []
        assert [one.title for one in problems.listed(conn, closed=True)] == ["Can I open a bank account?"]
        with pytest.raises(Refused):
            problems.own(conn, made, people["sara"])


def test_numbers_of_a_person_do_not_get_onto_the_list(service, people):
    with service.engine.begin() as conn:
        problems.add(conn, people["sara"], "Is NL91ABNA0417164300 blocked?", "call 0612345678")
        (one,) = problems.listed(conn)
    assert "0417164300" not in one.title and "0612345678" not in one.details
