"""CP-SAT and HiGHS on the whole model: right on tiny problems, honest about large ones."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capacity import Problem, Quotation, check, check_bound, solve
from matching.capacity.baselines import BASELINES, Baseline
from matching.capacity.baselines.formulation import formulate
from matching.capacity.baselines.hint import hint_values
from matching.capacity.rules import Ban, Rules
from matching.limits import Limits
from tests.support.capacity import inserted_plan, offer, order, random_problem, three_plants
from tests.support.oracle import optimum, tiny_problem

SECONDS = 20.0  # tiny problems take hundredths


def fits_optimum(problem: Problem, found: Baseline) -> bool:
    """Return whether plan and bound enclose the optimum, up to the rounding that is left out."""
    best, orders = optimum(problem), len(problem.orders)
    assert found.objective_fen is not None
    assert found.bound_fen is not None
    return best - orders <= found.objective_fen <= best <= found.bound_fen <= best + orders + 1


@pytest.mark.parametrize("name", BASELINES)
@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6))
def test_a_tiny_problem_is_solved_to_its_optimum(name: str, seed: int):
    """Every rule of the model is in it, and none too many: trying every plan finds no better."""
    problem = tiny_problem(seed)
    found = BASELINES[name](problem, seconds=SECONDS)
    assert found.status == "optimal"
    assert check(problem, found.plan).objective_fen == found.objective_fen
    assert fits_optimum(problem, found)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bounds_hold_for_each_other_s_plans(name: str, seed: int):
    """No plan of a general solver beats the engine's proven bound, nor the other way round."""
    problem = random_problem(20, 15, seed)
    engine = solve(problem, Limits(seconds=None, work=50, workers=1))
    found = BASELINES[name](problem, seconds=2.0)
    assert engine.bound_fen is not None
    assert engine.objective_fen is not None
    assert found.bound_fen is not None
    assert found.objective_fen is not None
    assert (
        found.objective_fen
        <= check_bound(problem, engine.prices, engine.ceilings)
        == engine.bound_fen
    )
    assert engine.objective_fen <= found.bound_fen


@pytest.mark.parametrize("name", BASELINES)
def test_pieces_are_split_among_quoted_and_unquoted_offers(name: str):
    """With lots on both, each share of the work is rounded up by itself."""
    problem = three_plants(
        order(quantity=7, max_lots=2, operations=order().operations[:1], max_price_fen=10**6),
        offers=[
            offer("F1", min_lot=3, idle_minutes=(90,) * 6),
            offer("F4", min_lot=1, idle_minutes=(0, 75, 0, 0, 0, 0), park_id="P3"),
        ],
        quotations=[
            Quotation(
                order_id="O1",
                step=1,
                offer_id="F4",
                setup_minutes=5,
                minutes_total=101,
                price_fen=9_001,
            )
        ],
        max_block_weeks=1,
    )
    found = BASELINES[name](problem, seconds=SECONDS)
    assert found.status == "optimal"
    assert len({line.offer_id for line in found.plan}) == 2
    assert {line.minutes for line in found.plan if line.offer_id == "F4"} == {63}
    assert sum(line.lot_quantity for line in found.plan) == 7


@pytest.mark.parametrize("name", BASELINES)
def test_a_price_cap_that_is_met_to_the_fen_is_kept(name: str):
    """The row of the cap is exact: one fen less and the order is refused."""
    problem = three_plants()
    (cost,) = check(problem, BASELINES[name](problem, seconds=SECONDS).plan).costs.values()
    price = cost.processing + cost.transport
    cap = -(-price.numerator // price.denominator)
    for fen, served in ((cap, 1), (cap - 1, 0)):
        capped = replace(problem, orders=(order(max_price_fen=fen),))
        found = BASELINES[name](capped, seconds=SECONDS)
        assert len({line.order_id for line in found.plan}) == served
        assert found.note == ""


@pytest.mark.parametrize("name", BASELINES)
def test_a_model_over_the_limit_is_refused_in_words(name: str):
    found = BASELINES[name](random_problem(20, 15, 1), seconds=SECONDS, variables_max=50)
    assert found.status == "too_large"
    assert found.objective_fen is None
    assert found.plan == ()
    assert "more than 50 variables" in found.note


@pytest.mark.parametrize("name", BASELINES)
def test_a_start_is_not_lost(name: str):
    """What comes back is worth at least the plan that was given to start from."""
    problem = random_problem(20, 15, 1)
    start = inserted_plan(problem)
    worth = check(problem, start).objective_fen
    assert worth is not None
    found = BASELINES[name](problem, seconds=2.0, hint=start)
    assert found.objective_fen is not None
    assert found.objective_fen >= worth > 0


@pytest.mark.parametrize("seed", range(6))
def test_any_valid_plan_fits_the_model(seed: int):
    """The values of a plan keep every row, and the plan can be read back from them."""
    problem = random_problem(30, 25, seed)
    plan = inserted_plan(problem, every=1 + seed % 3)
    formulation = formulate(problem)
    values = hint_values(formulation, problem, plan)
    assert formulation.model.broken_by(values) == []
    lines = formulation.lines([values[at] for at in range(len(values))])
    again = check(problem, lines)
    assert again.objective_fen == check(problem, plan).objective_fen
    worth = formulation.model.worth([values[at] for at in range(len(values))])
    assert again.objective_fen is not None
    slack = 1000 * len(again.served) + sum(line.minutes + line.lot_quantity for line in lines) * 9
    assert 0 <= worth - 1000 * again.objective_fen <= slack


def test_a_start_that_breaks_a_rule_is_refused():
    problem = three_plants()
    plan = BASELINES["cpsat"](problem, seconds=SECONDS).plan
    wrong = [replace(line, minutes=line.minutes + 1) for line in plan]
    with pytest.raises(ValueError, match="not valid"):
        hint_values(formulate(problem), problem, wrong)


def test_amounts_beyond_64_bits_are_refused_in_words():
    """CP-SAT would call the model invalid; nothing is returned in its place."""
    long = (replace(order().operations[0], minutes_total=10**7),)
    dear = order(quantity=9_973, operations=long, max_price_fen=10**13)
    offers = [offer(rate_fen_per_hour=10**9, idle_minutes=(10**7,) * 6)]
    with pytest.raises(ValueError, match="64 bits"):
        BASELINES["cpsat"](three_plants(dear, offers=offers), seconds=SECONDS)


def test_a_problem_with_rules_is_refused():
    """The model knows the base problem alone; leaving a rule out unsaid would be a lie."""
    problem = replace(three_plants(), rules=Rules(bans=(Ban(order_id="O1", offer_id="F3"),)))
    with pytest.raises(ValueError, match="knows no rules"):
        formulate(problem)


@pytest.mark.parametrize(("objective", "bound", "gap"), [(9, 12, 0.25), (None, 12, None)])
def test_a_gap_needs_both_sides(objective: int | None, bound: int, gap: float | None):
    found = Baseline(
        name="x",
        plan=(),
        objective_fen=objective,
        bound_fen=bound,
        status="feasible",
        note="",
        variables=0,
        rows=0,
        build_seconds=0.0,
        seconds=0.0,
    )
    assert found.gap == (None if gap is None else pytest.approx(float(Fraction(gap))))
    if objective is not None:
        with pytest.raises(ValueError, match="exceeds the bound"):
            replace(found, bound_fen=objective - 1)
