"""Pictures of the console, on made-up cases: `python -m benchmarks.screenshots` also refreshes the README's two;

`python -m benchmarks.screenshots FOLDER` puts all of them there and leaves the README's alone.
"""

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
    """Take every picture; without a folder of one's own, the README's as well."""
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
                _morning(_Camera(browser, base, folder, name, size, scheme), ids)
            _noor(_Camera(browser, base, folder, "noor", DESKTOP, "light", "noor"), ids)
            for username in ("eva", "ruben"):
                camera = _Camera(browser, base, folder, username, DESKTOP, "light", username)
                camera.shoot("start", "/")
                camera.close()
        with opened.engine.begin() as conn:
            crowd(conn, opened, 500)
        with served(opened) as base:
            for name, size in (("crowd", DESKTOP), ("crowd-phone", PHONE)):
                camera = _Camera(browser, base, folder, name, size, "light", "noor")
                camera.shoot("waiting", "/cases")
                camera.shoot("assistant", "/assistant")
                camera.close()
        browser.close()
    if len(sys.argv) < 2:
        for taken, name in README.items():
            shutil.copy(folder / taken, Path("docs/pictures") / name)


class _Camera:
    """A signed-in window that takes pictures; whatever its scripts complain of is printed."""

    def __init__(
        self, browser: Browser, base: str, folder: Path, name: str, size: Any, scheme: Any, username: str = "sara"
    ) -> None:
        self._context = browser.new_context(viewport=size, color_scheme=scheme, locale="en-GB")
        self.page = self._context.new_page()
        self.page.on("console", lambda said: print(name, said.type, said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: print(name, "error", error))
        self._base, self._folder, self._name = base, folder, name
        sign_in(self.page, base, username)

    def shoot(self, name: str, path: str = "", *, whole: bool = False) -> None:
        """A picture of a page, or of what is shown now."""
        if path:
            self.page.goto(self._base + path)
        self.page.wait_for_timeout(150)
        self.page.screenshot(path=self._folder / f"{self._name}-{name}.png", full_page=whole)

    def close(self) -> None:
        """Close the window."""
        self._context.close()


def _morning(camera: _Camera, ids: dict[str, int]) -> None:
    """What an agent sees in a morning."""
    page = camera.page
    camera.shoot("list", "/cases")
    for case in ("urgent", "english", "tigrinya"):
        camera.shoot(case, f"/cases/{ids[case]}")
    camera.shoot("arabic", f"/cases/{ids['arabic']}?show=mine")
    page.fill("#reply-text", "/")
    page.wait_for_selector("#prepared li")
    camera.shoot("prepared")
    page.fill("#reply-text", "This is in English, and they write Arabic; [...] is left open.")
    page.wait_for_selector("#hints .hint")
    camera.shoot("hints")
    page.fill("#reply-text", "")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    camera.shoot("commands")
    page.keyboard.press("Escape")
    page.click(".account summary")
    camera.shoot("account")
    camera.shoot("first-shift", "/help", whole=True)
    camera.shoot("search", "/search?q=doctor")
    camera.shoot("closed", f"/cases/{ids['closed']}")
    camera.shoot("status", "/status")
    page.goto(page.url)
    page.evaluate("document.querySelector('form.leave')?.requestSubmit()")
    page.wait_for_url("**/sign-in")
    camera.shoot("sign-in")
    camera.close()


def _noor(camera: _Camera, ids: dict[str, int]) -> None:
    """What a coordinator sees: an empty list of her own, somebody else's case, the menu's other pages."""
    camera.shoot("empty", "/cases?show=mine")
    camera.shoot("colleagues-case", f"/cases/{ids['dutch']}")
    links = "[...document.querySelectorAll('nav.menu a')].map(one => one.getAttribute('href'))"
    for path in camera.page.evaluate(links):
        camera.shoot(path.strip("/").replace("/", "-").partition("?")[0], path)
    camera.close()


if __name__ == "__main__":
    main()
