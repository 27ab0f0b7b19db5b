"""The bound that the checker computes is never below what a plan can be worth."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.capacity.check import check
from matching.capacity.plan import PlanLine
from matching.capacity.problem import Offer, Operation, Order, Park, Problem, Quotation, Settings
from matching.capacity.tariff import work_minutes
from matching.certificate.alone import alone
from matching.certificate.cases import enough_minutes, root
from matching.certificate.division import divide
from matching.certificate.proofs import bound_fen, earned
from matching.certificate.refusal import NotProved
from tests.support.certificates import (
    bundle_of,
    charges_of,
    random_prices,
    random_proofs,
)
from tests.support.oracle import optimum, tiny_problem, ways

SCALES = st.sampled_from((1_000, 1_000_000))
CELLS = st.sampled_from((1, 2, 8))


def earned_or_nothing(charges, order, proofs, *, cells):
    """Return what the proofs show; None when a node names a week that the order cannot use."""
    try:
        return earned(charges, order, proofs, cells=cells)
    except NotProved as refused:
        if refused.code != "proof":
            raise
        return None


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), scale=SCALES, cells=CELLS)
def test_no_way_to_serve_an_order_earns_more_than_is_computed(seed, scale, cells):
    """Whatever multipliers and cases a proof names: a wrong proof weakens the bound, no more."""
    draw = random.Random(seed)
    problem = tiny_problem(seed, lots=3)
    prices = random_prices(problem, draw, most=draw.choice((0, 3_000, 60_000)))
    price = {(p.offer_id, p.week): p.millifen_per_minute for p in prices}
    charges = charges_of(bundle_of(problem), prices, scale=scale)
    proofs = random_proofs(problem, draw, scale=scale)

    for order in problem.orders:
        plain = charges.bundle.orders[order.order_id]
        given_rows = proofs[order.order_id]
        computed = [earned_or_nothing(charges, plain, p, cells=cells) for p in ([], given_rows)]
        for way in ways(problem, order):
            paid = sum(price.get((offer, week), 0) * used for offer, week, used in way.usage)
            worth = way.profit * scale - paid * (scale // 1000)
            assert all(most is None or worth <= most for most in computed)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), cells=CELLS)
def test_no_plan_is_worth_more_than_the_bound(seed, cells):
    """Any prices and any well-formed proofs give a bound of the optimum or more."""
    draw = random.Random(seed)
    problem = tiny_problem(seed, lots=3)
    charges = charges_of(bundle_of(problem), random_prices(problem, draw))
    proofs = random_proofs(problem, draw, scale=charges.scale)
    best = optimum(problem)

    assert bound_fen(charges, {}, cells=cells) >= best
    right = {
        name: rows
        for name, rows in proofs.items()
        if earned_or_nothing(charges, charges.bundle.orders[name], rows, cells=cells) is not None
    }
    assert bound_fen(charges, right, cells=cells) >= best


def one_order(*, quotations: tuple[Quotation, ...], idle: tuple[int, int]) -> Problem:
    """Return two offers of one week and an order of 100 pieces in at most two lots."""
    offers = tuple(
        Offer(
            offer_id=name,
            enterprise_id=name,
            park_id="P",
            process="cut",
            size_class=1,
            tolerance_it=7,
            materials=frozenset({"steel"}),
            certificates=frozenset(),
            rate_fen_per_hour=0,
            setup_minutes=0,
            min_lot=1,
            carbon_g_per_hour=Fraction(0),
            idle_minutes=(minutes,),
        )
        for name, minutes in zip(("F1", "F2"), idle, strict=True)
    )
    order = Order(
        order_id="O",
        buyer_id="B",
        buyer_lat=31.0,
        buyer_lon=121.0,
        quantity=100,
        material="steel",
        size_class=1,
        certificates=frozenset(),
        release_week=0,
        due_week=0,
        max_tardy_weeks=0,
        value_fen=1_000,
        tardy_fen_per_week=0,
        max_price_fen=1_000,
        max_lots=2,
        excluded_enterprises=frozenset(),
        weight_kg=Fraction(0),
        operations=(Operation(process="cut", tolerance_it=9, minutes_total=100),),
    )
    zero = Fraction(0)
    return Problem(
        settings=Settings(
            weeks=1,
            max_block_weeks=1,
            carbon_fen_per_kg=zero,
            transport_fixed_fen=zero,
            transport_fen_per_tonne_km=zero,
            transport_g_per_tonne_km=zero,
        ),
        parks=(Park(park_id="P", lat=31.0, lon=121.0),),
        offers=offers,
        orders=(order,),
        quotations=quotations,
    )


def test_lots_on_offers_with_different_quoted_minutes_are_not_ruled_out():
    """A lot takes the offer that suits its size: setup and minutes are least one by one."""
    terms = (("F1", 0, 1_000), ("F2", 50, 100))
    quotations = tuple(
        Quotation(
            order_id="O",
            step=1,
            offer_id=offer,
            setup_minutes=setup,
            minutes_total=minutes,
            price_fen=100,
        )
        for offer, setup, minutes in terms
    )
    problem = one_order(quotations=quotations, idle=(10, 149))
    plan = tuple(
        PlanLine(
            order_id="O", lot=lot, lot_quantity=pieces, step=1, offer_id=offer, week=0, minutes=used
        )
        for lot, pieces, offer, used in ((1, 99, "F2", 149), (2, 1, "F1", 10))
    )

    assert check(problem, plan).objective_fen == 900
    for cells in (1, 8, 64):
        assert bound_fen(charges_of(bundle_of(problem)), {}, cells=cells) >= 900


def quoted_problem(draw: random.Random) -> Problem:
    """Return a few pieces in at most three lots, on three offers of which some have quoted."""
    base = one_order(quotations=(), idle=(0, 0))
    offers = tuple(
        replace(
            base.offers[0],
            offer_id=name,
            rate_fen_per_hour=60 * draw.randint(0, 9),
            setup_minutes=draw.randint(0, 3),
            idle_minutes=(draw.randint(0, 14),),
            carbon_g_per_hour=Fraction(draw.choice((0, 60_000))),
        )
        for name in ("F1", "F2", "F3")
    )
    order = replace(
        base.orders[0],
        quantity=draw.randint(1, 7),
        max_lots=3,
        value_fen=300,
        max_price_fen=draw.choice((300, 60)),
        operations=(Operation(process="cut", tolerance_it=9, minutes_total=draw.randint(1, 20)),),
    )
    quotations = tuple(
        Quotation(
            order_id="O",
            step=1,
            offer_id=offer.offer_id,
            setup_minutes=draw.randint(0, 4),
            minutes_total=draw.randint(1, 20),
            price_fen=draw.randint(0, 90),
        )
        for offer in offers
        if draw.random() < 2 / 3
    )
    settings_ = replace(base.settings, carbon_fen_per_kg=Fraction(draw.choice((0, 1))))
    return replace(base, settings=settings_, offers=offers, orders=(order,), quotations=quotations)


def quoted_plans(problem: Problem) -> Iterator[tuple[PlanLine, ...]]:
    """Yield every plan of the order: every way to cut it, on every choice of offers."""
    order = problem.orders[0]
    quoted = {one.offer_id: one for one in problem.quotations}
    for lots in range(1, order.max_lots + 1):
        for pieces in product(range(1, order.quantity + 1), repeat=lots):
            if sum(pieces) != order.quantity:
                continue
            for offers in product(problem.offers, repeat=lots):
                yield tuple(
                    PlanLine(
                        order_id="O",
                        lot=lot,
                        lot_quantity=quantity,
                        step=1,
                        offer_id=offer.offer_id,
                        week=0,
                        minutes=work_minutes(
                            order,
                            order.operations[0],
                            offer,
                            quoted.get(offer.offer_id),
                            quantity=quantity,
                        ),
                    )
                    for lot, (quantity, offer) in enumerate(zip(pieces, offers, strict=True), 1)
                )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), cells=CELLS)
def test_no_lots_on_quoted_offers_earn_more_than_is_computed(seed, cells):
    """Quotations give every offer its own minutes: what is spare is charged at a true least."""
    draw = random.Random(seed)
    problem = quoted_problem(draw)
    prices = random_prices(problem, draw, most=draw.choice((0, 5_000)))
    price = {p.offer_id: p.millifen_per_minute for p in prices}
    charges = charges_of(bundle_of(problem), prices, scale=1_000)
    computed = earned(charges, charges.bundle.orders["O"], [], cells=cells)

    for plan in quoted_plans(problem):
        report = check(problem, plan)
        if report.objective_fen is not None:
            paid = sum(price.get(line.offer_id, 0) * line.minutes for line in plan)
            assert report.objective_fen * 1_000 - paid <= computed


def test_an_order_that_no_offer_can_make_earns_nothing():
    problem = one_order(quotations=(), idle=(0, 0))

    assert bound_fen(charges_of(bundle_of(problem)), {}, cells=8) == 0


def test_a_case_is_closed_by_what_the_buyer_pays_alone():
    """The relaxation leaves the price cap out; no way to pay it is proved by prices alone."""
    problem = one_order(quotations=(), idle=(100, 0))
    offer = replace(problem.offers[0], rate_fen_per_hour=600)
    order = replace(problem.orders[0], value_fen=5_000, max_price_fen=999, max_lots=1)
    problem = replace(problem, offers=(offer, problem.offers[1]), orders=(order,))
    charges = charges_of(bundle_of(problem))
    plain = charges.bundle.orders["O"]

    proofs = [[1, [], [[-1, 0, "price"]]]]
    assert earned(charges, plain, [], cells=8) == 4_000 * charges.scale
    assert earned(charges, plain, proofs, cells=8) == 0

    dearer = plain._replace(max_price_fen=1_000)
    with pytest.raises(NotProved, match="does not exceed the price cap"):
        earned(charges, dearer, proofs, cells=8)


def test_what_a_lot_takes_at_least_the_others_lack():
    """Two lots that take 51 minutes each of 100 are impossible together."""
    problem = one_order(quotations=(), idle=(100, 0))
    charges = charges_of(bundle_of(problem))
    order = charges.bundle.orders["O"]
    nodes = [[-1, 0, "minutes", 1, 1, "F1", 0, 50], [0, 1, "minutes", 2, 1, "F1", 0, 50]]
    one = alone(charges, order)
    case = root(one, 2)
    for _, _, *what in nodes:
        case = divide(one, case, what, offers=charges.at, block=1)[1]

    assert case.rooms[:, 0, 0].tolist() == [49, 49]
    assert case.taken[:, 0, 0].tolist() == [51, 51]
    assert not enough_minutes(one, case)


def test_operations_on_the_same_minutes_are_counted_together():
    """Two operations of 60 minutes each fit one by one into 100 minutes, and not together."""
    problem = one_order(quotations=(), idle=(100, 0))
    order = replace(
        problem.orders[0],
        operations=(Operation(process="cut", tolerance_it=9, minutes_total=60),) * 2,
    )
    problem = replace(problem, orders=(order,))

    assert bound_fen(charges_of(bundle_of(problem)), {}, cells=8) == 0


@pytest.mark.parametrize("field", ["value_fen", "max_price_fen"])
def test_numbers_that_could_leave_64_bits_are_refused(field):
    problem = one_order(quotations=(), idle=(100, 100))
    order = replace(problem.orders[0], **{field: 10**13}, tardy_fen_per_week=10**13)
    huge = replace(problem, orders=(replace(order, max_tardy_weeks=3),))

    with pytest.raises(NotProved) as refused:
        bound_fen(charges_of(bundle_of(huge)), {}, cells=8)
    assert refused.value.code == "too-large"
