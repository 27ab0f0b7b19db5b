"""Repeatable draws: everything comes from `random.Random.random`, whose values are guaranteed.

The other methods of the standard generator may change between versions of Python; the committed
files must not.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")


class Draw:
    """A seeded source of choices."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 (samples, not secrets)

    def unit(self) -> float:
        """Return a number from 0 (included) to 1 (excluded)."""
        return self._random.random()

    def whole(self, least: int, most: int) -> int:
        """Return an integer from `least` to `most`, both included."""
        return least + int(self.unit() * (most - least + 1))

    def chance(self, share: float) -> bool:
        """Return True with the given share."""
        return self.unit() < share

    def one(self, items: Sequence[T]) -> T:
        """Return one of the items, each as likely."""
        return items[int(self.unit() * len(items))]

    def weighted(self, shares: Mapping[T, float]) -> T:
        """Return one of the keys with the given shares."""
        left = self.unit() * sum(shares.values())
        for item, share in shares.items():
            left -= share
            if left < 0:
                return item
        return next(reversed(list(shares)))

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """Return `count` different items in the order drawn."""
        left = list(items)
        return [left.pop(int(self.unit() * len(left))) for _ in range(min(count, len(left)))]

    def between(self, least: float, most: float) -> float:
        """Return a number between two others."""
        return least + self.unit() * (most - least)
