"""/v1/organisations and /v1/parks."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response

from api.deps import AfterQuery, LimitQuery, WorkspaceDep, page_of
from api.routes.conflicts import with_difference
from api.routes.files import address
from api.schemas.base import Id
from api.schemas.openapi import refusals
from api.schemas.organisations import (
    Organisation,
    OrganisationBody,
    OrganisationKind,
    OrganisationPage,
    Park,
    ParkList,
)
from api.services import organisations
from api.services.workspace import Workspace
from data.errors import Conflict, NotFound

router = APIRouter(prefix="/v1", tags=["organisations"])

OrganisationId = Annotated[Id, Path(description="Chosen by whoever created it")]


@router.get("/organisations", responses=refusals(422))
def list_organisations(
    workspace: WorkspaceDep,
    kind: Annotated[OrganisationKind | None, Query()] = None,
    after: AfterQuery = "",
    limit: LimitQuery = 100,
) -> OrganisationPage:
    """List organisations by id."""
    found = organisations.list_organisations(workspace, kind=kind)
    page, following = page_of(found, lambda view: view.id, after=after, limit=limit)
    return OrganisationPage(items=[Organisation.of(view) for view in page], next=following)


@router.get("/organisations/{organisation_id}", responses=refusals(404, 422))
def get_organisation(workspace: WorkspaceDep, organisation_id: OrganisationId) -> Organisation:
    """Return one organisation."""
    return Organisation.of(organisations.get(workspace, organisation_id))


@router.put("/organisations/{organisation_id}", responses=refusals(409, 422))
def put_organisation(
    workspace: WorkspaceDep,
    organisation_id: OrganisationId,
    body: OrganisationBody,
    response: Response,
) -> Organisation:
    """Create an organisation under an id of your choice; a retry is harmless.

    The same id with other content is refused (409) with the difference.
    """
    try:
        view = organisations.put(
            workspace,
            organisation_id,
            kind=body.kind,
            name=body.name,
            name_zh=body.name_zh,
            park_id=body.park_id,
            identifiers=body.identifier_views(),
        )
    except Conflict as conflict:
        stored = _stored(workspace, organisation_id)
        raise with_difference(conflict, stored=stored, asked=body.model_dump()) from None
    response.headers["Location"] = address("v1", "organisations", view.id)
    return Organisation.of(view)


@router.get("/parks")
def list_parks(workspace: WorkspaceDep) -> ParkList:
    """List the parks."""
    return ParkList(items=[Park.of(view) for view in organisations.list_parks(workspace)])


def _stored(workspace: Workspace, organisation_id: str) -> dict[str, Any] | None:
    try:
        return Organisation.of(organisations.get(workspace, organisation_id)).model_dump()
    except NotFound:
        return None
