"""Offers: utilisation, prices, and the order that a lower rate would have won."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capacity import check, solve
from matching.capacity.explaining.offers import explain_offer
from matching.capacity.explaining.standing import Served, Standing
from matching.capacity.plan import Price
from matching.capacity.problem import Problem
from matching.limits import Limits
from tests.support.capacity import GRINDING_NEAR, GROUND, TURNED, offer, order, three_plants
from tests.support.oracle import best_plan, tiny_problem

PLAN = (TURNED, GROUND)
LIMITS = Limits(seconds=None, work=20, workers=1)


def at_rate(problem: Problem, offer_id: str, rate: int) -> Problem:
    offers = [
        replace(one, rate_fen_per_hour=rate) if one.offer_id == offer_id else one
        for one in problem.offers
    ]
    return replace(problem, offers=tuple(offers))


def test_an_offer_shows_its_weeks_and_their_prices():
    """Prices are by the hour; utilisation is exact; weeks without idle minutes are left out."""
    problem = three_plants(offers=[offer(idle_minutes=(0, 260, 260, 0, 0, 0)), GRINDING_NEAR])
    price = Price(offer_id="F1", week=1, millifen_per_minute=2_500)
    found = explain_offer(Standing(problem, PLAN, [price]), "F1")
    assert found.utilisation == Fraction(1, 4)
    assert [(week.week, week.used_minutes, week.fen_per_hour) for week in found.weeks] == [
        (1, 130, 150),
        (2, 0, 0),
    ]
    assert found.orders == ("O1",)
    assert (found.contenders, found.nearly_won) == (0, None)


def test_the_winning_rate_is_exact_and_solving_again_confirms_it():
    """A second turning shop is dearer; at the rate found it wins O1, a fen above it does not."""
    dear = offer("F4", rate_fen_per_hour=6_500)
    problem = three_plants(offers=[offer(), dear, GRINDING_NEAR])
    standing = Standing(problem, PLAN)
    won = explain_offer(standing, "F4").nearly_won
    assert won is not None
    assert won.order_id == "O1"
    assert won.rate_fen_per_hour < 6_000
    for rate, wins in ((won.rate_fen_per_hour, True), (won.rate_fen_per_hour + 1, False)):
        solved = solve(at_rate(problem, "F4", rate), LIMITS)
        before = check(at_rate(problem, "F4", rate), PLAN).objective_fen
        assert solved.objective_fen is not None
        assert before is not None
        assert (solved.objective_fen > before) is wins
        assert any(line.offer_id == "F4" for line in solved.plan) or not wins


def test_an_order_that_would_come_as_it_is_shows_the_present_rate():
    """The plan is not the best: the refused order fits the empty offer at its own rate."""
    found = explain_offer(Standing(three_plants(), ()), "F1").nearly_won
    assert found is not None
    assert (found.order_id, found.rate_fen_per_hour) == ("O1", 6_000)


def test_an_offer_that_is_sold_out_wins_nothing():
    """There is an order that fits, and no minute left."""
    full = offer("F4", idle_minutes=(0, 130, 0, 0, 0, 0))
    problem = three_plants(order(), order("O2"), offers=[full, offer(), GRINDING_NEAR])
    plan = [replace(TURNED, offer_id="F4"), GROUND]
    found = explain_offer(Standing(problem, plan), "F4")
    assert found.utilisation == 1
    assert found.contenders == 1
    assert found.nearly_won is None


def test_an_offer_without_idle_minutes_and_one_that_is_not_there():
    """Utilisation of nothing is 0; an unknown offer is named."""
    problem = three_plants(offers=[offer(), offer("F4", idle_minutes=(0,) * 6), GRINDING_NEAR])
    standing = Standing(problem, PLAN)
    found = explain_offer(standing, "F4")
    assert (found.utilisation, found.weeks, found.nearly_won) == (0, (), None)
    with pytest.raises(ValueError, match="offer F9: the problem has no such offer"):
        explain_offer(standing, "F9")


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_check_never_refutes_a_near_win(seed: int):
    """At the rate, the plan with the order on the offer is valid and worth what is said."""
    problem = tiny_problem(seed)
    best = best_plan(problem)
    assert best is not None
    standing = Standing(problem, best.lines)
    for one in problem.offers:
        won = explain_offer(standing, one.offer_id).nearly_won
        if won is None:
            continue
        # the plan is the best at the present rates, so a cut is needed
        assert won.rate_fen_per_hour < one.rate_fen_per_hour
        cheaper = {one.offer_id: replace(one, rate_fen_per_hour=won.rate_fen_per_hour)}
        served = {won.order_id: Served(request=standing.request(won.order_id), lines=won.lines)}
        changed, plan = standing.changed(served, offers=cheaper)
        now, before = check(changed, plan), check(changed, standing.plan)
        assert now.objective_fen is not None
        assert before.objective_fen is not None
        assert now.objective_fen - before.objective_fen == won.judged.gain_fen >= 1
        assert any(line.offer_id == one.offer_id for line in won.lines)
