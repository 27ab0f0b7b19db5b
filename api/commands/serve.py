"""`parkloom serve`: the HTTP server."""

from __future__ import annotations

from typing import Annotated

import typer
import uvicorn

from api.app import create_app
from api.commands.frame import BadInput, JsonFlag, reporting
from api.loopback import is_loopback
from api.services.workspace import open_workspace
from api.settings import Settings

app = typer.Typer(add_completion=False)

GRACE_SECONDS = 5
"""How long a stopping server lets answers finish; those that watch a run would go on for long."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Loopback address to listen on.")] = "",
    port: Annotated[int | None, typer.Option(min=0, max=65535)] = None,
    *,
    as_json: JsonFlag = False,
) -> None:
    """Start the server on the loopback interface and serve until Ctrl-C.

    The server cannot yet tell its callers apart, so other addresses are refused.
    """
    with reporting(as_json=as_json) as report:
        settings = Settings()
        chosen_host = host or settings.host
        chosen_port = settings.port if port is None else port
        require_loopback(chosen_host)
        open_workspace(settings).close()  # what is missing is said here, not by the server
        server_app = create_app(settings)
        report.note(f"Serving http://{_in_address(chosen_host)}:{chosen_port}/docs (Ctrl-C ends)")
        report.result({"host": chosen_host, "port": chosen_port})
        uvicorn.run(
            server_app,
            host=chosen_host,
            port=chosen_port,
            log_level="warning",
            timeout_graceful_shutdown=GRACE_SECONDS,
        )


def require_loopback(host: str) -> None:
    """Refuse to listen where others could reach the server.

    Raises
    ------
    BadInput
        When `host` is not `localhost` or a loopback address.
    """
    if is_loopback(host):
        return
    raise BadInput(
        f"The server listens on loopback addresses only, not on {host}: it does not know its "
        "callers yet (there are no logins), so anyone who reached it could read every order. "
        "Use 127.0.0.1, ::1 or localhost, and a tunnel if it must be reached from elsewhere.",
        host=host,
    )


def _in_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host
