"""Alembic's entry: migrates the engine that helpline.db.migrate hands over."""

from alembic import context

from helpline.db.schema import metadata

engine = context.config.attributes.get("engine")
if engine is None:
    from helpline import settings
    from helpline.db.engine import connect

    engine = connect(settings.read().database_url)

with engine.connect() as connection:
    # Two processes that start at once must not migrate at once. The lock belongs to the session, not to a
    # transaction, and the connection goes back to a pool: so it is given back by hand.
    locks = connection.dialect.name == "postgresql"
    if locks:
        connection.exec_driver_sql("SELECT pg_advisory_lock(121)")
        connection.commit()
    try:
        context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
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
