"""Texts that name themselves, so that a test sees which answer was given in which language."""

from __future__ import annotations

import pytest
import yaml

from helpline import settings
from helpline.content import SPOKEN, Answers
from helpline.service import Service
from tests.conftest import SECRET
from tests.vouchers.asking121 import made
from tests.vouchers.platform_double import running

STATES = (
    "state_new", "state_validated", "state_included_none", "state_included_preparing", "state_included_waiting",
    "state_included_success", "state_included_error", "state_paused", "state_declined", "state_completed",
    "not_found", "ambiguous", "cannot_check", "balance", "balance_unknown", "only_own_number",
    "not_working", "lost", "ended", "phone_changed", "not_received",
)  # fmt: skip
FACTS = {"state_included_success": " {amount} {date}", "balance": " {amount}"}


@pytest.fixture(scope="session")
def marked_texts(tmp_path_factory):
    """A folder of answers `<key> <language>`, with the handoff's acknowledgement."""
    folder = tmp_path_factory.mktemp("texts")
    keys = {f"utter_voucher_{state}": FACTS.get(state, "") for state in STATES}
    keys |= {"utter_handoff_topic": "", "utter_wait_unknown": "", "utter_notice": "", "utter_name_human_agent": ""}
    responses = {
        key: [
            {
                "text": f"[{key} {language}]{facts}",
                "condition": [{"type": "slot", "name": "language", "value": language}],
            }
            for language in SPOKEN
        ]
        for key, facts in keys.items()
    }
    (folder / "answers.yml").write_text(yaml.safe_dump({"version": "3.1", "responses": responses}))
    return folder


@pytest.fixture
def marked(engine, vault, marked_texts):
    """A service with those texts only."""
    chosen = settings.read({"SECRET_KEY": SECRET, "DATABASE_URL": engine.url.render_as_string(hide_password=False)})
    return Service(chosen, engine, vault, Answers(None, marked_texts))


@pytest.fixture
def platform():
    with running() as started:
        yield started


@pytest.fixture
def client(platform):
    return made(platform)
