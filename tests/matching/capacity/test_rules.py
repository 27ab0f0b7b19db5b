"""Rules are values: what cannot be right by its form is refused, and the rest has one digest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matching.capacity.problem import Operation
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
    arrangement,
    pinned_offers,
)
from tests.support.bundles import problems
from tests.support.capacity import GROUND, TURNED, line, order, three_plants
from tests.support.rules import rules_for

PLAN = (TURNED, GROUND)
PIN = Pin(order_id="O1", offer_id="F3")
TWICE_TURNED = order(
    operations=(
        Operation(process="cnc-turning", tolerance_it=9, minutes_total=100),
        Operation(process="cnc-turning", tolerance_it=9, minutes_total=50),
    )
)


def ruled(*orders, **rules: object):
    return replace(three_plants(*orders), rules=Rules(**rules))  # type: ignore[arg-type]


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "pin step": (lambda: replace(PIN, step=0), "step must be in 1..32, got 0"),
    "pin order": (lambda: ruled(pins=(replace(PIN, order_id="O9"),)), "pin: unknown order O9"),
    "pin offer": (lambda: ruled(pins=(replace(PIN, offer_id="F9"),)), "O1: unknown offer F9"),
    "pin beyond": (lambda: ruled(pins=(replace(PIN, step=3),)), "the order has 2 operations"),
    "pin unclear": (
        lambda: ruled(TWICE_TURNED, pins=(Pin(order_id="O1", offer_id="F1"),)),
        "expected one operation of process cnc-turning, got steps 1, 2; name the step",
    ),
    "pin nowhere": (
        lambda: ruled(TWICE_TURNED, pins=(PIN,)),
        "expected one operation of process grinding, got none; name the step",
    ),
    "pin twice": (lambda: Rules(pins=(PIN, PIN)), "pin of order O1 step None to offer F3 appears"),
    "ban nothing": (lambda: Ban(order_id="O1"), "expected an offer or an enterprise"),
    "ban both": (
        lambda: Ban(order_id="O1", offer_id="F1", enterprise_id="E1"),
        "expected an offer or an enterprise, got offer 'F1' and enterprise 'E1'",
    ),
    "ban order": (lambda: ruled(bans=(Ban(order_id="O9", offer_id="F1"),)), "unknown order O9"),
    "ban offer": (lambda: ruled(bans=(Ban(order_id="O1", offer_id="E1"),)), "unknown offer E1"),
    "ban enterprise": (
        lambda: ruled(bans=(Ban(order_id="O1", enterprise_id="F1"),)),
        "ban for order O1: unknown enterprise F1",
    ),
    "ban twice": (
        lambda: Rules(bans=(Ban(order_id="O1", offer_id="F1"),) * 2),
        "ban for order O1 offer F1 by None appears twice",
    ),
    "approved nobody": (
        lambda: Approved(order_id="O1", enterprises=frozenset()),
        "approval for order O1: names no enterprise",
    ),
    "approved unknown": (
        lambda: ruled(approved=(Approved(order_id="O1", enterprises=frozenset({"E9"})),)),
        "approval for order O1: unknown enterprise E9",
    ),
    "approved twice": (
        lambda: Rules(approved=(Approved(order_id="O1", enterprises=frozenset({"E1"})),) * 2),
        "approval for order O1 appears twice",
    ),
    "agreed nothing": (lambda: Agreed(order_id="O1", lines=()), "order O1: has no lines"),
    "agreed of another": (lambda: Agreed(order_id="O2", lines=PLAN), "a line is of order O1"),
    "agreed twice": (
        lambda: Rules(agreed=(Agreed(order_id="O1", lines=PLAN),) * 2),
        "agreement on order O1 appears twice",
    ),
    "agreed offer": (
        lambda: ruled(agreed=(Agreed(order_id="O1", lines=(line(offer_id="F9"),)),)),
        "agreement on order O1: .*: unknown offer F9",
    ),
    "given order": (lambda: ruled(given=(line(order_id="O9"),)), "given plan: .*unknown order O9"),
    "given week": (lambda: ruled(given=(line(week=6),)), "week must be in 0..5, got 6"),
    "given step": (lambda: ruled(given=(line(step=3),)), "step must be in 1..2, got 3"),
    "given minutes": (lambda: ruled(given=(line(minutes=0),)), "minutes must be in 1"),
    "given twice": (lambda: ruled(given=(TURNED, TURNED)), "offer F1 week 1: appears twice"),
    "frozen alone": (lambda: Rules(frozen=Frozen(weeks=1)), "frozen: needs a given plan"),
    "frozen beyond": (
        lambda: ruled(given=PLAN, frozen=Frozen(weeks=7)),
        "frozen: expected at most 6 weeks, got 7",
    ),
    "keep alone": (lambda: Rules(keep=Keep(penalty_fen=1)), "keep: needs a given plan"),
    "keep < 0": (lambda: Keep(penalty_fen=-1), "penalty_fen must be in"),
    "bonus < 0": (lambda: LocalFirst(bonus_fen_per_hour=-1), "bonus_fen_per_hour must be in"),
    "share 0": (lambda: EnterpriseShare(most_bps=0), "most_bps must be in 1..10000, got 0"),
    "minimum 0": (
        lambda: SmeMinimum(minutes=0, enterprises=frozenset({"E1"})),
        "minutes must be in 1",
    ),
    "minimum nobody": (
        lambda: SmeMinimum(minutes=1, enterprises=frozenset()),
        "SME minimum: names no enterprise",
    ),
    "minimum unknown": (
        lambda: ruled(sme_minimum=SmeMinimum(minutes=1, enterprises=frozenset({"E9"}))),
        "SME minimum: unknown enterprise E9",
    ),
    "cap float": (lambda: CarbonCap(grams=0.5), "grams must be a Fraction"),  # type: ignore[arg-type]
    "cap < 0": (lambda: CarbonCap(grams=Fraction(-1, 3)), "grams must be in"),
    "must serve": (lambda: ruled(must_serve=frozenset({"O9"})), "must-serve: unknown order O9"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_rule_is_refused_with_its_place(name):
    make, message = WRONG[name]

    with pytest.raises(ValueError, match=message):
        make()


def test_a_pin_without_a_step_means_the_operation_of_the_process():
    problem = ruled(pins=(PIN, Pin(order_id="O1", offer_id="F1", step=2)))

    assert pinned_offers(problem.rules, problem.orders, problem.offers) == {("O1", 2): ("F3", "F1")}


def test_no_rules_leave_the_digest_as_it_was():
    """The digest of a problem that was made before there were rules."""
    plain = three_plants()

    assert not Rules()
    assert replace(plain, rules=Rules()).digest == plain.digest
    assert plain.digest == "657e689f07f5ea6b7e00fed7f4370b5ac73911da8c9dd9c52cbc06006746bfb6"


def test_every_rule_changes_the_digest():
    each = (
        {"pins": (PIN,)},
        {"pins": (replace(PIN, step=1),)},
        {"bans": (Ban(order_id="O1", offer_id="F1"),)},
        {"bans": (Ban(order_id="O1", enterprise_id="E1"),)},
        {"approved": (Approved(order_id="O1", enterprises=frozenset({"E1"})),)},
        {"agreed": (Agreed(order_id="O1", lines=PLAN),)},
        {"given": PLAN},
        {"given": PLAN, "frozen": Frozen(weeks=0)},
        {"given": PLAN, "frozen": Frozen(weeks=1)},
        {"given": PLAN, "keep": Keep(penalty_fen=0)},
        {"local_first": LocalFirst(bonus_fen_per_hour=0)},
        {"enterprise_share": EnterpriseShare(most_bps=1)},
        {"sme_minimum": SmeMinimum(minutes=1, enterprises=frozenset({"E1"}))},
        {"carbon_cap": CarbonCap(grams=Fraction(0))},
        {"must_serve": frozenset({"O1"})},
    )
    digests = {ruled(**rules).digest for rules in each}

    assert len(digests | {three_plants().digest}) == len(each) + 1
    assert all(Rules(**rules) for rules in each)  # type: ignore[arg-type]


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_order_of_the_rules_does_not_count(data):
    problem = data.draw(problems())
    rules = data.draw(rules_for(problem))
    turned = replace(
        rules,
        pins=rules.pins[::-1],
        bans=rules.bans[::-1],
        approved=rules.approved[::-1],
        agreed=rules.agreed[::-1],
        given=rules.given[::-1],
    )

    assert replace(problem, rules=turned).digest == replace(problem, rules=rules).digest


def test_an_arrangement_does_not_depend_on_the_numbers_of_the_lots():
    first, second = line(lot_quantity=4), line(lot=2, lot_quantity=6)
    renamed = replace(second, lot=1), replace(first, lot=2)

    assert arrangement((first, second)) == arrangement(renamed)
    assert arrangement((first, second)) != arrangement((first, replace(second, lot=1)))
    assert arrangement(()) == ()
