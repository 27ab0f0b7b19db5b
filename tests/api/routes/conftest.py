"""Applications that answer in this process, over installations made for these tests."""

from __future__ import annotations

import pytest

from tests.support.installations import populated
from tests.support.web import NoRuns, client_of, still_app


@pytest.fixture(scope="module")
def park(tmp_path_factory):
    """An installation with the sample park in it; tests of a module share it."""
    workspace = populated(tmp_path_factory.mktemp("park"))
    yield workspace
    workspace.close()


@pytest.fixture(scope="module")
def park_runs():
    return NoRuns()


@pytest.fixture(scope="module")
def park_client(park, park_runs):
    return client_of(still_app(park, park_runs))
