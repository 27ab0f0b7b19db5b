"""The log's totals by currency, kept up with every entry on an order's chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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


def share_of(state: JsonState, body: JsonObject) -> Share | None:
    """Return what the order of a body adds now; None without an order that was submitted."""
    handle = body.get("order")
    if not isinstance(handle, str):
        return None
    order = state.get(f"{OrderState.prefix}/{handle}")
    return None if order is None else _share(order)


def update(state: JsonState, body: JsonObject, before: Share | None) -> None:
    """Bring the totals up to what the order of an entry adds after it."""
    after = share_of(state, body)
    if after is None or after == before:
        return
    totals = load_totals(state)
    known = next((one for one in totals if one.currency == after.currency), None)
    old = before or Share(after.currency, 0, 0, 0)
    total = known or Total(currency=after.currency)
    total = replace(
        total,
        orders=total.orders + after.orders - old.orders,
        value=total.value + after.value - old.value,
        live=total.live + after.live - old.live,
    )
    others = [one for one in totals if one.currency != after.currency]
    _save(state, sorted((*others, total), key=lambda one: one.currency))


def _save(state: JsonState, totals: Sequence[Total]) -> None:
    TotalsState(totals=tuple(totals)).save(state, TotalsState.handle)


def _share(order: JsonObject) -> Share:
    """Return the share of a stored order, read without making all of it."""
    confirmed = order["status"] == OrderStatus.CONFIRMED.value
    live = order["live"]
    assert isinstance(live, list)
    return Share(
        currency=str(order["currency"]),
        orders=1,
        value=int(str(order["net"])) if confirmed else 0,
        live=sum(int(str(one["principal"])) for one in live if isinstance(one, dict)),
    )
