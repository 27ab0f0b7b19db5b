"""The checker's reading of section 2 agrees with the product's, rule by rule."""

from __future__ import annotations

import random
from dataclasses import astuple, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capacity.check import check
from matching.certificate.plan import worth_fen
from matching.certificate.refusal import NotProved
from matching.certificate.rules import read_rules
from tests.docs import test_capacity_page as page
from tests.support.certificates import bundle_of, some_plan
from tests.support.oracle import tiny_problem

PROBLEM, PLAN = page.problem(), page.plan()


TURNING, GRINDING = PROBLEM.orders[0].operations


def rows(plan):
    """Return a plan as the rows of a certificate."""
    return [list(astuple(line)) for line in plan]


def outcome(problem, plan):
    """Return the objective, or the code of the rule that is broken."""
    try:
        bundle = bundle_of(problem)
        return sum(worth_fen(bundle, read_rules(bundle, {}), rows(plan)).values())
    except NotProved as refused:
        return refused.code


@pytest.mark.long
@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_it_accepts_what_the_product_accepts_and_nothing_else(seed):
    """A valid plan has the same objective; a changed one breaks a rule that the product names."""
    draw = random.Random(seed)
    problem = tiny_problem(seed)
    plan = list(some_plan(problem))
    assert outcome(problem, plan) == check(problem, plan).objective_fen
    for _ in range(4 if plan else 0):
        at = draw.randrange(len(plan))
        name = draw.choice(("lot", "lot_quantity", "step", "week", "minutes", "offer_id"))
        value = draw.choice(("F0", "F1")) if name == "offer_id" else draw.randint(0, 4)
        changed = [*plan[:at], replace(plan[at], **{name: value}), *plan[at + 1 :]]
        report = check(problem, changed)
        found = outcome(problem, changed)
        assert found in report.counts if report.violations else found == report.objective_fen


def first(**changes):
    """Return the plan with its first row changed."""
    return [replace(PLAN[0], **changes), *PLAN[1:]]


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (first(week="0"), "malformed-row"),
        (first(minutes=True), "malformed-row"),
        (first(order_id="O9"), "unknown-order"),
        (first(step=9), "unknown-step"),
        (first(offer_id="F9"), "unknown-offer"),
        (first(week=9), "week-outside-horizon"),
        (first(week=-1), "week-outside-horizon"),
        (first(minutes=0), "minutes-not-positive"),
        ([PLAN[0], *PLAN], "duplicate-row"),
        (first(minutes=1_000), "capacity"),
        (first(lot=3), "lot-numbering"),
        (first(lot_quantity=0), "lot-quantity"),
    ],
)
def test_each_rule_about_rows_has_its_code(plan, code):
    assert outcome(PROBLEM, plan) == code


def single(**order):
    """Return a problem of the order O1, changed, and its rows in the plan."""
    problem = replace(PROBLEM, orders=(replace(PROBLEM.orders[0], **order),), quotations=())
    return problem, [line for line in PLAN if line.order_id == "O1"]


@pytest.mark.parametrize(
    ("order", "code"),
    [
        ({"size_class": 4}, "size"),
        ({"material": "brass"}, "material"),
        ({"certificates": frozenset({"AS9100"})}, "certificate"),
        ({"excluded_enterprises": frozenset({"E1"})}, "excluded"),
        ({"quoted_only": True}, "not-quoted"),
        ({"quantity": 10}, "lots-sum"),
        ({"release_week": 1}, "release"),
        ({"max_price_fen": 0}, "price-cap"),
        ({"due_week": 0, "max_tardy_weeks": 0}, "tardiness"),
        ({"operations": (replace(TURNING, tolerance_it=7), GRINDING)}, "tolerance"),
        ({"operations": (replace(TURNING, process="milling"), GRINDING)}, "process"),
        ({"operations": (replace(TURNING, minutes_total=101), GRINDING)}, "work-minutes"),
        ({"operations": (TURNING, GRINDING, GRINDING)}, "missing-step"),
    ],
)
def test_each_rule_about_orders_has_its_code(order, code):
    assert outcome(*single(**order)) == code


def moved(at, **changes):
    """Return the plan with one row changed."""
    return [replace(line, **changes) if n == at else line for n, line in enumerate(PLAN)]


@pytest.mark.parametrize(
    ("plan", "code"),
    [
        (moved(1, offer_id="F3", week=0), "several-offers"),
        (moved(2, week=0), "sequence"),
        (moved(0, lot=2, lot_quantity=1, step=1), "lots-sum"),
        (moved(2, lot=2, lot_quantity=1), "lots-sum"),
        ([*PLAN, replace(PLAN[3], lot=2)], "too-many-lots"),
    ],
)
def test_each_rule_about_lots_has_its_code(plan, code):
    offers = tuple(replace(offer, idle_minutes=(999, 999, 999)) for offer in PROBLEM.offers)

    assert outcome(replace(PROBLEM, offers=offers), plan) == code


def test_the_length_of_a_block_and_the_smallest_lot_have_their_codes():
    short = replace(PROBLEM, settings=replace(PROBLEM.settings, max_block_weeks=1))
    offers = (replace(PROBLEM.offers[0], min_lot=10), *PROBLEM.offers[1:])

    assert outcome(short, PLAN) == "block-length"
    assert outcome(replace(PROBLEM, offers=offers), PLAN) == "minimum-lot"
