"""Arrivals: an order goes in, few others change, and what stands passes the check."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capacity.booking import write_lots
from matching.capacity.kernels.book import Copy
from matching.capacity.kernels.library import Shared
from matching.capacity.kernels.search import take_over
from matching.capacity.live import LivePlan, QuoteStatus, commit, quote, rush
from matching.capacity.live import columns as growing
from matching.capacity.live.changes import settle
from matching.capacity.problem import Problem, Quotation
from matching.capacity.rules import Agreed, Ban, EnterpriseShare, Pin, Rules, arrangement, by_order
from tests.support.capacity import GRINDING_NEAR, GROUND, TURNED, offer, order, three_plants
from tests.support.live import assert_stands, live_plan

GRINDER = replace(GRINDING_NEAR, idle_minutes=(0, 110, 0, 0, 0, 0))  # room for one order
ONE_ROOM = three_plants(offers=(offer(), GRINDER))
NEW = order("N1")


def one_room(problem: Problem = ONE_ROOM, **rules: object) -> LivePlan:
    """Return a plan in which O1 has all the grinding there is."""
    ruled = replace(problem, rules=Rules(**rules))  # type: ignore[arg-type]
    return LivePlan.from_result(ruled, (TURNED, GROUND), ())


def test_an_order_that_fits_changes_nobody():
    plan = LivePlan.from_result(three_plants(), (TURNED, GROUND), ())
    before = plan.version

    change = commit(plan, NEW)

    assert change.served
    assert change.changed == change.dropped == change.forced == ()
    assert change.after_fen > change.before_fen
    assert list(change.lines) == ["N1"]
    assert change.version.replaces == before.plan_digest
    assert change.version.number == 2
    assert_stands(plan)


def test_the_alternative_that_was_chosen_is_what_is_planned():
    plan = LivePlan.from_result(three_plants(), (TURNED, GROUND), ())
    chosen = quote(plan, NEW).alternatives[-1]

    change = commit(plan, NEW, chosen)

    assert change.lines["N1"] == chosen.lines
    assert_stands(plan)


def test_an_alternative_that_no_longer_fits_is_refused_and_nothing_changes():
    """Two orders were quoted the same minutes; the second to commit is told so."""
    plan = LivePlan.from_result(replace(ONE_ROOM, orders=()), (), ())
    first, second = quote(plan, NEW), quote(plan, order("N2"))
    commit(plan, NEW, first.alternatives[0])
    version = plan.version

    with pytest.raises(ValueError, match="order N2: the alternative breaks capacity in version 2"):
        commit(plan, order("N2"), second.alternatives[0])

    assert plan.version == version
    assert "N2" not in plan.index
    assert_stands(plan)


def test_a_more_valuable_order_takes_the_place_of_another():
    plan = one_room()

    change = commit(plan, replace(NEW, value_fen=10**6), keep_penalty_fen=1000)

    assert change.served
    assert change.changed == change.dropped == ("O1",)
    assert change.lines["O1"] == ()
    assert_stands(plan)


def test_the_penalty_protects_the_orders_of_the_plan():
    """What is gained is less than what a change costs: the new order is refused."""
    plan = one_room()

    change = commit(plan, replace(NEW, value_fen=110_000), keep_penalty_fen=50_000)

    assert not change.served
    assert change.changed == ()
    assert change.after_fen == change.before_fen
    assert plan.orders[-1].order_id == "N1"  # it is one of the refused orders now
    assert_stands(plan)


def test_a_rush_order_comes_before_others():
    """It earns less than the order that it displaces, and it is served all the same."""
    plan = one_room()

    change = rush(plan, replace(NEW, value_fen=70_000))

    assert change.served
    assert change.dropped == ("O1",)
    assert change.after_fen < change.before_fen
    assert_stands(plan)


@pytest.mark.parametrize(
    "rules",
    [
        {"agreed": (Agreed(order_id="O1", lines=(TURNED, GROUND)),)},
        {"must_serve": frozenset({"O1"})},
    ],
)
def test_agreed_and_due_orders_are_never_displaced(rules: dict):
    plan = one_room(**rules)

    change = rush(plan, replace(NEW, value_fen=10**6))

    assert not change.served
    assert_stands(plan)


def test_frozen_weeks_stay_as_they_are():
    """O1 works in week 1; with two weeks frozen it cannot be moved, nor anybody join it there."""
    plan = one_room()

    change = rush(plan, replace(NEW, value_fen=10**6), frozen_weeks=2)

    assert not change.served
    assert plan.frozen_weeks == 2
    roomy = LivePlan.from_result(three_plants(), (TURNED, GROUND), ())
    late = commit(roomy, replace(NEW, due_week=5), frozen_weeks=3)
    assert min(line.week for line in late.lines["N1"]) >= 3
    assert_stands(roomy)


def test_a_quotation_stays_with_its_order():
    quoted = tuple(
        Quotation(
            order_id="N1", step=step, offer_id=name, setup_minutes=1, minutes_total=9, price_fen=500
        )
        for step, name in ((1, "F1"), (2, "F3"))
    )
    plan = LivePlan.from_result(three_plants(), (TURNED, GROUND), ())

    change = commit(plan, replace(NEW, quoted_only=True), quotations=quoted)

    assert change.served
    assert plan.snapshot().quotations == quoted
    assert_stands(plan)


def test_a_price_above_the_cap_by_a_hair_is_refused():
    """The kernels reckon in floating point and see no difference; the exact check does."""
    dear = offer(rate_fen_per_hour=600_000_001)
    price = 130 * 600_000_001 // 60 + 4000  # rounded down: the cap is a sixth of a fen below
    asked = order("N1", operations=NEW.operations[:1], max_price_fen=price, value_fen=2 * price)
    plan = LivePlan.from_result(three_plants(order(), offers=(dear, GRINDER)), (), ())

    answer = quote(plan, asked)
    assert (answer.status, answer.reason.code) == (QuoteStatus.REFUSED, "no_plan_found")
    assert not commit(plan, asked).served
    assert not rush(plan, replace(asked, order_id="N2")).served
    assert_stands(plan)
    assert commit(plan, replace(asked, order_id="N3", max_price_fen=price + 1)).served
    assert_stands(plan)


def test_lots_in_another_sequence_are_no_change():
    """The same lots under other numbers: the order keeps the numbers that it had."""
    small = tuple(offer(name, idle_minutes=(0, 90, 0, 0, 0, 0)) for name in ("F1", "F4"))
    asked = order("N1", operations=NEW.operations[:1], due_week=1)
    plan = LivePlan.from_result(three_plants(order(), offers=(*small, GRINDER)), (), ())
    assert commit(plan, asked).served
    lines, at = plan.lines(), plan.index["N1"]
    assert {line.lot for line in lines} == {1, 2}
    turned = Copy(*(column.copy() for column in plan.given))
    write_lots(plan.columns.values, turned, at, plan.lots(at)[::-1])
    take_over(plan.columns.shared, plan.book, Shared(turned), np.array([at]))

    change = settle(plan)

    assert change is not None
    assert change.changed == ()
    assert plan.lines() == lines
    assert_stands(plan)


def test_there_is_room_for_many_more_orders(monkeypatch: pytest.MonkeyPatch):
    """The tables grow when the room behind the orders is used up."""
    for name in ("SPARE_ORDERS", "SPARE_ROWS", "SPARE_ENTRIES", "SPARE_QUOTES"):
        monkeypatch.setattr(growing, name, 3)
    plan = LivePlan.from_result(three_plants(), (TURNED, GROUND), ())
    served = 0
    for number in range(9):
        tiny = tuple(replace(op, minutes_total=2) for op in NEW.operations)
        served += bool(commit(plan, replace(NEW, order_id=f"N{number}", operations=tiny)).served)

    assert served == 9
    assert plan.columns.grown > 1
    assert_stands(plan)


def test_a_plan_that_breaks_a_rule_is_not_loaded():
    with pytest.raises(ValueError, match=r"breaks 1 rules .* order O1.*missing-step"):
        LivePlan.from_result(three_plants(), (TURNED,), ())


def test_rules_about_the_whole_plan_are_refused():
    ruled = replace(three_plants(), rules=Rules(enterprise_share=EnterpriseShare(most_bps=9000)))

    with pytest.raises(
        ValueError, match=r"cannot hold rules about the whole plan.*enterprise_share"
    ):
        LivePlan.from_result(ruled, (), ())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 4))
def test_arrivals_keep_the_plan_valid_and_the_frozen_weeks(seed: int, frozen: int):
    """Whatever arrives: the plan stands, and orders with frozen minutes are as they were."""
    plan, arriving = live_plan(seed, orders=40, offers=10)
    for asked in arriving:
        frozen = max(frozen, plan.frozen_weeks)
        before = by_order(plan.lines())

        change = commit(plan, asked, frozen_weeks=frozen, keep_penalty_fen=0)

        after = by_order(plan.lines())
        assert (asked.order_id in after) == change.served
        for name, lines in before.items():
            same = arrangement(after.get(name, ())) == arrangement(lines)
            assert same or name in change.changed
            if any(line.week < frozen for line in lines):
                assert same
        new = [line for name in change.lines for line in change.lines[name]]
        assert all(line.week >= frozen for line in new)
        assert change.after_fen >= change.before_fen
    assert_stands(plan)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_arrivals_keep_pins_and_bans(seed: int):
    """Orders that are moved to make room stay on the offers that the rules leave them."""
    plain, arriving = live_plan(seed, orders=40, offers=10)
    made = by_order(plain.lines())
    pins, bans = [], []
    for at, (name, lines) in enumerate(made.items()):
        if at % 3 == 0 and all(line.lot == 1 for line in lines):
            pins.append(Pin(order_id=name, offer_id=lines[0].offer_id, step=lines[0].step))
        elif at % 3 == 1:
            used = {line.offer_id for line in lines}
            free = next(one for one in plain.offer_ids if one not in used)
            bans.append(Ban(order_id=name, offer_id=free))
    ruled = replace(plain.problem, rules=Rules(pins=tuple(pins), bans=tuple(bans)))
    plan = LivePlan.from_result(ruled, plain.lines(), ())
    for asked in arriving:
        rush(plan, asked, keep_penalty_fen=0)
    assert_stands(plan)


def test_what_a_quote_promised_is_found_by_rearranging():
    """The order is not beside the plan; the quote says that to make room would pay; it does."""
    plan = one_room()
    asked = replace(NEW, value_fen=10**6)
    assert quote(plan, asked).status is QuoteStatus.REARRANGE
    assert commit(plan, asked, keep_penalty_fen=0).served
