"""`parkloom serve`: the HTTP server."""

from __future__ import annotations

from typing import Annotated

import typer

from api.app import create_app
from api.commands import serving
from api.commands.frame import BadInput, JsonFlag, read_settings, reporting
from api.loopback import is_loopback
from api.services.workspace import open_workspace

app = typer.Typer(add_completion=False)


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
        settings = read_settings()
        chosen_host = host or settings.host
        chosen_port = settings.port if port is None else port
        require_loopback(chosen_host)
        open_workspace(settings).close()  # what is missing is said here, not by the server
        server_app = create_app(settings)
        listener = serving.bound(chosen_host, chosen_port)
        bound_port = serving.port_of(listener)
        place = serving.authority(chosen_host, bound_port)
        report.note(f"Serving http://{place}/docs (Ctrl-C ends)")
        report.result({"host": chosen_host, "port": bound_port})
        serving.serve(server_app, listener)


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
