"""Wrong documents and wrong requests: each a clear refusal with a code, and nothing changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from api.demo import deal
from api.demo.parties import onboard
from api.services import capacity, imports, organisations, purchase_orders, records
from api.services.errors import BadRequest
from api.services.imports import ImportStatus
from data.exporters.workbook import write_template
from data.samples import SAMPLE_BUNDLE, SAMPLE_UBL, SAMPLE_WEEK0, SAMPLE_WORKBOOKS
from ledger.claims.drafts import Draft
from ledger.claims.refusals import AmountMalformed, CurrencyUnknown
from ledger.errors import IdempotencyConflict, Refusal, StaleHead
from tests.support.stage import Stage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path) as stage:
        yield stage


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Stage]:
    """Return an installation in which nobody is enrolled: enough for documents."""
    with staged(tmp_path, enrolled=False) as stage:
        yield stage


def everything(stage: Stage) -> tuple[object, ...]:
    """Return what a refused attempt must leave as it was."""
    workspace = stage.workspace
    return (
        workspace.log.head(),
        {key: workspace.log.state(key) for key in workspace.log.keys("")},
        organisations.list_organisations(workspace),
        capacity.list_offers(workspace, limit=1000),
        capacity.list_orders(workspace, limit=1000),
        purchase_orders.list_purchase_orders(workspace),
    )


def refused_code(stage: Stage, path: Path) -> str:
    """Import a document that is refused and changes nothing; return the code."""
    before = everything(stage)
    report = imports.import_path(stage.workspace, path)
    assert report.status is ImportStatus.REFUSED
    assert everything(stage) == before
    assert report.rejects[0].render()
    return report.rejects[0].code.value


def registered(stage: Stage) -> str:
    """Return an order of the sample park, submitted and confirmed."""
    report = imports.import_path(stage.workspace, SAMPLE_UBL / "order-good.xml")
    order = purchase_orders.get(stage.workspace, str(report.purchase_order_id))
    onboard(stage.workspace, stage.parties, [str(order.buyer_id), str(order.seller_id)])
    return deal.register(stage.workspace, stage.parties, order.id)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"not a workbook at all", "WORKBOOK_NOT_XLSX"),
        (b"PK\x03\x04 broken", "WORKBOOK_NOT_XLSX"),
        (b"", "FILE_EMPTY"),
    ],
)
def test_a_file_that_is_no_workbook(house: Stage, tmp_path: Path, content: bytes, code: str):
    imports.import_path(house.workspace, SAMPLE_BUNDLE, week0=SAMPLE_WEEK0)
    (tmp_path / "capacity.xlsx").write_bytes(content)
    assert refused_code(house, tmp_path / "capacity.xlsx") == code


def test_an_empty_form_has_nothing_to_take(house: Stage, tmp_path: Path):
    imports.import_path(house.workspace, SAMPLE_BUNDLE, week0=SAMPLE_WEEK0)
    write_template(tmp_path / "empty.xlsx", week0=SAMPLE_WEEK0)
    assert refused_code(house, tmp_path / "empty.xlsx") in {"NO_ROWS", "VALUE_MISSING"}


def test_a_workbook_before_any_horizon_is_told_what_comes_first(house: Stage):
    before = everything(house)
    form = min(SAMPLE_WORKBOOKS.glob("*.xlsx"))
    with pytest.raises(BadRequest, match="import a CSV bundle first"):
        imports.import_path(house.workspace, form)
    assert everything(house) == before


def test_a_truncated_csv(house: Stage, tmp_path: Path):
    folder = shutil.copytree(SAMPLE_BUNDLE, tmp_path / "bundle")
    whole = (folder / "orders.csv").read_bytes()
    (folder / "orders.csv").write_bytes(whole[: len(whole) // 2])
    assert refused_code(house, folder) in {"CSV_TRUNCATED", "UNKNOWN_ORDER", "COLUMN_COUNT"}


def test_a_float_where_fen_belong(house: Stage, tmp_path: Path):
    folder = shutil.copytree(SAMPLE_BUNDLE, tmp_path / "bundle")
    head, first, *rest = (folder / "orders.csv").read_text("utf-8").splitlines()
    cells, column = first.split(","), head.split(",").index("value_fen")
    cells[column] += ".5"
    text = "\n".join([head, ",".join(cells), *rest, ""])
    (folder / "orders.csv").write_text(text, "utf-8")
    assert refused_code(house, folder) == "FLOAT_AMOUNT"


def test_an_entity_bomb(house: Stage, tmp_path: Path):
    bomb = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2">&b;</Order>"""
    (tmp_path / "bomb.xml").write_bytes(bomb)
    assert refused_code(house, tmp_path / "bomb.xml") in {"XML_DOCTYPE", "XML_ENTITY"}


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('currencyID="CNY">20760.00', 'currencyID="CNY">20760.001', "AMOUNT_TOO_PRECISE"),
        ('currencyID="CNY">20760.00', 'currencyID="CNY">2.076e4', "FLOAT_AMOUNT"),
        ("CNY", "XQQ", "CURRENCY_UNKNOWN"),
    ],
)
def test_amounts_and_currencies_of_a_document(
    house: Stage, tmp_path: Path, old: str, new: str, code: str
):
    text = (SAMPLE_UBL / "order-good.xml").read_text("utf-8")
    assert old in text
    (tmp_path / "order.xml").write_text(text.replace(old, new), "utf-8")
    assert refused_code(house, tmp_path / "order.xml") == code


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("net", 33504.0, Refusal),
        ("net", "33504.00", AmountMalformed),
        ("net", 3350400, AmountMalformed),
        ("currency", "XQQ", CurrencyUnknown),
    ],
)
def test_floats_and_unknown_currencies_in_a_signed_body(
    stage: Stage, field: str, value: object, kind: type[Refusal]
):
    """Whatever makes the body, the record takes amounts as digits with a known currency only."""
    report = imports.import_path(stage.workspace, SAMPLE_UBL / "order-good.xml")
    order = purchase_orders.get(stage.workspace, str(report.purchase_order_id))
    onboard(stage.workspace, stage.parties, [str(order.buyer_id), str(order.seller_id)])
    good = purchase_orders.draft_submission(stage.workspace, order.id)
    before = everything(stage)
    bad = replace(good, body={**good.body, field: value})  # type: ignore[dict-item]
    with pytest.raises(kind):
        records.submit(stage.workspace, signed_anyway(stage, bad))
    assert everything(stage) == before


