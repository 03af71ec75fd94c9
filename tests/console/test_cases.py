"""A case from the waiting list to its end, as a browser without JavaScript does it."""

import re
import uuid

import pytest

from helpline import cases, clock, contacts, outbox
from helpline.db import schema
from helpline.messages import Media
from tests.conftest import count
from tests.people import AMINA, message, write

HTMX = {"HX-Request": "true"}


def fresh() -> str:
    return str(uuid.uuid4())


def once_of(page: str) -> str:
    return re.search(r'name="once" value="([0-9a-f-]{36})"', page).group(1)


def test_whole_case_from_list_to_close(service, sara, case_id):
    listing = sara.get("/cases").text
    assert f"/cases/{case_id}" in listing and "The assistant was not sure" in listing
    assert sara.post(f"/cases/{case_id}/claim").headers["Location"] == f"/cases/{case_id}"
    page = sara.get(f"/cases/{case_id}").text
    assert "Where can I see a doctor?" in page and "60%" in page and "included" in page
    answer = sara.post(f"/cases/{case_id}/reply", text="At the Kruispost.", once=once_of(page))
    assert answer.status_code == 303
    assert "At the Kruispost." in sara.get(f"/cases/{case_id}").text
    answer = sara.post(f"/cases/{case_id}/close", topic="find_health_service", outcome="answered")
    assert answer.status_code == 303
    assert "Answered" in sara.get(f"/cases/{case_id}").text
    with service.engine.connect() as conn:
        case = cases.get(conn, case_id)
        assert (case.state, case.outcome) == ("closed", "answered")
        assert cases.of_contact(conn, case.contact_id) is None


def test_second_agent_is_refused_with_the_holders_name(sara, tom, case_id):
    assert sara.post(f"/cases/{case_id}/claim").status_code == 303
    answer = tom.post(f"/cases/{case_id}/claim")
    assert answer.status_code == 409 and "Sara has this case" in answer.text


def test_only_the_holder_replies_and_the_words_of_others_are_kept(service, sara, tom, case_id):
    sara.post(f"/cases/{case_id}/claim")
    answer = tom.post(f"/cases/{case_id}/reply", text="hi", once=fresh())
    assert answer.status_code == 409 and "Sara has this case" in answer.text
    assert count(service.engine, schema.outbox) == 0


def test_a_second_click_sends_once(service, sara, case_id):
    sara.post(f"/cases/{case_id}/claim")
    once = fresh()
    for _ in range(3):
        assert sara.post(f"/cases/{case_id}/reply", text="hello", once=once).status_code == 303
    assert count(service.engine, schema.outbox) == 1


def test_after_24_hours_the_server_refuses_and_keeps_the_text(service, sara, case_id):
    sara.post(f"/cases/{case_id}/claim")
    clock.shift(50 * 60)
    sara.get("/cases")
    for _ in range(24):
        clock.shift(58 * 60)
        sara.post("/sign-in", username="sara", password="helpline-demo")
    answer = sara.post(f"/cases/{case_id}/reply", text="a long answer", once=fresh())
    assert answer.status_code == 409 and "a long answer" in answer.text and "24 hours" in answer.text
    assert 'name="hold"' in sara.get(f"/cases/{case_id}").text
    held = sara.post(f"/cases/{case_id}/reply", text="a long answer", once=fresh(), hold="yes")
    assert held.status_code == 303 and "Kept until the contact writes" in sara.get(f"/cases/{case_id}").text
    with service.engine.begin() as conn:
        write(conn, service, message("I am here again"))
    assert 'name="hold"' not in sara.get(f"/cases/{case_id}").text


@pytest.mark.parametrize("text", ["", "   ", "\n\n", "\0"])
def test_nothing_is_not_sent(service, sara, case_id, text):
    sara.post(f"/cases/{case_id}/claim")
    assert sara.post(f"/cases/{case_id}/reply", text=text, once=fresh()).status_code == 400
    assert count(service.engine, schema.outbox) == 0


@pytest.mark.parametrize("once", ["", "x", "1" * 500, "../../etc"])
def test_a_reply_without_a_proper_key_is_refused_and_kept(sara, case_id, once):
    sara.post(f"/cases/{case_id}/claim")
    answer = sara.post(f"/cases/{case_id}/reply", text="keep me", once=once)
    assert answer.status_code == 400 and "keep me" in answer.text


def test_note_never_leaves(service, sara, tom, case_id):
    sara.post(f"/cases/{case_id}/claim")
    assert tom.post(f"/cases/{case_id}/note", text="I know this family").status_code == 303
    assert "I know this family" in sara.get(f"/cases/{case_id}").text
    assert count(service.engine, schema.outbox) == 0


def test_closing_needs_topic_and_outcome(sara, case_id):
    sara.post(f"/cases/{case_id}/claim")
    for form in ({}, {"topic": "find_food"}, {"outcome": "answered"}, {"topic": "x", "outcome": "answered"},
                 {"topic": "find_food", "outcome": "withdrawn"}):  # fmt: skip
        assert sara.post(f"/cases/{case_id}/close", **form).status_code == 400


