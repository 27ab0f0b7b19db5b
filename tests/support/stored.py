"""Small stored worlds for tests of stores and of what stands on them."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from sqlmodel import Session

from data.kinds import OrganisationKind, OrganisationStatus
from data.stores import capacity, matching_runs, operators, organisations
from data.stores.viewer import Viewer
from matching.capacity import (
    CapacityResult,
    Offer,
    Operation,
    Order,
    Park,
    PlanLine,
    Price,
    Problem,
    Quotation,
    Settings,
)
from matching.explain import Reason
from matching.limits import Limits
from matching.result import Status

OPERATOR = "op-1"
OTHER_OPERATOR = "op-2"
NOW_MS = 1_790_000_000_000
WEEK0 = date(2026, 11, 23)
DESK = Viewer.operator(OPERATOR)
BUYER = Viewer.party(OPERATOR, "buyer-1")
OTHER_BUYER = Viewer.party(OPERATOR, "buyer-2")
MILL = Viewer.party(OPERATOR, "mill")
TURNER = Viewer.party(OPERATOR, "turner")
STRANGER = Viewer.party(OPERATOR, "stranger")
FOREIGN_DESK = Viewer.operator(OTHER_OPERATOR)
"""The operator of another log: it sees nothing of the first one's."""


def add_operators(session: Session) -> None:
    """Add two operators, each with its log."""
    for key in (OPERATOR, OTHER_OPERATOR):
        operator = operators.Operator(
            id=key, name=f"Operator {key}", origin=f"example.org/{key}", created_ms=NOW_MS
        )
        operators.ensure(session, operator)


def firm(
    key: str,
    *,
    kind: OrganisationKind = OrganisationKind.ENTERPRISE,
    identifiers: tuple[organisations.Identifier, ...] = (),
) -> organisations.Organisation:
    """Return an onboarded organisation."""
    return organisations.Organisation(
        id=key,
        kind=kind,
        name=f"Firm {key}",
        status=OrganisationStatus.ONBOARDED,
        created_ms=NOW_MS,
        identifiers=identifiers,
    )


def add_firms(session: Session, operator_id: str = OPERATOR) -> None:
    """Add the organisations that the problem of `two_firms_two_orders` names, and a stranger."""
    for key in ("buyer-1", "buyer-2", "mill", "turner", "stranger"):
        organisations.add(session, operator_id, firm(key))


def offer(key: str, enterprise: str, process: str, *, idle: tuple[int, ...]) -> Offer:
    """Return an offer in park P1."""
    return Offer(
        offer_id=key,
        enterprise_id=enterprise,
        park_id="P1",
        process=process,
        size_class=3,
        tolerance_it=8,
        materials=frozenset({"45#", "304|L", "铝"}),
        certificates=frozenset({"ISO9001"}),
        rate_fen_per_hour=6001,
        setup_minutes=30,
        min_lot=0,
        carbon_g_per_hour=Fraction(1234, 7),
        idle_minutes=idle,
    )


def order(key: str, buyer: str, *, steps: tuple[str, ...] = ("mill",)) -> Order:
    """Return an order of one hundred pieces, an hour of work for each step."""
    return Order(
        order_id=key,
        buyer_id=buyer,
        buyer_lat=30.25,
        buyer_lon=120.1666666666666667,
        quantity=100,
        material="45#",
        size_class=2,
        certificates=frozenset(),
        release_week=0,
        due_week=2,
        max_tardy_weeks=1,
        value_fen=9_000_000_000_000,
        tardy_fen_per_week=100,
        max_price_fen=100_000,
        max_lots=2,
        excluded_enterprises=frozenset({"rival"}),
        weight_kg=Fraction(1, 3),
        operations=tuple(
            Operation(process=process, tolerance_it=9, minutes_total=60) for process in steps
        ),
        quoted_only=key == "O2",
    )


def two_firms_two_orders() -> Problem:
    """Return a problem with every field in use: an empty week, an empty offer, fractions, sets."""
    return Problem(
        settings=Settings(
            weeks=3,
            max_block_weeks=2,
            carbon_fen_per_kg=Fraction(5, 2),
            transport_fixed_fen=Fraction(1000),
            transport_fen_per_tonne_km=Fraction(1, 3),
            transport_g_per_tonne_km=Fraction(62),
        ),
        parks=(
            Park(park_id="P2", lat=31.2304, lon=121.4737),
            Park(park_id="P1", lat=30.123456789012345, lon=-0.0),
        ),
        offers=(
            offer("F2", "turner", "turn", idle=(600, 0, 480)),
            offer("F1", "mill", "mill", idle=(0, 120, 7)),
            offer("F0", "mill", "mill", idle=(0, 0, 0)),
        ),
        orders=(
            order("O2", "buyer-2", steps=("turn",)),
            order("O1", "buyer-1", steps=("mill", "turn")),
        ),
        quotations=(
            Quotation(
                order_id="O2", step=1, offer_id="F2", setup_minutes=0, minutes_total=90, price_fen=7
            ),
            Quotation(
                order_id="O1", step=2, offer_id="F2", setup_minutes=5, minutes_total=50, price_fen=9
            ),
        ),
    )


def add_scope(session: Session, scope_id: str = "S1", *, operator_id: str = OPERATOR) -> Problem:
    """Store the problem of `two_firms_two_orders` as the open book; return it."""
    problem = two_firms_two_orders()
    capacity.save_problem(
        session, operator_id, problem, WEEK0, scope_id=scope_id, name="November", now_ms=NOW_MS
    )
    return problem


def result_of(problem: Problem) -> CapacityResult:
    """Return a result with lines, prices and reasons; its plan serves order O1 only."""
    return CapacityResult(
        status=Status.FEASIBLE,
        plan=(
            PlanLine(
                order_id="O1", lot=1, lot_quantity=100, step=1, offer_id="F1", week=1, minutes=90
            ),
            PlanLine(
                order_id="O1", lot=1, lot_quantity=100, step=2, offer_id="F2", week=2, minutes=55
            ),
        ),
        objective_fen=800,
        bound_fen=1000,
        seed=7,
        prices=(
            Price(offer_id="F1", week=1, millifen_per_minute=1500),
            Price(offer_id="F2", week=0, millifen_per_minute=2),
        ),
        reasons={
            "O2": Reason(code="no_size", params={"offers": ("F2", "F1"), "left": 0, "at": "size"}),
            "O1": Reason(code="matched"),
        },
        timings={"greedy": 0.25, "improve": 1.5},
        greedy_fen=700,
        work=12,
        stopped_by="work",
        problem_digest=problem.digest,
    )


def finished_run(
    session: Session, run_id: str = "R1", *, plan_id: str = "plan-1", scope_id: str = "S1"
) -> CapacityResult:
    """Run the stored scope from the queue to `result_of`'s result; return it."""
    matching_runs.queue(
        session,
        OPERATOR,
        run_id,
        scope_id=scope_id,
        limits=Limits(seconds=None, work=12, seed=7),
        requested_by="desk",
        now_ms=NOW_MS,
    )
    matching_runs.start(session, OPERATOR, run_id, worker="w1", now_ms=NOW_MS + 1)
    problem = capacity.load_open_book(session, DESK, scope_id).problem
    matching_runs.set_snapshot(session, OPERATOR, run_id, problem)
    result = result_of(problem)
    matching_runs.finish(session, OPERATOR, run_id, result, plan_id=plan_id, now_ms=NOW_MS + 2)
    return result
