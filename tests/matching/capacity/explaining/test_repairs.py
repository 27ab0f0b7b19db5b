"""Repairs: each kind has a problem in which it helps; each is solved and checked again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capacity import check, solve
from matching.capacity.explaining.changes import AMOUNTS, KINDS
from matching.capacity.explaining.repairs import Refused, Repairer, kinds_left
from matching.capacity.explaining.standing import Standing
from matching.capacity.plan import Price
from matching.capacity.problem import Operation, Problem
from matching.capacity.rules import Approved, Ban, Keep, Pin, Rules
from matching.explain import Reason
from matching.explain_repairs import KINDS as NAMES
from matching.explain_repairs import REPAIRS, kind_name, told
from matching.explain_texts import LANGUAGES
from matching.limits import Limits
from tests.support.capacity import (
    GRINDING_NEAR,
    GROUND,
    TURNED,
    inserted_plan,
    offer,
    order,
    random_problem,
    three_plants,
)
from tests.support.oracle import best_plan, tiny_problem
from tests.support.rules import ruled_problem

REASON = Reason(code="no_plan_found")
LIMITS = Limits(seconds=None, work=20, workers=1)
ONE_STEP = (Operation(process="cnc-turning", tolerance_it=9, minutes_total=100),)


def idle(**minutes: int) -> tuple[int, ...]:
    """Return six weeks of which some have idle minutes: `w3=80`."""
    return tuple(minutes.get(f"w{week}", 0) for week in range(6))


def ruled(rules: Rules) -> Problem:
    return replace(three_plants(), rules=rules)


# kind → a problem whose one order is refused, and what may help beside that kind
CASES: dict[str, tuple[Problem, set[str]]] = {
    "due_later": (
        three_plants(order(operations=ONE_STEP), offers=[offer(idle_minutes=idle(w5=600))]),
        set(),
    ),
    "release_earlier": (
        three_plants(order(operations=ONE_STEP), offers=[offer(idle_minutes=idle(w0=600))]),
        set(),
    ),
    "one_more_lot": (
        three_plants(
            order(operations=ONE_STEP, max_lots=1), offers=[offer(idle_minutes=idle(w1=80, w3=80))]
        ),
        {"quantity_smaller"},
    ),
    "certificate_waived": (
        three_plants(order(certificates=frozenset({"ISO9001", "AS9100"}))),
        set(),
    ),
    "tolerance_wider": (
        three_plants(order(operations=(replace(ONE_STEP[0], tolerance_it=7),))),
        set(),
    ),
    "enterprise_admitted": (three_plants(order(excluded_enterprises=frozenset({"E1"}))), set()),
    "enterprise_approved": (
        ruled(
            Rules(approved=(Approved(order_id="O1", enterprises=frozenset({"E2", "E3"})),)),
        ),
        set(),
    ),
    "ban_lifted": (ruled(Rules(bans=(Ban(order_id="O1", enterprise_id="E1"),))), set()),
    "pin_lifted": (ruled(Rules(pins=(Pin(order_id="O1", step=1, offer_id="F3"),))), set()),
    "price_cap_higher": (three_plants(order(max_price_fen=20_000)), set()),
    "value_higher": (three_plants(order(value_fen=30_000)), set()),
    "quantity_smaller": (
        three_plants(
            order(operations=ONE_STEP, max_lots=1), offers=[offer(idle_minutes=idle(w2=100))]
        ),
        set(),
    ),
}


def explained(problem: Problem, plan=(), *, of: str = "O1") -> tuple[Standing, Refused]:
    standing = Standing(problem, plan)
    return standing, Repairer(standing).explain(of, REASON)


def test_every_kind_has_its_case():
    """A new kind of change needs a problem in which it helps."""
    assert set(CASES) == {*KINDS, *AMOUNTS}


@pytest.mark.parametrize("kind", CASES)
def test_each_kind_helps_where_it_alone_can(kind: str):
    """The order is served by solving the changed problem afresh, and by nothing before that."""
    problem, others = CASES[kind]
    assert not solve(problem, LIMITS).plan
    standing, found = explained(problem)
    assert found.as_it_is is None
    assert {repair.change.code for repair in found.repairs} == {kind, *others}
    for repair in found.repairs:
        changed, plan = standing.changed(repair.found.served)
        assert check(changed, plan).objective_fen == repair.gain_fen >= 1
        assert check(changed, solve(changed, LIMITS).plan).served == ("O1",)
    assert kind not in set(kinds_left(found))


def test_weeks_and_grades_are_the_fewest():
    """A change by a week or a grade less does not help."""
    _, found = explained(
        three_plants(
            order(operations=ONE_STEP, due_week=2), offers=[offer(idle_minutes=idle(w5=600))]
        )
    )
    assert [repair.change.params["due_week"] for repair in found.repairs] == [5]
    _, found = explained(
        three_plants(
            order(operations=(replace(ONE_STEP[0], tolerance_it=5),)),
            offers=[offer(tolerance_it=9), offer("F2", tolerance_it=7)],
        )
    )
    assert [repair.change.params["to_it"] for repair in found.repairs] == [7]


@pytest.mark.parametrize("kind", ["price_cap_higher", "value_higher", "quantity_smaller"])
def test_amounts_are_exact(kind: str):
    """One fen less, or one piece more, and a fresh solve earns nothing with the order."""
    problem, _ = CASES[kind]
    _, found = explained(problem)
    asked = found.repairs[0].change.request.order
    worse = {
        "price_cap_higher": {"max_price_fen": asked.max_price_fen - 1},
        "value_higher": {"value_fen": asked.value_fen - 1},
        "quantity_smaller": {"quantity": asked.quantity + 1},
    }[kind]
    assert asked.quantity == (7 if kind == "quantity_smaller" else 10)
    if kind == "quantity_smaller":
        operations = (replace(asked.operations[0], minutes_total=80),)
        worse["operations"] = operations
    changed = replace(problem, orders=(replace(asked, **worse),))
    assert solve(changed, LIMITS).objective_fen == 0


def test_an_order_may_displace_others_that_lose_less():
    """Week 1 is taken by O1; O2 needs exactly that week, and is worth more if its value rises."""
    busy = offer(idle_minutes=idle(w1=130))
    problem = three_plants(
        order(),
        order("O2", operations=ONE_STEP, value_fen=60_000, due_week=1),
        offers=[busy, GRINDING_NEAR],
    )
    standing = Standing(
        problem, (TURNED, GROUND), [Price(offer_id="F1", week=1, millifen_per_minute=400_000)]
    )
    found = Repairer(standing).explain("O2", REASON)
    raised = next(one for one in found.repairs if one.change.code == "value_higher")
    assert raised.moved == ("O1",)
    assert raised.gain_fen == 1
    changed, plan = standing.changed(raised.found.served)
    report = check(changed, plan)
    assert report.served == ("O2",)
    assert report.objective_fen == (standing.report.objective_fen or 0) + 1


def test_an_order_that_needs_no_change_gets_no_repairs():
    """The plan could serve it: that is said in place of repairs."""
    standing, found = explained(three_plants())
    assert found.as_it_is is not None
    assert found.repairs == found.tried == ()
    changed, plan = standing.changed(found.as_it_is.served)
    assert changed == standing.problem
    assert check(changed, plan).objective_fen == found.as_it_is.judged.gain_fen


def test_where_nothing_helps_it_is_said_what_was_tried():
    """Two things are wrong at once: no single change helps."""
    _, found = explained(
        three_plants(order(material="pom", certificates=frozenset({"AS9100", "ISO9001"})))
    )
    assert found.repairs == ()
    assert set(kinds_left(found)) == {
        "due_later", "release_earlier", "one_more_lot", "certificate_waived",
        "price_cap_higher", "value_higher", "quantity_smaller",
    }  # fmt: skip


def test_repairs_are_sorted_by_size():
    """Ten percent of an amount counts like one step."""
    _, found = explained(CASES["one_more_lot"][0])
    sizes = [repair.change.size_ppm for repair in found.repairs]
    assert sizes == sorted(sizes)
    assert found.repairs[0].change.code == "one_more_lot"


def test_orders_that_are_not_there_or_not_refused_are_named():
    """The message says what to ask for instead."""
    standing = Standing(three_plants(), (TURNED, GROUND))
    with pytest.raises(ValueError, match="order O1: the plan serves it; ask for explain_matched"):
        Repairer(standing).explain("O1", REASON)
    with pytest.raises(ValueError, match="order O9: the problem has no such order"):
        Repairer(standing).explain("O9", REASON)


def test_a_plan_that_breaks_a_rule_is_not_explained():
    """The message names the first rule and the way out."""
    strange = Price(offer_id="F9", week=0, millifen_per_minute=1)
    with pytest.raises(ValueError, match="price of offer F9 week 0: the problem has no such"):
        Standing(three_plants(), (), [strange])
    with pytest.raises(ValueError, match=r"breaks 1 rules, first missing-step .* solve again"):
        Standing(three_plants(), (TURNED,))


def test_a_rule_about_the_whole_plan_is_held():
    """Keeping a given plan costs a penalty: restoring an order of it gains that too."""
    rules = Rules(given=(TURNED, GROUND), keep=Keep(penalty_fen=7))
    standing = Standing(ruled(rules), ())
    served = Repairer(standing).explain("O1", REASON).as_it_is
    assert served is not None
    changed, plan = standing.changed(served.served)
    now, before = check(changed, plan).objective_fen, standing.report.objective_fen
    assert now is not None
    assert before == -7
    assert served.judged.gain_fen == now - before


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), keep=st.booleans(), rules=st.booleans())
def test_check_never_refutes_a_repair(seed: int, keep: bool, rules: bool):
    """On tiny problems every repair is a valid plan with the stated gain, within the optimum."""
    problem = ruled_problem(seed) if rules else tiny_problem(seed)
    problem = replace(problem, rules=replace(problem.rules, must_serve=frozenset()))
    best = best_plan(problem)
    plan = best.lines if best is not None and keep else ()
    if not check(problem, plan).valid:
        return
    standing = Standing(problem, plan)
    for asked in problem.orders:
        if asked.order_id in standing.lines or asked.order_id in standing.decided:
            continue
        found = Repairer(standing).explain(asked.order_id, REASON)
        served = [repair.found for repair in found.repairs]
        served += [] if found.as_it_is is None else [found.as_it_is]
        if best is not None and keep:
            assert found.as_it_is is None
        for one in served:
            changed, lines = standing.changed(one.served)
            report = check(changed, lines)
            assert report.objective_fen is not None
            assert report.objective_fen - (standing.report.objective_fen or 0) >= 1
            assert report.objective_fen - standing.report.objective_fen == one.judged.gain_fen
            assert asked.order_id in report.served
            optimum = best_plan(changed)
            assert optimum is not None
            assert optimum.objective >= report.objective_fen


def test_check_never_refutes_a_repair_of_a_larger_problem():
    """Sixty orders, half of them tried for the plan: every repair is checked as a whole plan."""
    problem = random_problem(60, 40, 1)
    standing = Standing(problem, inserted_plan(problem, every=2))
    helped = 0
    for asked in problem.orders:
        if asked.order_id not in standing.lines:
            found = Repairer(standing).explain(asked.order_id, REASON)
            for repair in found.repairs:
                changed, lines = standing.changed(repair.found.served)
                report = check(changed, lines)
                assert report.objective_fen is not None
                gain = report.objective_fen - (standing.report.objective_fen or 0)
                assert gain == repair.gain_fen >= 1
                assert asked.order_id in report.served
                helped += 1
    assert helped > 5


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_its_text(language: str):
    """Every parameter that a text names is there, in both languages."""
    assert set(REPAIRS) == set(NAMES) == {*KINDS, *AMOUNTS}
    for kind, (problem, _) in CASES.items():
        repair = next(one for one in explained(problem)[1].repairs if one.change.code == kind)
        text = told(kind, repair.change.params, language)
        assert "?" not in text
        assert "{" not in text
        assert kind_name(kind, language)
    with pytest.raises(ValueError, match="no text for the repair 'wish'"):
        told("wish", {}, language)
    with pytest.raises(ValueError, match="no kind of repair 'wish'"):
        kind_name("wish", language)
    with pytest.raises(ValueError, match="no texts in language 'fr'"):
        told("due_later", {}, "fr")
