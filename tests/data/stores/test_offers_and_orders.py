from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import Session

from data.errors import Conflict, NotFound, ValueNotStorable, WrongStatus
from data.kinds import OfferStatus, OrderStatus
from data.stores import capacity, offers, orders, revisions
from data.stores.viewer import Viewer
from tests.support.stored import (
    BUYER,
    DESK,
    FOREIGN_DESK,
    MILL,
    OPERATOR,
    OTHER_BUYER,
    STRANGER,
    TURNER,
    finished_run,
    offer,
    order,
    two_firms_two_orders,
)

OFFERS = {one.offer_id: one for one in two_firms_two_orders().offers}
ORDERS = {one.order_id: one for one in two_firms_two_orders().orders}


def test_enterprise_sees_its_own_offers(book: Session):
    stored = offers.get(book, MILL, "S1", "F1")

    assert (stored.offer, stored.status, stored.scope_id) == (OFFERS["F1"], OfferStatus.OPEN, "S1")
    assert [one.offer.offer_id for one in offers.listing(book, MILL, "S1")] == ["F0", "F1"]
    assert [one.offer for one in offers.listing(book, DESK, "S1")] == [
        OFFERS["F0"],
        OFFERS["F1"],
        OFFERS["F2"],
    ]


def test_stranger_neither_sees_nor_changes_an_offer(book: Session):
    for viewer in (TURNER, BUYER, STRANGER, FOREIGN_DESK):
        with pytest.raises(NotFound):
            offers.get(book, viewer, "S1", "F1")
        with pytest.raises(NotFound):
            offers.set_status(book, viewer, "S1", "F1", OfferStatus.WITHDRAWN)
        with pytest.raises(NotFound):
            offers.set_idle_minutes(book, viewer, "S1", "F1", (1, 1, 1))
        assert "F1" not in [one.offer.offer_id for one in offers.listing(book, viewer, "S1")]
        assert offers.get(book, MILL, "S1", "F1").offer == OFFERS["F1"]


def test_every_offer_status_can_be_stored(book: Session):
    for status in OfferStatus:
        offers.set_status(book, MILL, "S1", "F1", status)
        assert offers.get(book, MILL, "S1", "F1").status is status
    assert offers.withdrawn(book, DESK, "S1") == {"F1"}
    assert offers.withdrawn(book, TURNER, "S1") == frozenset()


def test_a_scope_counts_the_changes_and_not_their_repeats(book: Session):
    """What is kept in memory of a scope is read again when the number has moved."""

    def revision() -> int:
        return capacity.scope(book, DESK, "S1").revision

    assert revision() == 0
    for _ in range(2):
        offers.set_status(book, MILL, "S1", "F1", OfferStatus.WITHDRAWN)
        assert revision() == 1
    for _ in range(2):
        offers.set_idle_minutes(book, MILL, "S1", "F1", (5, 0, 9))
        assert revision() == 2
    for _ in range(2):
        orders.withdraw(book, BUYER, "S1", "O1")
        assert revision() == 3
    with pytest.raises(NotFound):
        revisions.advance(book, OPERATOR, "S9")


def test_idle_minutes_are_replaced(book: Session):
    offers.set_idle_minutes(book, MILL, "S1", "F1", (5, 0, 9))
    assert offers.get(book, MILL, "S1", "F1").offer.idle_minutes == (5, 0, 9)
    assert offers.get(book, MILL, "S1", "F0").offer.idle_minutes == (0, 0, 0)


@pytest.mark.parametrize("wrong", [(), (1, 2), (1, 2, 3, 4), (1, -1, 1)])
def test_idle_minutes_fit_the_horizon(book: Session, wrong: tuple[int, ...]):
    with pytest.raises(ValueNotStorable, match="F1"):
        offers.set_idle_minutes(book, MILL, "S1", "F1", wrong)


def test_offer_must_fit_its_scope(book: Session):
    with pytest.raises(ValueNotStorable, match="3 weeks"):
        offers.add(book, OPERATOR, "S1", [offer("F9", "mill", "mill", idle=(1,))])
    with pytest.raises(NotFound):
        offers.add(book, OPERATOR, "S9", [offer("F9", "mill", "mill", idle=(1, 1, 1))])


def test_offer_id_is_used_once(book: Session):
    with pytest.raises(Conflict):
        offers.add(book, OPERATOR, "S1", [OFFERS["F1"]])


