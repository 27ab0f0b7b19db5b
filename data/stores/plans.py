"""Plans as versions, their lines, and the prices and reasons of their runs.

The operator sees all, and alone the headings: they add up everybody's orders. A buyer sees the
reasons for its own orders, an enterprise the prices of its own offers; of a plan's lines each sees
those of what was proposed to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, false
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import Conflict
from data.kinds import ProposalSide
from data.stores.sql import first, found, insert_all, insert_new, only
from data.stores.viewer import Viewer
from data.tables.capacity import CapacityOfferRow
from data.tables.matching_runs import MatchingRunRow
from data.tables.orders import OrderRow
from data.tables.plans import PlanLineRow, PlanRow, PriceRow, ReasonRow
from data.tables.proposals import ProposalRow
from matching.capacity import CapacityResult, PlanLine, Price
from matching.capacity.plan import plan_digest
from matching.explain import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A version of a scope's plan. Amounts in fen, times in UTC milliseconds.

    Parameters
    ----------
    version
        1, 2, … within the scope.
    replaces
        The plan of the version before; None for the first.
    snapshot_digest
        Digest of the problem it was made from.
    digest
        SHA-256 of its lines, see `matching.capacity.plan.plan_digest`.
    """

    id: str
    scope_id: str
    run_id: str
    version: int
    replaces: str | None
    snapshot_digest: str
    digest: str
    objective_fen: int
    bound_fen: int
    created_ms: int


def save(
    session: Session,
    operator_id: str,
    result: CapacityResult,
    *,
    plan_id: str,
    run_id: str,
    scope_id: str,
    now_ms: int,
) -> Plan:
    """Keep a result's plan as the next version of its scope.

    Raises
    ------
    ValueError
        When the result carries no plan.
    Conflict
        When the id is taken or the run has its plan already.
    """
    if result.objective_fen is None or result.bound_fen is None:
        raise ValueError(f"run {run_id}: a result that is {result.status} carries no plan")
    before = latest(session, Viewer.operator(operator_id), scope_id)
    plan = Plan(
        id=plan_id,
        scope_id=scope_id,
        run_id=run_id,
        version=1 if before is None else before.version + 1,
        replaces=None if before is None else before.id,
        snapshot_digest=result.problem_digest,
        digest=plan_digest(result.plan),
        objective_fen=result.objective_fen,
        bound_fen=result.bound_fen,
        created_ms=now_ms,
    )
    values = {name: getattr(plan, name) for name in Plan.__dataclass_fields__}
    if not insert_new(session, PlanRow, {"operator_id": operator_id} | values):
        raise Conflict("plan", plan_id, "the id, or this version of the scope's plan, is taken")
    names = PlanLine.__dataclass_fields__
    insert_all(
        session,
        PlanLineRow,
        (
            {"operator_id": operator_id, "plan_id": plan_id, "position": n}
            | {name: getattr(line, name) for name in names}
            for n, line in enumerate(result.plan)
        ),
    )
    return plan


def save_answers(session: Session, operator_id: str, run_id: str, result: CapacityResult) -> None:
    """Keep a result's prices and reasons."""
    place = {"operator_id": operator_id, "run_id": run_id}
    insert_all(
        session,
        PriceRow,
        (
            place
            | {
                "position": n,
                "offer_id": price.offer_id,
                "week": price.week,
                "millifen_per_minute": price.millifen_per_minute,
            }
            for n, price in enumerate(result.prices)
        ),
    )
    insert_all(
        session,
        ReasonRow,
        (
            place
            | {
                "order_id": order_id,
                "position": n,
                "code": reason.code,
                "params": dict(reason.params),
            }
            for n, (order_id, reason) in enumerate(result.reasons.items())
        ),
    )


def get(session: Session, viewer: Viewer, plan_id: str) -> Plan:
    """Return a plan's heading.

    Raises
    ------
    NotFound
        When there is none, or the viewer is not the operator.
    """
    query = _visible(viewer).where(col(PlanRow.id) == plan_id)
    return _plan(only(session, query, kind="plan", key=plan_id))


def of_run(session: Session, viewer: Viewer, run_id: str) -> Plan | None:
    """Return the plan that a run made, or None when there is none that the viewer may see."""
    row = first(session, _visible(viewer).where(col(PlanRow.run_id) == run_id))
    return None if row is None else _plan(row)


def latest(session: Session, viewer: Viewer, scope_id: str) -> Plan | None:
    """Return the newest plan of a scope that the viewer may see, or None."""
    query = _visible(viewer).where(col(PlanRow.scope_id) == scope_id)
    row = first(session, query.order_by(col(PlanRow.version).desc()))
    return None if row is None else _plan(row)


