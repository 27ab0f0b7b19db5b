"""Quotes on the wire: an order that nobody has placed yet, and how it could be made."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from api.schemas.base import Fen, Id, JsonInt, Wire
from api.schemas.matching import PlanLine, plan_line
from matching.capacity import Operation as OperationValue
from matching.capacity import Order as OrderValue
from matching.capacity import Quotation as QuotationValue
from matching.capacity.live import Alternative as AlternativeValue
from matching.capacity.live import Quote as QuoteValue
from matching.capacity.problem import (
    FEN_MAX,
    LOTS_MAX,
    MINUTES_MAX,
    QUANTITY_MAX,
    SMALL_MAX,
    STEPS_MAX,
)
from matching.explain import Reason as ReasonValue
from matching.explain import render

NAMES_MAX = 1000
QUOTATIONS_MAX = 1000

Small = Annotated[JsonInt, Field(ge=0, le=SMALL_MAX)]
Amount = Annotated[JsonInt, Field(ge=0, le=FEN_MAX, description="Amount in fen (1/100 CNY)")]
Names = Annotated[list[Id], Field(max_length=NAMES_MAX)]
Exact = Annotated[str, StringConstraints(pattern=r"^\d{1,9}(\.\d{1,9}|/[1-9]\d{0,8})?$")]
"""A number ≥ 0, exactly: whole, with decimals, or a fraction."""

_EXAMPLE: JsonDict = {
    "order": {
        "id": "RFQ-1",
        "buyer_id": "B-1",
        "buyer_lat": 31.25,
        "buyer_lon": 121.5,
        "quantity": 120,
        "material": "steel",
        "size_class": 2,
        "certificates": ["ISO9001"],
        "release_week": 1,
        "due_week": 6,
        "max_tardy_weeks": 1,
        "value_fen": 5_000_000,
        "tardy_fen_per_week": 100_000,
        "max_price_fen": 4_500_000,
        "max_lots": 2,
        "weight_kg": "85.5",
        "operations": [{"process": "cnc-turning", "tolerance_it": 9, "minutes_total": 900}],
    }
}


class OperationRequest(Wire):
    """One step of an order, for the whole quantity."""

    process: Id
    tolerance_it: Small
    minutes_total: Annotated[JsonInt, Field(ge=1, le=MINUTES_MAX)]


class OrderRequest(Wire):
    """What a buyer wants made; weeks count from the first of the plan's problem."""

    id: Id
    buyer_id: Id
    buyer_lat: Annotated[float, Field(ge=-90, le=90, strict=True)]
    buyer_lon: Annotated[float, Field(ge=-180, le=180, strict=True)]
    quantity: Annotated[JsonInt, Field(ge=1, le=QUANTITY_MAX)]
    material: Id
    size_class: Annotated[JsonInt, Field(ge=1, le=SMALL_MAX)]
    certificates: Names = Field(default_factory=list)
    release_week: Small
    due_week: Small
    max_tardy_weeks: Small = 0
    value_fen: Amount
    tardy_fen_per_week: Amount = 0
    max_price_fen: Amount
    max_lots: Annotated[JsonInt, Field(ge=1, le=LOTS_MAX)] = 1
    excluded_enterprises: Names = Field(default_factory=list)
    weight_kg: Exact
    operations: Annotated[list[OperationRequest], Field(min_length=1, max_length=STEPS_MAX)]
    quoted_only: bool = False

    def value(self) -> OrderValue:
        """Return the order as the core knows it."""
        return OrderValue(
            order_id=self.id,
            buyer_id=self.buyer_id,
            buyer_lat=self.buyer_lat,
            buyer_lon=self.buyer_lon,
            quantity=self.quantity,
            material=self.material,
            size_class=self.size_class,
            certificates=frozenset(self.certificates),
            release_week=self.release_week,
            due_week=self.due_week,
            max_tardy_weeks=self.max_tardy_weeks,
            value_fen=self.value_fen,
            tardy_fen_per_week=self.tardy_fen_per_week,
            max_price_fen=self.max_price_fen,
            max_lots=self.max_lots,
            excluded_enterprises=frozenset(self.excluded_enterprises),
            weight_kg=Fraction(self.weight_kg),
            operations=tuple(
                OperationValue(
                    process=step.process,
                    tolerance_it=step.tolerance_it,
                    minutes_total=step.minutes_total,
                )
                for step in self.operations
            ),
            quoted_only=self.quoted_only,
        )


