from __future__ import annotations

from dataclasses import replace

import pytest
from sqlmodel import Session

from data.errors import Conflict, NotFound
from data.kinds import OrganisationKind, OrganisationStatus
from data.stores import operators, organisations, parks
from data.stores.organisations import Identifier
from data.stores.viewer import Viewer
from tests.support.stored import (
    DESK,
    FOREIGN_DESK,
    MILL,
    NOW_MS,
    OPERATOR,
    OTHER_OPERATOR,
    STRANGER,
    firm,
)

USCC = Identifier(scheme="uscc", value="9133 0100-MA27.XYZ/12")
GLN = Identifier(scheme="gln", value="1234567890128")


def test_operator_is_added_once(operators_only: Session):
    again = operators.Operator(
        id=OPERATOR, name="Renamed", origin="example.org/op-1", created_ms=NOW_MS + 5
    )

    assert operators.ensure(operators_only, again).name == "Operator op-1"
    assert operators.get(operators_only, DESK).origin == "example.org/op-1"


@pytest.mark.parametrize(
    ("key", "origin"), [("op-1", "example.org/new"), ("op-3", "example.org/op-1")]
)
def test_operator_and_log_belong_together(operators_only: Session, key: str, origin: str):
    wrong = operators.Operator(id=key, name="n", origin=origin, created_ms=NOW_MS)
    with pytest.raises(Conflict):
        operators.ensure(operators_only, wrong)


def test_unknown_operator_is_not_found(session: Session):
    with pytest.raises(NotFound):
        operators.get(session, DESK)


def test_organisation_comes_back(operators_only: Session):
    park = parks.RegisteredPark(id="P1", name="Park", latitude=30.5, longitude=120.25)
    parks.ensure(operators_only, OPERATOR, [park])
    stored = replace(
        firm("mill", identifiers=(USCC, GLN)),
        name_zh="织造厂",
        park_id="P1",
        latitude=30.1,
        longitude=120.2,
        ledger_handle="ab12",
    )
    organisations.add(operators_only, OPERATOR, stored)

    found = organisations.get(operators_only, MILL, "mill")

    assert found == replace(stored, identifiers=(GLN, USCC))
    assert organisations.find_by_handle(operators_only, DESK, "ab12") == found


def test_adding_the_same_again_is_harmless_once_it_is_onboarded(operators_only: Session):
    """A list that was imported before is imported again after its firms were onboarded."""
    named = firm("mill", identifiers=(USCC,))
    organisations.add(operators_only, OPERATOR, named)
    organisations.set_ledger_handle(operators_only, OPERATOR, "mill", "ab12")
    organisations.set_status(operators_only, OPERATOR, "mill", OrganisationStatus.ONBOARDED)

    again = organisations.add(operators_only, OPERATOR, named)

    assert (again.status, again.ledger_handle) == (OrganisationStatus.ONBOARDED, "ab12")
    with pytest.raises(Conflict, match="other particulars"):
        organisations.add(operators_only, OPERATOR, replace(named, ledger_handle="cd34"))


def test_adding_the_same_again_is_harmless(operators_only: Session):
    one = firm("mill", identifiers=(USCC,))
    organisations.add(operators_only, OPERATOR, one)
    again = organisations.add(operators_only, OPERATOR, replace(one, created_ms=NOW_MS + 9))
    assert again == one

    with pytest.raises(Conflict, match="other particulars"):
        organisations.add(operators_only, OPERATOR, replace(one, name="Other"))


def test_identifier_has_one_owner(operators_only: Session):
    """Whatever the separators and capitals."""
    organisations.add(operators_only, OPERATOR, firm("mill", identifiers=(USCC,)))
    same = Identifier(scheme="uscc", value="91330100ma27xyz12")

    with pytest.raises(Conflict, match="belongs to another"):
        organisations.add(operators_only, OPERATOR, firm("turner", identifiers=(same,)))


def test_identifier_of_another_operator_is_free(operators_only: Session):
    organisations.add(operators_only, OPERATOR, firm("mill", identifiers=(USCC,)))
    organisations.add(operators_only, OTHER_OPERATOR, firm("mill", identifiers=(USCC,)))

    found = organisations.find_by_identifier(operators_only, FOREIGN_DESK, USCC)
    assert [one.id for one in found] == ["mill"]


