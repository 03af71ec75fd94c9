"""Facts: one change changes all answers; an old one says so, warns, or is no longer said; nobody is surprised by it."""

import datetime as dt

import pytest
import sqlalchemy as sa

from helpline import clock, content
from helpline.content import changes, coverage, fact_sheets, harm, store
from helpline.content.facts import Fact
from helpline.content.starter import SPOKEN
from helpline.db.schema import answer_history, content_facts
from helpline.errors import InputError, StaleVersion
from tests.content.conftest import to_live

DAY = 86400


def days_until(date: str) -> int:
    return (dt.date.fromisoformat(date) - clock.today()).days


def go_to(date: str) -> None:
    clock.shift(days_until(date) * DAY)


@pytest.fixture
def shipped(service):
    """The starter content, on the day it was written."""
    go_to("2026-11-24")
    with service.engine.begin() as conn:
        content.import_starter(conn)
    return content.Answers(service.engine)


@pytest.fixture
def plain():
    """The starter content without a database, on the day it was written."""
    go_to("2026-11-24")
    return content.Answers(None)


def set_expiry(service, name, word):
    with service.engine.begin() as conn:
        conn.execute(sa.update(content_facts).where(content_facts.c.name == name).values(on_expiry=word))


@pytest.mark.parametrize("language", SPOKEN)
def test_fact_is_said_in_every_language_and_stays_in_one_piece_from_right_to_left(plain, language):
    text = plain.get("utter_legal_residence", language).text
    assert ("\u20660800-8020\u2069" if language == "ar" else "0800-8020") in text
    assert "[[" not in text and "{" not in text


@pytest.mark.parametrize("language", SPOKEN)
def test_old_fact_comes_with_the_day_it_was_last_checked(plain, language):
    go_to("2026-12-24")
    before = plain.get("utter_legal_residence", language).text
    go_to("2026-12-25")
    after = plain.get("utter_legal_residence", language).text
    assert after.startswith(before) and "2026" in after[len(before) :] and "24" in after[len(before) :]
    assert "0800-8020" in after and harm.hits(after, language) == []


def test_old_fact_that_is_hidden_is_not_said_any_more(service, shipped):
    set_expiry(service, "juridisch_loket_phone", "hide")
    shipped.refresh(now=True)
    with service.engine.begin() as conn:
        store.raise_version(conn)
    shipped.refresh(now=True)
    assert "0800-8020" in shipped.get("utter_legal_residence", "nl").text
    go_to("2026-12-25")
    text = shipped.get("utter_legal_residence", "nl").text
    assert "0800-8020" not in text and "vraag het aan een mens" in text


@pytest.mark.parametrize(("word", "said"), [
    ("warn", "You got 5. Phone 0800-0000."),
    ("line", "You got 5. Phone 0800-0000.\nChecked 24 November 2026"),
    ("hide", "You got 5. Phone (ask us)."),
])  # fmt: skip
def test_what_an_old_fact_becomes_is_chosen_for_each(service, folder, word, said):
    words = (folder / "x.yml").read_text() + "  utter_fact_old: [{text: 'Checked {date}'}]\n"
    (folder / "x.yml").write_text(words + "  utter_fact_hidden: [{text: (ask us)}]\n")
    go_to("2026-12-24")
    with service.engine.begin() as conn:
        content.import_starter(conn, folder)
    set_expiry(service, "desk_phone", word)
    answers = content.Answers(service.engine, folder)
    assert answers.get("utter_amount", "en", amount="5").text == "You got 5. Phone 0800-0000."
    go_to("2026-12-25")
    assert answers.get("utter_amount", "en", amount="5").text == said
    with service.engine.connect() as conn:
        assert [fact.name for fact in fact_sheets.due(conn)] == ["desk_phone"]


@pytest.mark.parametrize("language", SPOKEN)
def test_answer_on_health_or_law_that_nobody_checked_in_time_says_so(plain, language):
    fresh = plain.get("utter_health_right_to_care", language)
    go_to("2027-02-23")
    old = plain.get("utter_health_right_to_care", language)
    assert old.text.startswith(fresh.text) and len(old.text) > len(fresh.text)
    assert old.buttons == fresh.buttons
    assert (
        plain.get("utter_language_changed", language).text
        == content.Answers(None)._texts["utter_language_changed"][language].text
    )


def test_answer_that_was_checked_again_says_no_more_that_it_is_old(service, shipped, people):
    fresh = shipped.get("utter_health_costs", "ar").text
    go_to("2027-02-23")
    assert shipped.get("utter_health_costs", "ar").text != fresh
    with service.engine.begin() as conn:
        row = next(one for one in coverage.rows(conn) if one.key == "utter_health_costs")
        assert row.stage == "expired"
        coverage.confirm(conn, "utter_health_costs", "en", people[0], 1)
        row = next(one for one in coverage.rows(conn) if one.key == "utter_health_costs")
        assert row.stage == "good"
    shipped.refresh(now=True)
    assert shipped.get("utter_health_costs", "ar").text == fresh


