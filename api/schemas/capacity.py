"""Capacity offers and orders on the wire, as the optimiser sees them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.schemas.base import INT64_MAX, Fen, JsonInt, Page, Wire
from data.kinds import OfferStatus, OrderStatus
from data.stores.offers import StoredOffer
from data.stores.orders import StoredOrder

WEEKS_MAX = 1000


class Offer(Wire):
    """Hours that an enterprise can sell on one resource."""

    id: str
    status: OfferStatus = Field(description="A withdrawn offer is in no new plan and no quote")
    enterprise_id: str
    park_id: str
    process: str
    size_class: int = Field(description="Largest work piece class that fits")
    tolerance_it: int = Field(description="Finest ISO tolerance grade that is held")
    materials: list[str]
    certificates: list[str]
    rate_fen_per_hour: Fen
    setup_minutes: int
    min_lot: int
    carbon_g_per_hour: str = Field(description="Exact fraction, as text", examples=["1250", "7/2"])
    idle_minutes: list[int] = Field(description="Idle minutes by week, week 0 first")

    @classmethod
    def of(cls, stored: StoredOffer) -> Offer:
        """Return the wire form."""
        value = stored.offer
        return cls.model_construct(
            id=value.offer_id,
            status=stored.status,
            enterprise_id=value.enterprise_id,
            park_id=value.park_id,
            process=value.process,
            size_class=value.size_class,
            tolerance_it=value.tolerance_it,
            materials=sorted(value.materials),
            certificates=sorted(value.certificates),
            rate_fen_per_hour=value.rate_fen_per_hour,
            setup_minutes=value.setup_minutes,
            min_lot=value.min_lot,
            carbon_g_per_hour=str(value.carbon_g_per_hour),
            idle_minutes=list(value.idle_minutes),
        )


class IdleMinutes(Wire):
    """What an enterprise can sell on one resource, week by week."""

    idle_minutes: list[Annotated[JsonInt, Field(ge=0, le=INT64_MAX)]] = Field(
        min_length=1,
        max_length=WEEKS_MAX,
        description="Idle minutes by week, week 0 first; one number for each week of the book",
        examples=[[0, 600, 2400]],
    )


class OfferPage(Page):
    """Offers by id."""

    items: list[Offer]


class Operation(Wire):
    """One step of an order, for the whole quantity."""

    process: str
    tolerance_it: int
    minutes_total: int


class Order(Wire):
    """What a buyer wants made."""

    id: str
    status: OrderStatus = Field(description="Runs plan the open ones; agreed ones stay as agreed")
    buyer_id: str
    buyer_lat: float
    buyer_lon: float
    quantity: int
    material: str
    size_class: int
    certificates: list[str]
    release_week: int
    due_week: int
    max_tardy_weeks: int
    value_fen: Fen
    tardy_fen_per_week: Fen
    max_price_fen: Fen
    max_lots: int
    excluded_enterprises: list[str]
    weight_kg: str = Field(description="Exact fraction, as text", examples=["12", "5/2"])
    operations: list[Operation]
    quoted_only: bool

    @classmethod
    def of(cls, stored: StoredOrder) -> Order:
        """Return the wire form."""
        value = stored.order
        return cls.model_construct(
            id=value.order_id,
            status=stored.status,
            buyer_id=value.buyer_id,
            buyer_lat=value.buyer_lat,
            buyer_lon=value.buyer_lon,
            quantity=value.quantity,
            material=value.material,
            size_class=value.size_class,
            certificates=sorted(value.certificates),
            release_week=value.release_week,
            due_week=value.due_week,
            max_tardy_weeks=value.max_tardy_weeks,
            value_fen=value.value_fen,
            tardy_fen_per_week=value.tardy_fen_per_week,
            max_price_fen=value.max_price_fen,
            max_lots=value.max_lots,
            excluded_enterprises=sorted(value.excluded_enterprises),
            weight_kg=str(value.weight_kg),
            operations=[
                Operation.model_construct(
                    process=step.process,
                    tolerance_it=step.tolerance_it,
                    minutes_total=step.minutes_total,
                )
                for step in value.operations
            ],
            quoted_only=value.quoted_only,
        )


class OrderPage(Page):
    """Orders by id."""

    items: list[Order]
