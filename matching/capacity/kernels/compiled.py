"""How a kernel is compiled: to machine code on first use, kept on disk, without the GIL."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

# numba reads these when it is imported. Measured on 200 orders × 100 offers: more optimisation by
# LLVM costs half a minute at the first solve and gives moves per second no better than noise.
os.environ.setdefault("NUMBA_OPT", "1")
os.environ.setdefault("NUMBA_LOOP_VECTORIZE", "0")

import numba

# In a kernel `int64(1)` is a number like any other; the literal 1 would be a type of its own, and
# what it is passed to would be compiled once more.
int64: Any = numba.int64

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


def inlined(function: Kernel) -> Kernel:
    """Copy a function into its callers before they are compiled: it is never compiled alone."""
    njit: Any = numba.njit
    return cast("Kernel", njit(nogil=True, error_model="numpy", inline="always")(function))


def _compiled(function: Kernel, **options: bool) -> Kernel:
    njit: Any = numba.njit
    compiled = njit(cache=True, nogil=True, error_model="numpy", **options)(function)
    compiled._cache._cache_file._source_stamp = _stamp()  # noqa: SLF001
    return cast("Kernel", compiled)


def is_stored(*kernels: Callable[..., Any]) -> bool:
    """Return whether machine code of each kernel lies on disk for these sources."""
    files = [cast("Any", function)._cache._cache_file for function in kernels]  # noqa: SLF001
    return all(bool(file._load_index()) for file in files)  # noqa: SLF001
