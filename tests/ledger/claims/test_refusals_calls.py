"""Steps of open calls in the record: one chain for each call, each step by its party's own key."""

import pytest

from ledger.claims import events
from ledger.claims.calls import CallState
from ledger.claims.drafts import Draft
from ledger.values.calls import CALL_STEPS, CallStep
from ledger.values.consent import Role
from matching.technology.opencall import TABLE
from matching.technology.opencall import Role as CallRole
from tests.ledger.claims.conftest import Refused
from tests.support.firms import Firm, handle
from tests.support.parties import World

CALL = handle("call")
FIRST, SECOND = "a" * 64, "b" * 64


def step(world: World, by: Firm, side: Role = Role.BUYER, **changes: object) -> Draft:
    """Return the first step of a call: its owner hands it in."""
    values: dict[str, object] = {
        "call": CALL,
        "sequence": 1,
        "step": "submit",
        "from_state": "draft",
        "to_state": "triage",
        "side": side,
        "party": by.party,
        "document_sha256": FIRST,
        "seen_sha256": None,
    }
    return events.call_transition(world.frame(), **{**values, **changes})  # type: ignore[arg-type]


def second(world: World, by: Firm, **changes: object) -> Draft:
    """Return the second step: the centre publishes it."""
    values: dict[str, object] = {
        "sequence": 2,
        "step": "publish",
        "from_state": "triage",
        "to_state": "published",
        "document_sha256": SECOND,
        "seen_sha256": FIRST,
    }
    return step(world, by, Role.CENTRE, **{**values, **changes})


@pytest.fixture
def centre(world: World) -> Firm:
    return world.add_firm("Service centre", Role.CENTRE)


def test_the_steps_of_a_call_are_a_chain_that_replay_rebuilds(world: World, centre: Firm) -> None:
    world.enter(step(world, world.buyer))
    receipt = world.enter(second(world, centre))

    known = CallState.from_json(world.store.state(f"call/{CALL}") or {})
    assert known == CallState(
        status="published",
        sequence=2,
        document=SECOND,
        owner=world.buyer.party,
        centre=centre.party,
        index=receipt.index,
    )
    assert world.replayed() == dict(world.store._memory.state)


@pytest.mark.parametrize(
    "changes",
    [
        {"sequence": 3},  # a step left out
        {"sequence": 1},  # a step again
        {"from_state": "draft"},  # from another state than it stands in
        {"seen_sha256": SECOND},  # after another document than the last
        {"seen_sha256": None},
    ],
)
def test_a_step_that_does_not_follow_the_last_one(
    world: World, refused: Refused, centre: Firm, changes
) -> None:
    world.enter(step(world, world.buyer))
    problem = refused(second(world, centre, **changes), "CALL_OUT_OF_ORDER")
    assert problem.params["expected"] == 2


@pytest.mark.parametrize(
    "changes", [{"sequence": 2}, {"from_state": "triage"}, {"seen_sha256": FIRST}]
)
def test_a_call_begins_with_its_first_step(world: World, refused: Refused, changes) -> None:
    refused(step(world, world.buyer, **changes), "CALL_OUT_OF_ORDER")


@pytest.mark.parametrize(
    "changes",
    [
        {"step": "award"},  # not in this state
        {"step": "celebrate"},  # not at all
        {"to_state": "awarded"},  # leads elsewhere
    ],
)
def test_a_step_that_the_state_does_not_allow(
    world: World, refused: Refused, centre: Firm, changes
) -> None:
    world.enter(step(world, world.buyer))
    refused(second(world, centre, **changes), "CALL_STEP_REFUSED")


def test_a_step_that_is_not_the_signers_to_take(
    world: World, refused: Refused, centre: Firm
) -> None:
    refused(step(world, centre, Role.CENTRE), "CALL_STEP_REFUSED")


def test_owner_and_centre_stay_who_they_are(world: World, refused: Refused, centre: Firm) -> None:
    other = world.add_firm("Other centre", Role.CENTRE, Role.BUYER)
    world.enter(step(world, world.buyer))
    world.enter(second(world, centre))
    third = {"sequence": 3, "from_state": "published", "seen_sha256": SECOND}
    closing = {**third, "step": "close_applications", "to_state": "sealed"}
    refused(second(world, other, **closing), "WRONG_PARTY")
    ending = {**third, "step": "withdraw", "to_state": "withdrawn"}
    refused(step(world, other, **ending), "WRONG_PARTY")


def test_who_steps_signs_in_a_role_that_it_holds(
    world: World, refused: Refused, centre: Firm
) -> None:
    refused(step(world, world.seller, Role.EXPERT), "ROLE_NOT_HELD")
    refused(step(world, world.buyer), "MALFORMED_BODY", step="Submit it")


def test_the_table_of_steps_is_that_of_the_calls() -> None:
    """Record and matching know the same way of a call, each by itself."""
    sides = {**{role: Role(role.value) for role in CallRole if role != "enterprise"}}
    sides[CallRole.ENTERPRISE] = Role.BUYER
    expected = {
        name.value: CallStep(
            states=frozenset(state.value for state in row.states),
            sides=frozenset(sides[role] for role in row.roles),
            to=frozenset(state.value for state in row.to),
        )
        for name, row in TABLE.items()
    }
    assert dict(CALL_STEPS) == expected
