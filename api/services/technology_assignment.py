"""Who answers the open demands: scores from the ranking, consortia from the assignment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from matching.explain import Reason
from matching.technology.assignment.request import Request, Rules
from matching.technology.assignment.team_causes import decimal
from matching.technology.assignment.team_plan import Consortium
from matching.technology.assignment.team_solve import Alternate, TeamResult
from matching.technology.assignment.texts import render_reason
from matching.technology.problem import Problem
from matching.technology.relevance.scorer import Scorer, fit

CANDIDATES = 200  # of each demand, by score


def request_from_ranking(
    problem: Problem,
    *,
    rules: Rules,
    candidates: int = CANDIDATES,
    scorer: Scorer | None = None,
) -> Request:
    """Return the request in which each demand's best ranked providers are its candidates.

    Parameters
    ----------
    candidates
        Of each demand, ≥ 1.
    scorer
        The lexical one over the providers of the problem when left out.

    Notes
    -----
    Providers that the ranking leaves out by a rule (consent, readiness) count as proposed with a
    score of 0: the assignment keeps them out by the same rule, and can then say so.
    """
    providers, demands = problem.providers, problem.demands
    scores = np.zeros((len(providers), len(demands)), np.int64)
    scored = np.zeros(scores.shape, np.bool_)
    if providers and demands:
        ranker = scorer or fit(providers, today=problem.today)
        row = {one.provider_id: at for at, one in enumerate(providers)}
        for column, found in enumerate(ranker.best(demands, candidates)):
            for one in found:
                pair = row[one.provider.provider_id], column
                scores[pair], scored[pair] = one.score_nano, True
        for column, demand in enumerate(demands):
            for at, provider in enumerate(providers):
                scored[at, column] |= not ranker.may_match(demand, provider)
    return Request(problem=problem, scores=scores, scored=scored, rules=rules)


def assignment_body(result: TeamResult, *, lang: str = "en") -> dict[str, Any]:
    """Return an assignment as JSON has it; scores are decimal strings, exact.

    `problem_digest` names what it was made from.
    """
    figures = result.figures
    return {
        "problem_digest": result.request.problem.digest,
        "status": result.status.value,
        "answered": len(result.plan),
        "demands": len(result.request.problem.demands),
        "total": decimal(figures.total),
        "objective": decimal(figures.objective),
        "minimum": decimal(figures.minimum),
        "bound": decimal(result.bound),
        "price_bound": decimal(result.price_bound),
        "bound_by": "search" if result.searched else "prices",
        "gap": result.gap,
        "floor": None if result.floor is None else decimal(result.floor),
        "overload": figures.overload,
        "stopped_by": result.stopped_by,
        "plan": [_team(team, result) for team in result.plan],
        "causes": [told(one, lang) for one in result.causes],
        "relaxed": [told(one, lang) for one in result.relaxed],
        "unserved": {
            name: [told(one, lang) for one in reasons]
            for name, reasons in sorted(result.unserved.items())
        },
    }


def _team(team: Consortium, result: TeamResult) -> Mapping[str, Any]:
    return {
        "demand_id": team.demand_id,
        "members": list(team.members),
        "lead": team.lead,
        "score": decimal(result.figures.per_demand[team.demand_id]),
        "worked_together": [list(pair) for pair in result.partners.get(team.demand_id, ())],
        "alternates": [_alternate(one) for one in result.alternates.get(team.demand_id, ())],
    }


def _alternate(one: Alternate) -> dict[str, Any]:
    instead = one.instead
    return {
        "missing": one.missing,
        "members": [] if instead is None else list(instead.members),
        "lead": None if instead is None else instead.lead,
        "score": decimal(one.score),
    }


def told(reason: Reason, lang: str) -> dict[str, Any]:
    """Return a reason with its code, parameters and text."""
    return {
        "code": reason.code,
        "params": dict(reason.params),
        "text": render_reason(reason, lang),
    }
