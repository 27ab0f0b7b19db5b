"""/v1/problems: what each code of a refusal means."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.errors import Refused
from api.problems import KINDS, Kind
from api.schemas.openapi import refusals
from api.schemas.problem import ProblemKind, ProblemKindList

router = APIRouter(prefix="/v1/problems", tags=["problems"])


@router.get("")
def list_problems() -> ProblemKindList:
    """List the kinds of problems by code."""
    return ProblemKindList(items=[_wire(code, kind) for code, kind in sorted(KINDS.items())])


@router.get("/{code}", responses=refusals(404, 422))
def get_problem(
    code: Annotated[str, Path(pattern=r"^[A-Z][A-Z0-9_]{0,60}$")],
) -> ProblemKind:
    """Return what a code means, its status and the way out."""
    kind = KINDS.get(code)
    if kind is None:
        raise Refused("NOT_FOUND", f"there is no problem with the code {code}")
    return _wire(code, kind)


def _wire(code: str, kind: Kind) -> ProblemKind:
    return ProblemKind(code=code, status=kind.status, title=kind.title, way_out=kind.way_out)
