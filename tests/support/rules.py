"""Random rules for tiny problems: some can be met, some cannot."""

from __future__ import annotations

import random
from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st

from matching.capacity.plan import PlanLine
from matching.capacity.problem import Order, Problem
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
    by_order,
)
from tests.support.bundles import FRACTIONS
from tests.support.oracle import tiny_problem, ways

KINDS = (
    "pins",
    "bans",
    "approved",
    "agreed",
    "frozen",
    "keep",
    "local_first",
    "enterprise_share",
    "sme_minimum",
    "carbon_cap",
    "must_serve",
)


def ruled_problem(seed: int, *, lots: int = 1, kinds: int = 2) -> Problem:
    """Return a tiny problem with random rules of so many kinds."""
    problem, draw = tiny_problem(seed, lots=lots), random.Random(seed)
    return with_rules(problem, seed, *draw.sample(KINDS, kinds))


def with_rules(problem: Problem, seed: int, *kinds: str) -> Problem:
    """Return a problem with random rules of these kinds."""
    draw = random.Random(f"{seed} {kinds}")
    drawn: dict[str, object] = {}
    given = _given(problem, draw)
    for kind in kinds:
        if kind in {"frozen", "keep"}:
            if not given:
                continue
            drawn["given"] = given
        drawn[kind] = _rule(problem, kind, draw, given)
    return replace(problem, rules=Rules(**drawn))  # type: ignore[arg-type]


def _given(problem: Problem, draw: random.Random) -> tuple[PlanLine, ...]:
    """Return a plan of single orders, each possible alone; together they may collide."""
    lines: list[PlanLine] = []
    for order in problem.orders:
        found = ways(problem, order)
        if found and draw.random() < 0.7:
            lines += draw.choice(found).lines
    return tuple(lines)


def _rule(problem: Problem, kind: str, draw: random.Random, given: tuple[PlanLine, ...]) -> object:
    order: Order = draw.choice(problem.orders)
    offer = draw.choice(problem.offers)
    enterprises = sorted({one.enterprise_id for one in problem.offers})
    some = frozenset(draw.sample(enterprises, draw.randint(1, len(enterprises))))
    name = order.order_id
    made: dict[str, object] = {
        "pins": (
            Pin(
                order_id=name,
                offer_id=offer.offer_id,
                step=draw.randint(1, len(order.operations)),
            ),
        ),
        "bans": (
            Ban(order_id=name, offer_id=offer.offer_id)
            if draw.random() < 0.5
            else Ban(order_id=name, enterprise_id=offer.enterprise_id),
        ),
        "approved": (Approved(order_id=name, enterprises=some),),
        "agreed": tuple(
            Agreed(order_id=order_id, lines=lines)
            for order_id, lines in by_order(given).items()
            if draw.random() < 0.6
        ),
        "frozen": Frozen(weeks=draw.randint(0, problem.settings.weeks)),
        "keep": Keep(penalty_fen=draw.choice((0, 10, 100, 1000))),
        "local_first": LocalFirst(bonus_fen_per_hour=draw.choice((100, 1000, 100_000))),
        "enterprise_share": EnterpriseShare(most_bps=draw.choice((3000, 5000, 6000, 9000))),
        "sme_minimum": SmeMinimum(minutes=draw.randint(1, 6), enterprises=some),
        "carbon_cap": CarbonCap(grams=Fraction(draw.choice((0, 10, 100, 1000)), 3)),
        "must_serve": frozenset(one.order_id for one in problem.orders if draw.random() < 0.5),
    }
    return made[kind]


@st.composite
def rules_for(draw: st.DrawFn, problem: Problem) -> Rules:
    """Return rules of any kind that name only what a problem has; whether they can be met or not.

    Lines of plans have the right form and nothing else.
    """
    if not problem.offers or not problem.orders:
        return Rules()
    orders, offers = st.sampled_from(problem.orders), st.sampled_from(problem.offers)
    names = st.sampled_from(sorted({one.enterprise_id for one in problem.offers}))
    some = st.frozensets(names, min_size=1, max_size=3)
    order_ids = st.sampled_from([one.order_id for one in problem.orders])
    pins = draw(st.dictionaries(st.tuples(orders, offers), st.integers(1, 32), max_size=3))
    bans = draw(st.sets(st.tuples(order_ids, offers | names), max_size=3))
    given = draw(st.dictionaries(_keys(problem), _amounts, max_size=4))
    agreed = draw(st.dictionaries(_keys(problem), _amounts, max_size=4))
    compared = draw(st.tuples(st.booleans(), st.booleans())) if given else (False, False)
    return Rules(
        pins=tuple(
            Pin(
                order_id=order.order_id,
                offer_id=offer.offer_id,
                step=1 + at % len(order.operations),
            )
            for (order, offer), at in pins.items()
        ),
        bans=tuple(
            Ban(order_id=order_id, enterprise_id=what)
            if isinstance(what, str)
            else Ban(order_id=order_id, offer_id=what.offer_id)
            for order_id, what in bans
        ),
        approved=tuple(
            Approved(order_id=order_id, enterprises=draw(some))
            for order_id in draw(st.sets(order_ids, max_size=2))
        ),
        agreed=tuple(
            Agreed(order_id=order_id, lines=lines)
            for order_id, lines in by_order(_lines(agreed)).items()
        ),
        given=_lines(given),
        frozen=Frozen(weeks=draw(st.integers(0, problem.settings.weeks))) if compared[0] else None,
        keep=Keep(penalty_fen=draw(st.integers(0, 10**13))) if compared[1] else None,
        local_first=LocalFirst(bonus_fen_per_hour=draw(st.integers(0, 10**9)))
        if draw(st.booleans())
        else None,
        enterprise_share=EnterpriseShare(most_bps=draw(st.integers(1, 10_000)))
        if draw(st.booleans())
        else None,
        sme_minimum=SmeMinimum(minutes=draw(st.integers(1, 10**12)), enterprises=draw(some))
        if draw(st.booleans())
        else None,
        carbon_cap=CarbonCap(grams=draw(FRACTIONS)) if draw(st.booleans()) else None,
        must_serve=draw(st.frozensets(order_ids, max_size=3)),
    )


Key = tuple[str, int, int, str, int]
_amounts = st.tuples(st.integers(1, 10**9), st.integers(1, 10**7))


def _keys(problem: Problem) -> st.SearchStrategy[Key]:
    """Return keys of lines: order, lot, step, offer and week."""
    visits = [
        (o.order_id, step) for o in problem.orders for step in range(1, len(o.operations) + 1)
    ]
    return st.tuples(
        st.sampled_from(visits),
        st.integers(1, 3),
        st.sampled_from([offer.offer_id for offer in problem.offers]),
        st.integers(0, problem.settings.weeks - 1),
    ).map(lambda key: (key[0][0], key[1], key[0][1], key[2], key[3]))


def _lines(drawn: dict[Key, tuple[int, int]]) -> tuple[PlanLine, ...]:
    return tuple(
        PlanLine(
            order_id=order_id,
            lot=lot,
            lot_quantity=pieces,
            step=step,
            offer_id=offer_id,
            week=week,
            minutes=minutes,
        )
        for (order_id, lot, step, offer_id, week), (pieces, minutes) in drawn.items()
    )
