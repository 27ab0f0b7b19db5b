"""The rule of the loopback: until the server knows identities, it answers this machine alone.

Binding to 127.0.0.1 keeps other machines out but not the pages that a browser on this machine has
open: a page of another site can post a form here (cross-site request), or make its own name point
to 127.0.0.1 and then read our answers (DNS rebinding). So the server also looks at what a browser
cannot forge: the Host header must name the loopback, and a request that changes something must not
come from another site's page.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from api.errors import Refused, problem_response

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def is_loopback(host: str) -> bool:
    """Return whether a host name or address, without port, is this machine's loopback.

    Only the literal name `localhost` and literal loopback addresses count: no name is resolved,
    since what a name resolves to is up to others.
    """
    name = host.strip().removeprefix("[").removesuffix("]").rstrip(".").lower()
    if name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def host_of(authority: str) -> str | None:
    """Return the host of `host[:port]` as in a Host header; None where it is not one."""
    if not authority or any(mark in authority for mark in "/\\@?#, \t"):
        return None
    try:
        parts = urlsplit(f"//{authority}")
        _ = parts.port  # a port that is no number raises here
    except ValueError:
        return None
    return parts.hostname


class LoopbackOnly:
    """ASGI middleware that applies the rule above to every request."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer why not."""
        if scope["type"] in {"http", "websocket"}:
            refused = self._refusal(scope)
            if refused is not None:
                if scope["type"] == "websocket":
                    await send({"type": "websocket.close", "code": 1008})
                    return
                await problem_response(refused, scope["path"])(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _refusal(self, scope: Scope) -> Refused | None:
        headers: dict[bytes, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.lower(), []).append(value.decode("latin-1"))
        hosts = headers.get(b"host", [])
        if len(hosts) != 1 or not _accepts(host_of(hosts[0])):
            got = ", ".join(hosts)[:100] or "none"
            return Refused(
                "HOST_NOT_LOOPBACK", f"the Host header must name the loopback, got: {got}"
            )
        if scope.get("method") in SAFE_METHODS:
            return None
        for origin in headers.get(b"origin", []):
            if not _accepts(_host_of_origin(origin)):
                return Refused("FOREIGN_ORIGIN", f"a page of {origin[:100]} sent this request")
        if "cross-site" in headers.get(b"sec-fetch-site", []):
            return Refused("FOREIGN_ORIGIN", "a page of another site sent this request")
        return None


def _accepts(host: str | None) -> bool:
    return host is not None and is_loopback(host)


def _host_of_origin(origin: str) -> str | None:
    scheme, found, authority = origin.partition("://")
    return host_of(authority) if found and scheme in {"http", "https"} else None
