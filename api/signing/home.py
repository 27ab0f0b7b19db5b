"""The signer's folder: its key, what it signed last, what it replayed, and what it serves.

```
signer.json     log, registrar's root key and where the log's keys are; public
log.key         the log's private key (mode 0600), unless another program holds it
last-signed     the last signed checkpoint
replayed.db     what was replayed; a cache
signer.sock     where it answers, while it runs
```
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from api.services import keyfiles
from api.services.errors import AlreadyInitialised, BadRequest, NotInitialised
from api.services.replaying import replayed_file
from api.settings import Settings
from data.engine import make_engine
from data.stores.ledger_log import SqlLogStore
from ledger.claims.drafts import Draft
from ledger.claims.log_keys import keys_in_force
from ledger.errors import Malformed
from ledger.log import note
from ledger.log.entry import Signature, check_origin, decode_base64
from ledger.log.files import write_files
from ledger.log.gate import ReplayingGate
from ledger.log.keys import CommandKey, FileKey, NamedKey, NoteKey, SigningKey
from ledger.log.signer import CheckpointSigner
from ledger.log.signing import body_message, key_id
from ledger.values.consent import Role

FORMAT = "parkloom/signer/v1"
CONFIGURATION = "signer.json"
KEY_FILE = "log.key"
LAST_SIGNED = "last-signed"
REPLAYED = "replayed.db"
SOCKET = "signer.sock"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyPlace:
    """Where a private key is: in a file of the signer's folder, or behind a command.

    Parameters
    ----------
    file
        Name of the file; empty when a command signs.
    command
        Program and arguments; see `ledger.log.keys.CommandKey`.
    vkey
        The public half.
    """

    vkey: str
    file: str = ""
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerHome:
    """A signer's folder and what its configuration says.

    Parameters
    ----------
    keys
        The log's keys, the oldest first.
    """

    folder: Path
    origin: str
    registrar: note.Verifier
    keys: tuple[KeyPlace, ...]

    @property
    def socket(self) -> Path:
        """Where the signer answers unless told otherwise."""
        return self.folder / SOCKET

    def note_keys(self) -> tuple[NoteKey, ...]:
        """Return the private keys, opened, the oldest first. Raises BadRequest."""
        return tuple(NamedKey(name=self.origin, key=key) for key in self.signing_keys())

    def signing_keys(self) -> tuple[SigningKey, ...]:
        """Return the private keys without the log's name. Raises BadRequest."""
        return tuple(self._open(place) for place in self.keys)

    def with_key(self, place: KeyPlace) -> SignerHome:
        """Write a further key into the configuration; return the home with it."""
        changed = replace(self, keys=(*self.keys, place))
        changed.write()
        return changed

    def _open(self, place: KeyPlace) -> SigningKey:
        public = note.parse_vkey(place.vkey).public_key
        key: SigningKey
        if place.command:
            key = CommandKey(public_bytes=public, command=place.command)
        else:
            key = FileKey(private_key=keyfiles.load(self.folder / place.file))
        if key.public_bytes != public:
            raise BadRequest(
                f"{self.folder / place.file} holds another key than {CONFIGURATION} says "
                f"({place.vkey}).",
                path=str(self.folder / place.file),
            )
        return key

    def write(self) -> None:
        """Write the configuration."""
        keys = [
            {"vkey": one.vkey, "command": list(one.command)}
            if one.command
            else {"vkey": one.vkey, "file": one.file}
            for one in self.keys
        ]
        content = {
            "format": FORMAT,
            "keys": keys,
            "origin": self.origin,
            "registrar": self.registrar.vkey,
        }
        data = json.dumps(content, indent=2, sort_keys=True).encode("utf-8") + b"\n"
        write_files(self.folder, {CONFIGURATION: data}, staging=self.folder / ".staging")


