"""Offers and orders are withdrawn, opened again and changed; what sees it afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.services import capacity, imports, matching_runs, order_making, proposals
from api.services.proposals import Answer
from api.services.quoting import QuoteDesk, what_is_left
from api.services.workspace import Workspace
from data.errors import NotFound, ValueNotStorable, WrongStatus
from data.exporters.bundle import write_bundle
from data.kinds import OfferStatus, OrderStatus
from data.stores import plans
from matching.capacity.live import Quote, QuoteStatus
from tests.support.installations import installation
from tests.support.small_park import PLAN, SMALL_PARK, WEEKS, order


@pytest.fixture
def book(database_url: str, tmp_path: Path) -> Iterator[Workspace]:
    """Return an installation with the small park in it, on each kind of database."""
    folder = tmp_path / "small-park"
    folder.mkdir()
    write_bundle(folder, SMALL_PARK)
    workspace = installation(tmp_path, database_url)
    try:
        imports.import_path(workspace, folder)
        yield workspace
    finally:
        workspace.close()


@pytest.fixture
def matched(book: Workspace, planner: None) -> Workspace:
    """Return the same after a run whose plan has the orders SHAFT and PLATE."""
    run(book, "run-1")
    return book


def run(workspace: Workspace, run_id: str) -> str:
    """Run once; return the plan's id."""
    matching_runs.queue(workspace, run_id, requested_by="test", seconds=1)
    plan_id = matching_runs.execute(workspace, run_id).plan_id
    assert plan_id is not None
    return plan_id


def agree(workspace: Workspace, order_id: str, plan_id: str) -> None:
    """Note that both sides accepted an order of a plan."""
    with workspace.transaction() as session:
        plan = plans.get(session, workspace.viewer, plan_id)
        order_making.agree(workspace, session, plan, order_id)


def planned(workspace: Workspace, run_id: str) -> set[str]:
    """Run once more; return the orders that the run saw."""
    run(workspace, run_id)
    return set(matching_runs.result(workspace, run_id).reasons)


def withdraw_offer(workspace: Workspace, offer_id: str, *, by: str | None = None) -> OfferStatus:
    return capacity.set_offer_status(
        workspace, offer_id, OfferStatus.WITHDRAWN, organisation_id=by
    ).status


def quote(desk: QuoteDesk, *processes: str) -> Quote:
    return desk.quote(order("NEW", "ACME", *processes))


def test_an_enterprise_withdraws_its_own_offer_and_opens_it_again(book: Workspace):
    assert withdraw_offer(book, "MILL", by="MILLER") is OfferStatus.WITHDRAWN
    assert withdraw_offer(book, "MILL", by="MILLER") is OfferStatus.WITHDRAWN
    assert capacity.get_offer(book, "MILL").status is OfferStatus.WITHDRAWN
    opened = capacity.set_offer_status(book, "MILL", OfferStatus.OPEN, organisation_id="MILLER")
    assert (opened.status, opened.offer) == (OfferStatus.OPEN, SMALL_PARK.offers[2])


def test_the_operator_withdraws_any(book: Workspace):
    assert withdraw_offer(book, "LATHE") is OfferStatus.WITHDRAWN
    assert capacity.withdraw_order(book, "PLATE").status is OrderStatus.WITHDRAWN


@pytest.mark.parametrize("stranger", ["TURNER", "BOLT", "NOBODY"])
def test_a_stranger_finds_nothing_to_withdraw(book: Workspace, stranger: str):
    with pytest.raises(NotFound):
        withdraw_offer(book, "MILL", by=stranger)
    with pytest.raises(NotFound):
        capacity.set_idle_minutes(book, "MILL", (0,) * WEEKS, organisation_id=stranger)
    with pytest.raises(NotFound):
        capacity.withdraw_order(book, "SHAFT", organisation_id=stranger)
    assert capacity.get_offer(book, "MILL").offer == SMALL_PARK.offers[2]
    assert capacity.get_order(book, "SHAFT").status is OrderStatus.OPEN


def test_a_buyer_withdraws_its_order_and_the_next_run_does_without_it(matched: Workspace):
    for _ in range(2):
        gone = capacity.withdraw_order(matched, "SHAFT", organisation_id="ACME")
        assert gone.status is OrderStatus.WITHDRAWN
    assert planned(matched, "run-2") == {"PLATE", "VASE"}


