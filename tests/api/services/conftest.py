"""Stages for the tests of the services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.services import imports, matching_runs, solving
from api.services.matching_runs import RunView
from data.exporters.bundle import write_bundle
from tests.support.small_park import SMALL_PARK, result_of
from tests.support.stage import Stage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """Return an installation whose registrar and operator are enrolled."""
    with staged(tmp_path) as stage:
        yield stage


@pytest.fixture
def planner(monkeypatch: pytest.MonkeyPatch):
    """Let runs find the small park's plan at once: these tests are not about solving."""
    monkeypatch.setattr(
        solving, "solve", lambda problem, limits, **_options: result_of(problem, limits)
    )


@pytest.fixture
def parked(stage: Stage, tmp_path: Path) -> Stage:
    """Return the stage with the small park imported."""
    folder = tmp_path / "small-park"
    folder.mkdir()
    write_bundle(folder, SMALL_PARK)
    imports.import_path(stage.workspace, folder)
    return stage


@pytest.fixture
def planned(parked: Stage, planner: None) -> tuple[Stage, RunView]:
    """Return the stage after a run, with its run."""
    matching_runs.queue(parked.workspace, "run-1", requested_by="test", seconds=1)
    return parked, matching_runs.execute(parked.workspace, "run-1")
