"""The record's state as typed values: what each canonical JSON object under a key means.

Keys: `party/<handle>`, `key/<kid>`, `policy/<lender>`, `plan/<handle>`, `proposal/<handle>`,
`order/<handle>`, `claim/<handle>`, `offer/<handle>`, `tag/<64 hex digits>`. Amounts are strings
of digits as everywhere in the record; the objects hold nothing that the entries do not imply.
"""

import dataclasses
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, Self

from ledger.claims.limit import Alphas, Hold, Stages, ceiling
from ledger.errors import Corruption
from ledger.log.canonical import JsonObject, JsonValue
from ledger.log.rules import JsonState
from ledger.values.transitions import ClaimStatus, OrderStatus, ProposalStatus

_DIGITS = {"digits": True}
"""Metadata of a field whose integer is written as digits."""


def _of(kind: type) -> dict[str, type]:
    """Return the metadata of a field of an enum, a nested value or a tuple of nested values."""
    return {"of": kind}


class Stored:
    """A value that is kept as a canonical JSON object under `<prefix>/<handle>`."""

    __slots__ = ()
    prefix: ClassVar[str]

    def to_json(self) -> JsonObject:
        """Return the object; fields that are None are left out."""
        value: JsonObject = {}
        for one in dataclasses.fields(self):  # type: ignore[arg-type]  # every subclass is one
            held = getattr(self, one.name)
            if held is not None:
                value[one.name] = str(held) if one.metadata.get("digits") else _plain(held)
        return value

    @classmethod
    def from_json(cls, value: JsonObject) -> Self:
        """Return the value of an object.

        Raises
        ------
        Corruption
            When the object is not what `to_json` writes.
        """
        found: dict[str, Any] = {}
        try:
            for one in dataclasses.fields(cls):  # type: ignore[arg-type]  # every subclass is one
                if one.name in value:
                    found[one.name] = _typed(value[one.name], one.metadata)
            return cls(**found)
        except (TypeError, ValueError) as problem:
            raise Corruption(
                "STATE_DAMAGED", f"A stored {cls.__name__} does not read: {problem}."
            ) from None

    @classmethod
    def load(cls, state: JsonState, handle: str) -> Self | None:
        """Return the value stored for a handle, or None."""
        value = state.get(f"{cls.prefix}/{handle}")
        return None if value is None else cls.from_json(value)

    def save(self, state: JsonState, handle: str) -> None:
        """Store the value for a handle."""
        state.put(f"{self.prefix}/{handle}", self.to_json())


def _plain(held: Any) -> JsonValue:
    if isinstance(held, tuple):
        return [_plain(one) for one in held]
    if isinstance(held, StrEnum):
        return held.value
    if dataclasses.is_dataclass(held) and not isinstance(held, type):
        if isinstance(held, Stored):
            return held.to_json()
        return {one.name: str(getattr(held, one.name)) for one in dataclasses.fields(held)}
    plain: JsonValue = held
    return plain


