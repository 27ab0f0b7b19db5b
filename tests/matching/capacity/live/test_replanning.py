"""Re-planning: nothing is left on a machine that is down, and few others change."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capacity.live import LivePlan, commit, machine_down, withdraw
from matching.capacity.rules import Agreed, Rules, arrangement, by_order
from tests.support.capacity import GRINDING_NEAR, GROUND, TURNED, offer, order, three_plants
from tests.support.live import assert_stands, live_plan

TWO_GRINDERS = three_plants(
    offers=(offer(), GRINDING_NEAR, replace(GRINDING_NEAR, offer_id="F4", enterprise_id="E4"))
)


def test_the_order_moves_to_the_other_machine():
    plan = LivePlan.from_result(TWO_GRINDERS, (TURNED, GROUND), ())

    change = machine_down(plan, "F3", 1)

    assert change.served is None
    assert change.forced == ("O1",)
    assert change.changed == change.dropped == ()
    assert {line.offer_id for line in change.lines["O1"]} == {"F1", "F4"}
    assert_stands(plan)


def test_an_order_without_another_way_is_dropped():
    plan = LivePlan.from_result(three_plants(), (TURNED, GROUND), ())

    change = withdraw(plan, "F1")

    assert change.dropped == ("O1",)
    assert change.after_fen == 0
    assert plan.snapshot().offers[0].idle_minutes == (0,) * 6
    assert_stands(plan)


def test_weeks_before_the_failure_keep_their_minutes():
    plan = LivePlan.from_result(three_plants(), (TURNED, GROUND), ())

    change = machine_down(plan, "F1", 2)

    assert change.forced == ()
    assert plan.lines() == (TURNED, GROUND)
    assert plan.snapshot().offers[0].idle_minutes == (600, 600, 0, 0, 0, 0)
    assert_stands(plan)


def test_a_machine_at_half_speed_keeps_what_still_fits():
    plan = LivePlan.from_result(three_plants(), (TURNED, GROUND), ())

    change = machine_down(plan, "F1", 0, 130)

    assert change.forced == ()
    assert machine_down(plan, "F1", 0, 129).lines["O1"] != (TURNED, GROUND)
    assert_stands(plan)


def test_a_frozen_order_is_planned_anew_when_its_machine_fails():
    """It worked in a frozen week; what it needs now lies behind the frozen weeks."""
    plan = LivePlan.from_result(TWO_GRINDERS, (TURNED, GROUND), ())

    change = machine_down(plan, "F3", 1, frozen_weeks=2)

    assert change.forced == ("O1",)
    assert min(line.week for line in change.lines["O1"]) >= 2
    assert_stands(plan)


def test_an_order_that_would_pay_above_its_cap_by_a_hair_is_dropped():
    """The kernels see no difference between the cap and a price a sixth of a fen above it."""
    dear = offer("F4", rate_fen_per_hour=600_000_001)
    price = 130 * 600_000_001 // 60 + 4000
    made = order(operations=order().operations[:1], max_price_fen=price, value_fen=2 * price)
    plan = LivePlan.from_result(three_plants(made, offers=(offer(), dear)), (TURNED,), ())

    change = machine_down(plan, "F1", 0)

    assert change.dropped == ("O1",)
    assert_stands(plan)


def test_what_cannot_be_re_planned_says_so():
    agreed = Rules(agreed=(Agreed(order_id="O1", lines=(TURNED, GROUND)),))
    plan = LivePlan.from_result(replace(TWO_GRINDERS, rules=agreed), (TURNED, GROUND), ())

    with pytest.raises(ValueError, match="agreed order O1 needs its minutes"):
        machine_down(plan, "F3", 0)
    with pytest.raises(ValueError, match="offer F9: the plan's problem has no such offer"):
        withdraw(plan, "F9")
    with pytest.raises(ValueError, match=r"week 6: expected 0\.\.5"):
        machine_down(plan, "F3", 6)
    with pytest.raises(ValueError, match="minutes -1"):
        machine_down(plan, "F3", 0, -1)
    assert plan.version.number == 1


def test_a_new_order_finds_no_minutes_on_a_machine_that_is_down():
    plan = LivePlan.from_result(TWO_GRINDERS, (TURNED, GROUND), ())
    machine_down(plan, "F3", 0)

    change = commit(plan, order("N1"))

    assert {line.offer_id for line in change.lines["N1"]} == {"F1", "F4"}
    assert_stands(plan)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6))
def test_nothing_is_left_on_the_machine(seed: int):
    """After each failure: no minutes there, the plan stands, and the change names who changed."""
    plan, arriving = live_plan(seed, orders=40, offers=10)
    draw = random.Random(seed)
    for asked in arriving[:3]:
        commit(plan, asked)
        before = by_order(plan.lines())
        name = draw.choice(plan.offer_ids)
        week, left = draw.randrange(plan.problem.settings.weeks), draw.choice((0, 0, 60))

        change = machine_down(plan, name, week, left)

        used: dict[int, int] = {}
        for line in plan.lines():
            if line.offer_id == name and line.week >= week:
                used[line.week] = used.get(line.week, 0) + line.minutes
        assert all(minutes <= left for minutes in used.values())
        after = by_order(plan.lines())
        for order_id in before.keys() | after.keys():
            if arrangement(before.get(order_id, ())) != arrangement(after.get(order_id, ())):
                assert order_id in change.forced + change.changed
        assert set(change.dropped) <= before.keys()
        assert_stands(plan)
