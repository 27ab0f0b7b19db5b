from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings

from data.exporters.bundle import bundle_bytes, write_bundle
from data.importers.bundle import read_bundle, read_bundle_zip, read_files
from data.importers.codes import RejectCode
from data.importers.report import RejectList
from tests.support.bundles import QUOTED, SMALL, problems, read, write


def changed(name: str, old: str, new: str, *, files: dict[str, str] = SMALL) -> dict[str, str]:
    """Return a bundle with one text replaced once in one file."""
    assert old in files[name], f"{old!r} is not in {name}"
    return {**files, name: files[name].replace(old, new, 1)}


def test_a_small_bundle_becomes_its_problem():
    problem = read(QUOTED).required()

    assert problem.settings.weeks == 3
    assert problem.settings.transport_fen_per_tonne_km == Fraction(91, 2)
    assert [offer.idle_minutes for offer in problem.offers] == [(600, 0, 300), (0, 1200, 0)]
    assert problem.offers[0].materials == {"steel", "pom"}
    assert problem.offers[1].certificates == frozenset()
    assert problem.offers[1].carbon_g_per_hour == Fraction(16801, 4)
    assert [made.process for made in problem.orders[0].operations] == ["cnc-turning", "grinding"]
    assert problem.orders[0].excluded_enterprises == {"E9"}
    assert not problem.orders[0].quoted_only
    assert problem.quotations[0].price_fen == 21000


def test_the_optional_last_column_says_who_takes_quotations_only():
    files = changed("orders.csv", "weight_kg\n", "weight_kg,quoted_only\n")
    files["orders.csv"] = (
        files["orders.csv"].replace("75.5\n", "75.5,1\n").replace(",2\n", ",2,0\n")
    )

    assert [order.quoted_only for order in read(files).required().orders] == [True, False]


def test_a_byte_order_mark_and_other_line_ends_are_accepted():
    files = {
        n: ("\ufeff" + t.replace("\n", "\r\n")) if n != "settings.json" else t
        for n, t in SMALL.items()
    }

    assert read(files).required() == read(SMALL).required()


