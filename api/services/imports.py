"""Bring documents in: a CSV bundle, an Excel workbook, a UBL order.

A document is taken whole or not at all. Its content and the note that it came stand in one
transaction, so the same bytes are taken once, however often they are handed in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlmodel import Session

from api.services import book, purchase_orders
from api.services.errors import BadRequest
from api.services.paging import every
from api.services.workspace import OPERATOR, Workspace, new_handle
from data.importers.bundle import read_bundle, read_bundle_zip
from data.importers.bundle_files import NAMES
from data.importers.codes import RejectCode
from data.importers.report import Imported, Reject
from data.importers.ubl import OrderDocument, read_order
from data.importers.workbook import WorkbookContent, read_workbook_bytes
from data.kinds import ImportKind, PurchaseOrderStatus
from data.kinds import ImportStatus as RecordStatus
from data.stores import capacity
from data.stores import imports as store
from data.stores import purchase_orders as orders
from data.stores.imports import ImportRecord
from data.stores.purchase_orders import PurchaseOrder
from matching.capacity import Problem

__all__ = [
    "DUPLICATE",
    "ImportKind",
    "ImportReport",
    "ImportStatus",
    "RejectView",
    "get",
    "import_bytes",
    "import_path",
    "list_imports",
]

DUPLICATE = "DUPLICATE"
"""Code of a document whose bytes were taken before; the report names the import that took them."""
FILE_BYTES_MAX = 64 * 1024 * 1024

RejectView = Reject
"""One thing that is wrong with a document; all-or-nothing, so it was not taken."""


class ImportStatus(StrEnum):
    """What became of a document."""

    IMPORTED = "imported"
    HELD = "held"  # taken, but a person must act before it can go on; `code` says why
    REFUSED = "refused"  # `code` or the rejects say why


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What one document brought.

    Parameters
    ----------
    counts
        By noun: enterprises, offers, orders, purchase_orders, lines.
    rejects, total_rejects
        At most 200 of them, and how many there were.
    purchase_order_id
        What a UBL order became.
    """

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


def import_path(workspace: Workspace, path: Path, *, week0: date | None = None) -> ImportReport:
    """Import a bundle folder, a bundle .zip, an .xlsx workbook or an .xml order from a path.

    Parameters
    ----------
    week0
        Monday of a bundle's week 0; None: the Monday after today.

    Raises
    ------
    BadRequest
        When the path cannot be read or has another ending.
    """
    if path.is_dir():
        return _take(
            workspace,
            name=path.name,
            kind=ImportKind.BUNDLE,
            data=_folder_bytes(path),
            read=lambda: read_bundle(path),
            keep=_keep_bundle(path.name, week0),
        )
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise BadRequest(f"{path} is larger than {FILE_BYTES_MAX:,} bytes.", path=str(path))
        data = path.read_bytes()
    except OSError as failed:
        raise BadRequest(f"Cannot read {path}: {failed.strerror}.", path=str(path)) from None
    return import_bytes(workspace, path.name, data, week0=week0)


def import_bytes(
    workspace: Workspace, name: str, data: bytes, *, week0: date | None = None
) -> ImportReport:
    """Import an uploaded .zip (CSV bundle), .xlsx or .xml; the name's ending says which.

    Raises
    ------
    BadRequest
        When the name has another ending, or a workbook comes before any bundle.
    Conflict
        When an offer, order or park is there already and says something else.
    """
    ending = name.lower().rpartition(".")[2]
    if ending == "zip":
        return _take(
            workspace,
            name=name,
            kind=ImportKind.BUNDLE,
            data=data,
            read=lambda: read_bundle_zip(data, name),
            keep=_keep_bundle(name, week0),
        )
    if ending == "xlsx":
        with workspace.snapshot() as session:
            scope = book.current(session, workspace)
        return _take(
            workspace,
            name=name,
            kind=ImportKind.WORKBOOK,
            data=data,
            read=lambda: read_workbook_bytes(
                data, name, week0=scope.week0, weeks=scope.settings.weeks
            ),
            keep=_keep_workbook(scope),
        )
    if ending == "xml":
        return _take(
            workspace,
            name=name,
            kind=ImportKind.UBL,
            data=data,
            read=lambda: read_order(data, name),
            keep=_keep_order,
        )
    raise BadRequest(
        f"{name}: expected a folder or .zip (CSV bundle), .xlsx (workbook) or .xml (UBL order).",
        name=name,
    )


def get(workspace: Workspace, import_id: str) -> ImportReport:
    """Return the stored report of one import. Raises NotFound."""
    with workspace.snapshot() as session:
        return _report(store.get(session, workspace.viewer, import_id))


def list_imports(workspace: Workspace) -> tuple[ImportReport, ...]:
    """Return all import reports, newest first."""
    with workspace.snapshot() as session:
        records = sorted(
            every(lambda after: store.listing(session, workspace.viewer, after=after)),
            key=lambda record: (-record.received_ms, record.id),
        )
    return tuple(_report(record) for record in records)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    """What keeping a document's content gave: its report, its scope, and the order it became."""

    report: Mapping[str, Any]
    scope_id: str | None = None
    order: PurchaseOrder | None = None


