"""Disclosures on their way into and out of the database: sealed there, open nowhere else."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from data.errors import NotFound
from data.stores import order_keys
from data.stores.order_keys import KeyErased
from ledger.errors import Corruption
from ledger.log.entry import leaf_hash
from ledger.values.disclosures import digest
from ledger.values.sealing import NONCE_BYTES, Keyring, SealError, kept_under, seal, unseal


@dataclass(frozen=True, slots=True, kw_only=True)
class DisclosureVault:
    """Seals disclosures under the keys of their orders.

    Parameters
    ----------
    operator_id
        Whose keys they are.
    ring
        Gives the key-encryption keys as they are now.
    clock_ms
        Gives UTC milliseconds.
    """

    operator_id: str
    ring: Callable[[], Keyring]
    clock_ms: Callable[[], int]

    def seal(
        self, connection: Connection, leaf: bytes, opened: Sequence[tuple[str, str]]
    ) -> list[tuple[str, str]]:
        """Return (digest, sealed text) of each (digest, text) of an entry.

        Nothing is kept for a handle whose key was destroyed.
        """
        handle = kept_under(_body(leaf))
        try:
            key = order_keys.ensure(
                connection, self.ring(), self.operator_id, handle, now_ms=self.clock_ms()
            )
        except KeyErased:
            return []
        place = leaf_hash(leaf)
        return [
            (name, seal(key, handle, place, text, nonce=secrets.token_bytes(NONCE_BYTES)))
            for name, text in opened
        ]

    def open(
        self, connection: Connection, leaf: bytes, sealed: Mapping[str, str]
    ) -> Mapping[str, str]:
        """Return the texts of an entry by digest; nothing where its key was destroyed.

        Raises
        ------
        Corruption
            `DISCLOSURE_LOST` when the key is gone without an erasure, or a text does not open.
        KeyStoreLocked
            When no key-encryption key at hand opens the order's key.
        """
        if not sealed:
            return {}
        handle = kept_under(_body(leaf))
        try:
            key = order_keys.get(connection, self.ring(), self.operator_id, handle)
            return _opened(key, handle, leaf, sealed)
        except KeyErased:
            return {}
        except (NotFound, SealError) as lost:
            raise Corruption(
                "DISCLOSURE_LOST",
                f"Disclosures of {handle} do not open and no erasure says why: {lost}. Restore the "
                "key store from its backup; those to whom they were disclosed keep their copies.",
            ) from lost


def _opened(key: bytes, handle: str, leaf: bytes, sealed: Mapping[str, str]) -> dict[str, str]:
    """Return the texts, each under the digest that is its own; raises `SealError`."""
    place = leaf_hash(leaf)
    found = {name: unseal(key, handle, place, text) for name, text in sealed.items()}
    moved = [name for name, text in found.items() if digest(text) != name]
    if moved:
        raise SealError(f"the text under the digest {moved[0]} is another's")
    return found


def _body(leaf: bytes) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(leaf)["b"]
    return body