CASES = [
    # settings.json
    ("settings.json", "{", "[", RejectCode.JSON_MALFORMED, ""),
    ("settings.json", "8,", "NaN,", RejectCode.JSON_MALFORMED, ""),
    ("settings.json", "8,", "1e999999999,", RejectCode.JSON_MALFORMED, ""),
    ("settings.json", '"max_block_weeks"', '"weeks"', RejectCode.JSON_MALFORMED, ""),
    ("settings.json", '"max_block_weeks"', '"blocks"', RejectCode.SETTINGS_KEYS, ""),
    ("settings.json", '"weeks": 3', '"weeks": 3.0', RejectCode.NOT_AN_INTEGER, "weeks"),
    ("settings.json", '"weeks": 3', '"weeks": true', RejectCode.NOT_AN_INTEGER, "weeks"),
    ("settings.json", '"weeks": 3', '"weeks": 0', RejectCode.OUT_OF_RANGE, "weeks"),
    ("settings.json", '"weeks": 3', '"weeks": 521', RejectCode.OUT_OF_RANGE, "weeks"),
    ("settings.json", "8,", '"8",', RejectCode.NOT_A_DECIMAL, "carbon_fen_per_kg"),
    ("settings.json", "8,", "-8,", RejectCode.OUT_OF_RANGE, "carbon_fen_per_kg"),
    # parks.csv
    ("parks.csv", "park_id,lat", "park,lat", RejectCode.HEADER_WRONG, ""),
    ("parks.csv", "P2,", "P1,", RejectCode.DUPLICATE_ID, "park_id"),
    ("parks.csv", "31.25", "91", RejectCode.NOT_AN_ANGLE, "lat"),
    ("parks.csv", "31.25", "nan", RejectCode.NOT_AN_ANGLE, "lat"),
    ("parks.csv", "31.25", "north", RejectCode.NOT_AN_ANGLE, "lat"),
    ("parks.csv", "31.25", "", RejectCode.VALUE_MISSING, "lat"),
    # offers.csv
    ("offers.csv", "F1,E1,P1", "F1,E1,P9", RejectCode.UNKNOWN_PARK, "park_id"),
    ("offers.csv", "F1,E1", "F1,", RejectCode.VALUE_MISSING, "enterprise_id"),
    ("offers.csv", "F1,E1", "F1,=1+1", RejectCode.FORMULA_TEXT, "enterprise_id"),
    ("offers.csv", "F1,E1", "F1,E\x071", RejectCode.CONTROL_CHARACTER, "enterprise_id"),
    ("offers.csv", "F1,E1", "F1,E\u202e1", RejectCode.CONTROL_CHARACTER, "enterprise_id"),
    ("offers.csv", "F1,E1", f"F1,{'E' * 201}", RejectCode.TEXT_TOO_LONG, "enterprise_id"),
    ("offers.csv", "turning,2,8", "turning,0,8", RejectCode.OUT_OF_RANGE, "size_class"),
    ("offers.csv", "turning,2,8", "turning,2,x", RejectCode.NOT_AN_INTEGER, "tolerance_it"),
    ("offers.csv", "steel|pom", "steel||pom", RejectCode.EMPTY_LIST_ITEM, "materials"),
    ("offers.csv", "9000,30", "90.5,30", RejectCode.FLOAT_AMOUNT, "rate_fen_per_hour"),
    ("offers.csv", "9000,30", "9e3,30", RejectCode.FLOAT_AMOUNT, "rate_fen_per_hour"),
    ("offers.csv", "9000,30", "9000,1.5", RejectCode.NOT_AN_INTEGER, "setup_minutes"),
    ("offers.csv", ",0,5400", ",0,-1", RejectCode.NOT_A_DECIMAL, "carbon_g_per_hour"),
    ("offers.csv", ",0,5400", ",0,1e3", RejectCode.NOT_A_DECIMAL, "carbon_g_per_hour"),
    ("offers.csv", ",0,5400", ",0,5000000000", RejectCode.OUT_OF_RANGE, "carbon_g_per_hour"),
    ("offers.csv", "5400\n", "5400,\n", RejectCode.COLUMN_COUNT, ""),
    ("offers.csv", "5400\n", "5400\n\n", RejectCode.COLUMN_COUNT, ""),
    # offer_weeks.csv
    ("offer_weeks.csv", "F2,1", "F9,1", RejectCode.UNKNOWN_OFFER, "offer_id"),
    ("offer_weeks.csv", "F1,2", "F1,0", RejectCode.DUPLICATE_ROW, ""),
    ("offer_weeks.csv", "F1,2", "F1,3", RejectCode.OUT_OF_RANGE, "week"),
    ("offer_weeks.csv", "F1,2", "F1,-1", RejectCode.OUT_OF_RANGE, "week"),
    ("offer_weeks.csv", "1200\n", "12", RejectCode.CSV_TRUNCATED, ""),
    # orders.csv
    ("orders.csv", "O2,", "O1,", RejectCode.DUPLICATE_ID, "order_id"),
    ("orders.csv", "250000,", "2500.00,", RejectCode.FLOAT_AMOUNT, "value_fen"),
    ("orders.csv", "250000,", "nan,", RejectCode.FLOAT_AMOUNT, "value_fen"),
    ("orders.csv", "250000,", "1e5,", RejectCode.FLOAT_AMOUNT, "value_fen"),
    ("orders.csv", "250000,", "lots,", RejectCode.NOT_AN_INTEGER, "value_fen"),
    ("orders.csv", "250000,", "10000000000001,", RejectCode.OUT_OF_RANGE, "value_fen"),
    ("orders.csv", "250000,", "-1,", RejectCode.OUT_OF_RANGE, "value_fen"),
    ("orders.csv", ",50,steel", ",0,steel", RejectCode.OUT_OF_RANGE, "quantity"),
    ("orders.csv", ",75.5", ",75.5.5", RejectCode.NOT_A_DECIMAL, "weight_kg"),
    ("orders.csv", "O1,B1", '"O1,B1', RejectCode.CSV_TRUNCATED, ""),
    ("orders.csv", "O1,B1", '"O1"x,B1', RejectCode.CSV_MALFORMED, ""),
    # operations.csv
    ("operations.csv", "O2,1", "O9,1", RejectCode.UNKNOWN_ORDER, "order_id"),
    ("operations.csv", "O1,2", "O1,1", RejectCode.DUPLICATE_ROW, ""),
    ("operations.csv", "O1,2", "O1,3", RejectCode.STEPS_NOT_CONSECUTIVE, "step"),
    ("operations.csv", "9,240", "9,0", RejectCode.OUT_OF_RANGE, "minutes_total"),
    # quotations.csv
    ("quotations.csv", "O1,2,F2", "O1,3,F2", RejectCode.UNKNOWN_ORDER, "order_id"),
    ("quotations.csv", "O1,2,F2", "O1,2,F9", RejectCode.UNKNOWN_OFFER, "offer_id"),
    ("quotations.csv", "10,80,21000", "10,0,21000", RejectCode.OUT_OF_RANGE, "minutes_total"),
]


