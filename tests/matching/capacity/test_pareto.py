"""Fronts: every bound holds against every plan, and no point beats another."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capacity import check, solve
from matching.capacity.pareto import (
    Front,
    Point,
    default_weights,
    front,
    largest_share,
    undominated,
)
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem
from matching.capacity.rules import EnterpriseShare, LocalFirst, Rules
from matching.limits import Limits
from tests.support.capacity import random_problem, three_plants
from tests.support.oracle import tiny_problem, ways

LIMITS = Limits(seconds=None, work=20, workers=1)


def point(value: int, other: int) -> Point:
    return Point(
        weight=Fraction(0),
        value_fen=value,
        other=Fraction(other),
        bound_fen=value,
        bonus_fen=0,
        served=0,
        plan=(),
    )


def every_plan(problem: Problem) -> list[tuple[PlanLine, ...]]:
    """Return every valid plan made of ways of single orders that pay."""
    choices = [[(), *(way.lines for way in ways(problem, one))][:12] for one in problem.orders]
    plans = [tuple(line for lines in chosen for line in lines) for chosen in product(*choices)]
    return [plan for plan in plans if check(problem, plan).valid]


def test_dominated_points_are_left_out():
    """More value and less carbon wins; equal points stay once."""
    points = [point(10, 5), point(8, 5), point(9, 4), point(9, 6), point(10, 5), point(7, 1)]
    kept = [(one.value_fen, one.other) for one in undominated(points, Front.CARBON)]
    assert kept == [(10, 5), (9, 4), (7, 1)]
    kept = [(one.value_fen, one.other) for one in undominated(points, Front.LOCAL)]
    assert kept == [(10, 5), (9, 6)]


def test_what_is_swept_by_default_begins_with_the_problem_as_it_is():
    """No bonus, the present price of carbon, no limit on shares."""
    problem = three_plants()
    assert default_weights(problem, Front.LOCAL)[0] == 0
    assert default_weights(problem, Front.CARBON)[0] == problem.settings.carbon_fen_per_kg
    assert default_weights(problem, Front.FAIRNESS)[0] == 10_000
    assert default_weights(three_plants(carbon_fen_per_kg=Fraction(0)), Front.CARBON)[:2] == (0, 1)


@pytest.mark.parametrize(
    ("kind", "weight", "told"),
    [
        (Front.CARBON, Fraction(7), "expected prices from 8 fen per kg up, got 7"),
        (Front.LOCAL, Fraction(1, 2), "local front: expected whole weights, got 1/2"),
        (Front.FAIRNESS, Fraction(0), "most_bps"),
    ],
)
def test_weights_that_the_rule_cannot_have_are_refused(kind: Front, weight: Fraction, told: str):
    """The message says what was expected."""
    with pytest.raises(ValueError, match=told):
        front(three_plants(), kind, LIMITS, solver=solve, weights=[weight])


def test_the_limit_that_a_problem_has_holds_in_every_point():
    """Turning and grinding share the minutes 130 to 110: within 60 %, whatever is swept."""
    share = Rules(enterprise_share=EnterpriseShare(most_bps=6_000))
    problem = replace(three_plants(), rules=share)
    (point,) = front(problem, Front.FAIRNESS, LIMITS, solver=solve, weights=[Fraction(10_000)])
    assert point.plan
    assert point.other <= Fraction(6, 10)


def test_the_largest_share_of_an_empty_plan_is_0():
    """There are no minutes to share."""
    assert largest_share(three_plants(), ()) == 0


@pytest.mark.long
@pytest.mark.parametrize("kind", Front)
def test_a_front_of_a_larger_problem_keeps_its_promises(kind: Front):
    """Value falls while the other respect gains; the points are valid plans below their bounds."""
    problem = random_problem(40, 30, 3)
    points = front(problem, kind, LIMITS, solver=solve)
    assert points
    assert [one.value_fen for one in points] == sorted((p.value_fen for p in points), reverse=True)
    for one in points:
        assert one.value_fen <= one.bound_fen
        report = check(problem, one.plan)
        assert report.objective_fen == one.value_fen
        assert len(report.served) == one.served


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6), kind=st.sampled_from(Front))
def test_no_plan_at_all_exceeds_a_bound_of_the_front(seed: int, kind: Front):
    """Every plan of a tiny problem, held against every point that it is at least as good as."""
    problem = tiny_problem(seed, lots=1)
    points = front(problem, kind, LIMITS, solver=solve, weights=default_weights(problem, kind)[::2])
    for plan in every_plan(problem):
        report = check(problem, plan)
        assert report.objective_fen is not None
        for one in points:
            if kind is Front.LOCAL:
                first = LocalFirst(bonus_fen_per_hour=int(one.weight))
                rules = Rules(local_first=first if one.weight else None)
                good = check(replace(problem, rules=rules), plan).bonus_fen >= one.bonus_fen
            elif kind is Front.CARBON:
                grams = sum((cost.carbon_g for cost in report.costs.values()), Fraction(0))
                good = grams <= one.other
            else:
                good = largest_share(problem, plan) <= one.other
            assert not good or report.objective_fen <= one.bound_fen
