"""A change on its road: draft, review, approved, live; nobody overwrites anybody; approved is one text only."""

import pytest
import sqlalchemy as sa

from helpline import content
from helpline.content import changes, coverage, differences, editing, history, rights
from helpline.content.changes import Seen, Unusable, Wording
from helpline.db.schema import answer_history
from helpline.errors import InputError, Refused, StaleVersion
from helpline.messages import Button
from tests.content.conftest import save, seen_now, to_live

FOOD = (Button("Eten", "/find_food"),)


def test_text_is_live_on_the_next_message_after_approval_and_publishing(service, answers, people):
    ann, bo = people
    with service.engine.begin() as conn:
        change = save(conn, "utter_hello", "nl", "Dag", ann)
        changes.submit(conn, "utter_hello", "nl", ann, change.version)
        assert changes.of(conn, "utter_hello", "nl").state == "review"
    answers.refresh(now=True)
    assert answers.get("utter_hello", "nl").text.startswith("Hallo")
    with service.engine.begin() as conn:
        changes.approve(conn, "utter_hello", "nl", bo, 2, change.hash)
        before = answers.version
        assert changes.publish(conn, "utter_hello", "nl", bo, 3) == before + 1
        assert changes.of(conn, "utter_hello", "nl") is None
    answers.refresh(now=True)
    assert answers.get("utter_hello", "nl").text == "Dag"


