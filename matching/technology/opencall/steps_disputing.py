"""Rules of disputes: any side may raise a matter, and appeal once against its decision.

The service centre decides first; an appeal goes to an arbiter who has no side in the call.
"""

from __future__ import annotations

from dataclasses import replace

from matching.technology.opencall.acting import Acting
from matching.technology.opencall.call import Application, ApplicationStatus, Call, Matter
from matching.technology.opencall.payloads import Decided, Outcome
from matching.technology.opencall.refusals import CallCode, CallRefused
from matching.technology.opencall.states import REDO, CallState, Role

INSTANCES = 2


def dispute(call: Call, action: Acting) -> Call:
    """Raise a matter, or appeal against its first decision; the call waits."""
    if action.org not in _sides(call):
        raise CallRefused(
            CallCode.NO_STANDING,
            f"{action.org} has no side in this call: neither owner nor applicant nor expert",
            org=action.org,
        )
    key = action.payload.matter_id
    before = next((one for one in call.matters if one.matter_id == key), None)
    if before is not None and before.decided >= INSTANCES:
        raise CallRefused(
            CallCode.NO_FURTHER_APPEAL,
            f"matter {key} was decided in {before.decided} instances; that is final here",
            matter=key,
        )
    matter = Matter(
        matter_id=key,
        raised_by=action.org,
        resume=call.state,
        decided=before.decided if before else 0,
    )
    others = tuple(one for one in call.matters if one is not before)
    return replace(call, state=CallState.DISPUTED, matters=(*others, matter), disputed=key)


def resolve(call: Call, action: Acting) -> Call:
    """Decide the matter: the call goes on, does a stage again, or ends."""
    matter = next(one for one in call.matters if one.matter_id == call.disputed)
    _require_instance(call, matter, action)
    decision: Decided = action.payload
    call = replace(
        call,
        disputed=None,
        matters=tuple(
            replace(one, decided=one.decided + 1) if one is matter else one for one in call.matters
        ),
    )
    if decision.outcome is Outcome.TERMINATED:
        return replace(call, state=CallState.TERMINATED)
    if decision.redo_to is None:
        return replace(call, state=matter.resume)
    return _redo(call, matter, decision.redo_to)


def _require_instance(call: Call, matter: Matter, action: Acting) -> None:
    expected = Role.CENTRE if matter.decided == 0 else Role.ARBITER
    if action.role is not expected:
        raise CallRefused(
            CallCode.WRONG_INSTANCE,
            f"matter {matter.matter_id} is decided by the {expected} now, not by the {action.role}",
            expected=expected.value,
            got=action.role.value,
        )
    if action.role is Role.ARBITER and action.org in {call.centre_org, *_sides(call)}:
        raise CallRefused(
            CallCode.ARBITER_NOT_INDEPENDENT,
            f"{action.org} has a side in this call and cannot decide an appeal",
            org=action.org,
        )


def _redo(call: Call, matter: Matter, stage: CallState) -> Call:
    """Send the call back to a stage that it has been through, as long as nothing is signed."""
    order = (*REDO, CallState.AWARDED, CallState.UNAWARDED)
    reached = matter.resume in order and stage in REDO
    there = _checked(call) if stage is CallState.FORMAL_CHECK else call.passed()
    if not reached or order.index(stage) > order.index(matter.resume) or not there:
        raise CallRefused(
            CallCode.REDO_NOT_POSSIBLE,
            f"{stage} cannot be done again: the call was {matter.resume} when the matter was "
            f"raised; possible: {', '.join(REDO)} up to that state, before a contract",
            stage=stage.value,
            state=matter.resume.value,
        )
    if any(one.signed for one in call.tracks):
        raise CallRefused(
            CallCode.REDO_NOT_POSSIBLE,
            "a contract is signed: nothing before it is done again",
            stage=stage.value,
        )
    call = replace(call, state=stage, winners=(), tracks=(), defences=())
    if stage is CallState.PANEL:
        return call
    call = replace(call, scores=(), declarations=())
    if stage is CallState.REVIEW:
        return call
    for one in _checked(call):
        back = replace(one, status=ApplicationStatus.REVEALED, blind_text=None, findings="")
        call = call.with_application(back)
    return replace(call, experts=())


def _checked(call: Call) -> tuple[Application, ...]:
    done = {ApplicationStatus.PASSED, ApplicationStatus.FAILED}
    return tuple(one for one in call.applications if one.status in done)


def _sides(call: Call) -> set[str]:
    return {call.owner_org, *call.experts, *(one.org for one in call.applications)}
