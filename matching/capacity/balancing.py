"""How long prices are moved, and how hard orders are bounded meanwhile.

Prices that are polished with a weaker relaxation than that of the proof settle at the minimum of
the weaker bound, which lies elsewhere: on problems of 200 orders the proven bound stays 1 to 2 %
above what the last epochs at nearly the effort of the proof reach. Most of that effort's worth is
in the branching: nodes without steps of their own cost a fifth of steps that bound as much.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matching.capacity.bounds import Effort
from matching.capacity.clock import Clock
from matching.capacity.columns import Floats, Ints
from matching.capacity.pricing import MEMORY, Pricer, Shard

SMALL_ORDERS_MAX = 400
LARGE_ORDERS_MIN = 20_000  # from here on one look at all orders takes as long as an epoch
ONE_EPOCH = 0.999  # as far along as prices may be and still be moved once


class Schedule(NamedTuple):
    """How long prices are moved: by share of the seconds, or by epochs without such a limit."""

    share: float
    epochs_max: int
    epochs: int
    steps: tuple[float, float]  # first and last, in parts of what a minute usually earns
    memory: float = MEMORY  # of the running average of the prices; the less, the fewer the epochs


class Balanced(NamedTuple):
    """Prices that were moved, and what each batch of orders wanted last."""

    prices: Floats  # offers × weeks, fen per minute: the mean of the last ones
    uses: Sequence[Ints]  # offers × weeks, minutes


class Polish(NamedTuple):
    """A stage of moving prices with the wishes of the relaxation: how long, and how exact."""

    schedule: Schedule
    effort: Effort


RESUMED = Schedule(share=0.08, epochs_max=300, epochs=60, steps=(0.3, 0.01))  # from prices kept
POLISHED = Schedule(share=0.14, epochs_max=300, epochs=30, steps=(0.2, 0.003), memory=0.5)
ROUGHED = Schedule(share=0.14, epochs_max=300, epochs=30, steps=(0.2, 0.02), memory=0.5)
SHARPENED = Schedule(share=0.14, epochs_max=400, epochs=10, steps=(0.05, 0.003), memory=0.5)
# of very many orders: the first epochs, which must not lead astray, over all offers; then those
# among candidates, with the wishes of the search and with those of the relaxation
SURVEYED = Schedule(share=0.17, epochs_max=400, epochs=4, steps=(0.5, 0.1), memory=0.3)
NARROWED = Schedule(share=0.12, epochs_max=400, epochs=8, steps=(0.1, 0.02), memory=0.3)
GLANCED = Schedule(share=0.27, epochs_max=100, epochs=4, steps=(0.03, 0.01), memory=0.3)


def searching(orders: int) -> Schedule:
    """Return how long prices follow the wishes of the search, where it looks at all offers."""
    return Schedule(
        share=0.05 if orders <= 4000 else 0.08, epochs_max=400, epochs=120, steps=(1.0, 0.01)
    )


def polishing(orders: int) -> tuple[Polish, ...]:
    """Return the stages of polishing so many orders: a rough and a sharp one, or one."""
    if orders <= SMALL_ORDERS_MAX:
        return (
            Polish(ROUGHED, Effort(steps=0, nodes=64, cells=64)),
            Polish(SHARPENED, Effort(steps=10, nodes=24, cells=48, node_steps=3)),
        )
    if orders >= LARGE_ORDERS_MIN:
        return (Polish(GLANCED, Effort(steps=0, nodes=1, cells=12)),)
    return (Polish(POLISHED, Effort(steps=0, nodes=20 if orders <= 4000 else 8, cells=48)),)


def balance(
    idle: Ints,
    batches: Sequence[Sequence[Shard]],
    start: Floats,
    schedule: Schedule,
    clock: Clock,
    *,
    usual: float,
    uses: Sequence[Ints] = (),
) -> Balanced:
    """Move prices from a start.

    Parameters
    ----------
    idle
        Offers × weeks, minutes.
    usual
        What a minute of work earns on the mean, fen.
    uses
        What each batch wanted last, where the same orders have been asked before.
    """
    begun = clock.share_of_seconds()
    told: list[float] = []  # shares at which epochs began
    pricer = Pricer(
        idle,
        batches,
        start=start,
        usual=usual,
        steps=schedule.steps,
        memory=schedule.memory,
        uses=uses,
        workers=clock.limits.workers,
    )

    def along() -> float:
        if clock.stopped():
            return 1.0
        clock.tell()
        now = clock.share_of_seconds() - begun
        told.append(now)
        if len(told) == 1:  # who has been asked is heard, however long the asking took
            return min(ONE_EPOCH, now / schedule.share)
        epoch = (now - told[0]) / (len(told) - 1)
        # an epoch that would mostly lie behind the end is not begun
        return min(1.0, now / schedule.share) if now + epoch / 2 < schedule.share else 1.0

    timed = clock.limits.seconds is not None
    pricer.run(along, schedule.epochs_max if timed else schedule.epochs)
    pricer.close()
    return Balanced(pricer.mean, pricer.uses)
