"""The HTTP interface of a witness (C2SP tlog-witness): an application of its own.

`POST /add-checkpoint` cosigns; `GET /<hex SHA-256 of the origin>/checkpoint` shows monitors the
last cosigned checkpoint. Nobody logs in: a request counts by the signature of its log alone, and
what is shown is public. The answers are those of the protocol, not problem documents.
"""

from __future__ import annotations

import re

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from ledger.errors import Corruption, OutcomeUnknown
from ledger.log.witness import REQUEST_BYTES_MAX, TEXT_TYPE, Witness, WitnessError

log = structlog.get_logger("parkloom.witness")

_DIGEST = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)


def create_app(witness: Witness) -> Starlette:
    """Return the application of a witness."""

    async def add_checkpoint(request: Request) -> Response:
        try:
            body = await _read(request)
            lines = await run_in_threadpool(witness.add_checkpoint, body)
        except WitnessError as refused:
            return _text(refused.body, status=refused.status, media_type=refused.media_type)
        return _text(lines)

    async def checkpoint(request: Request) -> Response:
        digest = request.path_params["digest"]
        found = None
        if _DIGEST.match(digest):
            found = await run_in_threadpool(witness.latest, digest)
        if found is None:
            return _text(b"no checkpoint of this log was cosigned\n", status=404)
        return _text(found)

    app = Starlette(
        routes=[
            Route("/add-checkpoint", add_checkpoint, methods=["POST"]),
            Route("/{digest}/checkpoint", checkpoint, methods=["GET"]),
        ],
        exception_handlers={Corruption: _damaged, OutcomeUnknown: _busy},
    )
    app.router.redirect_slashes = False
    return app


async def _read(request: Request) -> bytes:
    """Return the body, refusing it as soon as it is longer than a request can be."""
    parts, length = [], 0
    try:
        async for part in request.stream():
            length += len(part)
            if length > REQUEST_BYTES_MAX:
                raise WitnessError(400, f"malformed request: more than {REQUEST_BYTES_MAX:,} bytes")
            parts.append(part)
    except ClientDisconnect:
        raise WitnessError(400, "malformed request: it was cut off") from None
    return b"".join(parts)


async def _damaged(_request: Request, error: Exception) -> Response:
    log.error("witness.damaged", detail=str(error))
    return _text(b"the memory of this witness needs its operator\n", status=500)


async def _busy(_request: Request, error: Exception) -> Response:
    log.warning("witness.busy", detail=str(error))
    return _text(b"busy; ask again\n", status=503)


def _text(content: bytes, *, status: int = 200, media_type: str = TEXT_TYPE) -> Response:
    headers = {"Content-Type": media_type, "Cache-Control": "no-store"}
    return Response(content, status_code=status, headers=headers)
