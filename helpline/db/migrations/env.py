"""Alembic's entry: migrates the engine that helpline.db.migrate hands over."""

from alembic import context

from helpline.db.schema import metadata

engine = context.config.attributes.get("engine")
if engine is None:
    from helpline import settings
    from helpline.db.engine import connect

    engine = connect(settings.read().database_url)

with engine.connect() as connection:
    if connection.dialect.name == "postgresql":
        # Two processes that start at once must not migrate at once.
        connection.exec_driver_sql("SELECT pg_advisory_lock(121)")
        connection.commit()
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()
    if connection.in_transaction():
        connection.commit()
