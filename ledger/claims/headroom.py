"""What an order can still carry for a lender, and the test that nothing is pledged twice."""

from dataclasses import dataclass

from ledger.claims.limit import Alphas, Hold, ceiling, fits, free
from ledger.claims.refusals import OverPledged
from ledger.claims.state import LiveClaim, OrderState
from ledger.values.money import format_minor


@dataclass(frozen=True, slots=True, kw_only=True)
class Headroom:
    """What one lender could pledge on one order, minor units.

    Parameters
    ----------
    limit
        M, what it could hold if it were alone.
    own
        Its live principal.
    free
        What it could pledge beside everything that is held, ≥ 0.
    """

    limit: int
    own: int
    free: int


def headroom(
    order: OrderState, lender: str, alphas: Alphas, *, without: str | None = None
) -> Headroom:
    """Return the headroom of an order for a lender under some advance rates.

    Parameters
    ----------
    without
        A live claim to leave out: its own hold is what is tested.
    """
    others = order.holds(without=without)
    limit = ceiling(order.eligible, alphas)
    own = sum(live.principal for live, _ in others if live.lender == lender)
    room = free((hold for _, hold in others), Hold(principal=0, ceiling=limit))
    return Headroom(limit=limit, own=own, free=max(0, min(room, limit - own)))


def require_headroom(handle: str, order: OrderState, live: LiveClaim) -> None:
    """Raise `OverPledged` unless the order carries this claim beside the other live ones.

    Notes
    -----
    Two tests. Over all lenders Σ P / M ≤ 1, each claim with the M of the policy version that it
    was reserved under, so one lender's new policy never breaks another's pledge. And this
    lender's own principal within the M of the version at hand, so its new decisions obey its new
    policy. With one lender and one version both are P ≤ M.
    """
    room = headroom(order, live.lender, live.alphas, without=live.claim)
    others = order.holds(without=live.claim)
    holds = [*(hold for _, hold in others), Hold(principal=live.principal, ceiling=room.limit)]
    if fits(holds) and room.own + live.principal <= room.limit:
        return
    holders = ", ".join(
        f"{format_minor(one.principal, order.currency)} is pledged to {one.lender} "
        f"(entry {one.index})"
        for one, _ in others
    )
    raise OverPledged(
        f"Order {handle} cannot carry a pledge of "
        f"{format_minor(live.principal, order.currency)} to {live.lender}: of its headroom of "
        f"{format_minor(room.limit, order.currency)} (policy version {live.policy}) "
        f"{holders or 'nothing is pledged yet'}. Pledge at most "
        f"{format_minor(room.free, order.currency)}, or release a pledge first.",
        order=handle,
        lender=live.lender,
        currency=order.currency,
        asked=live.principal,
        headroom=room.limit,
        free=room.free,
        held_by=" ".join(f"{one.lender}:{one.principal}:{one.index}" for one, _ in others),
    )
