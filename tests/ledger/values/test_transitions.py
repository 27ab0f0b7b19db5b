"""The tables: complete over events, closed over states, and final where they say so."""

from ledger.values.consent import EventType
from ledger.values.transitions import (
    CLAIM,
    LIVE,
    ORDER,
    PROPOSAL,
    TERMINAL,
    ClaimStatus,
    OrderStatus,
    ProposalStatus,
    Table,
    allowed_events,
    next_states,
)


def states_of(table: Table) -> set[str | None]:
    return {state for state, _ in table} | {one for states in table.values() for one in states}


def test_every_event_of_orders_claims_and_proposals_is_in_a_table() -> None:
    tabled = {event for table in (CLAIM, ORDER, PROPOSAL) for _, event in table}
    expected = {e for e in EventType if e.split(".")[0] in ("order", "claim", "proposal")}

    assert tabled == expected


def test_every_state_is_reached_and_every_table_starts_from_nothing() -> None:
    assert states_of(CLAIM) == {None, *ClaimStatus}
    assert states_of(ORDER) == {None, *OrderStatus}
    assert states_of(PROPOSAL) == {None, *ProposalStatus}


def test_terminal_claims_change_no_more() -> None:
    for status in ClaimStatus:
        assert bool(allowed_events(CLAIM, status)) == (status not in TERMINAL)
    assert not LIVE & TERMINAL


def test_a_claim_is_withdrawn_only_before_it_is_pledged() -> None:
    states = {state for state, event in CLAIM if event is EventType.CLAIM_WITHDRAWN}

    assert states == {"requested", "screened", "listed", "reserved"}


def test_what_is_not_in_a_table_leads_nowhere() -> None:
    assert next_states(CLAIM, "funded", EventType.CLAIM_WITHDRAWN) == ()
    assert next_states(CLAIM, "funded", EventType.CLAIM_REPAID) == ("funded", "repaid")
