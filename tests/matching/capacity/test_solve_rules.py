"""Solving under the optional constraints: what is found keeps them, and comes near the optimum."""

from __future__ import annotations

import pytest

from matching.capacity import check, solve
from matching.capacity.contradictions import contradictions
from matching.limits import Limits
from matching.result import Status
from tests.support.oracle import best_plan, tiny_problem
from tests.support.rules import KINDS, with_rules

WORK = Limits(seconds=None, work=1500, seed=1, workers=1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_a_plan_under_a_rule_keeps_it_and_does_not_exceed_the_optimum(kind: str, seed: int) -> None:
    """Each kind of rule alone, on instances that a brute-force oracle solves."""
    problem = with_rules(tiny_problem(seed, lots=1), seed, kind)
    best = best_plan(problem)

    result = solve(problem, WORK)

    if result.status in (Status.OPTIMAL, Status.FEASIBLE):
        assert best is not None
        report = check(problem, result.plan)
        assert report.valid
        assert result.objective_fen == report.objective_fen
        assert result.objective_fen <= best.objective <= (result.bound_fen or 0)
    if result.status is Status.INFEASIBLE:
        assert best is None
        assert result.causes
        assert any(one.fatal for one in contradictions(problem))
    if result.status is Status.NO_SOLUTION_FOUND:
        assert result.causes
