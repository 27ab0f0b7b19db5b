"""Each rule of the base model breaks alone, under its own name."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from matching.capacity import check
from matching.capacity.check import CODES
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Operation, Quotation
from matching.capacity.rules import (
    Agreed,
    Approved,
    Ban,
    CarbonCap,
    EnterpriseShare,
    Frozen,
    Pin,
    Rules,
    SmeMinimum,
)
from tests.support.capacity import (
    GRINDING_FAR,
    GRINDING_NEAR,
    GROUND,
    TURNED,
    inserted_plan,
    line,
    offer,
    order,
    random_problem,
    three_plants,
)

PLAN = (TURNED, GROUND)


def lot(number: int, quantity: int, *, turning: int, grinding: int):
    return (
        line(lot=number, lot_quantity=quantity, minutes=turning),
        line(lot=number, lot_quantity=quantity, step=2, offer_id="F3", minutes=grinding),
    )


BY_PLAN = {
    "malformed-row": (replace(TURNED, week="1"), GROUND),
    "unknown-order": (*PLAN, line(order_id="O9")),
    "unknown-step": (*PLAN, line(step=3)),
    "unknown-offer": (replace(TURNED, offer_id="F9"), GROUND),
    "duplicate-row": (replace(TURNED, minutes=65), replace(TURNED, minutes=65), GROUND),
    "week-outside-horizon": (replace(TURNED, week=6), GROUND),
    "minutes-not-positive": (replace(TURNED, minutes=0), GROUND),
    "too-many-lots": tuple(
        row for n in (1, 2, 3) for row in lot(n, 4 - (n > 1), turning=70, grinding=80)
    ),
    "lot-numbering": lot(1, 5, turning=80, grinding=85) + lot(3, 5, turning=80, grinding=85),
    "lot-quantity": (TURNED, replace(GROUND, lot_quantity=9)),
    "lots-sum": lot(1, 9, turning=120, grinding=105),
    "missing-step": (TURNED,),
    "several-offers": (*PLAN, replace(GROUND, offer_id="F2", week=4)),
    "process": (replace(TURNED, offer_id="F3", minutes=160), GROUND),
    "work-minutes": (replace(TURNED, minutes=129), GROUND),
    "block-length": (
        replace(TURNED, minutes=65),
        replace(TURNED, week=3, minutes=65),
        replace(GROUND, week=3),
    ),
    "release": (replace(TURNED, week=0), GROUND),
    "sequence": (replace(TURNED, week=2), GROUND),
    "tardiness": (replace(TURNED, week=5), replace(GROUND, week=5)),
}
BY_PROBLEM = {
    "size": three_plants(order(size_class=3)),
    "tolerance": three_plants(
        order(
            operations=(
                Operation(process="cnc-turning", tolerance_it=7, minutes_total=100),
                Operation(process="grinding", tolerance_it=7, minutes_total=50),
            )
        )
    ),
    "material": three_plants(order(material="pom")),
    "certificate": three_plants(order(certificates=frozenset({"AS9100"}))),
    "excluded": three_plants(order(excluded_enterprises=frozenset({"E1"}))),
    "not-quoted": three_plants(order(quoted_only=True)),
    "minimum-lot": three_plants(offers=(offer(min_lot=11), GRINDING_FAR, GRINDING_NEAR)),
    "capacity": three_plants(
        offers=(offer(idle_minutes=(600, 129, 600, 600, 600, 600)), GRINDING_FAR, GRINDING_NEAR)
    ),
    "price-cap": three_plants(order(max_price_fen=1)),
}
ORDER_2 = tuple(replace(row, order_id="O2", week=2) for row in PLAN)
GIVEN_LATER = tuple(replace(row, week=2) for row in PLAN)
BY_RULE: dict[str, tuple[Rules, tuple[PlanLine, ...]]] = {
    "pin": (Rules(pins=(Pin(order_id="O1", offer_id="F2"),)), PLAN),
    "ban": (Rules(bans=(Ban(order_id="O1", offer_id="F3"),)), PLAN),
    "not-approved": (
        Rules(approved=(Approved(order_id="O1", enterprises=frozenset({"E1", "E2"})),)),
        PLAN,
    ),
    "agreed": (Rules(agreed=(Agreed(order_id="O1", lines=GIVEN_LATER),)), PLAN),
    "frozen": (Rules(given=ORDER_2, frozen=Frozen(weeks=2)), PLAN),
    "must-serve": (Rules(must_serve=frozenset({"O1", "O2"})), PLAN),
    "enterprise-share": (Rules(enterprise_share=EnterpriseShare(most_bps=5416)), PLAN),
    "sme-minimum": (
        Rules(sme_minimum=SmeMinimum(minutes=111, enterprises=frozenset({"E1", "E3"}))),
        PLAN,
    ),
    "carbon-cap": (Rules(carbon_cap=CarbonCap(grams=Fraction(16_119))), PLAN),
}


def test_a_right_plan_has_its_exact_worth():
    """Turning 130 min and grinding 110 min at 100 fen, two legs over 103 km with 200 kg."""
    report = check(three_plants(), PLAN)

    cost = report.costs["O1"]
    assert report.violations == ()
    assert cost.processing == 24_000
    assert cost.transport == 2 * (4000 + Fraction(200 * 103 * 45, 1000))
    assert cost.carbon == (Fraction(240 * 3000, 60) + 2 * Fraction(200 * 103, 10)) * 8 / 1000
    assert report.objective_fen == cost.profit_fen == 100_000 - 33_854 - 129
    assert (report.minutes, report.local_minutes) == (240, 130)
    assert report.utilisation == 240 / (3 * 3600)


@pytest.mark.parametrize("code", BY_PLAN)
def test_each_rule_of_a_plan_breaks_alone(code):
    report = check(three_plants(), BY_PLAN[code])

    assert set(report.counts) == {code}
    assert report.objective_fen is None
    assert all(found.where and found.detail for found in report.violations)


@pytest.mark.parametrize("code", BY_PROBLEM)
def test_each_rule_of_an_offer_breaks_alone(code):
    assert set(check(BY_PROBLEM[code], PLAN).counts) == {code}


@pytest.mark.parametrize("code", BY_RULE)
def test_each_optional_rule_breaks_alone(code):
    rules, plan = BY_RULE[code]
    problem = replace(three_plants(order(), order("O2")), rules=rules)
    report = check(problem, plan)

    assert set(report.counts) == {code}
    assert (report.objective_fen, report.base_fen) == (None, None)
    assert all(found.where and found.detail for found in report.violations)


def test_a_wrong_claim_is_named():
    worth = check(three_plants(), PLAN).objective_fen
    assert worth is not None

    claimed = check(three_plants(), PLAN, objective_fen=worth + 1)
    bounded = check(three_plants(), PLAN, objective_fen=worth, bound_fen=worth - 1)

    assert set(claimed.counts) == {"claim-objective"}
    assert set(bounded.counts) == {"claim-bound"}
    assert check(three_plants(), PLAN, objective_fen=worth, bound_fen=worth).violations == ()


def test_every_code_has_its_scenario():
    assert {*BY_PLAN, *BY_PROBLEM, *BY_RULE, "claim-objective", "claim-bound"} == set(CODES)


def test_lots_are_paid_each_with_its_setup():
    split = lot(1, 5, turning=80, grinding=85) + lot(2, 5, turning=80, grinding=85)

    whole, halves = check(three_plants(), PLAN), check(three_plants(), split)

    assert halves.costs["O1"].lots == 2
    assert halves.costs["O1"].processing - whole.costs["O1"].processing == 9_000
    assert halves.costs["O1"].transport - whole.costs["O1"].transport == 8_000


def test_lateness_counts_once_for_the_slowest_lot():
    late = order(due_week=1, max_tardy_weeks=2)
    split = (
        *lot(1, 5, turning=80, grinding=85),
        *(replace(row, week=2) for row in lot(2, 5, turning=80, grinding=85)),
    )

    cost = check(three_plants(late), split).costs["O1"]

    assert (cost.arrival_week, cost.tardy_weeks, cost.tardy_fen) == (2, 1, 5_000)


def test_a_quotation_replaces_setup_minutes_and_price():
    quoted = Quotation(
        order_id="O1", step=1, offer_id="F1", setup_minutes=10, minutes_total=55, price_fen=7_001
    )
    problem = three_plants(quotations=(quoted,))

    report = check(problem, (replace(TURNED, minutes=65), GROUND))

    assert report.costs["O1"].processing == 7_001 + 11_000
    assert set(check(problem, PLAN).counts) == {"work-minutes"}


def test_no_plan_is_worth_nothing_and_breaks_nothing():
    report = check(three_plants(), ())

    assert (report.objective_fen, report.served, report.violations) == (0, (), ())


def test_the_order_of_the_lines_does_not_count():
    problem = random_problem(60, 40, 3)
    plan = inserted_plan(problem)

    assert plan
    assert check(problem, plan) == check(problem, plan[::-1])
