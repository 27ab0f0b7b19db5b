"""Proposals: both sides answer in the record, and what all accept becomes purchase orders."""

from __future__ import annotations

from fractions import Fraction

import pytest

from api.demo import deal
from api.demo.parties import onboard
from api.services import (
    capacity,
    imports,
    matching_runs,
    order_making,
    organisations,
    proposals,
    purchase_orders,
    records,
    settlement,
)
from api.services.errors import NotOnboarded
from api.services.proposals import Answer
from data.errors import NotFound, WrongStatus
from data.samples.firms import fictional_uscc
from ledger.errors import Refusal
from matching.capacity import payments
from tests.support.small_park import PLAN, SMALL_PARK

FIRMS = ("ACME", "BOLT", "FINISHER", "MILLER", "TURNER")


@pytest.fixture
def acting(planned):
    """Return the stage with every party of the plan onboarded."""
    stage, _run = planned
    for number, firm in enumerate(FIRMS, 1):
        organisations.add_identifier(
            stage.workspace, firm, scheme="uscc", value=fictional_uscc(number)
        )
    onboard(stage.workspace, stage.parties, FIRMS)
    return stage


def of(stage, order_id: str):
    return proposals.list_proposals(stage.workspace, order_id=order_id)


def answer(stage, proposal, said: Answer = Answer.ACCEPTED):
    draft = stage.parties.sign(proposals.draft_answer(stage.workspace, proposal.id, said))
    return records.submit(stage.workspace, draft)


def test_each_side_is_asked_with_its_amount_and_its_lines(planned):
    stage, _run = planned
    paid = payments(SMALL_PARK, PLAN)
    asked = {(one.side, one.organisation_id): one for one in of(stage, "SHAFT")}
    assert set(asked) == {("buyer", "ACME"), ("enterprise", "TURNER"), ("enterprise", "FINISHER")}
    assert asked["enterprise", "TURNER"].amount_fen == paid["SHAFT", "TURNER"].fen
    total = paid["SHAFT", "TURNER"].fen + paid["SHAFT", "FINISHER"].fen
    assert asked["buyer", "ACME"].amount_fen == total
    assert {line.offer_id for line in asked["buyer", "ACME"].lines} == {"LATHE", "GRINDER"}
    assert {line.offer_id for line in asked["enterprise", "TURNER"].lines} == {"LATHE"}
    assert of(stage, "VASE") == ()


def test_nobody_answers_who_is_not_onboarded(planned):
    stage, _run = planned
    with pytest.raises(NotOnboarded, match=r"Let the registrar sign party\.onboarded"):
        proposals.draft_answer(stage.workspace, of(stage, "PLATE")[0].id, Answer.ACCEPTED)
    with pytest.raises(NotFound):
        proposals.draft_answer(stage.workspace, "ab" * 16, Answer.ACCEPTED)


def test_only_the_party_itself_can_answer(acting):
    """A proposal to one party, signed by another, is refused by the record."""
    proposal = next(one for one in of(acting, "PLATE") if one.organisation_id == "BOLT")
    draft = proposals.draft_answer(acting.workspace, proposal.id, Answer.ACCEPTED)
    (need,) = draft.needs
    stranger = organisations.get(acting.workspace, "MILLER").party
    forged = acting.parties.sign_for(draft, need._replace(party=stranger))
    with pytest.raises(Refusal) as refused:
        records.submit(acting.workspace, forged)
    assert refused.value.code == "WRONG_PARTY"
    assert proposals.get(acting.workspace, proposal.id).status == "proposed"


