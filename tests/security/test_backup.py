"""A backup holds everything, opens with one key only, and brings nobody back who asked to be erased."""

from __future__ import annotations

import dataclasses
import sqlite3
import stat

import pytest
import sqlalchemy as sa

from helpline import accounts, backup, cases, clock, contacts, heartbeats, inbox, outbox, privacy
from helpline.db import schema
from helpline.db.columns import metadata
from helpline.db.vault import Vault
from helpline.errors import HelplineError, InputError, Refused
from helpline.messages import Author, OutboundMessage
from tests.conftest import SECRET, count
from tests.people import AMINA, BASHIR, message, write

NEW = "another-secret-that-only-tests-use-987654"


@pytest.fixture
def lived(service):
    """A service with people, cases, staff and a message that waits to be sent; its tables are known to Alembic."""
    with service.engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE IF NOT EXISTS alembic_version (version_num VARCHAR(32) NOT NULL)")
        conn.exec_driver_sql("DELETE FROM alembic_version")
        conn.exec_driver_sql("INSERT INTO alembic_version VALUES ('0002')")
        accounts.ensure_demo(conn)
        for sender, text in ((AMINA, "I am Amina"), (BASHIR, "I am Bashir")):
            contact_id = write(conn, service, message(text, sender=sender))
            cases.open_case(conn, service.vault, contact_id, "asked", topic="find_food", language="en")
        epoch = contacts.get(conn, contact_id).epoch
        outbox.put(
            conn, service.vault, contact_id, OutboundMessage("soon"), author=Author.SYSTEM, kind="x",
            once_key="soon", epoch=epoch,
        )  # fmt: skip
    yield service
    with service.engine.begin() as conn:
        conn.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")


def rows(engine):
    with engine.connect() as conn:
        return {
            table.name: sorted(map(repr, (tuple(row) for row in conn.execute(sa.select(table)))))
            for table in metadata.sorted_tables
        }


def wreck(service):
    """Everything of the database is lost but its tables."""
    with service.engine.begin() as conn:
        for table in reversed(metadata.sorted_tables):
            conn.execute(sa.delete(table))


def texts(service):
    with service.engine.begin() as conn:
        return {one.message.text for one in inbox.claim(conn, service.vault, 100)}


def test_what_was_backed_up_comes_back_as_it_was(lived, tmp_path):
    before = rows(lived.engine)
    backup.make(lived, tmp_path / "b")
    assert rows(lived.engine) == before
    wreck(lived)
    done = backup.restore(lived, tmp_path / "b")
    after = rows(lived.engine)
    assert done.unsent == 1 and done.erased == 0
    for name in set(before) - {"outbox"}:
        assert after[name] == before[name], name
    with lived.engine.connect() as conn:
        assert conn.execute(sa.select(schema.outbox.c.state, schema.outbox.c.error)).one() == ("failed", "restored")
    assert texts(lived) == {"I am Amina", "I am Bashir"}


def test_whoever_was_erased_after_the_backup_stays_erased(lived, tmp_path):
    backup.make(lived, tmp_path / "b")
    clock.shift(3600)
    with lived.engine.begin() as conn:
        privacy.erase(conn, lived.vault, contacts.identify(conn, lived.vault, AMINA))
        privacy.erase_soon(conn, lived.vault, contacts.identify(conn, lived.vault, BASHIR))
    done = backup.restore(lived, tmp_path / "b")
    assert (done.erased, done.erasures_known) == (2, True)
    for table in (schema.contacts, schema.inbox, schema.outbox, schema.cases, schema.contact_identities):
        assert count(lived.engine, table) == 0, table.name


def test_an_erasure_from_before_the_backup_touches_nobody_in_it(lived, tmp_path):
    with lived.engine.begin() as conn:
        privacy.erase(conn, lived.vault, contacts.identify(conn, lived.vault, AMINA))
    clock.shift(10)
    backup.make(lived, tmp_path / "b")
    assert backup.restore(lived, tmp_path / "b").erased == 0
    assert texts(lived) == {"I am Bashir"}


