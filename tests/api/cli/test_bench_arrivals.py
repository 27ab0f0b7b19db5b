"""`parkloom bench arrivals` on an instance that takes a moment."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from api.commands.bench.arrivals import arrivals
from tests.support.cli import fits, only_json

SMALL = (
    "--orders",
    "60",
    "--offers",
    "30",
    "--seconds",
    "0.5",
    "--arriving",
    "8",
    "--failures",
    "2",
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "80")
    app = typer.Typer()
    app.command()(arrivals)
    return lambda *more: CliRunner().invoke(app, [*SMALL, *map(str, more)])


def test_every_figure_is_in_the_json(run, tmp_path):
    done = run("--json", "--json-out", tmp_path / "figures.json")
    assert done.exit_code == 0, done.stderr
    found = only_json(done)
    assert found == json.loads((tmp_path / "figures.json").read_text())
    assert sum(found["quotes"].values()) == found["arriving"] == 8
    assert found["quote"]["p50_ms"] <= found["quote"]["p99_ms"] <= found["quote"]["max_ms"]
    assert found["served_without_change"] <= found["served"] <= 8
    assert found["before_fen"] <= found["after_fen"] <= found["bound_fen"]
    assert 0 <= found["failure_changed_share_max"] <= 1


def test_the_table_fits_a_terminal(run):
    done = run()
    assert done.exit_code == 0, done.stderr
    assert fits(done.stdout)
    assert "machine down" in done.stdout


def test_more_cannot_arrive_than_there_are(run):
    done = run("--arriving", "60")
    assert done.exit_code == 2
    assert "expected fewer than the 60 orders" in done.stderr


@pytest.mark.long
def test_the_same_orders_are_quoted_over_http(run):
    """By a server of its own, which is gone afterwards."""
    done = run("--json", "--http")
    assert done.exit_code == 0, done.stderr
    asked = only_json(done)["http_quote"]
    assert 0 < asked["p50_ms"] <= asked["p99_ms"] <= asked["max_ms"]
