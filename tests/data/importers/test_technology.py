"""Demands and providers in: JSON lines, the Excel form, CSV; each reject alone, round trips."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from data.exporters.technology_lines import lines_of
from data.exporters.technology_rows import form_rows
from data.exporters.technology_workbook import (
    technology_form_bytes,
    write_technology_template,
)
from data.importers.technology_csv import read_csv_folder
from data.importers.technology_lines import (
    demands_of,
    providers_of,
    read_demands,
    read_providers,
)
from data.importers.technology_sheets import TECHNOLOGY_SHEETS
from data.importers.technology_workbook import read_technology_workbook
from data.reference import technology as words
from data.samples import SAMPLE_PARK
from matching.technology.problem import Budget
from matching.technology.problem_plain import to_plain
from tests.support.technology import demands, full_demand, full_provider
from tests.support.technology_files import as_form, write_csv_folder

SAMPLE = SAMPLE_PARK / "technology"
QUIET = settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def line(**changes: object) -> bytes:
    """Return a line of JSON of the full demand with fields changed; None takes one away."""
    plain = {**to_plain(full_demand()), **changes}
    kept = {name: value for name, value in plain.items() if value is not None}
    return json.dumps(kept).encode() + b"\n"


def provider_line(**changes: object) -> bytes:
    return json.dumps({**to_plain(full_provider()), **changes}).encode() + b"\n"


def only(imported):
    """Return the one reject."""
    (reject,) = imported.rejects
    assert imported.value is None
    assert reject.way_out
    return reject


def test_the_sample_is_read_in_every_format(tmp_path):
    """JSON lines, the form and the CSV folder bring the same demands and providers."""
    demands = read_demands(SAMPLE / "demands.jsonl").required()
    providers = read_providers(SAMPLE / "providers.jsonl").required()
    write_csv_folder(tmp_path, demands, providers)
    form = technology_form_bytes(demands[:5], providers[:5])

    assert len(demands) >= 30
    assert len(providers) >= 80
    assert read_csv_folder(tmp_path).required() == (demands, providers)
    assert read_technology_workbook(form, "f.xlsx").required() == (demands[:5], providers[:5])
    kept = read_technology_workbook((SAMPLE / "technology.xlsx").read_bytes(), "t.xlsx")
    assert kept.required() == (demands[:3], providers[:4])


def test_json_lines_carry_every_field():
    """What is written reads back as the same values, and the same values are the same bytes."""
    lines = lines_of([full_demand()])

    assert demands_of(lines, "d.jsonl").required() == (full_demand(),)
    assert providers_of(lines_of([full_provider()]), "p.jsonl").required() == (full_provider(),)
    assert lines == lines_of([full_demand()])


@QUIET
@given(demand=demands())
def test_random_demands_survive_form_and_csv(demand, tmp_path):
    """The form says everything but hashes, attachments and history."""
    expected = ((as_form(demand),), (as_form(full_provider()),))
    form = technology_form_bytes([demand], [full_provider()])
    for old in tmp_path.glob("*.csv"):
        old.unlink()
    write_csv_folder(tmp_path, [demand], [full_provider()])

    assert read_technology_workbook(form, "f.xlsx").required() == expected
    assert read_csv_folder(tmp_path).required() == expected


@pytest.mark.parametrize(
    ("data", "code", "place", "field"),
    [
        (b"", "FILE_EMPTY", "", ""),
        (b"\n \n", "NO_ROWS", "", ""),
        (b"{\n", "JSON_MALFORMED", "line 1", ""),
        (b"\n[]\n", "UNKNOWN_VALUE", "line 2", ""),
        (b'{"a": 1, "a": 2}\n', "JSON_MALFORMED", "line 1", ""),
        (b'{"a": NaN}\n', "JSON_MALFORMED", "line 1", ""),
        (b"\xff\n", "NOT_UTF8", "line 1", ""),
        (b"[" * 100_000 + b"\n", "JSON_MALFORMED", "line 1", ""),
        (line(colour="red"), "SETTINGS_KEYS", "line 1", "colour"),
        (line(title=None), "VALUE_MISSING", "line 1", "title"),
        (line(version="1"), "UNKNOWN_VALUE", "line 1", "version"),
        (line(version=1.5), "UNKNOWN_VALUE", "line 1", "version"),
        (line(deadline="2027-13-01"), "UNKNOWN_VALUE", "line 1", "deadline"),
        (line(trl_target=1), "INCONSISTENT", "line 1", ""),
        (line(title="a\u202eb"), "CONTROL_CHARACTER", "line 1", "title"),
        (line(title="a\ud800b"), "CONTROL_CHARACTER", "line 1", "title"),
        (
            line(domain_codes=[{"scheme": "gbt13745", "code": "999"}]),
            "UNKNOWN_VALUE",
            "line 1",
            "domain_codes[0]",
        ),
        (
            line(domain_codes=[{"scheme": "isic", "code": "1"}]),
            "UNKNOWN_VALUE",
            "line 1",
            "domain_codes[0]",
        ),
        (line() + line(), "DUPLICATE_ID", "line 2", "demand_id"),
    ],
)
def test_each_bad_line_is_rejected_with_its_place(data, code, place, field):
    """Nothing of the document is taken."""
    reject = only(demands_of(data, "demands.jsonl"))

    assert (reject.code, reject.file, reject.place) == (code, "demands.jsonl", place)
    assert reject.field == field


def test_codes_of_documents_and_disciplines_are_tested_too():
    """A team's codes follow the same lists."""
    wrong = {
        "disciplines": [{"scheme": "gbt4754", "code": "00", "share_bps": 10_000}],
        "documents": [
            {
                "document_id": "DOC-1",
                "kind": "paper",
                "title": "t",
                "lang": "en",
                "codes": ["ipc:nonsense"],
            }
        ],
    }
    imported = providers_of(provider_line(**wrong), "p.jsonl")

    assert [one.field for one in imported.rejects] == ["disciplines[0]", "documents[0].codes[0]"]


