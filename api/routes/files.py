"""Answers that are files: fingerprints, caching, and 304 for those who have them already."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from fastapi import Request
from starlette.responses import Response

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"


def file_response(
    request: Request,
    content: bytes,
    *,
    media_type: str,
    cache: str,
    name: str | None = None,
) -> Response:
    """Return a file, or 304 where the client's copy is the same.

    Parameters
    ----------
    cache
        The header Cache-Control.
    name
        File name to save it under; None shows it in place. ASCII, without quotes.
    """
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": cache, "X-Content-Type-Options": "nosniff"}
    if name is not None:
        headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if _has(request.headers.get("if-none-match", ""), tag):
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _has(condition: str, tag: str) -> bool:
    tags = [part.strip().removeprefix("W/") for part in condition.split(",")]
    return tag in tags or "*" in tags


def address(*parts: str) -> str:
    """Return the address of a resource for the header Location; ids may be in any script."""
    return "/" + "/".join(quote(part, safe="") for part in parts)