def signed_anyway(stage: Stage, draft: Draft) -> Draft:
    """Sign what can be signed: a body outside the canonical form cannot even be."""
    return stage.parties.sign(draft)


def test_a_fact_given_as_a_float_is_refused_before_anything_is_drafted(stage: Stage):
    handle = registered(stage)
    before = everything(stage)
    with pytest.raises(BadRequest, match="never as floats"):
        records.make_draft(
            stage.workspace, "claim.requested", {"order": handle, "amount": 1_000_000.0}
        )
    with pytest.raises(BadRequest, match="digits in minor units"):
        records.make_draft(
            stage.workspace, "claim.requested", {"order": handle, "amount": "10000.00"}
        )
    assert everything(stage) == before


def test_a_stale_order_head(stage: Stage):
    handle = registered(stage)
    stale = stage.parties.sign(
        records.make_draft(
            stage.workspace, "claim.requested", {"order": handle, "amount": "100000"}
        )
    )
    deal.request(stage.workspace, stage.parties, handle, 200_000)
    before = everything(stage)
    with pytest.raises(StaleHead) as refused:
        records.submit(stage.workspace, stale)
    assert refused.value.code == "STALE_HEAD"
    assert everything(stage) == before


def test_the_same_request_twice_gives_the_same_receipt_and_one_entry(stage: Stage):
    handle = registered(stage)
    draft = stage.parties.sign(
        records.make_draft(
            stage.workspace, "claim.requested", {"order": handle, "amount": "100000"}
        )
    )
    first = records.submit(stage.workspace, draft)
    before = everything(stage)
    assert records.submit(stage.workspace, draft) == first
    assert everything(stage) == before


def test_another_body_under_a_used_request_id(stage: Stage):
    handle = registered(stage)
    facts = {"order": handle, "amount": "100000"}
    draft = records.make_draft(stage.workspace, "claim.requested", facts)
    records.submit(stage.workspace, stage.parties.sign(draft))
    before = everything(stage)
    other = replace(draft, body={**draft.body, "amount": "200000"})
    with pytest.raises(IdempotencyConflict) as refused:
        records.submit(stage.workspace, stage.parties.sign(other))
    assert refused.value.code == "IDEMPOTENCY_CONFLICT"
    assert everything(stage) == before
