"""Imports: documents fill the open book, whole or not at all."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from api.services import capacity, imports, organisations
from api.services.errors import BadRequest
from api.services.imports import ImportStatus
from data.errors import Conflict, NotFound
from data.exporters.bundle import bundle_bytes
from data.exporters.workbook import content_bytes
from data.importers.workbook import EnterpriseCard, WorkbookContent
from data.samples import SAMPLE_BUNDLE, SAMPLE_CENTRE_BUNDLE, SAMPLE_WEEK0, SAMPLE_WORKBOOKS
from tests.support.small_park import SMALL_PARK, WEEKS, offer, order


def zipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in bundle_bytes(SMALL_PARK).items():
            archive.writestr(name, data)
    return packed.getvalue()


def form(**changes) -> bytes:
    """Return a workbook of one new maker with an offer and an order of its own."""
    card = EnterpriseCard(
        enterprise_id="PRESSER",
        name_zh="压力机厂",
        name_en="Presser",
        uscc="",
        park_id="NORTH",
        lat=None,
        lon=None,
    )
    content = WorkbookContent(
        sha256="",
        week0=SAMPLE_WEEK0,
        weeks=WEEKS,
        enterprises=(card,),
        offers=(offer("PRESS", "PRESSER", "NORTH", "stamping"),),
        orders=(order("DIE", "PRESSER", "grinding"),),
    )
    return content_bytes(replace(content, **changes))


def test_before_any_import_the_book_is_empty(stage):
    assert capacity.list_offers(stage.workspace) == ()
    assert capacity.list_orders(stage.workspace) == ()
    assert imports.list_imports(stage.workspace) == ()
    with pytest.raises(NotFound):
        capacity.get_offer(stage.workspace, "LATHE")


def test_a_bundle_becomes_the_open_book(stage):
    report = imports.import_bytes(stage.workspace, "park.zip", zipped(), week0=SAMPLE_WEEK0)
    assert report.status is ImportStatus.IMPORTED
    assert report.counts == {"parks": 2, "enterprises": 3, "offers": 3, "orders": 3}
    offers = capacity.list_offers(stage.workspace)
    expected = sorted(SMALL_PARK.offers, key=lambda one: one.offer_id)
    assert [one.offer for one in offers] == expected
    assert capacity.get_order(stage.workspace, "VASE").order == SMALL_PARK.orders[2]
    assert organisations.get(stage.workspace, "TURNER").park_id == "NORTH"
    assert imports.get(stage.workspace, report.id) == report


def test_offers_and_orders_come_in_pages(parked):
    first = capacity.list_offers(parked.workspace, limit=2)
    rest = capacity.list_offers(parked.workspace, after=first[-1].offer.offer_id, limit=2)
    assert [one.offer.offer_id for one in (*first, *rest)] == ["GRINDER", "LATHE", "MILL"]


def test_a_workbook_adds_to_the_book(stage):
    imports.import_bytes(stage.workspace, "park.zip", zipped(), week0=SAMPLE_WEEK0)
    report = imports.import_bytes(stage.workspace, "presser.xlsx", form())
    assert (report.status, report.rejects) == (ImportStatus.IMPORTED, ())
    assert len(capacity.list_offers(stage.workspace)) == 4
    assert len(capacity.list_orders(stage.workspace)) == 4
    assert organisations.get(stage.workspace, "PRESSER").name_zh == "压力机厂"


def test_a_newer_form_changes_idle_hours_and_nothing_else(stage):
    imports.import_bytes(stage.workspace, "park.zip", zipped(), week0=SAMPLE_WEEK0)
    imports.import_bytes(stage.workspace, "presser.xlsx", form())
    press = capacity.get_offer(stage.workspace, "PRESS").offer
    fewer = replace(press, idle_minutes=(60,) * WEEKS)
    imports.import_bytes(stage.workspace, "presser-2.xlsx", form(offers=(fewer,)))
    assert capacity.get_offer(stage.workspace, "PRESS").offer == fewer
    dearer = replace(press, rate_fen_per_hour=press.rate_fen_per_hour + 1)
    with pytest.raises(Conflict):
        imports.import_bytes(stage.workspace, "presser-3.xlsx", form(offers=(dearer,)))
    assert capacity.get_offer(stage.workspace, "PRESS").offer == fewer


def test_a_workbook_of_a_foreign_park_is_refused_whole(stage):
    imports.import_bytes(stage.workspace, "park.zip", zipped(), week0=SAMPLE_WEEK0)
    card = EnterpriseCard(
        enterprise_id="PRESSER",
        name_zh="压力机厂",
        name_en="Presser",
        uscc="",
        park_id="WEST",
        lat=None,
        lon=None,
    )
    press = offer("PRESS", "PRESSER", "WEST", "stamping")
    for changes in (
        {"offers": (press,), "enterprises": (card,)},
        {"enterprises": (card,), "offers": (), "orders": ()},
    ):
        with pytest.raises(BadRequest, match="expected one of the parks NORTH, SOUTH"):
            imports.import_bytes(stage.workspace, "presser.xlsx", form(**changes))
    assert len(capacity.list_offers(stage.workspace)) == 3
    with pytest.raises(NotFound):
        organisations.get(stage.workspace, "PRESSER")


def everything(workspace):
    """Return the offers and the orders of the open book."""
    offers = capacity.list_offers(workspace, limit=1000)
    orders = capacity.list_orders(workspace, limit=1000)
    return [one.offer for one in offers], [one.order for one in orders]


def test_the_centres_bundle_and_the_factories_forms_make_the_whole_park(stage, tmp_path: Path):
    imports.import_path(stage.workspace, SAMPLE_CENTRE_BUNDLE, week0=SAMPLE_WEEK0)
    for form_file in sorted(SAMPLE_WORKBOOKS.glob("*.xlsx")):
        assert imports.import_path(stage.workspace, form_file).rejects == ()
    from_forms = everything(stage.workspace)
    imports.import_path(stage.workspace, SAMPLE_BUNDLE, week0=SAMPLE_WEEK0)
    assert everything(stage.workspace) == from_forms


def test_reports_are_kept_newest_first(stage, tmp_path: Path):
    (tmp_path / "bad.xml").write_bytes(b"<Order/>")
    first = imports.import_path(stage.workspace, tmp_path / "bad.xml")
    second = imports.import_bytes(stage.workspace, "park.zip", zipped())
    assert {one.id for one in imports.list_imports(stage.workspace)} == {first.id, second.id}
    assert imports.get(stage.workspace, first.id).rejects == first.rejects
    with pytest.raises(NotFound):
        imports.get(stage.workspace, "ab" * 16)


def test_week0_must_be_a_monday(stage):
    wednesday = SAMPLE_WEEK0.replace(day=25)
    with pytest.raises(BadRequest, match="2026-11-23"):
        imports.import_bytes(stage.workspace, "park.zip", zipped(), week0=wednesday)
    assert imports.list_imports(stage.workspace) == ()
    done = imports.import_bytes(stage.workspace, "park.zip", zipped())
    assert done.status is ImportStatus.IMPORTED
