from __future__ import annotations

import dataclasses
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session

from data.engine import make_engine, session_factory
from data.errors import Conflict, NotFound, ValueNotStorable
from data.kinds import OfferStatus
from data.stores import capacity, offers, orders
from matching.capacity import Offer, Operation, Park, Problem, Quotation, Settings
from tests.support.stored import (
    BUYER,
    DESK,
    FOREIGN_DESK,
    MILL,
    NOW_MS,
    OPERATOR,
    OTHER_OPERATOR,
    WEEK0,
    add_operators,
    add_scope,
    finished_run,
    offer,
    order,
    two_firms_two_orders,
)


def test_problem_comes_back_exactly(book: Session):
    """Order of the parts, fractions, sets, empty weeks and floats included."""
    loaded = capacity.load_open_book(book, DESK, "S1").problem

    assert loaded == two_firms_two_orders()
    assert loaded.digest == two_firms_two_orders().digest
    assert all(isinstance(one.carbon_g_per_hour, Fraction) for one in loaded.offers)


def test_problem_survives_the_commit(operators_only: Session, engine: Engine):
    add_scope(operators_only)
    operators_only.commit()

    with session_factory(engine)() as later:
        assert capacity.load_open_book(later, DESK, "S1").problem == two_firms_two_orders()


def test_scope_keeps_its_week_0_and_settings(book: Session):
    scope = capacity.scope(book, DESK, "S1")

    assert scope.week0 == WEEK0
    assert scope.settings == two_firms_two_orders().settings
    assert (scope.name, scope.currency, scope.current) == ("November", "CNY", True)


@pytest.mark.parametrize("day", [date(2026, 11, 22), date(2026, 11, 24)])
def test_week_0_begins_on_a_monday(operators_only: Session, day: date):
    with pytest.raises(ValueError, match="begins on a Monday"):
        capacity.save_problem(
            operators_only,
            OPERATOR,
            two_firms_two_orders(),
            day,
            scope_id="S1",
            name="x",
            now_ms=NOW_MS,
        )


def test_other_currencies_are_refused_by_name():
    with pytest.raises(ValueError, match="CNY, not in EUR"):
        capacity.Scope(
            id="S1",
            name="x",
            week0=WEEK0,
            settings=two_firms_two_orders().settings,
            created_ms=NOW_MS,
            currency="EUR",
        )


def test_scope_id_is_used_once(book: Session):
    with pytest.raises(Conflict, match="choose a new id"):
        add_scope(book)


def test_two_operators_may_use_the_same_ids(book: Session):
    add_scope(book, operator_id=OTHER_OPERATOR)

    assert capacity.load_open_book(book, FOREIGN_DESK, "S1").problem == two_firms_two_orders()


def test_scope_needs_its_operator(session: Session):
    with pytest.raises(Conflict):
        add_scope(session)


def test_parties_and_strangers_see_no_whole_problem(book: Session):
    for viewer in (BUYER, MILL, FOREIGN_DESK):
        with pytest.raises(NotFound):
            capacity.load_open_book(book, viewer, "S1")


def test_newest_scope_becomes_the_open_book(book: Session):
    add_scope(book, "S2")
    assert capacity.current_scope(book, DESK).id == "S2"
    assert not capacity.scope(book, DESK, "S1").current


def test_missing_scopes_are_named(operators_only: Session):
    with pytest.raises(NotFound, match="current"):
        capacity.current_scope(operators_only, DESK)
    with pytest.raises(NotFound, match="S9"):
        capacity.scope(operators_only, DESK, "S9")


def test_open_book_is_the_whole_problem_at_first(book: Session):
    assert capacity.load_open_book(book, DESK).problem == two_firms_two_orders()


def test_open_book_leaves_out_what_was_withdrawn(book: Session):
    orders.withdraw(book, BUYER, "S1", "O1")
    offers.set_status(book, MILL, "S1", "F0", OfferStatus.WITHDRAWN)

    problem = capacity.load_open_book(book, DESK).problem

    assert [one.order_id for one in problem.orders] == ["O2"]
    assert [one.offer_id for one in problem.offers] == ["F2", "F1"]
    assert [one.order_id for one in problem.quotations] == ["O2"]


def test_open_book_takes_off_the_minutes_of_agreed_plans(book: Session):
    """Otherwise the next run would promise the same machine hours twice."""
    finished_run(book)
    orders.agree(book, OPERATOR, "S1", "O1", plan_id="plan-1")

    problem = capacity.load_open_book(book, DESK).problem

    idle = {one.offer_id: one.idle_minutes for one in problem.offers}
    assert idle == {"F2": (600, 0, 425), "F1": (0, 30, 7), "F0": (0, 0, 0)}
    assert [one.order_id for one in problem.orders] == ["O2"]


