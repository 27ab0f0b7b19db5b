"""One of many processes that try to pledge the same headroom; runs in a process of its own."""

from __future__ import annotations

import contextlib
from multiprocessing.synchronize import Barrier
from pathlib import Path

from api.demo import deal
from api.demo.parties import Parties
from api.services import records
from api.services.records import ReceiptView
from api.services.workspace import Workspace, open_workspace
from data.errors import DatabaseLocked
from ledger.claims.drafts import Draft
from ledger.claims.refusals import OverPledged
from ledger.errors import OutcomeUnknown, StaleHead
from ledger.log.writer import Ack
from tests.support.installations import settings_of

WAIT_SECONDS = 600
"""Until all processes have started; a loaded machine takes its time."""


def pledge_at_once(
    folder: Path, database_url: str, offered: tuple[str, str], barrier: Barrier
) -> tuple[str, int]:
    """Reserve and pledge a claim at the same moment as all others; return what came of it.

    Returns
    -------
    (`pledged` or the refusal's code, the number of drafts that were made, stale ones included).
    """
    claim, offer = offered
    workspace = open_workspace(settings_of(folder, database_url))
    parties = _Counting(folder / "parties")
    try:
        barrier.wait(WAIT_SECONDS)
        deal.enter(workspace, parties, "claim.reserved", claim=claim, offer=offer)
        deal.pledge(workspace, parties, claim)
    except OverPledged as refused:
        return refused.code, parties.signed
    finally:
        workspace.close()
    return "pledged", parties.signed


def reserve_many(
    folder: Path, database_url: str, claims: list[tuple[str, str]], barrier: Barrier
) -> list[tuple[str, int]]:
    """Reserve one claim after the other, all processes at once; a retry gets the same receipt.

    Returns
    -------
    For each claim (`reserved` or the refusal's code, the number of drafts that were made).
    """
    workspace = open_workspace(settings_of(folder, database_url))
    parties = _Counting(folder / "parties")
    answers = []
    try:
        barrier.wait(WAIT_SECONDS)
        for claim, offer in claims:
            parties.signed = 0
            try:
                _reserve(workspace, parties, {"claim": claim, "offer": offer})
            except OverPledged as refused:
                answers.append((refused.code, parties.signed))
                continue
            answers.append(("reserved", parties.signed))
    finally:
        workspace.close()
    return answers


def _reserve(workspace: Workspace, parties: Parties, facts: dict[str, object]) -> None:
    """Reserve with a durable receipt, on a new draft whenever the order has moved on (409)."""
    while True:
        draft = parties.sign(records.make_draft(workspace, "claim.reserved", facts))
        try:
            receipts = [_submitted(workspace, draft) for _ in range(2)]
        except StaleHead:
            continue
        assert receipts[0] == receipts[1], "a retry got another receipt"
        return


def _submitted(workspace: Workspace, draft: Draft) -> ReceiptView:
    """Send a request until it is answered: that is harmless."""
    while True:
        with contextlib.suppress(OutcomeUnknown, DatabaseLocked):
            return records.submit(workspace, draft, ack=Ack.DURABLE, timeout_seconds=60)


class _Counting(Parties):
    """Parties that count the drafts they sign."""

    signed = 0

    def sign(self, draft):
        self.signed += 1
        return super().sign(draft)
