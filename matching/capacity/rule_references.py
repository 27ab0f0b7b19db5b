"""Whether the rules of a problem name only what the problem has."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from matching.capacity.fields import LOTS_MAX, MINUTES_MAX, QUANTITY_MAX, be_whole
from matching.capacity.plan import PlanLine
from matching.capacity.rules import Rules, pinned_step

if TYPE_CHECKING:
    from matching.capacity.problem import Offer, Order


def refer(rules: Rules, orders: Sequence[Order], offers: Sequence[Offer], *, weeks: int) -> None:
    """Refuse rules that name what a problem does not have.

    Raises
    ------
    ValueError
        For an unknown order, offer, enterprise or step, a line of a plan that no plan can have,
        and more frozen weeks than there are.
    """
    wanted = {order.order_id: order for order in orders}
    offered = {offer.offer_id: offer for offer in offers}
    enterprises = {offer.enterprise_id for offer in offers}
    known: dict[str, Container[str]]
    known = {"order": wanted, "offer": offered, "enterprise": enterprises}
    for where, kind, name in (*_order_names(rules), *_supplier_names(rules)):
        if name not in known[kind]:
            raise ValueError(f"{where}: unknown {kind} {name}")
    for pin in rules.pins:
        pinned_step(pin, wanted[pin.order_id], offered[pin.offer_id])
    for agreed in rules.agreed:
        where = f"agreement on order {agreed.order_id}"
        _refer_lines(where, agreed.lines, wanted, offered, weeks=weeks)
    _refer_lines("given plan", rules.given, wanted, offered, weeks=weeks)
    if rules.frozen is not None and rules.frozen.weeks > weeks:
        raise ValueError(f"frozen: expected at most {weeks} weeks, got {rules.frozen.weeks}")


def _order_names(rules: Rules) -> Iterator[tuple[str, str, str]]:
    """Yield where a rule names an order, the word "order", and the name."""
    for pin in rules.pins:
        yield "pin", "order", pin.order_id
    for ban in rules.bans:
        yield "ban", "order", ban.order_id
    for one in rules.approved:
        yield "approval", "order", one.order_id
    for agreed in rules.agreed:
        yield "agreement", "order", agreed.order_id
    for name in sorted(rules.must_serve):
        yield "must-serve", "order", name


def _supplier_names(rules: Rules) -> Iterator[tuple[str, str, str]]:
    """Yield where a rule names an offer or an enterprise, which of the two, and the name."""
    for pin in rules.pins:
        yield f"pin of order {pin.order_id}", "offer", pin.offer_id
    for ban in rules.bans:
        kind = "enterprise" if ban.offer_id is None else "offer"
        yield f"ban for order {ban.order_id}", kind, ban.offer_id or ban.enterprise_id or ""
    for one in rules.approved:
        for name in sorted(one.enterprises):
            yield f"approval for order {one.order_id}", "enterprise", name
    if rules.sme_minimum is not None:
        for name in sorted(rules.sme_minimum.enterprises):
            yield "SME minimum", "enterprise", name


def _refer_lines(
    where: str,
    lines: Iterable[PlanLine],
    orders: dict[str, Order],
    offers: dict[str, Offer],
    *,
    weeks: int,
) -> None:
    seen: set[tuple[str, int, int, str, int]] = set()
    for line in lines:
        key = line.order_id, line.lot, line.step, line.offer_id, line.week
        at = f"{where}: order {key[0]} lot {key[1]} step {key[2]} offer {key[3]} week {key[4]}"
        if line.order_id not in orders:
            raise ValueError(f"{at}: unknown order {line.order_id}")
        if line.offer_id not in offers:
            raise ValueError(f"{at}: unknown offer {line.offer_id}")
        be_whole(at, "lot", line.lot, least=1, most=LOTS_MAX)
        be_whole(at, "lot_quantity", line.lot_quantity, least=1, most=QUANTITY_MAX)
        be_whole(at, "step", line.step, least=1, most=len(orders[line.order_id].operations))
        be_whole(at, "week", line.week, most=weeks - 1)
        be_whole(at, "minutes", line.minutes, least=1, most=MINUTES_MAX)
        if key in seen:
            raise ValueError(f"{at}: appears twice")
        seen.add(key)
