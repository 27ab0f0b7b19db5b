"""The eligibility funnel: each rule alone empties it, with its own code and the nearest offer."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.capacity.check import misfits
from matching.capacity.check_rules import OrderRules
from matching.capacity.eligibility import CODES, RULES, eligible_offers, refusal
from matching.capacity.problem import Operation, Problem, Quotation
from matching.capacity.rules import NO_RULES, Approved, Ban, Pin, Rules
from matching.explain import parameters
from tests.support.bundles import problems
from tests.support.capacity import GRINDING_NEAR, offer, order, random_problem, three_plants
from tests.support.rules import rules_for

COARSE = Operation(process="cnc-turning", tolerance_it=9, minutes_total=100)
TURN = {"operations": (COARSE,)}
SECOND = offer("F4", min_lot=7, size_class=3, tolerance_it=6, rate_fen_per_hour=5000)
ALONE = {
    "no_process": (
        order(operations=(replace(COARSE, process="forging"),)),
        {"process": "forging", "left": 3, "funnel": ("all 3", "process 0")},
    ),
    "no_size": (
        order(size_class=4, **TURN),
        {"required_size": 4, "largest_size": 3, "left": 2},
    ),
    "no_tolerance": (
        order(operations=(replace(COARSE, tolerance_it=5),)),
        {"required_it": 5, "finest_it": 6, "left": 2},
    ),
    "no_material": (
        order(material="pom", **TURN),
        {"material": "pom", "offered": ("steel",), "left": 2},
    ),
    "no_certificate": (
        order(certificates=frozenset({"ISO9001", "AS9100"}), **TURN),
        {"required": ("AS9100", "ISO9001"), "missing": ("AS9100",), "nearest": "F1", "left": 2},
    ),
    "all_excluded": (
        order(excluded_enterprises=frozenset({"E1", "E4", "E9"}), **TURN),
        {"enterprises": ("E1", "E4"), "left": 2},
    ),
    "none_approved": (
        order(**TURN),
        {"approved": ("E3",), "enterprises": ("E1", "E4"), "left": 2},
    ),
    "all_banned": (order(**TURN), {"offers": ("F1", "F4"), "left": 2}),
    "pinned_elsewhere": (order(**TURN), {"pinned": ("F3",), "nearest": "F4", "left": 2}),
    "not_quoted": (order(quoted_only=True, **TURN), {"nearest": "F4", "left": 2}),
    "lot_below_minimum": (
        order(quantity=4, max_lots=1, **TURN),
        {"quantity": 4, "minimum_lot": 5, "nearest": "F1", "left": 2},
    ),
}
RULED = {
    "none_approved": Rules(approved=(Approved(order_id="O1", enterprises=frozenset({"E3"})),)),
    "all_banned": Rules(
        bans=(Ban(order_id="O1", offer_id="F1"), Ban(order_id="O1", enterprise_id="E4"))
    ),
    "pinned_elsewhere": Rules(pins=(Pin(order_id="O1", offer_id="F3", step=1),)),
}


def with_offers(wanted, rules: Rules = NO_RULES) -> Problem:
    plain = three_plants(wanted, offers=(offer(), SECOND, GRINDING_NEAR))
    return replace(plain, rules=rules)


@pytest.mark.parametrize("code", ALONE)
def test_each_rule_alone_is_the_reason(code):
    wanted, expected = ALONE[code]
    problem = with_offers(wanted, RULED.get(code, NO_RULES))
    eligibility = eligible_offers(problem)
    reason = refusal(problem, eligibility, 0)

    assert reason is not None
    assert reason.code == code
    assert {name: reason.params[name] for name in expected} == expected
    assert set(reason.params) == parameters(code)
    assert list(CODES.values()).index(code) == list(eligibility.counts[0]).index(0) - 1


def test_every_rule_is_tested_alone():
    assert set(ALONE) == set(CODES.values())
    assert tuple(CODES) == RULES


def test_the_funnel_counts_what_each_rule_leaves():
    """Four turning offers; the order's demands cost one of them after the other."""
    problem = three_plants(
        order(size_class=2, certificates=frozenset({"ISO9001"}), **TURN),
        offers=(
            offer("F1"),
            offer("F4", size_class=1),
            offer("F5", tolerance_it=10),
            offer("F6", certificates=frozenset()),
            GRINDING_NEAR,
        ),
    )
    eligibility = eligible_offers(problem)

    assert eligibility.counts.tolist() == [[5, 4, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1]]
    assert eligibility.offers.tolist() == [0]
    assert refusal(problem, eligibility, 0) is None


