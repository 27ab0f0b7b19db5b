"""Rules of the contract and of the escrow."""

from __future__ import annotations

from dataclasses import replace

from matching.technology.opencall.acting import Acting, require_own
from matching.technology.opencall.call import Call, Contract, Track
from matching.technology.opencall.refusals import CallCode, CallRefused
from matching.technology.opencall.states import CallState
from matching.technology.problem_fields import BPS_WHOLE


def propose(call: Call, action: Acting) -> Call:
    """Let the owner propose the terms to a winner; until the winner signs it may propose anew."""
    contract: Contract = action.payload.contract
    if contract.application_id not in call.winners:
        call.application(contract.application_id)
        raise CallRefused(
            CallCode.CONTRACT_UNKNOWN,
            f"application {contract.application_id} has won nothing",
            application=contract.application_id,
        )
    before = next(
        (one for one in call.tracks if one.contract.application_id == contract.application_id),
        None,
    )
    if before is not None and before.signed:
        raise CallRefused(
            CallCode.CONTRACT_SIGNED,
            f"the contract of application {contract.application_id} is signed",
            application=contract.application_id,
        )
    _check_terms(call, contract)
    track = Track(contract=contract)
    return call.with_track(track) if before else replace(call, tracks=(*call.tracks, track))


def _check_terms(call: Call, contract: Contract) -> None:
    total = sum(stage.share_bps for stage in contract.milestones)
    if total != BPS_WHOLE:
        raise CallRefused(
            CallCode.SHARES_NOT_WHOLE,
            f"the milestones' shares sum to {total} basis points, not to {BPS_WHOLE} (100 %)",
            total_bps=total,
        )
    stages = len(contract.milestones)
    if call.race != (contract.gate is not None) or not 1 <= (contract.gate or 1) <= stages:
        expected = f"a gate after milestone 1..{stages}" if call.race else "no gate"
        raise CallRefused(
            CallCode.GATE_MISSING,
            f"the call takes {expected}, the contract has {contract.gate or 'none'}",
            gate=contract.gate or 0,
        )
    most = call.budget_max_minor
    if not 1 <= contract.amount_minor <= most or contract.currency != call.currency:
        raise CallRefused(
            CallCode.OVER_BUDGET,
            f"the contract is over {contract.amount_minor} {contract.currency} in minor units; "
            f"the demand allows 1..{most} {call.currency}",
            amount_minor=contract.amount_minor,
            most_minor=most,
        )


def sign(call: Call, action: Acting) -> Call:
    """Let a winner sign exactly the terms that the owner proposed."""
    given: Contract = action.payload.contract
    track = call.track(given.application_id)
    require_own(call.application(given.application_id), action)
    if track.signed:
        raise CallRefused(
            CallCode.CONTRACT_SIGNED,
            f"the contract of application {given.application_id} is signed",
            application=given.application_id,
        )
    if given != track.contract:
        raise CallRefused(
            CallCode.CONTRACT_DIFFERS,
            "these are not the terms that the owner proposed; sign those, or ask for others",
            application=given.application_id,
        )
    call = call.with_track(replace(track, signed=True))
    done = len(call.tracks) == len(call.winners) and all(one.signed for one in call.tracks)
    return replace(call, state=CallState.CONTRACTED if done else CallState.AWARDED)


def fund(call: Call, action: Acting) -> Call:
    """Record that the whole price of a contract lies in escrow."""
    given = action.payload
    track = call.track(given.application_id)
    if track.funded_minor:
        raise CallRefused(
            CallCode.ESCROW_TWICE,
            f"the escrow of application {given.application_id} is funded",
            application=given.application_id,
        )
    if given.amount_minor != track.contract.amount_minor:
        raise CallRefused(
            CallCode.ESCROW_AMOUNT,
            f"the contract is over {track.contract.amount_minor} minor units, the bank holds "
            f"{given.amount_minor}",
            expected_minor=track.contract.amount_minor,
            got_minor=given.amount_minor,
        )
    call = call.with_track(replace(track, funded_minor=given.amount_minor))
    done = all(one.funded_minor for one in call.tracks)
    return replace(call, state=CallState.IN_PROGRESS if done else CallState.CONTRACTED)
