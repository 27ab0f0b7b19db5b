"""One table from what went wrong to what the client reads: problem+json (RFC 9457).

The cores and services raise their own exceptions and know no HTTP status; here each *code* gets
its status, a title and the way out. A code that is not in the table keeps the default of its
class of exception (`_DEFAULTS`), so that a new refusal is never an internal error.
"""

from __future__ import annotations

import errno
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import structlog
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from api.problems import KINDS, Kind
from api.schemas.problem import MEDIA_TYPE, FieldProblem, Problem, RowProblem
from api.services.errors import ServiceError
from data.errors import (
    Conflict,
    DatabaseDamaged,
    DatabaseLocked,
    DatabaseUnavailable,
    DataError,
    DiskFull,
    NotFound,
    ValueNotStorable,
    WrongStatus,
)
from ledger.errors import Corruption, NotVerified, OutcomeUnknown, Refusal

log = structlog.get_logger("parkloom.api")

SHOWN_CHARACTERS_MAX = 120
RETRY_SECONDS = {"DATABASE_LOCKED": 1, "DISK_FULL": 60, "OUTCOME_UNKNOWN": 1}
RETRY_SECONDS_DEFAULT = 10


class Refused(Exception):
    """A request that the edge itself refuses.

    Parameters
    ----------
    code
        A code of `api.problems.KINDS`.
    detail
        What was asked, expected against got.
    params
        The values in the detail.
    rows
        What was wrong in an imported document, row by row.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        params: Mapping[str, str | int] | None = None,
        rows: Sequence[RowProblem] = (),
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.params: Mapping[str, str | int] = dict(params or {})
        self.rows = tuple(rows)


class BodyTooLarge(HTTPException):
    """The body is longer than the route takes; raised while it is being read."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(413, f"the body is longer than {limit_bytes} bytes")


# What a class of exceptions is when its own code is not in the table.
_DEFAULTS: tuple[tuple[type[Exception], str], ...] = (
    (Refusal, "REFUSED"),
    (NotFound, "NOT_FOUND"),
    (Conflict, "CONFLICT"),
    (WrongStatus, "WRONG_STATUS"),
    (ValueNotStorable, "VALUE_NOT_STORABLE"),
    (DatabaseLocked, "DATABASE_LOCKED"),
    (DiskFull, "DISK_FULL"),
    (DatabaseUnavailable, "DATABASE_UNAVAILABLE"),
    (DatabaseDamaged, "DATABASE_DAMAGED"),
    (DataError, "DATABASE_UNAVAILABLE"),
    (Corruption, "CORRUPTION"),
    (NotVerified, "LOG_NOT_VERIFIED"),
    (OutcomeUnknown, "OUTCOME_UNKNOWN"),
    (ServiceError, "REFUSED"),
)

# Their messages speak of files, addresses and hashes of this machine: logged, not sent.
_PRIVATE: tuple[type[Exception], ...] = (
    DatabaseLocked,
    DiskFull,
    DatabaseUnavailable,
    DatabaseDamaged,
)

_HTTP_CODES = {
    400: "MALFORMED_REQUEST",
    404: "PATH_UNKNOWN",
    405: "METHOD_NOT_ALLOWED",
    413: "BODY_TOO_LARGE",
}


def internal(instance: str) -> Problem:
    """Return the problem of what nobody foresaw; it tells nothing of the inside."""
    detail = "The server failed in a way that it did not foresee; its log says how."
    return _problem(KINDS["INTERNAL"], detail, instance, code="INTERNAL")


_Found = tuple[str, str, Mapping[str, str | int], tuple[RowProblem, ...]]


def problem_of(error: BaseException, instance: str) -> Problem | None:
    """Return the problem of an exception, or None when it is one that nobody foresaw.

    Parameters
    ----------
    error
        What was raised.
    instance
        The path that was asked for.
    """
    if isinstance(error, RequestValidationError):
        return _invalid(error, instance)
    if isinstance(error, Refused):
        found: _Found = (error.code, error.detail, error.params, error.rows)
    elif isinstance(error, HTTPException):
        code = _HTTP_CODES.get(error.status_code, "MALFORMED_REQUEST")
        found = (code, str(error.detail), {}, ())
    elif isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        found = ("DISK_FULL", "The disk is full.", {}, ())
    else:
        return _of_known(error, instance)
    code, detail, params, rows = found
    return _problem(KINDS[code], detail, instance, code=code, params=params, rows=rows)


def _of_known(error: BaseException, instance: str) -> Problem | None:
    for family, default in _DEFAULTS:
        if isinstance(error, family):
            own = str(getattr(error, "code", default))
            kind = KINDS.get(own) or KINDS[default]
            detail = f"{kind.title}." if isinstance(error, _PRIVATE) else str(error)
            params: Mapping[str, str | int] = getattr(error, "params", {})
            return _problem(kind, detail, instance, code=own, params=params)
    return None