def _typed(value: JsonValue, metadata: Any) -> Any:
    kind = metadata.get("of")
    if metadata.get("digits"):
        return int(str(value))
    if isinstance(value, list):
        return tuple(_typed(one, metadata) for one in value)
    if isinstance(value, dict):
        if kind is not None and issubclass(kind, Stored):
            return kind.from_json(value)
        return kind(**{name: int(str(part)) for name, part in value.items()})
    return value if kind is None else kind(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyState(Stored):
    """A party as the registrar onboarded or renewed it.

    Parameters
    ----------
    kyb_until
        YYYY-MM-DD, the last valid day.
    identifiers
        Keyed tag of each identifier; two parties that share one are related.
    entries
        Index of the entry of each version: a certificate shows them all.
    """

    prefix: ClassVar[str] = "party"

    version: int
    roles: tuple[str, ...]
    kyb_until: str
    identifiers: tuple[str, ...]
    entries: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState(Stored):
    """A key as enrolled; `revoked` is the index of the revoking entry."""

    prefix: ClassVar[str] = "key"

    party: str
    user: str
    duty: str
    public_key: str
    valid_from: int
    valid_to: int
    index: int
    revoked: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyState(Stored):
    """A lender's current policy."""

    prefix: ClassVar[str] = "policy"

    version: int
    alphas: Alphas = field(metadata=_of(Alphas))
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanState(Stored):
    """A published plan."""

    prefix: ClassVar[str] = "plan"

    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalState(Stored):
    """A party's answer to a proposal."""

    prefix: ClassVar[str] = "proposal"

    status: ProposalStatus = field(metadata=_of(ProposalStatus))
    plan: str
    party: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TagState(Stored):
    """What a keyed tag stands for: `holder` is an order, a party or a claim."""

    prefix: ClassVar[str] = "tag"

    holder: str
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveClaim(Stored):
    """A claim that takes up headroom of its order.

    Parameters
    ----------
    principal
        Live principal: what was reserved, less what was repaid; minor units.
    policy, alphas
        The lender's policy version under which it was reserved, and its rates.
    index
        Entry of the reservation.
    """

    claim: str
    lender: str
    policy: int
    alphas: Alphas = field(metadata=_of(Alphas))
    principal: int = field(default=0, metadata=_DIGITS)
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderState(Stored):
    """An order: what was submitted and confirmed, and what stands on it now.

    Parameters
    ----------
    net
        V, confirmed value without tax, minor units; what was submitted until it is confirmed.
    stages, paid
        V by stage and what has been paid: V = U0 + U1 + W + R + paid once confirmed.
    eligible
        The stages less what is prepaid and held back: EV.
    live
        Claims that take up headroom, in the order of their reservation.
    index
        Entry of the first submission.
    """

    prefix: ClassVar[str] = "order"

    status: OrderStatus = field(metadata=_of(OrderStatus))
    version: int
    buyer: str
    seller: str
    currency: str
    net: int = field(default=0, metadata=_DIGITS)
    prepaid: int = field(default=0, metadata=_DIGITS)
    retention_bps: int
    assignable: bool
    last_due: str
    terms_days: int
    stages: Stages = field(default=Stages(), metadata=_of(Stages))
    eligible: Stages = field(default=Stages(), metadata=_of(Stages))
    paid: int = field(default=0, metadata=_DIGITS)
    live: tuple[LiveClaim, ...] = field(default=(), metadata=_of(LiveClaim))
    tag: str
    index: int

    def holds(self, *, without: str | None = None) -> tuple[tuple[LiveClaim, Hold], ...]:
        """Return each live claim with its principal and M, leaving out one claim."""
        return tuple(
            (live, Hold(principal=live.principal, ceiling=ceiling(self.eligible, live.alphas)))
            for live in self.live
            if live.claim != without
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferState(Stored):
    """A lender's offer on a claim. `valid_until` is UTC milliseconds."""

    prefix: ClassVar[str] = "offer"

    claim: str
    lender: str
    amount: int = field(default=0, metadata=_DIGITS)
    rate_bps: int
    policy: int
    alphas: Alphas = field(metadata=_of(Alphas))
    valid_until: int
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimState(Stored):
    """A lender's advance on an order, from its request on.

    Parameters
    ----------
    stage
        Legal stage: `order` before the buyer owes, later `receivable`.
    asked
        What the seller asked for, minor units; `principal` is what was reserved of it.
    maturity
        YYYY-MM-DD.
    listed_by
        User who listed it: may not also accept the offer.
    reserved_until
        UTC milliseconds; the reservation may lapse from then on.
    registered_at
        UTC milliseconds of the statutory registration: the rank among the order's claims.
    accrued_to
        YYYY-MM-DD up to which interest is counted; `interest_due` is unpaid of it.
    """

    prefix: ClassVar[str] = "claim"

    status: ClaimStatus = field(metadata=_of(ClaimStatus))
    stage: str = "order"
    order: str
    asked: int = field(default=0, metadata=_DIGITS)
    maturity: str
    listed_by: str | None = None
    lender: str | None = None
    offer: str | None = None
    rate_bps: int = 0
    principal: int = field(default=0, metadata=_DIGITS)
    reserved_index: int | None = None
    reserved_until: int | None = None
    notice: str | None = None
    registered_at: int | None = None
    value_date: str | None = None
    accrued_to: str | None = None
    outstanding: int = field(default=0, metadata=_DIGITS)
    interest_due: int = field(default=0, metadata=_DIGITS)
    interest_paid: int = field(default=0, metadata=_DIGITS)
    repaid: int = field(default=0, metadata=_DIGITS)
    surplus: int = field(default=0, metadata=_DIGITS)
    index: int
