"""A database with starter texts, and two editors."""

import pytest

from helpline import content
from helpline.content import changes
from helpline.content.changes import Seen, Wording
from tests.people import agent

STARTER = """
responses:
  utter_hello:
  - metadata: {reviewed_on: "2026-11-24", review_by: "2027-02-22", owner: content}
    text: "Hello\\nHow can we help?"
    buttons:
    - {title: Food, payload: /find_food}
  - condition: [{type: slot, name: language, value: nl}]
    text: "Hallo\\nHoe kunnen wij helpen?"
    buttons:
    - {title: Eten, payload: /find_food}
  utter_amount:
  - text: "You got {amount}. Phone [[fact:desk_phone]]."
  utter_name_find_food:
  - text: Food
"""
FACTS = """
facts:
  desk_phone: {kind: phone, label: The desk, value: 0800-0000, owner: content, source: made up,
    reviewed_on: "2026-11-24", review_by: "2026-12-24", on_expiry: line}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.yml").write_text(STARTER, encoding="utf-8")
    (tmp_path / "data" / "facts.yml").write_text(FACTS, encoding="utf-8")
    return tmp_path / "data"


@pytest.fixture
def people(service, folder):
    """Ann and Bo, on a database with the starter texts."""
    with service.engine.begin() as conn:
        content.import_starter(conn, folder)
        return agent(conn, "Ann"), agent(conn, "Bo")


@pytest.fixture
def answers(service, folder, people):
    return content.Answers(service.engine, folder)


def seen_now(conn, key, language) -> Seen:
    change, (_, version) = changes.of(conn, key, language), changes.live(conn, key, language)
    return Seen(change.version if change else 0, version)


def save(conn, key, language, text, who, buttons=None, **more):
    """Save as an editor does who looks at what is there now."""
    if buttons is None:
        live, _ = changes.live(conn, key, language)
        buttons = live.buttons if live else ()
    return changes.save(conn, key, language, Wording(text, buttons, **more), who, seen_now(conn, key, language))


def to_live(conn, key, language, text, author, reader, **more) -> int:
    """The whole road: written, approved by somebody else, published."""
    change = save(conn, key, language, text, author, **more)
    changes.approve(conn, key, language, reader, change.version, change.hash)
    return changes.publish(conn, key, language, reader, change.version + 1)
