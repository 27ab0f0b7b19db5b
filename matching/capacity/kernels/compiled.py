"""How a kernel is compiled: to machine code on first use, kept on disk, without the GIL."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

from numba import njit

Kernel = TypeVar("Kernel", bound=Callable[..., Any])


@cache
def _stamp() -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of every kernel source."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return tuple((path.name, (at := path.stat()).st_mtime_ns, at.st_size) for path in sources)


def kernel(function: Kernel) -> Kernel:
    """Compile a function with numba when it is first called.

    Notes
    -----
    Division by zero follows numpy and indices are not checked. numba renews what it keeps on disk
    when the file of the function itself changes; kernels call kernels of other files, so here the
    stamp covers every file of this folder.
    """
    return _compiled(function)


def inner(function: Kernel) -> Kernel:
    """Compile a function that only kernels call: no way in from Python, a third of the time."""
    return _compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _compiled(function: Kernel, **options: bool) -> Kernel:
    compiled = njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    compiled._cache._cache_file._source_stamp = _stamp()
    return cast(Kernel, compiled)


def is_warm(*kernels: Callable[..., Any]) -> bool:
    """Return whether each of the kernels has been compiled or loaded in this process."""
    return all(cast(Any, function).signatures for function in kernels)


def is_stored(*kernels: Callable[..., Any]) -> bool:
    """Return whether machine code of each kernel lies on disk for these sources."""
    return all(bool(cast(Any, function)._cache._cache_file._load_index()) for function in kernels)
