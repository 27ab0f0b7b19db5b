"""Which events can be drafted, from which facts, by which function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from api.services import proposals
from api.services.drafting import financing, keys, orders, privacy, registry
from api.services.drafting.facts import Facts
from api.services.errors import BadRequest
from api.services.workspace import Workspace
from ledger.claims.drafts import Draft
from ledger.values.consent import EventType


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """How an event is drafted.

    Parameters
    ----------
    required, optional
        Names of the facts.
    """

    make: Callable[[Workspace, Facts], Draft]
    required: tuple[str, ...]
    optional: tuple[str, ...] = ()


def _accepted(workspace: Workspace, facts: Facts) -> Draft:
    answer = proposals.Answer.ACCEPTED
    return proposals.draft_answer(workspace, facts.text("proposal"), answer)


def _declined(workspace: Workspace, facts: Facts) -> Draft:
    answer = proposals.Answer.DECLINED
    return proposals.draft_answer(workspace, facts.text("proposal"), answer)


E = EventType
EVENTS: Mapping[EventType, Maker] = MappingProxyType(
    {
        E.PARTY_ONBOARDED: Maker(
            make=registry.party_onboarded,
            required=("organisation",),
            optional=("roles", "kyb_until", "country"),
        ),
        E.KEY_ENROLLED: Maker(
            make=registry.key_enrolled,
            required=("organisation", "user", "duty", "public_key"),
            optional=("user_handle", "valid_days"),
        ),
        E.KEY_REVOKED: Maker(make=registry.key_revoked, required=("kid", "reason")),
        E.KEY_ROTATED: Maker(
            make=keys.key_rotated, required=("kid", "public_key"), optional=("valid_days",)
        ),
        E.LOG_KEY_ROTATED: Maker(
            make=keys.log_key_rotated, required=("public_key",), optional=("overlap_days",)
        ),
        E.LOG_OPENED: Maker(
            make=keys.log_opened, required=("previous", "size", "root", "checkpoint", "reason")
        ),
        E.PROPOSAL_ACCEPTED: Maker(make=_accepted, required=("proposal",)),
        E.PROPOSAL_DECLINED: Maker(make=_declined, required=("proposal",)),
        E.ORDER_SUBMITTED: Maker(
            make=orders.order_submitted,
            required=("purchase_order",),
            optional=("by", "last_due", "terms_days", "prepaid", "retention_bps", "assignable"),
        ),
        E.ORDER_CONFIRMED: Maker(make=orders.order_confirmed, required=("order",)),
        E.ORDER_REJECTED: Maker(make=orders.order_rejected, required=("order", "reason")),
        E.POLICY_SET: Maker(
            make=financing.policy_set,
            required=("lender",),
            optional=("alpha_u0", "alpha_u1", "alpha_w", "alpha_r"),
        ),
        E.CLAIM_REQUESTED: Maker(
            make=financing.claim_requested, required=("order", "amount"), optional=("maturity",)
        ),
        E.CLAIM_LISTED: Maker(make=financing.claim_listed, required=("claim",)),
        E.CLAIM_WITHDRAWN: Maker(make=financing.claim_withdrawn, required=("claim",)),
        E.CLAIM_OFFERED: Maker(
            make=financing.claim_offered,
            required=("claim", "lender", "amount", "rate_bps"),
            optional=("valid_days",),
        ),
        E.CLAIM_RESERVED: Maker(
            make=financing.claim_reserved, required=("claim", "offer"), optional=("amount",)
        ),
        E.CLAIM_PLEDGED: Maker(
            make=financing.claim_pledged,
            required=("claim", "reg_no", "pay_account"),
            optional=("registered_at",),
        ),
        E.CLAIM_FUNDED: Maker(
            make=financing.claim_funded, required=("claim", "bank_ref"), optional=("value_date",)
        ),
        E.CLAIM_REPAID: Maker(
            make=financing.claim_repaid,
            required=("claim", "bank_ref"),
            optional=("amount", "value_date"),
        ),
        E.DISCLOSURE_MADE: Maker(
            make=privacy.disclosure_made, required=("about", "to", "fields"), optional=("by",)
        ),
        E.ERASURE: Maker(make=privacy.erasure, required=("handle", "reason")),
        E.CLAIM_RELEASED: Maker(make=financing.claim_released, required=("claim", "discharge_no")),
    }
)


def make_draft(workspace: Workspace, event: str, facts: Mapping[str, object]) -> Draft:
    """Return the draft of an event from named facts.

    The order's head is fixed in it as `osp`; salts come from the order's secret; a random `idem`
    makes every later submission of the same draft harmless.

    Raises
    ------
    BadRequest
        When the event is unknown or a fact is missing, unknown or of another form.
    NotFound, WrongStatus, NotOnboarded
        When what the facts name is not there or not ready.
    """
    maker = _maker(event)
    stated = Facts(event, facts)
    stated.expect(maker.required, maker.optional)
    return maker.make(workspace, stated)


def draft_fields(event: str) -> tuple[str, ...]:
    """Return the names of the facts that `make_draft` needs for an event. Raises BadRequest."""
    return _maker(event).required


def _maker(event: str) -> Maker:
    try:
        return EVENTS[EventType(event)]
    except (ValueError, KeyError):
        known = ", ".join(sorted(EVENTS))
        raise BadRequest(
            f"No draft is made of {event!r}; expected one of {known}.", event=event
        ) from None
