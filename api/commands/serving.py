"""Serve an application over HTTP until Ctrl-C, on an address that is taken before it is named."""

from __future__ import annotations

import socket
from contextlib import suppress

import typer
import uvicorn
from starlette.types import ASGIApp

from api.commands.frame import BadInput

GRACE_SECONDS = 5
"""How long a stopping server lets answers finish; those that watch a run would go on for long."""


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address; port 0 takes any that is free.

    Raises
    ------
    BadInput
        When the address is in use, is not this machine's, or may not be used.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        # A port whose last connections are still closing can be taken again at once.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
    except OSError as failed:
        listener.close()
        raise BadInput(
            f"Cannot listen on {authority(host, port)}: {failed.strerror}. Stop what listens "
            "there, or name another port (--port) or address (--host).",
            host=host,
            port=port,
        ) from None
    return listener


def port_of(listener: socket.socket) -> int:
    """Return the port that a socket is bound to."""
    return int(listener.getsockname()[1])


def authority(host: str, port: int) -> str:
    """Return `host:port` as it stands in an address; an IPv6 address gets its brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def serve(app: ASGIApp, listener: socket.socket) -> None:
    """Answer on a bound socket until Ctrl-C; ends with status 1 when the application cannot start.

    In another thread than the main one, until the process ends.
    """
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=GRACE_SECONDS)
    )
    with listener, suppress(KeyboardInterrupt):
        server.run(sockets=[listener])
    if not server.started:
        raise typer.Exit(1)
