"""Runs the migrations on the connection it is given (see `models.migrate`)."""

from alembic import context

from models.tables.metadata import everything

context.configure(connection=context.config.attributes["connection"], target_metadata=everything())
context.run_migrations()
