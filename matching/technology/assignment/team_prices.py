"""Prices of what consortia share, and the bound that follows from them, recomputed exactly.

At any prices ≥ 0 of places, person-months and the right to serve one of several competitors, no
plan is worth more than all that is for sale plus what each demand could get by itself when it pays
these prices (Lagrangian duality). What each demand could get is found by exact search.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from matching.technology.assignment.ground import Ground, View
from matching.technology.assignment.matrix import Ints
from matching.technology.assignment.search import NEVER, Team, best_team


@dataclass(frozen=True, slots=True, kw_only=True)
class RivalPrice:
    """The price of a provider's right to serve one of some demands of competing owners."""

    provider: int
    demands: tuple[int, ...]
    price: int


@dataclass(frozen=True, kw_only=True, eq=False)
class TeamPrices:
    """Prices, billionths of score, ≥ 0: per provider of a place and of a person-month."""

    places: Ints
    months: Ints
    rivals: tuple[RivalPrice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is maximised: scores less charges, and a reward for each demand that reaches its floor.

    Parameters
    ----------
    floor
        What the members' scores of a required demand must sum to; None: nothing is required beyond
        being served.
    required
        Positions of the demands that must be served and reach the floor.
    reward
        Billionths for each of them that does: more than all scores together, so that no plan gives
        one up for score.
    """

    floor: int | None
    required: frozenset[int]
    reward: int


def zero_prices(ground: Ground) -> TeamPrices:
    """Return prices of nothing at all."""
    nothing = np.zeros(len(ground.providers), np.int64)
    return TeamPrices(places=nothing, months=nothing)


def plan_bound(ground: Ground, prices: TeamPrices, goal: Goal) -> int:
    """Return what no plan is worth more than, rewards included, in billionths.

    Raises
    ------
    ValueError
        When a price is negative, or one for rivals names demands that do not all compete.
    """
    _check(ground, prices)
    total = _for_sale(ground, prices)
    rivals = rival_prices(prices.rivals)
    for view in ground.views:
        total += max(0, best_worth(ground, view, prices, rivals, goal)[0])
    return total


def best_worth(
    ground: Ground,
    view: View,
    prices: TeamPrices,
    rivals: dict[int, dict[int, int]],
    goal: Goal,
    *,
    above: int = 0,
) -> tuple[int, Team | None]:
    """Return what a demand gets at most when it pays the prices, and with whom.

    Returns
    -------
    `above` and None when it gets no more than that.
    """
    worth = priced(ground, view, prices, rivals)
    charge = (
        ground.request.rules.member_nano
    )  # each member pays it in `worth`, the first gets it back
    required = view.at in goal.required
    best: Team | None = None
    families: list[tuple[int | None, int]] = [(None, 0)]
    if required:
        families = [(goal.floor, goal.reward), (None, 0)]
        if goal.floor is None:
            families = families[:1]
    for floor, reward in families:
        extra = charge + reward
        found = best_team(ground, view, worth, above=max(NEVER, above - extra), floor=floor)
        if found is not None:
            best, above = found, found.value + extra
    return above, best


def priced(
    ground: Ground, view: View, prices: TeamPrices, rivals: dict[int, dict[int, int]]
) -> tuple[Ints, ...]:
    """Return, per number of members, what each candidate adds: score less prices and charge."""
    rules = ground.request.rules
    base = view.scores - prices.places[view.providers] - rules.member_nano
    if view.at in rivals:
        base = base.copy()
        place = {provider: at for at, provider in enumerate(view.providers.tolist())}
        for provider, price in rivals[view.at].items():
            if provider in place:
                base[place[provider]] -= price
    rent = prices.months[view.providers]
    return tuple(base - rent * months for months in view.months)


def rival_prices(prices: Iterable[RivalPrice]) -> dict[int, dict[int, int]]:
    """Return, per demand and provider, the sum of the prices of the rights that it takes."""
    found: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for one in prices:
        for demand in one.demands:
            found[demand][one.provider] += one.price
    return found


def _for_sale(ground: Ground, prices: TeamPrices) -> int:
    """Return what all places, person-months and rights cost, less the overload that places bear."""
    rules = ground.request.rules
    free = np.where(ground.small, np.minimum(ground.places, rules.small_projects), ground.places)
    beyond = np.maximum(prices.places - rules.overload_nano, 0)
    total = sum(int(price) * int(count) for price, count in zip(prices.places, free, strict=True))
    total += sum(
        int(price) * int(count) for price, count in zip(beyond, ground.places - free, strict=True)
    )
    paid = np.flatnonzero(prices.months)
    total += sum(int(prices.months[at]) * int(ground.months[at]) for at in paid)
    return total + sum(one.price for one in prices.rivals)


def _check(ground: Ground, prices: TeamPrices) -> None:
    lowest = min(
        int(prices.places.min(initial=0)),
        int(prices.months.min(initial=0)),
        min((one.price for one in prices.rivals), default=0),
    )
    if lowest < 0:
        raise ValueError(f"prices must be ≥ 0, got {lowest}: a negative one proves nothing")
    for one in prices.rivals:
        for demand in one.demands:
            others = set(one.demands) - {demand}
            if not others <= set(ground.rivals[demand].tolist()):
                names = [ground.demands[at].demand_id for at in one.demands]
                raise ValueError(f"a price names demands that do not all compete: {names}")