def test_an_agreed_order_is_not_withdrawn(matched: Workspace):
    agree(matched, "PLATE", run(matched, "run-2"))
    with pytest.raises(WrongStatus, match="agreed"):
        capacity.withdraw_order(matched, "PLATE", organisation_id="BOLT")
    assert capacity.get_order(matched, "PLATE").status is OrderStatus.AGREED


def test_a_withdrawn_order_or_offer_is_not_agreed(matched: Workspace):
    plan_id = run(matched, "run-2")
    withdraw_offer(matched, "GRINDER")
    with pytest.raises(WrongStatus, match="overtaken"):
        agree(matched, "SHAFT", plan_id)
    capacity.withdraw_order(matched, "PLATE")
    with pytest.raises(WrongStatus, match="withdrawn"):
        agree(matched, "PLATE", plan_id)


def test_what_was_withdrawn_can_be_declined_and_not_accepted(matched: Workspace):
    """Whoever reads the proposal learns why before signing; a declining answer is still theirs."""
    capacity.withdraw_order(matched, "PLATE")
    withdraw_offer(matched, "GRINDER")
    for order_id, missing in (("PLATE", "order 'PLATE' is withdrawn"), ("SHAFT", "'GRINDER'")):
        proposal = proposals.list_proposals(matched, order_id=order_id)[0]
        with pytest.raises(WrongStatus, match=missing):
            proposals.draft_answer(matched, proposal.id, Answer.ACCEPTED)
        with pytest.raises(Exception, match=r"party\.onboarded"):  # the next thing that is asked
            proposals.draft_answer(matched, proposal.id, Answer.DECLINED)


def test_idle_minutes_have_one_number_for_each_week(book: Workspace):
    fewer = (60,) * WEEKS
    changed = capacity.set_idle_minutes(book, "MILL", fewer, organisation_id="MILLER")
    assert changed.offer == replace(SMALL_PARK.offers[2], idle_minutes=fewer)
    with pytest.raises(ValueNotStorable, match=f"{WEEKS} numbers"):
        capacity.set_idle_minutes(book, "MILL", (1, 2))
    assert capacity.get_offer(book, "MILL").offer.idle_minutes == fewer


def test_a_quote_sees_what_was_withdrawn_since_the_plan(matched: Workspace):
    desk = QuoteDesk(matched)
    first = quote(desk, "cnc-milling-3axis")
    assert first.status is QuoteStatus.FITS

    withdraw_offer(matched, "MILL")
    assert quote(desk, "cnc-milling-3axis").status is not QuoteStatus.FITS
    assert quote(desk, "cnc-turning").status is QuoteStatus.FITS

    capacity.set_offer_status(matched, "MILL", OfferStatus.OPEN)
    assert quote(desk, "cnc-milling-3axis") == first


def test_a_quote_sees_other_idle_minutes_and_freed_ones(matched: Workspace):
    """The plan holds 330 of 600 minutes in week 0; an order of 330 fits when it goes."""
    desk = QuoteDesk(matched)
    capacity.set_idle_minutes(matched, "MILL", (600, *(0,) * (WEEKS - 1)))
    assert quote(desk, "cnc-milling-3axis").status is not QuoteStatus.FITS

    capacity.withdraw_order(matched, "PLATE")
    freed = quote(desk, "cnc-milling-3axis")
    assert freed.status is QuoteStatus.FITS
    assert {line.week for line in freed.alternatives[0].lines} == {0}


def test_a_quote_leaves_the_minutes_of_agreed_orders(matched: Workspace):
    agree(matched, "PLATE", matching_runs.get(matched, "run-1").plan_id or "")
    capacity.set_idle_minutes(matched, "MILL", (600, *(0,) * (WEEKS - 1)))
    assert quote(QuoteDesk(matched), "cnc-milling-3axis").status is not QuoteStatus.FITS


def test_a_plan_keeps_the_minutes_that_it_uses():
    """LATHE is withdrawn and in use, MILL lowered below its use, GRINDER withdrawn and idle."""
    lines = [line for line in PLAN if line.offer_id != "GRINDER"]
    mill = replace(SMALL_PARK.offers[2], idle_minutes=(100, 900, *(0,) * (WEEKS - 2)))
    left = what_is_left(SMALL_PARK, lines, gone={"VASE": OrderStatus.WITHDRAWN}, now=[mill])
    assert {one.offer_id: one.idle_minutes[:3] for one in left.offers} == {
        "LATHE": (330, 0, 0),
        "MILL": (330, 900, 0),
    }
    assert [one.order_id for one in left.orders] == ["SHAFT", "PLATE"]
