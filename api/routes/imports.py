"""/v1/imports: documents in, all of it or nothing."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api.deps import AfterQuery, LimitQuery, PlatformDep, WorkspaceDep, page_of
from api.errors import Refused, shown
from api.routes.files import address
from api.schemas.base import Id
from api.schemas.imports import Import, ImportPage, row_problem
from api.schemas.openapi import DOCUMENT_BODY, FILE_NAME, refusals
from api.services import imports

router = APIRouter(prefix="/v1/imports", tags=["imports"])

ENDINGS = (".zip", ".xlsx", ".xml")
UPLOAD_PATH = "/v1/imports"
UPLOAD_BYTES_MAX = 32 * 1024 * 1024


_REPEATED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The document was imported before", "model": Import}
}


@router.post(
    "",
    status_code=201,
    responses={**_REPEATED, **refusals(400, 409, 413, 415, 422)},
    openapi_extra=DOCUMENT_BODY,
)
async def import_document(
    request: Request,
    platform: PlatformDep,
    name: Annotated[
        str,
        Query(
            pattern=FILE_NAME,
            description="File name: .zip (CSV bundle), .xlsx (workbook) or .xml (UBL order)",
            examples=["capacity.xlsx"],
        ),
    ],
    response: Response,
    week0: Annotated[
        date | None, Query(description="Monday of a bundle's week 0; default: the next Monday")
    ] = None,
) -> Import:
    """Import a document: all of it, or nothing and a list of what was wrong where (422).

    The same document again changes nothing: the first report comes back (200, `repeated`).
    A UBL order may be taken and *held*, with a code, until its parties are known.
    `curl --data-binary @capacity.xlsx 'http://127.0.0.1:8000/v1/imports?name=capacity.xlsx'`
    """
    if not name.lower().endswith(ENDINGS):
        raise Refused(
            "UNSUPPORTED_DOCUMENT",
            f"the name must end in one of {', '.join(ENDINGS)}, got {shown(name)}",
        )
    data = await request.body()
    report = await run_in_threadpool(
        lambda: imports.import_bytes(platform.workspace, name, data, week0=week0)
    )
    repeated = report.code == imports.DUPLICATE
    if repeated:
        report = await run_in_threadpool(imports.get, platform.workspace, report.id)
        response.status_code = 200
    if report.status is imports.ImportStatus.REFUSED:
        raise _refused(report)
    response.headers["Location"] = address("v1", "imports", report.id)
    return Import.of(report, repeated=repeated)


@router.get("", responses=refusals(422))
def list_imports(
    workspace: WorkspaceDep, after: AfterQuery = "", limit: LimitQuery = 100
) -> ImportPage:
    """List imports by id."""
    found = imports.list_imports(workspace)
    page, following = page_of(found, lambda view: view.id, after=after, limit=limit)
    return ImportPage(items=[Import.of(view) for view in page], next=following)


@router.get("/{import_id}", responses=refusals(404, 422))
def get_import(workspace: WorkspaceDep, import_id: Annotated[Id, Path()]) -> Import:
    """Return the report of one import."""
    return Import.of(imports.get(workspace, import_id))


def _refused(report: imports.ImportReport) -> Refused:
    rows = [row_problem(reject) for reject in report.rejects]
    count = max(report.total_rejects, len(rows))
    detail = f"{report.name}: {count} {'row' if count == 1 else 'rows'} or fields cannot be used"
    if report.code is not None:
        detail += f" ({report.code})"
    params: dict[str, str | int] = {"import_id": report.id, "rejects": count}
    if report.code is not None:
        params["cause"] = report.code
    return Refused("DOCUMENT_REFUSED", detail, params=params, rows=rows)