def lines(
    session: Session, viewer: Viewer, plan_id: str, *, order_id: str | None = None
) -> tuple[PlanLine, ...]:
    """Return the lines of a plan, or of one order in it, that the viewer may see, in order.

    A party sees what was proposed to it: a buyer all lines of its order, an enterprise the lines
    on its own offers.
    """
    query = select(PlanLineRow).where(
        col(PlanLineRow.operator_id) == viewer.operator_id, col(PlanLineRow.plan_id) == plan_id
    )
    if order_id is not None:
        query = query.where(col(PlanLineRow.order_id) == order_id)
    if viewer.organisation_id is not None:
        query = query.where(_line_proposed_to(viewer.organisation_id))
    rows = found(session, query.order_by(col(PlanLineRow.position)))
    return tuple(_line(row) for row in rows)


def prices(session: Session, viewer: Viewer, run_id: str) -> tuple[Price, ...]:
    """Return the prices of a run that the viewer may see, in order; a party's own offers only."""
    query = select(PriceRow).where(
        col(PriceRow.operator_id) == viewer.operator_id, col(PriceRow.run_id) == run_id
    )
    if viewer.organisation_id is not None:
        own = (
            exists()
            .where(col(MatchingRunRow.operator_id) == col(PriceRow.operator_id))
            .where(col(MatchingRunRow.id) == col(PriceRow.run_id))
            .where(col(CapacityOfferRow.operator_id) == col(PriceRow.operator_id))
            .where(col(CapacityOfferRow.scope_id) == col(MatchingRunRow.scope_id))
            .where(col(CapacityOfferRow.offer_id) == col(PriceRow.offer_id))
            .where(col(CapacityOfferRow.enterprise_id) == viewer.organisation_id)
        )
        query = query.where(own)
    rows = found(session, query.order_by(col(PriceRow.position)))
    return tuple(
        Price(offer_id=row.offer_id, week=row.week, millifen_per_minute=row.millifen_per_minute)
        for row in rows
    )


def reasons(session: Session, viewer: Viewer, run_id: str) -> Mapping[str, Reason]:
    """Return the reasons of a run by order, as far as the viewer may see the orders."""
    query = select(ReasonRow).where(
        col(ReasonRow.operator_id) == viewer.operator_id, col(ReasonRow.run_id) == run_id
    )
    if viewer.organisation_id is not None:
        own = (
            exists()
            .where(col(MatchingRunRow.operator_id) == col(ReasonRow.operator_id))
            .where(col(MatchingRunRow.id) == col(ReasonRow.run_id))
            .where(col(OrderRow.operator_id) == col(ReasonRow.operator_id))
            .where(col(OrderRow.scope_id) == col(MatchingRunRow.scope_id))
            .where(col(OrderRow.order_id) == col(ReasonRow.order_id))
            .where(col(OrderRow.buyer_id) == viewer.organisation_id)
        )
        query = query.where(own)
    rows = found(session, query.order_by(col(ReasonRow.position)))
    return {row.order_id: _reason(row) for row in rows}


def _visible(viewer: Viewer) -> SelectOfScalar[PlanRow]:
    query = select(PlanRow).where(col(PlanRow.operator_id) == viewer.operator_id)
    return query if viewer.is_operator else query.where(false())


def _line_proposed_to(organisation_id: str) -> ColumnElement[bool]:
    own_offer = (
        exists()
        .where(col(CapacityOfferRow.operator_id) == col(PlanLineRow.operator_id))
        .where(col(CapacityOfferRow.scope_id) == col(ProposalRow.scope_id))
        .where(col(CapacityOfferRow.offer_id) == col(PlanLineRow.offer_id))
        .where(col(CapacityOfferRow.enterprise_id) == organisation_id)
        .correlate(ProposalRow, PlanLineRow)
    )
    return (
        exists()
        .where(col(ProposalRow.operator_id) == col(PlanLineRow.operator_id))
        .where(col(ProposalRow.plan_id) == col(PlanLineRow.plan_id))
        .where(col(ProposalRow.order_id) == col(PlanLineRow.order_id))
        .where(col(ProposalRow.party_id) == organisation_id)
        .where((col(ProposalRow.side) == ProposalSide.BUYER.value) | own_offer)
    )


def _plan(row: PlanRow) -> Plan:
    return Plan(
        id=row.id,
        scope_id=row.scope_id,
        run_id=row.run_id,
        version=row.version,
        replaces=row.replaces,
        snapshot_digest=row.snapshot_digest,
        digest=row.digest,
        objective_fen=row.objective_fen,
        bound_fen=row.bound_fen,
        created_ms=row.created_ms,
    )


def _line(row: PlanLineRow) -> PlanLine:
    return PlanLine(
        order_id=row.order_id,
        lot=row.lot,
        lot_quantity=row.lot_quantity,
        step=row.step,
        offer_id=row.offer_id,
        week=row.week,
        minutes=row.minutes,
    )


def _reason(row: ReasonRow) -> Reason:
    params = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in row.params.items()
    }
    return Reason(code=row.code, params=params)
