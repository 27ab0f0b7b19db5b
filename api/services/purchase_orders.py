"""Purchase orders, made from an accepted plan or read from a UBL document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.services.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderLine:
    """One line; amounts in minor units, quantity as decimal text, due date YYYY-MM-DD."""

    number: str
    item: str
    quantity: str
    unit: str
    amount_minor: int
    due_date: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrderView:
    """A purchase order. `code` says why it is held or refused; `handle` is its order in the record."""

    id: str
    source: str
    number: str
    issue_date: str
    currency: str
    net_minor: int
    buyer_id: str | None
    seller_id: str | None
    buyer_name: str
    seller_name: str
    lines: tuple[PurchaseOrderLine, ...]
    order_id: str | None
    plan_id: str | None
    status: str
    code: str | None
    handle: str | None


def list_purchase_orders(
    workspace: Workspace, *, status: str | None = None, order_id: str | None = None
) -> tuple[PurchaseOrderView, ...]:
    """Return purchase orders, by number."""
    raise NotImplementedError


def get(workspace: Workspace, purchase_order_id: str) -> PurchaseOrderView:
    """Return one purchase order. Raises NotFound."""
    raise NotImplementedError


def link_party(
    workspace: Workspace, purchase_order_id: str, *, side: str, organisation_id: str
) -> PurchaseOrderView:
    """Say which organisation a document's party is (side buyer or seller); frees a held order."""
    raise NotImplementedError


def draft_submission(workspace: Workspace, purchase_order_id: str, *, by: str = "seller") -> Any:
    """Make the draft of order.submitted for a purchase order. Raises WrongStatus when held."""
    raise NotImplementedError
