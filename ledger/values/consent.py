"""Which events exist, and whose signature each one needs.

One table, read by the rules (which refuse what is not signed) and by the verifier (which
believes nothing else). A body names the parties that must sign it in fields called after their
role, so what is needed is a function of the body alone; that those parties are the right ones
(this order's buyer, this claim's lender) is the rules' business.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import NamedTuple


@unique
class EventType(StrEnum):
    """Every event of the record. Dotted and lower-case; past tense for what happened."""

    PARTY_ONBOARDED = "party.onboarded"
    """The registrar has identified a party, or renewed what it knows of it."""
    KEY_ENROLLED = "key.enrolled"
    """A user of a party holds this key, with this duty, for this time."""
    KEY_REVOKED = "key.revoked"
    """The key signs nothing more from this entry on; what it signed before stands."""
    PLAN_PUBLISHED = "plan.published"
    """The operator fixes a plan: hash of the problem, hash of the plan, objective and bound."""
    PROPOSAL_ACCEPTED = "proposal.accepted"
    """A party accepts what a plan proposes to it."""
    PROPOSAL_DECLINED = "proposal.declined"
    """A party declines what a plan proposes to it."""
    ORDER_SUBMITTED = "order.submitted"
    """A purchase order enters the record; its identity is taken for ever."""
    ORDER_CONFIRMED = "order.confirmed"
    """The buyer confirms version and value: the order can carry claims."""
    ORDER_REJECTED = "order.rejected"
    """The buyer rejects the order; the seller may submit it again on the same chain."""
    POLICY_SET = "policy.set"
    """A lender states its advance rates per stage: a new version, never a rewritten one."""
    CLAIM_REQUESTED = "claim.requested"
    """The seller asks for an advance on a confirmed order."""
    CLAIM_SCREENED = "claim.screened"
    """Decided by rule and signed by the operator: nothing known stands against the claim."""
    CLAIM_LISTED = "claim.listed"
    """The seller shows the claim to lenders."""
    CLAIM_WITHDRAWN = "claim.withdrawn"
    """The seller takes the claim back, at any time before it is pledged."""
    CLAIM_OFFERED = "claim.offered"
    """A lender offers an amount at a rate, under a version of its policy."""
    CLAIM_RESERVED = "claim.reserved"
    """The seller accepts an offer: headroom is held for 72 hours."""
    CLAIM_LAPSED = "claim.lapsed"
    """The 72 hours are over; the operator says so and names the entry that began them."""
    CLAIM_PLEDGED = "claim.pledged"
    """Seller, lender and buyer sign: pledge, registration and the notice's acknowledgement."""
    CLAIM_FUNDED = "claim.funded"
    """The lender has paid out, with its bank's evidence."""
    CLAIM_REPAID = "claim.repaid"
    """A payment arrived: split into interest, principal and surplus."""
    CLAIM_RELEASED = "claim.released"
    """The lender lets go of the order after full repayment, with the registry's discharge."""
    DISCLOSURE_MADE = "disclosure.made"
    """A party showed private fields to somebody: to whom, and which, stands in a digest alone."""
    ERASURE = "erasure"
    """The key of an order's or a party's private fields is destroyed: they open no more."""
    KEY_ROTATED = "key.rotated"
    """A user's key is replaced by a new one, which both sign."""
    LOG_KEY_ROTATED = "log.key_rotated"
    """The key that signs the log's checkpoints is replaced by a new one, which both sign."""
    LOG_SM3_ROOT = "log.sm3_root"
    """The operator states the day's SM3 root over the first entries of the log."""
    LOG_OPENED = "log.opened"
    """This log goes on where another one ended, whose last signed head it cites."""
    STATE_ROOT = "state.root"
    """The operator states the root of the state map over all entries before this one."""
    CALL_TRANSITION = "call.transition"
    """A step of an open call: from where to where, and the hash of what was said."""


@unique
class Role(StrEnum):
    """In what capacity a party signs."""

    BUYER = "buyer"
    SELLER = "seller"
    HOLDER = "holder"
    LENDER = "lender"
    CARRIER = "carrier"
    PROVIDER = "provider"
    EXPERT = "expert"
    REGISTRAR = "registrar"
    ARBITER = "arbiter"
    CENTRE = "centre"
    OPERATOR = "operator"
    PARTY = "party"
    """In one's own name, whatever one's other roles: for one's own keys."""
    LOG = "log"
    """As the key of the log itself: for its own replacement."""


