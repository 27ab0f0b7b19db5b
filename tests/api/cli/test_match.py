"""match, instance, bench: plans with their proof from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from data.exporters.bundle import write_bundle
from data.importers.bundle import read_bundle
from data.importers.results import read_claim, read_plan, read_reasons
from matching.capacity import check, check_bound
from tests.support.cli import fits, only_json, words
from tests.support.folders import shared_folder
from tests.support.small_park import SMALL_PARK, with_orders


@pytest.fixture
def park(tmp_path: Path) -> Path:
    """Return the small park as a bundle."""
    folder = tmp_path / "park"
    folder.mkdir()
    write_bundle(folder, SMALL_PARK)
    return folder


def test_match_writes_plan_claim_and_reasons(run, park: Path, tmp_path: Path):
    result = run("match", park, "--out", "out", "--work", "50")
    assert result.exit_code == 0, result.stderr
    assert fits(result.stdout)
    assert fits(result.stderr)
    assert "2 of 3" in result.stdout
    out = tmp_path / "out"
    plan = read_plan(out / "plan.csv").required()
    claim = read_claim(out / "claim.json").required()
    assert check(SMALL_PARK, plan).objective_fen == claim.objective_fen
    assert check_bound(SMALL_PARK, claim.prices) == claim.upper_bound_fen
    reasons = read_reasons(out / "reasons.jsonl").required()
    assert {order for order, reason in reasons.items() if reason.code == "matched"} == {
        "SHAFT",
        "PLATE",
    }
    text = json.loads((out / "reasons.jsonl").read_text().splitlines()[-1])
    assert set(text) == {"order_id", "code", "params", "text"}


def test_a_place_that_cannot_be_written_to_is_refused_before_the_solving(
    run, park: Path, tmp_path: Path
):
    """Nothing is worked out that could not be kept."""
    (tmp_path / "taken").write_text("mine")
    for out in ("taken", "taken/under"):
        result = run("match", park, "--out", out, "--work", "50")
        assert result.exit_code == 2
        assert out in words(result.stderr)
        assert result.stdout == ""
    assert (tmp_path / "taken").read_text() == "mine"


def test_a_folder_that_is_none_is_refused_with_the_way_out(run, tmp_path: Path):
    (tmp_path / "orders.csv").write_text("")
    for folder in ("nowhere", "orders.csv"):
        result = run("match", folder, "--out", "out")
        assert result.exit_code == 2
        assert folder in words(result.stderr)
        assert "parkloom sample" in words(result.stderr)


def test_match_with_json_prints_one_object(run, park: Path):
    result = run("match", park, "--out", "out", "--work", "50", "--seed", "7", "--json")
    figures = only_json(result)
    assert (figures["orders"], figures["served"], figures["seed"]) == (3, 2, 7)
    assert figures["objective_fen"] <= figures["upper_bound_fen"]
    assert 0 <= figures["gap"] < 1


def test_the_same_work_and_seed_give_the_same_files(run, tmp_path: Path):
    run("instance", "--orders", 30, "--offers", 20, "--seed", 3, "--out", "instance")
    for out in ("one", "two"):
        done = run("match", "instance", "--out", out, "--work", "200", "--seed", "5")
        assert done.exit_code == 0, done.stderr
    for name in ("plan.csv", "claim.json", "reasons.jsonl"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_run_begins_with_the_prices_of_an_earlier_one(run, park: Path, tmp_path: Path):
    """A claim that cannot be read is refused before the work."""
    assert run("match", park, "--out", "first", "--work", "50").exit_code == 0
    claim = tmp_path / "first" / "claim.json"

    again = run("match", park, "--out", "second", "--work", "50", "--start", claim)
    missing = run("match", park, "--out", "third", "--work", "50", "--start", "nowhere.json")

    assert again.exit_code == 0, again.stderr
    assert "2 of 3" in again.stdout
    assert missing.exit_code == 2
    assert "nowhere.json" in missing.stderr
    assert not (tmp_path / "third").exists()


def test_no_possible_plan_is_an_empty_plan_and_status_0(run, tmp_path: Path):
    folder = tmp_path / "park"
    folder.mkdir()
    write_bundle(folder, with_orders(SMALL_PARK.orders[2]))
    result = run("match", folder, "--out", "out", "--work", "10", "--json")
    assert result.exit_code == 0, result.stderr
    assert only_json(result)["served"] == 0
    assert read_plan(tmp_path / "out" / "plan.csv").required() == ()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda folder: (folder / "orders.csv").unlink(), "orders.csv"),
        (lambda folder: (folder / "settings.json").write_text("{"), "settings.json"),
        (lambda folder: (folder / "offers.csv").write_text("a,b\n1,2\n"), "HEADER_WRONG"),
    ],
)
def test_a_bundle_that_cannot_be_used_is_a_table_and_status_2(run, park: Path, spoil, told):
    spoil(park)
    result = run("match", park, "--out", "out")
    assert result.exit_code == 2
    assert told in words(result.stderr)
    assert fits(result.stderr)
    assert not Path("out").exists()
    error = only_json(run("match", park, "--out", "out", "--json"))["error"]
    assert error["total_rejects"] >= 1


def test_a_folder_that_is_not_there(run):
    result = run("match", "nowhere", "--out", "out")
    assert result.exit_code == 2
    assert not Path("out").exists()


def test_a_file_in_place_of_the_folder_is_refused_before_the_work(run, park: Path, tmp_path: Path):
    (tmp_path / "out").write_text("mine")
    result = run("match", park, "--out", "out", "--work", "10")
    assert result.exit_code == 2
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("option", [("--seconds", "0"), ("--seed", "-1"), ("--work", "-1")])
def test_limits_out_of_range_are_refused(run, park: Path, option):
    assert run("match", park, "--out", "out", *option).exit_code == 2


@pytest.mark.long
def test_ctrl_c_keeps_the_best_plan_and_says_so(run, tmp_path: Path):
    run("instance", "--orders", 60, "--offers", 40, "--seed", 2, "--out", "instance")
    command = [sys.executable, "-m", "api.cli", "match", "instance", "--out", "out"]
    with subprocess.Popen(
        [*command, "--seconds", "120"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    ) as process:
        try:
            assert process.stderr is not None
            seen = ""
            for line in process.stderr:
                seen += line
                if "improve" in line:  # the solver is at work, with a plan in hand
                    break
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 0, seen + err
    assert "Stopped by Ctrl-C" in err
    assert "Plan, seed 1" in out
    problem = read_bundle(tmp_path / "instance").required()
    assert check(problem, read_plan(tmp_path / "out" / "plan.csv").required()).valid


def test_instance_is_the_same_for_the_same_seed(run, tmp_path: Path):
    for out in ("one", "two"):
        arguments = ("--orders", 20, "--offers", 10, "--seed", 4, "--out", out, "--json")
        assert run("instance", *arguments).exit_code == 0
    assert (tmp_path / "one" / "orders.csv").read_bytes() == (
        tmp_path / "two" / "orders.csv"
    ).read_bytes()
    again = run("instance", "--orders", 20, "--offers", 10, "--seed", 4, "--out", "one")
    assert again.exit_code == 2


@pytest.mark.parametrize("seeds", ["", "x", "5-", "3-1", "1-2000"])
def test_bench_refuses_seeds_that_it_cannot_read(run, seeds):
    assert run("bench", "capacity", "--seeds", seeds).exit_code == 2


def test_the_referee_accepts_what_match_wrote(run, tmp_path: Path):
    referee = shared_folder("TOOLS") / "check_capacity_plan.py"
    run("instance", "--orders", 40, "--offers", 30, "--seed", 9, "--out", "instance")
    assert run("match", "instance", "--out", "out", "--seconds", "2").exit_code == 0
    judged = subprocess.run(
        [sys.executable, str(referee), "instance", "out/plan.csv", "--claim", "out/claim.json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout + judged.stderr
