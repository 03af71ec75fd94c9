"""Pictures of the console, on made-up cases: `python -m benchmarks.screenshots [folder]`; the README's go to docs/."""

from __future__ import annotations

import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import waitress

from benchmarks.desk_people import crowd, everyday, make_service
from helpline import accounts
from helpline.console import app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FOLDER = Path("artefacts/pictures")
README = {"desk-arabic.png": "desk.png", "phone-arabic.png": "desk-on-a-phone.png"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
DESKTOP, PHONE = {"width": 1360, "height": 820}, {"width": 360, "height": 740}


@contextmanager
def served(opened: Any) -> Iterator[str]:
    """The console on a free port of this machine; its address."""
    server = waitress.create_server(app.create(opened), host="127.0.0.1", port=0, threads=6)

    def run() -> None:
        with suppress(OSError):  # its socket is closed under it at the end
            server.run()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        server.task_dispatcher.shutdown()
        server.close()


def sign_in(page: Page, base: str, username: str = "sara") -> None:
    """Sign in through the form."""
    page.goto(f"{base}/sign-in")
    page.fill("#username", username)
    page.fill("#password", accounts.DEMO[0].password)
    page.click("form button.primary")
    page.wait_for_load_state()


def main() -> None:
    """Take every picture."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as place, sync_playwright() as play:
        opened = make_service(f"sqlite:///{place}/desk.db")
        ids = everyday(opened)
        browser = play.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        with served(opened) as base:
            for name, size, scheme in (
                ("desk", DESKTOP, "light"),
                ("dark", DESKTOP, "dark"),
                ("phone", PHONE, "light"),
            ):
                _session(browser, base, folder, name, size, scheme, ids)
            _one(browser, f"{base}/cases?show=mine", folder / "empty.png", "noor")
        with opened.engine.begin() as conn:
            crowd(conn, opened, 500)
        with served(opened) as base:
            _one(browser, f"{base}/cases", folder / "crowd.png", "noor")
            _one(browser, f"{base}/assistant", folder / "assistant.png", "noor")
        browser.close()
    for taken, name in README.items():
        shutil.copy(folder / taken, Path("docs/pictures") / name)


def _one(browser: Browser, address: str, target: Path, username: str) -> None:
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    page = context.new_page()
    sign_in(page, address.partition("/cases")[0].partition("/assistant")[0], username)
    page.goto(address)
    page.screenshot(path=target)
    context.close()


def _session(browser: Browser, base: str, folder: Path, name: str, size: Any, scheme: Any, ids: dict[str, int]) -> None:
    context = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB")
    page = context.new_page()
    page.on("console", lambda message: print(name, message.type, message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: print(name, "error", error))
    page.goto(f"{base}/sign-in")
    page.screenshot(path=folder / f"{name}-sign-in.png")
    sign_in(page, base)
    page.screenshot(path=folder / f"{name}-list.png")
    for case in ("arabic", "urgent", "english"):
        page.goto(f"{base}/cases/{ids[case]}" + ("?show=mine" if case == "arabic" else ""))
        page.wait_for_timeout(150)
        page.screenshot(path=folder / f"{name}-{case}.png")
    page.goto(f"{base}/status")
    page.screenshot(path=folder / f"{name}-status.png")
    context.close()


if __name__ == "__main__":
    main()
