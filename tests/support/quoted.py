"""Tiny problems of one order with quotations, and the most that it can earn."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sized
from dataclasses import replace
from itertools import product

from matching.capacity import Offer, PlanLine, Problem, Quotation, check
from matching.capacity.check import misfits
from matching.capacity.tariff import work_minutes
from tests.support.oracle import tiny_problem


def quoted_problem(seed: int, *, lots: int) -> Problem:
    """Return a random problem of one order; some of its offers have quoted.

    An order of several lots has one operation, so that its plans can be counted out.
    """
    draw = random.Random(seed)
    problem = tiny_problem(seed, lots=lots)
    order = problem.orders[0]
    if order.max_lots > 1:
        order = replace(order, operations=order.operations[:1])
    found = [
        Quotation(
            order_id=order.order_id,
            step=step,
            offer_id=offer.offer_id,
            setup_minutes=draw.choice((0, 1)),
            minutes_total=draw.randint(1, 5),
            price_fen=draw.choice((0, 20, 70)),
        )
        for step, operation in enumerate(order.operations, 1)
        for offer in problem.offers
        if offer.process == operation.process and draw.random() < 0.6
    ]
    return replace(problem, orders=(order,), quotations=tuple(found))


def most_earned(problem: Problem) -> int:
    """Return the greatest objective of all plans of a problem of one order."""
    order, best = problem.orders[0], 0
    for sizes in _partitions(order.quantity, order.max_lots, order.quantity):
        for chosen in product(*(list(_lot(problem, at, sizes[at - 1])) for at in _numbers(sizes))):
            lines = tuple(line for lot in chosen for line in lot)
            best = max(best, check(problem, lines).objective_fen or 0)
    return best


def _numbers(items: Sized) -> range:
    return range(1, len(items) + 1)


def _partitions(pieces: int, lots: int, largest: int) -> Iterator[tuple[int, ...]]:
    """Yield the ways to cut some pieces into at most `lots` lots, the largest first."""
    if pieces == 0:
        yield ()
    for first in range(min(pieces, largest), 0, -1) if lots else ():
        yield from ((first, *rest) for rest in _partitions(pieces - first, lots - 1, first))


def _lot(problem: Problem, lot: int, pieces: int) -> Iterator[tuple[PlanLine, ...]]:
    """Yield the lines of a lot on every choice of offers and minutes, in time or not."""
    order = problem.orders[0]
    steps = [
        [
            (step, offer, spread)
            for offer in problem.offers
            for spread in _spreads(problem, step, offer, pieces)
        ]
        for step in _numbers(order.operations)
    ]
    for chosen in product(*steps):
        yield tuple(
            PlanLine(
                order_id=order.order_id,
                lot=lot,
                lot_quantity=pieces,
                step=step,
                offer_id=offer.offer_id,
                week=week,
                minutes=minutes,
            )
            for step, offer, spread in chosen
            for week, minutes in enumerate(spread)
            if minutes
        )


def _spreads(problem: Problem, step: int, offer: Offer, pieces: int) -> Iterator[tuple[int, ...]]:
    """Yield the minutes per week in which an offer can make a step; `check` knows the blocks."""
    order = problem.orders[0]
    operation = order.operations[step - 1]
    asked = [q for q in problem.quotations if (q.step, q.offer_id) == (step, offer.offer_id)]
    if any(misfits(order, operation, offer, lot_quantity=pieces, quoted=bool(asked))):
        return
    given = asked[0] if asked else None
    need = work_minutes(order, operation, offer, given, quantity=pieces)
    for spread in product(*(range(idle + 1) for idle in offer.idle_minutes)):
        if sum(spread) == need:
            yield spread
