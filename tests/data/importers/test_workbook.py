from __future__ import annotations

import io
import random
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.exporters.workbook import content_bytes
from data.importers.cells import hours_to_minutes
from data.importers.codes import RejectCode
from data.importers.form_sheets import DATA_SHEETS
from data.importers.values import BadValue
from data.importers.workbook import EnterpriseCard, WorkbookContent, read_workbook
from matching.capacity.problem import Park, Settings
from tests.support.bundles import NAMES, problems
from tests.support.workbooks import (
    CAPACITY,
    ENTERPRISE,
    FIRST_ROW,
    OPERATIONS,
    ORDERS,
    WEEK0,
    column,
    content,
    edited,
    read,
    read_cells,
    tables,
    with_cell,
)


def spoiled(*cells: tuple[str, str, object]) -> dict[str, list[list[object]]]:
    """Return the cells of the form with several of the first data rows' cells replaced."""
    made = tables()
    for sheet, heading, value in cells:
        position = next(n for n, t in enumerate(made[sheet][0]) if str(t).startswith(heading))
        made[sheet][FIRST_ROW - 1][position] = value
    return made


def said(workbook: WorkbookContent) -> WorkbookContent:
    """Return what a workbook says, without the digest of its file."""
    return replace(workbook, sha256="")


@pytest.mark.parametrize("week0", [WEEK0, None])
def test_a_filled_form_reads_back_as_what_was_written(week0, tmp_path):
    (tmp_path / "form.xlsx").write_bytes(content_bytes(content(week0=week0)))

    assert said(read_workbook(tmp_path / "form.xlsx").required()) == content(week0=week0)


@given(problems(reference=True), st.sampled_from([WEEK0, None]))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_form_reads_back_as_what_was_written(problem, week0):
    owners = {offer.enterprise_id: offer.park_id for offer in problem.offers}
    cards = [
        EnterpriseCard(
            enterprise_id=e, name_zh="=织", name_en="-x", uscc="", park_id=p, lat=None, lon=None
        )
        for e, p in owners.items()
    ]
    offers = tuple(replace(o, park_id=owners[o.enterprise_id]) for o in problem.offers)
    form = WorkbookContent(
        sha256="",
        week0=week0,
        weeks=problem.settings.weeks,
        enterprises=tuple(cards),
        offers=offers,
        orders=problem.orders,
    )
    data = content_bytes(form)

    outcome = read(data)

    assert data == content_bytes(form)
    if not (cards or problem.orders):
        assert [r.code for r in outcome.rejects] == [RejectCode.NO_ROWS]
    else:
        assert said(outcome.required()) == form


TURNING = "cnc-turning"


@pytest.mark.parametrize(
    ("sheet", "heading", "value", "read_as"),
    [
        (CAPACITY, "工艺", "数控车削", ("process", TURNING)),
        (CAPACITY, "工艺", "CNC Turning", ("process", TURNING)),
        (CAPACITY, "工艺", "cnc-turning", ("process", TURNING)),
        (CAPACITY, "工艺", "数控车削 CNC turning [cnc-turning]", ("process", TURNING)),
        (CAPACITY, "最高精度", "IT8", ("tolerance_it", 8)),
        (CAPACITY, "最高精度", 8, ("tolerance_it", 8)),
        (CAPACITY, "最大尺寸", "大型", ("size_class", 3)),
        (CAPACITY, "可加工材料", "碳素钢与合金钢、铝及铝合金，POM",
         ("materials", {"steel", "aluminium", "pom"})),
        (CAPACITY, "可加工材料", "steel;", ("materials", {"steel"})),
        (CAPACITY, "证书", None, ("certificates", frozenset())),
        (CAPACITY, "单价", "118.50", ("rate_fen_per_hour", 11850)),
        (CAPACITY, "单价", 0.1 + 0.2, ("rate_fen_per_hour", 30)),
        (CAPACITY, "单价", 99999.99, ("rate_fen_per_hour", 9999999)),
        (CAPACITY, "最小批量", None, ("min_lot", 0)),
        (CAPACITY, "碳排放", 5400.125, ("carbon_g_per_hour", Fraction(43201, 8))),
        (CAPACITY, "2026-W49", 1 / 3, ("idle_minutes", (20, 0, 440))),
        (CAPACITY, "2026-W49", "7:20", ("idle_minutes", (440, 0, 440))),
        (CAPACITY, "2026-W49", time(7, 20), ("idle_minutes", (440, 0, 440))),
        (CAPACITY, "2026-W49", timedelta(hours=30), ("idle_minutes", (1800, 0, 440))),
        (CAPACITY, "2026-W49", None, ("idle_minutes", (0, 0, 440))),
        (ORDERS, "最早开工", 2, ("release_week", 1)),
        (ORDERS, "最早开工", "第2周", ("release_week", 1)),
        (ORDERS, "最早开工", "2026-W50", ("release_week", 1)),
        (ORDERS, "最早开工", date(2026, 12, 13), ("release_week", 1)),
        (ORDERS, "最早开工", datetime(2026, 12, 7, 8), ("release_week", 1)),  # noqa: DTZ001
        (ORDERS, "最早开工", "2026-12-07", ("release_week", 1)),
        (ORDERS, "排除企业", "E7; E8", ("excluded_enterprises", {"E7", "E8"})),
    ],
)  # fmt: skip
def test_values_are_recognised_by_code_by_either_name_and_as_people_write_them(
    sheet, heading, value, read_as
):
    workbook = read_cells(with_cell(sheet, heading, value)).required()

    field, expected = read_as
    found = workbook.offers[0] if sheet == CAPACITY else workbook.orders[0]
    assert getattr(found, field) == expected


