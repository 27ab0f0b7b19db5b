"""The secret of each order or party: its disclosures' salts come from it, and it seals them.

Kept wrapped under a key-encryption key that lies outside the database. Destroying a secret makes
the salted fields unreadable and unguessable for good, while every proof stays valid; a tombstone
stays, so that no second secret is made under the same handle.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from data.errors import DataError, NotFound
from data.stores.sql import table_of
from data.tables.order_keys import OrderKeyRow
from ledger.values.sealing import NONCE_BYTES, Keyring, SealError

SECRET_BYTES = 32
ERASED = b""
"""What stands for a destroyed secret."""

_KEYS = table_of(OrderKeyRow)


class KeyErased(DataError):
    """The secret was destroyed: nothing under this handle opens, and nothing new is salted."""

    code = "ERASED"


class KeyStoreLocked(DataError):
    """A secret is there, but no key-encryption key at hand opens it."""

    code = "KEY_STORE_LOCKED"


def ensure(
    connection: Connection, ring: Keyring, operator_id: str, handle: str, *, now_ms: int
) -> bytes:
    """Return the secret of a handle; fresh random bytes become it when there is none.

    Raises
    ------
    KeyErased
        When it was destroyed.
    KeyStoreLocked
        When no key of the ring opens it.
    """
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    fresh = secrets.token_bytes(SECRET_BYTES)
    values = {
        "operator_id": operator_id,
        "order_handle": handle,
        "secret": ring.wrap(handle, fresh, nonce=secrets.token_bytes(NONCE_BYTES)),
        "created_ms": now_ms,
    }
    connection.execute(make(_KEYS).values(values).on_conflict_do_nothing())
    return get(connection, ring, operator_id, handle)


def get(connection: Connection, ring: Keyring, operator_id: str, handle: str) -> bytes:
    """Return the secret of a handle.

    Raises
    ------
    NotFound
        When there never was one.
    KeyErased
        When it was destroyed.
    KeyStoreLocked
        When no key of the ring opens it.
    """
    wrapped = _stored(connection, operator_id, handle)
    if wrapped is None:
        raise NotFound("order secret", handle)
    if wrapped == ERASED:
        raise KeyErased(
            f"the key of {handle} was destroyed by an erasure: nothing of it opens any more, and "
            "no private field can be added to it"
        )
    try:
        return ring.unwrap(handle, wrapped)
    except SealError as closed:
        raise KeyStoreLocked(str(closed)) from None


def destroy(connection: Connection, operator_id: str, handle: str, *, now_ms: int) -> bool:
    """Destroy the secret of a handle for good; return whether there was one.

    Backups of the key store are not reached: they are kept for a short time only, and a rotation
    of the key-encryption key makes older ones worthless.
    """
    if connection.dialect.name == "sqlite":
        # The bytes themselves go, not only the reference to them.
        connection.execute(text("PRAGMA secure_delete = ON"))
    there = _stored(connection, operator_id, handle)
    make = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    tombstone = {
        "operator_id": operator_id,
        "order_handle": handle,
        "secret": ERASED,
        "created_ms": now_ms,
    }
    statement = make(_KEYS).values(tombstone)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["operator_id", "order_handle"], set_={"secret": ERASED}
        )
    )
    return there not in (None, ERASED)


def handles(connection: Connection, operator_id: str) -> Sequence[str]:
    """Return the handles whose secret is there, in order."""
    query = select(_KEYS.c.order_handle).where(
        _KEYS.c.operator_id == operator_id, _KEYS.c.secret != ERASED
    )
    return sorted(connection.scalars(query))


def rewrap(connection: Connection, ring: Keyring, operator_id: str) -> int:
    """Wrap every secret under the ring's current key; return how many were not.

    Raises
    ------
    KeyStoreLocked
        When one opens with no key of the ring; nothing is changed then.
    """
    query = select(_KEYS.c.order_handle, _KEYS.c.secret).where(
        _KEYS.c.operator_id == operator_id, _KEYS.c.secret != ERASED
    )
    former = [
        (handle, bytes(wrapped))
        for handle, wrapped in connection.execute(query)
        if not ring.is_current(bytes(wrapped))
    ]
    for handle, wrapped in former:
        try:
            secret = ring.unwrap(handle, wrapped)
        except SealError as closed:
            raise KeyStoreLocked(str(closed)) from None
        anew = ring.wrap(handle, secret, nonce=secrets.token_bytes(NONCE_BYTES))
        connection.execute(
            update(_KEYS)
            .where(_KEYS.c.operator_id == operator_id, _KEYS.c.order_handle == handle)
            .values(secret=anew)
        )
    return len(former)


def _stored(connection: Connection, operator_id: str, handle: str) -> bytes | None:
    query = select(_KEYS.c.secret).where(
        _KEYS.c.operator_id == operator_id, _KEYS.c.order_handle == handle
    )
    wrapped = connection.scalar(query)
    return None if wrapped is None else bytes(wrapped)
