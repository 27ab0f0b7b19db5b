"""What a solver may spend, and what it tells while it runs."""

from __future__ import annotations

from dataclasses import dataclass

WORKERS_MAX = 256
SEED_MAX = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a solver may spend.

    Parameters
    ----------
    seconds
        Wall-clock seconds of solving, > 0. None: the clock is never read and `work` alone decides.
    work
        Units of work, ≥ 0, counted without any clock: the same seed and work give the same plan
        and the same bound on the same machine. What a unit is depends on the problem. Capacity:
        one improvement move that is at least tried; where orders are chosen anew among a few
        offers (one week, one operation, one lot), each such round counts as a fixed number of
        moves. Technology: one node of a search tree. Bounds, greedy plans and checks are not
        counted. With both limits the one that comes first decides; at least one is needed.
    seed
        Start of the random numbers, 0..2**63 - 1.
    workers
        Threads, 1..256. The result does not depend on it when `seconds` is None.
    """

    seconds: float | None = 60.0
    work: int | None = None
    seed: int = 1
    workers: int = 2

    def __post_init__(self) -> None:
        if self.seconds is None and self.work is None:
            raise ValueError("a limit is missing: give seconds, work, or both")
        if self.seconds is not None and not self.seconds > 0:
            raise ValueError(f"seconds must be > 0, got {self.seconds}")
        if self.work is not None and self.work < 0:
            raise ValueError(f"work must be ≥ 0, got {self.work}")
        if not 0 <= self.seed <= SEED_MAX:
            raise ValueError(f"seed must be in 0..{SEED_MAX}, got {self.seed}")
        if not 1 <= self.workers <= WORKERS_MAX:
            raise ValueError(f"workers must be in 1..{WORKERS_MAX}, got {self.workers}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Where a running solver stands.

    Parameters
    ----------
    stage
        A word of the problem's own list of stages.
    incumbent_fen, bound_fen, gap
        Best objective so far, best proven bound so far, (bound - incumbent) / bound; None before
        there is one.
    elapsed_seconds
        Since the call.
    done
        Share of the limit that is spent, 0..1; never falls.
    """

    stage: str
    incumbent_fen: int | None
    bound_fen: int | None
    gap: float | None
    elapsed_seconds: float
    done: float
