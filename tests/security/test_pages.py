"""What a contact writes is text on every page: nothing of it runs, in a browser that would not let it run either."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from helpline import accounts
from helpline.console import access
from tests.console.conftest import Browser
from tests.security import pages

EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(2)><svg/onload=alert(3)>{{7*7}}${7*7}javascript:alert(4)"
HANDLERS = "on"
EXECUTED = {"script", "iframe", "object", "embed", "base", "applet", "frame", "style"}


class Reader(HTMLParser):
    """Finds whatever a browser would run or be led away by."""

    def __init__(self):
        super().__init__()
        self.faults = []
        self.scripts = []

    def handle_starttag(self, tag, attrs):
        named = {name: value or "" for name, value in attrs}
        if tag in EXECUTED and not (tag == "script" and named.get("src", "").startswith("/static/")):
            self.faults.append((tag, named))
        for name, value in named.items():
            if name.startswith(HANDLERS) or (
                name in ("style", "srcdoc", "hx-on", "formaction") and name != "formaction"
            ):
                self.faults.append((tag, name, value))
            target = value.strip().lower()
            if name in ("href", "src", "action", "formaction", "hx-get", "hx-post", "xlink:href", "poster", "data"):
                allowed = target.startswith(("/", "#", "?", "https://", "http://", "mailto:", "tel:")) or not target
                if not allowed or ("alert(" in target and target.startswith("javascript")):
                    self.faults.append((tag, name, value))
            if "alert(" in value and (tag, name) == ("meta", "content"):
                self.faults.append((tag, name, value))


def faults(text):
    reader = Reader()
    reader.feed(text)
    return reader.faults


def test_this_reader_finds_what_would_run():
    for bad in (
        "<script>x</script>", '<script src="//evil/x.js"></script>', "<b onclick=x>", '<a href="javascript:x">',
        '<p style="x">', "<iframe src=/x>", "<style>x</style>", '<form action="data:x">', "<a href=' javascript:x'>",
    ):  # fmt: skip
        assert faults(bad), bad
    assert not faults(
        '<script src="/static/desk.js?v=1" defer></script><a href="/cases/1">x</a><input value="<script>">'
    )


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # pages are the same on both
@pytest.mark.parametrize("username", ["sara", "noor", "eva", "ruben"])
def test_nothing_a_contact_controls_runs_on_any_page(console, service, username):
    case_id = pages.attack(service, EVIL)
    browser = Browser(console, username)
    seen = []
    if username in ("sara", "noor"):
        browser.post(f"/cases/{case_id}/claim")
        page = browser.get(f"/cases/{case_id}")
        assert page.status_code == 200 and "alert(1)" in page.text
        seen += [(f"/cases/{case_id}", page), ("events", browser.get(f"/cases/{case_id}/events"))]
        seen += [("search", browser.get("/search")), ("many", browser.get("/cases/many"))]
        seen += [
            (path, browser.get(path)) for path in (f"/search?q={EVIL}", f"/cases?topic={EVIL}", f"/answers?q={EVIL}")
        ]
    seen += list(pages.reachable(browser, "/"))
    assert len(seen) > 8
    for path, answer in seen:
        assert answer.status_code < 500, path
        if "text/html" in (answer.content_type or ""):
            assert faults(answer.text) == [], path


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
@pytest.mark.parametrize("username", ["sara", "noor", "eva", "ruben", "vera"])
def test_every_page_has_the_headers_and_no_script_or_style_of_its_own(console, service, username):
    browser = Browser(console, username)
    policy = access.HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy and "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    for path, answer in pages.reachable(browser, "/"):
        assert answer.headers["Content-Security-Policy"] in (policy, "default-src 'none'; sandbox"), path
        assert answer.headers["X-Frame-Options"] == "DENY" and answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer" and answer.headers["Cache-Control"] == "no-store"
        if "text/html" in (answer.content_type or ""):
            assert faults(answer.text) == [], path


def test_signed_out_pages_have_them_too(stranger):
    for path in ("/sign-in", "/sign-in/code", "/sign-in/second-factor", "/health", "/no-such-page", "/static/none.js"):
        answer = stranger.get(path)
        assert set(access.HEADERS) <= set(answer.headers.keys()), path


def test_a_session_from_before_signing_in_is_not_kept(console, stranger):
    """Session fixation: what somebody planted in the browser before is worth nothing after."""
    planted = Browser(console, "tom").client.get_cookie("helpline_console").value
    stranger.client.set_cookie("helpline_console", planted)
    stranger.post("/sign-out")
    stranger.client.set_cookie("helpline_console", planted)
    stranger.post("/sign-in", username="sara", password=accounts.DEMO[0].password)
    assert stranger.client.get_cookie("helpline_console").value != planted
    other = console.test_client()
    other.set_cookie("helpline_console", planted)
    assert other.get("/cases").status_code == 302
    assert "Sara" in stranger.get("/cases").text


TRAVERSALS = [
    "/static/../app.py", "/static/..%2fapp.py", "/static/%2e%2e/app.py", "/static/....//app.py", "/static/..\\app.py",
    "/static//etc/passwd", "/static/%2fetc%2fpasswd", "/static/..%252f..%252fapp.py", "/static/vendor/../../access.py",
    "/content/sheets/answers.../../x", "/content/..%2f..%2fetc/en", "/content/facts/..%2f..%2fx",
    "/cases/1/media/1/../../../etc/passwd", "/intents/..%2f..%2fx",
]  # fmt: skip


@pytest.mark.parametrize("path", TRAVERSALS)
def test_no_path_leads_out_of_the_folder(console, path):
    eva = Browser(console, "eva")
    answer = eva.get(path)
    assert answer.status_code in (302, 303, 308, 400, 403, 404), path
    assert "from __future__" not in answer.text and "root:" not in answer.text
