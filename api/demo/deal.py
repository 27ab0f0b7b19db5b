"""The parties' side of a deal: each step drafted by the server, signed by its parties, entered."""

from __future__ import annotations

from collections.abc import Mapping

from api.demo.parties import Parties
from api.services import records
from api.services.workspace import Workspace, new_handle
from ledger.claims.drafts import Draft
from ledger.errors import StaleHead

ATTEMPTS_MAX = 64


def enter(workspace: Workspace, parties: Parties, event: str, **facts: object) -> Draft:
    """Draft an event, let its parties sign, enter it; return what was entered.

    A draft whose order moved on meanwhile is made and signed anew, as its parties would do.
    """
    for attempt in range(1, ATTEMPTS_MAX + 1):
        draft = parties.sign(records.make_draft(workspace, event, facts))
        try:
            records.submit(workspace, draft)
        except StaleHead:
            if attempt == ATTEMPTS_MAX:
                raise
        else:
            return draft
    raise AssertionError


def register(
    workspace: Workspace, parties: Parties, purchase_order_id: str, **facts: object
) -> str:
    """Submit a purchase order by its seller and confirm it by its buyer; return its handle."""
    submitted = enter(
        workspace, parties, "order.submitted", purchase_order=purchase_order_id, **facts
    )
    handle = str(submitted.body["order"])
    enter(workspace, parties, "order.confirmed", order=handle)
    return handle


def request(workspace: Workspace, parties: Parties, order: str, amount_minor: int) -> str:
    """Open a claim and list it to lenders; return the claim's handle. The operator screens it."""
    asked = enter(workspace, parties, "claim.requested", order=order, amount=str(amount_minor))
    claim = str(asked.body["subject"])
    enter(workspace, parties, "claim.listed", claim=claim)
    return claim


def reserve(
    workspace: Workspace,
    parties: Parties,
    claim: str,
    *,
    lender: str,
    amount_minor: int,
    rate_bps: int,
) -> None:
    """Let a lender offer and the seller accept: headroom is held from here on."""
    terms: Mapping[str, object] = {"lender": lender, "rate_bps": rate_bps}
    offered = enter(
        workspace, parties, "claim.offered", claim=claim, amount=str(amount_minor), **terms
    )
    offer = str(offered.body["offer"])
    enter(workspace, parties, "claim.reserved", claim=claim, offer=offer)


def pledge(workspace: Workspace, parties: Parties, claim: str) -> None:
    """Pledge what was reserved: registered, signed by three parties, notice acknowledged."""
    enter(
        workspace,
        parties,
        "claim.pledged",
        claim=claim,
        reg_no=f"ZDW-{new_handle()[:12]}",
        pay_account=f"CN-{new_handle()[:16]}",
    )


def fund(workspace: Workspace, parties: Parties, claim: str) -> None:
    """Record the lender's evidence that it paid out."""
    enter(workspace, parties, "claim.funded", claim=claim, bank_ref=f"OUT-{new_handle()[:12]}")


def repay(workspace: Workspace, parties: Parties, claim: str) -> None:
    """Record the payment of everything owed."""
    enter(workspace, parties, "claim.repaid", claim=claim, bank_ref=f"IN-{new_handle()[:12]}")


def release(workspace: Workspace, parties: Parties, claim: str) -> None:
    """Let the lender release the order."""
    enter(workspace, parties, "claim.released", claim=claim, discharge_no=f"ZX-{new_handle()[:12]}")
