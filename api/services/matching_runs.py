"""Matching runs: queue, execute, watch, cancel, read the result."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlmodel import Session

from api.services import plan_publication
from api.services.paging import every
from api.services.solving import Solved, solve_checked
from api.services.workspace import Workspace, new_handle
from data.errors import DatabaseLocked, WrongStatus
from data.kinds import RunStatus
from data.stores import capacity, plans, snapshots
from data.stores import matching_runs as run_store
from data.stores.matching_runs import Run
from matching.capacity import PlanLine, Price, Problem, check
from matching.explain import Reason
from matching.limits import Limits, Progress

__all__ = [
    "PlanSummary",
    "ProgressView",
    "RunResult",
    "RunStatus",
    "RunView",
    "cancel",
    "execute",
    "get",
    "list_runs",
    "publish",
    "queue",
    "result",
]

REPORT_EVERY_SECONDS = 0.5
WORKER = "local"

ProgressView = Progress
"""How far a run is: stage, incumbent, bound, gap, elapsed seconds, share done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSummary:
    """What a stored plan achieves, as `check` finds it in the stored problem."""

    orders: int
    served: int
    value_fen: int
    objective_fen: int
    bound_fen: int
    gap: float
    local_share: float
    utilisation: float
    tardy_weeks: int
    carbon_g: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """A run.

    Parameters
    ----------
    summary
        What its plan achieves; `get` and `result` give it, lists do not.
    publication
        Whether `plan.published` stands in the log: pending, entered, or refused with its code;
        None where there is no plan.
    """

    id: str
    status: RunStatus
    requested_by: str
    seed: int
    seconds: float | None
    work: int | None
    problem_digest: str | None
    progress: ProgressView | None
    plan_id: str | None
    summary: PlanSummary | None
    publication: str | None
    error: str | None
    created_ms: int
    finished_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """Plan lines, prices and one reason per order (values of `matching.capacity`)."""

    run: RunView
    plan: tuple[PlanLine, ...]
    prices: tuple[Price, ...]
    reasons: Mapping[str, Reason]


def queue(
    workspace: Workspace,
    run_id: str,
    *,
    requested_by: str,
    seconds: float | None = 60.0,
    work: int | None = None,
    seed: int = 1,
    workers: int = 2,
    enqueue: Callable[[Session, str], None] | None = None,
) -> RunView:
    """Queue a run of the open book under a client-chosen id. Repeating the call is harmless.

    Parameters
    ----------
    enqueue
        Called with the session and the id of an unfinished run inside the transaction that queues
        it, so that run and job are there together or not at all.

    Raises
    ------
    NotFound
        When nothing was imported yet.
    Conflict
        When the id belongs to a run with other limits.
    ValueError
        When a limit is out of range.
    """
    limits = Limits(seconds=seconds, work=work, seed=seed, workers=workers)
    with workspace.transaction() as session:
        scope = capacity.current_scope(session, workspace.viewer)
        run = run_store.queue(
            session,
            workspace.operator_id,
            run_id,
            scope_id=scope.id,
            limits=limits,
            requested_by=requested_by,
            now_ms=workspace.clock_ms(),
        )
        if enqueue is not None and not run.finished:
            enqueue(session, run.id)
        return _view(workspace, session, run)


