"""Public generalized assignment files: what is read, what is refused, and what it becomes."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.importers.codes import RejectCode
from data.importers.gap import (
    BETTER_KNOWN,
    FEN,
    SET_COLUMNS,
    Assignment,
    as_problem,
    read_assignment,
    read_best_known,
)
from matching.capacity import PlanLine, check

TWO_BY_THREE = "2 3\n 7 4 9\n 5 6 2\n 3 2 4\n 2 5 3\n 6 5\n"
HEADER = ",".join(column.name for column in SET_COLUMNS)


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "tiny"
    path.write_text(text)
    return path


def test_an_instance_is_read_row_by_row(tmp_path: Path):
    found = read_assignment(written(tmp_path, TWO_BY_THREE)).required()
    assert found.costs == ((7, 4, 9), (5, 6, 2))
    assert found.needs == ((3, 2, 4), (2, 5, 3))
    assert found.capacities == (6, 5)


@pytest.mark.parametrize(
    ("text", "code", "place", "expected", "got"),
    [
        ("", RejectCode.INCONSISTENT, "", "m agents and n jobs first", "0 numbers"),
        ("2", RejectCode.INCONSISTENT, "", "m agents and n jobs first", "1 numbers"),
        ("0 3", RejectCode.OUT_OF_RANGE, "number 1", "m of 1 to 1000", "0"),
        ("2 99999", RejectCode.OUT_OF_RANGE, "number 2", "n of 1 to 10000", "99999"),
        ("1000 9999", RejectCode.OUT_OF_RANGE, "number 1", "at most 1000000 pairs", "1000 x 9999"),
        (
            TWO_BY_THREE + "8",
            RejectCode.INCONSISTENT,
            "",
            "14 numbers after m = 2 and n = 3",
            "15",
        ),
        (
            TWO_BY_THREE.replace("9", "x"),
            RejectCode.NOT_AN_INTEGER,
            "number 5",
            "an integer",
            "x",
        ),
        (
            TWO_BY_THREE.replace("7", "-7"),
            RejectCode.OUT_OF_RANGE,
            "number 3",
            "0 to 10000000",
            "-7",
        ),
        (
            TWO_BY_THREE.replace("9", "1000001"),
            RejectCode.OUT_OF_RANGE,
            "number 5",
            "a cost of 0 to 1000000",
            "1000001",
        ),
        (
            TWO_BY_THREE.replace("3 2 4", "3 0 4"),
            RejectCode.OUT_OF_RANGE,
            "number 10",
            "a need of 1 or more",
            "0",
        ),
    ],
)
def test_a_bad_file_is_refused_with_the_number_that_is_wrong(
    tmp_path: Path, text: str, code: RejectCode, place: str, expected: str, got: str
):
    outcome = read_assignment(written(tmp_path, text))
    assert outcome.value is None
    first = outcome.rejects[0]
    assert (first.code, first.place, first.expected, first.got) == (code, place, expected, got)


def test_a_missing_file_and_bytes_that_are_no_text_are_refused(tmp_path: Path):
    assert read_assignment(tmp_path / "none").rejects[0].code is RejectCode.FILE_MISSING
    (tmp_path / "bytes").write_bytes(b"\xff\xfe 2")
    assert read_assignment(tmp_path / "bytes").rejects[0].code is RejectCode.NOT_AN_INTEGER
    assert read_assignment(tmp_path).rejects[0].code is RejectCode.FILE_UNREADABLE


def test_tables_of_unequal_rows_are_no_instance():
    with pytest.raises(ValueError, match="needs must be 2 rows of 1"):
        Assignment(name="x", costs=((1,), (2,)), needs=((1,), (2, 3)), capacities=(4, 4))
    with pytest.raises(ValueError, match="needs an agent and a job"):
        Assignment(name="x", costs=(), needs=(), capacities=())


def test_best_known_values_are_read_and_the_better_one_wins(tmp_path: Path):
    rows = [
        "chu1997/d20200,orlibrary,chu1997,200,20,12235,,12244",
        "a/b,orlibrary,a,15,5,261,261,261",
        "a/c,orlibrary,a,15,5,,,",
    ]
    (tmp_path / "data.csv").write_text("\n".join([HEADER, *rows, ""]))
    known = read_best_known(tmp_path).required()
    assert known["chu1997/d20200"].cost == BETTER_KNOWN["chu1997/d20200"] == 12238
    assert (known["a/b"].cost, known["a/b"].optimum, known["a/b"].bound) == (261, 261, 261)
    assert known["a/c"].cost is None


def test_a_set_without_its_table_or_with_another_header_is_refused(tmp_path: Path):
    assert read_best_known(tmp_path).rejects[0].code is RejectCode.FILE_MISSING
    (tmp_path / "data.csv").write_text("Path,Cost\na,1\n")
    assert read_best_known(tmp_path).rejects[0].code is RejectCode.HEADER_WRONG


@st.composite
def assignments(draw: st.DrawFn) -> Assignment:
    """Return an instance of up to two agents and three jobs."""
    agents, jobs = draw(st.integers(1, 2)), draw(st.integers(1, 3))
    table = st.tuples(*[st.tuples(*[st.integers(0, 9)] * jobs)] * agents)
    costs, needs = draw(table), draw(table)
    return Assignment(
        name="drawn",
        costs=costs,
        needs=tuple(tuple(1 + need for need in row) for row in needs),
        capacities=draw(st.tuples(*[st.integers(1, 20)] * agents)),
    )


@settings(deadline=None, max_examples=40)
@given(instance=assignments())
def test_every_assignment_is_a_plan_of_the_same_cost(instance: Assignment):
    """Capacity is kept in both or in neither, and a full assignment beats every partial one."""
    problem = as_problem(instance)
    worths: dict[bool, list[int]] = {True: [], False: []}
    agents = range(len(instance.capacities))
    for chosen in product([None, *agents], repeat=instance.jobs):
        placed = [(job, agent) for job, agent in enumerate(chosen) if agent is not None]
        lines = [
            PlanLine(
                order_id=problem.orders[job].order_id,
                lot=1,
                lot_quantity=1,
                step=1,
                offer_id=problem.offers[agent].offer_id,
                week=0,
                minutes=instance.needs[agent][job],
            )
            for job, agent in placed
        ]
        used = [sum(instance.needs[a][j] for j, a in placed if a == agent) for agent in agents]
        fits = all(u <= most for u, most in zip(used, instance.capacities, strict=True))
        worth = check(problem, lines).objective_fen
        assert fits == (worth is not None)
        if worth is not None:
            whole = len(placed) == instance.jobs
            worths[whole].append(worth)
            if whole:
                cost = sum(instance.costs[agent][job] for job, agent in placed)
                assert instance.cost_of(worth) == cost
                assert instance.least_cost(worth) == instance.least_cost(worth + FEN - 1) == cost
    if worths[True]:
        assert min(worths[True]) > max(worths[False])


def test_the_written_form_is_read_back(tmp_path: Path):
    """A file laid out in any lines means the same: only the sequence of numbers counts."""
    flat = " ".join(TWO_BY_THREE.split())
    assert (
        read_assignment(written(tmp_path, flat)).value
        == read_assignment(written(tmp_path, TWO_BY_THREE)).value
    )
