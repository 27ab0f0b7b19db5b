"""States, steps and roles of an open call, and the table of who may do what, where.

A row of the table says in which states a step may be taken, by which roles, which states may
follow, and whether it takes a reason. Where several states may follow, the step's rule picks one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType


@unique
class CallState(StrEnum):
    """Where an open call stands."""

    DRAFT = "draft"
    TRIAGE = "triage"
    PUBLISHED = "published"
    SEALED = "sealed"  # applications are closed; proposals are opened
    FORMAL_CHECK = "formal_check"
    REVIEW = "review"
    PANEL = "panel"
    AWARDED = "awarded"
    CONTRACTED = "contracted"
    IN_PROGRESS = "in_progress"
    ACCEPTED = "accepted"
    CLOSED = "closed"
    DISPUTED = "disputed"
    WITHDRAWN = "withdrawn"
    UNAWARDED = "unawarded"
    TERMINATED = "terminated"


@unique
class Role(StrEnum):
    """In what capacity an organisation acts in a call."""

    ENTERPRISE = "enterprise"  # the demand's owner
    CENTRE = "centre"  # the park's service centre
    PROVIDER = "provider"
    EXPERT = "expert"
    ARBITER = "arbiter"


@unique
class Step(StrEnum):
    """What somebody does in a call."""

    SUBMIT = "submit"
    RETURN = "return"
    PUBLISH = "publish"
    ASK = "ask"
    ANSWER = "answer"
    APPLY = "apply"
    WITHDRAW_APPLICATION = "withdraw_application"
    CLOSE_APPLICATIONS = "close_applications"
    REVEAL = "reveal"
    START_FORMAL_CHECK = "start_formal_check"
    CHECK_APPLICATION = "check_application"
    REDACT = "redact"
    START_REVIEW = "start_review"
    APPOINT = "appoint"
    DECLARE = "declare"
    SCORE = "score"
    FINISH_REVIEW = "finish_review"
    DEFEND = "defend"
    AWARD = "award"
    END_WITHOUT_AWARD = "end_without_award"
    PROPOSE_CONTRACT = "propose_contract"
    SIGN_CONTRACT = "sign_contract"
    FUND_ESCROW = "fund_escrow"
    DELIVER = "deliver"
    ACCEPT_MILESTONE = "accept_milestone"
    ASK_CORRECTION = "ask_correction"
    STOP_LOSS = "stop_loss"
    PAY = "pay"
    CHOOSE_AT_GATE = "choose_at_gate"
    ACCEPT_FINALLY = "accept_finally"
    RATE = "rate"
    WITHDRAW = "withdraw"
    DISPUTE = "dispute"
    RESOLVE = "resolve"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table.

    Parameters
    ----------
    reason
        Whether the step needs words why.
    """

    states: tuple[CallState, ...]
    roles: tuple[Role, ...]
    to: tuple[CallState, ...]
    reason: bool = False


_S = CallState
_E, _C, _P, _X, _A = Role.ENTERPRISE, Role.CENTRE, Role.PROVIDER, Role.EXPERT, Role.ARBITER
BEFORE_AWARD = (
    _S.DRAFT,
    _S.TRIAGE,
    _S.PUBLISHED,
    _S.SEALED,
    _S.FORMAL_CHECK,
    _S.REVIEW,
    _S.PANEL,
)
FINAL = (_S.CLOSED, _S.WITHDRAWN, _S.UNAWARDED, _S.TERMINATED)
"""States in which nothing happens any more but a dispute about the outcome."""
DISPUTABLE = tuple(
    state for state in _S if state not in {_S.DRAFT, _S.TRIAGE, _S.DISPUTED, _S.WITHDRAWN}
)
REDO = (_S.FORMAL_CHECK, _S.REVIEW, _S.PANEL)
"""States to which a dispute that is upheld may send a call back, before any contract."""


def _row(
    states: CallState | tuple[CallState, ...],
    roles: Role | tuple[Role, ...],
    to: CallState | tuple[CallState, ...],
    *,
    reason: bool = False,
) -> Rule:
    return Rule(
        states=states if isinstance(states, tuple) else (states,),
        roles=roles if isinstance(roles, tuple) else (roles,),
        to=to if isinstance(to, tuple) else (to,),
        reason=reason,
    )


