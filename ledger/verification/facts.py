"""What the public fields of an order's chain add up to, recomputed from the entries alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from ledger.errors import NotVerified
from ledger.log.canonical import JsonObject
from ledger.values.consent import EventType
from ledger.values.transitions import (
    CLAIM,
    LIVE,
    ORDER,
    ClaimStatus,
    OrderStatus,
    next_states,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimFacts:
    """A claim as the chain shows it; amounts in minor units of the order's currency."""

    status: ClaimStatus
    lender: str | None = None
    principal: int = 0
    outstanding: int = 0
    interest_paid: int = 0
    surplus: int = 0

    @property
    def live(self) -> int:
        """Principal that counts against the order now."""
        if self.status not in LIVE:
            return 0
        return self.outstanding if self.status is ClaimStatus.FUNDED else self.principal


@dataclass(slots=True, kw_only=True)
class OrderFacts:
    """An order as its chain shows it so far."""

    order: str
    status: OrderStatus | None = None
    version: int = 0
    buyer: str = ""
    seller: str = ""
    currency: str = ""
    net: int = 0
    claims: dict[str, ClaimFacts] = field(default_factory=dict)
    offers: dict[str, tuple[str, str, int]] = field(default_factory=dict)

    @property
    def live(self) -> int:
        """Principal of all live claims, minor units."""
        return sum(claim.live for claim in self.claims.values())

    @property
    def confirmed(self) -> bool:
        """Whether the buyer has confirmed the current version."""
        return self.status is OrderStatus.CONFIRMED

    def add(self, index: int, event: EventType, body: JsonObject) -> None:
        """Take in the next entry of the chain.

        Raises
        ------
        NotVerified
            `WRONG_STATE` when the event may not happen now, `FACTS_DIFFER` when it contradicts
            what came before, `OVER_VALUE` when live principal exceeds the confirmed value.
        """
        following = next_states(ORDER, self.status, event)
        if not following:
            raise _wrong_state(index, event, "the order", self.status)
        if event is EventType.ORDER_SUBMITTED:
            self._submitted(body)
        else:
            self._same(index, body)
        if event is EventType.ORDER_CONFIRMED or event is EventType.ORDER_REJECTED:
            _expect(index, "version", _number(body, "version"), self.version)
        if event is EventType.ORDER_CONFIRMED:
            _expect(index, "net", _number(body, "net"), self.net)
        self.status = OrderStatus(following[0])
        if event.startswith("claim."):
            self._claim(index, event, body)

    def _submitted(self, body: JsonObject) -> None:
        self.buyer, self.seller = str(body["buyer"]), str(body["seller"])
        self.currency, self.net = str(body["currency"]), _number(body, "net")
        self.version = _number(body, "version")

    def _same(self, index: int, body: JsonObject) -> None:
        for name, known in (
            ("buyer", self.buyer),
            ("seller", self.seller),
            ("currency", self.currency),
        ):
            _expect(index, name, body.get(name, known), known)

    def _claim(self, index: int, event: EventType, body: JsonObject) -> None:
        handle = str(body["subject"])
        claim = self.claims.get(handle)
        following = next_states(CLAIM, claim.status if claim else None, event)
        if not following:
            raise _wrong_state(index, event, f"claim {handle}", claim.status if claim else None)
        if claim is None:
            claim = ClaimFacts(status=ClaimStatus(following[0]))
        elif claim.lender is not None:
            _expect(index, "lender", body.get("lender", claim.lender), claim.lender)
        effect = _EFFECTS.get(event)
        if effect is not None:
            claim = effect(self, index, claim, body)
        status = ClaimStatus(following[0])
        if len(following) > 1 and claim.outstanding == 0:
            status = ClaimStatus.REPAID
        self.claims[handle] = replace(claim, status=status)
        if self.live > self.net:
            raise NotVerified(
                "OVER_VALUE",
                f"entry {index}: live principal {self.live} exceeds the order's value {self.net}",
            )


def _offered(facts: OrderFacts, index: int, claim: ClaimFacts, body: JsonObject) -> ClaimFacts:
    offer = str(body["offer"])
    if offer in facts.offers:
        raise NotVerified("FACTS_DIFFER", f"entry {index} makes offer {offer} a second time")
    facts.offers[offer] = (str(body["subject"]), str(body["lender"]), _number(body, "amount"))
    return claim


def _reserved(facts: OrderFacts, index: int, claim: ClaimFacts, body: JsonObject) -> ClaimFacts:
    subject, lender, most = facts.offers.get(str(body["offer"]), ("", "", 0))
    _expect(index, "claim of the offer", str(body["subject"]), subject)
    _expect(index, "lender", str(body["lender"]), lender)
    amount = _number(body, "amount")
    if amount > most:
        raise NotVerified("FACTS_DIFFER", f"entry {index} reserves {amount} of an offer of {most}")
    return replace(claim, lender=lender, principal=amount)


def _pledged(_facts: OrderFacts, index: int, claim: ClaimFacts, body: JsonObject) -> ClaimFacts:
    _expect(index, "amount", _number(body, "amount"), claim.principal)
    return claim


def _funded(_facts: OrderFacts, index: int, claim: ClaimFacts, body: JsonObject) -> ClaimFacts:
    _expect(index, "amount", _number(body, "amount"), claim.principal)
    return replace(claim, outstanding=claim.principal)


def _repaid(_facts: OrderFacts, index: int, claim: ClaimFacts, body: JsonObject) -> ClaimFacts:
    interest, principal = _number(body, "interest"), _number(body, "principal")
    surplus = _number(body, "surplus")
    _expect(index, "parts", interest + principal + surplus, _number(body, "amount"))
    if principal > claim.outstanding or (surplus and principal < claim.outstanding):
        raise NotVerified(
            "FACTS_DIFFER",
            f"entry {index} repays {principal} and keeps {surplus} over, while "
            f"{claim.outstanding} is outstanding",
        )
    return replace(
        claim,
        outstanding=claim.outstanding - principal,
        interest_paid=claim.interest_paid + interest,
        surplus=claim.surplus + surplus,
    )


_Effect = Callable[[OrderFacts, int, ClaimFacts, JsonObject], ClaimFacts]
_EFFECTS: Mapping[EventType, _Effect] = MappingProxyType(
    {
        EventType.CLAIM_OFFERED: _offered,
        EventType.CLAIM_RESERVED: _reserved,
        EventType.CLAIM_PLEDGED: _pledged,
        EventType.CLAIM_FUNDED: _funded,
        EventType.CLAIM_REPAID: _repaid,
        EventType.CLAIM_RELEASED: _pledged,
    }
)


def _number(body: JsonObject, name: str) -> int:
    return int(str(body[name]))


def _expect(index: int, what: str, got: object, expected: object) -> None:
    if got != expected:
        raise NotVerified(
            "FACTS_DIFFER", f"entry {index}: {what} is {got}, the chain before it says {expected}"
        )


def _wrong_state(index: int, event: EventType, what: str, state: str | None) -> NotVerified:
    return NotVerified(
        "WRONG_STATE", f"entry {index}: {event} while {what} is {state or 'not there yet'}"
    )
