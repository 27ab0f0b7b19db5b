"""The folder of a witness: its keys, the logs that it watches, and what it has cosigned.

    witness.json    names of the keys
    ed25519.key     private keys, PKCS#8 PEM, mode 0600
    mldsa44.key
    logs            `log <vkey>` lines, a policy file (C2SP tlog-policy) without witnesses
    state/          `ledger.log.witness_files`

A witness must never be started with an older state than it had: restore everything or retire the
keys. Making a folder anew therefore makes new keys.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from api.services import keyfiles
from api.services.errors import BadRequest, NotInitialised
from ledger.errors import NotVerified
from ledger.log import note
from ledger.log.cosignature import Cosigner
from ledger.log.files import locked_file, write_files
from ledger.log.policy import LOG_TYPES, Policy, PolicyLog
from ledger.log.policy_file import format_policy, parse_policy
from ledger.log.witness import Witness
from ledger.log.witness_files import WitnessFiles

NAMES = "witness.json"
LOGS = "logs"
STATE = "state"
_KEY_FILES = {"ed25519": Ed25519PrivateKey, "mldsa44": MLDSA44PrivateKey}
_LOCK_SECONDS = 10

CosignerKey = Ed25519PrivateKey | MLDSA44PrivateKey


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessHome:
    """An opened folder: the witness, and the logs that it watches."""

    folder: Path
    witness: Witness
    logs: tuple[note.Verifier, ...]

    @property
    def keys(self) -> tuple[note.Verifier, ...]:
        """The public keys, which go into policies."""
        return tuple(one.verifier for one in self.witness.cosigners)


def create(folder: Path, *, ed25519_name: str, mldsa44_name: str) -> WitnessHome:
    """Make a witness with new keys in a new or empty folder.

    Parameters
    ----------
    ed25519_name, mldsa44_name
        Names of the two keys, different: URLs without scheme, such as `witness.example/w1`.

    Raises
    ------
    BadRequest
        When the folder is in use, or a name cannot name a cosigner.
    """
    names = {"ed25519": ed25519_name, "mldsa44": mldsa44_name}
    if folder.exists() and any(folder.iterdir()):
        raise BadRequest(f"{folder} is not empty; name another folder.", folder=str(folder))
    made: dict[str, CosignerKey] = {
        "ed25519": Ed25519PrivateKey.generate(),
        "mldsa44": MLDSA44PrivateKey.generate(),
    }
    try:
        for kind, name in names.items():
            Cosigner(name=name, private_key=made[kind])
    except ValueError as wrong:
        raise BadRequest(f"{wrong}.") from None
    if ed25519_name == mldsa44_name:
        raise BadRequest(f"Both keys are named {ed25519_name}; one key bears one name.")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for kind, key in made.items():
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        keyfiles.write_secret(folder / f"{kind}.key", pem)
    (folder / STATE).mkdir()
    # Last: this file says that the folder is complete.
    text = json.dumps(names, ensure_ascii=False, indent=1) + "\n"
    files = {LOGS: format_policy(Policy()), NAMES: text.encode("utf-8")}
    write_files(folder, files, staging=folder / ".staging")
    return open_home(folder)


def open_home(folder: Path) -> WitnessHome:
    """Open what `create` made.

    Raises
    ------
    NotInitialised
        When there is no witness in the folder.
    BadRequest
        When a file of it cannot be read.
    """
    try:
        names = json.loads((folder / NAMES).read_bytes())
        cosigners = tuple(
            Cosigner(name=names[kind], private_key=_load(folder / f"{kind}.key", kind))
            for kind in _KEY_FILES
        )
        policy = parse_policy((folder / LOGS).read_bytes())
    except FileNotFoundError as missing:
        raise NotInitialised(
            f"There is no witness in {folder}: {missing.filename} is missing. "
            "`parkloom witness init FOLDER --name NAME` makes one.",
            folder=str(folder),
        ) from None
    except (ValueError, KeyError, TypeError, NotVerified) as unreadable:
        raise BadRequest(f"{folder} cannot be read: {unreadable}.", folder=str(folder)) from None
    logs = tuple(log.key for log in policy.logs)
    by_origin = {key.name: tuple(one for one in logs if one.name == key.name) for key in logs}
    witness = Witness(
        cosigners=cosigners,
        logs=by_origin,
        store=WitnessFiles(folder / STATE),
        clock_s=lambda: int(time.time()),
    )
    return WitnessHome(folder=folder, witness=witness, logs=logs)


def add_log(folder: Path, vkey: str) -> bool:
    """Watch a log from now on, or another key of one; tell whether it is new.

    A server that runs already takes it up at its next start.

    Raises
    ------
    NotInitialised, BadRequest
        As `open_home`; also when the text is no key of a log.
    """
    open_home(folder)
    try:
        key = note.parse_vkey(vkey.strip())
    except ValueError as malformed:
        raise BadRequest(f"No vkey: {malformed}.", vkey=vkey[:200]) from None
    if key.type not in LOG_TYPES:
        raise BadRequest(f"{vkey[:200]} is not the key of a log: type 0x{key.type:02x}.")
    with locked_file(folder / "logs.lock", timeout_seconds=_LOCK_SECONDS):
        policy = parse_policy((folder / LOGS).read_bytes())
        if key in [log.key for log in policy.logs]:
            return False
        # The memory first: a log without it is refused, one that is not listed is unknown.
        WitnessFiles(folder / STATE).add(key.name)
        try:
            longer = Policy(logs=(*policy.logs, PolicyLog(key=key)))
        except ValueError as wrong:
            raise BadRequest(f"The log cannot be added: {wrong}.") from None
        write_files(folder, {LOGS: format_policy(longer)}, staging=folder / ".staging")
    return True


def _load(path: Path, kind: str) -> CosignerKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if isinstance(key, CosignerKey) and isinstance(key, _KEY_FILES[kind]):
        return key
    raise ValueError(f"{path} holds a {type(key).__name__}, expected {kind}")
