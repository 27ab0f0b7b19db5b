"""Plain loops over arrays: numba compiles them much faster than assignments to slices."""

from __future__ import annotations

from matching.capacity.columns import Floats, Ints
from matching.capacity.kernels.compiled import inner


@inner
def copy_rows(to: Ints, source: Ints, rows: int) -> None:
    """Copy the first rows of a table."""
    for row in range(rows):
        for column in range(source.shape[1]):
            to[row, column] = source[row, column]


@inner
def copy_row(to: Ints, source: Ints) -> None:
    """Copy the numbers of a row."""
    for at in range(len(source)):
        to[at] = source[at]


@inner
def fill_row(to: Floats, value: float) -> None:
    """Set every number of a row."""
    for at in range(len(to)):
        to[at] = value


@inner
def copy_numbers(to: Floats, source: Floats) -> None:
    """Copy the numbers of a row of floats."""
    for at in range(len(source)):
        to[at] = source[at]
