"""Finding things in the desk: answers, words in any spelling, talks with the assistant, lists."""

import re

import pytest
import sqlalchemy as sa

from helpline import cases, content, finding
from helpline.db import schema
from tests.console.desk_pages import ARABIC, state
from tests.people import BASHIR, message, write


def test_answers_are_searched_in_one_language_and_given_in_another(sara):
    found = sara.get("/answers?q=doctor&language=ar").text
    assert "data-insert" in found and re.search("[\u0600-\u06ff]{3}", found)
    assert "No approved answer" in sara.get("/answers?q=xyzzy&language=ar").text


def test_prepared_sentences_carry_the_agents_name(sara):
    assert "this is Sara of" in sara.get("/answers?language=en").text


def test_no_answer_is_offered_in_another_language_than_the_contacts(service, sara):
    assert "data-insert" not in sara.get("/answers?q=doctor&language=ti").text


def test_a_changed_answer_is_offered_at_once(service, sara):
    with service.engine.begin() as conn:
        content.import_starter(conn)
        content.change(conn, "utter_find_food", "en", "Food is at the new place now.")
    service.answers.refresh(now=True)
    assert "Food is at the new place now." in sara.get("/answers?q=food&language=en").text


@pytest.mark.parametrize("asked", ["رسالة", "الرسالة", "قسيمة", "رِسَالَة", "رساله"])
def test_arabic_is_found_with_and_without_marks_and_article(service, sara, asked):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message(ARABIC, sender=BASHIR))
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="ar")
        conn.execute(sa.update(schema.inbox).values(case_id=case_id))
        found = finding.find(conn, service.vault, asked, {})
    assert [case.id for case in found] == [case_id]
    assert f"/cases/{case_id}" in sara.client.get("/search", query_string={"q": asked}).text


@pytest.mark.parametrize("asked", ["%", "_", "\\", "' OR 1=1 --", "\0", "a" * 5000, "<script>"])
def test_strange_searches_find_nothing_and_break_nothing(sara, case_id, asked):
    answer = sara.client.get("/search", query_string={"q": asked})
    assert answer.status_code == 200 and f"/cases/{case_id}" not in answer.text and "<script>alert" not in answer.text


def test_alias_and_topic_are_found(service, sara, case_id):
    alias = state(service, case_id).alias
    for asked in (alias, alias.lower().split()[1], "doctor"):
        assert f"/cases/{case_id}" in sara.client.get("/search", query_string={"q": asked}).text, asked


def test_the_assistants_talks_are_seen_and_taken_over(service, sara, tom):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("hello, food please", sender=BASHIR))
    assert contact_id in sara.get("/assistant").text
    assert "food please" in sara.get(f"/assistant/{contact_id}").text
    taken = sara.post(f"/assistant/{contact_id}/take")
    assert taken.status_code == 303
    assert tom.post(f"/assistant/{contact_id}/take").status_code == 409
    assert tom.get(f"/assistant/{contact_id}").status_code == 302
    assert contact_id not in tom.get("/assistant").text
    for wrong in ("x", "0" * 32, "' OR 1=1"):
        assert sara.get(f"/assistant/{wrong}").status_code == 404


def test_lists_are_filtered_by_language_and_urgency(service, sara, case_id):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("مرحبا", sender=BASHIR))
        arabic, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="ar")
    page = sara.get("/cases?show=waiting&language=ar").text
    assert f'id="row-{arabic}"' in page and f'id="row-{case_id}"' not in page
    assert "language=ar" in re.search(r'data-live="([^"]+)"', page).group(1)
    assert f'id="row-{arabic}"' not in sara.get("/cases?show=waiting&urgent=1").text