def test_organisation_is_found_by_identifier(book: Session):
    organisations.add_identifier(book, OPERATOR, "mill", USCC)
    organisations.add_identifier(book, OPERATOR, "mill", USCC)
    organisations.add_identifier(book, OPERATOR, "turner", GLN)

    def found(scheme: str, value: str, viewer: Viewer = DESK) -> list[str]:
        identifier = Identifier(scheme=scheme, value=value)
        rows = organisations.find_by_identifier(book, viewer, identifier)
        return [one.id for one in rows]

    assert found("uscc", "91330100MA27XYZ12") == ["mill"]
    assert found("", "91330100MA27XYZ12") == ["mill"]
    assert found("gln", "91330100MA27XYZ12") == []
    assert found("gln", GLN.value, MILL) == []


def test_named_parties_are_added_and_known_ones_left(book: Session):
    named = [
        replace(firm(key), status=OrganisationStatus.NAMED, name="from a file")
        for key in ("mill", "new")
    ]

    assert organisations.ensure_named(book, OPERATOR, named) == 1
    assert organisations.get(book, DESK, "mill").name == "Firm mill"
    assert organisations.get(book, DESK, "new").status is OrganisationStatus.NAMED


def test_every_kind_and_status_can_be_stored(operators_only: Session):
    for kind in OrganisationKind:
        organisations.add(operators_only, OPERATOR, firm(f"a {kind}", kind=kind))
        rows = organisations.listing(operators_only, DESK, kind=kind)
        assert [one.kind for one in rows] == [kind]
    for status in OrganisationStatus:
        organisations.set_status(operators_only, OPERATOR, "a lender", status)
        assert organisations.get(operators_only, DESK, "a lender").status is status


def test_ledger_handle_is_given_once(book: Session):
    organisations.set_ledger_handle(book, OPERATOR, "mill", "aa")
    organisations.set_ledger_handle(book, OPERATOR, "mill", "aa")
    with pytest.raises(Conflict, match="aa"):
        organisations.set_ledger_handle(book, OPERATOR, "mill", "bb")


def test_stranger_sees_no_organisation_but_itself(book: Session):
    with pytest.raises(NotFound):
        organisations.get(book, STRANGER, "mill")
    with pytest.raises(NotFound):
        organisations.get(book, FOREIGN_DESK, "mill")
    assert [one.id for one in organisations.listing(book, STRANGER)] == ["stranger"]
    assert organisations.listing(book, FOREIGN_DESK) == ()
    assert [one.id for one in organisations.listing(book, MILL)] == ["mill"]


def test_organisations_come_in_pages(book: Session):
    first = organisations.listing(book, DESK, limit=2)
    rest = organisations.listing(book, DESK, after=first[-1].id)

    assert [one.id for one in (*first, *rest)] == [
        "buyer-1",
        "buyer-2",
        "mill",
        "stranger",
        "turner",
    ]
    with pytest.raises(ValueError, match="at least one row"):
        organisations.listing(book, DESK, limit=0)


def test_park_keeps_its_place(operators_only: Session):
    park = parks.RegisteredPark(
        id="P1", name="Park", name_zh="园区", latitude=30.1, longitude=120.2, timezone="Asia/Urumqi"
    )
    parks.ensure(operators_only, OPERATOR, [park, park])
    assert parks.get(operators_only, STRANGER, "P1") == park
    assert parks.listing(operators_only, STRANGER) == (park,)
    assert parks.listing(operators_only, FOREIGN_DESK) == ()

    with pytest.raises(Conflict, match="lies at"):
        parks.ensure(operators_only, OPERATOR, [replace(park, latitude=31.0)])


def test_organisation_needs_its_park(operators_only: Session):
    with pytest.raises(Conflict):
        organisations.add(operators_only, OPERATOR, replace(firm("mill"), park_id="nowhere"))


@pytest.mark.parametrize("party", ["", None])
def test_viewer_needs_names(party: str | None):
    with pytest.raises(ValueError, match="identifier"):
        Viewer.operator("")
    with pytest.raises(ValueError, match="identifier"):
        Viewer.party(OPERATOR, party or "")
    with pytest.raises(ValueError, match="identifier"):
        Viewer(OPERATOR, "")
