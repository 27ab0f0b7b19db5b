"""What can be wrong with a plan: a code for each rule, and the list that a check fills."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CODES: Mapping[str, str] = {
    "malformed-row": "a column of the plan is not an integer",
    "unknown-order": "no such order",
    "unknown-step": "the order has no such operation",
    "unknown-offer": "no such offer",
    "duplicate-row": "two rows for the same order, lot, step, offer and week",
    "week-outside-horizon": "the week is not in 0..weeks-1",
    "minutes-not-positive": "minutes are positive integers",
    "too-many-lots": "more lots than max_lots",
    "lot-numbering": "lots are numbered 1, 2, ... without holes",
    "lot-quantity": "one integer quantity ≥ 1 per lot",
    "lots-sum": "lot quantities sum to the quantity of the order",
    "missing-step": "every lot passes every operation",
    "several-offers": "one offer per lot and operation",
    "process": "the offer has another process",
    "size": "the offer cannot make the size class",
    "tolerance": "the offer cannot hold the tolerance grade",
    "material": "the offer does not work the material",
    "certificate": "the enterprise lacks a required certificate",
    "excluded": "the order excludes the enterprise",
    "not-quoted": "the order takes only offers with a quotation",
    "minimum-lot": "the lot is smaller than the offer's minimum lot",
    "work-minutes": "minutes = setup + ceil(minutes_total × lot_quantity / quantity)",
    "block-length": "at most max_block_weeks consecutive weeks",
    "capacity": "minutes of all lots ≤ idle minutes",
    "release": "the first operation starts in or after the release week",
    "sequence": "an operation starts no earlier than the end of the one before, plus lag",
    "tardiness": "the arrival is later than allowed",
    "price-cap": "the price is above the cap",
    "pin": "the operation is pinned to another offer",
    "ban": "the order is banned from the offer or the enterprise",
    "not-approved": "the buyer has not approved the enterprise",
    "agreed": "an agreed order is served exactly as agreed",
    "frozen": "the frozen weeks are as in the given plan",
    "must-serve": "the order must be served",
    "enterprise-share": "an enterprise works more than its share of all minutes",
    "sme-minimum": "the enterprise works less than its minimum",
    "carbon-cap": "the plan emits more carbon than allowed",
    "claim-objective": "the claimed objective is not the recomputed one",
    "claim-bound": "the objective exceeds the claimed upper bound",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """A broken rule: its code (a key of `CODES`), where, and what was found."""

    code: str
    where: str
    detail: str


@dataclass(slots=True)
class Found:
    """The violations so far, and the orders that break the base model."""

    violations: list[Violation] = field(default_factory=list)
    orders: set[str] = field(default_factory=set)

    def add(self, code: str, where: str, detail: str, *, order_id: str | None = None) -> None:
        """Note a violation; an order that is named is not examined further."""
        self.violations.append(Violation(code=code, where=where, detail=detail))
        if order_id is not None:
            self.orders.add(order_id)
