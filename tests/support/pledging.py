"""One of many processes that try to pledge the same headroom; runs in a process of its own."""

from __future__ import annotations

from multiprocessing.synchronize import Barrier
from pathlib import Path

from api.demo import deal
from api.demo.parties import Parties
from api.services.workspace import open_workspace
from ledger.claims.refusals import OverPledged
from tests.support.installations import settings_of

WAIT_SECONDS = 60


def pledge_at_once(
    folder: Path, database_url: str, claim: str, offer: str, barrier: Barrier
) -> tuple[str, int]:
    """Reserve and pledge a claim at the same moment as all others; return what came of it.

    Returns
    -------
    (`pledged` or the refusal's code, the number of drafts that were made, stale ones included).
    """
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


class _Counting(Parties):
    """Parties that count the drafts they sign."""

    signed = 0

    def sign(self, draft):
        self.signed += 1
        return super().sign(draft)
