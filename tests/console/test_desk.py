"""What makes a desk good to work at: passing on, parking, undoing, drafts, answers, search, files."""

import inspect
import io
import re
import uuid
from pathlib import Path

import pytest
import sqlalchemy as sa

from helpline import cases, clock, contacts, outbox, replies
from helpline.console import conversion, media
from helpline.db import schema
from helpline.messages import Identity, Media
from helpline.whatsapp import client
from tests.conftest import count
from tests.console.conftest import Browser
from tests.console.desk_pages import HTMX, state
from tests.people import AMINA, BASHIR, message, write


def test_passing_on_needs_a_note_and_the_next_one_reads_it(service, sara, tom, mine):
    tom.get(f"/cases/{mine}")
    with service.engine.connect() as conn:
        tom_id = conn.execute(sa.select(schema.accounts.c.id).where(schema.accounts.c.username == "tom")).scalar_one()
    assert sara.post(f"/cases/{mine}/transfer", to=str(tom_id), note=" ").status_code == 400
    assert sara.post(f"/cases/{mine}/transfer", to=str(tom_id), note="speaks French").status_code == 303
    assert state(service, mine).holder == "Tom"
    assert "speaks French" in tom.get(f"/cases/{mine}").text
    assert sara.post(f"/cases/{mine}/reply", text="x", once=str(uuid.uuid4())).status_code == 409


def test_parking_needs_an_answer_first(service, sara, mine):
    refused = sara.post(f"/cases/{mine}/park", hours="4")
    assert refused.status_code == 409 and "Answer first" in refused.text
    sara.post(f"/cases/{mine}/reply", text="hello", once=str(uuid.uuid4()))
    assert sara.post(f"/cases/{mine}/park", hours="5").status_code == 400
    assert sara.post(f"/cases/{mine}/park", hours="4").status_code == 303
    assert state(service, mine).state == "parked" and "Parked by Sara" in sara.get("/cases?show=open").text


def test_closing_over_an_unanswered_message_is_asked_twice(service, sara, mine):
    form = {"topic": "find_food", "outcome": "answered", "lesson": "missing"}
    refused = sara.post(f"/cases/{mine}/close", **form)
    assert refused.status_code == 409 and "no answer yet" in refused.text
    assert sara.post(f"/cases/{mine}/close", **form, unanswered="yes").status_code == 303
    assert state(service, mine).lesson == "missing"


def test_a_close_is_undone_with_one_click(service, sara, answered):
    sara.post(f"/cases/{answered}/close", topic="find_food", outcome="answered")
    assert "Undo closing" in sara.get(f"/cases/{answered}").text
    assert sara.post(f"/cases/{answered}/undo").status_code == 303
    assert state(service, answered).state == "active"


def test_the_goodbye_waits_until_closing_cannot_be_undone(service, sara, answered):
    sara.post(f"/cases/{answered}/close", topic="find_food", outcome="answered", goodbye="yes")
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.outbox).where(schema.outbox.c.kind == "reply").values(state="sent"))
        assert outbox.claim(conn, service.vault, 5) == []
    sara.post(f"/cases/{answered}/undo")
    with service.engine.begin() as conn:
        clock.shift(60)
        assert outbox.claim(conn, service.vault, 5) == []
        row = conn.execute(schema.outbox.select().where(schema.outbox.c.kind == "goodbye")).one()
    assert row.state == "suppressed"


def test_somebody_who_asked_for_silence_is_not_written_to_and_the_agent_is_told(service, sara, mine):
    with service.engine.begin() as conn:
        contacts.stop(conn, cases.get(conn, mine).contact_id)
    refused = sara.post(f"/cases/{mine}/reply", text="are you there?", once=str(uuid.uuid4()))
    assert (
        refused.status_code == 409 and "asked for no more messages" in refused.text and "are you there?" in refused.text
    )
    assert count(service.engine, schema.outbox) == 0


def test_capacity_is_enforced_and_an_urgent_case_may_come_on_top(service, console, vault):
    import dataclasses

    few = dataclasses.replace(service, settings=dataclasses.replace(service.settings, cases_per_agent=1))
    console.extensions["helpline"] = few
    sara = Browser(console, "sara")
    with service.engine.begin() as conn:
        ids = [
            cases.open_case(conn, vault, write(conn, service, message("x", sender=who)), "asked", language="en")[0]
            for who in (AMINA, BASHIR)
        ]
        cases.upgrade(conn, ids[1], "medical")
    assert sara.post(f"/cases/{ids[0]}/claim").status_code == 303
    full = sara.post(f"/cases/{ids[1]}/claim")
    assert full.status_code == 409 and "on top of mine" in full.text and 'name="knowingly"' in full.text
    assert sara.post(f"/cases/{ids[1]}/claim", knowingly="yes").status_code == 303


