"""Policies and claims: from the request to the release."""

from collections.abc import Iterable

from ledger.claims.drafts import Draft
from ledger.claims.events.base import Frame, draft_of
from ledger.claims.limit import Alphas
from ledger.claims.waterfall import Split
from ledger.values.consent import EventType
from ledger.values.disclosures import Salts
from ledger.values.money import Money


def policy_set(frame: Frame, *, lender: str, version: int, alphas: Alphas) -> Draft:
    """Draft a lender's advance rates. Needs lender maker and checker.

    Parameters
    ----------
    version
        1 at first, then one more each time. New decisions use the new version.
    """
    return draft_of(
        frame,
        EventType.POLICY_SET,
        subject=lender,
        fields={
            "lender": lender,
            "version": version,
            "alpha_u0": alphas.u0,
            "alpha_u1": alphas.u1,
            "alpha_w": alphas.w,
            "alpha_r": alphas.r,
        },
        summary=f"Set policy version {version}",
    )


def claim_requested(
    frame: Frame,
    *,
    order: str,
    claim: str,
    seller: str,
    amount: Money,
    maturity: str,
    osp: str | None = None,
) -> Draft:
    """Draft a request for an advance. Needs seller maker and checker.

    Parameters
    ----------
    maturity
        YYYY-MM-DD, at most the order's last due date plus its terms of payment.
    """
    return draft_of(
        frame,
        EventType.CLAIM_REQUESTED,
        subject=claim,
        fields={
            "order": order,
            "osp": osp,
            "seller": seller,
            "amount": amount.digits,
            "currency": amount.currency,
            "maturity": maturity,
        },
        summary=f"Request {amount} on order {order}",
    )


def claim_screened(
    frame: Frame,
    *,
    order: str,
    claim: str,
    operator: str,
    report_sha256: str,
    codes: Iterable[str] = (),
    osp: str | None = None,
) -> Draft:
    """Draft the screening's result. Needs the operator.

    Parameters
    ----------
    codes
        Warnings of the detectors, upper case; the operator attests them.
    report_sha256
        Digest (hex) of the detectors' whole report.
    """
    return draft_of(
        frame,
        EventType.CLAIM_SCREENED,
        subject=claim,
        fields={
            "order": order,
            "osp": osp,
            "operator": operator,
            "codes": [str(code) for code in sorted(set(codes))],
            "report": report_sha256,
        },
        summary=f"Screen claim {claim}",
    )


def claim_listed(
    frame: Frame, *, order: str, claim: str, seller: str, osp: str | None = None
) -> Draft:
    """Draft the claim's listing. Needs the seller's maker."""
    return draft_of(
        frame,
        EventType.CLAIM_LISTED,
        subject=claim,
        fields={"order": order, "osp": osp, "seller": seller},
        summary=f"List claim {claim}",
    )


def claim_withdrawn(
    frame: Frame, *, order: str, claim: str, seller: str, osp: str | None = None
) -> Draft:
    """Draft the claim's withdrawal, possible until it is pledged. Needs the seller's maker."""
    return draft_of(
        frame,
        EventType.CLAIM_WITHDRAWN,
        subject=claim,
        fields={"order": order, "osp": osp, "seller": seller},
        summary=f"Withdraw claim {claim}",
    )


def claim_offered(
    frame: Frame,
    *,
    order: str,
    claim: str,
    lender: str,
    offer: str,
    amount: Money,
    rate_bps: int,
    policy: int,
    valid_until_ms: int,
    osp: str | None = None,
) -> Draft:
    """Draft a lender's offer. Needs lender maker and checker.

    Parameters
    ----------
    rate_bps
        Yearly interest in basis points, counted actual/360.
    policy
        The version of the lender's policy that the offer is made under: its current one.
    valid_until_ms
        UTC milliseconds; the seller may accept up to this time.
    """
    return draft_of(
        frame,
        EventType.CLAIM_OFFERED,
        subject=claim,
        fields={
            "order": order,
            "osp": osp,
            "lender": lender,
            "offer": offer,
            "amount": amount.digits,
            "currency": amount.currency,
            "rate_bps": rate_bps,
            "policy": policy,
            "valid_until": valid_until_ms,
        },
        summary=f"Offer {amount} at {rate_bps} bps on claim {claim}",
    )


def claim_reserved(
    frame: Frame,
    *,
    order: str,
    claim: str,
    seller: str,
    lender: str,
    offer: str,
    amount: Money,
    osp: str,
) -> Draft:
    """Draft the acceptance of an offer, which holds headroom. Needs the seller's checker."""
    return draft_of(
        frame,
        EventType.CLAIM_RESERVED,
        subject=claim,
        fields={
            "order": order,
            "osp": osp,
            "seller": seller,
            "lender": lender,
            "offer": offer,
            "amount": amount.digits,
            "currency": amount.currency,
        },
        summary=f"Reserve {amount} on order {order}",
    )


