"""The container of a workbook: a zip of XML parts, measured before anything interprets it.

The reader of cells lays a sheet out as a full rectangle, so one cell in the last row and column
would claim all memory; and a few kilobytes of zip can hold gigabytes. Both are found here first.
"""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from xml.parsers import expat

from data.importers.codes import RejectCode
from data.importers.report import RejectList

WORKBOOK_BYTES_MAX = 16 * 1024 * 1024
UNPACKED_BYTES_MAX = 96 * 1024 * 1024
PARTS_MAX = 2_000
ROWS_MAX = 20_000
COLUMNS_MAX = 400
_CHUNK = 1 << 16
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_REFERENCE = re.compile(r"([A-Za-z]{1,3})(\d{1,7})", re.ASCII)
_MACROS = ("vbaproject.bin", "vbadata.xml")


class _Refused(Exception):
    """The container is not one that we open."""

    def __init__(self, code: RejectCode, expected: str, got: str) -> None:
        super().__init__(code)
        self.code = code
        self.expected = expected
        self.got = got


def check_workbook(data: bytes, rejects: RejectList) -> bool:
    """Return whether a file is an .xlsx workbook of bearable size, without macros.

    Adds one reject when it is not: FILE_EMPTY, FILE_TOO_LARGE, WORKBOOK_NOT_XLSX,
    WORKBOOK_ENCRYPTED, WORKBOOK_HAS_MACROS, ZIP_BOMB, TOO_MANY_ROWS or XML_DOCTYPE.
    """
    try:
        _check_kind(data)
        _check_parts(data)
    except _Refused as refused:
        rejects.add(refused.code, expected=refused.expected, got=refused.got)
        return False
    except (zipfile.BadZipFile, OSError, EOFError, RuntimeError) as error:
        expected = "an .xlsx workbook"
        rejects.add(RejectCode.WORKBOOK_NOT_XLSX, expected=expected, got=str(error))
        return False
    except Exception as error:  # noqa: BLE001 (zlib.error, struct.error …: a broken archive)
        expected, got = "an .xlsx workbook", type(error).__name__
        rejects.add(RejectCode.WORKBOOK_NOT_XLSX, expected=expected, got=got)
        return False
    return True


def _check_kind(data: bytes) -> None:
    if not data:
        raise _Refused(RejectCode.FILE_EMPTY, "an .xlsx workbook", "no bytes")
    if len(data) > WORKBOOK_BYTES_MAX:
        expected = f"at most {WORKBOOK_BYTES_MAX} bytes"
        raise _Refused(RejectCode.FILE_TOO_LARGE, expected, f"{len(data)} bytes")
    if data.startswith(_OLE):
        if _ENCRYPTED in data:
            raise _Refused(RejectCode.WORKBOOK_ENCRYPTED, "no password", "an encrypted workbook")
        raise _Refused(RejectCode.WORKBOOK_NOT_XLSX, "an .xlsx workbook", "the old .xls format")
    if not data.startswith(b"PK\x03\x04"):
        raise _Refused(RejectCode.WORKBOOK_NOT_XLSX, "an .xlsx workbook", "another kind of file")


def _check_parts(data: bytes) -> None:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = archive.infolist()
        names = {part.filename.lower() for part in parts}
        if len(parts) > PARTS_MAX or len(names) < len(parts):
            got = f"{len(parts)} parts, {len(names)} names"
            raise _Refused(RejectCode.ZIP_BOMB, f"at most {PARTS_MAX} parts, each once", got)
        macros = [name for name in names if name.endswith(_MACROS)]
        if macros:
            raise _Refused(RejectCode.WORKBOOK_HAS_MACROS, "no macros", macros[0])
        if not {"[content_types].xml", "xl/workbook.xml"} <= names:
            got = "a zip without xl/workbook.xml"
            raise _Refused(RejectCode.WORKBOOK_NOT_XLSX, "an .xlsx workbook", got)
        left = UNPACKED_BYTES_MAX
        for part in parts:
            name = part.filename.lower()
            is_sheet = name.startswith("xl/worksheets/") and name.endswith(".xml")
            left -= _measure(archive, part, left, _SheetGuard() if is_sheet else None)


def _measure(
    archive: zipfile.ZipFile, part: zipfile.ZipInfo, left: int, guard: _SheetGuard | None
) -> int:
    """Unpack a part without keeping it; return its true size."""
    size = 0
    with archive.open(part) as member:
        while chunk := member.read(_CHUNK):
            size += len(chunk)
            if size > left:
                expected = f"at most {UNPACKED_BYTES_MAX} bytes unpacked"
                raise _Refused(RejectCode.ZIP_BOMB, expected, "more")
            if guard is not None:
                guard.feed(chunk)
    return size


class _SheetGuard:
    """Follows the cells of one sheet and stops at one that lies too far out."""

    def __init__(self) -> None:
        self._row = 0
        self._column = 0
        self._parser = expat.ParserCreate()
        self._parser.StartDoctypeDeclHandler = self._doctype
        self._parser.StartElementHandler = self._start

    def feed(self, chunk: bytes) -> None:
        """Read on; expat's own complaints mean that this is no sheet."""
        try:
            self._parser.Parse(chunk)
        except expat.ExpatError as error:
            got = expat.ErrorString(error.code)
            raise _Refused(RejectCode.WORKBOOK_NOT_XLSX, "sheets of XML", got) from None

    def _doctype(self, name: str, _system: object, _public: object, _internal: object) -> None:
        raise _Refused(RejectCode.XML_DOCTYPE, "no DOCTYPE", f"DOCTYPE {name}")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        element = name.rsplit(":", 1)[-1]
        if element == "row":
            stated = attributes.get("r", "")
            self._row = int(stated) if stated.isdigit() and len(stated) < 8 else self._row + 1
            self._column = 0
        elif element == "c":
            self._place(attributes.get("r", ""))
        elif element in {"v", "is", "f"} and (self._row > ROWS_MAX or self._column > COLUMNS_MAX):
            expected = f"at most {ROWS_MAX} rows and {COLUMNS_MAX} columns"
            got = f"a cell in row {self._row}, column {self._column}"
            raise _Refused(RejectCode.TOO_MANY_ROWS, expected, got)

    def _place(self, reference: str) -> None:
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            self._column += 1
            return
        self._column = 0
        for letter in match[1].upper():
            self._column = self._column * 26 + ord(letter) - 64
        self._row = int(match[2])