def test_a_coordinator_takes_a_case_and_an_agent_cannot(service, console, sara, tom, mine):
    assert tom.post(f"/cases/{mine}/take").status_code == 403
    noor = Browser(console, "noor")
    assert "Take over" in noor.get(f"/cases/{mine}").text
    assert noor.post(f"/cases/{mine}/take").status_code == 303
    assert state(service, mine).holder == "Noor"


def test_a_draft_comes_back_for_its_writer_only(sara, tom, mine):
    assert sara.post(f"/cases/{mine}/draft", kind="reply", text="half a sentence").status_code == 204
    assert "half a sentence" in sara.get(f"/cases/{mine}").text
    assert "half a sentence" not in tom.get(f"/cases/{mine}").text
    sara.post(f"/cases/{mine}/reply", text="whole", once=str(uuid.uuid4()))
    assert "half a sentence" not in sara.get(f"/cases/{mine}").text
    assert sara.post(f"/cases/{mine}/draft", kind="sms", text="x").status_code == 400


def test_typing_is_seen_by_colleagues(sara, tom, mine):
    sara.post(f"/cases/{mine}/draft", kind="reply", text="I am wri")
    assert "Sara is typing" in tom.get(f"/cases/{mine}/events").text


def test_a_stale_reply_is_stopped_then_goes_through(service, sara, mine):
    page = sara.get(f"/cases/{mine}").text
    seen = re.search(r'name="seen" value="([\d.]+)"', page).group(1)
    with service.engine.begin() as conn:
        write(conn, service, message("wait, that is not what I meant"))
    once = str(uuid.uuid4())
    stopped = sara.post(f"/cases/{mine}/reply", text="go there", once=once, seen=seen, headers=HTMX)
    assert stopped.status_code == 409 and "go there" in stopped.text
    seen = re.search(r'name="seen" value="([\d.]+)"', stopped.text).group(1)
    assert once in stopped.text
    assert sara.post(f"/cases/{mine}/reply", text="go there", once=once, seen=seen, headers=HTMX).status_code == 200
    assert count(service.engine, schema.outbox) == 1


@pytest.mark.parametrize("text", ["Hello {name}", "your card of {amount} euro", "go to [...]"])
def test_a_place_nobody_filled_in_is_not_sent(service, sara, mine, text):
    assert sara.post(f"/cases/{mine}/reply", text=text, once=str(uuid.uuid4())).status_code == 400
    assert count(service.engine, schema.outbox) == 0


def test_retry_sends_a_new_message_once(service, sara, answered):
    with service.engine.begin() as conn:
        outbox.failed(conn, 1, "Undeliverable_131026")
    page = sara.get(f"/cases/{answered}").text
    assert "cannot be reached on WhatsApp" in page and f"/cases/{answered}/again/1" in page
    for _ in range(2):
        assert sara.post(f"/cases/{answered}/again/1").status_code == 303
    with service.engine.connect() as conn:
        states = [row.state for row in conn.execute(schema.outbox.select().order_by(schema.outbox.c.id))]
    assert states == ["failed", "queued"]
    assert sara.post(f"/cases/{answered}/again/2").status_code == 400


def test_a_long_wait_changes_colour(service, sara, case_id):
    assert '<small class="wait ">' in sara.get("/cases").text
    clock.shift(25 * 60)
    assert '<small class="wait late">' in sara.get("/cases").text
    clock.shift(6 * 60)
    assert '<small class="wait overdue">' in sara.get("/cases").text


@pytest.mark.parametrize(
    ("content_", "name", "kind"),
    [
        (b"\xff\xd8\xff\xe0" + b"0" * 50, "x.exe", "image/jpeg"),
        (b"%PDF-1.7 hello", "x.jpg", "application/pdf"),
        (b"plain words", "x.html", "text/plain"),
        (b"MZ\x90\x00" + b"\0" * 50, "photo.jpg", ""),
        (b"", "empty.txt", ""),
    ],
)
def test_a_file_is_what_is_in_it_whatever_its_name_says(content_, name, kind):
    assert media._sniffed(content_) == kind


