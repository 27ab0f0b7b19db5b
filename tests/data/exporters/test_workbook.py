from __future__ import annotations

import io
from dataclasses import replace
from datetime import date

import openpyxl
import pytest

from data.exporters.workbook import content_bytes, template_bytes, write_template
from data.importers.codes import RejectCode
from data.importers.form import Kind, choice_names
from data.importers.form_sheets import CAPACITY, DATA_SHEETS, INSTRUCTIONS, LISTS
from data.importers.workbook import read_workbook
from tests.support.workbooks import content


@pytest.fixture(scope="module")
def template() -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(template_bytes(week0=date(2026, 11, 30))))


def test_the_template_has_the_six_sheets_in_reading_order(template):
    titles = [INSTRUCTIONS.title, *(sheet.title for sheet in DATA_SHEETS), LISTS.title]

    assert template.sheetnames == titles


def test_headings_are_bilingual_and_frozen_with_units(template):
    page = template[CAPACITY.title]

    headings = [cell.value for cell in page[1]]
    assert "单价 Rate (元/小时 CNY/h) *" in headings
    assert "2026-W49\n11-30\n(小时 h)" in headings
    assert "2027-W01\n01-04\n(小时 h)" in headings
    assert all(sheet.freeze_panes == "B2" for sheet in template.worksheets[1:5])
    assert not any(sheet.protection.sheet for sheet in template.worksheets)


@pytest.mark.parametrize("sheet", DATA_SHEETS, ids=lambda sheet: sheet.en)
def test_every_choice_has_a_drop_down_list_of_labels_that_are_understood(template, sheet):
    page = template[sheet.title]
    checks = {
        str(check.sqref).split(":")[0]: check
        for check in page.data_validations.dataValidation
        if check.type == "list"
    }
    fields = [
        (openpyxl.utils.get_column_letter(n), field)
        for n, field in enumerate(sheet.fields, 1)
        if field.choices is not None
    ]

    assert set(checks) == {f"{letter}2" for letter, _ in fields}
    for letter, field in fields:
        where = checks[f"{letter}2"].formula1.split("!")[1].replace("$", "")
        labels = [row[0].value for row in template[LISTS.title][where]]
        known = choice_names(field.choices)
        assert [e.label for e in field.choices().values()] == labels
        assert len(known) >= len(labels)
        assert checks[f"{letter}2"].showErrorMessage is (field.kind is Kind.CHOICE)


def test_an_untouched_template_brings_nothing(tmp_path):
    """Its example rows are marked as such and do not count."""
    write_template(tmp_path / "capacity.xlsx")

    assert [r.code for r in read_workbook(tmp_path / "capacity.xlsx").rejects] == [
        RejectCode.NO_ROWS
    ]


def test_the_example_rows_are_right_apart_from_their_mark(tmp_path):
    """Whoever copies the example under a real identifier gets an offer and an order."""
    book = openpyxl.load_workbook(io.BytesIO(template_bytes()))
    for sheet in DATA_SHEETS:
        page = book[sheet.title]
        page.append([cell.value for cell in page[2]])
        page.cell(3, 1).value = {"enterprise": "E1", "capacity": "F1"}.get(sheet.key, "O1")
    book.save(tmp_path / "form.xlsx")

    form = read_workbook(tmp_path / "form.xlsx").required()

    assert (len(form.enterprises), len(form.offers), len(form.orders)) == (1, 1, 1)
    assert form.offers[0].rate_fen_per_hour == 11850
    assert form.orders[0].operations[0].minutes_total == 2190


def test_the_same_content_is_the_same_file():
    assert content_bytes(content()) == content_bytes(content())
    assert template_bytes() == template_bytes()


@pytest.mark.parametrize(
    "wrong",
    [
        {"process": "alchemy"},
        {"materials": frozenset({"unobtainium"})},
        {"size_class": 9},
        {"tolerance_it": 30},
    ],
)
def test_what_the_form_cannot_say_is_refused(wrong):
    offer = replace(content().offers[0], **wrong)

    with pytest.raises(ValueError, match="not in the reference list"):
        content_bytes(replace(content(), offers=(offer,)))


def test_a_form_has_a_bounded_number_of_weeks_from_a_monday():
    with pytest.raises(ValueError, match="1 to 104 weeks"):
        template_bytes(weeks=0)
    with pytest.raises(ValueError, match="Monday"):
        template_bytes(week0=date(2026, 12, 1))