@unique
class Duty(StrEnum):
    """What a user's key may do. Maker and checker of one event are two different users."""

    MAKER = "maker"
    CHECKER = "checker"
    VIEWER = "viewer"


EVENTS: Mapping[str, EventType] = MappingProxyType({one.value: one for one in EventType})
ROLES: Mapping[str, Role] = MappingProxyType({one.value: one for one in Role})
DUTIES: Mapping[str, Duty] = MappingProxyType({one.value: one for one in Duty})
"""By name: to look one up costs a tenth of making it anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """One required signature of an event. `role` None: the side that the body's `by` names."""

    role: Role | None
    duty: Duty


class Need(NamedTuple):
    """One signature a body waits for. `duty` None: the registrar's root key itself.

    Where `kid` is set, that very key must sign, whatever its duty.
    """

    role: Role
    duty: Duty | None
    party: str
    kid: str | None = None


def _both(role: Role | None) -> tuple[Signer, Signer]:
    return Signer(role=role, duty=Duty.MAKER), Signer(role=role, duty=Duty.CHECKER)


def _maker(role: Role | None) -> tuple[Signer]:
    return (Signer(role=role, duty=Duty.MAKER),)


def _checker(role: Role | None) -> tuple[Signer]:
    return (Signer(role=role, duty=Duty.CHECKER),)


SIGNERS: Mapping[EventType, tuple[Signer, ...]] = MappingProxyType(
    {
        EventType.PARTY_ONBOARDED: _both(Role.REGISTRAR),
        EventType.KEY_ENROLLED: _both(Role.REGISTRAR),
        EventType.KEY_REVOKED: _both(Role.REGISTRAR),
        EventType.PLAN_PUBLISHED: _maker(Role.OPERATOR),
        EventType.PROPOSAL_ACCEPTED: _maker(None),
        EventType.PROPOSAL_DECLINED: _maker(None),
        EventType.ORDER_SUBMITTED: _both(None),
        EventType.ORDER_CONFIRMED: _both(Role.BUYER),
        EventType.ORDER_REJECTED: _maker(Role.BUYER),
        EventType.POLICY_SET: _both(Role.LENDER),
        EventType.CLAIM_REQUESTED: _both(Role.SELLER),
        EventType.CLAIM_SCREENED: _maker(Role.OPERATOR),
        EventType.CLAIM_LISTED: _maker(Role.SELLER),
        EventType.CLAIM_WITHDRAWN: _maker(Role.SELLER),
        EventType.CLAIM_OFFERED: _both(Role.LENDER),
        EventType.CLAIM_RESERVED: _checker(Role.SELLER),
        EventType.CLAIM_LAPSED: _maker(Role.OPERATOR),
        EventType.CLAIM_PLEDGED: (
            *_both(Role.SELLER),
            *_both(Role.LENDER),
            *_checker(Role.BUYER),
        ),
        EventType.CLAIM_FUNDED: _both(Role.LENDER),
        EventType.CLAIM_REPAID: _maker(Role.LENDER),
        EventType.CLAIM_RELEASED: _both(Role.LENDER),
        EventType.DISCLOSURE_MADE: _maker(None),
        EventType.ERASURE: (*_both(Role.REGISTRAR), *_maker(Role.OPERATOR)),
        EventType.KEY_ROTATED: _both(Role.REGISTRAR),
        EventType.LOG_KEY_ROTATED: (*_both(Role.REGISTRAR), *_maker(Role.OPERATOR)),
        EventType.LOG_SM3_ROOT: _maker(Role.OPERATOR),
        EventType.LOG_OPENED: (*_both(Role.REGISTRAR), *_maker(Role.OPERATOR)),
        EventType.STATE_ROOT: _maker(Role.OPERATOR),
        EventType.CALL_TRANSITION: _maker(None),
    }
)
"""Signatures per event. The operator's system key is enrolled with the duty maker."""

OLD_AND_NEW: Mapping[EventType, tuple[Role, str]] = MappingProxyType(
    {
        EventType.KEY_ROTATED: (Role.PARTY, "party"),
        EventType.LOG_KEY_ROTATED: (Role.LOG, "operator"),
    }
)
"""Events that replace a key: besides the table, the old one (`replaces`) and the new one
(`subject`) sign, in this role, for the party in this field."""


