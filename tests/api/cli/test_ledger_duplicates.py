"""`parkloom ledger duplicates`: what looks alike is listed, and decided by a person."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from api.cli import app
from tests.support.cli import only_json, words
from tests.support.lookalikes import submit_altered
from tests.support.trades import Traded, trading


@pytest.fixture
def traded(tmp_path, monkeypatch):
    """Return an installation with a confirmed order; the command line works on it."""
    with trading(tmp_path / "installation") as found:
        monkeypatch.setenv("PARKLOOM_HOME", str(found.stage.settings.home))
        monkeypatch.setenv("PARKLOOM_ORIGIN", found.stage.settings.origin)
        yield found


def run(*arguments: str):
    return CliRunner().invoke(app, ["ledger", "duplicates", *arguments])


def test_an_alert_is_listed_and_decided(traded: Traded, tmp_path):
    assert "No orders look alike" in run().stdout
    again = submit_altered(traded.stage, tmp_path)
    (alert,) = only_json(run("--open", "--json"))["alerts"]
    assert (alert["order"], alert["other"], alert["held"]) == (again, traded.order, True)
    assert "open, held" in run().stdout
    decision = ["--order", again, "--other", traded.order, "--by", "ann", "--reason", "two"]
    decided = only_json(run(*decision, "--verdict", "distinct", "--json"))
    assert (decided["verdict"], decided["held"]) == ("distinct", False)
    assert only_json(run("--open", "--json"))["alerts"] == []
    refused = run(*decision, "--verdict", "duplicate")
    assert (refused.exit_code, "WRONG_STATUS" in refused.stderr) == (2, True)


def test_half_a_decision_is_refused(traded: Traded):
    refused = run("--order", "f" * 32, "--verdict", "distinct")
    assert (refused.exit_code, "needs --order, --other" in words(refused.stderr)) == (2, True)
