"""Prepared sentences and the remarks under the text field: what is inserted, what is stopped, what is pointed out."""

import uuid

import pytest
import sqlalchemy as sa

from helpline.console import hints
from helpline.db import schema
from tests.conftest import count
from tests.console.desk_pages import ARABIC, HTMX


@pytest.fixture
def arabic(service, mine):
    """Sara's case, of somebody who writes Arabic."""
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.cases).where(schema.cases.c.id == mine).values(language="ar"))
    return mine


def reply(browser, case_id, text):
    return browser.post(f"/cases/{case_id}/reply", text=text, once=str(uuid.uuid4()))


def remarks(browser, case_id, text):
    answer = browser.post(f"/cases/{case_id}/draft", headers=HTMX, kind="reply", text=text)
    assert answer.status_code == 200
    return answer.text


def test_a_short_code_finds_the_sentence_in_the_contacts_language(sara):
    listed = sara.get("/answers/prepared?q=he&language=ar").text
    assert "/hello" in listed and "Sara" in listed and "قرأت سؤالكم" in listed and "{" not in listed
    assert "/moment" not in listed


def test_a_sentence_is_found_by_its_words_in_the_agents_language_too(sara):
    assert "/which-town" in sara.get("/answers/prepared?q=town&language=fr").text
    assert sara.get("/answers/prepared?q=zebra&language=fr").text.strip() == ""


def test_where_nobody_wrote_it_in_the_contacts_language_the_english_one_is_marked(sara):
    assert 'lang="en"' in sara.get("/answers?q=&language=ti", **HTMX).text
    assert "Tigrinya" not in sara.get("/answers?q=&language=ti", **HTMX).text


@pytest.mark.parametrize(
    "text", ["Dear {name}, come in", "Come at [...]", "See [[fact:doctor.phone]]", "/hello", "Hi\n/moment"]
)
def test_what_is_not_filled_in_cannot_be_sent(service, sara, mine, text):
    answer = reply(sara, mine, text)
    assert answer.status_code == 400 and "not filled in" in answer.text
    assert count(service.engine, schema.outbox) == 0


@pytest.mark.parametrize("text", ["1/2 cup", "see /cases or https://example.org/hello", "either/or", "24/7"])
def test_ordinary_strokes_are_sent(service, sara, mine, text):
    assert reply(sara, mine, text).status_code == 303
    assert count(service.engine, schema.outbox) == 1


def test_words_in_another_language_than_the_contacts_are_pointed_out(sara, arabic):
    assert "looks like English; the contact writes Arabic" in remarks(sara, arabic, "You can go to the doctor tomorrow")
    assert "looks like" not in remarks(sara, arabic, "ok")
    assert "looks like" not in remarks(sara, arabic, ARABIC)


def test_an_agent_who_does_not_read_the_language_sees_what_they_are_about_to_say(service, sara, tom, arabic):
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.accounts).where(schema.accounts.c.username == "sara").values(languages="nl,en"))
    said = remarks(sara, arabic, "يمكنكم الذهاب إلى الطبيب غداً")
    assert "word for word" in said and "doctor" in said
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.accounts).where(schema.accounts.c.username == "sara").values(languages="ar"))
    assert "word for word" not in remarks(sara, arabic, "يمكنكم الذهاب إلى الطبيب غداً")


def test_remarks_come_for_replies_only_and_never_without_script(sara, mine):
    assert sara.post(f"/cases/{mine}/draft", headers=HTMX, kind="note", text="{name}").status_code == 204
    assert sara.post(f"/cases/{mine}/draft", kind="reply", text="{name}").status_code == 204


@pytest.mark.parametrize(
    ("text", "expected", "seen"),
    [("ok", "ar", "ar"), ("12:30?", "fr", "fr"), ("Kom morgen om negen uur naar het spreekuur", "fr", "nl")],
)
def test_a_language_is_only_named_when_it_is_clear(text, expected, seen):
    assert hints.written_in(text, expected) == seen


def test_an_approved_answer_says_what_it_means(sara, arabic):
    found = sara.get("/answers?q=doctor&language=ar", **HTMX).text
    assert "What it says" in found and 'dir="rtl"' in found


def test_answers_are_a_page_of_their_own_without_script(sara):
    page = sara.get("/answers?q=doctor&language=ar").text
    assert "<html" in page and "What it says" in page


def test_an_inserted_answer_is_written_down_with_its_version(service, sara, arabic):
    text = service.answers.get("utter_find_health_service", "ar").text
    reply(sara, arabic, f"مرحباً\n\n{text}")
    with service.engine.connect() as conn:
        named = conn.execute(sa.select(schema.outbox.c.answers)).scalar_one()
    assert named == f"find_health_service:ar@{service.answers.version or 0}"
    assert "approved answer: " in sara.get(f"/cases/{arabic}").text


def test_words_of_ones_own_name_no_answer(service, sara, arabic):
    reply(sara, arabic, "مرحباً، سأبحث لكم عن ذلك")
    with service.engine.connect() as conn:
        assert conn.execute(sa.select(schema.outbox.c.answers)).scalar_one() is None
