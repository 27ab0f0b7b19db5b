"""`parkloom bench arrivals`: quotes, arrivals and machines that fail, on a plan in force."""

from __future__ import annotations

import gc
import json
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import numpy as np
import typer

from api.commands.bench.runs import machine
from api.commands.bench.served_quotes import quoted_over_http
from api.commands.frame import BadInput, JsonFlag, Report, facts, percent, reporting
from api.services.errors import CheckFailed
from api.services.solving import Solved, solve_checked
from data.exporters.files import write_bytes
from data.importers.bundle import read_bundle
from data.samples.random_instance import write_instance
from matching.capacity import Order, Problem, check
from matching.capacity.live import LivePlan, QuoteStatus, commit, machine_down, quote
from matching.limits import Limits

T = TypeVar("T")
Figures = dict[str, Any]

WARM_UP = 40  # quotes that are not counted: the first ones load code


@dataclass(slots=True)
class Times:
    """Milliseconds of many calls, by the clock and of the processor."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    def of(self, call: Callable[[], T]) -> T:
        """Return what a call returns; note how long it took."""
        wall, cpu = time.perf_counter(), time.thread_time()
        answer = call()
        self.cpu.append(1000 * (time.thread_time() - cpu))
        self.wall.append(1000 * (time.perf_counter() - wall))
        return answer

    def figures(self, *shares: int) -> Figures:
        """Return percentiles of both, and the longest."""
        found: Figures = {}
        for name, times in (("ms", self.wall), ("cpu_ms", self.cpu)):
            if not times:
                continue
            for share in shares:
                found[f"p{share}_{name}"] = _percentile(times, share)
            found[f"max_{name}"] = _percentile(times, 100)
        return found


def arrivals(
    orders: Annotated[int, typer.Option(min=2, help="Orders of the instance.")] = 10_000,
    offers: Annotated[int, typer.Option(min=1, help="Its capacity offers.")] = 2_000,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the instance.")] = 1,
    seconds: Annotated[float, typer.Option(min=0.1, help="Seconds of solving.")] = 60.0,
    arriving: Annotated[
        int, typer.Option(min=1, help="So many of the orders come one by one.")
    ] = 300,
    failures: Annotated[int, typer.Option(min=0, help="Machines that fail afterwards.")] = 5,
    workers: Annotated[int, typer.Option(min=1, help="Threads to solve with.")] = 2,
    *,
    http: Annotated[
        bool, typer.Option("--http", help="Quote the same orders from a server as well.")
    ] = False,
    json_out: Annotated[Path | None, typer.Option(help="File for all figures.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Solve without the last orders, let them arrive, then let machines fail; check everything.

    Each order is quoted and then committed as it is best. The regret compares the plan in force
    with a plan of all orders that is made from nothing in the same seconds.
    """
    with reporting(as_json=as_json) as report:
        if arriving >= orders:
            raise BadInput(f"--arriving {arriving}: expected fewer than the {orders} orders.")
        limits = Limits(seconds=seconds, seed=1, workers=workers)
        found: Figures = {
            "orders": orders,
            "offers": offers,
            "seed": seed,
            "seconds": seconds,
            "arriving": arriving,
            "machine": machine(),
        }
        problem = _instance(orders, offers, seed)
        report.note(f"solving {orders - arriving} orders")
        before = replace(problem, orders=problem.orders[:-arriving])
        solved = solve_checked(before, limits)
        plan, load = _loaded(before, solved)
        found |= {"before_fen": solved.objective_fen, "load_seconds": load}
        report.note(f"{arriving} orders arrive")
        coming = problem.orders[-arriving:]
        found |= _let_arrive(plan, coming)
        if http:
            report.note("the same orders ask a server")
            served = Times(wall=quoted_over_http(before, coming, limits, warm_up=WARM_UP))
            found["http_quote"] = served.figures(50, 99)
        report.note("solving all orders, for the regret")
        found |= _regret(plan, limits)
        report.note(f"{failures} machines fail")
        found |= _let_fail(plan, failures, seed)
        _show(found, report)
        if json_out is not None:
            write_bytes(json_out, (json.dumps(found, indent=2) + "\n").encode())
        report.result(found)


def _instance(orders: int, offers: int, seed: int) -> Problem:
    with tempfile.TemporaryDirectory(prefix="parkloom-bench-") as folder:
        write_instance(Path(folder), orders=orders, offers=offers, seed=seed)
        return read_bundle(Path(folder)).required()


def _loaded(problem: Problem, solved: Solved) -> tuple[LivePlan, float]:
    """Return the plan in force and how many seconds it took to load."""
    began = time.perf_counter()
    plan = LivePlan.from_result(problem, solved.result.plan, solved.result.prices)
    seconds = time.perf_counter() - began
    gc.collect()
    gc.freeze()  # as a server does: the plan stays, so the search for garbage need not visit it
    return plan, round(seconds, 3)


