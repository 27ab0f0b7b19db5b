"""/v1/matching-runs: start, watch, cancel, read the plan with its proof."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from starlette.responses import StreamingResponse

from api.deps import CALLER, AfterQuery, LimitQuery, Platform, PlatformDep, WorkspaceDep, page_of
from api.errors import as_json, internal, problem_of
from api.routes.conflicts import with_difference
from api.routes.files import REVALIDATE, address, file_response
from api.schemas.matching import Result, Run, RunPage, RunRequest
from api.schemas.openapi import refusals
from api.services import matching_runs
from api.services.matching_runs import RunStatus
from data.errors import Conflict

router = APIRouter(prefix="/v1/matching-runs", tags=["matching"])

FINISHED = frozenset({RunStatus.DONE, RunStatus.CANCELLED, RunStatus.FAILED})
POLL_SECONDS = 0.3
QUIET_SECONDS = 15.0
STREAM_SECONDS_MAX = 300.0

RunId = Annotated[UUID, Path(description="Chosen by the client")]


@router.put("/{run_id}", status_code=202, responses=refusals(409, 422))
def put_run(platform: PlatformDep, run_id: RunId, body: RunRequest, response: Response) -> Run:
    """Queue a matching run under an id of your choice, so that a retry is harmless.

    The same id with other limits is refused (409). Progress is at the address in Location.
    """
    try:
        view = matching_runs.queue(
            platform.workspace,
            str(run_id),
            requested_by=CALLER,
            seconds=body.seconds,
            work=body.work,
            seed=body.seed,
            enqueue=platform.runs.enqueue,
        )
    except Conflict as conflict:
        stored = Run.of(matching_runs.get(platform.workspace, str(run_id)))
        raise with_difference(
            conflict, stored=stored.model_dump(), asked=body.model_dump()
        ) from None
    response.headers["Location"] = address("v1", "matching-runs", view.id)
    return Run.of(view)


@router.get("", responses=refusals(422))
def list_runs(workspace: WorkspaceDep, after: AfterQuery = "", limit: LimitQuery = 100) -> RunPage:
    """List matching runs by id."""
    found = matching_runs.list_runs(workspace)
    page, following = page_of(found, lambda view: view.id, after=after, limit=limit)
    return RunPage(items=[Run.of(view) for view in page], next=following)


@router.get("/{run_id}", responses=refusals(404, 422))
def get_run(workspace: WorkspaceDep, run_id: RunId) -> Run:
    """Return a run: status, newest progress, and once it is done what its plan achieves."""
    return Run.of(matching_runs.get(workspace, str(run_id)))


@router.post("/{run_id}/cancel", responses=refusals(404, 422))
def cancel_run(platform: PlatformDep, run_id: RunId) -> Run:
    """Ask a run to stop; it keeps its best plan. A finished run is left as it is."""
    view = matching_runs.cancel(platform.workspace, str(run_id))
    platform.runs.stop(view.id)
    return Run.of(view)


@router.post("/{run_id}/publish", responses=refusals(404, 409, 422))
def publish_plan(workspace: WorkspaceDep, run_id: RunId) -> Run:
    """Ask again for the entry of a plan that was refused, for a key that was not enrolled, say.

    A plan that is entered already is left as it is; one that a newer plan replaced is refused.
    """
    return Run.of(matching_runs.publish(workspace, str(run_id)))


@router.get("/{run_id}/result", response_model=Result, responses=refusals(404, 409, 422))
def get_result(request: Request, workspace: WorkspaceDep, run_id: RunId) -> Response:
    """Return plan, bound, gap, prices and a reason for every order; 409 while there is none."""
    result = Result.of(matching_runs.result(workspace, str(run_id)))
    return file_response(
        request,
        result.model_dump_json().encode("utf-8"),
        media_type="application/json",
        cache=REVALIDATE,
    )


@router.get(
    "/{run_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events: `run` with the run as JSON at each change, "
            "`end` when it is finished. Long streams end early; reconnect to go on.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        },
        **refusals(404, 422),
    },
)
def watch_run(request: Request, platform: PlatformDep, run_id: RunId) -> StreamingResponse:
    """Watch a run while it works."""
    first = matching_runs.get(platform.workspace, str(run_id))  # 404 before the stream begins
    return StreamingResponse(
        _events(request, platform, first),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(
    request: Request, platform: Platform, view: matching_runs.RunView
) -> AsyncIterator[str]:
    clock = asyncio.get_running_loop().time
    started = last_sent = clock()
    yield _event("run", Run.of(view).model_dump_json())
    shown = view
    while view.status not in FINISHED and clock() - started < STREAM_SECONDS_MAX:
        await asyncio.sleep(POLL_SECONDS)
        if await request.is_disconnected():
            return
        try:
            view = await asyncio.to_thread(matching_runs.get, platform.workspace, shown.id)
        except Exception as error:  # noqa: BLE001 - the answer has begun, so it ends with an event
            problem = problem_of(error, request.url.path) or internal(request.url.path)
            yield _event("problem", as_json(problem))
            return
        if view != shown:
            shown, last_sent = view, clock()
            yield _event("run", Run.of(view).model_dump_json())
        elif clock() - last_sent > QUIET_SECONDS:
            last_sent = clock()
            yield ": still working\n\n"
    if view.status in FINISHED:
        yield _event("end", Run.of(view).model_dump_json())


def _event(name: str, data: str) -> str:
    return f"event: {name}\ndata: {data}\n\n"