def test_all_bad_lines_are_reported_at_once():
    """The good line between them is not taken either."""
    data = line(version=0) + line(demand_id="D-2") + line(demand_id="D-3", lang="fr")
    imported = demands_of(data, "d.jsonl")

    assert imported.value is None
    assert [one.place for one in imported.rejects] == ["line 1", "line 3"]


def test_a_missing_or_unreadable_file_is_one_reject(tmp_path):
    """Reading by path says which file."""
    assert only(read_demands(tmp_path / "none.jsonl")).code == "FILE_MISSING"
    assert only(read_providers(tmp_path)).code == "FILE_UNREADABLE"


@pytest.fixture
def book(tmp_path) -> Path:
    path = tmp_path / "technology.xlsx"
    path.write_bytes(technology_form_bytes([full_demand()], [full_provider()]))
    return path


def edited(book: Path, sheet: str, column: str, value: object, *, row: int = 3):
    """Return the import of the form with one cell changed."""
    workbook = load_workbook(book)
    page = next(one for one in workbook.worksheets if one.title.startswith(sheet))
    heading = next(cell for cell in page[1] if str(cell.value).startswith(column))
    page.cell(row, heading.column).value = value
    workbook.save(book)
    return read_technology_workbook(book.read_bytes(), book.name)


@pytest.mark.parametrize(
    ("sheet", "column", "value", "code"),
    [
        ("需求", "标题", None, "VALUE_MISSING"),
        ("需求", "预算上限", 1.005, "AMOUNT_TOO_PRECISE"),
        ("里程碑", "付款比例", 33.333, "NOT_A_DECIMAL"),
    ],
)
def test_each_bad_cell_of_the_form_is_rejected_with_sheet_and_row(book, sheet, column, value, code):
    """The place is the sheet and the row that the person sees."""
    found = {one.code: one for one in edited(book, sheet, column, value).rejects}

    assert sheet in found[code].place
    assert "row 3" in found[code].place


@pytest.mark.parametrize(
    ("file", "column", "value", "code"),
    [
        ("demands", "title", "", "VALUE_MISSING"),
        ("demands", "lang", "法语", "UNKNOWN_VALUE"),
        ("demands", "deadline", "soon", "NOT_A_DATE"),
        ("demands", "budget_max", "1e6", "FLOAT_AMOUNT"),
        ("demands", "budget_max", "many", "AMOUNT_MALFORMED"),
        ("demands", "blind", "maybe", "NOT_A_FLAG"),
        ("demands", "version", "1.5", "NOT_AN_INTEGER"),
        ("demands", "max_members", "11", "OUT_OF_RANGE"),
        ("demands", "trl_target", "2", "INCONSISTENT"),
        ("demands", "background", "a\u202eb", "CONTROL_CHARACTER"),
        ("demands", "background", "x" * 20_001, "TEXT_TOO_LONG"),
        ("demands", "owner_org", "+ENT", "FORMULA_TEXT"),
        ("indicators", "value", "many", "NOT_A_DECIMAL"),
        ("indicators", "demand_id", "D-9", "INCONSISTENT"),
        ("codes", "code", "999", "UNKNOWN_VALUE"),
        ("documents", "codes", "ipc:nonsense", "UNKNOWN_VALUE"),
        ("providers", "starts", "", "INCONSISTENT"),
        ("skills", "evidence_ids", "DOC-9", "INCONSISTENT"),
        ("records", "score", "101", "OUT_OF_RANGE"),
    ],
)
def test_each_bad_cell_of_a_file_is_rejected_with_its_line(tmp_path, file, column, value, code):
    """File, line and field are named, and nothing is taken."""
    write_csv_folder(tmp_path, [full_demand()], [full_provider()])
    path = tmp_path / f"{file}.csv"
    with path.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.reader(opened))
    rows[1][rows[0].index(column)] = value
    with path.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows(rows)
    imported = read_csv_folder(tmp_path)
    found = next(one for one in imported.rejects if one.code == code)

    assert imported.value is None
    assert found.place.startswith("line ")
    assert found.file == f"{file}.csv" or code == "INCONSISTENT"


