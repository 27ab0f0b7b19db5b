"""The same log store suite on memory, SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from data.engine import make_engine
from data.stores.ledger_log import SqlLogStore
from ledger.log.memory import MemoryLogStore
from ledger.log.store import LogStore
from tests.support.log_parts import ORIGIN, Log, open_log

settings.register_profile("parkloom", deadline=None)  # a loaded machine is no failure
settings.load_profile("parkloom")


@pytest.fixture(
    params=["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)]
)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LogStore]:
    """Return an empty log store of each kind."""
    if request.param == "memory":
        yield MemoryLogStore(ORIGIN)
        return
    engine = make_engine(request.getfixturevalue(f"{request.param}_url"))
    try:
        yield SqlLogStore(engine, ORIGIN, lock_folder=tmp_path)
    finally:
        engine.dispose()


@pytest.fixture
def log(store: LogStore, tmp_path: Path) -> Log:
    """Return an empty, opened log on each kind of store."""
    opened = open_log(store, tmp_path)
    opened.writer.recover()
    return opened
