"""The log's own keys: which private ones this installation holds, which public ones it believes.

An installation signs for itself (`keys/log.key`, and `keys/log-2.key` … once the key was replaced)
or asks the signer's process, and then pins the public half alone (`keys/log.vkey`).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from api.services import keyfiles
from api.services.errors import BadRequest
from api.settings import Settings
from api.signing.client import RemoteGate
from ledger.claims.key_states import LogKeyState
from ledger.claims.log_keys import keys_in_force
from ledger.log import note
from ledger.log.signer import CheckpointSigner, Gate
from ledger.log.state import StateLayer
from ledger.log.store import LogReader
from ledger.values.kinds import parse_public_key

LOG_KEY = "log.key"
LOG_VKEY = "log.vkey"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """The log's key where its private half is elsewhere."""

    verifier: note.Verifier


LogKey = note.Signer | PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeys:
    """The log's newest key as this installation has it, and who signs checkpoints."""

    current: LogKey
    gate: Gate


def make(settings: Settings, log_vkey: str) -> None:
    """Make the log's key, or pin the public half of one that a signer's process holds.

    Raises
    ------
    BadRequest
        When the vkey is malformed or of another log.
    """
    folder = settings.keys_folder
    if not log_vkey:
        if not (folder / LOG_KEY).exists():
            keyfiles.create(folder / LOG_KEY, secret=keyfiles.passphrase())
        return
    if parse_vkey(log_vkey).name != settings.origin:
        raise BadRequest(
            f"The log's key {log_vkey.strip()[:80]} is not of {settings.origin}.",
            vkey=log_vkey.strip()[:200],
        )
    (folder / LOG_VKEY).write_text(log_vkey.strip() + "\n", "utf-8")


def load(settings: Settings, log: LogReader) -> LogKeys:
    """Return the log's keys.

    Parameters
    ----------
    log
        Says whether the key was replaced.

    Raises
    ------
    BadRequest
        When a key file cannot be used, or the newest key is not at hand.
    """
    folder = settings.keys_folder
    # Where both are, a move to a signer's process was not finished: the key here still signs.
    if (folder / LOG_KEY).exists() or not (folder / LOG_VKEY).exists():
        return _own(settings, log)
    pinned = parse_vkey((folder / LOG_VKEY).read_text("utf-8"))
    gate = RemoteGate(
        settings.signer_socket,
        lock_file=settings.home / "publisher.lock",
        verifiers=lambda: _chain(pinned, log),
    )
    return LogKeys(current=PublicKey(verifier=_chain(pinned, log)[-1]), gate=gate)


def parse_vkey(text: str) -> note.Verifier:
    """Return the key of its text form. Raises BadRequest."""
    try:
        return note.parse_vkey(text.strip())
    except ValueError as malformed:
        raise BadRequest(
            f"This is no vkey: {malformed}. `parkloom key new FILE --name NAME` prints one.",
            vkey=text.strip()[:200],
        ) from None


def _own(settings: Settings, log: LogReader) -> LogKeys:
    first, *others = [
        note.Signer(name=settings.origin, private_key=keyfiles.load(path))
        for path in (settings.keys_folder / LOG_KEY, *_later_files(settings.keys_folder))
    ]
    ring = (first, *others)
    newest = _chain(first.verifier, log)[-1]
    current = next((one for one in ring if one.verifier == newest), None)
    if current is None:
        raise BadRequest(
            f"The log's key was replaced by {newest.vkey}, and no file log-2.key … in "
            f"{settings.keys_folder} holds that key. Put it there.",
            vkey=newest.vkey,
        )
    gate = CheckpointSigner(
        first, settings.last_signed, others=others, in_force=_in_force(ring, log)
    )
    return LogKeys(current=current, gate=gate)


def _in_force(
    ring: tuple[note.Signer, ...], log: LogReader
) -> Callable[[], tuple[note.Signer, ...]]:
    def in_force() -> tuple[note.Signer, ...]:
        found = keys_in_force(ring, StateLayer(log.state_bytes), log.head().time_ms)
        return tuple(one for one in ring if one in found)

    return in_force


def _later_files(folder: Path) -> list[Path]:
    return sorted(folder.glob("log-[0-9]*.key"), key=lambda path: (len(path.name), path.name))


def _chain(first: note.Verifier, log: LogReader) -> tuple[note.Verifier, ...]:
    """Return the public keys of a log, the newest last, as far as its record names them."""
    value = log.state(f"{LogKeyState.prefix}/{LogKeyState.CURRENT}")
    if value is None:
        return (first,)
    known = LogKeyState.from_json(value)
    keys = [parse_public_key(text) for text in (known.replaced_key, known.public_key)]
    later = [note.Verifier(name=first.name, public_key=key) for key in keys]
    return (*([] if first in later else [first]), *later)
