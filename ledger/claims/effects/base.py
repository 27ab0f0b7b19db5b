"""What an effect works on: one entry, the state, and the checks that all effects share."""

import datetime as dt
import functools
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.claims.refusals import (
    ClaimUnknown,
    CurrencyMismatch,
    OrderNotConfirmed,
    OrderUnknown,
    WrongParty,
    WrongState,
)
from ledger.claims.state import ClaimState, OrderState
from ledger.log.canonical import JsonObject
from ledger.log.rules import JsonState
from ledger.values.consent import EventType, Signatory
from ledger.values.kinds import parse_date
from ledger.values.transitions import (
    CLAIM,
    ORDER,
    OrderStatus,
    State,
    Table,
    allowed_events,
    next_states,
)

_EPOCH = dt.date(1970, 1, 1)
_DAY_MS = 86_400_000
FUTURE_MS_MAX = 5 * 60 * 1000
"""How far a time in a body may lie ahead of the entry's: clocks differ."""


@dataclass(slots=True, kw_only=True)
class Step:
    """One entry on its way into the state. Not frozen, as one is made for every entry.

    Parameters
    ----------
    state
        Read and written by effects; dropped by the caller when a refusal is raised.
    index, time_ms, tag
        From the entry's meta.
    signed_by
        Who signed, checked against what the body needs.
    rule_version
        Version of the rules under which the entry was admitted.
    known_order
        The order of the body as it was before this entry, None where there is none.
    """

    state: JsonState
    body: JsonObject
    event: EventType
    index: int
    time_ms: int
    tag: str | None
    signed_by: Sequence[Signatory]
    rule_version: int
    known_order: OrderState | None

    @property
    def subject(self) -> str:
        """The handle that the entry is about."""
        return self.text("subject")

    @property
    def today(self) -> dt.date:
        """Day of the entry, UTC."""
        return _day(self.time_ms // _DAY_MS)

    def text(self, name: str) -> str:
        """Return a text field of the body, whose shape is checked."""
        return str(self.body[name])

    def number(self, name: str) -> int:
        """Return an integer field, or an amount field's minor units."""
        return int(str(self.body[name]))

    def date(self, name: str) -> dt.date:
        """Return a date field."""
        return parse_date(self.body[name])

    def move(self, table: Table, current: State | None, what: str) -> tuple[State, ...]:
        """Return the states that may follow.

        Raises
        ------
        WrongState
            With the events that may happen instead.
        """
        following = next_states(table, current, self.event)
        if not following:
            allowed = allowed_events(table, current)
            raise WrongState(
                f"{what} {self.subject} is {current or 'not there yet'}: {self.event} may not "
                f"happen now. Allowed: {', '.join(allowed) or 'nothing, this state is final'}.",
                state=current or "",
                event=self.event.value,
                allowed=" ".join(allowed),
            )
        return following

    def order(self) -> OrderState:
        """Return the order on whose chain the entry stands, after the checks that all share.

        Raises
        ------
        OrderUnknown
            When no entry submitted it.
        WrongParty
            When the body names another buyer or seller than the order has.
        CurrencyMismatch
            When the body's currency is not the order's.
        """
        handle = self.text("order")
        order = self.known_order
        if order is None:
            raise OrderUnknown(f"Order {handle} was never submitted to this log.", order=handle)
        self.expect_party("buyer", order.buyer)
        self.expect_party("seller", order.seller)
        if self.body.get("currency", order.currency) != order.currency:
            raise CurrencyMismatch(
                f"Order {handle} is in {order.currency}; the body says {self.body['currency']}. "
                "One order chain has one currency.",
                order=handle,
                expected=order.currency,
                got=self.text("currency"),
            )
        return order

    def claim(self) -> tuple[OrderState, ClaimState]:
        """Return the claim that the entry is about, with its order.

        Raises
        ------
        OrderNotConfirmed
            When the buyer has not confirmed the order.
        ClaimUnknown
            When the claim was never requested on this order.
        WrongParty
            When the body names another lender than the claim has.
        """
        order = self.confirmed_order()
        claim = ClaimState.load(self.state, self.subject)
        if claim is None or claim.order != self.text("order"):
            raise ClaimUnknown(
                f"Claim {self.subject} was never requested on order {self.text('order')}.",
                claim=self.subject,
            )
        if claim.lender is not None:
            self.expect_party("lender", claim.lender)
        return order, claim

    def confirmed_order(self) -> OrderState:
        """Return the order of a claim's event; see `order` and `claim`."""
        order = self.order()
        if order.status is not OrderStatus.CONFIRMED:
            raise OrderNotConfirmed(
                f"Order {self.text('order')} is {order.status}, not confirmed by its buyer. Let "
                "the buyer confirm it first: without that it carries no claim.",
                order=self.text("order"),
                status=order.status.value,
            )
        self.move(ORDER, order.status, "Order")
        return order

    def claim_moves(self, claim: ClaimState | None) -> tuple[State, ...]:
        """Return the claim's possible next states, or raise `WrongState`."""
        return self.move(CLAIM, claim.status if claim else None, "Claim")

    def expect_party(self, side: str, party: str) -> None:
        """Raise `WrongParty` when the body names another party on this side."""
        named = self.body.get(side)
        if named is not None and named != party:
            raise WrongParty(
                f"The body names {named} as {side}; the record says {party}.",
                side=side,
                party=str(named),
                expected=party,
            )


def day_text(time_ms: int) -> str:
    """Return the day of a time, UTC, as YYYY-MM-DD."""
    return _day_text(time_ms // _DAY_MS)


@functools.lru_cache(maxsize=64)
def _day(number: int) -> dt.date:
    """Return a day by its number since 1970; entries that follow each other share it."""
    return _EPOCH + dt.timedelta(days=number)


@functools.lru_cache(maxsize=64)
def _day_text(number: int) -> str:
    return _day(number).isoformat()
