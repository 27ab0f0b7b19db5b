"""The whole solver: what it promises about plan, bound, limits, progress and repetition."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.exporters.bundle import write_bundle
from data.exporters.plan import write_plan
from data.importers.bundle import read_bundle
from data.samples.random_instance import write_instance
from matching.capacity import CapacityResult, Problem, check, check_bound, solve
from matching.capacity.clock import Clock
from matching.capacity.planning import Engine
from matching.limits import Limits, Progress
from matching.result import Status
from tests.support.capacity import order, random_problem, three_plants
from tests.support.folders import shared_folder
from tests.support.oracle import optimum, tiny_problem

WORK = Limits(seconds=None, work=500, seed=3)
GREEDY_FEN = {1: 40_510_000, 2: 27_810_000, 3: 29_050_000}  # the specification's baseline


def loaded_problem(folder: Path, seed: int) -> Problem:
    """Return 200 orders that want 1.2 times what 100 offers have, as the specification measures."""
    write_instance(folder, orders=200, offers=100, seed=seed, load=1.2)
    return read_bundle(folder).required()


def assert_sound(problem: Problem, result: CapacityResult) -> None:
    """Check what holds for every result with a plan."""
    report = check(problem, result.plan)
    assert report.violations == ()
    assert report.objective_fen == result.objective_fen
    assert result.objective_fen is not None
    assert result.bound_fen is not None
    assert result.greedy_fen is not None
    assert result.greedy_fen <= result.objective_fen <= result.bound_fen
    assert check_bound(problem, result.prices, result.ceilings) == result.bound_fen
    assert list(result.reasons) == [order.order_id for order in problem.orders]
    served = {name for name, reason in result.reasons.items() if reason.code == "matched"}
    assert served == set(report.served)
    assert result.problem_digest == problem.digest


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.integers(0, 10**6))
def test_plan_and_bound_enclose_the_optimum(seed: int) -> None:
    problem = tiny_problem(seed)

    result = solve(problem, Limits(seconds=None, work=200))

    assert_sound(problem, result)
    best = optimum(problem)
    assert result.objective_fen is not None
    assert result.bound_fen is not None
    assert result.objective_fen <= best <= result.bound_fen


@settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.integers(0, 10**6))
def test_more_capacity_never_lowers_the_optimum(seed: int) -> None:
    problem = tiny_problem(seed)
    first = problem.offers[0]
    wider = replace(first, idle_minutes=tuple(idle + 1 for idle in first.idle_minutes))

    assert optimum(replace(problem, offers=(wider, *problem.offers[1:]))) >= optimum(problem)


@settings(
    max_examples=2, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(st.integers(0, 10**6))
def test_relabelling_and_reordering_leave_the_optimum_unchanged(seed: int) -> None:
    problem = tiny_problem(seed)
    renamed = replace(
        problem,
        offers=tuple(replace(o, offer_id="X" + o.offer_id) for o in problem.offers[::-1]),
        orders=tuple(replace(o, order_id="Y" + o.order_id) for o in problem.orders[::-1]),
    )

    assert optimum(renamed) == optimum(problem)


@pytest.mark.parametrize(("orders", "offers", "seed"), [(60, 40, 1), (60, 40, 2), (30, 60, 3)])
def test_random_instances_give_sound_results(orders: int, offers: int, seed: int) -> None:
    problem = random_problem(orders, offers, seed)

    assert_sound(problem, solve(problem, WORK))


def test_equal_seed_and_work_give_the_same_result_with_any_number_of_workers() -> None:
    problem = random_problem(60, 40, 4)
    one, again, alone = (solve(problem, replace(WORK, workers=workers)) for workers in (2, 2, 1))

    assert one.plan == again.plan == alone.plan
    assert one.prices == again.prices == alone.prices
    assert one.bound_fen == again.bound_fen == alone.bound_fen
    assert one.reasons == again.reasons == alone.reasons
    assert one.work == WORK.work
    assert one.stopped_by == "work"


def test_seconds_end_the_search() -> None:
    result = solve(random_problem(60, 40, 1), Limits(seconds=1.5, seed=1))

    assert result.stopped_by in ("seconds", "proof")
    assert sum(result.timings.values()) < 30


def test_no_work_at_all_is_the_greedy_plan() -> None:
    problem = random_problem(60, 40, 1)

    result = solve(problem, Limits(seconds=None, work=0))

    assert_sound(problem, result)
    assert result.work == 0


def test_nothing_to_match_is_proven_at_once() -> None:
    problem = three_plants(order(value_fen=1))

    result = solve(problem, WORK)

    assert (result.status, result.objective_fen, result.bound_fen) == (Status.OPTIMAL, 0, 0)
    assert (result.plan, result.gap, result.stopped_by) == ((), 0.0, "proof")
    assert result.reasons["O1"].code != "matched"


def test_a_problem_without_orders_or_offers_is_solved() -> None:
    plants = three_plants()

    for empty in (replace(plants, orders=()), replace(plants, offers=())):
        result = solve(empty, WORK)
        assert (result.status, result.plan, result.bound_fen) == (Status.OPTIMAL, (), 0)


def test_a_single_order_is_made_at_the_least_cost() -> None:
    """Turning in P1, grinding in the near park: the plan is proven to be the best."""
    problem = three_plants(order(max_lots=1))

    result = solve(problem, WORK)

    assert result.status is Status.OPTIMAL
    assert {line.offer_id for line in result.plan} == {"F1", "F3"}


def test_two_operations_that_want_the_same_minutes_both_get_theirs() -> None:
    """Both operations of one lot want the only week of the only offer."""
    turning = three_plants().offers[0]
    once = order().operations[0]
    both = order(operations=(once, once), max_lots=1, max_price_fen=10**6, value_fen=10**6)
    tight = replace(turning, idle_minutes=(0, 260, 0, 0, 0, 0))

    fits = solve(three_plants(both, offers=(tight,)), WORK)
    lacks = solve(
        three_plants(both, offers=(replace(tight, idle_minutes=(0, 259, 0, 0, 0, 0)),)), WORK
    )

    assert sorted(line.minutes for line in fits.plan) == [130, 130]
    assert lacks.plan == ()
    assert lacks.bound_fen == 0


def test_cancelling_at_once_still_gives_a_sound_result() -> None:
    problem = random_problem(60, 40, 1)

    result = solve(problem, Limits(seconds=60.0), cancelled=lambda: True)

    assert_sound(problem, result)
    assert result.stopped_by in ("cancelled", "proof")


def test_cancelling_later_keeps_the_best_plan() -> None:
    problem = random_problem(60, 40, 1)
    seen: list[Progress] = []

    result = solve(
        problem,
        Limits(seconds=600.0),
        on_progress=seen.append,
        cancelled=lambda: sum(progress.stage == "improve" for progress in seen) > 3,
    )

    assert_sound(problem, result)
    assert result.stopped_by == "cancelled"
    incumbents = [p.incumbent_fen for p in seen if p.incumbent_fen is not None]
    assert result.objective_fen is not None
    assert result.objective_fen >= max(incumbents) - len(problem.orders)  # rounding, per order


def test_progress_tells_stages_bound_and_gap() -> None:
    seen: list[Progress] = []

    result = solve(random_problem(60, 40, 1), WORK, on_progress=seen.append)

    stages = list(dict.fromkeys(progress.stage for progress in seen))
    assert stages == [
        "eligibility",
        "greedy",
        "prices",
        "bound",
        "construct",
        "improve",
        "check",
        "explain",
        "done",
    ]
    done = [progress.done for progress in seen]
    assert done == sorted(done)
    assert done[-1] == 1.0
    assert seen[-1].incumbent_fen == result.objective_fen
    assert seen[-1].bound_fen == result.bound_fen
    assert seen[-1].gap == pytest.approx(result.gap)


def test_progress_tells_the_best_plan_while_it_improves() -> None:
    """Of the chains, not of the plan that they began with."""
    seen: list[Progress] = []
    limits = Limits(seconds=None, work=2000, seed=1)

    result = solve(random_problem(120, 40, 1), limits, on_progress=seen.append)

    told = [p.incumbent_fen or 0 for p in seen if p.stage == "improve"]
    assert told == sorted(told)
    assert told[0] < told[-1] <= (result.objective_fen or 0) + len(result.plan)  # rounding


@pytest.mark.parametrize("seed", sorted(GREEDY_FEN))
def test_greedy_is_as_good_as_the_baseline_of_the_specification(tmp_path: Path, seed: int) -> None:
    problem = loaded_problem(tmp_path, seed)
    engine = Engine(problem, Clock(WORK, on_progress=None, cancelled=None))
    engine.screen()
    engine.greedy()

    assert (check(problem, engine.lines()).objective_fen or 0) >= GREEDY_FEN[seed]


@pytest.mark.parametrize("seed", [21, 22])
def test_the_referee_accepts_plan_and_claim(tmp_path: Path, seed: int) -> None:
    referee = shared_folder("TOOLS") / "check_capacity_plan.py"
    problem = random_problem(50, 50, seed)
    result = solve(problem, WORK)
    write_bundle(tmp_path, problem)
    write_plan(tmp_path / "plan.csv", result.plan)
    claim = {"objective_fen": result.objective_fen, "upper_bound_fen": result.bound_fen}
    (tmp_path / "claim.json").write_text(json.dumps(claim), encoding="utf-8")

    command = [sys.executable, referee, tmp_path, tmp_path / "plan.csv"]
    judged = subprocess.run(
        [*command, "--claim", tmp_path / "claim.json"], capture_output=True, check=False
    )

    assert judged.returncode == 0, judged.stdout


@pytest.mark.long
@pytest.mark.parametrize("seed", [11, 12, 13, 14, 15])
def test_the_gap_at_200_orders_is_small(tmp_path: Path, seed: int) -> None:
    problem = loaded_problem(tmp_path, seed)

    result = solve(problem, Limits(seconds=20.0, seed=1))

    assert_sound(problem, result)
    assert result.gap <= 0.25


def test_checking_needs_no_optimiser() -> None:
    """Importing the package and checking a plan loads neither the kernels nor OR-Tools."""
    script = (
        "import sys; from matching.capacity import check; "
        "kernels = 'matching.capacity.kernels.library'; "
        "assert not {kernels, 'ortools'} & set(sys.modules), sorted(sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)

    assert ran.returncode == 0, ran.stderr
