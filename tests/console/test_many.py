"""One thing done to many cases: each has its own result, what changed meanwhile is left alone, and it can be undone."""

import pytest
import sqlalchemy as sa

from helpline import bulk, cases
from helpline.db import schema
from helpline.messages import Identity
from tests.console.conftest import Browser
from tests.people import message, write


@pytest.fixture
def ten(service):
    """Ids of ten waiting cases."""
    ids = []
    with service.engine.begin() as conn:
        for number in range(10):
            contact_id = write(conn, service, message("help", sender=Identity(phone=f"3160000010{number}")))
            ids.append(cases.open_case(conn, service.vault, contact_id, "asked", language="en")[0])
    return ids


def marks(service, ids):
    with service.engine.begin() as conn:
        return [str(bulk.Chosen(one, cases.get(conn, one).version)) for one in ids]


def states(service, ids):
    with service.engine.begin() as conn:
        return [cases.get(conn, one).state for one in ids]


def who(service, name):
    with service.engine.begin() as conn:
        return conn.execute(sa.select(schema.accounts.c.id).where(schema.accounts.c.username == name)).scalar_one()


def send(browser, cases_, **form):
    return browser.client.post("/cases/many", data={"case": cases_, **form}, headers={"Sec-Fetch-Site": "same-origin"})


def test_what_changed_meanwhile_is_named_and_the_rest_is_done(service, sara, tom, ten):
    seen = marks(service, ten)
    for one in ten[:3]:
        tom.post(f"/cases/{one}/claim")
    answer = send(sara, seen, action="take", show="waiting")
    assert answer.status_code == 200
    assert "7 cases are done." in answer.text and "3 cases were left alone:" in answer.text
    with service.engine.begin() as conn:
        assert [cases.get(conn, one).holder for one in ten] == ["Tom"] * 3 + ["Sara"] * 7
        for one in ten[:3]:
            assert cases.get(conn, one).alias in answer.text


def test_taking_many_stops_at_ones_capacity(service, sara, ten):
    with service.engine.begin() as conn:
        for number in range(5):
            contact_id = write(conn, service, message("help", sender=Identity(phone=f"3160000020{number}")))
            ten.append(cases.open_case(conn, service.vault, contact_id, "asked")[0])
    answer = send(sara, marks(service, ten), action="take", show="waiting")
    assert "10 cases are done." in answer.text and "5 cases were left alone:" in answer.text


def test_giving_back_is_undone_in_one_click_where_nobody_was_faster(service, sara, tom, ten):
    send(sara, marks(service, ten[:4]), action="take", show="waiting")
    assert states(service, ten[:4]) == ["active"] * 4
    answer = send(sara, marks(service, ten[:4]), action="release", show="mine")
    assert states(service, ten[:4]) == ["waiting"] * 4
    back = [piece.split('"')[0] for piece in answer.text.split('type="hidden" name="case" value="')[1:]]
    assert len(back) == 4
    tom.post(f"/cases/{ten[0]}/claim")
    answer = send(sara, back, action="release", undo="yes", show="mine")
    assert "3 cases are as they were." in answer.text and "1 case was left alone:" in answer.text
    assert states(service, ten[:4]) == ["active"] * 4


def test_closing_many_never_skips_a_contact_who_waits(service, sara, ten):
    send(sara, marks(service, ten[:2]), action="take", show="waiting")
    sara.post(f"/cases/{ten[0]}/reply", text="done", once="3f0e8c1e-0000-4000-8000-000000000001")
    answer = send(sara, marks(service, ten[:2]), action="close", outcome="answered", show="mine")
    assert states(service, ten[:2]) == ["closed", "active"]
    assert "has no answer yet" in answer.text
    back = [piece.split('"')[0] for piece in answer.text.split('type="hidden" name="case" value="')[1:]]
    send(sara, back, action="close", undo="yes", show="mine")
    assert states(service, ten[:1]) == ["active"]


def test_passing_on_needs_a_note(service, sara, ten):
    send(sara, marks(service, ten[:2]), action="take", show="waiting")
    answer = send(sara, marks(service, ten[:2]), action="transfer", to=str(who(service, "tom")), show="mine")
    assert answer.status_code == 400 and "Write what the next person must know" in answer.text
    send(sara, marks(service, ten[:2]), action="transfer", note="needs a bed", show="mine")
    assert states(service, ten[:2]) == ["waiting"] * 2


def test_a_coordinator_gives_back_what_somebody_left_and_an_agent_cannot(service, console, sara, tom, ten):
    send(sara, marks(service, ten[:2]), action="take", show="waiting")
    assert "2 cases were left alone" in send(tom, marks(service, ten[:2]), action="release", show="open").text
    assert (
        "2 cases are done."
        in send(Browser(console, "noor"), marks(service, ten[:2]), action="release", show="open").text
    )
    assert states(service, ten[:2]) == ["waiting"] * 2


@pytest.mark.parametrize("word", ["", "1", "1.x", "-1.1", "1.1.1", "9" * 40 + ".1", "١.١"])
def test_nonsense_is_refused_in_words(sara, word):
    answer = send(sara, [word], action="take")
    assert answer.status_code in (200, 400)
    assert send(sara, [], action="take").status_code == 400
    assert send(sara, ["1.1"], action="nonsense").status_code == 400


def test_only_people_of_the_desk_reach_it(eva, stranger):
    assert eva.get("/cases/many").status_code == 403
    assert stranger.get("/cases/many").status_code in (302, 303)