CASES = [
    (CAPACITY, "工艺", "CNC-torning", RejectCode.UNKNOWN_VALUE),
    (CAPACITY, "可加工材料", "steel; wood", RejectCode.UNKNOWN_VALUE),
    (CAPACITY, "单价", 118.505, RejectCode.AMOUNT_TOO_PRECISE),
    (CAPACITY, "单价", 1e-5, RejectCode.AMOUNT_TOO_PRECISE),
    (CAPACITY, "单价", "1.2e2", RejectCode.FLOAT_AMOUNT),
    (CAPACITY, "单价", "1,180.50", RejectCode.AMOUNT_MALFORMED),
    (CAPACITY, "单价", "118元", RejectCode.AMOUNT_MALFORMED),
    (CAPACITY, "单价", True, RejectCode.AMOUNT_MALFORMED),
    (CAPACITY, "单价", -1, RejectCode.OUT_OF_RANGE),
    (CAPACITY, "单价", 10**8, RejectCode.OUT_OF_RANGE),
    (CAPACITY, "单价", None, RejectCode.VALUE_MISSING),
    (CAPACITY, "每批准备", 7.5, RejectCode.NOT_AN_INTEGER),
    (CAPACITY, "每批准备", "half", RejectCode.NOT_AN_INTEGER),
    (CAPACITY, "碳排放", "much", RejectCode.NOT_A_DECIMAL),
    (CAPACITY, "碳排放", 10**10, RejectCode.OUT_OF_RANGE),
    (CAPACITY, "企业编号", "E7", RejectCode.UNKNOWN_ENTERPRISE),
    (CAPACITY, "产能编号", "=F1", RejectCode.FORMULA_TEXT),
    (CAPACITY, "产能编号", "F" * 201, RejectCode.TEXT_TOO_LONG),
    (CAPACITY, "产能编号", "F\u202e1", RejectCode.CONTROL_CHARACTER),
    (CAPACITY, "2026-W49", 0.33, RejectCode.HOURS_NOT_EXACT),
    (CAPACITY, "2026-W49", "a day", RejectCode.HOURS_NOT_EXACT),
    (CAPACITY, "2026-W49", -1, RejectCode.HOURS_NOT_EXACT),
    (CAPACITY, "2026-W49", date(2026, 1, 1), RejectCode.HOURS_NOT_EXACT),
    (CAPACITY, "2026-W49", 200_000, RejectCode.OUT_OF_RANGE),
    (ORDERS, "数量", 0, RejectCode.OUT_OF_RANGE),
    (ORDERS, "最早开工", 0, RejectCode.OUT_OF_RANGE),
    (ORDERS, "最早开工", date(2026, 11, 29), RejectCode.OUT_OF_RANGE),
    (ORDERS, "最早开工", "soon", RejectCode.NOT_A_DATE),
    (ORDERS, "交货纬度", None, RejectCode.VALUE_MISSING),
    (ORDERS, "交货纬度", "north", RejectCode.NOT_AN_ANGLE),
    (ORDERS, "总重量", None, RejectCode.VALUE_MISSING),
    (OPERATIONS, "工序号", 3, RejectCode.STEPS_NOT_CONSECUTIVE),
    (OPERATIONS, "工序号", 33, RejectCode.OUT_OF_RANGE),
    (OPERATIONS, "全部数量", 0.001, RejectCode.HOURS_NOT_EXACT),
    (OPERATIONS, "全部数量", 0, RejectCode.OUT_OF_RANGE),
    (ENTERPRISE, "统一社会", "91990000000100669X", RejectCode.IDENTIFIER_CHECK_DIGIT),
    (ENTERPRISE, "园区编号", None, RejectCode.VALUE_MISSING),
    (ENTERPRISE, "纬度", None, RejectCode.VALUE_MISSING),
]


