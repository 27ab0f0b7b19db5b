"""Optional rules in the exact check: what they allow, and what they add to the objective."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.capacity import check
from matching.capacity.check_rules import able_enterprises
from matching.capacity.eligibility import eligible_offers
from matching.capacity.problem import Problem, Quotation
from matching.capacity.rules import (
    Agreed,
    Approved,
    Ban,
    CarbonCap,
    EnterpriseShare,
    Frozen,
    Keep,
    LocalFirst,
    Pin,
    Rules,
    SmeMinimum,
)
from tests.support.bundles import problems
from tests.support.capacity import (
    GRINDING_FAR,
    GROUND,
    TURNED,
    inserted_plan,
    line,
    offer,
    order,
    random_problem,
    three_plants,
)
from tests.support.rules import rules_for

PLAN = (TURNED, GROUND)
LATER = tuple(replace(row, week=2) for row in PLAN)


def ruled(*orders, **rules: object) -> Problem:
    return replace(three_plants(*orders), rules=Rules(**rules))  # type: ignore[arg-type]


def codes(problem: Problem, plan=PLAN) -> set[str]:
    return set(check(problem, plan).counts)


KEPT = {
    "pin": {"pins": (Pin(order_id="O1", offer_id="F3"),)},
    "ban": {"bans": (Ban(order_id="O1", offer_id="F2"), Ban(order_id="O1", enterprise_id="E2"))},
    "approved": {"approved": (Approved(order_id="O1", enterprises=frozenset({"E1", "E3"})),)},
    "agreed": {"agreed": (Agreed(order_id="O1", lines=PLAN[::-1]),)},
    "frozen": {"given": PLAN, "frozen": Frozen(weeks=2)},
    "frozen before": {"given": LATER, "frozen": Frozen(weeks=1)},
    "share": {"enterprise_share": EnterpriseShare(most_bps=5417)},
    "minimum": {
        "sme_minimum": SmeMinimum(minutes=110, enterprises=frozenset({"E1", "E3"})),
    },
    "carbon": {"carbon_cap": CarbonCap(grams=Fraction(16_120))},
    "must serve": {"must_serve": frozenset({"O1"})},
}


@pytest.mark.parametrize("name", KEPT)
def test_a_plan_that_just_keeps_a_rule_is_valid(name):
    """130 of 240 minutes are 5416.7 in 10,000; machines emit 12,000 g and two legs 4,120 g."""
    report = check(ruled(**KEPT[name]), PLAN)

    assert report.violations == ()
    assert report.objective_fen == report.base_fen == 66_017


def test_a_ban_of_an_enterprise_covers_its_offers():
    assert codes(ruled(bans=(Ban(order_id="O1", enterprise_id="E3"),))) == {"ban"}


def test_an_agreed_order_is_served():
    problem = ruled(agreed=(Agreed(order_id="O1", lines=PLAN),))

    assert codes(problem, ()) == {"agreed"}


def test_a_frozen_order_stays_entirely_as_given():
    """The given plan grinds in week 2, beyond the frozen weeks; a move to week 3 breaks it."""
    whole = (TURNED, replace(GROUND, week=2))
    problem = ruled(given=whole, frozen=Frozen(weeks=2))

    assert codes(problem, whole) == set()
    assert codes(problem, (TURNED, replace(GROUND, week=3))) == {"frozen"}
    assert codes(problem, ()) == {"frozen"}


def test_nothing_new_is_planned_in_frozen_weeks():
    other = tuple(replace(row, order_id="O2") for row in PLAN)
    problem = ruled(order(), order("O2"), given=LATER, frozen=Frozen(weeks=2))

    assert codes(problem, (*LATER, *other)) == {"frozen"}
    assert codes(replace(problem, rules=Rules(given=LATER)), (*LATER, *other)) == set()


def test_the_minimum_is_owed_to_enterprises_with_an_offer_that_fits():
    """E2 would fit; banned from the only order it fits nothing, and nothing is owed."""
    minimum = SmeMinimum(minutes=1, enterprises=frozenset({"E2"}))
    banned = (Ban(order_id="O1", offer_id="F2"),)

    assert codes(ruled(sme_minimum=minimum)) == {"sme-minimum"}
    assert codes(ruled(sme_minimum=minimum, bans=banned)) == set()
    assert codes(ruled(sme_minimum=minimum), ()) == {"sme-minimum"}


def test_a_changed_order_costs_the_penalty_once():
    problem = ruled(order(), order("O2"), given=PLAN, keep=Keep(penalty_fen=1_000))
    other = tuple(replace(row, order_id="O2") for row in LATER)

    same, moved, dropped = (check(problem, plan) for plan in (PLAN + other, LATER + other, other))

    assert (same.changed, moved.changed, dropped.changed) == ((), ("O1",), ("O1",))
    assert same.objective_fen == same.base_fen
    for report in (moved, dropped):
        assert report.penalty_fen == 1_000
        assert report.base_fen is not None
        assert report.objective_fen == report.base_fen - 1_000


def test_a_given_plan_alone_counts_changes_and_costs_nothing():
    report = check(ruled(given=PLAN), ())

    assert (report.changed, report.penalty_fen, report.objective_fen) == (("O1",), 0, 0)


def test_lots_with_other_numbers_are_no_change():
    halves = [
        line(lot=n, lot_quantity=5, step=step, offer_id=f"F{2 * step - 1}", week=w, minutes=m)
        for n, w in ((1, 1), (2, 2))
        for step, m in ((1, 80), (2, 85))
    ]
    swapped = [replace(row, lot=3 - row.lot) for row in halves]

    assert check(ruled(given=tuple(halves)), swapped).changed == ()


def test_local_work_earns_its_bonus_rounded_down_once():
    """130 local minutes at 1000/60 fen are 2166.67 fen; the grinding is in another park."""
    report = check(ruled(local_first=LocalFirst(bonus_fen_per_hour=1_000)), PLAN)

    assert report.bonus_fen == report.costs["O1"].bonus_fen == 2_166
    assert report.objective_fen == 66_017 + 2_166
    assert report.base_fen == report.costs["O1"].profit_fen == 66_017


def test_the_bonus_pays_no_more_than_the_work_costs():
    """A minute on F1 costs 100 fen and 50 g of carbon at 0.008 fen: 100.4 fen."""
    report = check(ruled(local_first=LocalFirst(bonus_fen_per_hour=10**9)), PLAN)

    assert report.bonus_fen == int(130 * (100 + Fraction(50 * 8, 1000)))


def test_the_bonus_on_a_quoted_offer_is_bounded_by_the_quoted_price():
    """At most 2 lots: 2 setups of 10 minutes, 55 of work and one of rounding pay 7,600 fen."""
    quoted = Quotation(
        order_id="O1", step=1, offer_id="F1", setup_minutes=10, minutes_total=55, price_fen=7_600
    )
    problem = replace(ruled(local_first=LocalFirst(bonus_fen_per_hour=10**9)), quotations=(quoted,))

    report = check(problem, (replace(TURNED, minutes=65), GROUND))

    assert report.bonus_fen == int(65 * (Fraction(7_600, 76) + Fraction(50 * 8, 1000)))


def test_an_order_that_breaks_the_base_model_is_named_for_that_alone():
    rules = Rules(
        pins=(Pin(order_id="O1", offer_id="F2"),),
        agreed=(Agreed(order_id="O1", lines=LATER),),
        carbon_cap=CarbonCap(grams=Fraction(0)),
        must_serve=frozenset({"O1"}),
    )
    wrong = (replace(TURNED, minutes=1), GROUND)

    assert codes(replace(three_plants(), rules=rules), wrong) == {"work-minutes"}


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_parts_of_the_objective_add_up(data):
    """Objective = base + bonus - penalty for any rules, and local work is never paid for twice."""
    problem = random_problem(20, 14, 1)
    plan = inserted_plan(problem, every=data.draw(st.integers(1, 3)))
    given_plan = inserted_plan(problem, every=data.draw(st.integers(1, 3)))
    penalty = data.draw(st.integers(0, 10**6))
    bonus = data.draw(st.integers(0, 10**6))
    rules = Rules(
        given=given_plan,
        keep=Keep(penalty_fen=penalty),
        local_first=LocalFirst(bonus_fen_per_hour=bonus),
    )
    report, plain = check(replace(problem, rules=rules), plan), check(problem, plan)

    assert report.base_fen == plain.objective_fen
    assert report.objective_fen == report.base_fen + report.bonus_fen - report.penalty_fen
    assert report.penalty_fen == penalty * len(report.changed)
    for cost in report.costs.values():
        assert 0 <= cost.bonus_fen <= cost.processing + cost.carbon


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_check_and_eligibility_agree_on_who_fits(data):
    """Two ways to apply pins, bans and approvals, beside those of the base model."""
    plain = data.draw(problems())
    problem = replace(plain, rules=data.draw(rules_for(plain)))
    names = {one.enterprise_id for one in problem.offers}
    fitting = {problem.offers[at].enterprise_id for at in eligible_offers(problem).offers.tolist()}

    assert able_enterprises(problem, names) == sorted(fitting)


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_rules_can_be_checked(data):
    """An empty plan breaks only rules that ask for something."""
    plain = data.draw(problems())
    rules = data.draw(rules_for(plain))

    found = set(check(replace(plain, rules=rules), ()).counts)

    assert found <= {"agreed", "frozen", "must-serve", "sme-minimum"}
    assert ("must-serve" in found) == bool(rules.must_serve)


def test_a_cheap_enterprise_may_not_take_everything():
    """Alone at work, any enterprise has all minutes: a share below 100 % forbids the plan."""
    alone = order(operations=(order().operations[0],))
    problem = replace(
        three_plants(alone, offers=(offer(), GRINDING_FAR)),
        rules=Rules(enterprise_share=EnterpriseShare(most_bps=9_999)),
    )

    assert codes(problem, (TURNED,)) == {"enterprise-share"}
    assert codes(problem, ()) == set()
