"""From the webhook's bytes to rows: signed, stored once, one bad item costing no other."""

import dataclasses
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from helpline import clock, contacts, inbox
from helpline.assistant import reception
from helpline.db import schema
from helpline.db.engine import connect
from helpline.whatsapp.signature import sign
from tests.conftest import count

OURS = "100000000000001"
SECRET = "demo-app-secret"


def text(body="hallo", id="wamid.1", sender="31600000001", **more):
    return {
        "from": sender, "id": id, "timestamp": str(clock.now()), "type": "text", "text": {"body": body}, **more,
    }  # fmt: skip


def body(*messages, number=OURS, **more):
    value = {"metadata": {"phone_number_id": number}, "messages": list(messages), **more}
    return json.dumps(
        {"object": "whatsapp_business_account", "entry": [{"changes": [{"field": "messages", "value": value}]}]}
    ).encode()


def receive(service, raw, secret=SECRET):
    return reception.receive(service, raw, sign(raw, secret))


def stored(service):
    with service.engine.connect() as conn:
        rows = conn.execute(sa.select(schema.inbox.c.body_sealed).order_by(schema.inbox.c.id)).scalars().all()
    return [inbox.unpack(service.vault.open(row)) for row in rows]


def buried(service):
    with service.engine.connect() as conn:
        rows = conn.execute(sa.select(schema.dead_letters).order_by(schema.dead_letters.c.id)).all()
    return [(row.reason, service.vault.open(row.body_sealed)) for row in rows]


def test_signed_message_is_stored_for_the_contact(service):
    assert receive(service, body(text())) == (200, 1)
    assert [one.text for one in stored(service)] == ["hallo"]
    with service.engine.connect() as conn:
        assert conn.execute(sa.select(schema.contacts.c.last_inbound_at)).scalar_one() > 0


@pytest.mark.parametrize("header", [None, "", "sha256=00", "sha1=x", "sha256=ä"])
def test_forged_webhook_is_refused_and_nothing_kept(service, header):
    assert reception.receive(service, body(text()), header) == (401, 0)
    assert reception.receive(service, body(text()), sign(body(text()), "another")) == (401, 0)
    assert stored(service) == [] and buried(service) == []


def test_changed_byte_is_a_forgery(service):
    raw = body(text())
    assert reception.receive(service, raw + b" ", sign(raw, SECRET)) == (401, 0)


def test_both_secrets_hold_while_they_rotate(service):
    rotating = dataclasses.replace(
        service, settings=dataclasses.replace(service.settings, whatsapp_app_secret="new-secret, old-secret")
    )
    assert receive(rotating, body(text(id="a")), "old-secret") == (200, 1)
    assert receive(rotating, body(text(id="b")), "new-secret") == (200, 1)
    assert receive(rotating, body(text(id="c")), "new-secret, old-secret") == (401, 0)


def test_more_than_four_megabytes_is_refused_before_the_signature_is_computed(service):
    raw = body(text("a" * reception.MAX_BYTES))
    assert reception.receive(service, raw, None) == (413, 0)
    just = body(text("a" * 3_000_000))
    assert receive(service, just) == (200, 1)


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\x00\xfe", b"[" * 200_000, b"hello", b"null", b"[]", b"5", b'"\\ud800"', b"{}"]
)
def test_signed_but_unreadable_is_kept_and_answered_200(service, raw):
    assert receive(service, raw) == (200, 0)
    assert [content for _, content in buried(service)] == [raw.decode("utf-8", "replace")]


def test_unusable_item_is_kept_and_costs_no_other(service):
    raw = body(
        5, {"id": "x"}, text("goed", id="wamid.2"), {"from": [], "type": {}}, text(id="wamid.3", timestamp="never")
    )
    assert receive(service, raw) == (200, 2)
    assert {one.message_id for one in stored(service)} == {"wamid.2", "wamid.3"}
    assert [reason for reason, _ in buried(service)] == ["quarantine, unreadable"]


def test_item_the_database_refuses_costs_no_other(service, monkeypatch):
    store = inbox.store

    def refuse(conn, vault, message, contact_id):
        if message.message_id == "wamid.bad":
            conn.execute(sa.text("insert into inbox (id) values (null)"))
        return store(conn, vault, message, contact_id)

    monkeypatch.setattr(reception.inbox, "store", refuse)
    assert receive(service, body(text(id="wamid.bad"), text(id="wamid.ok", sender="31600000002"))) == (200, 1)
    assert [one.message_id for one in stored(service)] == ["wamid.ok"]
    assert [reason for reason, _ in buried(service)] == ["item_not_stored"]


