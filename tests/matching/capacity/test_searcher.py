"""What one order is offered: the best of many offers, and none that has no room for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from matching.capacity.columns import Columns, build_columns
from matching.capacity.kernels import search
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import (
    MANY,
    NORMAL,
    QUICK,
    THOROUGH,
    Searcher,
    find_users,
    make_state,
    search_effort,
)
from matching.capacity.problem import Operation, Problem
from tests.support.capacity import offer, order, random_problem, three_plants

OFFERS = 80  # more than the search looks at for one operation
WORK = 100


def many_offers(*, lots: int = 1, roomless: int = 0) -> Problem:
    """Return one order and offers that are each dearer than the one before.

    The first `roomless` have one idle minute, the others as many as the order needs in all.
    """
    one = Operation(process="cnc-turning", tolerance_it=9, minutes_total=WORK)
    wanted = order(
        operations=(one,),
        max_lots=lots,
        due_week=1,
        release_week=0,
        value_fen=1_000_000,
        max_price_fen=1_000_000,
    )
    offers = [
        offer(
            f"F{at:02}",
            rate_fen_per_hour=600 + 60 * at,
            setup_minutes=0,
            min_lot=1,
            idle_minutes=(1 if at < roomless else WORK,),
        )
        for at in range(OFFERS)
    ]
    return three_plants(wanted, offers=offers, weeks=1, max_block_weeks=1)


def demand(problem: Problem, effort: int, *, prices: np.ndarray | None = None) -> list[int]:
    """Return the offers that the only order wants."""
    columns = build_columns(problem)
    use = np.zeros(columns.idle.shape, np.int64)
    free = np.zeros(columns.idle.shape) if prices is None else prices
    Searcher(Shared(columns), make_state(1, 0)).demand_at(
        np.zeros(1, np.int64), free, effort, use=use, earned=np.zeros(1)
    )
    return np.flatnonzero(use[:, 0]).tolist()


@pytest.mark.parametrize("effort", [QUICK, NORMAL, MANY, THOROUGH])
def test_of_many_offers_the_cheapest_is_wanted(effort: int) -> None:
    assert demand(many_offers(), effort) == [0]


@pytest.mark.parametrize("effort", [NORMAL, THOROUGH])
@pytest.mark.parametrize("lots", [1, 2])
def test_cheap_offers_without_room_do_not_hide_the_others(effort: int, lots: int) -> None:
    """Seventy cheaper ones with a minute each: they are no use, even for a part of the order."""
    assert demand(many_offers(lots=lots, roomless=70), effort) == [70]


def test_what_is_cheap_depends_on_the_prices() -> None:
    """Every offer but the dearest has a price of its minutes that makes it dearer still."""
    prices = np.full((OFFERS, 1), 1_000.0)
    prices[OFFERS - 1] = 0.0

    assert demand(many_offers(), NORMAL, prices=prices) == [OFFERS - 1]


def test_fewer_ways_are_tried_where_there_are_very_many_orders() -> None:
    efforts = [search_effort(orders) for orders in (200, 4_000, 4_001, 20_000, 20_001)]

    assert efforts == [THOROUGH, THOROUGH, MANY, MANY, NORMAL]


def pairs(c: Columns) -> set[tuple[int, int]]:
    """Return which order can use which offer, from the columns themselves."""
    return {
        (int(used), user)
        for user, (first, end) in enumerate(pairwise(c.rows[c.steps].tolist()))
        for used in c.entries[first:end]
    }


@pytest.mark.parametrize("most", [10**7, 100])
def test_users_of_an_offer_are_all_or_some_of_those_who_can_use_it(
    most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "USERS_MAX", most)
    problem = random_problem(60, 30, 4)
    columns = build_columns(replace(problem, orders=problem.orders[:40]))
    users = find_users(columns)
    found = {
        (used, int(user))
        for used, (first, end) in enumerate(pairwise(users.first.tolist()))
        for user in users.orders[first:end]
    }

    assert len(users.orders) == len(found)
    assert found == pairs(columns) if most > len(columns.entries) else found < pairs(columns)
    assert len(found) > 50
