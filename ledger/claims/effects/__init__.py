"""What each event does to the state: one function per event, in one table."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ledger.claims.effects import calls, financing, keys, orders, payments, privacy, registry, roots
from ledger.claims.effects.base import Step
from ledger.values.consent import EventType

EFFECTS: Mapping[EventType, Callable[[Step], None]] = MappingProxyType(
    {
        EventType.PARTY_ONBOARDED: registry.party_onboarded,
        EventType.KEY_ENROLLED: registry.key_enrolled,
        EventType.KEY_REVOKED: registry.key_revoked,
        EventType.PLAN_PUBLISHED: orders.plan_published,
        EventType.PROPOSAL_ACCEPTED: orders.proposal_answered,
        EventType.PROPOSAL_DECLINED: orders.proposal_answered,
        EventType.ORDER_SUBMITTED: orders.order_submitted,
        EventType.ORDER_CONFIRMED: orders.order_answered,
        EventType.ORDER_REJECTED: orders.order_answered,
        EventType.POLICY_SET: financing.policy_set,
        EventType.CLAIM_REQUESTED: financing.claim_requested,
        EventType.CLAIM_SCREENED: financing.claim_screened,
        EventType.CLAIM_LISTED: financing.claim_listed,
        EventType.CLAIM_WITHDRAWN: financing.claim_closed,
        EventType.CLAIM_OFFERED: financing.claim_offered,
        EventType.CLAIM_RESERVED: financing.claim_reserved,
        EventType.CLAIM_LAPSED: financing.claim_closed,
        EventType.CLAIM_PLEDGED: payments.claim_pledged,
        EventType.CLAIM_FUNDED: payments.claim_funded,
        EventType.CLAIM_REPAID: payments.claim_repaid,
        EventType.CLAIM_RELEASED: payments.claim_released,
        EventType.DISCLOSURE_MADE: privacy.disclosure_made,
        EventType.ERASURE: privacy.erasure,
        EventType.KEY_ROTATED: keys.key_rotated,
        EventType.LOG_KEY_ROTATED: keys.log_key_rotated,
        EventType.LOG_SM3_ROOT: keys.log_sm3_root,
        EventType.LOG_OPENED: keys.log_opened,
        EventType.STATE_ROOT: roots.state_root,
        EventType.CALL_TRANSITION: calls.call_transition,
    }
)

TAGGED = frozenset(
    {
        EventType.PARTY_ONBOARDED,
        EventType.ORDER_SUBMITTED,
        EventType.CLAIM_PLEDGED,
        EventType.CLAIM_FUNDED,
        EventType.CLAIM_REPAID,
    }
)
"""Events whose entry carries a keyed tag: something in them must be unique."""
