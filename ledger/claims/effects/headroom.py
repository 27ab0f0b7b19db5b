"""The test that nothing is pledged twice: at reservation, at the pledge and at the payment."""

from ledger.claims.effects.base import Step
from ledger.claims.limit import Hold, ceiling, fits, free
from ledger.claims.refusals import OverPledged
from ledger.claims.state import LiveClaim, OrderState
from ledger.values.money import format_minor


def require_headroom(step: Step, order: OrderState, live: LiveClaim) -> None:
    """Raise `OverPledged` unless the order carries this claim beside the other live ones.

    Notes
    -----
    Two tests. Over all lenders Σ P / M ≤ 1, each claim with the M of the policy version that it
    was reserved under, so one lender's new policy never breaks another's pledge. And this
    lender's own principal within the M of the version at hand, so its new decisions obey its new
    policy. With one lender and one version both are P ≤ M.
    """
    limit = ceiling(order.eligible, live.alphas)
    others = order.holds(without=live.claim)
    hold = Hold(principal=live.principal, ceiling=limit)
    own = sum(one.principal for one, _ in others if one.lender == live.lender)
    if fits([*(other for _, other in others), hold]) and own + live.principal <= limit:
        return
    room = free((other for _, other in others), Hold(principal=0, ceiling=limit))
    room = max(0, min(room, limit - own))
    holders = "; ".join(
        f"{format_minor(one.principal, order.currency)} is held by {one.lender} (entry {one.index})"
        for one, _ in others
    )
    raise OverPledged(
        f"Order {step.text('order')} cannot carry a pledge of "
        f"{format_minor(live.principal, order.currency)} to lender {live.lender}: of its headroom "
        f"of {format_minor(limit, order.currency)} under policy version {live.policy} "
        f"{holders or 'nothing is held'}. "
        f"Pledge at most {format_minor(room, order.currency)}, or release a pledge first.",
        order=step.text("order"),
        lender=live.lender,
        currency=order.currency,
        asked=live.principal,
        headroom=limit,
        free=room,
        held_by=" ".join(f"{one.lender}:{one.principal}:{one.index}" for one, _ in others),
    )
