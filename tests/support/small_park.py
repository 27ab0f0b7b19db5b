"""Two parks, three makers, three orders, and a plan for two of them: small enough to read."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from matching.capacity import (
    CapacityResult,
    Offer,
    Operation,
    Order,
    Park,
    PlanLine,
    Problem,
    Settings,
    check,
    check_bound,
)
from matching.explain import Reason
from matching.limits import Limits
from matching.result import Status

WEEKS = 6
SETTINGS = Settings(
    weeks=WEEKS,
    max_block_weeks=2,
    carbon_fen_per_kg=Fraction(8),
    transport_fixed_fen=Fraction(4000),
    transport_fen_per_tonne_km=Fraction(45),
    transport_g_per_tonne_km=Fraction(100),
)
PARKS = (
    Park(park_id="NORTH", lat=31.40, lon=121.00),
    Park(park_id="SOUTH", lat=30.20, lon=120.30),
)


def offer(offer_id: str, enterprise_id: str, park_id: str, process: str) -> Offer:
    """Return an offer with ten idle hours a week."""
    return Offer(
        offer_id=offer_id,
        enterprise_id=enterprise_id,
        park_id=park_id,
        process=process,
        size_class=3,
        tolerance_it=7,
        materials=frozenset({"steel"}),
        certificates=frozenset({"ISO9001"}),
        rate_fen_per_hour=20_000,
        setup_minutes=30,
        min_lot=1,
        carbon_g_per_hour=Fraction(1500),
        idle_minutes=(600,) * WEEKS,
    )


def order(order_id: str, buyer_id: str, *processes: str) -> Order:
    """Return an order of a hundred pieces; each operation takes five hours."""
    return Order(
        order_id=order_id,
        buyer_id=buyer_id,
        buyer_lat=31.23,
        buyer_lon=121.47,
        quantity=100,
        material="steel",
        size_class=2,
        certificates=frozenset(),
        release_week=0,
        due_week=4,
        max_tardy_weeks=1,
        value_fen=900_000,
        tardy_fen_per_week=10_000,
        max_price_fen=800_000,
        max_lots=1,
        excluded_enterprises=frozenset(),
        weight_kg=Fraction(80),
        operations=tuple(
            Operation(process=process, tolerance_it=8, minutes_total=300) for process in processes
        ),
    )


SMALL_PARK = Problem(
    settings=SETTINGS,
    parks=PARKS,
    offers=(
        offer("LATHE", "TURNER", "NORTH", "cnc-turning"),
        offer("GRINDER", "FINISHER", "SOUTH", "grinding"),
        offer("MILL", "MILLER", "NORTH", "cnc-milling-3axis"),
    ),
    orders=(
        order("SHAFT", "ACME", "cnc-turning", "grinding"),
        order("PLATE", "BOLT", "cnc-milling-3axis"),
        order("VASE", "ACME", "painting"),
    ),
)


def line(order_id: str, step: int, offer_id: str, week: int) -> PlanLine:
    """Return a line for a whole order in one lot: setup and five hours of work."""
    return PlanLine(
        order_id=order_id,
        lot=1,
        lot_quantity=100,
        step=step,
        offer_id=offer_id,
        week=week,
        minutes=330,
    )


PLAN = (
    line("PLATE", 1, "MILL", 0),
    line("SHAFT", 1, "LATHE", 0),
    line("SHAFT", 2, "GRINDER", 1),
)


def result_of(
    problem: Problem, limits: Limits, plan: tuple[PlanLine, ...] = PLAN
) -> CapacityResult:
    """Return a plan for the orders that the problem still has, as a solver would."""
    orders = {one.order_id for one in problem.orders}
    kept = tuple(one for one in plan if one.order_id in orders)
    served = {one.order_id for one in kept}
    objective = check(problem, kept).objective_fen
    return CapacityResult(
        status=Status.FEASIBLE,
        plan=kept,
        objective_fen=objective,
        bound_fen=check_bound(problem, ()),
        seed=limits.seed,
        reasons={
            one: Reason(code="matched") if one in served else Reason(code="no_process")
            for one in orders
        },
        greedy_fen=objective,
        stopped_by="seconds",
        problem_digest=problem.digest,
    )


def with_orders(*orders: Order) -> Problem:
    """Return the small park with other orders."""
    return replace(SMALL_PARK, orders=orders)
