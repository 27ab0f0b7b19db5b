"""What a run has spent, and what it tells the caller: the only place that reads the time."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from matching.limits import Limits, Progress


class Clock:
    """Follows one run: its stages, its limits, its progress.

    When the limits name no seconds, no decision depends on the time: the clock is read for the
    timings alone.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        on_progress: Callable[[Progress], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self.limits = limits
        self.timings: dict[str, float] = {}
        self.incumbent_fen: int | None = None
        self.bound_fen: int | None = None
        self.work = 0
        self.was_cancelled = False
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._began = self._stage_began = self._counted_from = monotonic()
        self._stage = ""
        self._done = 0.0

    def enter(self, stage: str) -> None:
        """Begin a stage, end the one before, and say so."""
        self._close_stage()
        self._stage = stage
        self.tell()

    def aside(self, stage: str, part: Callable[[], None]) -> None:
        """Do a part in a second thread; its time counts for a stage that is not entered."""
        began = monotonic()
        part()
        self.timings[stage] = self.timings.get(stage, 0.0) + monotonic() - began

    def finish(self) -> None:
        """End the last stage."""
        self._close_stage()
        self._stage = "done"
        self._done = 1.0
        self.tell()

    def _close_stage(self) -> None:
        now = monotonic()
        if self._stage:
            spent = self.timings.get(self._stage, 0.0) + now - self._stage_began
            self.timings[self._stage] = spent
        self._stage_began = now

    @property
    def spent_seconds(self) -> float:
        """Seconds that count against the limit."""
        return monotonic() - self._counted_from

    def share_spent(self) -> float:
        """Share of the limit that is spent, 0..1, by the limit that is closest to its end."""
        share = 0.0
        if self.limits.seconds is not None:
            share = self.spent_seconds / self.limits.seconds
        if self.limits.work is not None:
            share = max(share, self.work / self.limits.work if self.limits.work else 1.0)
        return min(1.0, share)

    def work_left(self) -> int | None:
        """Units of work that the limit leaves; None without such a limit."""
        return None if self.limits.work is None else max(0, self.limits.work - self.work)

    def share_of_seconds(self) -> float:
        """Share of the seconds that is spent; 0 when the limit names no seconds."""
        seconds = self.limits.seconds
        return 0.0 if seconds is None else self.spent_seconds / seconds

    def seconds_left(self) -> float | None:
        """Return the seconds that the limit leaves, at least a millisecond; None without it."""
        seconds = self.limits.seconds
        return None if seconds is None else max(0.001, seconds - self.spent_seconds)

    def stopped(self) -> bool:
        """Return whether the caller has cancelled the run."""
        if not self.was_cancelled and self._cancelled is not None:
            self.was_cancelled = self._cancelled()
        return self.was_cancelled

    def tell(self) -> None:
        """Report where the run stands."""
        if self._on_progress is None:
            return
        self._done = max(self._done, self.share_spent() if self._stage == "improve" else 0.0)
        gap = None
        if self.incumbent_fen is not None and self.bound_fen is not None:
            gap = 0.0
            if self.bound_fen > 0:
                gap = (self.bound_fen - self.incumbent_fen) / self.bound_fen
        self._on_progress(
            Progress(
                stage=self._stage,
                incumbent_fen=self.incumbent_fen,
                bound_fen=self.bound_fen,
                gap=gap,
                elapsed_seconds=monotonic() - self._began,
                done=self._done,
            )
        )

    def stopped_by(self, *, proven: bool) -> str:
        """Return why the run ended: "proof", "cancelled", "work" or "seconds"."""
        if proven:
            return "proof"
        if self.was_cancelled:
            return "cancelled"
        work = self.limits.work
        return "work" if work is not None and self.work >= work else "seconds"
