"""Versions: the digests of a live plan are those of its problem and of its lines as stored."""

from __future__ import annotations

from dataclasses import replace

from matching.capacity.live import LivePlan, commit, machine_down
from matching.capacity.plan import plan_digest
from matching.capacity.problem import Quotation
from matching.capacity.rules import Ban, Rules
from tests.support.capacity import GROUND, TURNED, order, three_plants
from tests.support.live import live_plan


def test_the_digests_are_those_of_the_stores():
    """Rules, quotations and texts outside ASCII included."""
    quoted = tuple(
        Quotation(
            order_id="O1", step=step, offer_id="F2", setup_minutes=1, minutes_total=9, price_fen=5
        )
        for step in (2, 1)
    )
    problem = replace(
        three_plants(order(), order("\u8ba2\u5355"), quotations=quoted),
        rules=Rules(bans=(Ban(order_id="O1", offer_id="F2"),)),
    )

    version = LivePlan.from_result(problem, (GROUND, TURNED), ()).version

    assert version.snapshot_digest == problem.digest
    assert version.plan_digest == plan_digest((TURNED, GROUND))
    assert (version.number, version.replaces) == (1, None)


def test_every_change_names_its_problem_and_the_plan_before():
    plan, arriving = live_plan(3)
    for asked in arriving[:4]:
        before = plan.version
        version = commit(plan, asked).version
        assert version.replaces == before.plan_digest
        assert version.number == before.number + 1
        assert version.plan_digest == plan_digest(plan.lines())
        assert version.snapshot_digest == plan.snapshot().digest != before.snapshot_digest
    down = machine_down(plan, plan.offer_ids[0], 1).version
    assert down.snapshot_digest == plan.snapshot().digest
    assert down.plan_digest == plan_digest(plan.lines())
