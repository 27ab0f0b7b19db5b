"""Rules of the work: milestones, payments, the gate of a race, acceptance and rating."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from matching.technology.opencall.acting import Acting, require_own
from matching.technology.opencall.call import CORRECTIONS_MOST, Call, Rating, Track, TrackStatus
from matching.technology.opencall.refusals import CallCode, CallRefused
from matching.technology.opencall.states import CallState
from matching.technology.problem_fields import BPS_WHOLE

ENDED = (TrackStatus.STOPPED, TrackStatus.LOST)


def payment_minor(track: Track, milestone: int) -> int:
    """Return what milestone 1.. of a contract pays, minor units.

    The cumulated shares are rounded down and the payment is their difference: payments are whole,
    never negative, and sum to the price exactly.
    """
    stages, price = track.contract.milestones, track.contract.amount_minor
    before = sum(stage.share_bps for stage in stages[: milestone - 1])
    after = before + stages[milestone - 1].share_bps
    return price * after // BPS_WHOLE - price * before // BPS_WHOLE


def deliver(call: Call, action: Acting) -> Call:
    """Hand in the evidence of the present milestone, with a third party's test."""
    given = action.payload
    track = _running(call, given.application_id)
    application = call.application(given.application_id)
    require_own(application, action)
    _require_gate_open(call, track)
    if given.milestone != track.milestone or track.status is not TrackStatus.WORKING:
        raise CallRefused(
            CallCode.MILESTONE_ORDER,
            f"milestone {track.milestone} is {track.status}; got evidence of {given.milestone}",
            expected=track.milestone,
            got=given.milestone,
        )
    teams = application.proposal.providers if application.proposal is not None else ()
    if given.tester in {call.owner_org, application.org, *teams}:
        raise CallRefused(
            CallCode.TESTER_NOT_INDEPENDENT,
            f"{given.tester} has a side in the contract; a third party tests",
            tester=given.tester,
        )
    due = track.contract.milestones[track.milestone - 1].due
    late = datetime.fromtimestamp(action.at_ms / 1000, tz=UTC).date() > due
    changed = replace(track, status=TrackStatus.DELIVERED, late=track.late or late)
    return call.with_track(changed)


def accept_milestone(call: Call, action: Acting) -> Call:
    """Accept what was delivered; it is to be paid then."""
    track = _delivered(call, action)
    return call.with_track(replace(track, status=TrackStatus.ACCEPTED))


def ask_correction(call: Call, action: Acting) -> Call:
    """Send what was delivered back, at most twice a milestone."""
    track = _delivered(call, action)
    if track.corrections >= CORRECTIONS_MOST:
        raise CallRefused(
            CallCode.TOO_MANY_CORRECTIONS,
            f"milestone {track.milestone} was sent back {track.corrections} times; accept it, stop "
            "the work or dispute it",
            corrections=track.corrections,
        )
    changed = replace(track, status=TrackStatus.WORKING, corrections=track.corrections + 1)
    return call.with_track(changed)


def stop_loss(call: Call, action: Acting) -> Call:
    """Stop a team's work; what is accepted is paid first. Without any team left the call ends."""
    track = _running(call, action.payload.application_id)
    if track.status is TrackStatus.ACCEPTED:
        raise CallRefused(
            CallCode.PAYMENT_OPEN,
            f"milestone {track.milestone} is accepted and not paid; pay it, then stop",
            milestone=track.milestone,
        )
    call = call.with_track(replace(track, status=TrackStatus.STOPPED))
    left = any(one.status not in ENDED for one in call.tracks)
    return replace(call, state=CallState.IN_PROGRESS if left else CallState.TERMINATED)


