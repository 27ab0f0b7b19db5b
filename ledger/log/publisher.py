"""Publish the log as files: tiles, bundles, and last the signed checkpoint.

The steps come in this order, and a process may die between any two of them:

1. the sequencer has committed entries, state and head;
2. tiles and bundles are written, each whole or absent;
3. the checkpoint is signed, after the signer's memory was written;
4. witnesses cosign it (`ledger.log.cosigning`), where the log has any;
5. `checkpoint` is replaced by renaming;
6. receipts are released (by the writer): `durable` ones after 3, `witnessed` ones after 5.

Step 4 runs beside the others: without an answer of the witnesses the log is written on, and
`checkpoint` stays what a quorum has cosigned.

Tiles are a function of the entries: whatever a dead process left undone is done again, and the
same size is signed again only with the same root.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from ledger.errors import Corruption, NotVerified
from ledger.log.checkpoint import CHECKPOINT, Checkpoint
from ledger.log.cosigning import Cosigning
from ledger.log.crash import CrashPoint, no_crash
from ledger.log.files import clear, write_files
from ledger.log.merkle import HASH_BYTES, consistency_proof, root_at
from ledger.log.peers import witness_knows_more
from ledger.log.signer import Gate, behind
from ledger.log.store import Head, LogReader
from ledger.log.tile_builder import TileBuilder
from ledger.log.tiles import (
    TILE_WIDTH,
    Tile,
    TileReader,
    cut_tile,
    tiles_between,
    tiles_of,
)

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
        Whoever signs for the log, with its memory.
    cosigning
        The log's witnesses; None for a log without any.
    crash_point
        Called between the steps; for tests.
    """

    def __init__(
        self,
        store: LogReader,
        folder: Path,
        signer: Gate,
        *,
        cosigning: Cosigning | None = None,
        crash_point: CrashPoint = no_crash,
    ) -> None:
        self._store = store
        self._folder = folder
        self._signer = signer
        self._cosigning = cosigning
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

    def tile(self, tile: Tile) -> bytes:
        """Return the bytes of a tile or bundle of any size that was signed.

        A partial one that is no longer kept is cut from the full one or from a wider one: tiles
        only grow at their end.

        Raises
        ------
        LookupError
            When the log has not come that far.
        """
        for wider in self._wider(tile):
            try:
                return cut_tile(tile, self.read(wider.path))
            except LookupError:
                continue
        raise LookupError(f"{tile.path} is not published")

    def published(self) -> Checkpoint | None:
        """Return the published checkpoint, None before the first.

        Where the log has witnesses, a quorum of them has cosigned it.

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
                found = self._signer.open(data)
            except NotVerified as error:
                raise Corruption(
                    "CHECKPOINT_DAMAGED",
                    f"{self._folder / CHECKPOINT} is not what this log signed: {error}. Remove "
                    "the file and start again: it is written anew from the signer's memory.",
                ) from error
            self._published = (data, found)
        return self._published[1]

    def signed(self) -> Checkpoint | None:
        """Return the newest signed checkpoint, published or waiting for its witnesses.

        Raises
        ------
        Corruption
            `CHECKPOINT_DAMAGED`.
        """
        known = [self.published()]
        if self._cosigning is not None:
            known.append(self._cosigning.pending())
        found = [one for one in known if one is not None]
        return max(found, key=lambda one: one.size, default=None)

    def publish(self) -> Checkpoint:
        """Sign the committed head, unless it is signed; return its checkpoint.

        Without witnesses it is published when this returns; with them, once a quorum has cosigned
        it, by another thread.

        Raises
        ------
        Corruption
            When the log is shorter than, or contradicts, what was signed or published, or what a
            witness shows that this log's key has signed.
        OutcomeUnknown
            When another process publishes for very long.
        """
        if self._cosigning is not None:
            self._cosigning.check()
        with self._signer.lock(timeout_seconds=_LOCK_SECONDS):
            head, signed = self._store.head(), self.signed()
            if signed is not None and self._is_signed(head, signed):
                return signed
            size = signed.size if signed is not None else 0
            self._write_tiles(tiles_between(size, head.size), size, head.size)
            self._crash_point("tiles written")
            return self._sign(head, size)

    def recover(self) -> Checkpoint:
        """Check at start-up that the log fits what was signed; publish what a crash left undone.

        Missing tiles and bundles are written again from the entries. Witnesses that can be reached
        are asked what they have seen.

        Raises
        ------
        Corruption
            `LOG_BEHIND_SIGNER`, `LOG_BEHIND_WITNESS`, `ROOT_DIFFERS`, `TILES_DIFFER`,
            `SIGNER_DAMAGED`, `CHECKPOINT_DAMAGED`: nothing may be written before a person has
            looked.
        """
        with self._signer.lock(timeout_seconds=_LOCK_SECONDS):
            head = self._store.head()
            own = (self._signer.last(), self.published(), self.signed())
            known = [one for one in own if one is not None]
            for checkpoint in known:
                if checkpoint.size > head.size:
                    raise behind(checkpoint, head.size)
            seen = self._seen_by_witnesses(head)
            clear(self._staging)
            missing = [tile for tile in tiles_of(head.size) if not self._stands(tile)]
            self._write_tiles(missing, 0, head.size)
            nodes = TileReader(self.read, head.size)
            for checkpoint in (*known, *seen):
                self._check_root(checkpoint, root_at(checkpoint.size, nodes))
            return self._sign(head, 0)

    def close(self) -> None:
        """Let what waits for witnesses be finished, for a few seconds; end the thread."""
        if self._cosigning is not None:
            self._cosigning.close()

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
                write_files(folder, {tile.path: self.tile(tile)}, staging=staging)
            write_files(folder, {CHECKPOINT: signed}, staging=staging)
            clear(staging)
        return published

    def _is_signed(self, head: Head, signed: Checkpoint) -> bool:
        if signed.size > head.size:
            raise behind(signed, head.size)
        if signed.size < head.size:
            return False
        self._check_root(signed, head.frontier.root())
        return True

    def _seen_by_witnesses(self, head: Head) -> tuple[Checkpoint, ...]:
        """Return what witnesses show of this log; none of it may be larger than the head."""
        if self._cosigning is None:
            return ()
        seen = self._cosigning.remembered(self._store.origin)
        own = Checkpoint(origin=self._store.origin, size=head.size, root=head.frontier.root())
        for checkpoint in seen:
            if checkpoint.size > head.size:
                raise witness_knows_more(checkpoint, own)
        return seen

    def _wider(self, tile: Tile) -> Iterator[Tile]:
        """Yield the files that may hold a tile's bytes: its own, the full one, wider ones."""
        yield tile
        if tile.full:
            return
        yield replace(tile, width=TILE_WIDTH)
        partials = self._folder / f"{replace(tile, width=TILE_WIDTH).path}.p"
        try:
            widths = [int(path.name) for path in partials.iterdir() if path.name.isdecimal()]
        except (FileNotFoundError, NotADirectoryError):
            return
        for width in sorted(widths):
            if tile.width < width < TILE_WIDTH:
                yield replace(tile, width=width)

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
        if self._cosigning is not None:
            self._cosigning.offer(signed)
        else:
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
