"""The roster laid over real days, in Dutch hours; and tables people paste."""

import pytest

from helpline import accounts, shifts
from helpline.errors import InputError
from helpline.shifts import hours, roster, table
from tests.hours import every_day, go_to, moment, person


@pytest.fixture
def sara(service):
    with service.engine.begin() as conn:
        return person(conn, "Sara", "en,ar")


def words(slots):
    from helpline import clock

    return [f"{clock.local(s.begins):%a %H:%M}-{clock.local(s.ends):%H:%M}" for s in slots]


def test_a_week_and_a_single_date_are_both_there(service, sara):
    with service.engine.begin() as conn:
        roster.add(conn, sara, 540, 1020, weekday=0)
        roster.add(conn, sara, 600, 720, day="2026-11-25", languages="ar")
        found = shifts.slots(conn, moment("2026-11-23 00:00"), moment("2026-11-30 00:00"))
    assert words(found) == ["Mon 09:00-17:00", "Wed 10:00-12:00"]
    assert found[0].languages == ("en", "ar") and found[1].languages == ("ar",)


def test_hours_stay_dutch_when_the_clocks_change(service, sara):
    with service.engine.begin() as conn:
        roster.add(conn, sara, 540, 1020, weekday=5)
        roster.add(conn, sara, 540, 1020, weekday=6)
        found = shifts.slots(conn, moment("2026-10-24 00:00"), moment("2026-10-26 00:00"))
    assert words(found) == ["Sat 09:00-17:00", "Sun 09:00-17:00"]
    assert found[1].begins - found[0].begins == 25 * 3600


def test_a_night_shift_ends_the_next_day_and_covers_after_midnight(service, sara):
    with service.engine.begin() as conn:
        roster.add(conn, sara, roster.minutes("22:00"), roster.minutes("6:00"), weekday=2)
        assert shifts.is_open(conn, moment("2026-11-26 02:00"))
        assert not shifts.is_open(conn, moment("2026-11-26 06:00"))


def test_hours_off_are_taken_out_of_the_week(service, sara):
    with service.engine.begin() as conn:
        every_day(conn, sara)
        roster.add(conn, sara, roster.minutes("12:00"), roster.minutes("13:00"), day="2026-11-25", works=False)
        roster.add(conn, sara, 0, 1440, day="2026-11-26", works=False)
        found = shifts.slots(conn, moment("2026-11-25 00:00"), moment("2026-11-27 00:00"))
    assert words(found) == ["Wed 09:00-12:00", "Wed 13:00-17:00"]


def test_who_left_or_may_not_answer_is_not_on_the_roster(service, sara):
    with service.engine.begin() as conn:
        every_day(conn, sara)
        editor = person(conn, "Eva", role="editor")
        with pytest.raises(InputError, match="roster_who"):
            roster.add(conn, editor, 540, 600, weekday=1)
        accounts.set_active(conn, sara, False)
        assert (
            not roster.exists(conn) and shifts.slots(conn, moment("2026-11-25 10:00"), moment("2026-11-25 11:00")) == []
        )


def test_the_same_line_twice_is_one_line(service, sara):
    with service.engine.begin() as conn:
        assert roster.add(conn, sara, 540, 600, weekday=1) == roster.add(
            conn, sara, 540, 600, weekday=1, languages="ar"
        )
        assert [(one.hours, one.languages) for one in shifts.entries(conn)] == [("09:00-10:00", "ar")]


@pytest.mark.parametrize("line", [{"weekday": 7}, {"day": "tomorrow"}, {"weekday": 1, "day": "2026-11-25"}, {}])
def test_a_line_needs_one_weekday_or_one_date(service, sara, line):
    with service.engine.begin() as conn, pytest.raises(InputError, match="roster_day"):
        roster.add(conn, sara, 540, 600, **line)


