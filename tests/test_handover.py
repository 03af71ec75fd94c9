"""The end of a shift: nothing is left silently."""

import pytest
import sqlalchemy as sa

from helpline import cases, clock, handover, presence, shifts, timeline
from helpline.db import schema
from helpline.errors import InputError, Refused
from helpline.handover import Left
from helpline.messages import Identity
from helpline.shifts import log
from tests.hours import away, go_to, on_shift, person
from tests.people import message, write


@pytest.fixture
def people(service):
    go_to("2026-11-26 10:00")
    with service.engine.begin() as conn:
        sara, tom = person(conn, "Sara"), person(conn, "Tom")
        on_shift(conn, sara)
        on_shift(conn, tom)
    return sara, tom


def held(service, account_id, count=3, answered=()):
    """Cases somebody holds; those numbered in `answered` wait for the contact."""
    ids = []
    with service.engine.begin() as conn:
        for number in range(count):
            contact_id = write(conn, service, message("x", sender=Identity(phone=f"3160000020{number}")))
            case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="en")
            cases.claim(conn, case_id, account_id)
            if number in answered:
                conn.execute(sa.update(schema.cases).where(schema.cases.c.id == case_id).values(waiting_since=None))
            ids.append(case_id)
    return ids


def look(service, case_id):
    with service.engine.connect() as conn:
        return cases.get(conn, case_id)


def test_three_cases_are_left_in_three_ways_and_the_next_shift_reads_them(service, people):
    sara, tom = people
    given, parked, handed = held(service, sara, answered=(1,))
    left = {
        given: Left("released", "Asks again about the GP"),
        parked: Left("parked", "Waits for the lawyer", hours=24),
        handed: Left("handed", "Speaks French", to=tom),
    }
    with service.engine.begin() as conn:
        assert handover.end(conn, service.vault, sara, left, "The food bank in Delft is closed.") == []
    assert look(service, given).state == "waiting" and look(service, given).account_id is None
    assert look(service, parked).state == "parked" and look(service, handed).account_id == tom
    with service.engine.connect() as conn:
        (ended,) = handover.ended(conn, service.vault)
        notes = [
            item.text for item in timeline.of_case(conn, service.vault, cases.get(conn, handed)) if item.who == "note"
        ]
        assert log.of(conn, sara) is None
    assert notes == ["Speaks French"] and ended.note == "The food bank in Delft is closed."
    assert {(one.choice, one.line, one.to) for one in ended.lines} == {
        ("released", "Asks again about the GP", None), ("parked", "Waits for the lawyer", None),
        ("handed", "Speaks French", "Tom"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong", [None, Left("", "x"), Left("released", "  "), Left("forgotten", "x"), Left("handed", "x")]
)
def test_while_one_case_has_no_choice_and_line_nothing_is_changed(service, people, wrong):
    sara, _ = people
    first, second = held(service, sara, 2)
    left = {first: Left("released", "fine")} | ({second: wrong} if wrong else {})
    with pytest.raises(InputError), service.engine.begin() as conn:
        handover.end(conn, service.vault, sara, left)
    assert look(service, first).account_id == sara
    with service.engine.connect() as conn:
        assert log.of(conn, sara) is not None and handover.ended(conn, service.vault) == []


def test_a_case_whose_contact_waits_cannot_be_parked_at_the_end(service, people):
    sara, _ = people
    (case_id,) = held(service, sara, 1)
    with pytest.raises(Refused), service.engine.begin() as conn:
        handover.end(conn, service.vault, sara, {case_id: Left("parked", "later", hours=4)})


def test_a_colleague_who_has_left_does_not_get_the_case(service, people):
    sara, tom = people
    (case_id,) = held(service, sara, 1)
    with service.engine.begin() as conn:
        away(conn, tom)
        assert handover.end(conn, service.vault, sara, {case_id: Left("handed", "x", to=tom)}) == [case_id]
    assert look(service, case_id).state == "waiting"


def test_a_laptop_that_sleeps_at_the_end_gives_its_cases_back(service, people):
    sara, _ = people
    waiting, answered = held(service, sara, 2, answered=(1,))
    since = look(service, waiting).waiting_since
    with service.engine.begin() as conn:
        assert handover.finish(conn, service.vault) == 0
        clock.shift(4 * 3600 + handover.GRACE_SECONDS + 1)
        presence.seen(conn, sara)
        away(conn, people[1])
        conn.execute(sa.delete(schema.shift_log).where(schema.shift_log.c.account_id == people[1]))
        assert handover.finish(conn, service.vault) == 0
        clock.shift(presence.AWAY_SECONDS + 1)
        assert handover.finish(conn, service.vault) == 1 and handover.finish(conn, service.vault) == 0
        (ended,) = handover.ended(conn, service.vault)
    assert ended.by_time and {one.choice for one in ended.lines} == {"left"}
    assert look(service, waiting).waiting_since == since and look(service, waiting).state == "waiting"
    assert look(service, answered).state == "waiting"


def test_a_parked_case_of_somebody_who_went_home_wakes_to_the_queue(service, people):
    sara, _ = people
    (case_id,) = held(service, sara, 1, answered=(0,))
    with service.engine.begin() as conn:
        handover.end(conn, service.vault, sara, {case_id: Left("parked", "later", hours=4)})
        away(conn, sara)
        cases.contact_wrote(conn, case_id, "I have another question")
    assert look(service, case_id).state == "waiting" and look(service, case_id).account_id is None


def test_handed_over_lines_go_with_the_case_and_stay_sealed(service, people):
    sara, _ = people
    (case_id,) = held(service, sara, 1)
    with service.engine.begin() as conn:
        handover.end(conn, service.vault, sara, {case_id: Left("released", "a secret line")}, "a secret note")
        assert "secret" not in str(conn.execute(sa.select(schema.handovers)).all())
        assert "secret" not in str(conn.execute(sa.select(schema.shift_log)).all())
        conn.execute(sa.delete(schema.contacts))
        assert conn.execute(sa.select(schema.handovers)).all() == []
        assert shifts.on_shift(conn)[0].name == "Tom"
