"""Draft files on the command line: a JSON file of canonical form, signed in turn by its parties."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from api.commands.frame import BadInput, Report, read_input
from data.exporters.files import write_bytes
from ledger.claims import drafts
from ledger.claims.drafts import Draft
from ledger.errors import Refusal
from ledger.values.consent import Need

FILE_BYTES_MAX = 1_000_000


def read_draft(file: Path) -> Draft:
    """Read a draft file. Raises BadInput when it is missing, too large or no draft."""
    data = read_input(file, most=FILE_BYTES_MAX)
    try:
        return drafts.from_json(data)
    except (Refusal, ValueError) as malformed:
        raise BadInput(f"{file} is no draft: {malformed}", file=str(file)) from None


def waiting(draft: Draft) -> tuple[Need, ...]:
    """Return whose signatures the draft still waits for."""
    return drafts.missing(draft)


def write_draft(
    draft: Draft, out: Path | None, report: Report, *, extra: Mapping[str, str] | None = None
) -> None:
    """Write a draft to a file, or print it, and say whose signatures it waits for."""
    data = drafts.to_json(draft)
    needs = [f"{need.role} {need.duty or 'root'} of party {need.party}" for need in waiting(draft)]
    shown: dict[str, object] = {"waits_for": needs, **(extra or {})}
    if out is None:
        report.line(data.decode("utf-8").rstrip("\n"))
        report.result({**shown, "draft": data.decode("utf-8")})
        return
    write_bytes(out, data)
    report.line(f"Wrote {out}")
    for need in needs:
        report.line(f"  waits for {need}")
    report.result({**shown, "file": str(out)})
