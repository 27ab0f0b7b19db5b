"""Proposals and purchase orders on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from api.schemas.base import Fen, Id, Page, Wire
from api.schemas.matching import PlanLine, plan_line
from api.services.proposals import Answer, ProposalView
from api.services.purchase_orders import PurchaseOrderView


class Proposal(Wire):
    """One order of a plan, shown to one party."""

    id: str
    plan_id: str
    order_id: str
    organisation_id: str
    side: str = Field(examples=["buyer", "enterprise"])
    status: str = Field(examples=["proposed"])
    amount_fen: Fen = Field(description="What the party pays (buyer) or is paid (enterprise)")
    lines: list[PlanLine]

    @classmethod
    def of(cls, view: ProposalView) -> Proposal:
        """Return the wire form."""
        return cls.model_construct(
            id=view.id,
            plan_id=view.plan_id,
            order_id=view.order_id,
            organisation_id=view.organisation_id,
            side=view.side,
            status=view.status,
            amount_fen=view.amount_fen,
            lines=[plan_line(line) for line in view.lines],
        )


class ProposalPage(Page):
    """Proposals by id."""

    items: list[Proposal]


class AnswerRequest(Wire):
    """What a party wants to say; its maker signs the draft that comes back."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"answer": "accepted"}]}
    )

    answer: Answer


class PurchaseOrderLine(Wire):
    """One line; amounts in minor units of the order's currency, quantity as decimal text."""

    number: str
    item: str
    quantity: str
    unit: str
    amount_minor: int
    due_date: str | None = Field(description="YYYY-MM-DD")


class PurchaseOrder(Wire):
    """A purchase order, made from an accepted plan or read from a UBL document."""

    id: str
    source: str = Field(examples=["plan", "ubl"])
    number: str
    issue_date: str
    currency: str
    net_minor: int
    buyer_id: str | None
    seller_id: str | None
    buyer_name: str
    seller_name: str
    lines: list[PurchaseOrderLine]
    order_id: str | None
    plan_id: str | None
    status: str = Field(examples=["imported"])
    code: str | None = Field(description="Why it is held or refused")
    handle: str | None = Field(description="Its order in the record")

    @classmethod
    def of(cls, view: PurchaseOrderView) -> PurchaseOrder:
        """Return the wire form."""
        return cls.model_construct(
            id=view.id,
            source=view.source,
            number=view.number,
            issue_date=view.issue_date,
            currency=view.currency,
            net_minor=view.net_minor,
            buyer_id=view.buyer_id,
            seller_id=view.seller_id,
            buyer_name=view.buyer_name,
            seller_name=view.seller_name,
            lines=[
                PurchaseOrderLine.model_construct(
                    number=line.number,
                    item=line.item,
                    quantity=line.quantity,
                    unit=line.unit,
                    amount_minor=line.amount_minor,
                    due_date=line.due_date,
                )
                for line in view.lines
            ],
            order_id=view.order_id,
            plan_id=view.plan_id,
            status=view.status,
            code=view.code,
            handle=view.handle,
        )


class PurchaseOrderPage(Page):
    """Purchase orders by id."""

    items: list[PurchaseOrder]


class PartyLink(Wire):
    """The organisation that a document's party is."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"organisation_id": "xihu-precision"}]}
    )

    organisation_id: Id


class SubmissionRequest(Wire):
    """Who submits the order to the record; its maker and checker sign the draft."""

    by: Literal["seller", "buyer"] = "seller"
