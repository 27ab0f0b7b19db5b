"""/ledger/…: checkpoint, tiles and entry bundles at their C2SP paths, for any client.

Bundles are compressed for clients that ask for it (`Accept-Encoding: gzip`), as C2SP tlog-tiles
recommends; hashes are not compressible.
"""

from __future__ import annotations

import gzip
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from api.deps import WorkspaceDep
from api.routes.files import IMMUTABLE, REVALIDATE, file_response
from api.schemas.openapi import refusals
from api.services import log_files

router = APIRouter(tags=["log files"])

BUNDLES = "entries/"
GZIP_LEVEL = 6

_TEXT: dict[int | str, dict[str, Any]] = {
    200: {"description": "A signed note", "content": {"text/plain": {"schema": {"type": "string"}}}}
}
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Never changes",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get("/ledger/checkpoint", response_class=Response, responses={**_TEXT, **refusals(404)})
def checkpoint(request: Request, workspace: WorkspaceDep) -> Response:
    """Return the newest signed checkpoint (C2SP tlog-checkpoint)."""
    return file_response(
        request,
        log_files.checkpoint(workspace),
        media_type="text/plain; charset=utf-8",
        cache=REVALIDATE,
    )


@router.get(
    "/ledger/tile/{path:path}", response_class=Response, responses={**_BYTES, **refusals(404)}
)
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
    content = log_files.published_file(workspace, f"tile/{path}")
    packed = path.startswith(BUNDLES) and takes_gzip(request.headers.get("accept-encoding", ""))
    if packed:
        # Without a time in its head: the same bytes for the same bundle, and so the same ETag.
        content = gzip.compress(content, GZIP_LEVEL, mtime=0)
    response = file_response(
        request, content, media_type="application/octet-stream", cache=IMMUTABLE
    )
    if path.startswith(BUNDLES):
        response.headers["Vary"] = "Accept-Encoding"
    if packed:
        response.headers["Content-Encoding"] = "gzip"
    return response


@router.get(
    "/v1/ledger/proofs/file", response_class=Response, responses={**_TEXT, **refusals(400, 404)}
)
def proof_file(
    request: Request,
    workspace: WorkspaceDep,
    index: Annotated[int, Query(ge=0, description="Place of the entry in the log")],
) -> Response:
    """Return the proof file of an entry (C2SP tlog-proof): inclusion, and the checkpoint."""
    return file_response(
        request,
        log_files.proof_file(workspace, index),
        media_type="text/plain; charset=utf-8",
        cache=REVALIDATE,
        name=f"{index}.tlog-proof",
    )


def takes_gzip(accepted: str) -> bool:
    """Return whether a header Accept-Encoding takes gzip: it is named, and not with weight 0."""
    for part in accepted.lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() == "gzip":
            return weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    return False