def test_the_last_acceptance_makes_one_purchase_order_per_enterprise(acting):
    asked = of(acting, "SHAFT")
    for proposal in asked[:-1]:
        answer(acting, proposal)
    assert purchase_orders.list_purchase_orders(acting.workspace) == ()
    answer(acting, asked[-1])
    made = {
        order.seller_id: order
        for order in purchase_orders.list_purchase_orders(acting.workspace, order_id="SHAFT")
    }
    assert set(made) == {"TURNER", "FINISHER"}
    paid = payments(SMALL_PARK, PLAN)
    week0 = imports.list_imports(acting.workspace)[0]
    assert week0.counts["orders"] == 3
    for rank, seller in enumerate(("TURNER", "FINISHER"), 1):
        order = made[seller]
        assert order.number == f"SHAFT-E{rank}-P1"
        assert (order.buyer_id, order.status, order.currency) == ("ACME", "imported", "CNY")
        assert order.net_minor == paid["SHAFT", seller].fen
        assert order.net_minor == sum(line.amount_minor for line in order.lines)
        assert all(line.due_date for line in order.lines)
    assert [line.item for line in made["TURNER"].lines] == ["cnc-turning", "transport"]
    # the first step is due a week before the second, in whatever year
    assert made["TURNER"].lines[0].due_date < made["FINISHER"].lines[0].due_date


def test_purchase_orders_of_a_plan_go_to_the_ledger_naming_the_plan(acting):
    for proposal in of(acting, "PLATE"):
        answer(acting, proposal)
    (order,) = purchase_orders.list_purchase_orders(acting.workspace)
    draft = purchase_orders.draft_submission(acting.workspace, order.id)
    assert draft.body["plan"] == order.plan_id
    handle = deal.register(acting.workspace, acting.parties, order.id)
    assert records.get_order(acting.workspace, handle).value_minor == order.net_minor
    assert purchase_orders.get(acting.workspace, order.id).status == "confirmed"


def test_one_refusal_and_there_is_no_purchase_order(acting):
    first, *others = of(acting, "SHAFT")
    answer(acting, first, Answer.DECLINED)
    for proposal in others:
        answer(acting, proposal)
    assert purchase_orders.list_purchase_orders(acting.workspace) == ()
    assert proposals.get(acting.workspace, first.id).status == "declined"
    with pytest.raises(WrongStatus):
        proposals.draft_answer(acting.workspace, first.id, Answer.ACCEPTED)


def test_an_agreed_order_leaves_the_book_with_its_minutes(acting):
    for proposal in of(acting, "PLATE"):
        answer(acting, proposal)
    matching_runs.queue(acting.workspace, "run-2", requested_by="test", seconds=1)
    run = matching_runs.execute(acting.workspace, "run-2")
    assert run.summary is not None
    assert (run.summary.orders, run.summary.served) == (2, 1)
    assert capacity.get_offer(acting.workspace, "MILL").offer.idle_minutes[0] == 600


def test_a_newer_plan_supersedes_open_proposals(acting):
    old = of(acting, "PLATE")
    matching_runs.queue(acting.workspace, "run-2", requested_by="test", seconds=1)
    matching_runs.execute(acting.workspace, "run-2")
    with pytest.raises(WrongStatus, match="superseded"):
        proposals.draft_answer(acting.workspace, old[0].id, Answer.ACCEPTED)


def test_a_crash_between_entry_and_rows_is_mended_from_the_record(acting, monkeypatch):
    drafts = [
        acting.parties.sign(proposals.draft_answer(acting.workspace, one.id, Answer.ACCEPTED))
        for one in of(acting, "PLATE")
    ]
    monkeypatch.setattr(settlement, "entered", lambda *_: None)  # the process dies here
    for draft in drafts:
        records.submit(acting.workspace, draft)
    monkeypatch.undo()
    assert {one.status for one in of(acting, "PLATE")} == {"proposed"}
    assert settlement.reconcile(acting.workspace) == 2
    assert {one.status for one in of(acting, "PLATE")} == {"accepted"}
    (order,) = purchase_orders.list_purchase_orders(acting.workspace)
    assert settlement.reconcile(acting.workspace) == 0
    monkeypatch.setattr(settlement, "entered", lambda *_: None)
    deal.register(acting.workspace, acting.parties, order.id)
    monkeypatch.undo()
    assert purchase_orders.get(acting.workspace, order.id).status == "imported"
    assert settlement.reconcile(acting.workspace) == 1
    assert purchase_orders.get(acting.workspace, order.id).status == "confirmed"


def test_spread_adds_up_and_rounds_once():
    shares = [Fraction(10, 3), Fraction(10, 3), Fraction(10, 3)]
    assert order_making.spread(10, shares) == (4, 3, 3)
    assert order_making.spread(11, [Fraction(21, 2), Fraction(0)]) == (11, 0)
