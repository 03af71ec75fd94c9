"""The desk in real browsers: two agents at once, a phone, a keyboard, an hour asleep."""

import re

import pytest

from benchmarks.desk_people import wrote
from benchmarks.screenshots import PHONE
from helpline import cases, clock, holding, replies
from helpline.db import schema

pytestmark = pytest.mark.slow
SEND_AS_SEEN = """seen => {
  const form = document.querySelector(".write.reply");
  form.elements.seen.value = seen;
  form.requestSubmit();
}"""
AWAY_WITH_ALERTS = """
localStorage.setItem("alerts", "on");
Object.defineProperty(document, "hidden", { get: () => true });
window.told = [];
window.Notification = class { static permission = "granted"; constructor(title) { told.push(title); } };
"""


def test_of_two_browsers_one_gets_the_case_and_the_other_is_told_who(desk, page_of):
    _, ids, base = desk
    sara, tom = page_of("sara"), page_of("tom")
    for page in (sara, tom):
        page.goto(f"{base}/cases/{ids['english']}")
    sara.click("text=Take this case")
    tom.click("text=Take this case")
    tom.wait_for_selector("[role=alert]")
    assert "Sara has this case" in tom.inner_text("[role=alert]")
    assert sara.is_visible("#reply-text") and not tom.is_visible("#reply-text")


def test_reply_goes_out_without_a_reload_and_a_new_message_appears_by_itself(desk, page_of):
    opened, ids, base = desk
    page = page_of("sara")
    page.goto(f"{base}/cases/{ids['arabic']}")
    page.fill("#reply-text", "شكراً، أخبروني إن نجحت")
    page.press("#reply-text", "Control+Enter")
    page.wait_for_selector("#lines .line.agent >> text=أخبروني إن نجحت")
    assert page.input_value("#reply-text") == ""
    with opened.engine.begin() as conn:
        wrote(conn, opened, "31600000000", "نعم نجحت!")
    page.wait_for_selector("#lines .line.in >> text=نعم نجحت")


def test_live_update_moves_neither_focus_nor_what_is_typed(desk, page_of):
    opened, ids, base = desk
    page = page_of("sara")
    page.goto(f"{base}/cases/{ids['arabic']}")
    page.click("#reply-text")
    page.keyboard.type("half a sen")
    with opened.engine.begin() as conn:
        wrote(conn, opened, "31600000000", "رسالة جديدة")
    page.wait_for_selector("#lines >> text=رسالة جديدة")
    page.keyboard.type("tence")
    assert page.input_value("#reply-text") == "half a sentence"


def test_new_urgent_case_is_announced_without_content_and_moves_nobodys_focus(desk, page_of):
    opened, ids, base = desk
    page = page_of("tom")
    page.add_init_script(AWAY_WITH_ALERTS)
    page.goto(f"{base}/cases")
    page.focus(f"#row-{ids['french']} a")
    before = page.evaluate("document.querySelector('.board-column').scrollTop")
    with opened.engine.begin() as conn:
        contact_id = wrote(conn, opened, "31600000077", "ሓገዝ የድልየኒ")
        cases.open_case(conn, opened.vault, contact_id, "emergency", language="ti", emergency="medical")
    page.wait_for_selector("#rows .row.urgent >> nth=1")
    assert page.evaluate("document.activeElement.closest('li').id") == f"row-{ids['french']}"
    assert page.evaluate("document.querySelector('.board-column').scrollTop") == before
    assert page.evaluate("told") == ["Urgent case (Tigrinya)"]
    assert page.title().startswith("(6) ")


def test_draft_survives_a_reload_and_stays_with_its_case(desk, page_of):
    _, ids, base = desk
    page = page_of("sara")
    page.goto(f"{base}/cases/{ids['arabic']}")
    with page.expect_response(re.compile("/draft$")):
        page.fill("#reply-text", "not finished")
    page.goto(f"{base}/cases/{ids['english']}")
    assert "not finished" not in page.content()
    page.goto(f"{base}/cases/{ids['arabic']}")
    assert page.input_value("#reply-text") == "not finished"