TABLE: Mapping[Step, Rule] = MappingProxyType(
    {
        Step.SUBMIT: _row(_S.DRAFT, _E, _S.TRIAGE),
        Step.RETURN: _row(_S.TRIAGE, _C, _S.DRAFT, reason=True),
        Step.PUBLISH: _row(_S.TRIAGE, _C, _S.PUBLISHED),
        Step.ASK: _row(_S.PUBLISHED, _P, _S.PUBLISHED),
        Step.ANSWER: _row(_S.PUBLISHED, _E, _S.PUBLISHED),
        Step.APPLY: _row(_S.PUBLISHED, _P, _S.PUBLISHED),
        Step.WITHDRAW_APPLICATION: _row(
            (_S.PUBLISHED, _S.SEALED), _P, (_S.PUBLISHED, _S.SEALED), reason=True
        ),
        Step.CLOSE_APPLICATIONS: _row(_S.PUBLISHED, _C, (_S.SEALED, _S.UNAWARDED)),
        Step.REVEAL: _row(_S.SEALED, _P, _S.SEALED),
        Step.START_FORMAL_CHECK: _row(_S.SEALED, _C, (_S.FORMAL_CHECK, _S.UNAWARDED)),
        Step.CHECK_APPLICATION: _row(_S.FORMAL_CHECK, _C, _S.FORMAL_CHECK, reason=True),
        Step.REDACT: _row(_S.FORMAL_CHECK, _P, _S.FORMAL_CHECK),
        Step.START_REVIEW: _row(_S.FORMAL_CHECK, _C, (_S.REVIEW, _S.UNAWARDED)),
        Step.APPOINT: _row(_S.REVIEW, _C, _S.REVIEW, reason=True),
        Step.DECLARE: _row(_S.REVIEW, _X, _S.REVIEW),
        Step.SCORE: _row(_S.REVIEW, _X, _S.REVIEW, reason=True),
        Step.FINISH_REVIEW: _row(_S.REVIEW, _C, _S.PANEL),
        Step.DEFEND: _row(_S.PANEL, _C, _S.PANEL, reason=True),
        Step.AWARD: _row(_S.PANEL, _C, _S.AWARDED, reason=True),
        Step.END_WITHOUT_AWARD: _row(_S.PANEL, _C, _S.UNAWARDED, reason=True),
        Step.PROPOSE_CONTRACT: _row(_S.AWARDED, _E, _S.AWARDED),
        Step.SIGN_CONTRACT: _row(_S.AWARDED, _P, (_S.AWARDED, _S.CONTRACTED)),
        Step.FUND_ESCROW: _row(_S.CONTRACTED, _C, (_S.CONTRACTED, _S.IN_PROGRESS)),
        Step.DELIVER: _row(_S.IN_PROGRESS, _P, _S.IN_PROGRESS),
        Step.ACCEPT_MILESTONE: _row(_S.IN_PROGRESS, _E, _S.IN_PROGRESS),
        Step.ASK_CORRECTION: _row(_S.IN_PROGRESS, _E, _S.IN_PROGRESS, reason=True),
        Step.STOP_LOSS: _row(_S.IN_PROGRESS, _E, (_S.IN_PROGRESS, _S.TERMINATED), reason=True),
        Step.PAY: _row(_S.IN_PROGRESS, _C, _S.IN_PROGRESS),
        Step.CHOOSE_AT_GATE: _row(_S.IN_PROGRESS, _E, _S.IN_PROGRESS, reason=True),
        Step.ACCEPT_FINALLY: _row(_S.IN_PROGRESS, _E, _S.ACCEPTED),
        Step.RATE: _row(_S.ACCEPTED, _E, _S.CLOSED, reason=True),
        Step.WITHDRAW: _row(BEFORE_AWARD, _E, _S.WITHDRAWN, reason=True),
        Step.DISPUTE: _row(DISPUTABLE, (_E, _P, _X), _S.DISPUTED, reason=True),
        Step.RESOLVE: _row(_S.DISPUTED, (_C, _A), (*DISPUTABLE,), reason=True),
    }
)


def steps_of(state: CallState, role: Role | None = None) -> tuple[Step, ...]:
    """Return the steps that may be taken in a state, by a role or by anybody, in their order."""
    return tuple(
        step
        for step, rule in TABLE.items()
        if state in rule.states and (role is None or role in rule.roles)
    )
