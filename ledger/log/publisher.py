"""Publish the log as files: tiles, bundles, and last the signed checkpoint.

The steps come in this order, and a process may die between any two of them:

1. the sequencer has committed entries, state and head;
2. tiles and bundles are written, each whole or absent;
3. the checkpoint is signed, after the signer's memory was written;
4. `checkpoint` is replaced by renaming;
5. receipts are released (by the writer).

Tiles are a function of the entries: whatever a dead process left undone is done again, and the
same size is signed again only with the same root.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path

from ledger.errors import Corruption, NotVerified
from ledger.log.audit import CHECKPOINT
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.crash import CrashPoint, no_crash
from ledger.log.files import clear, write_files
from ledger.log.merkle import HASH_BYTES, consistency_proof, root_at
from ledger.log.signer import CheckpointSigner, behind
from ledger.log.store import Head, LogReader
from ledger.log.tile_builder import TileBuilder
from ledger.log.tiles import Tile, TileReader, tiles_between, tiles_of

_LOCK_SECONDS = 60
_TILES_AT_ONCE = 64
"""How many tiles are held in memory before they are written."""


class Publisher:
    """Writes the files of a log and signs its checkpoints.

    Parameters
    ----------
    store
        The log.
    folder
        Public folder: `checkpoint` and `tile/…` as C2SP tlog-tiles names them.
    signer
        The log's key with its memory.
    crash_point
        Called between the steps; for tests.
    """

    def __init__(
        self,
        store: LogReader,
        folder: Path,
        signer: CheckpointSigner,
        *,
        crash_point: CrashPoint = no_crash,
    ) -> None:
        self._store = store
        self._folder = folder
        self._signer = signer
        self._crash_point = crash_point
        self._published: tuple[bytes, Checkpoint] | None = None

    @property
    def folder(self) -> Path:
        """The public folder."""
        return self._folder

    def read(self, path: str) -> bytes:
        """Return a public file by its path; `LookupError` where there is none."""
        try:
            return (self._folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise LookupError(f"{path} is not published") from None

    def published(self) -> Checkpoint | None:
        """Return the published checkpoint, None before the first.

        Raises
        ------
        Corruption
            `CHECKPOINT_DAMAGED` when it is not signed by the log's key.
        """
        try:
            data = self.read(CHECKPOINT)
        except LookupError:
            return None
        if self._published is None or self._published[0] != data:
            try:
                found, _ = open_checkpoint(data, self._signer.verifier)
            except NotVerified as error:
                raise Corruption(
                    "CHECKPOINT_DAMAGED",
                    f"{self._folder / CHECKPOINT} is not what this log signed: {error}. Remove "
                    "the file and start again: it is written anew from the signer's memory.",
                ) from error
            self._published = (data, found)
        return self._published[1]

    def publish(self) -> Checkpoint:
        """Publish the committed head, unless it is published; return its checkpoint.

        Raises
        ------
        Corruption
            When the log is shorter than, or contradicts, what was signed or published.
        OutcomeUnknown
            When another process publishes for very long.
        """
        with self._signer.lock(timeout_seconds=_LOCK_SECONDS):
            head, published = self._store.head(), self.published()
            if published is not None and self._is_published(head, published):
                return published
            size = published.size if published is not None else 0
            self._write_tiles(tiles_between(size, head.size), size, head.size)
            self._crash_point("tiles written")
            return self._sign(head, size)

    def recover(self) -> Checkpoint:
        """Check at start-up that the log fits what was signed; publish what a crash left undone.

        Missing tiles and bundles are written again from the entries.

        Raises
        ------
        Corruption
            `LOG_BEHIND_SIGNER`, `ROOT_DIFFERS`, `TILES_DIFFER`, `SIGNER_DAMAGED`,
            `CHECKPOINT_DAMAGED`: nothing may be written before a person has looked.
        """
        with self._signer.lock(timeout_seconds=_LOCK_SECONDS):
            head = self._store.head()
            known = [one for one in (self._signer.last(), self.published()) if one is not None]
            for checkpoint in known:
                if checkpoint.size > head.size:
                    raise behind(checkpoint, head.size)
            clear(self._staging)
            missing = [tile for tile in tiles_of(head.size) if not self._stands(tile)]
            self._write_tiles(missing, 0, head.size)
            nodes = TileReader(self.read, head.size)
            for checkpoint in known:
                self._check_root(checkpoint, root_at(checkpoint.size, nodes))
            return self._sign(head, 0)

    def export(self, folder: Path) -> Checkpoint:
        """Write the published log into another folder: tiles and bundles, last the checkpoint.

        Returns
        -------
        The checkpoint of the copy.

        Raises
        ------
        LookupError
            When nothing is published yet.
        """
        with self._signer.lock(timeout_seconds=_LOCK_SECONDS):
            published = self.published()
            if published is None:
                raise LookupError(f"log {self._store.origin} has published nothing yet")
            signed, staging = self.read(CHECKPOINT), folder / ".staging"
            for tile in tiles_of(published.size):
                write_files(folder, {tile.path: self.read(tile.path)}, staging=staging)
            write_files(folder, {CHECKPOINT: signed}, staging=staging)
            clear(staging)
        return published

    def _is_published(self, head: Head, published: Checkpoint) -> bool:
        if published.size > head.size:
            raise behind(published, head.size)
        if published.size < head.size:
            return False
        self._check_root(published, head.frontier.root())
        return True

    def _check_root(self, signed: Checkpoint, root: bytes) -> None:
        if root != signed.root:
            raise Corruption(
                "ROOT_DIFFERS",
                f"Log {signed.origin}: at size {signed.size} the root {signed.root.hex()} was "
                f"signed, the log now has {root.hex()}. Entries were changed: restore a backup.",
            )

    def _sign(self, head: Head, old_size: int) -> Checkpoint:
        """Sign and publish a head whose tiles stand; a crash here leaves the old checkpoint."""
        nodes = TileReader(self.read, head.size)
        root = root_at(head.size, nodes)
        if root != head.frontier.root():
            raise Corruption(
                "TILES_DIFFER",
                f"Log {self._store.origin}: the tiles of size {head.size} have the root "
                f"{root.hex()}, the head has {head.frontier.root().hex()}. Move "
                f"{self._folder / 'tile'} away and start again: it is rebuilt from the entries.",
            )

        def prove(old: int, new: int) -> Sequence[bytes]:
            return consistency_proof(old, new, nodes)

        checkpoint = Checkpoint(origin=self._store.origin, size=head.size, root=root)
        self._crash_point("before signing")
        signed = self._signer.sign(checkpoint, prove)
        self._crash_point("after signing")
        write_files(self._folder, {CHECKPOINT: signed}, staging=self._staging)
        self._crash_point("checkpoint published")
        self._drop_partials(old_size, head.size)
        return checkpoint

    def _write_tiles(self, tiles: Iterable[Tile], old_size: int, new_size: int) -> None:
        builder = TileBuilder(self._store.leaves, self.read, old_size=old_size, new_size=new_size)
        remaining = iter(tiles)
        while some := list(islice(remaining, _TILES_AT_ONCE)):
            write_files(
                self._folder,
                {tile.path: builder.build(tile) for tile in some},
                staging=self._staging,
                crash_point=self._crash_point,
            )

    def _stands(self, tile: Tile) -> bool:
        try:
            bytes_found = (self._folder / tile.path).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return False
        if tile.level is None:
            return bytes_found >= 2 * tile.width
        return bytes_found == HASH_BYTES * tile.width

    def _drop_partials(self, old_size: int, new_size: int) -> None:
        """Remove the partial forms of tiles that are full now: readers take the full ones."""
        for tile in tiles_between(old_size, new_size):
            if tile.full:
                clear(self._folder / f"{tile.path}.p")

    @property
    def _staging(self) -> Path:
        return self._folder / ".staging"
