"""The contact sees that a person writes, and only then that their message was read."""

import pytest
import sqlalchemy as sa

from helpline import cases, clock, contacts
from helpline.console import typing_sign
from helpline.console.typing_sign import TypingSign
from helpline.db import schema
from helpline.whatsapp import client


class Wire:
    """WhatsApp's end of the wire: keeps what it is told."""

    def __init__(self):
        self.told = []

    def typing(self, message_id):
        self.told.append(message_id)


@pytest.fixture
def wire(console):
    made = Wire()
    console.extensions["typing"] = TypingSign(made)
    return made


def told(console, wire):
    console.extensions["typing"].settle()
    return len(wire.told)


def type_(browser, case_id, text="I am wri", kind="reply"):
    return browser.post(f"/cases/{case_id}/draft", kind=kind, text=text)


def test_looking_at_a_case_or_taking_it_tells_the_contact_nothing(console, sara, case_id, wire):
    sara.get(f"/cases/{case_id}")
    sara.post(f"/cases/{case_id}/claim")
    assert told(console, wire) == 0


def test_the_holders_first_words_show_typing_with_the_contacts_newest_message(service, console, sara, mine, wire):
    type_(sara, mine)
    assert told(console, wire) == 1
    with service.engine.connect() as conn:
        newest = conn.execute(sa.select(schema.inbox.c.message_id).order_by(schema.inbox.c.id.desc())).scalars().first()
    assert wire.told == [newest]


def test_typing_is_told_once_in_25_seconds(console, sara, mine, wire, monkeypatch):
    at = [1000.0]
    monkeypatch.setattr(typing_sign.time, "monotonic", lambda: at[0])
    type_(sara, mine)
    at[0] += 24
    type_(sara, mine)
    assert told(console, wire) == 1
    at[0] += 2
    type_(sara, mine)
    assert told(console, wire) == 2


def test_notes_emptied_fields_and_colleagues_show_nothing(console, sara, tom, mine, wire):
    type_(sara, mine, kind="note")
    type_(sara, mine, text="")
    type_(tom, mine)
    assert told(console, wire) == 0


def test_who_asked_for_silence_or_wrote_a_day_ago_is_shown_nothing(service, console, sara, mine, wire):
    with service.engine.begin() as conn:
        contact_id = conn.execute(sa.select(schema.cases.c.contact_id)).scalar_one()
        contacts.stop(conn, contact_id)
    type_(sara, mine)
    with service.engine.begin() as conn:
        conn.execute(sa.update(schema.contacts).values(stopped_at=None))
    before = clock._offset
    clock.shift(24 * 3600)
    try:
        with service.engine.connect() as conn:
            case = cases.get(conn, mine)
            assert console.extensions["typing"].show(conn, case) is False
    finally:
        clock._offset = before
    assert told(console, wire) == 0


def test_a_call_that_fails_disturbs_nobody(console, sara, mine):
    class Down:
        def typing(self, _message_id):
            raise client.Unreachable()

    console.extensions["typing"] = TypingSign(Down())
    assert type_(sara, mine).status_code == 204
    console.extensions["typing"].settle()
