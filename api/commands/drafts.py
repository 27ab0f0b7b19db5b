"""Draft files on the command line: a JSON file of canonical form, signed in turn by its parties."""

from __future__ import annotations

from pathlib import Path

from api.commands.frame import BadInput, Report
from ledger.claims import drafts
from ledger.claims.drafts import Draft

FILE_BYTES_MAX = 1_000_000


def read_draft(file: Path) -> Draft:
    """Read a draft file. Raises BadInput when it is missing, too large or no draft."""
    try:
        if file.stat().st_size > FILE_BYTES_MAX:
            raise BadInput(f"{file} is larger than {FILE_BYTES_MAX:,} bytes; it is no draft.")
        return drafts.from_json(file.read_bytes())
    except OSError as failed:
        raise BadInput(f"Cannot read {file}: {failed.strerror}.", file=str(file)) from None
    except ValueError as malformed:
        raise BadInput(f"{file} is no draft: {malformed}", file=str(file)) from None


def write_draft(draft: Draft, out: Path | None, report: Report) -> None:
    """Write a draft to a file, or print it, and say whose signatures it waits for."""
    data = drafts.to_json(draft)
    waiting = [f"{need.role} {need.duty or 'root'} of {need.party}" for need in drafts.missing(draft)]
    if out is not None:
        out.write_bytes(data)
        report.line(f"Wrote {out}")
        for one in waiting:
            report.line(f"  waits for {one}")
    else:
        report.line(data.decode("utf-8"))
    report.result({"file": str(out) if out else None, "waits_for": waiting} | _inline(data, out))


def _inline(data: bytes, out: Path | None) -> dict[str, str]:
    return {} if out else {"draft": data.decode("utf-8")}
