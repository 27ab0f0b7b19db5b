"""A mirror's folder: the witness's keys and memory, the copy of the log, and its replay.

Beside what `api.witnessing.home` keeps:

    mirror.json     address of the log, the log's key and the registrar's root key, pinned
    replayed.db     what was replayed; a cache
    log/            the copy: checkpoint with this mirror's cosignatures, tiles, bundles
    log/replayed    a signed note that says up to where every rule was replayed
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from api.services.errors import BadRequest, NotInitialised
from api.services.replaying import replayed_file
from api.witnessing import home as witness_home
from api.witnessing.remote import HttpFiles
from ledger.claims.rules import RULE_VERSION
from ledger.log import note
from ledger.log.checkpoint import CHECKPOINT, Checkpoint, parse_checkpoint
from ledger.log.client import FileMemory, FolderFiles, LogClient, LogView
from ledger.log.files import write_files
from ledger.log.merkle import consistency_proof
from ledger.log.mirror import Mirror, statement
from ledger.log.policy import Policy, PolicyLog
from ledger.log.tiles import ReadFile
from ledger.log.witness import AddCheckpoint, Witness, origin_digest

CONFIGURATION = "mirror.json"
COPY = "log"
REPLAYED = "replayed.db"
STATEMENT = "replayed"

Closing = Callable[[], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorSettings:
    """What a mirror follows and whom it believes; all three come from outside the log.

    Parameters
    ----------
    url
        Address of the log, or a folder with its files.
    log, registrar
        The log's key and the registrar's root key, as vkeys.
    """

    url: str
    log: note.Verifier
    registrar: note.Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenMirror:
    """An opened mirror."""

    folder: Path
    settings: MirrorSettings
    witness: Witness
    mirror: Mirror
    client: LogClient

    def follow(self) -> Checkpoint:
        """Fetch the newest checkpoint, replay what it adds, cosign it; return it.

        Raises
        ------
        ledger.errors.NotVerified
            When the log does not extend what it showed before, or an entry breaks a rule. Nothing
            is cosigned then.
        ledger.log.client.FetchFailed
            When the log cannot be reached.
        """
        view = self.client.update()
        self.mirror.check(view.checkpoint)  # says itself which entry breaks which rule
        cosigned = self._cosign(view)
        write_files(
            self.folder / COPY,
            {CHECKPOINT: cosigned, STATEMENT: self._state(view.checkpoint)},
            staging=self.folder / COPY / ".staging",
        )
        return view.checkpoint

    def _cosign(self, view: LogView) -> bytes:
        """Cosign as any witness would, with this mirror's own condition on top."""
        origin, size = view.checkpoint.origin, view.checkpoint.size
        with self.witness.store.record(origin) as record:
            latest = record.latest()
        old = 0 if latest is None else parse_checkpoint(note.split_note(latest)[0]).size
        proof = consistency_proof(old, size, view.tiles)
        request = AddCheckpoint(old_size=old, proof=proof, checkpoint=view.signed)
        self.witness.add_checkpoint(request.encode())
        cosigned = self.witness.latest(origin_digest(origin))
        assert cosigned is not None, "it was just cosigned"
        return cosigned

    def _state(self, checkpoint: Checkpoint) -> bytes:
        cosigner = next(
            one for one in self.witness.cosigners if isinstance(one.private_key, Ed25519PrivateKey)
        )
        assert isinstance(cosigner.private_key, Ed25519PrivateKey)
        signer = note.Signer(name=cosigner.name, private_key=cosigner.private_key)
        return signer.sign(statement(checkpoint, rule_version=RULE_VERSION))


def create(folder: Path, settings: MirrorSettings, *, name: str) -> None:
    """Make a mirror with new cosigner keys in a new or empty folder.

    Parameters
    ----------
    name
        Of the Ed25519 key; the ML-DSA-44 key is called the same with `/mldsa44`.

    Raises
    ------
    BadRequest
        When the folder is in use or a name cannot name a cosigner.
    """
    witness_home.create(folder, ed25519_name=name, mldsa44_name=f"{name}/mldsa44")
    witness_home.add_log(folder, settings.log.vkey)
    content = {
        "log": settings.log.vkey,
        "registrar": settings.registrar.vkey,
        "url": settings.url,
    }
    data = json.dumps(content, indent=2, sort_keys=True).encode("utf-8") + b"\n"
    write_files(folder, {CONFIGURATION: data}, staging=folder / ".staging")


def load(folder: Path) -> MirrorSettings:
    """Return what a mirror follows. Raises NotInitialised, BadRequest."""
    try:
        content = json.loads((folder / CONFIGURATION).read_bytes())
        return MirrorSettings(
            url=str(content["url"]),
            log=note.parse_vkey(str(content["log"])),
            registrar=note.parse_vkey(str(content["registrar"])),
        )
    except FileNotFoundError:
        raise NotInitialised(
            f"There is no mirror in {folder}. The first start names --log, --key, --registrar and "
            "--name.",
            folder=str(folder),
        ) from None
    except (KeyError, TypeError, ValueError) as malformed:
        raise BadRequest(f"{folder / CONFIGURATION} does not read: {malformed}.") from None


@contextmanager
def opened(folder: Path, *, url: str = "") -> Iterator[OpenMirror]:
    """Open a mirror; close it again.

    Parameters
    ----------
    url
        Where the log is to be read, this time; empty: where it was made for.

    Raises
    ------
    NotInitialised, BadRequest
        When there is none, or it does not read.
    ledger.errors.Corruption
        When its replay is damaged.
    """
    settings = load(folder)
    found = witness_home.open_home(folder)

    def again(start: int, stop: int) -> Sequence[bytes]:
        return mirror.leaves(start, stop)

    memory = replayed_file(
        folder / REPLAYED,
        settings.log.name,
        settings.registrar.public_key,
        read=again,
    )
    read, close = files_at(url or settings.url)
    try:
        mirror = Mirror(read, memory, folder / COPY)
        yield OpenMirror(
            folder=folder,
            settings=settings,
            witness=replace(found.witness, approve=mirror.check),
            mirror=mirror,
            client=LogClient(
                read,
                Policy(logs=(PolicyLog(key=settings.log),)),
                FileMemory(path=folder / "last-seen"),
            ),
        )
    finally:
        close()
        memory.close()


def files_at(place: str) -> tuple[ReadFile, Closing]:
    """Return a reader of a log's files at an address or in a folder, and what closes it.

    Raises
    ------
    BadRequest
        When it is neither.
    """
    if place.startswith(("http://", "https://")):
        try:
            remote = HttpFiles(place)
        except ValueError as wrong:
            raise BadRequest(f"{wrong}.") from None
        return remote.read, remote.close
    if not Path(place).is_dir():
        raise BadRequest(f"{place} is neither an address nor a folder with a log's files.")
    return FolderFiles(folder=Path(place)).read, _nothing


def _nothing() -> None:
    """Close nothing: a folder holds no connection."""