def pay(call: Call, action: Acting) -> Call:
    """Record the payment of the accepted milestone, exactly its share."""
    given = action.payload
    track = _running(call, given.application_id)
    if track.status is not TrackStatus.ACCEPTED:
        raise CallRefused(
            CallCode.NOT_ACCEPTED,
            f"milestone {track.milestone} is {track.status}; only an accepted one is paid",
            milestone=track.milestone,
        )
    expected = payment_minor(track, track.milestone)
    if given.amount_minor != expected:
        raise CallRefused(
            CallCode.PAYMENT_AMOUNT,
            f"milestone {track.milestone} pays {expected} minor units, got {given.amount_minor}",
            expected_minor=expected,
            got_minor=given.amount_minor,
        )
    last = track.milestone == len(track.contract.milestones)
    changed = replace(
        track,
        status=TrackStatus.FINISHED if last else TrackStatus.WORKING,
        milestone=track.milestone if last else track.milestone + 1,
        corrections=0,
        paid_minor=track.paid_minor + given.amount_minor,
    )
    return call.with_track(changed)


def choose_at_gate(call: Call, action: Acting) -> Call:
    """Choose who goes on behind the gate of a race; every other team's work ends, paid so far."""
    if not call.race or call.gate_passed:
        raise CallRefused(CallCode.NO_GATE, "no gate is to be passed in this call")
    chosen = _running(call, action.payload.application_id)
    behind = [
        one.contract.application_id
        for one in call.tracks
        if one.status not in ENDED and not _at_gate(one)
    ]
    if behind:
        raise CallRefused(
            CallCode.GATE_NOT_REACHED,
            f"not at the gate yet: {', '.join(behind)}; a team that will not get there is stopped",
            applications=", ".join(behind),
        )
    for one in call.tracks:
        if one is not chosen and one.status not in ENDED:
            call = call.with_track(replace(one, status=TrackStatus.LOST))
    return replace(call, gate_passed=True)


def accept_finally(call: Call, action: Acting) -> Call:
    """Accept the whole, when every team that is left has finished and was paid."""
    del action
    open_ = [
        one.contract.application_id
        for one in call.tracks
        if one.status not in ENDED and one.status is not TrackStatus.FINISHED
    ]
    if open_ or (call.race and not call.gate_passed):
        raise CallRefused(
            CallCode.WORK_OPEN,
            f"milestones are not done or paid: {', '.join(open_) or 'the gate is open'}",
            applications=", ".join(open_),
        )
    return replace(call, state=CallState.ACCEPTED)


def rate(call: Call, action: Acting) -> Call:
    """Mark every winner; the marks go into the providers' records."""
    given = {one.application_id: one for one in action.payload.marks}
    if set(given) != set(call.winners) or len(given) != len(action.payload.marks):
        raise CallRefused(
            CallCode.RATING_INCOMPLETE,
            f"expected one mark for each of {', '.join(call.winners)}, got "
            f"{', '.join(given) or 'none'}",
        )
    ratings = tuple(
        Rating(
            application_id=key,
            mark=given[key].mark,
            # Who delivered after a date was late, whatever is said in the end.
            on_time=given[key].on_time and not call.track(key).late,
            accepted=call.track(key).status is TrackStatus.FINISHED,
        )
        for key in call.winners
    )
    return replace(call, state=CallState.CLOSED, ratings=ratings)


def _running(call: Call, application_id: str) -> Track:
    track = call.track(application_id)
    if track.status in ENDED:
        raise CallRefused(
            CallCode.TRACK_ENDED,
            f"the work of application {application_id} is {track.status}",
            application=application_id,
            status=track.status.value,
        )
    return track


def _delivered(call: Call, action: Acting) -> Track:
    track = _running(call, action.payload.application_id)
    if track.status is not TrackStatus.DELIVERED:
        raise CallRefused(
            CallCode.NOTHING_DELIVERED,
            f"milestone {track.milestone} is {track.status}; nothing waits for an answer",
            milestone=track.milestone,
        )
    return track


def _at_gate(track: Track) -> bool:
    """Return whether a team's milestones up to the gate are paid."""
    gate = track.contract.gate or 0
    return track.status is TrackStatus.FINISHED or track.milestone > gate


def _require_gate_open(call: Call, track: Track) -> None:
    if call.race and not call.gate_passed and _at_gate(track):
        raise CallRefused(
            CallCode.GATE_OPEN,
            "the owner chooses at the gate before work goes on behind it",
            application=track.contract.application_id,
        )
