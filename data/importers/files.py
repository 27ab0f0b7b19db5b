"""Files in: bounded reading, and names that lead out of a document's folder."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from data.importers.codes import RejectCode
from data.importers.report import RejectList


def read_bytes(path: Path, rejects: RejectList, *, most: int) -> bytes | None:
    """Return the bytes of a file, at most `most`; None after one reject.

    Adds FILE_MISSING, FILE_TOO_LARGE or FILE_UNREADABLE.
    """
    try:
        if path.stat().st_size > most:
            expected = f"at most {most} bytes"
            rejects.add(RejectCode.FILE_TOO_LARGE, expected=expected, got="more")
            return None
        return path.read_bytes()
    except FileNotFoundError:
        rejects.add(RejectCode.FILE_MISSING, expected=path.name)
    except OSError as error:
        rejects.add(RejectCode.FILE_UNREADABLE, got=error.strerror or "unreadable")
    return None


def file_beside(folder: Path, name: str, rejects: RejectList, *, place: str) -> Path | None:
    """Return a file that a document names, in its folder or below it; None after one reject."""
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts or "\\" in name or "\0" in name:
        expected = "a file in the folder of this one, or below it"
        rejects.add(RejectCode.INCONSISTENT, place=place, expected=expected, got=name)
        return None
    return folder / parts
