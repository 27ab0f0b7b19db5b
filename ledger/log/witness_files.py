"""What a witness remembers, as files that survive a loss of power.

One folder a log, named by the hex SHA-256 of its origin:

- `latest`: the largest checkpoint that was persisted, signed by its log; empty before the first.
  It is made when the log is added, and a witness never starts anew for a log whose file is gone.
- `checkpoint`: the same with the cosignatures, as monitors are shown it.
- `lock`: held while comparing, persisting and signing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import Corruption, NotVerified
from ledger.log import note
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.crash import CrashPoint, no_crash
from ledger.log.files import locked_file, sync_folder, write_files
from ledger.log.witness import origin_digest

LOCK_SECONDS = 10
"""How long a request waits for the one before it; a request holds the lock for milliseconds."""

LATEST = "latest"
SHOWN = "checkpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRecord:
    """The memory of one log. Held through `WitnessFiles.record`."""

    folder: Path
    origin: str
    crash_point: CrashPoint

    def latest(self) -> bytes | None:
        """Return the last persisted checkpoint, None before the first. Raises Corruption."""
        path = self.folder / LATEST
        try:
            found = path.read_bytes()
            if found:
                self._check(found)
        except (OSError, NotVerified) as error:
            raise Corruption(
                "WITNESS_DAMAGED",
                f"{path} does not hold what was last cosigned of {self.origin}: {error}. Nothing "
                "is cosigned without it. Restore this very file, or retire the witness's keys.",
            ) from error
        return found or None

    def _check(self, signed: bytes) -> None:
        origin = parse_checkpoint(note.split_note(signed)[0]).origin
        if origin != self.origin:
            raise NotVerified("CHECKPOINT_ORIGIN", f"it is of {origin}")

    def persist(self, signed: bytes) -> None:
        """Replace the last checkpoint, durably."""
        self.crash_point("before persisting")
        staging = self.folder / ".staging"
        write_files(self.folder, {LATEST: signed}, staging=staging, crash_point=self.crash_point)
        self.crash_point("persisted")

    def publish(self, cosigned: bytes) -> None:
        """Show a cosigned checkpoint to monitors.

        It is not synchronised: what a loss of power spoils is made again from `latest`.
        """
        self.crash_point("signed")
        unfinished = self.folder / f"{SHOWN}.new"
        unfinished.write_bytes(cosigned)
        unfinished.replace(self.folder / SHOWN)
        self.crash_point("before answering")

    def published(self) -> bytes | None:
        """Return what monitors are shown, None where there is nothing readable."""
        try:
            found = (self.folder / SHOWN).read_bytes()
            note.split_note(found)
        except (FileNotFoundError, NotVerified):
            return None
        return found


class WitnessFiles:
    """The memory of a witness in a folder; any number of processes may use it at once.

    Parameters
    ----------
    crash_point
        Called between the steps; for tests.
    """

    def __init__(self, folder: Path, *, crash_point: CrashPoint = no_crash) -> None:
        self._folder = folder
        self._crash_point = crash_point

    def add(self, origin: str) -> bool:
        """Begin to remember a log; tell whether it is new. Harmless to repeat."""
        folder = self._of(origin)
        folder.mkdir(parents=True, exist_ok=True)
        with self._locked(folder):
            if (folder / LATEST).exists():
                return False
            write_files(folder, {LATEST: b""}, staging=folder / ".staging")
            sync_folder(self._folder)
        return True

    @contextmanager
    def record(self, origin: str) -> Iterator[FileRecord]:
        """Hold the record of a log.

        Raises
        ------
        Corruption
            `WITNESS_DAMAGED` when the log was never added, or its memory is gone.
        OutcomeUnknown
            When another held it for too long.
        """
        folder = self._of(origin)
        if not folder.is_dir():
            raise Corruption(
                "WITNESS_DAMAGED", f"There is no memory of {origin} in {self._folder}."
            )
        with self._locked(folder):
            yield FileRecord(folder=folder, origin=origin, crash_point=self._crash_point)

    def _of(self, origin: str) -> Path:
        return self._folder / origin_digest(origin)

    def _locked(self, folder: Path) -> AbstractContextManager[None]:
        return locked_file(folder / "lock", timeout_seconds=LOCK_SECONDS)
