"""A plan on disk, read back for commands that explain it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from api.commands.frame import BadInput, Report
from api.commands.rejects import require_value
from data.importers.bundle import read_bundle
from data.importers.results import read_claim, read_plan, read_reasons
from data.importers.rules import read_rules
from matching.capacity import Problem
from matching.capacity.explaining.standing import Standing
from matching.explain import Reason
from matching.explain_texts import LANGUAGES

FolderArgument = Annotated[Path, typer.Argument(help="Folder with the files of the CSV bundle.")]
PlanOption = Annotated[
    Path, typer.Option("--plan", help="Folder that `parkloom match --out` has written.")
]
RulesOption = Annotated[
    Path | None, typer.Option("--rules", help="The rules file that the plan was made with.")
]
LanguageOption = Annotated[str, typer.Option("--lang", help="en or zh-CN.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A plan that stands, and the reasons that were written beside it."""

    standing: Standing
    reasons: Mapping[str, Reason]


def read_bundle_folder(folder: Path, report: Report) -> Problem:
    """Return the problem of a bundle without rules; shows its rejects and ends with status 2 else.

    Raises
    ------
    BadInput
        When there is no such folder.
    """
    if not folder.is_dir():
        got = "a file: name the folder that holds it" if folder.exists() else "no such folder"
        raise BadInput(
            f"{folder}: expected the folder of a CSV bundle, got {got}. `parkloom sample DIR` "
            "writes one to look at: DIR/bundle.",
            folder=str(folder),
        )
    return require_value(read_bundle(folder), report, document=str(folder))


def read_problem(folder: Path, rules: Path | None, report: Report) -> Problem:
    """Return the problem of a bundle, with rules when they are named; ends with status 2 else."""
    problem = read_bundle_folder(folder, report)
    if rules is None:
        return problem
    found = require_value(read_rules(rules, problem), report, document=str(rules))
    return replace(problem, rules=found)


def read_standing(folder: Path, out: Path, rules: Path | None, report: Report) -> Explained:
    """Return the plan of a bundle with its prices and reasons.

    Raises
    ------
    BadInput
        When the plan breaks a rule of the bundle, or the prices or reasons are of another one.
    """
    problem = read_problem(folder, rules, report)
    if not out.is_dir():
        raise BadInput(
            f"--plan {out}: expected the folder that `parkloom match --out` wrote, got no folder.",
            plan=str(out),
        )
    plan = require_value(read_plan(out / "plan.csv"), report, document=str(out / "plan.csv"))
    claim = require_value(read_claim(out / "claim.json"), report, document=str(out / "claim.json"))
    path = out / "reasons.jsonl"
    reasons = require_value(read_reasons(path), report, document=str(path))
    if set(reasons) != {order.order_id for order in problem.orders}:
        raise BadInput(f"{path} has the reasons of other orders than those of {folder}.")
    try:
        standing = Standing(problem, plan, claim.prices)
    except ValueError as wrong:
        raise BadInput(f"{out} does not explain {folder}: {wrong}.") from None
    return Explained(standing=standing, reasons=reasons)


def check_language(language: str) -> str:
    """Return a language that there are texts in. Raises BadInput."""
    if language not in LANGUAGES:
        raise BadInput(f"--lang {language}: expected one of {', '.join(LANGUAGES)}.", lang=language)
    return language
