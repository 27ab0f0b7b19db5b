"""Disclosures and erasures: events about private fields."""

from collections.abc import Sequence

from ledger.claims.drafts import Draft
from ledger.claims.events.base import Frame, draft_of
from ledger.values.consent import EventType, Role
from ledger.values.disclosures import Salts

REASONS = ("request", "retention", "court")
"""Why private fields are erased: the person's request, the end of retention, a court's order."""


def disclosure_made(
    frame: Frame,
    *,
    disclosure: str,
    about: str,
    by: Role,
    party: str,
    recipient: str,
    digests: Sequence[str],
    salts: Salts,
) -> Draft:
    """Draft that a party shows private fields to one recipient. Needs that party's maker.

    Public is that something of `about` was disclosed, and by whom. To whom, and which fields,
    are private fields themselves: whoever gets them can show that this disclosure is theirs.

    Parameters
    ----------
    disclosure
        A new handle.
    about
        Handle of the order, or of the party itself.
    by
        `buyer` or `seller`.
    recipient
        Handle of the party that is shown the fields.
    digests
        Digests of the disclosures that are shown, as they stand in `sd` of their entries.
    """
    return draft_of(
        frame,
        EventType.DISCLOSURE_MADE,
        subject=disclosure,
        fields={"about": about, "by": by.value, "party": party},
        private={"recipient": recipient, "digests": sorted(digests)},
        salts=salts,
        summary=f"Disclose {len(digests)} private fields of {about} to {recipient}",
    )


def erasure(frame: Frame, *, handle: str, registrar: str, operator: str, reason: str) -> Draft:
    """Draft the erasure of an order's or a party's private fields.

    Needs registrar maker and checker, and the operator, who destroys the key.

    Parameters
    ----------
    handle
        The order or the party.
    reason
        One of `REASONS`.
    """
    return draft_of(
        frame,
        EventType.ERASURE,
        subject=handle,
        fields={"registrar": registrar, "operator": operator, "reason": reason},
        summary=f"Erase the private fields of {handle} for good ({reason})",
    )