def test_an_identifier_that_comes_twice_is_rejected(book):
    """The second row names the first."""
    workbook = load_workbook(book)
    page = workbook.worksheets[1]
    for cell in page[3]:
        page.cell(4, cell.column).value = cell.value
    workbook.save(book)

    rejects = read_technology_workbook(book.read_bytes(), book.name).rejects
    reject = next(one for one in rejects if one.code == "DUPLICATE_ID")
    assert ("row 4" in reject.place, "row 3" in reject.expected) == (True, True)


def test_the_empty_template_reads_as_no_rows_and_its_examples_do_not_count(tmp_path):
    """Every sheet has an example row, its drop-down lists and headings in both languages."""
    path = tmp_path / "t.xlsx"
    write_technology_template(path)
    workbook = load_workbook(path)

    assert only(read_technology_workbook(path.read_bytes(), "t.xlsx")).code == "NO_ROWS"
    assert len(workbook.worksheets) == len(TECHNOLOGY_SHEETS) + 2
    for sheet, page in zip(TECHNOLOGY_SHEETS, workbook.worksheets[1:], strict=False):
        choices = [field for field in sheet.fields if field.choices is not None]
        assert page["A2"].value == "示例 EXAMPLE"
        assert len(page.data_validations.dataValidation) >= len(choices)
        assert all(field.zh and field.en for field in sheet.fields)
    assert len(words.instructions()) == workbook.worksheets[0].max_row


def test_a_missing_sheet_is_rejected(book):
    """The form is taken whole."""
    workbook = load_workbook(book)
    del workbook[workbook.sheetnames[2]]
    workbook.save(book)

    reject = only(read_technology_workbook(book.read_bytes(), book.name))
    assert (reject.code, "指标" in reject.expected) == ("SHEET_MISSING", True)
    assert only(read_technology_workbook(b"no zip", "x.xlsx")).code == "WORKBOOK_NOT_XLSX"


@pytest.mark.parametrize(
    ("name", "text", "code", "place"),
    [
        ("demands.csv", "", "HEADER_WRONG", "line 1"),
        ("demands.csv", 'demand_id,title\n"a', "CSV_TRUNCATED", "line 2"),
        ("demands.csv", "demand_id,title\na\n", "COLUMN_COUNT", "line 2"),
        ("prices.csv", "a,b\n", "FILE_UNREADABLE", ""),
    ],
)
def test_each_bad_csv_is_rejected(tmp_path, name, text, code, place):
    """File and line are named."""
    write_csv_folder(tmp_path, [full_demand()], [])
    (tmp_path / name).write_text(text, "utf-8")
    imported = read_csv_folder(tmp_path)
    found = next(one for one in imported.rejects if one.code == code)

    assert (found.file, found.place) == (name, place)


def test_csv_rejects_name_the_line_behind_a_text_of_several_lines(tmp_path):
    """A row that ends on line 5 is line 5, however many rows stand before it."""
    two = full_demand(demand_id="D-2", lang=full_demand().lang)
    write_csv_folder(tmp_path, [full_demand(), two], [])
    path = tmp_path / "demands.csv"
    text = path.read_text("utf-8").replace(",open\n", ",closing\n")
    path.write_text(text, "utf-8")
    places = [one.place for one in read_csv_folder(tmp_path).rejects]
    lines = [n for n, row in enumerate(text.split("\n"), 1) if row.endswith(",closing")]

    assert places == [f"line {n}" for n in lines]


def test_a_folder_without_demands_or_providers_is_rejected(tmp_path):
    """There is nothing that the parts belong to."""
    assert only(read_csv_folder(tmp_path)).code == "FILE_MISSING"
    (tmp_path / "demands.csv").write_bytes(b"\xff\xfe")
    assert only(read_csv_folder(tmp_path)).code == "NOT_UTF8"


@pytest.mark.parametrize(
    "demand",
    [
        full_demand(budget=Budget(min_minor=1, max_minor=2, currency="EUR")),
        full_demand(keywords=("a;b",)),
        full_demand(deliverables=("a\nb",)),
    ],
)
def test_what_the_form_cannot_say_is_refused_rather_than_changed(demand):
    """JSON lines carry it."""
    with pytest.raises(ValueError, match="use JSON lines"):
        form_rows([demand], [])


@settings(max_examples=40, deadline=None)
@given(cut=st.integers(0, 3_000), flip=st.integers(0, 255))
def test_a_damaged_document_is_rejected_and_never_raises(cut, flip):
    """Whatever is cut off or overwritten, the answer is a value or rejects."""
    whole = lines_of([full_demand()])
    place = cut % len(whole)
    damaged = whole[:place] + bytes([flip]) + whole[place + 1 :]

    for data in (whole[:place], damaged):
        imported = demands_of(data, "d.jsonl")
        assert imported.accepted or imported.rejects
