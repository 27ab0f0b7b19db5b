"""The process of one measurement: a job in, figures out. Run by `api.commands.bench.runs`."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from api.commands.bench.runs import ENGINE, Job
from api.services.errors import CheckFailed, ServiceError
from api.services.solving import Solved, solve_checked
from data.exporters.bundle import write_bundle
from data.exporters.certificate import write_certificate
from data.exporters.charts import gap_chart, load_chart
from data.exporters.files import write_bytes
from data.exporters.plan import write_claim, write_plan
from data.importers.bundle import read_bundle
from data.importers.gap import as_problem, read_assignment
from data.importers.results import read_plan
from data.samples.random_instance import write_instance
from matching.capacity import Problem
from matching.capacity.certificate import certify
from matching.limits import Limits, Progress

SOLVER_SEED = 1
REFEREE = "check_capacity_plan.py"
CERTIFIED_ORDERS_MAX = 10_000
REFEREE_SECONDS_MAX = 600
MEMORY_SHARE_MAX = 0.75  # of the machine's memory, for a general solver


def main() -> None:
    """Read a job from standard input, do it, and answer on standard output."""
    job = Job(**json.load(sys.stdin))
    try:
        with tempfile.TemporaryDirectory(prefix="parkloom-bench-") as folder:
            answer = run(job, Path(folder))
    except ServiceError as refused:
        answer = {"error": refused.message}
    except MemoryError:
        answer = {"error": f"it needs more than {MEMORY_SHARE_MAX:.0%} of the memory"}
    json.dump(answer, sys.stdout)


def run(job: Job, folder: Path) -> dict[str, Any]:
    """Return the figures of a job; `folder` is empty and takes the instance's files."""
    problem, digest = _instance(job, folder)
    load_before = os.getloadavg()[0]
    figures = (
        _engine(job, problem, folder) if job.solver == ENGINE else _general_solver(job, problem)
    )
    return {
        "solver": job.solver,
        "orders": len(problem.orders),
        "instance_sha256": digest,
        "load_before": round(load_before, 2),
        "load_after": round(os.getloadavg()[0], 2),
        **figures,
    }


def _instance(job: Job, folder: Path) -> tuple[Problem, str]:
    """Return the problem, and the SHA-256 of the files that it is made from."""
    if job.assignment:
        path = Path(job.assignment)
        problem = as_problem(read_assignment(path).required())
        return problem, hashlib.sha256(path.read_bytes()).hexdigest()
    made = write_instance(folder, orders=job.orders, offers=job.offers, seed=job.seed)
    return read_bundle(folder).required(), str(made["sha256"])


def _engine(job: Job, problem: Problem, folder: Path) -> dict[str, Any]:
    """Solve with the engine; plan and bound are recomputed, by the referee too when it is there."""
    history: list[Progress] = []
    peak_mb = 0

    def follow(progress: Progress) -> None:
        nonlocal peak_mb
        if progress.stage == "done":
            peak_mb = peak_memory_mb()
        last = history[-1] if history else None
        now = progress.stage, progress.incumbent_fen, progress.bound_fen
        if last is None or now != (last.stage, last.incumbent_fen, last.bound_fen):
            history.append(progress)

    limits = Limits(seconds=job.seconds, seed=SOLVER_SEED, workers=job.workers)
    busy = time.process_time()
    solved = solve_checked(problem, limits, on_progress=follow)
    busy = time.process_time() - busy
    if job.plan:
        write_plan(Path(job.plan), solved.result.plan)
    if job.charts:
        _draw(Path(job.charts), job.name, solved, history)
    result = solved.result
    return {
        "served": len(solved.report.served),
        "objective_fen": solved.objective_fen,
        "bound_fen": solved.bound_fen,
        "certified_fen": solved.certified_fen,
        "ceilings": len(result.ceilings),
        "gap": solved.gap,
        "certified_gap": solved.certified_gap,
        "greedy_fen": result.greedy_fen or 0,
        "seconds": round(solved.seconds, 2),
        "processor_seconds": round(busy, 2),
        "peak_mb": peak_mb,
        "work": result.work,
        "stopped_by": result.stopped_by,
        "timings": {stage: round(spent, 3) for stage, spent in result.timings.items()},
        "referee": _referee(problem, solved, folder),
        "certificate": _certificate(problem, solved, folder),
        "history": [
            [round(one.elapsed_seconds, 2), one.incumbent_fen, one.bound_fen] for one in history
        ],
    }


