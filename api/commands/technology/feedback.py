"""`parkloom technology recommend | judge | learning`: lists that are kept and learnt from."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.frame import JsonFlag, Report, facts, opened, reporting, table
from api.services.workspace import new_handle
from matching.technology.problem_plain import to_plain

OUTCOMES = {
    "learnt": "taken: they order demands better that were not learnt from",
    "too_few_pairs": "as set: it takes 300 judged matches",
    "too_few_demands": "as set: it takes judged matches of five demands",
    "no_better": "as set: learnt ones do not order demands better that were not learnt from",
}


def register(app: typer.Typer) -> None:
    """Add the commands of this module to `parkloom technology`."""
    app.command()(recommend)
    app.command()(judge)
    app.command()(learning)


def recommend(
    demand: Annotated[str, typer.Argument(help="Id of a stored demand.")],
    top: Annotated[int, typer.Option(min=1, max=50, help="Length of the list.")] = 10,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Rank the stored teams for a stored demand and keep the list, for people to judge."""
    from api.services import technology_matching  # noqa: PLC0415 - scikit-learn is slow to load

    with reporting(as_json=as_json) as report, opened() as workspace:
        found = technology_matching.rank(workspace, demand, top=top)
        columns = [("rank", "right"), ("team", "left"), ("score", "right"), ("match", "left")]
        made = table(f"Teams for {demand}", columns=columns)
        for one in found:
            score = f"{one.score_nano / 10**9:.3f}"
            made.add_row(str(one.rank), one.provider_id, score, one.match_id)
        report.show(made)
        report.line("Say how well a team answers: parkloom technology judge MATCH 1..4")
        report.result({"demand_id": demand, "matches": [to_plain(one) for one in found]})


def judge(
    match: Annotated[str, typer.Argument(help="Id of a match of a kept list.")],
    judgement: Annotated[str, typer.Argument(help="1 none, 2 weak, 3 fair, 4 strong.")],
    role: Annotated[str, typer.Option(help="In what role it is said.")] = "broker",
    reason: Annotated[str, typer.Option(help="Why, in words.")] = "",
    feedback_id: Annotated[
        str, typer.Option("--id", help="Of one's own; the same again is harmless.")
    ] = "",
    *,
    as_json: JsonFlag = False,
) -> None:
    """Say how well a team answers a demand; the ranking learns once enough is said."""
    from api.services import technology_matching  # noqa: PLC0415 - scikit-learn is slow to load

    with reporting(as_json=as_json) as report, opened() as workspace:
        said = technology_matching.judge(
            workspace,
            match,
            feedback_id=feedback_id or new_handle(),
            actor_role=role,
            judgement=judgement,
            reason=reason,
        )
        report.line(f"Kept {said.feedback_id}: match {match} is judged {said.judgement.value}")
        report.result(to_plain(said))


def learning(*, as_json: JsonFlag = False) -> None:
    """Show what the judgements taught: the weights in force, and both sides of the comparison."""
    from api.services import technology_learning  # noqa: PLC0415 - scikit-learn is slow to load

    with reporting(as_json=as_json) as report, opened() as workspace:
        found = technology_learning.learnt(workspace)
        in_force = technology_learning.weights(workspace)
        _show(report, found.outcome.value, found.pairs, found.demands)
        losses = {"fixed_loss": found.fixed_loss, "learnt_loss": found.learnt_loss}
        if found.learnt_loss is not None and found.fixed_loss is not None:
            report.line(
                f"Loss on demands not learnt from: {found.learnt_loss:.4f} with learnt weights, "
                f"{found.fixed_loss:.4f} with those as set."
            )
        weights = {part: getattr(in_force, part) for part in technology_learning.PARTS}
        made = table("Weights in force", columns=[("part", "left"), ("weight", "right")])
        for part, weight in weights.items():
            made.add_row(part, f"{weight:.4f}")
        report.show(made)
        report.result(
            {
                "outcome": found.outcome.value,
                "pairs": found.pairs,
                "demands": found.demands,
                **losses,
                "weights": weights,
            }
        )


def _show(report: Report, outcome: str, pairs: int, demands: int) -> None:
    rows = [
        ("judged", f"{pairs:,} matches of {demands:,} demands"),
        ("weights", OUTCOMES[outcome]),
    ]
    report.show(facts(rows))
