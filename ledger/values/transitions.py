"""Which event may happen in which state, and what state may follow: tables, nothing else.

Each event moves one or more records at once (a claim's events also need the order in the right
state). A row lists every state that may follow; where there are several, the event's effect picks
one of them (a repayment leaves the claim funded or repaid). What is not in a table is refused.
The flags of a claim (over-advanced, disputed, overdue, frozen) and its legal stage are axes of
their own beside the state, so adding them adds no row here.
"""

from collections.abc import Mapping
from enum import StrEnum, unique
from types import MappingProxyType

from ledger.values.consent import EventType


@unique
class OrderStatus(StrEnum):
    """Where an order's consent stands. Labels such as delivered are derived from quantities."""

    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


@unique
class ClaimStatus(StrEnum):
    """Where a claim stands."""

    REQUESTED = "requested"
    SCREENED = "screened"
    LISTED = "listed"
    RESERVED = "reserved"
    PLEDGED = "pledged"
    FUNDED = "funded"
    REPAID = "repaid"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"


@unique
class ProposalStatus(StrEnum):
    """What a party answered to a proposal."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


LIVE = frozenset({ClaimStatus.RESERVED, ClaimStatus.PLEDGED, ClaimStatus.FUNDED})
"""Claims whose principal counts against the order's headroom."""

TERMINAL = frozenset({ClaimStatus.RELEASED, ClaimStatus.WITHDRAWN, ClaimStatus.LAPSED})
"""Claims that change no more."""

State = str
Table = Mapping[tuple[State | None, EventType], tuple[State, ...]]
"""(state, event) → the states that may follow; None is what does not exist yet."""

_E = EventType
_C = ClaimStatus
_O = OrderStatus
_P = ProposalStatus

CLAIM: Table = MappingProxyType(
    {
        (None, _E.CLAIM_REQUESTED): (_C.REQUESTED,),
        (_C.REQUESTED, _E.CLAIM_SCREENED): (_C.SCREENED,),
        (_C.REQUESTED, _E.CLAIM_WITHDRAWN): (_C.WITHDRAWN,),
        (_C.SCREENED, _E.CLAIM_LISTED): (_C.LISTED,),
        (_C.SCREENED, _E.CLAIM_WITHDRAWN): (_C.WITHDRAWN,),
        (_C.LISTED, _E.CLAIM_OFFERED): (_C.LISTED,),
        (_C.LISTED, _E.CLAIM_RESERVED): (_C.RESERVED,),
        (_C.LISTED, _E.CLAIM_WITHDRAWN): (_C.WITHDRAWN,),
        (_C.RESERVED, _E.CLAIM_PLEDGED): (_C.PLEDGED,),
        (_C.RESERVED, _E.CLAIM_LAPSED): (_C.LAPSED,),
        (_C.RESERVED, _E.CLAIM_WITHDRAWN): (_C.WITHDRAWN,),
        (_C.PLEDGED, _E.CLAIM_FUNDED): (_C.FUNDED,),
        (_C.FUNDED, _E.CLAIM_REPAID): (_C.FUNDED, _C.REPAID),
        (_C.REPAID, _E.CLAIM_RELEASED): (_C.RELEASED,),
    }
)

ORDER: Table = MappingProxyType(
    {
        (None, _E.ORDER_SUBMITTED): (_O.SUBMITTED,),
        (_O.REJECTED, _E.ORDER_SUBMITTED): (_O.SUBMITTED,),
        (_O.SUBMITTED, _E.ORDER_CONFIRMED): (_O.CONFIRMED,),
        (_O.SUBMITTED, _E.ORDER_REJECTED): (_O.REJECTED,),
        **{
            (_O.CONFIRMED, event): (_O.CONFIRMED,)
            for event in sorted({event for _, event in CLAIM})
        },
    }
)

PROPOSAL: Table = MappingProxyType(
    {
        (None, _E.PROPOSAL_ACCEPTED): (_P.ACCEPTED,),
        (None, _E.PROPOSAL_DECLINED): (_P.DECLINED,),
    }
)


def next_states(table: Table, state: State | None, event: EventType) -> tuple[State, ...]:
    """Return the states that may follow; empty when the event may not happen in this state."""
    return table.get((state, event), ())


def allowed_events(table: Table, state: State | None) -> tuple[EventType, ...]:
    """Return the events that may happen in a state, sorted by name."""
    return tuple(sorted(event for known, event in table if known == state))
