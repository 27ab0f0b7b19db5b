"""Receipts by request id: for clients that lost the answer to a submission."""

from __future__ import annotations

from api.services.records import ReceiptView
from api.services.workspace import Workspace
from data.errors import NotFound


def get(workspace: Workspace, request_id: str) -> ReceiptView:
    """Return the receipt of an entry by the `idem` of its body.

    Raises
    ------
    NotFound
        When no entry was made under this id; submitting is then still possible.
    """
    with workspace.log.reader() as reader:
        entered = reader.accepted([request_id]).get(request_id)
    if entered is None:
        raise NotFound("receipt", request_id)
    receipt = entered.receipt
    return ReceiptView(
        request_id=receipt.request_id,
        index=receipt.index,
        leaf_hash=receipt.leaf_hash.hex(),
        time_ms=receipt.time_ms,
    )
