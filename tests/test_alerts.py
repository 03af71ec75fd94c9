"""Alarms: written with the case, wider and wider until somebody takes it."""

import json

import pytest
import sqlalchemy as sa

from helpline import alerts, cases, clock, handoff, summary
from helpline.db import schema
from tests.hours import away, every_day, go_to, on_shift, person
from tests.people import AMINA, BASHIR, message, write


def told(service):
    """Every notice as (kind, audience)."""
    with service.engine.connect() as conn:
        rows = conn.execute(sa.select(schema.notices).order_by(schema.notices.c.id)).all()
    return [(row.kind, row.audience) for row in rows]


def emergency(service, sender=AMINA, language="ar"):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("help", sender=sender))
        return handoff.emergency(conn, service, contact_id, "medical", language=language)


def tend(service, seconds=0):
    clock.shift(seconds)
    with service.engine.begin() as conn:
        alerts.tend(conn)


@pytest.fixture
def people(service):
    go_to("2026-11-26 10:00")
    with service.engine.begin() as conn:
        return {"sara": person(conn, "Sara", "ar,en"), "tom": person(conn, "Tom", "fr,en")}


def test_the_alarm_is_there_when_the_case_is(service, people):
    with service.engine.begin() as conn:
        on_shift(conn, people["sara"])
    emergency(service)
    assert told(service) == [("urgent", "team")]
    with service.engine.connect() as conn:
        assert alerts.ringing(conn) == 1


def test_no_case_no_alarm_when_the_transaction_fails(service, people):
    with pytest.raises(RuntimeError), service.engine.begin() as conn:
        contact_id = write(conn, service, message("help"))
        handoff.emergency(conn, service, contact_id, "medical")
        raise RuntimeError
    assert told(service) == []


def test_it_rings_wider_until_the_case_is_taken(service, people):
    with service.engine.begin() as conn:
        on_shift(conn, people["sara"])
    case_id = emergency(service)
    tend(service, 60)
    assert len(told(service)) == 1
    for seconds in (60, 180, 300, 300):
        tend(service, seconds)
    assert told(service)[1:] == [
        ("urgent_wide", "team"), ("urgent_wide", "coordinator"), ("urgent_on_call", "on_call"),
        ("urgent_on_call", "on_call"),
    ]  # fmt: skip
    with service.engine.begin() as conn:
        cases.claim(conn, case_id, people["sara"])
    before = told(service)
    tend(service, 900)
    assert told(service) == before
    with service.engine.connect() as conn:
        assert alerts.ringing(conn) == 0


def test_at_an_empty_desk_the_one_on_call_is_rung_at_once(service, people):
    emergency(service)
    assert told(service) == [("urgent_wide", "coordinator"), ("urgent_on_call", "on_call")]


def test_when_nobody_on_shift_reads_it_everybody_is_rung_at_once(service, people):
    with service.engine.begin() as conn:
        on_shift(conn, people["tom"])
    emergency(service)
    assert told(service) == [("urgent_wide", "team")]


def test_a_case_given_back_rings_again(service, people):
    with service.engine.begin() as conn:
        on_shift(conn, people["sara"])
    case_id = emergency(service)
    with service.engine.begin() as conn:
        cases.claim(conn, case_id, people["sara"])
    tend(service, 10)
    with service.engine.begin() as conn:
        cases.release(conn, case_id, people["sara"])
    tend(service, 5)
    assert told(service) == [("urgent", "team")] * 2


def test_a_waiting_case_that_becomes_urgent_rings(service, people):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("hello"))
        cases.open_case(conn, service.vault, contact_id, "asked", language="ar")
    assert told(service) == [("new_case", "team")]
    with service.engine.begin() as conn:
        handoff.emergency(conn, service, contact_id, "violence")
    assert ("urgent_on_call", "on_call") in told(service)


def test_a_held_case_that_becomes_urgent_is_told_once(service, people):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("hello"))
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="ar")
        cases.claim(conn, case_id, people["sara"])
        handoff.emergency(conn, service, contact_id, "violence")
    tend(service, 600)
    assert told(service)[:2] == [("new_case", "team"), ("urgent", "team")]
    assert ("urgent_on_call", "on_call") not in told(service)


