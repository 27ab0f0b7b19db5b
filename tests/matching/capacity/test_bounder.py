"""The bounder: what it says beside the bound, and how it talks to the compiled kernels."""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.capacity import charges as charging
from matching.capacity.bounds import Bounder, Effort, full_effort
from matching.capacity.charges import Charges
from matching.capacity.columns import Columns, Ints, build_columns
from matching.capacity.kernels import bounding
from matching.capacity.kernels.build import FOLDER
from matching.capacity.proofs import NO_DUALS, NOTHING, PIECES, PRICE_ALONE, LotsProof
from tests.support.capacity import random_problem
from tests.support.oracle import tiny_problem

FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
SEEDS = st.integers(0, 10**6)
THOROUGH = Effort(steps=20, nodes=60, cells=16, node_steps=4)
HEADERS = ("kernels.h", "bounding.h")


def header(name: str) -> str:
    """Return a header without its comments."""
    text = (Path(FOLDER) / name).read_text(encoding="utf-8")
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def members(name: str) -> list[str]:
    """Return the names of the fields of a C structure, one for each number of an array in it."""
    for text in map(header, HEADERS):
        for body, found in re.findall(r"typedef struct \{([^}]*)\} (\w+);", text):
            if found == name:
                words = re.findall(r"(\w+)\s*(?=[,;\[])", body)
                return [word for word in words if not word.isupper()]
    raise AssertionError(f"no structure {name}")


def constants(name: str) -> list[int]:
    """Return the values of the C enumeration that has a constant, which count from 0."""
    for text in map(header, HEADERS):
        for body in re.findall(r"enum \{([^}]*)\};", text):
            names = [part.strip() for part in body.split(",")]
            if name in names:
                return list(range(len(names)))
    raise AssertionError(f"no constant {name}")


def prices_of(seed: int, shape: tuple[int, ...]) -> Ints:
    """Return random prices, half of them 0."""
    draw = np.random.default_rng(seed)
    return np.where(draw.random(shape) < 0.5, draw.integers(0, 40_000, shape), 0).astype(np.int64)


@pytest.mark.parametrize("kind", [Columns, Charges, bounding.Relaxed, bounding.Proof])
def test_structures_have_the_fields_of_the_named_tuples(kind: type[tuple[object, ...]]) -> None:
    """A structure is handed over by position, so that an exchanged field would not be noticed."""
    assert members(kind.__name__) == list(getattr(kind, "_fields"))  # noqa: B009


@pytest.mark.parametrize(
    ("name", "width"),
    [
        ("Entry", bounding.ENTRY),
        ("Group", bounding.GROUP),
        ("Row", bounding.ROW),
        ("Visit", bounding.VISIT),
        ("Best", bounding.BEST),
        ("Use", bounding.USE),
        ("Sample", bounding.SAMPLE),
        ("Node", bounding.NODE),
        ("Duals", bounding.DUALS),
        ("Own", bounding.OWN),
    ],
)
def test_memory_has_room_for_the_structures(name: str, width: int) -> None:
    """Tables of structures are allocated as rows of so many whole numbers."""
    assert len(members(name)) == width


@pytest.mark.parametrize("name", ["LOTS", "CELLS_MAX", "SPARE", "SAMPLES", "MILESTONES"])
def test_tables_have_the_sizes_of_the_kernels(name: str) -> None:
    """Each is said twice: where the memory is made, and where it is written to."""
    found = [re.search(rf"enum {{ {name} = (\d+) }};", text) for text in map(header, HEADERS)]

    assert [int(one[1]) for one in found if one] == [getattr(bounding, name)]


def test_columns_of_the_charges_are_those_of_the_kernels() -> None:
    """The last constant of each enumeration is the width of the table."""
    rows = charging.G_VALUE, charging.G_TARDY, charging.G_CAP
    legs = charging.G_LEG_PRICE, charging.G_LEG_CARBON

    assert constants("G_VALUE")[:-1] == [*rows, *legs]
    assert constants("G_RATE")[:-1] == [charging.G_RATE, charging.G_CARBON]


@FEW
@given(SEEDS)
def test_uses_are_a_subgradient_of_the_root_relaxation(seed: int) -> None:
    """Without multipliers and cases, earnings are convex in the prices and fall by the uses.

    With them they are not convex: other prices lead to other multipliers.
    """
    problem = tiny_problem(seed, lots=4)
    bounder = Bounder(problem, build_columns(problem))
    shape, unit = bounder.columns.idle.shape, bounder.charges.price_unit
    here, there = prices_of(seed, shape), prices_of(seed + 1, shape)
    root = Effort(steps=0, nodes=1, cells=random.Random(seed).randint(1, 5))
    then = bounder.earned(there, root)

    for at in bounder.able:
        use = np.zeros_like(here)
        earned = bounder.earned(here, root, orders=np.array([at]), use=use)[at]
        assert then[at] >= earned - unit * int((use * (there - here)).sum())
        assert earned > 0 or not use.any()


