"""Bring a database to the shape that this version of the product works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from data.errors import DatabaseDamaged, DatabaseNewer, DatabaseOlder

_LOCK = 0x7061726B6C6F6F6D  # "parkloom": one migration at a time on PostgreSQL


def configuration() -> Config:
    """Return Alembic's configuration, which needs no file."""
    config = Config()
    folder = str(Path(__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def newest_revision() -> str:
    """Return the revision that this version of the product works on."""
    revision = ScriptDirectory.from_config(configuration()).get_current_head()
    assert revision is not None, "the history has at least one revision"
    return revision


def current_revision(engine: Engine) -> str | None:
    """Return the revision of the database, or None when nothing was ever migrated."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Apply the missing migrations, all of them or none; a second call changes nothing.

    Raises
    ------
    DatabaseNewer
        When the database was migrated by a newer version of the product.
    DatabaseDamaged
        When a migration left rows that refer to nothing (SQLite, which checks that last).
    """
    with _migrating(engine) as connection:
        command.upgrade(_on(connection), revision)


def downgrade(engine: Engine, revision: str = "base") -> None:
    """Undo migrations down to `revision`. Rows that only the newer shape can hold are lost.

    Raises
    ------
    DatabaseNewer
        When the database was migrated by a newer version of the product.
    """
    with _migrating(engine) as connection:
        command.downgrade(_on(connection), revision)


def require_current(engine: Engine) -> None:
    """Refuse a database whose shape is not the one that this version works on.

    Raises
    ------
    DatabaseNewer
        When a newer version of the product has migrated it.
    DatabaseOlder
        When migrations are missing.
    """
    found = current_revision(engine)
    _refuse_newer(engine, found)
    if found != newest_revision():
        raise DatabaseOlder(
            f"{engine.url.render_as_string()} is at revision {found or 'none'}, this version "
            f"works on {newest_revision()}: stop the server, copy the database aside, and bring "
            "it up with `parkloom init`"
        )


def _refuse_newer(engine: Engine, found: str | None) -> None:
    script = ScriptDirectory.from_config(configuration())
    known = {revision.revision for revision in script.walk_revisions()}
    if found is not None and found not in known:
        raise DatabaseNewer(
            f"{engine.url.render_as_string()} is at revision {found}, which this version does not "
            f"know (it works on {newest_revision()}): a newer version of Parkloom has migrated "
            "it. Start that version, or restore a backup made before the migration"
        )


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in the one transaction of a migration."""
    _refuse_newer(engine, current_revision(engine))
    if engine.dialect.name == "sqlite":
        with _sqlite_without_keys(engine) as connection:
            yield connection
    else:
        with engine.begin() as connection:
            # Held to the end of the transaction; who comes second finds nothing left to do.
            connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection


@contextmanager
def _sqlite_without_keys(engine: Engine) -> Iterator[Connection]:
    """Yield a connection that does not act on foreign keys, and check them before the commit.

    SQLite changes a table by making a new one and dropping the old: with foreign keys on, the
    drop would delete the rows of other tables. They can be switched outside a transaction only.
    """
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None, "an open connection has its driver's"
        driver.execute("PRAGMA foreign_keys=OFF").close()
        try:
            with connection.begin():
                yield connection
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise DatabaseDamaged(
                        f"{engine.url.render_as_string()}: after the migration {len(broken)} rows "
                        f"refer to nothing, the first in table {broken[0][0]}; nothing was kept"
                    )
        finally:
            driver.execute("PRAGMA foreign_keys=ON").close()


def _on(connection: Connection) -> Config:
    config = configuration()
    config.attributes["connection"] = connection
    return config