def _let_arrive(plan: LivePlan, orders: Sequence[Order]) -> Figures:
    """Quote and commit the orders one by one."""
    for order in orders[:WARM_UP]:
        quote(plan, order)
    quoting, committing = Times(), Times()
    statuses = dict.fromkeys((status.value for status in QuoteStatus), 0)
    alternatives = served = fitted = 0
    changed: list[int] = []
    for order in orders:
        answer = quoting.of(lambda order=order: quote(plan, order))  # type: ignore[misc]
        statuses[answer.status.value] += 1
        alternatives += len(answer.alternatives)
        change = committing.of(lambda order=order: commit(plan, order))  # type: ignore[misc]
        served += bool(change.served)
        fitted += bool(change.served) and not change.changed
        changed.append(len(change.changed))
    return {
        "quote": quoting.figures(50, 99),
        "quotes": statuses,
        "alternatives_mean": alternatives / max(1, statuses["fits"]),
        "commit": committing.figures(50, 95),
        "served": served,
        "served_without_change": fitted,
        "changed_mean": sum(changed) / len(changed),
        "changed_mean_of_served": sum(changed) / max(1, served),
        "changed_max": max(changed),
    }


def _regret(plan: LivePlan, limits: Limits) -> Figures:
    """Compare the plan in force with a full solve of its snapshot."""
    snapshot = plan.snapshot()
    _require_valid(plan, snapshot)
    full = solve_checked(snapshot, limits)
    return {
        "after_fen": plan.objective_fen,
        "full_fen": full.objective_fen,
        "bound_fen": full.bound_fen,
        "regret": (full.objective_fen - plan.objective_fen) / max(1, full.objective_fen),
    }


def _require_valid(plan: LivePlan, snapshot: Problem) -> None:
    """Hold the whole plan against every rule, and its worth and digest against what it says."""
    report = check(snapshot, plan.lines())
    same = report.objective_fen == plan.objective_fen
    if not report.valid or not same or snapshot.digest != plan.version.snapshot_digest:
        raise CheckFailed(
            f"The plan in force breaks {len(report.violations)} rules ({dict(report.counts)}) or "
            f"is worth {report.objective_fen} fen and not {plan.objective_fen}; please report it."
        )


def _let_fail(plan: LivePlan, failures: int, seed: int) -> Figures:
    """Let machines that are in use fail from the middle of the horizon on, one after the other."""
    draw, middle = random.Random(seed), plan.problem.settings.weeks // 2  # noqa: S311 - a draw
    times, shares, forced, lost = Times(), [0.0], 0, 0
    for _ in range(failures):
        used = sorted(
            {offer for (offer, week), held in plan.held.items() if week >= middle and held}
        )
        if not used:
            break
        name, served = plan.offer_ids[draw.choice(used)], len(plan.worth)
        change = times.of(lambda name=name: machine_down(plan, name, middle))  # type: ignore[misc]
        shares.append(len(change.changed) / max(1, served - len(change.forced)))
        forced += len(change.forced)
        lost += change.before_fen - change.after_fen
    _require_valid(plan, plan.snapshot())
    return {
        "failure": times.figures(50) if times.wall else {},
        "failure_forced": forced,
        "failure_changed_share_max": max(shares),
        "failure_lost_fen": lost,
    }


def _percentile(times: Sequence[float], share: int) -> float:
    return round(float(np.percentile(times, share)), 3)


def _show(found: Figures, report: Report) -> None:
    """Print the figures for people, 80 columns."""
    quoting, committing, failing = found["quote"], found["commit"], found["failure"]
    mean, most = found["changed_mean"], found["changed_max"]
    rows = [
        ("load", f"{found['load_seconds']:.1f} s"),
        (
            "quote",
            f"p50 {quoting['p50_ms']:.2f}, p99 {quoting['p99_ms']:.2f} ms {_cpu(quoting, 99)}",
        ),
        *_over_http(found),
        ("quotes", ", ".join(f"{count} {status}" for status, count in found["quotes"].items())),
        (
            "commit",
            (
                f"p50 {committing['p50_ms']:.1f}, p95 {committing['p95_ms']:.1f} ms "
                f"{_cpu(committing, 95)}"
            ),
        ),
        ("served", f"{found['served']}, {found['served_without_change']} without any change"),
        ("others changed", f"{mean:.2f} on the mean, at most {most}"),
        ("regret", f"{percent(found['regret'])} of a full solve in {found['seconds']:g} s"),
    ]
    if failing:
        share = percent(found["failure_changed_share_max"])
        slowest = f"{failing['max_ms'] / 1000:.2f} s at most"
        rows.append(("machine down", f"{slowest}; at most {share} of the other orders changed"))
    title = f"{found['orders']} orders x {found['offers']} offers, {found['arriving']} arriving"
    report.show(facts(rows, title=title))
    report.line(f"machine: {', '.join(str(value) for value in machine().values())}")


def _over_http(found: Figures) -> list[tuple[str, str]]:
    asked = found.get("http_quote")
    if asked is None:
        return []
    return [("quote over HTTP", f"p50 {asked['p50_ms']:.1f}, p99 {asked['p99_ms']:.1f} ms")]


def _cpu(times: Figures, share: int) -> str:
    return f"(processor: p{share} {times[f'p{share}_cpu_ms']:.2f} ms)"
