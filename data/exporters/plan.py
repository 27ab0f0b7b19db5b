"""Write what a matching run found: the plan, the plan claim, and a reason per order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path

from data.exporters.files import csv_bytes, write_bytes
from matching.capacity.plan import CapacityResult, PlanLine
from matching.explain import Reason, render

PLAN_HEADER = ("order_id", "lot", "lot_quantity", "step", "offer_id", "week", "minutes")


def write_plan(path: Path, plan: Iterable[PlanLine]) -> None:
    """Write `plan.csv`, sorted by order, lot, step and week: one plan, one file."""
    rows = sorted(
        (
            line.order_id,
            line.lot,
            line.lot_quantity,
            line.step,
            line.offer_id,
            line.week,
            line.minutes,
        )
        for line in plan
    )
    write_bytes(path, csv_bytes(PLAN_HEADER, rows))


def write_claim(path: Path, result: CapacityResult) -> None:
    """Write the plan claim `claim.json`: the plan's stated worth, its bound, the bound's prices.

    Raises
    ------
    ValueError
        When the result has no objective or no bound: then there is nothing to claim.
    """
    if result.objective_fen is None or result.bound_fen is None:
        raise ValueError(f"a result that is {result.status} claims nothing")
    claim = {
        "objective_fen": result.objective_fen,
        "upper_bound_fen": result.bound_fen,
        "certified_bound_fen": result.certified_fen,
        "gap": round(result.gap, 6),
        "seed": result.seed,
        "status": result.status.value,
        "stopped_by": result.stopped_by,
        "work": result.work,
        "problem_sha256": result.problem_digest,
        "greedy_fen": result.greedy_fen,
    }
    head = json.dumps(claim, indent=2, ensure_ascii=False).removesuffix("\n}")
    ceilings = _list([c.order_id, c.millifen] for c in sorted(result.ceilings))
    prices = _list([p.offer_id, p.week, p.millifen_per_minute] for p in sorted(result.prices))
    text = f'{head},\n  "ceilings": {ceilings},\n  "prices": {prices}\n}}\n'
    write_bytes(path, text.encode("utf-8"))


def _list(rows: Iterable[list[object]]) -> str:
    """Return a JSON list with a row a line, indented as a value of the plan claim."""
    text = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in rows)
    return f"[\n{text}\n  ]" if text else "[]"


def write_reasons(path: Path, reasons: Mapping[str, Reason], *, language: str = "en") -> None:
    """Write `reasons.jsonl`: one line per order, by order id: code, parameters and text."""
    lines = [
        json.dumps(
            {
                "order_id": order_id,
                "code": reason.code,
                "params": dict(reason.params),
                "text": render(reason, language=language),
            },
            ensure_ascii=False,
        )
        for order_id, reason in sorted(reasons.items())
    ]
    write_bytes(path, "".join(line + "\n" for line in lines).encode("utf-8"))
