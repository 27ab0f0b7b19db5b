"""Rules of the steps from the draft to the opened proposals."""

from __future__ import annotations

from dataclasses import replace

from matching.technology.opencall.acting import Acting, own_application, require_status
from matching.technology.opencall.call import (
    Application,
    ApplicationStatus,
    Call,
    Proposal,
    Question,
)
from matching.technology.opencall.payloads import Publication
from matching.technology.opencall.refusals import CallCode, CallRefused
from matching.technology.opencall.sealing import opens
from matching.technology.opencall.states import CallState
from matching.technology.problem import SecrecyLevel
from matching.technology.problem_fields import BPS_WHOLE

ENDED = (ApplicationStatus.WITHDRAWN, ApplicationStatus.LAPSED, ApplicationStatus.FAILED)


def submit(call: Call, action: Acting) -> Call:
    """Hand the demand in for triage."""
    del action
    return replace(call, state=CallState.TRIAGE)


def send_back(call: Call, action: Acting) -> Call:
    """Return the demand to its owner."""
    del action
    return replace(call, state=CallState.DRAFT)


def publish(call: Call, action: Acting) -> Call:
    """Publish the call: the demand is complete, no duplicate without a reason, secrecy kept."""
    terms: Publication = action.payload
    report = terms.report
    if report.demand_digest != call.demand_digest:
        raise CallRefused(
            CallCode.OTHER_DEMAND,
            f"triage was of the demand {report.demand_digest[:12]}…, the call is of "
            f"{call.demand_digest[:12]}…; triage it again",
            expected=call.demand_digest,
            got=report.demand_digest,
        )
    if report.missing:
        raise CallRefused(
            CallCode.DEMAND_INCOMPLETE,
            f"the demand lacks {', '.join(report.missing)}; return it to its owner",
            missing=", ".join(report.missing),
        )
    if report.duplicates and not action.reason.strip():
        raise CallRefused(
            CallCode.DUPLICATE_DEMAND,
            f"the demand asks for the same as {', '.join(report.duplicates)}; give a reason to "
            "publish it all the same, or return it",
            duplicates=", ".join(report.duplicates),
        )
    if call.secrecy_level is SecrecyLevel.CONFIDENTIAL and not terms.invited:
        raise CallRefused(
            CallCode.SECRECY_FORBIDS,
            "a confidential demand is not called publicly; name the organisations to invite",
        )
    if terms.applications_until_ms <= action.at_ms:
        raise CallRefused(
            CallCode.TOO_LATE,
            f"applications would end at {terms.applications_until_ms} ms, before they begin at "
            f"{action.at_ms}",
            until_ms=terms.applications_until_ms,
        )
    return replace(
        call,
        state=CallState.PUBLISHED,
        applications_until_ms=terms.applications_until_ms,
        reveal_until_ms=terms.reveal_until_ms,
        race=terms.race,
        invited=terms.invited,
    )


def ask(call: Call, action: Acting) -> Call:
    """Ask a clarification question."""
    _require_time_before(call.applications_until_ms, action, "questions")
    _require_invited(call, action)
    asked = action.payload
    if any(one.question_id == asked.question_id for one in call.questions):
        raise _taken("question", asked.question_id)
    question = Question(question_id=asked.question_id, asked_by=action.org, text=asked.text)
    return replace(call, questions=(*call.questions, question))


def answer(call: Call, action: Acting) -> Call:
    """Answer a question, for all to see."""
    key = action.payload.question_id
    found = next((one for one in call.questions if one.question_id == key), None)
    if found is None:
        raise CallRefused(CallCode.QUESTION_UNKNOWN, f"nobody asked question {key}", question=key)
    if found.answer is not None:
        raise CallRefused(
            CallCode.QUESTION_ANSWERED,
            f"question {key} is answered, and all have read it; it is not changed",
            question=key,
        )
    answered = replace(found, answer=action.payload.text)
    questions = tuple(answered if one is found else one for one in call.questions)
    return replace(call, questions=questions)


