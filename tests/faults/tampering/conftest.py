"""The scene of every tampering: an installation on each kind of database, nothing touched yet.

The rows of the threat model (docs/spec/ledger.md) are played with full rights on the database:
triggers asleep, every table open. SQLite in the short run, PostgreSQL's superuser in the long one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.tampering import Scene
from tests.support.trades import trading

BOTH = [
    "sqlite",
    pytest.param("postgresql", marks=[pytest.mark.postgresql, pytest.mark.long]),
]


@pytest.fixture(params=BOTH)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    """Return an installation with one confirmed order and a lender."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    with trading(tmp_path / "installation", url) as traded:
        yield Scene(traded, tmp_path)
