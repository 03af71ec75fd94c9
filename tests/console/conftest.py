"""A console on a real database, browsers signed in by the form, and a case to work on."""

from __future__ import annotations

import shutil
import uuid

import pytest

from benchmarks.desk_people import everyday, make_service, open_service
from benchmarks.screenshots import CHROMIUM, FLAGS, served, sign_in
from helpline import accounts, cases, clock, content
from helpline.console import app
from helpline.db.engine import connect
from tests.people import message, write

SAME = {"Sec-Fetch-Site": "same-origin"}
MICROPHONE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
"""A tone instead of a microphone, allowed without asking."""


class Browser:
    """A Flask test client that sends what a browser sends from our own pages."""

    def __init__(self, flask, username: str | None = None) -> None:
        self.client = flask.test_client()
        if username:
            answer = self.post("/sign-in", username=username, password=accounts.DEMO[0].password)
            assert answer.status_code == 303, answer.status_code

    def get(self, path: str, **headers: str):
        return self.client.get(path, headers=headers)

    def post(self, path: str, headers: dict[str, str] | None = None, **form: str):
        return self.client.post(path, data=form, headers={**SAME, **(headers or {})})


@pytest.fixture
def console(service):
    """The Flask application with the demo's accounts: sara and tom are agents, noor coordinates."""
    with service.engine.begin() as conn:
        accounts.ensure_demo(conn)
    return app.create(service)


@pytest.fixture
def sqlite_engine(sqlite_template, tmp_path):
    """For files whose pages are the same on both databases; what differs is tried where the tables are."""
    shutil.copy(sqlite_template, tmp_path / "helpline.db")
    made = connect(f"sqlite:///{tmp_path}/helpline.db")
    yield made
    made.dispose()


@pytest.fixture
def with_texts(console, service):
    """The console with the starter texts."""
    with service.engine.begin() as conn:
        content.import_starter(conn)
    service.answers.refresh(now=True)
    return console


@pytest.fixture
def browser(with_texts):
    """Signs somebody in, by name, where the starter texts are."""
    return lambda username: Browser(with_texts, username)


@pytest.fixture
def sara(console) -> Browser:
    return Browser(console, "sara")


@pytest.fixture
def tom(console) -> Browser:
    return Browser(console, "tom")


@pytest.fixture
def stranger(console) -> Browser:
    return Browser(console)


@pytest.fixture
def case_id(service) -> int:
    """A waiting case of somebody who writes English."""
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("Where can I see a doctor?"))
        card = cases.Card("Where can I see a doctor?", (("find_health_service", 0.6),), {"registration": "included"})
        opened = cases.open_case(
            conn, service.vault, contact_id, "unsure", topic="find_health_service", language="en", card=card
        )
        return opened[0]


@pytest.fixture
def eva(console) -> Browser:
    """An editor."""
    return Browser(console, "eva")


@pytest.fixture
def mine(sara, case_id):
    """A case Sara has claimed."""
    sara.post(f"/cases/{case_id}/claim")
    return case_id


@pytest.fixture
def answered(sara, mine):
    """A case Sara has claimed and answered."""
    sara.post(f"/cases/{mine}/reply", text="hello", once=str(uuid.uuid4()))
    return mine


@pytest.fixture(scope="module")
def chromium():
    """One browser for all tests of a file; each opens windows of its own in it.

    Not for longer: while it is open, nothing else in this process can run an event loop.
    """
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not CHROMIUM:
        pytest.skip("Chromium is not on this machine")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *MICROPHONE])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def morning(tmp_path_factory):
    """A morning's cases, made once: the database file, the ids of its cases by name, and how late it is."""
    path, before = tmp_path_factory.mktemp("morning") / "desk.db", clock._offset
    made = make_service(f"sqlite:///{path}")
    ids, late = everyday(made), clock._offset
    made.engine.dispose()  # the last one out puts everything into the one file
    clock._offset = before
    return path, ids, late


@pytest.fixture
def desk(tmp_path, morning):
    """A running console on a copy of the morning: (service, ids by name, address)."""
    path, ids, late = morning
    before, clock._offset = clock._offset, late
    shutil.copy(path, tmp_path / "desk.db")
    opened = open_service(f"sqlite:///{tmp_path}/desk.db")
    with served(opened) as base:
        yield opened, ids, base
    opened.engine.dispose()
    clock._offset = before


@pytest.fixture(scope="session")
def cookies():
    """Sessions of colleagues by name: every copy of the morning takes them."""
    return {}


@pytest.fixture
def page_of(chromium, desk, cookies):
    """Opens a signed-in window for a colleague; whatever its scripts complain of fails the test."""
    contexts, faults = [], []

    def make(username: str, **options):
        context = chromium.new_context(**{"locale": "en-GB", **options})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
        if username in cookies:
            context.add_cookies(cookies[username])
        else:
            sign_in(page, desk[2], username)
            cookies[username] = context.cookies()
        return page

    yield make
    for context in contexts:
        context.close()
    assert faults == []