def apply_for(call: Call, action: Acting) -> Call:
    """Hand in the seal of a proposal."""
    _require_time_before(call.applications_until_ms, action, "applications")
    _require_invited(call, action)
    if action.org == call.owner_org:
        raise CallRefused(
            CallCode.OWNER_APPLIES, f"{action.org} owns the demand and cannot answer it"
        )
    given = action.payload
    if any(one.application_id == given.application_id for one in call.applications):
        raise _taken("application", given.application_id)
    live = [one for one in call.applications if one.status not in ENDED]
    if any(one.org == action.org for one in live):
        raise CallRefused(
            CallCode.APPLIED_TWICE,
            f"{action.org} has applied; withdraw that application to hand in another",
            org=action.org,
        )
    made = Application(application_id=given.application_id, org=action.org, seal=given.seal)
    return replace(call, applications=(*call.applications, made))


def withdraw_application(call: Call, action: Acting) -> Call:
    """Take an application back before the formal check."""
    own = own_application(call, action)
    require_status(own, ApplicationStatus.COMMITTED, ApplicationStatus.REVEALED)
    return call.with_application(replace(own, status=ApplicationStatus.WITHDRAWN))


def close_applications(call: Call, action: Acting) -> Call:
    """Close the call for applications; without any it ends unawarded."""
    _require_time_from(call.applications_until_ms, action, "applications close")
    unanswered = [one.question_id for one in call.questions if one.answer is None]
    if unanswered:
        raise CallRefused(
            CallCode.QUESTIONS_OPEN,
            f"questions wait for an answer: {', '.join(unanswered)}",
            questions=", ".join(unanswered),
        )
    left = [one for one in call.applications if one.status not in ENDED]
    return replace(call, state=CallState.SEALED if left else CallState.UNAWARDED)


def reveal(call: Call, action: Acting) -> Call:
    """Open a proposal: it must be what was sealed."""
    _require_time_before(call.reveal_until_ms, action, "the opening of proposals")
    own = own_application(call, action)
    require_status(own, ApplicationStatus.COMMITTED)
    given = action.payload
    whole = opens(
        own.seal,
        given.proposal,
        given.salt,
        call_id=call.call_id,
        application_id=own.application_id,
        org=own.org,
    )
    if not whole:
        raise CallRefused(
            CallCode.SEAL_BROKEN,
            f"the proposal with this salt does not give the seal {own.seal[:12]}… of application "
            f"{own.application_id}; open exactly what was sealed",
            application=own.application_id,
            seal=own.seal,
        )
    _require_whole_shares(given.proposal)
    return call.with_application(
        replace(own, status=ApplicationStatus.REVEALED, proposal=given.proposal)
    )


def withdraw(call: Call, action: Acting) -> Call:
    """End the call before anything is awarded."""
    del action
    return replace(call, state=CallState.WITHDRAWN)


def _require_whole_shares(proposal: Proposal) -> None:
    total = sum(stage.share_bps for stage in proposal.milestones)
    if total != BPS_WHOLE:
        raise CallRefused(
            CallCode.SHARES_NOT_WHOLE,
            f"the milestones' shares sum to {total} basis points, not to {BPS_WHOLE} (100 %)",
            total_bps=total,
        )


def _require_invited(call: Call, action: Acting) -> None:
    if call.invited and action.org not in call.invited:
        raise CallRefused(
            CallCode.NOT_INVITED, f"{action.org} is not invited to this call", org=action.org
        )


def _require_time_before(until_ms: int, action: Acting, what: str) -> None:
    if action.at_ms >= until_ms:
        raise CallRefused(
            CallCode.TOO_LATE,
            f"{what} ended at {until_ms} ms, it is {action.at_ms}",
            until_ms=until_ms,
            at_ms=action.at_ms,
        )


def _require_time_from(from_ms: int, action: Acting, what: str) -> None:
    if action.at_ms < from_ms:
        raise CallRefused(
            CallCode.TOO_EARLY,
            f"{what} at {from_ms} ms, it is {action.at_ms}",
            from_ms=from_ms,
            at_ms=action.at_ms,
        )


def _taken(kind: str, key: str) -> CallRefused:
    return CallRefused(
        CallCode.ID_TAKEN, f"{kind} {key} is there already; choose another id", id=key
    )
