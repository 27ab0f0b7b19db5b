"""Generated instances: match, both sides accept, purchase orders, ledger, certificate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

import pytest

from api.demo import deal
from api.demo.parties import onboard
from api.services import (
    certificates,
    imports,
    matching_runs,
    organisations,
    proposals,
    purchase_orders,
    records,
)
from api.services.matching_runs import RunResult
from api.services.proposals import Answer
from api.services.workspace import log_vkey, registrar_vkey
from data.exporters.plan import write_claim, write_plan
from data.importers.bundle import read_bundle
from data.samples.firms import fictional_uscc
from data.samples.random_instance import write_instance
from data.stores import matching_runs as run_store
from matching.capacity import CapacityResult, check_bound
from tests.support.folders import shared_folder
from tests.support.stage import LENDER, Stage, staged

SECONDS = 60 if os.environ.get("PARKLOOM_LONG") == "full" else 25


def test_a_small_instance_goes_all_the_way(tmp_path: Path):
    write_instance(tmp_path / "instance", orders=60, offers=60, seed=5)
    with staged(tmp_path) as stage:
        result = matched(stage, tmp_path / "instance", seconds=2)
        orders = accepted(stage, result)
        assert orders, "nothing was matched: choose another seed for this test"
        handles = [deal.register(stage.workspace, stage.parties, order) for order in orders]
        financed(stage, handles[0])
        assert verified(stage, handles[0], tmp_path) == 0


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_200_orders_on_100_offers_go_all_the_way(tmp_path: Path):
    """Seeds 11 to 15: each gap at most 25 %, and 5 % above the greedy plan on the median seed."""
    ahead = [journey(tmp_path / str(seed), seed=seed) for seed in range(11, 16)]
    assert median(ahead) >= 0.05, ahead


def journey(folder: Path, *, seed: int) -> float:
    """Take one instance from match to certificate; return how far it is ahead of greedy.

    The referee accepts the plan, and the bound follows from the stored prices.
    """
    referee = shared_folder("TOOLS") / "check_capacity_plan.py"
    instance = folder / "instance"
    write_instance(instance, orders=200, offers=100, seed=seed)
    with staged(folder) as stage:
        result = matched(stage, instance, seconds=SECONDS)
        summary = result.run.summary
        assert summary is not None
        assert summary.gap <= 0.25
        assert check_bound(read_bundle(instance).required(), result.prices) >= summary.bound_fen
        stored = stored_result(stage, result)
        judged = judge(referee, instance, stored, folder)
        assert judged["objective_fen"] == summary.objective_fen
        orders = accepted(stage, result)
        made = purchase_orders.list_purchase_orders(stage.workspace)
        asked = proposals.list_proposals(stage.workspace)
        paid = sum(one.amount_fen for one in asked if one.side == "buyer")
        assert sum(order.net_minor for order in made) == paid
        handles = [deal.register(stage.workspace, stage.parties, order) for order in orders]
        assert len(set(handles)) == len(orders)
        financed(stage, handles[0])
        assert verified(stage, handles[0], folder) == 0
    assert stored.greedy_fen
    return (summary.objective_fen - stored.greedy_fen) / stored.greedy_fen


def matched(stage: Stage, instance: Path, *, seconds: float) -> RunResult:
    """Import an instance and run the matching on it."""
    report = imports.import_path(stage.workspace, instance)
    assert report.status.value == "imported"
    matching_runs.queue(stage.workspace, "run", requested_by="test", seconds=seconds)
    run = matching_runs.execute(stage.workspace, "run")
    assert run.publication == "entered"
    return matching_runs.result(stage.workspace, "run")


def accepted(stage: Stage, result: RunResult) -> list[str]:
    """Let every side accept; return the ids of the purchase orders."""
    asked = proposals.list_proposals(stage.workspace, plan_id=result.run.plan_id)
    firms = sorted({proposal.organisation_id for proposal in asked})
    for number, firm in enumerate(firms, 1):
        organisations.add_identifier(
            stage.workspace, firm, scheme="uscc", value=fictional_uscc(number)
        )
    onboard(stage.workspace, stage.parties, firms)
    answers = proposals.draft_answers(
        stage.workspace, [proposal.id for proposal in asked], Answer.ACCEPTED
    )
    records.submit_all(stage.workspace, [stage.parties.sign(draft) for draft in answers])
    made = purchase_orders.list_purchase_orders(stage.workspace)
    assert {order.order_id for order in made} == {line.order_id for line in result.plan}
    return [order.id for order in made]


def financed(stage: Stage, handle: str) -> None:
    """Pledge, fund, repay and release the whole headroom of an order."""
    stage.lender()
    (room,) = records.get_order(stage.workspace, handle).headroom
    claim = deal.request(stage.workspace, stage.parties, handle, room.headroom_minor)
    deal.reserve(
        stage.workspace,
        stage.parties,
        claim,
        lender=LENDER,
        amount_minor=room.headroom_minor,
        rate_bps=400,
    )
    deal.pledge(stage.workspace, stage.parties, claim)
    deal.fund(stage.workspace, stage.parties, claim)
    deal.repay(stage.workspace, stage.parties, claim)
    deal.release(stage.workspace, stage.parties, claim)
    assert records.get_order(stage.workspace, handle).claims[0].state == "released"


def verified(stage: Stage, handle: str, folder: Path) -> int:
    """Return the exit status of the verifier, run as a stranger would."""
    file = folder / "certificate.json"
    file.write_bytes(certificates.build(stage.workspace, handle))
    return subprocess.run(
        [
            sys.executable, "-m", "ledger.verification", str(file),
            "--key", log_vkey(stage.workspace), "--registrar", registrar_vkey(stage.workspace),
        ],
        capture_output=True, timeout=60, check=False,
    ).returncode  # fmt: skip


def stored_result(stage: Stage, result: RunResult) -> CapacityResult:
    """Return the result as it lies in the database."""
    with stage.workspace.snapshot() as session:
        return run_store.result(session, stage.workspace.viewer, result.run.id)


def judge(referee: Path, instance: Path, stored: CapacityResult, folder: Path) -> dict[str, int]:
    """Return what the referee says of the stored plan and its claim."""
    write_plan(folder / "plan.csv", stored.plan)
    write_claim(folder / "claim.json", stored)
    done = subprocess.run(
        [
            sys.executable, str(referee), str(instance), str(folder / "plan.csv"),
            "--claim", str(folder / "claim.json"), "--json",
        ],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, int] = json.loads(done.stdout)
    return found
