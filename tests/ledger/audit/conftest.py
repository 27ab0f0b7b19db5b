"""A log with a whole life in it, made once: an order from submission to release, and another."""

from __future__ import annotations

import datetime as dt

import pytest

from ledger.claims.repayment import interest_due
from ledger.values.money import Money
from tests.support.parties import World


@pytest.fixture(scope="session")
def lived() -> World:
    """Return a world in which one claim was funded, repaid and released, another is pledged."""
    world = World()
    order = world.confirmed_order("PO-1")
    claim = world.funded_claim(order, 10_000_000)
    world.pass_ms(30 * 86_400_000)
    known = world.claim_state(claim)
    due = known.outstanding + interest_due(known, world.today)
    world.enter(world.draft("repaid", claim, amount=Money(due, "CNY")))
    world.enter(world.draft("released", claim))
    world.reserved_claim(world.confirmed_order("PO-2"), 20_000_000, "c2")
    assert world.today > dt.date(2026, 1, 1)
    return world


@pytest.fixture
def leaves(lived: World) -> list[bytes]:
    """Return the entries of that log."""
    return lived.leaves()