def test_a_quotation_opens_an_offer_to_a_quoted_only_order():
    quoted = Quotation(
        order_id="O1", step=1, offer_id="F4", setup_minutes=1, minutes_total=1, price_fen=1
    )
    wanted = order(quoted_only=True, **TURN)
    problem = replace(with_offers(wanted), quotations=(quoted,))

    assert eligible_offers(problem).offers.tolist() == [1]


def test_the_first_failing_step_is_named_and_the_others_too():
    problem = with_offers(
        order(
            operations=(
                COARSE,
                replace(COARSE, tolerance_it=5),
                replace(COARSE, process="forging"),
            )
        )
    )
    reason = refusal(problem, eligible_offers(problem), 0)

    assert reason is not None
    assert (reason.code, reason.params["step"]) == ("no_tolerance", 2)
    assert reason.params["also"] == ("3 process",)


def test_the_funnel_shows_the_rules_that_the_order_has_and_no_others():
    rules = Rules(
        bans=(Ban(order_id="O1", offer_id="F1"), Ban(order_id="O2", offer_id="F1")),
        approved=(Approved(order_id="O1", enterprises=frozenset({"E1", "E4"})),),
        pins=(Pin(order_id="O2", offer_id="F4", step=1),),
    )
    small = order(quantity=4, max_lots=1, **TURN)
    plain = three_plants(
        small, replace(small, order_id="O2"), order("O3"), offers=(offer(), SECOND)
    )
    problem = replace(plain, rules=rules)
    funnels = [refusal(problem, eligible_offers(problem), at) for at in range(3)]

    shown = [found.params["funnel"] for found in funnels if found is not None]
    head = ("all 2", "process 2", "size 2", "tolerance 2", "material 2", "certificate 2")
    assert shown == [
        (*head, "exclusion 2", "approval 2", "ban 1", "quotation 1", "minimum_lot 0"),
        (*head, "exclusion 2", "ban 1", "pin 1", "quotation 1", "minimum_lot 0"),
        ("all 2", "process 0"),
    ]


def test_pins_to_two_offers_leave_none():
    pins = tuple(Pin(order_id="O1", offer_id=name) for name in ("F1", "F4"))

    assert eligible_offers(with_offers(order(**TURN), Rules(pins=pins[1:]))).offers.tolist() == [1]
    assert eligible_offers(with_offers(order(**TURN), Rules(pins=pins))).offers.tolist() == []


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_an_offer_is_eligible_when_the_check_finds_no_misfit(data):
    """Two ways to apply the rules: columns here, one pair after the other in the check."""
    plain = data.draw(problems())
    problem = replace(plain, rules=data.draw(rules_for(plain)))
    limits = OrderRules(problem)
    eligibility = eligible_offers(problem)
    quoted = {(q.order_id, q.step, q.offer_id) for q in problem.quotations}
    expected = [
        [
            at
            for at, offered in enumerate(problem.offers)
            if not any(
                misfits(
                    wanted,
                    operation,
                    offered,
                    lot_quantity=wanted.quantity,
                    quoted=(wanted.order_id, step, offered.offer_id) in quoted,
                )
            )
            and not any(limits.broken(wanted.order_id, step, offered))
        ]
        for wanted in problem.orders
        for step, operation in enumerate(wanted.operations, 1)
    ]
    rows = eligibility.rows.tolist()
    found = [eligibility.offers[first:end].tolist() for first, end in pairwise(rows)]

    assert found == expected
    assert eligibility.counts[:, -1].tolist() == [len(row) for row in expected]
    for at in range(len(problem.orders)):
        mine = expected[int(eligibility.steps[at]) : int(eligibility.steps[at + 1])]
        assert (refusal(problem, eligibility, at) is None) == all(mine)


def test_the_counts_never_rise():
    counts = eligible_offers(random_problem(60, 40, 1)).counts

    assert (counts[:, 1:] <= counts[:, :-1]).all()
    assert (counts[:, 0] == 40).all()
