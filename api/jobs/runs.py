"""Matching runs as durable jobs: started once, resumed after a crash, stopped on request.

DBOS keeps the queue in the product's own database, so the same code runs on SQLite and on
PostgreSQL. A run is one workflow with the id `run-<run id>`: enqueuing it again changes nothing,
and a workflow that was interrupted is taken up again by the next start of the same installation.

The solving itself happens in a process of its own (`api.jobs.worker`): it cannot make the server
slow, and if it dies the server lives. The worker writes progress and plan; this side only starts
it, passes a cancellation on, and sees to it that a run never stays unanswered.
"""

from __future__ import annotations

import contextlib
import fcntl
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO
from uuid import uuid4

import structlog
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions
from sqlalchemy.engine import make_url
from sqlmodel import Session

from api.jobs.worker import order_of_work
from api.services import matching_runs
from api.services.errors import ServiceError
from api.services.matching_runs import RunStatus
from api.services.workspace import Workspace

log = structlog.get_logger("parkloom.jobs")

NAME = "parkloom"
VERSION = "1"
"""Version of the steps below, not of the product: change it when their order changes, since runs
that wait under another version are not taken up."""

WORKER_MODULE = "api.jobs.worker"
QUEUE = "matching"
WORKFLOW = "execute_matching_run"
QUEUE_POLL_SECONDS = 0.2
WORKER_POLL_SECONDS = 0.1
ATTEMPTS_MAX = 2
STOP_SECONDS_MAX = 10.0
STEP_TRIES_MAX = 8
"""How often a step is tried while the database is away: about 4 minutes, waiting ever longer."""

UNFINISHED = frozenset({RunStatus.QUEUED, RunStatus.RUNNING})
_ENDED = frozenset({"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"})


class AlreadyServed(ServiceError):
    """Another server of this installation runs its jobs."""

    code = "ALREADY_SERVED"


class _Leaving(BaseException):
    """The server stops: leave the job as it is, to be resumed at the next start.

    Not an `Exception`, so that the job engine does not take it for the job's failure.
    """


class DurableRuns:
    """The queue of matching runs of one installation. Implements `api.deps.RunQueue`.

    The job engine is one per process, hence so is this while it is launched.

    Parameters
    ----------
    workspace
        The opened installation; not closed here.
    worker
        Module that executes one run as a process.
    """

    def __init__(self, workspace: Workspace, *, worker: str = WORKER_MODULE) -> None:
        self._workspace = workspace
        self._worker = worker
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        self._mutex = threading.Lock()
        self._leaving = threading.Event()
        self._client: DBOSClient | None = None
        self._lock: IO[str] | None = None

    def launch(self) -> None:
        """Start picking up runs: new ones, and those that a crash or a stop interrupted.

        Raises
        ------
        AlreadyServed
            When another process serves this installation, or this process another one.
        """
        settings = self._workspace.settings
        self._lock = _hold(settings.home / "jobs.lock")
        try:
            _Current.claim(self)
            self._start_engine(executor_id=_executor_id(settings.home))
            for view in matching_runs.list_runs(self._workspace):
                if view.status in UNFINISHED:
                    self._take_up(view.id)
        except BaseException:
            self.close()
            raise

    def _start_engine(self, *, executor_id: str) -> None:
        address = make_url(self._workspace.settings.address)
        if address.get_backend_name() == "postgresql":
            address = address.set(drivername="postgresql")  # the form that the engine expects
        config: DBOSConfig = {
            "name": NAME,
            "system_database_url": address.render_as_string(hide_password=False),
            "application_version": VERSION,
            "executor_id": executor_id,
            "log_level": "WARNING",
        }
        DBOS(config=config)
        DBOS.launch()
        DBOS.register_queue(QUEUE, worker_concurrency=1, polling_interval_sec=QUEUE_POLL_SECONDS)
        self._client = DBOSClient(
            system_database_engine=self._workspace.engine, application_name=NAME, lazy=True
        )

    def enqueue(self, session: Session, run_id: str) -> None:
        """See to it that a run is executed, once, if the session's transaction commits.

        Repeating the call is harmless.
        """
        assert self._client is not None, "launch() comes first"
        self._client.enqueue_in_transaction(session, _options(run_id), run_id)

    def _take_up(self, run_id: str) -> None:
        """See to it that an unfinished run has a job; called at start, when none is executed."""
        assert self._client is not None
        job = DBOS.get_workflow_status(_job_id(run_id))
        if job is not None and job.status in _ENDED:
            # The job ended and the run did not: the database was away for very long, say.
            self._client.delete_workflow(_job_id(run_id))
        self._client.enqueue(_options(run_id), run_id)

    def stop(self, run_id: str) -> None:
        """Make a run that is being executed look at its cancellation now."""
        with self._mutex:
            worker = self._workers.get(run_id)
        if worker is not None:
            _send(worker, b"cancel\n")

    def healthy(self) -> bool:
        """Return whether queued runs are being picked up."""
        return self._client is not None and not self._leaving.is_set()

    def close(self) -> None:
        """Stop picking up runs; those under way end here and go on at the next start."""
        self._leaving.set()
        with self._mutex:
            workers = list(self._workers.values())
        for worker in workers:
            worker.terminate()
        for worker in workers:
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(timeout=STOP_SECONDS_MAX)
        if self._client is not None:
            self._client.destroy()
            self._client = None
        if _Current.release(self):
            DBOS.destroy()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def work(self, run_id: str) -> str:
        """Execute a run in a worker process; return the status it ended with.

        A worker that dies without an answer is tried once more; then the run is marked failed.
        """
        status = matching_runs.get(self._workspace, run_id).status
        code = attempt = 0
        while status in UNFINISHED and attempt < ATTEMPTS_MAX:
            attempt += 1
            code = self._run_worker(run_id)
            status = matching_runs.get(self._workspace, run_id).status
            if status in UNFINISHED:
                log.error("run.worker_died", run=run_id, attempt=attempt, exit_code=code)
        if status not in UNFINISHED:
            return str(status)
        view = matching_runs.fail(
            self._workspace,
            run_id,
            f"the worker process ended {ATTEMPTS_MAX} times without an answer "
            f"(last exit code {code}); the server's log says more",
        )
        return str(view.status)

    def _run_worker(self, run_id: str) -> int:
        worker = subprocess.Popen(  # noqa: S603 - this interpreter and a module of ours
            [sys.executable, "-m", self._worker],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the server, which stops its workers itself
        )
        try:
            with self._mutex:
                self._workers[run_id] = worker
            _send(worker, order_of_work(self._workspace.settings, run_id))
            while True:
                try:
                    code = worker.wait(timeout=WORKER_POLL_SECONDS)
                except subprocess.TimeoutExpired:
                    code = None
                if self._leaving.is_set():
                    raise _Leaving
                if code is not None:
                    return code
        finally:
            with self._mutex:
                self._workers.pop(run_id, None)
            if worker.poll() is None:
                worker.terminate()
                worker.wait()
            assert worker.stdin is not None
            with contextlib.suppress(OSError):
                worker.stdin.close()


