"""What a call's step means elsewhere: the demand's status, and the record of the teams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sqlmodel import Session

from api.services.workspace import Workspace
from data.errors import NotFound
from data.reference.calendar import local_day
from data.stores import technology as store
from matching.technology.opencall import Call, CallState
from matching.technology.problem import DemandStatus, Revision, TrackRecord

STATUSES: Mapping[CallState, DemandStatus] = {
    CallState.PUBLISHED: DemandStatus.OPEN,
    CallState.AWARDED: DemandStatus.ASSIGNED,
    CallState.CLOSED: DemandStatus.CLOSED,
    CallState.UNAWARDED: DemandStatus.OPEN,
    CallState.TERMINATED: DemandStatus.OPEN,
    CallState.WITHDRAWN: DemandStatus.WITHDRAWN,
}
"""What a demand is when its call comes into a state; in others it stays what it is."""


def settle(workspace: Workspace, session: Session, before: Call, after: Call) -> None:
    """Carry a step into the demand and the providers, in the transaction of the step."""
    if after.state is not before.state and after.state in STATUSES:
        _set_status(workspace, session, after, STATUSES[after.state])
    if after.ratings and after.ratings != before.ratings:
        _feed_back(workspace, session, after)


def _set_status(workspace: Workspace, session: Session, call: Call, status: DemandStatus) -> None:
    known = store.demand(session, workspace.viewer, call.demand_id)
    if known.status is status:
        return
    step = Revision(
        version=known.version + 1,
        changed_on=local_day(call.changed_at_ms),
        actor_role="call",
        reason=f"call {call.call_id}: {call.state}",
    )
    changed = replace(
        known, version=known.version + 1, status=status, history=(*known.history, step)
    )
    store.put_demands(session, workspace.operator_id, [changed], now_ms=call.changed_at_ms)


def _feed_back(workspace: Workspace, session: Session, call: Call) -> None:
    """Write the owner's rating into the record of every provider that took part."""
    for rating in call.ratings:
        proposal = call.application(rating.application_id).proposal
        for place, provider_id in enumerate(proposal.providers if proposal is not None else ()):
            record = TrackRecord(
                record_id=f"call-{call.call_id}-{rating.application_id}",
                project=call.title,
                role="member" if place else "lead",
                on_time=rating.on_time,
                accepted=rating.accepted,
                score=rating.mark,
                finished=local_day(call.changed_at_ms),
            )
            _add_record(workspace, session, provider_id, record, now_ms=call.changed_at_ms)


def _add_record(
    workspace: Workspace, session: Session, provider_id: str, record: TrackRecord, *, now_ms: int
) -> None:
    try:
        known = store.provider(session, workspace.viewer, provider_id)
    except NotFound:
        return  # the team never had a profile here
    if any(one.record_id == record.record_id for one in known.track_record):
        return
    changed = replace(
        known,
        version=known.version + 1,
        updated_on=local_day(now_ms),
        track_record=(*known.track_record, record),
    )
    store.put_providers(session, workspace.operator_id, [changed], now_ms=now_ms)
