"""States of orders and claims as values."""

from __future__ import annotations

import dataclasses

from tests.support.parties import World


def test_the_state_reads_back_as_it_was_written() -> None:
    world = World()
    order = world.confirmed_order()
    claim = world.funded_claim(order, 1_000)
    for state in (world.order_state(order), world.claim_state(claim)):
        again = type(state).from_json(state.to_json())
        assert again == state
        assert dataclasses.asdict(again) == dataclasses.asdict(state)
