"""What the demo says at its end: short, in the words of the field, 80 columns."""

from __future__ import annotations

import re

from rich.console import RenderableType

from api.commands.frame import facts, percent
from api.demo.story import Financed, Outcome
from api.demo.technology import MatchedDemand
from api.services.matching_runs import PlanSummary
from ledger.values.money import format_minor

_LONG_HEX = re.compile(r"\b([0-9a-f]{8})[0-9a-f]{24,}\b")


def summary(outcome: Outcome) -> list[RenderableType]:
    """Return the summary's parts in order."""
    plan = outcome.result.run.summary
    assert plan is not None, "the demo's run has a plan"
    return [
        facts(_plan_rows(plan, outcome), title="What was matched"),
        "",
        facts(_technology_rows(outcome.technology), title="Who can solve a technical problem"),
        "",
        facts(_lender_rows(outcome.financed), title="What a lender now knows"),
        "",
        facts(_proof_rows(outcome), title="What a stranger can check offline"),
    ]


def figures(outcome: Outcome) -> dict[str, object]:
    """Return what `--json` prints."""
    plan = outcome.result.run.summary
    assert plan is not None, "the demo's run has a plan"
    return {
        "orders": plan.orders,
        "served": plan.served,
        "value_fen": plan.value_fen,
        "objective_fen": plan.objective_fen,
        "upper_bound_fen": plan.bound_fen,
        "gap": plan.gap,
        "local_share": plan.local_share,
        "utilisation": plan.utilisation,
        "proposals": outcome.proposals,
        "purchase_orders": outcome.purchase_orders,
        "order": outcome.financed.record.handle,
        "principal_fen": outcome.financed.principal_minor,
        "second_pledge": outcome.financed.refused_code,
        "technology_demand": outcome.technology.demand_id,
        "technology_team": outcome.technology.team,
        "certificate": str(outcome.certificate),
        "verified": outcome.verified.status == 0,
        "tampering_caught": outcome.tampered.status == 1,
    }


def _plan_rows(plan: PlanSummary, outcome: Outcome) -> list[tuple[str, str]]:
    rows = [
        ("orders", f"{plan.served} of {plan.orders} served"),
        ("value", format_minor(plan.value_fen, "CNY")),
        ("objective", f"{format_minor(plan.objective_fen, 'CNY')} (value less all costs)"),
        ("bound", f"{format_minor(plan.bound_fen, 'CNY')} (no plan can be worth more)"),
        ("gap", percent(plan.gap)),
        ("local share", f"{percent(plan.local_share)} of the minutes in the buyer's nearest park"),
        ("accepted", f"{outcome.proposals} proposals, {outcome.purchase_orders} purchase orders"),
    ]
    if outcome.refused_order:
        rows.append(("refused", f"{outcome.refused_order}: {outcome.refused_reason}"))
    return rows


def _technology_rows(matched: MatchedDemand) -> list[tuple[str, str]]:
    return [
        ("demand", f"{matched.demand_id} {matched.title}"),
        ("ranked", f"{matched.teams} research teams for {matched.demands} technology demands"),
        ("first team", matched.team),
        ("why", matched.why),
    ]


def _lender_rows(financed: Financed) -> list[tuple[str, str]]:
    order = financed.order
    value = format_minor(order.net_minor, order.currency)
    advance = format_minor(financed.principal_minor, order.currency)
    return [
        ("order", f"{order.number}, {value}, confirmed by the buyer's own keys"),
        ("seller", order.seller_name),
        ("buyer", order.buyer_name),
        ("limit", f"{format_minor(financed.limit_minor, order.currency)} by its own policy"),
        ("advance", f"{advance}: pledged, funded, repaid, released"),
        ("lender", financed.lender.name),
        (
            "double pledge",
            f"a second one on the same headroom was refused ({financed.refused_code})",
        ),
    ]


def _proof_rows(outcome: Outcome) -> list[tuple[str, str]]:
    caught = outcome.tampered.status == 1
    return [
        ("certificate", str(outcome.certificate)),
        ("verified", _short(outcome.verified.line) if outcome.verified.status == 0 else "NO"),
        ("tampered copy", _short(outcome.tampered.line) if caught else "NOT CAUGHT"),
    ]


def _short(line: str) -> str:
    """Return the verifier's line with handles and hashes cut to their first eight digits."""
    return _LONG_HEX.sub(r"\1...", line)
