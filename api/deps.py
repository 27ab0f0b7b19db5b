"""What routes ask for: the opened installation, the queue of runs, who is calling, a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Protocol, TypeVar

from fastapi import Depends, Query, Request
from sqlmodel import Session

from api.errors import Refused
from api.loopback import SAFE_METHODS
from api.schemas.base import PAGE_MAX
from api.services.workspace import Workspace

T = TypeVar("T")

CALLER = "operator"
"""Who calls, until identities exist: whoever works on this machine."""


class RunQueue(Protocol):
    """Starts queued matching runs and stops them; durable, so a restart loses none."""

    def launch(self) -> None:
        """Start picking up runs."""

    def close(self) -> None:
        """Stop picking up runs; those under way go on at the next start."""

    def enqueue(self, session: Session, run_id: str) -> None:
        """See to it that a run is executed, once, if the session's transaction commits.

        Repeating the call is harmless.
        """

    def stop(self, run_id: str) -> None:
        """Make a run that is being executed look at its cancellation now."""

    def healthy(self) -> bool:
        """Return whether queued runs are being picked up."""


@dataclass(slots=True)
class Halt:
    """Whether the record was found to contradict itself: from then on nothing is written."""

    code: str = ""
    reason: str = ""

    def stop(self, code: str, reason: str) -> None:
        """Refuse all writing from now on; only a restart, after a person has looked, ends it."""
        if not self.code:
            self.code, self.reason = code, reason


@dataclass(slots=True, kw_only=True)
class Platform:
    """What the running server works with; made at start-up, closed at the end."""

    workspace: Workspace
    runs: RunQueue
    halt: Halt = field(default_factory=Halt)
    started_at: float = field(default_factory=time.monotonic)


def platform_of(request: Request) -> Platform:
    """Return the platform of the application that serves this request."""
    platform: Platform = request.app.state.platform
    return platform


PlatformDep = Annotated[Platform, Depends(platform_of)]


def workspace_of(platform: PlatformDep) -> Workspace:
    """Return the opened installation."""
    return platform.workspace


WorkspaceDep = Annotated[Workspace, Depends(workspace_of)]


def require_writable(request: Request, platform: PlatformDep) -> None:
    """Refuse what would change something once the record was found damaged."""
    if platform.halt.code and request.method not in SAFE_METHODS:
        raise Refused(
            "CORRUPTION",
            f"writing has stopped ({platform.halt.code}) and nothing was changed",
            params={"cause": platform.halt.code},
        )


AfterQuery = Annotated[
    str,
    Query(
        max_length=300,
        pattern=r"^[^\x00-\x1f\x7f]*$",
        description="The id after which the page starts: `next` of the page before",
    ),
]
LimitQuery = Annotated[int, Query(ge=1, le=PAGE_MAX, description="Items in a page")]


def page_of(
    items: Sequence[T], key: Callable[[T], str], *, after: str, limit: int
) -> tuple[list[T], str | None]:
    """Return the page after a key, in the order of keys, and the cursor of the next page."""
    rest = sorted((item for item in items if key(item) > after), key=key)
    page = rest[:limit]
    return page, key(page[-1]) if len(rest) > limit else None
