"""Imports on the wire: what a document brought, or why it was not taken."""

from __future__ import annotations

from pydantic import Field

from api.schemas.base import Page, Wire
from api.schemas.problem import RowProblem
from api.services.imports import ImportReport, RejectView


def row_problem(view: RejectView) -> RowProblem:
    """Return the wire form of one rejected row."""
    return RowProblem(
        file=view.file,
        place=view.place,
        field=view.field,
        code=view.code,
        expected=view.expected,
        got=view.got,
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
    purchase_order_id: str | None

    @classmethod
    def of(cls, view: ImportReport) -> Import:
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
            purchase_order_id=view.purchase_order_id,
        )


class ImportPage(Page):
    """Imports by id."""

    items: list[Import]
