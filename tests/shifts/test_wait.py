"""What people are promised: only what the roster and the last two weeks can keep."""

import pytest

from helpline import cases, clock, handoff, outbox, promises, shifts
from helpline.db import schema
from helpline.errors import Refused
from helpline.messages import Author, OutboundMessage
from helpline.shifts import log, wait
from tests.hours import away, every_day, go_to, on_shift, person
from tests.people import AMINA, BASHIR, message, write


@pytest.fixture
def desk(service):
    """Sara reads Arabic until five, Tom French until ten at night; it is Thursday ten o'clock."""
    go_to("2026-11-26 10:00")
    with service.engine.begin() as conn:
        sara, tom = person(conn, "Sara", "ar,en"), person(conn, "Tom", "fr,en")
        every_day(conn, sara)
        every_day(conn, tom, "9:00", "22:00")
    return sara, tom


def texts(service, contact_id):
    with service.engine.connect() as conn:
        rows = conn.execute(schema.outbox.select().where(schema.outbox.c.contact_id == contact_id)).all()
    return [(row.kind, outbox.unpack(service.vault.open(row.body_sealed)).text) for row in rows]


def hand_over(service, language="en", reason="asked", sender=AMINA):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("a person please", sender=sender))
        case_id = handoff.to_people(conn, service, contact_id, reason, once_key=f"t:{contact_id}", language=language)
    return contact_id, case_id


def test_without_a_roster_the_texts_stay_as_they_are(service):
    contact_id, _ = hand_over(service)
    unknown = service.answers.get("utter_wait_unknown", "en").text
    assert unknown in texts(service, contact_id)[0][1]
    with service.engine.connect() as conn:
        assert shifts.expect(conn, "en").kind == "unknown" and not promises.is_closed(conn)


def test_a_reader_who_is_here_is_said(service, desk):
    with service.engine.begin() as conn:
        on_shift(conn, desk[0])
        assert shifts.expect(conn, "ar") == shifts.Expectation("here")
        assert promises.waiting(conn, service, "ar") == "هناك الآن شخص يقرأ العربية."


def test_a_reader_who_comes_later_is_said_with_day_and_hour(service, desk):
    go_to("2026-11-26 18:00")
    with service.engine.begin() as conn:
        on_shift(conn, desk[1])
        found = shifts.expect(conn, "ar")
        assert found.kind == "from" and found.others_here
        assert "غداً الساعة 09:00" in promises.waiting(conn, service, "ar")
        away(conn, desk[1])
    with service.engine.begin() as conn:
        conn.execute(schema.roster.delete().where(schema.roster.c.account_id == desk[0]))
        shifts.roster.add(conn, desk[0], 600, 900, weekday=0)
        assert promises.waiting(conn, service, "ar").count("الاثنين") == 1


@pytest.mark.parametrize("language", ["en", "nl", "fr", "ar", "es", "pt"])
def test_every_promise_exists_in_every_language_and_names_it(service, desk, language):
    go_to("2026-11-26 23:00")
    with service.engine.begin() as conn:
        line = promises.known_wait(conn, service, language)
    assert service.answers.get("utter_language_own", language).text in line and "{" not in line
    assert "09:00" in line


def test_nobody_who_reads_it_is_said_honestly(service, desk):
    with service.engine.begin() as conn:
        on_shift(conn, desk[0])
        assert shifts.expect(conn, "es") == shifts.Expectation("other")
        assert "traducción" in promises.waiting(conn, service, "es")
    go_to("2026-11-26 23:00")
    with service.engine.begin() as conn:
        away(conn, desk[0])
        log.on_shift(conn)
        conn.execute(schema.shift_log.delete())
        assert shifts.expect(conn, "ti").at == shifts.next_slot(conn).begins


def test_who_should_be_here_and_is_not_is_not_promised(service, desk):
    with service.engine.begin() as conn:
        assert shifts.expect(conn, "ar").kind == "from"
        assert shifts.expect(conn, "ar").at > clock.now() + 3600


def replied(conn, service, sender, seconds, language="ar"):
    """A case of an hour ago that got its first reply after so many seconds."""
    contact_id = write(conn, service, message("x", sender=sender))
    case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", language=language)
    at = clock.now() - 1800
    values = {"opened_at": at, "first_reply_at": at + seconds, "state": "closed", "closed_at": at + seconds}
    conn.execute(schema.cases.update().where(schema.cases.c.id == case_id).values(**values, waiting_since=None))


@pytest.mark.parametrize(
    ("waits", "said"),
    [
        ([60] * 8, "15 minutes"),
        ([60] * 6 + [1500] * 2, "15 minutes"),
        ([60] * 5 + [1500] * 3, "30 minutes"),
        ([7000] * 8, "3 hours"),
        ([60] * 4, ""),
        ([8 * 3600] * 8, "longer than today"),
    ],
)
def test_the_wait_is_what_three_of_four_got(service, desk, waits, said):
    with service.engine.begin() as conn:
        on_shift(conn, desk[1])
        for seconds in waits:
            replied(conn, service, AMINA, seconds, "en")
        line = promises.waiting(conn, service, "en")
    assert said in line and ("minutes" in line) == ("minutes" in said)


