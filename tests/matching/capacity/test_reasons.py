"""Every order gets a reason; each code is reached by a problem in which only it holds."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import ceil

import numpy as np
import pytest

from matching.capacity import check
from matching.capacity.eligibility import CODES, eligible_offers
from matching.capacity.order_bounds import most_in_a_block
from matching.capacity.plan import Price
from matching.capacity.problem import Operation, Quotation
from matching.capacity.reasons import _Refused, reasons_for
from matching.capacity.rules import (
    CarbonCap,
    EnterpriseShare,
    Frozen,
    Keep,
    LocalFirst,
    Rules,
)
from matching.explain import Known, Reason, parameters, render
from matching.explain_contradictions import CONTRADICTIONS
from matching.explain_texts import LANGUAGES, TEXTS
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
from tests.support.oracle import best_plan, ways
from tests.support.rules import ruled_problem

PLAN = (TURNED, GROUND)


def reason(problem, plan=(), prices=(), *, of: str = "O1") -> Reason:
    found = reasons_for(problem, plan, prices)[of]
    assert set(found.params) == parameters(found.code)
    return found


def test_a_matched_order_has_its_cost_split_that_adds_up():
    found = reason(three_plants(), PLAN)

    assert found.code == "matched"
    assert found.params == {
        "value_fen": 100_000,
        "processing_fen": 24_000,
        "transport_fen": 9_854,
        "carbon_fen": 129,
        "tardiness_fen": 0,
        "profit_fen": 66_017,
        "lots": 1,
        "enterprises": ("E1", "E3"),
        "arrival_week": 1,
        "tardy_weeks": 0,
        "known": "plan",
    }


@pytest.mark.parametrize("seed", range(2))
def test_the_split_of_every_order_adds_up_to_its_value(seed):
    problem = random_problem(60, 40, seed)
    plan = inserted_plan(problem)
    costs = check(problem, plan).costs
    reasons = reasons_for(problem, plan, ())

    assert costs
    for order_id, cost in costs.items():
        params = reasons[order_id].params
        exact = (cost.processing, cost.transport, cost.carbon, Fraction(cost.tardy_fen))
        names = ("processing_fen", "transport_fen", "carbon_fen", "tardiness_fen")
        shown = [params[name] for name in names]
        assert sum(shown) + params["profit_fen"] == params["value_fen"]
        assert all(int(a) <= b <= ceil(a) for a, b in zip(exact, shown, strict=True))


def test_an_operation_without_an_offer_is_known_by_filter():
    found = reason(three_plants(order(material="pom")))

    assert (found.code, found.params["known"]) == ("no_material", "filter")


def test_too_little_time_is_the_reason_of_the_operation():
    """Two lots: the larger needs 30 + 3,000 minutes, two weeks have 1,200."""
    found = reason(
        three_plants(
            order(
                operations=(
                    Operation(process="cnc-turning", tolerance_it=9, minutes_total=6000),
                    Operation(process="grinding", tolerance_it=7, minutes_total=50),
                )
            )
        )
    )

    assert found.code == "no_weeks"
    assert (found.params["step"], found.params["nearest"]) == (1, "F1")
    assert (found.params["minutes"], found.params["idle_minutes"]) == (3_030, 1_200)
    assert (found.params["from_week"], found.params["known"]) == (1, "bound")


def test_no_idle_minutes_at_all_is_the_same_reason():
    idle = (0,) * 6
    found = reason(three_plants(offers=(offer(idle_minutes=idle), GRINDING_NEAR)))

    assert (found.code, found.params["idle_minutes"]) == ("no_weeks", 0)


def test_a_release_after_the_horizon_leaves_no_weeks():
    found = reason(three_plants(order(release_week=9, due_week=9)))

    assert (found.code, found.params["from_week"]) == ("no_weeks", 6)


def test_a_late_arrival_says_by_how_much():
    """Only the far plant grinds: two weeks there, two weeks back."""
    found = reason(three_plants(offers=(offer(), GRINDING_FAR)))

    assert found.code == "too_late"
    assert (found.params["arrival_week"], found.params["latest_week"]) == (5, 4)
    assert found.params["weeks"] == 1
    later = three_plants(order(due_week=5), offers=(offer(), GRINDING_FAR))
    assert reason(later).code != "too_late"


def test_the_price_cap_says_by_how_much():
    found = reason(three_plants(order(max_price_fen=30_000)))

    assert found.code == "price_cap"
    assert (found.params["price_fen"], found.params["over_fen"]) == (33_854, 3_854)
    enough = three_plants(order(max_price_fen=33_854))
    assert reason(enough).code == "left_by_limit"


def test_an_order_below_its_cost_is_not_worth_it():
    """Its cost is 33,854 fen and 128.96 fen of carbon, so a value of 33,983 leaves nothing."""
    found = reason(three_plants(order(value_fen=33_983)))

    assert (found.code, found.params["known"]) == ("not_worth", "bound")
    assert (found.params["cost_fen"], found.params["short_fen"]) == (33_983, 0)
    assert reason(three_plants(order(value_fen=33_984))).code == "left_by_limit"


def test_what_only_many_lots_could_do_is_not_claimed():
    """Four lots of ten pieces would fit, and the search does not hit on them."""
    idle = (60, 0, 60, 0, 60, 0)
    problem = three_plants(
        order(
            release_week=0,
            due_week=5,
            quantity=40,
            max_lots=4,
            operations=(Operation(process="cnc-turning", tolerance_it=9, minutes_total=100),),
        ),
        offers=(offer("F1", idle_minutes=idle), offer("F4", idle_minutes=idle)),
    )
    found = reason(problem)

    assert (found.code, found.params["known"]) == ("no_plan_found", "search")
    assert found.params["lots"] == 4


def test_an_order_that_still_fits_was_left_by_the_limit():
    second = order("O2")
    found = reason(three_plants(order(), second), PLAN, of="O2")

    assert (found.code, found.params["known"]) == ("left_by_limit", "limit")
    assert found.params["enterprises"] == ("E1", "E3")
    assert found.params["profit_fen"] == 66_017


def taken():
    """O1 uses the only week in which O2 could be ground."""
    idle = (0, 110, 0, 0, 0, 0)
    return three_plants(
        order(), order("O2"), offers=(offer(), replace(GRINDING_NEAR, idle_minutes=idle))
    )


def test_taken_capacity_names_the_weeks_and_who_holds_them():
    found = reason(taken(), PLAN, of="O2")

    assert (found.code, found.params["known"]) == ("capacity_taken", "search")
    assert found.params["binding"] == ("F3 1 0",)
    assert found.params["holders"] == ("O1",)
    assert found.params["eligible"] == ("1", "1")
    assert found.params["profit_fen"] == 66_017


def test_prices_above_the_profit_prove_more():
    """110 minutes at 700 fen are worth 77,000 fen: more than the order would earn."""
    prices = (Price(offer_id="F3", week=1, millifen_per_minute=700_000),)
    found = reason(taken(), PLAN, prices, of="O2")

    assert (found.params["charge_fen"], found.params["known"]) == (77_000, "prices")
    assert found.params["binding"] == ("F3 1 700000",)
    assert "F3 in week 1 (CNY 420.00 per hour)" in render(found)


def test_an_invalid_plan_has_no_reasons():
    with pytest.raises(ValueError, match="the plan breaks 1 rules"):
        reasons_for(three_plants(), (TURNED,), ())


@pytest.mark.parametrize("seed", range(2))
def test_every_order_has_a_reason_with_all_its_parameters(seed):
    problem = random_problem(100, 60, seed)
    plan = inserted_plan(problem, every=2)
    reasons = reasons_for(problem, plan, ())

    assert list(reasons) == [one.order_id for one in problem.orders]
    served = {line.order_id for line in plan}
    for order_id, found in reasons.items():
        assert set(found.params) == parameters(found.code)
        assert (found.code == "matched") == (order_id in served)
        assert found.params["known"] in {known.value for known in Known}
        assert all("?" not in render(found, language) for language in LANGUAGES)
    assert {"matched", "left_by_limit"} <= {found.code for found in reasons.values()}


@pytest.mark.parametrize("seed", range(3))
def test_no_order_that_can_be_served_is_proven_impossible(seed):
    """The three proofs, asked about orders that a plan serves, must all decline."""
    problem = random_problem(60, 40, seed)
    plan = inserted_plan(problem)
    refused = _Refused(problem, (), (), eligible_offers(problem), check(problem, ()))
    served = {line.order_id for line in plan}

    assert len(served) > 10
    for at, one in enumerate(problem.orders):
        if one.order_id in served:
            assert refused._time(at) is None
            assert refused._price_cap(at) is None
            assert refused._not_worth(at) is None


def test_frozen_weeks_are_named_when_they_alone_keep_an_order_out():
    """O1 fits into weeks 1 to 4; O2 stands in week 0, and weeks 0 to 4 are frozen."""
    first = tuple(replace(row, order_id="O2", week=0) for row in PLAN)
    rules = Rules(given=first, frozen=Frozen(weeks=5))
    problem = replace(three_plants(order(), order("O2", release_week=0)), rules=rules)
    fewer = replace(problem, rules=replace(rules, frozen=Frozen(weeks=4)))

    found = reason(problem, first, of="O1")

    assert (found.code, found.params["week"]) == ("weeks_frozen", 5)
    assert found.params["profit_fen"] == 66_017
    assert reason(fewer, first, of="O1").code == "left_by_limit"


def test_the_carbon_cap_is_named_when_an_order_fits_beside_the_plan():
    """Each order emits 16,120 g; the cap has room for one and 880 g more."""
    rules = Rules(carbon_cap=CarbonCap(grams=Fraction(17_000)))
    problem = replace(three_plants(order(), order("O2")), rules=rules)

    found = reason(problem, PLAN, of="O2")

    assert found.code == "carbon_cap_reached"
    assert (found.params["order_g"], found.params["left_g"]) == (16_120, 880)
    assert reason(replace(problem, rules=Rules()), PLAN, of="O2").code == "left_by_limit"


def test_the_share_is_named_when_an_order_fits_beside_the_plan():
    """E1 works 130 of 240 minutes; turning alone for O2 would make it 260 of 370."""
    turned = order("O2", operations=order().operations[:1])
    rules = Rules(enterprise_share=EnterpriseShare(most_bps=6_000))
    problem = replace(three_plants(order(), turned), rules=rules)

    found = reason(problem, PLAN, of="O2")

    assert found.code == "share_reached"
    assert (found.params["enterprise"], found.params["most_bps"]) == ("E1", 6_000)


def test_a_bonus_can_make_an_order_worth_its_cost():
    """Alone the turning costs more than the value; the bonus pays for nearly all of it."""
    poor = order(value_fen=10_000, operations=order().operations[:1])
    plain = three_plants(poor)
    local = replace(plain, rules=Rules(local_first=LocalFirst(bonus_fen_per_hour=6_000)))

    assert reason(plain).code == "not_worth"
    assert reason(local).code == "left_by_limit"
    assert reason(local).params["profit_fen"] == check(local, (TURNED,)).objective_fen


def test_a_bonus_on_quoted_work_can_make_an_order_worth_its_cost():
    """The quoted 10,000 fen come back nearly in full, and transport costs 4,000 fen."""
    poor = order(value_fen=8_000, max_lots=1, operations=order().operations[:1])
    quoted = Quotation(
        order_id="O1", step=1, offer_id="F1", setup_minutes=0, minutes_total=100, price_fen=10_000
    )
    plain = three_plants(poor, quotations=(quoted,))
    local = replace(plain, rules=Rules(local_first=LocalFirst(bonus_fen_per_hour=6_000)))

    assert reason(plain).code == "not_worth"
    assert reason(local).code == "left_by_limit"
    assert reason(local).params["profit_fen"] == check(local, (line(minutes=100),)).objective_fen


def test_an_order_of_the_given_plan_is_worth_its_penalty_too():
    """Every way costs 17,000 fen for a value of 10,000, and refusing it costs 10,000."""
    poor = order(value_fen=10_000, operations=order().operations[:1])
    rules = Rules(given=(TURNED,), keep=Keep(penalty_fen=10_000))
    kept = replace(three_plants(poor), rules=rules)
    cheap = replace(kept, rules=replace(rules, keep=Keep(penalty_fen=1)))

    assert reason(kept).code != "not_worth"
    assert reason(cheap).code == "not_worth"


@pytest.mark.parametrize("block", range(3))
def test_under_rules_no_order_that_has_a_way_is_proven_impossible(block):
    """Tiny problems with random rules and their best plans, against every way of each order."""
    proofs = 0
    for seed in range(15 * block, 15 * (block + 1)):
        problem = ruled_problem(seed, kinds=1 + seed % 3)
        best = best_plan(problem)
        reasons = {} if best is None else reasons_for(problem, best.lines, ())
        for one in problem.orders if reasons else ():
            found = reasons[one.order_id]
            assert set(found.params) == parameters(found.code)
            if found.params["known"] in {Known.BOUND, Known.FILTER} and found.code != "not_worth":
                proofs += 1
                assert ways(problem, one) == []
    assert proofs


def test_every_code_is_reached_by_a_test():
    here = {
        "matched",
        "no_weeks",
        "too_late",
        "price_cap",
        "not_worth",
        "no_plan_found",
        "capacity_taken",
        "left_by_limit",
        "weeks_frozen",
        "carbon_cap_reached",
        "share_reached",
    }

    of_no_order = {*CONTRADICTIONS, "rule_not_kept"}
    assert here | set(CODES.values()) == set(TEXTS) - of_no_order


def weeks(idle: list[int]):
    return np.array(idle, np.int64)


def test_the_most_in_a_block_counts_weeks_that_follow_each_other():
    assert most_in_a_block(weeks([5, 0, 3, 4, 9]), 2) == 13
    assert most_in_a_block(weeks([5]), 3) == 5
    assert most_in_a_block(weeks([]), 3) == 0