def test_a_file_nobody_may_send_is_refused_in_words_and_the_text_kept(service, sara, mine):
    form = {"text": "see this", "once": str(uuid.uuid4()), "file": (io.BytesIO(b"MZ\x90\x00" + b"\0" * 9), "photo.jpg")}
    answer = sara.client.post(f"/cases/{mine}/reply", data=form, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 400 and "does not take this kind of file" in answer.text and "see this" in answer.text
    assert count(service.engine, schema.outbox) == 0


def test_only_files_of_this_cases_contact_can_be_opened(service, sara, mine):
    with service.engine.begin() as conn:
        files = (Media("voice", id="77"),)
        write(conn, service, message(None, sender=BASHIR, kind="voice", deliver="media", media=files))
        own = write(conn, service, message(None, kind="voice", deliver="media", media=files))
        other_id, own_id = [row.id for row in conn.execute(sa.select(schema.inbox.c.id).order_by(schema.inbox.c.id))][
            -2:
        ]
        assert own
    assert sara.get(f"/cases/{mine}/media/{other_id}/0/open").status_code == 404
    assert sara.get(f"/cases/{mine}/media/{own_id}/1/open").status_code == 404
    assert "<audio" in sara.get(f"/cases/{mine}/media/{own_id}/0/open").text
    assert sara.get(f"/cases/{mine}/media/999999999999999999999/0").status_code == 404


def test_a_file_whatsapp_no_longer_has_says_so(service, sara, mine, console):
    class Gone:
        def fetch(self, *_args):
            raise client.FileUnusable("gone")

    with service.engine.begin() as conn:
        write(conn, service, message(None, kind="image", deliver="media", media=(Media("image", id="1"),)))
        last = conn.execute(sa.select(sa.func.max(schema.inbox.c.id))).scalar_one()
    console.extensions["whatsapp"] = Gone()
    assert sara.get(f"/cases/{mine}/media/{last}/0").status_code == 502


def test_a_page_of_a_file_can_run_nothing(service, sara, mine, console):
    class Evil:
        def fetch(self, *_args):
            return client.File(b"<script>alert(1)</script>", "text/html")

    with service.engine.begin() as conn:
        write(conn, service, message(None, kind="document", deliver="media", media=(Media("document", id="1"),)))
        last = conn.execute(sa.select(sa.func.max(schema.inbox.c.id))).scalar_one()
    console.extensions["whatsapp"] = Evil()
    answer = sara.get(f"/cases/{mine}/media/{last}/0")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert (
        answer.headers["Content-Disposition"].startswith("attachment")
        and "sandbox" in answer.headers["Content-Security-Policy"]
    )


@pytest.mark.skipif(conversion._ffmpeg() is None, reason="ffmpeg is not on this machine")
def test_a_playlist_dressed_as_sound_reads_no_file_of_ours():
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"
    assert conversion.plain(playlist, "audio/mpeg") == (playlist, "audio/mpeg")


def test_a_page_asks_the_database_little_and_no_more_with_more_cases(service, sara, case_id):
    counted = []
    sa.event.listen(service.engine, "before_cursor_execute", lambda *_: counted.append(1))

    def queries(path):
        sara.get(path)
        counted.clear()
        assert sara.get(path).status_code == 200
        return len(counted)

    before = queries("/cases"), queries(f"/cases/{case_id}")
    assert before[0] <= 8 and before[1] <= 26
    with service.engine.begin() as conn:
        for number in range(30):
            contact_id = write(conn, service, message("x", sender=Identity(phone=f"3160001{number:04}")))
            cases.open_case(conn, service.vault, contact_id, "asked", language="en")
        for number in range(20):
            write(conn, service, message(f"more {number}"))
    after = queries("/cases"), queries(f"/cases/{case_id}")
    assert after[0] <= before[0] and after[1] <= before[1]


def test_nothing_that_sends_knows_of_notes():
    """By construction: what reads the table of notes is the conversation's page, and what writes it cannot send."""
    package = Path(cases.__file__).parent
    sending = [package / "outbox.py", *(package / "worker").glob("*.py"), *(package / "whatsapp").glob("*.py")]
    assert [path.name for path in sending if re.search(r"\bnotes\b", path.read_text(encoding="utf-8"))] == []
    assert "outbox.put" not in inspect.getsource(replies.note)
    assert {key.column.table.name for key in schema.outbox.foreign_keys} == {"contacts"}