def test_released_case_waits_again(sara, tom, case_id):
    sara.post(f"/cases/{case_id}/claim")
    assert tom.post(f"/cases/{case_id}/release").status_code == 409
    assert sara.post(f"/cases/{case_id}/release").status_code == 303
    assert tom.post(f"/cases/{case_id}/claim").status_code == 303


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999999"])
def test_a_case_that_is_not_there(sara, number):
    assert sara.get(f"/cases/{number}").status_code == 404
    assert sara.post(f"/cases/{number}/claim").status_code == 404
    assert sara.get("/cases/abc").status_code == 404


def test_take_next_takes_the_urgent_one_first(service, sara, case_id):
    with service.engine.begin() as conn:
        cases.upgrade(conn, case_id, "medical")
    assert sara.post("/cases/next").headers["Location"] == f"/cases/{case_id}"
    answer = sara.post("/cases/next")
    assert answer.status_code == 409 and "Nobody is waiting" in answer.text


def test_what_a_contact_writes_cannot_become_markup(service, sara):
    bad = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&{{7*7}}"
    with service.engine.begin() as conn:
        media = (Media("document", id="1", filename=bad, caption=bad),)
        contact_id = write(conn, service, message(bad, kind="document", deliver="media", media=media))
        write(conn, service, message(None, kind="reaction", deliver="none", details={"emoji": bad, "message_id": "x"}))
        card = cases.Card(bad, ((bad, 0.5),), {bad: bad})
        case_id, _ = cases.open_case(conn, service.vault, contact_id, "media", topic=bad[:40], language="en", card=card)
    for path in ("/cases", f"/cases/{case_id}", f"/cases/{case_id}/events"):
        page = sara.get(path).text
        assert (
            "<script>alert" not in page
            and "<img src=x" not in page
            and "{{7*7}}" not in page.replace("&#39;&amp;{{7*7}}", "")
        )


def test_neither_number_nor_name_is_shown(sara, case_id):
    for path in ("/cases", f"/cases/{case_id}", f"/cases/{case_id}/events"):
        page = sara.get(path).text
        assert AMINA.phone not in page and "Amina" not in page


KINDS = ("image", "video", "audio", "voice", "sticker", "document", "location", "contacts", "reaction", "order",
         "button_reply", "list_reply", "form_reply", "unsupported", "edit", "revoke", "something_new")  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_message_has_a_visible_line(service, sara, case_id, kind):
    media = (Media(kind, id="9"),) if kind in ("image", "video", "audio", "voice", "sticker", "document") else ()
    details = {"pin": "used"} if kind == "location" else {}
    with service.engine.begin() as conn:
        write(conn, service, message(None, kind=kind, deliver="fallback", media=media, details=details))
    lines = re.findall(r'<li id="in-\d+".*?</li>', sara.get(f"/cases/{case_id}").text, re.S)
    assert len(lines) == 2
    words = re.sub(r"<[^>]+>|\s|\d\d:\d\d|Contact:", "", lines[-1])
    assert words, "an empty bubble says nothing"


def test_conversation_comes_again_only_when_something_happened(service, sara, case_id):
    page = sara.get(f"/cases/{case_id}").text
    mark = re.search(r'id="live".*?data-mark="([^"]+)"', page, re.S).group(1)
    path = f"/cases/{case_id}/events?after={mark}"
    assert sara.get(path, **HTMX).status_code == 204
    with service.engine.begin() as conn:
        write(conn, service, message("one more thing"))
    answer = sara.get(path, **HTMX)
    assert answer.status_code == 200 and "one more thing" in answer.text and "Where can I see a doctor?" in answer.text


def test_ticks_that_change_are_news(service, sara, case_id):
    sara.post(f"/cases/{case_id}/claim")
    sara.post(f"/cases/{case_id}/reply", text="hello", once=fresh())
    page = sara.get(f"/cases/{case_id}").text
    mark = re.search(r'id="live".*?data-mark="([^"]+)"', page, re.S).group(1)
    with service.engine.begin() as conn:
        outbox.sent(conn, 1, "wamid.x")
    assert sara.get(f"/cases/{case_id}/events?after={mark}").status_code == 200


def test_list_comes_again_only_when_a_case_changed(service, sara, case_id):
    mark = re.search(r'id="board".*?data-mark="([^"]+)"', sara.get("/cases").text, re.S).group(1)
    clock.shift(-(clock.now() % 60))
    mark = re.search(r'id="board".*?data-mark="([^"]+)"', sara.get("/cases").text, re.S).group(1)
    assert sara.get(f"/cases/live?show=waiting&after={mark}").status_code == 204
    with service.engine.begin() as conn:
        cases.upgrade(conn, case_id, "medical")
    answer = sara.get(f"/cases/live?show=waiting&after={mark}")
    assert answer.status_code == 200 and "Medical emergency" in answer.text


def test_opening_a_case_sends_nothing(service, sara, case_id):
    sara.get(f"/cases/{case_id}")
    assert count(service.engine, schema.outbox) == 0


def test_late_words_of_the_assistant_are_shown_as_not_sent(service, sara, case_id):
    from helpline.messages import Author, OutboundMessage

    with service.engine.begin() as conn:
        contact_id = cases.get(conn, case_id).contact_id
        epoch = contacts.get(conn, contact_id).epoch - 1
        outbox.put(conn, service.vault, contact_id, OutboundMessage("too late"), author=Author.ASSISTANT, kind="answer",
                   once_key="t:1", epoch=epoch)  # fmt: skip
    page = sara.get(f"/cases/{case_id}").text
    assert "too late" in page and "Not sent, because a person had taken over" in page
