"""The record's state as typed values: what each canonical JSON object under a key means.

Keys: `party/<handle>`, `key/<kid>`, `policy/<lender>`, `plan/<handle>`, `proposal/<handle>`,
`order/<handle>`, `claim/<handle>`, `offer/<handle>`, `tag/<64 hex digits>`, `log/totals`,
`log/root`. Amounts are strings of digits as everywhere in the record; the objects hold nothing
that the entries do not imply.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from ledger.claims.limit import Alphas, Hold, Stages, ceiling
from ledger.claims.stored import DIGITS, TEXTS, Stored, many, numbers, one_of
from ledger.values.transitions import ClaimStatus, OrderStatus, ProposalStatus


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
    roles: tuple[str, ...] = field(metadata=TEXTS)
    kyb_until: str
    identifiers: tuple[str, ...] = field(metadata=TEXTS)
    entries: tuple[int, ...] = field(metadata=TEXTS)


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
    alphas: Alphas = field(metadata=numbers(Alphas))
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

    status: ProposalStatus = field(metadata=one_of(ProposalStatus))
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
    alphas: Alphas = field(metadata=numbers(Alphas))
    principal: int = field(default=0, metadata=DIGITS)
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

    status: OrderStatus = field(metadata=one_of(OrderStatus))
    version: int
    buyer: str
    seller: str
    currency: str
    net: int = field(default=0, metadata=DIGITS)
    prepaid: int = field(default=0, metadata=DIGITS)
    retention_bps: int
    assignable: bool
    last_due: str
    terms_days: int
    stages: Stages = field(default=Stages(), metadata=numbers(Stages))
    eligible: Stages = field(default=Stages(), metadata=numbers(Stages))
    paid: int = field(default=0, metadata=DIGITS)
    live: tuple[LiveClaim, ...] = field(default=(), metadata=many(LiveClaim))
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
    amount: int = field(default=0, metadata=DIGITS)
    rate_bps: int
    policy: int
    alphas: Alphas = field(metadata=numbers(Alphas))
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

    status: ClaimStatus = field(metadata=one_of(ClaimStatus))
    stage: str = "order"
    order: str
    asked: int = field(default=0, metadata=DIGITS)
    maturity: str
    listed_by: str | None = None
    lender: str | None = None
    offer: str | None = None
    rate_bps: int = 0
    principal: int = field(default=0, metadata=DIGITS)
    reserved_index: int | None = None
    reserved_until: int | None = None
    notice: str | None = None
    registered_at: int | None = None
    value_date: str | None = None
    accrued_to: str | None = None
    outstanding: int = field(default=0, metadata=DIGITS)
    interest_due: int = field(default=0, metadata=DIGITS)
    interest_paid: int = field(default=0, metadata=DIGITS)
    repaid: int = field(default=0, metadata=DIGITS)
    surplus: int = field(default=0, metadata=DIGITS)
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Total(Stored):
    """What the log holds in one currency.

    Parameters
    ----------
    orders
        How many orders were submitted, whatever became of them.
    value
        Value of the confirmed ones without tax, minor units.
    live
        Live principal of all claims, minor units.
    """

    currency: str
    orders: int = 0
    value: int = field(default=0, metadata=DIGITS)
    live: int = field(default=0, metadata=DIGITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsState(Stored):
    """The totals of the log, in the order of their currencies."""

    prefix: ClassVar[str] = "log"
    handle: ClassVar[str] = "totals"

    totals: tuple[Total, ...] = field(default=(), metadata=many(Total))


@dataclass(frozen=True, slots=True, kw_only=True)
class RootState(Stored):
    """The last state root: the entry's index."""

    prefix: ClassVar[str] = "log"
    handle: ClassVar[str] = "root"

    index: int
