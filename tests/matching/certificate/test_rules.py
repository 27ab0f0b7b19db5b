"""Rules that the checker knows hold as in the product; those that it does not know are refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from matching.capacity.check import check
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
    canonical_rules,
)
from matching.certificate.charges import Charges
from matching.certificate.plan import worth_fen
from matching.certificate.proofs import bound_fen
from matching.certificate.refusal import NotProved
from matching.certificate.rules import read_rules
from tests.docs import test_capacity_page as page
from tests.support.certificates import bundle_of

PLAN = page.plan()
ROWS = [
    [line.order_id, line.lot, line.lot_quantity, line.step, line.offer_id, line.week, line.minutes]
    for line in PLAN
]


def ruled(**rules):
    """Return the problem of the page under rules."""
    return replace(page.problem(), rules=Rules(**rules))


def outcome(problem):
    """Return the objective of the plan of the page, or the code of the rule that it breaks."""
    bundle = bundle_of(replace(problem, rules=Rules()))
    rules = canonical_rules(problem.rules)
    assert bundle.digest(rules) == problem.digest
    try:
        return sum(worth_fen(bundle, read_rules(bundle, rules), ROWS).values())
    except NotProved as refused:
        return refused.code


BROKEN = [
    ({"pins": (Pin(order_id="O1", offer_id="F3"),)}, "pin"),
    ({"bans": (Ban(order_id="O1", offer_id="F1"),)}, "ban"),
    ({"bans": (Ban(order_id="O2", enterprise_id="E3"),)}, "ban"),
    ({"approved": (Approved(order_id="O2", enterprises=frozenset({"E1"})),)}, "not-approved"),
    ({"agreed": (Agreed(order_id="O2", lines=(replace(PLAN[3], minutes=94),)),)}, "agreed"),
    ({"agreed": (Agreed(order_id="O3", lines=(replace(PLAN[3], order_id="O3"),)),)}, "agreed"),
    ({"given": PLAN[:3], "frozen": Frozen(weeks=1)}, "frozen"),
    ({"given": (*PLAN[:3], replace(PLAN[3], minutes=94)), "frozen": Frozen(weeks=1)}, "frozen"),
    ({"must_serve": frozenset({"O3"})}, "must-serve"),
    ({"sme_minimum": SmeMinimum(minutes=96, enterprises=frozenset({"E3"}))}, "sme-minimum"),
    ({"enterprise_share": EnterpriseShare(most_bps=3_000)}, "enterprise-share"),
    ({"carbon_cap": CarbonCap(grams=Fraction(100))}, "carbon-cap"),
]
KEPT = [
    {"pins": (Pin(order_id="O1", offer_id="F1", step=1), Pin(order_id="O1", offer_id="F2"))},
    {"bans": (Ban(order_id="O1", offer_id="F3"), Ban(order_id="O1", enterprise_id="E3"))},
    {"approved": (Approved(order_id="O2", enterprises=frozenset({"E3"})),)},
    {"agreed": (Agreed(order_id="O1", lines=tuple(replace(p, lot=1) for p in PLAN[2::-1])),)},
    {"given": PLAN, "frozen": Frozen(weeks=1)},
    {"given": (), "must_serve": frozenset({"O1", "O2"})},
    {"sme_minimum": SmeMinimum(minutes=95, enterprises=frozenset({"E1", "E2", "E3"}))},
    {"enterprise_share": EnterpriseShare(most_bps=9_000)},
    {"carbon_cap": CarbonCap(grams=Fraction(10**9))},
]


@pytest.mark.parametrize(("rules", "code"), BROKEN)
def test_a_broken_rule_is_named_as_in_the_product(rules, code):
    problem = ruled(**rules)

    assert outcome(problem) == code
    assert code in check(problem, PLAN).counts


@pytest.mark.parametrize("rules", KEPT)
def test_a_rule_that_holds_leaves_the_objective(rules):
    problem = ruled(**rules)

    assert outcome(problem) == check(problem, PLAN).objective_fen == 80_997


@pytest.mark.parametrize(
    ("rules", "bound"),
    [
        ({}, 80_998),
        ({"bans": (Ban(order_id="O1", offer_id="F2"),)}, 16_854),
        ({"pins": (Pin(order_id="O2", offer_id="F1", step=1),)}, 64_143),
        ({"approved": (Approved(order_id="O2", enterprises=frozenset({"E2"})),)}, 64_143),
        ({"agreed": (Agreed(order_id="O2", lines=PLAN[3:]),)}, 64_143),
        ({"given": PLAN[:3], "frozen": Frozen(weeks=1)}, 0),
        ({"given": PLAN[3:], "frozen": Frozen(weeks=1)}, 0),
    ],
)
def test_the_bound_counts_only_the_offers_that_are_left(rules, bound):
    problem = ruled(**rules)
    bundle = bundle_of(page.problem())
    known = read_rules(bundle, canonical_rules(problem.rules))

    assert bound_fen(Charges(bundle, known, [], scale=1_000_000), {}, cells=8) == bound


OTHERWISE = (*PLAN[:3], replace(PLAN[3], week=PLAN[3].week + 1))
REFUSED = (*PLAN, replace(PLAN[3], order_id="O3"))


@pytest.mark.parametrize(
    ("rules", "penalty_fen"),
    [
        ({"keep": Keep(penalty_fen=700), "given": PLAN}, 0),
        ({"keep": Keep(penalty_fen=700), "given": PLAN[::-1]}, 0),
        ({"keep": Keep(penalty_fen=700), "given": OTHERWISE}, 700),
        ({"keep": Keep(penalty_fen=700), "given": REFUSED}, 700),
        ({"keep": Keep(penalty_fen=700), "given": PLAN[:3]}, 0),
    ],
)
def test_an_order_that_is_not_served_as_given_costs_the_penalty(rules, penalty_fen):
    problem = ruled(**rules)

    assert outcome(problem) == check(problem, PLAN).objective_fen == 80_997 - penalty_fen


def test_decided_orders_have_no_more_than_the_idle_minutes():
    """A given plan may be older than the idle minutes; what is agreed or frozen of it may not."""
    row = ["O1", 1, 9, 1, "F1", 0, 101]
    bundle = bundle_of(page.problem())
    old = read_rules(bundle, {"given": [row], "keep_penalty_fen": 5})
    assert Charges(bundle, old, [], scale=1_000).idle[0, 0] == 100

    with pytest.raises(NotProved, match="more than is idle"):
        Charges(bundle, read_rules(bundle, {"agreed": [row]}), [], scale=1_000)


@pytest.mark.parametrize("bonus", [1, 60, 3_001, 10**6])
def test_local_work_adds_its_bonus_rounded_down_once_an_order(bonus):
    problem = ruled(local_first=LocalFirst(bonus_fen_per_hour=bonus))

    assert outcome(problem) == check(problem, PLAN).objective_fen
    assert bonus == 1 or check(problem, PLAN).bonus_fen > 0


@pytest.mark.parametrize(
    "rules",
    [
        {"zones": []},
        {"pins": [["O1", "F9", 1]]},
        {"pins": [["O9", "F1", 1]]},
        {"pins": [["O3", "F2", 0]]},
        {"pins": [["O1"]]},
        {"bans": 5},
        {"carbon_cap_g": "1/0"},
        {"enterprise_share_bps": "30"},
        {"must_serve": ["O1", 2]},
        {"agreed": [["O1", "1", 9, 1, "F1", 0, 100]]},
        {"agreed": [["O1", 1, 9, 1, "F1", 9, 100]]},
        {"agreed": [["O1", 1, 9, 1, "F1", 0, 10**7 + 1]]},
        {"agreed": [["O1", 1, 9, 1, "F9", 0, 100]]},
        {"agreed": [["O1"]]},
        {"frozen_weeks": "1"},
        {"keep_penalty_fen": -1, "given": [["O1", 1, 9, 1, "F1", 0, 100]]},
        {"local_bonus_fen_per_hour": "60"},
        {"sme_minimum": [5]},
    ],
)
def test_malformed_and_unknown_rules_are_refused(rules):
    with pytest.raises(NotProved) as refused:
        read_rules(bundle_of(page.problem()), rules)
    assert refused.value.code == "rules"
