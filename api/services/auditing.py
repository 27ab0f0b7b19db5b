"""Audit a log: a folder of files, an address, or the installation's own store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from api.services.errors import BadRequest
from api.services.timestamps import stamped_s
from api.witnessing.remote import HttpFiles
from ledger.audit.memory import Anchor, AuditMemory, MemoryUnfit
from ledger.audit.run import NO_WITNESS, Audit, Progress, Report, Trust
from ledger.claims.rules import ClaimRules
from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.policy import NONE, Policy
from ledger.log.policy_file import parse_policy
from ledger.log.signing import key_id
from ledger.log.tiles import ReadFile

Cancelled = Callable[[], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """What an auditor brings along.

    Parameters
    ----------
    log
        The log's public key, a vkey line.
    registrar
        The registrar's root key, a vkey line; empty: what entries mean is not looked at.
    policy
        Policy file with witnesses and quorum; None: no witness is asked for.
    checkpoints
        Files of checkpoints of this log that were kept from earlier.
    timestamp_roots
        Certificates of authorities outside whose time stamps, beside those files, are believed.
    state
        File that remembers how far the audit came; made when it is not there. None: all is read.
    """

    log: str
    registrar: str = ""
    policy: Path | None = None
    checkpoints: Sequence[Path] = ()
    timestamp_roots: Path | None = None
    state: Path | None = None


def audit_files(
    read: ReadFile,
    auditor: Auditor,
    *,
    progress: Progress = lambda _done, _of: None,
    cancelled: Cancelled = lambda: False,
) -> Report:
    """Audit a log whose files `read` gives, from nothing but them and what the auditor brings.

    Raises
    ------
    BadRequest
        When a key, a kept checkpoint or the state file cannot be used.
    """
    memory = open_memory(auditor)
    try:
        made = make_audit(read, auditor, memory)
        return made.run(progress=progress, cancelled=cancelled)
    finally:
        memory.close()


def make_audit(read: ReadFile, auditor: Auditor, memory: AuditMemory) -> Audit:
    """Return the audit of a log's files, to be run. Raises BadRequest."""
    log = parse_key(auditor.log, "log")
    policy = NO_WITNESS if auditor.policy is None else _policy(auditor.policy)
    anchors = [
        one
        for path in auditor.checkpoints
        for one in _anchors(path, log, policy, auditor.timestamp_roots)
    ]
    rules = None
    if auditor.registrar:
        root = parse_key(auditor.registrar, "registrar").public_key
        rules = ClaimRules(origin=log.name, registrar_root=root, tag_key=None)
    return Audit(
        read=read,
        trust=Trust(log=log, policy=policy, anchors=anchors),
        memory=memory,
        rules=rules,
    )


def open_memory(auditor: Auditor) -> AuditMemory:
    """Open the auditor's state file. Raises BadRequest when it is another audit's."""
    # The origin and not the key: a log whose key was rotated is still the same log.
    about = {"log": parse_key(auditor.log, "log").name, "registrar": ""}
    if auditor.registrar:
        about["registrar"] = key_id(parse_key(auditor.registrar, "registrar").public_key)
    try:
        return AuditMemory(auditor.state, about)
    except MemoryUnfit as unfit:
        raise BadRequest(str(unfit), state=str(auditor.state)) from None


def reader_of(place: str) -> ReadFile:
    """Return a reader of the files of a log in a folder or at an http(s) address.

    Raises
    ------
    BadRequest
        When there is no such folder, or the address is none.
    """
    if "://" not in place:
        return folder_reader(Path(place))
    try:
        return HttpFiles(place).read
    except ValueError as malformed:
        raise BadRequest(f"{place}: {malformed}.", address=place) from None


def folder_reader(folder: Path) -> ReadFile:
    """Return a reader of the files of a log in a folder. Raises BadRequest when there is none."""
    if not folder.is_dir():
        raise BadRequest(
            f"{folder}: expected a folder with a log's checkpoint and tile/, such as "
            "`parkloom ledger export` writes, or an http(s) address.",
            folder=str(folder),
        )

    def read(path: str) -> bytes:
        try:
            return (folder / path).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            raise LookupError(f"{path} is missing") from None

    return read


def parse_key(text: str, what: str) -> note.Verifier:
    """Return the key of a vkey line. Raises BadRequest."""
    try:
        return note.parse_vkey(text.strip())
    except ValueError as malformed:
        raise BadRequest(f"The {what}'s key is no vkey: {malformed}.", key=what) from None


def _policy(path: Path) -> Policy:
    try:
        return parse_policy(path.read_bytes())
    except OSError as unreadable:
        raise BadRequest(f"Cannot read {path}: {unreadable.strerror}.", path=str(path)) from None
    except NotVerified as malformed:
        raise BadRequest(f"{path}: {malformed}.", path=str(path)) from None


def _anchors(
    path: Path, log: note.Verifier, policy: Policy, timestamp_roots: Path | None
) -> list[Anchor]:
    """Return what a kept checkpoint says; it need not have its quorum."""
    witnessed = replace(policy, quorum=NONE)
    try:
        found = witnessed.evaluate(path.read_bytes(), (log,))
    except OSError as unreadable:
        raise BadRequest(f"Cannot read {path}: {unreadable.strerror}.", path=str(path)) from None
    except NotVerified as problem:
        raise BadRequest(
            f"{path} is no checkpoint that this log signed: {problem}.", path=str(path)
        ) from None
    known = found.checkpoint
    times = list(found.cosigned.values())
    stamped = None if timestamp_roots is None else stamped_s(path, timestamp_roots)
    times += [] if stamped is None else [stamped]
    times = times or [0]
    return [Anchor(size=known.size, root=known.root, time_s=time_s) for time_s in times]
