"""One measurement each in a process of its own, so that its peak memory is its own.

The process reads its job from standard input and answers with one JSON object on standard output;
`api.commands.bench.child` is what it runs.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from api.services.errors import ServiceError

ENGINE = "engine"
PATIENCE_SECONDS = 900  # beyond the limit: loading, checks, the referee
NEWS_MAX = 400  # characters of a failed process's last words


class MeasurementFailed(ServiceError):
    """A run gave no figures: the process died, or what it found did not stand up."""

    code = "MEASUREMENT_FAILED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to measure.

    Parameters
    ----------
    solver
        "engine", or a name of `matching.capacity.baselines.BASELINES`.
    orders, offers, seed
        The random instance; not used when `assignment` names a file.
    assignment
        Path of a generalized assignment instance, or empty.
    seconds, workers
        What the solver may spend; its own seed is always 1.
    charts
        Folder for the charts of the plan and of the run, or empty.
    plan
        A `plan.csv` that the engine writes and a general solver starts from, or empty.
    """

    solver: str
    seconds: float
    workers: int
    orders: int = 0
    offers: int = 0
    seed: int = 0
    assignment: str = ""
    charts: str = ""
    plan: str = ""

    @property
    def name(self) -> str:
        """What the job is called in messages and file names."""
        return self.assignment.rpartition("/")[2] or f"seed-{self.seed}"


def measure(job: Job) -> dict[str, Any]:
    """Run a job in a new process and return its figures.

    Raises
    ------
    MeasurementFailed
        When the process dies, answers with an error, or goes on for a quarter of an hour longer
        than its limit.
    """
    started = subprocess.Popen(
        [sys.executable, "-m", "api.commands.bench.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with started as process:
        try:
            out, err = process.communicate(
                json.dumps(asdict(job)), timeout=job.seconds + PATIENCE_SECONDS
            )
        except subprocess.TimeoutExpired:
            process.kill()
            raise _failed(job, "it went on long after its limit and was ended") from None
        except BaseException:
            process.kill()
            raise
    if process.returncode < 0:
        name = signal.Signals(-process.returncode).name
        why = ", as for want of memory" if name == "SIGKILL" else ""
        raise _failed(job, f"the process was ended by {name}{why}")
    try:
        answer = json.loads(out)
    except ValueError:
        last = err.strip().splitlines()[-1:] or ["it said nothing"]
        raise _failed(job, last[0][:NEWS_MAX]) from None
    if "error" in answer:
        raise _failed(job, str(answer["error"]))
    return dict(answer)


def _failed(job: Job, why: str) -> MeasurementFailed:
    said = why.rstrip(".")
    return MeasurementFailed(
        f"{job.solver} on {job.name} gave no figures: {said}. Run it again alone, or smaller.",
        solver=job.solver,
        instance=job.name,
    )


def machine() -> Mapping[str, Any]:
    """Return what the figures were measured on."""
    return {
        "processor": platform.machine(),
        "cores": os.cpu_count() or 0,
        "system": platform.system(),
        "python": platform.python_version(),
    }
