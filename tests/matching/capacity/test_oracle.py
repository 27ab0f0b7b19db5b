"""The plans that trying everything finds: what other tests hold the engine against."""

from __future__ import annotations

from dataclasses import replace

import pytest

from matching.capacity import check
from matching.capacity.rules import Agreed, Ban, Keep, Rules, by_order
from tests.support.oracle import best_plan, optimum, tiny_problem
from tests.support.rules import KINDS, ruled_problem, with_rules

SEEDS = range(24)


def planned(seed: int):
    """Return a tiny problem with its best plan by order."""
    problem = tiny_problem(seed, lots=1)
    best = best_plan(problem)
    assert best is not None
    return problem, best, by_order(best.lines)


@pytest.mark.parametrize("kind", KINDS)
def test_rules_never_raise_what_the_base_model_earns(kind):
    """Bonus and penalty apart, a best plan under rules is a plan of the base model."""
    met = 0
    for seed in SEEDS:
        problem = tiny_problem(seed, lots=1)
        ruled = with_rules(problem, seed, kind)
        best = best_plan(ruled)
        if best is not None:
            met += 1
            report = check(ruled, best.lines)
            assert report.base_fen is not None
            assert report.base_fen <= optimum(problem)
    assert met > 5


def test_rules_that_ask_for_the_best_plan_change_nothing():
    for seed in SEEDS:
        problem, best, lines = planned(seed)
        if lines:
            rules = Rules(
                agreed=tuple(Agreed(order_id=name, lines=mine) for name, mine in lines.items()),
                given=best.lines,
                keep=Keep(penalty_fen=10_000),
                must_serve=frozenset(lines),
            )
            assert best_plan(replace(problem, rules=rules)) == best


def test_a_great_penalty_keeps_the_given_plan():
    """A plan of one order alone is worse than the best; the penalty makes it stay."""
    kept = 0
    for seed in SEEDS:
        problem, best, lines = planned(seed)
        if len(lines) > 1:
            kept += 1
            name, mine = next(iter(lines.items()))
            later = tuple(line for line in best.lines if line.order_id != name)
            rules = Rules(given=mine, keep=Keep(penalty_fen=10**6))
            found = best_plan(replace(problem, rules=rules))
            assert found is not None
            assert found.objective == best.objective
            assert check(replace(problem, rules=rules), later).changed == (name,)
    assert kept


def test_an_order_that_must_be_served_and_cannot_has_no_plan():
    for seed in SEEDS:
        problem = tiny_problem(seed, lots=1)
        name = problem.orders[0].order_id
        bans = tuple(Ban(order_id=name, offer_id=offer.offer_id) for offer in problem.offers)
        rules = Rules(bans=bans, must_serve=frozenset({name}))

        assert best_plan(replace(problem, rules=rules)) is None


def test_random_rules_are_sometimes_met_and_sometimes_not():
    found = [best_plan(ruled_problem(seed, kinds=3)) is not None for seed in range(40)]

    assert {True, False} == set(found)
