"""Imports, proposals, purchase orders: owner, stranger, repeats, statuses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlmodel import Session

from data.errors import Conflict, NotFound, WrongStatus
from data.kinds import (
    ImportKind,
    ImportStatus,
    PartyRole,
    ProposalSide,
    ProposalStatus,
    PurchaseOrderSource,
    PurchaseOrderStatus,
)
from data.stores import imports, plans, proposals, purchase_orders
from data.stores.organisations import Identifier
from data.stores.viewer import Viewer
from tests.support.stored import (
    BUYER,
    DESK,
    FOREIGN_DESK,
    MILL,
    NOW_MS,
    OPERATOR,
    OTHER_BUYER,
    STRANGER,
    TURNER,
)

OUTSIDERS = [STRANGER, OTHER_BUYER, FOREIGN_DESK]


def document(key: str = "i1", **changes: object) -> imports.ImportRecord:
    plain = imports.ImportRecord(
        id=key,
        organisation_id="mill",
        kind=ImportKind.WORKBOOK,
        name="产能.xlsx",
        sha256="ab" * 32,
        size_bytes=12,
        status=ImportStatus.ACCEPTED,
        received_ms=NOW_MS,
        report={"offers": 3, "rejects": []},
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def find_repeat(session: Session, firm: str = "mill") -> str | None:
    found = imports.find_repeat(
        session, OPERATOR, organisation_id=firm, kind=ImportKind.WORKBOOK, sha256="ab" * 32
    )
    return None if found is None else found.id


def test_import_comes_back(book: Session):
    stored = document(scope_id="S1")
    imports.record(book, OPERATOR, stored)

    assert imports.get(book, MILL, "i1") == stored
    assert imports.listing(book, MILL) == imports.listing(book, DESK) == (stored,)


def test_same_bytes_are_taken_once(book: Session):
    assert find_repeat(book) is None
    imports.record(book, OPERATOR, document())

    assert find_repeat(book) == "i1"
    with pytest.raises(Conflict, match="import i1"):
        imports.record(book, OPERATOR, document("i2"))


def test_another_party_may_hand_in_the_same_bytes(book: Session):
    """Otherwise one could learn what another has handed in."""
    imports.record(book, OPERATOR, document())
    assert find_repeat(book, "turner") is None

    imports.record(book, OPERATOR, document("i2", organisation_id="turner"))
    assert find_repeat(book, "turner") == "i2"


def test_rejected_document_may_be_tried_again(book: Session):
    imports.record(book, OPERATOR, document("i1", status=ImportStatus.REJECTED))
    imports.record(book, OPERATOR, document("i2", status=ImportStatus.REJECTED))
    assert find_repeat(book) is None

    imports.record(book, OPERATOR, document("i3"))
    assert find_repeat(book) == "i3"


def test_import_id_is_used_once(book: Session):
    imports.record(book, OPERATOR, document())
    assert imports.record(book, OPERATOR, document()) == document()
    with pytest.raises(Conflict, match="another document"):
        imports.record(book, OPERATOR, document(sha256="cd" * 32))


@pytest.mark.parametrize("kind", list(ImportKind))
def test_every_kind_of_import_can_be_stored(book: Session, kind: ImportKind):
    imports.record(book, OPERATOR, document(kind=kind))
    assert imports.get(book, DESK, "i1").kind is kind


@pytest.mark.parametrize("digest", ["", "AB" * 32, "ab" * 31, "zz" * 32])
def test_import_needs_a_digest(digest: str):
    with pytest.raises(ValueError, match="64 lower-case hex digits"):
        document(sha256=digest)


def test_stranger_sees_no_import(book: Session):
    imports.record(book, OPERATOR, document())
    for viewer in (*OUTSIDERS, TURNER):
        assert imports.listing(book, viewer) == ()
        with pytest.raises(NotFound):
            imports.get(book, viewer, "i1")


def proposal(key: str, party: str, side: ProposalSide) -> proposals.Proposal:
    return proposals.Proposal(
        id=key,
        plan_id="plan-1",
        scope_id="S1",
        order_id="O1",
        party_id=party,
        side=side,
        amount_fen=1234,
        created_ms=NOW_MS,
    )


ASKED = (
    proposal("p1", "buyer-1", ProposalSide.BUYER),
    proposal("p2", "mill", ProposalSide.ENTERPRISE),
    proposal("p3", "turner", ProposalSide.ENTERPRISE),
)


def decide(
    session: Session, viewer: Viewer, key: str, *, accepted: bool = True
) -> proposals.Proposal:
    return proposals.decide(
        session,
        viewer,
        key,
        accepted=accepted,
        decided_by="u1",
        now_ms=NOW_MS + 1,
        request_id="r1",
    )


def test_each_party_sees_what_it_is_asked(planned: Session):
    assert proposals.add(planned, OPERATOR, ASKED) == 3
    assert proposals.add(planned, OPERATOR, ASKED) == 0

    assert proposals.get(planned, BUYER, "p1") == ASKED[0]
    assert proposals.listing(planned, MILL) == ASKED[1:2]
    assert proposals.listing(planned, DESK, plan_id="plan-1") == ASKED
    assert proposals.of_order(planned, DESK, "plan-1", "O1") == ASKED
    assert proposals.of_order(planned, TURNER, "plan-1", "O1") == ASKED[2:]


def test_stranger_neither_sees_nor_answers(planned: Session):
    proposals.add(planned, OPERATOR, ASKED)
    for viewer in (*OUTSIDERS, TURNER, BUYER):
        assert "p2" not in [one.id for one in proposals.listing(planned, viewer)]
        with pytest.raises(NotFound):
            decide(planned, viewer, "p2")
        assert proposals.get(planned, MILL, "p2").status is ProposalStatus.PROPOSED


def test_answer_is_given_once(planned: Session):
    proposals.add(planned, OPERATOR, ASKED)
    accepted = decide(planned, MILL, "p2")
    assert (accepted.status, accepted.decided_by, accepted.request_id) == (
        ProposalStatus.ACCEPTED,
        "u1",
        "r1",
    )
    assert decide(planned, MILL, "p2") == accepted
    with pytest.raises(WrongStatus, match="accepted"):
        decide(planned, MILL, "p2", accepted=False)

    assert decide(planned, TURNER, "p3", accepted=False).status is ProposalStatus.DECLINED
    open_ones = proposals.listing(planned, DESK, status=ProposalStatus.PROPOSED)
    assert [one.id for one in open_ones] == ["p1"]


def test_part_of_a_plan_is_proposed_once(planned: Session):
    proposals.add(planned, OPERATOR, ASKED)
    with pytest.raises(Conflict):
        proposals.add(planned, OPERATOR, [replace(ASKED[0], id="p9")])
    with pytest.raises(Conflict):
        proposals.add(planned, OPERATOR, [replace(ASKED[0], amount_fen=1)])


def test_plan_lines_reach_whom_they_were_proposed_to(planned: Session):
    """Before that a plan is the operator's draft."""

    def seen(viewer: Viewer) -> list[str]:
        return [line.offer_id for line in plans.lines(planned, viewer, "plan-1")]

    assert (seen(BUYER), seen(MILL)) == ([], [])
    proposals.add(planned, OPERATOR, ASKED)

    assert seen(DESK) == seen(BUYER) == ["F1", "F2"]
    assert seen(MILL) == ["F1"]
    assert seen(TURNER) == ["F2"]
    assert [seen(viewer) for viewer in OUTSIDERS] == [[], [], []]
    assert plans.lines(planned, DESK, "plan-1", order_id="O2") == ()


