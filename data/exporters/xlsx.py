"""Save a workbook so that the same content is the same file, byte for byte."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

from openpyxl import Workbook

STORED_BYTES_MAX = 1_000_000
EPOCH = (1980, 1, 1, 0, 0, 0)  # the first date that a zip can hold
_STAMP = re.compile(rb"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z")
_FIXED_STAMP = b"2020-01-01T00:00:00Z"


def workbook_bytes(book: Workbook) -> bytes:
    """Return a workbook as .xlsx, without the time of saving.

    Small workbooks are stored uncompressed: compressed bytes differ between versions of zlib.
    """
    raw = BytesIO()
    book.properties.creator = "Parkloom"
    book.save(raw)
    with zipfile.ZipFile(raw) as archive:
        parts = [(part.filename, archive.read(part)) for part in archive.infolist()]
    total = sum(len(content) for _, content in parts)
    method = zipfile.ZIP_STORED if total <= STORED_BYTES_MAX else zipfile.ZIP_DEFLATED
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in parts:
            if name == "docProps/core.xml":
                content = _STAMP.sub(_FIXED_STAMP, content)  # noqa: PLW2901
            info = zipfile.ZipInfo(name, EPOCH)
            info.compress_type = method
            info.create_system = 3
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return out.getvalue()
