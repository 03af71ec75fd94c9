"""Answers in real browsers: two editors at once, Arabic, chips, a phone, a keyboard, no JavaScript."""

import re

import pytest
import sqlalchemy as sa

from benchmarks.screenshots import CHROMIUM, PHONE, sign_in
from helpline import clock
from helpline.content import changes, links, tasks
from helpline.content.changes import Seen, Wording
from helpline.db import schema
from tests.console.test_browser_pages import wrong_with

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not on this machine")]
GREET = "/content/utter_greet/nl"
PAGES = (
    "/content", "/content?q=doctor", "/content/review", "/content/facts", "/content/facts/iom_phone", "/content/sheets",
    "/content/links",
    GREET, "/content/utter_legal_residence/ar", f"{GREET}/history", "/content/utter_safety_medical/en",
    "/content/fact:iom_phone/*", "/content/facts/new",
)  # fmt: skip


def change(desk, key="utter_greet", language="nl"):
    with desk[0].engine.connect() as conn:
        return changes.of(conn, key, language)


def test_two_editors_on_one_answer_lose_no_word(desk, page_of):
    eva, ruben = page_of("eva"), page_of("ruben")
    for page in (eva, ruben):
        page.goto(desk[2] + GREET)
    before = eva.input_value("#text")
    eva.wait_for_selector("#others >> text=Ruben is editing", timeout=12_000)
    eva.fill("#text", f"Goedemorgen.\n{before}")
    eva.click("text=Save the draft")
    eva.wait_for_selector("text=The draft is saved")
    ruben.fill("#text", f"{before}\nTot ziens.")
    ruben.click("text=Save the draft")
    ruben.wait_for_selector("text=Eva saved this text while you were writing")
    assert ruben.input_value("#text") == f"Goedemorgen.\n{before}\nTot ziens."
    ruben.click("text=Save the draft")
    ruben.wait_for_selector("text=The draft is saved")
    assert change(desk).text == f"Goedemorgen.\n{before}\nTot ziens."


def test_arabic_is_written_from_right_to_left_and_comes_back_to_the_letter(desk, page_of):
    page = page_of("eva")
    page.goto(f"{desk[2]}/content/utter_greet/ar")
    text = "أهلاً وسهلاً، كيف يمكننا أن نساعدكم؟"
    page.fill("#text", text)
    style = page.eval_on_selector("#text", "one => [getComputedStyle(one).direction, one.lang]")
    assert style == ["rtl", "ar"]
    page.wait_for_selector("#preview .said >> text=كيف يمكننا")
    assert page.eval_on_selector("#preview .phone", "one => getComputedStyle(one).direction") == "rtl"
    page.click("text=Save the draft")
    page.wait_for_selector("text=The draft is saved")
    assert page.input_value("#text") == text


def test_fact_is_a_chip_that_goes_in_and_out_whole_and_is_missed(desk, page_of):
    page = page_of("eva")
    page.goto(f"{desk[2]}/content/utter_legal_residence/nl")
    assert page.inner_text(".behind mark") == "[[fact:juridisch_loket_phone]]"
    page.click("#text")
    page.evaluate("""() => { const area = document.querySelector('#text');
      const end = area.value.indexOf(']]') + 2; area.setSelectionRange(end, end); }""")
    page.keyboard.press("Backspace")
    assert "[[" not in page.input_value("#text")
    page.wait_for_selector("#findings >> text=repeats the fact")
    page.click(".chips [data-chip='[[fact:juridisch_loket_phone]]']")
    page.wait_for_selector("#preview .said >> text=0800-8020")
    page.wait_for_selector("#findings >> text=repeats the fact", state="detached")


def test_limit_turns_red_while_one_types(desk, page_of):
    page = page_of("eva")
    page.goto(desk[2] + GREET)
    page.fill("#text", "a" * 4096)
    assert page.inner_text("#count") == "4096 / 4096" and not page.query_selector("#count.over")
    page.fill("#text", "a" * 4097)
    assert page.query_selector("#count.over")
    page.wait_for_selector("#findings li.block")


