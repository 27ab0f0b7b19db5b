"""The log's totals by currency, kept up with every entry on an order's chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.claims.state import OrderState, Total, TotalsState
from ledger.log.canonical import JsonObject
from ledger.log.rules import JsonState
from ledger.values.transitions import OrderStatus


class Share(NamedTuple):
    """What one order adds to the totals of its currency; amounts in minor units."""

    currency: str
    orders: int
    value: int
    live: int


def load_totals(state: JsonState) -> tuple[Total, ...]:
    """Return the totals of the log, in the order of their currencies."""
    known = TotalsState.load(state, TotalsState.handle)
    return () if known is None else known.totals


def update(state: JsonState, body: JsonObject, before: OrderState | None) -> None:
    """Bring the totals up to what the order of an entry adds after it.

    Parameters
    ----------
    before
        The order as it was before the entry, None where there was none.
    """
    handle = body.get("order")
    order = None if handle is None else OrderState.load(state, str(handle))
    if order is None or order is before:
        return
    after, earlier = _share(order), None if before is None else _share(before)
    if after == earlier:
        return
    old = earlier or Share(after.currency, 0, 0, 0)
    totals = load_totals(state)
    known = next((one for one in totals if one.currency == after.currency), None)
    total = known or Total(currency=after.currency)
    total = total.changed(
        orders=total.orders + after.orders - old.orders,
        value=total.value + after.value - old.value,
        live=total.live + after.live - old.live,
    )
    others = [one for one in totals if one.currency != after.currency]
    _save(state, sorted((*others, total), key=lambda one: one.currency))


def _save(state: JsonState, totals: Sequence[Total]) -> None:
    TotalsState(totals=tuple(totals)).save(state, TotalsState.handle)


def _share(order: OrderState) -> Share:
    return Share(
        currency=order.currency,
        orders=1,
        value=order.net if order.status is OrderStatus.CONFIRMED else 0,
        live=sum([one.principal for one in order.live]),
    )
