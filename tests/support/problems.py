"""What every refusal over HTTP has in common."""

from __future__ import annotations

from typing import Any


def assert_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """Check that an answer is a whole problem with this status and code; return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code, problem
    assert problem["status"] == status
    assert problem["title"]
    assert problem["way_out"]
    assert problem["type"] == f"/v1/problems/{code}"
    return problem
