"""Plans, proposals and orders."""

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.claims.drafts import Draft
from ledger.claims.events.base import Frame, draft_of
from ledger.values.consent import EventType, Role
from ledger.values.disclosures import Salts
from ledger.values.money import Money

LINES_MAX = 10_000
_DIGESTS_FOR_LINES = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """One line of a purchase order.

    Parameters
    ----------
    n
        The line's number as the document writes it.
    amount_minor
        Net amount of the line, minor units, ≥ 0.
    qty_milli, price_micro
        Quantity in thousandths of the unit and price of one unit in millionths of the currency's
        minor unit; None where the document states none.
    due
        YYYY-MM-DD.
    """

    n: str
    item: str
    unit: str
    amount_minor: int
    qty_milli: int | None = None
    price_micro: int | None = None
    due: str | None = None

    def to_json(self) -> dict[str, object]:
        """Return the line as it stands in its disclosure: amounts and quantities as digits."""
        value: dict[str, object] = {
            "n": self.n,
            "item": self.item,
            "unit": self.unit,
            "amount": str(self.amount_minor),
        }
        if self.qty_milli is not None:
            value["qty_milli"] = str(self.qty_milli)
        if self.price_micro is not None:
            value["price_micro"] = str(self.price_micro)
        if self.due is not None:
            value["due"] = self.due
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """A charge (added) or an allowance (taken off) of the whole document, minor units, ≥ 0."""

    reason: str
    amount_minor: int

    def to_json(self) -> dict[str, object]:
        """Return the adjustment as it stands in its disclosure."""
        return {"reason": self.reason, "amount": str(self.amount_minor)}


def plan_published(
    frame: Frame,
    *,
    operator: str,
    plan: str,
    snapshot_sha256: str,
    plan_sha256: str,
    objective_minor: int,
    bound_minor: int,
    currency: str,
    replaces: str | None = None,
) -> Draft:
    """Draft a plan's publication. Needs the operator.

    Parameters
    ----------
    plan
        Handle of this version of the plan; `replaces` is the one before.
    snapshot_sha256, plan_sha256
        Digests (hex) of the problem that was solved and of the plan.
    """
    return draft_of(
        frame,
        EventType.PLAN_PUBLISHED,
        subject=plan,
        fields={
            "operator": operator,
            "snapshot": snapshot_sha256,
            "plan": plan_sha256,
            "objective": str(objective_minor),
            "bound": str(bound_minor),
            "currency": currency,
            "replaces": replaces,
        },
        summary="Publish a plan",
    )


def proposal_accepted(
    frame: Frame, *, proposal: str, plan: str, party: str, side: Role, terms_sha256: str
) -> Draft:
    """Draft a party's yes to a proposal. Needs the party's maker.

    Parameters
    ----------
    side
        `Role.BUYER` or `Role.SELLER`.
    terms_sha256
        Digest (hex) of exactly what is proposed to the party.
    """
    return _answer(frame, EventType.PROPOSAL_ACCEPTED, proposal, plan, party, side, terms_sha256)


def proposal_declined(
    frame: Frame, *, proposal: str, plan: str, party: str, side: Role, terms_sha256: str
) -> Draft:
    """Draft a party's no to a proposal. Needs the party's maker."""
    return _answer(frame, EventType.PROPOSAL_DECLINED, proposal, plan, party, side, terms_sha256)


def _answer(
    frame: Frame,
    event: EventType,
    proposal: str,
    plan: str,
    party: str,
    side: Role,
    terms: str,
) -> Draft:
    return draft_of(
        frame,
        event,
        subject=proposal,
        fields={"by": side.value, "party": party, "plan": plan, "terms": terms},
        summary=event.value,
    )


