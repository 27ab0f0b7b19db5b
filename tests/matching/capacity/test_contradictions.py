"""What cannot be met is named before any search: each cause alone, and never without a proof."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from matching.capacity.contradictions import contradictions
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Problem
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
from matching.explain import Param, parameters, render
from matching.explain_contradictions import CONTRADICTIONS
from tests.support.capacity import (
    GRINDING_FAR,
    GRINDING_NEAR,
    GROUND,
    TURNED,
    inserted_plan,
    offer,
    order,
    random_problem,
    three_plants,
)
from tests.support.oracle import best_plan, ways
from tests.support.rules import ruled_problem

PLAN = (TURNED, GROUND)
LATER = tuple(replace(row, order_id="O2", week=2) for row in PLAN)
TURN = {"operations": order().operations[:1]}
NEED = frozenset({"O1"})
SHORT = offer(idle_minutes=(600, 200, 0, 0, 0, 0))


PLANTS = (offer(), GRINDING_FAR, GRINDING_NEAR)


def ruled(*orders, offers=PLANTS, **rules: object) -> Problem:
    problem = three_plants(*orders, offers=offers)
    return replace(problem, rules=Rules(**rules))  # type: ignore[arg-type]


def agree(order_id: str, *lines: PlanLine) -> Agreed:
    return Agreed(
        order_id=order_id, lines=tuple(replace(line, order_id=order_id) for line in lines)
    )


def pin(offer_id: str, step: int) -> Pin:
    return Pin(order_id="O1", offer_id=offer_id, step=step)


E1_ONLY = (Approved(order_id="O1", enterprises=frozenset({"E1"})),)
ALONE: dict[str, tuple[Problem, dict[str, Param]]] = {
    "pin_misfit": (
        ruled(pins=(pin("F3", 1),)),
        {"order": "O1", "step": 1, "offer": "F3", "rule": "process"},
    ),
    "pins_disagree": (
        ruled(pins=(pin("F2", 2), pin("F3", 2))),
        {"order": "O1", "step": 2, "offers": ("F2", "F3")},
    ),
    "pin_banned": (
        ruled(pins=(pin("F3", 2),), bans=(Ban(order_id="O1", enterprise_id="E3"),)),
        {"order": "O1", "step": 2, "offer": "F3"},
    ),
    "pin_not_approved": (
        ruled(pins=(pin("F3", 2),), approved=E1_ONLY),
        {"order": "O1", "step": 2, "offer": "F3", "enterprise": "E3"},
    ),
    "must_serve_no_offer": (
        ruled(order(material="pom"), must_serve=NEED),
        {"order": "O1", "step": 1, "rule": "material"},
    ),
    "must_serve_ruled_out": (
        ruled(approved=E1_ONLY, must_serve=NEED),
        {"order": "O1", "step": 2, "rule": "approval"},
    ),
    "must_serve_no_weeks": (
        ruled(
            order(max_lots=1),
            offers=(offer(idle_minutes=(64,) * 6), GRINDING_NEAR),
            must_serve=NEED,
        ),
        {"order": "O1", "step": 1, "nearest": "F1", "minutes": 130, "idle_minutes": 128},
    ),
    "must_serve_too_late": (
        ruled(order(due_week=2), offers=(offer(), GRINDING_FAR), must_serve=NEED),
        {"order": "O1", "arrival_week": 5, "latest_week": 2},
    ),
    "must_serve_price_cap": (
        ruled(order(max_price_fen=33_000), must_serve=NEED),
        {"order": "O1", "price_fen": 33_854, "cap_fen": 33_000},
    ),
    "must_serve_overbook": (
        ruled(order(**TURN), order("O2", **TURN), offers=(SHORT,), must_serve=NEED | {"O2"}),
        {
            "orders": ("O1", "O2"),
            "offers": ("F1",),
            "from_week": 1,
            "last_week": 4,
            "minutes": 260,
            "idle_minutes": 200,
        },
    ),
    "agreed_invalid": (
        ruled(agreed=(agree("O1", TURNED, replace(GROUND, week=0)),)),
        {"order": "O1", "broken": "sequence"},
    ),
    "agreed_ruled_out": (
        ruled(agreed=(agree("O1", *PLAN),), bans=(Ban(order_id="O1", offer_id="F3"),)),
        {"order": "O1", "step": 2, "offer": "F3", "rule": "ban"},
    ),
    "agreed_collide": (
        ruled(
            order(**TURN),
            order("O2", **TURN),
            offers=(SHORT,),
            agreed=(agree("O1", TURNED), agree("O2", TURNED)),
        ),
        {"offer": "F1", "week": 1, "minutes": 260, "idle_minutes": 200, "orders": ("O1", "O2")},
    ),
    "agreed_unfrozen": (
        ruled(
            order(),
            order("O2"),
            agreed=(agree("O1", *PLAN),),
            given=LATER,
            frozen=Frozen(weeks=2),
        ),
        {"order": "O1", "frozen_weeks": 2},
    ),
    "frozen_invalid": (
        ruled(given=(TURNED,), frozen=Frozen(weeks=2)),
        {"order": "O1", "broken": "missing-step"},
    ),
    "frozen_ruled_out": (
        ruled(given=PLAN, frozen=Frozen(weeks=2), pins=(Pin(order_id="O1", offer_id="F2"),)),
        {"order": "O1", "step": 2, "offer": "F3", "rule": "pin"},
    ),
    "frozen_overbooked": (
        ruled(
            order(**TURN),
            offers=(offer(idle_minutes=(600, 100, 600, 600, 600, 600)),),
            given=(TURNED,),
            frozen=Frozen(weeks=2),
        ),
        {"offer": "F1", "week": 1, "minutes": 130, "idle_minutes": 100, "orders": ("O1",)},
    ),
    "carbon_cap_too_low": (
        ruled(
            order(**TURN),
            order("O2", **TURN),
            agreed=(agree("O1", TURNED),),
            carbon_cap=CarbonCap(grams=Fraction(12_999)),
            must_serve=frozenset({"O2"}),
        ),
        {"cap_g": 12_999, "least_g": 13_000, "orders": ("O1", "O2")},
    ),
    "share_unreachable": (
        ruled(enterprise_share=EnterpriseShare(most_bps=3_333)),
        {"most_bps": 3_333, "least": 4, "enterprises": ("E1", "E2", "E3")},
    ),
    "share_exceeded": (
        ruled(
            order(**TURN),
            order("O2", max_lots=1),
            agreed=(agree("O1", TURNED),),
            enterprise_share=EnterpriseShare(most_bps=3_400),
        ),
        {"enterprise": "E1", "minutes": 130, "most_bps": 3_400, "most_minutes": 370},
    ),
    "minimum_above_idle": (
        ruled(
            offers=(SHORT, GRINDING_FAR, GRINDING_NEAR),
            sme_minimum=SmeMinimum(minutes=801, enterprises=frozenset({"E1"})),
        ),
        {"enterprise": "E1", "minutes": 801, "idle_minutes": 800},
    ),
    "minimum_above_work": (
        ruled(sme_minimum=SmeMinimum(minutes=162, enterprises=frozenset({"E1"}))),
        {"enterprise": "E1", "minutes": 162, "work_minutes": 161},
    ),
}


@pytest.mark.parametrize("code", ALONE)
def test_each_cause_is_named_alone_with_what_it_needs_to_be_understood(code):
    problem, expected = ALONE[code]
    found = contradictions(problem)

    assert [one.code for one in found] == [code]
    assert {name: found[0].params[name] for name in expected} == expected
    assert set(found[0].params) == parameters(code) == {*expected, "known"}
    for language in ("en", "zh-CN"):
        assert "?" not in render(found[0].reason, language)


def test_every_code_has_its_scenario():
    assert set(ALONE) == set(CONTRADICTIONS)


def test_a_wrong_pin_is_fatal_only_for_an_order_that_must_be_served():
    problem, _ = ALONE["pin_misfit"]
    needed = replace(problem, rules=replace(problem.rules, must_serve=NEED))

    assert [one.fatal for one in contradictions(problem)] == [False]
    assert [(one.code, one.fatal) for one in contradictions(needed)] == [("pin_misfit", True)]


def test_a_share_that_nobody_can_keep_is_fatal_only_when_something_must_be_made():
    problem, _ = ALONE["share_unreachable"]
    needed = replace(problem, rules=replace(problem.rules, must_serve=NEED))

    assert [one.fatal for one in contradictions(problem)] == [False]
    assert [one.fatal for one in contradictions(needed)] == [True]


def test_agreed_and_frozen_minutes_are_gone_for_orders_that_must_be_served():
    """O2 has agreed on 130 of 200 minutes, so that O1 finds 70 of the 80 of its larger lot."""
    problem = ruled(
        order(**TURN),
        order("O2", **TURN),
        offers=(SHORT,),
        agreed=(agree("O2", TURNED),),
        must_serve=NEED,
    )

    (found,) = contradictions(problem)

    assert (found.code, found.params["order"]) == ("must_serve_no_weeks", "O1")
    assert (found.params["idle_minutes"], found.params["minutes"]) == (70, 80)


def test_work_is_too_much_in_the_weeks_where_it_must_lie():
    """Both orders must be made in week 1; the hours of the later weeks do not help."""
    now = {"due_week": 1, **TURN}
    problem = ruled(
        order(**now), order("O2", **now), offers=(offer(idle_minutes=(0, 200, 600, 600, 600, 600)),)
    )
    needed = replace(problem, rules=Rules(must_serve=NEED | {"O2"}))

    (found,) = contradictions(needed)

    assert (found.params["from_week"], found.params["last_week"]) == (1, 1)
    assert contradictions(problem) == ()


def test_a_plan_that_keeps_all_rules_contradicts_nothing():
    problem = random_problem(40, 26, 1)
    plan = inserted_plan(problem)
    served = frozenset(line.order_id for line in plan)
    rules = Rules(
        agreed=tuple(
            Agreed(order_id=name, lines=tuple(line for line in plan if line.order_id == name))
            for name in sorted(served)[::2]
        ),
        given=plan,
        frozen=Frozen(weeks=4),
        must_serve=served,
    )

    assert plan
    assert contradictions(replace(problem, rules=rules)) == ()


@pytest.mark.parametrize("block", range(6))
def test_what_is_called_fatal_has_no_plan(block):
    """Tiny problems with random rules, against the plans that trying everything finds."""
    proved = 0
    for seed in range(25 * block, 25 * (block + 1)):
        problem = ruled_problem(seed, kinds=1 + seed % 3)
        found = contradictions(problem)
        if any(one.fatal for one in found):
            proved += 1
            assert best_plan(problem) is None, (seed, found)
        for one in found:
            if "order" in one.params:
                name = one.params["order"]
                assert one.fatal or not any(
                    ways(problem, order) for order in problem.orders if order.order_id == name
                )
    assert proved
