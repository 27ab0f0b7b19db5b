"""Rank the stored providers for a stored demand, keep what came out and what people say of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from api.services import technology, technology_learning
from api.services.errors import BadRequest
from api.services.technology_assignment import assignment_body, request_from_ranking
from api.services.workspace import Workspace, new_handle
from data.errors import NotFound
from data.stores import technology as technology_store
from data.stores import technology_results as store
from data.stores.technology_results import StoredAssignment
from matching.limits import Limits
from matching.technology.assignment.request import Rules
from matching.technology.assignment.team_solve import assign_teams
from matching.technology.explaining.explanation import as_match, explain_candidate
from matching.technology.problem import Feedback, Judgement, Match, Problem
from matching.technology.relevance.scorer import Scorer, fit

RANKED_MOST = 50
ASSIGN_SECONDS_MOST = 30
ASSIGN_DEMANDS_MOST = 200
ASSIGN_PROVIDERS_MOST = 5_000
"""What one request may take on: scores, reasons and alternates come on top of the seconds."""


def rank(
    workspace: Workspace, demand_id: str, *, top: int = 10, today: date | None = None
) -> tuple[Match, ...]:
    """Rank the providers for a demand and keep the list, each line with its evidence.

    The weights of the parts are learnt from judgements of earlier lists once there are enough.

    Raises
    ------
    NotFound
        When there is no such demand.
    BadRequest
        When `top` is not 1..50.
    """
    if not 1 <= top <= RANKED_MOST:
        raise BadRequest(f"top must be in 1..{RANKED_MOST}, got {top}", top=top)
    problem = technology.problem(workspace, today=today)
    demand = technology.get_demand(workspace, demand_id)
    if not problem.providers:
        return ()
    scorer = _scorer(workspace, problem)
    now = workspace.clock_ms()
    (best,) = scorer.best([demand], top)
    found = tuple(
        as_match(
            explain_candidate(scorer, one, top=top, changes=False),
            scorer,
            match_id=new_handle(),
            rank=place,
            created_at_ms=now,
        )
        for place, one in enumerate(best, 1)
    )
    with workspace.transaction() as session:
        store.add_matches(session, workspace.operator_id, found)
    return found


def ranking(
    workspace: Workspace, demand_id: str, *, viewer_id: str | None = None
) -> tuple[Match, ...]:
    """Return the newest kept ranking of a demand, as an organisation may see it."""
    with workspace.snapshot() as session:
        viewer = workspace.viewer_of(viewer_id)
        technology_store.demand(session, viewer, demand_id)
        return store.matches(session, viewer, demand_id)


def judge(
    workspace: Workspace,
    match_id: str,
    *,
    feedback_id: str,
    actor_role: str,
    judgement: str,
    reason: str,
) -> Feedback:
    """Keep what somebody said about a match; the same again is harmless.

    Raises
    ------
    NotFound
        When there is no such match.
    BadRequest
        When the judgement is not 1 to 4.
    Conflict
        When the id is of something else that was said.
    """
    try:
        said = Feedback(
            feedback_id=feedback_id,
            match_id=match_id,
            actor_role=actor_role,
            judgement=Judgement(judgement),
            reason=reason,
            given_at_ms=workspace.clock_ms(),
        )
    except ValueError as wrong:
        raise BadRequest(f"{wrong}; a judgement is 1 (none) to 4 (strong)") from None
    with workspace.transaction() as session:
        store.match(session, workspace.viewer, match_id)
        store.add_feedback(session, workspace.operator_id, said)
    return said


def assign(
    workspace: Workspace, assignment_id: str, *, seconds: int = 10, today: date | None = None
) -> StoredAssignment:
    """Assign providers to all open demands and keep the result; the same id gives the first one.

    This answers within a request, so it is bounded: what is larger is for the command.

    Raises
    ------
    BadRequest
        When `seconds` is not 1..30, or more than 200 demands or 5,000 providers are stored.
    """
    if not 1 <= seconds <= ASSIGN_SECONDS_MOST:
        raise BadRequest(f"seconds must be in 1..{ASSIGN_SECONDS_MOST}, got {seconds}")
    known = _known(workspace, assignment_id)
    if known is not None:
        return known
    problem = technology.problem(workspace, today=today)
    _check_size(problem)
    scorer = _scorer(workspace, problem) if problem.providers else None
    request = request_from_ranking(problem, rules=Rules(), scorer=scorer)
    result = assign_teams(request, limits=Limits(seconds=seconds))
    body: Mapping[str, Any] = assignment_body(result)
    made = StoredAssignment(
        id=assignment_id,
        problem_digest=problem.digest,
        body=body,
        created_ms=workspace.clock_ms(),
    )
    with workspace.transaction() as session:
        store.add_assignment(session, workspace.operator_id, made)
    return get_assignment(workspace, assignment_id)


def _scorer(workspace: Workspace, problem: Problem) -> Scorer:
    """Return the scorer of some providers, with the weights that judgements taught."""
    return fit(
        problem.providers, today=problem.today, weights=technology_learning.weights(workspace)
    )


def _check_size(problem: Problem) -> None:
    """Refuse what one request cannot take on."""
    for name, count, most in (
        ("demands", len(problem.demands), ASSIGN_DEMANDS_MOST),
        ("providers", len(problem.providers), ASSIGN_PROVIDERS_MOST),
    ):
        if count > most:
            raise BadRequest(
                f"one request assigns at most {most:,} {name}, here are {count:,}; "
                "use `parkloom technology assign`",
                **{name: count},
            )


def get_assignment(workspace: Workspace, assignment_id: str) -> StoredAssignment:
    """Return a kept assignment. Raises NotFound."""
    with workspace.snapshot() as session:
        return store.assignment(session, workspace.viewer, assignment_id)


def list_assignments(
    workspace: Workspace, *, after: str | None = None, limit: int = 100
) -> tuple[StoredAssignment, ...]:
    """Return one page of assignments by id."""
    with workspace.snapshot() as session:
        return store.assignments(session, workspace.viewer, after=after, limit=limit)


def _known(workspace: Workspace, assignment_id: str) -> StoredAssignment | None:
    try:
        return get_assignment(workspace, assignment_id)
    except NotFound:
        return None
