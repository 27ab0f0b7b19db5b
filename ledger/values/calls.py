"""Which step of an open call may be taken by whom, from which state to which.

The record knows the words of a call's way and nothing of what is proposed, judged or paid: that
is judged where calls are kept, and enters as the hash of a document.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from ledger.values.consent import Role

DRAFT = "draft"
"""The state from which the first step of every call leads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStep:
    """The states in which a step may be taken, in which roles, and the states that may follow."""

    states: frozenset[str]
    sides: frozenset[Role]
    to: frozenset[str]


def _row(states: str, sides: tuple[Role, ...], to: str) -> CallStep:
    return CallStep(
        states=frozenset(states.split()), sides=frozenset(sides), to=frozenset(to.split())
    )


_B, _C, _P, _X, _A = Role.BUYER, Role.CENTRE, Role.PROVIDER, Role.EXPERT, Role.ARBITER
_BEFORE_AWARD = "draft triage published sealed formal_check review panel"
_DISPUTABLE = (
    "published sealed formal_check review panel awarded contracted in_progress "
    "accepted closed unawarded terminated"
)

CALL_STEPS: Mapping[str, CallStep] = MappingProxyType(
    {
        "submit": _row("draft", (_B,), "triage"),
        "return": _row("triage", (_C,), "draft"),
        "publish": _row("triage", (_C,), "published"),
        "ask": _row("published", (_P,), "published"),
        "answer": _row("published", (_B,), "published"),
        "apply": _row("published", (_P,), "published"),
        "withdraw_application": _row("published sealed", (_P,), "published sealed"),
        "close_applications": _row("published", (_C,), "sealed unawarded"),
        "reveal": _row("sealed", (_P,), "sealed"),
        "start_formal_check": _row("sealed", (_C,), "formal_check unawarded"),
        "check_application": _row("formal_check", (_C,), "formal_check"),
        "redact": _row("formal_check", (_P,), "formal_check"),
        "start_review": _row("formal_check", (_C,), "review unawarded"),
        "appoint": _row("review", (_C,), "review"),
        "declare": _row("review", (_X,), "review"),
        "score": _row("review", (_X,), "review"),
        "finish_review": _row("review", (_C,), "panel"),
        "defend": _row("panel", (_C,), "panel"),
        "award": _row("panel", (_C,), "awarded"),
        "end_without_award": _row("panel", (_C,), "unawarded"),
        "propose_contract": _row("awarded", (_B,), "awarded"),
        "sign_contract": _row("awarded", (_P,), "awarded contracted"),
        "fund_escrow": _row("contracted", (_C,), "contracted in_progress"),
        "deliver": _row("in_progress", (_P,), "in_progress"),
        "accept_milestone": _row("in_progress", (_B,), "in_progress"),
        "ask_correction": _row("in_progress", (_B,), "in_progress"),
        "stop_loss": _row("in_progress", (_B,), "in_progress terminated"),
        "pay": _row("in_progress", (_C,), "in_progress"),
        "choose_at_gate": _row("in_progress", (_B,), "in_progress"),
        "accept_finally": _row("in_progress", (_B,), "accepted"),
        "rate": _row("accepted", (_B,), "closed"),
        "withdraw": _row(_BEFORE_AWARD, (_B,), "withdrawn"),
        "dispute": _row(
            _DISPUTABLE,
            (
                _B,
                _P,
                _X,
            ),
            "disputed",
        ),
        "resolve": _row(
            "disputed",
            (
                _C,
                _A,
            ),
            _DISPUTABLE,
        ),
    }
)
"""What may happen in a call, by step."""
