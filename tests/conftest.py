"""Fixtures for all tests: a fresh, migrated database of each kind."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from data.engine import make_engine, session_factory
from tests.support.databases import (
    NoServer,
    Server,
    migrated_sqlite,
    no_server,
    postgresql_server,
    with_template,
)

# Processes that tests start keep their bytecode, whatever the environment says: one that compiles
# every module anew spends seconds before it begins.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

BOTH = ("sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql))


@pytest.fixture(scope="session")
def postgresql_bare() -> Iterator[Server | str]:
    """Return the server of this run without a template, or the reason why there is none."""
    try:
        context = postgresql_server()
        server = context.__enter__()
    except NoServer as error:
        yield str(error)
        return
    try:
        yield server
    finally:
        context.__exit__(None, None, None)


@pytest.fixture(scope="session")
def postgresql_with_template(postgresql_bare: Server | str) -> Iterator[Server | str]:
    """Return the server of this run with the migrated template, or why there is none."""
    if isinstance(postgresql_bare, str):
        yield postgresql_bare
        return
    with with_template(postgresql_bare) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migrated SQLite file to copy."""
    return migrated_sqlite(tmp_path_factory.mktemp("sqlite") / "template.db")


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which each test finds its SQLite database."""
    return tmp_path_factory.mktemp("sqlite") / "current"


@pytest.fixture
def sqlite_url(sqlite_template: Path, sqlite_folder: Path) -> str:
    """Return the address of a fresh, migrated SQLite database, alone in its folder."""
    shutil.rmtree(sqlite_folder, ignore_errors=True)
    sqlite_folder.mkdir()
    path = sqlite_folder / "parkloom.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql_with_template: Server | str) -> Iterator[str]:
    """Return the address of a fresh, migrated PostgreSQL database."""
    if isinstance(postgresql_with_template, str):
        no_server(postgresql_with_template)
    else:
        with postgresql_with_template.database() as url:
            yield url


@pytest.fixture(params=BOTH)
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the address of a fresh, migrated database; the test runs on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=BOTH)
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database without any table; the test runs on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: Server | str = request.getfixturevalue("postgresql_bare")
    if isinstance(server, str):
        no_server(server)
    else:
        with server.database(empty=True) as url:
            yield url


@pytest.fixture(scope="session")
def engines() -> dict[str, Engine]:
    """Return the engines made so far, by address, without open connections.

    An engine keeps the statements that it has compiled, which takes longer than most tests.
    """
    return {}


@pytest.fixture
def engine(database_url: str, engines: dict[str, Engine]) -> Iterator[Engine]:
    """Return an engine on a fresh database of each kind."""
    engine = engines.setdefault(database_url, make_engine(database_url))
    try:
        yield engine
    finally:
        engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """Return a session on a fresh database of each kind; rolled back unless the test commits."""
    with session_factory(engine)() as session:
        yield session
