"""The stages of polishing: rough and then nearly as exact as the proof, where orders are few."""

from __future__ import annotations

import numpy as np
import pytest

from matching.capacity import planning
from matching.capacity.balancing import (
    LARGE_ORDERS_MIN,
    NARROWED,
    SMALL_ORDERS_MAX,
    SURVEYED,
    Polish,
    Schedule,
    balance,
    polishing,
    searching,
)
from matching.capacity.bounds import Effort, full_effort
from matching.capacity.clock import Clock
from matching.capacity.columns import Floats, Ints
from matching.capacity.planning import Engine
from matching.limits import Limits
from tests.support.capacity import random_problem

WORK = Limits(seconds=None, work=0, seed=1, workers=1)


def clock(limits: Limits = WORK, *, cancelled: bool = False) -> Clock:
    """Return a clock without a caller who listens."""
    return Clock(limits, on_progress=None, cancelled=lambda: cancelled)


class Greedy:
    """One order that wants 90 minutes of the only offer and week, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[float] = []

    def demand(self, prices: Floats) -> Ints:
        """Return the same minutes at every price."""
        self.asked.append(float(prices[0, 0]))
        return np.full((1, 1), 90, np.int64)


class Hourglass(Clock):
    """A clock that runs by a share of the seconds whenever its order is asked."""

    def __init__(self, share: float) -> None:
        super().__init__(Limits(seconds=1.0, work=None, seed=1), on_progress=None, cancelled=None)
        self.share, self.calls = share, 0

    def share_of_seconds(self) -> float:
        """Return what has run through."""
        return self.calls * self.share

    def demand(self, _prices: Floats) -> Ints:
        """Return some minutes."""
        self.calls += 1
        return np.full((1, 1), 90, np.int64)


def test_few_orders_are_polished_a_second_time_with_multipliers() -> None:
    """The first stage branches alone; neither takes more effort than the proof."""
    rough, sharp = polishing(SMALL_ORDERS_MAX)
    proof = full_effort(SMALL_ORDERS_MAX)

    assert rough.effort.steps == 0 < sharp.effort.steps < proof.steps
    assert max(rough.effort.nodes, sharp.effort.nodes) < proof.nodes
    assert rough.schedule.steps[1] < sharp.schedule.steps[0] < rough.schedule.steps[0]
    assert sharp.schedule.steps[0] > sharp.schedule.steps[1]


@pytest.mark.parametrize("orders", [SMALL_ORDERS_MAX + 1, 4001, LARGE_ORDERS_MIN])
def test_many_orders_are_polished_once_without_multipliers(orders: int) -> None:
    """The more orders, the fewer cases and cells: never more than the proof has."""
    (stage,) = polishing(orders)
    before, proof = polishing(orders - 1)[-1].effort, full_effort(orders)

    assert stage.effort.steps == 0
    assert stage.effort.nodes <= min(before.nodes, proof.nodes)
    assert stage.effort.cells <= min(before.cells, proof.cells)


@pytest.mark.parametrize("search", [SURVEYED, NARROWED])
def test_very_many_orders_are_polished_for_longer_than_the_search_moves_prices(
    search: Schedule,
) -> None:
    """A handful of epochs is all there is time for; each proves more than one of the search."""
    (stage,) = polishing(LARGE_ORDERS_MIN)

    assert stage.schedule.share > search.share
    assert stage.schedule.memory < searching(LARGE_ORDERS_MIN - 1).memory


@pytest.mark.parametrize(("share", "epochs"), [(0.6, 5), (0.54, 4), (0.46, 4), (0.3, 2)])
def test_an_epoch_that_would_mostly_lie_behind_the_end_is_not_begun(
    share: float, epochs: int
) -> None:
    """An epoch takes a tenth of the seconds, and so does the look at all orders before them."""
    glass = Hourglass(0.1)
    schedule = Schedule(share=share, epochs_max=50, epochs=50, steps=(1.0, 0.5))
    idle = np.full((1, 1), 60, np.int64)

    balance(idle, [[glass]], np.zeros((1, 1)), schedule, glass, usual=10.0)

    assert glass.calls == 1 + epochs


def test_prices_move_once_however_long_all_orders_took_to_ask() -> None:
    """Else the look at all of them would be for nothing."""
    glass = Hourglass(0.4)
    schedule = Schedule(share=0.1, epochs_max=50, epochs=50, steps=(1.0, 0.5))
    idle = np.full((1, 1), 60, np.int64)

    found = balance(idle, [[glass]], np.zeros((1, 1)), schedule, glass, usual=10.0)

    assert glass.calls == 2
    assert found.prices[0, 0] > 0


def test_prices_rise_where_too_much_is_wanted_and_stop_after_so_many_epochs() -> None:
    """Without seconds the number of epochs alone ends it."""
    shard, schedule = Greedy(), Schedule(share=0.1, epochs_max=50, epochs=3, steps=(1.0, 0.5))
    idle = np.full((1, 1), 60, np.int64)

    mean = balance(idle, [[shard]], np.zeros((1, 1)), schedule, clock(), usual=10.0).prices

    assert len(shard.asked) == 1 + 3
    assert shard.asked == sorted(shard.asked)
    assert 0 < mean[0, 0] < shard.asked[-1] + 10.0


def test_a_cancelled_run_keeps_the_prices_that_it_began_with() -> None:
    """Orders are asked once, so that there is something to sum, and nothing moves."""
    shard, start = Greedy(), np.full((1, 1), 7.0)
    schedule = Schedule(share=0.1, epochs_max=50, epochs=3, steps=(1.0, 0.5))
    idle = np.full((1, 1), 60, np.int64)

    mean = balance(idle, [[shard]], start, schedule, clock(cancelled=True), usual=10.0).prices

    assert shard.asked == [7.0]
    assert (mean == start).all()


def priced(seed: int) -> int:
    """Return the bound of a random problem after all stages of its prices."""
    engine = Engine(random_problem(40, 16, seed), clock())
    engine.screen()
    engine.price()
    engine.prove()
    return engine.bound_fen


def test_polishing_at_the_effort_of_the_proof_proves_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the whole: the minimum of a weaker bound lies elsewhere."""
    seeds = (1, 2, 3)
    both = [priced(seed) for seed in seeds]
    monkeypatch.setattr(planning, "polishing", lambda orders: polishing(orders)[:1])
    rough = [priced(seed) for seed in seeds]

    assert sum(both) < sum(rough)


def test_a_stage_that_proves_less_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Steps that are far too long spoil the prices; the ones before stand."""
    before = priced(1)
    wild = Schedule(share=0.1, epochs_max=2, epochs=2, steps=(10**6, 10**6))
    effort = polishing(40)[-1].effort
    monkeypatch.setattr(
        planning, "polishing", lambda orders: (*polishing(orders), Polish(wild, Effort(*effort)))
    )

    assert priced(1) == before
