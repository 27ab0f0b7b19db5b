"""Whole lists from the stores, which give them page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar


class _Named(Protocol):
    @property
    def id(self) -> str: ...


NamedT = TypeVar("NamedT", bound=_Named)


def every(page: Callable[[str | None], Sequence[NamedT]]) -> Iterator[NamedT]:
    """Yield everything of a list that is ordered by id.

    Parameters
    ----------
    page
        Returns the page after an id, the first one for None, and nothing after the last.
    """
    after: str | None = None
    while batch := page(after):
        yield from batch
        after = batch[-1].id
