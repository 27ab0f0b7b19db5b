"""Matching runs as values, and their mapping to rows."""

from __future__ import annotations

from dataclasses import dataclass

from data.kinds import RunStatus
from data.tables.matching_runs import MatchingRunRow
from matching.limits import Limits, Progress
from matching.result import Status

FINISHED = (RunStatus.DONE, RunStatus.CANCELLED, RunStatus.FAILED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run and where it stands. Times are UTC milliseconds, amounts fen.

    Parameters
    ----------
    requested_by
        The user or party that asked for it.
    snapshot_digest
        Digest of the problem it solves, known once it has started.
    worker
        Who works on it, and `seen_ms` when that was last heard of.
    outcome, objective_fen, bound_fen, greedy_fen
        The result's; None before it is there, and where a run ended without a plan.
    """

    id: str
    scope_id: str
    requested_by: str
    limits: Limits
    status: RunStatus
    queued_ms: int
    cancel_requested: bool = False
    snapshot_digest: str | None = None
    worker: str | None = None
    progress: Progress | None = None
    outcome: Status | None = None
    objective_fen: int | None = None
    bound_fen: int | None = None
    greedy_fen: int | None = None
    error: str | None = None
    started_ms: int | None = None
    seen_ms: int | None = None
    finished_ms: int | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in FINISHED

    @property
    def gap(self) -> float | None:
        """(bound - objective) / bound; None before there is a result, 0 for a bound of 0."""
        if self.objective_fen is None or self.bound_fen is None:
            return None
        return (self.bound_fen - self.objective_fen) / self.bound_fen if self.bound_fen > 0 else 0.0


def run_of(row: MatchingRunRow) -> Run:
    """Return the run of a row."""
    return Run(
        id=row.id,
        scope_id=row.scope_id,
        requested_by=row.requested_by,
        limits=Limits(seconds=row.seconds, work=row.work, seed=row.seed, workers=row.workers),
        status=RunStatus(row.status),
        queued_ms=row.queued_ms,
        cancel_requested=row.cancel_requested,
        snapshot_digest=row.snapshot_digest,
        worker=row.worker,
        progress=None if row.progress is None else Progress(**row.progress),
        outcome=None if row.outcome is None else Status(row.outcome),
        objective_fen=row.objective_fen,
        bound_fen=row.bound_fen,
        greedy_fen=row.greedy_fen,
        error=row.error,
        started_ms=row.started_ms,
        seen_ms=row.seen_ms,
        finished_ms=row.finished_ms,
    )