def test_stale_reply_is_stopped_once_and_the_text_kept(desk, page_of):
    opened, ids, base = desk
    page = page_of("sara")
    page.goto(f"{base}/cases/{ids['arabic']}")
    page.context.set_offline(True)
    page.fill("#reply-text", "go there today")
    with opened.engine.begin() as conn:
        wrote(conn, opened, "31600000000", "انتظروا، تغير الأمر")
    seen = page.get_attribute("#live", "data-seen")
    page.context.set_offline(False)
    page.evaluate(SEND_AS_SEEN, seen)
    page.wait_for_selector("#composer [role=alert]")
    assert page.input_value("#reply-text") == "go there today"
    page.wait_for_selector("#lines >> text=تغير الأمر")
    page.click("#composer button.primary")
    page.wait_for_selector("#lines .line.agent >> text=go there today")


def test_colleague_is_seen_looking(desk, page_of):
    _, ids, base = desk
    sara, tom = page_of("sara"), page_of("tom")
    sara.goto(f"{base}/cases/{ids['arabic']}")
    tom.goto(f"{base}/cases/{ids['arabic']}")
    sara.wait_for_selector("#beside >> text=Tom is looking at this")


def test_after_an_hour_asleep_the_page_equals_the_server(desk, page_of):
    opened, ids, base = desk
    page = page_of("sara")
    page.goto(f"{base}/cases/{ids['arabic']}")
    page.context.set_offline(True)
    page.wait_for_selector("#offline:visible")
    assert page.is_disabled(".write.reply button.primary")
    clock.shift(3600)
    with opened.engine.begin() as conn:
        for number in range(5):
            wrote(conn, opened, "31600000000", f"message {number}")
        sara = conn.execute(schema.accounts.select().where(schema.accounts.c.username == "sara")).one().id
        replies.note(conn, opened.vault, ids["arabic"], sara, "written elsewhere")
        holding.tend(conn)  # as the worker does: a sleeping laptop holds nobody
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector("#lines >> text=message 4")
    page.wait_for_selector("text=Take this case")
    shown = page.eval_on_selector_all("#lines > li", "lines => lines.map(line => line.id)")
    page.reload()
    assert shown == page.eval_on_selector_all("#lines > li", "lines => lines.map(line => line.id)")
    assert page.is_hidden("#offline")


def test_what_was_typed_before_an_hour_asleep_is_there_and_not_sent_over_a_colleague(desk, page_of):
    opened, ids, base = desk
    page, tom = page_of("sara"), page_of("tom")
    page.goto(f"{base}/cases/{ids['arabic']}")
    with page.expect_response(re.compile("/draft$")):
        page.fill("#reply-text", "half an answer")
    page.context.set_offline(True)
    clock.shift(3600)
    with opened.engine.begin() as conn:
        holding.tend(conn)
        cases.claim(conn, ids["arabic"], conn.execute(schema.accounts.select().filter_by(username="tom")).one().id)
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector("#offline", state="hidden")
    page.press("#reply-text", "Control+Enter")
    page.wait_for_selector("#composer [role=alert]")
    assert "half an answer" in page.inner_text("#composer")
    tom.goto(f"{base}/cases/{ids['arabic']}")
    assert "half an answer" not in tom.content()


def test_whole_case_on_a_phone_of_360_pixels(desk, page_of):
    opened, ids, base = desk
    page = page_of("sara", viewport=PHONE, has_touch=True)
    page.goto(f"{base}/cases")
    page.tap("text=Take next")
    page.wait_for_selector("#reply-text")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.fill("#reply-text", "Uma ambulância vem? Estou aqui.")
    page.tap("#composer button.primary")
    page.wait_for_selector("#lines .line.agent >> text=Estou aqui")
    page.tap(".case-actions a[href='#close']")
    page.select_option("#close-outcome", "referred")
    page.select_option("#close-lesson", "human")
    page.tap("#close button")
    page.wait_for_selector("text=Undo closing")
    with opened.engine.begin() as conn:
        assert cases.get(conn, ids["urgent"]).outcome == "referred"