@pytest.mark.parametrize(
    ("word", "minutes"), [("9", 540), ("09:30", 570), ("9.30", 570), ("9u30", 570), ("9h", 540), ("24:00", 1440)]
)
def test_hours_are_read_as_people_write_them(word, minutes):
    assert roster.minutes(word) == minutes


@pytest.mark.parametrize("word", ["", "nine", "25", "24:01", "9:60", "-1", "9:5:5", "٩", "1e3"])
def test_what_is_no_hour_is_refused(word):
    with pytest.raises(InputError):
        roster.minutes(word)


TABLES = {
    "with tabs": "Naam\tDag\tVan\tTot\tTalen\nSara\tma-vr\t9:00\t17:00\tar, en\n",
    "with semicolons": "name;day;from;to;languages\r\nsara;mon-fri;9;17;ar,en\r\n",
    "without a heading": 'SARA,"mon, tue, wed, thu, fri",9.00,17.00,"ar,en"',
    "from a spreadsheet": "\ufeffwho\tdays\tstart\tend\tlanguages\n\nSara\tMonday–Friday\t09:00\t17:00\ten ar\n",
}


@pytest.mark.parametrize("text", TABLES.values(), ids=TABLES.keys())
def test_a_table_is_taken_over(service, sara, text):
    with service.engine.begin() as conn:
        planned = table.read(conn, text)
        assert planned.faults == () and table.apply(conn, planned) == 5
        lines = shifts.entries(conn)
    assert [(one.weekday, one.hours, set(one.languages.split(","))) for one in lines] == [
        (day, "09:00-17:00", {"ar", "en"}) for day in range(5)
    ]


def test_a_table_names_every_line_it_cannot_use_and_changes_nothing(service, sara):
    wrong = ("Nobody,mon,9,17,", "Sara,someday,9,17,", "Sara,mon,nine,17,", "Sara,mon,9,8:59,", "Sara,mon,9,17,12")
    text = "\n".join(("name,day,from,to,languages", *wrong))
    with service.engine.begin() as conn:
        planned = table.read(conn, text)
    assert planned.rows == ()
    assert [(number, key.rpartition("_")[2]) for number, key in planned.faults] == [
        (2, "who"), (3, "day"), (4, "hours"), (5, "long"), (6, "languages"),
    ]  # fmt: skip


def test_a_new_table_may_replace_the_old_lines_of_the_people_in_it(service, sara):
    with service.engine.begin() as conn:
        tom = person(conn, "Tom")
        every_day(conn, sara)
        every_day(conn, tom)
        table.apply(conn, table.read(conn, "Sara,mon,9,12"), replace=True)
        assert [(one.name, one.weekday) for one in shifts.entries(conn) if one.name == "Sara"] == [("Sara", 0)]
        assert len(shifts.entries(conn, tom)) == 7


def test_two_people_of_one_name_must_be_named_by_username(service, sara):
    with service.engine.begin() as conn:
        accounts.add(conn, "sara2", "Sara", "agent", "a password of nobody", "nl")
        assert table.read(conn, "Sara,mon,9,17").faults == ((1, "error.roster_who"),)
        assert table.read(conn, "sara2,mon,9,17").faults == ()


def test_since_when_nobody_is_there(service, sara):
    go_to("2026-11-26 20:00")
    with service.engine.begin() as conn:
        every_day(conn, sara)
        assert hours.closed_since(conn, moment("2026-11-26 20:00")) == moment("2026-11-26 17:00")
        assert shifts.next_slot(conn).begins == moment("2026-11-27 09:00")
        assert shifts.next_slot(conn, "ti") is None


def test_dates_that_are_long_over_are_forgotten(service, sara):
    go_to("2026-11-26 12:00")
    with service.engine.begin() as conn:
        roster.add(conn, sara, 540, 600, day="2026-10-01")
        roster.add(conn, sara, 540, 600, day="2026-11-20")
        roster.add(conn, sara, 540, 600, weekday=1)
        assert roster.forget_past(conn) == 1 and len(shifts.entries(conn)) == 2
