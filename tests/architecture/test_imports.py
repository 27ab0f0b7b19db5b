"""Imports go one way; the contracts stand in pyproject.toml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_import_contracts_hold():
    command = Path(sys.executable).with_name("lint-imports")
    checked = subprocess.run(
        [str(command), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout[-4000:] + checked.stderr[-2000:]


@pytest.mark.parametrize("command", ["witness", "key", "sign"])
def test_a_command_without_an_installation_loads_no_database(command: str):
    """A witness is a small process, and a party's signer too: neither pays for what it lacks."""
    program = (
        "import sys, api.cli; api.cli.load(sys.argv[1]); "
        "print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "typer" in ran.stdout.split()
    heavy = {"sqlalchemy", "sqlmodel", "alembic", "psycopg", "fastapi", "ortools"}
    assert heavy & set(ran.stdout.split()) == set()
