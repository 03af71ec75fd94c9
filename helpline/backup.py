"""A copy of the whole database in one encrypted file, checked after writing; and back, without those erased since.

The file can be opened with the SECRET_KEY it was made under and with nothing else, and it does not hold that key: keep
the key in another place. Models of releases are rows of the database and come along; media were never kept.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.engine import URL, Engine

from helpline import clock, heartbeats, privacy
from helpline.db import migrate
from helpline.db.engine import connect, reading
from helpline.db.schema import outbox
from helpline.db.vault import Vault
from helpline.errors import HelplineError, InputError, Refused
from helpline.service import Service

MAGIC = b"helpline backup 1\n"
CHUNK = 1024 * 1024
_TAG = 16
_NOT_SENT = ("queued", "sending", "unknown", "held")


@dataclass(frozen=True)
class Facts:
    """What a backup says of itself, in clear."""

    kind: str
    """`sqlite` or `postgresql`."""
    at: int
    salt: str


@dataclass(frozen=True)
class Restored:
    """What a restore did."""

    at: int
    """When the backup was made."""
    erased: int
    """Contacts that had been erased since, and were erased again."""
    erasures_known: bool
    """Whether the database that was replaced could say who they are."""
    unsent: int
    """Messages that waited to be sent when the backup was made: they are not sent now."""


def make(service: Service, target: Path) -> Facts:
    """Write a backup while the service runs, and read it back. Raises HelplineError; then there is no file."""
    engine = service.engine
    facts = Facts(engine.dialect.name, clock.now(), secrets.token_hex(16))
    target = target.absolute()
    with tempfile.TemporaryDirectory(prefix=".helpline-", dir=target.parent) as folder:  # only for its owner
        dump, packed = Path(folder) / "dump", Path(folder) / "packed"
        _dump_sqlite(engine, dump) if facts.kind == "sqlite" else _dump_postgres(engine.url, dump)
        digest = _pack(service.vault, facts, dump, packed)
        if _unpack(service.vault, packed, Path(folder) / "again")[1] != digest:
            raise HelplineError("The backup does not read back as it was written; try another disk.")
        packed.chmod(0o600)
        packed.replace(target)
    return facts


def restore(service: Service, source: Path, *, force: bool = False) -> Restored:
    """Replace the database by a backup. Raises HelplineError and changes nothing when that cannot be done.

    Who was erased after the backup was made is read from the database that is replaced, if it can still be read, and
    erased again before anybody can see them. What waited to be sent is marked as not sent: much of it arrived long ago.
    """
    engine = service.engine
    if not force and (alive := _alive(engine)):
        raise Refused(f"Stop these first: {', '.join(alive)}. They would write into what is being replaced.")
    with tempfile.TemporaryDirectory(prefix=".helpline-", dir=_near(engine, source)) as folder:
        dump = Path(folder) / "dump"
        facts, _ = _unpack(service.vault, source, dump)
        if facts.kind != engine.dialect.name:
            raise InputError(f"This is a backup of {facts.kind}; DATABASE_URL names {engine.dialect.name}.")
        erased = _erased_since(engine, facts.at)
        if facts.kind == "sqlite":
            back, unsent = _into_sqlite(service, dump, erased)
        else:
            back, unsent = _into_postgres(service, dump, erased)
    return Restored(facts.at, back, erased is not None, unsent)


def read_facts(source: Path) -> Facts:
    """What a file says of itself. Raises InputError when it is no backup."""
    with source.open("rb") as file:
        return _head(file)[0]


def _alive(engine: Engine) -> list[str]:
    try:
        with reading(engine) as conn:
            return [one.process for one in heartbeats.signs(conn) if not one.silent]
    except sa.exc.SQLAlchemyError:  # damaged or empty: nobody can be at work on it
        return []


def _erased_since(engine: Engine, at: int) -> set[str] | None:
    try:
        with reading(engine) as conn:
            return privacy.erased_since(conn, at)
    except sa.exc.SQLAlchemyError:
        return None


def _tidy(service: Service, engine: Engine, erased: set[str] | None) -> tuple[int, int]:
    """Bring a copy up to today before anybody sees it: its tables, nobody who was erased, nothing sent twice."""
    migrate.upgrade(engine)
    with engine.begin() as conn:
        back = privacy.erase_again(conn, service.vault, erased or set())
        waiting = sa.update(outbox).where(outbox.c.state.in_(_NOT_SENT))
        unsent = conn.execute(waiting.values(state="failed", lease_until=None, error="restored")).rowcount
    return back, int(unsent)


def _near(engine: Engine, source: Path) -> Path:
    """A folder on the disk of the database, so that a copy can be moved into place in one step."""
    if engine.dialect.name == "sqlite":
        return Path(str(engine.url.database)).absolute().parent
    return source.absolute().parent


def _dump_sqlite(engine: Engine, dump: Path) -> None:
    source = sqlite3.connect(str(engine.url.database), timeout=30)
    copy = sqlite3.connect(dump)
    try:
        source.backup(copy)  # a moment's picture; writers go on
        copy.execute("PRAGMA journal_mode=DELETE")
        _require_whole(copy)
    except sqlite3.Error as error:
        raise HelplineError(f"The database cannot be copied ({error}).") from None
    finally:
        copy.close()
        source.close()


def _require_whole(database: sqlite3.Connection) -> None:
    found = database.execute("PRAGMA integrity_check").fetchone()[0]
    if found != "ok":
        raise HelplineError(f"The copy of the database is damaged ({found[:80]}).")


def _into_sqlite(service: Service, dump: Path, erased: set[str] | None) -> tuple[int, int]:
    database = sqlite3.connect(dump)
    try:
        _require_whole(database)
    finally:
        database.close()
    copy = connect(f"sqlite:///{dump}")
    try:
        done = _tidy(service, copy, erased)
        with copy.connect() as conn:
            conn.exec_driver_sql("COMMIT")
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        copy.dispose()
    service.engine.dispose()
    here = Path(str(service.engine.url.database)).absolute()
    for journal in ("-wal", "-shm"):
        here.with_name(here.name + journal).unlink(missing_ok=True)
    if here.exists():  # whoever restores may not be who runs the service
        before = here.stat()
        dump.chmod(before.st_mode & 0o777)
        os.chown(dump, before.st_uid, before.st_gid)
    dump.replace(here)
    return done


def _dump_postgres(url: URL, dump: Path) -> None:
    _run(url, "pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--schema=public", f"--file={dump}")
    _run(url, "pg_restore", "--list", str(dump), connected=False)


def _into_postgres(service: Service, dump: Path, erased: set[str] | None) -> tuple[int, int]:
    url, script = service.engine.url, dump.with_suffix(".sql")
    _run(url, "pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump), connected=False)
    service.engine.dispose()
    # All or nothing: if a line fails, the database is as it was.
    begin = "DROP SCHEMA public CASCADE"
    made = any(line.startswith(b"CREATE SCHEMA public") for line in script.open("rb"))
    commands = ["-c", begin, *([] if made else ["-c", "CREATE SCHEMA public"])]
    _run(url, "psql", "-X", "-q", "--single-transaction", "-v", "ON_ERROR_STOP=1", *commands, "-f", str(script))
    return _tidy(service, service.engine, erased)


def _run(url: URL, program: str, *arguments: str, connected: bool = True) -> None:
    environment = {**os.environ}
    where = []
    if connected:
        named = {"--host": url.host, "--port": url.port, "--username": url.username, "--dbname": url.database}
        where = [f"{option}={value}" for option, value in named.items() if value]
        if url.password:
            environment["PGPASSWORD"] = str(url.password)  # not an argument: those can be seen by everybody here
    try:
        subprocess.run(  # noqa: S603 - a fixed program, no shell
            [program, *where, *arguments], check=True, capture_output=True, env=environment, text=True, errors="replace"
        )
    except FileNotFoundError:
        raise HelplineError(f"{program} is not on this machine; install PostgreSQL's client programs.") from None
    except subprocess.CalledProcessError as error:
        last = (error.stderr or "").strip().splitlines()[:1]
        raise HelplineError(f"{program} failed: {last[0][:200] if last else error.returncode}") from None


def _pack(vault: Vault, facts: Facts, dump: Path, target: Path) -> str:
    """Encrypt in pieces that cannot be left out, swapped or cut off at the end; the digest of what went in."""
    head = MAGIC + json.dumps(facts.__dict__).encode() + b"\n"
    cipher, digest = AESGCM(_keys(vault, facts)[0]), hashlib.sha256()
    with dump.open("rb") as plain, target.open("xb") as out:
        out.write(head)
        piece, number = plain.read(CHUNK), 0
        while True:
            following = plain.read(CHUNK)
            digest.update(piece)
            sealed = cipher.encrypt(number.to_bytes(12, "big"), piece, head + (b"more" if following else b"last"))
            out.write(len(sealed).to_bytes(4, "big") + sealed)
            if not following:
                break
            piece, number = following, number + 1
        out.flush()
        os.fsync(out.fileno())
    return digest.hexdigest()


def _unpack(vault: Vault, source: Path, target: Path) -> tuple[Facts, str]:
    """Decrypt with any key in force. Raises HelplineError for a wrong key, a cut or a changed file."""
    with source.open("rb") as file, target.open("xb") as out:
        facts, head = _head(file)
        digest = hashlib.sha256()
        for piece in _pieces(file, head, _keys(vault, facts)):
            digest.update(piece)
            out.write(piece)
    return facts, digest.hexdigest()


def _pieces(file: BinaryIO, head: bytes, keys: list[bytes]) -> Iterator[bytes]:
    damaged = HelplineError(
        "The backup cannot be opened: it is damaged, or was made under another SECRET_KEY. "
        "Add the key of that time to PREVIOUS_SECRET_KEYS."
    )
    ciphers, number, last = [AESGCM(key) for key in keys], 0, False
    while not last:
        sealed = file.read(int.from_bytes(file.read(4), "big"))
        if not _TAG <= len(sealed) <= CHUNK + _TAG:
            raise damaged
        for cipher, ending in [(cipher, ending) for cipher in ciphers for ending in (b"more", b"last")]:
            try:
                piece = cipher.decrypt(number.to_bytes(12, "big"), sealed, head + ending)
            except InvalidTag:
                continue
            ciphers, last = [cipher], ending == b"last"
            yield piece
            break
        else:
            raise damaged
        number += 1
    if file.read(1):
        raise damaged


def _head(file: BinaryIO) -> tuple[Facts, bytes]:
    magic, line = file.read(len(MAGIC)), file.readline(500)
    try:
        told: dict[str, Any] = json.loads(line)
        facts = Facts(str(told["kind"]), int(told["at"]), bytes.fromhex(told["salt"]).hex())
    except (ValueError, KeyError, TypeError):
        facts = None
    if magic != MAGIC or facts is None:
        raise InputError("This file is not a backup of the helpdesk.")
    return facts, magic + line


def _keys(vault: Vault, facts: Facts) -> list[bytes]:
    return [bytes.fromhex(one) for one in vault.lookups("backup", facts.salt)]
