"""What a run of the assignment has spent, and whether it was told to stop."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from matching.limits import Limits


class Clock:
    """Follows the searches of one run.

    A unit of work is a node of a search tree. When the limits name no seconds, no decision depends
    on the time: the same seed and work give the same plan.
    """

    def __init__(self, limits: Limits, cancelled: Callable[[], bool] | None = None) -> None:
        self.limits = limits
        self.was_cancelled = False
        self._cancelled = cancelled
        self._began = self._counted_from = monotonic()
        self._work = 0
        self._cut_by = ""

    @property
    def may_be_cancelled(self) -> bool:
        """Whether somebody may tell the run to stop."""
        return self._cancelled is not None

    @property
    def elapsed_seconds(self) -> float:
        """Seconds since the beginning of the run."""
        return monotonic() - self._began

    @property
    def stopped_by(self) -> str:
        """What cut the run short: "cancelled", "seconds" or "work"; "end" when nothing did."""
        return "cancelled" if self.was_cancelled else self._cut_by or "end"

    def restart(self) -> None:
        """Let both limits count from now."""
        self._counted_from = monotonic()
        self._work = 0

    def spend(self, nodes: int, *, cut_by: str = "") -> None:
        """Count the nodes of a search; `cut_by` names the limit that ended it, if one did."""
        self._work += nodes
        self._cut_by = cut_by or self._cut_by

    def seconds_left(self) -> float | None:
        """Return the seconds that are left, ≥ 0; None without a limit on them."""
        if self.limits.seconds is None:
            return None
        return max(0.0, self.limits.seconds - (monotonic() - self._counted_from))

    def work_left(self) -> int | None:
        """Return the nodes that are left, ≥ 0; None without a limit on them."""
        return None if self.limits.work is None else max(0, self.limits.work - self._work)

    def stopped(self) -> bool:
        """Return whether the caller has cancelled the run."""
        if not self.was_cancelled and self._cancelled is not None:
            self.was_cancelled = self._cancelled()
        return self.was_cancelled

    def over(self) -> bool:
        """Return whether a limit is reached, or the run is cancelled."""
        if self.stopped():
            return True
        if self.work_left() == 0:
            self._cut_by = "work"
        elif self.seconds_left() == 0:
            self._cut_by = "seconds"
        else:
            return False
        return True

    def halfway(self) -> Callable[[], bool]:
        """Return a test of whether half of what is left now is spent, or the run is cancelled."""
        seconds, work = self.seconds_left(), self.work_left()

        def late() -> bool:
            now, nodes = self.seconds_left(), self.work_left()
            return (
                self.stopped()
                or (seconds is not None and now is not None and now <= seconds / 2)
                or (work is not None and nodes is not None and nodes < work / 2)
            )

        return late