def test_whole_case_without_a_mouse(desk, page_of):
    _, _, base = desk
    page = page_of("sara")
    page.goto(f"{base}/cases")
    page.keyboard.press("?")
    assert page.is_visible("#keys")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/cases/\d+"))
    page.keyboard.press("t")
    page.wait_for_selector("#reply-text")
    page.keyboard.press("r")
    page.keyboard.type("I am with you.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#lines .line.agent >> text=I am with you.")
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    assert page.evaluate("document.activeElement.id") == "close-topic"
    page.keyboard.press("Tab")
    page.keyboard.type("Answered")
    page.keyboard.press("Tab")
    page.keyboard.type("Only")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Undo closing")


def test_approved_answer_is_found_in_english_and_inserted_in_arabic(desk, page_of):
    _, ids, base = desk
    page = page_of("sara")
    page.goto(f"{base}/cases/{ids['arabic']}")
    page.keyboard.press("/")
    page.keyboard.type("doctor")
    page.wait_for_selector("#found details summary >> text=Doctor")
    page.click("#found details summary >> nth=0")
    page.click("#found details[open] [data-insert]")
    assert re.search("[\u0600-\u06ff]", page.input_value("#reply-text"))


def test_a_short_code_and_enter_insert_the_sentence_in_the_contacts_language(desk, page_of):
    _, ids, base = desk
    page = page_of("sara")
    page.goto(f"{base}/cases/{ids['arabic']}")
    page.keyboard.press("r")
    page.keyboard.type("/he")
    page.wait_for_selector("#prepared li[aria-selected=true] >> text=/hello")
    page.keyboard.press("Enter")
    typed = page.input_value("#reply-text")
    assert "قرأت سؤالكم" in typed and "/" not in typed and page.is_hidden("#prepared")
    page.keyboard.type(" Hello there, my friend, this part is English and long enough to be seen as that")
    page.wait_for_selector("#hints .hint.warn >> text=looks like English")


def test_a_voice_note_is_recorded_heard_and_only_then_attached(desk, page_of):
    _, ids, base = desk
    page = page_of("sara")
    page.goto(f"{base}/cases/{ids['arabic']}")
    page.click(".record")
    page.wait_for_selector(".record[aria-pressed=true]")
    page.click(".record")
    page.wait_for_selector(".attached:visible >> text=voice-note")
    assert page.is_visible(".attached audio")
    assert page.evaluate("document.querySelector('.attach input').files[0].size") > 100
    page.click(".detach")
    assert page.is_hidden(".attached") and page.evaluate("document.querySelector('.attach input').files.length") == 0


def test_a_file_too_large_is_refused_before_it_travels(desk, page_of):
    _, ids, base = desk
    page = page_of("sara")
    page.goto(f"{base}/cases/{ids['arabic']}")
    big = {"name": "big.jpg", "mimeType": "image/jpeg", "buffer": b"\xff\xd8\xff" + b"0" * (6 * 1024 * 1024)}
    page.set_input_files(".attach input", files=[big])
    assert "photos up to 5 MB" in page.inner_text(".file-fault:visible") and page.is_hidden(".attached")


def test_any_page_or_command_is_found_by_a_few_letters(desk, page_of):
    _, ids, base = desk
    page = page_of("noor")
    page.goto(f"{base}/cases/{ids['english']}")
    page.keyboard.press("Control+k")
    page.keyboard.type("take this")
    page.keyboard.press("Enter")
    page.wait_for_selector("#reply-text")
    page.keyboard.press("Control+k")
    page.keyboard.type("stat")
    page.keyboard.press("Enter")
    page.wait_for_url("**/status")
    page.keyboard.press("Control+k")
    page.keyboard.type("golden egret")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=golden+egret")
