"""Alembic's entry: run the history on the connection that `data.migrations.runner` opened.

The developer's command `alembic` comes here without a connection; it opens the database that
`PARKLOOM_DATABASE_URL` names.
"""

from __future__ import annotations

import os
from typing import Literal

from alembic import context
from sqlalchemy import Connection, Engine
from sqlalchemy.types import TypeDecorator

import data.tables
from data.engine import make_engine


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave tables of others alone: the job engine keeps its own in the same SQLite file."""
    return kind != "table" or name in data.tables.metadata.tables


def render_item(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our own column types into a new revision as what they are stored as."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{type(item.impl_instance).__name__}()"
    return False


def run(connection: Connection) -> None:
    """Run the commanded migrations in the connection's transaction."""
    context.configure(
        connection=connection,
        target_metadata=data.tables.metadata,
        include_name=include_name,
        render_as_batch=True,
        render_item=render_item,
        transactional_ddl=True,  # SQLite's data definition is transactional once BEGIN is ours
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def main() -> None:
    """Take the runner's connection, or open the database named by the environment."""
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is not None:
        run(connection)
        return
    engine: Engine = make_engine(os.environ["PARKLOOM_DATABASE_URL"])
    try:
        with engine.begin() as opened:
            run(opened)
    finally:
        engine.dispose()


main()
