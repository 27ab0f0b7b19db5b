"""Orders that look alike: found at registration, held until a person has looked."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from api.services import duplicates, records, screening, settlement
from api.services.duplicates import PossibleDuplicate
from api.services.errors import BadRequest
from data.errors import NotFound, WrongStatus
from data.stores import duplicates as store
from tests.support.lookalikes import submit_altered
from tests.support.trades import Traded, trading

STRICT = ("SAME_DATE_AND_AMOUNT", "SAME_ITEMS")
CLEARED = {"by": "ann", "reason": "two deliveries, both confirmed by telephone"}


@pytest.fixture
def traded(tmp_path: Path, database_url: str):
    """Return an installation with a confirmed order of the sample park and a lender."""
    with trading(tmp_path / "home", database_url) as found:
        yield found


@pytest.fixture
def again(traded: Traded, tmp_path: Path) -> str:
    """Return the same order under another number, submitted."""
    return submit_altered(traded.stage, tmp_path)


def requested(traded: Traded, order: str) -> str:
    """Confirm the order, request a claim on it and return the claim."""
    if records.get_order(traded.workspace, order).state == "submitted":
        traded.stage.enter("order.confirmed", order=order)
    return traded.stage.enter("claim.requested", order=order, amount="100000")


def state_of(traded: Traded, order: str) -> list[str]:
    return [claim.state for claim in records.get_order(traded.workspace, order).claims]


def test_an_altered_number_raises_an_alert(traded: Traded, again: str):
    (alert,) = duplicates.listing(traded.workspace, open_only=True)
    assert (alert.order, alert.other, alert.codes) == (again, traded.order, STRICT)
    assert alert.held
    assert duplicates.register(traded.workspace, again) == (alert,)  # harmless to repeat
    assert duplicates.register(traded.workspace, traded.order) == (alert,)


def test_no_claim_on_either_is_screened_until_a_person_has_looked(traded: Traded, again: str):
    for order in (again, traded.order):
        requested(traded, order)
        assert state_of(traded, order) == ["requested"]
    with pytest.raises(PossibleDuplicate, match="parkloom ledger duplicates") as held:
        duplicates.warnings(traded.workspace, traded.order)
    assert held.value.params["other"] == again
    decided = screening.decide_duplicate(
        traded.workspace, again, traded.order, verdict="distinct", **CLEARED
    )
    assert (decided.held, decided.decided_by) == (False, "ann")
    assert state_of(traded, again) == state_of(traded, traded.order) == ["screened"]
    entry = traded.workspace.log.leaf(traded.workspace.log.chain(again)[-1][0])
    assert b'"codes":["SAME_DATE_AND_AMOUNT","SAME_ITEMS"]' in entry
    assert duplicates.listing(traded.workspace, open_only=True) == ()


def test_a_duplicate_stays_held(traded: Traded, again: str):
    requested(traded, again)
    verdict = {"verdict": "duplicate", "by": "ann", "reason": "the buyer knows of one"}
    assert screening.decide_duplicate(traded.workspace, again, traded.order, **verdict).held
    assert state_of(traded, again) == ["requested"]
    # Saying the same again is harmless, saying otherwise is refused.
    duplicates.decide(traded.workspace, again, traded.order, **verdict)
    with pytest.raises(WrongStatus):
        duplicates.decide(traded.workspace, again, traded.order, verdict="distinct", **CLEARED)


def test_a_single_weak_likeness_is_a_warning(traded: Traded, tmp_path: Path):
    """The same items in the same month: said in the entry, not held."""
    order = submit_altered(traded.stage, tmp_path, "Y-1", day="2026-11-03")
    (alert,) = duplicates.listing(traded.workspace)
    assert (alert.codes, alert.held) == (("SAME_ITEMS",), False)
    requested(traded, order)
    assert state_of(traded, order) == ["screened"]


def test_an_order_that_is_like_no_other_raises_nothing(traded: Traded, tmp_path: Path):
    submit_altered(traded.stage, tmp_path, "Y-1", day="2026-10-03")
    assert duplicates.listing(traded.workspace) == ()


def test_a_crash_before_the_comparison_is_made_good(traded: Traded, again: str):
    with traded.workspace.transaction() as session:
        for table in ("order_fingerprints", "duplicate_alerts"):
            session.connection().execute(text(f"DELETE FROM {table}"))
    assert duplicates.catch_up(traded.workspace) == 2
    assert [one.codes for one in duplicates.listing(traded.workspace)] == [STRICT]
    assert duplicates.catch_up(traded.workspace) == 0


def test_an_erasure_takes_the_fingerprints_along(traded: Traded):
    """They could be tried out with the tag key; nothing brings them back."""
    traded.erase()
    with traded.workspace.snapshot() as session:
        operator = traded.workspace.operator_id
        assert store.prints_of(session, operator, traded.order) == ()
    settlement.reconcile(traded.workspace)
    assert duplicates.catch_up(traded.workspace) == 0


def test_an_order_that_cannot_be_compared_is_held_and_stops_nothing(traded: Traded):
    """Its private fields were deleted: an alarm elsewhere, here a claim that waits."""
    traded.execute("DELETE FROM order_fingerprints")
    traded.execute("UPDATE order_keys SET secret = :none", none=bytes(69))
    assert duplicates.catch_up(traded.workspace) == 0
    requested(traded, traded.order)
    assert state_of(traded, traded.order) == ["requested"]
    with pytest.raises(PossibleDuplicate, match="cannot be compared"):
        duplicates.warnings(traded.workspace, traded.order)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_cannot_be_decided_is_refused(traded: Traded, again: str):
    with pytest.raises(NotFound):
        duplicates.decide(traded.workspace, again, "f" * 32, verdict="distinct", **CLEARED)
    with pytest.raises(BadRequest, match="distinct, duplicate"):
        duplicates.decide(traded.workspace, again, traded.order, verdict="perhaps", **CLEARED)
    for name in ("by", "reason"):
        with pytest.raises(BadRequest, match=name):
            duplicates.decide(
                traded.workspace, again, traded.order, verdict="distinct", **{**CLEARED, name: " "}
            )
