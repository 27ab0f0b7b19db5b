"""/v1/technology/calls: open calls, step by step."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Path, Response

from api.deps import AfterQuery, LimitQuery, WorkspaceDep
from api.routes.ledger import draft_response
from api.routes.technology import ViewerQuery
from api.schemas.ledger import DRAFT_RESPONSE, Receipt
from api.schemas.openapi import refusals
from api.schemas.technology import (
    CallEntered,
    CallHistory,
    CallOpening,
    CallPage,
    CallStep,
    CallTransition,
    OpenCall,
    SignedStep,
    Triage,
)
from api.services import technology_calls
from ledger.claims import drafts
from matching.technology.problem_plain import to_plain

router = APIRouter(prefix="/v1/technology/calls", tags=["open calls"])

Handle = Annotated[
    str, Path(pattern=r"^[0-9a-f]{32}$", description="The call: 32 lower-case hex digits")
]


@router.get("", responses=refusals(422))
def list_calls(
    workspace: WorkspaceDep,
    after: AfterQuery = "",
    limit: LimitQuery = 100,
    viewer: ViewerQuery = "",
) -> CallPage:
    """List open calls by id."""
    found = technology_calls.list_calls(
        workspace, viewer_id=viewer or None, after=after or None, limit=limit + 1
    )
    page = found[:limit]
    following = page[-1].call_id if len(found) > limit else None
    return CallPage(items=[OpenCall(to_plain(one)) for one in page], next=following)


@router.put("/{call_id}", status_code=201, responses=refusals(400, 404, 409, 422))
def open_call(workspace: WorkspaceDep, call_id: Handle, body: CallOpening) -> OpenCall:
    """Open the draft of a call for a stored demand; the same again is harmless."""
    made = technology_calls.open_(
        workspace, body.demand_id, centre_id=body.centre_id, call_id=call_id
    )
    return OpenCall(to_plain(made))


@router.get("/{call_id}", responses=refusals(404, 422))
def get_call(workspace: WorkspaceDep, call_id: Handle, viewer: ViewerQuery = "") -> OpenCall:
    """Return a call as an organisation may see it."""
    return OpenCall(to_plain(technology_calls.get(workspace, call_id, viewer_id=viewer or None)))


@router.get("/{call_id}/steps", responses=refusals(404, 422))
def get_history(workspace: WorkspaceDep, call_id: Handle, viewer: ViewerQuery = "") -> CallHistory:
    """Return the steps of a call: who, when, from where to where, and each document's hash."""
    found = technology_calls.history(workspace, call_id, viewer_id=viewer or None)
    return CallHistory(items=[CallTransition.of(one) for one in found])


@router.get("/{call_id}/triage", responses=refusals(404, 422))
def get_triage(workspace: WorkspaceDep, call_id: Handle) -> Triage:
    """Return what triage finds: what the demand lacks, and which others ask for the same."""
    return Triage(dict(technology_calls.triage_report(workspace, call_id)))


@router.post(
    "/{call_id}/drafts",
    response_class=Response,
    responses={**DRAFT_RESPONSE, **refusals(400, 404, 409, 422)},
)
def draft_step(workspace: WorkspaceDep, call_id: Handle, body: CallStep) -> Response:
    """Test a step and make its draft, for the maker of the party that takes it to sign."""
    return draft_response(technology_calls.draft_step(workspace, call_id, body.request()))


@router.post("/{call_id}/steps", status_code=201, responses=refusals(400, 401, 403, 404, 409, 422))
def submit_step(workspace: WorkspaceDep, call_id: Handle, body: SignedStep) -> CallEntered:
    """Enter a signed step in the log and move the call on; the same again is harmless."""
    draft = drafts.from_json(json.dumps(body.draft).encode())
    call, receipt = technology_calls.submit_step(workspace, call_id, body.step.request(), draft)
    return CallEntered(call=OpenCall(to_plain(call)), receipt=Receipt.of(receipt))
