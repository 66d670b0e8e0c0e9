"""What alembic runs around the migrations: on the connection, and in the transaction, of its caller."""

from __future__ import annotations

from alembic import context

from kindpakket.backoffice.register.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
with context.begin_transaction():
    context.run_migrations()