def _draw(charts: Path, name: str, solved: Solved, history: Sequence[Progress]) -> None:
    """Write what the run's progress and the plan's load look like."""
    charts.mkdir(parents=True, exist_ok=True)
    write_bytes(charts / f"gap-{name}.svg", gap_chart(history).encode())
    load = load_chart(solved.problem, solved.result.plan)
    write_bytes(charts / f"load-{name}.svg", load.encode())


def _referee(problem: Problem, solved: Solved, folder: Path) -> str:
    """Hold the exported files against the referee, a program that shares no code with this one.

    Raises
    ------
    CheckFailed
        When it refuses the plan or the claim.
    """
    tools = os.environ.get("PARKLOOM_TOOLS", "")
    if not tools:
        return "not run"
    if not (folder / "settings.json").exists():
        write_bundle(folder, problem)
    plan, claim = folder / "plan.csv", folder / "claim.json"
    write_plan(plan, solved.result.plan)
    write_claim(claim, solved.result)
    done = subprocess.run(  # noqa: S603 - this interpreter and the program that the user names
        [sys.executable, str(Path(tools) / REFEREE), str(folder), str(plan), "--claim", str(claim)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=REFEREE_SECONDS_MAX,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout or done.stderr).strip()[:400]
        raise CheckFailed(f"The referee refuses the plan: {said}", status=done.returncode)
    return "accepted"


def _certificate(problem: Problem, solved: Solved, folder: Path) -> str:
    """Hold the certificate against the stand-alone checker, a process of its own.

    Raises
    ------
    CheckFailed
        When it does not prove what the certificate says.
    """
    if len(problem.orders) > CERTIFIED_ORDERS_MAX:
        return "not made"
    if not (folder / "settings.json").exists():
        write_bundle(folder, problem)
    path = folder / "certificate.json"
    write_certificate(path, certify(problem, solved.result))
    done = subprocess.run(  # noqa: S603 - this interpreter and our own module
        [sys.executable, "-m", "matching.certificate", str(path), str(folder)],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=REFEREE_SECONDS_MAX,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stdout or done.stderr).strip()[:400]
        raise CheckFailed(f"The certificate proves nothing: {said}", status=done.returncode)
    return "proved"


def _general_solver(job: Job, problem: Problem) -> dict[str, Any]:
    """Solve with a general solver, in at most a share of the machine's memory."""
    from matching.capacity.baselines import BASELINES  # noqa: PLC0415  (loads OR-Tools)

    memory = int(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * MEMORY_SHARE_MAX)
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    start = read_plan(Path(job.plan)).required() if job.plan else ()
    found = BASELINES[job.solver](
        problem, seconds=job.seconds, seed=SOLVER_SEED, workers=job.workers, hint=start
    )
    return {
        "objective_fen": found.objective_fen,
        "bound_fen": found.bound_fen,
        "gap": found.gap,
        "served": len({line.order_id for line in found.plan}),
        "status": found.status,
        "note": found.note,
        "variables": found.variables,
        "rows": found.rows,
        "build_seconds": round(found.build_seconds, 2),
        "seconds": round(found.seconds, 2),
        "peak_mb": peak_memory_mb(),
    }


def peak_memory_mb() -> int:
    """Return the most memory that this process has held, in MB of 10^6 bytes.

    Linux hands the parent's peak on to `ru_maxrss` of a new process; its own stands in `VmHWM`.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 // 10**6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most // 10**6 if sys.platform == "darwin" else most * 1024 // 10**6


if __name__ == "__main__":
    main()