_Keep = Callable[[Workspace, Session, Any, str], _Kept]


def _take(
    workspace: Workspace,
    *,
    name: str,
    kind: ImportKind,
    data: bytes,
    read: Callable[[], Imported[Any]],
    keep: _Keep,
) -> ImportReport:
    """Read a document with no transaction open; keep its content and its record in one."""
    sha256 = hashlib.sha256(data).hexdigest()
    with workspace.snapshot() as session:
        repeat = store.find_repeat(
            session, workspace.operator_id, organisation_id=OPERATOR, kind=kind, sha256=sha256
        )
    if repeat is not None:
        return replace(_report(repeat), status=ImportStatus.REFUSED, code=DUPLICATE, name=name)
    imported = read()
    record = ImportRecord(
        id=new_handle(),
        organisation_id=OPERATOR,
        kind=kind,
        name=name,
        sha256=sha256,
        size_bytes=len(data),
        status=RecordStatus.REJECTED if imported.value is None else RecordStatus.ACCEPTED,
        received_ms=workspace.clock_ms(),
    )
    order: PurchaseOrder | None = None
    with workspace.transaction() as session:
        if imported.value is None:
            record = replace(record, report=_rejected(imported))
        else:
            # The content first: its report is part of the record. The record's own uniqueness
            # then stops the second of two that hand in the same bytes at the same moment.
            kept = keep(workspace, session, imported.value, record.id)
            record = replace(record, report=kept.report, scope_id=kept.scope_id)
            order = kept.order
        store.record(session, workspace.operator_id, record)
        if order is not None:  # it names its import, which is there now
            orders.add(session, workspace.operator_id, order)
    return _report(record)


def _keep_bundle(name: str, week0: date | None) -> _Keep:
    def keep(workspace: Workspace, session: Session, problem: Problem, _id: str) -> _Kept:
        scope = book.open_scope(session, workspace, problem, name=name, week0=week0)
        counts = {
            "parks": len(problem.parks),
            "enterprises": len({offer.enterprise_id for offer in problem.offers}),
            "offers": len(problem.offers),
            "orders": len(problem.orders),
        }
        report = {"counts": counts, "week0": scope.week0.isoformat()}
        return _Kept(report=report, scope_id=scope.id)

    return keep


def _keep_workbook(scope: capacity.Scope) -> _Keep:
    def keep(workspace: Workspace, session: Session, content: WorkbookContent, _id: str) -> _Kept:
        book.add_workbook(session, workspace, scope, content)
        counts = {
            "enterprises": len(content.enterprises),
            "offers": len(content.offers),
            "orders": len(content.orders),
        }
        return _Kept(report={"counts": counts}, scope_id=scope.id)

    return keep


def _keep_order(
    workspace: Workspace, session: Session, document: OrderDocument, import_id: str
) -> _Kept:
    order = purchase_orders.of_document(workspace, session, document, import_id=import_id)
    status = {
        PurchaseOrderStatus.HELD: ImportStatus.HELD,
        PurchaseOrderStatus.REFUSED: ImportStatus.REFUSED,
    }.get(order.status, ImportStatus.IMPORTED)
    report = {
        "counts": {"purchase_orders": 1, "lines": len(document.lines)},
        "status": status.value,
        "code": order.code,
        "purchase_order_id": order.id,
        "document": {
            "allowance_minor": document.allowance_minor,
            "charge_minor": document.charge_minor,
            "prepaid_minor": document.prepaid_minor,
            "profile": document.profile,
        },
        "findings": [asdict(finding) for finding in document.findings],
    }
    return _Kept(report=report, order=order)


def _rejected(imported: Imported[Any]) -> dict[str, Any]:
    return {
        "counts": {},
        "rejects": [asdict(reject) for reject in imported.rejects],
        "total_rejects": imported.total_rejects,
    }


def _report(record: ImportRecord) -> ImportReport:
    report = record.report
    accepted = record.status is RecordStatus.ACCEPTED
    status = ImportStatus(report.get("status", ImportStatus.IMPORTED.value))
    return ImportReport(
        id=record.id,
        name=record.name,
        kind=record.kind,
        sha256=record.sha256,
        status=status if accepted else ImportStatus.REFUSED,
        code=report.get("code"),
        counts=dict(report.get("counts", {})),
        rejects=tuple(
            Reject(**{**reject, "code": RejectCode(reject["code"])})
            for reject in report.get("rejects", ())
        ),
        total_rejects=int(report.get("total_rejects", 0)),
        purchase_order_id=report.get("purchase_order_id"),
    )


def _folder_bytes(folder: Path) -> bytes:
    """Return the files of a bundle's folder as one run of bytes, for their digest."""
    parts = []
    for name in NAMES:
        path = folder / name
        if path.is_file() and path.stat().st_size <= FILE_BYTES_MAX:
            data = path.read_bytes()
            parts.append(f"{name}\n{len(data)}\n".encode() + data)
    return b"".join(parts)
