"""Small capacity problems with names, and valid plans for random ones."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

from data.importers.bundle import read_bundle
from data.samples.random_instance import write_instance
from matching.capacity.alone import Planner
from matching.capacity.eligibility import eligible_offers
from matching.capacity.ground import build_ground
from matching.capacity.plan import PlanLine
from matching.capacity.problem import (
    Offer,
    Operation,
    Order,
    Park,
    Problem,
    Quotation,
    Settings,
)

SETTINGS = Settings(
    weeks=6,
    max_block_weeks=2,
    carbon_fen_per_kg=Fraction(8),
    transport_fixed_fen=Fraction(4000),
    transport_fen_per_tonne_km=Fraction(45),
    transport_g_per_tonne_km=Fraction(100),
)
PARKS = (
    Park(park_id="P1", lat=31.25, lon=121.5),
    Park(park_id="P2", lat=30.5, lon=104.0),  # two weeks from P1
    Park(park_id="P3", lat=31.3, lon=120.6),  # less than a week from P1
)


def offer(offer_id: str = "F1", **changes: Any) -> Offer:
    """Return an offer that turns steel in park P1, ten hours a week, with some changes."""
    plain = Offer(
        offer_id=offer_id,
        enterprise_id="E" + offer_id[1:],
        park_id="P1",
        process="cnc-turning",
        size_class=2,
        tolerance_it=8,
        materials=frozenset({"steel"}),
        certificates=frozenset({"ISO9001"}),
        rate_fen_per_hour=6000,
        setup_minutes=30,
        min_lot=5,
        carbon_g_per_hour=Fraction(3000),
        idle_minutes=(600,) * 6,
    )
    return replace(plain, **changes)


def order(order_id: str = "O1", **changes: Any) -> Order:
    """Return an order of ten steel parts, turned and ground, with some changes."""
    plain = Order(
        order_id=order_id,
        buyer_id="B1",
        buyer_lat=31.25,
        buyer_lon=121.5,
        quantity=10,
        material="steel",
        size_class=1,
        certificates=frozenset({"ISO9001"}),
        release_week=1,
        due_week=4,
        max_tardy_weeks=0,
        value_fen=100_000,
        tardy_fen_per_week=5_000,
        max_price_fen=80_000,
        max_lots=2,
        excluded_enterprises=frozenset(),
        weight_kg=Fraction(200),
        operations=(
            Operation(process="cnc-turning", tolerance_it=9, minutes_total=100),
            Operation(process="grinding", tolerance_it=7, minutes_total=50),
        ),
    )
    return replace(plain, **changes)


GRINDING_FAR = offer("F2", park_id="P2", process="grinding", tolerance_it=6, setup_minutes=60)
GRINDING_NEAR = offer("F3", park_id="P3", process="grinding", tolerance_it=6, setup_minutes=60)


def three_plants(
    *orders: Order,
    offers: Sequence[Offer] = (offer(), GRINDING_FAR, GRINDING_NEAR),
    quotations: Sequence[Quotation] = (),
    **settings: Any,
) -> Problem:
    """Return the plants F1 (turning), F2 (grinding, far) and F3 (grinding, near) with orders."""
    return Problem(
        settings=replace(SETTINGS, **settings),
        parks=PARKS,
        offers=tuple(offers),
        orders=orders or (order(),),
        quotations=tuple(quotations),
    )


def line(**changes: Any) -> PlanLine:
    """Return the turning of the whole order in week 1, with some changes."""
    plain = PlanLine(
        order_id="O1", lot=1, lot_quantity=10, step=1, offer_id="F1", week=1, minutes=130
    )
    return replace(plain, **changes)


TURNED = line()
GROUND = line(step=2, offer_id="F3", week=1, minutes=110)


@cache
def random_problem(orders: int, offers: int, seed: int) -> Problem:
    """Return a random instance with short operations, so that many orders can be served."""
    with tempfile.TemporaryDirectory() as folder:
        write_instance(Path(folder), orders=orders, offers=offers, seed=seed, load=0.2)
        return read_bundle(Path(folder)).required()


@cache
def inserted_plan(problem: Problem, *, every: int = 1) -> tuple[PlanLine, ...]:
    """Return a valid plan: orders go in one after the other, every n-th of them at all."""
    ground = build_ground(problem, eligible_offers(problem))
    planner, idle = Planner(problem, ground), ground.idle.copy()
    position = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
    lines: list[PlanLine] = []
    for at in range(0, len(problem.orders), every):
        first, last = ground.steps[at], ground.steps[at + 1]
        if min(ground.rows[first + 1 : last + 1] - ground.rows[first:last]) == 0:
            continue
        found = planner.plan(at, idle)
        for one in () if found is None else found.lines:
            idle[position[one.offer_id], one.week] -= one.minutes
            lines.append(one)
    return tuple(lines)
