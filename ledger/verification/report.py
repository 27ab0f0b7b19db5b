"""What a verdict says: one line of what is proved, one line of what is not."""

import datetime as dt

from ledger.log.canonical import JsonObject, JsonValue
from ledger.values.money import format_minor
from ledger.verification.facts import ClaimFacts
from ledger.verification.verify import Verdict

NOT_PROVED = (
    "that no later entry of this order exists beyond entry {last}, that no key was revoked by an "
    "entry left out of this file, that the log shows everybody the same tree, that the lenders' "
    "advance limits were kept, that no other log or register holds a pledge on this order, and "
    "that the goods exist"
)


def proved_line(verdict: Verdict) -> str:
    """Return one line: the order, who confirmed what, every claim and what is outstanding."""
    order = verdict.order
    state = (
        f"confirmed by its buyer {order.buyer} over {format_minor(order.net, order.currency)} "
        f"(version {order.version})"
        if order.confirmed
        else f"{order.status}, NOT confirmed by its buyer {order.buyer}"
    )
    claims = "; ".join(
        _claim_text(handle, claim, order.currency) for handle, claim in _claims(verdict)
    )
    moment = dt.datetime.fromtimestamp(verdict.last_ms // 1000, tz=dt.UTC)
    return (
        f"order {order.order} of seller {order.seller} is {state}; {claims or 'no claim on it'}; "
        f"live principal {format_minor(order.live, order.currency)}; by its chain of "
        f"{verdict.length} entries ({verdict.first} to {verdict.last}, the last of "
        f"{moment:%Y-%m-%d %H:%M:%S} UTC) in log {verdict.checkpoint.origin} at size "
        f"{verdict.checkpoint.size}, with {verdict.signatures} valid signatures of keys enrolled "
        "under the given registrar"
    )


def not_proved_line(verdict: Verdict) -> str:
    """Return one line: what this file cannot show."""
    return NOT_PROVED.format(last=verdict.last)


def to_json(verdict: Verdict) -> JsonObject:
    """Return the verdict for programs; amounts as digits in minor units."""
    order = verdict.order
    claims: list[JsonValue] = [
        {
            "claim": handle,
            "status": claim.status.value,
            "lender": claim.lender,
            "principal": str(claim.principal),
            "outstanding": str(claim.outstanding),
            "interest_paid": str(claim.interest_paid),
            "surplus": str(claim.surplus),
        }
        for handle, claim in _claims(verdict)
    ]
    disclosed: list[JsonValue] = [
        {"entry": index, "name": name, "value": value}  # type: ignore[dict-item]  # JSON inside
        for index, name, value in verdict.disclosed
    ]
    return {
        "status": "proved",
        "proved": proved_line(verdict),
        "not_proved": not_proved_line(verdict),
        "origin": verdict.checkpoint.origin,
        "size": verdict.checkpoint.size,
        "root": verdict.checkpoint.root.hex(),
        "order": order.order,
        "order_status": order.status.value if order.status else None,
        "buyer": order.buyer,
        "seller": order.seller,
        "version": order.version,
        "confirmed": order.confirmed,
        "net": str(order.net),
        "currency": order.currency,
        "live": str(order.live),
        "claims": claims,
        "chain": {"first": verdict.first, "last": verdict.last, "length": verdict.length},
        "signatures": verdict.signatures,
        "disclosed": disclosed,
    }


def _claims(verdict: Verdict) -> list[tuple[str, ClaimFacts]]:
    return sorted(verdict.order.claims.items())


def _claim_text(handle: str, claim: ClaimFacts, currency: str) -> str:
    lender = f" of lender {claim.lender}" if claim.lender else ""
    return (
        f"claim {handle}{lender}: {claim.status}, principal "
        f"{format_minor(claim.principal, currency)}, outstanding "
        f"{format_minor(claim.outstanding, currency)}"
    )