@pytest.mark.parametrize(("sheet", "heading", "value", "code"), CASES)
def test_each_mistake_has_its_code_and_place(sheet, heading, value, code):
    outcome = read_cells(with_cell(sheet, heading, value))

    assert outcome.value is None
    first = outcome.rejects[0]
    assert (first.code, first.file) == (code, "form.xlsx")
    assert first.place == f"sheet {sheet}, row {FIRST_ROW + (sheet == OPERATIONS and value == 3)}"


def test_dates_need_columns_of_weeks_with_dates():
    cells = with_cell(ORDERS, "最早开工", date(2026, 12, 1), week0=None)

    assert [r.code for r in read_cells(cells).rejects] == [RejectCode.INCONSISTENT]
    assert read_cells(cells, week0=WEEK0).required().orders[0].release_week == 0


def test_all_bad_cells_of_all_sheets_are_reported():
    cells = spoiled((CAPACITY, "单价", "x"), (CAPACITY, "每批准备", "x"), (ORDERS, "数量", "x"))

    found = [(r.place, r.field) for r in read_cells(cells).rejects]

    assert found == [
        ("sheet 产能 Capacity, row 3", "单价 Rate"),
        ("sheet 产能 Capacity, row 3", "每批准备时间 Setup per lot"),
        ("sheet 订单 Orders, row 3", "数量 Quantity"),
    ]


@pytest.mark.parametrize(
    ("sheet", "code"),
    [
        (ENTERPRISE, RejectCode.DUPLICATE_ID),
        (CAPACITY, RejectCode.DUPLICATE_ID),
        (ORDERS, RejectCode.DUPLICATE_ID),
        (OPERATIONS, RejectCode.DUPLICATE_ROW),
    ],
)
def test_a_row_that_stands_twice_is_refused(sheet, code):
    cells = tables()
    cells[sheet].append(cells[sheet][FIRST_ROW - 1])

    assert [r.code for r in read_cells(cells).rejects] == [code]


def test_orders_and_operations_belong_together():
    lost, stray = tables(), tables()
    del lost[OPERATIONS][FIRST_ROW - 1 :]
    stray[OPERATIONS].append(["O9", 1, "grinding", 8, 1])

    assert [r.code for r in read_cells(lost).rejects] == [RejectCode.ORDER_WITHOUT_OPERATIONS]
    assert [r.code for r in read_cells(stray).rejects] == [RejectCode.UNKNOWN_ORDER]


def test_with_one_enterprise_its_identifier_may_be_left_out():
    cells = spoiled(
        (CAPACITY, "企业编号", None),
        (ORDERS, "采购方编号", None),
        (ORDERS, "交货纬度", None),
        (ORDERS, "交货经度", None),
    )

    assert read_cells(cells).required() == content()


def test_a_buyer_from_outside_needs_a_position():
    cells = spoiled(
        (ORDERS, "采购方编号", "OUT-1"), (ORDERS, "交货纬度", None), (ORDERS, "交货经度", None)
    )

    assert [r.code for r in read_cells(cells).rejects] == [RejectCode.VALUE_MISSING]


@pytest.mark.parametrize("language", ["zh", "en", "key"])
def test_columns_may_change_places_and_headings_language(language):
    """Columns shuffled, headings in one language or the bare key, a title row above."""
    cells = tables()
    for sheet in DATA_SHEETS:
        rows = cells[sheet.title]
        rows[0][: len(sheet.fields)] = [getattr(field, language) for field in sheet.fields]
        order = list(range(len(rows[0])))
        random.Random(7).shuffle(order)
        title = ["我厂的表 our form", *[None] * (len(order) - 1)]
        cells[sheet.title] = [title, *([row[position] for position in order] for row in rows)]

    assert read_cells(cells).required() == content()


@pytest.mark.parametrize(
    ("names", "accepted"),
    [
        (("企业", "产能", "订单", "工序"), True),
        (("enterprise", "CAPACITY", "Orders", "operations "), True),
        (("企业", "产能", "订单", "工"), False),
    ],
)
def test_sheets_are_recognised_in_either_language(names, accepted):
    cells = tables()
    for old, new in zip((ENTERPRISE, CAPACITY, ORDERS, OPERATIONS), names, strict=True):
        cells[new] = cells.pop(old)

    outcome = read_cells(cells)

    assert outcome.accepted is accepted
    if not accepted:
        assert [r.code for r in outcome.rejects] == [RejectCode.SHEET_MISSING]