def _problem(
    kind: Kind,
    detail: str,
    instance: str,
    *,
    code: str,
    params: Mapping[str, str | int] | None = None,
    errors: Sequence[FieldProblem] = (),
    rows: Sequence[RowProblem] = (),
) -> Problem:
    return Problem(
        type=f"/v1/problems/{code}",
        title=kind.title,
        status=kind.status,
        detail=_printable(detail),
        instance=_printable(instance),
        code=code,
        params={name: _plain(value) for name, value in (params or {}).items()},
        way_out=kind.way_out,
        errors=list(errors),
        rows=list(rows),
    )


def _invalid(error: RequestValidationError, instance: str) -> Problem:
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        reason = str(found[0].get("ctx", {}).get("error", found[0]["msg"]))
        kind = KINDS["MALFORMED_JSON"]
        return _problem(kind, f"the body is not JSON: {reason}", instance, code="MALFORMED_JSON")
    errors = [
        FieldProblem(
            where=_printable(".".join(str(part) for part in item["loc"])),
            code=str(item["type"]),
            expected=_printable(str(item["msg"])),
            got=shown(item.get("input")),
        )
        for item in found
    ]
    first = errors[0]
    detail = f"{first.where}: {first.expected}, got {first.got}"
    if len(errors) > 1:
        detail += f" (and {len(errors) - 1} more)"
    return _problem(
        KINDS["INVALID_REQUEST"], detail, instance, code="INVALID_REQUEST", errors=errors
    )


def shown(value: Any) -> str:
    """Return what was sent, as short printable text."""
    text = _printable(repr(value))
    return text if len(text) <= SHOWN_CHARACTERS_MAX else f"{text[: SHOWN_CHARACTERS_MAX - 1]}…"


def _printable(text: str) -> str:
    """Return the text with what UTF-8 cannot carry (lone surrogates) written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _plain(value: object) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return _printable(str(value))


def problem_response(
    error: Exception | Problem, instance: str = "", *, headers: Mapping[str, str] | None = None
) -> Response:
    """Return the response for a problem, or for an exception that has one.

    Raises
    ------
    LookupError
        When the exception has none.
    """
    problem = error if isinstance(error, Problem) else problem_of(error, instance)
    if problem is None:
        raise LookupError(f"no problem is defined for {type(error).__name__}")
    all_headers = dict(headers or {})
    if problem.status == 503:
        seconds = RETRY_SECONDS.get(problem.code, RETRY_SECONDS_DEFAULT)
        all_headers.setdefault("Retry-After", str(seconds))
    all_headers.setdefault("Cache-Control", "no-store")
    return JSONResponse(
        problem.model_dump(mode="json"),
        status_code=problem.status,
        headers=all_headers,
        media_type=MEDIA_TYPE,
    )


async def answer(request: Request, error: Exception) -> Response:
    """Answer a request whose handling raised an exception of the table."""
    problem = problem_of(error, request.url.path)
    if problem is None:  # an OSError, say, that is none of those the table knows
        raise error
    if isinstance(error, Corruption):
        platform = getattr(request.app.state, "platform", None)
        if platform is not None:
            platform.halt.stop(problem.code, str(error))
    if problem.status >= 500:
        log.error("request.failed", code=problem.code, path=request.url.path, reason=str(error))
    headers: dict[str, str] = {}
    if problem.status == 405:
        headers["Allow"] = ", ".join(_allowed(request))
    return problem_response(problem, headers=headers)


def _allowed(request: Request) -> list[str]:
    """Return every method that some route takes at this path; the router names the first's only."""
    document: dict[str, Any] = request.app.openapi()
    return sorted(
        method.upper()
        for template, operations in document["paths"].items()
        if _pattern(template).fullmatch(request.url.path)
        for method in operations
    )


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    fixed, names = parts[::2], parts[1::2]
    pattern = re.escape(fixed[0])
    for name, after in zip(names, fixed[1:], strict=True):
        pattern += (".+" if name == "path" else "[^/]+") + re.escape(after)
    return re.compile(pattern)


def install(app: FastAPI) -> None:
    """Make the application answer every exception of the table with its problem."""
    app.add_exception_handler(RequestValidationError, answer)
    app.add_exception_handler(HTTPException, answer)
    app.add_exception_handler(Refused, answer)
    app.add_exception_handler(OSError, answer)
    for kind, _ in _DEFAULTS:
        app.add_exception_handler(kind, answer)


def as_json(problem: Problem) -> str:
    """Return a problem as JSON text, for streams that have begun."""
    return json.dumps(problem.model_dump(mode="json"), ensure_ascii=False)
