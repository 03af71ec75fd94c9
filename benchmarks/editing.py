"""The way of a wrong phone number to the right one, live, as docs/editing.md tells it: in Chromium, with pictures.

`python -m benchmarks.editing [folder]` starts a demo console, follows the page and nothing else, and fails where a
step does not do what the page says.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from benchmarks import pictures
from benchmarks.desk_people import make_service
from benchmarks.screenshots import CHROMIUM, DESKTOP, FLAGS, served, sign_in
from helpline import service

FOLDER = Path("docs/pictures")
FACT, ANSWER = "juridisch_loket_phone", "utter_legal_residence"


def main() -> None:
    """Follow the steps and take a picture of each."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as play:
        opened = make_service(f"sqlite:///{place}/desk.db")
        reader = service.start(opened.settings)  # another process of the helpdesk
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with served(opened) as base:
            pages = {}
            for name in ("eva", "ruben"):
                pages[name] = browser.new_context(viewport=DESKTOP, locale="en-GB").new_page()
                sign_in(pages[name], base, name)
            _fact(pages["eva"], pages["ruben"], base, folder, reader)
            _answer(pages["eva"], pages["ruben"], base, folder, reader)
        browser.close()


def _fact(eva: Page, ruben: Page, base: str, folder: Path, reader: service.Service) -> None:
    eva.goto(base)
    eva.click("nav >> text=Answers")
    eva.fill("#q", "0800-8020")
    eva.click("form[role=search] button")
    expect(eva.locator(".hits")).to_contain_text("0800-8020")
    pictures.take(eva, folder / "edit-1-found.png")
    eva.click(f".hits a[href='/content/facts/{FACT}']")
    eva.click("text=Change the value")
    eva.fill("#text", "0800-1234")
    eva.click("text=Save and ask for review")
    expect(eva.locator("[role=status].good")).to_contain_text("waits for a reader")
    pictures.take(eva, folder / "edit-2-value.png")
    ruben.goto(base)
    ruben.click("nav >> text=Answers")
    ruben.click("text=1 text waits for a reader")
    ruben.click(f"a[href^='/content/fact:{FACT}/']")
    ruben.click("text=Approve exactly this text")
    pictures.take(ruben, folder / "edit-3-approved.png")
    assert "0800-8020" in reader.answers.get(ANSWER, "ar").text
    ruben.click("text=Make it live")
    began = time.monotonic()
    while "0800-1234" not in reader.answers.get(ANSWER, "ar").text:
        assert time.monotonic() - began < 2, "not live within two seconds"
        time.sleep(0.02)
    expect(ruben.locator("[role=status].good")).to_contain_text("It is live")
    ruben.goto(f"{base}/content/{ANSWER}/ar")
    pictures.take(ruben, folder / "edit-4-arabic.png")


def _answer(eva: Page, ruben: Page, base: str, folder: Path, reader: service.Service) -> None:
    path = f"/content/{ANSWER}/nl"
    eva.goto(base + path)
    eva.fill("#text", eva.input_value("#text").replace("\n", "\nGa naar het politiebureau.\n", 1))
    eva.wait_for_selector("#findings li.block")
    pictures.take(eva, folder / "edit-5-harm.png")
    eva.fill("#text", eva.input_value("#text").replace("Ga naar het politiebureau.\n", "*Bewaar je papieren.*\n"))
    eva.wait_for_selector("#findings li.block", state="detached")
    eva.click("text=Save and ask for review")
    ruben.goto(f"{base}/content/review")
    ruben.click(f"a[href='{path}']")
    ruben.click("text=Approve exactly this text")
    ruben.click("text=Make it live")
    expect(ruben.locator("[role=status].good")).to_contain_text("It is live")
    time.sleep(1.1)
    assert "*Bewaar je papieren.*" in reader.answers.get(ANSWER, "nl").text
    ruben.click("text=History")
    pictures.take(ruben, folder / "edit-6-history.png")
    ruben.goto(f"{base}/content?topic=legal_rights")
    pictures.take(ruben, folder / "edit-7-matrix.png")


if __name__ == "__main__":
    main()
