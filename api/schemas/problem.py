"""The one shape of every error: problem details (RFC 9457) with a code and the way out."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """One value of a request that cannot be used."""

    where: str = Field(description="Where it stands", examples=["body.seed"])
    code: str = Field(description="Which rule it breaks", examples=["int_type"])
    expected: str = Field(examples=["Input should be a valid integer"])
    got: str = Field(description="What was sent, shortened", examples=["'one'"])


class RowProblem(BaseModel):
    """One row or field of an imported document that cannot be used."""

    file: str = Field(examples=["orders.csv"])
    place: str = Field(description="Sheet, line or path inside the file", examples=["line 7"])
    field: str = Field(examples=["quantity"])
    code: str = Field(examples=["NOT_AN_INTEGER"])
    expected: str = Field(examples=["a whole number above 0"])
    got: str = Field(examples=["12.5"])
    way_out: str


class Problem(BaseModel):
    """Why a request was refused (RFC 9457). It changed nothing unless the code says otherwise.

    Extension members: `code` names the situation and is stable, `params` holds the values of
    `detail`, `way_out` says what to do, `errors` and `rows` list what was wrong where.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "type": "/v1/problems/NOT_FOUND",
                    "title": "There is no such thing, or none that you may see",
                    "status": 404,
                    "detail": "there is no matching run '7c1f…'",
                    "instance": "/v1/matching-runs/7c1f…",
                    "code": "NOT_FOUND",
                    "params": {},
                    "way_out": "Check the id; lists show what exists.",
                    "errors": [],
                    "rows": [],
                }
            ]
        },
    )

    type: str = Field(description="Relative address of the description of this kind of problem")
    title: str
    status: int = Field(ge=400, le=599)
    detail: str
    instance: str = Field(description="The path that was asked for")
    code: str
    params: dict[str, str | int] = Field(default_factory=dict)
    way_out: str
    errors: list[FieldProblem] = Field(default_factory=list)
    rows: list[RowProblem] = Field(default_factory=list)


class ProblemKind(BaseModel):
    """A kind of problem, as the server's table has it."""

    code: str = Field(examples=["NOT_FOUND"])
    status: int = Field(examples=[404])
    title: str
    way_out: str


class ProblemKindList(BaseModel):
    """All kinds of problems, by code."""

    items: list[ProblemKind]
