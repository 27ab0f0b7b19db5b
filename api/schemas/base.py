"""What all wire models share: nothing unknown passes, numbers are bounded, text is printable."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

INT64_MAX = 2**63 - 1
PAGE_MAX = 500


def _refuse_bool_and_text(value: Any) -> Any:
    """Refuse what Python, but not JSON, takes for an integer."""
    if isinstance(value, bool | str):
        raise ValueError("expected a JSON integer")  # noqa: TRY004 - the framework wants this one
    return value


JsonInt = Annotated[int, Field(strict=False), BeforeValidator(_refuse_bool_and_text)]
"""An integer as JSON Schema means it: 5 and 5.0, neither true nor "5". Bound it where used."""

Id = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f/\\]{1,128}$")]
"""An id chosen by a client or a document: printable, without slashes, 1 to 128 characters."""

Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,300}$")]
"""One line of text, 1 to 300 characters."""

Fen = Annotated[int, Field(description="Amount in fen (1/100 CNY)")]


class Wire(BaseModel):
    """A message on the wire; a field that is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Wire):
    """The position after a page of a list; absent on the last page."""

    next: str | None = Field(
        default=None, description="Pass as `after` to get the next page; null on the last one"
    )
