"""Fixtures: a real database (SQLite, and PostgreSQL 15 where its binaries are), a service, people."""

from __future__ import annotations

import functools
import os
import shutil
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from helpline import clock, content, settings
from helpline import service as services
from helpline.db import schema
from helpline.db.engine import connect
from helpline.db.vault import Vault
from helpline.service import Service
from tests import postgres as postgres_server
from tests.postgres import free_port as free_port

SECRET = "a-secret-that-only-tests-use-0123456789"


def pytest_configure() -> None:
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """URL of a PostgreSQL server of our own, on a free port; skips where PostgreSQL is not installed."""
    try:
        with postgres_server.running() as url:
            yield url
    except postgres_server.Missing as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to copy: faster than making them for every test."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    made = connect(f"sqlite:///{path}")
    schema.metadata.create_all(made)
    with made.connect() as conn:
        conn.exec_driver_sql("COMMIT")
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_tables(postgres: str) -> Iterator[Engine]:
    """PostgreSQL with all tables; tests empty them, because making them takes longer."""
    made = connect(postgres)
    schema.metadata.create_all(made)
    yield made
    made.dispose()


def _empty(engine: Engine) -> None:
    names = {table.name for table in schema.metadata.sorted_tables}
    if set(sa.inspect(engine).get_table_names()) != names:  # a test dropped or renamed one on purpose
        with engine.begin() as conn:
            conn.exec_driver_sql("DROP SCHEMA public CASCADE")
            conn.exec_driver_sql("CREATE SCHEMA public")
        schema.metadata.create_all(engine)
    with engine.begin() as conn:
        # A test that left a transaction open must not make all others wait for it.
        others = "datname = current_database() AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%%'"
        conn.exec_driver_sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
        listed = ", ".join(f'"{name}"' for name in sorted(names))
        conn.exec_driver_sql(f"TRUNCATE {listed} RESTART IDENTITY CASCADE")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty database with all tables; each test using it runs on both kinds."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "helpline.db")
        made = connect(f"sqlite:///{tmp_path}/helpline.db")
    else:
        tables = request.getfixturevalue("postgres_tables")
        _empty(tables)
        made = connect(tables.url.render_as_string(hide_password=False))
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault(SECRET)


@pytest.fixture
def service(engine: Engine, vault: Vault) -> Service:
    """The service on an empty database, with the starter texts."""
    chosen = settings.read({"SECRET_KEY": SECRET, "DATABASE_URL": engine.url.render_as_string(hide_password=False)})
    return Service(chosen, engine, vault, content.Answers(engine))


@pytest.fixture(autouse=True)
def real_clock() -> Iterator[None]:
    """Whatever a test did to the clock is undone."""
    before = clock._offset
    yield
    clock._offset = before


@pytest.fixture(autouse=True)
def service_of_this_test_only() -> Iterator[None]:
    """The service of the process, if a test opened it, is not handed to the next one, whose database is another."""
    yield
    for opened in (services.here, getattr(sys.modules.get("actions.base"), "opened", None)):
        if isinstance(opened, functools._lru_cache_wrapper):
            opened.cache_clear()


def wait_until(condition, seconds: float = 20, what: str = "the condition"):
    """Wait for a truthy result; the test fails when it does not come."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        result = condition()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen within {seconds} s")


def count(engine: Engine, table: sa.Table, *where) -> int:
    with engine.connect() as conn:
        return conn.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one()
