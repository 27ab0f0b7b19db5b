"""Idle capacity: the scope that was imported, its parks, offers and idle weeks."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from sqlalchemy import Index, text
from sqlmodel import SQLModel

from data.kinds import OfferStatus
from data.tables.columns import (
    at_least,
    counter,
    fraction,
    key,
    number_key,
    one_of,
    refers,
    text_set,
    whole,
)

SCOPE = ("operator_id", "scope_id")
OFFER = ("operator_id", "scope_id", "offer_id")


class MatchingScopeRow(SQLModel, table=True):
    """One horizon that offers and orders share: its settings and the Monday of its week 0.

    `revision` counts the changes of its offers and orders since they were added.
    """

    __tablename__ = "matching_scopes"
    __table_args__ = (
        refers(("operator_id",), "operators", ("id",)),
        *at_least(1, "weeks", "max_block_weeks"),
        # One scope of an operator is the open book; the others are kept.
        Index(
            "uq_matching_scopes_current",
            "operator_id",
            unique=True,
            sqlite_where=text("current"),
            postgresql_where=text("current"),
        ),
    )

    operator_id: str = key()
    id: str = key()
    name: str
    week0: date
    currency: str
    current: bool
    weeks: int = whole()
    max_block_weeks: int = whole()
    carbon_fen_per_kg: Fraction = fraction()
    transport_fixed_fen: Fraction = fraction()
    transport_fen_per_tonne_km: Fraction = fraction()
    transport_g_per_tonne_km: Fraction = fraction()
    created_ms: int = whole()
    revision: int = counter()


class ScopeParkRow(SQLModel, table=True):
    """A park as the scope's distances see it."""

    __tablename__ = "scope_parks"
    __table_args__ = (refers(SCOPE, "matching_scopes", ("operator_id", "id")),)

    operator_id: str = key()
    scope_id: str = key()
    park_id: str = key()
    position: int = whole()
    latitude: float
    longitude: float


class CapacityOfferRow(SQLModel, table=True):
    """One resource of one enterprise in one park."""

    __tablename__ = "capacity_offers"
    __table_args__ = (
        refers(
            ("operator_id", "scope_id", "park_id"),
            "scope_parks",
            ("operator_id", "scope_id", "park_id"),
        ),
        *at_least(0, "rate_fen_per_hour", "setup_minutes", "min_lot"),
        one_of("status", OfferStatus),
        Index("ix_capacity_offers_enterprise", "operator_id", "enterprise_id"),
    )

    operator_id: str = key()
    scope_id: str = key()
    offer_id: str = key()
    position: int = whole()
    status: str
    enterprise_id: str
    park_id: str
    process: str
    size_class: int = whole()
    tolerance_it: int = whole()
    materials: frozenset[str] = text_set()
    certificates: frozenset[str] = text_set()
    rate_fen_per_hour: int = whole()
    setup_minutes: int = whole()
    min_lot: int = whole()
    carbon_g_per_hour: Fraction = fraction()


class CapacityWeekRow(SQLModel, table=True):
    """The idle minutes of an offer in a week; a week without any has no row."""

    __tablename__ = "capacity_weeks"
    __table_args__ = (refers(OFFER, "capacity_offers", OFFER), *at_least(0, "week", "minutes"))

    operator_id: str = key()
    scope_id: str = key()
    offer_id: str = key()
    week: int = number_key()
    minutes: int = whole()
