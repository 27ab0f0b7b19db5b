"""Real purchase orders: from the document to the record, each with the code that it deserves."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.demo import deal
from api.demo.parties import onboard
from api.services import imports, organisations, purchase_orders, records
from api.services.imports import ImportStatus
from api.services.purchase_orders import PurchaseOrderView
from data.errors import WrongStatus
from data.samples.firms import fictional_uscc
from ledger.errors import Refusal
from ledger.values.money import Money
from tests.support.folders import shared_folder
from tests.support.stage import Stage, staged

ORDERS = {
    "oasis/UBL-Order-2.0-Example-International.xml": ("held", "PARTY_UNIDENTIFIED"),
    "oasis/UBL-Order-2.0-Example.xml": ("imported", None),
    "oasis/UBL-Order-2.1-Example.xml": ("imported", None),
    "oioubl/BASPRO_01_01_00_Order.xml": ("imported", None),
    # another document of the same buyer, seller and number
    "oioubl/BASPRO_03_01_06_Order.xml": ("refused", "DUPLICATE_ORDER"),
    "peppol-bis3/AdvOrder_sc1_1_Order.xml": ("imported", None),
    "peppol-bis3/Order_UC1.xml": ("imported", None),
    # buyer and seller carry the same endpoint identifier
    "peppol-bis3/Order_UC2.xml": ("refused", "SELF_TRADE"),
    "peppol-bis3/Order_UC3.xml": ("imported", None),
}


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as stage:
        yield stage


@pytest.fixture
def documents() -> Path:
    return shared_folder("SAMPLES") / "ubl"


def manifest(folder: Path) -> dict[str, dict[str, str]]:
    with (folder / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row for row in csv.DictReader(file)}


def test_every_document_gets_its_status_and_code(stage: Stage, documents: Path):
    for name, (status, code) in ORDERS.items():
        report = imports.import_path(stage.workspace, documents / name)
        assert (report.status.value, report.code) == (status, code), name
    others = {name for name, row in manifest(documents).items() if row["doc_type"] != "Order"}
    for name in sorted(others):
        report = imports.import_path(stage.workspace, documents / name)
        assert report.status is ImportStatus.REFUSED, name
        assert [reject.code.value for reject in report.rejects] == ["UBL_ROOT_NOT_SUPPORTED"], name
    assert set(ORDERS) | others == set(manifest(documents))


def test_the_same_bytes_again_are_refused_and_name_the_first_import(stage: Stage, documents: Path):
    name = "oasis/UBL-Order-2.1-Example.xml"
    first = imports.import_path(stage.workspace, documents / name)
    again = imports.import_path(stage.workspace, documents / name)
    assert (again.status, again.code, again.id) == (ImportStatus.REFUSED, "DUPLICATE", first.id)
    assert len(purchase_orders.list_purchase_orders(stage.workspace)) == 1


def test_imported_orders_enter_the_ledger_with_their_values(stage: Stage, documents: Path):
    expected = manifest(documents)
    for name in ORDERS:
        imports.import_path(stage.workspace, documents / name)
    onboard_everybody(stage)
    entered = {}
    for order in purchase_orders.list_purchase_orders(stage.workspace, status="imported"):
        entered[order.number] = register(stage, order)
    names = [name for name, (status, _) in ORDERS.items() if status == "imported"]
    assert set(entered) == {expected[name]["id"] for name in names}
    for name in names:
        row = expected[name]
        record = records.get_order(stage.workspace, entered[row["id"]])
        assert record.state == "confirmed"
        assert record.currency == (row["currency"] or "GBP"), name


def test_the_value_is_the_sum_of_lines_with_charges_and_allowances(stage: Stage, documents: Path):
    """Order-1: lines, less an allowance, plus a charge; without tax."""
    imports.import_path(stage.workspace, documents / "peppol-bis3/AdvOrder_sc1_1_Order.xml")
    onboard_everybody(stage)
    (order,) = purchase_orders.list_purchase_orders(stage.workspace, status="imported")
    record = records.get_order(stage.workspace, register(stage, order))
    assert record.value_minor == Money.parse("700", "EUR").amount_minor


def test_a_held_order_is_freed_by_linking_its_party_to_an_onboarded_one(
    stage: Stage, documents: Path
):
    name = "oasis/UBL-Order-2.0-Example-International.xml"
    report = imports.import_path(stage.workspace, documents / name)
    held = purchase_orders.get(stage.workspace, str(report.purchase_order_id))
    assert (held.status, held.code) == ("held", "PARTY_UNIDENTIFIED")
    with pytest.raises(WrongStatus):
        purchase_orders.draft_submission(stage.workspace, held.id)
    stage.firm("IYT", 1)
    stage.firm("CONSORTIAL", 2)
    for side, known, organisation in (
        ("buyer", held.buyer_id, "IYT"),
        ("seller", held.seller_id, "CONSORTIAL"),
    ):
        if known is None:
            purchase_orders.link_party(
                stage.workspace, held.id, side=side, organisation_id=organisation
            )
    onboard_everybody(stage)
    freed = purchase_orders.get(stage.workspace, held.id)
    assert (freed.status, freed.code) == ("imported", None)
    assert records.get_order(stage.workspace, register(stage, freed)).state == "confirmed"


def test_the_record_refuses_a_repeat_that_the_rows_do_not_know(stage: Stage, documents: Path):
    """The identity tag is the last word: here the first order is known to the record alone."""
    first = imports.import_path(stage.workspace, documents / "oioubl/BASPRO_01_01_00_Order.xml")
    onboard_everybody(stage)
    one = purchase_orders.get(stage.workspace, str(first.purchase_order_id))
    draft = stage.parties.sign(
        purchase_orders.draft_submission(stage.workspace, one.id, **due(one))
    )
    second = imports.import_path(stage.workspace, documents / "oioubl/BASPRO_03_01_06_Order.xml")
    assert second.code == "DUPLICATE_ORDER"
    records.submit(stage.workspace, draft)
    head = stage.workspace.log.head()
    other = dict(draft.body) | {"order": "ab" * 16, "subject": "ab" * 16, "idem": "cd" * 16}
    repeat = stage.parties.sign(type(draft)(body=other, disclosures=draft.disclosures))
    with pytest.raises(Refusal) as refused:
        records.submit(stage.workspace, repeat)
    assert refused.value.code == "DUPLICATE_ORDER"
    assert stage.workspace.log.head() == head


def onboard_everybody(stage: Stage) -> None:
    """Give each named party an invented code and let the registrar onboard it."""
    for number, one in enumerate(organisations.list_organisations(stage.workspace), 100):
        if one.status == "named" and one.kind == "enterprise":
            organisations.add_identifier(
                stage.workspace, one.id, scheme="uscc", value=fictional_uscc(number)
            )
            onboard(stage.workspace, stage.parties, [one.id])


def register(stage: Stage, order: PurchaseOrderView) -> str:
    return deal.register(stage.workspace, stage.parties, order.id, **due(order))


def due(order: PurchaseOrderView) -> dict[str, str]:
    """Return the date that a document without a delivery date needs."""
    stated = any(line.due_date for line in order.lines)
    return {} if stated else {"last_due": "2027-03-31"}