def create(
    folder: Path,
    *,
    origin: str,
    registrar_vkey: str,
    command: Sequence[str] = (),
    public_key: str = "",
) -> SignerHome:
    """Make a signer's folder with a new key, or for a key that a command holds.

    Parameters
    ----------
    command, public_key
        Program and arguments that sign, and the base64 of its 32-byte public key.

    Raises
    ------
    AlreadyInitialised
        When there is a signer in the folder.
    BadRequest
        When a value is malformed.
    """
    try:
        check_origin(origin)
        registrar = note.parse_vkey(registrar_vkey.strip())
    except ValueError as malformed:
        raise BadRequest(str(malformed)) from None
    _refuse_existing(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if command:
        vkey = note.format_vkey(origin, _public(public_key))
        made = KeyPlace(vkey=vkey, command=tuple(command))
    else:
        key = keyfiles.create(folder / KEY_FILE, secret=keyfiles.passphrase())
        vkey = note.format_vkey(origin, keyfiles.public_bytes(key))
        made = KeyPlace(vkey=vkey, file=KEY_FILE)
    home = SignerHome(folder=folder, origin=origin, registrar=registrar, keys=(made,))
    home.write()  # last: this file says that the folder is complete
    return home


def adopt(folder: Path, settings: Settings) -> SignerHome:
    """Make a signer's folder around the key and the memory of a log that signed for itself.

    The key is written anew (encrypted when the environment gives a passphrase) and its old file
    removed; so is the memory's. The installation keeps the public half.

    Raises
    ------
    AlreadyInitialised
        When there is a signer in the folder.
    NotInitialised
        When the installation does not hold the log's key.
    """
    _refuse_existing(folder)
    keys, last_signed = settings.keys_folder, settings.last_signed
    key_file, pinned = keys / KEY_FILE, keys / "registrar.vkey"
    if not key_file.exists() or not pinned.exists():
        raise NotInitialised(
            f"{keys} holds no key of a log: there is nothing to move.", home=str(settings.home)
        )
    key = keyfiles.load(key_file)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    keyfiles.save(folder / KEY_FILE, key, secret=keyfiles.passphrase())
    if last_signed.exists():
        content = {LAST_SIGNED: last_signed.read_bytes()}
        write_files(folder, content, staging=folder / ".staging")
    vkey = note.format_vkey(settings.origin, keyfiles.public_bytes(key))
    home = SignerHome(
        folder=folder,
        origin=settings.origin,
        registrar=note.parse_vkey(pinned.read_text("utf-8").strip()),
        keys=(KeyPlace(vkey=vkey, file=KEY_FILE),),
    )
    home.write()  # last: this file says that the folder is complete
    (keys / "log.vkey").write_text(vkey + "\n", "utf-8")
    # Only now: a crash before leaves the log signing for itself, with the key where it was.
    key_file.unlink()
    last_signed.unlink(missing_ok=True)
    return home


def add_key(home: SignerHome, *, command: Sequence[str] = (), public_key: str = "") -> SignerHome:
    """Add the key that is to replace the log's newest one; see `create`.

    It signs nothing before the record says that it does (`log.key_rotated`).
    """
    if command:
        vkey = note.format_vkey(home.origin, _public(public_key))
        return home.with_key(KeyPlace(vkey=vkey, command=tuple(command)))
    name = f"log-{len(home.keys) + 1}.key"
    key = keyfiles.create(home.folder / name, secret=keyfiles.passphrase())
    vkey = note.format_vkey(home.origin, keyfiles.public_bytes(key))
    return home.with_key(KeyPlace(vkey=vkey, file=name))


def countersign(home: SignerHome, draft: Draft) -> Draft:
    """Sign the replacement of the log's key with those of its keys that the draft names.

    Raises
    ------
    BadRequest
        When the draft is none, is of another log, or names none of these keys.
    """
    wanted = {need.kid for need in draft.needs if need.role is Role.LOG}
    if draft.origin != home.origin or not wanted:
        raise BadRequest(f"This draft does not replace the key of {home.origin}.")
    message = body_message(draft.origin, draft.body_bytes)
    signatures = list(draft.signatures)
    for one in home.signing_keys():
        kid = key_id(one.public_bytes)
        if kid in wanted and all(known.kid != kid for known in signatures):
            sig = one.sign(message)
            signatures.append(Signature(kid=kid, role=Role.LOG.value, sig=sig))
    if len(signatures) == len(draft.signatures):
        raise BadRequest("The draft names no key of this signer that has not signed yet.")
    return replace(draft, signatures=tuple(signatures))


def load(folder: Path) -> SignerHome:
    """Return the signer's home of a folder.

    Raises
    ------
    NotInitialised
        When there is none.
    BadRequest
        When its configuration does not read.
    """
    path = folder / CONFIGURATION
    try:
        content: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise NotInitialised(
            f"There is no signer in {folder}; `parkloom signer new` makes one.", home=str(folder)
        ) from None
    except (OSError, ValueError) as unreadable:
        raise BadRequest(f"Cannot read {path}: {unreadable}.", path=str(path)) from None
    try:
        _expect_format(content["format"])
        return SignerHome(
            folder=folder,
            origin=check_origin(str(content["origin"])),
            registrar=note.parse_vkey(str(content["registrar"])),
            keys=tuple(
                KeyPlace(
                    vkey=str(one["vkey"]),
                    file=str(one.get("file", "")),
                    command=tuple(str(part) for part in one.get("command", ())),
                )
                for one in content["keys"]
            ),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as malformed:
        raise BadRequest(f"{path} is no signer's configuration: {malformed}.") from None


@contextmanager
def opened_gate(home: SignerHome, database_url: str) -> Iterator[ReplayingGate]:
    """Open keys, memory and database of a signer; close them again.

    Parameters
    ----------
    database_url
        The log's database, by preference with a role that can only read.

    Raises
    ------
    BadRequest
        When a key cannot be opened.
    ledger.errors.Corruption
        When the signer's memory is damaged.
    """
    ring = home.note_keys()
    first, *others = ring
    signer = CheckpointSigner(first, home.folder / LAST_SIGNED, others=others)
    signer.last()
    engine = make_engine(database_url)
    store = SqlLogStore(engine, home.origin, lock_folder=home.folder)
    memory = replayed_file(
        home.folder / REPLAYED, home.origin, home.registrar.public_key, read=store.leaves
    )
    try:
        yield ReplayingGate(
            read=store.leaves,
            memory=memory,
            signer=signer,
            keys=lambda replay: keys_in_force(ring, replay.state, replay.head.time_ms),
        )
    finally:
        memory.close()
        engine.dispose()


def _public(text: str) -> bytes:
    try:
        return decode_base64(text.strip(), "public key")
    except Malformed as malformed:
        raise BadRequest(f"The public key is not base64 of 32 bytes: {malformed}") from None


def _expect_format(stated: object) -> None:
    if stated != FORMAT:
        raise ValueError(f"expected the format {FORMAT}, got {stated!r}")


def _refuse_existing(folder: Path) -> None:
    for name in (CONFIGURATION, KEY_FILE):
        if os.path.lexists(folder / name):
            raise AlreadyInitialised(
                f"{folder} holds a signer already ({name}). Name another folder.",
                home=str(folder),
            )
