"""Agreed and frozen orders leave a smaller problem, and both parts add up to the whole."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.capacity import check
from matching.capacity.commitments import commit
from matching.capacity.rules import (
    Agreed,
    Ban,
    CarbonCap,
    Frozen,
    Keep,
    LocalFirst,
    Pin,
    Rules,
    by_order,
)
from tests.support.capacity import (
    GROUND,
    TURNED,
    inserted_plan,
    order,
    random_problem,
    three_plants,
)

PLAN = (TURNED, GROUND)
LATER = tuple(replace(row, order_id="O2", week=2) for row in PLAN)


def test_without_agreed_or_frozen_orders_nothing_is_taken_out():
    problem = replace(three_plants(), rules=Rules(given=PLAN, keep=Keep(penalty_fen=1)))
    found = commit(problem)

    assert found.problem == problem
    assert (found.lines, found.fixed_fen, found.minutes, found.carbon_g) == ((), 0, {}, 0)


def test_an_agreed_order_takes_its_minutes_and_its_rules_with_it():
    rules = Rules(
        agreed=(Agreed(order_id="O1", lines=PLAN),),
        pins=(Pin(order_id="O1", offer_id="F3"), Pin(order_id="O2", offer_id="F3")),
        bans=(Ban(order_id="O1", offer_id="F2"),),
        must_serve=frozenset({"O1", "O2"}),
        carbon_cap=CarbonCap(grams=Fraction(20_000)),
    )
    problem = replace(three_plants(order(), order("O2")), rules=rules)
    found = commit(problem)

    assert [one.order_id for one in found.problem.orders] == ["O2"]
    assert found.problem.rules == Rules(
        pins=rules.pins[1:], must_serve=frozenset({"O2"}), carbon_cap=rules.carbon_cap
    )
    assert [o.idle_minutes[1] for o in found.problem.offers] == [470, 600, 490]
    assert (found.lines, found.fixed_fen) == (PLAN, 66_017)
    assert (found.minutes, found.carbon_g) == ({"E1": 130, "E3": 110}, 16_120)


def test_frozen_weeks_are_empty_for_the_rest():
    """O2 begins in a frozen week and stays as given, also in the week after."""
    ground_later = (LATER[0], replace(LATER[1], week=3))
    rules = Rules(given=(*PLAN, *ground_later), frozen=Frozen(weeks=3), keep=Keep(penalty_fen=5))
    problem = replace(three_plants(order(), order("O2"), order("O3")), rules=rules)
    found = commit(problem)

    assert [one.order_id for one in found.problem.orders] == ["O3"]
    assert [o.idle_minutes for o in found.problem.offers] == [
        (0, 0, 0, 600, 600, 600),
        (0, 0, 0, 600, 600, 600),
        (0, 0, 0, 490, 600, 600),
    ]
    assert found.problem.rules == Rules()


def test_an_agreed_order_that_differs_from_the_given_plan_pays_the_penalty():
    rules = Rules(
        agreed=(Agreed(order_id="O1", lines=PLAN),),
        given=(replace(TURNED, week=2), replace(GROUND, week=2)),
        keep=Keep(penalty_fen=1_000),
    )

    assert commit(replace(three_plants(), rules=rules)).fixed_fen == 66_017 - 1_000


def test_what_breaks_a_rule_is_refused_by_name():
    rules = Rules(agreed=(Agreed(order_id="O1", lines=(replace(TURNED, minutes=1), GROUND)),))

    with pytest.raises(ValueError, match=r"break 1 rules \(order O1 lot 1: step 1: 1 minutes"):
        commit(replace(three_plants(), rules=rules))


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_parts_are_worth_the_whole(data):
    """Any agreed and frozen part of a valid plan, and any rest of it."""
    problem = random_problem(40, 26, data.draw(st.integers(0, 2)))
    plan = by_order(inserted_plan(problem))
    names = sorted(plan)
    some = st.sets(st.sampled_from(names))
    agreed, served = data.draw(some), data.draw(some)
    given_plan = [line for name in sorted(data.draw(some) | agreed) for line in plan[name]]
    rules = Rules(
        agreed=tuple(Agreed(order_id=name, lines=plan[name]) for name in sorted(agreed)),
        given=tuple(given_plan),
        frozen=Frozen(weeks=data.draw(st.integers(0, 8))) if given_plan else None,
        keep=Keep(penalty_fen=data.draw(st.integers(0, 10**5))) if given_plan else None,
        local_first=LocalFirst(bonus_fen_per_hour=data.draw(st.integers(0, 10**5))),
    )
    found = commit(replace(problem, rules=rules))
    left = {one.order_id for one in found.problem.orders}
    frozen = 0 if rules.frozen is None else rules.frozen.weeks
    rest = [
        line
        for name in sorted(served & left)
        if min(line.week for line in plan[name]) >= frozen
        for line in plan[name]
    ]
    part, whole = (
        check(found.problem, rest),
        check(replace(problem, rules=rules), (*found.lines, *rest)),
    )

    assert (part.violations, whole.violations) == ((), ())
    assert part.objective_fen is not None
    assert whole.objective_fen == found.fixed_fen + part.objective_fen
    assert sum(found.minutes.values()) + part.minutes == whole.minutes
    assert agreed.isdisjoint(left)
