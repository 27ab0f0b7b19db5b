"""What a verdict says: one line of what is proved, one line of what is not."""

import datetime as dt

from ledger.log.canonical import JsonObject, JsonValue
from ledger.values.money import format_minor
from ledger.verification.certificate import CertifiedAbsence
from ledger.verification.facts import ClaimFacts, OrderFacts
from ledger.verification.verify import Chain, Verdict

_ALWAYS = (
    "that the root of the state map is right (it is as good as those who replay and cosign it)",
    "that no other log or register holds a pledge on this order",
    "that the goods exist",
)


def proved_line(verdict: Verdict) -> str:
    """Return one line: what is proved, as of which size and which witness time."""
    if isinstance(verdict.about, Chain):
        return f"{_order_text(verdict.about)}, {_as_of(verdict)}"
    about = verdict.about
    return (
        f"no order stands under the tag {about.tag}, which the operator gives for purchase order "
        f"{about.number!r} of buyer {about.buyer} and seller {about.seller}, {_as_of(verdict)}"
    )


def not_proved_line(verdict: Verdict) -> str:
    """Return one line: what this file cannot show."""
    size = verdict.evaluation.checkpoint.size
    reasons = [f"what was entered after size {size}"]
    if isinstance(verdict.about, CertifiedAbsence):
        reasons.append(
            "that this tag belongs to that purchase order: it is the operator's word, signed by "
            f"its key {verdict.about.kid}, which auditors who hold the tag key can check"
        )
    else:
        reasons.append("that the limits in the summary are those of the lenders' policies")
    if verdict.evaluation.time_s is None:
        reasons.append("that the log shows everybody the same tree (no witness was asked for)")
    return ", ".join([*reasons, *_ALWAYS[:-1]]) + f", and {_ALWAYS[-1]}"


def to_json(verdict: Verdict) -> JsonObject:
    """Return the verdict for programs; amounts as digits in minor units."""
    checkpoint = verdict.evaluation.checkpoint
    disclosed: list[JsonValue] = [
        {"entry": index, "name": name, "value": value}  # type: ignore[dict-item]  # JSON inside
        for index, name, value in verdict.disclosed
    ]
    common: JsonObject = {
        "status": "proved",
        "proved": proved_line(verdict),
        "not_proved": not_proved_line(verdict),
        "origin": checkpoint.origin,
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "covers": verdict.root.index,
        "map_root": verdict.root.root.hex(),
        "witnesses": dict(verdict.evaluation.cosigned),
        "witness_time": verdict.evaluation.time_s,
        "signatures": verdict.signatures,
        "revoked": dict(verdict.revoked),
        "disclosed": disclosed,
    }
    if isinstance(verdict.about, Chain):
        return {**common, **_order_json(verdict.about)}
    about = verdict.about
    return {
        **common,
        "absent": {
            "buyer": about.buyer,
            "seller": about.seller,
            "number": about.number,
            "tag": about.tag,
        },
    }


def _order_text(chain: Chain) -> str:
    order = chain.order
    state = (
        f"confirmed by its buyer {order.buyer} over {format_minor(order.net, order.currency)} "
        f"(version {order.version})"
        if order.confirmed
        else f"{order.status}, NOT confirmed by its buyer {order.buyer}"
    )
    claims = "; ".join(_claim_text(handle, claim, order.currency) for handle, claim in _by(order))
    moment = dt.datetime.fromtimestamp(chain.last_ms // 1000, tz=dt.UTC)
    return (
        f"order {order.order} of seller {order.seller} is {state}; {claims or 'no claim on it'}; "
        f"live principal {format_minor(order.live, order.currency)}; this is its whole history "
        f"and these are all claims on it: {chain.length} entries ({chain.first} to {chain.last}, "
        f"the last of {moment:%Y-%m-%d %H:%M:%S} UTC)"
    )


def _as_of(verdict: Verdict) -> str:
    checkpoint = verdict.evaluation.checkpoint
    return (
        f"as of the state root over the first {verdict.root.index} entries of log "
        f"{checkpoint.origin} at size {checkpoint.size}, {_witnessed(verdict)}, with "
        f"{verdict.signatures} valid signatures of keys enrolled under the given registrar"
        f"{_revoked(verdict)}"
    )


def _witnessed(verdict: Verdict) -> str:
    time_s, cosigned = verdict.evaluation.time_s, verdict.evaluation.cosigned
    if time_s is None:
        return "which no witness has been asked for"
    moment = dt.datetime.fromtimestamp(time_s, tz=dt.UTC)
    names = ", ".join(sorted(cosigned))
    return f"witnessed by {names} at {moment:%Y-%m-%d %H:%M:%S} UTC"


def _revoked(verdict: Verdict) -> str:
    if not verdict.revoked:
        return ", none of them revoked"
    keys = ", ".join(f"{kid} by entry {index}" for kid, index in sorted(verdict.revoked.items()))
    return f", revoked after they signed: {keys}"


def _order_json(chain: Chain) -> JsonObject:
    order = chain.order
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
        for handle, claim in _by(order)
    ]
    return {
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
        "chain": {"first": chain.first, "last": chain.last, "length": chain.length},
    }


def _by(order: OrderFacts) -> list[tuple[str, ClaimFacts]]:
    return sorted(order.claims.items())


def _claim_text(handle: str, claim: ClaimFacts, currency: str) -> str:
    lender = f" of lender {claim.lender}" if claim.lender else ""
    return (
        f"claim {handle}{lender}: {claim.status}, principal "
        f"{format_minor(claim.principal, currency)}, outstanding "
        f"{format_minor(claim.outstanding, currency)}"
    )