def test_the_file_shows_nothing_and_is_its_owner_s(lived, tmp_path):
    backup.make(lived, tmp_path / "b")
    packed = (tmp_path / "b").read_bytes()
    for word in (b"SQLite format", b"PGDMP", b"accounts", b"sara", b"argon2", b"Amina", SECRET.encode()):
        assert word not in packed, word
    assert stat.S_IMODE((tmp_path / "b").stat().st_mode) & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".helpline")] == []


def test_it_opens_with_the_key_it_was_made_under_and_no_other(lived, tmp_path):
    backup.make(lived, tmp_path / "b")
    before = rows(lived.engine)
    wrong = dataclasses.replace(lived, vault=Vault(NEW))
    with pytest.raises(HelplineError, match="another SECRET_KEY"):
        backup.restore(wrong, tmp_path / "b")
    assert rows(lived.engine) == before
    backup.restore(dataclasses.replace(lived, vault=Vault(NEW, (SECRET,))), tmp_path / "b")


@pytest.mark.parametrize("harm", ["cut", "flipped", "longer", "swapped", "relabelled", "not one"])
def test_a_damaged_file_is_refused_and_changes_nothing(lived, tmp_path, harm, monkeypatch):
    monkeypatch.setattr(backup, "CHUNK", 64 * 1024)
    backup.make(lived, tmp_path / "b")
    packed = bytearray((tmp_path / "b").read_bytes())
    head = packed.index(b"\n", len(backup.MAGIC)) + 1
    piece = 4 + 64 * 1024 + 16
    if harm == "cut":
        del packed[head + piece :]
    elif harm == "flipped":
        packed[head + 100] ^= 1
    elif harm == "longer":
        packed += b"x"
    elif harm == "swapped":
        packed[head : head + 2 * piece] = packed[head + piece : head + 2 * piece] + packed[head : head + piece]
    elif harm == "relabelled":
        packed[:head] = packed[:head].replace(b'"at": 1', b'"at": 2')
    else:
        packed[:5] = b"other"
    (tmp_path / "b").write_bytes(packed)
    before = rows(lived.engine)
    with pytest.raises(HelplineError):
        backup.restore(lived, tmp_path / "b")
    assert rows(lived.engine) == before


def test_it_does_not_replace_what_is_in_use(lived, tmp_path):
    backup.make(lived, tmp_path / "b")
    with lived.engine.begin() as conn:
        heartbeats.beat(conn, "channel-1", {"kind": "channel"})
    with pytest.raises(Refused, match="channel-1"):
        backup.restore(lived, tmp_path / "b")
    assert backup.restore(lived, tmp_path / "b", force=True).unsent == 1


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)  # a file can be damaged; a server says no
def test_a_database_that_cannot_be_read_is_replaced_and_that_is_said(tmp_path, service):
    with service.engine.begin() as conn:
        conn.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        conn.exec_driver_sql("INSERT INTO alembic_version VALUES ('0002')")
        write(conn, service, message("I am Amina"))
    backup.make(service, tmp_path / "b")
    service.engine.dispose()
    path = tmp_path / "helpline.db"
    path.write_bytes(b"not a database at all" * 1000)
    done = backup.restore(service, tmp_path / "b")
    assert not done.erasures_known and texts(service) == {"I am Amina"}
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_backup_of_the_other_kind_is_refused(lived, tmp_path):
    backup.make(lived, tmp_path / "b")
    facts = backup.read_facts(tmp_path / "b")
    assert facts.kind == lived.engine.dialect.name
    other = {"sqlite": "postgresql", "postgresql": "sqlite"}[facts.kind]
    dump = tmp_path / "dump"
    dump.write_bytes(b"x")
    backup._pack(lived.vault, dataclasses.replace(facts, kind=other), dump, tmp_path / "c")
    with pytest.raises(InputError, match=other):
        backup.restore(lived, tmp_path / "c")
