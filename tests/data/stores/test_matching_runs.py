from __future__ import annotations

import contextlib
import dataclasses
import threading
from fractions import Fraction
from functools import partial

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from data.engine import session_factory
from data.errors import Conflict, DatabaseDamaged, NotFound, WrongStatus
from data.kinds import RunStatus
from data.stores import capacity, matching_runs, plans, snapshots
from data.stores.viewer import Viewer
from matching.capacity import CapacityResult
from matching.capacity.plan import plan_digest
from matching.capacity.rules import CarbonCap, Rules
from matching.explain import Reason
from matching.limits import Limits, Progress
from matching.result import Status
from tests.support.stored import (
    BUYER,
    DESK,
    FOREIGN_DESK,
    MILL,
    NOW_MS,
    OPERATOR,
    STRANGER,
    TURNER,
    finished_run,
    result_of,
    two_firms_two_orders,
)

LIMITS = Limits(seconds=12.5, work=100, seed=3, workers=1)
HALF_WAY = Progress(
    stage="improve", incumbent_fen=5, bound_fen=9, gap=4 / 9, elapsed_seconds=1.25, done=0.5
)


def queued(session: Session, run_id: str = "R1", *, now_ms: int = NOW_MS) -> matching_runs.Run:
    return matching_runs.queue(
        session,
        OPERATOR,
        run_id,
        scope_id="S1",
        limits=LIMITS,
        requested_by="desk",
        now_ms=now_ms,
    )


def started(session: Session, run_id: str = "R1") -> matching_runs.Run:
    queued(session, run_id)
    run = matching_runs.start(session, OPERATOR, run_id, worker="w1", now_ms=NOW_MS + 1)
    problem = capacity.load_open_book(session, DESK, "S1").problem
    matching_runs.set_snapshot(session, OPERATOR, run_id, problem)
    return run


def finish(session: Session, result: CapacityResult, run_id: str = "R1") -> matching_runs.Run:
    return matching_runs.finish(
        session, OPERATOR, run_id, result, plan_id=f"plan-of-{run_id}", now_ms=NOW_MS + 9
    )


def test_run_is_queued_with_its_limits(book: Session):
    run = queued(book)

    assert (run.status, run.limits, run.scope_id) == (RunStatus.QUEUED, LIMITS, "S1")
    assert (run.gap, run.finished, run.progress) == (None, False, None)


def test_asking_again_is_harmless(book: Session):
    first = queued(book)
    assert queued(book, now_ms=NOW_MS + 99) == first

    other = dataclasses.replace(LIMITS, seed=4)
    with pytest.raises(Conflict, match="choose a new id"):
        matching_runs.queue(
            book, OPERATOR, "R1", scope_id="S1", limits=other, requested_by="desk", now_ms=NOW_MS
        )


def test_run_needs_its_scope(book: Session):
    with pytest.raises(NotFound, match="S9"):
        matching_runs.queue(
            book, OPERATOR, "R1", scope_id="S9", limits=LIMITS, requested_by="desk", now_ms=NOW_MS
        )


def test_run_has_one_worker(book: Session):
    started(book)
    matching_runs.start(book, OPERATOR, "R1", worker="w1", now_ms=NOW_MS + 2)
    with pytest.raises(WrongStatus, match="running"):
        matching_runs.start(book, OPERATOR, "R1", worker="w2", now_ms=NOW_MS + 2)


def test_two_workers_never_take_the_same_run(book: Session, engine: Engine):
    for n in range(6):
        queued(book, f"R{n}")
    book.commit()
    taken: list[str] = []

    def work(worker: str) -> None:
        for n in range(6):
            with contextlib.suppress(WrongStatus), session_factory(engine).begin() as session:
                run = matching_runs.start(session, OPERATOR, f"R{n}", worker=worker, now_ms=NOW_MS)
                taken.append(run.id)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)

    assert sorted(taken) == [f"R{n}" for n in range(6)]


