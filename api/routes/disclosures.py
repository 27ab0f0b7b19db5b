"""/v1/ledger/disclosures: what a recipient was shown, as a file that it verifies offline."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.deps import WorkspaceDep
from api.routes.files import file_response
from api.schemas.openapi import refusals
from api.services import disclosures

router = APIRouter(prefix="/v1/ledger/disclosures", tags=["ledger"])

NEVER_CACHED = "no-store"


@router.get(
    "/{handle}",
    response_class=Response,
    responses={
        200: {
            "description": "A view; `python -m ledger.verification.view` checks it offline",
            "content": {"application/json": {"schema": {"type": "object"}}},
        },
        **refusals(404, 409, 410, 422),
    },
)
def get_view(
    request: Request,
    workspace: WorkspaceDep,
    handle: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="Handle of the disclosure")],
) -> Response:
    """Return the private fields that an entered disclosure shows, with their proofs."""
    return file_response(
        request,
        disclosures.make_view(workspace, handle),
        media_type="application/json",
        cache=NEVER_CACHED,
        name="view.json",
    )
