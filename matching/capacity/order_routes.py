"""Routes of one order: the cheapest, the earliest, with any capacity that it is given.

A route goes through the operations park by park and week by week. The states are (park, week in
which the operation ends); each offer ends as early as its idle minutes allow, because work costs
the same in every week. The search is exact for one lot whose operations do not meet on an offer.

Lower bounds hold for plans of any number of lots: lot `l` with the share `f` of the pieces costs at
least `f` times what the whole quantity costs on its route, because setups and fixed transport are
paid by each lot in full; so the sum costs at least the cheapest route of the whole quantity.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import numpy as np

from matching.capacity.ground import Floats, Ground, Ints

NEVER = np.inf
CLAIM_MARGIN = 1e-9  # of the amount, beside a hundredth of a fen: float sums err by far less


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What a search adds up: each part of the cost with its weight."""

    price: float = 1.0  # processing and transport: what the buyer's cap covers
    carbon: float = 1.0
    tardiness: float = 1.0
    bonus: float = 1.0  # what local work adds to the objective, taken off the cost


TOTAL = Weights()
PRICE = Weights(carbon=0.0, tardiness=0.0, bonus=0.0)
TIME = Weights(price=0.0, carbon=0.0, tardiness=0.0, bonus=0.0)


class Lot(NamedTuple):
    """What a lot needs: minutes to find and minutes to pay, per entry counted from `start`."""

    start: int
    minutes: Ints
    paid: Ints
    share: float  # of the order's pieces, for what is paid by the piece


class Stage(NamedTuple):
    """The states after an operation, and what led to them."""

    entries: Ints
    parks: Ints  # parks of the entries, each once
    slot: Ints  # position in `parks` per entry
    ready: Floats  # parks × weeks: least cost of a lot that waits there at the start of the week
    done: Floats  # parks × weeks: least cost of a lot whose operation ends in the week


def least_lot(ground: Ground, order: int, pieces: int) -> Lot:
    """Return a lot of at least so many pieces that pays for the whole order: for lower bounds."""
    start, end = _entries(ground, order)
    found = np.maximum(ground.min_lot[start:end], pieces)
    setup = ground.setup[start:end]
    whole = setup + ground.total[start:end]
    return Lot(start, setup + _work(ground, order, found), whole, 1.0)


def _entries(ground: Ground, order: int) -> tuple[int, int]:
    first, last = ground.steps[order], ground.steps[order + 1]
    return int(ground.rows[first]), int(ground.rows[last])


