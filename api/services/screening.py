"""What the operator decides by rule and signs itself: screening of claims, and time-outs."""

from __future__ import annotations

import hashlib

from api.services.drafting.frames import claim_state, frame, head
from api.services.workspace import OPERATOR, Workspace
from data.stores import organisations
from ledger.claims import drafts, events
from ledger.claims.drafts import Draft
from ledger.errors import StaleHead
from ledger.log import canonical
from ledger.log.canonical import JsonObject
from ledger.log.store import Receipt
from ledger.values.consent import Role
from ledger.values.transitions import ClaimStatus

ATTEMPTS_MAX = 8


def screen(workspace: Workspace, claim: str) -> Receipt | None:
    """Screen a requested claim; None when it is past that already.

    Exact duplicates and the order's facts are tested by the rules of the record themselves; the
    report says so, and that no further detector ran.

    Raises
    ------
    NotFound
        When there is no such claim.
    ledger.errors.Refusal
        When the record refuses, for instance because the operator's key is not enrolled.
    """
    for attempt in range(1, ATTEMPTS_MAX + 1):
        state = claim_state(workspace, claim)
        if state.status is not ClaimStatus.REQUESTED:
            return None
        draft = events.claim_screened(
            frame(workspace),
            order=state.order,
            claim=claim,
            operator=_operator(workspace),
            report_sha256=hashlib.sha256(canonical.encode(_report(claim))).hexdigest(),
            osp=head(workspace, state.order),
        )
        try:
            return _enter(workspace, draft)
        except StaleHead:
            if attempt == ATTEMPTS_MAX:
                raise
    return None


def lapse(workspace: Workspace, claim: str) -> Receipt:
    """End a reservation whose 72 hours are over.

    Raises
    ------
    ledger.errors.Refusal
        `NOT_YET_DUE` before that, `WRONG_STATE` when nothing is reserved.
    """
    state = claim_state(workspace, claim)
    draft = events.claim_lapsed(
        frame(workspace),
        order=state.order,
        claim=claim,
        operator=_operator(workspace),
        entry=state.reserved_index or 0,
        osp=head(workspace, state.order),
    )
    return _enter(workspace, draft)


def _report(claim: str) -> JsonObject:
    return {
        "format": "parkloom/screening/v1",
        "claim": claim,
        "rules": "exact duplicate, order confirmed, assignable, parties in date",
        "detectors": [],
    }


def _operator(workspace: Workspace) -> str:
    with workspace.snapshot() as session:
        handle = organisations.get(session, workspace.viewer, OPERATOR).ledger_handle
    assert handle is not None, "an installation gives its operator a handle"
    return handle


def _enter(workspace: Workspace, draft: Draft) -> Receipt:
    signed = drafts.add_signature(draft, workspace.keys.event, role=Role.OPERATOR)
    return workspace.writer.submit(drafts.to_request(signed))
