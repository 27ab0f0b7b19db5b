"""A plan, its prices and the result that carries them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field

from matching.explain import Reason
from matching.result import Status

PLAN_FORMAT = b"parkloom/plan/v1\n"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class PlanLine:
    """Minutes of one lot and operation on one offer in one week: one row of `plan.csv`."""

    order_id: str
    lot: int
    lot_quantity: int
    step: int
    offer_id: str
    week: int
    minutes: int


def plan_digest(lines: Iterable[PlanLine]) -> str:
    """Return the SHA-256, in hex, of a plan's lines, in whatever order they come.

    Hashed is `parkloom/plan/v1`, a line feed, and for each line in sorted order the JSON array of
    its fields in the order of `plan.csv` without spaces, then a line feed.
    """
    return hashlib.sha256(PLAN_FORMAT + hashed_rows(lines)).hexdigest()


def hashed_rows(lines: Iterable[PlanLine]) -> bytes:
    """Return what `plan_digest` hashes of some lines."""
    return b"".join(
        json.dumps(astuple(line), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        for line in sorted(lines)
    )


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Price:
    """What one minute of an offer in a week is worth, in thousandths of a fen, ≥ 0."""

    offer_id: str
    week: int
    millifen_per_minute: int


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Ceiling:
    """What one order can earn at most at given prices, in thousandths of a fen, ≥ 0.

    A general solver has proved it on the order alone; nobody else can check it without solving
    that order again.
    """

    order_id: str
    millifen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityResult:
    """A plan, how good it is proven to be, and why each order is in it or not.

    Parameters
    ----------
    objective_fen, bound_fen
        None when there is no plan. `bound_fen` is what `check_bound` gives for `prices` and
        `ceilings`.
    certified_fen
        The bound that needs no solver's word: what `check_bound` gives for `prices` alone. None
        when there is no plan.
    prices
        Sorted by offer and week; an offer-week that is not listed has price 0.
    ceilings
        Sorted by order: those that the bound needs.
    reasons
        One for each order of the problem.
    timings
        Seconds per stage.
    greedy_fen
        Objective of the best greedy plan, the baseline.
    work
        Units of work done, comparable with `Limits.work`.
    stopped_by
        "proof", "seconds", "work" or "cancelled".
    causes
        Why there is no plan, when there is none: what contradicts what, or what is still broken.

    Raises
    ------
    ValueError
        When the status does not fit what the result carries.
    """

    status: Status
    plan: tuple[PlanLine, ...]
    objective_fen: int | None
    bound_fen: int | None
    seed: int
    prices: tuple[Price, ...] = ()
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    timings: Mapping[str, float] = field(default_factory=dict)
    greedy_fen: int | None = None
    work: int = 0
    stopped_by: str = ""
    problem_digest: str = ""
    causes: tuple[Reason, ...] = ()
    ceilings: tuple[Ceiling, ...] = ()
    certified_fen: int | None = None

    def __post_init__(self) -> None:
        if self.status in (Status.OPTIMAL, Status.FEASIBLE):
            if self.objective_fen is None or self.bound_fen is None:
                raise ValueError(f"{self.status} needs an objective and a bound")
            if self.objective_fen > self.bound_fen:
                raise ValueError(
                    f"objective {self.objective_fen} exceeds the bound {self.bound_fen}"
                )
            if self.status is Status.OPTIMAL and self.objective_fen != self.bound_fen:
                raise ValueError(
                    f"{self.status} needs objective = bound, "
                    f"got {self.objective_fen} and {self.bound_fen}"
                )
        elif self.plan or self.objective_fen is not None:
            raise ValueError(f"{self.status} carries neither a plan nor an objective")

    @property
    def gap(self) -> float:
        """(bound - objective) / bound; 0 when the bound is 0.

        Raises
        ------
        ValueError
            When there is no objective or no bound.
        """
        if self.objective_fen is None or self.bound_fen is None:
            raise ValueError(f"a result that is {self.status} has no gap")
        if self.bound_fen <= 0:
            return 0.0
        return (self.bound_fen - self.objective_fen) / self.bound_fen