LEAVES_OTHERS = {RejectCode.DUPLICATE_ID, RejectCode.UNKNOWN_ORDER, RejectCode.DUPLICATE_ROW}


@pytest.mark.parametrize(("name", "old", "new", "code", "field"), CASES)
def test_each_mistake_has_its_code(name, old, new, code, field):
    """One mistake in an otherwise good bundle: its code, its file and its field, and no value."""
    outcome = read(changed(name, old, new, files=QUOTED))

    assert outcome.value is None
    found = [(r.code, r.file, r.field) for r in outcome.rejects]
    assert found[0] == (code, name, field)
    # A name that is taken or wrong leaves others without what they name; nothing else cascades.
    assert len(found) == 1 or code in LEAVES_OTHERS, found


def test_an_order_without_operations_is_refused():
    outcome = read(changed("operations.csv", "O2,1,cnc-turning,10,60\n", ""))

    found = [(r.code, r.file, r.place) for r in outcome.rejects]
    assert found == [(RejectCode.ORDER_WITHOUT_OPERATIONS, "orders.csv", "line 3")]


def test_a_repeated_quotation_is_refused():
    files = {**QUOTED, "quotations.csv": QUOTED["quotations.csv"] + "O1,2,F2,1,1,1\n"}

    assert [r.code for r in read(files).rejects] == [RejectCode.DUPLICATE_ROW]


def test_a_flag_is_0_or_1():
    files = changed("orders.csv", "weight_kg\n", "weight_kg,quoted_only\n")
    files["orders.csv"] = (
        files["orders.csv"].replace("75.5\n", "75.5,yes\n").replace(",2\n", ",2,0\n")
    )

    assert next((r.code, r.field) for r in read(files).rejects) == (
        RejectCode.NOT_A_FLAG,
        "quoted_only",
    )


@pytest.mark.parametrize("name", sorted(SMALL))
def test_a_missing_file_is_named(name):
    files = {key: text for key, text in SMALL.items() if key != name}

    assert (RejectCode.FILE_MISSING, name) in [(r.code, r.file) for r in read(files).rejects]


@pytest.mark.parametrize("name", sorted(SMALL))
def test_an_empty_file_is_refused(name):
    outcome = read({**SMALL, name: ""})

    assert outcome.rejects[0].code in {RejectCode.FILE_EMPTY, RejectCode.JSON_MALFORMED}


def test_a_bundle_without_parks_is_refused():
    files = {**SMALL, "parks.csv": "park_id,lat,lon\n", "offers.csv": SMALL["offers.csv"][:137]}

    assert read(files).value is None


def test_text_that_is_not_utf8_is_refused_with_its_line():
    files = {**SMALL, "parks.csv": "park_id,lat,lon\nP1,1,1\n织链,1,1\n".encode("gb18030")}

    first = read(files).rejects[0]

    assert (first.code, first.file, first.place) == (RejectCode.NOT_UTF8, "parks.csv", "line 3")


def test_all_bad_rows_are_reported_and_every_bad_cell():
    files = changed("offers.csv", "9000,30", "90.5,x")
    files = changed("offers.csv", "11000", "1e4", files=files)
    files = changed("orders.csv", "250000", "1.5", files=files)

    outcome = read(files)

    found = [(r.file, r.place, r.field) for r in outcome.rejects]
    assert ("offers.csv", "line 2", "rate_fen_per_hour") in found
    assert ("offers.csv", "line 2", "setup_minutes") in found
    assert ("offers.csv", "line 3", "rate_fen_per_hour") in found
    assert ("orders.csv", "line 2", "value_fen") in found


