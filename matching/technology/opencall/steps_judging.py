"""Rules of the steps from the formal check to the award."""

from __future__ import annotations

from dataclasses import replace

from matching.technology.opencall.acting import Acting, own_application, require_status
from matching.technology.opencall.call import (
    EXPERTS_LEAST,
    RACERS,
    Application,
    ApplicationStatus,
    Call,
    Declaration,
    Defence,
    Scoring,
)
from matching.technology.opencall.masking import leaks, mask
from matching.technology.opencall.payloads import Appointed
from matching.technology.opencall.refusals import CallCode, CallRefused
from matching.technology.opencall.states import CallState


def start_formal_check(call: Call, action: Acting) -> Call:
    """Begin the formal check; what was not opened in time lapses."""
    sealed = [one for one in call.applications if one.status is ApplicationStatus.COMMITTED]
    if sealed and action.at_ms < call.reveal_until_ms:
        raise CallRefused(
            CallCode.TOO_EARLY,
            f"{len(sealed)} proposals may still be opened until {call.reveal_until_ms} ms",
            from_ms=call.reveal_until_ms,
            at_ms=action.at_ms,
        )
    for one in sealed:
        call = call.with_application(replace(one, status=ApplicationStatus.LAPSED))
    left = any(one.status is ApplicationStatus.REVEALED for one in call.applications)
    return replace(call, state=CallState.FORMAL_CHECK if left else CallState.UNAWARDED)


def check_application(call: Call, action: Acting) -> Call:
    """Pass an application or turn it away, with findings."""
    found = call.application(action.payload.application_id)
    require_status(found, ApplicationStatus.REVEALED)
    status = ApplicationStatus.PASSED if action.payload.passed else ApplicationStatus.FAILED
    return call.with_application(replace(found, status=status, findings=action.reason))


def redact(call: Call, action: Acting) -> Call:
    """Give a text for experts that does not tell who wrote it; the sealed one stays as it is."""
    own = own_application(call, action)
    require_status(own, ApplicationStatus.REVEALED, ApplicationStatus.PASSED)
    return call.with_application(replace(own, redacted=action.payload.text))


def start_review(call: Call, action: Acting) -> Call:
    """Appoint the experts and hand them the proposals, masked where the review is blind."""
    unchecked = [
        one.application_id for one in call.applications if one.status is ApplicationStatus.REVEALED
    ]
    if unchecked:
        raise CallRefused(
            CallCode.CHECKS_OPEN,
            f"applications wait for the formal check: {', '.join(unchecked)}",
            applications=", ".join(unchecked),
        )
    if not call.passed():
        return replace(call, state=CallState.UNAWARDED)
    appointed: Appointed = action.payload
    if len(appointed.experts) < EXPERTS_LEAST:
        raise CallRefused(
            CallCode.TOO_FEW_EXPERTS,
            f"a review takes at least {EXPERTS_LEAST} experts, got {len(appointed.experts)}",
            experts=len(appointed.experts),
        )
    _check_impartial(call, appointed.experts)
    names = {one.application_id: one.names for one in appointed.identities}
    for one in call.passed():
        text = _blind(call, one, names.get(one.application_id, ()))
        call = call.with_application(replace(one, blind_text=text))
    return replace(call, state=CallState.REVIEW, experts=appointed.experts)


def appoint(call: Call, action: Acting) -> Call:
    """Let further experts join a review, where others have conflicts."""
    experts: tuple[str, ...] = action.payload.experts
    _check_impartial(call, experts)
    twice = sorted(set(call.experts).intersection(experts))
    if twice:
        raise CallRefused(
            CallCode.ID_TAKEN, f"{', '.join(twice)} is appointed already", id=twice[0]
        )
    return replace(call, experts=(*call.experts, *experts))


def _check_impartial(call: Call, experts: tuple[str, ...]) -> None:
    sides = {call.owner_org, call.centre_org, *(one.org for one in call.applications)}
    partial = sorted(sides.intersection(experts))
    if partial:
        raise CallRefused(
            CallCode.EXPERT_CONFLICT,
            f"{', '.join(partial)} takes part in the call and cannot judge it",
            experts=", ".join(partial),
        )


def _blind(call: Call, application: Application, names: tuple[str, ...]) -> str:
    """Return what experts read of an application, or refuse a text that tells who wrote it."""
    proposal = application.proposal
    text = application.redacted or (proposal.text if proposal is not None else "")
    if not call.blind:
        return text
    told = (*names, application.org, *(proposal.providers if proposal is not None else ()))
    masked = mask(text, told)
    left = leaks(masked, told)
    if left:
        first = left[0]
        raise CallRefused(
            CallCode.LEAKAGE,
            f"the text of application {application.application_id} tells who wrote it at "
            f"{len(left)} places, first at characters {first.start}..{first.end} ({first.kind}); "
            "let the applicant redact it",
            application=application.application_id,
            places=len(left),
            start=first.start,
            end=first.end,
            kind=first.kind.value,
        )
    return masked


