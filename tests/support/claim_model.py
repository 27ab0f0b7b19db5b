"""Orders, claims and offers as a model that is too simple to be wrong in the record's way."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

LIVE = ("reserved", "pledged", "funded")


@dataclass
class Offer:
    bank: int
    amount: int
    rate: int
    alpha: int
    until: int


@dataclass
class Claim:
    order: int
    asked: int
    status: str = "requested"
    offers: list[Offer] = field(default_factory=list)
    taken: Offer | None = None
    principal: int = 0
    outstanding: int = 0
    due: int = 0
    counted: dt.date = dt.date(2026, 1, 1)
    until: int = 0
    entry: int = 0
    paid: int = 0
    surplus: int = 0

    @property
    def live(self) -> int:
        if self.status not in LIVE:
            return 0
        return self.outstanding if self.status == "funded" else self.principal


@dataclass
class Order:
    number: int
    net: int
    status: str = "submitted"
    version: int = 1