def test_nothing_goes_live_unapproved_and_an_edit_voids_the_approval(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        change = save(conn, "utter_hello", "nl", "Dag", ann)
        with pytest.raises(Refused, match="not_approved"):
            changes.publish(conn, "utter_hello", "nl", bo, change.version)
        changes.approve(conn, "utter_hello", "nl", bo, change.version, change.hash)
        edited = save(conn, "utter_hello", "nl", "Dag!", ann)
        assert (edited.state, edited.approved_hash) == ("draft", None)
        with pytest.raises(Refused, match="not_approved"):
            changes.publish(conn, "utter_hello", "nl", bo, edited.version)


def test_approval_of_another_text_than_was_read_is_refused(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        read = save(conn, "utter_hello", "nl", "Dag", ann)
        now = save(conn, "utter_hello", "nl", "Dag allemaal", ann)
        with pytest.raises(StaleVersion):
            changes.approve(conn, "utter_hello", "nl", bo, now.version, read.hash)
        with pytest.raises(StaleVersion):
            changes.approve(conn, "utter_hello", "nl", bo, read.version, read.hash)


@pytest.mark.parametrize(("rule", "key", "allowed"), [
    ("all", "utter_meta_hello", False),
    ("sensitive", "utter_bot_challenge", True),
    ("sensitive", "utter_health_costs", False),
    ("sensitive", "utter_written_by_an_editor", False),
    ("none", "utter_health_costs", True),
])  # fmt: skip
def test_nobody_approves_their_own_words_where_two_people_must_see_them(service, people, rule, key, allowed):
    ann, bo = people
    text = 'Ask first.\nThis is general information; a person can help you: write "person".'
    with service.engine.begin() as conn:
        rights.set_four_eyes(conn, rule, bo)
        change = save(conn, key, "en", text, ann, buttons=())
        if allowed:
            changes.approve(conn, key, "en", ann, change.version, change.hash)
        else:
            with pytest.raises(Refused, match="own"):
                changes.approve(conn, key, "en", ann, change.version, change.hash)
            changes.approve(conn, key, "en", bo, change.version, change.hash)


def test_who_only_mended_a_comma_counts_as_author_too(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        rights.set_four_eyes(conn, "all", ann)
        save(conn, "utter_hello", "nl", "Dag", ann)
        change = save(conn, "utter_hello", "nl", "Dag,", bo)
        for one in (ann, bo):
            with pytest.raises(Refused):
                changes.approve(conn, "utter_hello", "nl", one, change.version, change.hash)


def test_of_two_editors_the_second_is_refused_and_languages_do_not_meet(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        screen = seen_now(conn, "utter_hello", "nl")
        changes.save(conn, "utter_hello", "nl", Wording("Dag", FOOD), ann, screen)
        with pytest.raises(StaleVersion):
            changes.save(conn, "utter_hello", "nl", Wording("Hoi", FOOD), bo, screen)
        changes.save(conn, "utter_hello", "fr", Wording("Bonjour"), bo, Seen(0, 0))
        assert changes.of(conn, "utter_hello", "nl").text == "Dag"


def test_change_that_began_before_another_went_live_is_not_published_over_it(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        change = save(conn, "utter_hello", "nl", "Dag", ann)
        changes.approve(conn, "utter_hello", "nl", bo, change.version, change.hash)
        content.change(conn, "utter_hello", "nl", "Hoi")
        with pytest.raises(StaleVersion):
            changes.publish(conn, "utter_hello", "nl", bo, change.version + 1)


@pytest.mark.parametrize("text", ["You got {amout}", "Open { brace", "See [[fact:nobody]]", "See [[desk_phone]]"])
def test_what_would_be_read_as_it_is_written_cannot_be_saved(service, people, text):
    with service.engine.begin() as conn, pytest.raises(Unusable):
        save(conn, "utter_amount", "en", text, people[0])


def test_text_that_may_harm_is_saved_and_goes_no_further(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        change = save(conn, "utter_hello", "nl", "Ga naar een politiebureau", ann)
        for step in (
            lambda: changes.submit(conn, "utter_hello", "nl", ann, change.version),
            lambda: changes.approve(conn, "utter_hello", "nl", bo, change.version, change.hash),
        ):
            with pytest.raises(Unusable) as refused:
                step()
            assert [one.key for one in refused.value.findings] == ["harm_sends_to_authorities"]


@pytest.mark.parametrize("key", ["utter_safety_medical", "utter_safety_followup", "utter_language_unsupported"])
def test_safety_text_cannot_be_changed_here(service, people, key):
    with service.engine.begin() as conn:
        with pytest.raises(Refused):
            save(conn, key, "en", "Wait for us", people[0], buttons=())
        with pytest.raises(Refused):
            coverage.confirm(conn, key, "en", people[0], 1)


def test_restoring_an_earlier_version_makes_a_new_equal_one(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        for text in ("Een", "Twee", "Drie"):
            to_live(conn, "utter_hello", "nl", text, ann, bo)
        second = next(one for one in history.of(conn, "utter_hello", "nl") if one.text == "Twee")
        restored = changes.restore(conn, "utter_hello", "nl", second.number, bo, seen_now(conn, "utter_hello", "nl"))
        assert (restored.text, restored.buttons) == (second.text, second.buttons)
        newest = history.of(conn, "utter_hello", "nl")[0]
        assert newest.number > second.number and newest.text == second.text and newest.account_id == bo


def test_history_begins_with_the_starter_text_and_names_who_did_what(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        to_live(conn, "utter_hello", "nl", "Dag", ann, bo)
        told = [(one.event, one.who) for one in reversed(history.of(conn, "utter_hello", "nl"))]
    assert told == [("imported", ""), ("saved", "Ann"), ("approved", "Bo"), ("published", "Bo")]


@pytest.mark.parametrize("statement", [sa.update(answer_history).values(text="x"), sa.delete(answer_history)])
def test_history_cannot_be_changed_or_removed(service, people, statement):
    with service.engine.begin() as conn:
        save(conn, "utter_hello", "nl", "Dag", people[0])
    with pytest.raises(sa.exc.DBAPIError, match="kept as they were"), service.engine.begin() as conn:
        conn.execute(statement)
    with service.engine.connect() as conn:
        assert history.broken(conn) == []


def test_row_that_was_put_in_between_is_found(service, people):
    with service.engine.begin() as conn:
        save(conn, "utter_hello", "nl", "Dag", people[0])
        conn.execute(sa.insert(answer_history).values(
            key="utter_hello", language="nl", number=9, event="approved", text="x", buttons="[]", at=1, why="", seal="",
        ))  # fmt: skip
        assert history.broken(conn) == [("utter_hello", "nl", 9)]


def test_taken_away_translation_gives_way_to_english_and_may_come_back(service, answers, people):
    ann, bo = people
    with service.engine.begin() as conn:
        to_live(conn, "utter_hello", "nl", "", ann, bo, buttons=())
        assert coverage.state(conn, "utter_hello", "nl") == "missing"
    answers.refresh(now=True)
    assert answers.get("utter_hello", "nl").text.startswith("Hello")
    with service.engine.begin() as conn:
        to_live(conn, "utter_hello", "nl", "Dag", ann, bo, buttons=FOOD)
    answers.refresh(now=True)
    assert answers.get("utter_hello", "nl").text == "Dag"


def test_english_cannot_be_taken_away(service, people):
    with service.engine.begin() as conn, pytest.raises(Unusable):
        to_live(conn, "utter_hello", "en", "", *people, buttons=())


def test_sending_back_needs_a_reason_and_returns_to_the_author(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        change = save(conn, "utter_hello", "nl", "Dag", ann)
        changes.submit(conn, "utter_hello", "nl", ann, 1)
        with pytest.raises(InputError):
            changes.send_back(conn, "utter_hello", "nl", bo, 2, "  ")
        changes.send_back(conn, "utter_hello", "nl", bo, 2, "Te kort")
        assert (changes.of(conn, "utter_hello", "nl").state, change.text) == ("draft", "Dag")
        assert changes.of(conn, "utter_hello", "nl").note == "Te kort"


def test_arabic_comes_back_to_the_letter_in_one_normal_form(service, people):
    text = "أهلاً ‏وسهلاً: ‎0800-0000 👩‍👩‍👧 cafe\u0301"
    with service.engine.begin() as conn:
        save(conn, "utter_hello", "ar", text, people[0], buttons=())
        assert changes.of(conn, "utter_hello", "ar").text == text.replace("e\u0301", "é")


def test_colleague_is_seen_writing_and_typed_words_survive(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        editing.seen(conn, "utter_hello", "nl", ann, {"text": ["half a sen"]})
        editing.seen(conn, "utter_hello", "nl", ann)
        assert editing.others(conn, "utter_hello", "nl", bo) == ["Ann"]
        assert editing.others(conn, "utter_hello", "nl", ann) == editing.others(conn, "utter_hello", "fr", bo) == []
        assert editing.typed(conn, "utter_hello", "nl", ann).fields == {"text": ["half a sen"]}
        editing.leave(conn, "utter_hello", "nl", ann)
        assert editing.others(conn, "utter_hello", "nl", bo) == []
        editing.forget(conn, "utter_hello", "nl", ann)
        assert editing.typed(conn, "utter_hello", "nl", ann) is None


@pytest.mark.parametrize(("base", "mine", "theirs", "together", "conflicts"), [
    ("a\nb\nc", "a\nB\nc", "a\nb\nC", "a\nB\nC", 0),
    ("a\nb", "a\nb\nmine", "theirs\na\nb", "theirs\na\nb\nmine", 0),
    ("a", "mine", "theirs", "theirs\nmine", 1),
    ("a\nb", "a", "a\nb", "a", 0),
    ("a\nb", "a\nx", "a\nx", "a\nx", 0),
    ("", "mine", "", "mine", 0),
    ("a\nb\nc", "a\nc", "a\nB\nc", "a\nB\nc", 1),
])  # fmt: skip
def test_two_changes_become_one_and_no_line_is_lost(base, mine, theirs, together, conflicts):
    assert differences.merge(base, mine, theirs) == differences.Merged(together, conflicts)


def test_words_that_changed_are_shown_whole_and_facts_too():
    found = differences.words("Call [[fact:a]] today", "Call [[fact:b]] today")
    assert [(one.kind, one.text) for one in found] == [
        ("same", "Call "), ("old", "[[fact:a]]"), ("new", "[[fact:b]]"), ("same", " today"),
    ]  # fmt: skip


def test_matrix_says_missing_outdated_machine_unreviewed_and_good(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        state = lambda language: coverage.state(conn, "utter_hello", language)  # noqa: E731
        assert (state("en"), state("nl"), state("fr")) == ("unreviewed", "unreviewed", "missing")
        to_live(conn, "utter_hello", "nl", "Dag", ann, bo)
        assert state("nl") == "ok"
        rights.set_four_eyes(conn, "none", ann)
        to_live(conn, "utter_hello", "fr", "Bonjour", ann, ann, buttons=(), origin="machine")
        assert state("fr") == "machine"
        to_live(conn, "utter_hello", "en", "Good day", ann, bo)
        assert (state("en"), state("nl"), state("fr")) == ("ok", "outdated", "outdated")
        then = coverage.source_then(conn, "utter_hello", "nl")
        assert then.text == "Hello\nHow can we help?"
        coverage.confirm(conn, "utter_hello", "nl", bo, changes.live(conn, "utter_hello", "nl")[1])
        assert (state("nl"), state("fr")) == ("ok", "outdated")
        row = next(one for one in coverage.rows(conn) if one.key == "utter_hello")
        assert {code: cell.state for code, cell in row.cells.items()} == {
            "en": "ok", "nl": "ok", "fr": "outdated", "ar": "missing", "es": "missing", "pt": "missing",
        }  # fmt: skip


def test_small_correction_of_english_leaves_the_translations_as_they_are(service, people):
    ann, bo = people
    with service.engine.begin() as conn:
        change = save(conn, "utter_hello", "en", "Hello.\nHow can we help?", ann)
        changes.approve(conn, "utter_hello", "en", bo, change.version, change.hash)
        changes.publish(conn, "utter_hello", "en", bo, change.version + 1, translations_hold=True)
        assert coverage.state(conn, "utter_hello", "nl") == "unreviewed"
        to_live(conn, "utter_hello", "en", "Good day", ann, bo)
        assert coverage.state(conn, "utter_hello", "nl") == "outdated"


def test_machine_translation_never_goes_live_on_health_or_law_unless_a_person_wrote_over_it(service, people):
    ann, bo = people
    text = "Frage zuerst."
    with service.engine.begin() as conn:
        change = save(conn, "utter_health_costs", "de", text, ann, buttons=(), origin="machine")
        changes.approve(conn, "utter_health_costs", "de", bo, change.version, change.hash)
        with pytest.raises(Refused, match="machine"):
            changes.publish(conn, "utter_health_costs", "de", bo, change.version + 1)