def from_plan(key: str = "po-1", seller: str = "mill") -> purchase_orders.PurchaseOrder:
    return purchase_orders.PurchaseOrder(
        id=key,
        source=PurchaseOrderSource.PLAN,
        status=PurchaseOrderStatus.IMPORTED,
        number="O1-1-1",
        issue_date=date(2026, 11, 22),
        currency="CNY",
        net_minor=1200,
        tax_minor=0,
        payable_minor=1200,
        buyer=purchase_orders.NamedParty(name="Buyer", organisation_id="buyer-1"),
        seller=purchase_orders.NamedParty(name="Seller", organisation_id=seller),
        created_ms=NOW_MS,
        scope_id="S1",
        order_id="O1",
        plan_id="plan-1",
        lines=(
            purchase_orders.PurchaseOrderLine(
                number="1",
                item="铣削",
                unit="C62",
                quantity_milli=100_000,
                amount_minor=1200,
                price_micro=120_000,
                due_date=date(2026, 12, 7),
            ),
            purchase_orders.PurchaseOrderLine(
                number="2", item="x", unit="", quantity_milli=1, amount_minor=0
            ),
        ),
    )


def from_document() -> purchase_orders.PurchaseOrder:
    nobody = purchase_orders.NamedParty(name="Unknown Ltd")
    known = purchase_orders.NamedParty(
        name="Buyer", identifiers=(Identifier(scheme="gln", value="12 34"),)
    )
    return replace(
        from_plan("po-2"),
        source=PurchaseOrderSource.UBL,
        status=PurchaseOrderStatus.HELD,
        code="PARTY_UNIDENTIFIED",
        buyer=known,
        seller=nobody,
        scope_id=None,
        order_id=None,
        plan_id=None,
    )