def test_a_sensitive_case_nobody_took_note_of_is_told_again_within_the_hour(service, people):
    case_id = emergency(service)
    with service.engine.begin() as conn:
        cases.claim(conn, case_id, people["sara"])
    tend(service, 3500)
    assert "sensitive" not in [kind for kind, _ in told(service)]
    tend(service, 101)
    tend(service, 3600)
    assert [one for one in told(service) if one[0] == "sensitive"] == [
        ("sensitive", "team"),
        ("sensitive", "coordinator"),
    ]
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.cases).values(acknowledged_at=clock.now()))
    tend(service, 7200)
    assert len([one for one in told(service) if one[0] == "sensitive"]) == 2


def test_a_wait_is_warned_of_before_it_is_too_long_and_stops_with_words_not_with_a_claim(service, people):
    with service.engine.begin() as conn:
        every_day(conn, people["sara"])
        contact_id = write(conn, service, message("hello"))
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="ar")
        cases.claim(conn, case_id, people["sara"])
    tend(service)
    tend(service, 23 * 60)
    assert told(service) == [("new_case", "team")]
    tend(service, 61)
    tend(service, 6 * 60)
    assert told(service)[1:] == [("late", "team"), ("overdue", "coordinator")]
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.cases).values(waiting_since=None))
    tend(service, 3 * 3600)
    with service.engine.connect() as conn:
        assert conn.execute(sa.select(schema.alerts.c.settled_at)).scalar_one() is not None


def test_the_clock_of_a_wait_stands_still_while_the_desk_is_closed(service, people):
    with service.engine.begin() as conn:
        every_day(conn, people["sara"])
    go_to("2026-11-26 20:00")
    with service.engine.begin() as conn:
        cases.open_case(conn, service.vault, write(conn, service, message("x")), "asked", language="ar")
    tend(service)
    tend(service, 3 * 3600)
    assert told(service) == [("new_case", "team")]
    go_to("2026-11-27 09:20")
    tend(service)
    assert told(service) == [("new_case", "team")]
    go_to("2026-11-27 09:25")
    tend(service)
    assert told(service)[-1] == ("late", "team")


def test_many_new_cases_of_a_language_are_one_notice(service, people):
    with service.engine.begin() as conn:
        for sender in (AMINA, BASHIR):
            cases.open_case(
                conn, service.vault, write(conn, service, message("x", sender=sender)), "asked", language="ar"
            )
    assert told(service) == [("new_case", "team")]


def test_an_odd_language_never_keeps_a_case_from_opening(service):
    with service.engine.begin() as conn:
        for number, language in enumerate(("und", None, "es-419", "zh_Hant")):
            sender = type(AMINA)(phone=f"3160000010{number}")
            _, made = cases.open_case(
                conn, service.vault, write(conn, service, message("x", sender=sender)), "asked", language=language
            )
            assert made


def test_two_workers_ring_once(service, people):
    emergency(service)
    before = len(told(service))
    tend(service, 300)
    tend(service)
    assert len(told(service)) == before + 1


def test_the_morning_summary_is_written_once_a_day_and_names_languages_nobody_reads(service, people):
    with service.engine.begin() as conn:
        every_day(conn, people["sara"])
        cases.open_case(conn, service.vault, write(conn, service, message("x")), "asked", language="ti")
    go_to("2026-11-27 07:59")
    with service.engine.begin() as conn:
        assert not summary.write_due(conn, service.settings)
    go_to("2026-11-27 08:01")
    with service.engine.begin() as conn:
        away(conn, people["sara"])
        assert summary.write_due(conn, service.settings)
        assert not summary.write_due(conn, service.settings)
        rows = {row.kind: json.loads(row.facts) for row in conn.execute(sa.select(schema.notices))}
    assert (
        rows["summary"]["waiting"] == 1 and rows["summary"]["people"] == 1 and rows["summary"]["languages"] == "ar,en"
    )
    assert rows["gap"]["language"] == "ti"
