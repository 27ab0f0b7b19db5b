"""What must hold after every entry, computed from the state alone and not by the rules.

L1 headroom, L2 repayment, L3 postings, L4 ends; L5 and L7 are read from the entries
(`ledger.audit.entries`), L6 from the signatures (`ledger.audit.meaning`).
"""

from __future__ import annotations

from collections.abc import Iterator

from ledger.audit.entries import Entry
from ledger.audit.state import KeptState
from ledger.claims.limit import fits
from ledger.claims.state import ClaimState, OrderState, TagState
from ledger.values.consent import EventType
from ledger.values.transitions import TERMINAL, OrderStatus

Problem = tuple[str, str]
"""(code, message)."""


def check_changes(entry: Entry, state: KeptState) -> list[Problem]:
    """Return what the objects that an entry changed violate."""
    found: list[Problem] = []
    for key, before in state.before.items():
        now = state.now(key)
        if isinstance(now, OrderState):
            found += _order(_handle(key), now)
        elif isinstance(now, ClaimState):
            earlier = before if isinstance(before, ClaimState) else None
            found += _claim(entry, _handle(key), earlier, now)
        elif isinstance(now, TagState) and isinstance(before, TagState):
            found += _tag(_handle(key), before, now)
    return found


def _handle(key: str) -> str:
    return key.partition("/")[2]


def _order(handle: str, order: OrderState) -> Iterator[Problem]:
    if not fits(hold for _, hold in order.holds()):
        held = ", ".join(f"{hold.principal} of {hold.ceiling}" for _, hold in order.holds())
        yield (
            "HEADROOM_BROKEN",
            f"order {handle} holds {held}: the shares add up to more than 1",
        )
    worth = order.stages.total + order.paid
    if order.status is OrderStatus.CONFIRMED and worth != order.net:
        yield (
            "STAGES_UNBALANCED",
            f"order {handle} is worth {order.net}, its stages and payments add up to {worth}",
        )


def _claim(
    entry: Entry, handle: str, before: ClaimState | None, after: ClaimState
) -> Iterator[Problem]:
    if before is not None and before.status in TERMINAL:
        yield "TERMINAL_CHANGED", f"claim {handle} had ended as {before.status}"
    funded = after.outstanding + after.repaid
    if not 0 <= after.repaid <= after.principal or after.outstanding < 0:
        yield (
            "REPAID_RANGE",
            (
                f"claim {handle} is repaid {after.repaid} of {after.principal}, "
                f"{after.outstanding} is outstanding"
            ),
        )
    if funded and funded != after.principal:
        yield (
            "POSTINGS_UNBALANCED",
            (
                f"claim {handle}: {after.outstanding} outstanding and {after.repaid} repaid are "
                f"not the {after.principal} that were funded"
            ),
        )
    balance = _balance(entry, before, after)
    if balance:
        yield (
            "POSTINGS_UNBALANCED",
            f"the postings of {entry.body.type} on claim {handle} sum to {balance}",
        )


def _balance(entry: Entry, before: ClaimState | None, after: ClaimState) -> int:
    """Return the sum of an entry's postings: what was paid against what the claim took in.

    A payout is the lender's money against what is outstanding; a payment is the debtor's money
    against interest, principal and surplus; nothing else moves money.
    """
    kind = entry.body.type
    if kind not in {EventType.CLAIM_FUNDED, EventType.CLAIM_REPAID}:
        moved = after.outstanding + after.repaid + after.interest_paid + after.surplus
        return moved - _moved(before)
    amount = int(str(entry.body.fields["amount"]))
    if kind == EventType.CLAIM_FUNDED:
        return amount - (after.outstanding - (before.outstanding if before else 0))
    taken = after.interest_paid + after.repaid + after.surplus
    taken -= (before.interest_paid + before.repaid + before.surplus) if before else 0
    return amount - taken


def _moved(claim: ClaimState | None) -> int:
    if claim is None:
        return 0
    return claim.outstanding + claim.repaid + claim.interest_paid + claim.surplus


def _tag(handle: str, before: TagState, now: TagState) -> Iterator[Problem]:
    if before.holder != now.holder:
        message = f"tag {handle} belonged to {before.holder} (entry {before.index}), now to "
        yield "TAG_MOVED", message + now.holder
