"""/v1/ledger: order certificates, for strangers to verify offline."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.deps import WorkspaceDep
from api.routes.files import REVALIDATE, file_response
from api.schemas.base import Id
from api.schemas.openapi import refusals
from api.services import certificates

router = APIRouter(prefix="/v1/ledger", tags=["ledger"])

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "An order certificate; `python -m ledger.verification` checks it offline",
        "content": {"application/json": {"schema": {"type": "object"}}},
    },
    **refusals(404, 409, 422),
}

Number = Annotated[str, Query(min_length=1, max_length=200, description="Its number")]


@router.get("/orders/{handle}/certificate", response_class=Response, responses=_RESPONSES)
def get_certificate(
    request: Request,
    workspace: WorkspaceDep,
    handle: Annotated[Id, Path(description="The order's handle in the record")],
    disclose: Annotated[
        list[str] | None,
        Query(max_length=50, description="Hidden fields to open; absent: all; empty: none"),
    ] = None,
) -> Response:
    """Return the order's whole history with proofs, for a stranger to verify offline."""
    names = None if disclose is None else [name for name in disclose if name]
    return _file(request, certificates.build(workspace, handle, disclose=names))


@router.get("/certificate", response_class=Response, responses=_RESPONSES)
def get_certificate_by_number(
    request: Request,
    workspace: WorkspaceDep,
    buyer: Annotated[Id, Query(description="Organisation of the buyer")],
    seller: Annotated[Id, Query(description="Organisation of the seller")],
    number: Number,
) -> Response:
    """Return the order certificate of a purchase order, or the proof that the record holds none."""
    _, data = certificates.by_number(workspace, buyer=buyer, seller=seller, number=number)
    return _file(request, data)


def _file(request: Request, data: bytes) -> Response:
    return file_response(
        request, data, media_type="application/json", cache=REVALIDATE, name="certificate.json"
    )