def test_open_book_never_goes_below_zero(book: Session):
    """An enterprise may have lowered its idle minutes below what it agreed to."""
    finished_run(book)
    orders.agree(book, OPERATOR, "S1", "O1", plan_id="plan-1")
    offers.set_idle_minutes(book, MILL, "S1", "F1", (0, 10, 7))

    problem = capacity.load_open_book(book, DESK).problem

    assert {one.offer_id: one.idle_minutes for one in problem.offers}["F1"] == (0, 0, 7)


def test_offers_and_orders_are_added_behind_the_others(book: Session):
    more = offer("F3", "turner", "turn", idle=(1, 2, 3))
    offers.add(book, OPERATOR, "S1", [more])
    orders.add(book, OPERATOR, "S1", [order("A0", "buyer-1")], numbers={"A0": "PO-77"})

    loaded = capacity.load_open_book(book, DESK, "S1").problem

    assert [one.offer_id for one in loaded.offers] == ["F2", "F1", "F0", "F3"]
    assert loaded.offers[-1] == more
    assert [one.order_id for one in loaded.orders] == ["O2", "O1", "A0"]
    assert orders.get(book, DESK, "S1", "A0").number == "PO-77"


def test_parks_are_added_once(book: Session):
    known = two_firms_two_orders().parks
    capacity.add_parks(book, OPERATOR, "S1", [*known, Park(park_id="P3", lat=1.0, lon=2.0)])
    assert [park.park_id for park in capacity.parks(book, BUYER, "S1")] == ["P2", "P1", "P3"]

    with pytest.raises(ValueNotStorable, match="lies elsewhere"):
        capacity.add_parks(book, OPERATOR, "S1", [Park(park_id="P3", lat=1.5, lon=2.0)])


texts = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), min_size=1, max_size=6
)
fractions = st.fractions(min_value=0, max_value=10**9, max_denominator=10**6)
degrees = st.floats(min_value=-90, max_value=90)
sets = st.frozensets(texts, max_size=3)
small = st.integers(min_value=1, max_value=10**6)


@st.composite
def problems(draw: st.DrawFn) -> Problem:
    weeks = draw(st.integers(1, 4))
    conditions = Settings(
        weeks=weeks,
        max_block_weeks=draw(st.integers(1, 4)),
        carbon_fen_per_kg=draw(fractions),
        transport_fixed_fen=draw(fractions),
        transport_fen_per_tonne_km=draw(fractions),
        transport_g_per_tonne_km=draw(fractions),
    )
    parks = [
        Park(park_id=key, lat=draw(degrees), lon=draw(degrees))
        for key in draw(st.lists(texts, min_size=1, max_size=3, unique=True))
    ]
    minutes = st.lists(st.integers(0, 10**7), min_size=weeks, max_size=weeks)
    offers_drawn = [
        Offer(
            offer_id=key,
            enterprise_id=draw(texts),
            park_id=draw(st.sampled_from(parks)).park_id,
            process=draw(texts),
            size_class=draw(small),
            tolerance_it=draw(st.integers(0, 20)),
            materials=draw(sets),
            certificates=draw(sets),
            rate_fen_per_hour=draw(st.integers(0, 10**9)),
            setup_minutes=draw(st.integers(0, 10**7)),
            min_lot=draw(st.integers(0, 10**9)),
            carbon_g_per_hour=draw(fractions),
            idle_minutes=tuple(draw(minutes)),
        )
        for key in draw(st.lists(texts, max_size=3, unique=True))
    ]
    orders_drawn = [
        dataclasses.replace(
            order(key, draw(texts)),
            buyer_lat=draw(degrees),
            value_fen=draw(st.integers(0, 10**13)),
            weight_kg=draw(fractions),
            certificates=draw(sets),
            excluded_enterprises=draw(sets),
            quoted_only=draw(st.booleans()),
            operations=tuple(
                Operation(process=draw(texts), tolerance_it=1, minutes_total=draw(small))
                for _ in range(draw(st.integers(1, 3)))
            ),
        )
        for key in draw(st.lists(texts, max_size=3, unique=True))
    ]
    quotations = [
        Quotation(
            order_id=one.order_id,
            step=step + 1,
            offer_id=place.offer_id,
            setup_minutes=draw(st.integers(0, 9)),
            minutes_total=draw(small),
            price_fen=draw(st.integers(0, 10**13)),
        )
        for one in orders_drawn
        for step in range(len(one.operations))
        for place in offers_drawn
        if draw(st.booleans())
    ]
    return Problem(
        settings=conditions,
        parks=tuple(parks),
        offers=tuple(offers_drawn),
        orders=tuple(orders_drawn),
        quotations=tuple(quotations),
    )


@given(problem=problems())
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_problem_comes_back_exactly(problem: Problem, database_url: str):
    engine = make_engine(database_url)
    try:
        with session_factory(engine)() as session:
            add_operators(session)
            capacity.save_problem(
                session, OPERATOR, problem, WEEK0, scope_id="S", name="any", now_ms=NOW_MS
            )
            loaded = capacity.load_open_book(session, DESK, "S").problem
            session.rollback()
    finally:
        engine.dispose()

    assert loaded == problem
    assert loaded.digest == problem.digest
