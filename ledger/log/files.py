"""Files that are either there as a whole or not at all, and folders with a lock."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import OutcomeUnknown
from ledger.log.crash import CrashPoint, no_crash

_POLL_MS = (1, 20)
"""First and longest pause between two attempts to lock a file."""


def write_files(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    staging: Path,
    crash_point: CrashPoint = no_crash,
) -> None:
    """Write files below a folder so that each is whole or absent whenever the machine stops.

    Each is written and synchronised under another name, then renamed; the folders are
    synchronised last. When this returns, all of them survive a loss of power.

    Parameters
    ----------
    files
        Contents by path relative to `folder`.
    staging
        Folder on the same file system for unfinished files; `clear` removes leftovers.
    """
    staging.mkdir(parents=True, exist_ok=True)
    touched: set[Path] = set()
    for number, (name, data) in enumerate(files.items()):
        target, unfinished = folder / name, staging / f"{os.getpid()}-{number}"
        _write_synced(unfinished, data)
        crash_point("file staged")
        touched |= _make_folders(target.parent)
        unfinished.replace(target)
        crash_point("file renamed")
        touched.add(target.parent)
    for one in touched:
        sync_folder(one)


def clear(folder: Path) -> None:
    """Remove a folder and all that is in it, if it is there."""
    shutil.rmtree(folder, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked_file(path: Path, *, timeout_seconds: float) -> Iterator[None]:
    """Hold the only lock on a file, between processes and threads; it dies with the process.

    Raises
    ------
    OutcomeUnknown
        When another holds it for longer than the timeout.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _lock(handle, path, timeout_seconds)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, path: Path, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    pause_ms, longest_ms = _POLL_MS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                raise OutcomeUnknown(
                    f"Another process held {path} for {timeout_seconds:g} s. Send the same "
                    "request again; that is harmless."
                ) from None
            time.sleep(pause_ms / 1000)
            pause_ms = min(2 * pause_ms, longest_ms)
        else:
            return


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_folders(folder: Path) -> set[Path]:
    """Make a folder with those above it; return the existing ones that got a new name."""
    if folder.is_dir():
        return set()
    above = _make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    return above | {folder.parent}
