"""Matching runs, from the queue to the result. Only the operator sees them.

A run is asked for by an id that the caller chose, so that asking again is harmless. Whoever works
on it reports progress, and learns by that whether it was cancelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Update, false, update
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from data.errors import Conflict, WrongStatus
from data.kinds import RunStatus
from data.stores import capacity, plans, snapshots
from data.stores.run_values import FINISHED, Run, run_of
from data.stores.sql import PAGE, affected, change, found, insert_new, only, page
from data.stores.viewer import Viewer
from data.tables.matching_runs import MatchingRunRow
from matching.capacity import CapacityResult, Problem
from matching.limits import Limits, Progress
from matching.result import Status

__all__ = [
    "FINISHED",
    "Run",
    "cancel",
    "fail",
    "finish",
    "get",
    "listing",
    "queue",
    "report",
    "result",
    "set_snapshot",
    "start",
]


def queue(
    session: Session,
    operator_id: str,
    run_id: str,
    *,
    scope_id: str,
    limits: Limits,
    requested_by: str,
    now_ms: int,
) -> Run:
    """Ask for a run; asking for the same again returns it as it stands.

    Raises
    ------
    Conflict
        When the id belongs to a run of another scope or with other limits.
    NotFound
        When the operator has no such scope.
    """
    capacity.scope(session, Viewer.operator(operator_id), scope_id)
    values = {
        "operator_id": operator_id,
        "id": run_id,
        "scope_id": scope_id,
        "requested_by": requested_by,
        "status": RunStatus.QUEUED.value,
        "cancel_requested": False,
        "seed": limits.seed,
        "seconds": limits.seconds,
        "work": limits.work,
        "workers": limits.workers,
        "queued_ms": now_ms,
    }
    added = insert_new(session, MatchingRunRow, values)
    run = get(session, Viewer.operator(operator_id), run_id)
    if not added and (run.scope_id, run.limits) != (scope_id, limits):
        raise Conflict(
            "matching run",
            run_id,
            "it was asked for with another scope or other limits; choose a new id for a new run",
        )
    return run


def start(session: Session, operator_id: str, run_id: str, *, worker: str, now_ms: int) -> Run:
    """Take a queued run; the worker that has it already may take it again.

    Raises
    ------
    NotFound
        When the operator has no such run.
    WrongStatus
        When it is finished, or another worker has it.
    """
    queued = col(MatchingRunRow.status) == RunStatus.QUEUED.value
    mine = (col(MatchingRunRow.status) == RunStatus.RUNNING.value) & (
        col(MatchingRunRow.worker) == worker
    )
    taken = affected(
        session,
        _update(operator_id, run_id)
        .where(queued | mine)
        .values(status=RunStatus.RUNNING.value, worker=worker, started_ms=now_ms, seen_ms=now_ms),
    )
    run = get(session, Viewer.operator(operator_id), run_id)
    if not taken:
        raise _wrong(run, RunStatus.QUEUED)
    return run


def set_snapshot(session: Session, operator_id: str, run_id: str, problem: Problem) -> str:
    """Keep the problem that a run solves; return its digest.

    Raises
    ------
    NotFound
        When the operator has no such run.
    """
    digest = snapshots.save(session, operator_id, problem)
    statement = _update(operator_id, run_id).values(snapshot_digest=digest)
    change(session, statement, kind="matching run", key=run_id)
    return digest


def report(
    session: Session, operator_id: str, run_id: str, progress: Progress, *, now_ms: int
) -> bool:
    """Note where a run stands; return whether it is to stop.

    It is to stop when somebody cancelled it, and when it no longer runs at all: another worker
    may have finished it meanwhile.
    """
    running = _update(operator_id, run_id).where(
        col(MatchingRunRow.status) == RunStatus.RUNNING.value
    )
    if not affected(session, running.values(progress=asdict(progress), seen_ms=now_ms)):
        return True
    return get(session, Viewer.operator(operator_id), run_id).cancel_requested


def cancel(session: Session, viewer: Viewer, run_id: str, *, now_ms: int) -> Run:
    """Ask a run to stop: a queued one is over, a running one keeps its best plan.

    Cancelling again, or a finished run, changes nothing.

    Raises
    ------
    NotFound
        When there is no such run that the viewer may see.
    """
    get(session, viewer, run_id)
    queued = _update(viewer.operator_id, run_id).where(
        col(MatchingRunRow.status) == RunStatus.QUEUED.value
    )
    over = {
        "status": RunStatus.CANCELLED.value,
        "cancel_requested": True,
        "finished_ms": now_ms,
    }
    if not affected(session, queued.values(over)):
        running = _update(viewer.operator_id, run_id).where(
            col(MatchingRunRow.status) == RunStatus.RUNNING.value
        )
        affected(session, running.values(cancel_requested=True))
    return get(session, viewer, run_id)


def finish(
    session: Session,
    operator_id: str,
    run_id: str,
    result: CapacityResult,
    *,
    plan_id: str,
    now_ms: int,
) -> Run:
    """Keep the result of a running run: plan, prices, reasons.

    A run that has its result already keeps it: a step may be worked twice, the first one counts.

    Parameters
    ----------
    plan_id
        Chosen by the caller; used when the result carries a plan.

    Raises
    ------
    NotFound
        When the operator has no such run.
    WrongStatus
        When it is not running, and not finished with a result either.
    Conflict
        When the result is one of another problem than the run's snapshot.
    """
    run = get(session, Viewer.operator(operator_id), run_id)
    if run.outcome is not None:
        return run
    _require_result_of(run, result)
    status = RunStatus.CANCELLED if result.stopped_by == "cancelled" else RunStatus.DONE
    running = _update(operator_id, run_id).where(
        col(MatchingRunRow.status) == RunStatus.RUNNING.value
    )
    statement = running.values(
        status=status.value,
        finished_ms=now_ms,
        seen_ms=now_ms,
        outcome=result.status.value,
        objective_fen=result.objective_fen,
        bound_fen=result.bound_fen,
        greedy_fen=result.greedy_fen,
        work_done=result.work,
        stopped_by=result.stopped_by,
        timings=dict(result.timings),
    )
    if not affected(session, statement):  # another worker was quicker by a moment
        return get(session, Viewer.operator(operator_id), run_id)
    plans.save_answers(session, operator_id, run_id, result)
    if result.objective_fen is not None:
        plans.save(
            session,
            operator_id,
            result,
            plan_id=plan_id,
            run_id=run_id,
            scope_id=run.scope_id,
            now_ms=now_ms,
        )
    return get(session, Viewer.operator(operator_id), run_id)


def _require_result_of(run: Run, result: CapacityResult) -> None:
    if run.status is not RunStatus.RUNNING or run.snapshot_digest is None:
        raise _wrong(run, RunStatus.RUNNING)
    if result.problem_digest != run.snapshot_digest:
        raise Conflict(
            "matching run",
            run.id,
            f"the result is of the problem {result.problem_digest}, the run's snapshot is "
            f"{run.snapshot_digest}",
        )


def fail(session: Session, operator_id: str, run_id: str, error: str, *, now_ms: int) -> Run:
    """Note that a run ended without a result and why; a finished run stays as it is.

    Raises
    ------
    NotFound
        When the operator has no such run.
    """
    unfinished = _update(operator_id, run_id).where(
        col(MatchingRunRow.status).in_([RunStatus.QUEUED.value, RunStatus.RUNNING.value])
    )
    affected(
        session,
        unfinished.values(status=RunStatus.FAILED.value, error=error, finished_ms=now_ms),
    )
    return get(session, Viewer.operator(operator_id), run_id)


def get(session: Session, viewer: Viewer, run_id: str) -> Run:
    """Return a run.

    Raises
    ------
    NotFound
        When there is none that the viewer may see.
    """
    query = _visible(viewer).where(col(MatchingRunRow.id) == run_id)
    return run_of(only(session, query, kind="matching run", key=run_id))


def listing(
    session: Session,
    viewer: Viewer,
    *,
    status: RunStatus | None = None,
    after: str | None = None,
    limit: int = PAGE,
) -> tuple[Run, ...]:
    """Return one page of the runs that the viewer may see, by id."""
    query = _visible(viewer)
    if status is not None:
        query = query.where(col(MatchingRunRow.status) == status.value)
    rows = found(session, page(query, col(MatchingRunRow.id), after=after, limit=limit))
    return tuple(run_of(row) for row in rows)


def result(session: Session, viewer: Viewer, run_id: str) -> CapacityResult:
    """Return the result of a run, as the solver gave it.

    Raises
    ------
    NotFound
        When there is no such run that the viewer may see.
    WrongStatus
        When it has no result (yet).
    """
    query = _visible(viewer).where(col(MatchingRunRow.id) == run_id)
    row = only(session, query, kind="matching run", key=run_id)
    if row.outcome is None or row.snapshot_digest is None:
        raise _wrong(run_of(row), RunStatus.DONE)
    plan = plans.of_run(session, viewer, run_id)
    timings: Mapping[str, Any] = row.timings or {}
    return CapacityResult(
        status=Status(row.outcome),
        plan=() if plan is None else plans.lines(session, viewer, plan.id),
        objective_fen=row.objective_fen,
        bound_fen=row.bound_fen,
        seed=row.seed,
        prices=plans.prices(session, viewer, run_id),
        reasons=plans.reasons(session, viewer, run_id),
        timings={stage: float(seconds) for stage, seconds in timings.items()},
        greedy_fen=row.greedy_fen,
        work=row.work_done or 0,
        stopped_by=row.stopped_by or "",
        problem_digest=row.snapshot_digest,
    )


def _visible(viewer: Viewer) -> SelectOfScalar[MatchingRunRow]:
    query = select(MatchingRunRow).where(col(MatchingRunRow.operator_id) == viewer.operator_id)
    return query if viewer.is_operator else query.where(false())


def _update(operator_id: str, run_id: str) -> Update:
    return update(MatchingRunRow).where(
        col(MatchingRunRow.operator_id) == operator_id, col(MatchingRunRow.id) == run_id
    )


def _wrong(run: Run, wanted: RunStatus) -> WrongStatus:
    return WrongStatus("matching run", run.id, status=run.status.value, wanted=(wanted.value,))
