"""The queue of matching runs: each is executed once, whatever happens to workers and servers."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from uuid import uuid4

import pytest

from api.jobs.runs import AlreadyServed, DurableRuns
from api.jobs.worker import EXIT_ORPHANED, order_of_work
from api.services import matching_runs
from api.services.matching_runs import RunStatus
from data.stores import matching_runs as run_store
from tests.support.installations import populated

WORKER = "tests.support.scripted_worker"


@pytest.fixture
def workspace(database_url, tmp_path):
    workspace = populated(tmp_path, database_url)
    yield workspace
    workspace.close()


@pytest.fixture
def sqlite_workspace(tmp_path):
    workspace = populated(tmp_path)
    yield workspace
    workspace.close()


@contextlib.contextmanager
def launched(workspace, *script):
    """Yield the queue, started, with the words that its workers will follow."""
    if script:
        (workspace.settings.home / "script").write_text("\n".join(script))
    runs = DurableRuns(workspace, worker=WORKER)
    runs.launch()
    try:
        yield runs
    finally:
        runs.close()


def queue(workspace, runs, run_id=None):
    run_id = run_id or str(uuid4())
    matching_runs.queue(workspace, run_id, requested_by="test", seconds=1, enqueue=runs.enqueue)
    return run_id


def wait_for(workspace, condition, *, seconds=30.0):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError(f"it did not happen in {seconds} s; workers: {started(workspace)}")


def started(workspace):
    path = workspace.settings.home / "started"
    return path.read_text().splitlines() if path.exists() else []


def status(workspace, run_id):
    return matching_runs.get(workspace, run_id).status


def test_a_run_is_executed_once_however_often_it_is_asked_for(workspace):
    with launched(workspace, "end", "end") as runs:
        run_id = queue(workspace, runs)
        for _ in range(3):
            queue(workspace, runs, run_id)
        wait_for(workspace, lambda: status(workspace, run_id) is RunStatus.FAILED)
        other = queue(workspace, runs)
        wait_for(workspace, lambda: status(workspace, other) is RunStatus.FAILED)
        queue(workspace, runs, run_id)
    assert started(workspace) == [f"{run_id} end", f"{other} end"]


def test_a_run_that_was_interrupted_goes_on_at_the_next_start(workspace):
    """A stopped server leaves its run; the next one takes it up with a new worker."""
    with launched(workspace, "wait", "end") as runs:
        run_id = queue(workspace, runs)
        wait_for(workspace, lambda: started(workspace) == [f"{run_id} wait"])
    assert status(workspace, run_id) is RunStatus.QUEUED
    with launched(workspace):
        wait_for(workspace, lambda: status(workspace, run_id) is RunStatus.FAILED)
    assert matching_runs.get(workspace, run_id).error == "scripted"
    assert started(workspace) == [f"{run_id} wait", f"{run_id} end"]


def test_a_run_that_was_queued_without_a_server_is_taken_up(sqlite_workspace):
    run_id = str(uuid4())
    matching_runs.queue(sqlite_workspace, run_id, requested_by="test", seconds=1)
    with launched(sqlite_workspace, "end"):
        wait_for(sqlite_workspace, lambda: status(sqlite_workspace, run_id) is RunStatus.FAILED)
    assert started(sqlite_workspace) == [f"{run_id} end"]


def test_a_run_whose_server_was_killed_is_taken_up(workspace):
    """It stands as running, by a worker that is gone: the next start runs it again."""
    run_id = str(uuid4())
    matching_runs.queue(workspace, run_id, requested_by="test", seconds=1)
    with workspace.transaction() as session:
        run_store.start(
            session, workspace.operator_id, run_id, worker=matching_runs.WORKER, now_ms=1
        )
    assert status(workspace, run_id) is RunStatus.RUNNING
    with launched(workspace, "end"):
        wait_for(workspace, lambda: status(workspace, run_id) is RunStatus.FAILED)
    assert started(workspace) == [f"{run_id} end"]


def test_a_transaction_that_fails_queues_neither_run_nor_job(sqlite_workspace):
    class Interrupted(Exception):
        pass

    with launched(sqlite_workspace, "end") as runs:

        def enqueue_and_fail(session, run_id):
            runs.enqueue(session, run_id)
            raise Interrupted

        with pytest.raises(Interrupted):
            matching_runs.queue(
                sqlite_workspace, str(uuid4()), requested_by="test", enqueue=enqueue_and_fail
            )
        time.sleep(0.6)
    assert matching_runs.list_runs(sqlite_workspace) == ()
    assert started(sqlite_workspace) == []


def test_a_worker_that_died_is_replaced(sqlite_workspace):
    with launched(sqlite_workspace, "die", "end") as runs:
        run_id = queue(sqlite_workspace, runs)
        wait_for(sqlite_workspace, lambda: status(sqlite_workspace, run_id) is RunStatus.FAILED)
    assert matching_runs.get(sqlite_workspace, run_id).error == "scripted"
    assert started(sqlite_workspace) == [f"{run_id} die", f"{run_id} end"]


def test_a_run_that_kills_its_workers_is_given_up(sqlite_workspace):
    with launched(sqlite_workspace, "die", "die", "end") as runs:
        run_id = queue(sqlite_workspace, runs)
        wait_for(sqlite_workspace, lambda: status(sqlite_workspace, run_id) is RunStatus.FAILED)
        error = matching_runs.get(sqlite_workspace, run_id).error
        assert error is not None
        assert "exit code 7" in error
        after = queue(sqlite_workspace, runs)
        wait_for(sqlite_workspace, lambda: status(sqlite_workspace, after) is RunStatus.FAILED)
    assert started(sqlite_workspace)[-1] == f"{after} end"


def test_a_cancellation_reaches_the_worker(sqlite_workspace):
    with launched(sqlite_workspace, "wait") as runs:
        run_id = queue(sqlite_workspace, runs)
        wait_for(sqlite_workspace, lambda: started(sqlite_workspace) == [f"{run_id} wait"])
        runs.stop(str(uuid4()))  # of a run that is not executed: nothing happens
        runs.stop(run_id)
        wait_for(sqlite_workspace, lambda: status(sqlite_workspace, run_id) is RunStatus.FAILED)
    # Ended by the worker's own word: one that had not heard would have been started again.
    assert matching_runs.get(sqlite_workspace, run_id).error == "scripted"
    assert started(sqlite_workspace) == [f"{run_id} wait"]


def test_one_server_at_a_time(sqlite_workspace):
    second = DurableRuns(sqlite_workspace)
    with launched(sqlite_workspace), pytest.raises(AlreadyServed, match="another server"):
        second.launch()
    with launched(sqlite_workspace) as again:
        assert again.healthy()
    assert not again.healthy()


def test_a_worker_ends_with_its_server(sqlite_workspace):
    """The end of its standard input tells a worker that nobody waits for it any more."""
    worker = subprocess.Popen(
        [sys.executable, "-m", WORKER], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    (sqlite_workspace.settings.home / "script").write_text("wait")
    worker.stdin.write(order_of_work(sqlite_workspace.settings, str(uuid4())))
    worker.stdin.close()
    assert worker.wait(timeout=30) == EXIT_ORPHANED
