"""/ledger/…: checkpoint, tiles and entry bundles at their C2SP paths, for any client."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.deps import WorkspaceDep
from api.routes.files import IMMUTABLE, REVALIDATE, file_response
from api.schemas.openapi import refusals
from api.services import log_files

router = APIRouter(prefix="/ledger", tags=["log files"])

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "A signed note", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Never changes",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/checkpoint", response_class=Response, responses={**_TEXT, **refusals(404)})
def checkpoint(request: Request, workspace: WorkspaceDep) -> Response:
    """Return the newest signed checkpoint (C2SP tlog-checkpoint)."""
    return file_response(
        request,
        log_files.checkpoint(workspace),
        media_type="text/plain; charset=utf-8",
        cache=REVALIDATE,
    )


@router.get("/tile/{path:path}", response_class=Response, responses={**_BYTES, **refusals(404)})
def tile(
    request: Request,
    workspace: WorkspaceDep,
    path: Annotated[
        str,
        Path(
            description="L/N[.p/W] for hashes, entries/N[.p/W] for entries (C2SP tlog-tiles)",
            examples=["0/000.p/4", "entries/x001/x234/067"],
        ),
    ],
) -> Response:
    """Return a tile of hashes or a bundle of entries; partial ones are cut from fuller ones."""
    return file_response(
        request,
        log_files.published_file(workspace, f"tile/{path}"),
        media_type="application/octet-stream",
        cache=IMMUTABLE,
    )
