"""The compiled kernels: loads the library, and hands it named tuples of numpy arrays.

A named tuple becomes a C structure with the same fields in the same order: `int` is `int64_t`,
`float` is `double`, an array is a pointer to its first number (NULL when it is empty).
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.capacity.kernels.build import LIBRARY, build, source_digest

TYPES = (np.dtype(np.int64), np.dtype(np.float64), np.dtype(np.int32), np.dtype(np.uint64))


@cache
def library() -> ctypes.CDLL:
    """Return the library; compile it first when it is missing or its sources have changed.

    Raises
    ------
    RuntimeError
        When it has to be compiled and that fails.
    """
    if not is_built():
        build()
    loaded = ctypes.CDLL(str(LIBRARY))
    if _digest_of(loaded) != source_digest():  # pragma: no cover - somebody edits the sources now
        raise RuntimeError(f"{LIBRARY} was compiled from other sources; start again")
    return loaded


def is_built() -> bool:
    """Return whether the library on disk was made from the sources on disk."""
    if not LIBRARY.exists():
        return False
    marker = source_digest().encode()
    return marker in LIBRARY.read_bytes()


def _digest_of(loaded: ctypes.CDLL) -> str:
    loaded.source_digest.restype = ctypes.c_char_p
    return bytes(loaded.source_digest()).decode()


@cache
def _structure(name: str, fields: tuple[str, ...], shape: tuple[Any, ...]) -> Any:
    return type(name, (ctypes.Structure,), {"_fields_": list(zip(fields, shape, strict=True))})


def pointer_to(array: NDArray[Any]) -> int | None:
    """Return the address of the first number of a dense array; None when it is empty.

    Raises
    ------
    TypeError
        When the array is not dense, or its numbers are of a kind that no kernel reads.
    """
    if array.dtype not in TYPES or not array.flags.c_contiguous:
        raise TypeError(f"kernels read dense tables of {TYPES}, got {array.dtype}, {array.flags}")
    return array.ctypes.data if array.size else None


def structure(values: Any) -> ctypes.Structure:
    """Return a named tuple as a C structure. The arrays must outlive it."""
    shape: list[Any] = []
    numbers: list[Any] = []
    for value in values:
        if isinstance(value, np.ndarray):
            shape.append(ctypes.c_void_p)
            numbers.append(pointer_to(value))
        elif isinstance(value, float):
            shape.append(ctypes.c_double)
            numbers.append(value)
        else:
            shape.append(ctypes.c_int64)
            numbers.append(int(value))
    made: ctypes.Structure = _structure(type(values).__name__, values._fields, tuple(shape))(
        *numbers
    )
    return made


def function(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:
    """Return a function of the library with its types set."""
    found = getattr(library(), name)
    found.restype = result
    found.argtypes = list(arguments)
    return found  # type: ignore[no-any-return]


T = TypeVar("T")


class Shared(Generic[T]):
    """A named tuple, and the C structure that shows its arrays to the kernels."""

    def __init__(self, values: T) -> None:
        self.values = values
        self._structure = structure(values)
        self.pointer = ctypes.byref(self._structure)
