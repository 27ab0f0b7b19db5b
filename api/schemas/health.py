"""The state of the server on the wire."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from api.schemas.base import Wire


class DatabaseHealth(Wire):
    """The database answers and has the schema of this version."""

    kind: str = Field(examples=["sqlite"])


class LogHealth(Wire):
    """The record: what is committed, and what the newest signed checkpoint covers."""

    origin: str = Field(examples=["parkloom.local/ledger"])
    size: int = Field(description="Entries committed")
    checkpoint_size: int = Field(description="Entries under the newest checkpoint")


class Health(Wire):
    """All parts work; otherwise the answer is a problem with status 503."""

    status: Literal["ok"] = "ok"
    version: str
    uptime_seconds: int
    database: DatabaseHealth
    log: LogHealth
