"""The HTTP application: composition root of the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import metadata

import structlog
from fastapi import Depends, FastAPI
from fastapi_offline import FastAPIOffline

from api import errors
from api.deps import Platform, require_writable
from api.jobs.runs import DurableRuns
from api.loopback import LoopbackOnly
from api.middleware import BodyLimit, CatchAll
from api.routes import (
    capacity,
    certificates,
    disclosures,
    health,
    imports,
    ledger,
    log_files,
    matching_runs,
    organisations,
    problems,
    proposals,
    quotes,
    technology,
    technology_calls,
)
from api.schemas.openapi import describe
from api.services import duplicates, settlement
from api.services.workspace import open_workspace
from api.settings import Settings
from ledger.errors import Corruption

log = structlog.get_logger("parkloom.api")

JSON_BYTES_MAX = 1024 * 1024

DESCRIPTION = """
Parkloom matches an industrial park's idle capacity to orders with a proven gap, and keeps a
hash-chained record of order-backed claims that anyone can verify offline.

* Every refusal is `application/problem+json` with a stable `code` and a way out.
* Clients choose ids, so every retry is harmless; the same id with other content is refused (409).
* The server never signs for a party: it makes drafts, and takes back bodies that parties signed.
* `/ledger/checkpoint` and `/ledger/tile/…` follow C2SP tlog-tiles; any such client can verify them.
"""


def create_app(settings: Settings) -> FastAPI:
    """Return the application that serves one installation.

    The installation is opened when the server starts and closed when it stops; start-up fails
    with `NotInitialised` where there is none, and with `AlreadyServed` where another server works
    on it.
    """
    _speak_through_logging()
    app: FastAPI = FastAPIOffline(
        title="Parkloom",
        version=metadata.version("parkloom"),
        summary="Capacity matching with a proven gap, and a record that proves itself.",
        description=DESCRIPTION,
        lifespan=_lifespan,
        separate_input_output_schemas=False,
    )
    app.state.settings = settings
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # as the framework documents
    errors.install(app)
    for module in (
        organisations,
        capacity,
        imports,
        matching_runs,
        quotes,
        proposals,
        ledger,
        certificates,
        disclosures,
        log_files,
        technology,
        technology_calls,
    ):
        app.include_router(module.router, dependencies=[Depends(require_writable)])
    app.include_router(problems.router)
    app.include_router(health.router)
    # The last one added is the outermost: failures of all others are caught.
    app.add_middleware(
        BodyLimit,
        limit_bytes=JSON_BYTES_MAX,
        larger={
            imports.UPLOAD_PATH: imports.UPLOAD_BYTES_MAX,
            technology.UPLOAD_PATH: technology.UPLOAD_BYTES_MAX,
        },
    )
    app.add_middleware(LoopbackOnly)
    app.add_middleware(CatchAll)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    workspace = await asyncio.to_thread(open_workspace, app.state.settings)
    try:
        platform = Platform(workspace=workspace, runs=DurableRuns(workspace))
        await asyncio.to_thread(_recover, platform)
        await asyncio.to_thread(platform.runs.launch)
        try:
            app.state.platform = platform
            yield
        finally:
            await asyncio.to_thread(platform.runs.close)
    finally:
        await asyncio.to_thread(workspace.close)


def _recover(platform: Platform) -> None:
    """Check the log against what was signed, and answer what a crash left unanswered.

    A record that contradicts itself is served for reading; nothing is written to it.
    """
    writer = platform.workspace.writer
    try:
        writer.recover()
        writer.drain()
        settlement.reconcile(platform.workspace)
        duplicates.catch_up(platform.workspace)
    except Corruption as error:
        platform.halt.stop(error.code, str(error))
        log.exception("record.corrupt", code=error.code)


def _speak_through_logging() -> None:
    """Send the server's own messages through `logging`, as one JSON object a line.

    Traces are plain: without the values of variables, which may be nobody's business.
    """
    structlog.configure(
        processors=[
            structlog.stdlib.add_logger_name,
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
