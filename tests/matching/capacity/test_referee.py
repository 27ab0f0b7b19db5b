"""The check and the referee, two programs that share no code, say the same of any plan."""

from __future__ import annotations

import importlib.util
import json
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from data.exporters.bundle import write_bundle
from data.exporters.plan import write_plan
from matching.capacity import check
from matching.capacity.plan import PlanLine
from tests.support.capacity import inserted_plan, random_problem
from tests.support.folders import shared_folder

SIZES = ((60, 40), (40, 30))


def referee_module() -> ModuleType:
    path = shared_folder("TOOLS") / "check_capacity_plan.py"
    spec = importlib.util.spec_from_file_location("check_capacity_plan", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def mutated(plan: tuple[PlanLine, ...], rng: random.Random) -> list[PlanLine]:
    """Return a plan with one to three changes of any kind."""
    lines = list(plan)
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(lines))
        one = lines[at]
        changes = (
            {"week": one.week + rng.choice((-2, -1, 1, 2, 20))},
            {"minutes": one.minutes + rng.choice((-one.minutes, -1, 1, 5000))},
            {"offer_id": rng.choice(lines).offer_id},
            {"offer_id": "OFF99999"},
            {"order_id": rng.choice(lines).order_id},
            {"order_id": "ORD999999"},
            {"lot": one.lot + 1},
            {"lot_quantity": one.lot_quantity + rng.choice((-one.lot_quantity, 1))},
            {"step": one.step + 1},
        )
        kind = rng.randrange(len(changes) + 2)
        if kind < len(changes):
            lines[at] = replace(one, **changes[kind])
        elif kind == len(changes) and len(lines) > 1:
            del lines[at]
        else:
            lines.append(one)
    return lines


@pytest.mark.parametrize("seed", range(4))
def test_the_check_says_what_the_referee_says(tmp_path, seed):
    referee = referee_module()
    rng = random.Random(seed)
    problem = random_problem(*SIZES[seed % 2], seed)
    plan = inserted_plan(problem)
    assert plan
    write_bundle(tmp_path, problem)
    seen: set[str] = set()
    for attempt in range(25):
        lines = list(plan) if attempt == 0 else mutated(plan, rng)
        write_plan(tmp_path / "plan.csv", lines)

        judged = referee.referee(tmp_path, tmp_path / "plan.csv")
        report = check(problem, lines)

        assert dict(report.counts) == judged["violations"], lines
        assert report.objective_fen == judged.get("objective_fen")
        seen |= set(report.counts)
        if not report.violations:
            assert len(report.served) == judged["served_orders"]
            assert report.tardy_weeks == judged["tardy_weeks"]
            assert report.carbon_g / 1000 == judged["carbon_kg"]
            assert round(report.utilisation, 6) == judged["utilisation"]
            if report.minutes:
                share = report.local_minutes / report.minutes
                assert round(share, 6) == judged["local_share"]
    assert len(seen) >= 8


def test_the_referee_as_a_program_accepts_the_plan(tmp_path):
    problem = random_problem(40, 30, 0)
    plan = inserted_plan(problem)
    write_bundle(tmp_path, problem)
    write_plan(tmp_path / "plan.csv", plan)
    program: Path = shared_folder("TOOLS") / "check_capacity_plan.py"

    run = subprocess.run(
        [sys.executable, str(program), str(tmp_path), str(tmp_path / "plan.csv"), "--json"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout
    assert json.loads(run.stdout)["objective_fen"] == check(problem, plan).objective_fen
