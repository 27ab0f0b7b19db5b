"""Quotes over HTTP: a server of its own, on a plan that it has stored."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from uuid import uuid4

from api.services import imports, keyfiles, matching_runs
from api.services.errors import CheckFailed
from api.services.workspace import initialise
from api.settings import Settings
from data.exporters.bundle import write_bundle
from ledger.log import note
from matching.capacity import Order, Problem
from matching.limits import Limits

HOST = "127.0.0.1"
START_SECONDS_MAX = 120.0
ANSWER_SECONDS_MAX = 300.0  # the first quote loads the plan
STOP_SECONDS_MAX = 30.0


def quoted_over_http(
    problem: Problem, orders: Sequence[Order], limits: Limits, *, warm_up: int
) -> list[float]:
    """Return the milliseconds from request to answer of a quote for each order.

    The problem is imported, matched and stored in a new home on SQLite, `parkloom serve` is started
    on it, and one client asks for one quote after the other over one connection.

    Raises
    ------
    CheckFailed
        When the server does not come up or answers anything but 200.
    """
    with tempfile.TemporaryDirectory(prefix="parkloom-bench-") as folder:
        settings = Settings(home=Path(folder) / "home", database_url="", port=_free_port())
        _store(settings, Path(folder), problem, limits)
        with _serving(settings) as connection:
            for order in orders[:warm_up]:
                _ask(connection, order)
            return [_ask(connection, order) for order in orders]


def _store(settings: Settings, folder: Path, problem: Problem, limits: Limits) -> None:
    """Import a problem into a new home and keep a plan of it."""
    write_bundle(folder / "bundle", problem)
    public = keyfiles.public_bytes(keyfiles.create(folder / "registrar.key"))
    workspace = initialise(settings, registrar_vkey=note.format_vkey("bench/registrar", public))
    try:
        imports.import_path(workspace, folder / "bundle")
        run_id = str(uuid4())
        matching_runs.queue(
            workspace,
            run_id,
            requested_by="operator",
            seconds=limits.seconds,
            seed=limits.seed,
            workers=limits.workers,
        )
        matching_runs.execute(workspace, run_id)
    finally:
        workspace.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def _serving(settings: Settings) -> Iterator[HTTPConnection]:
    """Yield a connection to a server in a process of its own, which is ended afterwards."""
    command = [sys.executable, "-m", "api.cli", "serve", "--port", str(settings.port)]
    environment = {"PARKLOOM_HOME": str(settings.home), "PARKLOOM_DATABASE_URL": ""}
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(  # noqa: S603 - this interpreter and our own command
            command, env=_environment(environment), stdout=said, stderr=said
        )
        connection = HTTPConnection(HOST, settings.port, timeout=ANSWER_SECONDS_MAX)
        try:
            _wait(server, connection)
            yield connection
        finally:
            connection.close()
            server.terminate()
            try:
                server.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _environment(more: dict[str, str]) -> dict[str, str]:
    """Return this process's environment without what would point at another installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PARKLOOM_")}
    return kept | more


def _wait(server: subprocess.Popen[bytes], connection: HTTPConnection) -> None:
    until = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < until and server.poll() is None:
        try:
            connection.request("GET", "/v1/health")
            connection.getresponse().read()
            return
        except (OSError, HTTPException):
            connection.close()
            time.sleep(0.1)
    raise CheckFailed(f"The server to be measured did not come up (status {server.poll()}).")


def _ask(connection: HTTPConnection, order: Order) -> float:
    """Ask for a quote; return the milliseconds until its answer was read."""
    body = json.dumps({"order": _wire(order)}).encode()
    began = time.perf_counter()
    connection.request("POST", "/v1/quotes", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    said = answer.read()
    spent = 1000 * (time.perf_counter() - began)
    if answer.status != 200:
        raise CheckFailed(f"A quote was answered with {answer.status}: {said[:400]!r}")
    return spent


def _wire(order: Order) -> dict[str, Any]:
    """Return an order as the request has it."""
    kept = (
        "buyer_id",
        "buyer_lat",
        "buyer_lon",
        "quantity",
        "material",
        "size_class",
        "release_week",
        "due_week",
        "max_tardy_weeks",
        "value_fen",
        "tardy_fen_per_week",
        "max_price_fen",
        "max_lots",
        "quoted_only",
    )
    steps = [
        {
            "process": step.process,
            "tolerance_it": step.tolerance_it,
            "minutes_total": step.minutes_total,
        }
        for step in order.operations
    ]
    return {
        "id": order.order_id,
        **{name: getattr(order, name) for name in kept},
        "certificates": sorted(order.certificates),
        "excluded_enterprises": sorted(order.excluded_enterprises),
        "weight_kg": str(order.weight_kg),
        "operations": steps,
    }