@pytest.mark.parametrize(
    ("old", "new", "codes"),
    [
        ("单价", "价钱", {RejectCode.COLUMN_UNKNOWN, RejectCode.COLUMN_MISSING}),
        ("证书", "单价", {RejectCode.COLUMN_TWICE}),
        ("2026-W50", "2026-W49", {RejectCode.COLUMN_TWICE}),
        ("2026-W50", "第2周", {RejectCode.INCONSISTENT}),
        ("2026-W50", "2026-W54", {RejectCode.OUT_OF_RANGE}),
        ("2026-W50", "备注 anything", set()),
        ("设备", None, set()),
    ],
)
def test_headings_that_mean_nothing_or_twice_the_same_are_refused(old, new, codes):
    cells = with_cell(CAPACITY, old, new, row=1)

    assert {r.code for r in read_cells(cells).rejects} == codes


def test_a_sheet_without_a_header_is_refused():
    cells = tables()
    del cells[ORDERS][0]

    assert [r.code for r in read_cells(cells).rejects] == [RejectCode.HEADER_WRONG]


def test_hours_are_counted_from_the_week_that_planning_starts():
    early = date(2026, 11, 16)
    later = read(content_bytes(content()), week0=early, weeks=6).required()
    assert later.offers[0].idle_minutes == (0, 0, 960, 0, 440, 0)
    assert (later.week0, later.orders[0].release_week) == (early, 2)

    before = read(content_bytes(content()), week0=date(2026, 12, 7))
    assert {r.code for r in before.rejects} == {RejectCode.OUT_OF_RANGE}
    beyond = read(content_bytes(content()), week0=WEEK0, weeks=2)
    assert [r.code for r in beyond.rejects] == [RejectCode.OUT_OF_RANGE]
    with pytest.raises(ValueError, match="Monday"):
        read(content_bytes(content()), week0=date(2026, 12, 1))


def test_a_form_becomes_a_problem_of_its_own():
    settings_ = Settings(
        weeks=5,
        max_block_weeks=3,
        carbon_fen_per_kg=Fraction(8),
        transport_fixed_fen=Fraction(0),
        transport_fen_per_tonne_km=Fraction(0),
        transport_g_per_tonne_km=Fraction(0),
    )
    problem = content().problem(settings_, [Park(park_id="P1", lat=31.0, lon=121.0)])

    assert problem.offers[0].idle_minutes == (960, 0, 440, 0, 0)
    with pytest.raises(ValueError, match="F1 has hours after week 1"):
        content().fitted(2)


def test_examples_and_blank_rows_are_not_read():
    cells = tables()
    width = len(cells[CAPACITY][0])
    cells[CAPACITY].append(["EXAMPLE two", *["nonsense"] * (width - 1)])
    cells[CAPACITY].append(["", " ", *[None] * (width - 2)])

    assert read_cells(cells).required() == content()


def test_the_number_of_a_week_in_a_cell_formatted_as_a_date_is_still_a_number():
    def edit(book):
        book[ORDERS].cell(FIRST_ROW, column(book[ORDERS], "交货期")).value = 3

    assert said(read(edited(edit)).required()) == content()


def test_a_cell_with_an_error_counts_as_empty():
    def edit(book):
        cell = book[CAPACITY].cell(FIRST_ROW, column(book[CAPACITY], "单价"))
        cell.value = "#REF!"
        cell.data_type = "e"

    assert [r.code for r in read(edited(edit)).rejects] == [RejectCode.VALUE_MISSING]


def test_numbers_as_identifiers_are_read_as_people_see_them():
    assert (
        read_cells(with_cell(CAPACITY, "产能编号", 1001.0)).required().offers[0].offer_id == "1001"
    )


@given(st.integers(0, 10**7))
@settings(max_examples=200)
def test_every_number_of_minutes_has_an_exact_number_of_hours(minutes):
    assert hours_to_minutes(minutes / 60) == minutes
    assert hours_to_minutes(float(format(minutes / 60, ".15g"))) == minutes


@given(st.integers(0, 10**5), st.integers(1, 59))
@settings(max_examples=100)
def test_hours_between_two_minutes_are_refused(minutes, parts):
    with pytest.raises(BadValue):
        hours_to_minutes((minutes + parts / 60) / 60)


@given(NAMES)
@settings(max_examples=30, deadline=None)
def test_any_text_may_stand_in_a_note(text):
    assert read_cells(with_cell(CAPACITY, "设备", text)).required() == content()


def test_a_book_saved_by_another_program_is_read():
    """openpyxl's own saving differs from ours in order, compression and shared strings."""
    book = openpyxl.load_workbook(io.BytesIO(content_bytes(content())))
    out = io.BytesIO()
    book.save(out)

    assert said(read(out.getvalue()).required()) == content()
