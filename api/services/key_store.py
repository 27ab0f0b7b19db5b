"""The key-encryption key (KEK): from a file beside the operator's keys, or from the environment.

Rotation is in two steps, so that no process that still runs can lose a key: `rotate` wraps every
order's key anew and keeps the former KEK; `drop_former` destroys that one, and with it the worth
of every older backup of the key store.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

from api.services import keyfiles
from api.services.errors import BadRequest
from api.settings import Settings
from data.stores import order_keys
from ledger.log.files import sync_folder
from ledger.values.sealing import KEY_BYTES, Keyring

if TYPE_CHECKING:
    from api.services.workspace import Workspace

CURRENT = "kek"
FORMER = "kek.former"
_NEXT = "kek.next"


def keyring(settings: Settings) -> Keyring:
    """Return the KEKs of an installation; the first call makes the file.

    `PARKLOOM_KEK` and `PARKLOOM_KEK_FORMER` (32 bytes in base64) stand above the files. They are
    read each time: another process may have rotated them.

    Raises
    ------
    BadRequest
        When a key has another form.
    """
    if settings.kek:
        former = (_decoded(settings.kek_former),) if settings.kek_former else ()
        return Keyring(current=_decoded(settings.kek), former=former)
    path = settings.keys_folder / CURRENT
    if not path.exists():
        with contextlib.suppress(BadRequest):  # another process made it just now
            keyfiles.write_secret(path, secrets.token_bytes(KEY_BYTES))
    former_path = settings.keys_folder / FORMER
    return Keyring(
        current=_read(path), former=(_read(former_path),) if former_path.exists() else ()
    )


def rotate(workspace: Workspace) -> int:
    """Make a new KEK and wrap every key under it; return how many were wrapped anew.

    With a KEK from the environment no file is made: give the new one as `PARKLOOM_KEK` and the
    old one as `PARKLOOM_KEK_FORMER`. Repeating it after a crash is harmless.

    Raises
    ------
    BadRequest
        When a former KEK is still kept: drop it first.
    """
    folder = workspace.settings.keys_folder
    if not workspace.settings.kek:
        ring = keyring(workspace.settings)
        if ring.former and ring.former[0] != ring.current:
            raise BadRequest(
                "The former KEK of an earlier rotation is still kept. Drop it first "
                "(`parkloom ledger kek --drop-former`): a third one would be one too many."
            )
        if not (folder / FORMER).exists():
            keyfiles.write_secret(folder / FORMER, ring.current)
        (folder / _NEXT).unlink(missing_ok=True)
        keyfiles.write_secret(folder / _NEXT, secrets.token_bytes(KEY_BYTES))
        # From here on both are on disk, whatever happens: new keys are wrapped under the new one.
        (folder / _NEXT).replace(folder / CURRENT)
        sync_folder(folder)
    return _rewrap(workspace)


def drop_former(workspace: Workspace) -> int:
    """Destroy the former KEK after wrapping what is still under it; return how many that were.

    Raises
    ------
    BadRequest
        When there is none.
    data.stores.order_keys.KeyStoreLocked
        When some key opens with neither KEK; nothing is destroyed then.
    """
    path = workspace.settings.keys_folder / FORMER
    if not path.exists():
        raise BadRequest("There is no former KEK. `parkloom ledger kek --rotate` makes a new one.")
    count = _rewrap(workspace)
    _overwrite(path)
    path.unlink()
    sync_folder(path.parent)
    return count


def _rewrap(workspace: Workspace) -> int:
    with workspace.transaction() as session:
        ring = keyring(workspace.settings)
        return order_keys.rewrap(session.connection(), ring, workspace.operator_id)


def _overwrite(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY)
    try:
        os.write(handle, bytes(KEY_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    if len(data) != KEY_BYTES:
        raise BadRequest(
            f"{path} has {len(data)} bytes; a KEK has {KEY_BYTES}. Restore it from its backup.",
            path=str(path),
        )
    return data


def _decoded(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != KEY_BYTES:
        raise BadRequest(f"PARKLOOM_KEK: expected {KEY_BYTES} bytes in base64.")
    return data
