"""What the operator decides by rule and signs itself: screening of claims, and time-outs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from api.services import duplicates
from api.services.drafting.frames import claim_state, frame, head, operator_handle
from api.services.duplicates import AlertView, PossibleDuplicate
from api.services.workspace import Workspace
from ledger.claims import drafts, events
from ledger.claims.drafts import Draft
from ledger.claims.refusals import WrongState
from ledger.claims.state import ClaimState
from ledger.errors import Refusal, StaleHead
from ledger.log import canonical
from ledger.log.canonical import JsonObject
from ledger.log.entry import parse_leaf
from ledger.log.store import Receipt
from ledger.values.consent import EventType, Role
from ledger.values.transitions import ClaimStatus

ATTEMPTS_MAX = 8


def screen(workspace: Workspace, claim: str) -> Receipt | None:
    """Screen a requested claim; None when it is past that already.

    Exact duplicates and the order's facts are tested by the rules of the record themselves; what
    looks like another order is found by `duplicates`. The entry names in which ways.

    Raises
    ------
    NotFound
        When there is no such claim.
    PossibleDuplicate
        When the order is much like another one and nobody has said that they are two.
    ledger.errors.Refusal
        When the record refuses, for instance because the operator's key is not enrolled.
    """
    for attempt in range(1, ATTEMPTS_MAX + 1):
        state = claim_state(workspace, claim)
        if state.status is not ClaimStatus.REQUESTED:
            return None
        codes = duplicates.warnings(workspace, state.order)
        draft = events.claim_screened(
            frame(workspace),
            order=state.order,
            claim=claim,
            operator=operator_handle(workspace),
            report_sha256=hashlib.sha256(canonical.encode(_report(claim, codes))).hexdigest(),
            codes=codes,
            osp=head(workspace, state.order),
        )
        try:
            return _enter(workspace, draft)
        except StaleHead:
            if attempt == ATTEMPTS_MAX:
                raise
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """A claim that holds headroom for a lender; from `until_ms` on (UTC) it may lapse."""

    claim: str
    order: str
    lender: str
    until_ms: int


def reservations(workspace: Workspace) -> tuple[Reservation, ...]:
    """Return the claims that are reserved and neither pledged, withdrawn nor lapsed, by term."""
    prefix = f"{ClaimState.prefix}/"
    with workspace.log.reader() as reader:
        stored = reader.states(reader.keys(prefix))
    claims = {
        key.removeprefix(prefix): ClaimState.from_json(canonical.decode_object(value))
        for key, value in stored.items()
    }
    held = (
        Reservation(
            claim=handle,
            order=claim.order,
            lender=claim.lender or "",
            until_ms=claim.reserved_until or 0,
        )
        for handle, claim in claims.items()
        if claim.status is ClaimStatus.RESERVED
    )
    return tuple(sorted(held, key=lambda one: (one.until_ms, one.claim)))


def lapse_due(workspace: Workspace) -> tuple[Reservation, ...]:
    """End every reservation whose 72 hours are over; return those that were ended.

    One whose order moves on at the same moment, because it is pledged after all, say, is left.

    Raises
    ------
    ledger.errors.Refusal
        When the record refuses, for instance because the operator's key is not enrolled.
    """
    now, ended = workspace.clock_ms(), list[Reservation]()
    for one in reservations(workspace):
        if one.until_ms <= now:
            with suppress(StaleHead, WrongState):
                lapse(workspace, one.claim)
                ended.append(one)
    return tuple(ended)


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
        operator=operator_handle(workspace),
        entry=state.reserved_index or 0,
        osp=head(workspace, state.order),
    )
    return _enter(workspace, draft)


def decide_duplicate(
    workspace: Workspace, order: str, other: str, *, verdict: str, by: str, reason: str
) -> AlertView:
    """Note what a person found about two orders, and screen the claims that waited for it.

    Raises
    ------
    BadRequest, data.errors.NotFound, data.errors.WrongStatus
        As `duplicates.decide`.
    """
    decided = duplicates.decide(workspace, order, other, verdict=verdict, by=by, reason=reason)
    for handle in (order, other):
        with suppress(Refusal, PossibleDuplicate):  # the claims wait, as after their request
            for claim in _requested(workspace, handle):
                screen(workspace, claim)
    return decided


def _requested(workspace: Workspace, order: str) -> list[str]:
    """Return the claims that were requested on an order."""
    with workspace.log.reader() as reader:
        bodies = [parse_leaf(leaf).body for _, leaf in reader.chain(order)]
    return [str(body["subject"]) for body in bodies if body["type"] == EventType.CLAIM_REQUESTED]


def _report(claim: str, codes: Sequence[str]) -> JsonObject:
    return {
        "format": "parkloom/screening/v1",
        "claim": claim,
        "rules": "exact duplicate, order confirmed, assignable, parties in date",
        "detectors": ["alike"],
        "codes": list(codes),
    }


def _enter(workspace: Workspace, draft: Draft) -> Receipt:
    signed = drafts.add_signature(draft, workspace.keys.event, role=Role.OPERATOR)
    return workspace.writer.submit(drafts.to_request(signed))