def test_safety_text_never_changes_with_the_calendar(plain):
    now = plain.static("utter_safety_medical", "nl").text
    go_to("2030-01-01")
    assert plain.static("utter_safety_medical", "nl").text == plain.get("utter_safety_medical", "nl").text == now


def test_reminders_come_14_and_3_days_before_and_once_it_is_old(service, shipped):
    stages = {}
    for date in ("2026-12-09", "2026-12-10", "2026-12-20", "2026-12-21", "2026-12-24", "2026-12-25"):
        go_to(date)
        with service.engine.connect() as conn:
            due = {fact.name: fact.stage(clock.today()) for fact in fact_sheets.due(conn)}
        stages[date] = due.get("iom_phone")
    assert stages == {
        "2026-12-09": None, "2026-12-10": "soon", "2026-12-20": "soon", "2026-12-21": "now", "2026-12-24": "now",
        "2026-12-25": "expired",
    }  # fmt: skip


def test_one_change_of_a_fact_is_live_in_all_answers_and_languages_without_touching_them(service, shipped, people):
    ann, bo = people
    with service.engine.begin() as conn:
        used = fact_sheets.listed(conn)
        loket = next(one for one in used if one.fact.name == "juridisch_loket_phone")
        assert loket.answers >= 3 and len(loket.uses) == 6 * loket.answers
        to_live(conn, "fact:juridisch_loket_phone", "*", "0800-1111", ann, bo, buttons=())
    shipped.refresh(now=True)
    for key, language in loket.uses:
        text = shipped.get(key, language).text
        assert "0800-1111" in text and "0800-8020" not in text
    with service.engine.connect() as conn:
        assert all(changes.live(conn, key, language)[1] == 1 for key, language in loket.uses)


def test_fact_may_be_worded_differently_in_one_language(service, shipped, people):
    with service.engine.begin() as conn:
        to_live(conn, "fact:iom_phone", "fr", "088-7464466 (en français)", *people, buttons=())
    shipped.refresh(now=True)
    assert "(en français)" in shipped.get("utter_return_home", "fr").text
    assert "(en français)" not in shipped.get("utter_return_home", "nl").text


def test_checking_it_lets_it_hold_for_its_kind_and_is_kept_in_the_history(service, shipped, people):
    ann, _ = people
    go_to("2027-01-15")
    with service.engine.begin() as conn:
        fact = fact_sheets.get(conn, "iom_phone")
        fact_sheets.checked(conn, "iom_phone", ann, fact.version)
        assert fact_sheets.get(conn, "iom_phone").review_by == "2027-02-14"
        with pytest.raises(StaleVersion):
            fact_sheets.checked(conn, "iom_phone", ann, fact.version)
        told = conn.execute(sa.select(answer_history.c.why).where(answer_history.c.event == "checked")).scalar()
    assert "2027-02-14" in told


SHEET = {
    "kind": "phone",
    "label": "x",
    "owner": "Ann",
    "source": "web",
    "on_expiry": "line",
    "reviewed_on": "",
    "review_by": "",
}


@pytest.mark.parametrize("wrong", [
    {"owner": " "}, {"source": ""}, {"label": ""}, {"kind": "magic"}, {"on_expiry": ""}, {"reviewed_on": "yesterday"},
    {"reviewed_on": "2999-01-01"}, {"reviewed_on": "2026-01-02", "review_by": "2026-01-01"},
])  # fmt: skip
def test_fact_without_keeper_source_or_possible_dates_is_refused(service, people, wrong):
    with service.engine.begin() as conn, pytest.raises(InputError):
        fact_sheets.add(conn, "new_phone", {**SHEET, **wrong}, people[0])


@pytest.mark.parametrize("name", ["", "1st", "has]]bracket", "ünïcode", "x" * 61])
def test_fact_has_a_name_that_fits_into_a_text(service, people, name):
    with service.engine.begin() as conn, pytest.raises(InputError):
        fact_sheets.add(conn, name, SHEET, people[0])


def test_value_of_a_fact_holds_no_facts_and_no_variables(service, people):
    for text in ("[[fact:desk_phone]]", "{amount}"):
        with service.engine.begin() as conn, pytest.raises(changes.Unusable):
            to_live(conn, "fact:desk_phone", "*", text, *people, buttons=())


def test_amounts_and_links_are_isolated_too_and_words_are_not():
    assert Fact("x", {"*": "€ 17,50"}, "amount").value("ar") == "\u2066€ 17,50\u2069"
    assert Fact("x", {"*": "شارع"}, "address").value("ar") == "شارع"
    assert Fact("x", {"*": "a", "ar": "ب"}, "other").value("ar") == "ب"
