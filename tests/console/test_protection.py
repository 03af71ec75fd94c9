"""Who sees what of a case, who wrote it down, and what a coordinator or administrator may do for a person."""

import json
import uuid

import pytest
import sqlalchemy as sa

from helpline import accounts, cases, clock, handoff, looks, sight
from helpline.db import schema
from tests.console.conftest import Browser
from tests.people import AMINA, BASHIR, message, write

WORDS = "Where can I see a doctor?"


@pytest.fixture
def noor(console) -> Browser:
    """A coordinator with the safeguarding duty."""
    return Browser(console, "noor")


@pytest.fixture
def plain(console, service) -> Browser:
    """A coordinator without that duty."""
    with service.engine.begin() as conn:
        accounts.add(conn, "wim", "Wim", "coordinator", accounts.DEMO[0].password, "en")
    return Browser(console, "wim")


@pytest.fixture
def ruben(console) -> Browser:
    return Browser(console, "ruben")


@pytest.fixture
def sensitive_id(service) -> int:
    """A waiting case of somebody who is beaten."""
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("my husband beats me", sender=BASHIR))
        card = cases.Card(question="my husband beats me")
        return handoff.emergency(conn, service, contact_id, "violence", card=card, language="en")


def log(service, case_id=None):
    with service.engine.connect() as conn:
        return [(one.kind, one.name, one.reason) for one in looks.listed(conn, service.vault, case_id=case_id)]


def close(browser, case_id):
    form = {"outcome": "answered", "topic": "health_right_to_care", "lesson": "human", "unanswered": "yes"}
    answer = browser.post(f"/cases/{case_id}/close", **form)
    assert answer.status_code == 303, answer.text


def test_every_look_at_a_case_is_written_down_once(service, sara, tom, case_id):
    for _ in range(3):
        sara.get(f"/cases/{case_id}")
        sara.get(f"/cases/{case_id}/events")
    tom.get(f"/cases/{case_id}")
    assert log(service, case_id) == [("opened", "Tom", ""), ("opened", "Sara", "")]
    clock.shift(16 * 60)
    sara.get(f"/cases/{case_id}")
    assert len(log(service, case_id)) == 3


def test_closed_case_is_a_summary_for_others_and_its_words_are_gone_from_the_page(sara, tom, mine):
    close(sara, mine)
    page = tom.get(f"/cases/{mine}")
    assert page.status_code == 200 and WORDS not in page.text and "This case is closed" in page.text
    assert "Closed by" in page.text and "Open and write it in the log" not in page.text
    assert tom.get(f"/cases/{mine}/events").status_code == 403
    assert tom.post(f"/cases/{mine}/note", text="x").status_code == 403
    assert tom.post(f"/cases/{mine}/reason", reason="I am curious").status_code == 409


def test_own_closed_case_turns_into_a_summary_after_a_day(sara, console, mine):
    close(sara, mine)
    assert WORDS in sara.get(f"/cases/{mine}").text
    clock.shift(25 * 3600)
    again = Browser(console, "sara")
    assert WORDS not in again.get(f"/cases/{mine}").text
    assert again.get(f"/cases/{mine}/media/1/0").status_code == 403


def test_coordinator_opens_a_closed_case_with_a_reason_that_the_team_reads(service, sara, plain, mine):
    close(sara, mine)
    assert WORDS not in plain.get(f"/cases/{mine}").text
    for reason in ("", "  ", "12345", "x"):
        assert plain.post(f"/cases/{mine}/reason", reason=reason).status_code == 400
    assert plain.post(f"/cases/{mine}/reason", reason="A complaint of 31600000001").status_code == 303
    assert WORDS in plain.get(f"/cases/{mine}").text
    assert ("opened_closed", "Wim", "A complaint of [■6]") in log(service, mine)
    shown = sara.get("/looks").text
    assert "opened a closed case" in shown and "[phone number removed]" in shown
    clock.shift(sight.REASON_SECONDS + 1)
    plain.post("/sign-in", username="wim", password=accounts.DEMO[0].password)
    assert WORDS not in plain.get(f"/cases/{mine}").text


def test_sensitive_case_shows_only_its_flag_to_others(sara, tom, sensitive_id):
    sara.get("/cases")  # somebody with the duty is here
    for path in ("/cases", f"/cases/{sensitive_id}", "/search?q=violence", "/cases/many?show=waiting"):
        page = tom.get(path).text
        assert "beats me" not in page and "Violence" not in page, path
    assert "Sensitive case" in tom.get("/cases").text
    assert tom.post(f"/cases/{sensitive_id}/claim").status_code == 403
    assert tom.post(f"/cases/{sensitive_id}/reason", reason="I want to help").status_code == 409
    assert "Open now" not in tom.get(f"/cases/{sensitive_id}").text
    assert tom.post("/cases/next").status_code == 409


