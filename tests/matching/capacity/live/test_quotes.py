"""Quotes: what they offer holds, what they refuse has its reason, and the plan stays as it was."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capacity.check import check
from matching.capacity.eligibility import eligible_offers, refusal
from matching.capacity.live import Kind, LivePlan, QuoteStatus, commit, quote
from matching.capacity.plan import PlanLine, Price
from matching.capacity.problem import Problem, Quotation
from matching.explain import render
from tests.support.capacity import (
    GRINDING_FAR,
    GRINDING_NEAR,
    GROUND,
    TURNED,
    offer,
    order,
    three_plants,
)
from tests.support.live import live_plan

NEW = order("N1")


def plan_of(problem: Problem, *lines: PlanLine, prices: tuple[Price, ...] = ()) -> LivePlan:
    """Return a plan in force."""
    return LivePlan.from_result(problem, lines, prices)


def full(problem: Problem) -> LivePlan:
    """Return a plan whose grinding is fully used by one order that stays."""
    return plan_of(problem, TURNED, GROUND)


def test_the_first_alternative_is_worth_most_and_names_who_is_paid():
    """Beside the plan there is room for the same order again: turned at F1, ground near by."""
    plan = plan_of(three_plants(), TURNED, GROUND)

    answer = quote(plan, NEW)

    first = answer.alternatives[0]
    assert answer.status is QuoteStatus.FITS
    assert answer.reason is None
    assert Kind.BEST_VALUE in first.kinds
    assert first.offers == ("F1", "F3")
    assert first.enterprises == ("E1", "E3")
    assert dict(first.payments).keys() == {"E1", "E3"}
    assert first.profit_fen == first.net_fen > 0
    assert first.displaced_fen == 0


def test_prices_of_the_minutes_are_what_an_alternative_displaces():
    prices = (Price(offer_id="F3", week=1, millifen_per_minute=1001),)
    plan = plan_of(three_plants(), prices=prices)
    answer = quote(plan, replace(NEW, due_week=1))

    assert [one.displaced_fen for one in answer.alternatives] == [111]  # 110.11, rounded up


def test_each_kind_is_truly_the_best_of_those_shown():
    """Two turners: one cheap, one in the buyer's park; a third grinder is another enterprise."""
    offers = (
        offer("F1"),
        offer("F4", park_id="P3", rate_fen_per_hour=1200),
        GRINDING_NEAR,
        replace(GRINDING_FAR, offer_id="F5", enterprise_id="E5", park_id="P1"),
    )
    plan = plan_of(three_plants(offers=offers))

    found = quote(plan, NEW).alternatives

    by_kind = {kind: one for one in found for kind in one.kinds}
    assert len({one.lines for one in found}) == len(found)
    assert by_kind[Kind.CHEAPEST].price_fen == min(one.price_fen for one in found)
    assert by_kind[Kind.EARLIEST].delivery_week == min(one.delivery_week for one in found)
    assert by_kind[Kind.MOST_LOCAL].local_minutes == max(one.local_minutes for one in found)


def test_an_order_that_needs_what_others_hold_may_be_possible_by_rearranging():
    """The only grinder is taken, by an order of little value: to make room would pay."""
    grinder = replace(GRINDING_NEAR, idle_minutes=(0, 110, 0, 0, 0, 0))
    plan = full(three_plants(offers=(offer(), grinder)))

    answer = quote(plan, replace(NEW, value_fen=10**6))

    assert answer.status is QuoteStatus.REARRANGE
    assert answer.reduced_fen > 0
    assert answer.reason.code == "capacity_taken"
    assert answer.reason.params["holders"] == ("O1",)
    assert answer.reason.params["binding"] == ("F3 1 0",)


