"""bench: figures of random and of public instances, re-checked, in processes of their own."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest

from api.commands.bench import seeds as seeds_module
from api.commands.bench.child import peak_memory_mb
from api.commands.bench.gap import TWENTY
from api.commands.bench.runs import ENGINE, Job, MeasurementFailed, measure
from api.commands.bench.seeds import drawn_seeds
from api.commands.bench.tables import show_engine, show_general_solvers, thousands
from api.commands.frame import Report
from data.importers.gap import SET_COLUMNS
from tests.support.cli import fits, only_json
from tests.support.folders import shared_folder

HEADER = ",".join(column.name for column in SET_COLUMNS)
EASY = "2 3\n7 4 9\n5 6 2\n3 2 4\n2 5 3\n6 5\n"
HARD = "2 4\n1 9 4 4\n8 2 5 3\n5 4 3 6\n4 6 5 3\n9 9\n"


def cheapest(text: str) -> int:
    """Return the least cost of an instance by trying every assignment."""
    agents, jobs, *rest = map(int, text.split())
    costs, needs = rest[: agents * jobs], rest[agents * jobs : 2 * agents * jobs]
    capacities = rest[2 * agents * jobs :]
    found = []
    for chosen in product(range(agents), repeat=jobs):
        used = [0] * agents
        for job, agent in enumerate(chosen):
            used[agent] += needs[agent * jobs + job]
        if all(u <= most for u, most in zip(used, capacities, strict=True)):
            found.append(sum(costs[agent * jobs + job] for job, agent in enumerate(chosen)))
    return min(found)


@pytest.fixture
def public_set(tmp_path: Path) -> Path:
    """Return a set of two tiny instances in the layout of the public ones."""
    folder = tmp_path / "set"
    (folder / "ours").mkdir(parents=True)
    (folder / "ours" / "easy").write_text(EASY)
    (folder / "ours" / "hard").write_text(HARD)
    rows = [
        f"ours/easy,orlibrary,ours,3,2,,,{cheapest(EASY)}",
        f"ours/hard,orlibrary,ours,4,2,,,{cheapest(HARD) - 1}",
        "other/easy,orlibrary,other,3,2,,,1",
    ]
    (folder / "data.csv").write_text("\n".join([HEADER, *rows, ""]))
    return folder


@pytest.mark.long
def test_capacity_measures_the_engine_and_the_general_solvers(run, tmp_path: Path):
    """The engine's bound holds for every plan, whoever found it; the file has what is printed."""
    arguments = ("--orders", 60, "--offers", 60, "--seeds", "2", "--seconds", 1)
    result = run(
        *("bench", "capacity", *arguments, "--baselines", "cpsat,highs"),
        *("--json-out", "out.json", "--charts", "charts", "--json"),
    )
    assert result.exit_code == 0, result.stderr
    figures = only_json(result)
    assert figures == json.loads((tmp_path / "out.json").read_text())
    (row,) = figures["rows"]
    assert row["greedy_fen"] <= row["objective_fen"] <= row["bound_fen"]
    expected = (row["bound_fen"] - row["objective_fen"]) / row["bound_fen"]
    assert figures["median_gap"] == row["gap"] == pytest.approx(expected)
    assert len(row["instance_sha256"]) == 64
    assert row["peak_mb"] > 0
    assert row["history"][-1][1:] == [row["objective_fen"], row["bound_fen"]]
    assert [other["solver"] for other in figures["baselines"]] == ["cpsat", "highs"]
    for other in figures["baselines"]:
        assert other["instance_sha256"] == row["instance_sha256"]
        assert other["objective_fen"] <= row["bound_fen"]
        assert row["objective_fen"] <= other["bound_fen"]
    charts = {path.name for path in (tmp_path / "charts").iterdir()}
    assert charts == {"gap-seed-2.svg", "load-seed-2.svg"}


@pytest.mark.long
def test_a_general_solver_that_starts_from_the_plan_does_not_lose_it(run):
    """The engine's plan keeps every row of the model, so that what comes back is as good."""
    arguments = ("--orders", 60, "--offers", 60, "--seeds", "5", "--seconds", 3)
    result = run("bench", "capacity", *arguments, "--baselines", "cpsat", "--from-plan", "--json")
    assert result.exit_code == 0, result.stderr
    figures = only_json(result)
    (row,), (other,) = figures["rows"], figures["baselines"]
    assert row["objective_fen"] <= other["objective_fen"] <= row["bound_fen"]


@pytest.mark.long
def test_capacity_prints_for_people(run):
    result = run(
        "bench", "capacity", "--orders", 20, "--offers", 20, "--seeds", "1", "--seconds", 1
    )
    assert result.exit_code == 0, result.stderr
    assert fits(result.stdout)
    for word in ("plan", "greedy", "bound", "gap", "median", "worst", "load", "machine:", "MB"):
        assert word in result.stdout


