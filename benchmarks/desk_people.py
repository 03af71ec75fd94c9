"""Made-up contacts and cases for pictures and measurements of the console. No real person, number or message."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.engine import Connection

from helpline import accounts, cases, clock, contacts, content, inbox, outbox, replies, service, settings
from helpline.db import schema
from helpline.messages import Author, Button, Identity, InboundMessage, Media, OutboundMessage

STORY = Path(__file__).with_suffix(".yml")
_numbers = itertools.count(1)


def make_service(database_url: str) -> service.Service:
    """A service on an empty database with the demo's accounts."""
    opened = open_service(database_url)
    schema.metadata.create_all(opened.engine)
    with opened.engine.begin() as conn:
        content.import_starter(conn)
        accounts.ensure_demo(conn)
    return opened


def open_service(database_url: str) -> service.Service:
    """A service on a database that is there already."""
    environment = {"DATABASE_URL": database_url, "SECRET_KEY": "pictures-only-0123456789-0123456789"}
    return service.start(settings.read(environment))


def wrote(conn: Connection, opened: service.Service, sender: str, text: str | None, **more: Any) -> str:
    """A contact writes; their id."""
    values: dict[str, Any] = {
        "phone_number_id": "1", "message_id": f"wamid.{next(_numbers)}", "sender": Identity(phone=sender),
        "sent_at": clock.now(), "kind": "text", "deliver": "text", "text": text, **more,
    }  # fmt: skip
    message = InboundMessage(**values)
    contact_id = contacts.identify(conn, opened.vault, message.sender)
    row = inbox.store(conn, opened.vault, message, contact_id)
    assert row is not None
    contacts.wrote(conn, contact_id, message.sent_at)
    case_id = cases.of_contact(conn, contact_id)
    received = inbox.Received(row, contact_id, message, 1)
    inbox.finish(conn, opened.vault, received, "joined_case", language=None, case_id=case_id)
    if case_id is not None:
        cases.contact_wrote(conn, case_id)
    return contact_id


def everyday(opened: service.Service) -> dict[str, int]:
    """A morning at the helpdesk; the ids of its cases by name."""
    steps = yaml.safe_load(STORY.read_text(encoding="utf-8"))
    numbers = {
        name: f"3160000{number:04}" for number, name in enumerate({one["who"]: 1 for one in steps if "who" in one})
    }
    ids: dict[str, int] = {}
    people: dict[str, str] = {}
    asked: dict[str, str] = {}
    with opened.engine.begin() as conn:
        staff = {one.username: one.id for one in accounts.listed(conn)}
        for step in steps:
            if "minutes" in step:
                clock.shift(step["minutes"] * 60)
                continue
            who = step["who"]
            if "in" in step:
                people[who] = wrote(conn, opened, numbers[who], step["in"])
                asked.setdefault(who, step["in"])
                asked[who] = step["in"] if who not in ids else asked[who]
            elif "voice" in step:
                wrote(conn, opened, numbers[who], None, kind="voice", deliver="media", media=(Media("voice", id="1"),))
            elif "open" in step:
                card = cases.Card(asked[who], tuple(step.get("guesses", {}).items()), step.get("facts", {}))
                contacts.speak(conn, people[who], step["open"]["language"])
                ids[who], _ = cases.open_case(conn, opened.vault, people[who], card=card, **step["open"])
            else:
                _work(conn, opened, step, people[who], ids.get(who), staff)
    return ids


def _work(
    conn: Connection,
    opened: service.Service,
    step: dict[str, Any],
    contact_id: str,
    case_id: int | None,
    staff: dict[str, int],
) -> None:
    key = f"story:{next(_numbers)}"
    if case_id is None or "system" in step:
        name = "assistant" if "assistant" in step else "system"
        text = opened.answers.get(step[name], step["language"]).text
        message = OutboundMessage(text, buttons=tuple(Button(title, title) for title in step.get("buttons", ())))
        epoch = contacts.get(conn, contact_id).epoch
        outbox.put(
            conn, opened.vault, contact_id, message, author=Author(name), kind="x", once_key=key, epoch=epoch
        )  # fmt: skip
    elif "claim" in step:
        cases.claim(conn, case_id, staff[step["claim"]])
    elif "note" in step:
        replies.note(conn, opened.vault, case_id, staff[step["by"]], step["note"])
    elif "reply" in step:
        replies.reply(conn, opened.vault, case_id, staff[step["by"]], OutboundMessage(step["reply"]), key)
    elif "close" in step:
        cases.close(conn, case_id, staff[step["by"]], step["close"])
    delivered(conn, step.get("rank", 3))


def delivered(conn: Connection, rank: int) -> None:
    """Everything sent so far was read (3), delivered (2) or sent (1)."""
    values = {"rank": rank, "state": {1: "sent", 2: "delivered", 3: "read"}[rank], "sent_at": clock.now()}
    conn.execute(schema.outbox.update().where(schema.outbox.c.state == "queued").values(**values))


def crowd(conn: Connection, opened: service.Service, number: int) -> None:
    """Many contacts who wait, and one who talks with the assistant."""
    for one in range(number):
        contact_id = wrote(conn, opened, f"3160001{one:04}", "hello?")
        language = ("en", "fr", "ar", "nl")[one % 4]
        cases.open_case(conn, opened.vault, contact_id, "asked", topic="find_food", language=language)
        clock.shift(7)
    contact_id = wrote(conn, opened, "31600029999", "Where can I get food today?")
    contacts.speak(conn, contact_id, "en")