class QuotationRequest(Wire):
    """A supplier's own quotation for one operation of the order on one offer."""

    step: Annotated[JsonInt, Field(ge=1, le=STEPS_MAX)]
    offer_id: Id
    setup_minutes: Annotated[JsonInt, Field(ge=0, le=MINUTES_MAX)]
    minutes_total: Annotated[JsonInt, Field(ge=1, le=MINUTES_MAX)]
    price_fen: Amount

    def value(self, order_id: str) -> QuotationValue:
        """Return the quotation as the core knows it."""
        return QuotationValue(
            order_id=order_id,
            step=self.step,
            offer_id=self.offer_id,
            setup_minutes=self.setup_minutes,
            minutes_total=self.minutes_total,
            price_fen=self.price_fen,
        )


class QuoteRequest(Wire):
    """An order to be quoted. Nothing is stored of it."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [_EXAMPLE]}
    )

    order: OrderRequest
    quotations: Annotated[list[QuotationRequest], Field(max_length=QUOTATIONS_MAX)] = Field(
        default_factory=list
    )

    def values(self) -> tuple[OrderValue, tuple[QuotationValue, ...]]:
        """Return the order and its quotations as the core knows them."""
        return self.order.value(), tuple(one.value(self.order.id) for one in self.quotations)


class Payment(Wire):
    """What one enterprise is paid."""

    enterprise_id: str
    fen: Fen


class Alternative(Wire):
    """One way to make the order in minutes that are free, confirmed exactly."""

    kinds: list[str] = Field(
        description="What it is the best at", examples=[["best_value", "cheapest"]]
    )
    offers: list[str]
    enterprises: list[str]
    lots: list[int] = Field(description="Pieces of each lot")
    price_fen: Fen
    payments: list[Payment]
    delivery_week: int = Field(description="The week in which the slowest lot arrives")
    tardy_weeks: int
    carbon_g: str = Field(description="Exact fraction, as text")
    minutes: int
    local_minutes: int = Field(description="Worked in the park nearest to the buyer")
    profit_fen: Fen = Field(description="Value of the order less all its costs")
    displaced_fen: Fen = Field(description="What its minutes are worth to other orders")
    lines: list[PlanLine]

    @classmethod
    def of(cls, value: AlternativeValue) -> Alternative:
        """Return the wire form."""
        return cls.model_construct(
            kinds=[kind.value for kind in value.kinds],
            offers=list(value.offers),
            enterprises=list(value.enterprises),
            lots=[lot.quantity for lot in value.lots],
            price_fen=value.price_fen,
            payments=[
                Payment.model_construct(enterprise_id=name, fen=fen) for name, fen in value.payments
            ],
            delivery_week=value.delivery_week,
            tardy_weeks=value.tardy_weeks,
            carbon_g=str(value.carbon_g),
            minutes=value.minutes,
            local_minutes=value.local_minutes,
            profit_fen=value.profit_fen,
            displaced_fen=value.displaced_fen,
            lines=[plan_line(line) for line in value.lines],
        )


class QuoteReason(Wire):
    """Why the order does not fit: a code, its values, and both texts."""

    code: str
    params: dict[str, int | str | list[str]]
    text: str
    text_zh: str

    @classmethod
    def of(cls, value: ReasonValue) -> QuoteReason:
        """Return the wire form."""
        return cls.model_construct(
            code=value.code,
            params={
                name: list(param) if isinstance(param, tuple) else param
                for name, param in value.params.items()
            },
            text=render(value, language="en"),
            text_zh=render(value, language="zh-CN"),
        )


class Quote(Wire):
    """How an order could be made beside the plan, or why not."""

    order_id: str
    status: str = Field(
        description="fits: beside the plan; rearrange: to make room would pay; refused",
        examples=["fits"],
    )
    snapshot_digest: str = Field(description="SHA-256 of the problem of the plan")
    plan_digest: str = Field(description="SHA-256 of the lines of the plan")
    alternatives: list[Alternative]
    reduced_fen: int | None = Field(
        description="What it would earn with all capacity at the plan's prices: an estimate"
    )
    reason: QuoteReason | None

    @classmethod
    def of(cls, value: QuoteValue) -> Quote:
        """Return the wire form."""
        return cls.model_construct(
            order_id=value.order_id,
            status=value.status.value,
            snapshot_digest=value.version.snapshot_digest,
            plan_digest=value.version.plan_digest,
            alternatives=[Alternative.of(one) for one in value.alternatives],
            reduced_fen=value.reduced_fen,
            reason=None if value.reason is None else QuoteReason.of(value.reason),
        )
