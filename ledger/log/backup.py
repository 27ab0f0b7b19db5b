"""What a backup says of itself, and what a test of restoring it found: two signed texts.

A manifest names the checkpoint that the backup holds and the SHA-256 of every file in it. A report
says up to where the copy was recomputed, replayed and compared with what was signed later.
Anybody who holds the log's public key can do the test again with a client of their own.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.checkpoint import Checkpoint

MANIFEST = "manifest"
"""Name of the manifest's file; everything else in the folder is listed in it."""

MANIFEST_FORMAT = "parkloom/backup/v1"
REPORT_FORMAT = "parkloom/restore-report/v1"

_HEX = re.compile(r"[0-9a-f]{64}\Z")
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup holds.

    Parameters
    ----------
    origin, size, root
        The checkpoint up to which the log was copied.
    time_ms
        UTC milliseconds when it was made.
    files
        SHA-256 (hex) of every file by its path in the backup.
    """

    origin: str
    size: int
    root: bytes
    time_ms: int
    files: Mapping[str, str]

    def text(self) -> str:
        """Return the text that is signed: a line of JSON for the head, one for each file."""
        head = {
            "format": MANIFEST_FORMAT,
            "origin": self.origin,
            "root": self.root.hex(),
            "size": self.size,
            "time_ms": self.time_ms,
        }
        lines = [json.dumps(head, ensure_ascii=False, sort_keys=True)]
        lines += [f"{digest}  {path}" for path, digest in sorted(self.files.items())]
        return "\n".join(lines) + "\n"


def parse_manifest(text: str) -> Manifest:
    """Return the manifest of its text: the inverse of `Manifest.text`.

    Raises
    ------
    NotVerified
        `MANIFEST_MALFORMED`.
    """
    head, *lines = text.rstrip("\n").split("\n")
    try:
        stated = json.loads(head)
        if stated.pop("format") != MANIFEST_FORMAT:
            raise _malformed("another format")
        files = dict(_file_line(line) for line in lines)
        found = Manifest(
            origin=str(stated["origin"]),
            size=int(stated["size"]),
            root=bytes.fromhex(stated["root"]),
            time_ms=int(stated["time_ms"]),
            files=files,
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _malformed(str(error)) from None
    if found.text() != text:
        raise _malformed("it is not in its one form")
    return found


def digests_of(folder: Path) -> dict[str, str]:
    """Return the SHA-256 (hex) of every file below a folder but the manifest, by path."""
    return {
        path.relative_to(folder).as_posix(): _digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != MANIFEST
    }


def check_files(folder: Path, manifest: Manifest) -> None:
    """Check that a folder holds exactly the files of a manifest, unchanged.

    Raises
    ------
    NotVerified
        `BACKUP_FILE_MISSING`, `BACKUP_FILE_DIFFERS` or `BACKUP_FILE_UNEXPECTED`, naming the first.
    """
    found = digests_of(folder)
    for path, digest in manifest.files.items():
        if path not in found:
            raise NotVerified("BACKUP_FILE_MISSING", f"{path} is in the manifest, not in the copy")
        if found[path] != digest:
            raise NotVerified(
                "BACKUP_FILE_DIFFERS",
                f"{path} has the SHA-256 {found[path]}, the manifest says {digest}",
            )
    for path in found:
        if path not in manifest.files:
            raise NotVerified("BACKUP_FILE_UNEXPECTED", f"{path} is not in the manifest")


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreReport:
    """What a test of restoring a backup found.

    Parameters
    ----------
    backup
        Checkpoint of the backup, recomputed from its entries.
    latest
        The newest cosigned checkpoint, which the backup's tree is the beginning of.
    replayed
        How many entries obeyed every rule.
    state_digest
        SHA-256 of the state that they lead to.
    time_ms
        UTC milliseconds of the test.
    """

    backup: Checkpoint
    latest: Checkpoint
    replayed: int
    state_digest: bytes
    time_ms: int

    def text(self) -> str:
        """Return the text that is signed."""
        value = {
            "backup": {"root": self.backup.root.hex(), "size": self.backup.size},
            "format": REPORT_FORMAT,
            "latest": {"root": self.latest.root.hex(), "size": self.latest.size},
            "origin": self.backup.origin,
            "replayed": self.replayed,
            "state_sha256": self.state_digest.hex(),
            "time_ms": self.time_ms,
        }
        return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def open_manifest(data: bytes, signer: note.Verifier) -> Manifest:
    """Return a signed manifest.

    Raises
    ------
    NotVerified
        The codes of `note.open_note`, `MANIFEST_MALFORMED`.
    """
    return parse_manifest(note.open_note(data, [signer]).text)


def _file_line(line: str) -> tuple[str, str]:
    digest, separator, path = line.partition("  ")
    if not separator or not _HEX.match(digest) or not path or ".." in path.split("/"):
        raise _malformed(f"{line[:80]!r} is no digest and path")
    return path, digest


def _digest(path: Path) -> str:
    hasher = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            hasher.update(chunk)
    return hasher.hexdigest()


def _malformed(detail: str) -> NotVerified:
    return NotVerified("MANIFEST_MALFORMED", f"this is no manifest of a backup: {detail}")
