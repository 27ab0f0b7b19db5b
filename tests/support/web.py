"""The application in this process, spoken to as a client on the loopback would."""

from __future__ import annotations

import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fastapi import FastAPI

from api.app import create_app
from api.deps import Platform
from api.services.workspace import Workspace

with warnings.catch_warnings():
    # Starlette would rather have httpx's successor below its client; both do the same here.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

BASE = "http://127.0.0.1:8000"

__all__ = ["BASE", "NoRuns", "TestClient", "client_of", "still_app"]


@dataclass
class NoRuns:
    """A queue of matching runs that remembers what it was told and runs nothing."""

    started: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    ready: bool = True

    def launch(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def enqueue(self, session: object, run_id: str) -> None:
        """Remember the run."""
        self.started.append(run_id)

    def stop(self, run_id: str) -> None:
        """Remember the run."""
        self.stopped.append(run_id)

    def healthy(self) -> bool:
        """Return what the test wants."""
        return self.ready


def client_of(app: FastAPI) -> TestClient:
    """Return a client; used with `with`, it starts and stops the application."""
    return TestClient(app, base_url=BASE, raise_server_exceptions=False)


def still_app(workspace: Workspace, runs: NoRuns | None = None) -> FastAPI:
    """Return the application over an opened installation, without jobs and always started."""
    app = create_app(workspace.settings)
    app.state.platform = Platform(workspace=workspace, runs=runs or NoRuns())
    app.router.lifespan_context = _nothing
    return app


@asynccontextmanager
async def _nothing(_app: FastAPI) -> AsyncIterator[None]:
    yield
