"""Migrations make exactly the tables of helpline/db/schema, and can be run twice, together, and back."""

import os
import subprocess
import sys
import uuid

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from helpline.db import migrate, schema
from helpline.db.engine import connect


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def empty(request, tmp_path):
    """A database without tables, nobody else's."""
    if request.param == "sqlite":
        made = connect(f"sqlite:///{tmp_path}/empty.db")
    else:
        server = connect(request.getfixturevalue("postgres"))
        name = f"migrations_{uuid.uuid4().hex}"
        with server.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(sa.text(f"CREATE DATABASE {name}"))
        made = connect(server.url.set(database=name).render_as_string(hide_password=False))
        server.dispose()
    yield made
    made.dispose()


def differences(engine):
    with engine.connect() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": True})
        return compare_metadata(context, schema.metadata)


def test_migrated_database_has_the_tables_of_the_schema(empty):
    migrate.upgrade(empty)
    assert differences(empty) == []


def test_running_twice_changes_nothing(empty):
    migrate.upgrade(empty)
    migrate.upgrade(empty)
    assert differences(empty) == []


def test_one_open_case_is_enforced_by_the_database(empty):
    migrate.upgrade(empty)
    names = {index["name"]: index for index in sa.inspect(empty).get_indexes("cases")}
    assert names["uq_cases_one_open"]["unique"]


def test_going_back_leaves_no_table(empty):
    migrate.upgrade(empty)
    migrate.downgrade(empty, "base")
    assert set(sa.inspect(empty).get_table_names()) <= {"alembic_version"}


def test_processes_that_start_together_migrate_once(empty):
    environment = {**os.environ, "DATABASE_URL": empty.url.render_as_string(hide_password=False)}
    command = [sys.executable, "-m", "helpline", "migrate"]
    started = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    for process in started:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said
    assert differences(empty) == []
