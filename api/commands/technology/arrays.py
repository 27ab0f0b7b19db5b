"""Arrays in NumPy's file format: read with limits, refused with a sentence."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from api.commands.frame import BadInput

BYTES_MAX = 2**30


def read_array(path: Path, *, option: str) -> NDArray[Any]:
    """Return the numbers of a `.npy` file.

    Raises
    ------
    BadInput
        When the file is missing, too large, no array, or holds objects: these are never loaded.
    """
    given = {"option": option, "file": str(path)}
    if not path.is_file():
        raise BadInput(
            f"{option} {path}: no such file; expected an array written by NumPy.", **given
        )
    if path.stat().st_size > BYTES_MAX:
        size = path.stat().st_size
        raise BadInput(f"{option} {path}: {size} bytes, expected at most {BYTES_MAX}.", **given)
    try:
        found = np.load(path, allow_pickle=False)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as wrong:
        raise BadInput(
            f"{option} {path}: not an array of numbers in NumPy's .npy format ({wrong}).", **given
        ) from None
    if not isinstance(found, np.ndarray) or found.dtype.kind not in "biuf":
        raise BadInput(f"{option} {path}: expected one array of numbers (.npy).", **given)
    return found
