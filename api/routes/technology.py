"""/v1/technology: demands, providers, rankings and assignments."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from api.deps import AfterQuery, LimitQuery, PlatformDep, WorkspaceDep
from api.errors import Refused
from api.schemas.base import Id
from api.schemas.imports import row_problem
from api.schemas.openapi import DOCUMENT_BODY, FILE_NAME, refusals
from api.schemas.technology import (
    Assignment,
    AssignmentPage,
    DemandPage,
    Judged,
    ProviderPage,
    Ranking,
    TechnologyDemand,
    TechnologyImported,
    TechnologyMatch,
    TechnologyProvider,
)
from api.services import technology, technology_matching
from matching.technology.problem import DemandStatus
from matching.technology.problem_plain import to_plain

router = APIRouter(prefix="/v1/technology", tags=["technology"])

UPLOAD_PATH = "/v1/technology/imports"
UPLOAD_BYTES_MAX = 32 * 1024 * 1024

ViewerQuery = Annotated[
    str,
    Query(
        alias="as",
        pattern=r"^[^\x00-\x1f\x7f/\\]{0,128}$",
        description="See it as this organisation does; left out: as the operator",
    ),
]


@router.post(
    "/imports",
    responses=refusals(400, 409, 413, 422),
    openapi_extra=DOCUMENT_BODY,
)
async def import_document(
    request: Request,
    platform: PlatformDep,
    name: Annotated[
        str,
        Query(
            pattern=FILE_NAME,
            description="File name: demands.jsonl, providers.jsonl, or a form (.xlsx)",
            examples=["technology.xlsx"],
        ),
    ],
) -> TechnologyImported:
    """Import demands and providers: all of a document, or nothing and what was wrong where (422).

    The same document again changes nothing.
    """
    data = await request.body()
    done = await run_in_threadpool(lambda: technology.import_bytes(platform.workspace, name, data))
    if not done.accepted:
        raise Refused(
            "DOCUMENT_REFUSED",
            f"{done.name}: {done.total_rejects} rows or fields cannot be used",
            params={"rejects": done.total_rejects},
            rows=[row_problem(reject) for reject in done.rejects],
        )
    return TechnologyImported.of(done)


@router.get("/demands", responses=refusals(422))
def list_demands(
    workspace: WorkspaceDep,
    after: AfterQuery = "",
    limit: LimitQuery = 100,
    status: Annotated[DemandStatus | None, Query(description="Only those of a status")] = None,
    viewer: ViewerQuery = "",
) -> DemandPage:
    """List demands by id."""
    found = technology.list_demands(
        workspace,
        viewer_id=viewer or None,
        status=status,
        after=after or None,
        limit=limit + 1,
    )
    page = found[:limit]
    following = page[-1].demand_id if len(found) > limit else None
    items = [TechnologyDemand(to_plain(one)) for one in page]
    return DemandPage(items=items, next=following)


@router.put("/demands/{demand_id}", responses=refusals(400, 404, 409, 422))
def put_demand(
    workspace: WorkspaceDep, demand_id: Annotated[Id, Path()], body: TechnologyDemand
) -> TechnologyDemand:
    """Store a demand under the id that its owner chose; a change needs the next version."""
    return TechnologyDemand(to_plain(technology.put_demand_json(workspace, demand_id, body.root)))


@router.get("/demands/{demand_id}", responses=refusals(404, 422))
def get_demand(
    workspace: WorkspaceDep, demand_id: Annotated[Id, Path()], viewer: ViewerQuery = ""
) -> TechnologyDemand:
    """Return one demand."""
    found = technology.get_demand(workspace, demand_id, viewer_id=viewer or None)
    return TechnologyDemand(to_plain(found))


@router.post("/demands/{demand_id}/ranking", responses=refusals(400, 404, 422))
def rank(
    workspace: WorkspaceDep,
    demand_id: Annotated[Id, Path()],
    top: Annotated[int, Query(ge=1, le=technology_matching.RANKED_MOST)] = 10,
) -> Ranking:
    """Rank the providers for a demand, and keep the list with its evidence."""
    return _ranking(technology_matching.rank(workspace, demand_id, top=top))


@router.get("/demands/{demand_id}/ranking", responses=refusals(404, 422))
def get_ranking(
    workspace: WorkspaceDep, demand_id: Annotated[Id, Path()], viewer: ViewerQuery = ""
) -> Ranking:
    """Return the newest ranking of a demand that was kept."""
    return _ranking(technology_matching.ranking(workspace, demand_id, viewer_id=viewer or None))


@router.put("/matches/{match_id}/feedback/{feedback_id}", responses=refusals(400, 404, 409, 422))
def judge(
    workspace: WorkspaceDep,
    match_id: Annotated[Id, Path()],
    feedback_id: Annotated[Id, Path()],
    body: Judged,
) -> Judged:
    """Say how well a provider answers a demand; the ranking learns from it."""
    technology_matching.judge(
        workspace,
        match_id,
        feedback_id=feedback_id,
        actor_role=body.actor_role,
        judgement=body.judgement,
        reason=body.reason,
    )
    return body


@router.get("/providers", responses=refusals(422))
def list_providers(
    workspace: WorkspaceDep,
    after: AfterQuery = "",
    limit: LimitQuery = 100,
    viewer: ViewerQuery = "",
) -> ProviderPage:
    """List providers by id."""
    found = technology.list_providers(
        workspace, viewer_id=viewer or None, after=after or None, limit=limit + 1
    )
    page = found[:limit]
    following = page[-1].provider_id if len(found) > limit else None
    items = [TechnologyProvider(to_plain(one)) for one in page]
    return ProviderPage(items=items, next=following)


@router.put("/providers/{provider_id}", responses=refusals(400, 404, 409, 422))
def put_provider(
    workspace: WorkspaceDep, provider_id: Annotated[Id, Path()], body: TechnologyProvider
) -> TechnologyProvider:
    """Store a provider under the id that it chose; a change needs the next version."""
    return TechnologyProvider(
        to_plain(technology.put_provider_json(workspace, provider_id, body.root))
    )


@router.get("/providers/{provider_id}", responses=refusals(404, 422))
def get_provider(
    workspace: WorkspaceDep, provider_id: Annotated[Id, Path()], viewer: ViewerQuery = ""
) -> TechnologyProvider:
    """Return one provider."""
    found = technology.get_provider(workspace, provider_id, viewer_id=viewer or None)
    return TechnologyProvider(to_plain(found))


@router.put("/assignments/{assignment_id}", responses=refusals(400, 404, 409, 422))
def assign(
    workspace: WorkspaceDep,
    assignment_id: Annotated[Id, Path()],
    seconds: Annotated[int, Query(ge=1, le=technology_matching.ASSIGN_SECONDS_MOST)] = 10,
) -> Assignment:
    """Assign providers to all open demands, once under an id; the same id gives it again.

    Answers when it is done: after `seconds` of searching at most, with at most 200 demands and
    5,000 providers. What is larger is for the command `parkloom technology assign`.
    """
    made = technology_matching.assign(workspace, assignment_id, seconds=seconds)
    return Assignment.of(made)


@router.get("/assignments", responses=refusals(422))
def list_assignments(
    workspace: WorkspaceDep, after: AfterQuery = "", limit: LimitQuery = 100
) -> AssignmentPage:
    """List kept assignments by id."""
    found = technology_matching.list_assignments(workspace, after=after or None, limit=limit + 1)
    page = found[:limit]
    following = page[-1].id if len(found) > limit else None
    return AssignmentPage(items=[Assignment.of(one) for one in page], next=following)


@router.get("/assignments/{assignment_id}", responses=refusals(404, 422))
def get_assignment(workspace: WorkspaceDep, assignment_id: Annotated[Id, Path()]) -> Assignment:
    """Return one kept assignment."""
    return Assignment.of(technology_matching.get_assignment(workspace, assignment_id))


def _ranking(found: Any) -> Ranking:
    return Ranking(items=[TechnologyMatch(to_plain(one)) for one in found])
