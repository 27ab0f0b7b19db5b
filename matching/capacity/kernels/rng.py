"""Random numbers inside kernels: xorshift64* with its state in an array, the same everywhere."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matching.capacity.kernels.compiled import inner

State = NDArray[np.uint64]  # one element


def make_state(seed: int, stream: int) -> State:
    """Return the start of a stream of random numbers; streams of one seed differ."""
    return np.random.SeedSequence([seed, stream]).generate_state(1, np.uint64) | np.uint64(1)


@inner
def uniform(state: State) -> float:
    """Return a number in [0, 1) and step the state."""
    x = state[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    state[0] = x
    return float((x * np.uint64(2685821657736338717)) >> np.uint64(11)) / 9007199254740992.0


@inner
def below(state: State, limit: int) -> int:
    """Return an integer in 0..limit - 1."""
    return min(int(uniform(state) * limit), limit - 1)