def execute(
    workspace: Workspace,
    run_id: str,
    *,
    on_progress: Callable[[ProgressView], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    worker: str = WORKER,
) -> RunView:
    """Solve a queued run and store its plan; called by a worker, never inside a transaction.

    Loads in one short transaction, solves with none, re-checks the plan from the problem alone,
    then stores plan, bound, prices, reasons and the request for `plan.published` in one.
    Progress is written to the run about twice a second. A cancelled run keeps its best plan.

    Parameters
    ----------
    worker
        Who works on it. The same worker may take a run again that it lost in a crash; the run
        then solves the same snapshot.

    Raises
    ------
    NotFound
        When there is no such run.
    WrongStatus
        When another worker has it.
    CheckFailed
        When the independent check refused the plan; the run is then failed.
    """
    stored = get(workspace, run_id)
    if stored.status not in {RunStatus.QUEUED, RunStatus.RUNNING}:
        return stored
    run, problem = _begin(workspace, run_id, worker)
    start = _newest_prices(workspace, run)
    reporter = _Reporter(workspace, run_id, on_progress, cancelled)
    try:
        solved = solve_checked(
            problem,
            run.limits,
            start=start,
            on_progress=reporter.report,
            cancelled=reporter.cancelled,
        )
    except Exception as failed:
        with workspace.transaction() as session:
            now = workspace.clock_ms()
            run_store.fail(session, workspace.operator_id, run_id, str(failed), now_ms=now)
        raise
    _keep(workspace, run_id, solved)
    workspace.writer.drain()
    return get(workspace, run_id)


def get(workspace: Workspace, run_id: str) -> RunView:
    """Return a run with its newest progress. Raises NotFound."""
    with workspace.snapshot() as session:
        run = run_store.get(session, workspace.viewer, run_id)
        view = _view(workspace, session, run)
        return replace(view, summary=_summary(workspace, session, run, view.plan_id))


def list_runs(workspace: Workspace) -> tuple[RunView, ...]:
    """Return all runs, newest first, without summaries."""
    with workspace.snapshot() as session:
        runs = sorted(
            every(lambda after: run_store.listing(session, workspace.viewer, after=after)),
            key=lambda run: (-run.queued_ms, run.id),
        )
        return tuple(_view(workspace, session, run) for run in runs)


def cancel(workspace: Workspace, run_id: str) -> RunView:
    """Ask a run to stop with its best plan; a finished run is left as it is."""
    with workspace.transaction() as session:
        now = workspace.clock_ms()
        run = run_store.cancel(session, workspace.viewer, run_id, now_ms=now)
        return _view(workspace, session, run)


def fail(workspace: Workspace, run_id: str, error: str) -> RunView:
    """Note that a run ended without an answer and why; a finished run is left as it is."""
    with workspace.transaction() as session:
        now = workspace.clock_ms()
        run = run_store.fail(session, workspace.operator_id, run_id, error, now_ms=now)
        return _view(workspace, session, run)


def publish(workspace: Workspace, run_id: str) -> RunView:
    """Ask again for the entry of a run's plan that was refused; return how it stands then.

    A plan that is entered, or waits to be, is left as it is.

    Raises
    ------
    NotFound
        When there is no such run.
    WrongStatus
        When the run has no plan, or a newer plan has taken its place.
    """
    view = get(workspace, run_id)
    if view.plan_id is None:
        done = (RunStatus.DONE.value,)
        raise WrongStatus(
            "matching run", run_id, status=f"{view.status} without a plan", wanted=done
        )
    plan_publication.publish_again(workspace, view.plan_id)
    return get(workspace, run_id)


def result(workspace: Workspace, run_id: str) -> RunResult:
    """Return plan, prices and reasons. Raises WrongStatus while there is no result."""
    view = get(workspace, run_id)
    with workspace.snapshot() as session:
        stored = run_store.result(session, workspace.viewer, run_id)
    return RunResult(run=view, plan=stored.plan, prices=stored.prices, reasons=stored.reasons)


class _Reporter:
    """Carries progress from the solver to the run's row, and the wish to stop back."""

    def __init__(
        self,
        workspace: Workspace,
        run_id: str,
        on_progress: Callable[[ProgressView], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._workspace = workspace
        self._run_id = run_id
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._stop = False
        self._next = 0.0

    def report(self, progress: Progress) -> None:
        """Pass progress on; write it to the row when the last time is long enough ago."""
        if self._on_progress is not None:
            self._on_progress(progress)
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + REPORT_EVERY_SECONDS
        try:
            with self._workspace.transaction() as session:
                self._stop |= run_store.report(
                    session,
                    self._workspace.operator_id,
                    self._run_id,
                    progress,
                    now_ms=self._workspace.clock_ms(),
                )
        except DatabaseLocked:
            return  # a picture of progress was missed; the next one comes in half a second

    def cancelled(self) -> bool:
        """Tell whether the solver should stop."""
        return self._stop or (self._cancelled is not None and self._cancelled())


def _begin(workspace: Workspace, run_id: str, worker: str) -> tuple[Run, Problem]:
    with workspace.transaction() as session:
        run = run_store.start(
            session, workspace.operator_id, run_id, worker=worker, now_ms=workspace.clock_ms()
        )
        if run.snapshot_digest is not None:
            return run, snapshots.load(session, workspace.viewer, run.snapshot_digest)
        book = capacity.load_open_book(session, workspace.viewer, run.scope_id)
        run_store.set_snapshot(session, workspace.operator_id, run_id, book.problem)
        return run, book.problem


def _newest_prices(workspace: Workspace, run: Run) -> tuple[Price, ...]:
    """Return the prices of the plan that the run's plan will replace; none for the first."""
    with workspace.snapshot() as session:
        plan = plans.latest(session, workspace.viewer, run.scope_id)
        return () if plan is None else plans.prices(session, workspace.viewer, plan.run_id)


def _keep(workspace: Workspace, run_id: str, solved: Solved) -> None:
    """Store the result, and with the plan the request to publish it: one transaction."""
    with workspace.transaction() as session:
        run_store.finish(
            session,
            workspace.operator_id,
            run_id,
            solved.result,
            plan_id=new_handle(),
            now_ms=workspace.clock_ms(),
        )
        plan = plans.of_run(session, workspace.viewer, run_id)
        if plan is not None:
            plan_publication.enqueue(workspace, session, plan, solved.problem)


def _view(workspace: Workspace, session: Session, run: Run) -> RunView:
    plan = plans.of_run(session, workspace.viewer, run.id)
    return RunView(
        id=run.id,
        status=run.status,
        requested_by=run.requested_by,
        seed=run.limits.seed,
        seconds=run.limits.seconds,
        work=run.limits.work,
        problem_digest=run.snapshot_digest,
        progress=run.progress,
        plan_id=None if plan is None else plan.id,
        summary=None,
        publication=(
            None if plan is None else plan_publication.status(workspace, session, plan.id)
        ),
        error=run.error,
        created_ms=run.queued_ms,
        finished_ms=run.finished_ms,
    )


def _summary(
    workspace: Workspace, session: Session, run: Run, plan_id: str | None
) -> PlanSummary | None:
    if plan_id is None or run.snapshot_digest is None or run.bound_fen is None:
        return None
    problem = snapshots.load(session, workspace.viewer, run.snapshot_digest)
    report = check(problem, plans.lines(session, workspace.viewer, plan_id))
    objective = report.objective_fen or 0
    served = set(report.served)
    return PlanSummary(
        orders=len(problem.orders),
        served=len(served),
        value_fen=sum(o.value_fen for o in problem.orders if o.order_id in served),
        objective_fen=objective,
        bound_fen=run.bound_fen,
        gap=(run.bound_fen - objective) / run.bound_fen if run.bound_fen > 0 else 0.0,
        local_share=report.local_minutes / report.minutes if report.minutes else 0.0,
        utilisation=report.utilisation,
        tardy_weeks=report.tardy_weeks,
        carbon_g=str(report.carbon_g),
    )
