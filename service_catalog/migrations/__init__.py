"""Alembic: bringing a database to the shape this version needs."""
