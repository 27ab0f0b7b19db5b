"""The published contract: OpenAPI in which every refusal is problem+json."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.schemas.problem import MEDIA_TYPE, Problem

_REFERENCE = {"$ref": "#/components/schemas/Problem"}
_REASONS = {
    "400": "The request cannot be read",
    "401": "A signature or key does not count",
    "403": "Not for this caller, or from another site's page",
    "404": "There is no such thing",
    "409": "What is stored says something else, or has moved on",
    "410": "It was there and is gone for good",
    "413": "The body is too long",
    "415": "This kind of document cannot be imported",
    "421": "The server answers this machine alone",
    "422": "Values cannot be used, or a rule refuses it",
    "500": "The server failed",
    "503": "A part does not work; the same request may be sent again",
    "default": "Any other refusal",
}
FILE_NAME = r"^[^\x00-\x1f\x7f/\\]{1,200}$"
"""Pattern of a document's file name: no path."""
DOCUMENT_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The document itself, at most 32 MiB",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""What the body of a route that takes a document is, for `openapi_extra`."""
_EVERYWHERE = ("421", "500", "503", "default")


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that can answer with these problems, beside the usual."""
    return {status: _response(str(status)) for status in statuses}


def _response(status: str) -> dict[str, Any]:
    return {
        "description": _REASONS[status],
        "content": {MEDIA_TYPE: {"schema": dict(_REFERENCE)}},
    }


def describe(app: FastAPI) -> dict[str, Any]:
    """Return the application's OpenAPI document; made once."""
    if app.openapi_schema is None:
        app.openapi_schema = _document(app)
    return app.openapi_schema


def _document(app: FastAPI) -> dict[str, Any]:
    document: dict[str, Any] = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=app.openapi_tags,
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    for name, schema in problem.pop("$defs", {}).items():
        schemas.setdefault(name, schema)
    schemas["Problem"] = problem
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)  # the framework's own form, which this server never sends
    for operations in document["paths"].values():
        for method, operation in operations.items():
            _add_refusals(method, operation)
    return document


def _add_refusals(method: str, operation: dict[str, Any]) -> None:
    responses = operation["responses"]
    if "422" in responses:
        responses["422"] = _response("422")
    if "requestBody" in operation:
        responses.setdefault("400", _response("400"))
        responses.setdefault("413", _response("413"))
    if method not in {"get", "head"}:
        responses.setdefault("403", _response("403"))
    for status in _EVERYWHERE:
        responses.setdefault(status, _response(status))
