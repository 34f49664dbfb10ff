"""Run by Alembic: one transaction, like the writer's, foreign keys off
(docs/explanation/durability.md)."""

from __future__ import annotations

from alembic import context

from callflow.storage.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
