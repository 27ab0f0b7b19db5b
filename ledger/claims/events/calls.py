"""Open calls: one event for every step, with the hash of what was said."""

from ledger.claims.drafts import Draft
from ledger.claims.events.base import Frame, draft_of
from ledger.values.consent import EventType, Role


def call_transition(
    frame: Frame,
    *,
    call: str,
    sequence: int,
    step: str,
    from_state: str,
    to_state: str,
    side: Role,
    party: str,
    document_sha256: str,
    seen_sha256: str | None,
) -> Draft:
    """Draft a step of an open call. Needs the maker of the party that takes it.

    Parameters
    ----------
    sequence
        Number of the step, from 1 without holes.
    step, from_state, to_state
        Words of the call's own rules, lower case.
    side
        ``buyer`` for the demand's owner, ``provider``, ``expert``, ``centre`` or ``arbiter``.
    document_sha256
        Hash, in hex, of what is said in this step.
    seen_sha256
        Hash of what was said in the step before, which the signer saw; None in the first.
    """
    return draft_of(
        frame,
        EventType.CALL_TRANSITION,
        subject=call,
        fields={
            "by": side.value,
            "party": party,
            "sequence": sequence,
            "step": step,
            "from": from_state,
            "to": to_state,
            "document": document_sha256,
            "seen": seen_sha256,
        },
        summary=f"Open call {call}, step {sequence}: {step}, from {from_state} to {to_state}",
    )