def _job_id(run_id: str) -> str:
    return f"run-{run_id}"


def _options(run_id: str) -> EnqueueOptions:
    return {
        "queue_name": QUEUE,
        "workflow_name": WORKFLOW,
        "workflow_id": _job_id(run_id),
        "app_version": VERSION,
    }


class _Current:
    """The one queue of this process: jobs find their installation here."""

    runs: DurableRuns | None = None

    @classmethod
    def claim(cls, runs: DurableRuns) -> None:
        if cls.runs is not None:
            raise AlreadyServed(
                "this process already serves an installation; start another process for the other"
            )
        cls.runs = runs

    @classmethod
    def release(cls, runs: DurableRuns) -> bool:
        if cls.runs is not runs:
            return False
        cls.runs = None
        return True


@DBOS.step(name="solve_in_worker", retries_allowed=True, max_attempts=STEP_TRIES_MAX)
def _solve_in_worker(run_id: str) -> str:
    runs = _Current.runs
    if runs is None:  # the server is leaving
        raise _Leaving
    return runs.work(run_id)


@DBOS.workflow(name=WORKFLOW)
def _execute_matching_run(run_id: str) -> str:
    return _solve_in_worker(run_id)


def _hold(path: Path) -> IO[str]:
    """Take the lock of the jobs of this installation; it dies with this process."""
    lock = path.open("a", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        raise AlreadyServed(
            f"another server is running on this installation (it holds {path}); "
            "stop that one first, or give this one a PARKLOOM_HOME of its own",
            path=str(path),
        ) from error
    return lock


def _executor_id(home: Path) -> str:
    """Return this installation's name among those that share a database; made once.

    Interrupted jobs are taken up again by the installation that had begun them.
    """
    path = home / "executor-id"
    with contextlib.suppress(FileNotFoundError):
        known = path.read_text(encoding="ascii").strip()
        if known:  # a crash may have left the file empty
            return known
    made = uuid4().hex
    path.write_text(made, encoding="ascii")
    return made


def _send(worker: subprocess.Popen[bytes], line: bytes) -> None:
    assert worker.stdin is not None
    # A worker that has just ended reads no more; its exit code is looked at elsewhere.
    with contextlib.suppress(OSError, ValueError):
        worker.stdin.write(line)
        worker.stdin.flush()
