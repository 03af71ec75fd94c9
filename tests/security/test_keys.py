"""A new SECRET_KEY: everything moves to it while the service runs, and the old one opens nothing any more."""

from __future__ import annotations

import dataclasses

import pytest
import sqlalchemy as sa

from helpline import contacts, inbox, keys
from helpline.db import schema
from helpline.db.columns import metadata
from helpline.db.vault import Vault
from helpline.errors import HelplineError
from helpline.vouchers import importing
from helpline.vouchers.local import LocalTable
from tests.conftest import SECRET
from tests.people import AMINA, BASHIR, message, write
from tests.privacy.rows import fill

NEW = "another-secret-that-only-tests-use-987654"
OLD, BOTH, ONLY_NEW = Vault(SECRET), Vault(NEW, (SECRET,)), Vault(NEW)


@pytest.fixture
def rotating(service):
    """The service restarted with a new key and the old one behind it."""
    return dataclasses.replace(service, vault=BOTH)


def sealed_values(engine):
    with engine.connect() as conn:
        for table in metadata.sorted_tables:
            for column in (one for one in table.columns if one.name.endswith("_sealed")):
                yield from (
                    (f"{table.name}.{column.name}", row[0]) for row in conn.execute(sa.select(column)) if row[0]
                )


def opens(vault, sealed):
    try:
        vault.open(sealed)
    except HelplineError:
        return False
    return True


def test_after_a_rotation_the_new_key_opens_everything_and_the_old_one_nothing(service, rotating):
    with service.engine.begin() as conn:
        fill(conn, OLD)
    before = dict(sealed_values(service.engine))
    assert len(before) >= 15 and all(opens(OLD, value) for value in before.values())
    assert keys.left(rotating) == len(before)
    # A made-up identity row has no real lookup; give it the one its value asks for.
    keys.rotate(rotating)
    after = dict(sealed_values(service.engine))
    assert set(after) == set(before)
    for name, value in after.items():
        assert opens(ONLY_NEW, value) and not opens(OLD, value), name
        assert ONLY_NEW.open(value) == OLD.open(before[name]), name
    assert keys.left(rotating) == 0


def test_people_and_their_vouchers_are_found_by_the_new_key_alone(service, rotating):
    with service.engine.begin() as conn:
        known = write(conn, service, message("hello"))
        importing.load(conn, OLD, "whatsapp_number,registration\n31600000001,included\n31600000099,included\n")
    done = keys.rotate(rotating)
    assert done["contact_identities.lookup"] == done["voucher_registrations.lookup"] == 1
    assert done["unknown"] == 1  # of somebody who never wrote: only the list knows the number
    assert LocalTable(service.engine, ONLY_NEW).status(AMINA).registration == "included"
    with service.engine.begin() as conn:
        assert contacts.identify(conn, ONLY_NEW, AMINA) == known
        assert contacts.identify(conn, ONLY_NEW, BASHIR) != known


def test_it_goes_on_where_it_was_stopped(service, rotating, monkeypatch):
    monkeypatch.setattr(keys, "BATCH", 3)
    with service.engine.begin() as conn:
        for number in range(10):
            write(conn, service, message(f"message {number}"))
    calls = []

    def stopped(name, rows):
        calls.append(name)
        if len(calls) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        keys.rotate(rotating, stopped)
    part = keys.left(rotating)
    assert 0 < part < 11
    assert sum(number for name, number in keys.rotate(rotating).items() if name.endswith("_sealed")) == part
    assert keys.left(rotating) == 0 and keys.rotate(rotating) == {}


def test_what_is_written_meanwhile_is_kept(service, rotating, monkeypatch):
    with service.engine.begin() as conn:
        write(conn, service, message("before"))
    batches = keys._batches

    def overtaken(engine, table, columns):
        for rows in batches(engine, table, columns):
            if table.name == "inbox":
                with engine.begin() as conn:
                    conn.execute(
                        sa.update(table).values(body_sealed=rotating.vault.seal({"text": "written meanwhile"}))
                    )
            yield rows

    monkeypatch.setattr(keys, "_batches", overtaken)
    keys.rotate(rotating)
    with service.engine.connect() as conn:
        value = conn.execute(sa.select(schema.inbox.c.body_sealed)).scalar_one()
    assert ONLY_NEW.open(value) == {"text": "written meanwhile"}


def test_the_service_works_between_two_batches(service, rotating):
    with service.engine.begin() as conn:
        for _ in range(3):
            write(conn, service, message("before"))

    def in_between(_name, _rows):
        with rotating.engine.begin() as conn:
            write(conn, rotating, message("in between"))

    keys.rotate(rotating, in_between)
    with service.engine.begin() as conn:
        texts = [one.message.text for one in inbox.claim(conn, ONLY_NEW, 100)]
    assert texts and keys.left(rotating) == 0


def test_a_missing_key_is_said_and_nothing_is_lost(service):
    with service.engine.begin() as conn:
        write(conn, service, message("hello"))
    before = list(sealed_values(service.engine))
    wrong = dataclasses.replace(service, vault=Vault(NEW, ("not-the-old-one-at-all-0123456789",)))
    with pytest.raises(HelplineError, match="PREVIOUS_SECRET_KEYS"):
        keys.rotate(wrong)
    assert list(sealed_values(service.engine)) == before
