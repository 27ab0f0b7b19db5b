"""Bring documents in: a CSV bundle, an Excel workbook, a UBL order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from api.services.workspace import Workspace
from data.importers.report import Reject
from data.kinds import ImportKind, ImportStatus


RejectView = Reject
"""One thing that is wrong with a document; all-or-nothing, so it was not taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What one document brought. `counts` by noun: organisations, offers, orders, …"""

    id: str
    name: str
    kind: ImportKind
    sha256: str
    status: ImportStatus
    code: str | None
    counts: Mapping[str, int]
    rejects: tuple[Reject, ...] = ()
    total_rejects: int = 0
    purchase_order_id: str | None = None


def import_path(workspace: Workspace, path: Path) -> ImportReport:
    """Import a bundle folder, a bundle .zip, an .xlsx workbook or an .xml order from a path."""
    raise NotImplementedError


def import_bytes(workspace: Workspace, name: str, data: bytes) -> ImportReport:
    """Import an uploaded .zip (CSV bundle), .xlsx or .xml; the name's ending says which."""
    raise NotImplementedError


def get(workspace: Workspace, import_id: str) -> ImportReport:
    """Return the stored report of one import. Raises NotFound."""
    raise NotImplementedError


def list_imports(workspace: Workspace) -> tuple[ImportReport, ...]:
    """Return all import reports, newest first."""
    raise NotImplementedError
