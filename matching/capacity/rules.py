"""Optional constraints of the capacity problem: plain values, checked when they are made.

`docs/spec/capacity.md`, section 8, says what each rule means. A rule that stands alone is checked
here; what it refers to is checked by the problem that carries it (`rule_references`). Rules that
cannot be met together are no mistake of form: `contradictions` names them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from matching.capacity.fields import (
    FEN_MAX,
    RATE_FEN_PER_HOUR_MAX,
    STEPS_MAX,
    WEEKS_MAX,
    be_exact,
    be_text,
    be_unique,
    be_whole,
)
from matching.capacity.plan import PlanLine

if TYPE_CHECKING:
    from matching.capacity.problem import Offer, Order

BPS = 10_000
SHARED_MINUTES_MAX = 10**12
GRAMS_MAX = 10**15

Arrangement = tuple[tuple[tuple[int, int, str, int, int], ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Every lot's operation `step` (1..) of an order is made on one offer, when it is made at all.

    Without a step, the order must have exactly one operation of the offer's process.
    """

    order_id: str
    offer_id: str
    step: int | None = None

    def __post_init__(self) -> None:
        be_text("pin", "order_id", self.order_id)
        be_text(f"pin of order {self.order_id}", "offer_id", self.offer_id)
        if self.step is not None:
            where = f"pin of order {self.order_id} to offer {self.offer_id}"
            be_whole(where, "step", self.step, least=1, most=STEPS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ban:
    """No operation of the order is made on the offer, or by the enterprise: one of the two."""

    order_id: str
    offer_id: str | None = None
    enterprise_id: str | None = None

    def __post_init__(self) -> None:
        be_text("ban", "order_id", self.order_id)
        if (self.offer_id is None) == (self.enterprise_id is None):
            raise ValueError(
                f"ban for order {self.order_id}: expected an offer or an enterprise, got "
                f"offer {self.offer_id!r} and enterprise {self.enterprise_id!r}"
            )
        be_text(f"ban for order {self.order_id}", "name", self.offer_id or self.enterprise_id or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """The buyer approves these enterprises alone for the order; at least one."""

    order_id: str
    enterprises: frozenset[str]

    def __post_init__(self) -> None:
        be_text("approval", "order_id", self.order_id)
        if not self.enterprises:
            raise ValueError(f"approval for order {self.order_id}: names no enterprise")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """Both sides have accepted: the order is served by exactly these lines."""

    order_id: str
    lines: tuple[PlanLine, ...]

    def __post_init__(self) -> None:
        be_text("agreement", "order_id", self.order_id)
        where = f"agreement on order {self.order_id}"
        if not self.lines:
            raise ValueError(f"{where}: has no lines")
        for line in self.lines:
            if line.order_id != self.order_id:
                raise ValueError(f"{where}: a line is of order {line.order_id}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Frozen:
    """The first `weeks` weeks are as in the given plan, 0..520.

    An order of the given plan with minutes there stays entirely as given, and no other minutes are
    planned there.
    """

    weeks: int

    def __post_init__(self) -> None:
        be_whole("frozen", "weeks", self.weeks, most=WEEKS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """What it costs, in fen, when an order of the given plan is served otherwise or not at all."""

    penalty_fen: int

    def __post_init__(self) -> None:
        be_whole("keep", "penalty_fen", self.penalty_fen, most=FEN_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFirst:
    """What an hour worked in the park nearest to the buyer adds to the objective, in fen.

    `tariff.bonus_per_minute` limits it so that it never pays more than the work itself costs.
    """

    bonus_fen_per_hour: int

    def __post_init__(self) -> None:
        most = RATE_FEN_PER_HOUR_MAX
        be_whole("local first", "bonus_fen_per_hour", self.bonus_fen_per_hour, most=most)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseShare:
    """No enterprise works more than `most_bps` / 10,000 of all matched minutes, 1..10,000."""

    most_bps: int

    def __post_init__(self) -> None:
        be_whole("enterprise share", "most_bps", self.most_bps, least=1, most=BPS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmeMinimum:
    """Each of the enterprises with an offer that fits an order works at least so many minutes."""

    minutes: int
    enterprises: frozenset[str]

    def __post_init__(self) -> None:
        be_whole("SME minimum", "minutes", self.minutes, least=1, most=SHARED_MINUTES_MAX)
        if not self.enterprises:
            raise ValueError("SME minimum: names no enterprise")


@dataclass(frozen=True, slots=True, kw_only=True)
class CarbonCap:
    """Machines and transport of the whole plan emit at most so many grams; exact, ≥ 0."""

    grams: Fraction

    def __post_init__(self) -> None:
        be_exact("carbon cap", "grams", self.grams, most=GRAMS_MAX)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All optional constraints of a problem; `Rules()` changes nothing.

    Parameters
    ----------
    given
        A plan that `frozen` and `keep` compare with, for example the plan in force.
    must_serve
        Orders that may not be refused.

    Raises
    ------
    ValueError
        When a rule is given twice, or `frozen` or `keep` lack a given plan.
    """

    pins: tuple[Pin, ...] = ()
    bans: tuple[Ban, ...] = ()
    approved: tuple[Approved, ...] = ()
    agreed: tuple[Agreed, ...] = ()
    given: tuple[PlanLine, ...] = ()
    frozen: Frozen | None = None
    keep: Keep | None = None
    local_first: LocalFirst | None = None
    enterprise_share: EnterpriseShare | None = None
    sme_minimum: SmeMinimum | None = None
    carbon_cap: CarbonCap | None = None
    must_serve: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        pins = (f"{p.order_id} step {p.step} to offer {p.offer_id}" for p in self.pins)
        be_unique("pin of order", pins)
        bans = (f"{b.order_id} offer {b.offer_id} by {b.enterprise_id}" for b in self.bans)
        be_unique("ban for order", bans)
        be_unique("approval for order", (one.order_id for one in self.approved))
        be_unique("agreement on order", (one.order_id for one in self.agreed))
        for name in ("frozen", "keep"):
            if getattr(self, name) is not None and not self.given:
                raise ValueError(f"{name}: needs a given plan to compare with, got none")

    def __bool__(self) -> bool:
        """Whether there is any rule."""
        return self != NO_RULES


NO_RULES = Rules()


def arrangement(lines: Iterable[PlanLine]) -> Arrangement:
    """Return how one order is made, whatever the order of its lines and the numbers of its lots.

    Returns
    -------
    Arrangement
        Per lot, sorted: its lines as (pieces, step, offer, week, minutes), sorted.
    """
    lots: dict[int, list[tuple[int, int, str, int, int]]] = {}
    for line in lines:
        row = line.lot_quantity, line.step, line.offer_id, line.week, line.minutes
        lots.setdefault(line.lot, []).append(row)
    return tuple(sorted(tuple(sorted(rows)) for rows in lots.values()))


def by_order(lines: Iterable[PlanLine]) -> dict[str, tuple[PlanLine, ...]]:
    """Return the lines of each order, in the order of the lines."""
    found: dict[str, list[PlanLine]] = {}
    for line in lines:
        found.setdefault(line.order_id, []).append(line)
    return {order_id: tuple(mine) for order_id, mine in found.items()}


def frozen_orders(rules: Rules) -> dict[str, tuple[PlanLine, ...]]:
    """Return the orders of the given plan with minutes in the frozen weeks, and all their lines."""
    if rules.frozen is None:
        return {}
    return {
        order_id: lines
        for order_id, lines in by_order(rules.given).items()
        if any(line.week < rules.frozen.weeks for line in lines)
    }


def pinned_step(pin: Pin, order: Order, offer: Offer) -> int:
    """Return the operation (1..) that a pin means.

    Raises
    ------
    ValueError
        When the order has no such step; or when no step is named and not exactly one operation
        has the offer's process.
    """
    where = f"pin of order {pin.order_id} to offer {pin.offer_id}"
    if pin.step is not None:
        if pin.step > len(order.operations):
            raise ValueError(f"{where}: the order has {len(order.operations)} operations")
        return pin.step
    able = [at for at, op in enumerate(order.operations, 1) if op.process == offer.process]
    if len(able) != 1:
        found = f"steps {', '.join(map(str, able))}" if able else "none"
        raise ValueError(
            f"{where}: expected one operation of process {offer.process}, got {found}; "
            "name the step"
        )
    return able[0]


def pinned_offers(
    rules: Rules, orders: Iterable[Order], offers: Iterable[Offer]
) -> dict[tuple[str, int], tuple[str, ...]]:
    """Return the offers that each pinned order and step is pinned to: more than one contradicts."""
    if not rules.pins:
        return {}
    wanted = {order.order_id: order for order in orders}
    offered = {offer.offer_id: offer for offer in offers}
    found: dict[tuple[str, int], list[str]] = {}
    for pin in rules.pins:
        step = pinned_step(pin, wanted[pin.order_id], offered[pin.offer_id])
        mine = found.setdefault((pin.order_id, step), [])
        if pin.offer_id not in mine:
            mine.append(pin.offer_id)
    return {key: tuple(names) for key, names in found.items()}


def canonical_rules(rules: Rules) -> dict[str, object]:
    """Return the rules that there are as JSON, in a form in which their order does not count."""
    parts: dict[str, object] = {
        "pins": sorted([p.order_id, p.offer_id, p.step or 0] for p in rules.pins),
        "bans": sorted([b.order_id, b.offer_id or "", b.enterprise_id or ""] for b in rules.bans),
        "approved": sorted([one.order_id, sorted(one.enterprises)] for one in rules.approved),
        "agreed": _rows(line for one in rules.agreed for line in one.lines),
        "given": _rows(rules.given),
        "frozen_weeks": rules.frozen and rules.frozen.weeks,
        "keep_penalty_fen": rules.keep and rules.keep.penalty_fen,
        "local_bonus_fen_per_hour": rules.local_first and rules.local_first.bonus_fen_per_hour,
        "enterprise_share_bps": rules.enterprise_share and rules.enterprise_share.most_bps,
        "sme_minimum": rules.sme_minimum
        and [rules.sme_minimum.minutes, sorted(rules.sme_minimum.enterprises)],
        "carbon_cap_g": rules.carbon_cap
        and "{0.numerator}/{0.denominator}".format(Fraction(rules.carbon_cap.grams)),
        "must_serve": sorted(rules.must_serve),
    }
    return {name: value for name, value in parts.items() if value is not None and value != []}


def _rows(lines: Iterable[PlanLine]) -> list[list[object]]:
    return [
        [p.order_id, p.lot, p.lot_quantity, p.step, p.offer_id, p.week, p.minutes]
        for p in sorted(lines)
    ]
