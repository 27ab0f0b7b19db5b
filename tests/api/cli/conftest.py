"""The command line in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs `parkloom` with arguments in a folder of its own."""
    for name in [name for name in os.environ if name.startswith("PARKLOOM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PARKLOOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke
