"""Faults of the disk, the database and the post, without Rasa: nothing answered 200 is lost, nothing is kept twice."""

from __future__ import annotations

import json
import random
import resource
import sqlite3
import subprocess
import sys
import textwrap

import pytest
import sqlalchemy as sa

from helpline import clock, inbox, outbox, turn
from helpline.assistant import reception
from helpline.db import schema
from helpline.db.engine import connect
from helpline.whatsapp.signature import sign
from tests.conftest import count
from tests.faults.rig import ROOT

SECRET = "demo-app-secret"
NUMBER = "100000000000001"


def text(number, sender="31600000001", at=None, body="hello"):
    at = clock.now() if at is None else at
    return {
        "from": sender,
        "id": f"wamid.{sender}.{number}",
        "timestamp": str(at),
        "type": "text",
        "text": {"body": body},
    }


def webhook(*messages):
    value = {"metadata": {"phone_number_id": NUMBER}, "messages": list(messages)}
    entry = {"changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def receive(service, raw):
    return reception.receive(service, raw, sign(raw, SECRET))


def claimed(service):
    """The ids of all messages in the order in which they are given out, one at a time."""
    given = []
    with service.engine.begin() as conn:
        while taken := inbox.claim(conn, service.vault, 100):
            for one in taken:
                given.append(one.message.message_id)
                inbox.finish(conn, service.vault, one, "told", language=None, case_id=None)
    return given


def test_a_thousand_messages_in_one_post_are_each_stored_once_and_in_order(service):
    messages = [text(n, sender=f"3160000{n % 50:04}", at=clock.now() + n) for n in range(1000)]
    assert receive(service, webhook(*messages)) == (200, 1000)
    assert receive(service, webhook(*messages)) == (200, 0)
    given = claimed(service)
    assert sorted(given) == sorted(one["id"] for one in messages)
    for sender in {one["from"] for one in messages}:
        own = [int(one.rsplit(".", 1)[1]) for one in given if f".{sender}." in one]
        assert own == sorted(own)


def test_webhooks_in_any_order_and_number_leave_each_message_once(service):
    chance = random.Random(3)
    posts = [webhook(text(n)) for n in range(40)] * 3
    chance.shuffle(posts)
    stored = [receive(service, raw) for raw in posts]
    assert {status for status, _ in stored} == {200} and sum(new for _, new in stored) == 40
    assert len(claimed(service)) == 40


def test_message_that_comes_seven_days_late_is_dealt_with_and_its_answer_held_not_lost(service):
    assert receive(service, webhook(text(1, at=clock.now() - 7 * 86400, body="I need a doctor"))) == (200, 1)
    with service.engine.begin() as conn:
        [taken] = inbox.claim(conn, service.vault, 1)
        begun = turn.begin(conn, service, taken)
        assert begun is not None
        turn.end(conn, service, begun, None)
    with service.engine.begin() as conn:
        # WhatsApp would refuse free text now; the case stands, and what was to be said goes when they write again.
        assert set(conn.execute(sa.select(schema.outbox.c.state)).scalars()) == {"held"}
        assert outbox.claim(conn, service.vault, 10) == []
    assert count(service.engine, schema.cases) == 1


@pytest.mark.parametrize("jump", [-86400, -3600, 3600, 40 * 86400])
def test_clock_that_jumps_loses_no_message_and_keeps_the_order(service, jump):
    for number in range(6):
        assert receive(service, webhook(text(number)))[0] == 200
        clock.shift(jump if number == 2 else 0)
    assert claimed(service) == [f"wamid.31600000001.{n}" for n in range(6)]


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # about SQLite's file
def test_locked_database_is_a_503_and_the_resend_is_stored(service, monkeypatch):
    path = service.engine.url.database
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sa.event.listen(service.engine, "connect", lambda raw, _record: raw.execute("PRAGMA busy_timeout=50"))
    service.engine.dispose()
    raw = webhook(text(1))
    assert receive(service, raw) == (503, 0)
    other.execute("COMMIT")
    other.close()
    assert receive(service, raw) == (200, 1)


FULL = """
import json, resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from helpline import service, settings
from helpline.assistant import reception
from helpline.whatsapp.signature import sign
opened = service.start()
with opened.engine.connect() as conn:
    size = {size}
resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
statuses = []
for number in range(400):
    message = {{"from": "31600000001", "id": f"wamid.{{number}}", "timestamp": "1700000000", "type": "text",
               "text": {{"body": "x" * 2000}}}}
    value = {{"metadata": {{"phone_number_id": "100000000000001"}}, "messages": [message]}}
    raw = json.dumps({{"object": "whatsapp_business_account",
                      "entry": [{{"changes": [{{"field": "messages", "value": value}}]}}]}}).encode()
    statuses.append(reception.receive(opened, raw, sign(raw, "demo-app-secret"))[0])
    if statuses[-1] != 200:
        break
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
statuses.append(reception.receive(opened, raw, sign(raw, "demo-app-secret"))[0])
print(json.dumps(statuses))
"""


@pytest.mark.slow
def test_full_disk_is_a_503_and_what_was_answered_200_is_there(tmp_path, sqlite_template):
    database = tmp_path / "full.db"
    database.write_bytes(sqlite_template.read_bytes())
    program = textwrap.dedent(FULL).format(size=database.stat().st_size + 200_000)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120,
        env={"DATABASE_URL": f"sqlite:///{database}", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )  # fmt: skip
    statuses = json.loads(done.stdout.splitlines()[-1])
    assert statuses[-2:] == [503, 200] and set(statuses[:-2]) == {200}, (statuses, done.stderr[-2000:])
    engine = connect(f"sqlite:///{database}")
    assert count(engine, schema.inbox) == statuses.count(200)
    engine.dispose()
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] == resource.RLIM_INFINITY
