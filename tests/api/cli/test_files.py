"""template, sample, import: files in and out."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from api.demo.sample import write_sample
from data.importers.workbook import read_workbook
from data.reference.calendar import next_week0
from data.samples import SAMPLE_BUNDLE, SAMPLE_PARK, SAMPLE_UBL, SAMPLE_WEEK0
from tests.support.cli import fits, only_json, words

YEAR_MS = 365 * 86_400_000


@pytest.fixture
def installed(run):
    vkey = only_json(run("key", "new", "root.key", "--name", "registrar.example", "--json"))["vkey"]
    assert run("init", "--registrar", vkey).exit_code == 0


def test_template_writes_a_form_once(run, tmp_path: Path):
    result = run("template", "capacity.xlsx", "--week0", "2026-11-30", "--json")
    assert result.exit_code == 0
    assert only_json(result)["week0"] == "2026-11-30"
    assert (tmp_path / "capacity.xlsx").stat().st_size > 5_000
    again = run("template", "capacity.xlsx")
    assert again.exit_code == 2
    assert "exists" in again.stderr
    assert run("template", "capacity.ods").exit_code == 2
    tuesday = run("template", "other.xlsx", "--week0", "2026-12-01")
    assert tuesday.exit_code == 2
    assert "2026-11-30" in tuesday.stderr


def test_sample_writes_files_that_import(run, installed):
    result = run("sample", "park", "--json")
    assert result.exit_code == 0
    week0 = only_json(result)["week0"]
    assert run("sample", "park").exit_code == 2
    assert "organisations" in run("import", "park/directory").stdout
    done = run("import", "park/centre-bundle", "--week0", week0)
    assert done.exit_code == 0, done.stderr
    assert fits(done.stdout)
    for form in sorted(Path("park/workbooks").glob("*.xlsx")):
        taken = run("import", form)
        assert taken.exit_code == 0, taken.stderr


def test_the_sample_is_dated_anew_once_its_weeks_have_begun(tmp_path: Path):
    """Nobody can sell last month's capacity."""
    later = 1_830_000_000_000
    early = write_sample(tmp_path / "early", now_ms=later - 2 * YEAR_MS)
    late = write_sample(tmp_path / "late", now_ms=later)
    assert early.week0 == SAMPLE_WEEK0
    assert late.week0 == next_week0(later)
    for old, new in zip(early.workbooks, late.workbooks, strict=True):
        first = read_workbook(old, week0=early.week0).required()
        second = read_workbook(new, week0=late.week0).required()
        assert (first.offers, first.orders) == (second.offers, second.orders)
    assert (tmp_path / "early" / "README.md").read_bytes() == (
        SAMPLE_PARK / "README.md"
    ).read_bytes()


def test_rejected_rows_are_a_readable_table_and_status_2(run, installed, tmp_path: Path):
    folder = shutil.copytree(SAMPLE_BUNDLE, tmp_path / "bundle")
    lines = (folder / "orders.csv").read_text("utf-8").splitlines()
    lines[1] = lines[1].replace(",", ",,", 1)
    lines[2] = lines[2].replace(lines[2].split(",")[11], "12.5", 1)
    (folder / "orders.csv").write_text("\n".join(lines) + "\n", "utf-8")
    result = run("import", "bundle")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "bundle was not taken" in words(result.stderr)
    assert "orders.csv" in result.stderr
    assert "line 2" in result.stderr
    assert fits(result.stderr)
    error = only_json(run("import", "bundle", "--json"))["error"]
    assert error["code"] == "DOCUMENT_REFUSED"
    assert {reject["place"] for reject in error["rejects"]} >= {"line 2", "line 3"}


def test_ubl_orders_say_what_became_of_them(run, installed):
    good = run("import", SAMPLE_UBL / "order-good.xml")
    assert good.stdout == "order-good.xml: imported: 1 purchase_orders, 2 lines\n"
    again = run("import", SAMPLE_UBL / "order-good.xml")
    assert again.exit_code == 2
    assert "(DUPLICATE)" in again.stdout
    held = run("import", SAMPLE_UBL / "order-unidentified.xml", "--json")
    assert held.exit_code == 0
    assert (only_json(held)["status"], only_json(held)["code"]) == ("held", "PARTY_UNIDENTIFIED")
    own = run("import", SAMPLE_UBL / "order-self-trade.xml", "--json")
    assert own.exit_code == 2
    assert only_json(own)["code"] == "SELF_TRADE"


@pytest.mark.parametrize("name", ["nowhere.xml", "nowhere"])
def test_a_path_that_is_not_there(run, installed, name):
    result = run("import", name)
    assert result.exit_code == 2
    assert "no file or folder" in words(result.stderr)


def test_a_file_of_another_kind(run, installed, tmp_path: Path):
    (tmp_path / "orders.pdf").write_bytes(b"%PDF-1.7")
    result = run("import", "orders.pdf")
    assert result.exit_code == 2
    assert "expected a folder or .zip" in words(result.stderr)
