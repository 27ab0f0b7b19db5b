"""Two pledges of the same headroom, from many processes at once: never both."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from api.demo import deal
from api.demo.parties import onboard
from api.services import imports, purchase_orders, records
from data.samples import SAMPLE_UBL
from ledger.claims.refusals import OverPledged
from ledger.claims.state import OrderState
from tests.support.pledging import pledge_at_once
from tests.support.stage import LENDER, Stage, staged

PROCESSES = 16
FITTING = 3
"""How many of the claims fit into the headroom together."""


def test_sixteen_processes_never_pledge_more_than_the_headroom(tmp_path: Path, database_url: str):
    """Stale drafts are signed anew, and what still fits is not refused."""
    with staged(tmp_path, database_url) as stage:
        order, claims, limit = offered_claims(stage, count=PROCESSES, fitting=FITTING)
        answers = race(tmp_path, database_url, claims)
        record = records.get_order(stage.workspace, order)
        live = live_principal(stage, order)
    outcomes = [answer for answer, _ in answers]
    assert outcomes.count("pledged") == FITTING
    assert outcomes.count(OverPledged.code) == PROCESSES - FITTING
    assert sum(drafts for _, drafts in answers) > PROCESSES + FITTING, "no draft was ever stale"
    assert live <= limit
    assert [claim.state for claim in record.claims].count("pledged") == FITTING
    assert record.headroom[0].headroom_minor == limit - live
    assert [entry.sequence for entry in record.entries] == list(range(len(record.entries)))


@pytest.mark.long
@pytest.mark.parametrize("fitting", [1, 2, 8, 15])
def test_the_race_ends_the_same_however_many_fit(tmp_path: Path, database_url: str, fitting: int):
    with staged(tmp_path, database_url) as stage:
        order, claims, limit = offered_claims(stage, count=PROCESSES, fitting=fitting)
        outcomes = [answer for answer, _ in race(tmp_path, database_url, claims)]
        assert live_principal(stage, order) <= limit
    assert outcomes.count("pledged") == fitting


def offered_claims(
    stage: Stage, *, count: int, fitting: int
) -> tuple[str, list[tuple[str, str]], int]:
    """Return an order, claims on it with an offer each, and the limit that they share."""
    order = confirmed_order(stage)
    stage.lender()
    (room,) = records.get_order(stage.workspace, order).headroom
    # `fitting` of them fit, one more does not.
    amount = room.limit_minor // (fitting + 1) + 1
    claims = []
    for _ in range(count):
        claim = deal.request(stage.workspace, stage.parties, order, amount)
        draft = deal.enter(
            stage.workspace,
            stage.parties,
            "claim.offered",
            claim=claim,
            lender=LENDER,
            amount=str(amount),
            rate_bps=400,
        )
        claims.append((claim, str(draft.body["offer"])))
    return order, claims, room.limit_minor


def confirmed_order(stage: Stage) -> str:
    """Return the handle of an order that was imported, registered and confirmed."""
    report = imports.import_path(stage.workspace, SAMPLE_UBL / "order-good.xml")
    order = purchase_orders.get(stage.workspace, str(report.purchase_order_id))
    onboard(stage.workspace, stage.parties, [str(order.buyer_id), str(order.seller_id)])
    return deal.register(stage.workspace, stage.parties, order.id)


def race(folder: Path, database_url: str, claims: list[tuple[str, str]]) -> list[tuple[str, int]]:
    """Let one process per claim reserve and pledge, all released at the same moment."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.pledging"])
    with context.Manager() as manager:
        barrier = manager.Barrier(len(claims))
        with ProcessPoolExecutor(max_workers=len(claims), mp_context=context) as pool:
            waiting = [
                pool.submit(pledge_at_once, folder, database_url, claim, offer, barrier)
                for claim, offer in claims
            ]
            return [one.result(timeout=240) for one in waiting]


def live_principal(stage: Stage, order: str) -> int:
    value = stage.workspace.log.state(f"{OrderState.prefix}/{order}")
    assert value is not None
    return sum(claim.principal for claim in OrderState.from_json(value).live)
