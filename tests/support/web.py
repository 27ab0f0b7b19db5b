"""The application in this process, spoken to as a client on the loopback would."""

from __future__ import annotations

import warnings

from fastapi import FastAPI

with warnings.catch_warnings():
    # Starlette would rather have httpx's successor below its client; both do the same here.
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

BASE = "http://127.0.0.1:8000"

__all__ = ["BASE", "TestClient", "client_of"]


def client_of(app: FastAPI) -> TestClient:
    """Return a client; used with `with`, it starts and stops the application."""
    return TestClient(app, base_url=BASE, raise_server_exceptions=False)
