"""Builders: one function per event, each returning an unsigned draft.

Handles (`order`, `claim`, `offer`, `notice`, `user`, `party`) and the request id `idem` are
chosen by the caller: 32 lower-case hex digits, random. `expires_ms` is UTC milliseconds after
which the body may no longer be entered. `osp` is the leaf hash (hex) of the last entry of the
order that the signers saw.
"""

from ledger.claims.events.base import Frame
from ledger.claims.events.calls import call_transition
from ledger.claims.events.financing import (
    claim_funded,
    claim_lapsed,
    claim_listed,
    claim_offered,
    claim_pledged,
    claim_released,
    claim_repaid,
    claim_requested,
    claim_reserved,
    claim_screened,
    claim_withdrawn,
    policy_set,
)
from ledger.claims.events.keys import key_rotated, log_key_rotated, log_opened, log_sm3_root
from ledger.claims.events.orders import (
    Adjustment,
    OrderLine,
    order_confirmed,
    order_rejected,
    order_submitted,
    plan_published,
    proposal_accepted,
    proposal_declined,
)
from ledger.claims.events.privacy import disclosure_made, erasure
from ledger.claims.events.registry import key_enrolled, key_revoked, party_onboarded
from ledger.claims.events.roots import state_root

__all__ = [
    "Adjustment",
    "Frame",
    "OrderLine",
    "call_transition",
    "claim_funded",
    "claim_lapsed",
    "claim_listed",
    "claim_offered",
    "claim_pledged",
    "claim_released",
    "claim_repaid",
    "claim_requested",
    "claim_reserved",
    "claim_screened",
    "claim_withdrawn",
    "disclosure_made",
    "erasure",
    "key_enrolled",
    "key_revoked",
    "key_rotated",
    "log_key_rotated",
    "log_opened",
    "log_sm3_root",
    "order_confirmed",
    "order_rejected",
    "order_submitted",
    "party_onboarded",
    "plan_published",
    "policy_set",
    "proposal_accepted",
    "proposal_declined",
    "state_root",
]
