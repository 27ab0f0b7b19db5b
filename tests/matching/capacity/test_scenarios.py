"""What-if: each change does what it says, and outcomes stand side by side."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from matching.capacity import check, solve
from matching.capacity.rules import CarbonCap, Rules
from matching.capacity.scenarios import (
    BASE,
    CarbonPrice,
    MachineDown,
    NewOffer,
    OtherRules,
    RateChange,
    RushOrder,
    Scenario,
    Withdrawn,
    compare,
)
from matching.limits import Limits
from matching.result import Status
from tests.support.capacity import GRINDING_NEAR, offer, order, three_plants

LIMITS = Limits(seconds=None, work=50, workers=1)


def scenario(*changes) -> Scenario:
    return Scenario(name="other", changes=changes)


def test_a_machine_that_is_down_loses_its_weeks_and_no_more():
    """Weeks 1 and 2; at most the minutes left remain."""
    down = MachineDown(offer_id="F1", from_week=1, weeks=2, minutes_left=60)
    changed = scenario(down).apply(three_plants())
    assert changed.offers[0].idle_minutes == (600, 60, 60, 600, 600, 600)
    assert changed.offers[1:] == three_plants().offers[1:]


def test_an_outage_reaches_no_further_than_the_horizon():
    """Ten weeks from week 4 of six are two; one that begins after it is refused."""
    down = MachineDown(offer_id="F1", from_week=4, weeks=10)
    assert scenario(down).apply(three_plants()).offers[0].idle_minutes[4:] == (0, 0)
    with pytest.raises(ValueError, match=r"scenario other: machine down, offer F1: .* got 6"):
        scenario(replace(down, from_week=6)).apply(three_plants())


def test_a_withdrawn_offer_has_no_idle_minutes():
    """It stays in the problem, so that rules and quotations that name it stay right."""
    changed = scenario(Withdrawn(offer_id="F2")).apply(three_plants())
    assert changed.offers[1].idle_minutes == (0,) * 6


@pytest.mark.parametrize(
    ("change", "rates"),
    [
        (RateChange(offer_id="F1", fen_per_hour=1), [1, 6000, 6000]),
        (RateChange(enterprise_id="E3", percent=Fraction(-10)), [6000, 6000, 5400]),
        (RateChange(offer_id="F2", percent=Fraction(1, 700)), [6000, 6001, 6000]),
    ],
)
def test_rates_change_for_an_offer_or_an_enterprise(change: RateChange, rates: list[int]):
    """A rate changed by a percentage is rounded up to a fen."""
    changed = scenario(change).apply(three_plants())
    assert [one.rate_fen_per_hour for one in changed.offers] == rates


def test_the_carbon_price_new_orders_offers_and_rules():
    """Each adds or replaces exactly one thing; changes apply one after the other."""
    rules = Rules(carbon_cap=CarbonCap(grams=Fraction(5)))
    changed = scenario(
        CarbonPrice(fen_per_kg=Fraction(80)),
        OtherRules(rules=rules),
        RushOrder(order=order("O2"), must_serve=True),
        NewOffer(offer=offer("F9", enterprise_id="E9")),
        RateChange(offer_id="F9", fen_per_hour=7),
    ).apply(three_plants())
    assert changed.settings.carbon_fen_per_kg == 80
    assert [one.order_id for one in changed.orders] == ["O1", "O2"]
    assert changed.offers[-1].rate_fen_per_hour == 7
    assert changed.rules == replace(rules, must_serve=frozenset({"O2"}))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (Withdrawn(offer_id="F8"), "the problem has no offer F8"),
        (MachineDown(offer_id="F8", from_week=0, weeks=1), "the problem has no offer F8"),
        (RateChange(enterprise_id="E8", fen_per_hour=1), "the problem has no enterprise E8"),
        (RushOrder(order=order()), "O1"),
        (NewOffer(offer=offer()), "F1"),
        (NewOffer(offer=offer("F8", park_id="P8")), "unknown park P8"),
    ],
)
def test_a_change_of_what_is_not_there_is_refused_by_name(change, told: str):
    """The message begins with the scenario."""
    with pytest.raises(ValueError, match=rf"^scenario other: .*{told}"):
        scenario(change).apply(three_plants())


def test_values_that_say_nothing_or_too_much_are_refused():
    """Each change is checked when it is made."""
    with pytest.raises(ValueError, match="expected an offer or an enterprise"):
        RateChange(fen_per_hour=1)
    with pytest.raises(ValueError, match="expected fen_per_hour or percent"):
        RateChange(offer_id="F1", fen_per_hour=1, percent=Fraction(1))
    with pytest.raises(ValueError, match=r"percent must be in -100\.\.1000"):
        RateChange(offer_id="F1", percent=Fraction(-101))
    with pytest.raises(ValueError, match="this is what the unchanged problem is called"):
        Scenario(name=BASE, changes=())


def test_scenarios_are_solved_side_by_side():
    """Without the near grinder nothing is in time; a second order brings as much as the first."""
    problem = three_plants(offers=[offer(), GRINDING_NEAR])
    base, without, more = compare(
        problem,
        [
            Scenario(name="without", changes=(Withdrawn(offer_id="F3"),)),
            Scenario(name="more", changes=(RushOrder(order=order("O2")),)),
        ],
        LIMITS,
        solver=solve,
    )
    assert (base.name, base.changed, base.value_fen) == (BASE, (), 100_000)
    assert (without.report.served, without.changed, without.value_fen) == ((), ("O1",), 0)
    assert without.local_share is None
    assert more.report.served == ("O1", "O2")
    assert more.report.objective_fen == 2 * (base.report.objective_fen or 0)
    for one in (base, without, more):
        assert one.result.seed == LIMITS.seed
        assert check(one.problem, one.result.plan).objective_fen == one.result.objective_fen


def test_keeping_the_base_plan_costs_a_change():
    """The penalty and the given plan are rules of every scenario, and of the base not."""
    problem = three_plants()
    base, other = compare(
        problem,
        [scenario(RateChange(offer_id="F1", percent=Fraction(1)))],
        LIMITS,
        solver=solve,
        keep_penalty_fen=5_000,
    )
    assert base.problem == problem
    assert other.problem.rules.given == base.result.plan
    assert other.changed == ()


def test_a_scenario_that_contradicts_itself_has_no_plan_and_says_why():
    """A rush order that must be served, of a material that nobody works."""
    rush = RushOrder(order=order("O2", material="glass"), must_serve=True)
    _, other = compare(three_plants(), [scenario(rush)], LIMITS, solver=solve)
    assert other.result.status is Status.INFEASIBLE
    assert [cause.code for cause in other.result.causes] == ["must_serve_no_offer"]
    assert (other.report.objective_fen, other.changed, other.value_fen) == (None, (), 0)


def test_two_scenarios_of_one_name_are_refused_before_anything_is_solved():
    """Nobody could tell their rows apart."""
    with pytest.raises(ValueError, match="expected names that differ, got other twice"):
        compare(three_plants(), [scenario(), scenario()], LIMITS, solver=solve)