def claim_lapsed(
    frame: Frame, *, order: str, claim: str, operator: str, entry: int, osp: str
) -> Draft:
    """Draft the end of a reservation's 72 hours. Needs the operator.

    Parameters
    ----------
    entry
        Index of the `claim.reserved` entry that set the term.
    """
    return draft_of(
        frame,
        EventType.CLAIM_LAPSED,
        subject=claim,
        fields={"order": order, "osp": osp, "operator": operator, "entry": entry},
        summary=f"Let the reservation of claim {claim} lapse",
    )


def claim_pledged(
    frame: Frame,
    *,
    order: str,
    claim: str,
    seller: str,
    buyer: str,
    lender: str,
    amount: Money,
    notice: str,
    reg_no: str,
    pay_account: str,
    registered_at_ms: int,
    osp: str,
    salts: Salts,
) -> Draft:
    """Draft the pledge. Needs seller and lender, maker and checker each, and the buyer's checker.

    Parameters
    ----------
    notice
        Handle of the notice of assignment that the buyer acknowledges by signing.
    reg_no, pay_account
        Number in the statutory register and the account to pay to: private.
    registered_at_ms
        UTC milliseconds of the registration, which gives the rank.
    """
    return draft_of(
        frame,
        EventType.CLAIM_PLEDGED,
        subject=claim,
        fields={
            "order": order,
            "osp": osp,
            "seller": seller,
            "buyer": buyer,
            "lender": lender,
            "amount": amount.digits,
            "currency": amount.currency,
            "notice": notice,
            "registered_at": registered_at_ms,
        },
        private={"reg_no": reg_no, "pay_account": pay_account},
        salts=salts,
        summary=f"Pledge {amount} on order {order} to lender {lender}",
    )


def claim_funded(
    frame: Frame,
    *,
    order: str,
    claim: str,
    lender: str,
    amount: Money,
    value_date: str,
    bank_ref: str,
    osp: str,
    salts: Salts,
) -> Draft:
    """Draft the evidence of the disbursement. Needs lender maker and checker.

    Parameters
    ----------
    value_date
        YYYY-MM-DD; interest runs from this day.
    bank_ref
        The bank's reference of the payment: private, and unique in the log.
    """
    return draft_of(
        frame,
        EventType.CLAIM_FUNDED,
        subject=claim,
        fields={
            "order": order,
            "osp": osp,
            "lender": lender,
            "amount": amount.digits,
            "currency": amount.currency,
            "value_date": value_date,
        },
        private={"bank_ref": bank_ref},
        salts=salts,
        summary=f"Fund claim {claim} with {amount}",
    )


def claim_repaid(
    frame: Frame,
    *,
    order: str,
    claim: str,
    lender: str,
    amount: Money,
    value_date: str,
    split: Split,
    bank_ref: str,
    osp: str,
    salts: Salts,
) -> Draft:
    """Draft the evidence of a payment. Needs the lender's maker.

    Parameters
    ----------
    split
        How the waterfall divides the amount (`ledger.claims.waterfall.repayment`); it is stated
        in the body so that a stranger need not compute interest to know what is outstanding.
    """
    return draft_of(
        frame,
        EventType.CLAIM_REPAID,
        subject=claim,
        fields={
            "order": order,
            "osp": osp,
            "lender": lender,
            "amount": amount.digits,
            "currency": amount.currency,
            "value_date": value_date,
            "interest": str(split.interest),
            "principal": str(split.principal),
            "surplus": str(split.surplus),
        },
        private={"bank_ref": bank_ref},
        salts=salts,
        summary=f"Record a payment of {amount} on claim {claim}",
    )


def claim_released(
    frame: Frame,
    *,
    order: str,
    claim: str,
    lender: str,
    amount: Money,
    discharge_no: str,
    osp: str,
    salts: Salts,
) -> Draft:
    """Draft the release after full repayment. Needs lender maker and checker.

    Parameters
    ----------
    amount
        What the claim was pledged for.
    discharge_no
        Number of the discharge in the statutory register: private.
    """
    return draft_of(
        frame,
        EventType.CLAIM_RELEASED,
        subject=claim,
        fields={
            "order": order,
            "osp": osp,
            "lender": lender,
            "amount": amount.digits,
            "currency": amount.currency,
        },
        private={"discharge_no": discharge_no},
        salts=salts,
        summary=f"Release claim {claim}",
    )