def test_buyer_sees_its_own_orders(book: Session):
    stored = orders.get(book, BUYER, "S1", "O1")

    assert (stored.order, stored.status, stored.number) == (ORDERS["O1"], OrderStatus.OPEN, "O1")
    assert [one.order.order_id for one in orders.listing(book, BUYER, "S1")] == ["O1"]
    assert [one.order for one in orders.listing(book, DESK, "S1")] == [ORDERS["O1"], ORDERS["O2"]]


def test_stranger_neither_sees_nor_changes_an_order(book: Session):
    for viewer in (OTHER_BUYER, MILL, STRANGER, FOREIGN_DESK):
        with pytest.raises(NotFound):
            orders.get(book, viewer, "S1", "O1")
        with pytest.raises(NotFound):
            orders.withdraw(book, viewer, "S1", "O1")
        assert "O1" not in [one.order.order_id for one in orders.listing(book, viewer, "S1")]
        assert "O1" not in [one.order_id for one in orders.in_order(book, viewer, "S1")]


def test_quotation_is_seen_by_its_two_sides(book: Session):
    def seen(viewer: Viewer) -> list[str]:
        return [one.order_id for one in orders.quotations(book, viewer, "S1")]

    assert seen(DESK) == ["O2", "O1"]
    assert seen(TURNER) == ["O2", "O1"]
    assert seen(BUYER) == ["O1"]
    assert seen(OTHER_BUYER) == ["O2"]
    assert seen(MILL) == []
    assert seen(STRANGER) == []
    assert seen(FOREIGN_DESK) == []


def test_quotation_needs_its_operation_and_offer(book: Session):
    known = two_firms_two_orders().quotations[0]
    for wrong in (replace(known, step=9), replace(known, offer_id="F9"), known):
        with pytest.raises(Conflict), book.begin_nested():
            orders.add_quotations(book, OPERATOR, "S1", [wrong])


def test_order_is_withdrawn(book: Session):
    orders.withdraw(book, BUYER, "S1", "O1")
    orders.withdraw(book, BUYER, "S1", "O1")

    rows = orders.listing(book, DESK, "S1", status=OrderStatus.WITHDRAWN)
    assert [one.order.order_id for one in rows] == ["O1"]
    with pytest.raises(WrongStatus):
        orders.agree(book, OPERATOR, "S1", "O1", plan_id="plan-1")


def test_order_is_agreed_in_one_plan(planned: Session):
    finished_run(planned, "R2", plan_id="plan-2")
    orders.agree(planned, OPERATOR, "S1", "O1", plan_id="plan-1")
    orders.agree(planned, OPERATOR, "S1", "O1", plan_id="plan-1")

    stored = orders.get(planned, BUYER, "S1", "O1")
    assert (stored.status, stored.agreed_plan_id) == (OrderStatus.AGREED, "plan-1")
    with pytest.raises(WrongStatus, match="agreed"):
        orders.agree(planned, OPERATOR, "S1", "O1", plan_id="plan-2")
    with pytest.raises(WrongStatus, match="agreed"):
        orders.withdraw(planned, BUYER, "S1", "O1")
    assert orders.left(planned, DESK, "S1", "plan-1") == {}
    assert orders.left(planned, DESK, "S1", "plan-2") == {"O1": OrderStatus.AGREED}
    orders.withdraw(planned, DESK, "S1", "O2")
    assert orders.left(planned, DESK, "S1", "plan-1") == {"O2": OrderStatus.WITHDRAWN}
    assert capacity.agreed_minutes(planned, DESK, "S1", besides="plan-1") == {}
    assert capacity.agreed_minutes(planned, DESK, "S1", besides="plan-2") == {
        ("F1", 1): 90,
        ("F2", 2): 55,
    }
    with pytest.raises(NotFound):
        orders.agree(planned, OPERATOR, "S1", "O9", plan_id="plan-1")


def test_order_id_is_used_once(book: Session):
    with pytest.raises(Conflict):
        orders.add(book, OPERATOR, "S1", [order("O1", "buyer-1")])


def test_orders_come_in_pages(book: Session):
    first = orders.listing(book, DESK, "S1", limit=1)
    rest = orders.listing(book, DESK, "S1", after="O1")
    assert [one.order.order_id for one in (*first, *rest)] == ["O1", "O2"]
    assert [
        one.offer.offer_id for one in offers.listing(book, DESK, "S1", after="F0", limit=1)
    ] == ["F1"]
