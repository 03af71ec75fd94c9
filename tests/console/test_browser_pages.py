"""Every page in a real browser: for assistive tools, in the dark, on a phone, without script, on a slow line."""

from collections import deque
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from benchmarks.screenshots import sign_in
from helpline.console import app
from helpline.db import schema
from tests.conftest import count

pytestmark = pytest.mark.slow
AXE = Path(__file__).parents[1] / "vendor" / "axe-core-4.11.0.min.js"
LEVELS = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']"
FULLY = f"axe.run(document, {{runOnly: {LEVELS}, resultTypes: ['violations']}})"
NARROW_RULES = "['color-contrast', 'link-name', 'button-name', 'label', 'target-size']"
NARROW = f"axe.run(document, {{runOnly: {{type: 'rule', values: {NARROW_RULES}}}, resultTypes: ['violations']}})"
"""What may go wrong in the dark, and where a narrow page leaves words away."""
OPEN_ALL = "document.querySelectorAll('main details').forEach(one => { one.open = true; })"
LINKS = "[...document.querySelectorAll('a[href]')].map(one => one.getAttribute('href'))"
WIDTH, HEIGHT = 360, 740


def serious(page, question):
    found = page.evaluate(question)["violations"]
    return [
        (one["id"], [node["html"][:160] for node in one["nodes"][:2]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def wrong_with(page, address):
    """What is wrong with a page, in words; empty when nothing is."""
    page.goto(address)
    return wrong_here(page)


def wrong_here(page):
    """What is wrong with the page that is shown."""
    page.evaluate(OPEN_ALL)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    wrong = {"axe": serious(page, FULLY)}
    page.emulate_media(color_scheme="dark")
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    wrong["dark and narrow"] = serious(page, NARROW)
    wrong["wide"] = page.evaluate("Math.max(0, document.documentElement.scrollWidth - innerWidth)")
    page.emulate_media(color_scheme="light")
    page.set_viewport_size({"width": 1280, "height": 800})
    return {name: what for name, what in wrong.items() if what}


@pytest.fixture(scope="module")
def looked():
    """Kinds of pages that were looked at already, for another role."""
    return set()


@pytest.mark.parametrize("username", ["noor", "eva", "ruben"])
def test_no_page_is_hard_to_use(desk, page_of, looked, username):
    """Follows every link a role is shown, once for each kind of page; so a new page is looked at as well."""
    opened, ids, base = desk
    adapter = app.create(opened).url_map.bind("127.0.0.1")
    page = page_of(username)
    start = ["/", "/help", "/nothing"]
    if username == "noor":
        names = ("arabic", "urgent", "closed", "dutch")
        start += [*(f"/cases/{ids[name]}" for name in names), "/search?q=doctor", "/answers?q=doctor&language=ar"]
        start += [f"/cases?show={name}" for name in ("mine", "open", "closed")]
    waiting, wrong = deque(start), {}
    while waiting:
        path = waiting.popleft()
        address = urlsplit(path)
        if address.netloc or not path.startswith("/"):
            continue
        kind = path if path in start else endpoint_of(adapter, address.path)
        if kind in looked or kind in ("static", None):
            continue
        looked.add(kind)
        answer = page.request.get(base + path)
        if answer.status == 500:
            wrong[path] = answer.status
        if "html" not in answer.headers["content-type"]:
            continue
        bad = wrong_with(page, base + path)
        if bad:
            wrong[path] = bad
        waiting.extend(page.evaluate(LINKS))
    assert wrong == {}
    assert len(looked) > 5


def endpoint_of(adapter, path):
    """Which kind of page an address leads to."""
    try:
        return adapter.match(path, method="GET")[0]
    except Exception:
        return None


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


def test_a_case_fits_the_window_and_only_its_columns_scroll(desk, page_of):
    _, ids, base = desk
    page = page_of("sara", viewport={"width": 1280, "height": 640})
    for path in (f"/cases/{ids['arabic']}", f"/cases/{ids['urgent']}", "/cases", "/assistant"):
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0, path
    page.goto(f"{base}/cases/{ids['arabic']}")
    page.evaluate("document.getElementById('offline').hidden = false")
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0
    assert page.is_visible("#reply-text")


def test_everything_works_without_javascript(desk, chromium):
    opened, _, base = desk
    context = chromium.new_context(java_script_enabled=False, locale="en-GB")
    page = context.new_page()
    sign_in(page, base)
    page.click("text=Take next")
    page.fill("#reply-text", "Estou aqui.")
    page.click("#composer button.primary")
    page.wait_for_selector("#lines >> text=Estou aqui.")
    page.click("label[for=mode-note]")
    page.fill("#note-text", "ambulance called")
    page.click("text=Save note")
    page.wait_for_selector("#lines >> text=ambulance called")
    page.select_option("#close-outcome", "referred")
    page.select_option("#close-lesson", "human")
    page.click("#close button")
    page.wait_for_selector("text=Undo closing")
    context.close()
    assert count(opened.engine, schema.notes) == 2


def test_the_console_speaks_dutch_too(desk, page_of):
    _, ids, base = desk
    page = page_of("tom")
    page.goto(f"{base}/cases/{ids['dutch']}")
    page.click(".account summary")
    page.click("button[value=nl]")
    page.wait_for_selector("html[lang=nl]")
    assert "Zaken" in page.inner_text("nav.menu") and page.is_visible("text=Sluiten")