def _work(ground: Ground, order: int, pieces: Ints) -> Ints:
    """Return ceil(total × pieces / quantity) per entry; the product may exceed 64 bits."""
    start, end = _entries(ground, order)
    quantity = int(ground.quantity[order])
    pairs = zip(ground.total[start:end].tolist(), pieces.tolist(), strict=True)
    return np.array([-(-total * made // quantity) for total, made in pairs], np.int64)


def last_weeks(idle: Ints, minutes: Ints, *, block: int) -> Ints:
    """Return for each offer and week when work that begins there or later can end at the earliest.

    Returns
    -------
    Ints
        Offers × (weeks + 1); `weeks` where there is no block of weeks with enough idle minutes.
    """
    offers, weeks = idle.shape
    total = np.zeros((offers, weeks + 1), np.int64)
    np.cumsum(idle, axis=1, out=total[:, 1:])
    start = np.arange(weeks)
    ends = np.full((offers, weeks + 1), weeks, np.int64)
    for length in range(min(block, weeks)):
        stop = np.minimum(start + length + 1, weeks)
        enough = total[:, stop] - total[:, start] >= minutes[:, None]
        now = start + length
        ends[:, :weeks] = np.where(enough & (ends[:, :weeks] == weeks), now, ends[:, :weeks])
    return np.minimum(np.minimum.accumulate(ends[:, ::-1], axis=1)[:, ::-1], weeks)


class Search:
    """Finds the best route of one order through given idle minutes."""

    def __init__(self, ground: Ground, order: int, *, idle: Ints, weights: Weights) -> None:
        self._ground, self._order, self._idle = ground, order, idle
        self._weights = weights
        self._fixed = weights.price * ground.leg_fixed
        self._per_km = float(
            weights.price * ground.leg_price[order] + weights.carbon * ground.leg_carbon[order]
        )
        self._share = 1.0
        self.stages: list[Stage] = []

    def run(self, lot: Lot) -> float:
        """Return the least weighted cost of a lot, inf when none arrives in time.

        Fills `stages`, up to the first operation that no lot can finish.
        """
        ground, order, self._share = self._ground, self._order, lot.share
        self.stages = []
        done, parks = np.empty((0, 0)), np.empty(0, np.int64)
        for row in range(int(ground.steps[order]), int(ground.steps[order + 1])):
            entries = np.arange(ground.rows[row], ground.rows[row + 1])
            found, slot = np.unique(ground.park[entries], return_inverse=True)
            ready = self._ready(done, parks, found)
            stage = self._stage(entries, found, slot, ready, lot)
            self.stages.append(stage)
            done, parks = stage.done, found
            if not np.isfinite(done).any():
                return float(NEVER)
        return float(self._delivered().min())

    def _ready(self, done: Floats, before: Ints, parks: Ints) -> Floats:
        """Return the least cost of a lot that waits at each park at the start of each week."""
        ground, weeks = self._ground, self._ground.weeks
        if not self.stages:
            ready = np.full((len(parks), weeks), NEVER)
            ready[:, int(ground.release[self._order]) :] = 0.0
            return ready
        shifted = np.full((3, len(before), weeks), NEVER)
        for lag in range(min(3, weeks)):
            shifted[lag, :, lag:] = done[:, : weeks - lag]
        km = ground.park_km[np.ix_(before, parks)]
        lags = ground.park_lag[np.ix_(before, parks)]
        legs = np.where(
            before[:, None] == parks, 0.0, self._fixed + km * self._per_km * self._share
        )
        moved = shifted[lags, np.arange(len(before))[:, None]] + legs[:, :, None]
        return np.minimum.accumulate(moved.min(axis=0), axis=1)

    def _stage(self, entries: Ints, parks: Ints, slot: Ints, ready: Floats, lot: Lot) -> Stage:
        ground, weeks = self._ground, self._ground.weeks
        minutes, paid = lot.minutes[entries - lot.start], lot.paid[entries - lot.start]
        ends = last_weeks(self._idle[ground.offer[entries]], minutes, block=ground.block)
        ends = ends[:, :weeks]
        work = self._weights.price * (
            ground.rate[entries] * paid + ground.quote[entries] * lot.share
        )
        less = self._weights.bonus * ground.bonus[entries]
        work = work + (self._weights.carbon * ground.carbon[entries] - less) * paid
        done = np.full((len(parks), weeks + 1), NEVER)
        np.minimum.at(done, (slot[:, None], ends), ready[slot] + work[:, None])
        return Stage(entries, parks, slot, ready, done[:, :weeks])

    def _delivered(self) -> Floats:
        """Return the cost of delivery from each state of the last stage; inf where too late."""
        ground, last = self._ground, self.stages[-1]
        arrival = self.arrivals()
        km = ground.buyer_km[self._order, last.parks]
        legs = self._fixed + km * self._per_km * self._share
        late = np.maximum(0, arrival - ground.due[self._order])
        tardy = self._weights.tardiness * ground.tardy_cost[self._order] * self._share * late
        cost = last.done + legs[:, None] + tardy
        in_time: Floats = np.where(arrival > ground.latest[self._order], NEVER, cost)
        return in_time

    def arrivals(self) -> Ints:
        """Return the week of arrival from each state of the last stage."""
        ground, parks = self._ground, self.stages[-1].parks
        weeks: Ints = np.arange(ground.weeks)[None, :]
        lags: Ints = ground.buyer_lag[self._order, parks][:, None]
        return weeks + lags


def surely(cost: float) -> int:
    """Return a whole number of fen that the true cost, rounded up to a fen, is sure to reach."""
    return ceil(cost - abs(cost) * CLAIM_MARGIN - 0.01)
