"""Alembic's entry: migrates the engine that helpline.db.migrate hands over."""

from typing import Any

from alembic import context
from sqlalchemy.sql.elements import False_, True_

from helpline.db.schema import metadata

engine = context.config.attributes.get("engine")
if engine is None:
    from helpline import settings
    from helpline.db.engine import connect

    engine = connect(settings.read().database_url)


def _render(kind: str, item: Any, _context: Any) -> str | bool:
    """Yes and no as each database writes them: a migration is written on SQLite, whose 0 PostgreSQL refuses."""
    if kind == "server_default" and isinstance(getattr(item, "arg", None), (False_, True_)):
        return "sa.true()" if isinstance(item.arg, True_) else "sa.false()"
    return False


with engine.connect() as connection:
    # Two processes that start at once must not migrate at once. The lock belongs to the session, not to a
    # transaction, and the connection goes back to a pool: so it is given back by hand.
    locks = connection.dialect.name == "postgresql"
    if locks:
        connection.exec_driver_sql("SELECT pg_advisory_lock(121)")
        connection.commit()
    try:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True, render_item=_render)
        with context.begin_transaction():
            context.run_migrations()
        if connection.in_transaction():
            connection.commit()
    finally:
        if connection.in_transaction():
            connection.rollback()
        if locks:
            connection.exec_driver_sql("SELECT pg_advisory_unlock(121)")
            connection.commit()