def test_a_bad_day_is_said_on_the_day(service, desk):
    with service.engine.begin() as conn:
        on_shift(conn, desk[1])
        for _ in range(8):
            replied(conn, service, AMINA, 60, "en")
        cases.open_case(conn, service.vault, write(conn, service, message("x", sender=BASHIR)), "asked", language="en")
        assert wait.usual_wait(conn, "en") == 900
        clock.shift(2 * 3600)
        assert wait.usual_wait(conn, "en") == 3 * 3600


def test_nights_do_not_count_as_waiting(service, desk):
    go_to("2026-11-26 09:10")
    with service.engine.begin() as conn:
        for _ in range(8):
            replied(conn, service, AMINA, 10 * 3600, "en")
        assert wait.usual_wait(conn, "en") == 0


def test_that_the_desk_is_closed_is_said_once_a_night(service, desk):
    contact_id, case_id = hand_over(service)
    go_to("2026-11-26 23:00")
    with service.engine.begin() as conn:
        assert promises.is_closed(conn)
        assert promises.say_closed(conn, service, contact_id, case_id)
        assert not promises.say_closed(conn, service, contact_id, case_id)
    go_to("2026-11-27 23:00")
    with service.engine.begin() as conn:
        write(conn, service, message("are you there?"))
        assert promises.say_closed(conn, service, contact_id, case_id)
    said = [text for kind, text in texts(service, contact_id) if kind == "hours"]
    assert len(said) == 2 and "112" in said[0] and "09:00" in said[0]


def test_who_was_told_at_the_handoff_is_not_told_again_that_night(service, desk):
    go_to("2026-11-26 23:00")
    contact_id, case_id = hand_over(service)
    assert "tomorrow at 09:00" in texts(service, contact_id)[0][1]
    with service.engine.begin() as conn:
        assert not promises.say_closed(conn, service, contact_id, case_id)


def test_nobody_hears_that_the_desk_is_closed_beside_a_persons_words(service, desk):
    contact_id, case_id = hand_over(service)
    go_to("2026-11-26 22:10")
    with service.engine.begin() as conn:
        cases.claim(conn, case_id, desk[1])
        outbox.put(
            conn, service.vault, contact_id, OutboundMessage("hello"), author=Author.AGENT, kind="reply", once_key="r",
            account_id=desk[1], case_id=case_id,
        )  # fmt: skip
        cases.contact_wrote(conn, case_id, "and then?")
        assert not promises.say_closed(conn, service, contact_id, case_id)
        clock.shift(31 * 60)
        assert promises.say_closed(conn, service, contact_id, case_id)


def test_an_emergency_never_hears_that_the_desk_is_closed_but_who_was_alerted(service, desk):
    import dataclasses

    go_to("2026-11-26 23:30")
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("help"))
        case_id = handoff.emergency(conn, service, contact_id, "medical", language="en")
        assert not promises.say_closed(conn, service, contact_id, case_id)
        said = promises.in_emergency(conn, service, "en")
    assert "tomorrow at 09:00" in said[0].text and "call 112" in said[0].text
    assert any("tomorrow at 09:00" in text for _, text in texts(service, contact_id))
    watched = dataclasses.replace(
        service, settings=dataclasses.replace(service.settings, notices="on_call=webhook+https://pager.example.org/x")
    )
    with service.engine.begin() as conn:
        assert "person on call has been alerted" in promises.in_emergency(conn, watched, "en")[0].text


def test_a_language_the_assistant_does_not_speak_hears_it_in_the_one_it_is_told_in(service, desk):
    go_to("2026-11-26 23:00")
    with service.engine.begin() as conn:
        assert "your language" in promises.known_wait(conn, service, "ti", said_in="en")
        assert promises.known_wait(conn, service, "ti", said_in="ti") == ""


def test_a_shift_is_begun_once_and_by_itself_when_somebody_forgot(service, desk):
    with service.engine.begin() as conn:
        assert log.begin_planned(conn) == 0
        shifts.log.presence.seen(conn, desk[0])
        assert log.begin_planned(conn) == 1 and log.begin_planned(conn) == 0
        assert log.begin(conn, desk[0]) == log.of(conn, desk[0]).shift_id
        assert [(one.name, one.here) for one in shifts.on_shift(conn)] == [("Sara", True)]
        from helpline import handover

        handover.end(conn, service.vault, desk[0], {})
        assert log.begin_planned(conn) == 0
        with pytest.raises(Refused):
            handover.end(conn, service.vault, desk[0], {})
