"""Why an order does not fit beside a plan: the codes and parameters of `reasons`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from matching.capacity.booking import Lots
from matching.capacity.columns import (
    CARBON,
    DUE,
    KM,
    LAG,
    LATEST,
    LEG_CARBON,
    LEG_PRICE,
    MAX_LOTS,
    MIN_LOT,
    PARK,
    QUANTITY,
    QUOTED_SETUP,
    QUOTED_TOTAL,
    RATE,
    RELEASE,
    SETUP,
    TARDY_COST,
    Ints,
)
from matching.capacity.ground import Ground
from matching.capacity.live.exact import Judged
from matching.capacity.live.plan import LivePlan
from matching.capacity.order_bounds import lateness, least_cost
from matching.capacity.order_routes import PRICE, TOTAL, Weights, surely
from matching.capacity.problem import Order, Problem, Quotation
from matching.capacity.reasons import LISTED_MAX
from matching.explain import Known, Param, Reason


def what_holds(plan: LivePlan, lots: Lots, judged: Judged) -> Reason:
    """Return which offer-weeks an order would need that are taken, their prices, and by whom.

    Parameters
    ----------
    lots
        What it would do with all capacity to itself.
    judged
        These lots; their violations do not count here.
    """
    needed: Counter[tuple[int, int]] = Counter()
    for visit in (visit for lot in lots for visit in lot.visits):
        for week, spent in enumerate(visit.minutes, visit.start):
            needed[visit.offer, week] += spent
    free, prices = plan.book.values.free, plan.millifen
    charge = sum(int(prices[key]) * minutes for key, minutes in needed.items())
    short = [key for key, minutes in needed.items() if minutes > free[key]]
    short.sort(key=lambda key: (-int(prices[key]), plan.offer_ids[key[0]], key[1]))
    charge_fen = -(-charge // 1000)
    c, at = plan.columns.values, plan.columns.orders
    rows = c.rows[c.steps[at] : c.steps[at + 1] + 1]
    offers = [plan.problem.offers[v.offer] for lot in lots for v in lot.visits]
    priced_out = charge_fen >= judged.profit_fen
    return Reason(
        code="capacity_taken",
        params={
            "profit_fen": judged.profit_fen,
            "lots": len(lots),
            "enterprises": tuple(dict.fromkeys(offer.enterprise_id for offer in offers)),
            "eligible": tuple(str(count) for count in np.diff(rows).tolist()),
            "binding": tuple(
                f"{plan.offer_ids[o]} {w} {int(prices[o, w])}" for o, w in short[:LISTED_MAX]
            ),
            "holders": _holders(plan, short),
            "charge_fen": charge_fen,
            "known": Known.PRICES.value if priced_out else Known.SEARCH.value,
        },
    )


def _holders(plan: LivePlan, short: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """Return the orders that have most of the minutes of some offer-weeks."""
    minutes: Counter[int] = Counter()
    for key in short:
        minutes.update(plan.held.get(key, {}))
    names = ((-spent, plan.orders[at].order_id) for at, spent in minutes.items())
    return tuple(name for _, name in sorted(names)[:LISTED_MAX])


def refuse(
    plan: LivePlan,
    order: Order,
    eligible: Sequence[Ints],
    quotations: Sequence[Quotation],
    *,
    found: Judged | None,
) -> Reason:
    """Return why an order finds no plan even with all capacity to itself.

    Parameters
    ----------
    eligible
        Offers that fit each operation, by park: the only ones that can matter.
    found
        A plan of the order alone that arrives in time but may cost too much; None: none was found.
        What it refutes need not be looked for.
    """
    chosen = np.unique(np.concatenate(eligible))
    places = [np.searchsorted(chosen, offers) for offers in eligible]
    problem = Problem(
        settings=plan.problem.settings,
        parks=plan.problem.parks,
        offers=tuple(plan.problem.offers[at] for at in chosen.tolist()),
        orders=(order,),
        quotations=_among(plan, quotations, set(chosen.tolist())),
    )
    ground = _ground(plan, chosen, np.concatenate(places))
    if found is None:
        late = lateness(problem, ground, 0, idle=ground.idle)
        if late is not None:
            return late

    def least(weights: Weights) -> int:
        return surely(least_cost(problem, ground, 0, idle=ground.idle, weights=weights))

    # where nothing was found at any price and value, neither of them is what stands in the way
    dear = found is not None and found.price_fen > order.max_price_fen
    if dear and (price := least(PRICE)) > order.max_price_fen:
        over = {"price_fen": price, "cap_fen": order.max_price_fen}
        return _bound("price_cap", over | {"over_fen": price - order.max_price_fen})
    poor = found is not None and found.profit_fen <= 0
    if poor and (cost := least(TOTAL)) >= order.value_fen:
        short = {"value_fen": order.value_fen, "cost_fen": cost}
        return _bound("not_worth", short | {"short_fen": cost - order.value_fen})
    params: dict[str, Param] = {
        "value_fen": order.value_fen,
        "cap_fen": order.max_price_fen,
        "lots": min(order.max_lots, order.quantity, plan.columns.values.lots_max),
        "known": Known.SEARCH.value,
    }
    return Reason(code="no_plan_found", params=params)


def _bound(code: str, params: Mapping[str, Param]) -> Reason:
    return Reason(code=code, params={**params, "known": Known.BOUND.value})


def _among(
    plan: LivePlan, quotations: Sequence[Quotation], chosen: set[int]
) -> tuple[Quotation, ...]:
    positions = plan.catalogue.positions
    return tuple(one for one in quotations if positions[one.offer_id] in chosen)


def _ground(plan: LivePlan, chosen: Ints, offers: Ints) -> Ground:
    """Return the scratch order alone, with the offers that fit it, for the bounds of one order.

    Parameters
    ----------
    chosen
        The offers, ascending; `offers` are places among them, by entry.
    """
    c, at = plan.columns.values, plan.columns.orders
    rows = c.rows[c.steps[at] : c.steps[at + 1] + 1]
    entries = slice(int(rows[0]), int(rows[-1]))
    positions, quotes = c.entries[entries], c.quotes[entries]
    quoted = quotes >= 0
    work = np.repeat(c.work[c.steps[at] : c.steps[at + 1]], np.diff(rows))
    numbers, money = c.orders[at : at + 1], c.money[at : at + 1]
    nothing = np.zeros(len(positions))
    return Ground(
        weeks=c.weeks,
        block=c.block,
        leg_fixed=c.leg_fixed,
        idle=c.idle[chosen],
        quantity=numbers[:, QUANTITY],
        release=numbers[:, RELEASE],
        due=numbers[:, DUE],
        latest=numbers[:, LATEST],
        max_lots=numbers[:, MAX_LOTS],
        tardy_cost=money[:, TARDY_COST],
        leg_price=money[:, LEG_PRICE],
        leg_carbon=money[:, LEG_CARBON],
        steps=np.array([0, len(rows) - 1], np.int64),
        rows=rows - rows[0],
        offer=offers.astype(np.int32),
        park=c.offers[positions, PARK],
        setup=np.where(quoted, c.quoted[quotes, QUOTED_SETUP], c.offers[positions, SETUP]),
        total=np.where(quoted, c.quoted[quotes, QUOTED_TOTAL], work),
        min_lot=c.offers[positions, MIN_LOT],
        rate=np.where(quoted, 0.0, c.rates[positions, RATE]),
        carbon=c.rates[positions, CARBON],
        quote=np.where(quoted, c.quoted_fen[quotes], 0.0),
        bonus=nothing,
        park_km=c.between[..., KM],
        park_lag=c.between[..., LAG],
        buyer_km=c.to_buyer[at : at + 1, :, KM],
        buyer_lag=c.to_buyer[at : at + 1, :, LAG],
    )
