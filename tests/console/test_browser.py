"""The desk in real browsers: two agents at once, a phone, a keyboard, an hour asleep, and what assistive tools need."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from benchmarks.desk_people import everyday, make_service, wrote
from benchmarks.screenshots import CHROMIUM, FLAGS, PHONE, served, sign_in
from helpline import cases, clock, replies
from helpline.db import schema
from tests.conftest import count

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CHROMIUM, reason="Chromium is not on this machine")]
AXE = "axe-core@4.11.0"
SEND_AS_SEEN = """seen => {
  const form = document.querySelector(".write.reply");
  form.elements.seen.value = seen;
  form.requestSubmit();
}"""
PAGES = (
    "/cases",
    "/cases?show=mine",
    "/cases/{arabic}",
    "/cases/{urgent}",
    "/assistant",
    "/search?q=doctor",
    "/status",
)


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def desk(tmp_path):
    """A running console with a morning's cases: (service, ids by name, address)."""
    before = clock._offset
    opened = make_service(f"sqlite:///{tmp_path}/desk.db")
    ids = everyday(opened)
    with served(opened) as base:
        yield opened, ids, base
    opened.engine.dispose()
    clock._offset = before


@pytest.fixture
def page_of(chromium, desk):
    """Opens a signed-in page for a colleague."""
    contexts = []

    def make(username: str, **options):
        context = chromium.new_context(locale="en-GB", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda said: page.faults.append(said.text) if "Content Security" in said.text else None)
        sign_in(page, desk[2], username)
        return page

    yield make
    for context in contexts:
        for page in context.pages:
            assert page.faults == []
        context.close()


@pytest.fixture(scope="module")
def axe(tmp_path_factory):
    """Source of axe-core, from npm; skips where that cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not on this machine")
    folder = tmp_path_factory.mktemp("axe")
    done = subprocess.run([npm, "pack", AXE, "--silent"], cwd=folder, capture_output=True, text=True, timeout=120)
    if done.returncode:
        pytest.skip("axe-core cannot be had from npm")
    shutil.unpack_archive(next(folder.glob("*.tgz")), folder)
    return (folder / "package" / "axe.min.js").read_text(encoding="utf-8")


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
    with opened.engine.begin() as conn:
        for number in range(5):
            wrote(conn, opened, "31600000000", f"message {number}")
        sara = conn.execute(schema.accounts.select().where(schema.accounts.c.username == "sara")).one().id
        replies.note(conn, opened.vault, ids["arabic"], sara, "written elsewhere")
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_selector("#lines >> text=message 4")
    shown = page.eval_on_selector_all("#lines > li", "lines => lines.map(line => line.id)")
    page.reload()
    assert shown == page.eval_on_selector_all("#lines > li", "lines => lines.map(line => line.id)")
    assert not page.is_disabled(".write.reply button.primary")


def test_whole_case_on_a_phone_of_360_pixels(desk, page_of):
    opened, ids, base = desk
    page = page_of("sara", viewport=PHONE, has_touch=True)
    for path in (
        "/cases",
        "/cases?show=mine",
        f"/cases/{ids['arabic']}",
        f"/cases/{ids['urgent']}",
        "/assistant",
        "/search",
        "/status",
    ):
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
    page.goto(f"{base}/cases")
    page.tap("text=Take next")
    page.wait_for_selector("#reply-text")
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


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_finding_of_axe_on_any_page(desk, page_of, axe, scheme):
    _, ids, base = desk
    page = page_of("sara", color_scheme=scheme)
    found = {}
    for path in (
        one.format(**ids) for one in (*PAGES, "/cases?show=closed", "/cases/{dutch}", "/cases/{closed}", "/nothing")
    ):
        page.goto(base + path)
        page.evaluate(axe)
        result = page.evaluate("axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']})")
        bad = [v for v in result["violations"] if v["impact"] in ("serious", "critical")]
        if bad:
            found[path] = [(v["id"], [node["html"][:150] for node in v["nodes"][:3]]) for v in bad]
    assert found == {}


def test_first_load_is_under_200_kilobytes(desk, page_of, chromium):
    _, ids, base = desk
    page = page_of("sara")
    cookies = page.context.cookies()
    context = chromium.new_context()
    context.add_cookies(cookies)
    fresh = context.new_page()
    sizes = []
    fresh.on("response", lambda response: sizes.append(len(response.body())) if response.status == 200 else None)
    fresh.goto(f"{base}/cases/{ids['arabic']}", wait_until="networkidle")
    context.close()
    assert 20_000 < sum(sizes) < 200_000


def test_everything_works_without_javascript(desk, chromium):
    opened, _, base = desk
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, base)
    page.click("text=Take next")
    page.fill("#reply-text", "Estou aqui.")
    page.click("#composer button.primary")
    assert "Estou aqui." in page.inner_text("#lines")
    page.click("label[for=mode-note]")
    page.fill("#note-text", "ambulance called")
    page.click("text=Save note")
    assert "ambulance called" in page.inner_text("#lines")
    page.select_option("#close-outcome", "referred")
    page.select_option("#close-lesson", "human")
    page.click("#close button")
    assert "Undo closing" in page.content()
    context.close()
    assert count(opened.engine, schema.notes) == 2


def test_pictures_are_kept_of_what_was_tested(desk, page_of):
    _, ids, base = desk
    folder = Path("artefacts")
    folder.mkdir(exist_ok=True)
    page = page_of("sara")
    page.goto(f"{base}/cases/{ids['arabic']}")
    page.screenshot(path=folder / "console-case.png")
    assert (folder / "console-case.png").stat().st_size > 10_000