def link(session: Session, role: PartyRole, firm: str) -> purchase_orders.PurchaseOrder:
    return purchase_orders.link_party(
        session,
        OPERATOR,
        "po-2",
        role,
        organisation_id=firm,
        linked_by="desk",
        now_ms=NOW_MS + 1,
    )


def test_purchase_order_comes_back_to_both_sides(planned: Session):
    purchase_orders.add(planned, OPERATOR, from_plan())
    assert purchase_orders.add(planned, OPERATOR, from_plan()) == from_plan()

    for viewer in (DESK, BUYER, MILL):
        assert purchase_orders.get(planned, viewer, "po-1") == from_plan()
        assert purchase_orders.listing(planned, viewer, plan_id="plan-1") == (from_plan(),)


def test_stranger_sees_no_purchase_order(planned: Session):
    purchase_orders.add(planned, OPERATOR, replace(from_plan(), ledger_handle="h"))
    for viewer in (*OUTSIDERS, TURNER):
        assert purchase_orders.listing(planned, viewer) == ()
        with pytest.raises(NotFound):
            purchase_orders.get(planned, viewer, "po-1")
        with pytest.raises(NotFound):
            purchase_orders.find_by_handle(planned, viewer, "h")


def test_part_of_a_plan_becomes_one_purchase_order(planned: Session):
    purchase_orders.add(planned, OPERATOR, from_plan())
    purchase_orders.add(planned, OPERATOR, from_plan("po-3", seller="turner"))
    with pytest.raises(Conflict):
        purchase_orders.add(planned, OPERATOR, from_plan("po-4"))
    with pytest.raises(Conflict):
        purchase_orders.add(planned, OPERATOR, replace(from_plan(), payable_minor=1))


def test_purchase_order_from_a_plan_names_it():
    with pytest.raises(ValueError, match="names plan and order"):
        replace(from_plan(), plan_id=None)


@pytest.mark.parametrize("status", [PurchaseOrderStatus.HELD, PurchaseOrderStatus.REFUSED])
def test_held_and_refused_say_why(status: PurchaseOrderStatus):
    with pytest.raises(ValueError, match="needs a code"):
        replace(from_plan(), status=status)


def test_held_order_is_seen_by_a_party_once_it_is_linked(book: Session):
    purchase_orders.add(book, OPERATOR, from_document())
    assert purchase_orders.get(book, DESK, "po-2") == from_document()
    assert purchase_orders.listing(book, MILL) == ()

    linked = link(book, PartyRole.SELLER, "mill")

    assert (linked.seller.organisation_id, linked.seller.linked_by) == ("mill", "desk")
    assert purchase_orders.get(book, MILL, "po-2") == linked
    assert link(book, PartyRole.SELLER, "mill") == linked
    assert purchase_orders.listing(book, DESK, status=PurchaseOrderStatus.HELD) == (linked,)


def test_party_is_linked_once_and_to_somebody(book: Session):
    purchase_orders.add(book, OPERATOR, from_document())
    link(book, PartyRole.BUYER, "buyer-1")
    with pytest.raises(Conflict, match="buyer-1"):
        link(book, PartyRole.BUYER, "mill")
    with pytest.raises(Conflict):
        link(book, PartyRole.SELLER, "nobody")


def test_refused_order_is_not_linked(book: Session):
    refused = replace(from_document(), status=PurchaseOrderStatus.REFUSED, code="SELF_TRADE")
    purchase_orders.add(book, OPERATOR, refused)
    with pytest.raises(WrongStatus, match="refused"):
        link(book, PartyRole.SELLER, "mill")


def test_purchase_order_moves_on(planned: Session):
    purchase_orders.add(planned, OPERATOR, from_plan())

    def move(status: PurchaseOrderStatus, *expected: PurchaseOrderStatus, **rest: str) -> str:
        order = purchase_orders.set_status(
            planned, OPERATOR, "po-1", status, expected=expected, **rest
        )
        return order.status.value

    status = PurchaseOrderStatus
    assert move(status.HELD, status.IMPORTED, code="LIMIT") == "held"
    assert move(status.IMPORTED, status.HELD) == "imported"
    assert purchase_orders.get(planned, DESK, "po-1").code is None
    assert move(status.SUBMITTED, status.IMPORTED, ledger_handle="h", request_id="r") == "submitted"
    assert move(status.SUBMITTED, status.IMPORTED) == "submitted"
    assert purchase_orders.find_by_handle(planned, MILL, "h").request_id == "r"
    assert move(status.CONFIRMED, status.SUBMITTED) == "confirmed"
    with pytest.raises(WrongStatus, match="confirmed"):
        move(status.REFUSED, status.IMPORTED, code="x")
