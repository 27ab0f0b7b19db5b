"""technology assign: from a bare matrix and from files; bench reviewer."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from data.exporters.technology_lines import lines_of
from tests.support.cli import fits, only_json
from tests.support.consortia import demand, provider
from tests.support.folders import shared_folder

MATRIX = ("technology", "assign", "--scores", "M.npy", "--provider-load", "L.npy")
WHOLE = (*MATRIX, "--demand-load", "K.npy", "--out", "A.tsv")
FILES = ("technology", "assign", "--demands", "D.jsonl", "--providers", "P.jsonl")


@pytest.fixture
def arrays(tmp_path: Path) -> Path:
    """Write a problem of three providers and two demands."""
    np.save(tmp_path / "M.npy", np.array([[1.0, 0.7], [0.6, 0.1], [0.2, 0.2]]))
    np.save(tmp_path / "L.npy", np.array([1, 1, 1]))
    np.save(tmp_path / "K.npy", np.array([1, 1]))
    return tmp_path


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """Write two demands, two teams and a ranking."""
    demands = [demand("D1", skills=("a", "b"), members=2), demand("D2", skills=("c",))]
    teams = [provider("P1", skills=("a",)), provider("P2", skills=("b",), months=9)]
    (tmp_path / "D.jsonl").write_bytes(lines_of(demands))
    (tmp_path / "P.jsonl").write_bytes(lines_of(teams))
    ranked = ["query_id\ttarget_id\tscore\trank", "D1\tP1\t0.5\t1", "D1\tP2\t0.25\t2"]
    (tmp_path / "S.tsv").write_text("\n".join([*ranked, "D2\tP1\t0.5\t1", ""]))
    return tmp_path


def test_a_matrix_gives_a_table_of_the_same_shape(run, arrays: Path):
    """Rows providers, columns demands; total, minimum, bound and gap are printed."""
    result = run(*WHOLE, "--json", "--pairs", "pairs.tsv")
    assert result.exit_code == 0, result.stderr
    told = only_json(result)
    assert (told["total"], told["minimum"], told["bound"], told["gap"]) == (1.3, 0.6, 1.3, 0)
    assert told["status"] == "optimal"
    chosen = np.loadtxt(arrays / "A.tsv", dtype=int)
    assert chosen.tolist() == [[0, 1], [1, 0], [0, 0]]
    assert (arrays / "pairs.tsv").read_text() == "demand\tprovider\tscore\n0\t1\t0.6\n1\t0\t0.7\n"


def test_a_matrix_prints_for_people(run, arrays: Path):
    result = run(*WHOLE, "--min-score", "0.9", "--frontier", "2")
    assert result.exit_code == 0, result.stderr
    assert fits(result.stdout)
    for word in ("total", "minimum", "bound", "gap", "infeasible", "Relaxed", "Frontier", "costs"):
        assert word in result.stdout


def test_the_fairest_plan_and_the_frontier_are_printed(run, arrays: Path):
    told = only_json(run(*WHOLE, "--fair", "--frontier", "3", "--json"))
    assert told["greatest_floor"] == 0.6
    assert told["greatest_floor_bound"] == pytest.approx(0.6, abs=1e-4)
    assert [point["floor"] for point in told["frontier"]] == [0.6]
    assert told["frontier"][0]["cost"] == 0


@pytest.mark.parametrize("task", [("--min-score", "2.5"), ("--fair", "--frontier", "3")])
def test_ctrl_c_keeps_the_best_plan_and_says_so(run, tmp_path: Path, task: tuple[str, ...]):
    """The signal comes as soon as the command listens for it; the plan is whole and written."""
    np.save(tmp_path / "M.npy", np.random.default_rng(4).random((60, 40)))
    np.save(tmp_path / "L.npy", np.array([3]))
    np.save(tmp_path / "K.npy", np.array([3]))
    before = signal.getsignal(signal.SIGINT)

    def press() -> None:
        while signal.getsignal(signal.SIGINT) is before:
            time.sleep(0.001)
        os.kill(os.getpid(), signal.SIGINT)

    presser = threading.Thread(target=press, daemon=True)
    presser.start()
    result = run(*WHOLE, *task, "--seconds", 600, "--json")
    presser.join()

    assert result.exit_code == 0, result.stderr
    assert "Stopped by Ctrl-C" in result.stderr
    told = only_json(result)
    chosen = np.loadtxt(tmp_path / "A.tsv", dtype=int)
    assert (chosen.sum(axis=0) == 3).all()
    assert chosen.sum(axis=1).max() <= 3
    assert told["total"] <= told["bound"]
    assert signal.getsignal(signal.SIGINT) is before


def test_the_same_work_and_seed_give_the_same_plan(run, arrays: Path):
    """No clock is read: nodes of search trees are counted."""
    draw = np.random.default_rng(9)
    np.save(arrays / "M.npy", draw.random((30, 20)))
    np.save(arrays / "L.npy", np.array([2]))
    np.save(arrays / "K.npy", np.array([2]))
    asked = ("--min-score", "1.5", "--work", 3, "--seed", 11, "--json")
    told = []
    for _ in range(2):
        told.append(only_json(run(*WHOLE, *asked)))
        told[-1].pop("seconds")
    assert told[0] == told[1]


def test_what_makes_no_problem_is_refused(run, arrays: Path):
    """Exit status 2, and a sentence that names the option."""
    (arrays / "text.npy").write_text("no array")
    np.save(arrays / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    np.save(arrays / "five.npy", np.ones(5))
    for arguments, part in (
        ((*MATRIX, "--out", "A.tsv"), "--demand-load"),
        ((*MATRIX, "--demand-load", "absent.npy", "--out", "A.tsv"), "no such file"),
        ((*MATRIX, "--demand-load", "text.npy", "--out", "A.tsv"), ".npy"),
        ((*MATRIX, "--demand-load", "objects.npy", "--out", "A.tsv"), ".npy"),
        ((*MATRIX, "--demand-load", "five.npy", "--out", "A.tsv"), "expected 2 numbers"),
        ((*WHOLE, "--min-score", "nan"), "finite"),
        ((*WHOLE, "--lang", "fr"), "--lang"),
        (("technology", "assign", "--demand-load", "K.npy", "--out", "A.tsv"), "--scores"),
    ):
        result = run(*arguments)
        assert result.exit_code == 2, arguments
        assert part in " ".join(result.stderr.split())
    assert not (arrays / "A.tsv").exists()


def test_files_of_demands_give_consortia(run, lines: Path):
    """A ranking gives the scores; what cannot be answered says why."""
    result = run(*FILES, "--ranking", "S.tsv", "--out", "A.tsv", "--json")
    assert result.exit_code == 0, result.stderr
    told = only_json(result)
    assert told["answered"] == 1
    assert told["total"] == told["bound"] == "0.75"
    (team,) = told["plan"]
    assert (team["members"], team["lead"]) == (["P1", "P2"], "P1")
    assert told["unserved"]["D2"][0]["code"] == "skill_missing"
    rows = (lines / "A.tsv").read_text().splitlines()
    assert rows[0] == "demand_id\tprovider_id\trole\tscore"
    assert rows[1:] == ["D1\tP1\tlead\t0.5", "D1\tP2\tmember\t0.25"]


def test_files_of_demands_print_for_people(run, lines: Path):
    arguments = ("--ranking", "S.tsv", "--out", "A.tsv", "--fair", "--frontier", "2")
    result = run(*FILES, *arguments, "--lang", "zh-CN")
    assert result.exit_code == 0, result.stderr
    assert fits(result.stdout)
    assert "出路" in result.stdout
    assert "Frontier" in result.stdout


def test_wrong_pins_and_rankings_are_refused(run, lines: Path):
    (lines / "odd.tsv").write_text("a\tb\n1\t2\n")
    (lines / "word.tsv").write_text("query_id\ttarget_id\tscore\nD1\tP1\tmuch\n")
    for arguments, part in (
        (("--pin", "D1"), "DEMAND:PROVIDER"),
        (("--pin", "D9:P1"), "unknown"),
        (("--ranking", "odd.tsv"), "columns"),
        (("--ranking", "word.tsv"), "not a ranking"),
        (("--ranking", "none.tsv"), "not a ranking"),
    ):
        given = arguments if "--ranking" in arguments else (*arguments, "--ranking", "S.tsv")
        result = run(*FILES, *given, "--out", "A.tsv")
        assert result.exit_code == 2, arguments
        assert part in " ".join(result.stderr.split())
    alone = run("technology", "assign", "--demands", "D.jsonl", "--out", "A.tsv")
    assert alone.exit_code == 2
    assert "go together" in alone.stderr


def test_bench_reviewer_prints_random_consortia_without_any_set(run, tmp_path: Path):
    arguments = ("--demands", 8, "--providers", 60, "--seeds", 1)
    result = run("bench", "reviewer", *arguments)
    assert result.exit_code == 0, result.stderr
    assert fits(result.stdout)
    told = only_json(run("bench", "reviewer", str(tmp_path), *arguments, "--json"))
    (row,) = told["consortia"]
    assert told["sets"] == []
    assert row["valid"]
    assert row["objective"] <= row["bound"] <= row["price_bound"]
    assert run("bench", "reviewer", "nowhere").exit_code == 2


def test_bench_reviewer_reads_a_text_of_similarities(run, tmp_path: Path):
    """The layout of the public sets: papers and reviewers, then a row per paper."""
    folder = tmp_path / "perturbed-max"
    folder.mkdir()
    (folder / "preflib1.in").write_text("2 4\n1 0.5 0.25 0\n0 1 1 1\n")
    told = only_json(run("bench", "reviewer", str(tmp_path), "--demands", 0, "--json"))
    (row,) = told["sets"]
    assert (row["total"], row["minimum"], row["bound"]) == (4.75, 1.75, 4.75)
    (folder / "preflib1.in").write_text("2 4\n1 0.5\n")
    assert run("bench", "reviewer", str(tmp_path), "--demands", 0).exit_code == 2


@pytest.mark.long
def test_bench_reviewer_meets_the_published_figures(run):
    """Every set that is there: the exact totals, and the fair point that beats FairFlow."""
    folder = shared_folder("BENCHMARKS") / "reviewer"
    result = run("bench", "reviewer", folder, "--demands", 0, "--json")
    assert result.exit_code == 0, result.stderr
    rows = {(row["set"], row["task"]): row for row in json.loads(result.stdout)["sets"]}
    for row in rows.values():
        assert row["valid"]
        if row["task"] == "flow":
            assert round(row["total"], 2) == max(one["total"] for one in row["published"])
    fair = rows["midl up", "≥ 0.9448"]
    assert fair["total"] >= 201.76
    assert fair["minimum"] >= 0.9448