def order_submitted(
    frame: Frame,
    *,
    order: str,
    by: Role,
    buyer: str,
    seller: str,
    number: str,
    net: Money,
    lines: Sequence[OrderLine],
    issued: str,
    last_due: str,
    salts: Salts,
    charges: Sequence[Adjustment] = (),
    allowances: Sequence[Adjustment] = (),
    prepaid_minor: int = 0,
    retention_bps: int = 0,
    assignable: bool = True,
    terms_days: int = 60,
    version: int = 1,
    osp: str | None = None,
    plan: str | None = None,
    buyer_identifiers: Sequence[tuple[str, str]] = (),
    seller_identifiers: Sequence[tuple[str, str]] = (),
) -> Draft:
    """Draft a purchase order's submission. Needs maker and checker of the side `by`.

    Parameters
    ----------
    net
        Value without tax; lines + charges − allowances must add up to it.
    issued, last_due
        YYYY-MM-DD; `terms_days` is the time for payment after delivery, 0 to 365.
    prepaid_minor, retention_bps
        What of the value is paid in advance or held back: neither can be advanced on.
    version, osp
        1 and None at first. After a rejection, the next version and the chain's last leaf hash.
    buyer_identifiers, seller_identifiers
        (scheme, value) as the document states them; private, compared for self-trade.
    """
    private = {"number": number, **_line_disclosures(lines)}
    private |= _adjustment_disclosures(charge=charges, allowance=allowances)
    private |= _identifier_disclosures(buyer=buyer_identifiers, seller=seller_identifiers)
    return draft_of(
        frame,
        EventType.ORDER_SUBMITTED,
        subject=order,
        fields={
            "order": order,
            "by": by.value,
            "buyer": buyer,
            "seller": seller,
            "version": version,
            "currency": net.currency,
            "net": net.digits,
            "prepaid": str(prepaid_minor),
            "retention_bps": retention_bps,
            "assignable": assignable,
            "issued": issued,
            "last_due": last_due,
            "terms_days": terms_days,
            "osp": osp,
            "plan": plan,
        },
        private=private,
        salts=salts,
        summary=f"Submit order {number} over {net}",
    )


def _line_disclosures(lines: Sequence[OrderLine]) -> dict[str, object]:
    """One disclosure per line; of very long orders one per group, as an entry holds 64 KiB."""
    if len(lines) > LINES_MAX:
        raise ValueError(f"the order has {len(lines)} lines; the record takes {LINES_MAX}")
    if len(lines) <= _DIGESTS_FOR_LINES:
        return {f"line/{place}": line.to_json() for place, line in enumerate(lines, start=1)}
    size = -(-len(lines) // _DIGESTS_FOR_LINES)
    groups = (lines[start : start + size] for start in range(0, len(lines), size))
    return {
        f"lines/{place}": [line.to_json() for line in group]
        for place, group in enumerate(groups, start=1)
    }


def _adjustment_disclosures(**series: Sequence[Adjustment]) -> dict[str, object]:
    return {
        f"{name}/{place}": one.to_json()
        for name, values in series.items()
        for place, one in enumerate(values, start=1)
    }


def _identifier_disclosures(**sides: Sequence[tuple[str, str]]) -> dict[str, object]:
    return {
        f"{side}_identifiers": [{"scheme": scheme, "value": value} for scheme, value in values]
        for side, values in sides.items()
        if values
    }


def order_confirmed(
    frame: Frame, *, order: str, buyer: str, version: int, net: Money, osp: str
) -> Draft:
    """Draft the buyer's confirmation. Needs buyer maker and checker.

    The buyer states version and value again: what it signs stands in one place.
    """
    return draft_of(
        frame,
        EventType.ORDER_CONFIRMED,
        subject=order,
        fields={
            "order": order,
            "osp": osp,
            "buyer": buyer,
            "version": version,
            "net": net.digits,
            "currency": net.currency,
        },
        summary=f"Confirm order {order} version {version} over {net}",
    )


def order_rejected(
    frame: Frame, *, order: str, buyer: str, version: int, reason: str, osp: str
) -> Draft:
    """Draft the buyer's rejection. Needs the buyer's maker.

    Parameters
    ----------
    reason
        ``not_ours``, ``price``, ``quantity``, ``terms`` or ``other``.
    """
    return draft_of(
        frame,
        EventType.ORDER_REJECTED,
        subject=order,
        fields={
            "order": order,
            "osp": osp,
            "buyer": buyer,
            "version": version,
            "reason": reason,
        },
        summary=f"Reject order {order} version {version} ({reason})",
    )
