"""Runs the migrations on the connection that the store was opened with."""

from alembic import context

from leadlight.serving.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
