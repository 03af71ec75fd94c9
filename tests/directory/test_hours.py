"""Opening hours as OpenStreetMap writes them, in Dutch time and with Dutch holidays."""

import datetime as dt

import pytest

from helpline import clock
from helpline.directory.hours import opening, valid


def at(text):
    return int(dt.datetime.fromisoformat(text).replace(tzinfo=clock.ZONE).timestamp())


def moment(timestamp):
    return clock.local(timestamp).strftime("%a %H:%M")


@pytest.mark.parametrize(
    ("hours", "when", "state", "changes"),
    [
        ("Mo-Fr 09:00-17:00", "2026-11-24 10:00", "open", "Tue 17:00"),
        ("Mo-Fr 09:00-17:00", "2026-11-24 17:00", "closed", "Wed 09:00"),
        ("Mo-Fr 09:00-17:00", "2026-11-28 12:00", "closed", "Mon 09:00"),
        ("Mo-Fr 10:00-12:00,19:00-21:00", "2026-11-24 13:00", "closed", "Tue 19:00"),
        ("Fr-Su 22:00-02:00", "2026-11-28 01:00", "open", "Sat 02:00"),
        ("24/7", "2026-12-25 03:00", "open", None),
        ("Tu[1] 10:00-12:00", "2026-11-24 10:00", "closed", "Tue 10:00"),
        ("Mo-Fr 09:00-17:00; PH off", "2026-12-25 10:00", "closed", "Mon 09:00"),
        ("Mo-Fr 09:00-17:00", "2026-12-25 10:00", "unknown", None),
        ("Mo-Fr 09:00-17:00", "2026-04-27 10:00", "unknown", None),
        ("off", "2026-11-24 10:00", "closed", None),
        ("", "2026-11-24 10:00", "unknown", None),
        ("weekdays 9 to 5", "2026-11-24 10:00", "unknown", None),
        ('Mo-Fr 09:00-17:00 unknown "by appointment"', "2026-11-24 10:00", "unknown", None),
    ],
)
def test_state_and_next_change(hours, when, state, changes):
    found = opening(hours, at(when))
    assert found.state == state
    assert (moment(found.changes_at) if found.changes_at else None) == changes


def test_summer_time_does_not_shift_the_hours():
    assert moment(opening("Mo-Su 09:00-17:00", at("2026-10-25 01:30")).changes_at) == "Sun 09:00"
    assert moment(opening("Mo-Su 09:00-17:00", at("2026-03-29 01:30")).changes_at) == "Sun 09:00"


def test_only_what_the_grammar_reads_is_valid():
    assert valid("Mo-Fr 09:00-17:00; PH off")
    assert not any(map(valid, ("", " ", "open daily", "Mo-Fr 9 uur", "\0", "()" * 400)))