def test_somebody_with_the_duty_opens_it_and_that_is_written_down(service, sara, sensitive_id):
    assert "beats me" in sara.get(f"/cases/{sensitive_id}").text
    assert log(service, sensitive_id) == [("opened", "Sara", "")]
    assert sara.post(f"/cases/{sensitive_id}/claim").status_code == 303


def test_nobody_waits_for_a_colleague_who_is_not_there(service, tom, sensitive_id):
    assert "Open now" in tom.get(f"/cases/{sensitive_id}").text
    assert tom.post(f"/cases/{sensitive_id}/reason", reason="Nobody else is here").status_code == 303
    assert "beats me" in tom.get(f"/cases/{sensitive_id}").text
    assert tom.post(f"/cases/{sensitive_id}/claim").status_code == 303
    assert ("glass", "Tom", "Nobody else is here") in log(service, sensitive_id)


def test_coordinator_breaks_the_glass_whoever_is_here(sara, plain, sensitive_id):
    sara.get("/cases")
    assert "beats me" not in plain.get(f"/cases/{sensitive_id}").text
    assert plain.post(f"/cases/{sensitive_id}/reason", reason="Sara does not answer").status_code == 303
    assert "beats me" in plain.get(f"/cases/{sensitive_id}").text


def test_focal_point_acknowledges_or_it_is_told_again(service, sara, tom, sensitive_id):
    with service.engine.connect() as conn:
        assert sight.unacknowledged(conn) == []
        clock.shift(3601)
        assert sight.unacknowledged(conn) == [sensitive_id]
    sara.post("/sign-in", username="sara", password=accounts.DEMO[0].password)
    assert tom.post(f"/cases/{sensitive_id}/acknowledge").status_code in (302, 401, 403)
    assert sara.post(f"/cases/{sensitive_id}/acknowledge").status_code == 303
    with service.engine.connect() as conn:
        assert sight.unacknowledged(conn) == []


def test_anybody_marks_a_case_as_sensitive_and_only_the_duty_lifts_it(service, sara, tom, case_id):
    assert tom.post(f"/cases/{case_id}/sensitive", sensitive="yes").status_code == 303
    sara.get("/cases")
    assert WORDS not in tom.get(f"/cases/{case_id}").text
    assert tom.post(f"/cases/{case_id}/sensitive", sensitive="no").status_code == 403
    assert sara.post(f"/cases/{case_id}/sensitive", sensitive="no").status_code == 303
    assert WORDS in tom.get(f"/cases/{case_id}").text


def test_number_is_revealed_to_few_for_a_reason_and_nowhere_else(service, sara, tom, noor, case_id):
    number = AMINA.phone
    for browser in (sara, tom, noor):
        for path in ("/cases", f"/cases/{case_id}", "/looks", "/search?q=doctor", "/assistant"):
            assert number not in browser.get(path).text
    assert tom.post(f"/cases/{case_id}/reveal", reason="call an ambulance").status_code == 403
    assert noor.post(f"/cases/{case_id}/reveal", reason="").status_code == 400
    shown = noor.post(f"/cases/{case_id}/reveal", reason="call an ambulance")
    assert number in shown.text and shown.headers["Cache-Control"] == "no-store"
    assert ("revealed", "Noor", "call an ambulance") in log(service, case_id)


def test_only_a_coordinator_blocks(service, sara, noor, case_id):
    form = {"why": "abuse", "hours": "24", "reason": "threatens the team"}
    assert sara.post(f"/cases/{case_id}/block", **form).status_code == 403
    assert noor.post(f"/cases/{case_id}/block", **{**form, "hours": "99999"}).status_code == 400
    assert noor.post(f"/cases/{case_id}/block", **form).status_code == 303
    assert "Blocked until" in noor.get(f"/cases/{case_id}").text
    assert noor.post(f"/cases/{case_id}/unblock").status_code == 303
    assert "Blocked until" not in noor.get(f"/cases/{case_id}").text