def test_an_order_is_refused_where_the_minutes_are_worth_more_to_others():
    grinder = replace(GRINDING_NEAR, idle_minutes=(0, 110, 0, 0, 0, 0))
    prices = (Price(offer_id="F3", week=1, millifen_per_minute=10**6),)
    plan = plan_of(three_plants(offers=(offer(), grinder)), TURNED, GROUND, prices=prices)

    answer = quote(plan, NEW)

    assert answer.status is QuoteStatus.REFUSED
    assert answer.reason.code == "capacity_taken"
    assert answer.reason.params["known"] == "prices"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"operations": (replace(NEW.operations[0], process="forging"),)}, "no_process"),
        ({"size_class": 9}, "no_size"),
        ({"material": "pom"}, "no_material"),
        ({"certificates": frozenset({"AS9100"})}, "no_certificate"),
        ({"excluded_enterprises": frozenset({"E1"})}, "all_excluded"),
        ({"quoted_only": True}, "not_quoted"),
        ({"quantity": 4}, "lot_below_minimum"),
        ({"release_week": 5, "due_week": 5, "buyer_lat": 30.5, "buyer_lon": 104.0}, "too_late"),
        ({"max_price_fen": 100}, "price_cap"),
        ({"value_fen": 100}, "not_worth"),
        (
            {"operations": (replace(NEW.operations[0], minutes_total=10**6),), "max_lots": 1},
            "no_weeks",
        ),
    ],
)
def test_a_refusal_has_the_reason_of_a_refused_order(changes: dict, code: str):
    """Each rule of eligibility and each bound on the order alone; the text can be written."""
    answer = quote(plan_of(three_plants(), TURNED, GROUND), replace(NEW, **changes))

    assert answer.status is QuoteStatus.REFUSED
    assert answer.reason.code == code
    assert "?" not in render(answer.reason)
    assert "?" not in render(answer.reason, "zh-CN")


def test_a_quotation_comes_with_the_order():
    """An order for quoted offers alone is made at the price that was quoted."""
    quoted = tuple(
        Quotation(
            order_id="N1", step=step, offer_id=name, setup_minutes=1, minutes_total=9, price_fen=500
        )
        for step, name in ((1, "F1"), (2, "F2"))
    )
    plan = plan_of(three_plants(), TURNED, GROUND)

    answer = quote(plan, replace(NEW, quoted_only=True, due_week=6, max_tardy_weeks=2), quoted)

    assert answer.alternatives[0].offers == ("F1", "F2")
    assert answer.alternatives[0].minutes == 20


def test_what_cannot_be_quoted_says_so():
    plan = plan_of(three_plants(), TURNED, GROUND)
    quoted = Quotation(
        order_id="N1", step=3, offer_id="F1", setup_minutes=1, minutes_total=9, price_fen=500
    )

    with pytest.raises(ValueError, match="order O1: the plan has an order of this id"):
        quote(plan, order("O1"))
    with pytest.raises(ValueError, match="step 3 offer F1: the order has 2 operations"):
        quote(plan, NEW, (quoted,))
    with pytest.raises(ValueError, match="expected one for order N1"):
        quote(plan, NEW, (replace(quoted, order_id="N2"),))
    with pytest.raises(ValueError, match="unknown offer F9"):
        quote(plan, NEW, (replace(quoted, step=1, offer_id="F9"),))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_every_alternative_can_be_committed(seed: int):
    """Each alternative, put into the plan, passes the exact check of the whole plan."""
    plan, arriving = live_plan(seed)
    for asked in arriving:
        answer = quote(plan, asked)
        lines = plan.lines()
        snapshot = plan.snapshot()
        problem = replace(snapshot, orders=(*snapshot.orders, asked))
        for one in answer.alternatives:
            report = check(problem, (*lines, *one.lines))
            assert report.valid, report.violations
            cost = report.costs[asked.order_id]
            assert cost.profit_fen == one.profit_fen
            assert cost.arrival_week == one.delivery_week
            assert cost.carbon_g == one.carbon_g
        if answer.alternatives:
            commit(plan, asked, answer.alternatives[-1])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_a_quote_leaves_the_plan_as_it_is(seed: int):
    """Lines, minutes, profits, version: all as before; and the same question, the same answer."""
    plan, arriving = live_plan(seed)
    lines, version = plan.lines(), plan.version
    numbers = [column.copy() for column in plan.book.values]
    first = [quote(plan, asked) for asked in arriving]

    again = [quote(plan, asked) for asked in arriving]

    assert first == again
    assert plan.lines() == lines
    assert plan.version == version
    orders = plan.columns.orders
    assert all(
        (now == then).all()
        for name, now, then in zip(
            type(plan.book.values)._fields, plan.book.values, numbers, strict=True
        )
        if name != "owner"
    )
    assert plan.columns.orders == orders


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_eligibility_is_that_of_the_whole_problem(seed: int):
    """The masks of the catalogue leave the offers, the counts and the reasons that solving does."""
    plan, arriving = live_plan(seed)
    whole = replace(plan.problem, orders=tuple(arriving), quotations=())
    found = eligible_offers(whole)
    for at, asked in enumerate(arriving):
        rows = range(int(found.steps[at]), int(found.steps[at + 1]))
        expected = [sorted(found.offers[found.rows[r] : found.rows[r + 1]].tolist()) for r in rows]

        assert [sorted(some.tolist()) for some in plan.catalogue.eligible(asked)] == expected
        assert plan.catalogue.refusal(asked) == refusal(whole, found, at)
