"""`parkloom bench ledger`: both sides of every ratio, and what is left out said."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from api.commands.bench.app import app
from api.commands.bench.ledger import GOALS
from api.commands.bench.ledger_parts import Ratio, interleaved
from tests.support.cli import only_json


def run(*arguments: str):
    """Run `parkloom bench ledger` on a tiny log."""
    return CliRunner().invoke(app, ["ledger", "--entries", "1000", "--rounds", "1", *arguments])


@pytest.mark.long
@pytest.mark.parametrize("goal", ["G1", "G3", "G4", "G5", "G6", "G7", "G8"])
def test_a_goal_has_both_sides_of_its_ratios(goal: str) -> None:
    """Every figure is positive, and the ratio is that of the two sides."""
    done = run("--only", goal, "--json")
    assert done.exit_code == 0, done.output
    figures = only_json(done)
    assert figures["fdatasync_p50_ms"] > 0
    assert len(figures["load"]) == 2
    for one in figures["ratios"]:
        assert one["goal"] == goal
        assert one["ours"] >= 0
        assert one["other"] > 0
        assert one["ratio"] == pytest.approx(one["ours"] / one["other"], abs=1e-3)
    assert figures["ratios"]


def test_without_a_server_its_goal_is_left_out_and_said() -> None:
    """G2 needs an address."""
    done = run("--only", "g2")
    assert done.exit_code == 0, done.output
    assert "G2 left out" in done.output


def test_an_unknown_goal_is_bad_input() -> None:
    """The known ones are named."""
    done = run("--only", "G9")
    assert done.exit_code == 2
    assert "G1" in done.output
    assert list(GOALS) == [f"G{at}" for at in range(1, 9)]


def test_a_ratio_says_whether_it_is_reached() -> None:
    """At least or at most what is wanted."""
    facts = {"goal": "G1", "what": "x", "ours": 3.0, "other": 2.0, "unit": "/s"}
    assert Ratio(**facts, wanted=1.5).reached
    assert not Ratio(**facts, wanted=1.6).reached
    assert not Ratio(**facts, wanted=1.4, least=False).reached


def test_both_sides_take_turns() -> None:
    """Ours first, then theirs first: a load that comes and goes meets both."""
    calls: list[str] = []

    def side(name: str):
        def measure() -> float:
            calls.append(name)
            return float(len(calls))

        return measure

    assert interleaved(side("a"), side("b"), 3) == (4.0, 3.0)
    assert calls == ["a", "b", "b", "a", "a", "b"]
