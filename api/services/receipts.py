"""Receipts by request id: for clients that lost the answer to a submission."""

from __future__ import annotations

from api.services import log_files
from api.services.errors import NotPublished
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
    return ReceiptView.of(entered.receipt)


def proof(workspace: Workspace, request_id: str) -> bytes:
    """Return the witnessed receipt of a request: a proof file (C2SP tlog-proof).

    It proves that the entry stands under the published checkpoint, with all its cosignatures.

    Raises
    ------
    NotFound
        When no entry was made under this id.
    NotPublished
        When the entry is durable and no published checkpoint covers it yet.
    """
    index = get(workspace, request_id).index
    published = workspace.publisher.published()
    if published is None or published.size <= index:
        raise NotPublished(
            f"Entry {index} is durable; a published checkpoint over it follows. Ask again.",
            index=index,
        )
    return log_files.proof_file(workspace, index)
