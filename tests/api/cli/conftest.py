"""The command line in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that runs `parkloom` with arguments in a folder of its own."""
    for name in ("DATABASE_URL", "ORIGIN", "HOST", "PORT"):
        monkeypatch.delenv(f"PARKLOOM_{name}", raising=False)
    monkeypatch.setenv("PARKLOOM_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return invoke
