"""The pages of working together: what each person sees, does, and is refused."""

import re

import pytest
import sqlalchemy as sa

from helpline import accounts, cases, clock, colleagues, drafts, notices, presence, shifts
from helpline.db import schema
from helpline.shifts import log, roster
from tests.conftest import count
from tests.console.conftest import Browser
from tests.console.desk_pages import state


def id_of(service, username):
    with service.engine.connect() as conn:
        query = sa.select(schema.accounts.c.id).where(schema.accounts.c.username == username)
        return conn.execute(query).scalar_one()


@pytest.fixture
def noor(console):
    """Coordinates, and has the safeguarding and on-call duties."""
    return Browser(console, "noor")


def test_everybody_lands_on_a_page_of_the_team_they_may_use(console):
    for username, page in (("sara", "/shifts"), ("eva", "/asked"), ("ruben", "/roster")):
        answer = Browser(console, username).get("/team")
        assert answer.status_code == 302 and answer.headers["Location"] == page, username
    assert Browser(console, "vera").get("/team").status_code == 403


def test_every_page_opens_for_everybody_who_may(console, service):
    for username in ("sara", "noor", "eva", "ruben"):
        browser = Browser(console, username)
        for path in re.findall(r'href="(/\w+)"', browser.get("/team", follow="yes").text) or ["/shifts"]:
            assert browser.get(path).status_code < 400, (username, path)
    for path in ("/shifts", "/shifts/end", "/roster", "/asked", "/problems", "/translating", "/notices"):
        assert Browser(console, "noor").get(path).status_code == 200, path


def test_a_shift_is_begun_and_ended_with_a_line_for_each_case(service, sara, tom, mine):
    assert "Nobody is on shift" in sara.get("/shifts").text
    assert sara.post("/shifts/begin", hours="4").status_code == 303
    assert "On shift since" in sara.get("/shifts").text
    form = sara.get("/shifts/end").text
    assert f'name="choice-{mine}"' in form and 'value="parked"' not in form, "the contact waits: no parking"
    refused = sara.post("/shifts/end", **{f"choice-{mine}": "released", f"line-{mine}": " ", "note": "keep this"})
    assert refused.status_code == 400 and "keep this" in refused.text
    done = sara.post("/shifts/end", **{f"choice-{mine}": "released", f"line-{mine}": "Needs a GP", "note": "Quiet day"})
    assert done.status_code == 303 and state(service, mine).state == "waiting"
    page = tom.get("/shifts").text
    assert "Needs a GP" in page and "Quiet day" in page
    assert "Needs a GP" in tom.get(f"/cases/{mine}").text, "as a note in the case"


def test_a_case_is_handed_to_a_colleague_on_shift(service, sara, tom, mine):
    for browser in (sara, tom):
        browser.get("/cases")
        browser.post("/shifts/begin", hours="4")
    tom_id = id_of(service, "tom")
    with service.engine.begin() as conn:
        presence.seen(conn, tom_id)
    assert f'value="{tom_id}"' in sara.get("/shifts/end").text
    form = {f"choice-{mine}": "handed", f"to-{mine}": str(tom_id), f"line-{mine}": "French"}
    assert sara.post("/shifts/end", **form).status_code == 303
    assert state(service, mine).holder == "Tom"


def test_coordinators_edit_the_roster_and_agents_read_it(service, sara, noor):
    who = str(id_of(service, "sara"))
    line = {"account": who, "weekday": "3", "starts": "09:00", "ends": "17:00", "languages": "ar"}
    assert sara.post("/roster/add", **line).status_code == 403
    assert noor.post("/roster/add", **line).status_code == 303
    refused = noor.post("/roster/add", **{**line, "starts": "nine"})
    assert refused.status_code == 400 and "Write the hours" in refused.text
    page = sara.get("/roster").text
    assert "Sara" in page and "09:00–17:00" in page and "Arabic" in page and 'action="/roster/add"' not in page
    assert noor.get("/roster?week=abc").status_code == 200 and noor.get("/roster?week=26").status_code == 200
    with service.engine.connect() as conn:
        (entry,) = roster.entries(conn)
    assert noor.post(f"/roster/remove/{entry.id}").status_code == 303
    assert "The roster is empty" in noor.get("/roster").text


def test_a_pasted_table_is_taken_over_or_its_faults_are_named(service, noor):
    wrong = noor.post("/roster/import", table="Sara\tmon-fri\t9\t17\nNobody\tmon\t9\t17")
    assert wrong.status_code == 400 and "Line 2" in wrong.text and "Sara\tmon-fri" in wrong.text
    assert count(service.engine, schema.roster) == 0
    assert noor.post("/roster/import", table="Sara\tmon-fri\t9\t17\nTom\tsat,sun\t10\t22").status_code == 303
    assert count(service.engine, schema.roster) == 7


def test_a_colleague_is_asked_and_answers_inside_the_case(service, sara, tom, mine):
    tom_id = str(id_of(service, "tom"))
    assert sara.post(f"/cases/{mine}/ask", whom=tom_id, question="Is this right?").status_code == 303
    assert re.search(r'class="count">1<', tom.get("/cases").text), "in the menu"
    page = tom.get("/asked").text
    link = re.search(r'href="(/asked/\d+)"', page).group(1)
    shown = tom.get(link).text
    assert "Is this right?" in shown and "Where can I see a doctor?" in shown
    assert "<textarea" in shown and "/reply" in shown and "reply-text" not in shown
    assert tom.post(f"{link}/reply", text="Yes, quite").status_code == 303
    assert "Yes, quite" in sara.get(f"/cases/{mine}").text
    assert count(service.engine, schema.outbox) == 0


def test_an_editor_with_a_duty_reads_the_case_only_while_asked(service, console, sara, mine):
    eva_id = id_of(service, "eva")
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.accounts).where(schema.accounts.c.id == eva_id).values(duties="legal"))
    eva = Browser(console, "eva")
    assert sara.post(f"/cases/{mine}/ask", whom="legal", question="May they work?").status_code == 303
    with service.engine.connect() as conn:
        (one,) = colleagues.mine(conn, eva_id)
    assert "Where can I see a doctor?" in eva.get(f"/asked/{one.id}").text
    assert eva.get(f"/cases/{mine}").status_code == 403
    assert count(service.engine, schema.looks, schema.looks.c.account_id == eva_id) == 1, "reading is logged"
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.cases).values(sensitive=True))
    assert "Where can I see a doctor?" not in eva.get(f"/asked/{one.id}").text
    assert "May they work?" in eva.get(f"/asked/{one.id}").text
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.cases).values(sensitive=False))
    sara.post(f"/asked/{one.id}/withdraw")
    assert eva.get(f"/asked/{one.id}").status_code == 404


def test_who_was_not_asked_finds_nothing(console, service, sara, tom, mine):
    tom_id = str(id_of(service, "tom"))
    sara.post(f"/cases/{mine}/ask", whom=tom_id, question="secret question")
    with service.engine.connect() as conn:
        (one,) = colleagues.mine(conn, int(tom_id))
    eva = Browser(console, "eva")
    assert eva.get(f"/asked/{one.id}").status_code == 404
    assert eva.post(f"/asked/{one.id}/reply", text="x").status_code == 404
    assert tom.get("/asked/99999999999999999999").status_code == 404


def test_a_note_that_names_a_colleague_asks_them(service, sara, mine):
    sara.post(f"/cases/{mine}/note", text="@tom could you look?")
    tom_id = id_of(service, "tom")
    with service.engine.connect() as conn:
        assert [one.unread for one in colleagues.mine(conn, tom_id)] == [True]


