"""Bring a database to the newest schema (Alembic), on SQLite and PostgreSQL alike."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine

from helpline.db import append_only
from helpline.db.schema import metadata


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing; running it twice changes nothing."""
    command.upgrade(_config(engine), revision)
    with engine.begin() as conn:
        append_only.guard(conn)


def waits_for(engine: Engine) -> str | None:
    """What a process must wait for before it can work: `database`, `migration`, or nothing."""
    try:
        there = set(sa.inspect(engine).get_table_names())
    except sa.exc.SQLAlchemyError:
        return "database"
    return None if set(metadata.tables) <= there else "migration"


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to a revision."""
    command.downgrade(_config(engine), revision)


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    return config
