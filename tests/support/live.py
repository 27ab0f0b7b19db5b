"""Live plans for tests: a random problem of which some orders have not arrived yet."""

from __future__ import annotations

import random
from dataclasses import replace

from matching.capacity.check import check
from matching.capacity.live import LivePlan
from matching.capacity.plan import Price
from matching.capacity.problem import Order, Problem
from tests.support.capacity import inserted_plan, random_problem

ARRIVING = 12


def live_plan(seed: int, *, orders: int = 60, offers: int = 24) -> tuple[LivePlan, list[Order]]:
    """Return a plan in force for a random problem, and orders that are not in it."""
    whole = random_problem(orders + ARRIVING, offers, seed % 7)
    base = without_last(whole, ARRIVING)
    arriving = list(whole.orders[-ARRIVING:])
    random.Random(seed).shuffle(arriving)
    plan = LivePlan.from_result(base, inserted_plan(base), prices_for(base, seed))
    return plan, arriving


def without_last(problem: Problem, count: int) -> Problem:
    """Return a problem without its last orders."""
    return replace(problem, orders=problem.orders[: len(problem.orders) - count])


def prices_for(problem: Problem, seed: int) -> tuple[Price, ...]:
    """Return random prices: some weeks of some offers are scarce."""
    draw = random.Random(seed)
    return tuple(
        Price(offer_id=offer.offer_id, week=week, millifen_per_minute=draw.randint(0, 60_000))
        for offer in problem.offers
        for week in range(problem.settings.weeks)
        if draw.random() < 0.3
    )


def assert_stands(plan: LivePlan) -> None:
    """Check that a live plan is a valid plan of its snapshot, with the worth that it says."""
    problem = plan.snapshot()
    report = check(problem, plan.lines())
    assert report.valid, report.violations
    assert report.objective_fen == plan.objective_fen
    assert plan.version.snapshot_digest == problem.digest
    book = plan.book.values
    assert (book.free >= 0).all()
    assert int(book.profit.sum()) == plan.objective_fen