def needs_of(body: Mapping[str, object]) -> tuple[Need, ...]:
    """Return the signatures that a body of the right shape needs, in the table's order.

    The registrar's own keys are the one exception to the table: their enrolment is signed by
    the pinned root key alone, because nothing enrolled exists before them.
    """
    event = EVENTS[str(body["type"])]
    if event is EventType.KEY_ENROLLED and body["party"] == body["registrar"]:
        return (Need(role=Role.REGISTRAR, duty=None, party=str(body["registrar"])),)
    needs = []
    for signer in SIGNERS[event]:
        role = ROLES[str(body["by"])] if signer.role is None else signer.role
        named = body[role] if role in body else body.get("party")
        needs.append(Need(role, signer.duty, str(named)))
    if event in OLD_AND_NEW:
        role, field = OLD_AND_NEW[event]
        needs += [
            Need(role=role, duty=None, party=str(body[field]), kid=str(body[name]))
            for name in ("replaces", "subject")
        ]
    return tuple(needs)


class Signatory(NamedTuple):
    """Who stands behind a signature, as enrolled. `duty` and `user` None: the root key."""

    kid: str
    role: Role
    party: str
    user: str | None
    duty: Duty | None


class ConsentError(ValueError):
    """The signatures are not those that the body needs.

    Parameters
    ----------
    code
        ``SIGNATURE_MISSING``, ``SIGNATURE_UNEXPECTED``, ``WRONG_PARTY``, ``WRONG_DUTY`` or
        ``SAME_USER_TWICE``.
    params
        Role, duty, party, key or user concerned.
    """

    def __init__(self, code: str, message: str, **params: str) -> None:
        super().__init__(message)
        self.code = code
        self.params: Mapping[str, str] = dict(params)


def match_signatures(needs: Sequence[Need], signatories: Sequence[Signatory]) -> None:
    """Check that each need is met by one signature, none is left over, and no user signs twice.

    Raises
    ------
    ConsentError
        Naming the first signature that does not belong, then what is missing, then a user who
        would check what the same user made.
    """
    if _fit(needs, signatories):
        return  # almost always; what follows says what is wrong
    open_needs = list(needs)
    for one in signatories:
        met = Need(role=one.role, duty=one.duty, party=one.party)
        itself = Need(role=one.role, duty=None, party=one.party, kid=one.kid)
        met = itself if itself in open_needs else met
        if met not in open_needs:
            raise _misfit(one, needs)
        open_needs.remove(met)
    if open_needs:
        need = open_needs[0]
        duty = need.duty.value if need.duty else f"key {need.kid}" if need.kid else "root key"
        raise ConsentError(
            "SIGNATURE_MISSING",
            f"the {duty} of the {need.role} (party {need.party}) has not signed",
            role=need.role.value,
            duty=duty,
            party=need.party,
        )
    users = [one.user for one in signatories if one.user is not None]
    for user in users:
        if users.count(user) > 1:
            raise ConsentError(
                "SAME_USER_TWICE",
                f"user {user} signs twice; maker and checker are two different users",
                user=user,
            )


def _fit(needs: Sequence[Need], signatories: Sequence[Signatory]) -> bool:
    """Tell whether the signatures are surely those that are needed, each by another user."""
    if len(needs) == len(signatories) == 1:  # with one, there is no order and no second user
        (need,), (one,) = needs, signatories
        same = need.party == one.party and need.role == one.role and need.duty == one.duty
        return same and need.kid is None
    wanted = sorted([(need.role, need.duty or "", need.party) for need in needs])
    if wanted != sorted([(one.role, one.duty or "", one.party) for one in signatories]):
        return False
    users = [one.user for one in signatories if one.user is not None]
    return len(set(users)) == len(users) and all(need.kid is None for need in needs)


def _misfit(one: Signatory, needs: Sequence[Need]) -> ConsentError:
    """Say why a signature meets no open need."""
    duty = one.duty.value if one.duty else "root key"
    params = {"kid": one.kid, "role": one.role.value, "party": one.party, "duty": duty}
    same_role = [need for need in needs if need.role == one.role]
    if not same_role:
        text = f"key {one.kid} signs as {one.role}, and this event needs no such signature"
        return ConsentError("SIGNATURE_UNEXPECTED", text, **params)
    if all(need.party != one.party for need in same_role):
        text = f"key {one.kid} signs as {one.role} for party {one.party}, not {same_role[0].party}"
        return ConsentError("WRONG_PARTY", text, **params, expected=same_role[0].party)
    if all(need.duty != one.duty for need in same_role):
        text = f"key {one.kid} is a {duty}'s; this event needs another duty of the {one.role}"
        return ConsentError("WRONG_DUTY", text, **params)
    text = f"key {one.kid} signs where a {duty} of the {one.role} has already signed"
    return ConsentError("SIGNATURE_UNEXPECTED", text, **params)
