"""A console on a real database, browsers signed in by the form, and a case to work on."""

from __future__ import annotations

import uuid

import pytest

from helpline import accounts, cases
from helpline.console import app
from tests.people import message, write

SAME = {"Sec-Fetch-Site": "same-origin"}


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
