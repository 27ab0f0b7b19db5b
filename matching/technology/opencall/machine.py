"""One step of a call: a pure function of the call and the action, to the next call.

`apply` tests what every step has in common (the table, the reason, the clock, who acts), then the
rule of the step. Nothing is changed when a rule is broken.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from matching.technology.opencall import (
    steps_applying,
    steps_contract,
    steps_disputing,
    steps_judging,
    steps_working,
)
from matching.technology.opencall.call import Call
from matching.technology.opencall.payloads import PAYLOADS
from matching.technology.opencall.refusals import CallCode, CallRefused
from matching.technology.opencall.states import TABLE, CallState, Role, Step, steps_of
from matching.technology.problem_plain import canonical_json

DOCUMENT_DOMAIN = "parkloom/call-document/v1"
_SALT = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What an organisation does: who, when, why, and the payload of the step.

    Parameters
    ----------
    org
        Who acts.
    at_ms
        UTC milliseconds, given by the caller.
    salt
        32 hex digits, random or from a secret: without them nobody can guess a short document from
        its hash.
    reason
        Words why; needed where the table says so.

    Raises
    ------
    ValueError
        When the salt has another form.
    """

    step: Step
    role: Role
    org: str
    at_ms: int
    payload: Any
    salt: str
    reason: str = ""

    def __post_init__(self) -> None:
        if not _SALT.fullmatch(self.salt):
            raise ValueError(f"the salt must be 32 lower-case hex digits, got {self.salt[:80]!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A step that was taken: who, when, why, from where to where, and its document's hash."""

    sequence: int
    step: Step
    from_state: CallState
    to_state: CallState
    role: Role
    org: str
    at_ms: int
    reason: str
    document_sha256: str


def apply(call: Call, action: Action) -> tuple[Call, Transition]:
    """Return the call after a step, and the transition to record.

    Raises
    ------
    CallRefused
        When a rule is broken; its code names the rule.
    """
    _check_common(call, action)
    changed = RULES[action.step](call, action)
    if changed.state not in TABLE[action.step].to:
        raise AssertionError(f"{action.step} led to {changed.state}, which its row does not allow")
    changed = replace(changed, sequence=call.sequence + 1, changed_at_ms=action.at_ms)
    return changed, Transition(
        sequence=changed.sequence,
        step=action.step,
        from_state=call.state,
        to_state=changed.state,
        role=action.role,
        org=action.org,
        at_ms=action.at_ms,
        reason=action.reason,
        document_sha256=document_sha256(call, action),
    )


def document_sha256(call: Call, action: Action) -> str:
    """Return the hash of what a step says: call, number, step, salt, reason and payload.

    SHA-256 over the domain line, the call's id, the number of the step, its name, the salt, the
    reason as a JSON text and the canonical JSON of the payload, each on a line of its own.
    """
    head = f"{DOCUMENT_DOMAIN}\n{call.call_id}\n{call.sequence + 1}\n{action.step}\n"
    head += f"{action.salt}\n"
    said = canonical_json(action.reason) + b"\n" + canonical_json(action.payload)
    return hashlib.sha256(head.encode() + said).hexdigest()


def _check_common(call: Call, action: Action) -> None:
    rule = TABLE[action.step]
    if call.state not in rule.states:
        allowed = ", ".join(steps_of(call.state)) or "nothing"
        raise CallRefused(
            CallCode.WRONG_STATE,
            f"{action.step} is not possible while the call is {call.state}; possible: {allowed}",
            step=action.step.value,
            state=call.state.value,
        )
    if action.role not in rule.roles:
        raise CallRefused(
            CallCode.WRONG_ROLE,
            f"{action.step} is the business of {', '.join(rule.roles)}, not of {action.role}",
            step=action.step.value,
            role=action.role.value,
        )
    if type(action.payload) is not PAYLOADS[action.step]:
        expected, got = PAYLOADS[action.step].__name__, type(action.payload).__name__
        raise CallRefused(
            CallCode.WRONG_PAYLOAD,
            f"{action.step} takes {expected}, got {got}",
            expected=expected,
            got=got,
        )
    if rule.reason and not action.reason.strip():
        raise CallRefused(
            CallCode.REASON_MISSING,
            f"{action.step} needs a reason in words",
            step=action.step.value,
        )
    if action.at_ms < call.changed_at_ms:
        raise CallRefused(
            CallCode.TIME_WENT_BACK,
            f"the call's last step was at {call.changed_at_ms} ms, this one is at {action.at_ms}",
            at_ms=action.at_ms,
            last_ms=call.changed_at_ms,
        )
    _check_actor(call, action)


def _check_actor(call: Call, action: Action) -> None:
    if action.role is Role.ENTERPRISE and action.org != call.owner_org:
        raise CallRefused(
            CallCode.NOT_THE_OWNER,
            f"the demand belongs to {call.owner_org}, not to {action.org}",
            owner=call.owner_org,
            org=action.org,
        )
    if action.role is Role.CENTRE and action.org != call.centre_org:
        raise CallRefused(
            CallCode.NOT_THE_CENTRE,
            f"the call is kept by {call.centre_org}, not by {action.org}",
            centre=call.centre_org,
            org=action.org,
        )


RuleOfStep = Callable[[Call, Any], Call]

RULES: Mapping[Step, RuleOfStep] = MappingProxyType(
    {
        Step.SUBMIT: steps_applying.submit,
        Step.RETURN: steps_applying.send_back,
        Step.PUBLISH: steps_applying.publish,
        Step.ASK: steps_applying.ask,
        Step.ANSWER: steps_applying.answer,
        Step.APPLY: steps_applying.apply_for,
        Step.WITHDRAW_APPLICATION: steps_applying.withdraw_application,
        Step.CLOSE_APPLICATIONS: steps_applying.close_applications,
        Step.REVEAL: steps_applying.reveal,
        Step.WITHDRAW: steps_applying.withdraw,
        Step.START_FORMAL_CHECK: steps_judging.start_formal_check,
        Step.CHECK_APPLICATION: steps_judging.check_application,
        Step.REDACT: steps_judging.redact,
        Step.START_REVIEW: steps_judging.start_review,
        Step.APPOINT: steps_judging.appoint,
        Step.DECLARE: steps_judging.declare,
        Step.SCORE: steps_judging.score,
        Step.FINISH_REVIEW: steps_judging.finish_review,
        Step.DEFEND: steps_judging.defend,
        Step.AWARD: steps_judging.award,
        Step.END_WITHOUT_AWARD: steps_judging.end_without_award,
        Step.PROPOSE_CONTRACT: steps_contract.propose,
        Step.SIGN_CONTRACT: steps_contract.sign,
        Step.FUND_ESCROW: steps_contract.fund,
        Step.DELIVER: steps_working.deliver,
        Step.ACCEPT_MILESTONE: steps_working.accept_milestone,
        Step.ASK_CORRECTION: steps_working.ask_correction,
        Step.STOP_LOSS: steps_working.stop_loss,
        Step.PAY: steps_working.pay,
        Step.CHOOSE_AT_GATE: steps_working.choose_at_gate,
        Step.ACCEPT_FINALLY: steps_working.accept_finally,
        Step.RATE: steps_working.rate,
        Step.DISPUTE: steps_disputing.dispute,
        Step.RESOLVE: steps_disputing.resolve,
    }
)
