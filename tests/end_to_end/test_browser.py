"""Phone and desk side by side in Chromium, on the real processes; pictures stay in artefacts/."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from helpline import accounts

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = Path("/usr/bin/chromium")
ARTEFACTS = Path(__file__).parents[2] / "artefacts"
SMALL, WIDE = {"width": 360, "height": 740}, {"width": 1280, "height": 860}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("service"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not on this machine"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with sync_api.sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield made
        made.close()


def opened(browser, viewport):
    page = browser.new_context(viewport=viewport).new_page()
    page.set_default_timeout(30_000)
    return page


def picture(page, name):
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=str(ARTEFACTS / f"{name}.png"))


@pytest.mark.parametrize("viewport", [WIDE, SMALL], ids=["desktop", "phone"])
def test_person_takes_over_in_the_desk_and_the_words_arrive_on_the_phone(running, browser, viewport):
    name = "desktop" if viewport is WIDE else "360"
    contact = running.phone("31671000001" if viewport is WIDE else "31671000002")
    contact.ask(f"Can I please talk to a real person? ({name})")
    desk = opened(browser, viewport)
    desk.goto(running.url("CONSOLE_PORT"))
    account = accounts.DEMO[0]
    desk.fill("#username", account.username)
    desk.fill("#password", account.password)
    desk.keyboard.press("Enter")
    desk.wait_for_url("**/cases")
    case_id = running.desk().find(f"({name})")
    desk.goto(f"{running.url('CONSOLE_PORT')}/cases/{case_id}")
    desk.locator("form.claim button").first.click()
    desk.locator("form.write.reply textarea").fill("Good day, how can I help?")
    desk.locator("form.write.reply button[type=submit], form.write.reply button:not([type])").last.click()
    arrived = contact.next("the agent's words")
    assert arrived["text"]["body"] == "Good day, how can I help?"
    desk.get_by_text("Good day, how can I help?").first.wait_for()
    assert desk.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    picture(desk, f"service-desk-{name}")
    phone = opened(browser, SMALL)
    phone.goto(running.url("SIMULATOR_PORT"))
    phone.locator("#people li", has_text=contact.contact[-4:]).or_(phone.locator("#people li").first).first.click()
    picture(phone, f"service-phone-{name}")