def test_typed_words_survive_a_closed_tab_and_a_lost_connection(desk, page_of):
    page = page_of("eva")
    page.goto(desk[2] + GREET)
    with page.expect_response(re.compile("/typed$"), timeout=12_000):
        page.fill("#text", "Half een zin")
    page.wait_for_selector("#kept:has-text('Kept')", timeout=12_000)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{desk[2]}/content")
    page.goto(desk[2] + GREET)
    page.click("text=Take it")
    assert page.input_value("#text") == "Half een zin"
    page.context.set_offline(True)
    page.fill("#text", "Zonder verbinding")
    page.wait_for_selector("#kept:has-text('no connection')", timeout=12_000)
    page.context.set_offline(False)
    page.reload()
    assert page.input_value("#text") == "Zonder verbinding"


def test_text_goes_live_without_a_mouse(desk, page_of):
    eva, ruben = page_of("eva"), page_of("ruben")
    eva.goto(f"{desk[2]}/content?q=greet")
    eva.focus("a.cell[href='/content/utter_greet/nl']")
    eva.keyboard.press("Enter")
    eva.wait_for_url(f"**{GREET}")
    eva.focus("#text")
    eva.keyboard.press("Control+a")
    eva.keyboard.type("Dag! Waarmee kunnen wij helpen?")
    eva.keyboard.press("Control+Enter")
    eva.wait_for_selector("text=The draft is saved")
    eva.focus("form[action$='/submit'] button")
    eva.keyboard.press("Enter")
    eva.wait_for_selector("text=It waits for a reader")
    ruben.goto(f"{desk[2]}/content/review")
    ruben.focus(f"a[href='{GREET}']")
    ruben.keyboard.press("Enter")
    for verb, said in (("approve", "Approved."), ("publish", "It is live.")):
        ruben.wait_for_selector(f"form[action$='/{verb}']")
        ruben.focus(f"form[action$='/{verb}'] button")
        ruben.keyboard.press("Enter")
        ruben.wait_for_selector(f"text={said}")
    assert desk[0].answers.get("utter_greet", "nl").text == "Dag! Waarmee kunnen wij helpen?"


def test_whole_road_without_javascript(desk, chromium):
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, desk[2], "ruben")
    page.goto(desk[2] + GREET)
    page.fill("#text", "Dag zonder script")
    page.click("text=Save and ask for review")
    page.wait_for_selector("text=It waits for a reader.")
    page.click("text=Approve exactly this text")
    page.wait_for_selector("text=Approved. It goes live")
    page.click("text=Make it live")
    page.wait_for_selector("text=It is live.")
    context.close()
    assert desk[0].answers.get("utter_greet", "nl").text == "Dag zonder script"


def test_no_page_is_wider_than_a_phone(desk, page_of):
    page = page_of("ruben", viewport=PHONE)
    page.goto(desk[2] + GREET)
    page.fill("#text", "Bel de politie")
    page.click("text=Save the draft")
    for path in PAGES:
        page.goto(desk[2] + path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path


def test_tasks_links_and_imported_answers_are_easy_to_use_for_everybody(desk, page_of):
    page = page_of("ruben")
    url = (
        "https://a-very-long-name-of-a-site.example.org/with/a/path/that/does/not/end/for/a/long/while?and=a&query=too"
    )
    listed = {"key": "x:1", "language": "ar", "question": "أين أجد طعاماً؟", "answer": "في الكنيسة. " * 30}
    with desk[0].engine.begin() as conn:
        ruben = conn.execute(sa.select(schema.accounts.c.id).where(schema.accounts.c.username == "ruben")).scalar()
        live = changes.live(conn, "utter_greet", "nl")[1]
        changes.save(conn, "utter_greet", "nl", Wording(f"Zie {url}"), ruben, Seen(0, live))
        for language in ("nl", "ar"):
            tasks.give(conn, "utter_greet", language, ruben, ruben)
        links.ask(conn)
        links.found(conn, url, "gone", "http_404")
        number = conn.execute(
            sa.insert(schema.draft_answers).values(**listed, source="A list", state="draft", created_at=clock.now())
        ).inserted_primary_key[0]
    paths = ("/content", "/content/review", "/content/links", f"/content/imported/{number}", GREET)
    paths += ("/directory/drafts", f"/content/utter_greet/ar?draft={number}")
    assert {path: bad for path in paths if (bad := wrong_with(page, desk[2] + path))} == {}


def test_text_is_given_to_a_colleague_without_a_mouse(desk, page_of):
    page = page_of("eva")
    page.goto(desk[2] + GREET)
    page.focus("#account")
    page.keyboard.type("Rub")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=It is given to them")
    page.wait_for_selector("text=for Ruben")