def test_switch_silences_the_assistant_with_a_bar_on_every_page(sara, noor, ruben):
    assert sara.post("/switches/assistant/off", reason="it is wrong").status_code == 403
    assert noor.post("/switches/assistant/off", reason="").status_code == 400
    assert noor.post("/switches/everything/off", reason="it is wrong").status_code == 400
    assert noor.post("/switches/assistant/off", reason="it is wrong").status_code == 303
    assert "The assistant is switched off by Noor" in sara.get("/cases").text
    assert "The assistant is switched off by Noor" in ruben.get("/status").text
    assert ruben.post("/switches/assistant/on").status_code == 303
    assert "switched off" not in sara.get("/cases").text


def test_frozen_deletion_says_until_when(noor):
    assert noor.post("/switches/deletion/off", reason="a complaint", hours="72").status_code == 303
    assert "Deletion of old data is frozen by Noor" in noor.get("/switches").text


def test_export_for_one_person_as_page_and_as_data(service, ruben, sara, case_id):
    assert sara.post("/persons/export", person=AMINA.phone, reason="asked by letter").status_code == 403
    assert ruben.post("/persons/export", person=AMINA.phone, reason="").status_code == 400
    assert ruben.post("/persons/export", person="31699999999", reason="asked by letter").status_code == 400
    page = ruben.post("/persons/export", person=f"+{AMINA.phone}", reason="asked by letter")
    assert page.status_code == 200 and WORDS in page.text
    data = ruben.post("/persons/export", person=str(case_id), reason="asked by letter", form="data")
    assert data.headers["Content-Disposition"].startswith("attachment")
    assert json.loads(data.text)["tables"]["inbox"][0]["body"]["text"] == WORDS
    assert [kind for kind, _, _ in log(service)].count("exported") == 2


def test_erasing_by_hand_needs_to_be_sure_and_colleagues_are_told(service, ruben, sara, case_id):
    sara.get(f"/cases/{case_id}")
    form = {"person": AMINA.phone, "reason": "asked by phone"}
    assert ruben.post("/persons/erase", **form).status_code == 400
    assert ruben.post("/persons/erase", sure="yes", **form).status_code == 200
    gone = sara.get(f"/cases/{case_id}")
    assert gone.status_code == 410 and "This case was erased" in gone.text
    assert sara.get(f"/cases/{case_id}/events").status_code == 410
    with service.engine.connect() as conn:
        assert conn.execute(sa.select(sa.func.count()).select_from(schema.contacts)).scalar() == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("her BSN is 123456782", "citizen service number"),
        ("NL91ABNA0417164300", "bank account"),
        ("Kerkstraat 12", "home address"),
    ],
)
def test_what_should_not_be_written_down_is_said_while_typing(sara, text, said):
    page = sara.post("/guard", text=text).text
    assert "Do not write this down" in page and said in page
    assert sara.post("/guard", text="she needs a doctor").text.strip() == ""


def test_reply_with_an_id_number_is_held_until_the_agent_says_it_is_needed(service, sara, mine):
    form = {"text": "Your BSN is 123456782", "once": str(uuid.uuid4())}
    refused = sara.post(f"/cases/{mine}/reply", **form)
    assert refused.status_code == 400 and 'name="needed"' in refused.text
    assert sara.post(f"/cases/{mine}/reply", needed="yes", **form).status_code == 303


def test_marks_are_words_for_agents(service, sara):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("my bsn is 123456782"))
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "asked", language="en")
    page = sara.get(f"/cases/{case_id}").text
    assert "my bsn is [citizen number removed]" in page and "■" not in page


def test_search_and_talks_with_the_assistant_are_written_down_without_words(service, sara):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("hello"))
    sara.get("/search?q=doctor")
    sara.get(f"/assistant/{contact_id}")
    assert [kind for kind, _, _ in log(service)] == ["talk", "search"]
    with service.engine.connect() as conn:
        assert "doctor" not in str(conn.execute(sa.select(schema.looks)).all())


def test_search_finds_words_only_where_the_account_may_read_them(sara, tom, noor, mine, sensitive_id):
    sara.post(f"/cases/{mine}/reply", text="There is one in Zeist", once=str(uuid.uuid4()))
    assert f"/cases/{mine}" in tom.get("/search?q=zeist").text
    close(sara, mine)
    assert f'href="/cases/{mine}"' not in tom.get("/search?q=zeist").text
    assert f'href="/cases/{mine}"' in sara.get("/search?q=zeist").text
    for asked in ("beats", "violence"):
        assert f"/cases/{sensitive_id}" not in tom.get(f"/search?q={asked}").text
    assert f"/cases/{sensitive_id}" in noor.get("/search?q=violence").text
