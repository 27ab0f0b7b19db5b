"""Runs: queued once, solved with no open transaction, believed only after the check."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.demo.parties import enrol_operator, enrol_registrar
from api.services import imports, matching_runs, plan_publication, proposals, solving
from api.services.errors import CheckFailed
from api.services.matching_runs import RunStatus
from data.errors import Conflict, NotFound, WrongStatus
from data.exporters.bundle import write_bundle
from data.samples.firms import fictional_uscc
from matching.limits import Progress
from tests.support.small_park import PLAN, SMALL_PARK, result_of
from tests.support.stage import staged


def test_a_run_before_any_import_finds_nothing(stage):
    with pytest.raises(NotFound):
        matching_runs.queue(stage.workspace, "run-1", requested_by="test")


def test_queueing_again_is_harmless_and_another_request_conflicts(parked):
    first = matching_runs.queue(parked.workspace, "run-1", requested_by="test", seed=3)
    again = matching_runs.queue(parked.workspace, "run-1", requested_by="test", seed=3)
    assert again == first
    assert first.status is RunStatus.QUEUED
    with pytest.raises(Conflict):
        matching_runs.queue(parked.workspace, "run-1", requested_by="test", seed=4)


def test_a_run_stores_plan_bound_reasons_and_publishes_them(planned):
    stage, run = planned
    assert (run.status, run.publication) == (RunStatus.DONE, "entered")
    assert run.problem_digest == SMALL_PARK.digest
    assert run.summary is not None
    assert (run.summary.orders, run.summary.served) == (3, 2)
    assert run.summary.objective_fen <= run.summary.bound_fen
    result = matching_runs.result(stage.workspace, "run-1")
    assert result.plan == PLAN
    assert set(result.reasons) == {"SHAFT", "PLATE", "VASE"}
    assert stage.workspace.log.state(f"plan/{run.plan_id}") is not None


def test_executing_a_finished_run_again_changes_nothing(planned):
    stage, run = planned
    size = stage.workspace.log.head().size
    assert matching_runs.execute(stage.workspace, "run-1") == run
    assert stage.workspace.log.head().size == size


def test_a_second_run_replaces_the_plan(planned):
    stage, first = planned
    matching_runs.queue(stage.workspace, "run-2", requested_by="test", seconds=1)
    second = matching_runs.execute(stage.workspace, "run-2")
    assert second.publication == "entered"
    assert second.plan_id != first.plan_id
    assert [run.id for run in matching_runs.list_runs(stage.workspace)] == ["run-2", "run-1"]


def test_progress_is_stored_and_the_database_stays_free(parked, monkeypatch):
    """The solver runs with no open transaction: another one can write meanwhile."""
    seen = []

    def slow(problem, limits, *, start=(), on_progress, cancelled):
        on_progress(
            Progress(
                stage="improve",
                incumbent_fen=10,
                bound_fen=20,
                gap=0.5,
                elapsed_seconds=1.0,
                done=0.5,
            )
        )
        seen.append(matching_runs.get(parked.workspace, "run-1").progress)
        matching_runs.queue(parked.workspace, "run-2", requested_by="test")
        assert not cancelled()
        return result_of(problem, limits)

    monkeypatch.setattr(solving, "solve", slow)
    matching_runs.queue(parked.workspace, "run-1", requested_by="test", seconds=1)
    told = []
    matching_runs.execute(parked.workspace, "run-1", on_progress=told.append)
    assert [progress.stage for progress in seen] == ["improve"]
    assert told == seen


def test_cancelling_a_running_run_keeps_its_best_plan(parked, monkeypatch):
    def work(problem, limits, *, start=(), on_progress, cancelled):
        matching_runs.cancel(parked.workspace, "run-1")
        on_progress(
            Progress(
                stage="improve",
                incumbent_fen=None,
                bound_fen=None,
                gap=None,
                elapsed_seconds=0.0,
                done=0.0,
            )
        )
        assert cancelled()
        return replace(result_of(problem, limits), stopped_by="cancelled")

    monkeypatch.setattr(solving, "solve", work)
    matching_runs.queue(parked.workspace, "run-1", requested_by="test", seconds=60)
    run = matching_runs.execute(parked.workspace, "run-1")
    assert run.status is RunStatus.CANCELLED
    assert run.summary is not None
    assert run.summary.served == 2


def test_cancelling_a_queued_run_ends_it_without_a_plan(parked):
    matching_runs.queue(parked.workspace, "run-1", requested_by="test")
    assert matching_runs.cancel(parked.workspace, "run-1").status is RunStatus.CANCELLED
    assert matching_runs.execute(parked.workspace, "run-1").plan_id is None
    with pytest.raises(WrongStatus):
        matching_runs.result(parked.workspace, "run-1")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda result: replace(result, objective_fen=result.objective_fen + 1),
        lambda result: replace(result, plan=result.plan[:-1]),
        lambda result: replace(result, bound_fen=result.bound_fen - 1),
    ],
    ids=["objective", "plan", "bound"],
)
def test_a_result_that_the_check_refuses_is_not_stored(parked, monkeypatch, spoil):
    monkeypatch.setattr(
        solving, "solve", lambda problem, limits, **_: spoil(result_of(problem, limits))
    )
    matching_runs.queue(parked.workspace, "run-1", requested_by="test", seconds=1)
    with pytest.raises(CheckFailed):
        matching_runs.execute(parked.workspace, "run-1")
    run = matching_runs.get(parked.workspace, "run-1")
    assert (run.status, run.plan_id) == (RunStatus.FAILED, None)
    assert run.error
    assert proposals.list_proposals(parked.workspace) == ()


def test_another_worker_does_not_take_a_running_run(parked, monkeypatch):
    def work(problem, limits, **_options):
        with pytest.raises(WrongStatus):
            matching_runs.execute(parked.workspace, "run-1", worker="other")
        return result_of(problem, limits)

    monkeypatch.setattr(solving, "solve", work)
    matching_runs.queue(parked.workspace, "run-1", requested_by="test", seconds=1)
    assert matching_runs.execute(parked.workspace, "run-1").status is RunStatus.DONE


def test_a_run_that_died_is_taken_up_by_the_same_worker(parked, monkeypatch):
    class Killed(BaseException):
        pass

    def dies(_problem, _limits, **_options):
        raise Killed

    matching_runs.queue(parked.workspace, "run-1", requested_by="test", seconds=1)
    monkeypatch.setattr(solving, "solve", dies)
    with pytest.raises(Killed):
        matching_runs.execute(parked.workspace, "run-1")
    assert matching_runs.get(parked.workspace, "run-1").status is RunStatus.RUNNING
    monkeypatch.setattr(solving, "solve", lambda problem, limits, **_: result_of(problem, limits))
    run = matching_runs.execute(parked.workspace, "run-1")
    assert (run.status, run.publication) == (RunStatus.DONE, "entered")


def test_publication_waits_for_the_operators_key(tmp_path, planner):
    """A plan made before the operator is enrolled stays, and is published afterwards."""
    (tmp_path / "park").mkdir()
    write_bundle(tmp_path / "park", SMALL_PARK)
    with staged(tmp_path, enrolled=False) as stage:
        imports.import_path(stage.workspace, tmp_path / "park")
        matching_runs.queue(stage.workspace, "run-1", requested_by="test", seconds=1)
        run = matching_runs.execute(stage.workspace, "run-1")
        assert run.publication == "refused: KEY_UNKNOWN"
        enrol_registrar(stage.workspace, stage.parties)
        enrol_operator(stage.workspace, stage.parties, uscc=fictional_uscc(99_001))
        assert matching_runs.publish(stage.workspace, "run-1").publication == "entered"


def test_publishing_again_changes_nothing(planned):
    stage, run = planned
    size = stage.workspace.log.head().size
    assert matching_runs.publish(stage.workspace, "run-1") == run
    assert stage.workspace.log.head().size == size


def test_only_a_plan_is_published_and_only_the_newest(parked, planner, monkeypatch):
    """A plan that was refused and replaced would stand behind the newer one in the record."""
    matching_runs.queue(parked.workspace, "run-1", requested_by="test", seconds=1)
    with pytest.raises(WrongStatus, match="queued without a plan"):
        matching_runs.publish(parked.workspace, "run-1")
    monkeypatch.setattr(plan_publication, "OPEN_DAYS", -1)
    first = matching_runs.execute(parked.workspace, "run-1")
    assert first.publication == "refused: EXPIRED"
    monkeypatch.undo()
    monkeypatch.setattr(
        solving, "solve", lambda problem, limits, **_options: result_of(problem, limits)
    )
    matching_runs.queue(parked.workspace, "run-2", requested_by="test", seconds=1)
    assert matching_runs.execute(parked.workspace, "run-2").publication == "entered"
    with pytest.raises(WrongStatus, match="superseded"):
        matching_runs.publish(parked.workspace, "run-1")
