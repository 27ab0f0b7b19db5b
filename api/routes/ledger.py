"""/v1/ledger: drafts, signed submissions, what the record says, proofs.

The server never signs for a party: it makes drafts, and takes back bodies that the parties signed.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.deps import AfterQuery, LimitQuery, PlatformDep, WorkspaceDep, page_of
from api.routes.files import REVALIDATE, address, file_response
from api.schemas.base import INT64_MAX, Id
from api.schemas.ledger import (
    DRAFT_RESPONSE,
    DRAFT_SCHEMA,
    ConsistencyProof,
    DraftFields,
    DraftRequest,
    EventName,
    HandlePage,
    InclusionProof,
    Keys,
    OrderInRecord,
    Receipt,
)
from api.schemas.openapi import refusals
from api.services import log_files, receipts, records
from api.services import workspace as workspaces
from ledger.claims import drafts
from ledger.log.writer import Ack

router = APIRouter(prefix="/v1/ledger", tags=["ledger"])

SUBMIT_SECONDS = 30.0

Handle = Annotated[Id, Path(description="The order's handle in the record")]
SizeQuery = Annotated[int | None, Query(ge=1, le=INT64_MAX, description="Default: published")]


def draft_response(draft: drafts.Draft) -> Response:
    """Return a draft file, to be signed with `parkloom sign`."""
    return Response(
        drafts.to_json(draft), media_type="application/json", headers={"Cache-Control": "no-store"}
    )


@router.get("/keys")
def get_keys(workspace: WorkspaceDep) -> Keys:
    """Return the keys that a verifier pins. Compare them with those you got by another way."""
    return Keys(
        origin=workspace.settings.origin,
        log=workspaces.log_vkey(workspace),
        registrar=workspaces.registrar_vkey(workspace),
    )


@router.get("/drafts/{event}", responses=refusals(404, 422))
def get_draft_fields(event: Annotated[EventName, Path()]) -> DraftFields:
    """Return the names of the facts that a draft of an event needs."""
    return DraftFields(event=event, fields=list(records.draft_fields(event)))


@router.post(
    "/drafts",
    response_class=Response,
    responses={**DRAFT_RESPONSE, **refusals(404, 409, 422)},
)
def make_draft(workspace: WorkspaceDep, body: DraftRequest) -> Response:
    """Make the draft of an event, fixed to the order's present head, for the parties to sign."""
    return draft_response(records.make_draft(workspace, body.event, body.facts))


@router.post(
    "/entries",
    status_code=201,
    responses=refusals(401, 403, 404, 409, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": DRAFT_SCHEMA}},
        }
    },
)
async def submit(
    request: Request,
    platform: PlatformDep,
    response: Response,
    ack: Annotated[
        Ack,
        Query(
            description="`durable`: answer when the entry is committed. `witnessed`: when it "
            "stands under a published checkpoint, cosigned by the log's quorum of witnesses"
        ),
    ] = Ack.WITNESSED,
) -> Receipt:
    """Enter a draft that its parties have signed; answers with a receipt.

    A retry is harmless: the same body gets the same receipt. Another body under the same `idem`
    is refused (409) with the difference.
    """
    data = await request.body()
    view = await run_in_threadpool(
        lambda: records.submit(
            platform.workspace, drafts.from_json(data), ack=ack, timeout_seconds=SUBMIT_SECONDS
        )
    )
    response.headers["Location"] = address("v1", "ledger", "receipts", view.request_id)
    return Receipt.of(view)


@router.get("/receipts/{request_id}", responses=refusals(404, 422))
def get_receipt(
    workspace: WorkspaceDep,
    request_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The body's `idem`")],
) -> Receipt:
    """Return the receipt of a body that was entered, for a client that lost the answer."""
    return Receipt.of(receipts.get(workspace, request_id))


@router.get(
    "/receipts/{request_id}/proof",
    response_class=Response,
    responses={
        200: {
            "description": "A proof file (C2SP tlog-proof) under the published checkpoint",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        },
        **refusals(404, 409, 422),
    },
)
def get_receipt_proof(
    request: Request,
    workspace: WorkspaceDep,
    request_id: Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The body's `idem`")],
) -> Response:
    """Return the witnessed receipt: proof that the entry stands under a published checkpoint."""
    return file_response(
        request,
        receipts.proof(workspace, request_id),
        media_type="text/plain; charset=utf-8",
        cache=REVALIDATE,
        name=f"{request_id}.tlog-proof",
    )


@router.get("/orders", responses=refusals(422))
def list_handles(
    workspace: WorkspaceDep, after: AfterQuery = "", limit: LimitQuery = 100
) -> HandlePage:
    """List the handles of all orders in the record."""
    page, following = page_of(records.list_handles(workspace), str, after=after, limit=limit)
    return HandlePage(items=page, next=following)


@router.get("/orders/{handle}", responses=refusals(404, 422))
def get_order(workspace: WorkspaceDep, handle: Handle) -> OrderInRecord:
    """Return an order's state, its whole chain, its claims and what can still be pledged."""
    return OrderInRecord.of(records.get_order(workspace, handle))


@router.get("/proofs/inclusion", responses=refusals(400, 404, 422))
def get_inclusion(
    workspace: WorkspaceDep,
    index: Annotated[int, Query(ge=0, le=INT64_MAX)],
    size: SizeQuery = None,
) -> InclusionProof:
    """Prove that an entry is in the tree of a size."""
    return InclusionProof.of(log_files.inclusion(workspace, index, size=size))


@router.get("/proofs/consistency", responses=refusals(400, 404, 422))
def get_consistency(
    workspace: WorkspaceDep,
    old_size: Annotated[int, Query(ge=0, le=INT64_MAX)],
    size: SizeQuery = None,
) -> ConsistencyProof:
    """Prove that the tree of a size extends an earlier one."""
    return ConsistencyProof.of(log_files.consistency(workspace, old_size, size=size))
