"""What surrounds every request: the last resort for failures, and the limit on bodies."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import BodyTooLarge, internal, problem_of, problem_response

log = structlog.get_logger("parkloom.api")


class CatchAll:
    """ASGI middleware, the outermost: what nobody foresaw becomes a problem that leaks nothing.

    The exception and its trace go to the log under an id; the client gets the id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; answer when it raises before an answer has begun."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            problem = problem_of(error, scope["path"])
            if problem is None:
                log.exception("request.crashed", path=scope["path"], method=scope["method"])
                problem = internal(scope["path"])
            if started:
                raise  # the answer has begun: cutting it off is all that is left
            await problem_response(problem)(scope, receive, send)


class BodyLimit:
    """ASGI middleware: refuse a body longer than its path takes, while it is being read.

    Parameters
    ----------
    app
        The application behind it.
    limit_bytes
        For every path but those in `larger`.
    larger
        Limits by exact path.
    """

    def __init__(
        self, app: ASGIApp, *, limit_bytes: int, larger: Mapping[str, int] | None = None
    ) -> None:
        self.app = app
        self.limit_bytes = limit_bytes
        self.larger = dict(larger or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, counting the body's bytes."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = self.larger.get(scope["path"], self.limit_bytes)
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > limit:
            await problem_response(BodyTooLarge(limit), scope["path"])(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise BodyTooLarge(limit)
            return message

        await self.app(scope, counted, send)
