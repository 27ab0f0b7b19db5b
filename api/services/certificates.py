"""Certificates: an order's whole history with proofs, for a stranger to verify offline."""

from __future__ import annotations

from collections.abc import Sequence

from api.services.workspace import Workspace


def build(workspace: Workspace, handle: str, *, disclose: Sequence[str] | None = None) -> bytes:
    """Return the certificate file of an order.

    Parameters
    ----------
    disclose
        Names of the hidden fields to open; None opens all that are kept, () opens none.

    Raises
    ------
    NotFound
        When no order has this handle.
    """
    raise NotImplementedError


def find_handle(workspace: Workspace, *, buyer: str, seller: str, number: str) -> str:
    """Return the handle of a purchase order by its parties and number. Raises NotFound."""
    raise NotImplementedError
