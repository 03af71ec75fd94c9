"""Bring a database to the newest schema (Alembic), on SQLite and PostgreSQL alike."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.engine import Engine

from helpline.db import append_only


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Run the migrations that are missing; running it twice changes nothing."""
    command.upgrade(_config(engine), revision)
    with engine.begin() as conn:
        append_only.guard(conn)


def downgrade(engine: Engine, revision: str) -> None:
    """Go back to a revision."""
    command.downgrade(_config(engine), revision)


def _config(engine: Engine) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["engine"] = engine
    return config