def test_a_volunteer_translates_and_sees_only_the_text(service, console, sara, mine):
    eva_id, sara_id = id_of(service, "eva"), id_of(service, "sara")
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.accounts).where(schema.accounts.c.id == eva_id).values(languages="en,ar"))
        alias = cases.get(conn, mine).alias
        drafts.keep(conn, service.vault, mine, sara_id, "reply", "Come on Monday.")
    assert "Ask for a translation" in sara.get(f"/cases/{mine}").text
    asked = {"source": "draft", "from": "en", "to": "ar"}
    assert sara.post(f"/cases/{mine}/translate", **asked).status_code == 303
    eva = Browser(console, "eva")
    page = eva.get("/translating").text
    assert "Come on Monday." in page and alias not in page and "doctor" not in page
    number = re.search(r"/translating/(\d+)/claim", page).group(1)
    assert eva.post(f"/translating/{number}/finish", text="early").status_code == 409
    assert eva.post(f"/translating/{number}/claim").status_code == 303
    assert eva.post(f"/translating/{number}/finish", text=" ").status_code == 400
    assert eva.post(f"/translating/{number}/finish", text="تعال يوم الاثنين.").status_code == 303
    page = sara.get(f"/cases/{mine}").text
    assert re.search(r'id="reply-text"[^>]*>تعال يوم الاثنين', page), "in the composer, as a draft"
    assert "Translated by Eva" in page and "Come on Monday." in page
    assert count(service.engine, schema.outbox) == 0
    assert eva.post(f"/cases/{mine}/translate", **asked).status_code == 403


def test_a_line_of_the_conversation_is_translated_beside_the_original(service, sara, tom, mine):
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.accounts).where(schema.accounts.c.username == "tom").values(languages="en,fr"))
    key = re.search(r'<option value="(in-\d+)"', sara.get(f"/cases/{mine}").text).group(1)
    assert sara.post(f"/cases/{mine}/translate", **{"source": key, "from": "en", "to": "fr"}).status_code == 303
    assert sara.post(f"/cases/{mine}/translate", **{"source": "out-1", "from": "en", "to": "fr"}).status_code == 400
    assert "Where can I see a doctor?" in tom.get("/translating").text
    assert tom.post("/translating/999/claim").status_code == 404


def test_a_question_without_an_answer_gets_an_owner_and_an_answer(service, console, sara, mine):
    from helpline import content

    with service.engine.begin() as conn:
        content.import_starter(conn)
    assert sara.post("/problems/add", title="Bank account?", case=str(mine)).headers["Location"] == f"/cases/{mine}"
    eva = Browser(console, "eva")
    number = re.search(r"/problems/(\d+)/own", eva.get("/problems").text).group(1)
    assert eva.post(f"/problems/{number}/own").status_code == 303
    assert eva.post(f"/problems/{number}/link", answer_key="nothing").status_code == 400
    assert eva.post(f"/problems/{number}/link", answer_key="utter_find_food").status_code == 303
    assert "utter_find_food" in eva.get("/problems").text and "Eva" in eva.get("/problems").text
    assert sara.post(f"/problems/{number}/close").status_code == 403
    assert eva.post(f"/problems/{number}/close").status_code == 303
    assert "Settled lately" in eva.get("/problems").text


def test_the_demo_shows_what_would_be_sent_and_no_address(service, console, noor):
    with service.engine.begin() as conn:
        notices.put(conn, "urgent", "team", "k", language="ar", seconds=60, path="/cases/1")
    page = noor.get("/notices").text
    assert "What would be sent" in page and "Urgent case" in page and "AdaptiveCard" in page
    assert noor.post("/notices/test", audience="on_call").status_code == 303
    assert count(service.engine, schema.notices, schema.notices.c.kind == "test") == 1
    assert noor.post("/notices/again/1").status_code == 409
    assert Browser(console, "sara").get("/notices").status_code == 403


def test_pages_are_in_dutch_too(service, noor):
    noor_id = id_of(service, "noor")
    with service.engine.begin() as conn:
        accounts.set_interface_language(conn, noor_id, "nl")
        shifts.begin(conn, noor_id, clock.now() + 3600)
    for path, word in (
        ("/shifts", "Mijn dienst"), ("/shifts/end", "Eindig mijn dienst"), ("/roster", "Rooster"),
        ("/asked", "Vragen onder"), ("/problems", "zonder antwoord"), ("/translating", "Vertalen"),
        ("/notices", "Berichten"),
    ):  # fmt: skip
        assert word in noor.get(path).text, path
    with service.engine.connect() as conn:
        assert log.of(conn, noor_id) is not None