def test_progress_is_seen(book: Session):
    started(book)
    stop = matching_runs.report(book, OPERATOR, "R1", HALF_WAY, now_ms=NOW_MS + 5)

    run = matching_runs.get(book, DESK, "R1")
    assert (stop, run.progress, run.seen_ms) == (False, HALF_WAY, NOW_MS + 5)


def test_cancelled_run_is_told_and_keeps_its_best_plan(book: Session):
    started(book)
    assert matching_runs.cancel(book, DESK, "R1", now_ms=NOW_MS + 3).status is RunStatus.RUNNING
    assert matching_runs.report(book, OPERATOR, "R1", HALF_WAY, now_ms=NOW_MS + 5)

    result = dataclasses.replace(result_of(two_firms_two_orders()), stopped_by="cancelled")
    run = finish(book, result)

    assert (run.status, run.objective_fen) == (RunStatus.CANCELLED, 800)
    assert plans.of_run(book, DESK, "R1") is not None
    assert matching_runs.cancel(book, DESK, "R1", now_ms=NOW_MS + 99) == run


def test_queued_run_is_cancelled_at_once(book: Session):
    queued(book)
    run = matching_runs.cancel(book, DESK, "R1", now_ms=NOW_MS + 3)

    assert (run.status, run.finished_ms) == (RunStatus.CANCELLED, NOW_MS + 3)
    with pytest.raises(WrongStatus, match="cancelled"):
        matching_runs.start(book, OPERATOR, "R1", worker="w", now_ms=NOW_MS + 4)


def test_result_comes_back_as_the_solver_gave_it(book: Session):
    started(book)
    result = dataclasses.replace(result_of(two_firms_two_orders()), seed=LIMITS.seed)
    run = finish(book, result)

    assert matching_runs.result(book, DESK, "R1") == result
    assert (run.status, run.outcome, run.gap) == (RunStatus.DONE, Status.FEASIBLE, 0.2)
    assert list(matching_runs.result(book, DESK, "R1").reasons) == ["O2", "O1"]


@pytest.mark.parametrize("status", list(Status))
def test_every_outcome_can_be_stored(book: Session, status: Status):
    started(book)
    found = status in (Status.OPTIMAL, Status.FEASIBLE)
    digest = two_firms_two_orders().digest
    result = CapacityResult(
        status=status,
        plan=(),
        objective_fen=0 if found else None,
        bound_fen=0 if found else None,
        seed=LIMITS.seed,
        reasons={"O1": Reason(code="no_offer")},
        stopped_by="proof",
        problem_digest=digest,
    )
    finish(book, result)

    assert matching_runs.result(book, DESK, "R1") == result
    assert (plans.of_run(book, DESK, "R1") is not None) == found


def test_second_result_of_a_run_changes_nothing(book: Session):
    started(book)
    first = finish(book, result_of(two_firms_two_orders()))
    other = dataclasses.replace(result_of(two_firms_two_orders()), objective_fen=900)

    assert finish(book, other) == first


def test_result_of_another_problem_is_refused(book: Session):
    started(book)
    with pytest.raises(Conflict, match="snapshot"):
        finish(book, dataclasses.replace(result_of(two_firms_two_orders()), problem_digest="ff"))


def test_result_needs_a_running_run(book: Session):
    queued(book)
    with pytest.raises(WrongStatus, match="queued"):
        finish(book, result_of(two_firms_two_orders()))
    with pytest.raises(WrongStatus, match="queued"):
        matching_runs.result(book, DESK, "R1")


def test_failed_run_says_why(book: Session):
    started(book)
    run = matching_runs.fail(book, OPERATOR, "R1", "out of memory", now_ms=NOW_MS + 4)

    assert (run.status, run.error) == (RunStatus.FAILED, "out of memory")
    assert matching_runs.report(book, OPERATOR, "R1", HALF_WAY, now_ms=NOW_MS + 5)
    assert [one.id for one in matching_runs.listing(book, DESK, status=RunStatus.FAILED)] == ["R1"]