def test_uses_and_earnings_are_the_same_again_and_by_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Memory is used again for every order, and must not remember the one before."""
    problem = random_problem(60, 40, 5)
    bounder = Bounder(problem, build_columns(problem))
    prices, uses = prices_of(1, bounder.columns.idle.shape), []
    found = []
    for threads in (2, 2, 1):
        monkeypatch.setattr("matching.capacity.bounds.THREADS", threads)
        uses.append(np.zeros_like(prices))
        found.append(bounder.earned(prices, THOROUGH, use=uses[-1]).tolist())

    alone = [
        int(Bounder(problem, bounder.columns).earned(prices, THOROUGH, orders=np.array([at]))[at])
        for at in bounder.able[:10]
    ]

    assert found[0] == found[1] == found[2]
    assert alone == [found[0][at] for at in bounder.able[:10]]
    assert (uses[0] == uses[1]).all()
    assert (uses[0] == uses[2]).all()


def test_few_orders_of_much_effort_are_shared_among_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A second thread starts where the nodes are worth it, and changes nothing."""
    problem = random_problem(60, 40, 5)
    bounder = Bounder(problem, build_columns(problem))
    few, prices = bounder.able[:6], prices_of(2, bounder.columns.idle.shape)
    found, uses = [], []
    for least in (10**9, 1):
        monkeypatch.setattr("matching.capacity.bounds.NODES_OF_A_THREAD", least)
        uses.append(np.zeros_like(prices))
        found.append(bounder.earned(prices, THOROUGH, orders=few, use=uses[-1]))

    assert (found[0] == found[1]).all()
    assert (uses[0] == uses[1]).all()


def test_more_effort_bounds_better_on_the_whole() -> None:
    """Not for every order: cells are cut anew in each case. On the whole it must help."""
    problem = random_problem(60, 40, 5)
    bounder = Bounder(problem, build_columns(problem))
    nothing = np.zeros_like(bounder.columns.idle)
    efforts = Effort(0, 1, 4), Effort(0, 1, 16), Effort(10, 1, 16), THOROUGH

    bounds = [bounder.bound_fen(nothing, bounder.earned(nothing, effort)) for effort in efforts]

    assert bounds == sorted(bounds, reverse=True)
    assert bounds[0] > bounds[-1]


def test_effort_falls_with_the_number_of_orders() -> None:
    """The same rule for every problem, so that the same prices prove the same bound."""
    efforts = [full_effort(orders) for orders in (1, 400, 401, 4000, 4001, 20_000, 20_001)]

    assert efforts == sorted(efforts, reverse=True)
    assert efforts[0] == efforts[1] > efforts[2] == efforts[3] > efforts[4] == efforts[5]


def is_covered(proof: LotsProof) -> bool:
    """Return whether the cases of every node are all there, in their order."""
    cases: dict[int, list[int]] = {}
    for node in proof.nodes[1:]:
        cases.setdefault(node.parent, []).append(node.case)
    return all(
        found == list(range(3 if proof.nodes[at].kind == PIECES else 2))
        for at, found in cases.items()
    )


def test_proofs_are_trees_whose_leaves_name_their_multipliers() -> None:
    """Only orders that need multipliers or cases have proofs, and no number of lots has two."""
    problem = random_problem(60, 40, 5)
    bounder = Bounder(problem, build_columns(problem))
    nothing = np.zeros_like(bounder.columns.idle)
    earned = bounder.earned(nothing, THOROUGH)
    plain = bounder.earned(nothing, Effort(steps=0, nodes=1, cells=THOROUGH.cells))

    proofs = bounder.proofs(nothing, THOROUGH, bounder.able)

    assert set(np.flatnonzero(plain > earned)) <= set(proofs)
    for found in proofs.values():
        assert len({proof.lots for proof in found}) == len(found)
        for proof in found:
            parents = {node.parent for node in proof.nodes}
            leaves = [node for at, node in enumerate(proof.nodes) if at not in parents]
            assert is_covered(proof)
            assert all(node.kind == NOTHING for node in leaves)
            named = {node.duals for node in leaves} - {NO_DUALS, PRICE_ALONE}
            assert named == set(range(1, 1 + len(proof.multipliers)))


@pytest.mark.parametrize("effort", [Effort(1, 0, 8), Effort(1, 1, 0), Effort(1, 1, 129)])
def test_bounder_refuses_effort_that_it_has_no_memory_for(effort: Effort) -> None:
    """The kernels do not check where they write."""
    problem = tiny_problem(1)
    bounder = Bounder(problem, build_columns(problem))

    with pytest.raises(ValueError, match="expected nodes ≥ 1 and cells in"):
        bounder.earned(np.zeros_like(bounder.columns.idle), effort)
