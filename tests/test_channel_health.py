"""Silence is not taken for a quiet day: a refused token, a stopped worker, messages that stay."""

import pytest

from helpline import channel_health, clock, heartbeats, outbox
from helpline.db import schema
from helpline.messages import Author, OutboundMessage
from helpline.whatsapp import client
from tests.conftest import count
from tests.people import message, write


class Wire:
    """Our number at WhatsApp, in one of the ways it can be."""

    def __init__(self, refusal=None):
        self.refusal = refusal

    def check(self):
        if self.refusal:
            raise self.refusal


def kinds(service):
    with service.engine.connect() as conn:
        return [one.kind for one in channel_health.troubles(conn)]


@pytest.fixture(autouse=True)
def noon(monkeypatch):
    """Twelve o'clock, whatever the time of the test."""
    before = clock._offset
    clock.shift((12 - clock.local(clock.now()).hour) * 3600)
    yield
    clock._offset = before


def test_nothing_is_wrong_with_a_new_service(service):
    assert kinds(service) == []
    channel_health.look(service, Wire())
    assert kinds(service) == [] and count(service.engine, schema.notices) == 0


def test_a_revoked_token_is_seen_at_once_and_told_once(service):
    channel_health.look(service, Wire(client.AccountTrouble(code=190, status=401)))
    assert kinds(service) == ["account"]
    channel_health.look(service, Wire(client.AccountTrouble(code=190, status=401)))
    assert count(service.engine, schema.notices) == 1
    channel_health.look(service, Wire())
    assert kinds(service) == []


def test_one_lost_connection_is_no_trouble_and_two_minutes_of_them_are(service):
    channel_health.look(service, Wire(client.Unreachable()))
    assert kinds(service) == []
    clock.shift(channel_health.UNREACHABLE_SECONDS)
    channel_health.look(service, Wire(client.Unreachable()))
    assert kinds(service) == ["unreachable"]


def test_a_worker_that_stopped_is_missed(service):
    channel_health.look(service, Wire())
    clock.shift(channel_health.UNCHECKED_SECONDS + 1)
    assert kinds(service) == ["unchecked"]


def test_messages_that_stay_are_trouble_in_both_directions(service):
    with service.engine.begin() as conn:
        contact_id = write(conn, service, message("hello"))
        outbox.put(conn, service.vault, contact_id, OutboundMessage("x"), author=Author.SYSTEM, kind="x", once_key="x")
    assert kinds(service) == []
    clock.shift(channel_health.UNSENT_SECONDS)
    assert kinds(service) == ["unsent", "unread"]


def test_silence_is_news_only_where_messages_are_usual_and_by_day(service):
    with service.engine.begin() as conn:
        for number in range(channel_health.USUAL_MESSAGES):
            write(conn, service, message(f"{number}"))
        conn.execute(schema.inbox.update().values(state="done"))
    clock.shift(channel_health.QUIET_SECONDS)
    assert kinds(service) == ["quiet"]
    clock.shift(6 * 3600)
    assert kinds(service) == []  # midnight


def test_few_messages_a_week_make_no_news_of_silence(service):
    with service.engine.begin() as conn:
        write(conn, service, message("hello"))
        conn.execute(schema.inbox.update().values(state="done"))
    clock.shift(channel_health.QUIET_SECONDS)
    assert kinds(service) == []


def test_other_processes_signs_of_life_say_nothing_of_whatsapp(service):
    with service.engine.begin() as conn:
        heartbeats.beat(conn, "channel-1", {"kind": "channel"})
    clock.shift(1000)
    assert kinds(service) == []
