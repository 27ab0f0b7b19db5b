"""Read a log that somebody else serves and believe nothing of it (C2SP tlog-tiles, client side).

A view of a log is its checkpoint, valid under a policy, and tiles of which every hash is checked
against that checkpoint's root before it is used. A client remembers the last checkpoint: each new
one must extend it, or the log has forked and both signed notes prove it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ledger.errors import LedgerError, NotVerified
from ledger.log import note
from ledger.log.checkpoint import CHECKPOINT, Checkpoint, parse_checkpoint
from ledger.log.files import write_files
from ledger.log.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_at,
    verify_consistency,
)
from ledger.log.policy import Evaluation, Policy
from ledger.log.proof_file import TlogProof
from ledger.log.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    ReadFile,
    TileReader,
    subtree_hash,
)

ENTRY_BYTES_MAX = 65_535
TILE_BYTES_MAX = TILE_WIDTH * HASH_BYTES
BUNDLE_BYTES_MAX = TILE_WIDTH * (2 + ENTRY_BYTES_MAX)


class FetchFailed(LedgerError):
    """A file of a log could not be had: not reached, too slow, or larger than it can be."""


class LogForked(NotVerified):
    """Two checkpoints that the log signed contradict each other: both notes are the proof.

    Parameters
    ----------
    first, second
        The signed notes, the one that was known and the one that came.
    """

    def __init__(self, message: str, first: bytes, second: bytes) -> None:
        super().__init__("LOG_FORKED", message)
        self.first = first
        self.second = second

    def __reduce__(self) -> tuple[object, ...]:
        """Let it travel between processes with its evidence."""
        return (type(self), (self.message, self.first, self.second))


class CheckpointMemory(Protocol):
    """Where a client keeps the last checkpoint of one log."""

    def load(self) -> bytes | None:
        """Return the signed note, None before the first."""

    def store(self, signed: bytes) -> None:
        """Replace it; when this returns, the new one survives a loss of power."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileMemory:
    """The last checkpoint in a file."""

    path: Path

    def load(self) -> bytes | None:
        """Return the signed note, None before the first."""
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def store(self, signed: bytes) -> None:
        """Replace it, durably."""
        folder = self.path.parent
        staging = folder / f".{self.path.name}.staging"
        write_files(folder, {self.path.name: signed}, staging=staging)


def file_bytes_max(path: str) -> int:
    """Return how many bytes a file of a log can have at most, by its path."""
    if path.startswith("tile/entries/"):
        return BUNDLE_BYTES_MAX
    return TILE_BYTES_MAX if path.startswith("tile/") else note.NOTE_BYTES_MAX


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFiles:
    """The files of a log in a folder, such as an export."""

    folder: Path

    def read(self, path: str) -> bytes:
        """Return a file: a `ReadFile`.

        Raises
        ------
        LookupError
            When there is none.
        FetchFailed
            When it is larger than such a file can be, or cannot be read.
        """
        most = file_bytes_max(path)
        try:
            with (self.folder / path).open("rb") as file:
                data = file.read(most + 1)
        except (FileNotFoundError, NotADirectoryError):
            raise LookupError(f"{path} is not in {self.folder}") from None
        except OSError as error:
            raise FetchFailed(f"{self.folder / path}: {error.strerror}") from error
        if len(data) > most:
            raise FetchFailed(f"{self.folder / path} has more than {most:,} bytes")
        return data


