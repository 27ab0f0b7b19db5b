"""The bound that prices prove, against the true optimum and against other ways to reach it."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.capacity import PlanLine, Price, Problem, Quotation, check, check_bound
from matching.capacity.bounds import Bounder, Effort
from matching.capacity.charges import G_CAP, STRAIN_MOST, STRAIN_ONE, build_charges
from matching.capacity.columns import MILLIFEN_MAX, build_columns
from matching.capacity.rules import LocalFirst, Rules
from tests.support.capacity import order, random_problem, three_plants
from tests.support.oracle import optimum, tiny_problem
from tests.support.quoted import most_earned, quoted_problem

FEW = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
SEEDS = st.integers(0, 10**6)


def random_prices(problem: Problem, seed: int) -> list[Price]:
    draw = random.Random(seed)
    return [
        Price(offer_id=offer.offer_id, week=week, millifen_per_minute=draw.randrange(40_000))
        for offer in problem.offers
        for week in range(problem.settings.weeks)
        if draw.random() < 0.5
    ]


@settings(FEW, max_examples=10)
@given(SEEDS, st.integers(1, 2), st.sampled_from((None, 100, 600, 3000)))
def test_bound_holds_with_quotations_and_a_local_bonus(
    seed: int, lots: int, bonus: int | None
) -> None:
    """Setups, minutes and prices differ between the offers of one operation."""
    first = LocalFirst(bonus_fen_per_hour=bonus) if bonus else None
    problem = replace(quoted_problem(seed, lots=lots), rules=Rules(local_first=first))

    best = most_earned(problem)

    assert check_bound(problem, ()) >= best


@FEW
@given(SEEDS)
def test_bound_is_never_below_the_optimum(seed: int) -> None:
    problem = tiny_problem(seed)
    best = optimum(problem)

    assert check_bound(problem, ()) >= best
    assert check_bound(problem, random_prices(problem, seed)) >= best


@FEW
@given(SEEDS)
def test_bound_counts_the_bonus_for_local_work(seed: int) -> None:
    """The bonus raises what orders earn; it never pays more than the work costs."""
    bonus = LocalFirst(bonus_fen_per_hour=random.Random(seed).choice((100, 600, 3000)))
    problem = replace(tiny_problem(seed), rules=Rules(local_first=bonus))

    best = optimum(problem)

    assert check_bound(problem, ()) >= best
    assert check_bound(problem, random_prices(problem, seed)) >= best


@settings(FEW, max_examples=4)
@given(SEEDS)
def test_bound_holds_for_more_lots_than_are_branched_on(seed: int) -> None:
    """Four lots and more are bounded by a route without weekly limits."""
    problem = tiny_problem(seed, lots=4)
    problem = replace(problem, orders=tuple(replace(o, max_lots=4) for o in problem.orders[:2]))

    best = optimum(problem)

    assert check_bound(problem, ()) >= best
    assert check_bound(problem, random_prices(problem, seed)) >= best


@FEW
@given(SEEDS)
def test_one_order_of_one_lot_is_bounded_exactly(seed: int) -> None:
    """Where nothing is relaxed, the bound is the optimum: one lot, one operation, a loose cap."""
    problem = tiny_problem(seed)
    only = problem.orders[0]
    only = replace(only, max_lots=1, operations=only.operations[:1], max_price_fen=10**6)
    problem = replace(problem, orders=(only,))

    assert check_bound(problem, ()) == optimum(problem)


@FEW
@given(SEEDS)
def test_more_effort_never_breaks_the_bound(seed: int) -> None:
    """Every effort proves a bound of its own, whether its duals or its tree help or not."""
    problem = tiny_problem(seed)
    bounder = Bounder(problem, build_columns(problem))
    nothing = np.zeros_like(bounder.columns.idle)
    best = optimum(problem)

    efforts = (0, 1, 1), (0, 1, 4), (5, 1, 2), (0, 30, 2), (10, 200, 64), (4, 40, 3, 3)
    for effort in efforts:
        earned = bounder.earned(nothing, Effort(*effort))
        assert bounder.bound_fen(nothing, earned) >= best, effort


@settings(FEW, max_examples=10)
@given(SEEDS)
def test_bound_does_not_depend_on_the_order_of_the_input(seed: int) -> None:
    problem = tiny_problem(seed)
    prices = random_prices(problem, seed)
    turned = replace(problem, orders=problem.orders[::-1])

    assert check_bound(turned, prices[::-1]) == check_bound(problem, prices)


@pytest.mark.parametrize("lots", [1, 2, 3, 4])
def test_bound_of_an_order_that_cannot_be_made_in_time_is_nothing(lots: int) -> None:
    """No size of lot has a route: the costs of all of them are NEVER, also when added up."""
    late = order(release_week=4, due_week=3, max_lots=lots)

    assert check_bound(three_plants(late), ()) == 0


@pytest.mark.parametrize("lots", [2, 3])
def test_bound_skips_the_sizes_of_lots_that_have_no_route(lots: int) -> None:
    """A week has room for a part of the order only, so the large lots are impossible."""
    turning = three_plants().offers[0]
    short = replace(turning, min_lot=1, setup_minutes=0, idle_minutes=(0, 50, 0, 50, 0, 0))
    only = order(operations=order().operations[:1], max_lots=lots)
    problem = three_plants(only, offers=(short,), max_block_weeks=1)
    made = replace(problem, orders=(replace(only, value_fen=0),))

    assert 0 < check_bound(problem, ()) < only.value_fen
    assert check_bound(made, ()) == 0


def test_bound_holds_when_lots_share_the_work_of_unlike_quotations() -> None:
    """Of two quotations one is cheap to set up, the other short: lots may use either."""
    plant = replace(three_plants().offers[0], min_lot=1)
    first = replace(plant, offer_id="F1", idle_minutes=(10,) + (0,) * 5)
    second = replace(plant, offer_id="F2", idle_minutes=(149,) + (0,) * 5)
    only = order(
        operations=order().operations[:1],
        quantity=100,
        release_week=0,
        max_lots=2,
        weight_kg=Fraction(0),
    )
    short = Quotation(
        order_id="O1", step=1, offer_id="F2", setup_minutes=50, minutes_total=100, price_fen=100
    )
    cheap = replace(short, offer_id="F1", setup_minutes=0, minutes_total=1000)
    problem = three_plants(only, offers=(first, second), quotations=[cheap, short])
    most = PlanLine(
        order_id="O1", lot=1, lot_quantity=99, step=1, offer_id="F2", week=0, minutes=149
    )
    rest = replace(most, lot=2, lot_quantity=1, offer_id="F1", minutes=10)
    plan = [most, rest]

    worth = check(problem, plan).objective_fen

    assert worth is not None
    assert check_bound(problem, ()) >= worth


def test_bound_counts_the_priced_minutes_even_if_nobody_wants_them() -> None:
    problem = three_plants(order(release_week=4, due_week=3))
    prices = [Price(offer_id="F2", week=3, millifen_per_minute=1_500)]

    assert check_bound(problem, prices) == 600 * 3 // 2


def test_bound_does_not_depend_on_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = random_problem(60, 40, 5)
    together = check_bound(problem, ())

    monkeypatch.setattr("matching.capacity.bounds.THREADS", 1)

    assert check_bound(problem, ()) == together


@pytest.mark.parametrize(
    ("price", "message"),
    [
        (Price(offer_id="F9", week=0, millifen_per_minute=1), "no such offer or week"),
        (Price(offer_id="F1", week=6, millifen_per_minute=1), "no such offer or week"),
        (Price(offer_id="F1", week=0, millifen_per_minute=-1), r"must be in 0\.\."),
    ],
)
def test_bound_refuses_prices_that_mean_nothing(price: Price, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_bound(three_plants(), [price])


def test_bound_refuses_two_prices_for_one_minute() -> None:
    price = Price(offer_id="F1", week=0, millifen_per_minute=1)

    with pytest.raises(ValueError, match="appears twice"):
        check_bound(three_plants(), [price, price])


@pytest.mark.parametrize("fen", [10**7, 10**9, 10**10])
def test_charges_leave_room_for_every_product(fen: int) -> None:
    """A price cap is multiplied by its strain, a quotation by pieces, before they are divided."""
    quoted = Quotation(
        order_id="O1", step=1, offer_id="F1", setup_minutes=0, minutes_total=9, price_fen=fen
    )
    problem = three_plants(
        order(value_fen=fen, max_price_fen=fen, quantity=10**4, weight_kg=Fraction(1)),
        quotations=[quoted],
    )
    columns = build_columns(problem)

    charges = build_charges(problem, columns, millifen_max=MILLIFEN_MAX)

    strained = 1 + STRAIN_MOST // STRAIN_ONE
    assert int(charges.orders[:, G_CAP].max()) * STRAIN_MOST < 2**63
    assert int(charges.quotes.max()) * strained * 10**4 < 2**63
    assert charges.scale >= 1000


def test_bound_refuses_amounts_that_do_not_fit() -> None:
    """Rather refuse than overflow: sums of costs must stay below 2**60 parts."""
    rich = order(quantity=10**9, weight_kg=10**9, max_lots=1)

    with pytest.raises(ValueError, match="too large to bound exactly"):
        check_bound(three_plants(rich), ())
