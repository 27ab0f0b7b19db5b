"""Wrong workbooks: each is refused by name before anything interprets it."""

from __future__ import annotations

import io
import random
import time
import zipfile

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.exporters.workbook import content_bytes
from data.importers import container
from data.importers.codes import RejectCode
from data.importers.workbook import read_workbook
from tests.support.workbooks import content, edited, read, repacked

GOOD = content_bytes(content())
SHEET = "xl/worksheets/sheet3.xml"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def sheet_with(cells: str) -> bytes:
    """Return the form with the sheet of capacity replaced by some cells."""
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    return repacked(GOOD, {SHEET: f"{head}<sheetData>{cells}</sheetData></worksheet>".encode()})


def other_zip() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<x/>")
    return out.getvalue()


WRONG = {
    "empty": (b"", RejectCode.FILE_EMPTY),
    "text": (b"offer_id,week\n", RejectCode.WORKBOOK_NOT_XLSX),
    "old Excel": (OLE + bytes(600), RejectCode.WORKBOOK_NOT_XLSX),
    "password": (
        OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), RejectCode.WORKBOOK_ENCRYPTED
    ),
    "macros": (repacked(GOOD, {"xl/vbaProject.bin": b"x"}), RejectCode.WORKBOOK_HAS_MACROS),
    "another zip": (other_zip(), RejectCode.WORKBOOK_NOT_XLSX),
    "cut short": (GOOD[: len(GOOD) // 2], RejectCode.WORKBOOK_NOT_XLSX),
    "no sheet inside": (repacked(GOOD, {SHEET: b"not xml"}), RejectCode.WORKBOOK_NOT_XLSX),
    "a cell far away": (
        sheet_with('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'),
        RejectCode.TOO_MANY_ROWS,
    ),
    "a far row without references": (
        sheet_with('<row r="999999"><c><v>1</v></c></row>'),
        RejectCode.TOO_MANY_ROWS,
    ),
    "a far column": (
        sheet_with('<row r="1"><c r="AAA1" t="inlineStr"><is><t>x</t></is></c></row>'),
        RejectCode.TOO_MANY_ROWS,
    ),
    "a document type": (
        repacked(GOOD, {SHEET: b'<!DOCTYPE x [<!ENTITY a "b">]><worksheet/>'}),
        RejectCode.XML_DOCTYPE,
    ),
    "a bomb": (repacked(GOOD, {"xl/media/a.xml": bytes(101_000_000)}), RejectCode.ZIP_BOMB),
    "too large": (GOOD + bytes(container.WORKBOOK_BYTES_MAX), RejectCode.FILE_TOO_LARGE),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_workbook_is_refused_quickly_and_by_name(name):
    data, code = WRONG[name]
    started = time.process_time()

    outcome = read(data)

    assert [reject.code for reject in outcome.rejects] == [code]
    assert time.process_time() - started < 5


def test_a_part_that_stands_twice_is_refused():
    """Two readers could each take another one."""
    out = io.BytesIO(GOOD)
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(out, "a") as archive:
        archive.writestr(SHEET, b"<worksheet/>")

    assert [r.code for r in read(out.getvalue()).rejects] == [RejectCode.ZIP_BOMB]


def test_a_workbook_of_another_kind_lacks_the_sheets():
    out = io.BytesIO()
    openpyxl.Workbook().save(out)

    assert {r.code for r in read(out.getvalue()).rejects} == {RejectCode.SHEET_MISSING}
    assert len(read(out.getvalue()).rejects) == 4


def test_styled_empty_cells_far_away_do_no_harm():
    """People format whole columns: cells without a value do not count."""

    def edit(book):
        book["产能 Capacity"].cell(200_000, 40).number_format = "0.00"

    assert read(edited(edit)).accepted


def test_a_file_that_is_not_there_is_refused(tmp_path):
    assert [r.code for r in read_workbook(tmp_path / "no.xlsx").rejects] == [
        RejectCode.FILE_MISSING
    ]
    assert [r.code for r in read_workbook(tmp_path).rejects] == [RejectCode.FILE_UNREADABLE]


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_no_damage_to_a_file_raises(data):
    """Whatever is sent: content or rejects, never an exception."""
    raw = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))

    outcome = read(bytes(raw))

    assert outcome.accepted != bool(outcome.rejects)


@pytest.mark.long
@given(st.integers(0, 2**32), st.integers(1, 8))
@settings(max_examples=1_500, deadline=None)
def test_no_damage_inside_the_sheets_raises(seed, edits):
    """Damage below the zip's checksums: parts changed and packed again."""
    rng = random.Random(seed)
    with zipfile.ZipFile(io.BytesIO(GOOD)) as archive:
        parts = {info.filename: bytearray(archive.read(info)) for info in archive.infolist()}
    for _ in range(edits):
        part = parts[rng.choice(sorted(parts))]
        at = rng.randrange(len(part))
        part[at : at + rng.randint(0, 4)] = rng.choice(
            [b"", b"<", b"9", b'"', b"\xff", b"A1", b"&#1;"]
        )

    outcome = read(repacked(GOOD, {name: bytes(part) for name, part in parts.items()}))

    assert outcome.accepted != bool(outcome.rejects)