@pytest.mark.parametrize("name", ["offers.csv", "offer_weeks.csv", "orders.csv", "operations.csv"])
def test_a_table_cut_anywhere_is_never_taken_for_a_whole_one(name):
    """Whatever byte the transfer stopped at: refused, or only whole last rows are missing.

    Rows missing from offer_weeks.csv alone cannot be noticed: the format allows weeks without one.
    """
    data = SMALL[name].encode()
    whole = read(SMALL).required()
    for cut in range(len(data)):
        outcome = read({**SMALL, name: data[:cut]})
        if outcome.value is not None:
            assert name == "offer_weeks.csv"
            assert data[:cut].endswith(b"\n")
            assert outcome.value.orders == whole.orders


def test_too_many_bad_rows_are_counted():
    rows = "".join(f"F1,{n},x\n" for n in range(1000))
    outcome = read({**SMALL, "offer_weeks.csv": "offer_id,week,minutes\n" + rows})

    assert outcome.total_rejects == 1000
    assert len(outcome.rejects) == 200


def test_a_folder_is_read_and_a_missing_one_is_refused(tmp_path):
    assert read_bundle(write(tmp_path / "bundle", SMALL)).required() == read(SMALL).required()
    missing = read_bundle(tmp_path / "nowhere")
    assert [r.code for r in missing.rejects] == [RejectCode.FILE_MISSING]


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path):
    folder = write(tmp_path / "bundle", SMALL)
    (folder / "orders.csv").unlink()
    (folder / "orders.csv").mkdir()

    assert RejectCode.FILE_UNREADABLE in {r.code for r in read_bundle(folder).rejects}


def packed(files: dict[str, str], *, inside: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(inside + name, text)
    return out.getvalue()


def test_a_packed_bundle_is_read_whatever_folder_it_was_packed_from():
    whole = read(SMALL).required()

    assert read_bundle_zip(packed(SMALL), "b.zip").required() == whole
    assert read_bundle_zip(packed(SMALL, inside="my park/"), "b.zip").required() == whole
    extra = {**SMALL, "../notes.txt": "x"}
    assert read_bundle_zip(packed(extra), "b.zip").required() == whole


def test_a_bad_archive_is_refused():
    assert [r.code for r in read_bundle_zip(b"PK not", "b.zip").rejects] == [RejectCode.NOT_A_ZIP]
    cut = packed(SMALL)[:400]
    assert [r.code for r in read_bundle_zip(cut, "b.zip").rejects] == [RejectCode.NOT_A_ZIP]


def test_a_zip_bomb_is_refused_before_it_unfolds(monkeypatch):
    monkeypatch.setattr("data.importers.bundle_files.BUNDLE_BYTES_MAX", 1_000_000)
    bomb = packed({**SMALL, "orders.csv": "0" * 5_000_000})

    assert [r.code for r in read_bundle_zip(bomb, "b.zip").rejects] == [RejectCode.ZIP_BOMB]


def test_two_files_of_one_name_in_an_archive_are_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in SMALL.items():
            archive.writestr(name, text)
        archive.writestr("copy/parks.csv", SMALL["parks.csv"])

    assert read_bundle_zip(out.getvalue(), "b.zip").rejects[0].code is RejectCode.DUPLICATE_ID


@given(problems())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_reads_back_as_the_same_problem(problem):
    files = bundle_bytes(problem)

    again = read_files(files, RejectList("bundle")).required()

    assert again == problem
    assert again.digest == problem.digest
    assert bundle_bytes(again) == files


def test_writing_replaces_the_folder_and_drops_old_quotations(tmp_path):
    quoted = read(QUOTED).required()
    write_bundle(tmp_path / "b", quoted)
    assert read_bundle(tmp_path / "b").required() == quoted

    plain = replace(quoted, quotations=())
    write_bundle(tmp_path / "b", plain)

    assert read_bundle(tmp_path / "b").required() == plain
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == sorted(SMALL)


@pytest.mark.long
@given(problems())
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_written_reads_back_as_the_same_problem_many_times(problem):
    files = bundle_bytes(problem)

    assert read_files(files, RejectList("bundle")).required() == problem