def test_runs_and_headings_are_the_operators_alone(planned: Session):
    for viewer in (BUYER, MILL, STRANGER, FOREIGN_DESK):
        assert matching_runs.listing(planned, viewer) == ()
        assert plans.latest(planned, viewer, "S1") is None
        digest = two_firms_two_orders().digest
        for look in (
            partial(matching_runs.get, planned, viewer, "R1"),
            partial(matching_runs.cancel, planned, viewer, "R1", now_ms=NOW_MS),
            partial(matching_runs.result, planned, viewer, "R1"),
            partial(plans.get, planned, viewer, "plan-1"),
            partial(snapshots.load, planned, viewer, digest),
        ):
            with pytest.raises(NotFound):
                look()


def test_plans_are_versions(book: Session):
    finished_run(book, "R1", plan_id="plan-b")
    finished_run(book, "R2", plan_id="plan-a")

    first, second = plans.get(book, DESK, "plan-b"), plans.get(book, DESK, "plan-a")

    assert (first.version, first.replaces) == (1, None)
    assert (second.version, second.replaces) == (2, "plan-b")
    assert plans.latest(book, DESK, "S1") == second
    assert first.snapshot_digest == two_firms_two_orders().digest
    assert first.digest == plan_digest(plans.lines(book, DESK, "plan-b"))


def test_plan_digest_does_not_depend_on_the_order_of_lines():
    lines = result_of(two_firms_two_orders()).plan
    assert plan_digest(lines) == plan_digest(reversed(lines))
    assert plan_digest(lines) != plan_digest(lines[:1])
    assert plan_digest(()) == ("f882289134fec5bbc249061a0e959796125583755bbca882b730d4a659adadd1")


def test_plan_id_is_used_once(book: Session):
    finished_run(book, "R1", plan_id="plan-1")
    with pytest.raises(Conflict):
        finished_run(book, "R2", plan_id="plan-1")


def test_reasons_and_prices_reach_their_own_side(planned: Session):
    def seen(viewer: Viewer) -> tuple[list[str], list[str]]:
        prices = [price.offer_id for price in plans.prices(planned, viewer, "R1")]
        return list(plans.reasons(planned, viewer, "R1")), prices

    assert seen(DESK) == (["O2", "O1"], ["F1", "F2"])
    assert seen(BUYER) == (["O1"], [])
    assert seen(MILL) == ([], ["F1"])
    assert seen(TURNER) == ([], ["F2"])
    assert seen(STRANGER) == ([], [])
    assert seen(FOREIGN_DESK) == ([], [])


def test_snapshot_is_kept_once_and_exactly(book: Session):
    problem = two_firms_two_orders()
    digest = snapshots.save(book, OPERATOR, problem)
    assert snapshots.save(book, OPERATOR, problem) == digest == problem.digest

    assert snapshots.load(book, DESK, digest) == problem
    count = book.connection().execute(text("select count(*) from snapshots")).scalar()
    assert count == 1


def test_changed_snapshot_is_noticed(book: Session):
    """Somebody with write access swaps the problem under a plan."""
    problem = two_firms_two_orders()
    digest = snapshots.save(book, OPERATOR, problem)
    cheaper = dataclasses.replace(problem, orders=problem.orders[:1], quotations=())
    other = snapshots.save(book, OPERATOR, cheaper)
    book.connection().execute(text("delete from snapshots where digest = :d"), {"d": digest})
    swap = text("update snapshots set digest = :d where digest = :o")
    book.connection().execute(swap, {"d": digest, "o": other})

    with pytest.raises(DatabaseDamaged, match="was changed"):
        snapshots.load(book, DESK, digest)


def test_a_problem_with_rules_is_refused_and_not_cut():
    rules = Rules(carbon_cap=CarbonCap(grams=Fraction(1)))
    ruled = dataclasses.replace(two_firms_two_orders(), rules=rules)
    with pytest.raises(ValueError, match="no place for rules"):
        snapshots.encode(ruled)


def test_snapshot_of_another_format_is_refused():
    with pytest.raises(ValueError, match="expected the format"):
        snapshots.decode(b'{"format": "other/v1"}')