def test_the_referee_judges_the_files_of_each_plan(run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PARKLOOM_TOOLS", str(shared_folder("TOOLS")))
    arguments = ("--orders", 20, "--offers", 20, "--seeds", "1", "--seconds", 1, "--json")
    (row,) = only_json(run("bench", "capacity", *arguments))["rows"]
    assert row["referee"] == "accepted"
    assert row["certificate"] == "proved"


def figures(seed: int) -> dict[str, object]:
    """Return figures as large as the largest goal has them."""
    return {
        "seed": seed,
        "served": 61_234,
        "objective_fen": 28_562_000_000,
        "greedy_fen": 24_128_000_000,
        "bound_fen": 32_403_000_000,
        "gap": 0.1185,
        "over_greedy": 0.1837,
        "seconds": 900.4,
        "peak_mb": 1_999,
        "load_before": 12.0,
        "load_after": 10.5,
        "timings": {"eligibility": 1.0, "improve": 800.0},
        "instance_sha256": "0" * 64,
        "referee": "not run",
        "certificate": "not made",
        "certified_gap": 0.1234,
        "stopped_by": "seconds",
    }


def test_the_tables_fit_80_columns_at_any_size(capsys: pytest.CaptureFixture[str]):
    report = Report(as_json=False)
    rows = [figures(999_999), figures(123_456)]
    show_engine(rows, report, title="100000 orders x 20000 offers, 900 s each, 2 workers")
    died = {"objective_fen": None, "bound_fen": None, "gap": None, "seconds": None}
    other = {**rows[0], "solver": "cpsat", "status": "no_solution_found", "note": ""}
    ended = {**other, **died, "peak_mb": None, "status": "died", "note": "out of memory"}
    show_general_solvers([other, ended], rows, report, title="General solvers, 900 s each")
    printed = capsys.readouterr().out
    assert fits(printed)
    assert "285,620" in printed
    assert "999999" in printed
    assert "out of memory" in printed


def test_short_amounts_have_a_decimal():
    assert [thousands(fen) for fen in (None, 4_713_000_000, 47_130_000)] == ["-", "47,130", "471.3"]


def test_seeds_follow_from_the_commit_by_the_rule_in_the_help():
    """Fixed for ever: who reads the help can draw the same seeds with any SHA-256."""
    commit = "f3b9cb4"
    assert drawn_seeds(commit, 2) == drawn_seeds(commit, 3)[:2] == [430713, 581637]
    assert len(set(drawn_seeds(commit, 20)) & set(drawn_seeds(commit + "0", 20))) == 0


def test_seeds_from_a_commit_need_a_checkout(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(seeds_module, "SOURCES", tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    result = run("bench", "capacity", "--seeds-from-commit", 2)
    assert result.exit_code == 2
    assert "not a git checkout" in result.stderr


@pytest.mark.parametrize("seeds", ["", "x", "5-", "3-1", "1-2000"])
def test_seeds_that_cannot_be_read_are_refused(run, seeds: str):
    assert run("bench", "capacity", "--seeds", seeds).exit_code == 2


def test_an_unknown_general_solver_is_refused(run):
    result = run("bench", "capacity", "--baselines", "cpsat,gurobi")
    assert result.exit_code == 2
    assert "got gurobi" in result.stderr


@pytest.mark.long
def test_gap_compares_with_the_best_known(run, public_set: Path, tmp_path: Path):
    """Both tiny instances are solved whole; a cost above the best known is a gap above it."""
    arguments = ("bench", "gap", public_set, "--only", "ours/easy,hard", "--seconds", 1)
    result = run(*arguments, "--json-out", "out.json", "--json")
    assert result.exit_code == 0, result.stderr
    figures = only_json(result)
    assert figures == json.loads((tmp_path / "out.json").read_text())
    easy, hard = figures["rows"]
    assert easy["lower_bound"] <= easy["cost"] == cheapest(EASY)
    assert hard["lower_bound"] <= hard["cost"] == cheapest(HARD)
    assert easy["above_best_known"] == 0
    above = 1 / (cheapest(HARD) - 1)
    assert hard["above_best_known"] == pytest.approx(above)
    assert figures["mean_above_best_known"] == pytest.approx(above / 2)
    assert figures["not_whole"] == []


def test_gap_prints_for_people(run, public_set: Path):
    result = run("bench", "gap", public_set, "--only", "hard", "--seconds", 1)
    assert result.exit_code == 0, result.stderr
    assert fits(result.stdout)
    for word in ("hard", "best known", "above", "mean", "machine:"):
        assert word in result.stdout


@pytest.mark.parametrize(
    ("only", "told"),
    [("none", "is not in data.csv"), ("easy", "is in several folders"), ("", "is not in data.csv")],
)
def test_instances_must_be_named_clearly(run, public_set: Path, only: str, told: str):
    result = run("bench", "gap", public_set, "--only", only)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


def test_a_bad_instance_is_shown_with_its_mistake(run, public_set: Path):
    (public_set / "ours" / "hard").write_text(HARD + "1")
    result = run("bench", "gap", public_set, "--only", "hard")
    assert result.exit_code == 2
    assert "18 numbers after m = 2 and n = 4" in result.stderr


def test_the_fixed_twenty_are_in_the_public_set():
    folder = shared_folder("BENCHMARKS") / "gap"
    assert len(set(TWENTY)) == 20
    assert all((folder / name).is_file() for name in TWENTY)


def test_a_process_that_fails_says_why(tmp_path: Path):
    job = Job(solver=ENGINE, seconds=1.0, workers=1, assignment=str(tmp_path / "nothing"))
    with pytest.raises(MeasurementFailed, match=r"engine on nothing gave no figures: .*MISSING"):
        measure(job)


def test_the_peak_of_a_process_is_at_least_what_it_holds():
    held = b"x" * 50_000_000
    assert peak_memory_mb() * 10**6 >= len(held)
