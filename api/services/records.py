"""The record: drafts with a fixed order head, signed submissions, what an order looks like now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.services.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    """Where a submission entered the log."""

    request_id: str
    index: int
    leaf_hash: str
    time_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One entry of an order's chain."""

    index: int
    sequence: int
    type: str
    time_ms: int
    leaf_hash: str
    signers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """A claim on an order, in minor units of its currency."""

    id: str
    state: str
    lender: str | None
    currency: str
    principal_minor: int
    repaid_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadroomView:
    """What one lender may still pledge on this order: limit M, live principal, the rest."""

    lender: str
    limit_minor: int
    live_minor: int
    headroom_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRecord:
    """An order in the record: its state, its whole chain, claims and headroom."""

    handle: str
    state: str
    buyer: str
    seller: str
    currency: str
    value_minor: int
    head: str
    entries: tuple[EntryView, ...]
    claims: tuple[ClaimView, ...]
    headroom: tuple[HeadroomView, ...]


def make_draft(workspace: Workspace, event: str, facts: Mapping[str, Any]) -> Any:
    """Make a draft of an event (`order.confirmed`, `claim.pledged`, …) from named facts.

    The order's head is fixed in it as `osp`; salts come from the order's key; a random `idem`
    makes every later submission of the same draft harmless. Facts by event: `draft_fields(event)`.
    """
    raise NotImplementedError


def draft_fields(event: str) -> tuple[str, ...]:
    """Return the names of the facts that `make_draft` needs for an event."""
    raise NotImplementedError


def submit(workspace: Workspace, draft: Any, *, timeout_seconds: float = 30.0) -> ReceiptView:
    """Enter a fully signed draft. Raises `ledger.errors.Refusal`; repeats give the same receipt."""
    raise NotImplementedError


def get_order(workspace: Workspace, handle: str) -> OrderRecord:
    """Return an order's record. Raises NotFound."""
    raise NotImplementedError


def list_handles(workspace: Workspace) -> tuple[str, ...]:
    """Return the handles of all orders in the record."""
    raise NotImplementedError