class VerifiedTiles(TileReader):
    """The tiles of a tree of which size and root are known; every hash is checked before its use.

    The last tile of each level is checked by the root that they all make together; every other
    tile by its hash in the tile above it. Entries are checked by their level-0 tile.

    Parameters
    ----------
    read
        Gives the bytes of a path.
    size, root
        Of the tree, from a checkpoint that was verified.
    """

    _CHECKED_MAX = 256

    def __init__(self, read: ReadFile, size: int, root: bytes) -> None:
        super().__init__(read, size)
        self._root = root
        self._edge: dict[tuple[int, int], list[bytes]] | None = None
        self._checked: dict[tuple[int, int], list[bytes]] = {}

    def row(self, level: int, index: int) -> list[bytes]:
        """Return the hashes of a tile.

        Raises
        ------
        LookupError
            When the tree has no such tile, or it cannot be read.
        NotVerified
            `TILE_MALFORMED`; `ROOT_DIFFERS` when the edge of the tree does not have its root;
            `TILE_DIFFERS` when a tile is not what the one above says.
        """
        edge = self.edge()
        found = edge.get((level, index)) or self._checked.get((level, index))
        if found is None:
            found = super().row(level, index)
            expected = self.row(level + 1, index // TILE_WIDTH)[index % TILE_WIDTH]
            got = subtree_hash(found)
            if got != expected:
                raise NotVerified(
                    "TILE_DIFFERS",
                    f"tile {index} at level {level} has the hash {got.hex()}, the tile above it "
                    f"says {expected.hex()}",
                )
            self._checked[level, index] = found
            if len(self._checked) > self._CHECKED_MAX:
                del self._checked[next(iter(self._checked))]
        return found

    def entries(self, index: int) -> list[bytes]:
        """Return the entries of a bundle.

        Raises
        ------
        LookupError
            When the tree has no such bundle, or it cannot be read.
        NotVerified
            `BUNDLE_MALFORMED`; `ENTRY_DIFFERS` when an entry is not the one that the tree has.
        """
        found = super().entries(index)
        for place, (entry, expected) in enumerate(zip(found, self.row(0, index), strict=True)):
            if leaf_hash(entry) != expected:
                raise NotVerified(
                    "ENTRY_DIFFERS",
                    f"entry {index * TILE_WIDTH + place} has the leaf hash "
                    f"{leaf_hash(entry).hex()}, the tree has {expected.hex()}",
                )
        return found

    def edge(self) -> dict[tuple[int, int], list[bytes]]:
        """Return the partial tiles at the right edge, which make the root; checked once."""
        if self._edge is None:
            edge: dict[tuple[int, int], list[bytes]] = {}
            level, count = 0, self._size
            while count:
                if count % TILE_WIDTH:
                    place = (level, count // TILE_WIDTH)
                    edge[place] = super().row(*place)
                level, count = level + 1, count >> TILE_HEIGHT
            self._check_root(edge)
            self._edge = edge
        return self._edge

    def _check_root(self, edge: dict[tuple[int, int], list[bytes]]) -> None:
        def node(level: int, index: int) -> bytes:
            tile_level, height = divmod(level, TILE_HEIGHT)
            start = index << height
            row = edge[tile_level, start // TILE_WIDTH]
            first = start % TILE_WIDTH
            return subtree_hash(row[first : first + (1 << height)])

        root = root_at(self._size, node) if self._size else EMPTY_ROOT
        if root != self._root:
            raise NotVerified(
                "ROOT_DIFFERS",
                f"the tiles of size {self._size} have the root {root.hex()}, the checkpoint "
                f"states {self._root.hex()}",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class LogView:
    """A log as of one checkpoint.

    Parameters
    ----------
    signed
        The checkpoint's note, verbatim.
    evaluation
        What the policy says of it.
    tiles
        Its tiles, each checked before its use.
    """

    signed: bytes
    evaluation: Evaluation
    tiles: VerifiedTiles

    @property
    def checkpoint(self) -> Checkpoint:
        """Origin, size and root."""
        return self.evaluation.checkpoint

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Yield (index, entry) of the entries [start, stop), to the end where `stop` is None.

        Raises
        ------
        ValueError
            When the log has no such range.
        LookupError, NotVerified
            As `VerifiedTiles.entries`.
        """
        size = self.checkpoint.size
        end = size if stop is None else stop
        if not 0 <= start <= end <= size:
            raise ValueError(f"entries {start} to {end} are not in a log of {size}")
        at = start
        while at < end:
            first = at - at % TILE_WIDTH
            for index, entry in enumerate(self.tiles.entries(first // TILE_WIDTH), first):
                if at <= index < end:
                    yield index, entry
            at = first + TILE_WIDTH

    def proof(self, index: int, *, extra: bytes | None = None) -> TlogProof:
        """Return the proof file of an entry, with this checkpoint.

        Raises
        ------
        ValueError
            When there is no such entry.
        """
        hashes = inclusion_proof(index, self.checkpoint.size, self.tiles)
        return TlogProof(index=index, hashes=hashes, checkpoint=self.signed, extra=extra)


class LogClient:
    """Follows one log: each checkpoint that it takes extends the last one that it took.

    Parameters
    ----------
    read
        Gives the files of the log: `FolderFiles.read`, or one over HTTP.
    policy
        Which log, and which quorum of witnesses.
    logs
        As of `Policy.evaluate`.
    memory
        Keeps the last checkpoint; a client without memory cannot see a fork.
    """

    def __init__(
        self,
        read: ReadFile,
        policy: Policy,
        memory: CheckpointMemory,
        *,
        logs: Sequence[note.Verifier] = (),
    ) -> None:
        self._read = read
        self._policy = policy
        self._memory = memory
        self._logs = tuple(logs)

    def update(self) -> LogView:
        """Fetch the newest checkpoint, check it against the policy and the last one, keep it.

        Raises
        ------
        LogForked
            When the log signed two trees of which neither extends the other.
        NotVerified
            The codes of `Policy.evaluate` and `VerifiedTiles.row`; `FILE_MISSING`;
            `CHECKPOINT_BEHIND` when the log shows a smaller tree than before.
        FetchFailed
            When the log cannot be reached.
        """
        try:
            signed = self._read(CHECKPOINT)
        except (LookupError, FileNotFoundError) as error:
            raise NotVerified("FILE_MISSING", f"the log has no checkpoint: {error}") from error
        view = self.view(signed)
        known = self._memory.load()
        if known is not None:
            try:
                self._check_extends(known, view)
            except (LookupError, FileNotFoundError) as error:
                raise NotVerified("FILE_MISSING", f"the log is not whole: {error}") from error
        if known != signed:
            self._memory.store(signed)
        return view

    def view(self, signed: bytes) -> LogView:
        """Return the log as of a checkpoint that is valid under the policy; nothing is kept."""
        evaluation = self._policy.evaluate(signed, self._logs)
        found = evaluation.checkpoint
        tiles = VerifiedTiles(self._read, found.size, found.root)
        return LogView(signed=signed, evaluation=evaluation, tiles=tiles)

    def _check_extends(self, known: bytes, view: LogView) -> None:
        last, now = parse_checkpoint(note.split_note(known)[0]), view.checkpoint
        if last.origin != now.origin:
            raise NotVerified(
                "CHECKPOINT_ORIGIN", f"the checkpoint is of {now.origin}, followed is {last.origin}"
            )
        if now.size < last.size:
            raise NotVerified(
                "CHECKPOINT_BEHIND",
                f"log {now.origin} shows {now.size} entries, it has shown {last.size}: an old copy "
                "is served, or an old backup was restored",
            )
        if last.size == 0:
            return
        if now.size > last.size:
            view.tiles.edge()  # tiles that are not this checkpoint's prove nothing against the log
        try:
            proof = consistency_proof(last.size, now.size, view.tiles)
            verify_consistency(last.size, now.size, last.root, now.root, proof)
        except NotVerified as error:
            if error.code != "ROOT_DIFFERS":
                raise
            raise LogForked(
                f"log {now.origin} signed a tree of {last.size} entries and one of {now.size} "
                f"that does not extend it ({error}). Keep both notes: together they prove it.",
                known,
                view.signed,
            ) from error
