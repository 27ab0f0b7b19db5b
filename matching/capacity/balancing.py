"""How long prices are moved, and how hard orders are bounded meanwhile.

Prices that are polished with a weaker relaxation than that of the proof settle at the minimum of
the weaker bound, which lies elsewhere: on problems of 200 orders the proven bound stays 1 to 2 %
above what the last epochs at nearly the effort of the proof reach.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matching.capacity.bounds import Effort
from matching.capacity.clock import Clock
from matching.capacity.columns import Floats, Ints
from matching.capacity.pricing import MEMORY, Pricer, Shard

SMALL_ORDERS_MAX = 400
POLISHED_ORDERS_MAX = 20_000  # more orders: one look at all of them takes longer than it gains


class Schedule(NamedTuple):
    """How long prices are moved: by share of the seconds, or by epochs without such a limit."""

    share: float
    epochs_max: int
    epochs: int
    steps: tuple[float, float]  # first and last, in parts of what a minute usually earns
    memory: float = MEMORY  # of the running average of the prices; the less, the fewer the epochs


class Polish(NamedTuple):
    """A stage of moving prices with the wishes of the relaxation: how long, and how exact."""

    schedule: Schedule
    effort: Effort


RESUMED = Schedule(share=0.08, epochs_max=300, epochs=60, steps=(0.3, 0.01))  # from prices kept
POLISHED = Schedule(share=0.18, epochs_max=300, epochs=30, steps=(0.3, 0.005))
ROUGHED = Schedule(share=0.06, epochs_max=150, epochs=30, steps=(0.3, 0.1))
SHARPENED = Schedule(share=0.22, epochs_max=400, epochs=10, steps=(0.1, 0.005))


def searching(orders: int) -> Schedule:
    """Return how long prices follow the wishes of the search: longest where nothing is polished."""
    if orders > POLISHED_ORDERS_MAX:  # about ten epochs: the first must not lead astray
        return Schedule(share=0.4, epochs_max=400, epochs=120, steps=(0.5, 0.02), memory=0.3)
    share = 0.08 if orders <= SMALL_ORDERS_MAX else 0.12
    return Schedule(share=share, epochs_max=400, epochs=120, steps=(1.0, 0.01))


def polishing(orders: int) -> tuple[Polish, ...]:
    """Return the stages of polishing so many orders: a rough and a sharp one, one, or none."""
    if orders <= SMALL_ORDERS_MAX:
        return (
            Polish(ROUGHED, Effort(steps=5, nodes=8, cells=64)),
            Polish(SHARPENED, Effort(steps=10, nodes=24, cells=48, node_steps=3)),
        )
    if orders > POLISHED_ORDERS_MAX:
        return ()
    return (Polish(POLISHED, Effort(steps=0, nodes=1, cells=48 if orders <= 4000 else 32)),)


def balance(
    idle: Ints,
    batches: Sequence[Sequence[Shard]],
    start: Floats,
    schedule: Schedule,
    clock: Clock,
    *,
    usual: float,
) -> Floats:
    """Return the mean of prices that are moved from a start: offers × weeks, fen per minute.

    Parameters
    ----------
    idle
        Offers × weeks, minutes.
    usual
        What a minute of work earns on the mean, fen.
    """
    begun = clock.share_of_seconds()
    pricer = Pricer(
        idle,
        batches,
        start=start,
        usual=usual,
        steps=schedule.steps,
        memory=schedule.memory,
        workers=clock.limits.workers,
    )

    def along() -> float:
        if clock.stopped():
            return 1.0
        clock.tell()
        return (clock.share_of_seconds() - begun) / schedule.share

    timed = clock.limits.seconds is not None
    pricer.run(along, schedule.epochs_max if timed else schedule.epochs)
    pricer.close()
    return pricer.mean
