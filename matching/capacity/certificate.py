"""The upper bound that prices of capacity prove, and the certificate that carries its proof.

For any prices ≥ 0 no plan earns more than Σ price × idle minutes + Σ over orders of the most that
the order alone could earn when it pays these prices for its minutes. The second part is bounded
in whole numbers; `docs/spec/capacity.md` has the proof. `check_bound` finds the multipliers and
cases of this proof again; a certificate carries them, and `python -m matching.certificate` needs
nothing else to check it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from matching.capacity.columns import MILLIFEN_MAX, Columns, Ints, build_columns
from matching.capacity.commitments import commit
from matching.capacity.plan import CapacityResult, Ceiling, PlanLine, Price
from matching.capacity.problem import Problem
from matching.capacity.proofs import (
    MINUTES,
    MORE_LOTS,
    NO_DUALS,
    OFFER,
    PRICE_ALONE,
    WEEKS,
    CaseNode,
    LotsProof,
)
from matching.capacity.rules import canonical_rules

PPM = 1_000_000

Row = list[object]  # of JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A plan, what it is worth, and everything that proves that no plan is worth more than a bound.

    Parameters
    ----------
    problem_sha256
        Digest of the problem.
    rules
        The optional constraints in the form that the digest has them; empty in the base model.
    scale
        Parts of a fen that the bound is counted in: a power of ten, 1000..1,000,000.
    cells
        Intervals that the size of a lot is cut into, 1..128.
    proofs
        Per order, sorted by its id: the rows [lots, multipliers, nodes] of section 7. An
        order that is not there needs neither multipliers nor cases.

    Raises
    ------
    ValueError
        When the objective exceeds the bound.
    """

    problem_sha256: str
    rules: Mapping[str, object]
    objective_fen: int
    upper_bound_fen: int
    seed: int
    scale: int
    cells: int
    plan: tuple[PlanLine, ...]
    prices: tuple[Price, ...]
    proofs: tuple[tuple[str, tuple[Row, ...]], ...]

    def __post_init__(self) -> None:
        if self.objective_fen > self.upper_bound_fen:
            raise ValueError(
                f"objective {self.objective_fen} exceeds the bound {self.upper_bound_fen}"
            )

    @property
    def gap_ppm(self) -> int:
        """(bound - objective) / bound in millionths, rounded up; 0 when the bound is 0."""
        bound = self.upper_bound_fen
        return -((self.objective_fen - bound) * PPM // bound) if bound > 0 else 0


def certify(problem: Problem, result: CapacityResult) -> Certificate:
    """Return the certificate of a result, with the proofs that its bound needs.

    Raises
    ------
    ValueError
        When the result has no plan; or as `check_bound`.

    Notes
    -----
    Bounds every order twice: as `check_bound` does, and plainly. Only where the plain bound is
    weaker is a proof written down. Ceilings are left out, since a certificate takes nobody's word:
    its bound is the result's `certified_fen`.
    """
    from matching.capacity.bounds import Bounder, Effort, full_effort  # noqa: PLC0415  (loads code)

    bound_fen = result.bound_fen if result.certified_fen is None else result.certified_fen
    if result.objective_fen is None or bound_fen is None:
        raise ValueError(f"a result that is {result.status} certifies nothing")
    rules = canonical_rules(problem.rules)
    part = commit(problem).problem  # decided orders are the same in every plan
    columns = build_columns(part)
    millifen = price_table(part, columns, result.prices)
    bounder, effort = Bounder(part, columns), full_effort(len(part.orders))
    earned = bounder.earned(millifen, effort)
    plain = bounder.earned(millifen, Effort(steps=0, nodes=1, cells=effort.cells))
    needed = np.flatnonzero(plain > earned)
    return Certificate(
        problem_sha256=problem.digest,
        rules=rules,
        objective_fen=result.objective_fen,
        upper_bound_fen=bound_fen,
        seed=result.seed,
        scale=bounder.charges.scale,
        cells=effort.cells,
        plan=tuple(sorted(result.plan)),
        prices=tuple(sorted(result.prices)),
        proofs=proof_rows(part, bounder.proofs(millifen, effort, needed)),
    )


def proof_rows(
    problem: Problem, proofs: Mapping[int, tuple[LotsProof, ...]]
) -> tuple[tuple[str, tuple[Row, ...]], ...]:
    """Return proofs by order position as the rows of a certificate, without the empty ones."""
    names = [offer.offer_id for offer in problem.offers]
    rows = {
        problem.orders[at].order_id: tuple(
            row for proof in given if (row := _lots_row(proof, names))[1:] != [[], []]
        )
        for at, given in proofs.items()
    }
    return tuple((order_id, mine) for order_id, mine in sorted(rows.items()) if mine)


def _lots_row(proof: LotsProof, names: list[str]) -> Row:
    """Return [lots, multipliers, nodes] with the multipliers that a leaf is costed with."""
    parents = {node.parent for node in proof.nodes}
    leaves = [node for at, node in enumerate(proof.nodes) if at not in parents]
    used = sorted({node.duals for node in leaves if node.duals > NO_DUALS})
    multipliers = [
        [kept.strain, sorted([names[offer], week, parts] for offer, week, parts in kept.own)]
        for kept in (proof.multipliers[number - 1] for number in used)
    ]
    if proof.lots == MORE_LOTS:
        return [proof.lots, multipliers, []]
    place, nodes = {-1: -1}, list[Row]()
    numbers = {number: at for at, number in enumerate(used, 1)}
    for at, node in enumerate(proof.nodes):
        if at in parents:
            what = _division(node, names)
        elif node.duals == NO_DUALS:
            continue
        else:
            what = ["price"] if node.duals == PRICE_ALONE else ["under", numbers[node.duals]]
        place[at] = len(nodes)
        nodes.append([place[node.parent], node.case if node.parent >= 0 else 0, *what])
    return [proof.lots, multipliers, nodes]


def _division(node: CaseNode, names: list[str]) -> Row:
    """Return what the cases of a node are about; lots and steps count from 1, as in a plan."""
    lot, step = node.lot + 1, node.step + 1
    if node.kind == MINUTES:
        return ["minutes", lot, step, names[node.offer], node.week, node.low]
    if node.kind == OFFER:
        return ["offer", lot, step, names[node.offer]]
    if node.kind == WEEKS:
        return ["weeks", lot, step, node.week]
    return ["pieces", lot, node.low, node.high]


def check_bound(problem: Problem, prices: Iterable[Price], ceilings: Iterable[Ceiling] = ()) -> int:
    """Return the upper bound that the prices prove, in fen.

    Parameters
    ----------
    prices
        Offer-weeks that are not listed have price 0.
    ceilings
        What single orders can earn at most at these prices, taken as they are: without them the
        bound rests on nothing but the problem and the prices.

    Notes
    -----
    Of the rules, pins, bans, approvals, agreed and frozen orders, the plan to keep and local first
    are in the bound. Shares, minimums, the carbon cap and orders that must be served are left out
    of it, which can only raise it.

    Raises
    ------
    ValueError
        When a price is negative or too large, names no offer or week, or appears twice; or when
        the amounts of the problem are too large to be added up in 64 bits; when a ceiling is
        negative, names no order, or appears twice.
    """
    from matching.capacity.bounds import Bounder, full_effort  # noqa: PLC0415  (loads code)

    committed = commit(problem)
    part = committed.problem
    columns = build_columns(part)
    millifen = price_table(part, columns, prices)
    bounder = Bounder(part, columns)
    earned = bounder.earned(millifen, full_effort(len(part.orders)))
    parts = bounder.charges.scale // 1000
    for at, most in _ceiling_table(part, ceilings).items():
        earned[at] = min(int(earned[at]), most * parts)
    return bounder.bound_fen(millifen, earned) + committed.fixed_fen


def _ceiling_table(problem: Problem, ceilings: Iterable[Ceiling]) -> dict[int, int]:
    """Return ceilings by the position of their order, in thousandths of a fen."""
    orders = {order.order_id: at for at, order in enumerate(problem.orders)}
    table: dict[int, int] = {}
    for ceiling in ceilings:
        where = f"ceiling of order {ceiling.order_id}"
        if ceiling.order_id not in orders:
            raise ValueError(f"{where}: no such order, or one that is decided already")
        if ceiling.millifen < 0:
            raise ValueError(f"{where}: must be 0 or more, got {ceiling.millifen}")
        if orders[ceiling.order_id] in table:
            raise ValueError(f"{where}: appears twice")
        table[orders[ceiling.order_id]] = ceiling.millifen
    return table


def price_table(problem: Problem, columns: Columns, prices: Iterable[Price]) -> Ints:
    """Return prices as a table of offers × weeks, in thousandths of a fen per minute."""
    offers = {offer.offer_id: at for at, offer in enumerate(problem.offers)}
    table = np.zeros(columns.idle.shape, np.int64)
    seen: set[tuple[str, int]] = set()
    for price in prices:
        where = f"price of offer {price.offer_id} week {price.week}"
        if price.offer_id not in offers or not 0 <= price.week < columns.weeks:
            raise ValueError(f"{where}: no such offer or week")
        if not 0 <= price.millifen_per_minute <= MILLIFEN_MAX:
            raise ValueError(
                f"{where}: must be in 0..{MILLIFEN_MAX}, got {price.millifen_per_minute}"
            )
        if (price.offer_id, price.week) in seen:
            raise ValueError(f"{where}: appears twice")
        seen.add((price.offer_id, price.week))
        table[offers[price.offer_id], price.week] = price.millifen_per_minute
    return table


def price_list(problem: Problem, millifen: Ints) -> tuple[Price, ...]:
    """Return a table of prices as values, sorted by offer and week, without the zeros."""
    found = zip(*np.nonzero(millifen), strict=True)
    return tuple(
        sorted(
            Price(
                offer_id=problem.offers[offer].offer_id,
                week=int(week),
                millifen_per_minute=int(millifen[offer, week]),
            )
            for offer, week in found
        )
    )
