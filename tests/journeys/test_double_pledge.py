"""Two pledges of the same headroom, from many processes at once: never both."""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from api.demo import deal
from api.demo.parties import onboard
from api.services import imports, purchase_orders, records
from data.samples import SAMPLE_UBL
from ledger.claims.drafts import Draft
from ledger.claims.refusals import OverPledged
from ledger.claims.state import OrderState
from ledger.log.writer import Ack
from tests.support.pledging import pledge_at_once, reserve_many
from tests.support.stage import LENDER, Stage, staged

PROCESSES = 16
MANY = 32
RESERVATIONS = 1_000 if os.environ.get("PARKLOOM_LONG") == "full" else 96
RESERVED = 12
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


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_thousand_reservations_from_thirty_two_processes(tmp_path: Path, database_url: str):
    """Headroom is never exceeded, and no reservation that still fits stays refused."""
    with staged(tmp_path, database_url) as stage:
        order, claims, limit = listed_with_offers(stage, count=RESERVATIONS, fitting=RESERVED)
        shares = [claims[number::MANY] for number in range(MANY)]
        answers = in_processes(reserve_many, tmp_path, database_url, shares)
        live = live_principal(stage, order)
        record = records.get_order(stage.workspace, order)
    outcomes = [answer for share in answers for answer, _ in share]
    assert len(outcomes) == RESERVATIONS
    assert outcomes.count("reserved") == RESERVED
    assert outcomes.count(OverPledged.code) == RESERVATIONS - RESERVED
    assert sum(drafts for share in answers for _, drafts in share) > RESERVATIONS
    assert live <= limit
    assert [claim.state for claim in record.claims].count("reserved") == RESERVED


def listed_with_offers(
    stage: Stage, *, count: int, fitting: int
) -> tuple[str, list[tuple[str, str]], int]:
    """Return what `offered_claims` does for many claims, with durable receipts on the way."""
    order = confirmed_order(stage)
    stage.lender()
    (room,) = records.get_order(stage.workspace, order).headroom
    amount = room.limit_minor // (fitting + 1) + 1
    asked = for_all(stage, "claim.requested", [{"order": order, "amount": str(amount)}] * count)
    claims = [str(draft.body["subject"]) for draft in asked]
    for_all(stage, "claim.listed", [{"claim": claim} for claim in claims])
    terms = {"lender": LENDER, "amount": str(amount), "rate_bps": 400}
    offered = for_all(stage, "claim.offered", [{"claim": claim, **terms} for claim in claims])
    offers = [str(draft.body["offer"]) for draft in offered]
    return order, list(zip(claims, offers, strict=True)), room.limit_minor


def for_all(stage: Stage, event: str, facts: list[dict[str, object]]) -> list[Draft]:
    """Draft, sign and enter an event many times, each on the head that the one before left."""
    drafts = []
    for one in facts:
        draft = stage.parties.sign(records.make_draft(stage.workspace, event, one))
        records.submit(stage.workspace, draft, ack=Ack.DURABLE)
        drafts.append(draft)
    return drafts


def in_processes(work, folder: Path, database_url: str, shares: list) -> list:
    """Let one process per share work, all released at the same moment."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.pledging"])
    with context.Manager() as manager:
        barrier = manager.Barrier(len(shares))
        with ProcessPoolExecutor(max_workers=len(shares), mp_context=context) as pool:
            waiting = [pool.submit(work, folder, database_url, one, barrier) for one in shares]
            return [one.result(timeout=3_000) for one in waiting]


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
    return in_processes(pledge_at_once, folder, database_url, claims)


def live_principal(stage: Stage, order: str) -> int:
    value = stage.workspace.log.state(f"{OrderState.prefix}/{order}")
    assert value is not None
    return sum(claim.principal for claim in OrderState.from_json(value).live)
