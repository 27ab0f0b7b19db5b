"""Assignment from a bare matrix of scores: who may serve whom, how often, and with what floor.

Rows are providers, columns demands. Every demand takes an exact number of distinct providers; every
provider serves between its least and its most. Papers and their reviewers are the same mathematics.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

DECIMALS_MAX = 9
SIZE_MAX = 2**26  # pairs: one array of this length is half a gigabyte
LOAD_MAX = 10**6
EXACT_BITS = 62  # sums, costs and their multiples in the flow stay below 2**62


@dataclass(frozen=True, kw_only=True, eq=False)
class Matrix:
    """An assignment problem whose scores are integers.

    Parameters
    ----------
    scores
        Providers × demands, in units of `1 / unit`; more is better, less than 0 is allowed.
    unit
        Units in a score of one: a power of ten.
    demand_load
        Per demand, how many distinct providers it takes, ≥ 0.
    provider_max, provider_min
        Per provider, the most and the least demands that it serves, 0 ≤ least ≤ most.
    allowed
        Providers × demands: which pairs may be chosen. None: all.

    Raises
    ------
    ValueError
        When shapes differ, a load is out of range, a least is above its most, or scores are too
        large for exact sums.
    """

    scores: Ints
    unit: int
    demand_load: Ints
    provider_max: Ints
    provider_min: Ints
    allowed: Bools | None = None

    def __post_init__(self) -> None:
        providers, demands = self.scores.shape
        _check_loads("demand_load", self.demand_load, demands)
        _check_loads("provider_max", self.provider_max, providers)
        _check_loads("provider_min", self.provider_min, providers)
        above = np.flatnonzero(self.provider_min > self.provider_max)
        if len(above):
            at = int(above[0])
            raise ValueError(
                f"provider_min[{at}] = {self.provider_min[at]} is above provider_max[{at}] = "
                f"{self.provider_max[at]}: expected at most that"
            )
        largest, room = int(np.abs(self.scores).max()), _room(self.slots, providers + demands)
        if largest > room:
            raise ValueError(
                f"the largest score is {largest} units and sums are exact up to {room}: "
                "divide all scores by the same number"
            )
        if self.allowed is not None and self.allowed.shape != self.scores.shape:
            raise ValueError(
                f"allowed must have the shape of the scores, {self.scores.shape}, "
                f"got {self.allowed.shape}"
            )

    @property
    def providers(self) -> int:
        """How many providers there are."""
        return int(self.scores.shape[0])

    @property
    def demands(self) -> int:
        """How many demands there are."""
        return int(self.scores.shape[1])

    @property
    def slots(self) -> int:
        """How many pairs a complete assignment has."""
        return int(self.demand_load.sum())

    @cached_property
    def open_pairs(self) -> Bools:
        """Providers × demands: which pairs may be chosen."""
        if self.allowed is not None:
            return self.allowed
        return np.ones(self.scores.shape, np.bool_)

    def in_units(self, score: float) -> int:
        """Return a score as a whole number of units, to the nearest."""
        return round(score * self.unit)

    def as_score(self, units: int) -> float:
        """Return a number of units as a score."""
        return units / self.unit


def matrix_of(
    scores: ArrayLike,
    *,
    demand_load: ArrayLike,
    provider_load: ArrayLike,
    provider_min: ArrayLike | None = None,
    allowed: Bools | None = None,
) -> Matrix:
    """Return the problem of a matrix of real scores.

    Parameters
    ----------
    scores
        Providers × demands, finite.
    demand_load, provider_load, provider_min
        One whole number per demand or provider, or a single one for all; no minimum without the
        last.

    Raises
    ------
    ValueError
        When something is no number, has the wrong shape or is out of range.

    Notes
    -----
    Scores are rounded to nine decimals, or to as many as keep every sum exact in 64 bits. Totals,
    floors and bounds are exact for the rounded scores.
    """
    real = _finite_table(scores)
    providers, demands = real.shape
    wanted = whole_numbers("demand load", demand_load, demands)
    largest, slots = float(np.abs(real).max()), int(wanted.sum())
    unit = _unit(largest, slots, providers + demands)
    if largest * unit > _room(slots, providers + demands):
        raise ValueError(
            f"the largest score is {largest:g} and sums are exact up to "
            f"{_room(slots, providers + demands)}: divide all scores by the same number"
        )
    return Matrix(
        scores=np.rint(real * unit).astype(np.int64),
        unit=unit,
        demand_load=wanted,
        provider_max=whole_numbers("provider load", provider_load, providers),
        provider_min=whole_numbers(
            "provider minimum", 0 if provider_min is None else provider_min, providers
        ),
        allowed=allowed,
    )


def _finite_table(scores: ArrayLike) -> NDArray[np.float64]:
    """Return scores as a table of finite numbers. Raises ValueError when they are none."""
    given = np.asarray(scores)
    if given.ndim != 2 or not given.size:
        raise ValueError(f"scores must be a table of providers × demands, got shape {given.shape}")
    if given.size > SIZE_MAX:
        raise ValueError(f"scores may have at most {SIZE_MAX} entries, got {given.size}")
    if given.dtype.kind not in "biuf":
        raise ValueError(f"scores must be numbers, got the type {given.dtype}")
    real: NDArray[np.float64] = given.astype(np.float64)
    wrong = np.argwhere(~np.isfinite(real))
    if len(wrong):
        provider, demand = wrong[0].tolist()
        raise ValueError(
            f"the score of provider {provider} and demand {demand} must be finite, "
            f"got {real[provider, demand]}"
        )
    return real


def whole_numbers(what: str, values: ArrayLike, length: int) -> Ints:
    """Return loads as an array of the expected length; a single number stands for all.

    Raises
    ------
    ValueError
        When there are too many or too few, or one is not a whole number in 0..1,000,000.
    """
    given = np.asarray(values)
    if given.dtype.kind not in "biuf":
        raise ValueError(f"{what}: expected whole numbers, got the type {given.dtype}")
    if given.size == 1:
        given = np.full(length, given.reshape(()))
    given = given.reshape(-1)
    if len(given) != length:
        raise ValueError(f"{what}: expected {length} numbers, got {len(given)}")
    wrong = np.flatnonzero(~((given >= 0) & (given <= LOAD_MAX) & (given == np.floor(given))))
    if len(wrong):
        at = int(wrong[0])
        raise ValueError(f"{what}: number {at} must be whole and in 0..{LOAD_MAX}, got {given[at]}")
    return given.astype(np.int64)


def _check_loads(name: str, loads: Ints, length: int) -> None:
    if loads.shape != (length,):
        raise ValueError(f"{name} must have {length} numbers, got the shape {loads.shape}")
    if len(loads) and (loads.min() < 0 or loads.max() > LOAD_MAX):
        raise ValueError(f"{name} must be in 0..{LOAD_MAX}, got {loads.min()}..{loads.max()}")


def _unit(largest: float, slots: int, nodes: int) -> int:
    """Return the finest power of ten that keeps the sums of the flow below 2**62.

    The flow multiplies costs by its nodes, and an empty slot costs more than all scores together.
    """
    room = _room(slots, nodes)
    unit: int = 10**DECIMALS_MAX
    while unit > 1 and largest * unit > room:
        unit //= 10
    return unit


def _room(slots: int, nodes: int) -> int:
    """Return the largest score, in units, with which every sum of the flow stays exact."""
    exact: int = 2**EXACT_BITS
    room: int = exact // (8 * max(nodes + 2, slots) * (slots + 1) * (slots + 2))
    return room