def test_store_that_is_down_is_answered_503(service, tmp_path):
    lost = dataclasses.replace(service, engine=connect(f"sqlite:///{tmp_path}/empty.db"))
    assert receive(lost, body(text())) == (503, 0)
    assert receive(lost, b"not json") == (503, 0)


def test_same_webhook_twenty_times_at_once_is_one_message_of_one_contact(service):
    raw = body(text(), text(id="wamid.2", sender="31600000002"))
    together = threading.Barrier(20)

    def go(_):
        together.wait()
        return receive(service, raw)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(go, range(20)))
    assert {status for status, _ in answers} <= {200, 503}
    assert sum(new for _, new in answers) == 2
    assert count(service.engine, schema.inbox) == 2 and count(service.engine, schema.contacts) == 2


def test_same_id_twice_in_one_post_is_stored_once(service):
    assert receive(service, body(text("een"), text("twee"))) == (200, 1)


def test_same_id_at_another_number_of_ours_is_not_ours(service):
    assert receive(service, body(text(), number="999")) == (200, 0)
    assert stored(service) == [] and count(service.engine, schema.contacts) == 0


@pytest.mark.parametrize("metadata", [None, {}, [], {"phone_number_id": {}}])
def test_message_that_names_no_number_is_taken_as_ours(service, metadata):
    raw = body(text(), metadata=metadata)
    assert receive(service, raw) == (200, 1)
    assert stored(service)[0].phone_number_id == OURS
    assert receive(service, body(text())) == (200, 0)


def test_nul_and_lone_surrogates_reach_the_table_as_text(service):
    assert receive(
        service, body(text("a\x00b\ud800c"), contacts=[{"wa_id": "31600000001", "profile": {"name": "\x00\ud800"}}])
    ) == (200, 1)
    assert stored(service)[0].text == "ab\ufffdc"


def test_hostile_ids_and_types_are_stored_or_kept(service):
    odd = [
        text(id="x" * 5000), text(id="\x00"), text(id=None), text(id="\ud800", sender="31600000009"),
        text(type="\x00" * 300), text(type="brand_new" * 20, id="wamid.n"), text(id="wamid.t", timestamp=10**40),
        text(id="wamid.u", timestamp=-5), text(id="wamid.c", context={"id": "\x00" * 400, "forwarded": "yes"}),
    ]  # fmt: skip
    status, _new = receive(service, body(*odd))
    assert status == 200
    assert all(len(one.message_id) <= 200 for one in stored(service)) and len(stored(service)) >= 7


def test_clock_that_runs_ahead_does_not_keep_the_window_open(service):
    receive(service, body(text(timestamp=str(clock.now() + 900 * 86400))))
    with service.engine.connect() as conn:
        assert conn.execute(sa.select(schema.contacts.c.last_inbound_at)).scalar_one() <= clock.now()


def test_number_and_user_id_seen_together_are_one_contact_afterwards(service):
    both = text(id="a", from_user_id="NL.123")
    alone = {**text(id="b", from_user_id="NL.123")}
    del alone["from"]
    receive(service, body(both))
    receive(service, body(alone))
    assert count(service.engine, schema.contacts) == 1


def test_two_people_who_hide_their_number_are_never_one(service):
    hidden = [{**text(id=f"h{n}", from_user_id=f"NL.{n}")} for n in range(3)]
    for one in hidden:
        del one["from"]
    receive(service, body(*hidden))
    assert count(service.engine, schema.contacts) == 3


def test_message_taken_back_loses_its_words(service):
    receive(service, body(text("iets geheims")))
    taken_back = text(id="wamid.r", type="revoke", revoke={"original_message_id": "wamid.1"})
    receive(service, body({**taken_back, "from": "31600000002"}))
    assert stored(service)[0].text == "iets geheims"
    receive(service, body({**taken_back, "id": "wamid.r2"}))
    assert stored(service)[0].text is None and stored(service)[0].details == {"revoked": True}


def test_change_of_number_keeps_the_contact(service):
    receive(service, body(text()))
    moved = {"from": "31600000001", "id": "s", "timestamp": "1760000000", "type": "system",
             "system": {"type": "user_changed_number", "wa_id": "31600000002"}}  # fmt: skip
    receive(service, body(moved))
    receive(service, body(text(id="wamid.9", sender="31600000002")))
    assert count(service.engine, schema.contacts) == 1
    with service.engine.connect() as conn:
        contact_id = conn.execute(sa.select(schema.contacts.c.id)).scalar_one()
        assert contacts.address(conn, service.vault, contact_id).phone == "31600000002"


def test_thousand_messages_in_one_post_are_stored(service):
    raw = body(*(text(str(n), id=f"wamid.{n}", sender=f"316000{n % 40:05}") for n in range(1000)))
    assert receive(service, raw) == (200, 1000)
    assert count(service.engine, schema.contacts) == 40