def declare(call: Call, action: Acting) -> Call:
    """Declare conflicts of interest, once, before any mark."""
    _require_expert(call, action)
    if any(one.expert == action.org for one in call.declarations):
        raise CallRefused(CallCode.DECLARED_TWICE, f"{action.org} has declared", expert=action.org)
    for key in action.payload.conflicts:
        call.application(key)
    made = Declaration(expert=action.org, conflicts=action.payload.conflicts)
    return replace(call, declarations=(*call.declarations, made))


def score(call: Call, action: Acting) -> Call:
    """Mark one application, with a reason."""
    _require_expert(call, action)
    given = action.payload
    declared = next((one for one in call.declarations if one.expert == action.org), None)
    if declared is None:
        raise CallRefused(
            CallCode.NOT_DECLARED,
            f"{action.org} declares its conflicts before it marks",
            expert=action.org,
        )
    require_status(call.application(given.application_id), ApplicationStatus.PASSED)
    if given.application_id in declared.conflicts:
        raise CallRefused(
            CallCode.DECLARED_CONFLICT,
            f"{action.org} has a conflict with application {given.application_id}",
            expert=action.org,
            application=given.application_id,
        )
    if any(
        (one.expert, one.application_id) == (action.org, given.application_id)
        for one in call.scores
    ):
        raise CallRefused(
            CallCode.SCORED_TWICE,
            f"{action.org} has marked application {given.application_id}; marks stay",
            expert=action.org,
            application=given.application_id,
        )
    if len(given.marks) != len(call.criteria_bps):
        raise CallRefused(
            CallCode.MARKS_INCOMPLETE,
            f"expected {len(call.criteria_bps)} marks, one for each criterion, got "
            f"{len(given.marks)}",
            expected=len(call.criteria_bps),
            got=len(given.marks),
        )
    made = Scoring(
        expert=action.org,
        application_id=given.application_id,
        marks=given.marks,
        reason=action.reason,
    )
    return replace(call, scores=(*call.scores, made))


def finish_review(call: Call, action: Acting) -> Call:
    """End the review when every application has enough marks."""
    del action
    for one in call.passed():
        count = sum(mark.application_id == one.application_id for mark in call.scores)
        if count < EXPERTS_LEAST:
            raise CallRefused(
                CallCode.TOO_FEW_SCORES,
                f"application {one.application_id} has marks of {count} experts, it takes "
                f"{EXPERTS_LEAST}; appoint others where experts have conflicts",
                application=one.application_id,
                scores=count,
            )
    return replace(call, state=CallState.PANEL)


def defend(call: Call, action: Acting) -> Call:
    """Record what the panel found when an applicant defended its proposal."""
    given = action.payload
    require_status(call.application(given.application_id), ApplicationStatus.PASSED)
    if any(one.application_id == given.application_id for one in call.defences):
        raise CallRefused(
            CallCode.DEFENDED_TWICE,
            f"the defence of application {given.application_id} is recorded",
            application=given.application_id,
        )
    made = Defence(
        application_id=given.application_id,
        mark=given.mark,
        minutes_sha256=given.minutes_sha256,
        remarks=action.reason,
    )
    return replace(call, defences=(*call.defences, made))


def award(call: Call, action: Acting) -> Call:
    """Award one team, or two that race to a stage gate."""
    winners: tuple[str, ...] = action.payload.winners
    expected = RACERS if call.race else 1
    if len(winners) != expected:
        kind = "a race of two teams" if call.race else "a single award"
        raise CallRefused(
            CallCode.WINNERS_COUNT,
            f"the call was published as {kind}: it takes {expected} winners, got {len(winners)}",
            expected=expected,
            got=len(winners),
        )
    for key in winners:
        require_status(call.application(key), ApplicationStatus.PASSED)
    return replace(call, state=CallState.AWARDED, winners=winners)


def end_without_award(call: Call, action: Acting) -> Call:
    """End the call without a winner."""
    del action
    return replace(call, state=CallState.UNAWARDED)


def ranking(call: Call) -> tuple[tuple[str, int], ...]:
    """Return the passed applications with their weighted mean mark in basis points of 100.

    The mean over experts of the sum of mark × weight, rounded half up once; the best first, ties by
    the id of the application. 10,000 means full marks by all.
    """
    found = []
    for one in call.passed():
        sums = [
            sum(mark * weight for mark, weight in zip(score.marks, call.criteria_bps, strict=True))
            for score in call.scores
            if score.application_id == one.application_id
        ]
        if sums:
            whole = 100 * len(sums)
            found.append((one.application_id, (2 * sum(sums) + whole) // (2 * whole)))
    return tuple(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def _require_expert(call: Call, action: Acting) -> None:
    if action.org not in call.experts:
        raise CallRefused(
            CallCode.NOT_APPOINTED, f"{action.org} is no expert of this call", expert=action.org
        )
