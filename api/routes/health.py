"""/healthz: whether every part works."""

from __future__ import annotations

import time

from fastapi import APIRouter, Response

from api.deps import PlatformDep
from api.errors import Refused
from api.schemas.health import DatabaseHealth, Health, LogHealth
from api.schemas.openapi import refusals
from api.services import health

router = APIRouter(tags=["health"])


@router.get("/healthz", responses=refusals(503))
def healthz(platform: PlatformDep, response: Response) -> Health:
    """Tell whether database, record and jobs work; 503 names the part that does not."""
    if platform.halt.code:
        raise Refused("CORRUPTION", f"log: writing has stopped ({platform.halt.code})")
    if not platform.runs.healthy():
        raise Refused("NOT_READY", "jobs: queued matching runs are not picked up")
    view = health.look(platform.workspace)
    response.headers["Cache-Control"] = "no-store"
    return Health(
        version=view.version,
        uptime_seconds=int(time.monotonic() - platform.started_at),
        database=DatabaseHealth(kind=view.database),
        log=LogHealth(origin=view.origin, size=view.log_size, checkpoint_size=view.checkpoint_size),
    )
