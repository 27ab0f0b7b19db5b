"""Imports on the wire: what a document brought, or why it was not taken."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Page, Wire
from api.schemas.problem import RowProblem
from api.services.imports import ImportReport
from data.importers.report import Reject


def row_problem(reject: Reject) -> RowProblem:
    """Return the wire form of one rejected row."""
    return RowProblem(
        file=reject.file,
        place=reject.place,
        field=reject.field,
        code=str(reject.code),
        expected=reject.expected,
        got=reject.got,
        way_out=reject.way_out,
    )


class Import(Wire):
    """The report on one document; all of it was taken, or nothing."""

    id: str
    name: str = Field(examples=["capacity.xlsx"])
    kind: str = Field(examples=["workbook"])
    sha256: str = Field(description="Digest of the document, hex")
    status: str = Field(examples=["imported"])
    code: str | None = Field(description="Why it is held or was refused")
    counts: dict[str, int] = Field(examples=[{"offers": 120, "orders": 200}])
    rejects: list[RowProblem]
    total_rejects: int
    purchase_order_id: str | None
    repeated: bool = Field(description="The same document had been imported before")

    @classmethod
    def of(cls, view: ImportReport, *, repeated: bool = False) -> Import:
        """Return the wire form."""
        return cls.model_construct(
            id=view.id,
            name=view.name,
            kind=str(view.kind),
            sha256=view.sha256,
            status=str(view.status),
            code=view.code,
            counts=dict(view.counts),
            rejects=[row_problem(reject) for reject in view.rejects],
            total_rejects=view.total_rejects,
            purchase_order_id=view.purchase_order_id,
            repeated=repeated,
        )


class ImportPage(Page):
    """Imports by id."""

    items: list[Import]
