"""The demo, as a newcomer runs it: from nothing, in a process of its own, without a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import fits

PROJECT = Path(__file__).parents[2]


def demo(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if "PARKLOOM" not in name}
    return subprocess.run(
        [sys.executable, "-m", "api.cli", "demo", *arguments],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.mark.long  # the README's transcript plays the same demo in the short run
def test_the_demo_plays_the_main_job_to_its_end(tmp_path: Path):
    done = demo(tmp_path, "--seconds", "3")
    assert done.returncode == 0, done.stderr
    assert fits(done.stdout)
    assert fits(done.stderr)
    for told in (
        "What was matched",
        "gap",
        "local share",
        "What a lender now knows",
        "OVER_PLEDGED",
        "proved: order",
        "not proved: ",
        "parkloom serve",
    ):
        assert told in done.stdout
    assert "caught" in done.stderr
    held = list((tmp_path / ".parkloom").rglob("*.key"))
    assert {path.name for path in held} == {"log.key", "operator.key", "tag.key"}
    assert len(list((tmp_path / ".parkloom-parties").rglob("*.key"))) > 50


@pytest.mark.long
def test_the_demo_can_be_played_again_and_used_afterwards(tmp_path: Path):
    """Commands run in the folder where the demo ran work on what it left."""
    demo(tmp_path, "--seconds", "2")
    done = demo(tmp_path, "--seconds", "2", "--json")
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout)
    assert figures["verified"]
    assert figures["tampering_caught"]
    assert figures["second_pledge"] == "OVER_PLEDGED"
    assert figures["served"] > 0
    environment = {name: value for name, value in os.environ.items() if "PARKLOOM" not in name}
    shown = subprocess.run(
        [sys.executable, "-m", "api.cli", "ledger", "show", figures["order"], "--json"],
        cwd=tmp_path,
        env={**environment, "PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(shown.stdout)["claims"][0]["state"] == "released"
