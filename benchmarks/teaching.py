"""A wrong answer corrected and live, in Chromium, guided only by what stands on the page; writes docs/pictures/teach-*.

    python -m benchmarks.teaching http://127.0.0.1:8080 http://127.0.0.1:8090

Runs against a started demo (`make demo`). Prints what was done, and how long each step took.
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import pictures
from benchmarks.screenshots import CHROMIUM, DESKTOP, FLAGS, sign_in

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path("docs/pictures")
QUESTION = "I need a wheelchair"
TOPIC = "health_costs"
OTHERS = ("my mother needs a wheelchair", "who pays for a wheelchair", "can I get crutches or a walker somewhere")


class Walk:
    """Steps with their pictures and times."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.number = 0
        self.began = self.last = time.perf_counter()

    def step(self, said: str, picture: str = "") -> None:
        """One more thing was done."""
        now = time.perf_counter()
        self.number += 1
        print(f"{self.number:>2}. {said}  ({now - self.last:.1f} s)", flush=True)
        self.last = now
        if picture:
            pictures.take(self.page, FOLDER / f"teach-{picture}.png")
            self.last = time.perf_counter()


def ask_by_phone(phone: str, contact: str, text: str) -> str:
    """Write from a phone and wait for the answer."""
    before = len(_received(phone, contact))
    body = json.dumps({"text": text}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{phone}/phone/{contact}/text", body, headers)
    with urllib.request.urlopen(request, timeout=10):
        pass
    for _ in range(300):
        got = _received(phone, contact)
        if len(got) > before:
            last = got[-1]
            said = last.get("text", {}).get("body") or last.get("interactive", {}).get("body", {}).get("text", "")
            return str(said)
        time.sleep(0.1)
    raise RuntimeError("No answer came.")


def _received(phone: str, contact: str) -> list[dict[str, dict[str, str]]]:
    with urllib.request.urlopen(f"{phone}/phone/{contact}/messages?look=1", timeout=10) as answer:
        talk = json.load(answer)
    return [one for one in talk["messages"] if not one["mine"]]


def walk(page: Page, console: str, phone: str) -> None:
    """The whole way, as an editor who sees it for the first time."""
    first = ask_by_phone(phone, "31690000001", QUESTION)
    print(f"Before, the phone gets: {first.splitlines()[-1][:90]!r}")
    done = Walk(page)
    sign_in(page, console, "eva")
    done.step("Sign in as an editor")
    page.locator("nav.menu").get_by_text("Understanding").click()
    page.get_by_role("heading", name="What people ask").wait_for()
    done.step("Open “Understanding” in the menu: topics and languages", "2-topics")
    page.locator(".training .tabs").first.get_by_text("Ask", exact=True).click()
    page.fill("#q", QUESTION)
    page.get_by_role("button", name="Ask", exact=True).click()
    page.get_by_text("The three likeliest").wait_for()
    done.step(f"“Ask”: type “{QUESTION}”: it answers with the wrong topic", "3-wrong")
    page.get_by_text("This is wrong").click()
    page.select_option("#intent", TOPIC)
    page.get_by_role("button", name="Go on").click()
    page.locator("#texts").wait_for()
    page.fill("#texts", "\n".join((QUESTION, *OTHERS)))
    page.locator("#looked .checked").wait_for()
    done.step("“This is wrong”, choose what it is about, add other ways to say it; each line is checked", "4-examples")
    page.get_by_role("button", name="Add", exact=True).click()
    page.get_by_text("Added as drafts").wait_for()
    done.step("“Add”: they are drafts")
    page.get_by_role("link", name="To the releases").click()
    page.fill("#note", "Wheelchairs")
    page.get_by_role("button", name="Train a release").click()
    page.get_by_text("is being trained").wait_for(timeout=15_000)
    page.wait_for_timeout(5000)
    done.step("“Releases”, “Train a release”: progress, and how long it will take", "5-training")
    page.reload()
    page.get_by_text("is trained. Read its report").wait_for(timeout=600_000)
    done.step("The page is reloaded meanwhile; the training goes on and ends")
    page.get_by_text("is trained. Read its report").click()
    page.get_by_role("heading", name="What changed").wait_for()
    done.step("Read the report: what changed, golden questions, messages read again", "6-report")
    if page.get_by_role("button", name="Ask a second person").count():
        page.fill("#reason", "Read with Noor: the other questions go to people, which is fine.")
        page.get_by_role("button", name="Ask a second person").click()
        other = page.context.browser.new_context(viewport=DESKTOP).new_page()  # type: ignore[union-attr]
        sign_in(other, console, "noor")
        other.goto(page.url if "/releases/" in page.url else f"{console}/releases")
        other.locator("tbody a").first.click()
        other.get_by_role("button", name="I have read the report").click()
        done.step("Something is lost, so a colleague reads the report and agrees")
    else:
        page.get_by_role("button", name="Publish").click()
        page.get_by_role("button", name="Go back to").wait_for()
        done.step("“Publish”")
    page.goto(f"{console}/releases")
    number = page.locator(".live-line a").inner_text()
    while not page.get_by_text(f"answers with: {number}").count():
        page.wait_for_timeout(300)
        page.reload()
    done.step(f"The assistant answers with {number}", "7-live")
    page.goto(f"{console}/ask?q={QUESTION.replace(' ', '+')}")
    page.get_by_text("The three likeliest").wait_for()
    done.step("“Ask” once more: the right topic", "8-right")
    after = ask_by_phone(phone, "31690000002", QUESTION)
    print(f"After, the phone gets: {after.splitlines()[-1][:90]!r}")
    print(f"From signing in to the right answer: {time.perf_counter() - done.began:.0f} s")


def main() -> None:
    """Run it."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("console")
    parser.add_argument("phone")
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        walk(browser.new_context(viewport=DESKTOP).new_page(), chosen.console.rstrip("/"), chosen.phone.rstrip("/"))
        browser.close()


if __name__ == "__main__":
    main()
