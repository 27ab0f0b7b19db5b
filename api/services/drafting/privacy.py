"""Drafts of disclosures and erasures."""

from __future__ import annotations

from api.services import disclosures
from api.services.drafting.facts import Facts
from api.services.drafting.frames import frame, operator_handle, party_of, salts
from api.services.errors import BadRequest
from api.services.workspace import Workspace, new_handle
from ledger.claims import drafts, events
from ledger.claims.drafts import Draft
from ledger.claims.events.privacy import REASONS
from ledger.claims.state import OrderState
from ledger.values.consent import Role


def disclosure_made(workspace: Workspace, facts: Facts) -> Draft:
    """Draft that a side of an order, or a party of itself, shows private fields to somebody."""
    about, framed, by = facts.text("about"), frame(workspace), facts.side()
    shown = disclosures.chosen(workspace, about, facts.texts("fields"))
    with workspace.transaction() as session:
        return events.disclosure_made(
            framed,
            disclosure=new_handle(),
            about=about,
            by=by,
            party=_discloser(workspace, about, by),
            recipient=party_of(session, workspace.viewer, facts.text("to")),
            digests=[one.digest for one in shown],
            salts=salts(workspace, session, about, framed.idem),
        )


def erasure(workspace: Workspace, facts: Facts) -> Draft:
    """Draft an erasure, signed by the operator already; registrar maker and checker follow."""
    reason = facts.text("reason")
    if reason not in REASONS:
        raise BadRequest(
            f"reason: expected one of {', '.join(REASONS)}, got {reason!r}.", fact="reason"
        )
    draft = events.erasure(
        frame(workspace),
        handle=facts.text("handle"),
        registrar=workspace.keys.registrar_handle,
        operator=operator_handle(workspace),
        reason=reason,
    )
    return drafts.add_signature(draft, workspace.keys.event, role=Role.OPERATOR)


def _discloser(workspace: Workspace, about: str, by: Role) -> str:
    """Return the party that may disclose of an order on this side, or of itself."""
    value = workspace.log.state(f"{OrderState.prefix}/{about}")
    if value is None:
        return about
    order = OrderState.from_json(value)
    return order.buyer if by is Role.BUYER else order.seller
